"""The vertical scale: round, from what is visible, and still while one pans."""

import math
from dataclasses import dataclass

_NARROW = 0.25
"""Below this share of the highest value a range is shown without zero, where nothing is filled down to it."""
_FAR = 1e300
"""Differences of larger numbers would overflow; what lies beyond is drawn at the edge."""
_LOOSE = 2.6
"""A scale may be this many times as tall as the round one that would fit, before it is given up."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high`, labelled every `step`."""

    low: float
    high: float
    step: float

    def ticks(self) -> list[float]:
        """Round values from bottom to top."""
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [number * self.step for number in range(first, last + 1)]

    def share(self, value: float) -> float:
        """Height of a value: 0 at the bottom, 1 at the top."""
        return (value - self.low) / (self.high - self.low)


def fit(low: float, high: float, lines: int, *, base: float = 10.0, zero: bool = False) -> Scale:
    """Round scale around ``[low, high]`` with about `lines` labels.

    Parameters
    ----------
    base
        Steps are 1, 2 or 5 times a power of it: 10, or 2 for bytes.
    zero
        Begin at zero even where the values lie in a narrow range far from it.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return Scale(0.0, 1.0, 0.5)
    low, high = min(max(low, -_FAR), _FAR), min(max(high, -_FAR), _FAR)
    reach = max(abs(low), abs(high))
    if reach < 1 / _FAR:
        return Scale(0.0, 1.0, 0.5)
    if low > 0 and (zero or high - low >= _NARROW * high):
        low = 0.0
    if high < 0 and (zero or high - low >= _NARROW * -low):
        high = 0.0
    if high - low <= 1e-12 * reach:  # constant: half way up, or from zero
        low, high = (0.0, 2 * high) if low > 0 else (2 * low, 0.0) if low < 0 else (0.0, 1.0)
    wide = _scale(low, high, _round((high - low) / max(1, lines), base))
    # one label more, where that leaves less of the height empty
    close = _scale(low, high, _round(wide.step * 0.399, base))
    return close if len(close.ticks()) <= lines + 2 and close.high - close.low < wide.high - wide.low else wide


def _scale(low: float, high: float, step: float) -> Scale:
    bottom, top = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(bottom * step, max(top, bottom + 1) * step, step)


def keep(before: Scale | None, wanted: Scale, low: float, high: float) -> Scale:
    """`before`, while everything visible fits into it and does not look lost in it: panning must not make it jump."""
    if before is None or not (math.isfinite(low) and math.isfinite(high)):
        return before or wanted
    inside = before.low <= low and high <= before.high
    tall = before.high - before.low > _LOOSE * (wanted.high - wanted.low)
    return before if inside and not tall else wanted


def _round(step: float, base: float) -> float:
    if base == 2.0:
        return 2.0 ** math.ceil(math.log2(step))
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if step <= factor * power * (1 + 1e-9))
