"""Amounts that availability is made of: good and total as far as known, and in the worst and in the best case.

Amounts add up, over periods, endpoints and parts of a period, and shares are only taken of the sum. Time, slices of
time and events are all kept in one form, so that one judgement serves every method.
"""

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from app.analysis.intervals import Intervals, Mask, intersect, merged, seconds_between
from app.analysis.runs import Runs
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
        rows = self.amounts.reshape(-1, self.amounts.shape[-1])
        found: FloatArray = np.stack([np.bincount(place, row, count) for row in rows]).astype(np.float64, copy=False)
        return type(self)(found.reshape(*self.amounts.shape[:-1], count))

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
        base = self.base
        none = np.zeros_like(base)
        return type(self)(np.stack([none, none, *[base] * 6]))


class Evidence(Protocol):
    """What is known of one endpoint, and how it counts."""

    @property
    def known(self) -> Intervals:
        """Time of which something is known."""

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of the part of each period ``[edges[i], edges[i + 1])`` that lies in the scope, shape (m,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """Time that is known and time that is good: ``endpoint_up``, or a threshold's.

    Parameters
    ----------
    known, good
        What samples speak for, and those of them that are good.
    """

    known: Intervals
    good: Intervals

    @classmethod
    def of(cls, time: FloatArray, value: FloatArray, hold: float) -> Self:
        """Flag of samples that are good from 1 on, each counted by the time it speaks for.

        Parameters
        ----------
        time, value
            Shape (n,), seconds UTC, increasing; a NaN in `value` counts as no sample.
        hold
            Seconds that a sample speaks for at most, if no other follows; see `app.analysis.health.uptime`. One and
            a half steps let a scrape be late.
        """
        return cls.of_runs(Runs.of(time, value, hold), hold)

    @classmethod
    def of_runs(cls, runs: Runs, hold: float) -> Self:
        """The same of samples that were put together to runs with this `hold`."""
        said = runs.spoken(hold)
        return cls(merged(said), merged(said[runs.value >= 1.0]))

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of time."""
        known, good = intersect(self.known, scope), intersect(self.good, scope)
        return Tally.of_time(*(seconds_between(one, edges) for one in (scope, known, good)))


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Events, counted at moments, and the time that is known.

    Parameters
    ----------
    known
        What samples speak for, in which both counts are known.
    time, good, total
        Shape (n,), seconds UTC in order, and the events of that moment, finite. A moment stands for one sample, or for
        all those of a cell that begins with it, which nobody may then cut.
    most_per_second
        Bound of the rate of events in unknown time, see `Tally.of_events`; whoever sets one must print it.
    """

    known: Intervals
    time: FloatArray
    good: FloatArray
    total: FloatArray
    most_per_second: float = math.inf

    @classmethod
    def of(
        cls, time: FloatArray, good: FloatArray, total: FloatArray, hold: float, most_per_second: float = math.inf
    ) -> Self:
        """Counts of samples of one step each. A sample belongs to the time from its own until the next one.

        Parameters
        ----------
        time, good, total
            Shape (n,), seconds UTC, increasing; see `both_known`.
        hold
            Seconds that a sample speaks for at most.
        """
        time, good, total = both_known(time, good, total)
        found = cls.of_runs(Runs.of(time, np.ones(time.size), hold), hold, time, good, total)
        return replace(found, most_per_second=most_per_second)

    @classmethod
    def of_runs(cls, runs: Runs, hold: float, time: FloatArray, good: FloatArray, total: FloatArray) -> Self:
        """Counts at moments in any order, and the runs, made with this `hold`, of the samples that they come from."""
        order = np.argsort(time, kind="stable")
        return cls(merged(runs.spoken(hold)), time[order], good[order], total[order])

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of events."""
        known, places = intersect(self.known, scope), np.searchsorted(self.time, edges)
        part = slice(places[0], places[-1])
        turns = np.searchsorted(self.time[part], scope.ravel())  # outside and inside the scope by turns
        lengths = np.diff(np.concatenate([[0], turns, [places[-1] - places[0]]]))
        inside = np.repeat(np.arange(lengths.size) % 2, lengths)
        cell = np.repeat(np.arange(len(edges) - 1), np.diff(places))
        add = partial(np.bincount, cell, minlength=len(edges) - 1)
        return Tally.of_events(
            seconds_between(scope, edges),
            seconds_between(known, edges),
            add(weights=self.good[part] * inside),
            add(weights=self.total[part] * inside),
            self.most_per_second,
        )


def both_known(time: FloatArray, good: FloatArray, total: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Samples of which both counts are finite numbers, arrays of shape (n,), with no more good events than all.

    Where one count is unknown there is no sample, for what is known of one side only must not dilute the other.
    Buckets and totals of one scrape need not have been read at once, so the good ones may seem to be more than all.
    """
    number = np.isfinite(good) & np.isfinite(total)
    if not number.all():
        time, good, total = time[number], good[number], total[number]
    return time, np.minimum(good, total), total


def compared(value: FloatArray, op: Comparison, limit: float) -> FloatArray:
    """Values of a threshold indicator as a flag: 1 where good, 0 where bad, NaN where nothing is known."""
    flag = is_good(value, op, limit).astype(np.float64)
    flag[np.isnan(value)] = np.nan
    return flag


def is_good(value: FloatArray, op: Comparison, limit: float) -> Mask:
    """Whether values compare as they should; a NaN never does."""
    compare = {"lt": np.less, "lte": np.less_equal, "gt": np.greater, "gte": np.greater_equal}[op]
    with np.errstate(invalid="ignore"):
        good: Mask = compare(value, limit)
    return good


def busiest(cells: Tally) -> float:
    """Most events a second of any cell, shape (m,), of which at least half is known; infinite if there is none.

    Cells that a boundary left less than half as long as the longest do not count: in a sliver of an hour one scrape's
    events, which took a whole step to come, would look like a storm.

    As a bound of unknown time, that it was never busier than the busiest hour known, this is an assumption and no
    proof: a figure that stands on it must say so.
    """
    expected, known, total = cells.amounts[EXPECTED], cells.amounts[KNOWN], cells.amounts[TOTAL]
    enough = (known > 0.0) & (known >= expected / 2.0) & (expected >= expected.max(initial=0.0) / 2.0)
    return float((total[enough] / known[enough]).max()) if enough.any() else math.inf


def _unknown(expected: FloatArray, known: FloatArray) -> FloatArray:
    """Seconds that are not known; what is less than the store's own unit is rounding, and must decide nothing."""
    rest = expected - known
    return np.where(rest >= _LEAST, rest, 0.0)


def _times(seconds: FloatArray, rate: float) -> FloatArray:
    """Events in so many seconds at most; none in none, whatever the rate."""
    return np.where(seconds > 0.0, np.where(seconds > 0.0, seconds, 1.0) * rate, 0.0)


def _share(part: FloatArray, of: FloatArray) -> FloatArray:
    """Quotient; NaN of nothing, and 1 where both are beyond bound, which is what the share comes to."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share: FloatArray = np.where(of > 0.0, np.where(np.isinf(part) & np.isinf(of), 1.0, part / of), math.nan)
    return share
