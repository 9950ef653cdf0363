"""Quantiles by hand, and the two answers that are only bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.histogram import bucket_quantile, native_buckets

UPPER = np.array([0.3, 0.5, 1.0, np.inf])


def quantile(counts, share, upper=UPPER):
    value, bound = bucket_quantile(upper, np.array(counts, dtype=float).reshape(len(upper), -1), share)
    return value[0], bound[0]


def test_that_a_value_inside_a_bucket_is_interpolated():
    # rank 5 of 10: 2 below 0.3, 6 more below 0.5, so 0.3 + 0.2 * (5 - 2) / 6
    assert quantile([2, 8, 10, 10], 0.5) == (pytest.approx(0.4), 0.0)


def test_that_the_first_bucket_says_at_most_its_bound_and_not_095_of_it():
    assert quantile([7, 7, 7, 7], 0.95) == (0.3, -1.0)


def test_that_the_open_bucket_says_at_least_the_last_finite_bound():
    assert quantile([0, 0, 1, 10], 0.95) == (1.0, 1.0)


def test_that_a_rank_on_a_bound_belongs_to_the_bucket_below_it():
    assert quantile([5, 10, 10, 10], 0.5) == (0.3, -1.0)
    assert quantile([1, 5, 10, 10], 0.5) == (pytest.approx(0.5), 0.0)


def test_that_without_observations_there_is_no_quantile():
    value, bound = quantile([0, 0, 0, 0], 0.95)
    assert np.isnan(value)
    assert np.isnan(bound)
    assert np.isnan(quantile([np.nan] * 4, 0.95)[0])


def test_that_buckets_that_fall_are_taken_as_level():
    # 8 below 0.5 cannot become 6 below 1.0
    assert quantile([2, 8, 6, 10], 0.75) == quantile([2, 8, 8, 10], 0.75)


def test_that_two_buckets_can_only_bound():
    assert quantile([3, 10], 0.5, np.array([0.25, np.inf])) == (0.25, 1.0)
    assert quantile([8, 10], 0.5, np.array([0.25, np.inf])) == (0.25, -1.0)


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_that_an_exact_answer_lies_in_the_bucket_of_the_true_quantile(latencies, share):
    counts = [sum(one <= bound for one in latencies) for bound in UPPER]
    value, bound = quantile(counts, share)
    rank = int(np.ceil(share * len(latencies) - 1e-9))
    truth = sorted(latencies)[max(rank, 1) - 1]
    if bound == -1:
        assert truth <= value
    elif bound == 0:
        edges = [0.0, *UPPER]
        place = int(np.searchsorted(UPPER, truth))
        assert edges[place] - 1e-9 <= value <= edges[place + 1] + 1e-9
    else:
        assert truth >= value


def test_that_a_native_histogram_keeps_only_bounds_that_no_bucket_straddles():
    # the second scrape has half the resolution: its bucket (1, 2] straddles 1.5
    fine = [(0.5, 1.0, 4.0), (1.0, 1.5, 3.0), (1.5, 2.0, 2.0)]
    coarse = [(0.5, 1.0, 5.0), (1.0, 2.0, 7.0)]
    upper, cumulative = native_buckets([fine, coarse])
    assert upper.tolist() == [1.0, 2.0]
    assert cumulative.tolist() == [[4.0, 5.0], [9.0, 12.0]]


def test_that_an_empty_native_histogram_has_no_bounds():
    upper, cumulative = native_buckets([[], []])
    assert upper.shape == (0,)
    assert cumulative.shape == (0, 2)
