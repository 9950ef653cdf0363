"""Reading samples: the tiers of settled samples and the head laid over each other."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from app.errors import StoreDamaged
from app.model.marking import Level
from app.model.sample import FloatArray, Series, TimeArray
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.store.database import Damage, Reader
from app.store.head import HeadRow, head_rows
from app.store.origin import Origin
from app.store.overlay import Layer, Ranks, known_at, overlay, ranks
from app.store.superseded import read_lost
from app.store.tiers import SPANS, TIERS, Clock, Stretch, Tier, hidden_chunks, known_spans, read_chunk, read_clock

Answer = TypeVar("Answer")


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
    """Series of a metric that carry all of `labels`, in order of their keys; no metric: of any.

    One whose name cannot be read is missing from the answer and listed in `reader.damage`.
    """
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
        try:
            pairs = tuple((str(k), str(v)) for k, v in json.loads(text))
            marked = Level(level)
        except (TypeError, ValueError):
            reader.damage.append(Damage(number, 0.0, math.inf, "The name of a series cannot be read."))
            continue
        if all(item in pairs for item in wanted):
            found.append(SeriesRef(number, SeriesKey(name, pairs), group, enclave, marked, group_id))
    return sorted(found, key=lambda ref: ref.key)


def read_series(
    reader: Reader, refs: Sequence[SeriesRef], span: TimeRange, as_known_at: float | None = None
) -> list[Series]:
    """Samples of `refs` with start <= time < end, in the same order; empty where there are none.

    Series of one scrape group share one array of times where they have the same samples. What cannot be read is
    missing from the answer and listed in `reader.damage`.

    Parameters
    ----------
    as_known_at
        Seconds UTC: answer as on that day, from the bundles received by then.
    """
    seconds: dict[int, tuple[TimeArray, FloatArray]] = {}
    found = []
    for ref, layer in zip(refs, read_layers(reader, refs, *bounds(span), as_known_at), strict=True):
        time = layer.time
        if id(time) not in seconds:
            seconds[id(time)] = time, time / 1000.0
        found.append(Series(ref.key, seconds[id(time)][1], layer.value, ref.group))
    return found


def bounds(span: TimeRange) -> tuple[int, int]:
    """Milliseconds of a half-open span of seconds."""
    limit = 2**52  # keeps an open end such as infinity inside 64 bits
    start, end = np.clip(np.ceil(np.array([span.start, span.end]) * 1000.0 - 1e-6), -limit, limit)
    return int(start), int(end)


def read_layers(
    reader: Reader, refs: Sequence[SeriesRef], start: int, end: int, moment: float | None = None
) -> list[Layer]:
    """Samples of `refs` with start <= time < end, ms, and where they came from."""
    members = {ref.id: ref.group_id for ref in refs}
    order, known = ranks(reader), len(reader.damage)
    layers: dict[int, list[Layer]] = {number: [] for number in members}
    for tier in TIERS:
        for series, layer in _read_tier(reader, tier, members, start, end):
            layers[series].append(layer if moment is None else known_at(layer, moment, order))
    for series, layer in _read_head(reader, members, start, end):
        layers[series].append(layer if moment is None else known_at(layer, moment, order))
    if moment is not None:
        for series in members:
            layers[series].append(read_lost(reader, series, start, end, moment, order))
    done = {series: overlay(parts, order)[0] for series, parts in layers.items()}
    for one in reader.damage[known:]:
        if one.series in done:
            done[one.series] = without_contradicted(done[one.series], one, order)
    shared = _Shared()
    return [shared.times(done[ref.id]) for ref in refs]


def without_contradicted(layer: Layer, damage: Damage, order: Ranks) -> Layer:
    """The samples that what is damaged cannot have contradicted: of another time, or the word of a higher bundle."""
    low, high = np.searchsorted(layer.time, [np.ceil(edge * 1000.0 - 1e-6) for edge in (damage.start, damage.end)])
    if low == high:
        return layer
    winner, first = layer.origin.expand()
    kept = np.ones(layer.time.size, bool)
    limit = np.inf if damage.bundle is None else order.place[damage.bundle]
    kept[low:high] = order.place[winner[low:high]] >= limit
    return Layer(layer.time[kept], layer.value[kept], Origin.from_samples(winner[kept], first[kept]))


class _Shared:
    """Gives series whose times are the same the same array: a page of one endpoint then keeps its clock but once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], TimeArray] = {}

    def times(self, layer: Layer) -> Layer:
        """The layer itself, or one with an equal array that is known already."""
        if not layer.time.size:
            return layer
        marks = (layer.time.size, int(layer.time[0]), int(layer.time[-1]))
        known = self._known.setdefault(marks, layer.time)
        same = known is not layer.time and np.array_equal(known, layer.time)
        return Layer(known, layer.value, layer.origin) if same else layer


def _read_tier(
    reader: Reader, tier: Tier, members: Mapping[int, int], start: int, end: int
) -> Iterator[tuple[int, Layer]]:
    """Settled samples of series by their groups: `members` is series -> group."""
    groups: dict[int, list[int]] = {}
    for series, group in members.items():
        groups.setdefault(group, []).append(series)
    hidden = reader.once(hidden_chunks)
    for group, numbers in groups.items():
        for span in spans_of(reader, tier, group, numbers, start, end):
            clock = guarded(reader, numbers, tier, span, partial(_read_clock, reader, tier, group, span))
            if clock is None:
                continue
            stretch = Stretch.of(clock, start, end)
            for series in numbers:
                if tier is SPANS and tier.key(series, span) in hidden:
                    continue
                read = partial(_read_chunk, reader, tier, series, span, clock, stretch)
                layer = guarded(reader, [series], tier, span, read, clock)
                if layer is not None:
                    yield series, layer


def _read_clock(reader: Reader, tier: Tier, group: int, span: int) -> Clock | None:
    clock = read_clock(reader, tier, group, span)
    if clock is not None:
        ranks(reader).check_origin(clock.origin)
    return clock


def _read_chunk(reader: Reader, tier: Tier, series: int, span: int, clock: Clock, stretch: Stretch) -> Layer | None:
    layer = read_chunk(reader, tier, series, span, clock, stretch)
    if layer is not None and layer.origin is not stretch.origin:
        ranks(reader).check_origin(layer.origin)
    return layer


def damaged_enclaves(reader: Reader) -> list[tuple[str, Level, int]]:
    """Enclaves of which the reader could not read something so far, their level, and the number of series concerned."""
    if not reader.damage:
        return []
    numbers = {one.series for one in reader.damage}
    found: dict[str, tuple[int, int]] = {}
    for number, enclave, level in reader.db.execute("SELECT id, enclave, level FROM series"):
        if number in numbers:
            highest, count = found.get(enclave, (level, 0))
            found[enclave] = max(highest, level), count + 1
    return [(enclave, Level(level), count) for enclave, (level, count) in sorted(found.items())]


def spans_of(reader: Reader, tier: Tier, group: int, numbers: Sequence[int], start: int, end: int) -> list[int]:
    """Spans that hold settled samples of a group; none where the database cannot tell, and that is noted."""
    try:
        return known_spans(reader, tier, group, start, end)
    except StoreDamaged as error:
        reader.damage += [Damage(number, start / 1000.0, end / 1000.0, error.message) for number in numbers]
        return []


def guarded(
    reader: Reader,
    series: Sequence[int],
    tier: Tier,
    span: int,
    read: Callable[[], Answer | None],
    clock: Clock | None = None,
) -> Answer | None:
    """Read, or note what is damaged for `series` in a span of a tier and answer None.

    `clock` tells whose words are lost, where that is known.
    """
    try:
        return read()
    except StoreDamaged as error:
        start, end = span * tier.length / 1000.0, (span + 1) * tier.length / 1000.0
        place = ranks(reader).place
        bundle = None if clock is None else int(max(clock.origin.winner, key=lambda number: place[number]))
        reader.damage += [Damage(number, start, end, error.message, bundle) for number in series]
        return None


def _read_head(reader: Reader, members: Mapping[int, int], start: int, end: int) -> Iterator[tuple[int, Layer]]:
    try:
        rows = head_rows(reader, list(members.values()), start, end)
    except StoreDamaged as error:
        reader.damage += [Damage(number, start / 1000.0, end / 1000.0, error.message) for number in members]
        return
    order = ranks(reader)
    for row in rows:
        try:
            for series, layer in list(row.read(reader).layers(members, order)):
                part = layer.part(start, end)
                if part.time.size:
                    yield series, part
        except StoreDamaged as error:
            reader.damage += _damaged_row(row, members, error)


def _damaged_row(row: HeadRow, members: Mapping[int, int], error: StoreDamaged) -> list[Damage]:
    start, end = row.first / 1000.0, row.last / 1000.0 + 0.001
    return [Damage(number, start, end, error.message, row.author) for number in members]


def newest_times(
    reader: Reader, refs: Sequence[SeriesRef], before: float = float("inf"), as_known_at: float | None = None
) -> FloatArray:
    """Time of the newest sample of each series before a moment, seconds UTC; NaN where there is none.

    `as_known_at` is as in `read_series`.
    """
    found = np.full(len(refs), np.nan)
    for place, layer in enumerate(read_layers(reader, refs, *bounds(TimeRange(float("-inf"), before)), as_known_at)):
        if layer.time.size:
            found[place] = layer.time[-1] / 1000.0
    return found


def which_bundle(reader: Reader, ref: SeriesRef, time: float) -> int | None:
    """Number of the bundle whose word stands at `time` (seconds UTC); None where there is no sample."""
    layer = read_layers(reader, [ref], *bounds(TimeRange(time, time + 0.0005)))[0]
    return int(layer.origin.winner[0]) if layer.time.size else None
