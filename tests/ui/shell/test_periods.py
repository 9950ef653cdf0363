"""The period control: what it offers, steps to, remembers, and refuses."""

from datetime import UTC, datetime

import pytest

from app.ui.shell.periods import THIS_MONTH, asked, beside, choice, choices, is_period


def at(year, month, day):
    return datetime(year, month, day, 12, tzinfo=UTC).timestamp()


def test_that_the_current_month_goes_on_with_the_calendar():
    assert asked(THIS_MONTH, at(2026, 11, 28)) == "2026-11"
    assert asked(THIS_MONTH, at(2027, 1, 1)) == "2027-01"
    assert choice(THIS_MONTH, at(2026, 11, 28))[1:] == ("November 2026", "Nov\u00a02026")


def test_that_months_quarters_years_and_days_are_offered_newest_first():
    offered = [one.period for one in choices(THIS_MONTH, at(2026, 2, 3))]
    months = ["", "2026-01", "2025-12", "2025-11", "2025-10", "2025-09"]
    assert offered == [*months, "2026-Q1", "2025-Q4", "2025-Q3", "2026", "2025", "7d", "30d", "90d", "365d"]


def test_that_what_is_chosen_is_among_what_is_offered():
    assert choices("2024-03", at(2026, 2, 3))[0] == choice("2024-03", at(2026, 2, 3))


@pytest.mark.parametrize(
    ("period", "step", "found"),
    [
        ("", -1, "2026-01"),
        ("2026-01", -1, "2025-12"),
        ("2026-01", 1, ""),
        ("", 1, ""),
        ("2026-Q1", -1, "2025-Q4"),
        ("2026-Q1", 1, "2026-Q1"),
        ("2025-Q4", 1, "2026-Q1"),
        ("2025", -1, "2024"),
        ("2026", 1, "2026"),
        ("1971", -1, "1971"),
        ("1971-Q1", -1, "1971-Q1"),
        ("30d", 1, "90d"),
        ("7d", -1, "7d"),
        ("1971-01", -1, "1971-01"),
    ],
)
def test_that_a_step_stays_within_its_kind_and_before_tomorrow(period, step, found):
    assert beside(period, at(2026, 2, 3), step) == found


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-Q5", "31d", "x", None, 3, "2026-11\n", "1970-12", "1970", "2026-", "9999-01"]
)
def test_that_what_is_no_period_is_not_taken(text):
    assert not is_period(text)
