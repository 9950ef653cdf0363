"""The GPUs of one section: nodes down, cards across, one painter for each kind of cell."""

from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.query.gpu_floor import GpuFloor, Measure
from app.ui.canvas import Canvas
from app.ui.gpu.cells import Shown, Stamps, heat_words, paint_card, paint_heat, paint_node
from app.ui.gpu.gpu_words import gpu_tip, gpu_words
from app.ui.gpu.measures import Reach
from app.ui.gpu.sections import Card, Row, Section
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.scroll import quiet_table

Index = QModelIndex | QPersistentModelIndex
ROW_LEAST, ROW_MOST = 26, 40
_HEAT = 46
_CELL_MOST = 46
_NAME = (44, 128)


class Spot(NamedTuple):
    """A GPU by the ids of its enclave and node, and the number of its card."""

    enclave: str
    node: str
    card: str


class SectionModel(QAbstractTableModel):
    """Column 0 names the node, then one column for each card, then the node's hottest sensor."""

    def __init__(self) -> None:
        super().__init__()
        self.section: Section | None = None
        self.floor: GpuFloor | None = None
        self.measure = Measure.BUSY
        self._columns = 0
        self.stale: frozenset[str] = frozenset()
        """Ids of the enclaves of which only the last known state is shown."""

    def replace(self, section: Section, floor: GpuFloor, measure: Measure) -> None:
        """Show another answer."""
        self.beginResetModel()
        self.section, self.floor, self.measure = section, floor, measure
        self._columns = section.widest + 2
        self.stale = frozenset(name for name in {row.node.enclave.id for row in section.rows} if floor.stale(name))
        self.endResetModel()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Nodes of the section."""
        return self.section.rows if self.section is not None else ()

    def card(self, row: int, column: int) -> Card | None:
        """The card of a cell; None for names, sensors, and where a node has no more cards."""
        cards = self.rows[row].cards if 0 <= row < len(self.rows) else ()
        return cards[column - 1] if 1 <= column <= len(cards) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else self._columns

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        spoken = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
        if self.floor is None or not (spoken or role == Qt.ItemDataRole.ToolTipRole):
            return None
        row = self.rows[index.row()]
        if index.column() == 0:
            return f"{row.node.node.id}, {row.node.enclave.level.title}, {row.node.worst.value}"
        if index.column() == self.columnCount() - 1:
            return heat_words(row.node)
        card = self.card(index.row(), index.column())
        if card is None:
            return ""
        if spoken:
            return "; ".join(gpu_words(gpu, row.node, self.measure) for gpu in card.parts)
        return "\n".join(gpu_tip(gpu, row.node, self.floor) for gpu in card.parts)


class _Delegate(QStyledItemDelegate):
    def __init__(self, look: Look, view: "SectionTable") -> None:
        super().__init__(view)
        self._look, self._view = look, view
        self._stamps = Stamps()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell, model, shown = QRectF(option.rect), self._view.gpus, self._view.shown
        row = model.rows[index.row()]
        stale = row.node.enclave.id in model.stale
        with Canvas(painter, self._look) as canvas:
            if index.column() == 0:
                marked = model.section is not None and model.section.level is None
                paint_node(canvas, cell, row.node, marked=marked)
            elif index.column() == model.columnCount() - 1:
                paint_heat(canvas, cell, row.node, stale=stale)
            else:
                card = model.card(index.row(), index.column())
                if card is not None:
                    paint_card(canvas, cell, card, shown._replace(stale=stale), self._stamps)
            if index == self._view.currentIndex() and (self._view.hasFocus() or self._view.picked):
                canvas.outline(cell, "focus" if self._view.hasFocus() else "accent", 4, weight=2)


class SectionTable(QTableView):
    """Cells with their keyboard. Enter opens a GPU; the arrows at an edge go on to the neighbouring table.

    Signals
    -------
    opened(Spot)
        Enter or a click on a GPU.
    left(int)
        An arrow led beyond the last (1) or first (-1) card of a row.
    """

    opened = Signal(object)
    left = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        quiet_table(self, look)
        self.look = look
        self.gpus = SectionModel()
        self.shown = Shown(Measure.BUSY, Reach(0.0, 1.0))
        self.picked = False
        """Whether its current cell is the one that the page is about."""
        self.setModel(self.gpus)
        self.setItemDelegate(_Delegate(look, self))
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(10)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.clicked.connect(self._open)

    def show_section(self, section: Section, floor: GpuFloor, measure: Measure, reach: Reach) -> None:
        """Show other GPUs; the current one stays where it is still there."""
        here, scrolled = self.spot(), self.verticalScrollBar().value()
        self.shown = Shown(measure, reach)
        self.gpus.replace(section, floor, measure)
        self.setAccessibleName(f"GPUs of {section.title}")
        self._fit()
        if here is not None:
            self.select(here)
        self.verticalScrollBar().setValue(scrolled)

    def spot(self) -> Spot | None:
        """The GPU of the current cell."""
        index = self.currentIndex()
        card = self.gpus.card(index.row(), index.column()) if index.isValid() else None
        if card is None:
            return None
        node = self.gpus.rows[index.row()].node
        return Spot(node.enclave.id, node.node.id, card.number)

    def select(self, spot: Spot) -> bool:
        """Move to a GPU, or to the first one of its node where its card is not named; False where it is not here."""
        for number, row in enumerate(self.gpus.rows):
            if (row.node.enclave.id, row.node.node.id) == spot[:2]:
                cards = [card.number for card in row.cards]
                self.go(number, cards.index(spot.card) + 1 if spot.card in cards else 1)
                return True
        return False

    def go(self, row: int, column: int) -> None:
        """Move to a cell, as near as there is one."""
        row = min(max(row, 0), self.gpus.rowCount() - 1)
        if row < 0:
            return
        column = min(max(column, 1), len(self.gpus.rows[row].cards))
        self.selectionModel().setCurrentIndex(
            self.gpus.index(row, column), QItemSelectionModel.SelectionFlag.ClearAndSelect
        )

    @property
    def row_height(self) -> int:
        """Height of one node."""
        return self.verticalHeader().defaultSectionSize()

    def sizeHint(self) -> QSize:
        return QSize(260, self.gpus.rowCount() * self.row_height)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 40)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A window that opens marks no cell; the keyboard that comes here does."""
        super().focusInEvent(event)
        by_hand = event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.OtherFocusReason)
        if not self.currentIndex().isValid() and by_hand:
            self.go(0, 1)
        self.viewport().update()

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Leave tips to the window: Qt's own could cover a banner."""
        return False if event.type() is QEvent.Type.ToolTip else super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if commanded(event):
            event.ignore()
            return
        here = self.currentIndex()
        row, column = (here.row(), here.column()) if here.isValid() else (0, 0)
        steps = {
            Qt.Key.Key_J: (1, 0),
            Qt.Key.Key_K: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Left: (0, -1),
        }
        step = steps.get(Qt.Key(event.key()))
        if step and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and self.gpus.rows:
            there = column + step[1]
            if step[1] and here.isValid() and self.gpus.card(row, there) is None:
                self.left.emit(step[1])
            else:
                self.go(row + step[0], there)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        elif event.text().isprintable() and event.text():
            event.ignore()  # letters and figures are the console's keys, not a search in the table
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _open(self) -> None:
        spot = self.spot()
        if spot is not None:
            self.opened.emit(spot)

    def _fit(self) -> None:
        """Names as wide as they are, the sensor its room, the cards what is left."""
        section = self.gpus.section
        if section is None:
            return
        metrics = self.look.fonts.metrics("mono.small")
        names = max((metrics.horizontalAdvance(row.node.node.id) for row in section.rows), default=0.0)
        marked = 0 if section.level is not None else 30
        name = round(min(_NAME[1], max(_NAME[0], names + 10)) + marked)
        room = self.viewport().width() - name - _HEAT
        cards = max(1, section.widest)
        each = min(float(_CELL_MOST), room / cards)
        edges = [round(each * number) for number in range(cards + 1)]
        self.setColumnWidth(0, name)
        for number in range(cards):
            self.setColumnWidth(number + 1, max(6, edges[number + 1] - edges[number]))
        self.setColumnWidth(cards + 1, _HEAT)
