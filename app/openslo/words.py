"""Short texts inside a document: lengths of time, service hours, times by severity."""

import re
from datetime import date
from typing import Final

from app.model.objective import ServiceHours, Unit, Window
from app.openslo.document import Field

_FIXED: Final = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_CALENDAR: Final[dict[str, Unit]] = {"d": "day", "w": "week", "M": "month", "Q": "quarter", "Y": "year"}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = re.compile(r"(\S+)\s+(\d\d:\d\d)\s*-\s*(\d\d:\d\d)(?:\s+(\S+))?")


def seconds_of(field: Field) -> float:
    """Read a length of time such as ``5m``, ``6h``, ``30d`` or ``4w``."""
    found = re.fullmatch(r"(\d{1,9})([mhdw])", field.text())
    if not found:
        hint = "A month and longer has no fixed length." if field.text()[-1:] in "MQY" else ""
        field.refuse(f"{field.text()[:40]!r} is no length of time; write for example 5m, 6h, 30d, 4w", hint)
    return int(found[1]) * _FIXED[found[2]]


def calendar_window(duration: Field, zone: str, start: Field) -> Window:
    """Window of whole calendar periods.

    A start that is where the calendar's own units begin says nothing more. One that is not (a fiscal year from October)
    is kept, and the unit becomes the largest that does begin there.
    """
    found = re.fullmatch(r"(\d{1,6})([dwMQY])", duration.text())
    if not found:
        duration.refuse(f"{duration.text()[:40]!r} is no calendar period; write for example 1d, 1w, 1M, 1Q, 1Y")
    count, unit = int(found[1]), _CALENDAR[found[2]]
    told = re.fullmatch(r"(\d{4}-\d\d-\d\d)([T ]00:00(:00)?Z?)?", start.text())
    if not told:
        start.refuse(f"{start.text()[:40]!r} is no first day of a period; write YYYY-MM-DD 00:00:00, at midnight")
    try:
        first = date.fromisoformat(told[1])
    except ValueError:
        start.refuse(f"{told[1]!r} is no day of the calendar")
    if unit == "week" and first.weekday() != 0:
        return Window("calendar", unit="day", count=7 * count, zone=zone, start=first)
    if unit in {"month", "quarter", "year"} and first.day != 1:
        start.refuse(f"a {unit} cannot begin on day {first.day}", "Let it begin on the first of a month.")
    if (unit == "quarter" and first.month % 3 != 1) or (unit == "year" and first.month != 1):
        months = 3 if unit == "quarter" else 12
        return Window("calendar", unit="month", count=months * count, zone=zone, start=first)
    return Window("calendar", unit=unit, count=count, zone=zone, start=None if count == 1 else first)


def service_hours(field: Field) -> ServiceHours:
    """Read ``Mon-Fri 08:00-18:00 Europe/Berlin``; days may also be single (``Mon,Wed,Fri-Sun``), the zone left out."""
    found = _HOURS.fullmatch(field.text())
    if not found:
        field.refuse(
            f"{field.text()[:80]!r} are no service hours", "Write for example: Mon-Fri 08:00-18:00 Europe/Berlin"
        )
    days: set[int] = set()
    for part in found[1].split(","):
        first, dash, last = part.partition("-")
        for name in (first, last) if dash else (first,):
            if name not in _DAYS:
                field.refuse(f"{name[:40]!r} is no day of the week", f"Days are {', '.join(_DAYS)}.")
        begin = _DAYS.index(first)
        length = (_DAYS.index(last) - begin) % 7 if dash else 0
        days |= {(begin + step) % 7 for step in range(length + 1)}
    return ServiceHours(tuple(sorted(days)), found[2], found[3], found[4] or "UTC")


def times_by_severity(field: Field) -> dict[str, float]:
    """Read ``critical=15m, high=4h`` as seconds by severity."""
    told: dict[str, float] = {}
    for part in field.text().split(","):
        found = re.fullmatch(r"\s*([^\s=]+)\s*=\s*(\d{1,9})([mhdw])\s*", part)
        if not found:
            field.refuse(f"{part.strip()[:40]!r} is no time of a severity", "Write for example: critical=15m, high=4h")
        if found[1] in told:
            field.refuse(f"{found[1][:40]!r} stands here twice")
        told[found[1]] = int(found[2]) * _FIXED[found[3]]
    return told
