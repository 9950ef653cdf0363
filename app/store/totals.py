"""Exact sums over long periods: what availability, good and total by month are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.store.database import Reader
from app.store.samples import SeriesRef, read_series


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Sums of k series over m periods.

    `samples` (k, m) counts the samples that are numbers; `total` (k, m) is their sum, exact where they are
    whole numbers. Of a series of zeros and ones (``endpoint_up``) `total` counts the ones, and
    `samples - total` the zeros: the time in each state, in steps.
    """

    samples: npt.NDArray[np.int64]
    total: FloatArray


def read_totals(reader: Reader, refs: Sequence[SeriesRef], edges: Sequence[float]) -> Totals:
    """Sum each series over the periods ``[edges[i], edges[i + 1])``, seconds UTC, increasing."""
    samples = np.zeros((len(refs), len(edges) - 1), np.int64)
    total = np.zeros(samples.shape)
    for row, one in enumerate(read_series(reader, refs, TimeRange(edges[0], edges[-1]))):
        numbers = ~np.isnan(one.value)
        cuts = np.searchsorted(one.time[numbers], edges)
        sums = np.concatenate([[0.0], np.cumsum(one.value[numbers])])
        samples[row], total[row] = np.diff(cuts), np.diff(sums[cuts])
    return Totals(samples, total)
