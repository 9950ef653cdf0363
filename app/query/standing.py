"""How a promise stands: in one state, with the one reason that decides."""

import math
from enum import Enum
from typing import NamedTuple

from app.analysis.availability import Verdict
from app.analysis.budget import Outlook
from app.analysis.recurrence import occurrences
from app.model.health import Freshness, Health
from app.model.objective import Missing
from app.model.time_range import TimeRange
from app.query.service_levels import Adhered

_PAGE = "page"
_EVEN = 1e-9


class Reason(Enum):
    """What decides: of a period that is to come, then three of one that is over, then those of one that runs."""

    AHEAD = "not begun"
    MISSED = "missed"
    UNPROVEN = "cannot be proved"
    KEPT = "kept"
    SPENT = "budget spent"
    BURNING = "burning fast"
    RUNS_OUT = "runs out"
    SLOW_BURN = "burning"
    UNKNOWN = "cannot be told"
    EXCLUDED = "excluded now"
    ON_PACE = "on pace"


_HEALTH = {
    Reason.MISSED: Health.CRITICAL,
    Reason.UNPROVEN: Health.UNKNOWN,
    Reason.KEPT: Health.HEALTHY,
    Reason.SPENT: Health.CRITICAL,
    Reason.BURNING: Health.CRITICAL,
    Reason.RUNS_OUT: Health.WARNING,
    Reason.SLOW_BURN: Health.WARNING,
    Reason.UNKNOWN: Health.UNKNOWN,
    Reason.EXCLUDED: Health.MAINTENANCE,
    Reason.ON_PACE: Health.HEALTHY,
}
LOUD = (Health.CRITICAL, Health.WARNING)


class Standing(NamedTuple):
    """State and reason; `stale`: as of data that is older than it should be."""

    health: Health
    reason: Reason
    stale: bool


def standing(row: Adhered, at: float) -> Standing:
    """How a promise stands at `at`, seconds UTC.

    Never well for lack of data: where the gaps alone could have spent the budget, nothing can be told. While bundles
    are no more than late, the time since the newest is not one of them: the state is that of the data, whose age is
    shown.
    """
    period = row.promise.period.span
    if period.start >= at:
        return Standing(Health.UNKNOWN, Reason.AHEAD, stale=False)
    ended = period.end < at  # the last 30 days end now: they go on
    reason = _over(row) if ended else _running(row, at)
    stale = row.promise.picture.freshness is not Freshness.FRESH
    return Standing(_HEALTH[reason], reason, stale and not ended)


def _over(row: Adhered) -> Reason:
    verdict = row.found.now.verdict
    if verdict is Verdict.MET:
        # what is set aside is met also where nothing is known, and a policy that takes gaps for good proves nothing
        filled = row.found.now.missing is Missing.GOOD and row.budget.spent_most > row.budget.allowed * (1.0 + _EVEN)
        return Reason.KEPT if _anything_known(row) and not filled else Reason.UNPROVEN
    return Reason.MISSED if verdict is Verdict.MISSED else Reason.UNPROVEN


def _running(row: Adhered, at: float) -> Reason:
    severities = {one.pair.severity for one in row.pairs if one.speaks}
    if row.found.outcome is Verdict.MISSED or (not math.isnan(row.found.now.known_only) and row.budget.left <= 0.0):
        return Reason.SPENT
    if _PAGE in severities:
        return Reason.BURNING
    if row.outlook.outlook is Outlook.RUNS_OUT:
        return Reason.RUNS_OUT
    if severities:
        return Reason.SLOW_BURN
    if not _anything_known(row) or gaps_decide(row):
        return Reason.UNKNOWN
    now = TimeRange(at - 1.0, at)
    taken = [one for one in row.promise.standing if one.treatment != "count"]
    return Reason.EXCLUDED if any(len(occurrences(one, now)) for one in taken) else Reason.ON_PACE


def _anything_known(row: Adhered) -> bool:
    """Whether anything is known at all: no state is made of nothing, though no gap could have spent a budget."""
    return row.found.now.known > 0.0 and not math.isnan(row.found.now.known_only)


def gaps_decide(row: Adhered) -> bool:
    """Whether what is missing could have spent the budget: before the newest data, and since where that is stale.

    A policy that takes missing data for good has no say in it: it may settle what is owed, and no state is made of it.
    While bundles are no more than late, the state is that of the data, and their age is shown.
    """
    waited = row.promise.picture.freshness in (Freshness.FRESH, Freshness.LATE)
    could = row.budget.spent_most - (row.behind if waited else 0.0)
    return math.isnan(could) or could > row.budget.allowed
