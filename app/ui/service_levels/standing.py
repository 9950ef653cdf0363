"""How a promise stands: in one state, with the one reason that decides."""

import math
from enum import Enum
from typing import NamedTuple

from app.analysis.availability import Verdict
from app.analysis.budget import Outlook
from app.analysis.recurrence import occurrences
from app.model.health import Freshness, Health
from app.model.time_range import TimeRange
from app.query.service_levels import Adhered

_PAGE = "page"


class Reason(Enum):
    """What decides, worst first. The first six are of a period that is over or whose end is decided."""

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

    Never well for lack of data: where the gaps alone could have spent the budget, nothing can be told. The time since
    the newest bundle is not one of them: the state is that of the data, whose age is shown.
    """
    reason = _over(row) if row.promise.period.is_over(at) else _running(row, at)
    stale = reason is not Reason.KEPT and row.promise.picture.freshness is not Freshness.FRESH
    return Standing(_HEALTH[reason], reason, stale and not row.promise.period.is_over(at))


def _over(row: Adhered) -> Reason:
    verdicts = {Verdict.MET: Reason.KEPT, Verdict.MISSED: Reason.MISSED}
    return verdicts.get(row.found.now.verdict, Reason.UNPROVEN)


def _running(row: Adhered, at: float) -> Reason:
    severities = {one.pair.severity for one in row.pairs if one.speaks}
    known = not math.isnan(row.found.now.known_only)
    if row.found.outcome is Verdict.MISSED or (known and row.budget.left <= 0.0):
        return Reason.SPENT
    if _PAGE in severities:
        return Reason.BURNING
    if row.outlook.outlook is Outlook.RUNS_OUT:
        return Reason.RUNS_OUT
    if severities:
        return Reason.SLOW_BURN
    now = TimeRange(at - 1.0, at)
    if any(len(occurrences(one, now)) for one in row.promise.standing):
        return Reason.EXCLUDED
    return Reason.ON_PACE if known and not gaps_decide(row) else Reason.UNKNOWN


def gaps_decide(row: Adhered) -> bool:
    """Whether what is missing before the newest data could have spent the budget."""
    could = row.budget.spent_most - row.behind
    return math.isnan(could) or could > row.budget.allowed
