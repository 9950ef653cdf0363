"""The period that pages of commitments are about: months, quarters, years, and the last so many days."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from app.ui.words import GAP

THIS_MONTH = ""
"""The month of now, whichever that is: what is remembered goes on with the calendar."""
_MONTHS, _QUARTERS, _YEARS = 6, 3, 2
_FIRST = 1971
_ROLLING = (7, 30, 90, 365)
_FORM = re.compile(r"(197[1-9]|19[89]\d|20\d\d|21\d\d)(-0[1-9]|-1[0-2]|-Q[1-4]|)|(7|30|90|365)d")
_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class PeriodChoice(NamedTuple):
    """A choice of the period control: as commands write it, and in words."""

    period: str
    words: str
    short: str


def is_period(text: object) -> bool:
    """Whether the control can have this period."""
    return isinstance(text, str) and (text == THIS_MONTH or _FORM.fullmatch(text) is not None)


def asked(period: str, at: float) -> str:
    """The period as it is asked for at `at`, seconds UTC."""
    return period or _month(_index(at))


def choice(period: str, at: float) -> PeriodChoice:
    """A period in words."""
    written = asked(period, at)
    if written.endswith("d"):
        days = written[:-1]
        return PeriodChoice(period, f"Last {days} days", f"{days}{GAP}d")
    year, _, part = written.partition("-")
    if not part:
        return PeriodChoice(period, f"Year {year}", year)
    if part.startswith("Q"):
        return PeriodChoice(period, f"Quarter {part[1:]}, {year}", f"{part}{GAP}{year}")
    name = _NAMES[int(part) - 1]
    return PeriodChoice(period, f"{name} {year}", f"{name[:3]}{GAP}{year}")


def choices(period: str, at: float) -> list[PeriodChoice]:
    """Everything that can be chosen, newest first; what is chosen is always among it."""
    now = _index(at)
    months = [THIS_MONTH, *(_month(now - back) for back in range(1, _MONTHS))]
    quarters = [_quarter(now // 3 - back) for back in range(_QUARTERS)]
    years = [str(now // 12 - back) for back in range(_YEARS)]
    months[0] = period if period == _month(now) else THIS_MONTH  # whoever named it chose this one
    known = [*months, *quarters, *years, *(f"{days}d" for days in _ROLLING)]
    return [choice(one, at) for one in ([] if period in known else [period]) + known]


def beside(period: str, at: float, step: int) -> str:
    """The period before (-1) or after (1) one of its kind; the same where that would begin after `at`."""
    written = asked(period, at)
    if written.endswith("d"):
        place = _ROLLING.index(int(written[:-1])) + step
        return f"{_ROLLING[min(max(place, 0), len(_ROLLING) - 1)]}d"
    year, _, part = written.partition("-")
    if not part:
        number = int(year) + step
        return str(number) if _FIRST <= number <= _index(at) // 12 else period
    if part.startswith("Q"):
        number = int(year) * 4 + int(part[1:]) - 1 + step
        return _quarter(number) if _FIRST * 4 <= number <= _index(at) // 3 else period
    number = int(year) * 12 + int(part) - 1 + step
    if number >= _index(at):
        return THIS_MONTH
    return _month(number) if number >= _FIRST * 12 else period


def _index(at: float) -> int:
    """Number of the month of a moment, from the year 0."""
    moment = datetime.fromtimestamp(at, UTC)
    return moment.year * 12 + moment.month - 1


def _month(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02}"


def _quarter(number: int) -> str:
    return f"{number // 4}-Q{number % 4 + 1}"
