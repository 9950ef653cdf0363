import math

import pytest

from app.ui import words

NAN = math.nan


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.612, "612 ms"), (2.31, "2 310 ms"), (0.0042, "4.2 ms"), (0.0, "0 ms"), (NAN, "no data")],
)
def test_that_latency_is_written_in_milliseconds(seconds, said):
    assert words.milliseconds(seconds).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.0461, "4.61 %"),
        (0.0, "0.00 %"),
        (0.00001, "<0.01 %"),
        (0.00005, "0.01 %"),
        (1.0, "100.00 %"),
        (NAN, "no data"),
    ],
)
def test_that_something_never_reads_as_nothing(ratio, said):
    assert words.percent(ratio).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (59.9, "59 s"), (60, "1 min"), (41 * 60, "41 min"), (3600, "1 h 00 m"),
        (3 * 3600 + 12 * 60, "3 h 12 m"), (47 * 3600, "47 h 00 m"), (48 * 3600, "2 d"), (-5, "0 s"), (NAN, "unknown"),
    ],
)  # fmt: skip
def test_that_ages_are_written_as_people_say_them(seconds, said):
    assert words.age(seconds).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(900, "every 15 min"), (3600, "every hour"), (7200, "every 2 h"), (86400, "every day"), (0, "no fixed cadence")],
)
def test_that_cadences_are_written_as_people_say_them(seconds, said):
    assert words.cadence(seconds).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (38_200_000, "38.2 MB"), (200_000_000_000, "200 GB"), (999_960, "1.0 MB")],
)
def test_that_sizes_are_decimal(count, said):
    assert words.size(count).replace("\u00a0", " ") == said


def test_that_numbers_are_grouped_and_minus_is_a_minus():
    assert words.grouped(1184).replace("\u00a0", " ") == "1 184"
    assert words.grouped(-1.5, 1) == "−1.5"


def test_that_p95_keeps_its_small_letter():
    assert words.capitalised("p95 1 184 ms") == "p95 1 184 ms"
    assert words.capitalised("error rate") == "Error rate"


def test_that_lists_are_joined_as_in_prose():
    assert [words.listed(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_that_moments_of_another_day_carry_their_day():
    noon = 1794484800.0  # 2026-11-12T12:00:00Z
    assert words.when(noon, noon + 3600) == "12:00"
    assert words.when(noon, noon + 86400) == "12 Nov 12:00"
    assert words.when(NAN, noon) == ""
    assert words.weekday_date(noon) == "Thu 12 Nov 2026"
