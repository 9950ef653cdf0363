"""The dialogue that asks for time not to be counted."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.clock import from_iso, to_iso
from app.errors import AppError
from app.job import Job
from app.model.objective import Exclusion, ExclusionKind, Treatment
from app.model.register import AddExclusion
from app.model.time_range import TimeRange
from app.ui.card_parts import Caption, CardHead, Remark
from app.ui.controls import PushButton
from app.ui.exclusions.deciding import Decided, Deciding
from app.ui.exclusions.exclusion_words import KINDS, TREATMENTS
from app.ui.field import Field
from app.ui.look import Look
from app.ui.popover import Card
from app.ui.scroll import SCROLL_BAR, PageArea
from app.ui.switch import Switch
from app.ui.tasks import TaskRunner
from app.ui.words import clock

_WIDE, _TALL = 640, 612
_DEBOUNCE_MS = 250
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?Z?")
_KINDS: tuple[ExclusionKind, ...] = ("planned", "customer", "force-majeure")
_TREATMENTS: tuple[Treatment, ...] = ("exclude", "separate", "count")
_REPEATS = (("once", ""), ("daily", "FREQ=DAILY"), ("weekly", "FREQ=WEEKLY"), ("monthly", "FREQ=MONTHLY"))

Preview = Callable[[TimeRange, Job], str]
"""Says what of the budget lies in a stretch of time."""


class Scope(NamedTuple):
    """One choice of what an exclusion is for: its words and its patterns."""

    words: str
    objective: str
    enclave: str
    endpoint: str


def read_moment(text: str) -> float | None:
    """A moment written ``2026-11-12 05:00``, UTC; None where it is none."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return from_iso(f"{found[1]}T{found[2]}{found[3] or ':00'}Z")
    except ValueError:
        return None


def moment_text(moment: float) -> str:
    """A moment as `read_moment` reads it, to the minute."""
    return f"{to_iso(moment)[:10]} {clock(moment)}"


class Proposal(NamedTuple):
    """What a page proposes to exclude: `about` stands below the title, `scopes` begin with the narrowest.

    Time before `now`, seconds UTC, needs a note of its own. `preview` None: nothing can be said of a budget.
    """

    about: str
    span: TimeRange
    scopes: Sequence[Scope]
    now: float
    preview: Preview | None = None


class ExcludeCard(Card):
    """Asks for an exclusion; a second person approves it later.

    Signals
    -------
    decided(Decided)
        It was asked for.
    """

    decided = Signal(object)

    def __init__(self, look: Look, runner: TaskRunner, deciding: Deciding, proposal: Proposal) -> None:
        super().__init__(look, "Exclude time")
        self._runner, self._deciding = runner, deciding
        self._about, span, self._scopes, self._now, self._preview = proposal
        self._job: Job | None = None
        self._asking = False
        self.start = self._field("From", moment_text(span.start), "2026-11-12 05:00")
        self.end = self._field("Until", moment_text(span.end), "2026-11-12 11:00")
        self.reason = self._field("Reason", "", "Storage failover test")
        self.reference = self._field("Reference", "", "CR-2231")
        self.note = self._field("Note", "", "Why it is asked for only now")
        self.kind = Switch(look, "Kind", [KINDS[kind] for kind in _KINDS], "")
        self.treatment = Switch(look, "Treatment", [TREATMENTS[one] for one in _TREATMENTS], "")
        self.repeat = Switch(look, "Repeat", [words for words, _ in _REPEATS], "")
        self.scope = Switch(look, "For", [one.words for one in self._scopes], "")
        self.remark = Remark(look)
        self.button = PushButton(look, "Ask for it", key="Enter", primary=True)
        self._wait = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self._wait.timeout.connect(self._ask_preview)
        self._lay_out()
        for field in (self.start, self.end, self.reason, self.reference, self.note):
            field.textChanged.connect(self._judge)
            field.returnPressed.connect(self._ask)
        for switch in (self.kind, self.treatment, self.repeat, self.scope):
            switch.chosen.connect(lambda _: self._judge())
        self.button.clicked.connect(self._ask)
        self._judge()

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The reason: the rest is proposed."""
        return self.reason

    def _field(self, name: str, text: str, hint: str) -> Field:
        field = Field(self.look, name, hint=hint)
        field.setText(text)
        field.setFixedHeight(34)
        return field

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        edge = self.SHADOW + 24
        outer.setContentsMargins(edge, self.SHADOW + 18, edge - SCROLL_BAR, self.SHADOW + 14)
        outer.setSpacing(4)
        outer.addWidget(CardHead(self.look, "Exclude time", self._about))
        fields = QWidget()
        layout = QVBoxLayout(fields)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        # a card is never taller than the window: with large text its fields scroll, its head and its button stay
        outer.addWidget(PageArea(self.look, fields), 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        pairs = (
            ("From, Z", self.start),
            ("Until, Z", self.end),
            ("Reason", self.reason),
            ("Reference", self.reference),
        )
        for number, (said, field) in enumerate(pairs):
            row, column = 2 * (number // 2), number % 2
            grid.addWidget(Caption(self.look, said), row, column)
            grid.addWidget(field, row + 1, column)
        layout.addLayout(grid)
        for said, switch in (
            ("Whose doing it is", self.kind),
            ("What becomes of the time", self.treatment),
            ("It happens", self.repeat),
            ("It is for", self.scope),
        ):
            layout.addWidget(Caption(self.look, said))
            line = QHBoxLayout()
            line.setContentsMargins(-4, 0, 0, 0)
            line.addWidget(switch)
            line.addStretch()
            layout.addLayout(line)
        layout.addWidget(Caption(self.look, "Note for the journal, needed where the time has begun"))
        layout.addWidget(self.note)
        layout.addStretch()
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, SCROLL_BAR, 0)
        foot.addWidget(self.remark, 1)
        foot.addWidget(self.button)
        outer.addLayout(foot)

    # --- judging ------------------------------------------------------------------------------------------

    @property
    def span(self) -> TimeRange | None:
        """The time as it is written; None where it is none."""
        start, end = read_moment(self.start.text()), read_moment(self.end.text())
        return TimeRange(start, end) if start is not None and end is not None and start < end else None

    def exclusion(self, span: TimeRange) -> Exclusion:
        """What is asked for; its name is made of its reference when it is."""
        scope = self._scopes[self.scope.number]
        return Exclusion(
            id="asked-for",
            objective_glob=scope.objective,
            enclave_glob=scope.enclave,
            endpoint_glob=scope.endpoint,
            start=span.start,
            end=span.end,
            rule=_REPEATS[self.repeat.number][1],
            zone="UTC",
            kind=_KINDS[self.kind.number],
            treatment=_TREATMENTS[self.treatment.number],
            reason=self.reason.text().strip(),
            reference=self.reference.text().strip(),
            requested_by="",
        )

    def _fault(self) -> str:
        """What is missing, the first thing; empty where it can be asked for."""
        from app.analysis.exclusion_request import is_retroactive
        from app.analysis.objective_check import exclusion_faults

        for name, field in (("From", self.start), ("Until", self.end)):
            if read_moment(field.text()) is None:
                return f"{name}: write 2026-11-12 05:00, in UTC."
        span = self.span
        if span is None:
            return "It must end after it begins."
        if not self.reason.text().strip():
            return "Say what happens in this time."
        if not self.reference.text().strip():
            return "Name the change record, the ticket or the clause."
        asked = self.exclusion(span)
        # how it repeats was chosen from a list: to follow it for years at each key would be felt
        wrong = next(iter(exclusion_faults(replace(asked, rule=""))), None)
        if wrong is not None:
            return f"{wrong.field}: {wrong.problem}."
        if is_retroactive(asked, self._now) and not self.note.text().strip():
            return "This time has begun: say in the note why it is asked for only now."
        return ""

    def _doubts(self) -> str:
        """What is more often a slip than meant, and can be asked for all the same."""
        from app.analysis.exclusion_request import doubts

        return "" if self.span is None else " ".join(doubts(self.exclusion(self.span), self._now))

    def _judge(self) -> None:
        fault = self._fault()
        doubts = "" if fault else self._doubts()
        self.button.setEnabled(not fault and not self._asking)
        if self.span is not None and self._preview is not None:
            self._wait.start()
        said = fault or doubts or "A second person must approve it before it changes a figure."
        self.remark.say(said, wrong=bool(fault or doubts))

    def _ask_preview(self) -> None:
        span = self.span
        if span is None or self._preview is None:
            return
        if self._job is not None:
            self._job.cancel()
        self._job = self._runner.run(
            partial(self._preview, span),
            receiver=self,
            on_done=partial(self._show_preview, span),
            on_error=self._no_preview,
        )

    def _show_preview(self, span: TimeRange, said: str) -> None:
        if span != self.span:
            return  # another stretch is written by now, or none
        fault = self._fault()
        if not fault and self._doubts():
            return  # the remark has room for one thing, and that is said
        self.remark.say(
            f"{said} {fault}".strip() if fault else f"{said} A second person must approve it.", wrong=bool(fault)
        )

    def _no_preview(self, error: Exception) -> None:
        """Without a preview it can be asked for all the same."""

    def _ask(self) -> None:
        span = self.span
        if span is None or not self.button.isEnabled():
            return
        self._wait.stop()
        if self._job is not None:
            self._job.cancel()  # a late preview must not stand over what becomes of the request
        self._asking = True  # whoever types on while it is being written asks no second time
        self.button.setEnabled(False)
        asked = self.exclusion(span)
        command = AddExclusion(asked, self.note.text().strip() or asked.reason)
        self._runner.run(
            partial(self._deciding.ask, command),
            receiver=self,
            on_done=self._asked,
            on_error=self._fail,
            writes=True,
        )

    def _asked(self, decided: Decided) -> None:
        self.decided.emit(decided)

    def _fail(self, error: Exception) -> None:
        self._asking = False
        self.button.setEnabled(True)
        said = f"{error.message} {error.hint}".strip() if isinstance(error, AppError) else f"It failed: {error}"
        self.remark.say(said, wrong=True)
