"""The view of the health matrix: two-line enclave heads and one painter for each kind of cell."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.model.health import Freshness, Health
from app.query.fleet import Deployment, EnclaveState, EndpointRow, Fleet
from app.ui.canvas import BLOCK_LARGE, Canvas
from app.ui.look import Look
from app.ui.matrix import (
    CELL_ROLE,
    ROW_ROLE,
    SHAPE_ROLE,
    Index,
    MatrixModel,
    age_words,
    error_words,
    healthy_words,
    latency_words,
    maintenance_words,
)
from app.ui.scroll import quiet
from app.ui.spark import SparkShape, draw_spark
from app.ui.text import RIGHT

HEAD = 76
NAME_LEAST, NAME_MOST = 150, 214
ENCLAVE_LEAST = 112
ROW_LEAST, ROW_MOST = 46, 63
_LOUD = (Health.CRITICAL, Health.WARNING)


@dataclass(frozen=True, slots=True)
class CellPlan:
    """Where things stand inside an enclave's column of a given width; NaN: there is no room for it.

    The curve goes first, then the errors: nothing shrinks below its readable size.
    """

    latency: float
    errors: float
    spark_left: float
    spark_right: float


def plan(width: float) -> CellPlan:
    """Lay out a column: symbol, p95, errors, curve."""
    right = width - 12
    if width >= 300:
        return CellPlan(106, 166, 184, right - 12)
    if width >= 240:
        return CellPlan(98, 153, 166, right - 10)
    if width >= 196:
        return CellPlan(max(106.0, right - 78), right - 8, math.nan, math.nan)
    return CellPlan(right - 8, math.nan, math.nan, math.nan)


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
                _paint_name(canvas, cell, index.data(ROW_ROLE))
            else:
                _paint_cell(canvas, cell, index.data(CELL_ROLE), index.data(SHAPE_ROLE))
            if self._view.hasFocus() and index == self._view.currentIndex():
                inset = QRectF(cell.left() + 1, cell.top() + 4, cell.width() - 12, cell.height() - 9)
                canvas.outline(inset, "focus", 4, weight=2)


def _paint_name(canvas: Canvas, cell: QRectF, row: EndpointRow) -> None:
    room = cell.width() - 16
    middle = cell.center().y()
    if not row.purpose:
        canvas.write(
            "strong", row.title, cell.left(), canvas.middle("strong", cell.top(), cell.height()), "text.hi", room=room
        )
        return
    canvas.write("strong", row.title, cell.left(), middle - 2, "text.hi", room=room)
    canvas.write("caption", row.purpose, cell.left(), middle + 15, "text.low", room=room)


def _paint_cell(canvas: Canvas, cell: QRectF, deployment: Deployment | None, drawn: SparkShape | None) -> None:
    places = plan(cell.width())
    middle = cell.center().y()
    baseline = canvas.middle("body", cell.top(), cell.height() - 1)
    if deployment is None or deployment.health is Health.OFF:
        said = "Not deployed" if deployment is None else "Off"
        canvas.write("small", said, cell.left() + 34, baseline, "text.low", room=cell.width() - 46)
    elif deployment.health is Health.MAINTENANCE:
        _paint_maintenance(canvas, cell, deployment, places)
    else:
        loud = deployment.health in _LOUD and not deployment.stale
        if loud:
            tint = canvas.look.theme.status[deployment.health].tint
            canvas.fill(QRectF(cell.left(), cell.top() + 5, cell.width() - 11, cell.height() - 11), tint, 5)
        size = 18 if deployment.health in _LOUD else 16
        canvas.status(deployment.health, cell.left() + 17, middle, size, ghost=deployment.stale)
        _paint_numbers(canvas, cell, deployment, places)
        if drawn is not None and not math.isnan(places.spark_left):
            _paint_spark(canvas, cell, deployment, drawn, places)


def _paint_numbers(canvas: Canvas, cell: QRectF, deployment: Deployment, places: CellPlan) -> None:
    baseline = canvas.middle("body", cell.top(), cell.height() - 1)
    loud = deployment.health in _LOUD and not deployment.stale
    blamed = {reason.metric for reason in deployment.reasons}
    latency, errors = latency_words(deployment), error_words(deployment)
    if latency == errors:
        # one statement is enough: the whole deployment says nothing
        canvas.write("small", latency, cell.left() + 34, baseline, "text.low", room=cell.width() - 46)
        return
    for said, number, right, left, metric in (
        (latency, deployment.latency_p95, places.latency, 28.0, "latency"),
        (errors, deployment.error_ratio, places.errors, places.latency + 6, "error"),
    ):
        if math.isnan(right):
            continue
        bold = loud and any(metric in name for name in blamed)
        colour = _number_colour(deployment, metric, loud=loud, bold=bold)
        role = "caption" if math.isnan(number) else "strong" if bold else "body"
        canvas.write(role, said, cell.left() + right, baseline, colour, align=RIGHT, room=right - left)


def _number_colour(deployment: Deployment, metric: str, *, loud: bool, bold: bool) -> str:
    if deployment.stale:
        return "text.low"
    if bold:
        return "text.hi"
    if metric == "latency":
        return "text.hi" if loud else "text.mid"
    return "text.mid" if loud else "text.low"


def _paint_spark(canvas: Canvas, cell: QRectF, deployment: Deployment, drawn: SparkShape, places: CellPlan) -> None:
    box = QRectF(cell.left() + places.spark_left, cell.center().y() - 10, places.spark_right - places.spark_left, 20)
    theme = canvas.look.theme
    if deployment.stale or deployment.health not in _LOUD:
        colour = theme["spark"] if not deployment.stale else theme["text.low"]
        draw_spark(canvas, drawn, box, colour, theme["line"], weight=1.3)
    else:
        ink = theme.status[deployment.health]
        colour = ink.symbol if theme.dark else ink.edge
        draw_spark(canvas, drawn, box, colour, theme["line"], weight=1.7)


def _paint_maintenance(canvas: Canvas, cell: QRectF, deployment: Deployment, places: CellPlan) -> None:
    ink = canvas.look.theme.status[Health.MAINTENANCE]
    canvas.status(Health.MAINTENANCE, cell.left() + 17, cell.center().y(), 16, ghost=deployment.stale)
    baseline = canvas.middle("small", cell.top(), cell.height() - 1)
    said = maintenance_words(deployment)
    wide = canvas.write("small", said, cell.left() + 34, baseline, ink.text, room=cell.width() - 50)
    left = cell.left() + 34 + wide + 24
    right = cell.left() + (places.spark_right if not math.isnan(places.spark_right) else cell.width() - 12)
    if right - left > 30:
        canvas.hatch(QRectF(left, cell.center().y() - 8, right - left, 16), "line", step=6)


class _Head(QHeaderView):
    """Two lines for each enclave: marking, name and how many are healthy; then what the numbers are and their age."""

    def __init__(self, look: Look, view: "MatrixView") -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._look, self._view = look, view
        self.setSectionsClickable(False)
        self.setMinimumSectionSize(60)
        look.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEAD)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        box = QRectF(rect)
        state = self._view.matrix.state(logicalIndex)
        with Canvas(painter, self._look) as canvas:
            if state is None:
                canvas.write("label", "Endpoint, worst first", box.left(), 67, "text.low", room=box.width() - 12)
            else:
                _paint_enclave(canvas, box, state)
                _paint_columns(canvas, box, state)
            canvas.rule(box.left(), box.right(), box.bottom() - 1, "line")


def _paint_enclave(canvas: Canvas, box: QRectF, state: EnclaveState) -> None:
    """Marking, name, how many are healthy; the count gets shorter before the name does."""
    x = box.left() + 8
    x += canvas.block(state.enclave.level, x, 23, BLOCK_LARGE) + 12
    right = box.right() - 17
    name = canvas.width("title", state.enclave.name)
    colour = "text.low" if state.freshness in (Freshness.STALE, Freshness.EXPIRED) else "text.mid"
    for said in healthy_words(state):
        if name + 14 + canvas.width("small", said) <= right - x:
            canvas.write("small", said, right, canvas.middle("small", 12, 22) + 1, colour, align=RIGHT)
            break
    role = "title" if name <= right - x else "smallstrong"
    canvas.write(role, state.enclave.name, x, canvas.middle(role, 12, 22), "text.hi", room=right + 9 - x)


def _paint_columns(canvas: Canvas, box: QRectF, state: EnclaveState) -> None:
    """What the numbers are, and the age: above the curve, or left of the heads where there is none.

    The age is never cut short: in the narrowest columns it takes the place of "p95".
    """
    places, baseline = plan(box.width()), 67
    fresh = state.freshness is Freshness.FRESH
    colour: str | QColor = "text.low" if fresh else canvas.look.theme.status[Health.WARNING].text
    sign = 0.0 if fresh else 20.0
    latency = box.left() + places.latency
    head = latency - canvas.width("label", "p95") - 10
    if math.isnan(places.spark_right):
        left, right, forms = box.left() + 8, head, age_words(state)[-2:]
    else:
        left, right, forms = box.left() + places.errors + 14, box.left() + places.spark_right, age_words(state)
    fitting = [said for said in forms if canvas.width("label", said) <= right - left - sign]
    said = (fitting or forms[-1:])[0]
    if math.isnan(places.spark_right):
        x = left + sign
        right = x + canvas.write("label", said, x, baseline, colour, room=box.right() - 12 - x)
    else:
        x = right - canvas.write("label", said, right, baseline, colour, align=RIGHT)
    if not fresh:
        canvas.status(Health.WARNING, x - 12, baseline - 5, 14)
    if not math.isnan(places.spark_right) or right <= head + 4:
        canvas.write("label", "p95", latency, baseline, "text.low", align=RIGHT)
    if not math.isnan(places.errors):
        canvas.write("label", "Errors", box.left() + places.errors, baseline, "text.low", align=RIGHT)


class MatrixView(QTableView):
    """The matrix with its keyboard. Columns share the width; rows share the height between two bounds.

    Signals
    -------
    cell_opened(str, str)
        Endpoint id and enclave id: Enter or a double click.
    """

    cell_opened = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.matrix = MatrixModel()
        self.setModel(self.matrix)
        self.setAccessibleName("Health of every endpoint by enclave")
        self.setItemDelegate(_Delegate(look, self))
        self.setHorizontalHeader(_Head(look, self))
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(20)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        quiet(self, look)
        look.changed.connect(self.viewport().update)
        self.activated.connect(self._open)

    def show_fleet(self, fleet: Fleet) -> None:
        """Show another answer; the current cell stays where it is still there."""
        row, column = self.currentIndex().row(), self.currentIndex().column()
        wanted = self.matrix.fleet.rows[row].id if self.matrix.fleet is not None and row >= 0 else ""
        scrolled = self.verticalScrollBar().value()
        self.matrix.replace(fleet)
        self._fit()
        ids = [line.id for line in fleet.rows]
        if wanted in ids and column < self.matrix.columnCount():
            self._go(ids.index(wanted), column)
        self.verticalScrollBar().setValue(scrolled)

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
        elif event.text().isprintable() and event.text():
            event.ignore()  # letters and figures are the console's keys, not a search in the table
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

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


def _is_problem(cell: Deployment | None) -> bool:
    return cell is not None and cell.health in _LOUD
