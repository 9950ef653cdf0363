"""When a service is promised at all."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.analysis.intervals import Intervals, intersect, spans, whole
from app.analysis.wall_clock import instant, local, zone_of
from app.model.objective import ServiceHours
from app.model.time_range import TimeRange


def promised(hours: ServiceHours | None, span: TimeRange) -> Intervals:
    """Time of a span that lies in the service hours; all of it where there are none.

    By the clock on the wall: a shift from 08:00 to 18:00 has ten hours on every day whose clock runs evenly, and one
    that a change of the clock falls into has an hour more or less. An hour that is shown twice is promised twice.

    Raises
    ------
    ValueError
        If a time, a day or the zone is none.
    """
    if hours is None:
        return whole(span)
    zone = zone_of(hours.zone)
    start, end = minutes_of(hours.start), minutes_of(hours.end)
    if start == 24 * 60:
        raise ValueError("A shift that begins at 24:00 begins at 00:00 of the day after.")
    if not hours.days or not set(hours.days) <= set(range(7)):
        raise ValueError("Service hours need days from 0, Monday, to 6, Sunday.")
    if end <= start:
        end += 24 * 60
    first = local(span.start, zone).date() - timedelta(days=1)
    count = (local(span.end, zone).date() - first).days + 1
    days = (first + timedelta(days=n) for n in range(count))
    shifts = [
        (_moment(day, start, zone, last=False), _moment(day, end, zone, last=True))
        for day in days
        if day.weekday() in hours.days
    ]
    return intersect(spans(shifts), whole(span))


def minutes_of(text: str) -> int:
    """Minutes from midnight to a time written ``HH:MM``, up to ``24:00``.

    Raises
    ------
    ValueError
        If it is no such time.
    """
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)|24:00", text, re.ASCII)
    if not found:
        raise ValueError(f"{text[:20]!r} is no time of a day. Write 08:00, or 24:00 for its end.")
    return 24 * 60 if found[1] is None else int(found[1]) * 60 + int(found[2])


def _moment(day: date, minutes: int, zone: ZoneInfo, *, last: bool) -> float:
    return instant(datetime.combine(day, time()) + timedelta(minutes=minutes), zone, last=last)
