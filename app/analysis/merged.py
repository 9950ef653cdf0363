"""Several series of one thing (its versions, its replicas) as one, sample by sample."""

from collections.abc import Sequence

import numpy as np

from app.analysis.grid import Fold
from app.model.sample import FloatArray, Series

_UFUNC = {Fold.SUM: np.add, Fold.LEAST: np.fmin, Fold.MOST: np.fmax}


def merged(series: Sequence[Series], fold: Fold) -> tuple[FloatArray, FloatArray]:
    """Fold series over all the times that any of them has.

    A series without a sample at a time takes nothing away from the others: a version that is not deployed
    has none. For SUM a NaN is passed over as well.

    Parameters
    ----------
    fold
        SUM, LEAST or MOST.

    Returns
    -------
    time : FloatArray
        Shape (n,), seconds UTC, increasing.
    value : FloatArray
        Shape (n,); NaN only where no series has a number.
    """
    series = [one for one in series if one.time.size]
    if len(series) == 1:
        return series[0].time, series[0].value
    if not series:
        return np.empty(0), np.empty(0)
    time, place = np.unique(np.concatenate([one.time for one in series]), return_inverse=True)
    values = np.concatenate([one.value for one in series])
    known = ~np.isnan(values)
    folded = np.full(time.size, np.nan)
    folded[place[known]] = 0.0 if fold is Fold.SUM else values[known]
    _UFUNC[fold].at(folded, place[known], values[known])
    return time, folded


def at_times(time: FloatArray, series_time: FloatArray, value: FloatArray) -> FloatArray:
    """The values of a series at `time`, shape (n,); NaN where it has no sample at just that time."""
    found = np.full(time.size, np.nan)
    if series_time.size:
        place = np.minimum(np.searchsorted(series_time, time), series_time.size - 1)
        same = series_time[place] == time
        found[same] = value[place[same]]
    return found


def trailing_ratio(time: FloatArray, part: FloatArray, whole: FloatArray, seconds: float) -> FloatArray:
    """Sum of `part` over sum of `whole` over the last `seconds` up to and including each sample.

    Parameters
    ----------
    time
        Shape (n,), seconds UTC, increasing.
    part, whole
        Shape (n,); a sample in which either is NaN counts in neither sum.

    Returns
    -------
    FloatArray
        Shape (n,); NaN where a sample is not known, and where the sum of `whole` is zero.
    """
    known = ~(np.isnan(part) | np.isnan(whole))
    first = np.searchsorted(time, time - seconds, side="right")
    sums = [np.concatenate([[0.0], np.cumsum(np.where(known, one, 0.0))]) for one in (part, whole)]
    upper, lower = (one[1:] - one[first] for one in sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: FloatArray = np.where(known & (lower > 0), upper / lower, np.nan)
    return ratio
