"""Drawing one line: as a picture where samples are dense, as a smooth line where they are sparse."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from app.model.time_range import TimeRange
from app.ui.canvas import Canvas
from app.ui.charts.line import Line
from app.ui.charts.raster import Ink, Sheet, make_ink
from app.ui.charts.scale import Scale
from app.ui.charts.trace import Envelope, Trace, broadened

_SPARSE = 0.5
"""Samples for each pixel below which lines are drawn one by one."""
_FILL = 0.14


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """A chart while it is being painted: the canvas, where the curves stand, and both scales.

    `ratio` is how many pixels of the device one of `box` has.
    """

    canvas: Canvas
    box: QRectF
    span: TimeRange
    scale: Scale
    ratio: float

    def x(self, moment: float) -> float:
        """Where a moment stands, seconds UTC."""
        return self.box.left() + (moment - self.span.start) / self.span.seconds * self.box.width()

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.box.bottom() - self.scale.share(value) * self.box.height()

    def stretch(self, start: float, end: float) -> QRectF:
        """Rectangle of a stretch of time inside of the plot, on whole pixels; empty outside of it."""
        left = round(max(self.x(max(start, self.span.start)), self.box.left()))
        right = round(min(self.x(min(end, self.span.end)), self.box.right()))
        return QRectF(left, self.box.top(), max(0, right - left), self.box.height())


_GREYS = {"quantile.50": "faint", "quantile.99": "text.mid"}
"""Last known lines are grey; those of one hue in three lightnesses keep the lightnesses apart."""


def grey_of(colour: str) -> str:
    """Token of a line that is only last known."""
    return _GREYS.get(colour, "spark")


class Pencil:
    """Draws lines on what it keeps between two paintings: a sheet and its inks."""

    def __init__(self) -> None:
        self._sheet = Sheet()
        self._inks: dict[tuple[str, str, float, bool], Ink] = {}

    def draw(self, plot: Plot, line: Line, curve: Envelope, *, grey: bool = False) -> None:
        """Draw one line of a chart; `curve` are its extents in the columns of the device's pixels."""
        filled = line.filled and not grey
        first, end = _visible(line.trace, plot.span)
        sparse = not line.trace.width and end - first < _SPARSE * plot.box.width()
        token = grey_of(line.colour) if grey else line.colour
        if filled or not sparse:
            ink = self._ink(plot, token, line.weight * plot.ratio, filled=filled)
            height = round(plot.box.height() * plot.ratio)
            curve = broadened(curve, round(plot.ratio))
            image, row = self._sheet.draw(curve, plot.scale, height, ink, line=not sparse)
            top = plot.box.top() + row / plot.ratio
            place = QRectF(plot.box.left(), top, plot.box.width(), image.height() / plot.ratio)
            plot.canvas.painter.drawImage(place, image)
        if sparse:
            plot.canvas.painter.save()
            plot.canvas.painter.setClipRect(plot.box.adjusted(0, -line.weight, 0, line.weight))
            plot.canvas.path(_path(plot, line.trace, first, end), token, line.weight)
            plot.canvas.painter.restore()

    def _ink(self, plot: Plot, token: str, weight: float, *, filled: bool) -> Ink:
        key = (plot.canvas.look.theme.name, token, weight, filled)
        if key not in self._inks:
            fill = plot.canvas.colour(token)
            fill.setAlphaF(_FILL)
            self._inks[key] = make_ink(plot.canvas.colour(token), weight, fill if filled else None)
        return self._inks[key]


def _visible(drawn: Trace, span: TimeRange) -> tuple[int, int]:
    """Samples to draw: those in the window and one on either side of it."""
    first, end = np.searchsorted(drawn.time, [span.start, span.end]).tolist()
    return max(0, first - 1), min(drawn.time.size, end + 1)


def _path(plot: Plot, drawn: Trace, first: int, end: int) -> QPainterPath:
    """Lines from sample to sample, begun anew behind each gap; a sample on its own is a dot."""
    x = plot.box.left() + (drawn.time[first:end] - plot.span.start) * (plot.box.width() / plot.span.seconds)
    height = plot.box.height()
    tall = height / (plot.scale.high - plot.scale.low)
    with np.errstate(over="ignore"):
        y = plot.box.bottom() - (drawn.least[first:end] - plot.scale.low) * tall
    y = np.clip(y, plot.box.top() - 2 * height, plot.box.bottom() + 2 * height)
    path = QPainterPath()
    begins, held = True, drawn.held
    before = 0.0
    for across, down, gap in zip(x.tolist(), y.tolist(), drawn.gap[first:end].tolist(), strict=True):
        if begins:
            path.moveTo(across, down)
            if gap:
                path.lineTo(across + 0.01, down)
        else:
            if held:
                path.lineTo(across, before)
            path.lineTo(across, down)
        begins, before = gap, down
    return path
