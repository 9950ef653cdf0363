"""How the collecting itself goes: what the store remembers of each source, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.errors import SourceError
from app.model.event import Event
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.store.database import Reader
from app.store.events import events
from app.store.samples import find_series, read_series

UP = "collection_up"


@dataclass(frozen=True, slots=True)
class Past:
    """What the store remembers of one source.

    `read_until` is the newest step that was read, seconds UTC, None if there never was one; `down` the
    event of the failure that still lasts.
    """

    read_until: float | None
    down: Event | None


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One source in one run: what it gave, or why it gave nothing. `seconds` is how long it took."""

    source: str
    window: TimeRange
    series: tuple[Series, ...]
    events: tuple[Event, ...]
    seconds: float
    error: SourceError | None = None

    @property
    def samples(self) -> int:
        """Number of samples read."""
        return sum(len(one.time) for one in self.series)


def recall(reader: Reader, enclave: str, source: str, span: TimeRange) -> Past:
    """Look up when a source was last read within `span`, and whether it is failing."""
    refs = find_series(reader, UP, {"enclave": enclave, "source": source})
    until: float | None = None
    for series in read_series(reader, refs, span):
        good = series.time[series.value == 1]
        if len(good):
            until = max(until or 0.0, float(good[-1]))
    lasting = [
        event
        for event, _ in events(reader, None, ("collection",), enclave)
        if event.end is None and event.subject == source
    ]
    return Past(until, lasting[-1] if lasting else None)


def own_series(enclave: str, attempt: Attempt, step: float) -> tuple[Series, ...]:
    """Health of one attempt, at the last step that it was to read."""
    time = np.array([attempt.window.end - step])
    up = 0.0 if attempt.error else 1.0
    values = {
        UP: up,
        "collection_duration_seconds": attempt.seconds,
        "collection_samples": float(attempt.samples),
    }
    group = f"{attempt.source}/collection"
    return tuple(
        Series(SeriesKey.of(metric, {"enclave": enclave, "source": attempt.source}), time, np.array([value]), group)
        for metric, value in values.items()
    )


def own_events(enclave: str, attempt: Attempt, past: Past, now: float) -> Sequence[Event]:
    """Event of a failure that begins, lasts or has just ended; none while all is well."""
    if attempt.error is None:
        return [replace(past.down, end=now)] if past.down else []
    labels = (("class", attempt.error.kind),)
    text = attempt.error.message
    if past.down:
        return [replace(past.down, text=text, labels=labels)]
    key = f"{attempt.source}/down/{round(now)}"
    return [Event(enclave, "collection", key, attempt.source, now, None, text, labels)]
