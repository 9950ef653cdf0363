"""Cancel and progress for long functions; knows nothing of Qt."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class Cancelled(Exception):
    """The person asked to stop. Never shown."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is; `total` is None while unknown."""

    done: int
    total: int | None
    label: str


def _ignore(_: Progress) -> None: ...


@dataclass(slots=True, eq=False)
class Job:
    """Handed to every long function as its last argument."""

    report: Callable[[Progress], None] = _ignore
    _stop: threading.Event = field(default_factory=threading.Event)

    def step(self, done: int, total: int | None = None, label: str = "") -> None:
        """Report progress; raise Cancelled if asked to stop."""
        self.check()
        self.report(Progress(done, total, label))

    def check(self) -> None:
        """Raise Cancelled if asked to stop."""
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Ask the job to stop at its next step. It may still be running after this returns."""
        self._stop.set()
