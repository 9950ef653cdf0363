"""Service hours by the clock on the wall."""

from datetime import UTC, datetime

import pytest

from app.analysis.intervals import intersect, seconds, union
from app.analysis.service_hours import minutes_of, promised
from app.model.objective import ServiceHours
from app.model.time_range import TimeRange

HOUR = 3600.0
ALL = tuple(range(7))


def at(month, day, hour=0):
    return datetime(2026, month, day, hour, tzinfo=UTC).timestamp()


def hours_of(hours, start, end):
    return seconds(promised(hours, TimeRange(start, end))) / HOUR


def test_that_without_hours_everything_is_promised():
    assert hours_of(None, at(11, 1), at(12, 1)) == 720


def test_that_working_days_are_counted():
    # November 2026 begins on a Sunday: 21 working days of ten hours
    office = ServiceHours((0, 1, 2, 3, 4), "08:00", "18:00", "UTC")
    assert hours_of(office, at(11, 1), at(12, 1)) == 210
    assert promised(office, TimeRange(at(11, 2), at(11, 3))).tolist() == [[at(11, 2, 8), at(11, 2, 18)]]


def test_that_hours_keep_to_the_wall_when_the_clock_changes():
    office = ServiceHours(ALL, "08:00", "18:00", "Europe/Berlin")
    # 24 October is UTC+2, 26 October UTC+1
    assert promised(office, TimeRange(at(10, 24), at(10, 25)))[0].tolist() == [at(10, 24, 6), at(10, 24, 16)]
    assert promised(office, TimeRange(at(10, 26), at(10, 27)))[0].tolist() == [at(10, 26, 7), at(10, 26, 17)]


def test_that_a_night_shift_gains_and_loses_the_hour():
    night = ServiceHours((5,), "22:00", "06:00", "Europe/Berlin")  # begins on Saturdays
    assert hours_of(night, at(3, 28), at(3, 30)) == 7
    assert hours_of(night, at(10, 24), at(10, 26)) == 9
    assert hours_of(night, at(6, 6), at(6, 8)) == 8


def test_that_two_shifts_that_meet_cover_the_whole_day_however_the_clock_changes():
    early, late = (
        ServiceHours(ALL, "00:00", "02:30", "Europe/Berlin"),
        ServiceHours(ALL, "02:30", "24:00", "Europe/Berlin"),
    )
    for span in (TimeRange(at(3, 28), at(3, 31)), TimeRange(at(10, 24), at(10, 27))):
        both = union(promised(early, span), promised(late, span))
        assert both.tolist() == [[span.start, span.end]]
    spring = TimeRange(at(3, 28), at(3, 31))
    assert seconds(intersect(promised(early, spring), promised(late, spring))) == 0.0


def test_that_a_shift_that_ends_at_a_time_shown_twice_lasts_to_the_second():
    early = ServiceHours(ALL, "00:00", "02:30", "Europe/Berlin")
    # 25 October: from 22:00Z the evening before, and 02:30 is 00:30Z first and 01:30Z then
    assert hours_of(early, at(10, 24, 22), at(10, 25, 12)) == 3.5


def test_that_a_shift_of_the_day_before_reaches_into_the_span():
    night = ServiceHours((6,), "22:00", "06:00")  # Sunday 1 November
    assert promised(night, TimeRange(at(11, 2), at(11, 3))).tolist() == [[at(11, 2), at(11, 2, 6)]]


@pytest.mark.parametrize(
    "hours",
    [
        ServiceHours((), "08:00", "18:00"),
        ServiceHours((7,), "08:00", "18:00"),
        ServiceHours(ALL, "8:00", "18:00"),
        ServiceHours(ALL, "24:00", "18:00"),
        ServiceHours(ALL, "08:00", "24:01"),
        ServiceHours(ALL, "08:00", "18:00", "Mars/Olympus"),
    ],
)
def test_that_hours_that_are_none_are_refused(hours):
    with pytest.raises(ValueError, match=r"\w"):
        promised(hours, TimeRange(0.0, 86400.0))


def test_that_minutes_are_read():
    assert [minutes_of(text) for text in ("00:00", "08:05", "23:59", "24:00")] == [0, 485, 1439, 1440]
