"""What promises are judged on: which were in force where, samples of their indicators, time that counts, arrivals."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Self

import numpy as np

from app.analysis.availability import Scopes, cell_edges, evidence_of
from app.analysis.burn_rate import Track
from app.analysis.grid import Grid
from app.analysis.intervals import Intervals, seconds
from app.analysis.periods import Period, parse_period, period_at
from app.analysis.recurrence import occurrences
from app.analysis.tally import TOTAL, Counts, Evidence, busiest
from app.errors import InputError
from app.model.catalogue import Enclave, Endpoint
from app.model.objective import Exclusion, Method, Objective, Selector
from app.model.register import ObjectiveVersion, in_force, spans_in_force
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.query.enclaves import Picture, known_at, pictures
from app.query.gathering import Want, gather
from app.query.promise import Promise
from app.store import register
from app.store.bundles import BundleRecord, bundles
from app.store.database import Reader, Store
from app.store.samples import SeriesRef, find_series

CELL = 300.0
"""Seconds of the cells in which burn rates are followed: the shortest window of the shipped pairs."""
_HOUR = 3600.0
_DAY = 86400.0
_HOLD = 1.5
"""A scrape speaks for so many of its steps (see `app.analysis.health.uptime`)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a period such as ``2026-10``, ``2026-Q4`` or ``30d``, in the zone of each objective's window.

    `at` is "now", seconds UTC. `as_known_at` answers with what had come in by that moment, of telemetry as of
    decisions; None: with all that had by `at`. `decided_at` asks for the decisions as of another moment.
    `objective` leaves only the one of this id, `hidden` leaves enclaves out.
    """

    period: str
    at: float
    as_known_at: float | None = None
    objective: str = ""
    hidden: frozenset[str] = frozenset()
    decided_at: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The part of a period that is `over`, the time in it that counts, and how it is cut; promises may share one.

    Parameters
    ----------
    ahead
        Seconds still to come that will count.
    hours
        Edges of the hours of the clock that what is over touches, seconds UTC, shape (h + 1,).
    days
        Edges of its days, seconds UTC, of which the last is cut off; they begin on the hour, as sums do.
    cells
        Edges of cells that neither scopes nor slices cut, seconds UTC.
    """

    over: TimeRange
    where: Scopes
    ahead: float
    hours: FloatArray
    days: FloatArray
    cells: FloatArray

    @classmethod
    def of(cls, promise: Promise, at: float) -> Self:
        """As a promise is judged at `at`, seconds UTC."""
        over, objective = promise.period.so_far(at), promise.objective
        where, coming = promise.scopes(over), promise.scopes(promise.period.ahead(at))
        first = math.floor(over.start / _HOUR)
        count = max(math.ceil(over.end / _HOUR) - first, 1)
        hours: FloatArray = first * _HOUR + _HOUR * np.arange(count + 1, dtype=np.float64)
        days: FloatArray = hours[0] + _DAY * np.arange(int(over.seconds // _DAY) + 1, dtype=np.float64)
        cells = cell_edges(hours, [where.kept, where.aside, where.promised])
        if objective.method is not Method.OCCURRENCES and objective.slice_seconds:
            length = objective.slice_seconds
            cells = np.union1d(cells, np.arange(math.ceil(hours[0] / length), hours[-1] // length + 1) * length)
        ahead = seconds(coming.kept) + seconds(coming.aside)  # what is excluded already is no part of the promise
        return cls(over, where, ahead, hours, np.append(days, max(over.end, days[-1] + 0.001)), cells)

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.cells.size - 1


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A promise and the frame in which it is judged."""

    promise: Promise
    frame: Frame


class Bench:
    """Finds promises and what they are judged on, with one reader and for one question."""

    def __init__(self, store: Store, reader: Reader, question: Question) -> None:
        at, known = question.at, question.as_known_at
        self.question = question
        self.moment = known if known is not None else known_at(reader, at)
        told = pictures(reader, at if self.moment is None else min(at, self.moment))
        self.seen: Sequence[Picture] = [one for one in told if one.enclave.id not in question.hidden]
        self.hidden = tuple(one.enclave for one in told if one.enclave.id in question.hidden)
        self._every = told
        with store.state() as state:
            decided = question.decided_at if question.decided_at is not None else at if known is None else known
            held = register.objectives(state, known_at=decided)
            self._excluded = [record.exclusion for record in register.exclusions(state, known_at=decided)]
        self._versions = {name: told for name, told in held.items() if question.objective in ("", name)}
        self._reader = reader
        self._frames: dict[object, Frame] = {}
        self._refs: dict[str, Mapping[tuple[str, str | None], list[SeriesRef]]] = {}

    def promises(self) -> Iterator[Promise]:
        """One for each endpoint and each version that was in force in the period.

        Raises
        ------
        ValueError
            If the period is none.
        """
        for versions in self._versions.values():
            present = in_force(versions, self.question.at)
            promised_now = present.objective if present is not None else None
            zone = promised_now.window.zone if promised_now is not None else _any_zone(versions)
            whole = parse_period(self.question.period, zone, self.question.at)
            for span, version in spans_in_force(versions, whole.span):
                if version is not None and version.objective is not None:
                    yield from self._of(version, version.objective, Period(whole.name, span))

    def mute(self) -> tuple[str, ...]:
        """Ids of promises in force now that speak of no declared endpoint, in their order: nobody judges them."""
        found = []
        for name, versions in self._versions.items():
            present = in_force(versions, self.question.at)
            objective = present.objective if present is not None else None
            now = TimeRange(self.question.at, self.question.at)
            if objective is not None and not any(
                _speaks_of(objective, picture.enclave, endpoint, now)
                for picture in self._every
                for endpoint in picture.catalogue.endpoints
            ):
                found.append(name)
        return tuple(found)

    def _of(self, version: ObjectiveVersion, objective: Objective, period: Period) -> Iterator[Promise]:
        for picture in self.seen:
            for endpoint in picture.catalogue.endpoints:
                if _speaks_of(objective, picture.enclave, endpoint, period.span):
                    lived = _lived(period, endpoint)
                    asked = [
                        one for one in self._excluded if _touches(one, objective, picture.enclave, endpoint, lived.span)
                    ]
                    standing = tuple(one for one in asked if one.stands)
                    waiting = tuple(one for one in asked if not one.approved_by and not one.withdrawn)
                    over, window = lived.so_far(self.question.at), objective.window
                    newest = max(over.end - 1.0, over.start)
                    length = window.seconds or period_at(window, newest).span.seconds
                    yield Promise(version, objective, picture, endpoint, lived, standing, waiting, length)

    def case(self, promise: Promise) -> Case:
        """A promise as far as its period is over; those that count the same time share one frame."""
        objective, standing = promise.objective, tuple(one.id for one in promise.standing)
        key = (promise.period.span, standing, objective.hours, objective.method, objective.slice_seconds)
        if key not in self._frames:
            self._frames[key] = Frame.of(promise, self.question.at)
        return Case(promise, self._frames[key])

    # --- what is known ------------------------------------------------------------------------------------

    def evidence(self, cases: Sequence[Case], *, closely: bool = False) -> list[Evidence]:
        """What is known of some promises, as their methods count it.

        By occurrences, unknown time is taken to have been no busier than the busiest hour of the clock that is known:
        without any bound one lost minute would leave a month between 0 and 100 %. Whoever shows the figure must
        name that assumption (`assumed_rate`).

        Parameters
        ----------
        closely
            Keep every sample. Else counts are summed up over `Frame.cells`, which nobody may then cut.
        """
        wants = [self._want(case.promise, case.frame.over, None if closely else case.frame.cells) for case in cases]
        found = []
        for case, samples in zip(cases, gather(self._reader, wants, self.moment), strict=True):
            bound = samples
            if isinstance(samples, Counts) and case.promise.objective.method is Method.OCCURRENCES:
                bound = replace(
                    samples, most_per_second=busiest(samples.tally(case.frame.where.promised, case.frame.hours))
                )
            found.append(evidence_of(case.promise.objective, bound))
        return found

    def _want(self, promise: Promise, span: TimeRange, cells: FloatArray | None) -> Want:
        measured, step = promise.objective.indicator, promise.endpoint.step
        whole, part = (
            [] if selector is None else self._refs_of(selector, promise)
            for selector in (measured.metric or measured.total, (measured.good or measured.bad))
        )
        return Want(measured, whole, part if promise.is_counted else [], step, _HOLD * step, span, cells)

    def _refs_of(self, selector: Selector, promise: Promise) -> list[SeriesRef]:
        if selector.metric not in self._refs:
            found: dict[tuple[str, str | None], list[SeriesRef]] = {}
            for ref in find_series(self._reader, selector.metric):
                found.setdefault((ref.enclave, ref.key.label("endpoint")), []).append(ref)
            self._refs[selector.metric] = found
        return [
            ref
            for ref in self._refs[selector.metric].get((promise.enclave.id, promise.endpoint.id), [])
            if all(ref.key.label(name) == value for name, value in selector.labels)
        ]

    # --- how fast it burned -------------------------------------------------------------------------------

    def recent(self, known: Sequence[tuple[Case, Evidence]], days: Sequence[TimeRange], seconds: float) -> list[Track]:
        """Each promise cell by cell from `seconds` before a day of its own on; when data came is not asked.

        Nothing may be known after that day. Hours do not say when within them something was lost, so that counts
        are read again; so is what lies before the period, which windows look back into.
        """
        grids = [_grid(case, day.start - seconds) for (case, _), day in zip(known, days, strict=True)]
        again = [
            place
            for place, (case, evidence) in enumerate(known)
            if isinstance(evidence, Counts) or grids[place].start < case.frame.over.start
        ]
        spans = [TimeRange(grids[place].start, days[place].end) for place in again]
        read = dict(zip(again, self._every_sample([known[place][0] for place in again], spans), strict=True))
        return [
            self._track(read.get(place, evidence), case, grid, np.full(grid.count, np.nan))
            for place, ((case, evidence), grid) in enumerate(zip(known, grids, strict=True))
        ]

    def track(self, case: Case, seconds: float) -> Track:
        """A promise cell by cell from `seconds` before its period on, each cell with when its data was here."""
        grid = _grid(case, case.frame.over.start - seconds)
        (evidence,) = self._every_sample([case], [TimeRange(grid.start, case.frame.over.end)])
        return self._track(evidence, case, grid, self._arrivals(case.promise, grid))

    def _every_sample(self, cases: Sequence[Case], spans: Sequence[TimeRange]) -> list[Evidence]:
        wants = [self._want(case.promise, span, None) for case, span in zip(cases, spans, strict=True)]
        found = gather(self._reader, wants, self.moment)
        return [evidence_of(case.promise.objective, one) for case, one in zip(cases, found, strict=True)]

    def _track(self, evidence: Evidence, case: Case, grid: Grid, arrival: FloatArray) -> Track:
        edges: FloatArray = grid.start + CELL * np.arange(grid.count + 1, dtype=np.float64)
        tally = evidence.tally(self._kept(case, grid.start), edges)
        return Track(grid, tally.bad, tally.amounts[TOTAL], arrival)

    def _kept(self, case: Case, start: float) -> Intervals:
        """Time that counts from `start`, seconds UTC, on: before the period as the promise counts it today."""
        over, promise = case.frame.over, case.promise
        if start >= over.start:
            return case.frame.where.kept
        span = TimeRange(start, over.end)
        about = (promise.objective, promise.enclave, promise.endpoint, span)
        standing = [one for one in self._excluded if one.stands and _touches(one, *about)]
        return replace(promise, standing=tuple(standing)).scopes(span).kept

    def bundles(self, promise: Promise, span: TimeRange) -> int:
        """How many bundles that had come by then tell of a span, as the promise's enclave sent them."""
        return sum(one.window_start < span.end and one.window_end > span.start for one in self._records(promise))

    def _records(self, promise: Promise) -> Iterator[BundleRecord]:
        for one in self._reader.once(bundles):
            record = one.record
            if record.enclave == promise.enclave.id and (self.moment is None or record.received <= self.moment):
                yield record

    def _arrivals(self, promise: Promise, grid: Grid) -> FloatArray:
        """When the data of each cell was here, seconds UTC: with the first bundle that covers it."""
        ends = grid.start + grid.step * (np.arange(grid.count) + 1.0)
        found = np.full(grid.count, np.nan)
        for record in self._records(promise):
            inside = (ends > record.window_start) & (ends - grid.step < record.window_end)
            found[inside] = np.fmin(found[inside], record.received)
        return found


def _grid(case: Case, start: float) -> Grid:
    """Cells of burn rates from `start` to the end of what is over; their edges stand as those of the period do.

    The first cell may cut a slice, so there is one slice more before it.
    """
    count = max(1, math.ceil(case.frame.over.seconds / CELL - 1e-9))
    before = start - (case.promise.objective.slice_seconds or 0.0)
    first = min(math.floor((before - case.frame.over.start) / CELL), count - 1)
    return Grid(case.frame.over.start + CELL * first, CELL, count - first)


def assumed_rate(evidence: Evidence) -> float:
    """Most events a second that unknown time is taken to have had; NaN where nothing of the kind is assumed."""
    most = evidence.most_per_second if isinstance(evidence, Counts) else math.inf
    return most if math.isfinite(most) else math.nan


def _any_zone(versions: Sequence[ObjectiveVersion]) -> str:
    """Zone of the newest version that was not taken back, for a promise that is not in force now."""
    zones = [one.objective.window.zone for one in versions if one.objective is not None and not one.undone]
    return zones[-1] if zones else "UTC"


def _lived(period: Period, endpoint: Endpoint) -> Period:
    """The part of a period before an endpoint was retired: nothing was promised of it afterwards."""
    if endpoint.retired_at is None or endpoint.retired_at >= period.span.end:
        return period
    return Period(period.name, TimeRange(period.span.start, endpoint.retired_at))


def _speaks_of(objective: Objective, enclave: Enclave, endpoint: Endpoint, span: TimeRange) -> bool:
    there = endpoint.retired_at is None or endpoint.retired_at > span.start
    return (
        there and fnmatchcase(enclave.id, objective.enclave_glob) and fnmatchcase(endpoint.id, objective.endpoint_glob)
    )


def _touches(exclusion: Exclusion, objective: Objective, enclave: Enclave, endpoint: Endpoint, span: TimeRange) -> bool:
    """Whether an exclusion is for this endpoint and has time in the span.

    Raises
    ------
    InputError
        If its rule cannot be followed: left out, it would change a figure that somebody approved.
    """
    named = (
        fnmatchcase(objective.id, exclusion.objective_glob)
        and fnmatchcase(enclave.id, exclusion.enclave_glob)
        and fnmatchcase(endpoint.id, exclusion.endpoint_glob)
    )
    try:
        return named and len(occurrences(exclusion, span)) > 0
    except ValueError as error:
        msg = f"Exclusion {exclusion.id!r} cannot be followed: {error}"
        raise InputError(msg, f"Withdraw it: watchfloor exclusions withdraw {exclusion.id} --why TEXT") from error
