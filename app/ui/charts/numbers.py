"""The numbers behind a chart, as plain rows."""

import math
from collections.abc import Sequence
from itertools import repeat

import numpy as np

from app.clock import to_iso
from app.model.marking import Level
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.ui.charts.line import Compared, Line
from app.ui.charts.spoken import patience
from app.ui.charts.units import Unit
from app.ui.sheet import Cell, Moment, Sheet

_NOTE = "Note"


def chart_sheet(title: str, level: Level | None, lines: Sequence[tuple[Line, Unit]], span: TimeRange) -> Sheet:
    """A row for each moment at which any of the lines says something in `span`: that of a sample or of a column.

    Where samples stand as they are, a line has one number; where they are reduced, the least and the most of each
    column, whose row stands at its start. Numbers are as they are stored, in the unit that the head names; empty is
    not known. A stretch in which nothing is known is a row of its own at its start, with a note that says until when
    and of which lines; no such row, no gap.
    """
    parts = [_window(line, span) for line, _ in lines]
    heads = [f"{words}{_in(unit)}" for line, unit in lines for words in _heads(line)]
    there = [line.reduced.time[part] for (line, _), part in zip(lines, parts, strict=True)]
    times = np.unique(np.concatenate([np.empty(0), *there]))
    columns = [one for (line, _), part in zip(lines, parts, strict=True) for one in _columns(line, part, times)]
    notes = _notes([line for line, _ in lines], span)
    moments = map(Moment, times.tolist())
    reduced = any(line.reduced.width for line, _ in lines)
    first = "From (UTC)" if reduced else "Time (UTC)"
    if not notes:
        return Sheet(title, level, (first, *heads), list(zip(moments, *columns, strict=True)))
    rows: list[tuple[Cell, ...]] = list(zip(moments, *columns, repeat(""), strict=False))
    nothing = (math.nan,) * len(heads)
    rows += [(Moment(start), *nothing, said) for start, said in notes]
    rows.sort(key=lambda row: row[0])  # stable: a sample stands before the gap that begins at it
    return Sheet(title, level, (first, *heads, _NOTE), rows)


def long_sheet(title: str, level: Level | None, lines: Sequence[Compared], span: TimeRange) -> Sheet:
    """The numbers of many lines below each other: one row for each line and sample or column of `span`."""
    rows: list[tuple[Cell, ...]] = []
    for one in lines:
        reduced, part = one.line.reduced, _window(one.line, span)
        unit = one.unit.stored or one.unit.name
        known = (one.line.words, one.level.banner, unit)
        times = map(Moment, reduced.time[part].tolist())
        numbers = zip(times, reduced.least[part].tolist(), reduced.most[part].tolist(), strict=True)
        rows += [(*known, *number, "") for number in numbers]
        rows += [(*known, Moment(start), math.nan, math.nan, said) for start, said in _notes([one.line], span)]
    heads = ("Series", "Marking", "Unit", "From (UTC)", "Least", "Most", _NOTE)
    return Sheet(title, level, heads, rows)


def within(shown: TimeRange, read: TimeRange) -> TimeRange:
    """What is shown of what was read: nothing is said of time that nobody has asked about yet."""
    start = min(max(shown.start, read.start), shown.end)
    return TimeRange(start, max(start, min(shown.end, read.end)))


def unknown(line: Line, span: TimeRange) -> list[tuple[float, float]]:
    """Stretches of `span` in which nothing is known of a line, seconds UTC: before the first sample, gaps, silence."""
    drawn = line.trace
    if not drawn.time.size:
        return [(span.start, span.end)]
    last, patient = drawn.time + drawn.width, patience(line)
    holes = np.flatnonzero(drawn.gap[:-1])
    found = list(zip(last[holes].tolist(), drawn.time[holes + 1].tolist(), strict=True))
    if drawn.time[0] - span.start > patient:
        found.insert(0, (-math.inf, float(drawn.time[0])))
    if span.end - last[-1] > patient:
        found.append((float(last[-1]), math.inf))
    cut = ((max(start, span.start), min(end, span.end)) for start, end in found)
    return [(start, end) for start, end in cut if end > start]


def _notes(lines: Sequence[Line], span: TimeRange) -> list[tuple[float, str]]:
    """When something is to be said of time without data, and what; lines with the same gap share a note."""
    gaps: dict[tuple[float, float, str], list[str]] = {}
    for line in lines:
        stretches = [(start, end, "no data") for start, end in unknown(line, span)]
        stretches += [
            (max(one.start, span.start), min(one.end, span.end), one.reason)
            for one in line.reduced.damaged
            if one.start < span.end and one.end > span.start
        ]
        for stretch in stretches:
            gaps.setdefault(stretch, []).append(line.words)
    notes = []
    for (start, end, why), names in sorted(gaps.items()):
        of = "" if len(names) == len(lines) else f"{', '.join(names)}: "
        notes.append((start, f"{of}{why} until {to_iso(end)}"))
    return notes


def _window(line: Line, span: TimeRange) -> slice:
    """Samples of the span, or the columns that reach into it."""
    time, width = line.reduced.time, line.reduced.width
    first = np.searchsorted(time, span.start - width, side="right" if width else "left")
    return slice(int(first), int(np.searchsorted(time, span.end, side="left" if width else "right")))


def _heads(line: Line) -> tuple[str, ...]:
    return (f"{line.words}, least", f"{line.words}, most") if line.reduced.width else (line.words,)


def _in(unit: Unit) -> str:
    name = unit.stored or unit.name
    return f" ({name})" if name else ""


def _columns(line: Line, part: slice, times: FloatArray) -> list[list[float]]:
    """Numbers of a line at each of the times; NaN where it says nothing."""
    reduced = line.reduced
    place = np.searchsorted(times, reduced.time[part])
    columns = []
    for values in (reduced.least, reduced.most) if reduced.width else (reduced.least,):
        column = np.full(times.size, np.nan)
        column[place] = values[part]
        columns.append(column.tolist())
    return columns
