"""A small card that asks for a name."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.card_parts import CardHead, Note
from app.ui.controls import PushButton
from app.ui.field import Field
from app.ui.look import Look
from app.ui.part import RIM
from app.ui.popover import Card
from app.ui.shell.saved import proper_name

_WIDE, _TALL = 480, 196


class NameCard(Card):
    """Proposes a name, and gives it on when the person says so.

    `taken` are names that exist: with `replaces` the one of that name is replaced, else it may not be taken.

    Signals
    -------
    named(str)
        The person wants this name.
    """

    named = Signal(str)

    def __init__(
        self, look: Look, title: str, proposal: str, does: str, taken: Sequence[str], *, replaces: bool = True
    ) -> None:
        super().__init__(look, title)
        self._does, self._taken, self._replaces = does, frozenset(taken), replaces
        self._head = CardHead(look, title)
        self.field = Field(look, f"{title}: name")
        self.field.setText(proposal)
        self.field.selectAll()
        self._note = Note(look)
        self._button = PushButton(look, does, key="Enter", primary=True)
        self._button.clicked.connect(self._take)
        self.field.returnPressed.connect(self._take)
        self.field.textChanged.connect(self._judge)
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 24
        layout.setContentsMargins(edge, self.SHADOW + 18, edge, self.SHADOW + 14)
        layout.setSpacing(8)
        layout.addWidget(self._head)
        layout.addWidget(self.field)
        row = QHBoxLayout()
        row.setContentsMargins(0, 4, -RIM, 0)
        row.addWidget(self._note, 1)
        row.addWidget(self._button)
        layout.addLayout(row)
        self._judge()

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The field, its text chosen: to type replaces it, Enter takes it."""
        return self.field

    def _judge(self) -> None:
        name = proper_name(self.field.text())
        taken = name in self._taken
        self._button.setEnabled(bool(name) and (self._replaces or not taken))
        if taken:
            self._note.say("Replaces the view of that name." if self._replaces else "Another view has that name.")
        else:
            self._note.say("")

    def _take(self) -> None:
        if self._button.isEnabled():
            self.named.emit(proper_name(self.field.text()))
