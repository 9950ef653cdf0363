"""A promise: one version of an objective at one endpoint, over the part of a period in which it was in force."""

from dataclasses import dataclass
from typing import NamedTuple

from app.analysis.availability import Scopes, scopes
from app.analysis.periods import Period
from app.analysis.recurrence import occurrences
from app.analysis.service_hours import promised
from app.model.catalogue import Enclave, Endpoint
from app.model.objective import Exclusion, Method, Objective
from app.model.register import ObjectiveVersion
from app.model.time_range import TimeRange
from app.query.enclaves import Picture


class PromiseKey(NamedTuple):
    """What names a promise among all of a period: objective, entry of its version, enclave and endpoint."""

    objective: str
    version: str
    enclave: str
    endpoint: str


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """One version of a promise at one endpoint, over the part of a period in which it was in force.

    `length` are the seconds of the objective's own window, which factors of burn rates are derived from whatever period
    is asked for: of a calendar's the one that the newest moment asked about lies in, November's 30 days of a month
    that is promised, on the 28th, also where the year is asked for.
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
    length: float

    @property
    def enclave(self) -> Enclave:
        """Where the endpoint is."""
        return self.picture.enclave

    @property
    def key(self) -> PromiseKey:
        """What names it among all."""
        return PromiseKey(self.objective.id, str(self.version.entry), self.enclave.id, self.endpoint.id)

    @property
    def is_counted(self) -> bool:
        """Whether events are measured, good ones of all, and not a flag or a threshold."""
        return (
            self.objective.indicator.kind == "ratio" and self.objective.indicator.good != self.objective.indicator.total
        )

    @property
    def in_seconds(self) -> bool:
        """Whether its budget is an amount of time; by occurrences of counts it is one of events."""
        return not self.is_counted or self.objective.method is not Method.OCCURRENCES

    def scopes(self, span: TimeRange) -> Scopes:
        """Time of a span that is promised, and what the exclusions make of it."""
        excluded = [(one.treatment, occurrences(one, span)) for one in self.standing]
        return scopes(promised(self.objective.hours, span), excluded)
