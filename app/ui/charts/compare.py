"""Several series in one large plot, on pyqtgraph; imported only when somebody compares.

A `PlotWidget` costs about 8 ms each and so is wrong for a page of twelve charts; for one large plot
with a region to drag it is what it is made for. The curves are ours: reduced, antialiased where sparse.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter, QResizeEvent, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from app.model.time_range import TimeRange
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.charts import face
from app.ui.charts.curves import Pencil, Plot
from app.ui.charts.line import Compared, Line, read_at
from app.ui.charts.moments import ticks
from app.ui.charts.numbers import chart_sheet, within
from app.ui.charts.readout import moment_words
from app.ui.charts.scale import Scale, fit, keep
from app.ui.charts.spoken import comparison, silence
from app.ui.charts.trace import envelope, extremes
from app.ui.charts.units import PLAIN, SHARE, Unit
from app.ui.charts.view import View
from app.ui.look import Look
from app.ui.part import Part
from app.ui.text import CENTRE, RIGHT

MOST = 6
"""Series that can be told apart with their labels beside them."""
_STRIP = 64
_GUTTER = 72
_BELOW = 24
_SPOKEN_AFTER_MS = 400


class _Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph ships no type information
    """Labels only: no line, no ticks, none dropped near an edge."""

    def __init__(self, look: Look, side: str) -> None:
        super().__init__(side)
        self._look, self._side = look, side
        self.labels: list[tuple[float, str]] = []
        if side == "left":
            self.setWidth(_GUTTER)
        else:
            self.setHeight(_BELOW)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        box = self.mapRectFromParent(self.geometry())  # its bounds are wider than its place
        (left, right), (low, high) = self.linkedView().viewRange()
        with Canvas(painter, self._look) as canvas:
            for value, label in self.labels:
                if self._side == "left":
                    y = box.bottom() - (value - low) / (high - low) * box.height()
                    baseline = max(y + 4, box.top() + 10)
                    canvas.write("caption", label, box.right() - 8, baseline, "text.low", align=RIGHT)
                else:
                    x = box.left() + (value - left) / (right - left) * box.width()
                    half = canvas.width("caption", label) / 2
                    if box.left() <= x - half and x + half <= box.right():
                        canvas.write("caption", label, x, box.top() + 17, "text.low", align=CENTRE)


class _Curves(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph ships no type information
    """Our reduced lines in a ViewBox: mapped to the device, so that weights stay what they are."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._pencil = look, Pencil()
        self.lines: tuple[Line, ...] = ()
        self.scale = Scale(0.0, 1.0, 0.5)
        self.grid: list[float] = []
        self.covered = TimeRange(-math.inf, math.inf)

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF(box.viewRect()) if box is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        box = self.getViewBox()
        if box is None:
            return
        scene = box.sceneBoundingRect()
        place = QRectF(scene.left(), round(scene.top()), scene.width(), round(scene.height()))
        (start, end), _ = box.viewRange()
        painter.save()
        painter.setTransform(QTransform())
        with Canvas(painter, self._look) as canvas:
            plot = Plot(canvas, place, TimeRange(start, end), self.scale, painter.device().devicePixelRatioF())
            for value in self.grid:
                canvas.rule(place.left(), place.right(), plot.y(value), "line" if value == 0 else "hair")
            face.paint_unread(plot, self.covered)
            face.paint_unknown(plot, self.lines, silence(self.lines, end), plot.span.end, stale=False)
            edges = np.linspace(start, end, max(2, round(place.width() * plot.ratio) + 1))
            for line in self.lines:
                self._pencil.draw(plot, line, envelope(line.trace, edges))
        painter.restore()


class _Legend(Part):
    """Name and value of each line, in the order of the colours."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Legend")
        self.rows: list[tuple[Compared, str]] = []
        self.title = ""
        self.setFixedHeight(48)

    def paint(self, canvas: Canvas) -> None:
        x, y = 0.0, 16.0
        for one, value in self.rows:
            said = one.line.words
            block = canvas.block_width(one.level, BLOCK_SMALL) + 8
            wide = block + 28 + canvas.width("small", said) + canvas.width("smallstrong", value)
            if x and x + wide > self.width():
                x, y = 0.0, y + 22
            canvas.fill(QRectF(x, y - 6, 14, 3), one.line.colour, 1.5)
            x += 20 + canvas.block(one.level, x + 20, y - 5, BLOCK_SMALL) + 8
            x += canvas.write("small", said, x, y, "text.mid", room=max(40.0, self.width() - x)) + 8
            x += canvas.write("smallstrong", value, x, y, "text.hi") + 24
        canvas.write("small", self.title, self.width(), self.height() - 6, "text.low", align=RIGHT)


class CompareView(QWidget):
    """One large plot of up to six series, and below it the page's span with a region to drag.

    Series of several units are drawn as shares of their own largest visible value.

    Signals
    -------
    measured(int)
        How many pixels of the device the plot is wide.
    sheet_wanted(Sheet)
        Show the numbers behind what is visible as a table.
    """

    measured = Signal(int)
    sheet_wanted = Signal(object)

    def __init__(self, look: Look, view: View) -> None:
        super().__init__()
        self.look, self.view = look, view
        self.compared: tuple[Compared, ...] = ()
        self._scale: Scale | None = None
        self._legend = _Legend(look)
        self._main, self.curves = self._plot(), _Curves(look)
        self._main.addItem(self.curves)
        self._strip, self._whole = self._plot(), _Curves(look)
        self._strip.addItem(self._whole)
        self._strip.setFixedHeight(_STRIP)
        self.region = pg.LinearRegionItem(brush=(0, 0, 0, 0))
        self._strip.addItem(self.region, ignoreBounds=True)
        self._moment = pg.InfiniteLine(angle=90)
        self._main.addItem(self._moment, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._legend)
        layout.addWidget(self._main, 1)
        layout.addWidget(self._strip)
        self._main.getViewBox().setMouseEnabled(x=True, y=False)
        self._strip.getViewBox().setMouseEnabled(x=False, y=False)
        self._main.getViewBox().sigXRangeChanged.connect(self._ranged)
        self._main.scene().sigMouseMoved.connect(self._pointed)
        self.region.sigRegionChanged.connect(self._dragged)
        self._speak = QTimer(self, singleShot=True, interval=_SPOKEN_AFTER_MS)
        self._speak.timeout.connect(self._tell)
        view.changed.connect(self._follow)
        view.changed.connect(self._speak.start)
        view.pointed.connect(self._say)
        look.changed.connect(self._dress)
        self._dress()

    def show_lines(self, compared: Sequence[Compared], covered: TimeRange) -> None:
        """Compare lines that were read over `covered`."""
        self.compared = tuple(compared)[:MOST]
        self.curves.covered = self._whole.covered = covered
        self._follow()
        self._tell()

    def _tell(self) -> None:
        self._main.setAccessibleName(comparison("Comparison", self.compared, self.view.span))

    def tell_numbers(self) -> None:
        """Say what the plot shows in its window as plain rows, each series in its own unit."""
        level = max((one.level for one in self.compared), default=None)
        lines = [(one.line, one.unit) for one in self.compared]
        self.sheet_wanted.emit(chart_sheet("Comparison", level, lines, within(self.view.span, self.curves.covered)))

    @property
    def shared(self) -> bool:
        """Whether all lines have one unit and so one axis."""
        return len({one.unit for one in self.compared}) <= 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.measured.emit(round(max(1, self.width() - _GUTTER) * self.devicePixelRatioF()))
        self._follow()

    def _plot(self) -> pg.PlotWidget:
        axes = {side: _Axis(self.look, side) for side in ("left", "bottom")}
        plot = pg.PlotWidget(axisItems=axes)
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.getViewBox().setDefaultPadding(0.0)
        plot.getViewBox().disableAutoRange()
        return plot

    def _dress(self) -> None:
        theme = self.look.theme
        for plot in (self._main, self._strip):
            plot.setBackground(theme["surface"])
        soft = theme["accent"].lighter()
        soft.setAlphaF(0.12)
        self.region.setBrush(soft)
        self.region.setHoverBrush(soft)
        for line in self.region.lines:
            line.setPen(pg.mkPen(theme["accent"], width=1))
        self._moment.setPen(pg.mkPen(theme["text.hi"], width=1))

    def _follow(self) -> None:
        """Show the window of the view."""
        span, home = self.view.span, self.view.home
        lines, scale, unit = self._fitted(span)
        for curves in (self.curves, self._whole):
            curves.lines, curves.scale = lines, scale
            curves.update()
        self.curves.grid = scale.ticks()
        left, bottom = (self._main.getAxis(side) for side in ("left", "bottom"))
        left.labels = list(zip(scale.ticks(), unit.labels(scale.ticks()), strict=True))
        most = max(1, self.width() // 100)
        bottom.labels = [(tick.moment, tick.label) for tick in ticks(span, most)]
        self._strip.getAxis("bottom").labels = [(tick.moment, tick.label) for tick in ticks(self._reach(), most)]
        for plot, shown in ((self._main, span), (self._strip, self._reach())):
            plot.getViewBox().blockSignals(True)
            plot.getViewBox().setRange(
                xRange=(shown.start, shown.end), yRange=(scale.low, scale.high), padding=0, disableAutoRange=True
            )
            plot.getViewBox().blockSignals(False)
            for side in ("left", "bottom"):
                plot.getAxis(side).update()
        self.region.blockSignals(True)
        self.region.setRegion((span.start, span.end))
        self.region.setBounds((self._reach().start, home.end))
        self.region.blockSignals(False)
        self._say()

    def _reach(self) -> TimeRange:
        """What the strip shows: the page's span, or the window where that was moved out of it."""
        span, home = self.view.span, self.view.home
        return TimeRange(min(span.start, home.start), home.end)

    def _fitted(self, span: TimeRange) -> tuple[tuple[Line, ...], Scale, Unit]:
        """Lines, scale and unit of the axis."""
        edges = np.linspace(span.start, span.end, 512)
        lines = tuple(one.line for one in self.compared)
        found = [extremes([envelope(line.trace, edges)]) for line in lines]
        if not self.shared:
            sizes = [max(abs(low), abs(high)) for low, high in found]
            lines = tuple(_shared_out(line, size) for line, size in zip(lines, sizes, strict=True))
            return lines, Scale(0.0, 1.0, 0.25) if all(low >= 0 for low, _ in found) else Scale(-1.0, 1.0, 0.5), SHARE
        low = float(np.fmin.reduce([low for low, _ in found], initial=math.nan))
        high = float(np.fmax.reduce([high for _, high in found], initial=math.nan))
        unit = self.compared[0].unit if self.compared else PLAIN
        self._scale = keep(self._scale, fit(low, high, max(2, self.height() // 72), base=unit.base), low, high)
        return lines, self._scale, unit

    def _say(self) -> None:
        moment, span = self.view.moment, self.view.span
        there = span.start <= moment <= span.end
        read = [read_at(one.line, moment) for one in self.compared]
        self._legend.rows = [
            (one, _last(one, span) if not there else found.say(one.unit) if found is not None else "no data")
            for one, found in zip(self.compared, read, strict=True)
        ]
        mixed = "each as a share of its own largest value in view"
        self._legend.title = moment_words(read, moment) if there else "" if self.shared else mixed
        told = [f"{one.level.title}, {one.line.words} {value}" for one, value in self._legend.rows]
        self._legend.setAccessibleName(". ".join([*told, self._legend.title]))
        self._legend.update()
        self._moment.setVisible(there)
        if there:
            self._moment.setPos(moment)

    def _ranged(self, _: object, shown: tuple[float, float]) -> None:
        self.view.show_span(TimeRange(*shown))
        self._follow()  # where the view stopped at now, so does the plot

    def _dragged(self) -> None:
        self.view.show_span(TimeRange(*self.region.getRegion()))

    def _pointed(self, at: QPointF) -> None:
        box = self._main.getViewBox()
        inside = box.sceneBoundingRect().contains(at)
        self.view.point(box.mapSceneToView(at).x() if inside else math.nan)


def _last(one: Compared, span: TimeRange) -> str:
    """The newest value in the window."""
    end = int(np.searchsorted(one.line.trace.time, span.end, side="right"))
    return one.unit.say(float(one.line.trace.most[end - 1])) if end else "no data"


def _shared_out(line: Line, size: float) -> Line:
    """The line as shares of `size`."""
    if not size or math.isnan(size):
        return line
    drawn = line.trace
    least = drawn.least / size
    most = least if drawn.most is drawn.least else drawn.most / size
    return replace(line, trace=replace(drawn, least=least, most=most))
