"""Samples on an even grid of steps: where a slot has no sample it says so.

Everything downstream counts slots, not samples, so that a source that is read twice as often
as declared does not prove 200 % of the time.
"""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from app.model.sample import FloatArray, to_ms


class Fold(Enum):
    """How several values become one.

    LAST keeps the newest, SUM adds up, LEAST and MOST keep an extreme and pass over NaN.
    """

    LAST = "last"
    SUM = "sum"
    LEAST = "least"
    MOST = "most"


_UFUNC = {Fold.SUM: np.add, Fold.LEAST: np.fmin, Fold.MOST: np.fmax}


@dataclass(frozen=True, slots=True)
class Grid:
    """`count` slots ``[start + i * step, start + (i + 1) * step)``, seconds UTC.

    Slot arithmetic is done in whole milliseconds, the store's unit, so that no sample falls
    into a neighbour's slot by a rounding error.
    """

    start: float
    step: float
    count: int

    @classmethod
    def ending(cls, end: float, step: float, seconds: float) -> "Grid":
        """Grid of whole steps that ends at `end` and is at least `seconds` long."""
        count = max(1, math.ceil(seconds / step - 1e-9))
        return cls(end - count * step, step, count)

    @property
    def end(self) -> float:
        """End of the last slot."""
        return self.start + self.count * self.step

    def around(self, sample: float) -> "Grid":
        """Grid of the same size whose slots have `sample`, the newest of a scrape group, at their middle.

        So a scrape that is late by less than half a step stays in its own slot. Where `sample` is at
        most two steps older than this grid's end its slot is the last one: that the newest scrape is
        still on its way is not a gap.
        """
        behind = max(0, math.ceil((self.end - sample) / self.step - 2.0 - 1e-9))
        end = sample + (0.5 + behind) * self.step
        return Grid(end - self.count * self.step, self.step, self.count)

    def slots(self, seconds: float) -> int:
        """Number of slots that `seconds` come to, at least one."""
        return max(1, math.ceil(seconds / self.step - 1e-9))

    def time(self, slot: int) -> float:
        """Start of one slot."""
        return self.start + slot * self.step

    def index(self, time: FloatArray) -> npt.NDArray[np.int64]:
        """Slot of each time, shape (n,); below 0 or from `count` on where it lies outside."""
        start = int(to_ms(np.array([self.start]))[0])
        index: npt.NDArray[np.int64] = (to_ms(time) - start) // max(1, round(self.step * 1000.0))
        return index

    def slots_of(self, time: FloatArray) -> "Slots":
        """Where samples at `time`, shape (n,), seconds UTC, increasing, fall; good for every series of these times."""
        # cut roughly first: a month of samples may lie around a grid of a day
        low, high = np.searchsorted(time, [self.start - 1.0, self.end + 1.0]).tolist()
        index = self.index(time[low:high])
        first, last = np.searchsorted(index, [0, self.count]).tolist()
        return Slots(self.count, low + first, index[first:last])

    def place(self, time: FloatArray, value: FloatArray, fold: Fold = Fold.LAST) -> FloatArray:
        """Put samples into the slots.

        Parameters
        ----------
        time
            Shape (n,), seconds UTC, increasing.
        value
            Shape (n,).
        fold
            What to do with several samples of one slot.

        Returns
        -------
        FloatArray
            Shape (count,); NaN where a slot has no sample or none that is a number.
        """
        return self.slots_of(time).place(value, fold)


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Slots of the samples `first`, `first` + 1, ... of some series: `index`, shape (n,), increasing, of a grid's."""

    count: int
    first: int
    index: npt.NDArray[np.int64]

    def place(self, value: FloatArray, fold: Fold) -> FloatArray:
        """Put the values of one series into the slots, as `Grid.place` does."""
        placed = np.full(self.count, np.nan)
        index = self.index
        if not index.size:
            return placed
        value = value[self.first : self.first + index.size]
        single = index[-1] - index[0] == index.size - 1 and bool((index[1:] != index[:-1]).all())
        if single:  # one sample in each slot without a gap: nothing is to be folded
            placed[index[0] : index[-1] + 1] = value
            return placed
        if fold is Fold.LAST:
            placed[index] = value  # of a repeated index the last value stays (NumPy, "Indexing with arrays of indices")
            return placed
        first = np.flatnonzero(np.diff(index, prepend=-1))
        with np.errstate(invalid="ignore"):  # infinities of both signs have no sum: NaN
            placed[index[first]] = _UFUNC[fold].reduceat(value, first)
        return placed


def across(rows: list[FloatArray], fold: Fold) -> FloatArray:
    """Fold series of one thing (its versions, its replicas) slot by slot.

    Returns
    -------
    FloatArray
        Shape (n,); NaN only where no row has a number, because a version that is not deployed
        has no samples and takes nothing away from one that is.

    Raises
    ------
    ValueError
        If `rows` is empty.
    """
    if not rows:
        msg = "nothing to fold"
        raise ValueError(msg)
    if len(rows) == 1:
        return rows[0]
    stacked = np.vstack(rows)
    if fold is Fold.SUM:
        with np.errstate(invalid="ignore"):
            total: FloatArray = np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))
        return total
    folded: FloatArray = (np.fmin if fold is Fold.LEAST else np.fmax).reduce(stacked, axis=0)
    return folded


def trailing_sum(value: npt.NDArray[Any], width: int) -> FloatArray:
    """Sum over the last `width` slots up to and including each one.

    Parameters
    ----------
    value
        Shape (..., n), without NaN. Before its beginning there is nothing.

    Returns
    -------
    FloatArray
        Shape (..., n).
    """
    total = np.cumsum(value, axis=-1, dtype=np.float64)
    total[..., width:] -= total[..., :-width].copy()
    return total


def hold(value: FloatArray, width: int) -> FloatArray:
    """Let each number speak for the next `width` slots that have none.

    Returns
    -------
    FloatArray
        Shape (n,); NaN where the last number is more than `width` slots old.
    """
    slot = np.arange(value.size)
    last = np.maximum.accumulate(np.where(np.isnan(value), -1, slot))
    held: FloatArray = np.where((last >= 0) & (slot - last <= width), value[np.maximum(last, 0)], np.nan)
    return held


def newest(value: FloatArray, width: int) -> float:
    """Newest number among the last `width` slots, NaN if there is none."""
    known = np.flatnonzero(~np.isnan(value[-width:]))
    return float(value[-width:][known[-1]]) if known.size else float("nan")


def spark(time: FloatArray, value: FloatArray, start: float, end: float, count: int) -> FloatArray:
    """Largest value of each of `count` even buckets of ``[start, end)``, so that a peak survives.

    Returns
    -------
    FloatArray
        Shape (count,); NaN for a bucket without a number.
    """
    # whole milliseconds, rounded up so that the last sample does not fall off the end
    step = math.ceil((end - start) / count * 1000.0 - 1e-6) / 1000.0
    return Grid(start, step, count).place(time, value, Fold.MOST)
