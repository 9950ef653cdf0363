"""The view of the health matrix: two-line enclave heads and one painter for each kind of cell."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.query.fleet import Deployment, Fleet
from app.ui.canvas import Canvas
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.overview.matrix import CELL_ROLE, ROW_ROLE, SHAPE_ROLE, Index, MatrixModel, MatrixOrder
from app.ui.overview.matrix_cells import (
    LOUD,
    healthy_form,
    paint_cell,
    paint_columns,
    paint_enclave,
    paint_name,
    paint_name_head,
)
from app.ui.overview.name_column import NameColumn
from app.ui.scroll import quiet_table

HEAD = 76
NAME_LEAST, NAME_MOST = 150, 214
ENCLAVE_LEAST = 112
ROW_LEAST, ROW_MOST = 46, 63


class _Delegate(QStyledItemDelegate):
    """Paints names and deployments."""

    def __init__(self, look: Look, view: "MatrixView") -> None:
        super().__init__(view)
        self._look, self._view = look, view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = QRectF(option.rect)
        with Canvas(painter, self._look) as canvas:
            if index.row() < self._view.model().rowCount() - 1:
                canvas.rule(cell.left(), cell.right() + 1, cell.bottom() - 1)
            if index.column() == 0:
                paint_name(canvas, cell, index.data(ROW_ROLE))
            else:
                paint_cell(canvas, cell, index.data(CELL_ROLE), index.data(SHAPE_ROLE))
            if self._view.hasFocus() and index == self._view.currentIndex():
                inset = QRectF(cell.left() + 1, cell.top() + 4, cell.width() - 12, cell.height() - 9)
                canvas.outline(inset, "focus", 4, weight=2)


class _Head(QHeaderView):
    """Two lines for each enclave: marking, name and how many are healthy; then what the numbers are and their age."""

    def __init__(self, look: Look, view: "MatrixView") -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._look, self._view = look, view
        self.setMinimumSectionSize(60)
        self.setViewport(QWidget())
        self.setSectionsClickable(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEAD)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        box = QRectF(rect)
        model = self._view.matrix
        state = model.state(logicalIndex)
        with Canvas(painter, self._look) as canvas:
            if state is None:
                paint_name_head(canvas, box, model.name_head, model.order)
            else:
                paint_enclave(canvas, box, state, self._form(canvas), model.order)
                paint_columns(canvas, box, state)
                canvas.rule(box.left(), box.right(), box.bottom() - 1, "line")

    def _form(self, canvas: Canvas) -> int:
        columns = range(1, self.count())
        heads = [(state, self.sectionSize(n)) for n in columns if (state := self._view.matrix.state(n)) is not None]
        return healthy_form(canvas, heads)


class MatrixView(QTableView):
    """The matrix with its keyboard. Columns share the width; rows share the height between two bounds.

    Signals
    -------
    cell_opened(str, str)
        Endpoint id and enclave id: Enter or a double click.
    sheet_wanted(Sheet)
        Show the numbers behind the curve of the current cell, or behind the matrix, as a table.
    """

    cell_opened = Signal(str, str)
    sheet_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        quiet_table(self, look)
        self.matrix = MatrixModel()
        self.setModel(self.matrix)
        self.setAccessibleName("Health of every endpoint by enclave")
        self.setItemDelegate(_Delegate(look, self))
        self.setHorizontalHeader(_Head(look, self))
        self.horizontalHeader().sectionClicked.connect(self._head_clicked)
        self.verticalHeader().setMinimumSectionSize(20)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.activated.connect(self._open)
        self._names = NameColumn(look, self, self.matrix)

    def show_fleet(self, fleet: Fleet) -> None:
        """Show another answer; the current cell stays where it is still there."""
        scrolled = self.verticalScrollBar().value()
        self._keep(lambda: self.matrix.replace(fleet))
        self.verticalScrollBar().setValue(scrolled)

    def sort_by(self, order: MatrixOrder | None) -> None:
        """Put the endpoints into another order; the current cell stays what it is."""
        self._keep(lambda: self.matrix.sort_by(order))
        self.horizontalHeader().viewport().update()
        self._names.update()
        column = next((n for n in range(self.matrix.columnCount()) if self._is_by(n)), -1)
        role = Qt.ItemDataRole.AccessibleTextRole
        said = self.matrix.headerData(column, Qt.Orientation.Horizontal, role) if column >= 0 else ""
        self.setAccessibleDescription(said)

    def tell_numbers(self) -> None:
        """Say the curve of the current cell as plain rows; where none is chosen, the whole matrix."""
        from app.ui.overview.fleet_sheet import curve_sheet, fleet_sheet

        cell = self.currentIndex().data(CELL_ROLE) if self.currentIndex().isValid() else None
        if cell is not None and cell.spark is not None:
            self.sheet_wanted.emit(curve_sheet(cell))
        elif self.matrix.fleet is not None:
            self.sheet_wanted.emit(fleet_sheet(self.matrix.fleet))

    def next_order(self) -> None:
        """By name, by each enclave, and back to the worst first."""
        here = next((n for n in range(self.matrix.columnCount()) if self._is_by(n)), -1)
        after = here + 1 < self.matrix.columnCount()
        self.sort_by(MatrixOrder(self.matrix.column_id(here + 1)) if after else None)

    def reverse_order(self) -> None:
        """The other way round."""
        order = self.matrix.order
        if order is not None:
            self.sort_by(order._replace(descending=not order.descending))

    @property
    def natural_height(self) -> int:
        """Height that shows every row at its least height."""
        return HEAD + max(1, self.matrix.rowCount()) * ROW_LEAST + 4

    def select_problem(self, step: int) -> None:
        """Move to the next or previous cell that is critical or a warning, row by row."""
        model = self.matrix
        cells = [model.index(r, c) for r in range(model.rowCount()) for c in range(1, model.columnCount())]
        problems = [index for index in cells if _is_problem(index.data(CELL_ROLE))]
        if not problems:
            return
        here = (self.currentIndex().row(), self.currentIndex().column())
        after = [index for index in problems if (index.row(), index.column()) > here]
        before = [index for index in problems if (index.row(), index.column()) < here]
        chosen = (after or problems)[0] if step > 0 else (before or problems)[-1]
        self._go(chosen.row(), chosen.column())
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def select_cell(self, endpoint: str, enclave: str) -> bool:
        """Move to one deployment, found by its endpoint and the id of its enclave; say whether it is there."""
        fleet = self.matrix.fleet
        if fleet is None:
            return False
        for column, state in enumerate(fleet.enclaves, 1):
            for number, row in enumerate(fleet.rows):
                if state.enclave.id == enclave and endpoint in (row.id, row.title):
                    self._go(number, column)
                    return True
        return False

    def open_current(self) -> None:
        """Look closely at the current deployment."""
        self._open(self.currentIndex())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A window that opens marks no cell; the keyboard that comes here does."""
        nowhere = not self.currentIndex().isValid()
        super().focusInEvent(event)
        if nowhere and event.reason() in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.OtherFocusReason):
            self.setCurrentIndex(QModelIndex())
        elif nowhere and self.matrix.rowCount():
            self._go(0, min(1, self.matrix.columnCount() - 1))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Leave tips to the window: Qt's own could cover a banner."""
        return False if event.type() is QEvent.Type.ToolTip else super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}.get(Qt.Key(event.key()))
        if step and not event.modifiers():
            row = min(max(self.currentIndex().row() + step, 0), self.matrix.rowCount() - 1)
            self._go(row, max(self.currentIndex().column(), 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        elif commanded(event) or (event.text().isprintable() and event.text()):
            event.ignore()  # letters and figures are the console's keys, not a search in the table
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _is_by(self, column: int) -> bool:
        order = self.matrix.order
        return order is not None and order.enclave == self.matrix.column_id(column)

    def _head_clicked(self, column: int) -> None:
        """Up, down, and back to the worst first."""
        order = self.matrix.order
        again = self._is_by(column)
        done = again and order is not None and order.descending
        self.sort_by(None if done else MatrixOrder(self.matrix.column_id(column), descending=again))

    def _keep(self, change: Callable[[], None]) -> None:
        """Change the rows; the current cell stays where it is still there."""
        row, column = self.currentIndex().row(), self.currentIndex().column()
        wanted = self.matrix.fleet.rows[row].id if self.matrix.fleet is not None and row >= 0 else ""
        change()
        self._fit()
        ids = [line.id for line in self.matrix.fleet.rows] if self.matrix.fleet is not None else []
        if wanted in ids and column < self.matrix.columnCount():
            self._go(ids.index(wanted), column)

    def _go(self, row: int, column: int) -> None:
        index = self.matrix.index(row, column)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _open(self, index: QModelIndex) -> None:
        cell = index.data(CELL_ROLE)
        if cell is not None:
            self.cell_opened.emit(cell.endpoint.id, cell.enclave.id)

    def _fit(self) -> None:
        columns, rows = self.matrix.columnCount() - 1, self.matrix.rowCount()
        if columns < 1:
            return
        room = self.viewport().width()
        name = min(NAME_MOST, max(NAME_LEAST, room // 6))
        each = max(ENCLAVE_LEAST, (room - name) / columns)
        edges = [round(name + each * number) for number in range(columns + 1)]
        self.setColumnWidth(0, name)
        for number in range(columns):
            self.setColumnWidth(number + 1, edges[number + 1] - edges[number])
        height = (self.viewport().height() - 2) // max(1, rows)
        self.verticalHeader().setDefaultSectionSize(min(ROW_MOST, max(ROW_LEAST, height)))
        self._names.follow()


def _is_problem(cell: Deployment | None) -> bool:
    return cell is not None and cell.health in LOUD
