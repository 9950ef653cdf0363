"""Small charts of one page on one clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.ui.charts.chart import Chart
from app.ui.charts.kept import Kept
from app.ui.charts.line import Line
from app.ui.charts.units import Unit
from app.ui.charts.view import View
from app.ui.look import Look

MOST = 12
_LEAST_WIDTH = 290
_LEAST_HEIGHT = 150
_GAP = (28, 20)


@dataclass(frozen=True, slots=True)
class Title:
    """What stands above a chart, and the unit of its values; charts of the same `key` are the same."""

    words: str
    level: Level | None
    unit: Unit
    key: object


class ChartGrid(QWidget):
    """Up to twelve linked charts. They share the window in time, the gutter, the moment and its labels.

    Signals
    -------
    measured(int)
        How many pixels of the device a chart is wide.
    sheet_wanted(Sheet)
        Show the numbers behind a chart as a table.
    """

    measured = Signal(int)
    sheet_wanted = Signal(object)

    def __init__(self, look: Look, view: View) -> None:
        super().__init__()
        self._look, self._view = look, view
        self.charts: list[Chart] = []
        self._strip = Kept()
        self._titles: tuple[Title, ...] = ()
        view.changed.connect(self._measure)

    def show_titles(self, titles: Sequence[Title]) -> None:
        """Make the charts; those that stay the same keep what they show."""
        titles = tuple(titles)[:MOST]
        if titles == self._titles:
            return
        kept = dict(zip(self._titles, self.charts, strict=True))
        self._titles = titles
        self.charts = [kept.pop(title) if title in kept else self._make(title) for title in titles]
        for gone in kept.values():
            gone.hide()
            gone.deleteLater()
        self._arrange()

    def show_lines(self, number: int, lines: Sequence[Line], covered: TimeRange, *, stale: bool) -> None:
        """Show the lines of one chart."""
        self.charts[number].show_lines(lines, covered, stale=stale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def columns(self) -> int:
        """How many charts stand beside each other: as few as leave every chart tall enough."""
        count = len(self.charts)
        most = max(1, min(count, self.width() // _LEAST_WIDTH))
        for columns in range(1, most):
            rows = -(-count // columns)
            if (self.height() + _GAP[1]) / rows - _GAP[1] >= _LEAST_HEIGHT + 20:
                return columns
        return most

    def _make(self, title: Title) -> Chart:
        chart = Chart(self._look, self._view, title.words, title.unit, level=title.level, strip=self._strip)
        chart.setParent(self)
        chart.sheet_wanted.connect(self.sheet_wanted)
        return chart

    def _arrange(self) -> None:
        """Place the charts, all of them equally wide to the pixel: so one strip of labels fits them all."""
        columns = self.columns()
        rows = -(-len(self.charts) // columns)
        self.setMinimumHeight(rows * (_LEAST_HEIGHT + _GAP[1]) - _GAP[1] if rows else 0)
        wide = (self.width() - (columns - 1) * _GAP[0]) // columns
        tall = (max(self.height(), self.minimumHeight()) + _GAP[1]) / max(1, rows) - _GAP[1]
        for number, chart in enumerate(self.charts):
            row, column = divmod(number, columns)
            top = round(row * (tall + _GAP[1]))
            chart.setGeometry(column * (wide + _GAP[0]), top, wide, round(tall))
            chart.show()
        self._measure()

    def _measure(self) -> None:
        if self.charts:
            chart = self.charts[0]
            self.measured.emit(round(chart.plot.width() * chart.devicePixelRatioF()))
