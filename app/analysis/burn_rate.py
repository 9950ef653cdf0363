"""How fast a budget burns: pairs of windows as data, their factors, and rules that cannot do what they promise.

``burn rate = bad share / (1 - target)``; 1 spends the budget exactly by the end of the period. A pair speaks where both
its windows burn faster than its factor, ``budget share * period / long window`` (Google, The Site Reliability
Workbook, ch. 5, "Alerting on SLOs"). A factor is never written down: copied to another period it would mean
another share of the budget.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from app.analysis.grid import Grid, trailing_sum
from app.analysis.intervals import Mask
from app.model.sample import FloatArray

_EVEN = 1e-9


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows that must both burn.

    `share` is the share of the budget that is spent when the long window has burned at its factor from beginning to
    end; `long` and `short` are seconds.
    """

    name: str
    severity: str
    share: float
    long: float
    short: float

    def factor(self, period: float) -> float:
        """Burn rate above which it speaks, for a period of so many seconds."""
        return self.share * period / self.long

    def detection(self, target: float, period: float) -> float:
        """Seconds after which a full outage makes it speak; beyond `long` it never does."""
        return self.factor(period) * (1.0 - target) * self.long

    def is_finer(self, cadence: float) -> bool:
        """Whether its short window is over before data that comes in every `cadence` seconds can tell of it."""
        return self.short < cadence


def read_pairs(table: Sequence[dict[str, Any]]) -> tuple[Pair, ...]:
    """Pairs from tables with the fields of `Pair`, as ``resources/policy/burn_rates.toml`` has them.

    Raises
    ------
    ValueError
        If a field is missing, unknown or out of its range.
    """
    found = []
    for number, row in enumerate(table, 1):
        try:
            name, severity = str(row["name"]), str(row["severity"])
            pair = Pair(name, severity, *(float(row[field]) for field in ("share", "long", "short")))
        except (KeyError, TypeError, ValueError) as fault:
            raise ValueError(f"Pair {number} needs name, severity, share, long and short: {fault} is wrong.") from fault
        if strange := set(row) - {"name", "severity", "share", "long", "short"}:
            raise ValueError(f"Pair {number} has the unknown field {min(strange)!r}.")
        if not 0.0 < pair.share <= 1.0 or not 0.0 < pair.short <= pair.long:
            raise ValueError(f"Pair {number} needs a share up to 1, and a short window that is not the longer one.")
        found.append(pair)
    return tuple(found)


class Flaw(Enum):
    """What is wrong with a pair for one objective."""

    NEVER = "can never fire"
    BELOW_ONE = "fires while the budget is not overspent"
    FINER = "is finer than the data arrives, so it is a verdict on the past"
    LONGER = "looks back longer than the period"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw of one pair, with the factor of the objective's period."""

    pair: Pair
    flaw: Flaw
    factor: float


def lint(pairs: Sequence[Pair], target: float, period: float, cadence: float) -> list[Finding]:
    """Find pairs that do not do what they promise.

    Parameters
    ----------
    pairs
        The rules.
    target
        Of the objective; nothing burns faster than ``1 / (1 - target)``, so what asks for as much never speaks.
    period
        Seconds of the objective's window.
    cadence
        Seconds between two arrivals of data.
    """
    found = []
    for pair in pairs:
        factor = pair.factor(period)
        flaws = {
            Flaw.NEVER: factor * (1.0 - target) >= 1.0 - _EVEN,
            Flaw.BELOW_ONE: factor < 1.0 - _EVEN,
            Flaw.FINER: pair.is_finer(cadence),
            Flaw.LONGER: pair.long > period,
        }
        found += [Finding(pair, flaw, factor) for flaw, holds in flaws.items() if holds]
    return found


def least_target(pair: Pair, period: float) -> float:
    """Target up to which a pair can never fire; 0 or less where it always can."""
    return 1.0 - 1.0 / pair.factor(period)


def burn_rates(bad: FloatArray, total: FloatArray, width: int, target: float) -> FloatArray:
    """Burn rate of the window that ends with each cell.

    Parameters
    ----------
    bad, total
        Shape (..., n), known seconds or events per cell of even length (`Tally.bad`, and the total); 0 where
        nothing is known.
    width
        Cells of the window.
    target
        Of the objective.

    Returns
    -------
    FloatArray
        Shape (..., n); NaN where nothing is known in the window, and before a whole window has passed.
    """
    lost, all_of_it = trailing_sum(bad, width), trailing_sum(total, width)
    with np.errstate(invalid="ignore", divide="ignore"):
        # what is left of sums that cancel is rounding: nothing is less than no loss
        rate: FloatArray = np.where(all_of_it > _EVEN, np.maximum(lost, 0.0) / all_of_it, np.nan) / (1.0 - target)
    rate[..., : width - 1] = np.nan
    return rate


def is_above(rate: float | FloatArray, factor: float) -> Any:
    """Whether a burn rate, or each of some, is above a factor by more than rounding; an unknown rate is not."""
    return rate > factor + _EVEN


@dataclass(frozen=True, slots=True)
class Burn:
    """A stretch in which a pair spoke.

    `start` and `end` are seconds UTC; `peak` is the highest rate of the long window. `learned` is when enough had
    arrived to say so, seconds UTC; it is never before the data itself. `lasts` says whether it still spoke at the end.
    """

    pair: Pair
    factor: float
    start: float
    end: float
    peak: float
    learned: float
    lasts: bool


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Known seconds or events of one endpoint, cell by cell.

    Parameters
    ----------
    grid
        The cells.
    bad, total
        Shape (n,), see `burn_rates`.
    arrival
        Shape (n,), seconds UTC at which the data of a cell was here; NaN where there is none.
    """

    grid: Grid
    bad: FloatArray
    total: FloatArray
    arrival: FloatArray

    def rates(self, seconds: float, target: float) -> FloatArray:
        """Burn rates of the windows of so many seconds, shape (n,)."""
        return burn_rates(self.bad, self.total, self.grid.slots(seconds), target)

    def rate(self, place: int, seconds: float, target: float) -> float:
        """Burn rate of the one window of so many seconds that ends with a cell; NaN as in `burn_rates`."""
        first = place + 1 - self.grid.slots(seconds)
        window = slice(max(first, 0), place + 1)
        lost, all_of_it = float(self.bad[window].sum()), float(self.total[window].sum())
        return math.nan if first < 0 or all_of_it <= _EVEN else lost / all_of_it / (1.0 - target)

    def speaks(self, pair: Pair, target: float, period: float) -> Mask:
        """Whether a pair speaks at the end of each cell, shape (n,); an unknown rate never does."""
        factor = pair.factor(period)
        long, short = self.rates(pair.long, target), self.rates(pair.short, target)
        spoken: Mask = is_above(long, factor) & is_above(short, factor)
        return spoken

    def burns(self, pair: Pair, target: float, period: float) -> list[Burn]:
        """Stretches in which a pair spoke, in order, each with when we learned it.

        A stretch is learned as soon as for one of its moments everything that was ever to arrive of the long window
        has arrived: a moment at which the same rate would have been worked out then.
        """
        spoken = self.speaks(pair, target, period)
        if not spoken.any():
            return []
        rate = self.rates(pair.long, target)
        known = _trailing_most(np.where(np.isnan(self.arrival), -np.inf, self.arrival), self.grid.slots(pair.long))
        ends = self.grid.start + self.grid.step * (np.arange(spoken.size) + 1.0)
        edge = np.flatnonzero(np.diff(spoken.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        return [
            Burn(
                pair,
                pair.factor(period),
                float(ends[first]),
                float(ends[last - 1]),
                float(rate[first:last].max()),
                float(np.maximum(known[first:last], ends[first:last]).min()),
                last == spoken.size,
            )
            for first, last in edge.tolist()
        ]


def _trailing_most(value: FloatArray, width: int) -> FloatArray:
    """Largest of the last `width` numbers up to and including each one, shape (n,), by doubling."""
    most, reached = value.copy(), 1
    while reached < min(width, value.size):
        shift = min(reached, width - reached)
        most[shift:] = np.maximum(most[shift:], most[:-shift].copy())
        reached += shift
    return most
