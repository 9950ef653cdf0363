"""Numbers, times and counts as they are written on the screen.

Thin spaces in thousands, unbreakable spaces before units, true minus sign, times in Z. A number
that is not known is written as words, never as zero.
"""

import math
from datetime import UTC, datetime

from app.model.health import Health

GAP = "\u00a0"
THIN = GAP
"""Plex has no thin space, and a borrowed one is 1.6 px wide; its own space is as narrow as one (3.3 px at 14)."""
NO_DATA = "no data"
STATES = {
    Health.CRITICAL: "critical",
    Health.WARNING: "warning",
    Health.UNKNOWN: "unknown",
    Health.MAINTENANCE: "in maintenance",
    Health.HEALTHY: "healthy",
    Health.OFF: "off",
}
"""States inside of a sentence."""

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def count_word(number: int) -> str:
    """``two`` up to twelve, then figures."""
    return _COUNTS[number] if 0 <= number < len(_COUNTS) else grouped(number)


def plural(number: int, one: str) -> str:
    """The noun for `number` things."""
    return one if number == 1 else f"{one}s"


def capitalised(text: str) -> str:
    """`text` with a capital first letter; a first word with a figure in it, such as p95, stays as it is."""
    if any(letter.isdigit() for letter in text.split(" ", 1)[0]):
        return text
    return text[:1].upper() + text[1:]


def listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def grouped(number: float, decimals: int = 0) -> str:
    """Number with thin spaces in its thousands, from 1 000 up."""
    text = f"{number:,.{decimals}f}".replace(",", THIN)
    return text.replace("-", "−")


def milliseconds(seconds: float) -> str:
    """Latency in whole milliseconds; tenths below 10 ms."""
    if math.isnan(seconds):
        return NO_DATA
    ms = seconds * 1000
    return f"{grouped(ms, 1 if 0 < ms < 9.95 else 0)}{GAP}ms"


def percent(ratio: float, decimals: int = 2) -> str:
    """Share of one as per cent. Something that is not nothing never reads as 0."""
    if math.isnan(ratio):
        return NO_DATA
    if 0 < ratio * 100 < 0.5 * 10**-decimals:
        return f"<{10**-decimals:.{decimals}f}{GAP}%"
    return f"{grouped(ratio * 100, decimals)}{GAP}%"


def age(seconds: float) -> str:
    """Age or duration: ``40 s``, ``41 min``, ``3 h 12 m``, ``2 d``."""
    if math.isnan(seconds):
        return "unknown"
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{int(seconds)}{GAP}s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}{GAP}min"
    if minutes < 48 * 60:
        return f"{minutes // 60}{GAP}h{GAP}{minutes % 60:02}{GAP}m"
    return f"{minutes // (24 * 60)}{GAP}d"


def cadence(seconds: float) -> str:
    """How often bundles come: ``every 15 min``, ``every hour``, ``every 2 h``."""
    if seconds <= 0 or math.isnan(seconds):
        return "no fixed cadence"
    if seconds == 3600:
        return "every hour"
    if seconds == 86400:
        return "every day"
    if seconds < 3600:
        return f"every {seconds / 60:g}{GAP}min"
    if seconds < 86400:
        return f"every {seconds / 3600:g}{GAP}h"
    return f"every {seconds / 86400:g}{GAP}d"


def size(count: int) -> str:
    """Bytes in decimal units."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5 or unit == "GB":
            decimals = 0 if unit == "B" or amount >= 99.95 else 1
            return f"{grouped(amount, decimals)}{GAP}{unit}"
        amount /= 1000
    return ""


def amount(count: int) -> str:
    """A large count in short: ``78 k``, ``1.2 M``."""
    if count < 10_000:
        return grouped(count)
    if count < 999_500:
        return f"{count / 1000:.0f}{GAP}k"
    return f"{count / 1e6:.1f}{GAP}M"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def clock(seconds: float) -> str:
    """Hours and minutes, UTC, without a zone: ``13:20``."""
    return "" if math.isnan(seconds) else _moment(seconds).strftime("%H:%M")


def clock_seconds(seconds: float) -> str:
    """Time of day to the second, with its Z."""
    return f"{_moment(seconds):%H:%M:%S}{GAP}Z"


def date(seconds: float) -> str:
    """``12 Nov 2026``."""
    moment = _moment(seconds)
    return f"{moment.day} {moment:%b %Y}"


def weekday_date(seconds: float) -> str:
    """``Thu 12 Nov 2026``."""
    return f"{_moment(seconds):%a} {date(seconds)}"


def when(seconds: float, now: float) -> str:
    """Time of day on the same UTC day as `now`, else day and time."""
    if math.isnan(seconds):
        return ""
    moment = _moment(seconds)
    if moment.date() == _moment(now).date():
        return f"{moment:%H:%M}"
    return f"{moment.day} {moment:%b %H:%M}"


def span_words(seconds: float) -> str:
    """``24 h``, ``7 d``, ``13 months``: the length of the visible range."""
    if seconds > 366 * 86400:
        return f"{seconds / 30.4375 / 86400:.0f}{GAP}months"
    return f"{seconds / 3600:g}{GAP}h" if seconds < 2 * 86400 else f"{seconds / 86400:g}{GAP}d"
