"""The rail: how the budget of one promise went down, how fast it burns."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.analysis.budget import Outlook
from app.model.health import Health
from app.model.time_range import TimeRange
from app.query.promise import PromiseKey
from app.query.service_levels import Adhered
from app.query.standing import LOUD, Standing
from app.ui.canvas import BLOCK, Canvas
from app.ui.charts.chart import Chart
from app.ui.charts.units import SHARE, TIMES
from app.ui.charts.view import View
from app.ui.look import Look
from app.ui.panel import Legend
from app.ui.part import Part
from app.ui.service_levels.drawn import Drawn
from app.ui.service_levels.explained import budget_tip, out_tip
from app.ui.service_levels.level_words import amount, count, rate_words, runs_out_words

_HEAD = 46
_AMOUNTS = 3
"""The first of the facts, which have a unit."""


class _Facts(Part):
    """Budget, used, left and pace of one promise beside its marking."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Budget")
        self._row: Adhered | None = None
        self._standing: Standing | None = None
        self._at = 0.0
        self.setFixedHeight(_HEAD)

    def show_row(self, row: Adhered, standing: Standing, at: float) -> None:
        """Show another promise."""
        self._row, self._standing, self._at = row, standing, at
        self.setAccessibleName(", ".join(f"{name} {said}" for name, said, _ in next(self._tellings())))
        self.update()

    def _told(self) -> list[tuple[str, str, bool]]:
        """Name, words, and whether they are loud."""
        row = self._row
        if row is None:
            return []
        budget = row.budget
        loud = self._standing is not None and self._standing.health in LOUD
        over = row.promise.period.is_over(self._at)
        ends = over or row.outlook.outlook in (Outlook.SPENT, Outlook.RUNS_OUT)
        say = partial(amount, row) if row.unit == "s" else count
        return [
            ("Budget", say(budget.allowed), False),
            ("Used", say(budget.spent), False),
            ("Left", say(budget.left), loud),
            ("Pace", rate_words(budget.pace), loud and budget.pace > 1.0),
            ("Verdict" if over else "Runs out", runs_out_words(row, self._at), loud and ends),
        ]

    def _tellings(self) -> Iterator[list[tuple[str, str, bool]]]:
        """All of it, then with less and less: the budget is in the tip, and what is left of it is the answer."""
        told = self._told()
        for first in range(len(told)):
            name, said, loud = told[first]
            unit = ", answers" if self._row is not None and self._row.unit != "s" and first < _AMOUNTS else ""
            yield [(f"{name}{unit}", said, loud), *told[first + 1 :]]

    def tip_at(self, at: QPointF) -> str:
        if self._row is None:
            return ""
        return out_tip(self._row, self._at) if at.x() > self.width() * 0.78 else budget_tip(self._row)

    def paint(self, canvas: Canvas) -> None:
        if self._row is None or self._standing is None:
            return
        x = canvas.block(self._row.promise.enclave.level, 0, 22, BLOCK) + 16
        for told in self._tellings():
            wide = [max(canvas.width("caption", name), canvas.width("smallstrong", said)) for name, said, _ in told]
            if x + sum(wide) + 12 * (len(wide) - 1) <= self.width():
                break
        gap = min(32.0, (self.width() - x - sum(wide)) / max(1, len(wide) - 1))
        loud = canvas.look.theme.status[self._standing.health].text
        for (name, said, shouts), room in zip(told, wide, strict=True):
            canvas.write("caption", name, x, 14, "text.low")
            canvas.write("smallstrong", said, x, 34, loud if shouts else "text.hi")
            x += room + gap


class BurnDownView(QWidget):
    """The facts, and below them the chart over the whole period."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.facts = _Facts(look)
        self._key: PromiseKey | None = None
        self.view = View(TimeRange(0.0, 86400.0))
        self.chart = Chart(look, self.view, "Error budget left", SHARE, headed=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.facts)
        layout.addWidget(self.chart, 1)

    def show_drawn(self, drawn: Drawn, *, stale: bool) -> None:
        """Show another promise."""
        self.view.move_home(drawn.period)
        if drawn.close.row.promise.key != self._key:
            self.view.reset()
            self.chart.scale = None  # another promise: the scale of the last one means nothing here
        self._key = drawn.close.row.promise.key
        self.chart.level = drawn.close.row.promise.enclave.level
        self.chart.show_lines(drawn.left, drawn.period, stale=stale)
        self.chart.show_marks((), drawn.bands)
        self.chart.show_guides(drawn.guides)
        self.chart.show_future(drawn.now, drawn.fans)


class BurnRateView(QWidget):
    """Burn rates of the windows that page, with the factors that they are held against."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._key: PromiseKey | None = None
        self.view = View(TimeRange(0.0, 86400.0))
        self.chart = Chart(look, self.view, "Burn rate", TIMES, headed=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.chart)

    def show_drawn(self, drawn: Drawn, *, stale: bool) -> None:
        """Show another promise."""
        self.view.move_home(drawn.recent)
        if drawn.close.row.promise.key != self._key:
            self.view.reset()
            self.chart.scale = None
        self._key = drawn.close.row.promise.key
        self.chart.level, self.chart.cap = drawn.close.row.promise.enclave.level, drawn.cap
        self.chart.show_lines(drawn.rates, TimeRange(drawn.period.start, drawn.now), stale=stale)
        self.chart.show_marks(drawn.factors, (*drawn.bands, *drawn.burned))


def down_legend(drawn: Drawn) -> list[Legend]:
    """Signs of the burn-down: what is filled is what is left, and lines have their names beside them."""
    return [Legend("excluded", _band)] if drawn.bands else []


def rate_legend(drawn: Drawn) -> list[Legend]:
    """Signs of the burn rates."""
    return [Legend(line.words, _solid(line.colour)) for line in drawn.rates]


def _solid(colour: str) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.fill(QRectF(x - 7, y - 1.5, 14, 3), colour, 1.5)

    return draw


def _band(canvas: Canvas, x: float, y: float) -> None:
    ink = canvas.look.theme.status[Health.MAINTENANCE]
    canvas.fill(QRectF(x - 5, y - 5, 10, 10), ink.symbol, 2)
