"""What may travel: the readers of a station, asked before anything is kept that could not leave.

Our own store takes more than a bundle may hold. One odd character that was kept would stand in every
bundle cut from then on, and each would be refused.
"""

from dataclasses import replace

from app.bundle.fields import as_prose
from app.bundle.parts import (
    AHEAD_SECONDS,
    EVENT_LENGTHS,
    LABEL_LENGTH,
    MOST_LABELS,
    Bounds,
    PartRefused,
    check_key,
    event_lines,
    read_events,
)
from app.model.event import Event
from app.model.marking import Level
from app.model.metrics import COUNTED
from app.model.sample import Series


def travels(series: Series, enclave: str) -> bool:
    """Whether a station would take the names and labels of a series as those of an enclave."""
    try:
        check_key(series.key, series.group)
    except (ValueError, TypeError):
        return False
    return series.key.label("enclave") == enclave


def until_now(series: Series, now: float) -> Series:
    """The samples that a bundle made now may hold: none from before 1970 or from the future."""
    kept = (series.time >= 0) & (series.time < now + AHEAD_SECONDS)
    return series if kept.all() else replace(series, time=series.time[kept], value=series.value[kept])


def not_below_zero(series: Series) -> Series:
    """The samples that can be so many of something, where a series counts: a count below zero is none."""
    if series.key.metric not in COUNTED:
        return series
    kept = ~(series.value < 0.0)
    return series if kept.all() else replace(series, time=series.time[kept], value=series.value[kept])


def travelling_event(event: Event) -> Event | None:
    """The event as it may travel: odd characters as their escapes, what is too long cut; None where that won't do."""
    fitting = Event(
        kind=event.kind,
        start=event.start,
        end=None if event.end is None else max(event.start, event.end),
        labels=tuple((as_prose(name, LABEL_LENGTH), as_prose(value, LABEL_LENGTH)) for name, value in event.labels)[
            :MOST_LABELS
        ],
        **{name: as_prose(getattr(event, name), most) for name, most in EVENT_LENGTHS.items()},
    )
    try:
        lines = [line.removesuffix(b"\n") for line in event_lines([fitting])]
        (read,) = read_events(lines, Bounds(fitting.enclave, Level.U, event.start))
    except (PartRefused, ValueError):
        return None
    return read
