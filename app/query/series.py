"""The stored samples themselves, as they are or in buckets: ``watchfloor series``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.model.marking import Level, high_water
from app.model.sample import FloatArray, Series, to_ms
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.settings import Station
from app.store.bundles import holds_demo
from app.store.database import Damage, Store
from app.store.samples import SeriesRef, find_series, read_series


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """One series in even buckets; only buckets that hold a sample are there.

    `time` is the start of each bucket, `count` the samples in it, `mean`, `least` and `most` are over
    those that are numbers: NaN where none is. All of shape (n,).
    """

    time: FloatArray
    mean: FloatArray
    least: FloatArray
    most: FloatArray
    count: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Samples of one series, `id` in this store: raw, or in buckets where a step was asked for."""

    id: int
    key: SeriesKey
    enclave: str
    level: Level
    raw: Series
    buckets: Buckets | None


@dataclass(frozen=True, slots=True, eq=False)
class SeriesAnswer:
    """All series that match, in order of their keys.

    `marking` is the highest level among them, raised to the station's aggregation floor where
    several enclaves are combined; without any, the highest level that could have been there. `damaged` is what of
    these series is stored and cannot be read: a gap, in `points` like any other.
    """

    as_of: float
    marking: Level
    demo: bool
    span: TimeRange
    step: float
    points: tuple[Points, ...]
    damaged: tuple[Damage, ...] = ()


def read_points(
    store: Store,
    station: Station,
    metric: str,
    labels: Mapping[str, str],
    span: TimeRange,
    *,
    step: float = math.nan,
    ceiling: Level | None = None,
    at: float | None = None,
) -> SeriesAnswer:
    """Read the series of `metric` that carry all of `labels`, with start <= time < end.

    Nothing is filled in: a gap in the data is a gap in the answer.

    Parameters
    ----------
    step
        Seconds of a bucket, counted from `span.start`; NaN gives the samples as they are. A bucket holds the
        samples of its own seconds and no others. PromQL's look-back, which repeats an old sample for up to
        five minutes, would hide gaps.
    ceiling
        Show only what is marked at or below it; applied in SQL.
    at
        Answer as of this moment, seconds UTC; None: as of now.
    """
    ceiling = station.reach(ceiling)
    with store.reader(ceiling) as reader:
        refs = find_series(reader, metric, labels)
        series = read_series(reader, refs, span, at)
        demo = holds_demo(reader)
        known = {ref.id for ref in refs}
        touching = [one for one in reader.damage if one.start < span.end and one.end > span.start]
        damaged = tuple(dict.fromkeys(one for one in touching if one.series in known))
    points = tuple(_points(ref, one, span, step) for ref, one in zip(refs, series, strict=True))
    return SeriesAnswer(
        store.clock.now() if at is None else at, _marking(station, refs, ceiling), demo, span, step, points, damaged
    )


def _marking(station: Station, refs: list[SeriesRef], ceiling: Level | None) -> Level:
    if not refs:
        return station.reach(ceiling)
    several = len({ref.enclave for ref in refs}) > 1
    return high_water([ref.level for ref in refs], station.aggregation_floor if several else Level.U)


def _points(ref: SeriesRef, series: Series, span: TimeRange, step: float) -> Points:
    buckets = None if math.isnan(step) else bucketed(series.time, series.value, span.start, step)
    return Points(ref.id, ref.key, ref.enclave, ref.level, series, buckets)


def bucketed(time: FloatArray, value: FloatArray, start: float, step: float) -> Buckets:
    """Sum up samples by buckets ``[start + i * step, start + (i + 1) * step)``.

    Parameters
    ----------
    time, value
        Shape (n,), `time` in seconds UTC, increasing; a NaN is counted as a sample but is in no mean.
    start, step
        Seconds; bounds are compared in whole milliseconds.
    """
    if not time.size:
        nothing = np.empty(0)
        return Buckets(nothing, nothing, nothing, nothing, nothing)
    origin, width = int(to_ms(np.array([start]))[0]), max(1, round(step * 1000.0))
    index = (to_ms(time) - origin) // width
    first = np.flatnonzero(np.diff(index, prepend=index[0] - 1))
    number = ~np.isnan(value)
    numbers = np.add.reduceat(number.astype(np.float64), first)
    with np.errstate(invalid="ignore", divide="ignore"):  # infinities of both signs have no mean: NaN
        total = np.add.reduceat(np.where(number, value, 0.0), first)
        mean = np.where(numbers > 0, total / numbers, np.nan)
    return Buckets(
        (origin + index[first] * width) / 1000.0,
        mean,
        np.fmin.reduceat(value, first),
        np.fmax.reduceat(value, first),
        np.diff(np.append(first, time.size)).astype(np.float64),
    )
