"""One signal for everything that changes outside: other processes' writes and bundles in the inbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.job import Job
from app.model.changes import Changes, Topic
from app.ui.tasks import TaskRunner

_EVERY_MS = 1000
_AGAIN_AFTER = 600
"""Looks after which a bundle that waits for nothing but time (its clock, a base) is tried again: ten minutes."""

Shape = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look found: a token that differs when the store changed, and the bundles in the inbox."""

    token: tuple[object, ...]
    inbox: tuple[tuple[Path, Shape], ...]


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
    _waiting: dict[Path, int] = field(default_factory=dict)
    _looks: int = 0

    def ripe(self, found: tuple[tuple[Path, Shape], ...]) -> list[Path]:
        """Bundles that look the same as a second ago and were not tried like this before."""
        self._looks += 1
        ripe = []
        for path, shape in found:
            still = self._seen.get(path) == shape
            due = path in self._waiting and self._looks - self._waiting[path] >= _AGAIN_AFTER
            if still and (self._tried.get(path) != shape or due):
                ripe.append(path)
                self._tried[path] = shape
                self._waiting.pop(path, None)
        self._seen = dict(found)
        self._tried = {path: shape for path, shape in self._tried.items() if path in self._seen}
        return ripe

    def wait(self, path: Path) -> None:
        """Try this one again later even if its files stay the same."""
        self._waiting[path] = self._looks


class Live(QObject):
    """Looks once a second, on a worker thread.

    Signals
    -------
    store_changed(Changes)
        Another process, or an import, wrote to the store.
    arrived(list)
        Paths of bundles in the inbox that should be imported now.
    """

    store_changed = Signal(object)
    arrived = Signal(list)

    def __init__(self, runner: TaskRunner, token: Callable[[], tuple[object, ...]], inbox: Path | None) -> None:
        super().__init__()
        self._runner, self._token, self._folder = runner, token, inbox
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

    def wait(self, path: Path) -> None:
        """Try a bundle of the inbox again later: it waits for time, for a base or for the rest of its files."""
        self._inbox.wait(path)

    def look(self) -> None:
        """Look once, unless the last look is still under way."""
        if not self._looking:
            self._looking = True
            self._runner.run(self._see, receiver=self, on_done=self._saw, on_error=self._blind)

    def _see(self, job: Job) -> Sight:
        return Sight(self._token(), bundles_in(self._folder) if self._folder is not None else ())

    def _saw(self, sight: Sight) -> None:
        self._looking = False
        if self._last is not None and sight.token != self._last:
            self.store_changed.emit(Changes(frozenset(Topic)))
        self._last = sight.token
        ripe = self._inbox.ripe(sight.inbox)
        if ripe:
            self.arrived.emit(ripe)

    def _blind(self, error: Exception) -> None:
        """A look that fails is tried again a second later; the pages' own reads say what is wrong."""
        self._looking = False
