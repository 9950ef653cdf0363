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

    def draw(self, curve: Envelope, scale: Scale, height: int, ink: Ink, *, line: bool = True) -> QImage:
        """Draw one curve, a pixel wide for each of its columns; the picture holds until the next one is drawn.

        Upper and lower edges are antialiased; left and right ones are those of the columns. `line` False
        draws the fill alone.
        """
        width = curve.low.size
        if self._pixels.shape != (height, width):
            self._pixels = np.zeros((height, width), np.uint32)
        pixels = self._pixels
        known = np.flatnonzero(np.isfinite(curve.low))
        bottom = _rows(curve.low, scale, height)
        if ink.fill:
            _fill(pixels, bottom, float(_rows(np.zeros(1), scale, height)[0]), ink)
        else:
            pixels.fill(0)
        if line:
            _stroke(pixels, _rows(curve.high, scale, height), bottom, ink, known)
        kind = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(pixels.data.cast("B"), width, height, 4 * width, kind)


def _rows(value: FloatArray, scale: Scale, height: int) -> FloatArray:
    """Distance from the top, in pixels; values far outside are kept close by, where they cannot overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        row = (scale.high - value) * (height / (scale.high - scale.low))
    return np.clip(row, -height, 2.0 * height, out=row)


def _fill(pixels: Pixels, curve: FloatArray, zero: float, ink: Ink) -> None:
    """Fill what lies between the curve and the zero line."""
    height = pixels.shape[0]
    base = np.int16(min(max(round(zero), 0), height))
    edge = np.where(np.isfinite(curve), np.clip(curve, 0, height), base).astype(np.int16)
    np.multiply(_between(height, np.minimum(edge, base), np.maximum(edge, base)), np.uint32(ink.fill), out=pixels)


def _stroke(pixels: Pixels, top: FloatArray, bottom: FloatArray, ink: Ink, known: NDArray[np.intp]) -> None:
    """Draw a vertical stroke in each known column: full inside, by coverage in its first and last row."""
    height = pixels.shape[0]
    # a line on the very edge keeps its full weight inside of the picture
    top = np.clip(top[known] - ink.weight / 2, 0.0, max(0.0, height - ink.weight))
    bottom = np.clip(bottom[known] + ink.weight / 2, min(ink.weight, height), height)
    first = top.astype(np.int16)
    last = np.minimum(bottom.astype(np.int16), np.int16(height - 1))
    begin, end = np.zeros((2, pixels.shape[1]), np.int16)
    begin[known], end[known] = first + np.int16(1), last
    np.copyto(pixels, ink.shades[_LEVELS], where=_between(height, begin, end))
    alone = first == last
    upper = np.where(alone, bottom, first + 1.0) - top
    _cover(pixels, first, known, upper, ink)
    apart = np.flatnonzero(~alone)
    _cover(pixels, last[apart], known[apart], (bottom - last)[apart], ink)


def _between(height: int, first: Rows, end: Rows) -> NDArray[np.bool_]:
    """Whether a row lies in ``[first, end)`` of its column, shape (height, w)."""
    rows = np.arange(height, dtype=np.int16)[:, None]
    return (rows >= first) & (rows < end)


def _cover(pixels: Pixels, row: Rows, column: NDArray[np.intp], share: FloatArray, ink: Ink) -> None:
    level = np.rint(share * _LEVELS).astype(np.intp)
    if ink.fill:
        filled = pixels[row, column] == ink.fill
        pixels[row, column] = np.where(filled, ink.over[level], ink.shades[level])
    else:
        pixels[row, column] = ink.shades[level]
