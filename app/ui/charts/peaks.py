"""What runs beyond the top of a chart: cut there, and told with its height above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt

from app.ui.canvas import Canvas
from app.ui.charts.curves import Plot, grey_of
from app.ui.charts.line import Line
from app.ui.charts.trace import Envelope
from app.ui.charts.units import Unit

ROOM: Final = 20
"""Pixels above the plot: words, and below them the signs."""
_SIGN: Final = 7.0
_APART: Final = 10.0


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest point of a stretch beyond the top: in which column of pixels, how high, and whose colour it has."""

    column: int
    value: float
    colour: str


def peaks(lines: Sequence[Line], curves: Sequence[Envelope], top: float, apart: int) -> list[Peak]:
    """The highest point of each stretch beyond `top`; those closer than `apart` columns are one stretch."""
    if not curves:
        return []
    highs = np.array([curve.high for curve in curves])
    most = np.fmax.reduce(highs)
    beyond = np.flatnonzero(most > top)
    stretches = np.split(beyond, np.flatnonzero(np.diff(beyond) > apart) + 1) if beyond.size else []
    columns = [int(stretch[np.argmax(most[stretch])]) for stretch in stretches]
    return [Peak(one, float(most[one]), lines[int(np.nanargmax(highs[:, one]))].colour) for one in columns]


def cut(curve: Envelope, top: float) -> Envelope:
    """The curve without what lies wholly above `top`, where the edge of the plot would look like a plateau."""
    inside = ~(curve.low > top)
    return Envelope(np.where(inside, curve.low, np.nan), np.where(inside, curve.high, np.nan))


def paint_peaks(plot: Plot, found: Sequence[Peak], unit: Unit, *, grey: bool) -> None:
    """A sign where each stretch leaves the plot, and above it how high it was; among close ones the highest says so."""
    canvas, box = plot.canvas, plot.box
    said: list[QRectF] = []
    for peak in sorted(found, key=lambda one: -one.value):
        x = box.left() + (peak.column + 0.5) / plot.ratio
        _paint_sign(canvas, x, box.top() - 2, grey_of(peak.colour) if grey else peak.colour)
        words = f"peak {unit.say(peak.value)}"
        wide = canvas.width("caption", words)
        place = QRectF(min(max(x - wide / 2, box.left()), box.right() - wide), box.top() - ROOM, wide, 1.0)
        if not any(place.adjusted(-_APART, 0, _APART, 0).intersects(other) for other in said):
            canvas.write("caption", words, place.left(), box.top() - _SIGN - 4, "text.mid")
            said.append(place)


def _paint_sign(canvas: Canvas, x: float, bottom: float, colour: str) -> None:
    """A small triangle that points up."""
    canvas.painter.setPen(Qt.PenStyle.NoPen)
    canvas.painter.setBrush(canvas.colour(colour))
    corners = QPointF(x - 4, bottom), QPointF(x + 4, bottom), QPointF(x, bottom - _SIGN + 1)
    canvas.painter.drawPolygon(corners)
