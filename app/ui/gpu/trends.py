"""Use and memory of each enclave over time, and the band of what is forecast."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.analysis.trend import Course, Forecast
from app.model.time_range import TimeRange
from app.query.gpu_floor import GpuFloor, Measure
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.charts.chart import Chart
from app.ui.charts.line import Fan, Line, Threshold
from app.ui.charts.tiles import Tiles
from app.ui.charts.units import SHARE
from app.ui.charts.view import View
from app.ui.gpu.data import Drawn, GpuData, colours_of
from app.ui.gpu.outlook import outlook_sentence
from app.ui.look import Look
from app.ui.panel import Legend
from app.ui.tasks import TaskRunner

_DAY = 86400.0
BACK_DAYS = 28.0
"""Days of memory that are shown before now, whatever the range of the page: a trend of days needs them."""


class Trend(QWidget):
    """One chart with its window in time and what it has in memory.

    Signals
    -------
    arrived(object)
        Something was read.
    failed(Exception)
        A reading raised; what was there stays.
    """

    arrived = Signal(object)
    failed = Signal(Exception)

    def __init__(self, look: Look, name: str, measure: Measure) -> None:
        super().__init__()
        self._measure = measure
        self.view = View(TimeRange(0.0, _DAY))
        self.chart = Chart(look, self.view, name, SHARE, headed=False)
        self.tiles: Tiles | None = None
        self._stale = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.chart)

    def ask(self, runner: TaskRunner, data: GpuData, home: TimeRange) -> None:
        """Read what an answer speaks of, over `home` and whatever it is moved to."""
        if self.tiles is None:
            self.tiles = Tiles(self.view, runner)
            self.tiles.arrived.connect(self._show)
            self.tiles.failed.connect(self.failed)
            self._measure_plot()
        self._stale = all(data.floor.stale(picture.enclave.id) for picture in data.floor.pictures)
        self.view.move_home(home)
        self.tiles.ask(partial(data.curves, self._measure))

    def forget(self) -> None:
        """Read nothing any more: what still comes would stand where nothing shall be shown."""
        if self.tiles is not None:
            self.tiles.drop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure_plot()

    def _measure_plot(self) -> None:
        if self.tiles is not None:
            self.tiles.show_pixels(round(self.chart.plot.width() * self.chart.devicePixelRatioF()))

    def _show(self, drawn: Drawn) -> None:
        self.chart.show_lines(drawn.lines, drawn.span, stale=self._stale)
        self._measure_plot()
        self.arrived.emit(drawn)


def memory_home(floor: GpuFloor) -> TimeRange:
    """Window of the memory chart: four weeks back, and as far ahead as is forecast."""
    return TimeRange(floor.as_of - BACK_DAYS * _DAY, floor.as_of + floor.policy.gpu.forecast_ahead_days * _DAY)


def fans(floor: GpuFloor, forecasts: Mapping[str, Forecast], home: TimeRange) -> list[Fan]:
    """Bands of the enclaves whose memory grows; of the others nothing is forecast."""
    found = []
    colours = colours_of(floor)
    for picture in floor.pictures:
        one, colour = forecasts.get(picture.enclave.id), colours.get(picture.enclave.id)
        if one is None or one.trend is None or one.course is not Course.RISING or colour is None:
            continue
        time = np.linspace(float(one.time[-1]), home.end, 32)
        ahead = floor.policy.gpu.forecast_ahead_days
        said = outlook_sentence(one, picture, picture.enclave.name, floor.as_of, ahead)
        low, high = (np.clip(edge, 0.0, 1.0) for edge in (one.trend.least(time), one.trend.most(time)))
        found.append(Fan(said, "spark" if floor.stale(picture.enclave.id) else colour, time, low, high))
    return found


def titled(title: str, floor: GpuFloor) -> str:
    """Title of a chart: it says how many enclaves have a line, where there are more of them than colours."""
    there = [picture.enclave.id for picture in floor.pictures if floor.nodes_of(picture.enclave.id)]
    drawn = sum(name in colours_of(floor) for name in there)
    return f"{title}, {drawn} of {len(there)} enclaves" if drawn < len(there) else title


def limit(floor: GpuFloor) -> Threshold:
    """The limit of memory, as a line of the chart."""
    ratio = floor.policy.gpu.memory_limit_ratio
    return Threshold(ratio, f"limit {words.percent(ratio, 0)}")


def legend(lines: Sequence[Line]) -> list[Legend]:
    """What each line is: the level of its enclave."""
    return [Legend(line.words, partial(_sign, line.colour)) for line in lines]


def _sign(colour: str, canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(QRectF(x - 7, y - 1.5, 14, 3), colour, 1.5)
