"""Counts per step, by hand: every scrape, reset, gap and birth below is added up in the comments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.counter import increments, known_edges, rolling_sum

EDGES = np.arange(0.0, 361.0, 60.0)  # six steps of a minute
ALWAYS = np.ones(7, dtype=bool)
NEVER = np.zeros(7, dtype=bool)


def steps(points, edges=EDGES, interval=30.0, target_known=NEVER):
    time, value = np.array(points, dtype=float).reshape(-1, 2).T
    return increments(time, value, edges, interval, target_known).tolist()


def nan(values):
    return pytest.approx([float("nan") if value is None else value for value in values], nan_ok=True)


def test_that_a_step_counts_what_rose_between_its_edges():
    # at the edges stood 0 (scraped at -1), 20 (at 59), 40 (at 119) ...
    points = [(-1 + 30 * i, 10 * i) for i in range(13)]
    assert steps(points) == nan([20, 20, 20, 20, 20, 20])


def test_that_a_restart_between_two_scrapes_loses_nothing_that_was_scraped():
    # step 1: 100 -> 110, restart, 5 -> 12: 10 + 5 + 7; a difference of the edges alone would give 12
    points = [(0, 100), (15, 110), (30, 5), (45, 12), (60, 12), (90, 12), (120, 14)]
    assert steps(points, EDGES[:3], 15.0 * 2, NEVER[:3]) == nan([22, 2])


def test_that_what_rose_across_a_gap_is_unknown_and_not_put_anywhere():
    # scrapes stop at 60 and come back at 300 with 1000 more: that is nobody's minute
    points = [(0, 0), (30, 1), (60, 2), (300, 1002), (330, 1003), (360, 1004)]
    assert steps(points) == nan([2, None, None, None, None, 2])


def test_that_one_missed_scrape_is_bridged():
    # the scrape at 100 is missing: at the edge 120 the last one is 50 s old, but the next shows that it was only one
    points = [(-20, 0), (10, 1), (40, 2), (70, 3), (130, 6), (160, 7), (190, 8)]
    assert steps(points, EDGES[:4], 30.0, NEVER[:4]) == nan([2, 1, 4])
    # with two missing it is an outage
    points = [(-20, 0), (10, 1), (40, 2), (70, 3), (160, 7), (190, 8)]
    assert steps(points, EDGES[:4], 30.0, NEVER[:4]) == nan([2, None, None])


def test_that_nothing_is_known_beyond_one_and_a_half_intervals_after_the_last_scrape():
    assert known_edges(np.array([0.0, 30.0]), np.array([30.0, 75.0, 75.1]), 30.0).tolist() == [True, True, False]
    assert known_edges(np.array([]), EDGES, 30.0).tolist() == [False] * 7
    assert known_edges(np.array([100.0]), np.array([99.9, 100.0]), 30.0).tolist() == [False, True]


def test_that_the_first_scrape_of_a_new_target_counts_nothing():
    # a pod that was never seen stands at 500: when these came is unknown
    points = [(90, 500), (120, 503), (150, 505), (180, 506)]
    assert steps(points, EDGES[:4], 30.0, NEVER[:4]) == nan([None, None, 3])


def test_that_the_first_error_of_a_target_that_was_read_all_along_is_counted():
    # the error counter appears with 1 at 90: the second step saw one error
    points = [(90, 1), (120, 1), (150, 4), (180, 4)]
    assert steps(points, EDGES[:4], 30.0, ALWAYS[:4]) == nan([None, 1, 3])


def test_that_a_series_that_was_there_within_five_minutes_is_not_born_again():
    points = [(-200, 70), (90, 71), (120, 72), (150, 73), (180, 74)]
    assert steps(points, EDGES[:4], 30.0, ALWAYS[:4]) == nan([None, None, 2])


def test_that_values_that_are_no_numbers_are_passed_over():
    points = [(0, 0), (30, float("nan")), (60, 4)]
    assert steps(points, EDGES[:2], 30.0, NEVER[:2]) == nan([4])


@given(
    rises=st.lists(st.integers(0, 9), min_size=40, max_size=40),
    resets=st.sets(st.integers(1, 39), max_size=3),
    missing=st.sets(st.integers(0, 39), max_size=6),
    cut=st.integers(1, 8),
)
def test_that_a_window_read_in_two_parts_gives_the_same_numbers(rises, resets, missing, cut):
    value, points = 0, []
    for number, rise in enumerate(rises):
        value = rise if number in resets else value + rise
        if number not in missing:
            points.append((15.0 * number + 4.0, float(value)))
    time, values = np.array(points).reshape(-1, 2).T
    edges = np.arange(0.0, 601.0, 60.0)
    known = known_edges(time, edges, 20.0)
    whole = increments(time, values, edges, 20.0, known)
    parts = [
        increments(time, values, part, 20.0, known_edges(time, part, 20.0)) for part in (edges[: cut + 1], edges[cut:])
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=30, max_size=30))
def test_that_known_steps_add_up_to_what_the_scrapes_rose(rises):
    """Without gaps the sum over all steps is the sum over all pairs of scrapes, taken one by one."""
    value, points, expected = 0, [(0.0, 0.0)], 0
    for number, (rise, reset) in enumerate(rises, 1):
        before, value = value, rise if reset else value + rise
        expected += value - before if value >= before else value
        points.append((20.0 * number, float(value)))
    time, values = np.array(points).T
    edges = np.arange(0.0, 601.0, 60.0)
    assert increments(time, values, edges, 20.0, known_edges(time, edges, 20.0)).sum() == expected


def test_that_a_rolling_sum_needs_its_own_step_and_takes_what_is_known_before():
    steps_known = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    assert rolling_sum(steps_known, 3).tolist() == nan([1, 3, None, 6, 9])
    assert rolling_sum(steps_known, 1).tolist() == nan([1, 2, None, 4, 5])
    assert rolling_sum(steps_known[:2], 9).tolist() == nan([1, 3])
