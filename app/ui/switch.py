"""A choice of a few, all of them seen."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.part import RIM, Control
from app.ui.text import CENTRE

_HEIGHT = 28


class _Segment(Control):
    """One of the choices."""

    radius = 5.0

    def __init__(self, look: Look, words: str) -> None:
        super().__init__(look, words)
        self.words = words
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        wide = self.look.fonts.metrics("small").horizontalAdvance(self.words)
        return QSize(round(wide) + 20 + 2 * RIM, _HEIGHT + 2 * RIM)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if commanded(event) or event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # a button takes arrows for itself; they are the switch's
        else:
            super().keyPressEvent(event)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        chosen = self.isChecked()
        if chosen:
            canvas.fill(body, "accent.soft", self.radius)
        elif self.hovered:
            canvas.fill(body, "raised", self.radius)
        ink = "text.hi" if chosen else "text.mid"
        role = "smallstrong" if chosen else "small"
        canvas.write(
            role, self.words, body.center().x(), canvas.middle(role, body.top(), body.height()), ink, align=CENTRE
        )
        if chosen:
            canvas.fill(QRectF(body.left() + 6, body.bottom() - 2, body.width() - 12, 2), "accent", 1)


class Switch(QWidget):
    """Segments beside each other, and the key that goes round them. The arrows choose the next one.

    Signals
    -------
    chosen(int)
        Somebody chose another one.
    """

    chosen = Signal(int)

    def __init__(self, look: Look, name: str, choices: Sequence[str], key: str) -> None:
        super().__init__()
        self.look = look
        self.setAccessibleName(f"{name}, key {key}")
        self._key = key
        self.number = 0
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(-2 * RIM + 2)
        self.segments = [_Segment(look, words) for words in choices]
        for place, segment in enumerate(self.segments):
            segment.setProperty("tip", f"{name}: {segment.words}. Key {key} takes the next one.")
            segment.setAccessibleDescription(name)
            segment.clicked.connect(partial(self.choose, place))
            layout.addWidget(segment)
        self._show()

    def choose(self, number: int) -> None:
        """Choose one by its number."""
        changed = number != self.number
        self.number = number
        self._show()
        if changed:
            self.chosen.emit(number)

    def next(self) -> None:
        """Choose the next one, the first after the last."""
        self.choose((self.number + 1) % len(self.segments))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or commanded(event):
            event.ignore()
            return
        self.choose((self.number + step) % len(self.segments))
        self.segments[self.number].setFocus(Qt.FocusReason.TabFocusReason)

    def _show(self) -> None:
        for place, segment in enumerate(self.segments):
            segment.setChecked(place == self.number)
            segment.setFocusPolicy(Qt.FocusPolicy.StrongFocus if place == self.number else Qt.FocusPolicy.ClickFocus)
            segment.update()
