"""The newest sample of every series of every GPU, without decoding what is not asked for."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.query.gpu_floor import METRICS
from app.query.readings import Shelf, Thing
from app.store.database import Reader
from app.store.last import newest_moments
from app.store.samples import SeriesRef, find_series, read_series

_LATELY = 1800.0
"""Seconds before an enclave's data time in which the newest sample of a GPU that is there lies."""


class Newest(NamedTuple):
    """The newest sample of one series; NaN where it has none."""

    key: SeriesKey
    time: float
    value: float


def newest_samples(
    reader: Reader, shelves: Mapping[Thing, Shelf], ends: Mapping[str, float], known_at: float | None
) -> dict[Thing, list[Newest]]:
    """Newest sample of each series of a GPU, by node.

    What `shelves` hold is taken from there; of the rest only the last minutes are read, and only what is silent
    is looked for further back.

    Parameters
    ----------
    ends
        Data time of each enclave by its id, seconds UTC.
    known_at
        Answer as of this moment, seconds UTC; None: as of now.
    """
    held = {
        (thing[0], one.key): (float(one.time[-1]), float(one.value[-1]))
        for thing, shelf in shelves.items()
        for many in shelf.series.values()
        for one in many
    }
    refs = [ref for metric in METRICS for ref in find_series(reader, metric) if ref.key.label("gpu")]
    rest = [ref for ref in refs if (ref.enclave, ref.key) not in held]
    for span in _spans(ends):
        mine = [ref for ref in rest if span.start < ends.get(ref.enclave, math.nan) <= span.end]
        _note(held, mine, reader, TimeRange(span.start, math.nextafter(span.end, math.inf)), known_at)
    _look_back(held, [ref for ref in rest if (ref.enclave, ref.key) not in held], reader, known_at)
    found: dict[Thing, list[Newest]] = {}
    for ref in refs:
        time, value = held.get((ref.enclave, ref.key), (math.nan, math.nan))
        thing = (ref.enclave, "node", ref.key.label("node"))
        found.setdefault(thing, []).append(Newest(ref.key, time, value))
    return found


_Held = dict[tuple[str, SeriesKey], tuple[float, float]]


def _spans(ends: Mapping[str, float]) -> list[TimeRange]:
    return [TimeRange(end - _LATELY, end) for end in sorted({end for end in ends.values() if not math.isnan(end)})]


def _note(held: _Held, refs: Sequence[SeriesRef], reader: Reader, span: TimeRange, known_at: float | None) -> None:
    """Note the newest sample in a span of each series that has one."""
    for ref, series in zip(refs, read_series(reader, refs, span, known_at), strict=True):
        if series.time.size:
            held[ref.enclave, ref.key] = float(series.time[-1]), float(series.value[-1])


def _look_back(held: _Held, refs: Sequence[SeriesRef], reader: Reader, known_at: float | None) -> None:
    """Find the last sample of series that have been silent for longer; those of a node share their times."""
    by_time: dict[float, list[SeriesRef]] = {}
    for ref, time in zip(refs, newest_moments(reader, refs, known_at).tolist(), strict=True):
        if not math.isnan(time):
            by_time.setdefault(time, []).append(ref)
    for time, many in by_time.items():
        _note(held, many, reader, TimeRange(time - 0.5, time + 0.5), known_at)
