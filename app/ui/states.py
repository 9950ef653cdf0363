"""What a panel shows instead of its content: loading, empty, error, filtered. One mechanism for all.

A panel keeps its size and its title in every state, so that the page never jumps.
"""

from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent

from app.errors import AppError
from app.job import Progress
from app.model.health import Health
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.controls import PushButton
from app.ui.look import Look
from app.ui.part import Part
from app.ui.text import CENTRE

_LOADING_AFTER_MS = 300


class Kind(Enum):
    """Which of the states it is."""

    LOADING = "loading"
    EMPTY = "empty"
    ERROR = "error"
    FILTERED = "filtered"


class PanelState(NamedTuple):
    """One state in words. `action` is the one way on, `key` its key; `share` is None while unknown."""

    kind: Kind
    title: str
    text: str = ""
    action: str = ""
    key: str = ""
    share: float | None = None
    icon: str = "check"


def loading(progress: Progress | None = None) -> PanelState:
    """Loading, with real progress where the work reports any."""
    if progress is None:
        return PanelState(Kind.LOADING, "Reading the cache")
    label = progress.label or "Reading the cache"
    if not progress.total:
        return PanelState(Kind.LOADING, label)
    counts = f"{words.amount(progress.done)} of {words.amount(progress.total)}"
    return PanelState(Kind.LOADING, f"{label}, {counts}", share=progress.done / progress.total)


def failed(error: Exception) -> PanelState:
    """An error in words: what happened, how far it reaches, and the way on."""
    if isinstance(error, AppError):
        return PanelState(Kind.ERROR, error.message, error.hint or "Everything else still works.", "Try again", "F5")
    text = f"{type(error).__name__}: this is our fault, not yours. It is written to the log."
    return PanelState(Kind.ERROR, "This could not be read", text, "Try again", "F5")


class StateView(Part):
    """Paints a state in the middle of a panel.

    Signals
    -------
    acted()
        The person took the way on.
    """

    acted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._state = loading()
        self._patient = True
        self._wait = QTimer(self, singleShot=True, interval=_LOADING_AFTER_MS)
        self._wait.timeout.connect(self._lose_patience)
        self._button = PushButton(look, "")
        self._button.setParent(self)
        self._button.clicked.connect(self.acted)
        self._button.hide()

    @property
    def state(self) -> PanelState:
        """What is shown."""
        return self._state

    def show_state(self, state: PanelState) -> None:
        """Show another state. Loading shows after 300 ms only: a flash helps nobody."""
        if state.kind is Kind.LOADING and self._state.kind is not Kind.LOADING:
            self._patient = True
        if state.kind is Kind.LOADING and self._patient and not self._wait.isActive():
            self._wait.start()
        self._state = state
        self.setAccessibleName(f"{state.title}. {state.text}")
        self._button.say(state.action, state.key)
        self._button.setVisible(bool(state.action))
        self._place()
        self.update()

    def paint(self, canvas: Canvas) -> None:
        if self._state.kind is Kind.LOADING:
            if not self._patient:
                self._paint_loading(canvas)
            return
        middle, top = self.width() / 2, self._top()
        if self._state.kind is Kind.ERROR:
            canvas.status(Health.CRITICAL, middle, top + 14, 28)
        else:
            canvas.icon(
                "eye-off" if self._state.kind is Kind.FILTERED else self._state.icon, middle, top + 14, 24, "text.low"
            )
        room = min(self.width() - 32, 560)
        box = QRectF(middle - room / 2, top + 42, room, 60)
        used = canvas.lines("title", self._state.title, box, "text.hi", align=CENTRE)
        canvas.lines("small", self._state.text, box.translated(0, used + 4), "text.mid", align=CENTRE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _paint_loading(self, canvas: Canvas) -> None:
        """Grey shapes where data will be, and real progress in words; never a spinner."""
        step, left, right = 46, 0.0, float(self.width())
        for number in range(max(0, (self.height() - 76) // step)):
            y = 76 + number * step
            canvas.fill(QRectF(left, y, 120, 10), "raised", 3)
            canvas.fill(QRectF(left + 160, y, max(0.0, (right - 200) * (0.9 - 0.13 * (number % 3))), 10), "raised", 3)
        middle = self.width() / 2
        canvas.write("small", self._state.title, middle, 28, "text.mid", align=CENTRE)
        if self._state.share is not None:
            bar = QRectF(round(middle - 120), 42, 240, 4)
            canvas.fill(bar, "raised", 2)
            bar.setWidth(240 * min(1.0, self._state.share))
            canvas.fill(bar, "accent", 2)

    def _lose_patience(self) -> None:
        self._patient = False
        self.update()

    def _height(self) -> float:
        return 42 + 26 + 24 + (52 if self._state.action else 0)

    def _top(self) -> float:
        return max(0.0, round((self.height() - self._height()) / 2))

    def _place(self) -> None:
        hint = self._button.sizeHint()
        self._button.resize(hint)
        self._button.move((self.width() - hint.width()) // 2, round(self._top() + self._height() - hint.height()))
        self._button.setCursor(Qt.CursorShape.PointingHandCursor)
