"""Parts that paint themselves: they follow the theme, show the keyboard's focus and have a name."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.canvas import Canvas
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.tips import TIP

RIM = 4
"""Room around a control for its focus ring: 2 px wide, 2 px outside."""

_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Part(QWidget):
    """A painted widget that nobody presses."""

    def __init__(self, look: Look, name: str = "") -> None:
        super().__init__()
        self.look = look
        self.setAccessibleName(name)
        look.changed.connect(self.update)

    def paint(self, canvas: Canvas) -> None:
        """Paint the part; the background is what lies below."""

    def tip_at(self, at: QPointF) -> str:
        """What explains the number painted at a point of the part; empty where nothing is to be explained."""
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self.look) as canvas:
            self.paint(canvas)


class Reached(Part):
    """A part that the keyboard reaches. `ring` says that it came there by a key: then the part paints a ring."""

    def __init__(self, look: Look, name: str = "") -> None:
        super().__init__(look, name)
        self.ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.ring = event.reason() in _KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.ring = False
        self.update()


class Control(QAbstractButton):
    """A painted button. Its body leaves a rim for the focus ring, which the keyboard alone shows."""

    radius = 6.0

    def __init__(self, look: Look, name: str, tip: str = "") -> None:
        super().__init__()
        self.look = look
        self.hovered = False
        self._ring = False
        self.setAccessibleName(name)
        self.setProperty(TIP, tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self.update)

    @property
    def body(self) -> QRectF:
        """Rectangle of the control without its rim."""
        return QRectF(self.rect()).adjusted(RIM, RIM, -RIM, -RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        """Paint the control into `body`."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self.look) as canvas:
            self.paint(canvas, self.body)
            if self._ring:
                outside = RIM if self.body != QRectF(self.rect()) else 0
                canvas.outline(QRectF(self.rect()), "focus", self.radius + outside, weight=2)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in _KEYBOARD
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if commanded(event):
            event.ignore()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = False
        self.update()
