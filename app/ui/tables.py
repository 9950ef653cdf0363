"""Tables of which each column is one painter function.

Keyboard, selection and accessibility stay with Qt's view; every cell has real text. A table with heads is sorted by
a click on one: up, down, and back to the order its page gave it. The window binds S (the next column) and Shift S
(the other way round). Ctrl C copies the chosen row, Ctrl Shift C all that is shown, always with its marking.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QKeyCombination,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.model.health import Health
from app.model.marking import Level
from app.ui.canvas import Canvas
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.rows import ROW_ROLE, Column, Index, Order, RowsModel
from app.ui.scroll import quiet_table
from app.ui.sheet import Sheet, tsv_text
from app.ui.text import CENTRE, RIGHT

Row = TypeVar("Row")
_COPY_ALL = QKeyCombination(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_C)
__all__ = ["PAD", "Column", "Order", "Table", "draw_arrow"]


class _Delegate(QStyledItemDelegate):
    def __init__(self, look: Look, table: "Table[Any]") -> None:
        super().__init__(table)
        self._look, self._table = look, table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = QRectF(option.rect)
        row = index.data(ROW_ROLE)
        shows = self._table.shows_selection or self._table.hasFocus()
        chosen = shows and self._table.currentIndex().row() == index.row()
        with Canvas(painter, self._look) as canvas:
            if chosen:
                canvas.fill(cell, "accent.soft")
            self._table.column(index.column()).paint(canvas, cell, row)
            if not chosen and index.row() < self._table.model().rowCount() - 1:
                self._rule(canvas, cell, index)
            if chosen and index.column() == self._table.first_column:
                canvas.fill(QRectF(cell.left(), cell.top(), 3, cell.height()), "accent")
            if chosen and self._table.hasFocus():
                self._ring(canvas, cell, index)

    def _ring(self, canvas: Canvas, cell: QRectF, index: Index) -> None:
        """The part of the ring around the chosen row that runs through this cell: the table has the keyboard."""
        first, last = index.column() == self._table.first_column, index.column() == self._table.last_column
        right = cell.right() - 2 if last else cell.right()
        for top in (cell.top(), cell.bottom() - 2):
            canvas.fill(QRectF(cell.left(), top, right - cell.left(), 2), "focus")
        for at in ((cell.left(),) if first else ()) + ((right - 2,) if last else ()):
            canvas.fill(QRectF(at, cell.top(), 2, cell.height()), "focus")

    def _rule(self, canvas: Canvas, cell: QRectF, index: Index) -> None:
        """Below the content only: the table's edge has room for a chosen row's colour."""
        left = cell.left() + (PAD if index.column() == self._table.first_column else 0)
        canvas.rule(left, cell.right() - (2 if index.column() == self._table.last_column else 0), cell.bottom() - 1)


class _Head(QHeaderView):
    def __init__(self, look: Look, table: "Table[Any]") -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._look, self._table = look, table
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setViewport(QWidget())
        self.setSectionsClickable(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 34)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        column, order = self._table.column(logicalIndex), self._table.rows.order
        here = order if order is not None and order.column == logicalIndex else None
        box = QRectF(rect)
        with Canvas(painter, self._look) as canvas:
            x = box.right() - PAD if column.align == RIGHT else box.left() + PAD
            baseline, room = canvas.middle("label", box.top(), box.height() - 4), box.width() - 2 * PAD
            ink = "text.low" if here is None else "text.hi"
            wide = canvas.write("label", column.title, x, baseline, ink, align=column.align, room=room)
            if here is not None:
                draw_arrow(
                    canvas,
                    x - wide - 6 if column.align == RIGHT else x + wide + 6,
                    baseline - 4,
                    descending=here.descending,
                )
            left = box.left() + (PAD if logicalIndex == self._table.first_column else 0)
            right = box.right() - (2 if logicalIndex == self._table.last_column else 0)
            canvas.rule(left, right, box.bottom() - 1, "line")


def draw_arrow(canvas: Canvas, x: float, y: float, *, descending: bool) -> None:
    """The arrow of a sorted column: up for ascending."""
    way = 1 if descending else -1
    for side in (-3, 3):
        canvas.line(x, y + 2 * way, x + side, y - way, "text.hi", 1.5)


PAD = 12


class Table(QTableView, Generic[Row]):
    """A table with painted columns, one chosen row and J, K beside the arrows.

    Signals
    -------
    chosen(object)
        The current row changed.
    opened(object)
        Enter or a double click on a row.
    counted()
        Other rows are shown, or others are not.
    copied(int)
        So many rows lie on the clipboard.
    """

    chosen = Signal(object)
    opened = Signal(object)
    counted = Signal()
    copied = Signal(int)

    def __init__(
        self, look: Look, name: str, columns: Sequence[Column[Row]], *, row_height: int = 46, headed: bool = True
    ) -> None:
        super().__init__()
        quiet_table(self, look)
        self.look = look
        self.shows_selection = True
        self.first_column = 0
        self.level: Level | None = None
        """Marking of what is shown, for whoever copies it; None is not known, and fails closed."""
        self.health: Callable[[Row], Health] | None = None
        """State of a row, so that a filter can name the worst that it hides."""
        self.rows = RowsModel(columns, self)
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(look, self))
        self.setHorizontalHeader(_Head(look, self))
        self.horizontalHeader().setVisible(headed)
        self.horizontalHeader().sectionClicked.connect(self._head_clicked)
        self.verticalHeader().setMinimumSectionSize(20)
        self.verticalHeader().setDefaultSectionSize(row_height)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(lambda index: self.opened.emit(index.data(ROW_ROLE)))

    def column(self, number: int) -> Column[Row]:
        """Declaration of one column."""
        return self.rows.columns[number]

    @property
    def last_column(self) -> int:
        """The rightmost column that is shown."""
        return max(n for n in range(len(self.rows.columns)) if not self.isColumnHidden(n))

    def show_rows(
        self, rows: Sequence[Row], keep: Callable[[Row], object], columns: Sequence[Column[Row]] | None = None
    ) -> None:
        """Show other rows, in other columns where there are any; the chosen one stays where `keep` finds it again."""
        scrolled = self.verticalScrollBar().value()
        before = self.current_row()
        wanted = keep(before) if before is not None else None
        self.rows.replace(rows, columns)
        if self._choose_again(lambda row: keep(row) == wanted):
            self.verticalScrollBar().setValue(scrolled)

    def sort_by(self, order: Order | None) -> None:
        """Sort by a column, or as the page does; the chosen row stays chosen and in sight, the order stays for good."""
        before = self.current_row()
        self.rows.sort_by(order)
        self._choose_again(lambda row: row is before)
        self.setAccessibleDescription(f"{self._called(order.column)}, {order.words}" if order is not None else "")
        self.horizontalHeader().viewport().update()

    def next_order(self) -> None:
        """Sort by the next column that is shown; after the last one as the page does."""
        here = self.rows.order.column if self.rows.order is not None else -1
        after = [n for n in range(here + 1, len(self.rows.columns)) if not self.isColumnHidden(n) and self._called(n)]
        if not self.horizontalHeader().isHidden():
            self.sort_by(Order(after[0]) if after else None)

    def reverse_order(self) -> None:
        """Sort the other way round."""
        if self.rows.order is not None:
            self.sort_by(self.rows.order._replace(descending=not self.rows.order.descending))

    def narrow(self, text: str) -> None:
        """Show the rows that hold every word of `text`."""
        before = self.current_row()
        self.rows.narrow(text)
        self._choose_again(lambda row: row is before)

    def hidden_rows(self) -> list[Row]:
        """What the filter hides."""
        there = {id(row) for row in self.rows.rows}
        return [row for row in self.rows.given if id(row) not in there]

    def sheet(self, title: str, level: Level | None) -> Sheet:
        """What is shown, sorted and filtered, with all columns; columns that say nothing but a symbol are said."""
        columns = self.rows.columns
        heads = tuple(column.head or column.title for column in columns)
        return Sheet(title, level, heads, [tuple(column.cell(row) for column in columns) for row in self.rows.rows])

    def copy(self, *, whole: bool) -> None:
        """Put the chosen row, or all that is shown, on the clipboard: with heads, and marked above and below."""
        sheet, number = self.sheet("", self.level), self.currentIndex().row()
        rows = sheet.rows if whole else sheet.rows[number : number + 1] if number >= 0 else ()
        if rows:
            marking = self.look.markings.words(self.level, None)
            QGuiApplication.clipboard().setText(tsv_text(sheet.heads, rows, marking))
            self.copied.emit(len(rows))

    def current_row(self) -> Row | None:
        """The chosen row."""
        number = self.currentIndex().row()
        return self.rows.rows[number] if 0 <= number < len(self.rows.rows) else None

    def choose(self, number: int) -> None:
        """Choose a row by its number."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.rows.index(number, self.first_column), flags)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.isValid() and current.row() != previous.row():
            self.chosen.emit(current.data(ROW_ROLE))

    def viewportEvent(self, event: QEvent) -> bool:
        """Leave tips to the window: Qt's own could cover a banner."""
        return False if event.type() is QEvent.Type.ToolTip else super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}.get(Qt.Key(event.key()))
        if event.matches(QKeySequence.StandardKey.Copy) or event.keyCombination() == _COPY_ALL:
            self.copy(whole=event.keyCombination() == _COPY_ALL)
        elif step and not event.modifiers() and self.rows.rows:
            self.choose(min(max(self.currentIndex().row() + step, 0), len(self.rows.rows) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.current_row())
        elif commanded(event) or (event.text().isprintable() and event.text()):
            event.ignore()  # letters and figures are the console's keys, not a search in the table
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.rows.wanted and not self.rows.rows:
            with Canvas(self.viewport(), self.look) as canvas:
                room = QRectF(self.viewport().rect())
                canvas.write("body", "No row has all of these words", room.center().x(), 34, "text.mid", align=CENTRE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _called(self, number: int) -> str:
        return self.column(number).title or self.column(number).head

    def _head_clicked(self, column: int) -> None:
        """Up, down, and back to the order of the page."""
        order = self.rows.order
        again = order is not None and order.column == column
        self.sort_by(None if again and order is not None and order.descending else Order(column, descending=again))

    def _choose_again(self, same: Callable[[Row], bool]) -> bool:
        """Choose the row that is the same as before, else the first; say whether it was found."""
        number = next((number for number, row in enumerate(self.rows.rows) if same(row)), -1)
        if self.rows.rows:
            self.choose(max(number, 0))
        self._fit()
        self.counted.emit()
        return number >= 0

    def _fit(self) -> None:
        """Share out the width; columns that may be dropped go where there is no room."""
        room = self.viewport().width()
        shown = [n for n, column in enumerate(self.rows.columns) if room >= column.drop_below]
        free = max(0, room - sum(self.column(n).least for n in shown))
        shares = sum(self.column(n).share for n in shown) or 1.0
        edge, used = 0.0, 0
        for number, column in enumerate(self.rows.columns):
            self.setColumnHidden(number, number not in shown)
            if number in shown:
                edge += column.least + free * column.share / shares
                self.setColumnWidth(number, round(edge) - used)
                used = round(edge)
