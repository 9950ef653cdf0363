"""Periods that objectives are judged over: months by the calendar of a zone, or the last so many days."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.analysis.wall_clock import local, midnight, zone_of
from app.model.objective import Unit, Window
from app.model.time_range import TimeRange

_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_SECONDS: Final = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_MEAN_YEAR: Final = 365.2425 * 86400.0
"""Seconds; 400 years of the Gregorian calendar have 146,097 days."""
_MONDAY: Final = date(1970, 1, 5)
_FIRST: Final = date(1970, 1, 1)
_FORMS: Final = "2026, 2026-Q4, 2026-10, 2026-W41, 2026-10-12, 30d, 12h or 4w"
_YEARS: Final = (1971, 2199)
_LONGEST: Final = 3660 * 86400.0


@dataclass(frozen=True, slots=True)
class Period:
    """A named span of time.

    `name` is ``2026-10``, ``2026-Q4``, ``2026-W41``, ``2026-10-12``, ``2026``, or says from when until when.
    """

    name: str
    span: TimeRange

    def so_far(self, now: float) -> TimeRange:
        """Part that is over at `now`, seconds UTC; without length where the period has not begun."""
        return TimeRange(self.span.start, min(max(now, self.span.start), self.span.end))

    def ahead(self, now: float) -> TimeRange:
        """Part that is still to come at `now`, seconds UTC; without length where the period is over."""
        return TimeRange(max(min(now, self.span.end), self.span.start), self.span.end)

    def is_over(self, now: float) -> bool:
        """Whether nothing of it is still to come."""
        return now >= self.span.end


def parse_period(text: str, zone: str, now: float) -> Period:
    """Read a period as people write it.

    Parameters
    ----------
    text
        A year, quarter, month, ISO week or day of the calendar in `zone`, or hours, days or weeks before `now`.
    zone
        IANA name.
    now
        Seconds UTC at which a span such as ``30d`` ends.

    Raises
    ------
    ValueError
        If it is none of these, or longer than ten years.
    """
    found = re.fullmatch(r"([1-9]\d{0,4})([hdw])", text.strip(), re.ASCII)
    if found:
        seconds = int(found[1]) * _SECONDS[found[2]]
        if seconds > _LONGEST:
            raise ValueError(f"The period {text!r} is longer than ten years.")
        return Period(text.strip(), TimeRange(now - seconds, now))
    unit, first = _calendar_day(text.strip())
    return _period(Window("calendar", unit=unit, zone=zone), first, zone_of(zone))


def _calendar_day(text: str) -> tuple[Unit, date]:
    """Unit and first day of a period of the calendar."""
    forms: dict[str, Unit] = {
        r"(\d{4})": "year",
        r"(\d{4})-Q([1-4])": "quarter",
        r"(\d{4})-(\d\d)": "month",
        r"(\d{4})-W(\d\d)": "week",
        r"(\d{4})-(\d\d)-(\d\d)": "day",
    }
    for form, unit in forms.items():
        found = re.fullmatch(form, text, re.ASCII)
        if not found:
            continue
        year, *rest = (int(part) for part in found.groups())
        if not _YEARS[0] <= year <= _YEARS[1]:
            raise ValueError(f"The year {year} is not between {_YEARS[0]} and {_YEARS[1]}.")
        try:
            if unit == "week":
                return unit, date.fromisocalendar(year, rest[0], 1)
            if unit == "quarter":
                rest = [3 * rest[0] - 2]
            return unit, date(year, *[*rest, 1, 1][:2])
        except ValueError as fault:
            raise ValueError(f"The calendar has no {unit} {text!r}.") from fault
    raise ValueError(f"{text[:40]!r} is no period. Write {_FORMS}.")


def period_at(window: Window, moment: float) -> Period:
    """Period of a window that `moment` lies in, or that ends with it where the window is rolling.

    Raises
    ------
    ValueError
        If the window has no length, or its zone is unknown.
    """
    if window.kind == "rolling":
        seconds = window.seconds or 0.0
        if not seconds > 0.0:
            raise ValueError("A rolling window must be longer than nothing.")
        return Period(_length(seconds), TimeRange(moment - seconds, moment))
    zone = zone_of(window.zone)
    return _period(window, _begin(window, _index(window, local(moment, zone).date())), zone)


def mean_length(window: Window) -> float:
    """Seconds of a window, of a calendar's periods on average: for what must not hang on the day it is asked on.

    Raises
    ------
    ValueError
        If a calendar window has no unit.
    """
    if window.kind == "rolling":
        return window.seconds or 0.0
    days, months = _steps(window)
    return days * 86400.0 + months * _MEAN_YEAR / 12.0


def _length(seconds: float) -> str:
    return f"{seconds / 86400.0:g}d" if seconds >= 86400.0 else f"{seconds / 3600.0:g}h"


def _period(window: Window, first: date, zone: ZoneInfo) -> Period:
    after = _begin(window, _index(window, first) + 1)
    return Period(_name(window, first, after), TimeRange(midnight(first, zone), midnight(after, zone)))


def _name(window: Window, first: date, after: date) -> str:
    if window.count == 1:
        if window.unit == "day":
            return first.isoformat()
        if window.unit == "week" and first.weekday() == 0:
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}"
        if window.unit == "month" and first.day == 1:
            return f"{first:%Y-%m}"
        if window.unit == "quarter" and first.day == 1 and first.month % 3 == 1:
            return f"{first.year}-Q{first.month // 3 + 1}"
        if window.unit == "year" and (first.month, first.day) == (1, 1):
            return str(first.year)
    return f"{first} to {after - timedelta(days=1)}"


def _steps(window: Window) -> tuple[int, int]:
    """Days and months of one period, one of them 0."""
    if window.unit is None or window.count < 1:
        raise ValueError("A calendar window needs a unit and at least one of it.")
    return _DAYS.get(window.unit, 0) * window.count, _MONTHS.get(window.unit, 0) * window.count


def _anchor(window: Window) -> date:
    return window.start or (_MONDAY if window.unit == "week" else _FIRST)


def _begin(window: Window, index: int) -> date:
    """First day of the period that lies `index` periods after the anchor's.

    A period of months begins on the anchor's day, or on the last of a month that is shorter.
    """
    days, months = _steps(window)
    anchor = _anchor(window)
    if days:
        return anchor + timedelta(days=index * days)
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + index * months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def _index(window: Window, day: date) -> int:
    """How many periods after the anchor's the one lies that a day is part of."""
    days, months = _steps(window)
    anchor = _anchor(window)
    if days:
        return (day - anchor).days // days
    index = (12 * (day.year - anchor.year) + day.month - anchor.month) // months
    return index if _begin(window, index) <= day else index - 1
