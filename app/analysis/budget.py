"""The error budget: how much may still go wrong, where it went, and when it runs out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from app.analysis.intervals import Intervals, Mask, intersect, seconds, seconds_between, subtract, union
from app.analysis.tally import EXPECTED, KNOWN, TOTAL, Evidence, Tally
from app.model.sample import FloatArray

DRAWS: Final = 1000
"""Futures that a forecast is made of."""
CONFIDENCE: Final = 0.9
"""Share of them that lie in its band."""
_SEED: Final = 20261128
_DAY: Final = 86400.0
_EVEN: Final = 1e-12
_DAYS_LEAST: Final = 5
_TAIL: Final = (1.0 - CONFIDENCE) / 2.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What may go wrong in a whole period, and what did, in seconds or events.

    Parameters
    ----------
    allowed
        ``(1 - target)`` of the whole period's amount; NaN where that are events and nothing is known of any.
    spent
        Known to be bad; NaN where nothing is known of what is over, and so is all that follows from it.
    spent_most
        Bad if everything unknown was, whatever a policy for missing data says; infinite where that has no bound.
    elapsed
        Share of the whole period's amount that is over.
    estimated
        Whether the amount still to come, and with it `allowed`, is an estimate: how many events there will be
        is not known, how many seconds is.
    """

    allowed: float
    spent: float
    spent_most: float
    elapsed: float
    estimated: bool = False

    @property
    def left(self) -> float:
        """What is left by what is known; negative where it is overspent, and nothing where only rounding is left."""
        left = self.allowed - self.spent
        return 0.0 if abs(left) <= _EVEN * self.allowed else left

    @property
    def share_spent(self) -> float:
        """Share that is spent, over 1 where it is overspent; NaN where nothing is allowed or promised."""
        return self.spent / self.allowed if self.allowed > 0.0 else math.nan

    @property
    def share_left(self) -> float:
        """Share that is left by what is known, negative where it is overspent."""
        return 1.0 - self.share_spent

    @property
    def share_left_worst(self) -> float:
        """Share that is left if everything unknown was bad; may be minus infinite."""
        return 1.0 - self.spent_most / self.allowed if self.allowed > 0.0 else math.nan

    @property
    def pace(self) -> float:
        """Share spent over share elapsed: above 1 it runs out before the end. NaN before anything is over."""
        return self.share_spent / self.elapsed if self.elapsed > 0.0 else math.nan


def budget(
    found: Tally, target: float, rest: float = 0.0, *, unfilled: Tally | None = None, estimated: bool = False
) -> Budget:
    """Budget of a period.

    Parameters
    ----------
    found
        Tally of what is over of it, one cell.
    rest
        Amount that is still to come.
    unfilled
        The same tally before a policy for missing data was applied; None: there was none to apply.
    """
    base, rows = float(found.base), found.amounts
    whole = base + rest
    nothing = rows[EXPECTED] > 0.0 and rows[KNOWN] <= 0.0 and rows[TOTAL] <= 0.0  # a policy may fill the total
    return Budget(
        math.nan if nothing and whole <= 0.0 else (1.0 - target) * whole,
        math.nan if nothing else float(found.bad),
        float((found if unfilled is None else unfilled).worst_bad),
        base / whole if whole > 0.0 else math.nan,
        estimated,
    )


def spent_at(cells: Tally, edges: FloatArray, allowed: float) -> float:
    """When what is known to be bad had come to a whole budget, seconds UTC; NaN where it did not.

    `cells` of shape (n,) lie between the `edges`, shape (n + 1,); within one it is taken to have gone evenly.
    """
    gone = np.append(0.0, np.cumsum(cells.bad))
    if not 0.0 < allowed <= gone[-1]:
        return math.nan
    after = int(np.searchsorted(gone, allowed))
    return float(np.interp(allowed, gone[after - 1 : after + 1], edges[after - 1 : after + 1]))


def events_ahead(found: Tally, rest_seconds: float) -> float:
    """Estimate events of promised time still to come: as many a second as in the known time; NaN if none is known.

    `found` is a tally of one cell, without what exclusions set aside.
    """
    known = float(found.amounts[KNOWN])
    return float(found.amounts[TOTAL]) / known * rest_seconds if known > 0.0 else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class BurnDown:
    """Share of a budget that is left, over a period; all of shape (n + 1,).

    `time` are the edges of the cells, seconds UTC. `left` is by what is known, `left_worst` if everything unknown was
    bad; both end where the period is not over yet. `even` runs from 1 to 0 with the promised time of the period.
    `told` says whether anything is known beside an edge: between two where nothing is, lies a gap, and not a budget
    that nothing was spent of. Time that does not count makes no gap.
    """

    time: FloatArray
    left: FloatArray
    left_worst: FloatArray
    even: FloatArray
    told: Mask


def burn_down(cells: Tally, unfilled: Tally, edges: FloatArray, promised: Intervals, allowed: float) -> BurnDown:
    """Burn-down of one period.

    Parameters
    ----------
    cells, unfilled
        Shape (p,), of the first p cells of the period, those that are over: with and without the policy for missing
        data, which must not make the worst case any better.
    edges
        Shape (n + 1,) with n of at least p, of all cells of the period, seconds UTC.
    promised
        Promised time of the whole period.
    allowed
        The whole budget.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.cumsum(np.stack([cells.bad, unfilled.worst_bad]), axis=1) / allowed
    left = np.full((2, edges.size), np.nan)
    left[:, 0] = 1.0
    left[:, 1 : gone.shape[1] + 1] = 1.0 - gone
    passed = np.append(0.0, np.cumsum(seconds_between(promised, edges)))
    even = 1.0 - passed / passed[-1] if passed[-1] > 0.0 else np.full(edges.size, np.nan)
    return BurnDown(edges, left[0], left[1], even, _told(unfilled.coverage, edges.size))


def _told(coverage: FloatArray, count: int) -> Mask:
    """Whether the cell before or after each of `count` edges is known by half; one that does not count is as before."""
    counts = np.flatnonzero(np.isfinite(coverage))
    before = np.searchsorted(counts, np.arange(coverage.size), side="right") - 1
    known = np.append(coverage[counts] >= 0.5, True)[before]  # place -1, before any that counts: nothing was lost
    told = np.zeros(count, bool)
    told[: known.size] |= known
    told[1 : known.size + 1] |= known
    return told


@dataclass(frozen=True, slots=True)
class Spending:
    """What one stretch of time cost: known bad, bad at most, its share of the budget; `seconds` are judged in it."""

    name: str
    seconds: float
    bad: float
    bad_most: float
    share: float


def spending(evidence: Evidence, scope: Intervals, named: Mapping[str, Intervals], allowed: float) -> list[Spending]:
    """Split what was spent by incidents, exclusions or any other stretches of time.

    Stretches that overlap each cost what lies in them. Two rows are added, ``all of these``, in which that is counted
    once, and ``the rest``; the two together are what the period cost. By slices that holds where stretches begin
    and end with one.

    Parameters
    ----------
    evidence
        What is known of the endpoint.
    scope
        Time that is judged; for the cost that exclusions save, the promised time.
    named
        Stretches by name, of any time.
    allowed
        The whole budget.
    """
    together = union(*named.values())
    pieces = {name: intersect(covered, scope) for name, covered in named.items()}
    pieces |= {"all of these": intersect(together, scope), "the rest": subtract(scope, together)}
    return [_spent(name, evidence, covered, allowed) for name, covered in pieces.items()]


def _spent(name: str, evidence: Evidence, covered: Intervals, allowed: float) -> Spending:
    if not len(covered):
        return Spending(name, 0.0, 0.0, 0.0, 0.0)
    found = evidence.tally(covered, covered[[0, -1], [0, 1]])[0]
    bad = float(found.bad)
    share = bad / allowed if allowed > 0.0 else math.nan
    return Spending(name, seconds(covered), bad, float(found.worst_bad), share)


class Outlook(Enum):
    """What a forecast says of a budget."""

    UNKNOWN = "too little is known"
    SPENT = "spent"
    RUNS_OUT = "runs out"
    LASTS = "lasts"


@dataclass(frozen=True, slots=True)
class RunOut:
    """When a budget runs out.

    `earliest`, `middle` and `latest` are seconds UTC, infinite where it lasts beyond the period; between the first and
    the last lie nine of ten futures. Of a budget that is spent all three are when that was, or now where that is open.
    `chance` is the share of futures in which it runs out at all, and the outlook is RUNS_OUT where that is more than
    half. `days` are what it is made of.
    """

    outlook: Outlook
    earliest: float = math.inf
    middle: float = math.inf
    latest: float = math.inf
    chance: float = math.nan
    days: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What will be left of a budget, in nine of ten futures.

    `time` (n,) are seconds UTC, from the beginning of the forecast to the end of the period; `least` and `most` (n,)
    are in the unit of the budget, and negative where it is overspent.
    """

    time: FloatArray
    least: FloatArray
    most: FloatArray


def ahead(daily: FloatArray, left: float, now: float, end: float) -> Ahead | None:
    """Follow the futures that `run_out` is made of, with the same parameters; None where it says nothing of any."""
    known = daily[np.isfinite(daily)]
    days = math.ceil((end - now) / _DAY)
    if left <= 0.0 or known.size < _DAYS_LEAST or days <= 0:
        return None
    spent = np.cumsum(_futures(known, days), axis=1)
    low, high = np.quantile(spent, [1.0 - _TAIL, _TAIL], axis=0)
    time = now + _DAY * np.arange(days + 1, dtype=np.float64)
    least, most = (left - np.append(0.0, side) for side in (low, high))
    cut: FloatArray = np.append(time[:-1], end)
    # the last day drawn may reach beyond the period: what is left at its end lies part of the way down
    return Ahead(cut, *(np.interp(cut, time, side) for side in (least, most)))


def _futures(known: FloatArray, days: int) -> FloatArray:
    """Days to come, drawn from those that were, shape (DRAWS, days); always the same ones."""
    drawn: FloatArray = np.random.default_rng(_SEED).choice(known, (DRAWS, days))
    return drawn


def run_out(daily: FloatArray, left: float, now: float, end: float) -> RunOut:
    """Say when a budget runs out if days to come are like days that were.

    Futures are drawn day by day from the known days, with replacement (the bootstrap: B. Efron, "Bootstrap methods:
    another look at the jackknife", Annals of Statistics 7, 1979), always with the same seed. Budgets are lost in few
    bad days and many good ones: a line through them would promise a date that no such month keeps, a median of
    days none at all. Nothing is said of fewer than five known days.

    Parameters
    ----------
    daily
        Shape (d,), spent on each of the last days; NaN for one of which too little is known.
    left
        What is left, in the same unit.
    now, end
        Seconds UTC: when the forecast begins, and the period ends.
    """
    known = daily[np.isfinite(daily)]
    if left <= 0.0:
        return RunOut(Outlook.SPENT, now, now, now, 1.0, known.size)
    if known.size < _DAYS_LEAST:
        return RunOut(Outlook.UNKNOWN, math.nan, math.nan, math.nan, math.nan, known.size)
    days = math.ceil((end - now) / _DAY)
    if days <= 0:
        return RunOut(Outlook.LASTS, chance=0.0, days=known.size)
    drawn = _futures(known, days)
    spent = np.cumsum(drawn, axis=1)
    over = spent >= left
    day = over.argmax(axis=1)
    row = np.arange(DRAWS)
    cost = drawn[row, day]
    part = np.where(cost > 0.0, (left - (spent[row, day] - cost)) / np.where(cost > 0.0, cost, 1.0), 0.0)
    moment = np.where(over.any(axis=1), now + (day + part) * _DAY, np.inf)
    moment[moment >= end] = np.inf  # the last day drawn may reach beyond the period
    earliest, middle, latest = np.sort(moment)[[math.floor(DRAWS * q) for q in (_TAIL, 0.5, 1.0 - _TAIL)]].tolist()
    chance = float(np.isfinite(moment).mean())
    outlook = Outlook.RUNS_OUT if chance > 0.5 else Outlook.LASTS
    return RunOut(outlook, earliest, middle, latest, chance, known.size)
