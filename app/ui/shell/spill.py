"""The spill notice: fills the body of the window, names nothing, offers no way to import anyway."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.model.health import Health
from app.ui.canvas import Canvas
from app.ui.controls import PushButton
from app.ui.look import Look

_STEPS = (
    "Stop. Do not copy, move, rename or delete anything, and leave the medium where it is.",
    "Call, by telephone and not by mail or chat:",
    "Say the station's name and the time. Say nothing about what it may contain.",
    "The source stays locked until your security manager releases it:",
)
_RELEASE = "watchfloor trust release SOURCE --reason WHY"


class SpillNotice(QWidget):
    """Shown when a bundle is marked above the station's ceiling. Nothing of it was opened.

    Signals
    -------
    acknowledged()
        The person has called.
    """

    acknowledged = Signal()

    def __init__(self, look: Look, body: QWidget, calls: Sequence[str]) -> None:
        super().__init__(body)
        self.look = look
        self._body = body
        self._calls = tuple(calls)
        self.setAccessibleName("Possible spill. " + " ".join(_STEPS) + " " + ", ".join(calls))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._button = PushButton(look, "I have stopped and called", primary=True)
        self._button.setParent(self)
        self._button.clicked.connect(self._acknowledge)
        self.setFocusProxy(self._button)
        self.setGeometry(body.rect())
        self.show()
        self.raise_()
        self._enable_below(enabled=False)
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """Give the keyboard to the one button."""
        self._button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def follow(self) -> None:
        """Take the size of the body again."""
        self.setGeometry(self._body.rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # no key leaves this notice

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: FBT001 -- Qt calls it so
        self._button.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        hint = self._button.sizeHint()
        self._button.resize(hint)
        self._button.move(round(self._left()) - 4, round(self._top() + self._height()) - hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self.look) as canvas:
            canvas.fill(QRectF(self.rect()), "canvas")
            left, y = self._left(), self._top()
            canvas.status(Health.CRITICAL, left + 22, y + 22, 44)
            ink = self.look.theme.status[Health.CRITICAL].text
            canvas.write(
                "headline.strong",
                "A bundle is marked above this station's ceiling.",
                left,
                y + 88,
                ink,
                room=self._wide(),
            )
            canvas.write(
                "body",
                "It was not opened. Nothing of it was copied or shown, and its name is not kept.",
                left,
                y + 114,
                "text.mid",
                room=self._wide(),
            )
            y += 142
            for number, step in enumerate(_STEPS, 1):
                y = self._paint_step(canvas, left, y, number, step)

    def _paint_step(self, canvas: Canvas, left: float, y: float, number: int, step: str) -> float:
        canvas.outline(QRectF(left + 1, y, 26, 26), "line", 13)
        canvas.write("smallstrong", str(number), left + 14, canvas.middle("smallstrong", y, 26), "text.mid", align=0.5)
        box = QRectF(left + 44, y + 3, self._wide() - 44, 60)
        y += max(26.0, canvas.lines("body", step, box, "text.hi")) + 8
        if number == 2:
            for call in self._calls:
                canvas.write("strong", call, left + 44, y + 14, "text.hi", room=self._wide() - 44)
                y += 24
            y += 6
        elif number == len(_STEPS):
            canvas.write("mono", _RELEASE, left + 44, y + 12, "text.mid", room=self._wide() - 44)
            y += 24
        return y + 6

    def _enable_below(self, *, enabled: bool) -> None:
        """Take every key and click from what lies below, or give them back."""
        for child in self._body.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child is not self:
                child.setEnabled(enabled)

    def _acknowledge(self) -> None:
        self._enable_below(enabled=True)
        self.hide()
        self.acknowledged.emit()
        self.deleteLater()

    def _wide(self) -> float:
        return min(660.0, self.width() - 64.0)

    def _height(self) -> float:
        return min(470.0 + 24 * len(self._calls), self.height() - 16.0)

    def _left(self) -> float:
        return (self.width() - self._wide()) / 2

    def _top(self) -> float:
        return max(8.0, (self.height() - self._height()) / 2.4)
