"""Choosing the size of text."""

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import words
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card, Choice
from app.ui.shell.text_size import SIZES

_WIDE = 340
_SAID = "The console opens again with it, at the same place, range and filter. Nothing is lost."


class TextCard(Card):
    """The sizes; the one that is offered has the keyboard, the one in force its tick.

    Signals
    -------
    picked(int)
        A size in percent.
    """

    picked = Signal(int)

    def __init__(self, look: Look, now: int, offered: int) -> None:
        super().__init__(look, "Text size")
        self._lines = [Choice(look, f"{size}{words.GAP}%", chosen=size == now) for size in SIZES]
        self._offered = offered
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 20
        layout.setContentsMargins(edge, self.SHADOW + 16, edge, self.SHADOW + 12)
        layout.setSpacing(0)
        layout.addWidget(_Said(look))
        for size, line in zip(SIZES, self._lines, strict=True):
            line.setFixedWidth(_WIDE - 40)
            line.setAccessibleName(f"Text at {size} %{', shown now' if size == now else ''}. {_SAID}")
            line.clicked.connect(partial(self._pick, size))
            layout.addWidget(line)
        layout.addStretch()

    def sizeHint(self) -> QSize:
        tall = 84 + sum(line.height() for line in self._lines) + 28
        return QSize(_WIDE + 2 * self.SHADOW, tall + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The size that is offered."""
        return self._lines[SIZES.index(self._offered)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl with plus, minus and 0 go on through the sizes."""
        plus = event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and (plus or event.key() == Qt.Key.Key_Minus):
            here = next((n for n, line in enumerate(self._lines) if line.hasFocus()), 0)
            there = min(max(here + (1 if plus else -1), 0), len(self._lines) - 1)
            self._lines[there].setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().keyPressEvent(event)

    def _pick(self, size: int) -> None:
        self.picked.emit(size)


class _Said(Part):
    def __init__(self, look: Look) -> None:
        super().__init__(look, f"Text size. {_SAID}")
        self.setFixedHeight(84)

    def paint(self, canvas: Canvas) -> None:
        canvas.write("title", "Text size", 0, 18, "text.hi")
        canvas.lines("small", _SAID, QRectF(0, 32, self.width(), 50), "text.mid")
