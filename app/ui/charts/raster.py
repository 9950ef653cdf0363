"""Curves as pictures: a column of pixels costs the same however many samples lie in it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from app.model.sample import FloatArray
from app.ui.charts.scale import Scale
from app.ui.charts.trace import Envelope

_LEVELS: Final = 64
"""Strengths of an antialiased pixel."""

Pixels = NDArray[np.uint32]
Rows = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """How a curve is drawn.

    `weight` is that of the line in pixels of the picture. `shades` are the colours of a pixel that the
    line covers by so many levels, `over` the same over the fill; premultiplied, shape (levels + 1,).
    """

    weight: float
    fill: int
    shades: Pixels
    over: Pixels


def make_ink(colour: QColor, weight: float, fill: QColor | None = None) -> Ink:
    """Ink of a line, and of the area between it and zero where it has a `fill`."""
    below = _premultiplied(fill) if fill is not None else np.zeros(4)
    share = (np.arange(_LEVELS + 1) / _LEVELS)[:, None]
    line = _premultiplied(colour)
    fills = int(_packed(below[None, :])[0])
    return Ink(weight, fills, _packed(line * share), _packed(line * share + below * (1 - share)))


def _premultiplied(colour: QColor) -> FloatArray:
    """Alpha, red, green, blue from 0 to 255, colours times alpha."""
    alpha = colour.alphaF()
    return np.array([255.0 * alpha, colour.red() * alpha, colour.green() * alpha, colour.blue() * alpha])


def _packed(colours: FloatArray) -> Pixels:
    channels = np.rint(colours).astype(np.uint32)
    packed: Pixels = (channels << np.array([24, 16, 8, 0], np.uint32)).sum(axis=1, dtype=np.uint32)
    return packed


class Sheet:
    """A transparent picture that is drawn on again and again: fresh memory would cost as much as the drawing."""

    def __init__(self) -> None:
        self._pixels = np.zeros((0, 0), np.uint32)

    def draw(self, curve: Envelope, scale: Scale, height: int, ink: Ink, *, line: bool = True) -> tuple[QImage, int]:
        """Draw one curve, a pixel wide for each of its columns.

        Upper and lower edges are antialiased; left and right ones are those of the columns. `line` False draws
        the fill alone, which the ink must have. Returns a picture of the rows that the curve reaches, and the first;
        it holds until the next one is drawn.
        """
        width = curve.low.size
        if self._pixels.shape != (height, width):
            self._pixels = np.zeros((height, width), np.uint32)
        known = np.flatnonzero(np.isfinite(curve.low))
        if not known.size:
            return QImage(), 0
        top, bottom = _rows(curve.high, scale, height), _rows(curve.low, scale, height)
        base = min(max(round(float(_rows(np.zeros(1), scale, height)[0])), 0), height)
        reach = [top[known].min() - ink.weight, bottom[known].max() + ink.weight, *([base, base] if ink.fill else [])]
        # a line on the very edge keeps its full weight inside of the picture
        first = max(0, min(int(min(reach)), height - int(ink.weight) - 2))
        end = min(height, max(int(max(reach)) + 1, int(ink.weight) + 2))
        pixels = self._pixels[first:end]
        if ink.fill:
            _fill(pixels, first, bottom, base, ink)
        if line:
            _stroke(pixels, first, _strokes(top[known], bottom[known], height, ink.weight), known, ink)
        kind = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(pixels.data.cast("B"), width, end - first, 4 * width, kind), first


def _rows(value: FloatArray, scale: Scale, height: int) -> FloatArray:
    """Distance from the top, in pixels; values far outside are kept close by, where they cannot overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        row = (scale.high - value) * (height / (scale.high - scale.low))
    return np.clip(row, -height, 2.0 * height, out=row)


def _fill(pixels: Pixels, start: int, curve: FloatArray, zero: int, ink: Ink) -> None:
    """Fill what lies between the curve and the zero line; `start` is the first row of `pixels`."""
    base, end = np.int16(zero), start + pixels.shape[0]
    edge = np.where(np.isfinite(curve), np.clip(curve, start, end), base).astype(np.int16)
    inside = _between(start, end, np.minimum(edge, base), np.maximum(edge, base))
    np.multiply(inside, np.uint32(ink.fill), out=pixels)


def _strokes(top: FloatArray, bottom: FloatArray, height: int, weight: float) -> tuple[FloatArray, FloatArray]:
    """Upper and lower end of each stroke, which has its weight even on the edge of the plot."""
    upper = np.clip(top - weight / 2, 0.0, max(0.0, height - weight))
    return upper, np.clip(bottom + weight / 2, min(weight, height), height)


def _stroke(
    pixels: Pixels, start: int, strokes: tuple[FloatArray, FloatArray], known: NDArray[np.intp], ink: Ink
) -> None:
    """Draw a vertical stroke in each known column: full inside, by coverage in its first and last row."""
    top, bottom = strokes
    end = start + pixels.shape[0]
    first = top.astype(np.int16)
    last = np.minimum(bottom.astype(np.int16), np.int16(end - 1))
    inside, below = np.zeros((2, pixels.shape[1]), np.int16)
    inside[known], below[known] = first + np.int16(1), last
    full = _between(start, end, inside, below)
    if ink.fill:
        np.copyto(pixels, ink.shades[_LEVELS], where=full)
    else:  # also clears what was drawn before
        np.multiply(full, ink.shades[_LEVELS], out=pixels)
    alone = first == last
    _cover(pixels, first - np.int16(start), known, np.where(alone, bottom, first + 1.0) - top, ink)
    apart = np.flatnonzero(~alone)
    _cover(pixels, last[apart] - np.int16(start), known[apart], (bottom - last)[apart], ink)


def _between(start: int, end: int, first: Rows, last: Rows) -> NDArray[np.bool_]:
    """Whether a row from `start` to `end` lies in ``[first, last)`` of its column, shape (end - start, w)."""
    rows = np.arange(start, end, dtype=np.int16)[:, None]
    return (rows >= first) & (rows < last)


def _cover(pixels: Pixels, row: Rows, column: NDArray[np.intp], share: FloatArray, ink: Ink) -> None:
    level = np.rint(share * _LEVELS).astype(np.intp)
    if ink.fill:
        filled = pixels[row, column] == ink.fill
        pixels[row, column] = np.where(filled, ink.over[level], ink.shades[level])
    else:
        pixels[row, column] = ink.shades[level]
