"""What ordinary days look like: times of scrapes, daily and weekly cycles, noise, rounding.

The shapes are synthetic, calibrated on public data: the daily and weekly cycle on an ELB request count of the
Numenta Anomaly Benchmark (MIT), the scatter from minute to minute on the Azure LLM inference trace 2023
(CC-BY-4.0), GPU power against SM activity on the Acme utilisation quantiles (CC-BY-4.0).

Everything is drawn backwards from the end of the timeline, each array from its own generator, so that the last
day of a demonstration of 2 days is the last day of one of 30.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.model.sample import FloatArray

BoolArray = npt.NDArray[np.bool_]

STEP = 60.0
MINUTE_SCATTER = 0.08
"""Standard deviation over mean of requests per minute after the trend (Azure conversation trace: 0.083)."""

# NAB elb_request_count_8c0756: mean of each hour over the busiest hour's mean, smoothed over three hours
_HOURS = (
    0.62, 0.60, 0.59, 0.55, 0.53, 0.50, 0.47, 0.46, 0.47, 0.48, 0.50, 0.56,
    0.63, 0.72, 0.77, 0.83, 0.86, 0.88, 0.90, 0.92, 0.89, 0.79, 0.68, 0.61,
)  # fmt: skip
# the same series by day of the week over its mean, Monday first
_WEEKDAYS = (0.99, 1.10, 1.14, 1.10, 1.03, 0.82, 0.76)
_WEEKDAY_OF_EPOCH = 3  # 1970-01-01 was a Thursday
_WAVES = ((6 * 3600.0, 0.6), (3600.0, 0.5), (600.0, 0.4))
"""Spacing in seconds and weight of the slow parts of the noise."""
_LATE_SHARE = 0.02
_MISSED_SHARE = 0.0004


@dataclass(frozen=True, slots=True)
class Timeline:
    """The scrape times of one group.

    Parameters
    ----------
    name
        Scrape group.
    seed
        Seed of the demonstration.
    slot
        Shape (n,), float64 seconds UTC, 60 s apart: where a scrape should be, in the group's own phase.
    time
        Shape (n,), float64 seconds UTC in whole milliseconds: where it was; a few are late by up to 0.9 s.
    kept
        Shape (n,), bool: False where the scrape failed.
    anchor
        Index of the newest sample that a station has at "now"; noise is zero there, so that the story's numbers
        are met to the digit.
    """

    name: str
    seed: int
    slot: FloatArray
    time: FloatArray
    kept: BoolArray
    anchor: int

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that adding one draw changes no other."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.name}/{purpose}".encode())])


def timeline(name: str, seed: int, now: float, days: float, known_until: float) -> Timeline:
    """Scrape times of a group from `days` before `now` up to `now`; see Timeline."""
    count = int(days * 86400.0 / STEP)
    phase = (zlib.crc32(f"{name}/{seed}".encode()) % 59_000) / 1000.0
    slot = now - STEP * np.arange(count, 0, -1, dtype=np.float64) + phase
    late, delay, missed = (
        np.random.default_rng([seed, zlib.crc32(name.encode()), part]).random(count)[::-1] for part in range(3)
    )
    lateness = np.where(late < _LATE_SHARE, 0.001 + 0.9 * delay, 0.0)
    time = np.rint((slot + lateness) * 1000.0) / 1000.0
    kept = missed >= _MISSED_SHARE
    anchor = int(np.searchsorted(time, known_until)) - 1
    kept[max(0, anchor - 30) : anchor + 1] = True
    return Timeline(name, seed, slot, time, kept, max(anchor, 0))


def load(slot: FloatArray) -> FloatArray:
    """Share of the peak that people ask for at each time: about 0.3 in a weekend night to 1."""
    day = slot / 86400.0
    hour = (day % 1.0) * 24.0
    daily = np.interp(hour, np.arange(25), np.array([*_HOURS, _HOURS[0]]))
    weekday = np.array(_WEEKDAYS)[(np.floor(day).astype(np.int64) + _WEEKDAY_OF_EPOCH) % 7]
    return np.asarray(daily * weekday / 1.05)


def wandering(line: Timeline, purpose: str, count: int, size: float) -> FloatArray:
    """The slow part of noise over the `count` steps before the end of a timeline, of standard deviation `size`."""
    back = np.arange(count, 0, -1) * STEP
    wave = np.zeros(count)
    for spacing, weight in _WAVES:
        knots = line.rng(f"{purpose}/{spacing}").standard_normal(int(back[0] / spacing) + 3)
        wave += size * weight * np.interp(back / spacing, np.arange(len(knots)), knots)
    return wave


def noise(line: Timeline, purpose: str, slow: float, fast: float) -> FloatArray:
    """Wandering plus scatter, shape (n,), of standard deviations `slow` and `fast`.

    Zero at the timeline's anchor: the scatter calms down over the ten minutes around it, the correction of the
    wandering dies off over half an hour.
    """
    count = len(line.slot)
    wave = wandering(line, purpose, count, slow)
    scatter = line.rng(purpose).standard_normal(count)[::-1] * fast
    away = np.abs(line.slot - line.slot[line.anchor])
    wave -= wave[line.anchor] * np.exp(-away / 1800.0)
    wave += scatter * np.minimum(1.0, away / 600.0) ** 2
    return wave


def three_digits(value: FloatArray) -> FloatArray:
    """Round to three significant digits, to the double nearest the decimal; zeros and NaN stay."""
    size = np.abs(value)
    usable = size[size > 0]
    rounded = value.copy()
    if usable.size:
        # A history spans few decades, and a pass for each costs less than a logarithm of every value. The lowest may
        # be one too high: a logarithm just below a whole number is rounded to it.
        for place in range(math.floor(math.log10(usable.min())) - 1, math.floor(math.log10(usable.max())) + 1):
            decade = (size >= 10.0**place) & (size < 10.0 ** (place + 1))
            up, down = 10.0 ** max(2 - place, 0), 10.0 ** max(place - 2, 0)
            np.copyto(rounded, np.rint(value * up / down) * down / up, where=decade)
    return rounded


def whole_share(total: FloatArray, share: FloatArray) -> FloatArray:
    """Share out whole numbers: the sum of the last steps is that of ``total * share`` with less than 1 off.

    `total` is whole and `share` at most 1; no result is larger than its total.
    """
    exact = np.cumsum((total * share)[::-1])
    return np.asarray(np.minimum(np.diff(np.floor(exact + 0.5), prepend=0.0)[::-1], total))
