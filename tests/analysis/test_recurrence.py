"""Exclusions that repeat, against dates worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

import pytest

from app.analysis.intervals import seconds, union
from app.analysis.recurrence import check_rule, occurrences, runs_together, upcoming
from app.model.objective import Exclusion
from app.model.time_range import TimeRange

HOUR = 3600.0


def at(month, day, hour=0, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


def window(start, hours, rule="", zone="UTC"):
    return Exclusion(
        "e1", "*", "*", "*", start, start + hours * HOUR, rule, zone, "planned", "exclude", "Patching", "CR-1", "A"
    )


YEAR = TimeRange(at(1, 1), at(1, 1, year=2027))


def test_that_one_window_is_cut_at_the_span():
    assert occurrences(window(at(1, 1) - HOUR, 3), YEAR).tolist() == [[at(1, 1), at(1, 1, 2)]]
    assert occurrences(window(at(1, 1, year=2028), 3), YEAR).tolist() == []


def test_that_a_window_every_second_tuesday_comes_up_twelve_times():
    # second Tuesdays of 2026 begin on 13 January
    found = occurrences(window(at(1, 13, 2), 4, "FREQ=MONTHLY;BYDAY=2TU"), YEAR)
    assert len(found) == 12
    assert found[-1].tolist() == [at(12, 8, 2), at(12, 8, 6)]
    assert seconds(found) == 48 * HOUR


def test_that_it_keeps_to_the_wall_and_to_its_length_across_a_change():
    # Sundays 01:00 to 04:00 in Berlin. The clock is put forward at 02:00 on 29 March and back at 03:00 on 25 October
    weekly = window(at(1, 4, 0), 3, "FREQ=WEEKLY;BYDAY=SU", "Europe/Berlin")
    starts = occurrences(weekly, YEAR)[:, 0].tolist()
    assert at(3, 22, 0) in starts
    assert at(3, 29, 0) in starts
    assert at(4, 4, 23) in starts
    assert at(10, 24, 23) in starts
    assert at(11, 1, 0) in starts
    assert seconds(occurrences(weekly, YEAR)) == 52 * 3 * HOUR


def test_that_a_skipped_time_counts_by_the_offset_from_before():
    # RFC 5545: 02:30 in New York on 8 March 2026 is read with -05:00 and is 03:30 by the clock
    daily = window(at(3, 7, 7, 30), 1, "FREQ=DAILY;COUNT=3", "America/New_York")
    assert occurrences(daily, YEAR)[:, 0].tolist() == [at(3, 7, 7, 30), at(3, 8, 7, 30), at(3, 9, 6, 30)]


def test_that_an_end_in_utc_and_an_end_by_the_wall_are_both_kept():
    def last(until):
        rule = window(at(11, 1, 17), 1, f"FREQ=DAILY;UNTIL={until}", "America/New_York")  # 12:00 by the wall
        return occurrences(rule, YEAR)[-1, 0]

    assert last("20261105T170000Z") == at(11, 5, 17)
    assert last("20261105T165959Z") == at(11, 4, 17)
    assert last("20261105T120000") == at(11, 5, 17)
    assert last("20261105") == at(11, 5, 17)


def test_that_february_29_comes_up_in_leap_years_only():
    rule = window(at(2, 29, year=2024), 1, "FREQ=YEARLY")
    found = occurrences(rule, TimeRange(at(1, 1, year=2024), at(1, 1, year=2033)))
    assert found[:, 0].tolist() == [at(2, 29, year=year) for year in (2024, 2028, 2032)]


def test_that_windows_that_overlap_are_there_once():
    one, other = window(at(5, 1), 4), window(at(5, 1, 2), 4)
    long = window(at(6, 1), 36, "FREQ=DAILY;COUNT=3")  # each reaches into the next
    either, turned = (union(occurrences(a, YEAR), occurrences(b, YEAR)) for a, b in ((one, other), (other, one)))
    assert seconds(either) == 6 * HOUR
    assert occurrences(long, YEAR).tolist() == [[at(6, 1), at(6, 4, 12)]]
    assert either.tolist() == turned.tolist()


@pytest.mark.parametrize(
    ("hours", "rule", "overlaps"),
    [
        (24, "FREQ=DAILY", False),  # though on 28 March 2027 the day of Berlin has 23 hours
        (24.5, "FREQ=DAILY", True),
        (24.5, "FREQ=DAILY;COUNT=1", False),
        (72, "FREQ=WEEKLY;BYDAY=TU,FR", False),
        (73, "FREQ=WEEKLY;BYDAY=TU,FR", True),
        (28 * 24, "FREQ=MONTHLY", False),
        (29 * 24, "FREQ=MONTHLY", True),  # from February to March
        (200, "FREQ=YEARLY", False),
        (200, "FREQ=HOURLY", False),  # no rule of ours
    ],
)
def test_that_occurrences_that_run_together_are_found_by_the_clock_on_the_wall(hours, rule, overlaps):
    # Tuesday 1 December 2026, 02:00 in Berlin
    assert runs_together(window(at(12, 1, 1), hours, rule, "Europe/Berlin")) is overlaps


@pytest.mark.parametrize(
    "rule",
    [
        "every Tuesday",
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY\nRRULE:FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=SU",  # the first occurrence is a Tuesday
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",  # never comes up
        "FREQ=DAILY;BYHOUR=2;BYSETPOS=9",  # nor does this
        "FREQ=DAILY;" + "BYMONTH=1;" * 60,
        "FREQ=DAILY;UNTIL=20260112",  # the day before the first occurrence
        "FREQ=DAILY;UNTIL=20260113T015959Z",
        "FREQ=YEARLY;BYDAY=TU,99SU",
        "FREQ=MONTHLY;BYDAY=TU,53MO",  # in January the year still has so many days left
        "FREQ=DAILY;BYHOUR=2,99999999999999999999",
    ],
)
def test_that_a_rule_that_cannot_be_followed_is_refused_at_once(rule):
    began = perf_counter()
    with pytest.raises(ValueError, match=r"\w"):
        check_rule(rule, at(1, 13, 2), "UTC")
    with pytest.raises(ValueError, match=r"\w"):
        occurrences(window(at(1, 13, 2), 1, rule), YEAR)
    assert perf_counter() - began < 3.0


def test_that_a_rule_may_not_come_up_without_bound():
    # every second of a day: 10,000 are reached before three hours are over
    every = ",".join(str(n) for n in range(60))
    rule = f"FREQ=DAILY;BYMINUTE={every};BYSECOND={every};BYHOUR=0,1,2"
    with pytest.raises(ValueError, match="more than"):
        occurrences(window(at(1, 1), 1 / HOUR, rule), YEAR)


@pytest.mark.parametrize(
    ("until", "zone"), [("99991231T235959Z", "Pacific/Kiritimati"), ("00010101T000000Z", "America/New_York")]
)
def test_that_an_end_beyond_the_calendar_of_its_zone_is_no_date(until, zone):
    with pytest.raises(ValueError, match="is no date or time"):
        check_rule(f"FREQ=DAILY;UNTIL={until}", at(1, 13, 2), zone)
    check_rule("FREQ=DAILY;UNTIL=99991231", at(1, 13, 2), zone)


def test_that_a_rule_that_would_outgrow_the_bound_in_ten_years_is_refused_when_it_is_asked_for():
    # 10,000 mornings and evenings are 13 years and 8 months; with noon they are 9 years
    check_rule("FREQ=DAILY;BYHOUR=2,20", at(1, 13, 2), "UTC")
    with pytest.raises(ValueError, match="more than 10,000 times; end it sooner"):
        check_rule("FREQ=DAILY;BYHOUR=2,12,20", at(1, 13, 2), "UTC")
    check_rule("FREQ=DAILY;BYHOUR=2,12,20;UNTIL=20350113", at(1, 13, 2), "UTC")
    check_rule("FREQ=DAILY;BYHOUR=2,12,20;COUNT=10000", at(1, 13, 2), "UTC")


def test_that_a_rule_cannot_begin_at_the_second_of_two_equal_times():
    # 25 October 2026 in Berlin: 02:30 is shown at 00:30 and again at 01:30 UTC
    with pytest.raises(ValueError, match="02:30 for the second time"):
        check_rule("FREQ=WEEKLY", at(10, 25, 1, 30), "Europe/Berlin")
    check_rule("FREQ=WEEKLY", at(10, 25, 0, 30), "Europe/Berlin")
    check_rule("FREQ=WEEKLY", at(10, 25, 0, 30) + 0.75, "Europe/Berlin")


def test_that_the_next_occurrences_are_told_one_by_one():
    weekly = window(at(1, 13, 2), 4, "FREQ=WEEKLY;COUNT=4")  # 13, 20, 27 January, 3 February

    def starts(after, count=5, of=weekly):
        return [span.start for span in upcoming(of, after, count)]

    days = [at(1, 13, 2), at(1, 20, 2), at(1, 27, 2), at(2, 3, 2)]
    assert starts(0.0) == days
    assert starts(0.0, 2) == days[:2]
    assert starts(at(1, 20, 5, 59)) == days[1:]  # it still runs
    assert starts(at(1, 20, 6)) == days[2:]  # it does no more
    assert starts(at(2, 3, 6)) == []
    assert {span.seconds for span in upcoming(weekly, 0.0, 5)} == {4 * HOUR}
    assert starts(0.0, of=window(at(5, 1), 1)) == [at(5, 1)]
    assert starts(at(5, 1, 1), of=window(at(5, 1), 1)) == []
    daily = window(at(6, 1), 36, "FREQ=DAILY;COUNT=3")  # each reaches into the next
    assert starts(at(6, 2, 6), of=daily) == [at(6, 1), at(6, 2), at(6, 3)]
    with pytest.raises(ValueError, match="more than 10,000"):
        starts(at(1, 1, year=2060), of=window(at(1, 1), 1, "FREQ=DAILY"))


def test_that_looking_for_a_day_that_hardly_ever_comes_ends_soon():
    # a leap day that is a Tuesday, in 2028 and then each 28 years
    rare = window(at(2, 29, year=2028), 1, "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU")
    began = perf_counter()
    found = upcoming(rare, at(1, 1, year=2030), 50)
    assert perf_counter() - began < 3.0
    # 2100 is no leap year, and the cycle begins anew
    assert [datetime.fromtimestamp(span.start, UTC).year for span in found] == [2056, 2084, 2124, 2152, 2180]


def test_that_a_rule_is_read_with_its_name_and_in_small_letters():
    check_rule("RRULE:freq=weekly;byday=tu", at(1, 13, 2), "UTC")


def test_that_an_exclusion_without_length_is_refused():
    with pytest.raises(ValueError, match="end after it begins"):
        occurrences(window(at(1, 1), 0), YEAR)
    with pytest.raises(ValueError, match="no time zone"):
        occurrences(window(at(1, 13), 1, "FREQ=DAILY", "Mars/Olympus"), YEAR)


def test_that_only_an_approved_exclusion_stands():
    asked = window(at(1, 1), 1)
    assert not asked.stands
    assert replace(asked, approved_by="B").stands
    assert not replace(asked, approved_by="B", withdrawn=True).stands
