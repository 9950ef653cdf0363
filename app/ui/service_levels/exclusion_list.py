"""What is excluded from one promise, and what waits to be."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.model.health import Health
from app.model.objective import Exclusion
from app.query.service_level import Closely
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.exclusions.exclusion_words import KINDS, TREATMENTS, approval_words, when_words
from app.ui.rows import Column
from app.ui.service_levels.level_words import amount
from app.ui.tables import PAD
from app.ui.text import RIGHT

ROW = 52


@dataclass(frozen=True, slots=True)
class Excluded:
    """One exclusion; `held` is what it keeps from the budget, in words."""

    exclusion: Exclusion
    held: str


def rows_of(close: Closely) -> list[Excluded]:
    """Those that stand and those that wait, the newest first."""
    cost = {one.name: one.bad for one in close.costs}
    promise = close.row.promise
    found = [Excluded(one, amount(close.row, cost.get(one.id, 0.0))) for one in promise.standing]
    found += [Excluded(one, "") for one in promise.waiting]
    return sorted(found, key=lambda one: -one.exclusion.start)


def columns() -> tuple[Column[Excluded], ...]:
    """What it is and who agreed; when it was and what it held."""
    return (
        Column("Exclusion", 150, 1.4, _says, _paint_reason, tip=_tip),
        Column("When", 150, 0.6, _when, _paint_when, RIGHT, tip=_tip),
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
    said = "waits for a second person" if waits else f"approved by {one.exclusion.approved_by}"
    canvas.write("caption", f"{one.exclusion.reference}, {said}", left + 26, middle + 15, ink, room=room)


def _paint_when(canvas: Canvas, cell: QRectF, one: Excluded) -> None:
    middle, right = cell.center().y(), cell.right() - PAD
    canvas.write("small", _when(one), right, middle - 3, "text.mid", align=RIGHT, room=cell.width() - PAD)
    said = f"{one.held} bad in it" if one.held else "changes nothing yet"
    canvas.write("caption", said, right, middle + 15, "text.low", align=RIGHT, room=cell.width() - PAD)


def title_meta(found: Sequence[Excluded]) -> str:
    """How many stand, and how many wait."""
    waiting = sum(not one.exclusion.approved_by for one in found)
    standing = len(found) - waiting
    said = [
        f"{words.count_word(count)} {what}" for count, what in ((standing, "approved"), (waiting, "waiting")) if count
    ]
    return ", ".join(said)
