"""What a chart draws: lines, thresholds and bands."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.model.health import Bound, Health
from app.model.marking import Level
from app.model.sample import FloatArray
from app.store.reduced import Reduced
from app.ui.charts.trace import Trace, trace
from app.ui.charts.units import Unit
from app.ui.words import GAP

MOST: Final = 4
"""Lines of one chart that can still be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One series in a chart.

    `colour` is a token of the theme. `newest` is the time of the newest sample there is, seconds UTC,
    NaN if there is none: after it nothing is known. `filled` lines are filled down to zero. Of a line whose
    `bound` is "at most" the truth lies somewhere in that area, and what is read out says so. A `name` stands beside it.
    """

    words: str
    colour: str
    reduced: Reduced
    trace: Trace
    newest: float
    weight: float = 1.5
    filled: bool = False
    bound: Bound = Bound.EXACT
    name: str = ""

    @property
    def held(self) -> bool:
        """Whether a value holds until the next one."""
        return self.trace.held


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One line of a comparison, in its unit, with the marking of its enclave."""

    line: Line
    unit: Unit
    level: Level


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that matters, labelled on the chart with `words`; `name` is for where its value stands beside it.

    What was `promised` is drawn stronger than a limit of our own, and its words stand beside the title where there is
    room. `tip` explains it.
    """

    value: float
    words: str
    name: str = ""
    promised: bool = False
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time in the tint of a state: maintenance or an incident. Seconds UTC."""

    start: float
    end: float
    health: Health
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What a line is held against where that is no single value: dashed, from point to point, as it was planned.

    `time` (seconds UTC) and `value` have shape (n,).
    """

    words: str
    time: FloatArray
    value: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """What is forecast: between `least` and `most` at each of `time`, seconds UTC, shape (n,) each.

    `words` say it; `colour` is the token of the line that it goes on from.
    """

    words: str
    colour: str
    time: FloatArray
    least: FloatArray
    most: FloatArray


def make_line(
    words: str,
    colour: str,
    reduced: Reduced,
    newest: float,
    *,
    weight: float = 1.5,
    filled: bool = False,
    held: bool = False,
    bound: Bound = Bound.EXACT,
) -> Line:
    """Line of a series; the work that does not depend on the window in time is done here, off the GUI thread."""
    return Line(words, colour, reduced, trace(reduced, held=held), newest, weight, filled, bound)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says at a moment: a sample, or the extremes of the column around it. Seconds UTC."""

    start: float
    end: float
    least: float
    most: float

    @property
    def moment(self) -> float:
        """Where the read-out stands."""
        return (self.start + self.end) / 2

    def say(self, unit: Unit, bound: Bound = Bound.EXACT) -> str:
        """In words; a column has two values unless they are the same, and of a bound only the outer one counts."""
        if math.isnan(self.least) and math.isnan(self.most):
            return unit.say(math.nan)
        if bound is not Bound.EXACT:
            sign, value = ("≤", self.most) if bound is Bound.AT_MOST else ("≥", self.least)
            return f"{sign}{GAP}{unit.say(value)}"
        if self.least == self.most:
            return unit.say(self.least)
        return f"{unit.say(self.least)} to {unit.say(self.most)}"


def read_at(line: Line, moment: float) -> Reading | None:
    """Nearest sample within half an interval and a half, or the column around `moment`; None in a gap."""
    reduced = line.reduced
    if not reduced.time.size or math.isnan(moment):
        return None
    if reduced.width:
        number = int(np.searchsorted(reduced.time, moment, side="right")) - 1
        if number < 0 or moment >= reduced.time[number] + reduced.width:
            return None
    else:
        number = nearest(line, moment)
        reach = 0.75 * reduced.interval if reduced.interval == reduced.interval else 0.5
        if abs(float(reduced.time[number]) - moment) > reach:
            return None
    start = float(reduced.time[number])
    return Reading(start, start + reduced.width, float(reduced.least[number]), float(reduced.most[number]))


def nearest(line: Line, moment: float) -> int:
    """Number of the sample or column whose middle is nearest to `moment`; the line has at least one."""
    middle = moment - line.reduced.width / 2
    number = int(np.searchsorted(line.reduced.time, middle))
    time = line.reduced.time
    if number == time.size or (number and middle - time[number - 1] <= time[number] - middle):
        number -= 1
    return number
