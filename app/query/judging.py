"""What promises are judged on: which were in force where, samples of their indicators, time that counts, arrivals."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np

from app.analysis.availability import Scopes, evidence_of, scopes
from app.analysis.burn_rate import Track
from app.analysis.grid import Fold, Grid
from app.analysis.merged import at_times, merged
from app.analysis.periods import Period, parse_period
from app.analysis.recurrence import occurrences
from app.analysis.service_hours import promised
from app.analysis.tally import TOTAL, Counts, Evidence, Flag, busiest, compared
from app.errors import InputError
from app.model.catalogue import Enclave, Endpoint
from app.model.objective import Exclusion, Method, Objective, Selector
from app.model.register import ObjectiveVersion, spans_in_force
from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange
from app.query.enclaves import Picture, known_at, pictures
from app.store import register
from app.store.bundles import bundles
from app.store.database import Reader, Store
from app.store.samples import SeriesRef, find_series, read_series

CELL = 300.0
"""Seconds of the cells in which burn rates are followed: the shortest window of the shipped pairs."""
_HOUR = 3600.0
_HOLD = 1.5
"""A scrape speaks for so many of its steps (see `app.analysis.health.uptime`)."""


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


class PromiseKey(NamedTuple):
    """What names a promise among all of a period: objective, entry of its version, enclave and endpoint."""

    objective: str
    version: str
    enclave: str
    endpoint: str


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """One version of a promise at one endpoint, over the part of a period in which it was in force.

    `picture` says how far the enclave's data reach. `standing` are the exclusions that stand and touch the period,
    `waiting` those that nobody has approved yet.
    """

    version: ObjectiveVersion
    objective: Objective
    picture: Picture
    endpoint: Endpoint
    period: Period
    standing: tuple[Exclusion, ...]
    waiting: tuple[Exclusion, ...]

    @property
    def enclave(self) -> Enclave:
        """Where the endpoint is."""
        return self.picture.enclave

    @property
    def key(self) -> PromiseKey:
        """What names it among all."""
        return PromiseKey(self.objective.id, str(self.version.entry), self.enclave.id, self.endpoint.id)

    @property
    def in_seconds(self) -> bool:
        """Whether its budget is an amount of time; by occurrences of counts it is one of events."""
        measured = self.objective.indicator
        counts = measured.kind == "ratio" and measured.good != measured.total
        return not counts or self.objective.method is not Method.OCCURRENCES

    @property
    def length(self) -> float:
        """Seconds of the objective's own window, which factors of burn rates are derived from."""
        seconds = self.objective.window.seconds
        return seconds if seconds is not None else self.period.span.seconds

    def scopes(self, span: TimeRange) -> Scopes:
        """Time of a span that is promised, and what the exclusions make of it."""
        excluded = [(one.treatment, occurrences(one, span)) for one in self.standing]
        return scopes(promised(self.objective.hours, span), excluded)


class Bench:
    """Finds promises and what they are judged on, with one reader and for one question."""

    def __init__(self, store: Store, reader: Reader, question: Question) -> None:
        at, known = question.at, question.as_known_at
        self.question = question
        self.moment = known if known is not None else known_at(reader, at)
        told = pictures(reader, at if self.moment is None else min(at, self.moment))
        self.seen: Sequence[Picture] = [one for one in told if one.enclave.id not in question.hidden]
        self.hidden = tuple(one.enclave for one in told if one.enclave.id in question.hidden)
        with store.state() as state:
            held = register.objectives(state, known_at=known)
            self._excluded = [record.exclusion for record in register.exclusions(state, known_at=known)]
        self._versions = {name: told for name, told in held.items() if question.objective in ("", name)}
        self._reader = reader
        self._refs: dict[str, Mapping[tuple[str, str | None], list[SeriesRef]]] = {}

    def promises(self) -> Iterator[Promise]:
        """One for each endpoint and each version that was in force in the period.

        Raises
        ------
        ValueError
            If the period is none.
        """
        for versions in self._versions.values():
            zones = [one.objective.window.zone for one in versions if one.objective is not None]
            whole = parse_period(self.question.period, zones[-1] if zones else "UTC", self.question.at)
            for span, version in spans_in_force(versions, whole.span):
                if version is not None and version.objective is not None:
                    yield from self._of(version, version.objective, Period(whole.name, span))

    def _of(self, version: ObjectiveVersion, objective: Objective, period: Period) -> Iterator[Promise]:
        for picture in self.seen:
            for endpoint in picture.catalogue.endpoints:
                if _speaks_of(objective, picture.enclave, endpoint, period.span):
                    asked = [
                        one
                        for one in self._excluded
                        if _touches(one, objective, picture.enclave, endpoint, period.span)
                    ]
                    standing = tuple(one for one in asked if one.stands)
                    waiting = tuple(one for one in asked if not one.approved_by and not one.withdrawn)
                    yield Promise(version, objective, picture, endpoint, period, standing, waiting)

    # --- what is known ------------------------------------------------------------------------------------

    def evidence(self, promise: Promise, span: TimeRange) -> Evidence:
        """What is known of a promise over a span, as its method counts it.

        By occurrences, unknown time is taken to have been no busier than the busiest hour of the span that is known:
        without any bound one lost minute would leave a month between 0 and 100 %. Whoever shows the figure must
        name that assumption (`assumed_rate`).
        """
        samples = self._samples(promise, span)
        if isinstance(samples, Counts) and promise.objective.method is Method.OCCURRENCES:
            hours: FloatArray = np.arange(span.start, span.end + _HOUR, _HOUR)
            most = busiest(samples.tally(promise.scopes(span).promised, hours))
            samples = replace(samples, most_per_second=most)
        return evidence_of(promise.objective, samples)

    def _samples(self, promise: Promise, span: TimeRange) -> Flag | Counts:
        """Samples of an indicator, those of all versions together; a sample before the span still speaks in it."""
        hold, measured = _HOLD * promise.endpoint.step, promise.objective.indicator
        wide = TimeRange(span.start - hold, span.end)
        told = [one for one in (measured.metric, measured.total, measured.good, measured.bad) if one is not None]
        refs = {one: self._refs_of(one, promise) for one in told}
        every = list({ref.id: ref for found in refs.values() for ref in found}.values())
        read = dict(zip((ref.id for ref in every), read_series(self._reader, every, wide, self.moment), strict=True))

        def folded(selector: Selector | None, fold: Fold) -> tuple[FloatArray, FloatArray]:
            found: list[Series] = [read[ref.id] for ref in refs[selector]] if selector is not None else []
            return merged(found, fold)

        if measured.op is not None and measured.value is not None:
            worst = Fold.MOST if measured.op in ("lt", "lte") else Fold.LEAST
            time, value = folded(measured.metric, worst)
            return Flag(time, compared(value, measured.op, measured.value), hold)
        if measured.good == measured.total:
            return Flag(*folded(measured.total, Fold.LEAST), hold)
        time, total = folded(measured.total, Fold.SUM)
        part = at_times(time, *folded(measured.good or measured.bad, Fold.SUM))
        return Counts(time, part if measured.good is not None else total - part, total, hold)

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

    def track(self, promise: Promise, evidence: Evidence, span: TimeRange) -> Track:
        """Known seconds or events of a span cell by cell, each with when its data was here."""
        count = max(1, math.ceil(span.seconds / CELL - 1e-9))
        grid = Grid(span.start, CELL, count)
        edges: FloatArray = span.start + CELL * np.arange(count + 1, dtype=np.float64)
        tally = evidence.tally(promise.scopes(span).kept, edges)
        return Track(grid, tally.bad, tally.amounts[TOTAL], self._arrivals(promise.enclave.id, grid))

    def _arrivals(self, enclave: str, grid: Grid) -> FloatArray:
        """When the data of each cell was here, seconds UTC: with the first bundle that covers it."""
        ends = grid.start + grid.step * (np.arange(grid.count) + 1.0)
        found = np.full(grid.count, np.nan)
        for one in self._reader.once(bundles):
            record = one.record
            known = self.moment is None or record.received <= self.moment
            if known and record.enclave == enclave:
                inside = (ends > record.window_start) & (ends - grid.step < record.window_end)
                found[inside] = np.fmin(found[inside], record.received)
        return found


def assumed_rate(evidence: Evidence) -> float:
    """Most events a second that unknown time is taken to have had; NaN where nothing of the kind is assumed."""
    most = evidence.most_per_second if isinstance(evidence, Counts) else math.inf
    return most if math.isfinite(most) else math.nan


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
