"""Tables of which each column is one painter function.

Keyboard, selection and accessibility stay with Qt's view; every cell has real text.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.scroll import quiet
from app.ui.text import LEFT, RIGHT

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole


class Column(NamedTuple, Generic[Row]):
    """One column: its head, what it says, and how it is painted.

    `share` is its part of the free width beside `least`; `paint` gets the canvas, the cell and the row.
    `drop_below` leaves the column out where the table is narrower.
    """

    title: str
    least: int
    share: float
    says: Callable[[Row], str]
    paint: Callable[[Canvas, QRectF, Row], None]
    align: float = LEFT
    drop_below: int = 0


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows of one answer; replaced as a whole."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()

    def replace(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.columns[index.column()].says(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            column = self.columns[index.column()]
            return f"{column.title}: {column.says(row)}" if column.title else column.says(row)
        return row if role == ROW_ROLE else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        return None


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

    def _rule(self, canvas: Canvas, cell: QRectF, index: Index) -> None:
        """Below the content only: the table's edge has room for a chosen row's colour."""
        left = cell.left() + (PAD if index.column() == self._table.first_column else 0)
        canvas.rule(left, cell.right() - (2 if index.column() == self._table.last_column else 0), cell.bottom() - 1)


class _Head(QHeaderView):
    def __init__(self, look: Look, table: "Table[Any]") -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._look, self._table = look, table
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setViewport(QWidget())
        look.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 34)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        column = self._table.column(logicalIndex)
        box = QRectF(rect)
        with Canvas(painter, self._look) as canvas:
            x = box.right() - PAD if column.align == RIGHT else box.left() + PAD
            baseline = canvas.middle("label", box.top(), box.height() - 4)
            canvas.write("label", column.title, x, baseline, "text.low", align=column.align, room=box.width() - 2 * PAD)
            left = box.left() + (PAD if logicalIndex == self._table.first_column else 0)
            right = box.right() - (2 if logicalIndex == self._table.last_column else 0)
            canvas.rule(left, right, box.bottom() - 1, "line")


PAD = 12


class Table(QTableView, Generic[Row]):
    """A table with painted columns, one chosen row and J, K beside the arrows.

    Signals
    -------
    chosen(object)
        The current row changed.
    opened(object)
        Enter or a double click on a row.
    """

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(
        self, look: Look, name: str, columns: Sequence[Column[Row]], *, row_height: int = 46, headed: bool = True
    ) -> None:
        super().__init__()
        quiet(self, look)
        self.look = look
        self.shows_selection = True
        self.first_column = 0
        self.rows = RowsModel(columns, self)
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(look, self))
        self.setHorizontalHeader(_Head(look, self))
        self.horizontalHeader().setVisible(headed)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(20)
        self.verticalHeader().setDefaultSectionSize(row_height)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        look.changed.connect(self.viewport().update)
        self.activated.connect(lambda index: self.opened.emit(index.data(ROW_ROLE)))

    def column(self, number: int) -> Column[Row]:
        """Declaration of one column."""
        return self.rows.columns[number]

    @property
    def last_column(self) -> int:
        """The rightmost column that is shown."""
        return max(n for n in range(len(self.rows.columns)) if not self.isColumnHidden(n))

    def show_rows(self, rows: Sequence[Row], keep: Callable[[Row], object]) -> None:
        """Show other rows; the chosen one stays chosen where `keep` finds it again."""
        scrolled = self.verticalScrollBar().value()
        before = self.current_row()
        wanted = keep(before) if before is not None else None
        self.rows.replace(rows)
        numbers = [number for number, row in enumerate(self.rows.rows) if keep(row) == wanted]
        if self.rows.rows:
            self.choose(numbers[0] if numbers else 0)
        self._fit()
        if numbers:
            self.verticalScrollBar().setValue(scrolled)

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
        if step and not event.modifiers() and self.rows.rows:
            self.choose(min(max(self.currentIndex().row() + step, 0), len(self.rows.rows) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.current_row())
        elif event.text().isprintable() and event.text():
            event.ignore()  # letters and figures are the console's keys, not a search in the table
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

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
