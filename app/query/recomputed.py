"""Which figures of periods that were over did data that came late change, and from what to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.analysis.availability import Figure
from app.analysis.periods import Period
from app.analysis.recompute import Change, FigureKey, changes
from app.job import Job
from app.model.marking import Level
from app.query.judging import Promise, Question
from app.query.service_levels import Adhered, read_service_levels
from app.settings import Station
from app.store.database import Store


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Changes of the figures of a period between what was known at `since`, seconds UTC, and what is known now."""

    since: float
    changes: tuple[Change, ...]


def settled_at(promise: Promise) -> float:
    """When everything of a period should have come in: after its end, a bundle's cadence and its grace; seconds UTC."""
    enclave = promise.enclave
    return promise.period.span.end + enclave.cadence + enclave.grace


def read_recomputed(
    store: Store, station: Station, question: Question, since: float, job: Job, *, ceiling: Level | None = None
) -> Recomputed:
    """Judge the period of a question as known at `since` and as known now, and compare; both by today's promises.

    A decision that came later, such as an exclusion, changes figures as well: it is a change like any other.

    Raises
    ------
    ValueError, SettingsError, StoreError
        As in `read_service_levels`.
    """
    then = replace(question, as_known_at=since)
    before = read_service_levels(store, station, then, job, ceiling=ceiling).rows
    after = read_service_levels(store, station, question, job, ceiling=ceiling).rows
    periods = {_name(row): row.promise.period for row in (*before, *after)}
    return Recomputed(since, tuple(changes(_figures(before), _figures(after), periods, since)))


def _figures(rows: Sequence[Adhered]) -> Mapping[FigureKey, Figure]:
    return {
        FigureKey(row.promise.objective.id, row.promise.enclave.id, row.promise.endpoint.id, _name(row)): row.found.now
        for row in rows
    }


def _name(row: Adhered) -> str:
    """Name of the part of a period that one version judges: two versions of one promise have two figures."""
    period: Period = row.promise.period
    return f"{period.name} {period.span.start:.0f}"
