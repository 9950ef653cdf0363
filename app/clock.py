"""What time it is; the only module that asks the machine."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
END: Final = 7_258_118_400.0
"""Start of the year 2200, seconds UTC, where the calendar of this program ends."""


class Clock(Protocol):
    """Source of the present time."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()


@dataclass(slots=True)
class FrozenClock:
    """A clock that stands still until told otherwise: for ``--at`` and for tests."""

    at: float

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self.at


def to_iso(seconds: float) -> str:
    """Write seconds UTC as ISO 8601 with a Z, to the second or, where there are any, milliseconds."""
    moment = datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def from_iso(text: str) -> float:
    """Read an ISO 8601 time; one without a zone is taken as UTC.

    Raises
    ------
    ValueError
        If `text` is no ISO 8601 time, or not one between 1970 and 2199.
    """
    moment = datetime.fromisoformat(text)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        msg = f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}"
        raise ValueError(msg)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
