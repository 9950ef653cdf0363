"""Which promises were kept: every objective at every endpoint that it speaks of, judged over one period."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from app.analysis.availability import Adherence, Parts, Scopes, adherence, evidence_of, parts, scopes
from app.analysis.budget import Budget, RunOut, Spending, budget, events_ahead, run_out, spending
from app.analysis.burn_rate import Burn, Flaw, Pair, Track, lint
from app.analysis.grid import Fold, Grid
from app.analysis.intervals import Intervals, seconds
from app.analysis.merged import at_times, merged
from app.analysis.periods import Period, parse_period
from app.analysis.recurrence import occurrences
from app.analysis.service_hours import promised
from app.analysis.tally import TOTAL, Counts, Evidence, Flag, Tally, compared
from app.job import Job
from app.model.catalogue import Enclave, Endpoint
from app.model.marking import Level
from app.model.objective import Exclusion, Method, Objective, Selector
from app.model.register import ObjectiveVersion, spans_in_force
from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange
from app.query.burn_pairs import read_burn_pairs
from app.query.enclaves import Picture, known_at, pictures
from app.query.health import marking_of
from app.settings import Station
from app.store import register
from app.store.bundles import bundles
from app.store.database import Reader, Store
from app.store.samples import SeriesRef, find_series, read_series

_DAY = 86400.0
_CELL = 300.0
"""Seconds of the cells in which burn rates are followed: the shortest window of the shipped pairs."""
_HOLD = 1.5
"""A scrape speaks for so many of its steps (see `app.analysis.health.uptime`)."""


@dataclass(frozen=True, slots=True)
class PairNow:
    """One pair of windows at the newest data: its factor and both burn rates, NaN where nothing is known.

    `flaws` are what keeps the pair from doing what it promises here, such as a window finer than bundles come.
    """

    pair: Pair
    factor: float
    long: float
    short: float
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Adhered:
    """One version of a promise at one endpoint, over the part of a period in which it was in force.

    `judged` is that part, as far as it is over; `data_time` is how far the enclave's data reach, seconds UTC, NaN
    without any. `excluded` are the exclusions that stand and touch the period, `waiting` those that nobody has
    approved yet, and `costs` say what each of the first held, had it been counted. `burns` are the stretches in which
    a pair spoke, with when we learned of them. Amounts of `budget` are in `unit`.
    """

    version: ObjectiveVersion
    objective: Objective
    enclave: Enclave
    endpoint: Endpoint
    period: Period
    judged: TimeRange
    found: Adherence
    budget: Budget
    unit: str
    outlook: RunOut
    pairs: tuple[PairNow, ...]
    burns: tuple[Burn, ...]
    excluded: tuple[Exclusion, ...]
    waiting: tuple[Exclusion, ...]
    costs: tuple[Spending, ...]
    data_time: float


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a period such as ``2026-10``, ``2026-Q4`` or ``30d``, in the zone of each objective's window.

    `at` is "now", seconds UTC. `as_known_at` answers with what had come in by that moment, of telemetry as of
    decisions; None: with all. `objective` leaves only the one of this id, `hidden` leaves enclaves out.
    """

    period: str
    at: float
    as_known_at: float | None = None
    objective: str = ""
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class ServiceLevels:
    """Every promise over one period, as known at `known_at` (seconds UTC), least budget left first."""

    as_of: float
    known_at: float
    marking: Level
    rows: tuple[Adhered, ...]


def read_service_levels(
    store: Store, station: Station, question: Question, job: Job, *, ceiling: Level | None = None
) -> ServiceLevels:
    """Judge every promise that was in force in a period.

    Time since the newest data is unknown, never good: it widens the range between worst and best case.

    Raises
    ------
    ValueError
        If the period is none.
    SettingsError
        If the pairs of burn rates are wrong.
    StoreError
        If the cache cannot be read.
    """
    at, as_known_at = question.at, question.as_known_at
    ceiling = station.reach(ceiling)
    pairs = read_burn_pairs(store.paths)
    with store.state() as state:
        promises = register.objectives(state, known_at=as_known_at)
        excluded = [record.exclusion for record in register.exclusions(state, known_at=as_known_at)]
    wanted = {name: versions for name, versions in promises.items() if question.objective in ("", name)}
    with store.reader(ceiling) as reader:
        moment = as_known_at if as_known_at is not None else known_at(reader, at)
        seen = [
            one
            for one in pictures(reader, at if moment is None else min(at, moment))
            if one.enclave.id not in question.hidden
        ]
        judge = _Judge(reader, moment, at, pairs, excluded)
        rows = []
        for number, versions in enumerate(wanted.values()):
            job.step(number, len(wanted), "Judging promises")
            rows += list(judge.rows(versions, question.period, seen))
    levels = [row.enclave.level for row in rows]
    marking = marking_of(station, [one.enclave for one in seen], levels, ceiling)
    return ServiceLevels(at, at if moment is None else moment, marking, tuple(sorted(rows, key=_least_first)))


def _least_first(row: Adhered) -> tuple[float, str, str, str]:
    left = row.budget.share_left
    return (math.inf if math.isnan(left) else left, row.objective.id, row.endpoint.id, row.enclave.id)


class _Judge:
    """Judges promises with one reader."""

    def __init__(
        self, reader: Reader, moment: float | None, at: float, pairs: Sequence[Pair], excluded: Sequence[Exclusion]
    ) -> None:
        self._reader, self._moment, self._at = reader, moment, at
        self._pairs, self._excluded = pairs, excluded
        self._refs: dict[str, list[SeriesRef]] = {}
        self._arrived: dict[str, list[tuple[float, float, float]]] = {}
        for one in bundles(reader):
            record = one.record
            told = (record.window_start, record.window_end, record.received)
            self._arrived.setdefault(record.enclave, []).append(told)

    def rows(self, versions: Sequence[ObjectiveVersion], period: str, seen: Sequence[Picture]) -> Iterator[Adhered]:
        """One row for each endpoint and each version that was in force in the period."""
        zones = [one.objective.window.zone for one in versions if one.objective is not None]
        whole = parse_period(period, zones[-1] if zones else "UTC", self._at)
        for span, version in spans_in_force(versions, whole.span):
            if version is None or version.objective is None:
                continue
            for picture in seen:
                for endpoint in picture.catalogue.endpoints:
                    if _speaks_of(version.objective, picture.enclave, endpoint, span):
                        yield self._row(version, version.objective, picture, endpoint, Period(whole.name, span))

    def _row(
        self, version: ObjectiveVersion, objective: Objective, picture: Picture, endpoint: Endpoint, period: Period
    ) -> Adhered:
        over = period.so_far(self._at)
        asked = [one for one in self._excluded if _touches(one, objective, picture.enclave, endpoint, period.span)]
        standing = [one for one in asked if one.stands]
        where = self._scopes(objective, standing, over)
        evidence = evidence_of(objective, self._samples(objective, picture.enclave.id, endpoint, over))
        edges = np.array([over.start, max(over.end, over.start + 0.001)])
        found = parts(evidence, where, edges)
        judged = found.judged(objective.missing)[0]
        rest, estimated = self._rest(objective, found.kept[0], period)
        counted = budget(judged, objective.target, rest, estimated=estimated)
        taken = tuple(float(seconds(one)) for one in (where.aside, where.dropped))
        unfinished = math.inf if estimated and rest > 0 else rest
        cells = self._cells(evidence, where, over)
        track = Track(*cells, self._arrivals(picture.enclave.id, cells[0]))
        return Adhered(
            version=version,
            objective=objective,
            enclave=picture.enclave,
            endpoint=endpoint,
            period=period,
            judged=over,
            found=adherence(_first(found), objective, unfinished, (taken[0], taken[1])),
            budget=counted,
            unit="s" if _in_seconds(objective) else "events",
            outlook=self._outlook(evidence, where, counted, period),
            pairs=self._pairs_now(track, objective, period, picture.enclave.cadence),
            burns=tuple(
                burn for one in self._pairs for burn in track.burns(one, objective.target, _length(objective, period))
            ),
            excluded=tuple(standing),
            waiting=tuple(one for one in asked if not one.approved_by and not one.withdrawn),
            costs=tuple(self._costs(evidence, where, standing, over, counted.allowed)),
            data_time=picture.data_time,
        )

    # --- what is known ------------------------------------------------------------------------------------

    def _series(self, selector: Selector, enclave: str, endpoint: str, span: TimeRange) -> list[Series]:
        if selector.metric not in self._refs:
            self._refs[selector.metric] = find_series(self._reader, selector.metric)
        mine = [
            ref
            for ref in self._refs[selector.metric]
            if ref.enclave == enclave
            and ref.key.label("endpoint") == endpoint
            and all(ref.key.label(name) == value for name, value in selector.labels)
        ]
        return read_series(self._reader, mine, span, self._moment)

    def _samples(self, objective: Objective, enclave: str, endpoint: Endpoint, span: TimeRange) -> Flag | Counts:
        """Samples of an indicator, those of all versions together; a sample before the span still speaks in it."""
        hold, measured = _HOLD * endpoint.step, objective.indicator
        wide = TimeRange(span.start - hold, span.end)

        def read(selector: Selector | None, fold: Fold) -> tuple[FloatArray, FloatArray]:
            found = self._series(selector, enclave, endpoint.id, wide) if selector is not None else []
            return merged(found, fold)

        if measured.op is not None and measured.value is not None:
            worst = Fold.MOST if measured.op in ("lt", "lte") else Fold.LEAST
            time, value = read(measured.metric, worst)
            return Flag(time, compared(value, measured.op, measured.value), hold)
        if measured.good == measured.total:
            return Flag(*read(measured.total, Fold.LEAST), hold)
        time, total = read(measured.total, Fold.SUM)
        found = at_times(time, *read(measured.good or measured.bad, Fold.SUM))
        return Counts(time, found if measured.good is not None else total - found, total, hold)

    def _scopes(self, objective: Objective, standing: Sequence[Exclusion], span: TimeRange) -> Scopes:
        within = promised(objective.hours, span)
        return scopes(within, [(one.treatment, occurrences(one, span)) for one in standing])

    # --- what follows -------------------------------------------------------------------------------------

    def _rest(self, objective: Objective, kept: Tally, period: Period) -> tuple[float, bool]:
        """What is still to come, in the unit of the budget, and whether that is an estimate."""
        ahead = float(seconds(promised(objective.hours, period.ahead(self._at))))
        if _in_seconds(objective):
            return ahead, False
        events = events_ahead(kept, ahead)
        return (0.0 if math.isnan(events) else events), ahead > 0.0

    def _cells(self, evidence: Evidence, where: Scopes, over: TimeRange) -> tuple[Grid, FloatArray, FloatArray]:
        count = max(1, math.ceil(over.seconds / _CELL - 1e-9))
        grid = Grid(over.start, _CELL, count)
        edges: FloatArray = over.start + _CELL * np.arange(count + 1, dtype=np.float64)
        tally = evidence.tally(where.kept, edges)
        return grid, tally.bad, tally.amounts[TOTAL]

    def _arrivals(self, enclave: str, grid: Grid) -> FloatArray:
        """When the data of each cell was here, seconds UTC: with the first bundle that covers it."""
        ends = grid.start + grid.step * (np.arange(grid.count) + 1.0)
        found = np.full(grid.count, np.nan)
        for start, end, received in self._arrived.get(enclave, []):
            if self._moment is None or received <= self._moment:
                inside = (ends > start) & (ends - grid.step < end)
                found[inside] = np.fmin(found[inside], received)
        return found

    def _pairs_now(self, track: Track, objective: Objective, period: Period, cadence: float) -> tuple[PairNow, ...]:
        """Every pair at the newest cell of which anything is known."""
        known, length = np.flatnonzero(track.total > 0), _length(objective, period)
        place, found = int(known[-1]) if known.size else -1, []
        faults = lint(self._pairs, objective.target, length, cadence)
        for pair in self._pairs:
            rates = [track.rates(width, objective.target) for width in (pair.long, pair.short)]
            long, short = (float(rate[place]) if known.size else math.nan for rate in rates)
            flaws = tuple(fault.flaw for fault in faults if fault.pair == pair)
            found.append(PairNow(pair, pair.factor(length), long, short, flaws))
        return tuple(found)

    def _outlook(self, evidence: Evidence, where: Scopes, counted: Budget, period: Period) -> RunOut:
        over = period.so_far(self._at)
        days = int(over.seconds // _DAY)
        edges: FloatArray = over.start + _DAY * np.arange(days + 1, dtype=np.float64)
        daily = evidence.tally(where.kept, edges) if days else None
        spent = np.empty(0)
        if daily is not None:
            spent = np.where(np.nan_to_num(daily.coverage) >= 0.5, daily.bad, np.nan)
        return run_out(spent, counted.left, self._at, period.span.end)

    def _costs(
        self, evidence: Evidence, where: Scopes, standing: Sequence[Exclusion], over: TimeRange, allowed: float
    ) -> list[Spending]:
        named: dict[str, Intervals] = {one.id: occurrences(one, over) for one in standing}
        return spending(evidence, where.promised, named, allowed) if named else []


def _first(found: Parts) -> Parts:
    """The tallies of the one period as tallies of one cell."""
    return Parts(found.kept[0], found.aside[0], found.without[0])


def _in_seconds(objective: Objective) -> bool:
    """Whether the budget is an amount of time; by occurrences of counts it is one of events."""
    counts = objective.indicator.kind == "ratio" and objective.indicator.good != objective.indicator.total
    return not counts or objective.method is not Method.OCCURRENCES


def _length(objective: Objective, period: Period) -> float:
    """Seconds of the objective's own window, which factors are derived from."""
    return objective.window.seconds if objective.window.seconds is not None else period.span.seconds


def _speaks_of(objective: Objective, enclave: Enclave, endpoint: Endpoint, span: TimeRange) -> bool:
    there = endpoint.retired_at is None or endpoint.retired_at > span.start
    return (
        there and fnmatchcase(enclave.id, objective.enclave_glob) and fnmatchcase(endpoint.id, objective.endpoint_glob)
    )


def _touches(exclusion: Exclusion, objective: Objective, enclave: Enclave, endpoint: Endpoint, span: TimeRange) -> bool:
    named = (
        fnmatchcase(objective.id, exclusion.objective_glob)
        and fnmatchcase(enclave.id, exclusion.enclave_glob)
        and fnmatchcase(endpoint.id, exclusion.endpoint_glob)
    )
    return named and len(occurrences(exclusion, span)) > 0
