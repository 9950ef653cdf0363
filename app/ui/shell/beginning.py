"""What sets up a station that has nothing yet. Everything here but `open_demo` runs on a worker thread."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QProcess

from app.errors import InputError, SettingsError
from app.job import Job
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station

if TYPE_CHECKING:
    from app.ui.shell.late_store import LateStore

BuildDemo = Callable[[Paths, Job], object]

_MOST_BYTES = 2**21
"""A trust file has at most half of it; what is longer is none."""


class Roots(NamedTuple):
    """What a trust file says of itself. `groups` is the fingerprint of its roots, eight signs to each."""

    envelope: bytes
    version: int
    groups: tuple[str, ...]
    roots: int
    threshold: int
    sources: tuple[str, ...]
    demo: bool

    @property
    def fingerprint(self) -> str:
        """The fingerprint as one word."""
        return "".join(self.groups)


class Beginning:
    """Founds the station, sets up its trust, builds a demonstration.

    Parameters
    ----------
    demo
        Builds a demonstration in a folder; None: none is offered.
    program
        The words that call this program, without a command.
    """

    def __init__(
        self, store: "LateStore", station: Station | None, demo: BuildDemo | None, program: Sequence[str]
    ) -> None:
        self._store, self._station, self._demo, self._program = store, station, demo, tuple(program)

    @property
    def has_demo(self) -> bool:
        """Whether a demonstration can be built."""
        return self._demo is not None

    def found(self, name: str, ceiling: Level, job: Job) -> Station:
        """Set up the station.

        Raises
        ------
        Refused
            If it is set up already.
        """
        from app.store.founding import found_station

        return found_station(self._store.paths, self._store.clock, name, ceiling)

    def read_roots(self, file: Path, job: Job) -> Roots:
        """Read a trust file and check its signatures; nothing is taken from it.

        Raises
        ------
        InputError, Refused
            If it cannot be read, is no trust file, or is not signed as it says.
        """
        from app.bundle.signature import grouped
        from app.bundle.trustfile import open_trust

        try:
            with file.open("rb") as opened:
                envelope = opened.read(_MOST_BYTES)
        except OSError as error:
            msg = f"{file.name} cannot be read."
            raise InputError(msg, "Check the medium and the file's owner.") from error
        trust = open_trust(envelope, before=None)
        return Roots(
            envelope,
            trust.version,
            tuple(grouped(trust.root_fingerprint).split()),
            len(trust.roots),
            trust.threshold,
            tuple(sorted({one.source for one in trust.sources})),
            trust.demo,
        )

    def trust(self, roots: Roots, fingerprint: str, job: Job) -> str:
        """Set up trust with a file whose `fingerprint` a person has compared; says what is in force now.

        Raises
        ------
        Refused
            If the fingerprint is another, or the station has its roots already.
        SettingsError
            If the station has no settings, or the file is a demonstration's and the station is not, or the other way.
        """
        from app.bundle.trusting import first_trust

        if self._station is None:
            msg = "This station has no ceiling yet, so it trusts nobody."
            raise SettingsError(msg, "Name the station and choose its ceiling first.")
        trust = first_trust(self._store(), self._station, roots.envelope, fingerprint)
        return f"Trust file {trust.version} is in force: {trust.threshold} of {len(trust.roots)} roots"

    def build_demo(self, folder: Path, job: Job) -> Path:
        """Build a demonstration in a folder of its own.

        Raises
        ------
        Refused
            If something else stands there.
        """
        if self._demo is None:
            msg = "This console cannot build a demonstration."
            raise SettingsError(msg, "Use: watchfloor demo --base-dir FOLDER")
        if folder == self._store.paths.base or folder in self._store.paths.base.parents:
            msg = "A demonstration never stands where a station is."
            raise InputError(msg, "Name another folder.")
        self._demo(Paths.under(folder), job)
        return folder

    def open_demo(self, folder: Path) -> bool:
        """Open a console of its own on a folder; False where it could not be started."""
        program, *before = self._program
        arguments = [*before, "console", "--base-dir", str(folder)]
        started = QProcess.startDetached(program, arguments)
        return bool(started[0] if isinstance(started, tuple) else started)
