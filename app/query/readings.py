"""The series behind endpoints and GPUs, read in few passes and filed by what they are about."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange
from app.store.database import Reader
from app.store.samples import SeriesRef, find_series, newest_times, read_series

Thing = tuple[str, str, str]
"""Enclave, kind of thing (``endpoint`` or ``node``) and its id."""


@dataclass(slots=True, eq=False)
class Shelf:
    """Series of one thing, by metric; those of ``exported`` by the metric that they speak of.

    `sparks` are curves over a longer time than the series were read for: times and values, each (n,).
    `silent` says of a metric whose series have no sample in the window read when the newest one
    was; a metric that is in neither has no series at all.
    """

    series: dict[str, list[Series]] = field(default_factory=dict)
    flags: dict[str, list[Series]] = field(default_factory=dict)
    silent: dict[str, float] = field(default_factory=dict)
    sparks: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)

    def newest(self, *metrics: str) -> float:
        """Time of the newest sample of any of `metrics`, or of all without one named; NaN if there is none."""
        chosen = metrics or tuple({*self.series, *self.silent})
        times = [float(one.time[-1]) for name in chosen for one in self.series.get(name, [])]
        times += [self.silent[name] for name in chosen if name in self.silent and not math.isnan(self.silent[name])]
        return max(times, default=math.nan)


@dataclass(frozen=True, slots=True)
class Want:
    """A metric to read of the things of one kind, how far back, and which of its series.

    `seconds` is counted back from the enclave's data time. With `silence` it is looked up when a
    series that has no sample in that time last had one.
    """

    metric: str
    kind: str
    seconds: float
    labels: tuple[tuple[str, str], ...] = ()
    silence: bool = True


def read_shelves(
    reader: Reader, wants: Sequence[Want], ends: Mapping[str, float], known_at: float | None
) -> dict[Thing, Shelf]:
    """Read what is wanted of every enclave in `ends`.

    Parameters
    ----------
    ends
        Data time of each enclave by its id, seconds UTC; one whose data time is NaN is left out.
    known_at
        Answer as of this moment, seconds UTC; None: as of now.
    """
    shelves: dict[Thing, Shelf] = {}
    absent: list[tuple[Want, SeriesRef]] = []
    found = [(want, ref) for want in wants for ref in find_series(reader, want.metric, dict(want.labels))]
    for want, ref, series in _read(reader, found, ends, known_at):
        if series.time.size:
            _shelf(shelves, want, ref).series.setdefault(want.metric, []).append(series)
        else:
            absent.append((want, ref))
    _note_silence(reader, shelves, absent, ends, known_at)
    return shelves


def read_flags(
    reader: Reader,
    shelves: dict[Thing, Shelf],
    want: Want,
    ends: Mapping[str, float],
    known_at: float | None,
    needed: Callable[[Shelf, str, float], bool],
) -> None:
    """Put ``exported{metric}`` flags on the shelves.

    There is one for nearly every other series, and most say what is plain to see. So only those are
    read for which `needed` says so, given the shelf, the metric they speak of and the data time.
    """
    found = []
    for ref in find_series(reader, want.metric, dict(want.labels)):
        end = ends.get(ref.enclave, math.nan)
        if ref.key.label(want.kind) and needed(_shelf(shelves, want, ref), ref.key.label("metric"), end):
            found.append((want, ref))
    for _, ref, series in _read(reader, found, ends, known_at):
        _shelf(shelves, want, ref).flags.setdefault(ref.key.label("metric"), []).append(series)


def _read(
    reader: Reader, found: Sequence[tuple[Want, SeriesRef]], ends: Mapping[str, float], known_at: float | None
) -> Iterator[tuple[Want, SeriesRef, Series]]:
    """Read series in one pass for each window; those of other kinds of things are left out."""
    batches: dict[tuple[float, float], list[tuple[Want, SeriesRef]]] = {}
    for want, ref in found:
        end = ends.get(ref.enclave, math.nan)
        if not math.isnan(end) and ref.key.label(want.kind):
            batches.setdefault(_window(end, want.seconds, ends.values()), []).append((want, ref))
    for (start, end), batch in batches.items():
        read = read_series(reader, [ref for _, ref in batch], TimeRange(start, end), known_at)
        for (want, ref), series in zip(batch, read, strict=True):
            yield want, ref, series


def _window(end: float, seconds: float, ends: Iterable[float]) -> tuple[float, float]:
    """Window of one read: enclaves whose data times lie within a day of each other share it.

    A series is decoded by the month anyway, so that a wider window costs nothing; a window as wide
    as the silence of an enclave that was shut down last year would.
    """
    near = [other for other in ends if abs(other - end) <= 43200.0]
    return min(near) - seconds, math.nextafter(max(near), math.inf)


def _shelf(shelves: dict[Thing, Shelf], want: Want, ref: SeriesRef) -> Shelf:
    return shelves.setdefault((ref.enclave, want.kind, ref.key.label(want.kind)), Shelf())


def _note_silence(
    reader: Reader,
    shelves: dict[Thing, Shelf],
    absent: list[tuple[Want, SeriesRef]],
    ends: Mapping[str, float],
    known_at: float | None,
) -> None:
    """Find when a metric that has no sample in its window was last heard of.

    Only for a metric of which no other series speaks: a version that was replaced is no silence.
    """
    asked = [(want, ref) for want, ref in absent if want.metric not in _shelf(shelves, want, ref).series]
    if not asked:
        return
    refs, before = [ref for _, ref in asked], max(ends[ref.enclave] for _, ref in asked)
    times = newest_times(reader, refs, before, known_at).tolist()
    for (want, ref), time in zip(asked, times, strict=True):
        silent = _shelf(shelves, want, ref).silent
        silent[want.metric] = float(np.fmax(silent.get(want.metric, math.nan), time))
