"""When something runs out: lines and limits worked by hand."""

import math

import numpy as np
import pytest

from app.analysis.trend import DAY, Course, daily_peaks, forecast, theil_sen

DAYS = np.arange(28.0) * DAY
RISING = 0.50 + 0.01 * np.arange(28)
NOISE = 0.003 * np.array([1, -1, 1, 1, -1, -1, 1, -1] * 4)[:28]


def test_that_the_slope_is_the_median_of_all_pairs():
    # slopes of (0, 1), (1, 2), (2, 4): 1, 2 and 1.5
    found = theil_sen(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 4.0]))
    assert found.slope == 1.5
    assert (found.moment, found.level) == (1.0, 2.0)
    # n = 3: 1.6449 * sqrt(3 * 2 * 11 / 18) = 3.15, more than there are pairs
    assert (found.slope_least, found.slope_most) == (-math.inf, math.inf)


def test_that_the_interval_of_the_slope_is_sen_s():
    # squares: the slope from i to j is i + j. n = 10 has 45 pairs, 1.6449 * sqrt(10 * 9 * 25 / 18) = 18.39:
    # the 13th and the 33rd of the sums of two different numbers from 0 to 9. The sums 1, 2, 3, ... come up
    # 1, 1, 2, 2, 3, 3, 4, 4, 5, 4, 4, ... times: 12 are at most 6, and 33 at most 11
    time = np.arange(10.0)
    found = theil_sen(time, time**2)
    assert (found.slope_least, found.slope, found.slope_most) == (7, 9, 11)


def test_that_nearly_a_third_of_the_days_may_be_anything():
    wild = RISING.copy()
    wild[[3, 9, 14, 20, 25]] = (0.0, 1.0, 0.1, 0.99, 0.0)
    assert theil_sen(DAYS, wild).slope * DAY == pytest.approx(0.01, abs=0.0005)


def test_that_a_limit_is_reached_when_the_line_says_so():
    # 0.50 on day 0 and 0.01 a day: 0.90 on day 40, without any doubt
    found = forecast(DAYS, RISING, 0.9, 7.0)
    assert found.course is Course.RISING
    assert found.earliest / DAY == pytest.approx(40.0)
    assert found.latest / DAY == pytest.approx(40.0)


def test_that_doubt_makes_the_band_wider_on_both_sides():
    found = forecast(DAYS, RISING + NOISE, 0.9, 7.0)
    assert found.course is Course.RISING
    assert found.earliest / DAY < 40.0 < found.latest / DAY
    # 90 % of the days lie within 0.003 of the line: at least 0.3 d on either side
    assert found.latest - found.earliest >= 0.6 * DAY


def test_that_the_band_reaches_the_limit_where_it_says():
    found = forecast(DAYS, RISING + NOISE, 0.9, 7.0)
    assert found.trend.most(np.array([found.earliest]))[0] == pytest.approx(0.9)
    assert found.trend.least(np.array([found.latest]))[0] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("peak", "course"),
    [
        (0.6 + NOISE, Course.STEADY),
        (np.full(28, 0.6), Course.STEADY),
        (RISING[::-1], Course.FALLING),
        (RISING + 0.2, Course.FULL),
        (np.where(np.arange(28) < 6, RISING, np.nan), Course.UNKNOWN),
        (np.full(28, np.nan), Course.UNKNOWN),
    ],
)
def test_that_nothing_is_forecast_without_a_rise(peak, course):
    found = forecast(DAYS, peak, 0.9, 7.0)
    assert found.course is course
    assert math.isnan(found.latest) or course is Course.FULL


def test_that_unknown_days_are_left_out_and_not_taken_for_zero():
    holes = np.where(np.arange(28) % 3 == 1, np.nan, RISING)
    found = forecast(DAYS, holes, 0.9, 7.0)
    assert found.time.size == 19
    assert found.latest / DAY == pytest.approx(40.0)


def test_that_a_day_that_is_hardly_known_has_no_peak():
    hours = np.full(72, np.nan)
    hours[0:12] = 0.5
    hours[3] = 0.8
    hours[24:35] = 0.9  # eleven of 24
    hours[48:72] = 0.4
    assert daily_peaks(hours).tolist() == pytest.approx([0.8, math.nan, 0.4], nan_ok=True)
