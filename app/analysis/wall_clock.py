"""From the clock on a wall to seconds UTC, where clocks are put forward and back."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> ZoneInfo:
    """Zone of an IANA name.

    Raises
    ------
    ValueError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError(f"There is no time zone named {name[:60]!r}.") from fault


def local(moment: float, zone: ZoneInfo) -> datetime:
    """What the clock of a zone shows at `moment`, seconds UTC, as a time without a zone."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)).astimezone(zone).replace(tzinfo=None)


def instant(shown: datetime, zone: ZoneInfo, *, last: bool = False) -> float:
    """Moment at which the clock of a zone shows a time, seconds UTC.

    A time that is shown twice is the first of the two, or the second if `last`. For one that is skipped it is the
    moment at which the clock is put forward: what begins or ends at 02:30 begins or ends when that has passed.
    """
    found = _seconds(shown, zone, fold=int(last))
    if local(found, zone) == shown:
        return found
    # skipped: by the offset from before it lies after the change, by the one from after it before the change
    low, high = sorted((_seconds(shown, zone, fold=1), _seconds(shown, zone, fold=0)))
    before = _offset(low, zone)
    while high - low > 1.0:
        middle = (low + high) // 2.0
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def moments(shown: datetime, zone: ZoneInfo) -> list[float]:
    """Every moment at which the clock of a zone shows a time, seconds UTC, in order.

    One; two where the clock is put back over it, none where it is put forward over it.
    """
    either = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return sorted({one.timestamp() for one in either if one.astimezone(zone).replace(tzinfo=None) == shown})


def by_offset_before(shown: datetime, zone: ZoneInfo) -> float:
    """Moment of a time as iCalendar reads it, seconds UTC: one that is skipped counts by the offset from before.

    RFC 5545, 3.3.5: of a time that occurs twice the first is meant, and one that does not occur is "interpreted
    using the UTC offset before the gap".
    """
    return _seconds(shown, zone, fold=0)


def midnight(day: date, zone: ZoneInfo) -> float:
    """Moment at which a day begins in a zone, seconds UTC."""
    return instant(datetime.combine(day, time()), zone)


def _seconds(shown: datetime, zone: ZoneInfo, fold: int) -> float:
    return shown.replace(tzinfo=zone, fold=fold).timestamp()


def _offset(moment: float, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(moment, zone).utcoffset()
