"""A field to search or to filter in: a frame, a lens, and the key that leads here."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.look import Look


class _Edit(QLineEdit):
    """A field without a frame of its own; Esc, Down and Enter give the keyboard back."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.key() == Qt.Key.Key_Escape:
                self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class SearchField(QWidget):
    """The field. `hint` stands in it while it is empty; `key` is shown at its right end, for whoever binds it.

    Signals
    -------
    changed(str)
        What is written in it changed.
    left()
        The keyboard goes back to what is searched.
    """

    changed = Signal(str)
    left = Signal()

    def __init__(self, look: Look, name: str, hint: str, *, key: str = "/") -> None:
        super().__init__()
        self._look, self._key = look, key
        self.edit = _Edit()
        self.edit.setFrame(False)
        self.edit.setPlaceholderText(hint)
        self.edit.setAccessibleName(name)
        self.edit.setFont(look.fonts.font("body"))
        self.edit.setStyleSheet("background: transparent")
        self.setFixedHeight(36)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(34, 2, 8, 2)
        layout.addWidget(self.edit)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self.changed)
        self.edit.left.connect(self.left)
        for signal in (self.edit.textChanged, self.edit.left, self.edit.cursorPositionChanged, look.changed):
            signal.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self._look) as canvas:
            box, focused = QRectF(self.rect()), self.edit.hasFocus()
            canvas.fill(box, "inset", 6)
            canvas.outline(box, "focus" if focused else "text.low", 6, weight=2 if focused else 1)
            canvas.icon("search", 18, box.center().y(), 16, "text.low")
            if self._key and not focused and not self.edit.text():
                canvas.key(self._key, box.right() - 30, box.center().y())
