"""What a counter counted in each step: exact differences, corrected for resets, without extrapolation.

A counter is seen only at its scrapes. `edges` cut time into steps; step k covers
``(edges[k], edges[k + 1]]``. An edge is *known* where the scrapes around it are close enough to
say what the counter stood at. A step counts only between two known edges: what happened across a gap
is unknown, not zero, and is never spread over it. Every answer depends only on the scrapes within
`MEMORY` before its own step, so that reading a window again, or in other pieces, gives the same numbers.
"""

import numpy as np
import numpy.typing as npt

from app.model.sample import FloatArray

BoolArray = npt.NDArray[np.bool_]

MEMORY = 300.0
"""Seconds for which a series must have been absent before its appearance is a birth; the look-back that
Prometheus itself uses (querying basics, "staleness")."""

_OPEN = 1.5
_BRIDGED = 2.5


def known_edges(time: FloatArray, edges: FloatArray, interval: float) -> BoolArray:
    """Whether the scrapes say what stood at each edge.

    Parameters
    ----------
    time
        Shape (m,), seconds of the scrapes, increasing.
    edges
        Shape (n + 1,), seconds.
    interval
        Longest usual seconds between two scrapes. One missed scrape is bridged once the next one
        is there; after the last one the edge is known for one and a half intervals.

    Returns
    -------
    ndarray of bool, shape (n + 1,)
    """
    if not len(time):
        return np.zeros(len(edges), dtype=np.bool_)
    before = np.searchsorted(time, edges, side="right") - 1
    age = edges - time[np.maximum(before, 0)]
    gap = np.append(np.diff(time), np.inf)[np.maximum(before, 0)]
    return (before >= 0) & ((age <= _OPEN * interval) | (gap <= _BRIDGED * interval))


def increments(
    time: FloatArray, value: FloatArray, edges: FloatArray, interval: float, target_known: BoolArray
) -> FloatArray:
    """Increase of one counter in each step.

    A fall between two scrapes is a restart from 0: the new value is the increase. A series that
    appears although its target was read all along started at 0, as a client library makes the
    counter of an error with the first error.

    Parameters
    ----------
    time, value
        Shape (m,), seconds (increasing) and raw counter values of the scrapes, at least from
        `MEMORY` before the first edge on. NaN values are ignored.
    edges
        Shape (n + 1,), seconds.
    interval
        As for `known_edges`.
    target_known
        Shape (n + 1,): whether the target that exports this counter was read at each edge.

    Returns
    -------
    ndarray, shape (n,)
        NaN where the increase is unknown.
    """
    usable = ~np.isnan(value)
    time, value = time[usable], value[usable]
    unknown = np.full(len(edges) - 1, np.nan)
    if not len(time):
        return unknown
    step = np.diff(value)
    rise = np.concatenate(([0.0], np.where(step < 0, value[1:], step)))
    place = np.searchsorted(edges, time, side="left") - 1  # the step that each scrape falls in
    born = _births(time, edges, place, target_known)
    rise[born] = value[born]
    inside = (place >= 0) & (place < len(edges) - 1)
    total = np.bincount(place[inside], weights=rise[inside], minlength=len(edges) - 1)
    known = known_edges(time, edges, interval)
    counted = known[1:] & known[:-1]
    counted[place[born]] |= known[1:][place[born]]
    return np.where(counted, total, unknown)


def _births(time: FloatArray, edges: FloatArray, place: npt.NDArray[np.intp], target_known: BoolArray) -> BoolArray:
    """Scrapes at which a series began while its target was already being read."""
    steps = len(edges) - 1
    inside = (place >= 0) & (place < steps)
    edge = edges[np.clip(place, 0, steps)]
    previous = np.concatenate(([-np.inf], time[:-1]))
    return inside & (previous < edge - MEMORY) & target_known[np.clip(place, 0, steps)]


def rolling_sum(steps: FloatArray, width: int) -> FloatArray:
    """Sum of the known values of each step and the `width` - 1 before it.

    Parameters
    ----------
    steps
        Shape (..., n); NaN is unknown and adds nothing.

    Returns
    -------
    ndarray, shape (..., n)
        NaN where the step itself is unknown: a number must be about its own time.
    """
    filled = np.nan_to_num(steps, nan=0.0)
    total = filled.copy()
    for back in range(1, min(width, steps.shape[-1])):
        total[..., back:] += filled[..., :-back]
    return np.where(np.isnan(steps), np.nan, total)
