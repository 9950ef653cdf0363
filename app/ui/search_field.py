"""A field to search or to filter in: a frame, a lens, and the key that leads here."""

from PySide6.QtCore import QMargins, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent

from app.ui.canvas import Canvas
from app.ui.controls import HEIGHT
from app.ui.field import Field
from app.ui.look import Look


class SearchField(Field):
    """The field. `hint` stands in it while it is empty; `key` is shown at its right end, for whoever binds it.

    Esc empties it; Esc, Down and Enter give the keyboard back.

    Signals
    -------
    left()
        The keyboard goes back to what is searched.
    """

    left = Signal()

    def __init__(self, look: Look, name: str, hint: str, *, key: str = "/") -> None:
        super().__init__(look, name, hint=hint)
        self._key = key
        self.setTextMargins(QMargins(32, 0, 8, 0))
        self.setFixedHeight(HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.key() == Qt.Key.Key_Escape:
                self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with Canvas(self, self.look) as canvas:
            middle = self.height() / 2
            canvas.icon("search", 18, middle, 16, "text.low")
            if self._key and not self.hasFocus() and not self.text():
                canvas.key(self._key, self.width() - 30, middle)
