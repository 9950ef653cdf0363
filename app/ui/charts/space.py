"""Where on a chart words have room: clear of curves, of bands, and of other words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.ui.canvas import Canvas
from app.ui.charts.curves import Plot
from app.ui.charts.line import Band
from app.ui.charts.trace import Envelope

TALL: Final = 14.0
"""Height of words on a plot."""
_STEP: Final = 8.0
_CLEAR: Final = 2.0


@dataclass(slots=True, eq=False)
class Space:
    """A plot with what stands on it; words that found a place are added to `said`."""

    plot: Plot
    curves: Sequence[Envelope]
    bands: Sequence[Band] = ()
    said: list[QRectF] = field(default_factory=list)
    _closed: list[tuple[float, float]] = field(init=False)
    """Where bands stand, with a little beside them: left and right."""

    def __post_init__(self) -> None:
        span = self.plot.span
        boxes = [
            self.plot.stretch(one.start, one.end) for one in self.bands if one.start < span.end and one.end > span.start
        ]
        self._closed = [(box.left() - _CLEAR, box.right() + _CLEAR) for box in boxes]

    def along(self, wide: float) -> list[float]:
        """Left edges of words that are so wide, from left to right: everywhere, and close beside each band."""
        first, last = self.plot.box.left() + 2, self.plot.box.right() - wide - 2
        beside = (x for left, right in self._closed for x in (left - wide, right) if first < x < last)
        return sorted([*np.arange(first, last, _STEP).tolist(), last, *beside]) if last >= first else []

    def fits(self, box: QRectF) -> bool:
        """Whether words are inside of the plot and over no others."""
        return self.plot.box.contains(box) and not any(box.intersects(other) for other in self.said)

    def is_clear(self, box: QRectF) -> bool:
        """Whether no curve runs through them."""
        return self.fits(box) and not self._crossed(box)

    def is_free(self, box: QRectF) -> bool:
        """Whether nothing at all runs through them."""
        return not self._banded(box) and self.is_clear(box)

    def _banded(self, box: QRectF) -> bool:
        return any(left < box.right() and box.left() < right for left, right in self._closed)

    def _crossed(self, box: QRectF) -> bool:
        plot = self.plot
        first, end = (round((x - plot.box.left()) * plot.ratio) for x in (box.left(), box.right()))
        top, bottom = (
            plot.scale.low + (plot.box.bottom() - y) / plot.box.height() * (plot.scale.high - plot.scale.low)
            for y in (box.top(), box.bottom())
        )
        return any(bool(np.any((one.low[first:end] <= top) & (one.high[first:end] >= bottom))) for one in self.curves)


def veil(canvas: Canvas) -> QColor:
    """Lets words be read over a line."""
    colour = canvas.colour("surface")
    colour.setAlphaF(0.75)
    return colour
