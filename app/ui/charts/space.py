"""Where on a chart words have room: clear of curves, of bands, and of other words."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.ui.canvas import Canvas
from app.ui.charts.curves import Plot
from app.ui.charts.line import Band
from app.ui.charts.trace import Envelope

TALL: Final = 14.0
"""Height of words on a plot."""
_STEP: Final = 8.0
_NEAR: Final = 4.0
"""Places closer than this are one."""
_CLEAR: Final = 2.0


@dataclass(slots=True, eq=False)
class Space:
    """A plot with what stands on it; words that found a place are added to `said`."""

    plot: Plot
    curves: Sequence[Envelope]
    bands: Sequence[Band] = ()
    said: list[QRectF] = field(default_factory=list)
    _lefts: list[float] = field(init=False, default_factory=list)
    _rights: list[float] = field(init=False, default_factory=list)
    """Where bands stand, with a little beside them, from left to right; those that touch are one."""

    def __post_init__(self) -> None:
        span = self.plot.span
        boxes = [
            self.plot.stretch(one.start, one.end) for one in self.bands if one.start < span.end and one.end > span.start
        ]
        for left, right in sorted((box.left() - _CLEAR, box.right() + _CLEAR) for box in boxes):
            if self._rights and left <= self._rights[-1]:
                self._rights[-1] = max(self._rights[-1], right)
            else:
                self._lefts.append(left)
                self._rights.append(right)

    def along(self, wide: float) -> list[float]:
        """Left edges of words that are so wide, from left to right: everywhere, and close beside each band."""
        first, last = self.plot.box.left() + 2, self.plot.box.right() - wide - 2
        if last < first:
            return []
        every = np.concatenate([np.arange(first, last, _STEP), [last], np.array(self._lefts) - wide, self._rights])
        _, places = np.unique(np.floor((every - first) / _NEAR), return_index=True)  # a plot has so many and no more
        return [x for x in every[places].tolist() if first <= x <= last]

    def fits(self, box: QRectF) -> bool:
        """Whether words are inside of the plot and over no others."""
        return self.plot.box.contains(box) and not any(box.intersects(other) for other in self.said)

    def is_clear(self, box: QRectF) -> bool:
        """Whether no curve runs through them."""
        return self.fits(box) and not self._crossed(box).any()

    def is_free(self, box: QRectF) -> bool:
        """Whether nothing at all runs through them."""
        return not self._banded(box) and self.is_clear(box)

    def clear(self, wide: float, top: float) -> Iterator[QRectF]:
        """All places of words of that width, at that height, that no curve runs through."""
        across = self.along(wide)
        crossed = self._crossed(QRectF(self.plot.box.left(), top, self.plot.box.width(), TALL))
        count = np.concatenate([np.zeros(1, np.intp), np.cumsum(crossed)])  # up to each column, for all places at once
        left = (np.asarray(across) - self.plot.box.left()) * self.plot.ratio
        sides = (left - _CLEAR * self.plot.ratio, left + (wide + _CLEAR) * self.plot.ratio)
        first, end = (np.clip(np.rint(side), 0, crossed.size).astype(np.intp) for side in sides)
        return (QRectF(across[n], top, wide, TALL) for n in np.flatnonzero(count[first] == count[end]).tolist())

    def _crossed(self, box: QRectF) -> NDArray[np.bool_]:
        """In which of the columns of a box a curve runs through it."""
        plot, first, end = self.plot, self._column(box.left() - _CLEAR), self._column(box.right() + _CLEAR)
        high, low = (
            plot.scale.low + (plot.box.bottom() - y) / plot.box.height() * (plot.scale.high - plot.scale.low)
            for y in (box.top(), box.bottom())
        )
        crossed = np.zeros(end - first, np.bool_)
        for one in self.curves:
            crossed |= (one.low[first:end] <= high) & (one.high[first:end] >= low)
        return crossed

    def _column(self, x: float) -> int:
        return round(min(max(x - self.plot.box.left(), 0.0), self.plot.box.width()) * self.plot.ratio)

    def _banded(self, box: QRectF) -> bool:
        following = bisect_right(self._rights, box.left())  # the first that ends behind where the words begin
        return following < len(self._lefts) and self._lefts[following] < box.right()


def veil(canvas: Canvas) -> QColor:
    """Lets words be read over a line."""
    colour = canvas.colour("surface")
    colour.setAlphaF(0.75)
    return colour
