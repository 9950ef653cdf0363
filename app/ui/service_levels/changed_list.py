"""What late data changed of a promise whose period is over."""

from PySide6.QtCore import QRectF

from app.analysis.availability import Verdict
from app.analysis.recompute import Change, Value
from app.query.promise import Promise
from app.query.recomputed import Recomputed, figure_key
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.rows import Column
from app.ui.service_levels.level_words import share
from app.ui.tables import PAD
from app.ui.text import RIGHT
from app.ui.words import GAP

ROW = 34
_NAMES = {
    "verdict": "Verdict",
    "known_only": "Known",
    "worst": "Worst case",
    "best": "Best case",
    "coverage": "Coverage",
    "target": "Objective",
}
"""Fields of a figure that are told; the amounts that they are made of change with them."""


def rows_of(found: Recomputed, promise: Promise) -> list[Change]:
    """The changes of one promise, over its own part of the period, that can be told in a few words."""
    order = list(_NAMES)
    mine = [one for one in found.changes if one.key == figure_key(promise)]
    return sorted((one for one in mine if one.field in _NAMES), key=lambda one: order.index(one.field))


def columns() -> tuple[Column[Change], ...]:
    """The figure; from what to what."""
    return (
        Column("Figure", 90, 0.4, _name, _paint_name),
        Column("Change", 180, 1.0, change_words, _paint_change, RIGHT),
    )


def _name(one: Change) -> str:
    return _NAMES[one.field]


def change_words(one: Change) -> str:
    """``99.62 % to 99.60 %``."""
    return f"{_said(one.before)} to {_said(one.after)}"


def _said(value: Value | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Verdict):
        return value.value
    return share(value, 3) if isinstance(value, float) else str(value)


def title_meta(found: Recomputed) -> str:
    """Since when."""
    return f"since {words.date(found.since)} {words.clock(found.since)}{GAP}Z"


def _paint_name(canvas: Canvas, cell: QRectF, one: Change) -> None:
    baseline = canvas.middle("small", cell.top(), cell.height())
    canvas.write("small", _name(one), cell.left() + PAD, baseline, "text.low", room=cell.width() - PAD)


def _paint_change(canvas: Canvas, cell: QRectF, one: Change) -> None:
    baseline = canvas.middle("body", cell.top(), cell.height())
    room = cell.width() - PAD
    canvas.write("body", change_words(one), cell.right() - PAD, baseline, "text.hi", align=RIGHT, room=room)
