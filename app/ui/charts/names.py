"""Names beside the lines and guides of a chart: a legend that needs no room of its own."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF

from app.model.sample import FloatArray
from app.ui.charts.line import Fan, Guide, Line
from app.ui.charts.space import TALL, Space, veil
from app.ui.charts.trace import Envelope

_AT: Final = 0.8
"""Where a guide is named, as a share of the plot's width: most of what is known lies before it."""
_PLACES: Final = 48
"""So many are tried on a wide plot: each is looked at again whenever the pointer moves."""
_STEEP, _GRID, _OTHER = 2.0, 20.0, 60.0
"""What a place costs in pixels of distance: each that the line falls along it, a grid line, the other side."""


def paint_names(
    space: Space, lines: Sequence[Line], guides: Sequence[Guide], fans: Sequence[Fan], edges: FloatArray
) -> None:
    """Name each guide above it, and each line that has a name below its end.

    The curves of `space` are those of the lines; `edges` are of the columns of the plot, seconds UTC.
    """
    box, curves = space.plot.box, space.curves
    guided = [_extent(edges, guide.time, guide.value, guide.value) for guide in guides]
    ahead = [_extent(edges, fan.time, fan.least, fan.most) for fan in fans]
    taken = Space(space.plot, [*curves, *guided, *ahead], space.bands)
    for guide, curve in zip(guides, guided, strict=True):
        _paint_name(taken, guide.words, curve, box.left() + _AT * box.width(), above=True)
    for line, curve in zip(lines, curves, strict=True):
        known = np.flatnonzero(np.isfinite(curve.low)) if line.name else np.empty(0)
        if known.size:
            _paint_name(taken, line.name, curve, box.left() + float(known[-1]) / space.plot.ratio, above=False)


def _extent(edges: FloatArray, time: FloatArray, least: FloatArray, most: FloatArray) -> Envelope:
    """Between each two edges; nothing before the first moment and after the last."""
    low, high = (np.interp(edges, time, side, left=np.nan, right=np.nan) for side in (least, most))
    return Envelope(np.fmin(low[:-1], low[1:]), np.fmax(high[:-1], high[1:]))


def _paint_name(space: Space, words: str, curve: Envelope, target: float, *, above: bool) -> None:
    canvas = space.plot.canvas
    wide = canvas.width("caption", words) + 2
    spots = sorted(_spots(space, wide, curve, target, above=above), key=lambda one: one[0])
    tests = (space.is_free, space.is_clear, space.fits)
    place = next((box for test in tests for _, box in spots if test(box)), None)
    if place is None:
        return  # it is out of view
    if not space.is_free(place):
        canvas.fill(place, veil(canvas))
    space.said.append(place)
    canvas.write("caption", words, place.left() + 1, place.top() + 11, "text.low")


def _spots(space: Space, wide: float, curve: Envelope, target: float, *, above: bool) -> Iterator[tuple[float, QRectF]]:
    """Places along a curve and what each costs; a target is where words best end."""
    plot = space.plot
    grid = [plot.y(tick) for tick in plot.scale.ticks()]
    places = space.along(wide)
    for x in places[:: 1 + len(places) // _PLACES]:
        first, end = (round((side - plot.box.left()) * plot.ratio) for side in (x, x + wide))
        highest = float(np.fmax.reduce(curve.high[first:end], initial=np.nan))
        lowest = float(np.fmin.reduce(curve.low[first:end], initial=np.nan))
        if np.isnan(highest):
            continue
        top, bottom = plot.y(highest), plot.y(lowest)
        for box in (QRectF(x, top - TALL - 2, wide, TALL), QRectF(x, bottom + 2, wide, TALL)):
            other = (box.top() < top) is not above
            crossed = any(box.top() < y < box.bottom() for y in grid)
            yield abs(x + wide - target) + _STEEP * (bottom - top) + _OTHER * other + _GRID * crossed, box
