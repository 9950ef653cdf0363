import math

import numpy as np

from app.analysis.grid import Fold
from app.analysis.merged import at_times, merged, trailing_ratio
from app.model.sample import Series
from app.model.series_key import SeriesKey


def one(time, value):
    return Series(SeriesKey.of("m", {}), np.asarray(time, float), np.asarray(value, float))


def test_that_series_are_folded_over_all_their_times():
    series = [one([1, 2, 3], [1, 2, 3]), one([2, 3, 4], [10, math.nan, 40])]
    time, total = merged(series, Fold.SUM)
    assert time.tolist() == [1, 2, 3, 4]
    assert total.tolist() == [1, 12, 3, 40]
    assert merged(series, Fold.MOST)[1].tolist() == [1, 10, 3, 40]
    assert merged(series, Fold.LEAST)[1].tolist() == [1, 2, 3, 40]


def test_that_only_what_nobody_knows_is_nan():
    _, value = merged([one([1], [math.nan]), one([1, 2], [math.nan, 5])], Fold.SUM)
    assert math.isnan(value[0])
    assert value[1] == 5
    assert merged([], Fold.SUM)[0].size == 0


def test_that_only_samples_at_just_that_time_are_taken():
    found = at_times(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 3.0]), np.array([7.0, 8.0, 9.0]))
    assert found[0] == 7
    assert math.isnan(found[1])
    assert found[2] == 9
    assert np.isnan(at_times(np.array([1.0]), np.empty(0), np.empty(0))).all()


def test_that_a_ratio_is_of_sums_and_not_a_mean_of_ratios():
    time = np.array([0.0, 60.0, 120.0, 180.0])
    ratio = trailing_ratio(time, np.array([0.0, 5.0, 0.0, 1.0]), np.array([100.0, 5.0, 95.0, 100.0]), 120.0)
    assert ratio.tolist() == [0.0, 5 / 105, 5 / 100, 1 / 195]


def test_that_nothing_asked_and_nothing_known_have_no_ratio():
    time = np.array([0.0, 60.0, 120.0])
    ratio = trailing_ratio(time, np.array([0.0, math.nan, 2.0]), np.array([0.0, 10.0, 4.0]), 120.0)
    assert np.isnan(ratio[:2]).all()
    assert ratio[2] == 0.5
