"""The card with the numbers behind a chart: a table to sort, filter, copy and export."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRectF, QSize, Signal
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
_SIZE = (980, 700)
_TALK = 40


class _Title(Part):
    """Marking, what the table shows, and what came of an export."""

    def __init__(self, look: Look, title: str, level: Level | None) -> None:
        super().__init__(look, f"{level.title}, {title}" if level is not None else title)
        self._title, self._level = title, level
        self.setFixedHeight(_TALK)

    def paint(self, canvas: Canvas) -> None:
        x = canvas.block(self._level, 0, self.height() / 2, BLOCK) + 12
        baseline = canvas.middle("title", 0, self.height())
        canvas.write("title", self._title, x, baseline, "text.hi", room=self.width() - x)


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
        self.table: Table[Line] = Table(look, sheet.title, _columns(sheet), row_height=30)
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
        layout.addWidget(_Title(look, sheet.title, sheet.level))
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
    """One column for each head; numbers stand at the right, and so do times, which are all equally long."""
    return [_column(number, head, _sample(sheet, number)) for number, head in enumerate(sheet.heads)]


def _sample(sheet: Sheet, number: int) -> Cell:
    """A cell that says of what kind the column is."""
    return next((row[number] for row in sheet.rows if row[number] == row[number]), "")


def _column(number: int, head: str, sample: Cell) -> Column[Line]:
    def cell(row: Line) -> Cell:
        return row[number]

    def says(row: Line) -> str:
        return shown(row[number])

    numeric = not isinstance(sample, str)
    least, share = (210, 0.0) if isinstance(sample, Moment) else (120, 1.0)
    align = RIGHT if numeric and not isinstance(sample, Moment) else LEFT
    return Column(head, least, share, says, partial(_paint, says, align), align, value=cell)


def _paint(says: Callable[[Line], str], align: float, canvas: Canvas, cell: QRectF, row: Line) -> None:
    said = says(row)
    ink = "text.low" if said == words.NO_DATA else "text.hi"
    x = cell.right() - PAD if align == RIGHT else cell.left() + PAD
    baseline = canvas.middle("small", cell.top(), cell.height())
    canvas.write("small", said, x, baseline, ink, align=align, room=cell.width() - 2 * PAD)
