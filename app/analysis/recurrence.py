"""Exclusions as intervals: once, or repeated by an iCalendar rule."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from app.analysis.intervals import Intervals, intersect, spans, whole
from app.analysis.wall_clock import by_offset_before, local, zone_of
from app.clock import END
from app.model.objective import Exclusion
from app.model.time_range import TimeRange

MOST_OCCURRENCES: Final = 10_000
"""Of one rule, from its first: a window every day for 27 years."""
_FORESEEN: Final = 10 * 366 * 86400.0
"""Seconds for which a rule must stay below `MOST_OCCURRENCES` to be asked for: what is in force must stay countable."""
_COMPARED: Final = 60
"""Occurrences that are held against one another: whole years of every month."""
_LONGEST_RULE: Final = 500
_FREQUENCIES: Final = {"DAILY": 3_000_000, "WEEKLY": 420_000, "MONTHLY": 100_000, "YEARLY": 8_000}
"""Allowed frequencies, each with an interval that leads beyond the end of the calendar."""
_PARTS: Final = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS",
    "BYHOUR", "BYMINUTE", "BYSECOND",
}  # fmt: skip
_NO_END: Final = datetime(9999, 12, 31)  # noqa: DTZ001 - what a clock on a wall shows has no zone
_RFC: Final = "RFC 5545, 3.3.10"


def occurrences(exclusion: Exclusion, span: TimeRange) -> Intervals:
    """Time of a span that an exclusion covers, whether it stands or not.

    Each occurrence lasts as many seconds as the first one, and begins when the clock on the wall shows the time
    at which the first one began (RFC 5545, 3.8.5.3): a window of four hours stays four hours long across a change.

    Raises
    ------
    ValueError
        If it has no length, or its rule is refused by `check_rule` or comes up too often.
    """
    length = exclusion.end - exclusion.start
    if not length > 0.0:
        raise ValueError("An exclusion must end after it begins.")
    return intersect(spans((start, start + length) for start in _starts(exclusion, span.end)), whole(span))


def upcoming(exclusion: Exclusion, after: float, count: int) -> list[TimeRange]:
    """The next occurrences that are not over at `after` (s UTC), in order; fewer than `count` where there are no more.

    Each is there by itself, also where it reaches into the next.

    Raises
    ------
    ValueError
        See `occurrences`.
    """
    length = exclusion.end - exclusion.start
    ahead = (start for start in _starts(exclusion, END) if start + length > after)
    return [TimeRange(start, start + length) for start in islice(ahead, count)]


def runs_together(exclusion: Exclusion) -> bool:
    """Whether an occurrence reaches into the next, by the clock on the wall; False where the rule is refused.

    A day that repeats daily does not, though clocks that are put forward leave it 23 hours: nobody means those.
    """
    length, until = timedelta(seconds=exclusion.end - exclusion.start), exclusion.start + _FORESEEN
    try:
        shown = list(islice(_shown(exclusion.rule, exclusion.start, zone_of(exclusion.zone), until), _COMPARED))
    except ValueError:
        return False
    return any(after - before < length for before, after in pairwise(shown))


def check_rule(rule: str, start: float, zone: str) -> None:
    """Refuse a rule that could not be followed, or would surprise.

    Raises
    ------
    ValueError
        If it is not one RRULE as iCalendar defines it, repeats within a day by its frequency, does not hold for the
        first occurrence itself (which iCalendar leaves undefined), or comes up more than `MOST_OCCURRENCES` times, by
        its own count or in ten years.
    """
    for _ in _shown(rule, start, zone_of(zone), start + _FORESEEN):
        pass  # it refuses what it meets
    if int(_parts(rule).get("COUNT", 0)) > MOST_OCCURRENCES:
        raise ValueError(f"COUNT is at most {MOST_OCCURRENCES:,}.")


def _starts(exclusion: Exclusion, end: float) -> Iterator[float]:
    """When each occurrence begins that may begin before `end`, seconds UTC."""
    if not exclusion.rule:
        yield exclusion.start
        return
    zone = zone_of(exclusion.zone)
    for shown in _shown(exclusion.rule, exclusion.start, zone, end):
        yield by_offset_before(shown, zone)


def _shown(rule: str, start: float, zone: ZoneInfo, end: float) -> Iterator[datetime]:
    """What the clock shows at the beginning of each occurrence that may begin before `end`, in order."""
    found, last, most = _rule(rule, start, zone)
    horizon = local(end, zone) + timedelta(days=1)  # clocks may be put back meanwhile, though never by a day
    for number, shown in enumerate(islice(_followed(found.replace(until=min(horizon, last))), most)):
        if number >= MOST_OCCURRENCES:
            often = f"The rule {rule[:80]!r} comes up more than {MOST_OCCURRENCES:,} times"
            raise ValueError(f"{often}; end it sooner, with UNTIL or COUNT.")
        if by_offset_before(shown, zone) < end:
            yield shown


def _rule(rule: str, start: float, zone: ZoneInfo) -> tuple[rrule, datetime, int]:
    """A rule without its own end, the last time it may come up, and how often."""
    parts = _parts(rule)
    first = local(start, zone).replace(microsecond=0)  # rules know whole seconds
    last = _until(parts.pop("UNTIL", ""), zone)
    most = int(parts.pop("COUNT", MOST_OCCURRENCES + 1))
    try:
        found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
        if not isinstance(found, rrule):
            raise ValueError("more than one rule")  # noqa: TRY004 - of a text, which is at fault by its value
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as fault:
        raise ValueError(f"The rule {rule[:80]!r} cannot be read: {fault}.") from fault
    # a rule that never comes up would be sought for until the year 9999: look at the first period alone
    if next(_followed(found.replace(interval=_FREQUENCIES[parts["FREQ"]])), None) != first:
        raise ValueError(f"The first occurrence, {first:%a %d %b %Y %H:%M}, does not follow the rule.")
    if last < first:
        raise ValueError(f"The rule ends before the first occurrence, {first:%a %d %b %Y %H:%M}.")
    if start - by_offset_before(first, zone) >= 1.0:
        # a rule means the first of the two (RFC 5545, 3.3.5): it would cover an hour that nobody asked for
        raise ValueError(
            f"The first occurrence begins when the clock shows {first:%H:%M} for the second time that day."
        )
    return found, last, most


def _followed(rule: rrule) -> Iterator[datetime]:
    """Every time at which a rule comes up; ValueError where its numbers lead out of the calendar."""
    try:
        yield from rule
    except (IndexError, OverflowError) as fault:
        raise ValueError("The rule counts further than any month or year reaches.") from fault


def _parts(rule: str) -> dict[str, str]:
    """Names and values of a rule.

    Raises
    ------
    ValueError
        If one is unknown, twice there, or would make the rule endless.
    """
    if len(rule) > _LONGEST_RULE:
        raise ValueError(f"A rule has at most {_LONGEST_RULE} letters.")
    pairs = [part.partition("=") for part in rule.strip().upper().removeprefix("RRULE:").split(";") if part]
    parts = {name: value for name, _, value in pairs}
    strange = [name for name, equals, value in pairs if name not in _PARTS or not equals or not value]
    if strange and strange[0] in _FREQUENCIES:
        raise ValueError(f"{strange[0]!r} alone is no rule; write FREQ={strange[0]}.")
    if strange:
        raise ValueError(f"{strange[0][:20]!r} is no part of a rule ({_RFC}).")
    if len(parts) != len(pairs):
        raise ValueError(f"A part of the rule {rule[:80]!r} is there twice.")
    if parts.get("FREQ", "") not in _FREQUENCIES:
        raise ValueError("A rule needs a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY.")
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not (parts[name].isascii() and parts[name].isdigit() and 0 < int(parts[name]) < 100_000):
            raise ValueError(f"{name} must be a whole number above 0.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError(f"A rule has COUNT or UNTIL, not both ({_RFC}).")
    return parts


def _until(text: str, zone: ZoneInfo) -> datetime:
    """Last time that a rule may come up, by the clock of its zone."""
    if not text:
        return _NO_END
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            last = datetime.strptime(text, form)  # noqa: DTZ007 - what a clock on a wall shows has no zone
        except ValueError:
            continue
        try:
            if form.endswith("Z"):
                return local(last.replace(tzinfo=UTC).timestamp(), zone)
            return last + timedelta(days=1, seconds=-1) if form == "%Y%m%d" else last
        except OverflowError:
            break  # the first and the last day that there are, seen from elsewhere
    raise ValueError(f"UNTIL={text[:20]} is no date or time ({_RFC}).")
