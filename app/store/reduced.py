"""Samples small enough to draw: as they are where they are few, else the true extremes of even columns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange
from app.store.database import Reader
from app.store.samples import SeriesRef, read_series


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of time that is stored but cannot be read, seconds UTC, and why."""

    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """One series over a span, ready to be drawn.

    Parameters
    ----------
    time
        Shape (n,), seconds UTC: of each sample, or the start of each column that holds one.
    least, most
        Shape (n,), extremes of each column; the same values twice where `width` is 0. NaN where the
        source gave nothing but NaN.
    width
        Seconds of a column; 0 where the samples stand as they are.
    interval
        Usual seconds between two samples. Between samples further apart than 1.5 of it, and in a
        column that is left out, nothing is known: a gap, never to be joined.
    damaged
        What is stored but cannot be read.
    """

    time: FloatArray
    least: FloatArray
    most: FloatArray
    width: float
    interval: float
    damaged: tuple[Damage, ...] = ()


def read_reduced(reader: Reader, refs: Sequence[SeriesRef], span: TimeRange, columns: int) -> list[Reduced]:
    """Reduce each series to at most `columns` columns over `span`.

    Samples stay as they are where there are no more than two for each column.

    Columns are even, at least as wide as the samples' interval, and of whole hours where they are
    longer than one; the first begins at or before `span.start`.
    """
    return [_reduced(one, span, columns) for one in read_series(reader, refs, span)]


def _reduced(series: Series, span: TimeRange, columns: int) -> Reduced:
    time, value = series.time, series.value
    interval = float(np.median(np.diff(time))) if time.size > 1 else math.nan
    if time.size <= 2 * columns:
        return Reduced(time, value, value, 0.0, interval)
    width = max(span.seconds / columns, interval)
    if width > 3600.0:
        width = math.ceil(width / 3600.0) * 3600.0
    index = np.floor(time / width)
    first = np.flatnonzero(np.diff(index, prepend=index[0] - 1))
    start = (index[first] * width).astype(np.float64)
    return Reduced(start, np.fmin.reduceat(value, first), np.fmax.reduceat(value, first), width, interval)
