"""When something that grows is used up: a trend that single bad days do not move, and how sure it is."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from app.model.sample import FloatArray

DAY: Final = 86400.0
CONFIDENCE: Final = 0.9
"""Of the interval of the slope, and share of the days that lie inside of the band."""
_Z: Final = 1.6449
"""Quantile 0.95 of the normal distribution: 5 % on either side are left out."""
_TAIL: Final = (1.0 - CONFIDENCE) / 2.0


class Course(Enum):
    """Where something goes."""

    UNKNOWN = "too little is known"
    STEADY = "no trend"
    FALLING = "falling"
    RISING = "rising"
    FULL = "at its limit"


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through (`moment`, `level`), the medians of the times (seconds UTC) and the values, and its band.

    `slope` is per second; its interval runs from `slope_least` to `slope_most`, infinite where there are too few
    days for one. `below` and `above` are how far the values lie under and over the line.
    """

    moment: float
    level: float
    slope: float
    slope_least: float
    slope_most: float
    below: float
    above: float

    def least(self, time: FloatArray) -> FloatArray:
        """Lower edge of the band at later times, seconds UTC, shape (n,)."""
        return self.level + self.below + self.slope_least * (time - self.moment)

    def most(self, time: FloatArray) -> FloatArray:
        """Upper edge of the band at later times, seconds UTC, shape (n,)."""
        return self.level + self.above + self.slope_most * (time - self.moment)


def theil_sen(time: FloatArray, value: FloatArray) -> Trend:
    """Fit a line whose slope is the median of the slopes between all pairs of days.

    The interval of the slope is Sen's, from the variance of Kendall's S with ties in the values (P. K. Sen,
    "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968); the line passes through
    the medians (W. J. Conover, Practical Nonparametric Statistics, 1980). Nearly a third of the days may be
    anything without moving it.

    Parameters
    ----------
    time, value
        Shape (n,), n at least 2, without NaN; times in seconds UTC, increasing.
    """
    left, right = np.triu_indices(time.size, 1)
    slopes = np.sort((value[right] - value[left]) / (time[right] - time[left]))
    reach = _Z * math.sqrt(_kendall_variance(value))
    low = math.floor((slopes.size - reach) / 2.0) - 1
    high = math.ceil((slopes.size + reach) / 2.0)
    slope, moment, level = float(np.median(slopes)), float(np.median(time)), float(np.median(value))
    rest = value - level - slope * (time - moment)
    below, above = np.quantile(rest, [_TAIL, 1.0 - _TAIL]).tolist()
    return Trend(
        moment,
        level,
        slope,
        float(slopes[low]) if low >= 0 else -math.inf,
        float(slopes[high]) if high < slopes.size else math.inf,
        below,
        above,
    )


def _kendall_variance(value: FloatArray) -> float:
    """Variance of Kendall's S of n different times, less what ties in the values take from it."""
    n = value.size
    ties = np.unique(value, return_counts=True)[1].astype(np.float64)
    return float(n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18.0


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Where the daily peaks of something go, and when they reach a limit.

    `time` and `peak`, shape (n,), are the days it is made of: ends of days, seconds UTC. `earliest` and `latest`
    are when the upper and the lower edge of the band reach the limit, seconds UTC; infinite where they do not,
    NaN where nothing is forecast.
    """

    course: Course
    limit: float
    time: FloatArray
    peak: FloatArray
    trend: Trend | None = None
    earliest: float = math.nan
    latest: float = math.nan


def forecast(time: FloatArray, peak: FloatArray, limit: float, days_least: float) -> Forecast:
    """Say where daily peaks go. Nothing is said of fewer than `days_least` known days, NaN being an unknown one.

    It rises or falls only where the whole interval of the slope lies on one side of zero.
    """
    known = ~np.isnan(peak)
    time, peak = time[known], peak[known]
    if time.size < max(2.0, days_least):
        return Forecast(Course.UNKNOWN, limit, time, peak)
    trend = theil_sen(time, peak)
    if peak[-1] >= limit:
        return Forecast(Course.FULL, limit, time, peak, trend, float(time[-1]), float(time[-1]))
    if trend.slope_most < 0.0:
        return Forecast(Course.FALLING, limit, time, peak, trend)
    if not trend.slope_least > 0.0:
        return Forecast(Course.STEADY, limit, time, peak, trend)
    after = float(time[-1])
    return Forecast(
        Course.RISING,
        limit,
        time,
        peak,
        trend,
        max(after, trend.moment + (limit - trend.level - trend.above) / trend.slope_most),
        max(after, trend.moment + (limit - trend.level - trend.below) / trend.slope_least),
    )


def daily_peaks(hourly: FloatArray) -> FloatArray:
    """Largest hour of each day.

    Parameters
    ----------
    hourly
        Shape (24 * d,), the mean of each hour, NaN where nothing is known.

    Returns
    -------
    FloatArray
        Shape (d,); NaN for a day of which fewer than half of the hours are known: its peak may have been in the rest.
    """
    days = hourly.reshape(-1, 24)
    known = ~np.isnan(days)
    most: FloatArray = np.where(known, days, -np.inf).max(axis=1)
    return np.where(known.sum(axis=1) >= 12, most, np.nan)
