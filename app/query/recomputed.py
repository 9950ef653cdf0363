"""Which figures of periods that were over did data that came late change, and from what to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.analysis.availability import Figure
from app.analysis.recompute import Change, FigureKey, changes
from app.clock import to_iso
from app.job import Job
from app.model.marking import Level
from app.query.judging import Question
from app.query.promise import Promise
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

    What was promised and excluded since is taken for both, so that only data make a difference.

    Raises
    ------
    ValueError, SettingsError, StoreError
        As in `read_service_levels`.
    """
    then = replace(question, as_known_at=since, decided_at=question.at)
    before = read_service_levels(store, station, then, job, ceiling=ceiling).rows
    after = read_service_levels(store, station, question, job, ceiling=ceiling).rows
    periods = {figure_key(row.promise).period: row.promise.period for row in (*before, *after)}
    return Recomputed(since, tuple(changes(_figures(before), _figures(after), periods, since)))


def _figures(rows: Sequence[Adhered]) -> Mapping[FigureKey, Figure]:
    return {figure_key(row.promise): row.found.now for row in rows}


def figure_key(promise: Promise) -> FigureKey:
    """What names a figure of a promise; two versions of it have two, of two parts of a period."""
    period = promise.period
    name = f"{period.name} from {to_iso(period.span.start)}"
    return FigureKey(promise.objective.id, promise.enclave.id, promise.endpoint.id, name)
