"""Samples as runs: those that follow each other closely and say the same are one entry, a year of a flag a few hundred.

Nothing is lost by it: which time is known, and what was said then, comes out of runs as it does of the samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from app.model.sample import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of one series in order, each array of shape (r,).

    `first` and `last` are the times of the first and the last sample, seconds UTC; `value` is what all of them say,
    never NaN. No sample of a run is further from the one before than a sample speaks for.
    """

    first: FloatArray
    last: FloatArray
    value: FloatArray

    @classmethod
    def of(cls, time: FloatArray, value: FloatArray, hold: float) -> Self:
        """Runs of samples.

        Parameters
        ----------
        time, value
            Shape (n,), seconds UTC, increasing; a NaN in `value` counts as no sample.
        hold
            Seconds that a sample speaks for at most.
        """
        number = ~np.isnan(value)
        if not number.all():
            time, value = time[number], value[number]
        if not time.size:
            return cls(time, time, value)
        begins = np.flatnonzero(np.append(True, (value[1:] != value[:-1]) | (time[1:] > time[:-1] + hold)))
        ends = np.append(begins[1:], time.size) - 1
        return cls(time[begins], time[ends], value[begins])

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Runs of pieces of one series, which may come in any order."""
        first = np.concatenate([np.empty(0), *(one.first for one in parts)])
        last = np.concatenate([np.empty(0), *(one.last for one in parts)])
        value = np.concatenate([np.empty(0), *(one.value for one in parts)])
        order = np.argsort(first)
        return cls(first[order], last[order], value[order])

    def spoken(self, hold: float) -> FloatArray:
        """Time that each run speaks for, shape (r, 2): until the next, or `hold` seconds beyond its last sample."""
        return np.column_stack([self.first, np.minimum(np.append(self.first[1:], np.inf), self.last + hold)])
