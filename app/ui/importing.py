"""Importing from the console: one bundle after another, off the GUI thread, in words."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.bundle.outcome import Code, Outcome
from app.errors import AppError
from app.job import Job, Progress
from app.model.health import Health
from app.ui import words
from app.ui.strip import Message
from app.ui.tasks import TaskRunner

Receive = Callable[[Path, str, Job], Outcome]


def outcome_health(code: Code) -> Health:
    """Ink of an outcome: taken in, waiting for somebody, or refused."""
    if code.accepted:
        return Health.HEALTHY
    if code in (Code.INCOMPLETE, Code.HELD, Code.CLOCK):
        return Health.WARNING
    return Health.CRITICAL


_TITLES = {
    Code.APPLIED: "Imported",
    Code.RESTORED: "Imported again into the cache",
    Code.DUPLICATE: "Already imported",
    Code.EXPIRED_AS_HISTORY: "Imported as history; its time has passed",
    Code.NOTHING_NEW: "Imported; it brought nothing new",
    Code.HELD: "Held",
    Code.INCOMPLETE: "Not complete yet",
    Code.CLOCK: "Held: the clocks do not agree",
    Code.UNTRUSTED: "Not opened: its signer is not trusted here",
    Code.BAD_SIGNATURE: "Refused: the signature is not valid",
    Code.BAD_MANIFEST: "Refused: the manifest cannot be read",
    Code.PART_MISMATCH: "Refused: a part does not match the manifest",
    Code.UNSAFE_LAYOUT: "Refused: the layout is not safe to open",
    Code.FORK: "Refused: two different bundles claim the same place",
    Code.SPILL: "Stopped: marked above this station's ceiling",
    Code.SOURCE_LOCKED: "Refused: this source is locked",
}


def outcome_title(code: Code) -> str:
    """An outcome as a short title."""
    return _TITLES[code]


def outcome_message(outcome: Outcome) -> Message:
    """One outcome in words: what happened, why, what to do. A spill names nothing."""
    if outcome.code is Code.SPILL:
        return Message(outcome_title(outcome.code), "Call your security manager. Import from its source is locked.", Health.CRITICAL)
    text = " ".join(part for part in (outcome.reason, outcome.action) if part)
    return Message(f"{outcome_title(outcome.code)}: {outcome.name}", text, outcome_health(outcome.code), "Open Sync")


def summary(outcomes: Sequence[Outcome]) -> Message:
    """Several outcomes in one message, the worst first."""
    if len(outcomes) == 1:
        return outcome_message(outcomes[0])
    worst = min(outcomes, key=lambda outcome: outcome_health(outcome.code).rank)
    taken = sum(outcome.code.accepted for outcome in outcomes)
    rest = len(outcomes) - taken
    title = f"{words.capitalised(words.count_word(taken))} of {words.count_word(len(outcomes))} bundles imported"
    if not rest:
        return Message(title, "", Health.HEALTHY, "Open Sync")
    first = outcome_message(worst)
    others = f" {words.capitalised(words.count_word(rest - 1))} more on the Sync page." if rest > 1 else ""
    return Message(title, f"{first.title}. {first.text}{others}", first.health, "Open Sync")


class Importing(QObject):
    """A queue of bundles and the one import that runs.

    Signals
    -------
    said(Message)
        Progress or result in words.
    done()
        A batch ended; pages should look again.
    waiting(Path)
        A bundle was not refused, only put off.
    spilled()
        Content above the ceiling arrived. The signal carries nothing, on purpose.
    """

    said = Signal(object)
    done = Signal()
    waiting = Signal(object)
    spilled = Signal()

    def __init__(self, runner: TaskRunner, receive: Receive) -> None:
        super().__init__()
        self._runner, self._receive = runner, receive
        self._queue: list[tuple[Path, str]] = []
        self._outcomes: list[Outcome] = []
        self._total = 0
        self._job: Job | None = None

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
        self._tell(Progress(0, None, "Checking"), number)
        self._job = self._runner.run(
            lambda job: self._receive(path, carrier, job),
            receiver=self,
            on_done=lambda outcome: self._take(path, outcome),
            on_error=self._fail,
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

    def _take(self, path: Path, outcome: Outcome) -> None:
        if self._job is None:
            return
        self._outcomes.append(outcome)
        if outcome.code in (Code.INCOMPLETE, Code.CLOCK, Code.HELD):
            self.waiting.emit(path)
        if outcome.code is Code.SPILL:
            self._queue.clear()
            self.spilled.emit()
        self._next()

    def _fail(self, error: Exception) -> None:
        if self._job is None:
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
        self._outcomes, self._total = [], 0
        self.done.emit()
