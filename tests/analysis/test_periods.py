"""Periods against dates worked out by hand, with the offset of the zone written beside them."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from app.analysis.periods import mean_length, parse_period, period_at
from app.analysis.wall_clock import instant, local, midnight, moments, zone_of
from app.model.objective import Window
from app.model.time_range import TimeRange

HOUR = 3600.0
DAY = 24 * HOUR


def at(year, month, day, hour=0, minute=0, offset=0.0):
    return datetime(year, month, day, hour, minute, tzinfo=timezone(timedelta(hours=offset))).timestamp()


NOW = at(2026, 11, 12, 14, 32)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-10", at(2026, 10, 1, offset=-4), at(2026, 11, 1, offset=-4)),
        ("2026-11", at(2026, 11, 1, offset=-4), at(2026, 12, 1, offset=-5)),
        ("2026-Q4", at(2026, 10, 1, offset=-4), at(2027, 1, 1, offset=-5)),
        ("2026", at(2026, 1, 1, offset=-5), at(2027, 1, 1, offset=-5)),
        ("2026-W53", at(2026, 12, 28, offset=-5), at(2027, 1, 4, offset=-5)),
        ("2026-11-01", at(2026, 11, 1, offset=-4), at(2026, 11, 2, offset=-5)),
        ("30d", NOW - 30 * DAY, NOW),
        ("12h", NOW - 12 * HOUR, NOW),
        ("4w", NOW - 28 * DAY, NOW),
    ],
)
def test_that_periods_are_read_as_people_write_them(text, start, end):
    found = parse_period(text, "America/New_York", NOW)
    assert (found.name, found.span) == (text, TimeRange(start, end))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026-Q5",
        "2026-W54",
        "2025-W53",
        "2025-02-29",
        "0d",
        "d",
        "99999d",
        "-30d",
        "9999",
        "2026-10 ; x",
    ],
)
def test_that_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        parse_period(text, "UTC", NOW)


def test_that_an_unknown_zone_is_refused_by_name():
    for name in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(ValueError, match="no time zone named"):
            parse_period("2026-10", name, NOW)


def test_that_days_have_23_and_25_hours_where_the_clock_changes():
    assert parse_period("2026-03-08", "America/New_York", NOW).span.seconds == 23 * HOUR
    assert parse_period("2026-11-01", "America/New_York", NOW).span.seconds == 25 * HOUR
    assert parse_period("2026-10", "Europe/Berlin", NOW).span.seconds == 31 * DAY + HOUR
    assert parse_period("2026-04-05", "Australia/Lord_Howe", NOW).span.seconds == 24.5 * HOUR  # half an hour there


def test_that_a_day_begins_where_there_is_no_midnight():
    # clocks in Beirut went from 00:00 to 01:00 on 27 March 2022: that day began at 01:00
    zone = zone_of("Asia/Beirut")
    assert midnight(date(2022, 3, 27), zone) == at(2022, 3, 27, 0, offset=2)
    assert local(midnight(date(2022, 3, 27), zone), zone).hour == 1


def test_that_a_skipped_time_is_the_change_itself_and_a_double_one_has_two_moments():
    zone = zone_of("America/New_York")
    change = at(2026, 3, 8, 2, offset=-5)
    assert instant(datetime.fromisoformat("2026-03-08T02:30"), zone) == change
    assert instant(datetime.fromisoformat("2026-03-08T02:30"), zone, last=True) == change
    assert instant(datetime.fromisoformat("2026-11-01T01:30"), zone) == at(2026, 11, 1, 1, 30, offset=-4)
    assert instant(datetime.fromisoformat("2026-11-01T01:30"), zone, last=True) == at(2026, 11, 1, 1, 30, offset=-5)


def test_that_a_time_is_shown_once_or_twice_or_never():
    # New York in 2026: forward at 02:00 on 8 March, back at 02:00 on 1 November
    zone = zone_of("America/New_York")
    assert moments(datetime.fromisoformat("2026-03-08T01:59:59.999999"), zone) == [at(2026, 3, 8, 7) - 1e-6]
    assert moments(datetime.fromisoformat("2026-03-08T02:00"), zone) == []
    assert moments(datetime.fromisoformat("2026-03-08T02:59:59"), zone) == []
    assert moments(datetime.fromisoformat("2026-03-08T03:00"), zone) == [at(2026, 3, 8, 7)]
    assert moments(datetime.fromisoformat("2026-11-01T00:59"), zone) == [at(2026, 11, 1, 4, 59)]
    assert moments(datetime.fromisoformat("2026-11-01T01:30"), zone) == [at(2026, 11, 1, 5, 30), at(2026, 11, 1, 6, 30)]
    assert moments(datetime.fromisoformat("2026-11-01T02:00"), zone) == [at(2026, 11, 1, 7)]


def test_that_leap_years_have_a_29th_of_february():
    assert parse_period("2028-02", "UTC", NOW).span.seconds == 29 * DAY
    assert parse_period("2100-02", "UTC", NOW).span.seconds == 28 * DAY
    assert parse_period("2028-02-29", "UTC", NOW).span.seconds == DAY
    assert parse_period("2028", "UTC", NOW).span.seconds == 366 * DAY


def test_that_the_part_still_to_come_is_told():
    november = parse_period("2026-11", "UTC", NOW)
    assert november.so_far(NOW) == TimeRange(at(2026, 11, 1), NOW)
    assert november.ahead(NOW) == TimeRange(NOW, at(2026, 12, 1))
    assert not november.is_over(NOW)
    october = parse_period("2026-10", "UTC", NOW)
    assert (october.ahead(NOW).seconds, october.so_far(NOW).seconds) == (0.0, 31 * DAY)
    assert october.is_over(at(2026, 11, 1))
    assert parse_period("2026-12", "UTC", NOW).so_far(NOW).seconds == 0.0


def test_that_a_contract_month_begins_on_its_own_day():
    window = Window("calendar", unit="month", zone="UTC", start=date(2026, 1, 31))
    found = back_from(window, at(2026, 4, 1), 3)
    assert [one.name for one in found] == [
        "2026-01-31 to 2026-02-27",
        "2026-02-28 to 2026-03-30",
        "2026-03-31 to 2026-04-29",
    ]
    assert all(one.span.end == other.span.start for one, other in pairwise(found))


def test_that_several_units_are_aligned_to_the_start_on_both_sides_of_it():
    window = Window("calendar", unit="week", count=2, zone="UTC", start=date(2026, 11, 2))
    assert period_at(window, at(2026, 11, 15)).name == "2026-11-02 to 2026-11-15"
    assert period_at(window, at(2026, 11, 1)).name == "2026-10-19 to 2026-11-01"
    assert period_at(Window("calendar", unit="week"), at(2026, 11, 12)).name == "2026-W46"


def back_from(window, moment, count):
    """The periods up to the one of a moment, in order, each found by the last second before the one after it."""
    found = [period_at(window, moment)]
    while len(found) < count:
        found.insert(0, period_at(window, found[0].span.start - 1.0))
    return found


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_that_calendar_periods_leave_no_gap(unit):
    window = Window("calendar", unit=unit, zone="America/New_York")
    found = back_from(window, NOW, 15)
    assert found[-1].span.start <= NOW < found[-1].span.end
    assert all(one.span.end == other.span.start for one, other in pairwise(found))
    assert [parse_period(one.name, "America/New_York", NOW) for one in found] == found


def test_that_a_rolling_window_ends_now():
    found = period_at(Window("rolling", seconds=30 * DAY), NOW)
    assert (found.name, found.span) == ("30d", TimeRange(NOW - 30 * DAY, NOW))


def test_that_the_mean_length_of_a_window_does_not_hang_on_the_day():
    assert mean_length(Window("rolling", seconds=28 * DAY)) == 28 * DAY
    assert mean_length(Window("calendar", unit="week", count=2)) == 14 * DAY
    # 4,800 months of 400 years have 146,097 days
    assert mean_length(Window("calendar", unit="month")) == pytest.approx(146_097 * DAY / 4800)
    assert mean_length(Window("calendar", unit="quarter")) == pytest.approx(146_097 * DAY / 1600)
    assert mean_length(Window("calendar", unit="year")) == pytest.approx(365.2425 * DAY)
    with pytest.raises(ValueError, match="needs a unit"):
        mean_length(Window("calendar"))


def test_that_a_window_without_length_is_refused():
    for window in (
        Window("rolling"),
        Window("rolling", seconds=-1.0),
        Window("calendar"),
        Window("calendar", unit="day", count=0),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            period_at(window, NOW)


def test_that_moments_far_back_are_read():
    assert local(at(1971, 1, 1), zone_of("UTC")) == datetime(1971, 1, 1, tzinfo=UTC).replace(tzinfo=None)
