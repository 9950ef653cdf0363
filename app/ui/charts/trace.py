"""Where a curve runs in each column of pixels. Pure arrays; no Qt."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.store.reduced import Reduced

_APART: Final = 1.5
"""A scrape speaks for 1.5 intervals; between samples further apart nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A reduced series without what cannot be drawn.

    Parameters
    ----------
    time, least, most
        As in `Reduced`, without NaN and infinities: nothing is known there, and no line leads over it.
    gap
        Shape (n,), whether nothing is known between a sample or column and the next one.
    gaps
        Shape (n,), how many gaps there are before each.
    width
        Seconds of a column; 0 for samples.
    held
        The value holds until the next sample, so that the line goes in steps.
    """

    time: FloatArray
    least: FloatArray
    most: FloatArray
    gap: NDArray[np.bool_]
    gaps: NDArray[np.intp]
    width: float
    held: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Lowest and highest point of a curve in each column of pixels, shape (w,); NaN where nothing is known."""

    low: FloatArray
    high: FloatArray


def trace(reduced: Reduced, *, held: bool = False) -> Trace:
    """Prepare a series for drawing."""
    time, least, most = reduced.time, reduced.least, reduced.most
    known = np.isfinite(least)
    if most is not least:
        known &= np.isfinite(most)
    skipped: NDArray[np.bool_] | bool = False
    if not known.all():
        same = most is least
        time, least = time[known], least[known]
        most = least if same else most[known]
        skipped = np.diff(np.flatnonzero(known)) > 1
    apart = _APART * max(reduced.width, 0.0 if math.isnan(reduced.interval) else reduced.interval)
    gap = np.ones(time.size, np.bool_)
    if time.size:
        gap[:-1] = (np.diff(time) > apart) | skipped
    gaps: NDArray[np.intp] = np.cumsum(gap, dtype=np.intp) - gap
    return Trace(time, least, most, gap, gaps, reduced.width, held)


def envelope(drawn: Trace, edges: FloatArray) -> Envelope:
    """Extent of the curve between each two of `edges`, shape (w + 1,), seconds UTC, increasing."""
    if not drawn.time.size:
        nothing = np.full(edges.size - 1, np.nan)
        return Envelope(nothing, nothing)
    return _of_columns(drawn, edges) if drawn.width else _of_samples(drawn, edges)


def _of_samples(drawn: Trace, edges: FloatArray) -> Envelope:
    """Samples inside of each column, and the line between them where it crosses the column's edges."""
    at = np.searchsorted(drawn.time, edges)
    crossing = _crossing(drawn, edges, at)
    low, high = np.fmin(crossing[:-1], crossing[1:]), np.fmax(crossing[:-1], crossing[1:])
    full = np.flatnonzero(at[1:] > at[:-1])
    if full.size:
        first, end = at[full], at[-1]
        low[full] = np.fmin(low[full], np.minimum.reduceat(drawn.least[:end], first))
        high[full] = np.fmax(high[full], np.maximum.reduceat(drawn.most[:end], first))
    return Envelope(low, high)


def _crossing(drawn: Trace, edges: FloatArray, at: NDArray[np.intp]) -> FloatArray:
    """Value of the line at each edge; NaN outside of the data and inside of a gap."""
    last = drawn.time.size - 1
    right = np.minimum(at, last)
    left = np.maximum(at - 1, 0)
    before = drawn.least[left]
    if drawn.held:
        value = before.copy()
    else:
        begin = drawn.time[left]
        length = drawn.time[right] - begin
        share = np.divide(edges - begin, length, out=np.zeros(edges.size), where=length > 0)
        value = before * (1.0 - share) + drawn.least[right] * share  # never overflows as a difference would
    value[(at == 0) | (at > last) | drawn.gap[left]] = np.nan
    return value


def _of_columns(drawn: Trace, edges: FloatArray) -> Envelope:
    """Extremes of all columns of time that reach into a column of pixels; neighbours touch."""
    size = edges.size - 1
    first = np.searchsorted(drawn.time, edges[:-1] - drawn.width, side="right")
    end = np.searchsorted(drawn.time, edges[1:])
    full = np.flatnonzero(end > first)
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    if not full.size:
        return Envelope(low, high)
    pairs = np.empty(2 * full.size, np.intp)
    pairs[0::2], pairs[1::2] = first[full], end[full]
    start, stop = int(pairs[0]), int(end[full[-1]])
    # one more than there is, so that the last pair may end behind the last column
    pairs -= start
    least = np.append(drawn.least[start:stop], np.inf)
    most = np.append(drawn.most[start:stop], -np.inf)
    low[full] = np.minimum.reduceat(least, pairs)[0::2]
    high[full] = np.maximum.reduceat(most, pairs)[0::2]
    _touch(drawn, low, high, first, end)
    return Envelope(low, high)


def _touch(drawn: Trace, low: FloatArray, high: FloatArray, first: NDArray[np.intp], end: NDArray[np.intp]) -> None:
    """Stretch each column down or up to its left neighbour, unless a gap lies between."""
    there = end > first
    last = drawn.time.size - 1
    before, after = np.clip(end[:-1] - 1, 0, last), np.minimum(first[1:], last)
    joined = there[:-1] & there[1:] & (drawn.gaps[np.maximum(after, before)] == drawn.gaps[before])
    low_before, high_before = low[:-1].copy(), high[:-1].copy()
    low_after, high_after = low[1:], high[1:]
    np.minimum(low_after, high_before, out=low_after, where=joined)
    np.maximum(high_after, low_before, out=high_after, where=joined)


def broadened(curve: Envelope, columns: int) -> Envelope:
    """The same curve with every upright stroke `columns` wide, for screens whose pixels are too fine for one."""
    low, high = curve.low, curve.high
    for shift in range(1, columns):
        low, high = low.copy(), high.copy()
        np.fmin(low[shift:], curve.low[:-shift], out=low[shift:])
        np.fmax(high[shift:], curve.high[:-shift], out=high[shift:])
    return Envelope(low, high)


def extremes(envelopes: list[Envelope]) -> tuple[float, float]:
    """Lowest and highest value of several envelopes; NaN where nothing is visible."""
    low, high = math.nan, math.nan
    for one in envelopes:
        low = float(np.fmin.reduce(one.low, initial=low))
        high = float(np.fmax.reduce(one.high, initial=high))
    return low, high


def reach(traces: list[Trace], span: TimeRange) -> tuple[float, float]:
    """Lowest and highest value of several curves in a span; NaN where nothing is visible."""
    low, high = math.nan, math.nan
    for one in traces:
        start, end = np.searchsorted(one.time, [span.start, span.end])
        low = float(np.fmin.reduce(one.least[start:end], initial=low))
        high = float(np.fmax.reduce(one.most[start:end], initial=high))
    return low, high
