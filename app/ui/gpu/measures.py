"""What is looked at of a GPU, in words and on a scale."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from app.query.gpu_floor import Gpu, Measure, Reading, Told
from app.ui import words

LABELS = {
    Measure.BUSY: "Busy",
    Measure.ACTIVE: "SM activity",
    Measure.MEMORY: "Memory",
    Measure.POWER: "Power",
    Measure.HEAT: "Temperature",
}
"""Names of the measures, as they are chosen."""


def within_sentence(measure: Measure) -> str:
    """The name of a measure in the middle of a sentence; an abbreviation keeps its capitals."""
    label = LABELS[measure]
    return label if label[:2].isupper() else label.lower()


EXPLAINED = {
    Measure.BUSY: "Per cent of time with a kernel running",
    Measure.ACTIVE: "Per cent of multiprocessors at work",
    Measure.MEMORY: "Per cent of memory in use",
    Measure.POWER: "Watts",
    Measure.HEAT: "Degrees Celsius of the chip",
}
"""What the numbers of a measure are."""

TAKEN = {
    Measure.BUSY: "DCGM's utilisation: any kernel counts, however little of the chip it uses. SM activity says how "
    "much of the chip works. Cut cards (MIG) do not export it.",
    Measure.ACTIVE: "Share of the multiprocessors with work, averaged over time; where that is off, the graphics "
    "engine's activity.",
    Measure.MEMORY: "Framebuffer in use over what there is, reserved memory included.",
    Measure.POWER: "What the card draws. Parts of one card share its power, and each shows all of it.",
    Measure.HEAT: "Temperature of the chip. A GPU slows itself down from about 85 to 90 °C; no series tells of it.",
}
"""How the numbers of a measure are taken, for a tip."""

FOLDED = {
    Measure.BUSY: "mean of all samples of its GPUs: time spent busy is what adds up",
    Measure.ACTIVE: "mean of all samples of its GPUs",
    Measure.MEMORY: "memory in use over memory there is, summed over its GPUs",
    Measure.POWER: "mean watts of a GPU",
    Measure.HEAT: "hottest sample of its GPUs: a mean would hide the one that slows down",
}
"""How the samples of a node become one cell of the heatmap."""

_SHARES = (Measure.BUSY, Measure.ACTIVE, Measure.MEMORY)


class Reach(NamedTuple):
    """Values of a measure at the two ends of the ramp, in its unit."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a value lies between them, 0 to 1 and beyond."""
        return (value - self.low) / (self.high - self.low)


def reach_of(measure: Measure, gpus: Iterable[Gpu], hot: float) -> Reach:
    """Ends of the ramp: all of a share, no power to the most that any GPU draws, and cool to `hot` (°C)."""
    if measure in _SHARES:
        return Reach(0.0, 1.0)
    if measure is Measure.HEAT:
        return Reach(30.0, hot)
    told = [one.value for gpu in gpus if (one := gpu.reading(measure)).told is Told.NOW]
    return Reach(0.0, max(100.0, math.ceil(max(told, default=0.0) / 100.0) * 100.0))


def ends(measure: Measure, reach: Reach) -> tuple[str, str]:
    """What stands at the two ends of a ramp."""
    return number(measure, reach.low), said(measure, reach.high)


def number(measure: Measure, value: float) -> str:
    """A value as it stands in a cell, without its unit; a share that is not nothing never reads as 0."""
    if measure in _SHARES:
        return "<1" if 0.0 < value < 0.005 else f"{value * 100:.0f}"
    return f"{value:.0f}"


def said(measure: Measure, value: float) -> str:
    """A value with its unit."""
    if measure in _SHARES:
        return words.percent(value, 0)
    unit = "W" if measure is Measure.POWER else "°C"
    return f"{words.grouped(value)}{words.GAP}{unit}"


def reading_words(measure: Measure, one: Reading) -> str:
    """A reading: its value, or why there is none."""
    if one.told is Told.NOT_EXPORTED:
        return "not exported"
    if one.told is Told.SILENT:
        known = "" if math.isnan(one.value) else f", last {said(measure, one.value)}"
        return f"no data{known}"
    return said(measure, one.value)


def memory_words(used: float, total: float = math.nan) -> str:
    """Bytes of memory in GiB: ``61.2 of 80 GiB``."""
    gib = 2.0**30
    decimals = 1 if used < 100 * gib else 0
    of = "" if math.isnan(total) else f" of {words.grouped(total / gib)}"
    return f"{words.grouped(used / gib, decimals)}{of}{words.GAP}GiB"


def power_words(watts: float) -> str:
    """``16.7 kW``; watts below one kilowatt."""
    if watts < 1000:
        return f"{words.grouped(watts)}{words.GAP}W"
    return f"{words.grouped(watts / 1000, 1)}{words.GAP}kW"
