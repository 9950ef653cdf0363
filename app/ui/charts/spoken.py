"""A chart in words, for those who hear it."""

import math
from collections.abc import Sequence

import numpy as np

from app.model.time_range import TimeRange
from app.ui import words
from app.ui.charts.line import Compared, Line
from app.ui.charts.units import Unit


def summary(title: str, lines: Sequence[Line], span: TimeRange, unit: Unit) -> str:
    """Title, span, and of each line its extremes, its last value, its gaps and how long nothing has come."""
    said = [_head(title, span), *(f"{line.words}: {_of_line(line, span, unit)}" for line in lines)]
    return ". ".join(said)


def comparison(title: str, compared: Sequence[Compared], span: TimeRange) -> str:
    """The same of lines that have a marking and a unit each."""
    said = [f"{one.level.title}, {one.line.words}: {_of_line(one.line, span, one.unit)}" for one in compared]
    return ". ".join([_head(title, span), *said])


def _head(title: str, span: TimeRange) -> str:
    return f"{title}, {words.when(span.start, span.end)} to {words.date(span.end)} {words.clock(span.end)} Z"


def _of_line(line: Line, span: TimeRange, unit: Unit) -> str:
    drawn = line.trace
    first, end = np.searchsorted(drawn.time, [span.start - drawn.width, span.end], side="right").tolist()
    if end <= first:
        return "no data"
    least, most = float(drawn.least[first:end].min()), float(drawn.most[first:end].max())
    gaps = int(np.count_nonzero(drawn.gap[first : end - 1]))
    last = float(drawn.most[end - 1])
    said = [
        f"least {unit.say(least)}",
        f"most {unit.say(most)}",
        f"last {unit.say(last)} at {words.when(float(drawn.time[end - 1]), span.end)} Z",
    ]
    if gaps:
        said.append(f"{words.count_word(gaps)} {words.plural(gaps, 'gap')}")
    silent = span.end - line.newest
    if not math.isnan(silent) and silent > patience(line):
        said.append(f"no data for {words.age(silent)}")
    return ", ".join(said)


def patience(line: Line) -> float:
    """Seconds without a sample that are no news."""
    interval = line.reduced.interval
    return 90.0 if math.isnan(interval) else 1.5 * interval


def silence(lines: Sequence[Line], end: float) -> float:
    """Moment from which on nothing is known of any line, seconds UTC; NaN while something is.

    Minus infinity where nothing ever came.
    """
    newest = max((line.newest for line in lines if not math.isnan(line.newest)), default=math.nan)
    if not lines:
        return math.nan
    if math.isnan(newest):
        return -math.inf
    longest = max(patience(line) for line in lines)
    return newest if end - newest > longest else math.nan
