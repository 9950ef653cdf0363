"""Stretches of time as arrays: put together, cut, and measured.

A set of intervals is an array of shape (n, 2), half-open ``[start, end)`` in seconds UTC, in order, of which no two
touch. Every function hands out that form, so sets that cover the same time are the same array.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from app.model.sample import FloatArray
from app.model.time_range import TimeRange

Intervals = FloatArray
"""Shape (n, 2), disjoint and in order."""

Mask = npt.NDArray[np.bool_]

NEVER: Intervals = np.empty((0, 2))


def spans(pairs: Iterable[tuple[float, float]]) -> Intervals:
    """Intervals of pairs in any order, which may overlap; those without length are left out."""
    return merged(np.array(list(pairs), np.float64).reshape(-1, 2))


def whole(span: TimeRange) -> Intervals:
    """The one interval of a span."""
    return spans([(span.start, span.end)])


def merged(raw: FloatArray) -> Intervals:
    """Intervals of rows ``(start, end)`` in any order, shape (n, 2), which may overlap."""
    raw = raw[raw[:, 1] > raw[:, 0]]
    if not len(raw):
        return NEVER
    raw = raw[np.argsort(raw[:, 0], kind="stable")]
    reached = np.maximum.accumulate(raw[:, 1])
    first = np.flatnonzero(np.append(True, raw[1:, 0] > reached[:-1]))
    return np.column_stack([raw[first, 0], np.append(reached[first[1:] - 1], reached[-1])])


def union(*sets: Intervals) -> Intervals:
    """Time that lies in any of the sets."""
    return merged(np.concatenate([NEVER, *sets]))


def intersect(one: Intervals, other: Intervals) -> Intervals:
    """Time that lies in both sets."""
    if len(other) == 1:  # a period that nothing cuts, what most are
        cut = np.clip(one, *other[0])
        kept: Intervals = cut[cut[:, 1] > cut[:, 0]]
        return kept
    cuts, in_one, in_other = _pieces(one, other)
    return _pieced(cuts, in_one & in_other)


def subtract(one: Intervals, other: Intervals) -> Intervals:
    """Time of `one` that does not lie in `other`."""
    cuts, in_one, in_other = _pieces(one, other)
    return _pieced(cuts, in_one & ~in_other)


def _pieces(one: Intervals, other: Intervals) -> tuple[FloatArray, Mask, Mask]:
    """Times at which either set begins or ends, and whether the piece after each lies in them."""
    cuts = np.unique(np.concatenate([one.ravel(), other.ravel()]))
    return cuts, holds(one, cuts), holds(other, cuts)


def _pieced(cuts: FloatArray, kept: Mask) -> Intervals:
    """Put the pieces that are kept together; nothing is kept after the last cut."""
    change = np.flatnonzero(np.diff(kept.astype(np.int8), prepend=0))
    return cuts[change].reshape(-1, 2)


def holds(covered: Intervals, time: FloatArray) -> Mask:
    """Whether each time, shape (n,), seconds UTC, lies in the set."""
    inside: Mask = np.searchsorted(covered.ravel(), time, side="right") % 2 == 1
    return inside


def seconds(covered: Intervals) -> float:
    """Length of a set."""
    return float((covered[:, 1] - covered[:, 0]).sum())


def seconds_between(covered: Intervals, edges: FloatArray) -> FloatArray:
    """Seconds of a set that lie in each of the periods ``[edges[i], edges[i + 1])``.

    Parameters
    ----------
    covered
        The set.
    edges
        Shape (m + 1,), seconds UTC, increasing.

    Returns
    -------
    FloatArray
        Shape (m,).
    """
    if not len(covered):
        return np.zeros(len(edges) - 1)
    # seconds covered so far rise within the intervals and stand still between them
    so_far = np.zeros(covered.size)
    so_far[1::2] = np.cumsum(covered[:, 1] - covered[:, 0])
    so_far[2::2] = so_far[1:-1:2]
    return np.diff(np.interp(edges, covered.ravel(), so_far))
