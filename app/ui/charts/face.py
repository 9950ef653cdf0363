"""What a chart shows besides its curves: grid, labels, bands, hatches, limits, the moment that is read out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen

from app.model.health import Health
from app.model.time_range import TimeRange
from app.ui.canvas import Canvas
from app.ui.charts.curves import Plot
from app.ui.charts.line import Band, Fan, Guide, Line, Reading
from app.ui.charts.moments import ticks
from app.ui.charts.scale import Scale
from app.ui.charts.units import Unit
from app.ui.hatch import half
from app.ui.look import Look
from app.ui.text import CENTRE, RIGHT

_LEAST_GUTTER = 40.0
_APART = 72.0
"""Pixels between two labels of the time axis."""
_BAND = 0.10
_FAN = 0.22


@dataclass(frozen=True, slots=True)
class Values:
    """Labels of a vertical axis, and the room that the widest of them needs."""

    scale: Scale
    labels: tuple[tuple[float, str], ...]
    gutter: float


def values_of(look: Look, unit: Unit, scale: Scale) -> Values:
    """Label a scale."""
    ticks = scale.ticks()
    labels = tuple(zip(ticks, unit.labels(ticks), strict=True))
    wide = max((look.fonts.metrics("caption").horizontalAdvance(label) for _, label in labels), default=0.0)
    # by eights: a digit more does not move all charts of a page
    return Values(scale, labels, max(_LEAST_GUTTER, math.ceil((wide + 10) / 8) * 8))


def paint_grid(canvas: Canvas, box: QRectF, values: Values) -> None:
    """Hair lines at round values with their labels, and a stronger one at zero."""
    for value, label in values.labels:
        y = box.bottom() - values.scale.share(value) * box.height()
        row = min(round(y), round(box.bottom()) - 1)
        canvas.rule(box.left(), box.right(), row, "line" if label == "0" else "hair")
        baseline = min(max(y + 4, box.top() + 4), box.bottom() + 2)
        canvas.write("caption", label, box.left() - 8, baseline, "text.low", align=RIGHT)


def paint_moments(canvas: Canvas, span: TimeRange, left: float, right: float) -> None:
    """Labels of a time axis from `left` to `right`; those that would be cut off or touch are left out."""
    free = -math.inf
    for tick in ticks(span, max(1, int((right - left) / _APART))):
        x = left + (tick.moment - span.start) / span.seconds * (right - left)
        wide = canvas.width("caption", tick.label)
        begin = x - wide / 2
        if begin < free or x + wide / 2 > right + 2 or begin < left - 8:
            continue
        colour = "text.mid" if tick.strong else "text.low"
        canvas.write("caption", tick.label, x, 13, colour, align=CENTRE)
        free = begin + wide + 14


def paint_bands(plot: Plot, bands: Sequence[Band]) -> None:
    """Flat tints with an edge on either side."""
    for band in bands:
        box = plot.stretch(band.start, band.end)
        if band.end <= plot.span.start or band.start >= plot.span.end:
            continue
        box.setWidth(max(box.width(), 1.0))  # what is short is seen all the same
        ink = plot.canvas.look.theme.status[band.health]
        tint = QColor(ink.symbol)
        tint.setAlphaF(_BAND)
        plot.canvas.fill(box, tint)
        wide = 2.0 if band.health is Health.CRITICAL else 1.0
        if band.start >= plot.span.start:
            plot.canvas.fill(QRectF(box.left(), box.top(), wide, box.height()), ink.edge)
        if band.end <= plot.span.end and band.health is not Health.CRITICAL:
            plot.canvas.fill(QRectF(box.right() - 1, box.top(), 1, box.height()), ink.edge)


def paint_unread(plot: Plot, covered: TimeRange) -> None:
    """Grey where nothing was read yet: data will stand there, and it must not look like a gap."""
    for start, end in ((plot.span.start, covered.start), (covered.end, plot.span.end)):
        if end > start:
            box = plot.stretch(start, end)
            if box.width() >= 1:
                plot.canvas.fill(box, "raised")


def paint_unknown(plot: Plot, lines: Sequence[Line], since: float, until: float, *, stale: bool) -> None:
    """Hatch the time after the last data up to `until`, which is now, and what is stored but cannot be read."""
    canvas, theme = plot.canvas, plot.canvas.look.theme
    if not math.isnan(since):
        box = plot.stretch(since, until)
        if box.width() >= 2:
            canvas.hatch(box, half(theme.status[Health.WARNING].symbol) if stale else "line", step=6.0)
    for start, end in {(damage.start, damage.end) for line in lines for damage in line.reduced.damaged}:
        box = plot.stretch(start, end)
        if end > plot.span.start and start < plot.span.end:
            box.setWidth(max(box.width(), 3.0))
            canvas.hatch(box, half(theme.status[Health.CRITICAL].symbol), step=6.0)


def paint_future(plot: Plot, now: float, fans: Sequence[Fan]) -> None:
    """A line at now, and after it the bands of what is forecast: tinted, with dashed edges, never a curve."""
    canvas, box = plot.canvas, plot.box
    if not plot.span.start <= now < plot.span.end:
        return
    x = round(plot.x(now))
    canvas.fill(QRectF(x, box.top(), 1, box.height()), "line")
    canvas.painter.save()
    canvas.painter.setClipRect(box)
    for fan in fans:
        time = fan.time.tolist()
        edges = [
            [QPointF(plot.x(moment), plot.y(value)) for moment, value in zip(time, side.tolist(), strict=True)]
            for side in (fan.least, fan.most)
        ]
        tint = canvas.colour(fan.colour)
        tint.setAlphaF(_FAN)
        canvas.painter.setPen(Qt.PenStyle.NoPen)
        canvas.painter.setBrush(tint)
        canvas.painter.drawPolygon([*edges[0], *reversed(edges[1])])
        pen = QPen(canvas.colour(fan.colour), 1.0, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 3])
        canvas.painter.setPen(pen)
        for edge in edges:
            canvas.painter.drawPolyline(edge)
    canvas.painter.restore()


def paint_guides(plot: Plot, guides: Sequence[Guide]) -> None:
    """Dashed lines from point to point, behind the curves."""
    painter = plot.canvas.painter
    painter.save()
    painter.setClipRect(plot.box)
    pen = QPen(plot.canvas.colour("text.low"), 1.0, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([5, 4])
    painter.setPen(pen)
    for guide in guides:
        points = zip(guide.time.tolist(), guide.value.tolist(), strict=True)
        painter.drawPolyline([QPointF(plot.x(moment), plot.y(value)) for moment, value in points])
    painter.restore()


def paint_gaps(plot: Plot, lines: Sequence[Line], covered: TimeRange) -> None:
    """Hatch the stretches that were read and in which no line knows anything, but for the silence at the end."""
    holes = [(covered.start, math.inf)] if lines else []
    for line in lines:
        holes = _both(holes, _holes(line, covered.start))
    for start, end in holes:
        if start < plot.span.end and end > plot.span.start and math.isfinite(end):
            box = plot.stretch(start, end)
            if box.width() >= 2:
                plot.canvas.hatch(box, "line", step=6.0)


def _holes(line: Line, since: float) -> list[tuple[float, float]]:
    """Stretches without data of one line from `since` on; the last one has no end."""
    drawn = line.trace
    if not drawn.time.size:
        return [(since, math.inf)]
    last = np.flatnonzero(drawn.gap)
    # a sample speaks for its step, a column for all of its width
    reach = drawn.width or (0.0 if math.isnan(line.reduced.interval) else line.reduced.interval)
    starts = [since, *(drawn.time[last] + reach).tolist()]
    ends = [float(drawn.time[0]), *drawn.time[last[:-1] + 1].tolist(), math.inf]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


def _both(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where two rows of stretches, each in order, overlap."""
    found, here, there = [], 0, 0
    while here < len(one) and there < len(other):
        start, end = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if start < end:
            found.append((start, end))
        if one[here][1] <= other[there][1]:
            here += 1
        else:
            there += 1
    return found


def paint_changes(plot: Plot, moments: Sequence[float]) -> None:
    """Dashed upright lines at moments that something changed."""
    pen = QPen(plot.canvas.colour("text.mid"), 1.0, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([4, 3])
    plot.canvas.painter.setPen(pen)
    for moment in moments:
        if plot.span.start <= moment <= plot.span.end:
            x = round(plot.x(moment)) + 0.5
            plot.canvas.painter.drawLine(QLineF(x, plot.box.top(), x, plot.box.bottom()))


def paint_moment(plot: Plot, moment: float, lines: Sequence[Line], read: Sequence[Reading | None]) -> None:
    """The line at the moment that is read out, and a dot on each curve."""
    canvas = plot.canvas
    x = round(plot.x(moment))
    canvas.fill(QRectF(x, plot.box.top(), 1, plot.box.height()), "text.hi")
    canvas.painter.setPen(Qt.PenStyle.NoPen)
    for line, one in zip(lines, read, strict=True):
        if one is None or not (math.isfinite(one.least) and math.isfinite(one.most)):
            continue
        for value in {one.least, one.most}:
            y = plot.y(value)
            if plot.box.top() - 1 <= y <= plot.box.bottom() + 1:
                canvas.fill(QRectF(x - 3.5, y - 4, 8, 8), "surface", 4)
                canvas.fill(QRectF(x - 2.5, y - 3, 6, 6), line.colour, 3)
