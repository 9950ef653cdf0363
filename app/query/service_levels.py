"""Which promises were kept: every objective at every endpoint that it speaks of, judged over one period."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from app.analysis.availability import Adherence, Parts, Scopes, adherence, parts
from app.analysis.budget import Budget, Outlook, RunOut, budget, events_ahead, run_out, spent_at
from app.analysis.burn_rate import Flaw, Pair, Track, is_above, lint
from app.analysis.intervals import seconds, seconds_between
from app.analysis.tally import TOTAL, Evidence, Tally
from app.job import Job
from app.model.catalogue import Enclave
from app.model.marking import Level
from app.model.objective import Missing
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.query.burn_pairs import read_burn_pairs
from app.query.enclaves import Picture
from app.query.health import marking_of
from app.query.judging import Bench, Case, Frame, Question, assumed_rate
from app.query.promise import Promise
from app.settings import Station
from app.store.database import Store

_CELLS = 4_000_000
"""Cells of evidence that are kept at once: a year by the hour of more than 400 promises, some 200 MB."""


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

    @property
    def speaks(self) -> bool:
        """Whether both windows burn faster than the factor."""
        return bool(is_above(self.long, self.factor) and is_above(self.short, self.factor))


@dataclass(frozen=True, slots=True, eq=False)
class Adhered:
    """A promise judged over the part of its period that is over, `judged`.

    Amounts of `budget` are in `unit`. `assumed_rate` is the most events a second that unknown time is taken to have
    had, NaN where the range between worst and best case needs no such assumption. `behind` is what the time since the
    enclave's newest data may have cost at most, in the unit of the budget; infinite where that has no bound.
    """

    promise: Promise
    judged: TimeRange
    found: Adherence
    budget: Budget
    unit: str
    outlook: RunOut
    pairs: tuple[PairNow, ...]
    assumed_rate: float
    behind: float


@dataclass(frozen=True, slots=True, eq=False)
class ServiceLevels:
    """Every promise over one period, as known at `known_at` (seconds UTC), least budget left first.

    `hidden` are the enclaves that the question leaves out, `mute` the promises in force that speak of no endpoint.
    """

    as_of: float
    known_at: float
    marking: Level
    pictures: tuple[Picture, ...]
    hidden: tuple[Enclave, ...]
    rows: tuple[Adhered, ...]
    mute: tuple[str, ...] = ()


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
    ceiling = station.reach(ceiling)
    pairs = read_burn_pairs(store.paths)
    with store.reader(ceiling) as reader:
        bench = Bench(store, reader, question)
        cases = [bench.case(promise) for promise in bench.promises()]
        part = (np.cumsum([case.frame.size for case in cases]) // _CELLS).tolist()
        rows: list[Adhered] = []
        for _, some in groupby(range(len(cases)), lambda place: part[place]):
            job.step(len(rows), len(cases), "Judging promises")
            rows += judge(bench, [cases[place] for place in some], pairs, question.at)
    levels = [row.promise.enclave.level for row in rows]
    marking = marking_of(station, [one.enclave for one in bench.seen], levels, ceiling)
    known_at = question.at if bench.moment is None else bench.moment
    rows.sort(key=_least_first)
    return ServiceLevels(question.at, known_at, marking, tuple(bench.seen), bench.hidden, tuple(rows), bench.mute())


def _least_first(row: Adhered) -> tuple[float, str, str, str, str]:
    left = row.budget.share_left
    return (math.inf if math.isnan(left) else left, *row.promise.key)


def judge(bench: Bench, cases: Sequence[Case], pairs: Sequence[Pair], at: float) -> list[Adhered]:
    """Judge some promises at `at`, seconds UTC."""
    known = list(zip(cases, bench.evidence(cases), strict=True))
    days = [evidence.tally(case.frame.where.kept, case.frame.days) for case, evidence in known]
    newest = [_newest(case, daily) for (case, _), daily in zip(known, days, strict=True)]
    tracks = bench.recent(known, newest, max((pair.long for pair in pairs), default=0.0))
    return [
        _row(*both, daily, _pairs_now(track, both[0], pairs), at)
        for both, daily, track in zip(known, days, tracks, strict=True)
    ]


def _newest(case: Case, daily: Tally) -> TimeRange:
    """The last day of which anything is known, or the last of all."""
    known = np.flatnonzero(daily.amounts[TOTAL] > 0)
    last = int(known[-1]) if known.size else daily.amounts.shape[1] - 1
    return TimeRange(*case.frame.days[last : last + 2].tolist())


def _row(case: Case, evidence: Evidence, daily: Tally, pairs: tuple[PairNow, ...], at: float) -> Adhered:
    promise, over, where = case.promise, case.frame.over, case.frame.where
    objective = promise.objective
    found = parts(evidence, where, np.array([over.start, max(over.end, over.start + 0.001)]))
    judged = found.judged(objective.missing)[0]
    unfilled = judged if objective.missing is Missing.UNKNOWN else found.judged(Missing.UNKNOWN)[0]
    rest, estimated = _rest(case, found.kept[0])
    counted = budget(judged, objective.target, rest, unfilled=unfilled, estimated=estimated)
    taken = tuple(float(seconds(one)) for one in (where.aside, where.dropped))
    most = math.inf if estimated else rest
    return Adhered(
        promise=promise,
        judged=over,
        found=adherence(_first(found), objective, rest, (taken[0], taken[1]), most=most),
        budget=counted,
        unit="s" if promise.in_seconds else "events",
        outlook=_outlook(case, daily, counted, at),
        pairs=pairs,
        assumed_rate=assumed_rate(evidence),
        behind=_behind(promise, where, over, assumed_rate(evidence)),
    )


def _outlook(case: Case, daily: Tally, counted: Budget, at: float) -> RunOut:
    """When the budget runs out, or did."""
    found = run_out(daily_spending(daily, case.frame), counted.left, at, case.promise.period.span.end)
    since = spent_at(daily, case.frame.days, counted.allowed) if found.outlook is Outlook.SPENT else math.nan
    if math.isnan(since):
        return found
    since = max(since, case.frame.over.start)
    return replace(found, earliest=since, middle=since, latest=since)


def _behind(promise: Promise, where: Scopes, over: TimeRange, rate: float) -> float:
    """What the time since the newest data may have cost."""
    since = promise.picture.data_time
    began = over.start if math.isnan(since) else since
    lost = float(seconds_between(where.kept, np.array([began, over.end]))[0])
    return lost if promise.in_seconds or lost == 0.0 else math.inf if math.isnan(rate) else lost * rate


def _first(found: Parts) -> Parts:
    """The tallies of the one period as tallies of one cell."""
    return Parts(found.kept[0], found.aside[0], found.without[0])


def _rest(case: Case, kept: Tally) -> tuple[float, bool]:
    """What is still to come, in the unit of the budget, and whether that is an estimate."""
    ahead = case.frame.ahead
    if case.promise.in_seconds:
        return ahead, False
    events = events_ahead(kept, ahead)
    return (0.0 if math.isnan(events) else events), ahead > 0.0


def _pairs_now(track: Track, case: Case, pairs: Sequence[Pair]) -> tuple[PairNow, ...]:
    """Every pair at the newest cell of the period of which anything is known; windows look back behind the period."""
    promise = case.promise
    target, length = promise.objective.target, promise.length
    begun = track.grid.start + track.grid.step * np.arange(track.grid.count) >= case.frame.over.start
    known = np.flatnonzero((track.total > 0) & begun)
    place, found = int(known[-1]) if known.size else -1, []
    faults = lint(pairs, target, length, promise.enclave.cadence)
    for pair in pairs:
        windows = (pair.long, pair.short)
        long, short = (track.rate(place, width, target) if known.size else math.nan for width in windows)
        flaws = tuple(fault.flaw for fault in faults if fault.pair == pair)
        found.append(PairNow(pair, pair.factor(length), long, short, flaws))
    return tuple(found)


def daily_spending(daily: Tally, frame: Frame) -> FloatArray:
    """Spent on each whole day, shape (d,), from a tally of `Frame.days`; NaN where less than half of one is known.

    A day on which nothing is promised spends nothing, and there will be such days again.
    """
    days, idle = daily[:-1], seconds_between(frame.where.promised, frame.days)[:-1] <= 0.0
    return np.where(idle, 0.0, np.where(np.nan_to_num(days.coverage) >= 0.5, days.bad, np.nan))
