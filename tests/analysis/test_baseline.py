"""What is usual: expected limits are worked by hand from made-up days."""

import math

import numpy as np
import pytest

from app.analysis.baseline import own_limit
from app.analysis.grid import Grid

HOUR = Grid(0.0, 3600.0, 24 * 7)  # a grid of hours keeps the days readable: 24 slots


def days(*each):
    return np.concatenate([np.asarray(day, dtype=np.float64) for day in each])


FLAT = np.full(24, 0.1)
NOON = np.where(np.arange(24) == 12, 0.3, 0.1)


def test_that_a_flat_service_may_be_slower_by_the_relative_factor():
    # median 0.1, daily peak 0.1: max(1.15 * 0.1, 1.1 * 0.1)
    assert own_limit(days(*[FLAT] * 7), HOUR, 1.15, 1.1) == pytest.approx(0.115)


def test_that_a_busy_noon_every_day_is_not_news():
    # the 99th percentile of 24 values by nearest rank is the 24th, the peak itself: 1.1 * 0.3
    assert own_limit(days(*[NOON] * 7), HOUR, 1.15, 1.1) == pytest.approx(0.33)


def test_that_one_bad_day_moves_the_limit_by_nothing():
    assert own_limit(days(*[FLAT] * 6, np.full(24, 9.0)), HOUR, 1.15, 1.1) == pytest.approx(0.115)


@pytest.mark.parametrize(
    "value",
    [
        days(FLAT, FLAT),
        days(FLAT, FLAT, np.full(24, np.nan), np.full(24, np.nan)),
        days(FLAT, FLAT, np.where(np.arange(24) < 11, 0.1, np.nan)),  # 11 of 24 hours are less than half a day
        np.empty(0),
    ],
)
def test_that_fewer_than_three_half_known_days_give_no_limit(value):
    assert math.isnan(own_limit(value, HOUR, 1.15, 1.1))


def test_that_half_a_day_counts_as_a_day():
    half = np.where(np.arange(24) < 12, 0.1, np.nan)
    assert own_limit(days(half, half, half), HOUR, 1.15, 1.1) == pytest.approx(0.115)


def test_that_the_rule_can_be_switched_off():
    assert math.isnan(own_limit(days(*[FLAT] * 7), HOUR, math.nan, 1.1))
