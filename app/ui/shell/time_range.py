"""The visible range: one of seven, up to now."""

from typing import NamedTuple

from app.model.time_range import TimeRange


class Range(NamedTuple):
    """A choice of the time range control."""

    seconds: float
    words: str


RANGES = (
    Range(3600.0, "Last 1 hour"),
    Range(6 * 3600.0, "Last 6 hours"),
    Range(24 * 3600.0, "Last 24 hours"),
    Range(7 * 86400.0, "Last 7 days"),
    Range(30 * 86400.0, "Last 30 days"),
    Range(90 * 86400.0, "Last 90 days"),
    Range(396 * 86400.0, "Last 13 months"),
)
DEFAULT = 2


def until(at: float, chosen: Range) -> TimeRange:
    """The range that ends at `at`."""
    return TimeRange(at - chosen.seconds, at)
