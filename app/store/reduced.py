"""Samples small enough to draw: as they are where they are few, else the true extremes of even columns.

Where a column is as wide as an hour or more, extremes are taken of the hourly rollups that stand beside each settled
span, and only what rollups do not speak of is decoded: the days of the present span, the head, and whatever lies over
a span's own samples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from app.model.sample import FloatArray, TimeArray, to_ms
from app.model.time_range import TimeRange
from app.store.database import Damage, Reader
from app.store.rollup import HOUR, Hours, Rollup, decode_rollup, unpack_hours
from app.store.samples import SeriesRef, bounds, guarded, read_layers, spans_of
from app.store.tiers import DAY, SPANS, days_held, hidden_chunks, read_row

_HOUR_SECONDS = HOUR / 1000.0


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


def read_reduced(
    reader: Reader, refs: Sequence[SeriesRef], span: TimeRange, columns: int, as_known_at: float | None = None
) -> list[Reduced]:
    """Reduce each series to at most about `columns` columns over `span`.

    Samples stay as they are where there are no more than two for each column. Columns are even and at least as wide
    as the samples' interval, and of whole hours where they are an hour wide or wider; the first begins at or before
    `span.start`.

    Parameters
    ----------
    as_known_at
        Seconds UTC: answer as on that day, from the bundles received by then. Rollups speak of all bundles, so every
        sample is read.
    """
    known = len(reader.damage)
    start, end = bounds(span)
    width = _width(span, columns)
    parts = {ref.id: _Parts() for ref in refs}
    hourly = width >= _HOUR_SECONDS and as_known_at is None
    raw = _read_rollups(reader, refs, start, end, parts) if hourly else {(start, end): list(refs)}
    for (low, high), members in raw.items():
        for ref, layer in zip(members, read_layers(reader, members, low, high, as_known_at), strict=True):
            parts[ref.id].add_samples(layer.time, layer.value)
    damaged = reader.damage[known:]
    return [
        parts[ref.id].reduced(width, columns, tuple(one for one in damaged if one.series == ref.id)) for ref in refs
    ]


def reduce_samples(time: FloatArray, value: FloatArray, span: TimeRange, columns: int) -> Reduced:
    """Reduce samples that were worked out from stored ones in the same way; `time` and `value` have shape (n,)."""
    parts = _Parts()
    parts.add_samples(to_ms(time), value)
    return parts.reduced(_width(span, columns), columns, ())


def _width(span: TimeRange, columns: int) -> float:
    """Seconds of a column, of whole hours from an hour on."""
    width = span.seconds / columns
    return width if width < _HOUR_SECONDS else math.ceil(width / _HOUR_SECONDS - 1e-9) * _HOUR_SECONDS


class _Parts:
    """What was read of one series, in any order: stretches of samples and stretches of hours."""

    def __init__(self) -> None:
        self.time: list[TimeArray] = []
        self.least: list[FloatArray] = []
        self.most: list[FloatArray] = []
        self.samples = 0
        self.interval = math.nan

    def add_samples(self, time: TimeArray, value: FloatArray) -> None:
        """Add samples as they are."""
        if time.size:
            self._add(time, value, value, time.size)
            if time.size > 1:
                self.interval = float(np.median(np.diff(time[-2048:]))) / 1000.0

    def add_hours(self, rollup: Rollup, interval: float) -> None:
        """Add the hours of a rollup."""
        if rollup.hour.size:
            self._add(rollup.hour * HOUR, rollup.least, rollup.most, int(rollup.count.sum()))
            self.interval = interval if math.isnan(self.interval) else self.interval

    def _add(self, time: TimeArray, least: FloatArray, most: FloatArray, samples: int) -> None:
        self.time.append(time)
        self.least.append(least)
        self.most.append(most)
        self.samples += samples

    def reduced(self, width: float, columns: int, damaged: tuple[Damage, ...]) -> Reduced:
        """All of it in columns, or as it is where it is little."""
        if not self.time:
            nothing = np.empty(0)
            return Reduced(nothing, nothing, nothing, 0.0, math.nan, damaged)
        order = sorted(range(len(self.time)), key=lambda place: int(self.time[place][0]))
        time = np.concatenate([self.time[place] for place in order])
        least, most = (np.concatenate([part[place] for place in order]) for part in (self.least, self.most))
        if self.samples == time.size and time.size <= 2 * columns:
            return Reduced(time / 1000.0, least, most, 0.0, self.interval, damaged)
        wide = max(width, 0.0 if math.isnan(self.interval) else self.interval)
        step = max(1, round(wide * 1000.0))
        index = time // step
        first = np.flatnonzero(np.append(True, index[1:] != index[:-1]))
        low, high = np.fmin.reduceat(least, first), np.fmax.reduceat(most, first)
        return Reduced(index[first] * step / 1000.0, low, high, step / 1000.0, self.interval, damaged)


_Raw = dict[tuple[int, int], list[SeriesRef]]


def _read_rollups(reader: Reader, refs: Sequence[SeriesRef], start: int, end: int, parts: dict[int, _Parts]) -> _Raw:
    """Take whole spans from rollups; return what must be read sample by sample, by stretches of time, ms."""
    busy = reader.once(busy_spans)
    hidden = reader.once(hidden_chunks)
    raw: _Raw = {}
    groups: dict[int, list[SeriesRef]] = {}
    for ref in refs:
        groups.setdefault(ref.group_id, []).append(ref)
    for group, members in groups.items():
        spans = SPANS.spans(start, end)
        settled = set(spans_of(reader, SPANS, group, [ref.id for ref in members], start, end))
        for span in sorted(settled | {one for one in busy if one in spans}):
            low, high = max(start, span * SPANS.length), min(end, (span + 1) * SPANS.length)
            if span in busy or span not in settled:
                raw.setdefault((low, high), []).extend(members)
                continue
            shared = _group_hours(reader, group, span)
            for ref in members:
                key = SPANS.key(ref.id, span)
                rollup = None if shared is None or key in hidden else _rollup(reader, ref, span, shared[0])
                if rollup is None or shared is None:
                    raw.setdefault((low, high), []).append(ref)
                else:
                    _use(rollup, ref, low, high, parts, raw, shared[1])
    return raw


def _use(
    rollup: Rollup, ref: SeriesRef, low: int, high: int, parts: dict[int, _Parts], raw: _Raw, interval: float
) -> None:
    """Take the hours that lie wholly inside; the broken ones at either end are read sample by sample."""
    first, last = -(-low // HOUR), high // HOUR
    if first >= last:
        raw.setdefault((low, high), []).append(ref)
        return
    parts[ref.id].add_hours(rollup.part(first, last), interval)
    for edge in ((low, first * HOUR), (last * HOUR, high)):
        if edge[0] < edge[1]:
            raw.setdefault(edge, []).append(ref)


def _group_hours(reader: Reader, group: int, span: int) -> tuple[Hours, float] | None:
    """Hours of a group in a span and its usual interval, seconds; None where none are stored."""
    blob = guarded(reader, [], SPANS, span, partial(read_row, reader, "hours", SPANS.key(group, span)))
    if blob is None:
        return None
    hours = guarded(reader, [], SPANS, span, partial(unpack_hours, blob))
    return None if hours is None else (hours, 3600.0 / max(1.0, float(np.median(hours.count))))


def _rollup(reader: Reader, ref: SeriesRef, span: int, hours: Hours) -> Rollup | None:
    """Rollup of a series; None where there is none, or where it cannot be read and its samples may."""
    blob = guarded(reader, [], SPANS, span, partial(read_row, reader, "rollup", SPANS.key(ref.id, span)))
    return None if blob is None else guarded(reader, [], SPANS, span, partial(decode_rollup, blob, hours, totals=False))


def busy_spans(reader: Reader) -> frozenset[int]:
    """Spans of which days or the head hold samples too: there, rollups are not the whole truth."""
    days = days_held(reader)
    stretches = [(days.start * DAY, days.stop * DAY)] if days else []
    stretches += [(first, last + 1) for first, last in reader.db.execute("SELECT first, last FROM head")]
    found: set[int] = set()
    for first, end in stretches:
        found.update(SPANS.spans(first, end))
    return frozenset(found)
