"""What needs attention, by user impact."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF

from app.model.health import Health
from app.query.fleet import Attention
from app.ui import words
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.look import Look
from app.ui.tables import Column, Table
from app.ui.text import RIGHT

_TWO_LINES, _THREE_LINES = 58, 80
_INDENT = 44


def attention_words(item: Attention) -> str:
    """One item in words."""
    head = f"{words.capitalised(words.STATES[item.health])}: {item.subject}, {item.level.title}"
    since = "" if math.isnan(item.age) else f", for {words.age(item.age)}"
    detail = f". {item.detail}" if item.detail else ""
    return f"{head}{since}. {words.capitalised(item.text)}{detail}"


def _paint_item(canvas: Canvas, cell: QRectF, item: Attention) -> None:
    ink = canvas.look.theme.status[item.health]
    left, right, top = cell.left() + _INDENT, cell.right() - 2, cell.top()
    canvas.status(item.health, cell.left() + 22, top + 20, 18)
    age = "" if math.isnan(item.age) else words.age(item.age)
    taken = canvas.write("smallstrong", age, right, canvas.middle("smallstrong", top + 10, 20), ink.text, align=RIGHT)
    room = right - taken - left - 56
    wide = canvas.write("strong", item.subject, left, canvas.middle("strong", top + 10, 20), "text.hi", room=room)
    canvas.block(item.level, left + wide + 11, top + 20, BLOCK_SMALL)
    text = words.capitalised(item.text)
    canvas.write("small", text, left, canvas.middle("small", top + 32, 18), "text.mid", room=right - left)
    if item.detail:
        canvas.write(
            "caption", item.detail, left, canvas.middle("caption", top + 52, 18), "text.low", room=right - left
        )


class AttentionList(Table[Attention]):
    """The list; two lines an item, three where there is more to say."""

    def __init__(self, look: Look) -> None:
        column: Column[Attention] = Column("", 100, 1.0, attention_words, _paint_item)
        super().__init__(look, "Needs attention", (column,), row_height=_TWO_LINES, headed=False)
        self.shows_selection = False

    def show_items(self, items: Sequence[Attention]) -> None:
        """Show other items."""
        scrolled = self.verticalScrollBar().value()
        self.show_rows(items, lambda item: (item.subject, item.enclave, item.text))
        for number, item in enumerate(items):
            self.setRowHeight(number, _THREE_LINES if item.detail else _TWO_LINES)
        self.verticalScrollBar().setValue(scrolled)

    @property
    def natural_height(self) -> int:
        """Height that shows every item."""
        return sum(_THREE_LINES if item.detail else _TWO_LINES for item in self.rows.rows)


def worst_first(items: Sequence[Attention]) -> Health:
    """Worst state among the items."""
    return min((item.health for item in items), key=lambda health: health.rank, default=Health.HEALTHY)
