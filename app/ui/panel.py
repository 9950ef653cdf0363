"""A panel: a rounded surface with its title, a quiet remark and its content or a state."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.model.marking import Level
from app.ui.canvas import BLOCK, Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.states import PanelState, StateView
from app.ui.text import RIGHT

TITLE_HEIGHT = 52
PAD = 20
_SHORT = 120.0
"""What a title keeps beside a legend, which nothing else says; with less, the legend goes."""


class Legend(NamedTuple):
    """One entry of a legend in the top padding; `draw` paints its sign around (x, y)."""

    words: str
    draw: Callable[[Canvas, float, float], None]


class Panel(Part):
    """Frame of one question and its answer.

    Signals
    -------
    acted()
        The person took the way on that the state offers.
    """

    acted = Signal()

    def __init__(
        self, look: Look, title: str, body: QWidget, *, headed: bool = True, flush: tuple[int, int] = (0, 0)
    ) -> None:
        super().__init__(look, title)
        self._title, self._meta = title, ""
        self._level: Level | None = None
        self._legend: tuple[Legend, ...] = ()
        self._headed = headed
        self._state = StateView(look)
        self._state.acted.connect(self.acted)
        self.body = body
        outer = QVBoxLayout(self)
        outer.setContentsMargins(PAD - flush[0], TITLE_HEIGHT if headed else 0, PAD - flush[1], 14)
        self._stack = QStackedLayout()
        outer.addLayout(self._stack)  # first: a stack without a parent shows its first widget as a window
        self._stack.addWidget(body)
        self._stack.addWidget(self._state)

    def show_title(self, title: str, meta: str = "", level: Level | None = None) -> None:
        """Change the title, the remark at its right and the marking before it."""
        self._title, self._meta, self._level = title, meta, level
        self.setAccessibleName(f"{title}, {meta}" if meta else title)
        self.update()

    def show_legend(self, *legend: Legend) -> None:
        """Show a legend instead of a remark."""
        self._legend = legend
        self.update()

    def show_state(self, state: PanelState) -> None:
        """Show a state instead of the content."""
        self._state.show_state(state)
        self._stack.setCurrentWidget(self._state)

    def show_body(self) -> None:
        """Show the content again."""
        self._stack.setCurrentWidget(self.body)

    @property
    def state(self) -> PanelState | None:
        """The state shown, or None while the content is."""
        return self._state.state if self._stack.currentWidget() is self._state else None

    def paint(self, canvas: Canvas) -> None:
        box = QRectF(self.rect())
        canvas.fill(box, "surface", 8)
        if not canvas.look.theme.dark:
            canvas.outline(box, "hair", 8)
        if not self._headed:
            return
        baseline = canvas.middle("title", 0, TITLE_HEIGHT)
        x = float(PAD)
        if self._level is not None:
            x += canvas.block(self._level, x, TITLE_HEIGHT / 2, BLOCK) + 12
        wide, room = canvas.width("title", self._title), box.width() - PAD - x
        beside = self._legend_width(canvas) + 16 if self._legend and self.state is None else 0.0
        if beside and room - beside >= min(wide, _SHORT):
            room -= beside
            self._paint_legend(canvas, box.right() - PAD, baseline)
        elif not beside and room - wide > 40:
            right = room - wide - 24
            canvas.write("small", self._meta, box.right() - PAD, baseline, "text.low", align=RIGHT, room=right)
        canvas.write("title", self._title, x, baseline, "text.hi", room=room)

    def _legend_width(self, canvas: Canvas) -> float:
        return sum(canvas.width("small", entry.words) + 40 for entry in self._legend)

    def _paint_legend(self, canvas: Canvas, right: float, baseline: float) -> None:
        for entry in reversed(self._legend):
            right -= canvas.write("small", entry.words, right, baseline, "text.mid", align=RIGHT)
            entry.draw(canvas, right - 15, TITLE_HEIGHT / 2)
            right -= 40
