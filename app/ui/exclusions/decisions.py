"""How a page lets somebody decide about exclusions: a card opens, what came of it is said, and it can be taken back."""

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.model.health import Health
from app.model.register import EntryRef
from app.ui.exclusions.deciding import Asked, Decided, Deciding, message, taking_back
from app.ui.exclusions.form import ExcludeCard, Proposal
from app.ui.exclusions.record_card import RecordCard
from app.ui.look import Look
from app.ui.states import failed
from app.ui.strip import Message
from app.ui.tasks import TaskRunner


class Decisions(QObject):
    """Opens the cards of one page.

    Signals
    -------
    card_wanted(Card)
        Show a card over the page; None closes it.
    said(Message)
        Say in the strip what came of it.
    changed()
        Something was decided: figures may be others now.
    """

    card_wanted = Signal(object)
    said = Signal(object)
    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def exclude(self, runner: TaskRunner, deciding: Deciding, proposal: Proposal) -> None:
        """Let somebody ask for time not to be counted."""
        self._open(ExcludeCard(self._look, runner, deciding, proposal), runner, deciding)

    def show(self, runner: TaskRunner, deciding: Deciding, name: str) -> None:
        """Show one exclusion, with what can be decided about it."""
        runner.run(
            partial(deciding.record, name),
            receiver=self,
            on_done=partial(self._show_record, runner, deciding),
            on_error=self._fail,
        )

    def _show_record(self, runner: TaskRunner, deciding: Deciding, asked: Asked | None) -> None:
        if asked is None:
            self.changed.emit()  # it was taken back meanwhile
        else:
            self._open(RecordCard(self._look, runner, deciding, asked), runner, deciding)

    def _open(self, card: ExcludeCard | RecordCard, runner: TaskRunner, deciding: Deciding) -> None:
        card.decided.connect(partial(self._decided, runner, deciding))
        self.card_wanted.emit(card)

    def _decided(self, runner: TaskRunner, deciding: Deciding, decided: Decided) -> None:
        self.card_wanted.emit(None)
        self.said.emit(message(decided, partial(self._take_back, runner, deciding)))
        self.changed.emit()

    def _take_back(self, runner: TaskRunner, deciding: Deciding, entry: EntryRef) -> None:
        runner.run(
            partial(deciding.apply, taking_back(entry), "Taken back"),
            receiver=self,
            on_done=self._taken_back,
            on_error=self._fail,
            writes=True,
        )

    def _taken_back(self, decided: Decided) -> None:
        self.said.emit(Message(decided.said, f"Entry {decided.entry} of the journal says so."))
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        state = failed(error)
        self.said.emit(Message(state.title, state.text, Health.WARNING))
