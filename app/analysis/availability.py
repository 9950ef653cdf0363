"""Whether a promise was kept: worst case, what is known, best case, and a verdict that needs all three."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from app.analysis.intervals import NEVER, Intervals, intersect, subtract, union
from app.analysis.slices import Slices
from app.analysis.tally import EXPECTED, GOOD, KNOWN, TOTAL, Counts, Evidence, Flag, Tally
from app.model.objective import Method, Missing, Objective, Treatment
from app.model.sample import FloatArray

_EVEN = 1e-12
"""A budget that is used up to the last second is kept; sums of seconds are exact to less than this."""


class Verdict(Enum):
    """What can be said of a promise.

    MET even if everything unknown was bad, MISSED even if everything unknown was good, otherwise NOT_PROVABLE; the
    last also where nothing was promised or nothing took place.
    """

    MET = "met"
    MISSED = "missed"
    NOT_PROVABLE = "not provable"


def verdict(worst: float, best: float, target: float) -> Verdict:
    """Verdict on a share in the worst and in the best case."""
    if worst >= target - _EVEN:
        return Verdict.MET
    return Verdict.MISSED if best < target - _EVEN else Verdict.NOT_PROVABLE


@dataclass(frozen=True, slots=True)
class Figure:
    """Availability of one endpoint, or of several added up, over one period.

    `worst`, `known_only`, `best` and `coverage` are shares, NaN where there is nothing to take one of; `expected` and
    `known` are seconds; `good` and `total` are what is known, in seconds or, by occurrences of counts, in events.
    `method` and `missing` belong to the figure wherever it is shown.
    """

    worst: float
    known_only: float
    best: float
    coverage: float
    verdict: Verdict
    target: float
    method: Method
    missing: Missing
    expected: float
    known: float
    good: float
    total: float

    @property
    def met_as_known(self) -> bool:
        """Whether what is known reaches the target, provable or not."""
        return self.known_only >= self.target - _EVEN


def figure(tally: Tally, target: float, method: Method, missing: Missing = Missing.UNKNOWN) -> Figure:
    """Figure of a tally of one cell to which the policy has been applied (`Tally.filled`)."""
    rows, worst, best = tally.amounts, float(tally.worst), float(tally.best)
    return Figure(
        worst,
        float(tally.known_only),
        best,
        float(tally.coverage),
        verdict(worst, best, target),
        target,
        method,
        missing,
        float(rows[EXPECTED]),
        float(rows[KNOWN]),
        float(rows[GOOD]),
        float(rows[TOTAL]),
    )


def evidence_of(objective: Objective, samples: Flag | Counts) -> Evidence:
    """Samples as the method of an objective counts them.

    Raises
    ------
    ValueError
        If a time slice method lacks its slice.
    """
    if objective.method is Method.OCCURRENCES:
        return samples
    if not objective.slice_seconds or objective.slice_seconds <= 0.0:
        raise ValueError(f"The objective {objective.id} counts slices of no length.")
    if objective.method is Method.RATIO_TIMESLICES:
        return Slices(samples, objective.slice_seconds)
    if objective.slice_target is None:
        raise ValueError(f"The objective {objective.id} does not say when a slice is good.")
    return Slices(samples, objective.slice_seconds, objective.slice_target)


@dataclass(frozen=True, slots=True, eq=False)
class Scopes:
    """Promised time, and what exclusions make of it.

    `kept` is judged. `aside` stays part of the promise with nothing in it bad, so that the rest weighs what it weighed.
    `dropped` is no part of the promise, so that the rest weighs more. Time whose exclusion says to count it is kept.
    """

    promised: Intervals
    kept: Intervals
    aside: Intervals
    dropped: Intervals


def scopes(promised: Intervals, exclusions: Iterable[tuple[Treatment, Intervals]]) -> Scopes:
    """Sort promised time by the exclusions that stand.

    Overlapping ones count once. Where treatments differ the one that takes more out wins, so that neither the order
    of exclusions nor who was first makes a difference.
    """
    by: dict[Treatment, list[Intervals]] = {"count": [NEVER], "separate": [NEVER], "exclude": [NEVER]}
    for treatment, covered in exclusions:
        by[treatment].append(covered)
    dropped = intersect(union(*by["exclude"]), promised)
    aside = subtract(intersect(union(*by["separate"]), promised), dropped)
    kept = subtract(promised, union(dropped, aside))
    return Scopes(promised, kept, aside, dropped)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Tallies of one shape: of judged time, of time set aside, and of all promised time as if nothing were excluded."""

    kept: Tally
    aside: Tally
    without: Tally

    def judged(self, missing: Missing) -> Tally:
        """What is promised, with the exclusions and the policy for missing data."""
        return self.kept.filled(missing) + self.aside.forgiven()

    def unexcluded(self, missing: Missing) -> Tally:
        """The same as if there were no exclusions."""
        return self.without.filled(missing)


def parts(evidence: Evidence, where: Scopes, edges: FloatArray) -> Parts:
    """Tally periods, shape (m,), of one endpoint."""
    kept = evidence.tally(where.kept, edges)
    # most promises have no exclusions, and slices are many
    aside = evidence.tally(where.aside, edges) if len(where.aside) else Tally(np.zeros_like(kept.amounts))
    same = np.array_equal(where.kept, where.promised)
    return Parts(kept, aside, kept if same else evidence.tally(where.promised, edges))


def cell_edges(edges: FloatArray, sets: Sequence[Intervals]) -> FloatArray:
    """Edges of periods together with every boundary of some intervals between them, for totals of cells."""
    cuts = np.unique(np.concatenate([edges, *(one.ravel() for one in sets)]))
    inside: FloatArray = cuts[(cuts >= edges[0]) & (cuts <= edges[-1])]
    return inside


@dataclass(frozen=True, slots=True)
class Adherence:
    """A period judged, with its exclusions and without, so far and as it can still end.

    `now` and `without` are of the time that is over. `best_possible` and `worst_possible` are shares at which the whole
    period can end, of events with as many to come as expected; `outcome` is the verdict that nothing still to come can
    change, NOT_PROVABLE where it can.
    """

    now: Figure
    without: Figure
    aside_seconds: float
    dropped_seconds: float
    best_possible: float
    worst_possible: float
    outcome: Verdict


def adherence(
    found: Parts, objective: Objective, rest: float, excluded: tuple[float, float], *, most: float | None = None
) -> Adherence:
    """Judge one period of one endpoint.

    Parameters
    ----------
    found
        Tallies of one cell.
    objective
        The version in force.
    rest
        What is still to come, in the unit of the tally: promised seconds, or events as far as they can be estimated;
        0 of a period that is over.
    excluded
        Seconds set aside and seconds dropped.
    most
        What is still to come at most, infinite where that has no bound; None: that is `rest`.
    """
    tally, target = found.judged(objective.missing), objective.target
    now = figure(tally, target, objective.method, objective.missing)
    without = now
    if any(excluded):
        without = figure(found.unexcluded(objective.missing), target, objective.method, objective.missing)
    whole = tally + Tally.ahead(rest)
    worst, best = float(whole.worst), float(whole.best)
    outcome = verdict(worst, best, target)
    if most is not None and most != rest:
        bound = tally + Tally.ahead(most)
        outcome = verdict(float(bound.worst), float(bound.best), target)
    return Adherence(now, without, *excluded, best, worst, outcome)
