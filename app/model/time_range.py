"""A span of time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Half-open span ``[start, end)`` in seconds UTC."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Length of the span."""
        return self.end - self.start
