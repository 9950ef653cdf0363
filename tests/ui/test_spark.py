import math

import numpy as np
import pytest

from app.query.fleet import Spark
from app.ui.spark import shape

NAN = math.nan


def spark(values, known_until=100.0):
    return Spark(0.0, 100.0, known_until, np.array(values, dtype=float))


def test_that_a_gap_is_never_bridged():
    drawn = shape(spark([1, 1, NAN, NAN, 1, 1]))
    assert [len(run) for run in drawn.runs] == [2, 2]


def test_that_time_after_the_last_sample_is_not_known():
    assert shape(spark([1, 1, 1, NAN], known_until=75.0)).known == pytest.approx(0.75)
    assert shape(spark([NAN, NAN], known_until=NAN)).known == 0.0


def test_that_a_series_without_values_is_all_hatch():
    drawn = shape(spark([NAN] * 5, known_until=50.0))
    assert drawn.runs == ()
    assert drawn.known == 0.0


def test_that_the_curve_uses_the_height_where_it_moves():
    heights = [y for run in shape(spark([1, 1, 1, 3])).runs for _, y in run]
    assert (min(heights), max(heights)) == (0.0, 1.0)


def test_that_ordinary_noise_stays_flat():
    heights = [y for run in shape(spark([1.0, 1.02, 0.98, 1.01])).runs for _, y in run]
    assert max(heights) - min(heights) < 0.15


def test_that_a_peak_survives_the_reduction():
    values = np.ones(1000)
    values[517] = 9.0
    drawn = shape(spark(values))
    assert sum(len(run) for run in drawn.runs) <= 64
    assert max(y for run in drawn.runs for _, y in run) == 1.0


def test_that_a_constant_zero_is_drawn():
    assert all(0 <= y <= 1 for run in shape(spark([0.0, 0.0])).runs for _, y in run)
