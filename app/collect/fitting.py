"""Fitting what sources gave to what may travel, before it is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.bundle.travel import not_below_zero, travelling_event, travels, until_now
from app.collect.health import Attempt
from app.model.event import Event
from app.model.sample import Series

_MOST_NAMED = 10


def fitted(attempt: Attempt, enclave: str, now: float) -> Attempt:
    """Leave out the series and samples that could not travel, and say so in an event of the source."""
    going = [one for one in attempt.series if travels(one, enclave)]
    due = [until_now(one, now) for one in going]
    counted = [not_below_zero(one) for one in due]
    left = {
        "names or labels that cannot be sent": set(attempt.series) - set(going),
        "samples later than now, or before 1970": {
            one for one, kept in zip(going, due, strict=True) if kept is not one
        },
        "counts below zero": {one for one, kept in zip(due, counted, strict=True) if kept is not one},
    }
    told = [
        _left_out(attempt, enclave, place, f"left out {why}, of: {_names(series)}")
        for place, (why, series) in enumerate(left.items())
        if series
    ]
    return replace(attempt, series=tuple(one for one in counted if one.time.size), events=(*attempt.events, *told))


def fitting_events(events: Iterable[Event]) -> Sequence[Event]:
    """The events as they may travel; what no mending makes fit is left out."""
    return [fitting for event in events if (fitting := travelling_event(event)) is not None]


def _left_out(attempt: Attempt, enclave: str, place: int, text: str) -> Event:
    at = attempt.window.end
    key = f"{attempt.source}/left-out/{place}"
    return Event(enclave, "collection", key, attempt.source, at, at, f"{attempt.source}: {text}", (("class", "data"),))


def _names(series: Iterable[Series]) -> str:
    """Their metrics, without repeats: the odd value itself is not told on."""
    names = sorted({one.key.metric for one in series})
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
