"""One signal for everything that changes outside: other processes' writes and bundles in the inbox."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import AppError
from app.job import Job
from app.model.changes import Changes, Topic
from app.ui.tasks import TaskRunner

log = logging.getLogger("watchfloor")

_EVERY_MS = 1000
_RETRY_LOOKS = 10
_MOST_DOUBLINGS = 5

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
    """Which bundles of the inbox to offer: once when they have stopped growing, again when they change.

    What is put back is offered again after ten looks, and after twice as many each further time.
    """

    _seen: dict[Path, Shape] = field(default_factory=dict)
    _offered: dict[Path, Shape] = field(default_factory=dict)
    _failures: dict[Path, int] = field(default_factory=dict)
    _wait: dict[Path, int] = field(default_factory=dict)

    def ripe(self, found: tuple[tuple[Path, Shape], ...]) -> list[Path]:
        """Bundles that look the same as a second ago and were not offered like this before."""
        here = dict(found)
        self._wait = {path: looks - 1 for path, looks in self._wait.items() if looks > 1 and path in here}
        self._offered = {path: shape for path, shape in self._offered.items() if path in here}
        self._failures = {path: count for path, count in self._failures.items() if path in here}
        ripe = [
            path
            for path, shape in found
            if self._seen.get(path) == shape != self._offered.get(path) and path not in self._wait
        ]
        self._seen = here
        self._offered.update({path: here[path] for path in ripe})
        return ripe

    def put_back(self, path: Path) -> None:
        """Nothing came of this offer."""
        if self._offered.pop(path, None) is not None:
            count = self._failures.get(path, 0)
            self._failures[path] = count + 1
            self._wait[path] = _RETRY_LOOKS * 2 ** min(count, _MOST_DOUBLINGS)


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
        self._back: list[Path] = []
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
            back, self._back = self._back, []
            self._runner.run(partial(self._see, back), receiver=self, on_done=self._saw, on_error=self._blind)

    def put_back(self, path: Path) -> None:
        """Offer a bundle again in some seconds: no outcome came for it."""
        self._back.append(path)  # the inbox itself belongs to the look that may be under way

    def _see(self, back: Sequence[Path], job: Job) -> Sight:
        for path in back:
            self._inbox.put_back(path)
        token = self._token()
        ripe = self._inbox.ripe(bundles_in(self._folder)) if self._folder is not None else []
        return Sight(token, tuple(path for path in ripe if self._is_new(path)))

    def _is_new(self, path: Path) -> bool:
        """Ask for one bundle at a time: what cannot be judged now must not hide the others."""
        try:
            return bool(self._untried([path]))
        except Exception as error:
            if not isinstance(error, AppError):
                log.exception("a bundle of the inbox cannot be looked at")
            self._inbox.put_back(path)
            return False

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
