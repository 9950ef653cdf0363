"""The message strip: what the last import came to, or how far one is. Quiet, and what matters stays until read."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.model.health import Health
from app.ui.canvas import Canvas
from app.ui.controls import IconButton, PushButton
from app.ui.look import Look

_HEIGHT = 56


class Message(NamedTuple):
    """What a strip says. `health` None is work in progress; `share` its part done, None while unknown.

    `act` is what its button does; without it that is for the window to know.
    """

    title: str
    text: str = ""
    health: Health | None = Health.HEALTHY
    action: str = ""
    share: float | None = None
    act: Callable[[], None] | None = None


class Strip(QWidget):
    """One message below the header; it pushes the page down and covers nothing.

    Signals
    -------
    acted()
        The person pressed the message's button.
    dismissed()
        The person put the message away.
    """

    acted = Signal()
    dismissed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._message = Message("")
        self._button = PushButton(look, "")
        self._button.setParent(self)
        self._button.clicked.connect(self.acted)
        self._close = IconButton(look, "x", "Put this message away", "Put away  (Esc)", side=28, framed=False)
        self._close.setParent(self)
        self._close.clicked.connect(self.dismiss)
        self.setFixedHeight(_HEIGHT)
        self.hide()
        look.changed.connect(self.update)

    @property
    def message(self) -> Message:
        """What is said."""
        return self._message

    def say(self, message: Message) -> None:
        """Show a message."""
        self._message = message
        self.setAccessibleName(f"{message.title}. {message.text}".strip())
        self._button.say(message.action)
        self._button.setVisible(bool(message.action))
        self._close.setVisible(message.health is not None)
        self._place()
        self.show()
        self.update()

    def dismiss(self) -> None:
        """Put the message away."""
        self.hide()
        self.dismissed.emit()

    def leave(self) -> None:
        """Put a message away with the page it was said on, where nothing is wrong and nothing is left to do."""
        quiet = self._message.health in (Health.HEALTHY, Health.UNKNOWN)
        if quiet and not self._message.action:
            self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        said, theme = self._message, self.look.theme
        with Canvas(self, self.look) as canvas:
            box = QRectF(self.rect())
            loud = said.health in (Health.CRITICAL, Health.WARNING)
            canvas.fill(box, theme.status[said.health].tint if loud and said.health else theme["surface"])
            canvas.rule(0, box.right(), box.bottom() - 1)
            left = 56.0
            if said.health is None:
                canvas.icon("import", 33, box.center().y(), 18, "accent")
            else:
                canvas.status(said.health, 33, box.center().y(), 20)
            room = self._room() - left
            colour = theme.status[said.health].text if loud and said.health else theme["text.hi"]
            top = 24 if said.text or said.share is not None else canvas.middle("strong", 0, _HEIGHT)
            canvas.write("strong", said.title, left, top, colour, room=room)
            if said.share is not None:
                bar = QRectF(left, 37, min(360.0, room), 4)
                canvas.fill(bar, "raised", 2)
                bar.setWidth(bar.width() * min(1.0, max(0.0, said.share)))
                canvas.fill(bar, "accent", 2)
            elif said.text:
                canvas.write("small", said.text, left, 44, "text.mid", room=room)

    def _room(self) -> float:
        right = self.width() - 24 - (44 if self._close.isVisibleTo(self) else 0)
        return right - (self._button.width() + 16 if self._button.isVisibleTo(self) else 0)

    def _place(self) -> None:
        right = self.width() - 20
        if self._close.isVisibleTo(self):
            right -= self._close.width()
            self._close.move(right, (_HEIGHT - self._close.height()) // 2)
        hint = self._button.sizeHint()
        self._button.resize(hint)
        self._button.move(right - hint.width() - 4, (_HEIGHT - hint.height()) // 2)
