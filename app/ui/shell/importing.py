"""Importing from the console: one bundle after another, off the GUI thread, in words."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.job import Job, Progress
from app.model.health import Health
from app.ui import words
from app.ui.strip import Message
from app.ui.tasks import TaskRunner

if TYPE_CHECKING:
    from app.bundle.outcome import Outcome

Receive = Callable[[Path, str, Job], "Outcome"]
Retry = Callable[[Job], "list[Outcome]"]

INBOX = "inbox"
"""Carrier of what came through the watched inbox; it is offered again, where a person's choice is not."""


class Importing(QObject):
    """A queue of bundles and the one import that runs.

    Signals
    -------
    said(Message)
        Progress or result in words.
    done()
        A batch ended; pages should look again.
    put_back(Path)
        No outcome came for this bundle of the inbox: it should be offered again later.
    spilled()
        Content above the ceiling arrived. The signal carries nothing, on purpose.
    """

    said = Signal(object)
    done = Signal()
    put_back = Signal(object)
    spilled = Signal()

    def __init__(self, runner: TaskRunner, receive: Receive, retry: Retry) -> None:
        super().__init__()
        self._runner, self._receive, self._retry = runner, receive, retry
        self._queue: list[tuple[Path, str]] = []
        self._outcomes: list[Outcome] = []
        self._errors: list[Message] = []
        self._dropped = 0
        self._total = 0
        self._job: Job | None = None
        self._run = 0

    @property
    def running(self) -> bool:
        """Whether an import is under way."""
        return self._job is not None

    @property
    def chosen(self) -> bool:
        """Whether what is under way was asked for or came in, and is no quiet trial of what was held."""
        return self.running and self._total > 0

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
                on_error=partial(self._fail, self._run, None),
                writes=True,
            )

    def cancel(self) -> None:
        """Stop after the current step; what was begun leaves no trace, what was finished stays.

        What still waits of the inbox is not put back: the person wants peace until the next start.
        """
        self._queue.clear()
        if self._job is not None:
            self._job.cancel()
            self._job = None
            rest = "What was not imported stays untried; the inbox is tried again at the next start."
            self.said.emit(Message("Import stopped", f"Nothing half-done was kept. {rest}", Health.UNKNOWN))
            self._end()

    def _next(self) -> None:
        if not self._queue:
            self._job = None
            self._sum_up()
            self._end()
            return
        path, carrier = self._queue.pop(0)
        number = len(self._outcomes) + len(self._errors) + 1
        self._run += 1
        self._tell(Progress(0, None, "Checking"), number)
        self._job = self._runner.run(
            lambda job: self._receive(path, carrier, job),
            receiver=self,
            on_done=partial(self._take, self._run),
            on_error=partial(self._fail, self._run, (path, carrier)),
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

    def _take(self, run: int, outcome: "Outcome") -> None:
        self._took(run, [outcome])

    def _retried(self, run: int, outcomes: "list[Outcome]") -> None:
        self._total += len(outcomes)
        self._took(run, outcomes)

    def _took(self, run: int, outcomes: "list[Outcome]") -> None:
        from app.bundle.outcome import Code

        if self._job is None or run != self._run:
            return  # it was stopped; what came of it stands on the sync page
        self._outcomes += outcomes
        if any(outcome.code is Code.SPILL for outcome in outcomes):
            self._withdraw()
            self.spilled.emit()
        self._next()

    def _withdraw(self) -> None:
        """Import no more of this batch; nothing of it is lost."""
        for path, carrier in self._queue:
            if carrier == INBOX:
                self.put_back.emit(path)
            else:
                self._dropped += 1
        self._queue.clear()

    def _fail(self, run: int, bundle: tuple[Path, str] | None, error: Exception) -> None:
        """One bundle's failure is not the next one's; a failed retry (None) comes again by itself."""
        if self._job is None or run != self._run:
            return
        again = ""
        if bundle is None:
            self._total += 1
        elif bundle[1] == INBOX:
            self.put_back.emit(bundle[0])
            again = "It is tried again by itself."
        if isinstance(error, AppError):
            title, text = error.message, error.hint
        else:
            title = "The import failed"
            text = f"{type(error).__name__}: this is our fault, not yours. It is written to the log."
        self._errors.append(Message(title, f"{text} {again}".strip(), Health.CRITICAL))
        self._next()

    def _sum_up(self) -> None:
        """Tell what came of the batch: what failed, then what did not."""
        from app.ui.outcomes import summary

        told = summary(self._outcomes) if self._outcomes else None
        if self._errors:
            last = self._errors[-1]
            others = f"{last.text} {told.title}." if told is not None else last.text
            told = Message(last.title, others, last.health, "Open Sync" if self._outcomes else "")
        if told is not None and self._dropped:
            verb = "was" if self._dropped == 1 else "were"
            left = f"{words.capitalised(words.count_word(self._dropped))} {words.plural(self._dropped, 'bundle')}"
            told = told._replace(text=f"{told.text} {left} {verb} not tried; choose again.".strip())
        if told is not None:
            self.said.emit(told)

    def _end(self) -> None:
        some = bool(self._outcomes)
        self._outcomes, self._errors, self._dropped, self._total = [], [], 0, 0
        if some:
            self.done.emit()
