"""How the figures of one promise are counted: each of them, and how it came about."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.model.marking import Level
from app.ui.canvas import Canvas
from app.ui.card_parts import CardHead
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.rows import Column
from app.ui.service_levels.explained import Fact
from app.ui.tables import PAD, Table
from app.ui.text import RIGHT

_WIDE, _TALL, _LIST = 900, 510, 340
_ROW = 36


class _How(Part):
    """How the chosen figure came about."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._how = ""

    def show_fact(self, fact: Fact) -> None:
        """Explain another figure."""
        self._how = fact.how
        self.setAccessibleName(f"{fact.name}: {fact.how}")
        self.update()

    def paint(self, canvas: Canvas) -> None:
        top = 2.0
        for line in self._how.split("\n"):
            box = QRectF(0, top, self.width(), self.height() - top)
            top += canvas.lines("body", line, box, "text.hi" if top < 3 else "text.mid") + 8


class ExplainCard(Card):
    """Figures at the left, the explanation of the chosen one at the right."""

    def __init__(self, look: Look, title: str, facts: Sequence[Fact], level: Level) -> None:
        super().__init__(look, f"How {title} is counted")
        self.table = Table[Fact](look, "Figures", _columns(), row_height=_ROW, headed=False)
        self.table.level = level
        self._how = _How(look)
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 24
        layout.setContentsMargins(edge, self.SHADOW + 18, edge, self.SHADOW + 18)
        layout.setSpacing(8)
        layout.addWidget(CardHead(look, "How it is counted", title))
        row = QHBoxLayout()
        row.setSpacing(24)
        self.table.setFixedWidth(_LIST)
        row.addWidget(self.table)
        row.addWidget(self._how, 1)
        layout.addLayout(row, 1)
        self.table.chosen.connect(self._how.show_fact)
        self.table.show_rows(facts, lambda fact: fact.name)

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The figures: the arrows go through them."""
        return self.table


def _columns() -> tuple[Column[Fact], ...]:
    return (
        Column("Figure", 150, 0.6, lambda fact: fact.name, _paint_name),
        Column("Value", 150, 1.0, lambda fact: fact.value, _paint_value, RIGHT),
    )


def _paint_name(canvas: Canvas, cell: QRectF, fact: Fact) -> None:
    baseline = canvas.middle("small", cell.top(), cell.height())
    canvas.write("small", fact.name, cell.left() + PAD, baseline, "text.mid", room=cell.width() - PAD)


def _paint_value(canvas: Canvas, cell: QRectF, fact: Fact) -> None:
    baseline = canvas.middle("medium", cell.top(), cell.height())
    room = cell.width() - PAD
    canvas.write("medium", fact.value, cell.right() - PAD, baseline, "text.hi", align=RIGHT, room=room)
