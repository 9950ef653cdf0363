"""The card with the numbers behind a chart: a table to sort, filter, copy and export."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.model.health import Health
from app.model.marking import Level
from app.ui import words
from app.ui.canvas import BLOCK, Canvas
from app.ui.controls import PushButton
from app.ui.keyboard import press_of
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.sheet import Cell, Moment, Sheet, shown
from app.ui.strip import Message
from app.ui.table_filter import TableFilter
from app.ui.tables import PAD, Column, Table
from app.ui.text import LEFT, RIGHT

Line = tuple[Cell, ...]
_EDGE = Card.SHADOW + 20
_SIZE = (1080, 720)
_TALK = 40
_SAMPLE = 200
"""Rows that are looked at in order to lay out the columns."""


class _Title(Part):
    """Marking, what the table shows, and what came of an export."""

    def __init__(self, look: Look, title: str, unit: str, level: Level | None) -> None:
        said = f"{title}, {unit}" if unit else title
        super().__init__(look, f"{level.title}, {said}" if level is not None else said)
        self._title, self._unit, self._level = title, unit, level
        self.setFixedHeight(_TALK)

    def paint(self, canvas: Canvas) -> None:
        x = canvas.block(self._level, 0, self.height() / 2, BLOCK) + 12
        baseline = canvas.middle("title", 0, self.height())
        x += canvas.write("title", self._title, x, baseline, "text.hi", room=self.width() - x) + 12
        canvas.write("small", self._unit, x, baseline, "text.low", room=self.width() - x)


class _Said(Part):
    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._message = Message("")
        self.setMinimumHeight(_TALK)

    def say(self, message: Message) -> None:
        self._message = message
        self.setAccessibleName(f"{message.title}. {message.text}".strip(". "))
        self.update()

    def paint(self, canvas: Canvas) -> None:
        said = self._message
        if not said.title:
            return
        canvas.status(said.health or Health.UNKNOWN, 10, self.height() / 2, 16)
        baseline = canvas.middle("smallstrong", 0, self.height())
        wide = canvas.write("smallstrong", said.title, 26, baseline, "text.hi", room=self.width() - 26)
        canvas.write("small", said.text, 36 + wide, baseline, "text.mid", room=self.width() - 36 - wide)


class DataCard(Card):
    """A sheet as a table.

    S sorts by the next column, Shift S the other way round, / filters, Ctrl E exports what is shown.

    Signals
    -------
    export_wanted(Sheet)
        Write what is shown as CSV.
    """

    export_wanted = Signal(object)

    def __init__(self, look: Look, sheet: Sheet) -> None:
        super().__init__(look, sheet.title)
        self._sheet = sheet
        columns = _columns(sheet)
        self.table: Table[Line] = Table(look, sheet.title, columns, row_height=30)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.table.level = sheet.level
        self.filter = TableFilter(look, self.table, hint="Filter rows")
        self._said = _Said(look)
        self._export = PushButton(look, "Export", key="Ctrl E")
        self._path = PushButton(look, "Copy path")
        self._path.hide()
        self._act: Callable[[], None] = _nothing
        self._export.clicked.connect(self._wish)
        self._path.clicked.connect(self._copy_path)
        foot = QHBoxLayout()
        for part, share in ((self._said, 1), (self._path, 0), (self._export, 0)):
            foot.addWidget(part, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_EDGE, Card.SHADOW + 12, _EDGE, Card.SHADOW + 12)
        layout.setSpacing(8)
        shared = {column.head.removeprefix(column.title).strip(" ()") for column in columns} - {""}
        layout.addWidget(_Title(look, sheet.title, f"in {shared.pop()}" if shared else "", sheet.level))
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self.table.show_rows(sheet.rows, id)

    def say(self, message: Message) -> None:
        """Say what came of an export."""
        self._said.say(message)
        self._act = message.act or _nothing
        self._path.say(message.action)
        self._path.setVisible(bool(message.action))

    def first_focus(self) -> QWidget:
        """The table."""
        return self.table

    def sizeHint(self) -> QSize:
        return QSize(_SIZE[0] + 2 * Card.SHADOW, _SIZE[1] + 2 * Card.SHADOW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = {
            "S": self.table.next_order,
            "Shift S": self.table.reverse_order,
            "/": self.filter.setFocus,
            "Ctrl E": self._wish,
        }.get(press_of(event))
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    def _copy_path(self) -> None:
        self._act()

    def _wish(self) -> None:
        self.export_wanted.emit(self.table.sheet(self._sheet.title, self._sheet.level))


def _nothing() -> None: ...


def _columns(sheet: Sheet) -> list[Column[Line]]:
    """One column for each head. Numbers stand at the right, with as many decimals as most of their column needs."""
    some = sheet.rows[:: max(1, len(sheet.rows) // _SAMPLE)]
    kinds = [_kind([row[number] for row in some]) for number in range(len(sheet.heads))]
    unit = _shared_unit([head for head, kind in zip(sheet.heads, kinds, strict=True) if kind is float])
    return [
        _column(number, head, head.removesuffix(unit), kind, _decimals([row[number] for row in some]))
        for number, (head, kind) in enumerate(zip(sheet.heads, kinds, strict=True))
    ]


def _kind(cells: Sequence[Cell]) -> type[str] | type[Moment] | type[float]:
    """Of what kind a column is, by some of its cells."""
    if any(isinstance(cell, str) for cell in cells):
        return str
    return Moment if any(isinstance(cell, Moment) for cell in cells) else float


def _shared_unit(heads: Sequence[str]) -> str:
    """The unit at the end of every head, as it stands there: said once in the title, so that heads stay short."""
    units = {head[head.rfind(" (") :] if head.endswith(")") else "" for head in heads}
    return units.pop() if len(units) == 1 else ""


def _decimals(cells: Sequence[Cell]) -> int:
    texts = [shown(cell) for cell in cells if not isinstance(cell, (str, Moment)) and abs(cell) < math.inf]
    return max((len(text.partition(".")[2]) for text in texts if "e" not in text), default=0)


def _column(
    number: int, head: str, title: str, kind: type[str] | type[Moment] | type[float], decimals: int
) -> Column[Line]:
    def cell(row: Line) -> Cell:
        return row[number]

    def says(row: Line) -> str:
        text = shown(row[number])
        if kind is not float or not decimals or not text[-1].isdigit() or "e" in text:
            return text
        whole, _, part = text.partition(".")
        return f"{whole}.{part:0<{decimals}}"

    least, share = {str: (250, 1.0), Moment: (210, 0.0), float: (88, 1.0)}[kind]
    align = RIGHT if kind is float else LEFT
    return Column(title, least, share, says, partial(_paint, says, align), align, value=cell, head=head)


def _paint(says: Callable[[Line], str], align: float, canvas: Canvas, cell: QRectF, row: Line) -> None:
    said = says(row)
    ink = "text.low" if said == words.NO_DATA else "text.hi"
    x = cell.right() - PAD if align == RIGHT else cell.left() + PAD
    baseline = canvas.middle("small", cell.top(), cell.height())
    canvas.write("small", said, x, baseline, ink, align=align, room=cell.width() - 2 * PAD)
