"""Quantiles of cumulative buckets, with the honesty to say when a bucket can give only a bound."""

from collections.abc import Sequence

import numpy as np

from app.model.sample import FloatArray


def bucket_quantile(upper: FloatArray, cumulative: FloatArray, share: float) -> tuple[FloatArray, FloatArray]:
    """Quantile of cumulative buckets, by the interpolation of PromQL's ``histogram_quantile``.

    Inside a bucket values are taken as evenly spread. Two answers are only bounds, where PromQL gives
    a number that looks exact: in the first bucket (PromQL interpolates from 0, so that 0.95 of vLLM's
    first bucket of 0.3 s reads 0.285 whatever the truth) the answer is its upper bound, at most; in the
    last, open one it is the last finite bound, at least.

    Parameters
    ----------
    upper
        Shape (b,), ascending upper bounds, the last +Inf, at least one finite.
    cumulative
        Shape (b, n), observations at or below each bound; NaN columns are unknown.
    share
        Quantile, in (0, 1).

    Returns
    -------
    value, bound : ndarray, shape (n,)
        `value` in the unit of `upper`, NaN without observations. `bound` is -1 (at most), 0 (exact
        up to the width of the bucket) or 1 (at least); NaN where `value` is.
    """
    counts = np.maximum.accumulate(np.nan_to_num(cumulative, nan=0.0), axis=0)
    total = counts[-1]
    rank = share * total
    columns = np.arange(counts.shape[1])
    bucket = np.minimum((counts < rank).sum(axis=0), len(upper) - 1)
    below = np.where(bucket > 0, counts[np.maximum(bucket - 1, 0), columns], 0.0)
    lower = upper[np.maximum(bucket - 1, 0)]
    inside = counts[bucket, columns] - below
    width = np.where(np.isinf(upper[bucket]), 0.0, upper[bucket]) - lower
    part = np.divide(rank - below, inside, out=np.zeros_like(rank), where=inside > 0)
    first, last = bucket == 0, bucket == len(upper) - 1
    value = np.where(first, upper[0], np.where(last, upper[-2], lower + width * part))
    bound = np.where(first, -1.0, np.where(last, 1.0, 0.0))
    empty = ~(total > 0)
    value[empty], bound[empty] = np.nan, np.nan
    return value, bound


def native_buckets(samples: Sequence[Sequence[tuple[float, float, float]]]) -> tuple[FloatArray, FloatArray]:
    """Classic cumulative buckets of the samples of one native histogram.

    A native histogram may change its resolution at any scrape. Only bounds that no bucket of any sample
    straddles are kept: at these the counts are exact and can be differenced.

    Parameters
    ----------
    samples
        For each sample its populated buckets as (lower, upper, count).

    Returns
    -------
    upper : ndarray, shape (b,)
        Ascending finite bounds.
    cumulative : ndarray, shape (b, m)
        Count at or below each bound, by sample.
    """
    upper = np.array(sorted({high for sample in samples for _, high, _ in sample if np.isfinite(high)}))
    keep = np.ones(len(upper), dtype=np.bool_)
    tables = [np.array(sample, dtype=np.float64).reshape(-1, 3) for sample in samples]
    for table in tables:
        first = np.searchsorted(upper, table[:, 0], side="right")
        last = np.searchsorted(upper, table[:, 1], side="left")
        for start, stop in zip(first, last, strict=True):
            keep[start:stop] = False
    upper = upper[keep]
    cumulative = np.zeros((len(upper), len(tables)))
    for column, table in enumerate(tables):
        order = np.argsort(table[:, 1])
        running = np.concatenate(([0.0], np.cumsum(table[order, 2])))
        cumulative[:, column] = running[np.searchsorted(table[order, 1], upper, side="right")]
    return upper, cumulative
