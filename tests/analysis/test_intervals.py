"""Stretches of time: whatever is put together or cut is compared with sets of whole seconds."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.intervals import (
    NEVER,
    holds,
    intersect,
    merged,
    seconds,
    seconds_between,
    spans,
    subtract,
    union,
)

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def as_set(covered):
    return {second for start, end in covered for second in range(int(start), int(end))}


@given(PAIRS, PAIRS)
def test_that_they_behave_as_sets_of_seconds(one, other):
    a, b = spans(one), spans(other)
    assert as_set(a) == {second for start, end in one for second in range(start, end)}
    assert as_set(union(a, b)) == as_set(a) | as_set(b)
    assert as_set(intersect(a, b)) == as_set(a) & as_set(b)
    assert as_set(subtract(a, b)) == as_set(a) - as_set(b)
    assert seconds(a) == len(as_set(a))
    assert holds(a, np.arange(41.0)).tolist() == [second in as_set(a) for second in range(41)]


@given(PAIRS, PAIRS)
def test_that_the_same_time_is_the_same_array(one, other):
    a, b = spans(one), spans(other)
    for left, right in [(union(a, b), union(b, a)), (intersect(a, b), intersect(b, a)), (subtract(a, a), NEVER)]:
        assert left.tolist() == right.tolist()
    gaps = np.diff(union(a, b).ravel())
    assert (gaps > 0).all()


@given(PAIRS, st.lists(st.integers(-5, 45), min_size=2, max_size=6, unique=True).map(sorted))
def test_that_seconds_of_periods_are_counted(one, edges):
    a = spans(one)
    found = seconds_between(a, np.array(edges, float)).tolist()
    assert found == [len(as_set(a) & set(range(low, high))) for low, high in pairwise(edges)]


def test_that_a_long_interval_swallows_later_ones():
    assert merged(np.array([[0.0, 10.0], [1.0, 2.0], [9.0, 9.0], [10.0, 11.0]])).tolist() == [[0.0, 11.0]]
