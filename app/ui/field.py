"""A line of text to type in, with the look of the other controls."""

from PySide6.QtCore import QMargins, QRectF, QSize
from PySide6.QtGui import QColor, QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit

from app.ui.canvas import Canvas
from app.ui.controls import HEIGHT
from app.ui.look import Look


class Field(QLineEdit):
    """A text field that paints its own frame and shows where the keyboard is.

    Parameters
    ----------
    name
        What is to be typed, for those who hear it.
    role
        Role of its type.
    framed
        Whether it has a frame; without one, whoever holds it says by other means that it has the keyboard.
    """

    def __init__(self, look: Look, name: str, *, hint: str = "", role: str = "body", framed: bool = True) -> None:
        super().__init__()
        self.look = look
        self._framed = framed
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setFrame(False)
        self.setFont(look.fonts.font(role))
        if framed:
            self.setTextMargins(QMargins(10, 0, 10, 0))
        look.changed.connect(self._follow_theme)
        self._follow_theme()

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT if self._framed else super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._framed:
            with Canvas(self, self.look) as canvas:
                box = QRectF(self.rect())
                canvas.fill(box, "inset", 6)
                focused = self.hasFocus()
                canvas.outline(box, "focus" if focused else "text.low", 6, weight=2 if focused else 1)
        super().paintEvent(event)

    def _follow_theme(self) -> None:
        theme, role, palette = self.look.theme, QPalette.ColorRole, QPalette()
        palette.setColor(role.Base, QColor(0, 0, 0, 0))
        palette.setColor(role.Text, theme["text.hi"])
        palette.setColor(role.PlaceholderText, theme["text.low"])
        palette.setColor(role.Highlight, theme["accent"])
        palette.setColor(role.HighlightedText, theme["accent.ink"])
        self.setPalette(palette)
