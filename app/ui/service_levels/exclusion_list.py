"""What is excluded from one promise, and what waits to be."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.analysis.intervals import Intervals
from app.model.health import Health
from app.model.objective import Exclusion
from app.model.time_range import TimeRange
from app.query.service_level import Closely
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.exclusions.exclusion_words import (
    KINDS,
    TREATMENTS,
    account_name,
    approval_words,
    repeat_words,
    span_words,
    when_words,
)
from app.ui.rows import Column
from app.ui.service_levels.level_words import amount, count
from app.ui.tables import PAD
from app.ui.text import RIGHT

ROW = 52


@dataclass(frozen=True, slots=True)
class Excluded:
    """One exclusion; `held` is what was bad in it, in words, `newest` the occurrence nearest to now in the period."""

    exclusion: Exclusion
    held: str
    newest: TimeRange


def rows_of(close: Closely) -> list[Excluded]:
    """Those that stand and those that wait, the newest first."""
    cost = {one.name: one.bad for one in close.costs}
    promise, now = close.row.promise, close.row.judged.end
    found = [
        Excluded(one, _bad(close, cost.get(one.id, 0.0)), _newest(close.excluded[one.id], one, now))
        for one in promise.standing
    ]
    found += [Excluded(one, "", TimeRange(one.start, one.end)) for one in promise.waiting]
    return sorted(found, key=lambda one: -one.newest.start)


def _bad(close: Closely, value: float) -> str:
    return amount(close.row, value) if close.row.unit == "s" else count(value)


def _newest(covered: Intervals, one: Exclusion, now: float) -> TimeRange:
    """The last occurrence that has begun, else the first that will."""
    begun = covered[covered[:, 0] <= now]
    start, end = begun[-1] if len(begun) else covered[0] if len(covered) else (one.start, one.end)
    return TimeRange(float(start), float(end))


def columns() -> tuple[Column[Excluded], ...]:
    """What it is and who agreed; when it was and what it held."""
    return (
        Column("Exclusion", 150, 1.0, _says, _paint_reason, tip=_tip),
        Column("When", 188, 0.0, _when, _paint_when, RIGHT, tip=_tip),
    )


def _says(one: Excluded) -> str:
    return f"{one.exclusion.reason}: {approval_words(one.exclusion)}"


def _when(one: Excluded) -> str:
    return when_words(one.exclusion)


def _tip(one: Excluded) -> str:
    told = one.exclusion
    lines = [told.reason, f"{KINDS[told.kind]}; it {TREATMENTS[told.treatment]}.", approval_words(told)]
    lines.append(when_words(told))
    if one.held:
        lines.append(f"Bad in it: {one.held}.")
    return "\n".join(lines)


def _paint_reason(canvas: Canvas, cell: QRectF, one: Excluded) -> None:
    middle, left = cell.center().y(), cell.left() + PAD
    waits = not one.exclusion.approved_by
    canvas.status(Health.MAINTENANCE, left + 8, middle - 6, 16, ghost=waits)
    room = cell.width() - PAD - 28
    canvas.write("medium", one.exclusion.reason, left + 26, middle - 3, "text.hi", room=room)
    ink = canvas.look.theme.status[Health.WARNING].text if waits else canvas.colour("text.low")
    said = "waits for a second person" if waits else f"approved by {account_name(one.exclusion.approved_by)}"
    canvas.write("caption", f"{one.exclusion.reference}, {said}", left + 26, middle + 15, ink, room=room)


def _paint_when(canvas: Canvas, cell: QRectF, one: Excluded) -> None:
    middle, right = cell.center().y(), cell.right() - PAD
    told = span_words(one.newest)
    canvas.write("small", told, right, middle - 3, "text.mid", align=RIGHT, room=cell.width() - PAD)
    said = f"{one.held} bad" if one.held else "changes nothing yet"
    if one.exclusion.rule:
        said = f"{repeat_words(one.exclusion.rule)}, {said}"
    canvas.write("caption", said, right, middle + 15, "text.low", align=RIGHT, room=cell.width() - PAD)


def title_meta(found: Sequence[Excluded]) -> str:
    """How many stand, and how many wait."""
    waiting = sum(not one.exclusion.approved_by for one in found)
    standing = len(found) - waiting
    said = [
        f"{words.count_word(count)} {what}" for count, what in ((standing, "approved"), (waiting, "waiting")) if count
    ]
    return ", ".join(said)
