"""Expected values are counted by hand on paper: slots are half-open, times in seconds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.grid import Fold, Grid, across, hold, newest, spark, trailing_sum

NAN = np.nan


def floats(*values):
    return np.array(values, dtype=np.float64)


def test_that_a_grid_ends_where_it_is_told_and_is_long_enough():
    assert Grid.ending(1000.0, 60.0, 120.0) == Grid(880.0, 60.0, 2)
    assert Grid.ending(1000.0, 60.0, 121.0) == Grid(820.0, 60.0, 3)
    assert Grid.ending(1000.0, 60.0, 0.0).count == 1


def test_that_a_slot_holds_its_start_and_not_its_end():
    placed = Grid(0.0, 60.0, 3).place(floats(0.0, 60.0, 119.999, 180.0), floats(1, 2, 3, 4))
    np.testing.assert_array_equal(placed, floats(1, 3, NAN))  # 180 is the first moment after the grid


def test_that_a_slot_without_a_sample_is_nan_and_so_is_one_whose_value_is_nan():
    placed = Grid(0.0, 60.0, 4).place(floats(0.0, 60.0, 180.0), floats(7, NAN, 0))
    np.testing.assert_array_equal(placed, floats(7, NAN, NAN, 0))


@pytest.mark.parametrize(
    ("fold", "expected"), [(Fold.LAST, 2.0), (Fold.SUM, 12.0), (Fold.LEAST, 1.0), (Fold.MOST, 9.0)]
)
def test_that_several_samples_of_one_slot_are_folded_as_told(fold, expected):
    assert Grid(0.0, 60.0, 1).place(floats(5, 20, 40), floats(9, 1, 2), fold)[0] == expected


def test_that_no_sample_falls_into_a_neighbours_slot_by_a_rounding_error():
    # 0.1 has no exact double: 1_790_000_000.1 + k * 0.1 wanders around the slot bounds
    start = 1_790_000_000.1
    time = np.array([round((start + k * 0.1) * 1000) / 1000 for k in range(1000)])
    placed = Grid(start, 0.1, 1000).place(time, np.arange(1000.0))
    np.testing.assert_array_equal(placed, np.arange(1000.0))


def test_that_a_late_scrape_stays_in_its_own_slot():
    # scraped at 58 s past each minute, one 3 s late; slots from minute to minute would lose it to the next one
    time = floats(58, 118, 181, 238, 298)
    base = Grid.ending(300.0, 60.0, 300.0)
    np.testing.assert_array_equal(np.isnan(base.place(time, time)), [False, False, True, False, False])
    np.testing.assert_array_equal(base.around(298.0).place(time, time), time)


@pytest.mark.parametrize(
    ("sample", "missing"),
    [(300.0, 0), (241.0, 0), (240.0, 0), (180.0, 0), (179.0, 1), (120.0, 1), (119.0, 2), (60.0, 2)],
)
def test_that_two_steps_of_silence_at_the_end_are_no_gap_and_more_is(sample, missing):
    grid = Grid.ending(300.0, 60.0, 300.0).around(sample)
    placed = grid.place(floats(sample), floats(1.0))
    assert placed.size == 5
    assert placed.size - 1 - int(np.flatnonzero(placed == 1.0)[0]) == missing


def test_that_versions_are_added_and_one_that_is_not_deployed_takes_nothing_away():
    old, new = floats(100, 90, NAN, NAN), floats(NAN, 10, 100, NAN)
    np.testing.assert_array_equal(across([old, new], Fold.SUM), floats(100, 100, 100, NAN))
    np.testing.assert_array_equal(across([old, new], Fold.MOST), floats(100, 90, 100, NAN))
    np.testing.assert_array_equal(across([old, new], Fold.LEAST), floats(100, 10, 100, NAN))


def test_that_nothing_cannot_be_folded():
    with pytest.raises(ValueError, match="nothing"):
        across([], Fold.SUM)


def test_that_a_trailing_sum_reaches_back_over_its_width_and_not_before_the_beginning():
    np.testing.assert_array_equal(trailing_sum(floats(1, 2, 3, 4, 5), 3), floats(1, 3, 6, 9, 12))
    np.testing.assert_array_equal(trailing_sum(floats(1, 2), 9), floats(1, 3))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.integers(1, 50))
def test_that_a_trailing_sum_is_what_adding_up_gives(values, width):
    expected = [sum(values[max(0, i - width + 1) : i + 1]) for i in range(len(values))]
    np.testing.assert_array_equal(trailing_sum(np.array(values, dtype=np.float64), width), expected)


def test_that_a_number_speaks_for_the_slots_after_it_and_not_for_longer():
    np.testing.assert_array_equal(hold(floats(NAN, 1, NAN, NAN, NAN, 0), 2), floats(NAN, 1, 1, 1, NAN, 0))


def test_that_the_newest_number_is_looked_for_in_the_last_slots_only():
    assert newest(floats(5, 6, NAN), 2) == 6.0
    assert np.isnan(newest(floats(5, NAN, NAN), 2))


def test_that_a_spark_keeps_a_single_peak_and_shows_a_gap():
    time = np.arange(0.0, 600.0, 10.0)
    value = np.ones(60)
    value[33] = 9.0  # at 330 s, in the fourth of six buckets
    keep = (time < 100) | (time >= 200)  # nothing in the second bucket
    np.testing.assert_array_equal(spark(time[keep], value[keep], 0.0, 600.0, 6), floats(1, NAN, 1, 9, 1, 1))


@given(st.integers(1, 200), st.floats(1.0, 1e6))
def test_that_no_sample_inside_falls_off_the_end_of_a_spark(count, seconds):
    last = round((1e9 + seconds) * 1000 - 1) / 1000  # a millisecond before the end
    row = spark(np.array([last]), floats(3), 1e9, 1e9 + seconds, count)
    assert row.size == count
    assert np.nansum(row) == 3.0
