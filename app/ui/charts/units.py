"""Units of values: what stands on a vertical axis and in a read-out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.ui.words import GAP, grouped


@dataclass(frozen=True, slots=True)
class Step:
    """Values from `least` up are written as value / `size` with `sign`."""

    least: float
    size: float
    sign: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Steps of one unit, largest first; the last one takes everything smaller. Round numbers go by powers of `base`.

    `stored` is what the number itself counts, where that is not what it is said in.
    """

    name: str
    steps: tuple[Step, ...]
    base: float = 10.0
    stored: str = ""

    def say(self, value: float) -> str:
        """One value with three digits or more: ``662 ms``, ``4.61 %``; a whole count as it is."""
        if math.isnan(value):
            return "no data"
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        step = self._step(abs(value))
        shown = value / step.size
        size = abs(shown)
        whole = not step.sign and shown == round(shown)
        decimals = 0 if whole or size >= 99.95 or not size else 1 if size >= 9.995 else 2
        if 0 < size < 0.1:
            decimals = min(9, 1 - math.floor(math.log10(size)))
        return grouped(shown, decimals) + self._sign(step)

    def labels(self, ticks: Sequence[float]) -> list[str]:
        """Labels of evenly spaced values: one step and one number of decimals for all; zero is bare."""
        step = self._step(max((abs(tick) for tick in ticks), default=0.0))
        apart = abs(ticks[1] - ticks[0]) / step.size if len(ticks) > 1 else 1.0
        decimals = max(0, -math.floor(math.log10(apart) + 1e-9)) if apart > 0 else 0
        zero = abs(ticks[1] - ticks[0]) / 1000 if len(ticks) > 1 else 0.0
        return [
            "0" if abs(tick) <= zero else grouped(tick / step.size, min(decimals, 9)) + self._sign(step)
            for tick in ticks
        ]

    def _step(self, size: float) -> Step:
        return next((step for step in self.steps if size >= step.least), self.steps[-1])

    def _sign(self, step: Step) -> str:
        return step.sign if not step.sign or step.sign[0] in "/×" else f"{GAP}{step.sign}"


PLAIN = Unit("", (Step(1e15, 1e12, "T"), Step(1e9, 1e9, "G"), Step(1e7, 1e6, "M"), Step(0.0, 1.0, "")))
SECONDS = Unit(
    "seconds",
    (Step(7200.0, 3600.0, "h"), Step(1.0, 1.0, "s"), Step(1e-3, 1e-3, "ms"), Step(0.0, 1e-6, "µs")),
)
SHARE = Unit("per cent", (Step(0.0, 0.01, "%"),), stored="share of 1")
BYTES = Unit(
    "bytes",
    (
        Step(2.0**40, 2.0**40, "TiB"),
        Step(2.0**30, 2.0**30, "GiB"),
        Step(2.0**20, 2.0**20, "MiB"),
        Step(2.0**10, 2.0**10, "KiB"),
        Step(0.0, 1.0, "B"),
    ),
    base=2.0,
)
PER_SECOND = Unit("per second", (Step(1e7, 1e6, "M/s"), Step(0.0, 1.0, "/s")))
TIMES = Unit("times", (Step(0.0, 1.0, "×"),))
CELSIUS = Unit("degrees Celsius", (Step(0.0, 1.0, "°C"),))
WATTS = Unit("watts", (Step(1e6, 1e6, "MW"), Step(1e4, 1e3, "kW"), Step(0.0, 1.0, "W")))

_SUFFIXES = (
    ("_seconds", SECONDS),
    ("_ratio", SHARE),
    ("_bytes", BYTES),
    ("_celsius", CELSIUS),
    ("_watts", WATTS),
    ("_per_second", PER_SECOND),
)


def unit_of(metric: str) -> Unit:
    """Unit of a metric by the ending of its name (Prometheus naming practice); a number without unit otherwise."""
    return next((unit for suffix, unit in _SUFFIXES if metric.endswith(suffix)), PLAIN)
