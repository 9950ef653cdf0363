"""One exclusion with what became of it, and what can still be decided about it."""

from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.model.register import ApproveExclusion, Command, ExclusionRecord, WithdrawExclusion
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.card_parts import Caption, CardHead, Remark
from app.ui.controls import PushButton
from app.ui.exclusions.deciding import Asked, Decided, Deciding
from app.ui.exclusions.exclusion_words import KINDS, TREATMENTS, scope_words, when_words
from app.ui.field import Field
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.scroll import PageArea
from app.ui.tasks import TaskRunner

_WIDE, _ROW = 560, 26


def facts(asked: Asked) -> list[tuple[str, str]]:
    """Name and value of each line."""
    from app.analysis.exclusion_request import doubts

    record, known = asked
    one = record.exclusion
    told = [
        ("When", when_words(one)),
        ("Kind", f"{KINDS[one.kind]}; the time {TREATMENTS[one.treatment]}"),
        ("For", scope_words(one)),
        ("Reference", one.reference),
        ("Asked for", f"{_moment(record.requested)} by {one.requested_by}"),
    ]
    if record.why and record.why != one.reason:
        told.append(("Note", record.why))
    if record.approved is not None:
        told.append(("Approved", f"{_moment(record.approved)} by {one.approved_by}"))
    if record.withdrawn is not None:
        told.append(("Withdrawn", f"{_moment(record.withdrawn)} by {record.withdrawn_by}"))
    else:
        told += [("Check this", doubt) for doubt in doubts(one, record.requested, known)]
    told.append(("Entry", str(record.entry)))
    return told


def _moment(seconds: float) -> str:
    return f"{words.date(seconds)} {words.clock(seconds)}{words.GAP}Z"


class _Facts(Part):
    """A name and a value in each line."""

    def __init__(self, look: Look, told: list[tuple[str, str]]) -> None:
        super().__init__(look, "; ".join(f"{name}: {value}" for name, value in told))
        self._told = told
        self.setFixedHeight(len(told) * _ROW)

    def paint(self, canvas: Canvas) -> None:
        for number, (name, value) in enumerate(self._told):
            baseline = canvas.middle("body", number * _ROW, _ROW)
            canvas.write("small", name, 0, baseline, "text.low")
            canvas.write("body", value, 96, baseline, "text.hi", room=self.width() - 96)


class RecordCard(Card):
    """Everything of one exclusion; approve it, or withdraw it.

    Signals
    -------
    decided(Decided)
        It was approved or withdrawn.
    """

    decided = Signal(object)

    def __init__(self, look: Look, runner: TaskRunner, deciding: Deciding, asked: Asked) -> None:
        record = asked.record
        super().__init__(look, record.exclusion.reason)
        self._runner, self._deciding, self._record = runner, deciding, record
        self._deciding_now = False
        told = facts(asked)
        self.why = Field(look, "Why, for the journal", hint="Agreed with the owner")
        self.approve = PushButton(look, "Approve", primary=True)
        self.withdraw = PushButton(look, "Withdraw")
        self.remark = Remark(look)
        self._tall = 236 + len(told) * _ROW
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 24
        layout.setContentsMargins(edge, self.SHADOW + 18, edge, self.SHADOW + 14)
        layout.setSpacing(8)
        layout.addWidget(CardHead(look, record.exclusion.reason, _state(record)))
        layout.addWidget(PageArea(look, _Facts(look, told)), 1)  # with large text it scrolls, and the foot stays
        layout.addWidget(Caption(look, "Why, for the journal"))
        layout.addWidget(self.why)
        foot = QHBoxLayout()
        foot.addWidget(self.remark, 1)
        foot.addWidget(self.withdraw)
        foot.addWidget(self.approve)
        layout.addLayout(foot)
        self.approve.setVisible(not record.exclusion.approved_by and record.withdrawn is None)
        self.withdraw.setVisible(record.withdrawn is None)
        self.approve.clicked.connect(self._approve)
        self.withdraw.clicked.connect(self._withdraw)
        self.why.textChanged.connect(self._judge)
        self._judge()

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, self._tall + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """Where the reason is given."""
        return self.why

    def _judge(self) -> None:
        given = bool(self.why.text().strip())
        for button in (self.approve, self.withdraw):
            button.setEnabled(given and not self._deciding_now)
        self.remark.say("" if given else "Give a reason; it goes into the journal with your account.")

    def _approve(self) -> None:
        said = f"{self._record.exclusion.reference} is approved"
        self._decide(ApproveExclusion(self._record.exclusion.id, self.why.text().strip()), said)

    def _withdraw(self) -> None:
        said = f"{self._record.exclusion.reference} is withdrawn: its time counts again"
        self._decide(WithdrawExclusion(self._record.exclusion.id, self.why.text().strip()), said)

    def _decide(self, command: Command, said: str) -> None:
        self._deciding_now = True
        for button in (self.approve, self.withdraw):
            button.setEnabled(False)
        self._runner.run(
            partial(self._deciding.apply, command, said),
            receiver=self,
            on_done=self._decided,
            on_error=self._fail,
            writes=True,
        )

    def _decided(self, decided: Decided) -> None:
        self.decided.emit(decided)

    def _fail(self, error: Exception) -> None:
        self._deciding_now = False
        self._judge()
        said = f"{error.message} {error.hint}".strip() if isinstance(error, AppError) else f"It failed: {error}"
        self.remark.say(said, wrong=True)


def _state(record: ExclusionRecord) -> str:
    if record.withdrawn is not None:
        return "Withdrawn: it changes nothing any more."
    if not record.exclusion.approved_by:
        return "Waits for a second person: it changes nothing yet."
    return "Approved: it changes the figures that it is for."
