"""What the window says while something is dragged over it."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.text import CENTRE


class DropHint(QWidget):
    """Covers the body, never the banners, until the thing is dropped or leaves."""

    def __init__(self, look: Look, body: QWidget) -> None:
        super().__init__(body)
        self._look, self._body = look, body
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def begin(self) -> None:
        """Show the hint."""
        self.setGeometry(self._body.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self._look) as canvas:
            box = QRectF(self.rect())
            canvas.fill(box, "scrim")
            frame = QRectF(0, 0, 460, 132)
            frame.moveCenter(box.center())
            canvas.fill(frame, "surface", 12)
            canvas.outline(frame, "accent", 12, weight=2, dashes=True)
            middle = frame.center().x()
            canvas.icon("import", middle, frame.top() + 36, 28, "accent")
            canvas.write("title", "Drop to import", middle, frame.top() + 80, "text.hi", align=CENTRE)
            said = "It is checked before anything is read into the cache."
            canvas.write("small", said, middle, frame.top() + 104, "text.mid", align=CENTRE)
