"""One signal for everything that changes outside: other processes' writes and bundles in the inbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.job import Job
from app.model.changes import Changes, Topic
from app.ui.tasks import TaskRunner

_EVERY_MS = 1000

Shape = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look found: a token that differs when the store changed, and the bundles to import."""

    token: tuple[object, ...]
    arrived: tuple[Path, ...]


def bundles_in(folder: Path) -> tuple[tuple[Path, Shape], ...]:
    """Bundles of a folder, oldest name first, with the names, sizes and times of their files.

    A bundle is a folder or a zip file; whether it is complete is for the import to say.
    """
    found = []
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return ()
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir():
                files = sorted(file for file in entry.iterdir() if file.is_file())
                if files:
                    found.append((entry, tuple(_mark(file) for file in files)))
            elif entry.suffix.lower() == ".zip":
                found.append((entry, (_mark(entry),)))
        except OSError:
            continue  # it went away or is being written; the next look will see
    return tuple(found)


def _mark(file: Path) -> tuple[str, int, int]:
    status = file.stat()
    return (file.name, status.st_size, status.st_mtime_ns)


@dataclass(slots=True)
class Inbox:
    """Which bundles of the inbox to try: once when they have stopped growing, again when they change."""

    _seen: dict[Path, Shape] = field(default_factory=dict)
    _tried: dict[Path, Shape] = field(default_factory=dict)

    def ripe(self, found: tuple[tuple[Path, Shape], ...]) -> list[Path]:
        """Bundles that look the same as a second ago and were not tried like this before."""
        ripe = [path for path, shape in found if self._seen.get(path) == shape != self._tried.get(path)]
        self._seen = dict(found)
        self._tried = {path: shape for path, shape in self._tried.items() if path in self._seen}
        self._tried.update({path: self._seen[path] for path in ripe})
        return ripe


class Live(QObject):
    """Looks once a second, on a worker thread: a share may be slow, and the store is not asked here.

    Parameters
    ----------
    token
        Differs whenever the store changed.
    inbox
        Folder to watch; None watches none.
    untried
        Of some bundles, those that the station never tried in this form, in this run or an earlier one.

    Signals
    -------
    store_changed(Changes)
        Another process, or an import, wrote to the store.
    arrived(list)
        Paths of bundles in the inbox that should be imported now.
    """

    store_changed = Signal(object)
    arrived = Signal(list)

    def __init__(
        self,
        runner: TaskRunner,
        token: Callable[[], tuple[object, ...]],
        inbox: Path | None,
        untried: Callable[[Sequence[Path]], list[Path]],
    ) -> None:
        super().__init__()
        self._runner, self._token, self._folder, self._untried = runner, token, inbox, untried
        self._inbox = Inbox()
        self._last: tuple[object, ...] | None = None
        self._looking = False
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begin to look."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look once, unless the last look is still under way."""
        if not self._looking:
            self._looking = True
            self._runner.run(self._see, receiver=self, on_done=self._saw, on_error=self._blind)

    def _see(self, job: Job) -> Sight:
        token = self._token()
        ripe = self._inbox.ripe(bundles_in(self._folder)) if self._folder is not None else []
        return Sight(token, tuple(self._untried(ripe)) if ripe else ())

    def _saw(self, sight: Sight) -> None:
        self._looking = False
        if self._last is not None and sight.token != self._last:
            self.store_changed.emit(Changes(frozenset(Topic)))
        self._last = sight.token
        if sight.arrived:
            self.arrived.emit(list(sight.arrived))

    def _blind(self, error: Exception) -> None:
        """A look that fails is tried again a second later; the pages' own reads say what is wrong."""
        self._looking = False
