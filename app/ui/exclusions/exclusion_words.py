"""What is said of exclusions: whose doing, what becomes of the time, when, and who agreed."""

from app.model.objective import Exclusion, ExclusionKind, Treatment
from app.model.time_range import TimeRange
from app.ui import words
from app.ui.words import GAP

KINDS: dict[ExclusionKind, str] = {
    "planned": "Planned work",
    "customer": "Caused by the customer",
    "force-majeure": "Force majeure",
}
TREATMENTS: dict[Treatment, str] = {
    "exclude": "does not count",
    "separate": "counts as good",
    "count": "counts as ever, and is shown",
}
_UNITS = {"daily": "days", "weekly": "weeks", "monthly": "months", "yearly": "years"}
_DAYS = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}


def when_words(one: Exclusion) -> str:
    """From when until when, or how it repeats."""
    once = span_words(TimeRange(one.start, one.end))
    return f"{repeat_words(one.rule)}, first {once}" if one.rule else once


def span_words(span: TimeRange) -> str:
    """``4 Nov 14:30 to 5 Nov 02:30 Z``."""
    same = words.date(span.start) == words.date(span.end)
    until = words.clock(span.end) if same else f"{day_words(span.end)} {words.clock(span.end)}"
    return f"{day_words(span.start)} {words.clock(span.start)} to {until}{GAP}Z"


def day_words(moment: float) -> str:
    """``13 Nov``."""
    return words.date(moment).rsplit(" ", 1)[0]


def repeat_words(rule: str) -> str:
    """An iCalendar rule in short: ``weekly on Sun``."""
    parts = dict(part.split("=", 1) for part in rule.upper().removeprefix("RRULE:").split(";") if "=" in part)
    each = parts.get("FREQ", "").lower()
    every = f"every {parts['INTERVAL']} {_UNITS.get(each, 'times')}" if parts.get("INTERVAL", "1") != "1" else each
    days = parts.get("BYDAY")
    return f"{every} on {', '.join(_DAYS.get(day, day) for day in days.split(','))}" if days else every


def account_name(account: str) -> str:
    """Name of an account without its number, where it has both."""
    name, _, _ = account.partition(" (")
    return name or account


def approval_words(one: Exclusion) -> str:
    """Reference, and who agreed; of one that waits, who asked."""
    if one.approved_by:
        return f"{one.reference}, approved by {one.approved_by}"
    return f"{one.reference}, waits for a second person; asked by {one.requested_by}"


def scope_words(one: Exclusion) -> str:
    """What it is for, in words; a star is everything."""
    named = (("objective", one.objective_glob), ("endpoint", one.endpoint_glob), ("enclave", one.enclave_glob))
    return ", ".join(f"every {what}" if glob == "*" else f"{what} {glob}" for what, glob in named)
