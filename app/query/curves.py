"""Series to be drawn: which there are, and each of them reduced to the columns of a picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.model.marking import Level, high_water
from app.model.time_range import TimeRange
from app.query.enclaves import Picture, known_at, pictures
from app.settings import Station
from app.store.database import Store
from app.store.last import newest_moments
from app.store.reduced import Reduced, read_reduced
from app.store.samples import SeriesRef, find_series


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """The series of one metric, in order of their labels."""

    metric: str
    refs: tuple[SeriesRef, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Every series that the cache holds, by metric.

    `hidden` counts the series that the filter leaves out, by enclave. `pictures` say how old the data of
    each enclave is. `marking` is that of everything listed: names and labels are marked like the samples
    they belong to.
    """

    as_of: float
    marking: Level
    metrics: tuple[MetricSeries, ...]
    hidden: dict[str, int]
    pictures: tuple[Picture, ...]

    @property
    def refs(self) -> list[SeriesRef]:
        """All series, by metric, then labels."""
        return [ref for one in self.metrics for ref in one.refs]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One series, ready to be drawn. `newest` is the time of its newest sample, seconds UTC; NaN if there is none."""

    ref: SeriesRef
    reduced: Reduced
    newest: float


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Series over one span, in the order that was asked for.

    `newest` is the time of the newest sample of all of them, seconds UTC; NaN if there is none.
    `marking` is the highest level among them, raised to the station's aggregation floor where several
    enclaves are combined; without any, the highest level that could have been there.
    """

    as_of: float
    marking: Level
    span: TimeRange
    curves: tuple[Curve, ...]
    newest: float


def list_series(
    store: Store, station: Station, at: float, *, ceiling: Level | None = None, hidden: frozenset[str] = frozenset()
) -> Listing:
    """List every series at or below `ceiling`, without those of the enclaves in `hidden`; ages are those at `at`.

    Raises
    ------
    StoreError
        If the cache cannot be read.
    """
    ceiling = station.reach(ceiling)
    with store.reader(ceiling) as reader:
        found = find_series(reader)
        seen = tuple(pictures(reader, at))
    shown = [ref for ref in found if ref.enclave not in hidden]
    gone: dict[str, int] = {}
    for ref in found:
        if ref.enclave in hidden:
            gone[ref.enclave] = gone.get(ref.enclave, 0) + 1
    metrics = tuple(MetricSeries(name, tuple(refs)) for name, refs in groupby(shown, key=lambda ref: ref.key.metric))
    return Listing(at, _marking(station, found, ceiling), metrics, gone, seen)


def read_curves(
    store: Store,
    station: Station,
    refs: Sequence[SeriesRef],
    span: TimeRange,
    columns: int,
    *,
    ceiling: Level | None = None,
) -> Curves:
    """Read series over `span`, each reduced to at most `columns` columns.

    Parameters
    ----------
    refs
        As `list_series` has them; those above `ceiling` are left out.
    ceiling
        Show only what is marked at or below it.

    Raises
    ------
    StoreError
        If the cache cannot be read.
    """
    ceiling = station.reach(ceiling)
    refs = [ref for ref in refs if ref.level <= ceiling]
    with store.reader(ceiling) as reader:
        moment = known_at(reader, store.clock.now())
        reduced = read_reduced(reader, refs, span, columns, moment)
        times = newest_moments(reader, refs, moment).tolist()
    curves = tuple(Curve(ref, one, time) for ref, one, time in zip(refs, reduced, times, strict=True))
    newest = max((time for time in times if not math.isnan(time)), default=math.nan)
    return Curves(store.clock.now(), _marking(station, refs, ceiling), span, curves, newest)


def _marking(station: Station, refs: Sequence[SeriesRef], ceiling: Level) -> Level:
    if not refs:
        return ceiling
    several = len({ref.enclave for ref in refs}) > 1
    return high_water([ref.level for ref in refs], station.aggregation_floor if several else Level.U)
