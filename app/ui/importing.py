"""Importing from the console: one bundle after another, off the GUI thread, in words."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.bundle.outcome import Code, Outcome
from app.errors import AppError
from app.job import Job, Progress
from app.model.health import Health
from app.ui import words
from app.ui.outcomes import summary
from app.ui.strip import Message
from app.ui.tasks import TaskRunner

Receive = Callable[[Path, str, Job], Outcome]
Retry = Callable[[Job], list[Outcome]]


class Importing(QObject):
    """A queue of bundles and the one import that runs.

    Signals
    -------
    said(Message)
        Progress or result in words.
    done()
        A batch ended; pages should look again.
    spilled()
        Content above the ceiling arrived. The signal carries nothing, on purpose.
    """

    said = Signal(object)
    done = Signal()
    spilled = Signal()

    def __init__(self, runner: TaskRunner, receive: Receive, retry: Retry) -> None:
        super().__init__()
        self._runner, self._receive, self._retry = runner, receive, retry
        self._queue: list[tuple[Path, str]] = []
        self._outcomes: list[Outcome] = []
        self._total = 0
        self._job: Job | None = None
        self._run = 0

    @property
    def running(self) -> bool:
        """Whether an import is under way."""
        return self._job is not None

    def start(self, paths: Sequence[Path], carrier: str) -> None:
        """Import these bundles after those that already wait."""
        waiting = {path for path, _ in self._queue}
        fresh = [(path, carrier) for path in paths if path not in waiting]
        self._queue += fresh
        self._total += len(fresh)
        if self._job is None:
            self._next()

    def retry_held(self) -> None:
        """Try again what was held, where that may have come right since. Silent unless something did."""
        if self._job is None:
            self._run += 1
            self._job = self._runner.run(
                self._retry,
                receiver=self,
                on_done=partial(self._retried, self._run),
                on_error=partial(self._fail, self._run),
                writes=True,
            )

    def cancel(self) -> None:
        """Stop after the current step; what was begun leaves no trace, what was finished stays."""
        self._queue.clear()
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.said.emit(Message("Import stopped", "Nothing half-done was kept.", Health.UNKNOWN))
            self._end()

    def _next(self) -> None:
        if not self._queue:
            self._job = None
            if self._outcomes:
                self.said.emit(summary(self._outcomes))
            self._end()
            return
        path, carrier = self._queue.pop(0)
        number = len(self._outcomes) + 1
        self._run += 1
        self._tell(Progress(0, None, "Checking"), number)
        self._job = self._runner.run(
            lambda job: self._receive(path, carrier, job),
            receiver=self,
            on_done=partial(self._take, self._run),
            on_error=partial(self._fail, self._run),
            on_progress=lambda progress: self._tell(progress, number),
            writes=True,
        )

    def _tell(self, progress: Progress, number: int) -> None:
        of = f" {number} of {self._total}" if self._total > 1 else ""
        counts = ""
        if progress.total:
            counts = f", {words.amount(progress.done)} of {words.amount(progress.total)}"
        title = f"Importing{of}: {(progress.label or 'reading').lower()}{counts}"
        share = progress.done / progress.total if progress.total else 0.0
        self.said.emit(Message(title, "", None, "Stop", share))

    def _take(self, run: int, outcome: Outcome) -> None:
        if self._job is None or run != self._run:
            return  # it was stopped; what came of it stands on the sync page
        self._outcomes.append(outcome)
        if outcome.code is Code.SPILL:
            self._queue.clear()
            self.spilled.emit()
        self._next()

    def _retried(self, run: int, outcomes: list[Outcome]) -> None:
        if self._job is not None and run == self._run:
            self._outcomes = outcomes
            self._next()

    def _fail(self, run: int, error: Exception) -> None:
        if self._job is None or run != self._run:
            return
        self._queue.clear()
        self._job = None
        if isinstance(error, AppError):
            self.said.emit(Message(error.message, error.hint, Health.CRITICAL))
        else:
            text = f"{type(error).__name__}: this is our fault, not yours. It is written to the log."
            self.said.emit(Message("The import failed", text, Health.CRITICAL))
        self._end()

    def _end(self) -> None:
        some = bool(self._outcomes)
        self._outcomes, self._total = [], 0
        if some:
            self.done.emit()
