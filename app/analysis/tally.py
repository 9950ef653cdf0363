"""Amounts that availability is made of: good and total as far as known, and in the worst and in the best case.

Amounts add up, over periods, endpoints and parts of a period, and shares are only taken of the sum. Time, slices of
time and events are all kept in one form, so that one judgement serves every method.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from app.analysis.intervals import Intervals, holds, intersect, merged, seconds_between, subtract
from app.model.objective import Comparison, Missing
from app.model.sample import FloatArray

Numbers = npt.NDArray[Any]

_LEAST: Final = 0.001

EXPECTED, KNOWN, GOOD, TOTAL, WORST_GOOD, WORST_TOTAL, BEST_GOOD, BEST_TOTAL = range(8)
"""Rows of `Tally.amounts`."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Amounts of any number of cells: periods, series by periods, slices.

    Parameters
    ----------
    amounts
        Shape (8, ...). Two rows in seconds, promised time that is over and what of it is known; then three pairs of
        good and total, in seconds or events: of what is known, in the worst case, in the best case. Infinite where
        the number of events in unknown time has no bound.
    """

    amounts: FloatArray

    @classmethod
    def of_time(cls, expected: Numbers, known: Numbers, good: Numbers) -> Self:
        """Tally of seconds, arrays of one shape: what is not known may have been good or bad."""
        expected, known, good = (np.asarray(one, np.float64) for one in (expected, known, good))
        unknown = _unknown(expected, known)
        base = known + unknown
        return cls(np.stack([expected, known, good, known, good, base, good + unknown, base]))

    @classmethod
    def of_events(
        cls, expected: Numbers, known: Numbers, good: Numbers, total: Numbers, most_per_second: float = math.inf
    ) -> Self:
        """Tally of events; `expected` and `known` in seconds, arrays of one shape.

        How many events unknown time had cannot be known. Only a bound of their rate bounds what they could change:
        at most so many, all of them bad in the worst case and all of them good in the best. Without one the worst
        case is 0 and the best 1 as soon as any time is unknown.
        """
        expected, known, good, total = (np.asarray(one, np.float64) for one in (expected, known, good, total))
        missing = _times(_unknown(expected, known), most_per_second)
        return cls(np.stack([expected, known, good, total, good, total + missing, good + missing, total + missing]))

    @classmethod
    def ahead(cls, amount: Numbers | float) -> Self:
        """Tally of seconds or events that are still to come: promised, though not yet expected to be known."""
        rest = np.asarray(amount, np.float64)
        none = np.zeros_like(rest)
        return cls(np.stack([none, none, none, none, none, rest, rest, rest]))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amounts + other.amounts)

    def __getitem__(self, cell: Any) -> Self:
        index = cell if isinstance(cell, tuple) else (cell,)
        return type(self)(self.amounts[(slice(None), *index)])

    def sum(self, axis: int = -1) -> Self:
        """Tally of all cells along one axis, -1 being the last."""
        return type(self)(self.amounts.sum(axis=axis if axis < 0 else axis + 1))

    def into(self, place: npt.NDArray[np.int64], count: int) -> Self:
        """Tally of `count` periods from cells along the last axis, of which `place`, shape (n,), names the period."""
        found = np.zeros((*self.amounts.shape[:-1], count))
        np.add.at(np.moveaxis(found, -1, 0), place, np.moveaxis(self.amounts, -1, 0))
        return type(self)(found)

    @property
    def worst(self) -> FloatArray:
        """Share that is good if everything unknown was bad; NaN where nothing is promised or nothing took place."""
        return _share(self.amounts[WORST_GOOD], self.amounts[WORST_TOTAL])

    @property
    def known_only(self) -> FloatArray:
        """Share of what is known that is good; NaN where nothing is known."""
        return _share(self.amounts[GOOD], self.amounts[TOTAL])

    @property
    def best(self) -> FloatArray:
        """Share that is good if everything unknown was good; NaN as for `worst`."""
        return _share(self.amounts[BEST_GOOD], self.amounts[BEST_TOTAL])

    @property
    def coverage(self) -> FloatArray:
        """Share of the promised time, as far as it is over, that is known; NaN where none is."""
        return _share(self.amounts[KNOWN], self.amounts[EXPECTED])

    @property
    def bad(self) -> FloatArray:
        """Amount that is known to be bad."""
        bad: FloatArray = self.amounts[TOTAL] - self.amounts[GOOD]
        return bad

    @property
    def worst_bad(self) -> FloatArray:
        """Amount that is bad if everything unknown was; may be infinite."""
        bad: FloatArray = self.amounts[WORST_TOTAL] - self.amounts[WORST_GOOD]
        return bad

    @property
    def base(self) -> FloatArray:
        """Whole amount, known or not, or only what is known where the rest has no bound."""
        most = self.amounts[BEST_TOTAL]
        base: FloatArray = np.where(np.isfinite(most), most, self.amounts[TOTAL])
        return base

    def filled(self, missing: Missing) -> Self:
        """The same with unknown time taken for what a policy says; `known` and the coverage stay what they are.

        Events that nothing bounds cannot be added: taken for good they are left out, taken for bad they leave the
        known share as the best case and 0 as the worst.
        """
        if missing is Missing.UNKNOWN:
            return self
        rows = self.amounts.copy()
        good, total = (BEST_GOOD, BEST_TOTAL) if missing is Missing.GOOD else (WORST_GOOD, WORST_TOTAL)
        bounded = np.isfinite(rows[total])
        rows[GOOD], rows[TOTAL] = (np.where(bounded, rows[a], rows[b]) for a, b in ((good, GOOD), (total, TOTAL)))
        rows[BEST_GOOD], rows[BEST_TOTAL] = rows[GOOD], rows[TOTAL]
        if missing is Missing.GOOD:
            rows[WORST_GOOD], rows[WORST_TOTAL] = rows[GOOD], rows[TOTAL]
        return type(self)(rows)

    def forgiven(self) -> Self:
        """The same amounts with nothing of them bad, and no time that anything need be known of."""
        none = np.zeros_like(self.base)
        return type(self)(np.stack([none, none, *[self.base] * 6]))


class Evidence(Protocol):
    """What is known of one endpoint, and how it counts."""

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of the part of each period ``[edges[i], edges[i + 1])`` that lies in the scope, shape (m,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """Samples that are good from 1 on, counted by the time they speak for: ``endpoint_up``, or a threshold's.

    Parameters
    ----------
    time, value
        Shape (n,), seconds UTC, increasing; a NaN in `value` counts as no sample.
    hold
        Seconds that a sample speaks for at most, if no other follows; see `app.analysis.health.uptime`. One and
        a half steps let a scrape be late.
    """

    time: FloatArray
    value: FloatArray
    hold: float

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of time."""
        known, good = self._spoken(scope)
        return Tally.of_time(*(seconds_between(one, edges) for one in (scope, known, good)))

    def bad(self, scope: Intervals) -> Intervals:
        """Time that is known to be bad."""
        known, good = self._spoken(scope)
        return subtract(known, good)

    def unknown(self, scope: Intervals) -> Intervals:
        """Time of which nothing is known."""
        return subtract(scope, self._spoken(scope)[0])

    def _spoken(self, scope: Intervals) -> tuple[Intervals, Intervals]:
        """Known and good time of the scope."""
        number = ~np.isnan(self.value)
        said = _said(self.time[number], self.hold)
        return intersect(merged(said), scope), intersect(merged(said[self.value[number] >= 1.0]), scope)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Samples that count events of one step. A sample belongs to the time from its own until the next one.

    Parameters
    ----------
    time, good, total
        Shape (n,), seconds UTC, increasing. Where either count is no finite number there is no sample, for what
        is known of one side only must not dilute the other.
    hold
        Seconds that a sample speaks for at most.
    most_per_second
        Bound of the rate of events in unknown time, see `Tally.of_events`; whoever sets one must print it.
    """

    time: FloatArray
    good: FloatArray
    total: FloatArray
    hold: float
    most_per_second: float = math.inf

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of events."""
        number = np.isfinite(self.good) & np.isfinite(self.total)
        time, total = self.time[number], self.total[number]
        good = np.minimum(self.good[number], total)  # buckets and totals of one scrape need not be read at once
        known = intersect(merged(_said(time, self.hold)), scope)
        inside = holds(scope, time) & (time >= edges[0]) & (time < edges[-1])
        place = np.searchsorted(edges, time[inside], side="right") - 1
        add = partial(np.bincount, place, minlength=len(edges) - 1)
        return Tally.of_events(
            seconds_between(scope, edges),
            seconds_between(known, edges),
            add(weights=good[inside]),
            add(weights=total[inside]),
            self.most_per_second,
        )


def compared(value: FloatArray, op: Comparison, limit: float) -> FloatArray:
    """Values of a threshold indicator as a flag: 1 where good, 0 where bad, NaN where nothing is known."""
    compare = {"lt": np.less, "lte": np.less_equal, "gt": np.greater, "gte": np.greater_equal}[op]
    with np.errstate(invalid="ignore"):
        good = compare(value, limit)
    flag: FloatArray = np.where(np.isnan(value), np.nan, good.astype(np.float64))
    return flag


def tally_flags(samples: Numbers, ups: Numbers, step: float, expected: Numbers) -> Tally:
    """Tally of time from totals of zeros and ones (`app.store.totals.Totals`).

    Parameters
    ----------
    samples, ups
        Shape (k, m): samples in each period, and ones among them.
    step
        Seconds that one sample stands for; more of them than a period has room for cover it once.
    expected
        Shape (m,) or (k, m), promised seconds of each period as far as it is over.
    """
    samples, expected = np.asarray(samples, np.float64), np.broadcast_to(expected, np.shape(samples))
    known = np.minimum(samples * step, expected)
    return Tally.of_time(expected, known, known * _share(np.asarray(ups, np.float64), samples, empty=0.0))


def tally_counts(
    samples: Numbers, good: Numbers, total: Numbers, step: float, expected: Numbers, most_per_second: float = math.inf
) -> Tally:
    """Tally of events from totals, arrays as in `tally_flags`; `samples` must be those in which both counts are known.

    Where a period has `samples` of the one count that it has not of the other, read its samples and use `Counts`.
    """
    expected = np.broadcast_to(expected, np.shape(samples))
    known = np.minimum(np.asarray(samples) * step, expected)
    return Tally.of_events(expected, known, np.minimum(good, total), total, most_per_second)


def busiest(cells: Tally) -> float:
    """Most events a second of any cell, shape (m,), of which at least half is known; infinite if there is none.

    As a bound of unknown time, that it was never busier than the busiest hour known, this is an assumption and no
    proof: a figure that stands on it must say so.
    """
    known, total = cells.amounts[KNOWN], cells.amounts[TOTAL]
    enough = (known > 0.0) & (known >= cells.amounts[EXPECTED] / 2.0)
    return float((total[enough] / known[enough]).max()) if enough.any() else math.inf


def _said(time: FloatArray, hold: float) -> FloatArray:
    """Time that each sample speaks for: until the next one, and for `hold` seconds at most; shape (n, 2)."""
    return np.column_stack([time, np.minimum(np.append(time[1:], np.inf), time + hold)])


def _unknown(expected: FloatArray, known: FloatArray) -> FloatArray:
    """Seconds that are not known; what is less than the store's own unit is rounding, and must decide nothing."""
    rest = expected - known
    return np.where(rest >= _LEAST, rest, 0.0)


def _times(seconds: FloatArray, rate: float) -> FloatArray:
    """Events in so many seconds at most; none in none, whatever the rate."""
    return np.where(seconds > 0.0, np.where(seconds > 0.0, seconds, 1.0) * rate, 0.0)


def _share(part: FloatArray, of: FloatArray, empty: float = math.nan) -> FloatArray:
    """Quotient; `empty` of nothing, and 1 where both are beyond bound, which is what the share comes to."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share: FloatArray = np.where(of > 0.0, np.where(np.isinf(part) & np.isinf(of), 1.0, part / of), empty)
    return share
