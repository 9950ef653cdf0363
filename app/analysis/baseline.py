"""What is usual for one endpoint: a limit from its own last days."""

import math

import numpy as np

from app.analysis.grid import Grid
from app.model.sample import FloatArray

DAY = 86400.0


def own_limit(value: FloatArray, grid: Grid, relative: float, peak_margin: float) -> float:
    """Limit above which an endpoint is slower than it usually is.

    The larger of `relative` times the median of all values and `peak_margin` times the usual daily
    peak. The usual daily peak is the median over the days of each day's 99th percentile: a
    service that is slow every noon is not news, and one bad day moves neither median.

    Parameters
    ----------
    value
        Shape (n,), NaN is unknown; the days before the minutes that are judged.
    grid
        Grid of `value`.
    relative, peak_margin
        Factors; `relative` NaN switches the rule off.

    Returns
    -------
    float
        In the unit of `value`; NaN where fewer than three days are at least half known. A limit on
        little evidence would be a guess.
    """
    per_day = round(DAY / grid.step)
    days = value.size // per_day if per_day else 0
    if math.isnan(relative) or days < 3:
        return math.nan
    by_day = np.sort(value[value.size - days * per_day :].reshape(days, per_day), axis=1)  # NaN go last
    known = (~np.isnan(by_day)).sum(axis=1)
    by_day, known = by_day[known * 2 >= per_day], known[known * 2 >= per_day]
    if len(by_day) < 3:
        return math.nan
    peaks = by_day[np.arange(len(by_day)), np.ceil(0.99 * known).astype(np.int64) - 1]  # nearest rank
    return max(relative * float(np.nanmedian(by_day)), peak_margin * float(np.median(peaks)))
