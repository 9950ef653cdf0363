import math

import numpy as np

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store.database import Damage
from app.store.reduced import Reduced
from app.ui.charts.line import Compared, make_line
from app.ui.charts.numbers import chart_sheet, long_sheet, within
from app.ui.charts.units import PLAIN, SECONDS, SHARE
from app.ui.sheet import Moment, plain
from tests.fakes.curves import line, raw

NAN = math.nan
# 2024-02-29T00:00:00Z is 19782 days after 1970-01-01
LEAP = 19782 * 86400.0
HOUR = TimeRange(LEAP, LEAP + 3600.0)


def written(sheet):
    """Rows as other programs read them."""
    return [[plain(cell) for cell in row] for row in sheet.rows]


def test_that_samples_stand_as_they_are_with_their_time_and_unit():
    shown = line([LEAP, LEAP + 60, LEAP + 120], [0.1, 0.25, 0.5], words="p95")
    sheet = chart_sheet("Latency", Level.S, [(shown, SECONDS)], TimeRange(LEAP, LEAP + 120.0))
    assert (sheet.title, sheet.level, sheet.heads) == ("Latency", Level.S, ("Time (UTC)", "p95 (seconds)"))
    assert written(sheet) == [
        ["2024-02-29T00:00:00Z", "0.1"],
        ["2024-02-29T00:01:00Z", "0.25"],
        ["2024-02-29T00:02:00Z", "0.5"],
    ]


def test_that_a_share_is_named_as_it_is_stored_and_a_count_without_unit():
    found = chart_sheet("x", Level.U, [(line([LEAP], [0.5], words="use"), SHARE), (line([LEAP], [3.0]), PLAIN)], HOUR)
    assert found.heads[:3] == ("Time (UTC)", "use (share of 1)", "p95")


def test_that_reduced_samples_stand_as_the_least_and_most_of_each_column():
    time = LEAP + 300.0 * np.arange(3)
    reduced = Reduced(time, np.array([1.0, 2.0, NAN]), np.array([4.0, 2.5, NAN]), 300.0, 15.0)
    shown = make_line("load", "series.1", reduced, LEAP + 899.0)
    sheet = chart_sheet("Load", Level.U, [(shown, PLAIN)], TimeRange(LEAP + 100.0, LEAP + 700.0))
    assert sheet.heads == ("From (UTC)", "load, least", "load, most", "Note")
    assert written(sheet) == [
        ["2024-02-29T00:00:00Z", "1", "4", ""],
        ["2024-02-29T00:05:00Z", "2", "2.5", ""],
        ["2024-02-29T00:10:00Z", "", "", ""],
        ["2024-02-29T00:10:00Z", "", "", "no data until 2024-02-29T00:11:40Z"],
    ]


def test_that_only_what_the_window_shows_is_in_it():
    shown = line(LEAP + 60.0 * np.arange(60), np.arange(60.0))
    sheet = chart_sheet("x", Level.U, [(shown, PLAIN)], TimeRange(LEAP + 600.0, LEAP + 720.0))
    assert [row[1] for row in sheet.rows] == [10.0, 11.0, 12.0]


def test_that_a_gap_is_a_row_that_says_until_when():
    time = [LEAP, LEAP + 60, LEAP + 600, LEAP + 660]
    sheet = chart_sheet("x", Level.U, [(line(time, [1.0, 2.0, 3.0, 4.0]), PLAIN)], TimeRange(LEAP, LEAP + 660.0))
    assert written(sheet) == [
        ["2024-02-29T00:00:00Z", "1", ""],
        ["2024-02-29T00:01:00Z", "2", ""],
        ["2024-02-29T00:01:00Z", "", "no data until 2024-02-29T00:10:00Z"],
        ["2024-02-29T00:10:00Z", "3", ""],
        ["2024-02-29T00:11:00Z", "4", ""],
    ]


def test_that_silence_before_and_after_is_a_row_too_and_never_a_number():
    sheet = chart_sheet("x", Level.U, [(line([LEAP + 600, LEAP + 660], [1.0, 2.0]), PLAIN)], HOUR)
    notes = [row[2] for row in written(sheet)]
    assert notes == ["no data until 2024-02-29T00:10:00Z", "", "", "no data until 2024-02-29T01:00:00Z"]
    assert [math.isnan(row[1]) for row in sheet.rows] == [True, False, False, True]


def test_that_a_line_that_never_said_anything_is_one_row_of_no_data():
    sheet = chart_sheet("x", Level.U, [(line([], []), PLAIN)], HOUR)
    assert written(sheet) == [["2024-02-29T00:00:00Z", "", "no data until 2024-02-29T01:00:00Z"]]


def test_that_what_cannot_be_read_says_why():
    damage = Damage(1, LEAP + 60.0, LEAP + 120.0, "a digest does not match")
    time = LEAP + 60.0 * np.arange(61)
    shown = make_line("p95", "series.1", raw(time, np.ones(61), damaged=(damage,)), float(time[-1]))
    sheet = chart_sheet("x", Level.U, [(shown, PLAIN)], HOUR)
    assert [row[-1] for row in sheet.rows if row[-1]] == ["a digest does not match until 2024-02-29T00:02:00Z"]


def test_that_lines_of_other_times_share_rows_where_they_agree_and_name_their_gaps():
    one = line([LEAP, LEAP + 60, LEAP + 120], [1.0, 2.0, 3.0], words="p50")
    other = line([LEAP + 60, LEAP + 120], [5.0, 6.0], interval=30.0, words="p95")
    sheet = chart_sheet("x", Level.U, [(one, PLAIN), (other, PLAIN)], TimeRange(LEAP, LEAP + 120.0))
    assert written(sheet) == [
        ["2024-02-29T00:00:00Z", "1", "", ""],
        ["2024-02-29T00:00:00Z", "", "", "p95: no data until 2024-02-29T00:01:00Z"],
        ["2024-02-29T00:01:00Z", "2", "5", ""],
        ["2024-02-29T00:01:00Z", "", "", "p95: no data until 2024-02-29T00:02:00Z"],
        ["2024-02-29T00:02:00Z", "3", "6", ""],
    ]


def test_that_nothing_is_said_of_time_that_nobody_asked_about():
    assert within(TimeRange(0.0, 100.0), TimeRange(20.0, 60.0)) == TimeRange(20.0, 60.0)
    assert within(TimeRange(0.0, 10.0), TimeRange(20.0, 60.0)).seconds == 0.0
    assert within(TimeRange(0.0, 10.0), TimeRange(-math.inf, -math.inf)).seconds == 0.0


def test_that_many_lines_stand_below_each_other_each_with_its_marking():
    lines = [
        Compared(line([LEAP], [1.0], words="a", newest=LEAP + 3600), SECONDS, Level.S),
        Compared(line([LEAP], [0.5], words="b"), SHARE, Level.U),
    ]
    sheet = long_sheet("Series", Level.S, lines, TimeRange(LEAP, LEAP + 60.0))
    assert sheet.heads == ("Series", "Marking", "Unit", "From (UTC)", "Least", "Most", "Note")
    assert written(sheet) == [
        ["a", "SECRET", "seconds", "2024-02-29T00:00:00Z", "1", "1", ""],
        ["b", "UNCLASSIFIED", "share of 1", "2024-02-29T00:00:00Z", "0.5", "0.5", ""],
    ]


def test_that_a_large_chart_is_told_in_well_under_a_second():
    count = 100_000
    time = LEAP + np.arange(count, dtype=float)
    lines = [(line(time, np.sin(time), 1.0, words=name), SECONDS) for name in ("p50", "p95")]
    sheet = chart_sheet("x", Level.U, lines, TimeRange(LEAP, LEAP + count))
    assert len(sheet.rows) == count
    assert isinstance(sheet.rows[7][0], Moment)
