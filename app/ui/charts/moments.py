"""Round moments of a time axis, in UTC: no clock change ever moves them, and months keep their length."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.model.time_range import TimeRange
from app.ui import words

_STEPS = (1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400)
_DAYS = (2, 3, 4, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_MONDAY = 4 * 86400.0
"""The first Monday after the epoch, seconds UTC."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment and its label; `strong` where a new day (or year) begins among smaller steps."""

    moment: float
    label: str
    strong: bool = False


def ticks(span: TimeRange, most: int) -> list[Tick]:
    """Labels for `span`, at most about `most` of them."""
    least = span.seconds / max(1, most)
    for step in _STEPS:
        if step >= least:
            return [_tick(moment, step) for moment in _every(span, step, 0.0)]
    for days in _DAYS:
        if days * 86400 >= least:
            return [Tick(moment, _day(moment)) for moment in _every(span, days * 86400.0, _MONDAY)]
    months = next((count for count in _MONTHS if count * 28 * 86400 >= least), _MONTHS[-1])
    return _month_ticks(span, months)


def _every(span: TimeRange, step: float, origin: float) -> list[float]:
    first = -((origin - span.start) // step)
    every = (origin + (first + number) * step for number in range(int((span.end - origin) // step - first) + 1))
    return [moment for moment in every if moment >= span.start]  # the difference above may have rounded a start away


def _tick(moment: float, step: int) -> Tick:
    if moment % 86400 == 0:
        return Tick(moment, _day(moment), strong=step < 86400)
    return Tick(moment, words.clock(moment) if step >= 60 else words.clock_seconds(moment)[:8])


def _day(moment: float) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {day:%b}"


def _month_ticks(span: TimeRange, months: int) -> list[Tick]:
    first = datetime.fromtimestamp(span.start, UTC)
    number = (first.year * 12 + first.month - 1) // months * months
    found: list[Tick] = []
    while True:
        day = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        moment = day.timestamp()
        if moment > span.end:
            return found
        if moment >= span.start:
            year = day.month == 1
            found.append(Tick(moment, f"{day:%Y}" if year else f"{day:%b}", strong=year and months < 12))
        number += months
