"""Reading samples: the settled tier and the head laid over each other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.model.marking import Level
from app.model.sample import FloatArray, Series, to_seconds
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.store import codec
from app.store.database import Reader
from app.store.intake import frames
from app.store.overlay import Layer, Ranks, known_at, of_bundle, overlay, ranks
from app.store.settled import read_settled


@dataclass(frozen=True, slots=True)
class SeriesRef:
    """A series that the cache holds: its number, key, scrape group, enclave and level."""

    id: int
    key: SeriesKey
    group: str
    enclave: str
    level: Level
    group_id: int


def find_series(reader: Reader, metric: str | None = None, labels: Mapping[str, str] | None = None) -> list[SeriesRef]:
    """Series of a metric that carry all of `labels`, in order of their keys; no metric: of any."""
    wanted = (labels or {}).items()
    where = ["1 = 1"] if metric is None else ["s.metric = ?"]
    given: list[str] = [] if metric is None else [metric]
    if labels and "enclave" in labels:
        where.append("s.enclave = ?")
        given.append(labels["enclave"])
    rows = reader.db.execute(
        "SELECT s.id, s.metric, s.labels, g.name, s.enclave, s.level, g.id FROM series s"
        f" JOIN scrape_group g ON g.id = s.scrape_group WHERE {' AND '.join(where)}",
        given,
    )
    found = []
    for number, name, text, group, enclave, level, group_id in rows:
        pairs = tuple((str(k), str(v)) for k, v in json.loads(text))
        if all(item in pairs for item in wanted):
            found.append(SeriesRef(number, SeriesKey(name, pairs), group, enclave, Level(level), group_id))
    return sorted(found, key=lambda ref: ref.key)


def read_series(
    reader: Reader, refs: Sequence[SeriesRef], span: TimeRange, as_known_at: float | None = None
) -> list[Series]:
    """Samples of `refs` with start <= time < end, in the same order; empty where there are none.

    Parameters
    ----------
    as_known_at
        Seconds UTC: answer as on that day, from the bundles received by then.
    """
    kept = _read(reader, refs, span, as_known_at)
    return [
        Series(ref.key, to_seconds(layer.time), layer.value, ref.group) for ref, layer in zip(refs, kept, strict=True)
    ]


def _read(reader: Reader, refs: Sequence[SeriesRef], span: TimeRange, moment: float | None) -> list[Layer]:
    start, end = _bounds(span)
    members = {ref.id: ref.group_id for ref in refs}
    order = ranks(reader)
    layers: dict[int, list[Layer]] = {number: [] for number in members}
    for series, layer in read_settled(reader, members, start, end):
        layers[series].append(layer if moment is None else known_at(layer, moment, order))
    for series, layer in _read_head(reader, members, start, end, moment, order):
        layers[series].append(layer)
    if moment is not None:
        for series in members:
            layers[series].append(_superseded(reader, series, start, end, moment, order))
    done = {series: overlay(parts, order)[0] for series, parts in layers.items()}
    return [done[ref.id] for ref in refs]


def _bounds(span: TimeRange) -> tuple[int, int]:
    limit = 2**52  # keeps an open end such as infinity inside 64 bits
    start, end = np.clip(np.ceil(np.array([span.start, span.end]) * 1000.0 - 1e-6), -limit, limit)
    return int(start), int(end)


def _read_head(
    reader: Reader, members: Mapping[int, int], start: int, end: int, moment: float | None, order: Ranks
) -> list[tuple[int, Layer]]:
    groups = set(members.values())
    found = []
    rows = reader.db.execute("SELECT bundle, body FROM head WHERE last >= ? AND first < ?", (start, end))
    for bundle, body in rows:
        if moment is not None and order.received[bundle] > moment:
            continue
        for group, ids, clock, packed in frames(body):
            if group not in groups:
                continue
            wanted = [(place, number) for place, number in enumerate(ids.tolist()) if number in members]
            if not wanted:
                continue
            first, last = codec.clock_span(clock)
            if last < start or first >= end:
                continue
            time = codec.decode_clock(clock)
            values, present = codec.decode_body(packed)
            for place, number in wanted:
                there = slice(None) if present is None else present[place]
                layer = of_bundle(bundle, time[there], values[place][there])
                found.append((number, layer.part(start, end)))
    return found


def _superseded(reader: Reader, series: int, start: int, end: int, moment: float, order: Ranks) -> Layer:
    rows = reader.db.execute(
        "SELECT time, bundle, value FROM superseded WHERE series = ? AND time >= ? AND time < ? ORDER BY time",
        (series, start, end),
    ).fetchall()
    rows = [row for row in rows if order.received[row[1]] <= moment]
    time = np.array([row[0] for row in rows], np.int64)
    bundle = np.array([row[1] for row in rows], np.int64)
    value = np.frombuffer(b"".join(row[2] for row in rows), np.float64)
    # Two losers may stand at one time; a layer has one sample per time, so the better one speaks.
    ordered = np.lexsort((order.place[bundle], time))
    best = ordered[np.append(np.diff(time[ordered]) != 0, True)] if time.size else ordered
    return Layer(time[best], value[best], bundle[best], bundle[best])


def newest_times(reader: Reader, refs: Sequence[SeriesRef], before: float = float("inf")) -> FloatArray:
    """Time of the newest sample of each series before a moment, seconds UTC; NaN where there is none."""
    found = np.full(len(refs), np.nan)
    for place, layer in enumerate(_read(reader, refs, TimeRange(float("-inf"), before), None)):
        if layer.time.size:
            found[place] = layer.time[-1] / 1000.0
    return found


def which_bundle(reader: Reader, ref: SeriesRef, time: float) -> int | None:
    """Number of the bundle whose word stands at `time` (seconds UTC); None where there is no sample."""
    layer = _read(reader, [ref], TimeRange(time, time + 0.0005), None)[0]
    return int(layer.winner[0]) if layer.time.size else None
