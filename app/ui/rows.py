"""The rows of a table: what each column says of them, in which order they stand, and which of them a filter shows."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt

from app.ui.canvas import Canvas
from app.ui.sheet import Cell
from app.ui.text import LEFT
from app.ui.words import GAP

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole


class Column(NamedTuple, Generic[Row]):
    """One column: its head, what it says, and how it is painted.

    `share` is its part of the free width beside `least`; `paint` gets the canvas, the cell and the row.
    `drop_below` leaves the column out where the table is narrower. `value` is the cell as other programs want it,
    a number in the unit that `head` names; without it they get what is said. `by` is what rows are sorted by,
    None or NaN where it is not known; without it that is the value. `head` is what the column is called where it
    has no title, and in what leaves the console. `tip` explains the cell; without it the tip is what is said.
    """

    title: str
    least: int
    share: float
    says: Callable[[Row], str]
    paint: Callable[[Canvas, QRectF, Row], None]
    align: float = LEFT
    drop_below: int = 0
    value: Callable[[Row], Cell] | None = None
    by: Callable[[Row], str | float | None] | None = None
    head: str = ""
    tip: Callable[[Row], str] | None = None

    def cell(self, row: Row) -> Cell:
        """What leaves the console."""
        return self.value(row) if self.value is not None else self.says(row)

    def key(self, row: Row) -> str | float | None:
        """What rows are sorted by."""
        return self.by(row) if self.by is not None else self.cell(row)


class Order(NamedTuple):
    """By which column rows are sorted, and whether the largest comes first."""

    column: int
    descending: bool = False

    @property
    def words(self) -> str:
        """For those who hear it."""
        return "sorted descending" if self.descending else "sorted ascending"


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows of one answer; replaced as a whole.

    `given` are all of them in the order of the page, `rows` those that hold every word of the filter, sorted.
    """

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.given: tuple[Row, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.order: Order | None = None
        self.wanted: tuple[str, ...] = ()
        self._texts: list[str] | None = None

    def replace(self, rows: Sequence[Row], columns: Sequence[Column[Row]] | None = None) -> None:
        """Show other rows, in other columns where there are any; filter and order stay, this where its column does."""
        self.given, self._texts = tuple(rows), None
        if columns is not None:
            titles = [column.title for column in columns]
            if self.order is not None and self.columns[self.order.column].title not in titles[self.order.column :][:1]:
                self.order = None
            self.columns = tuple(columns)
        self._select()

    def sort_by(self, order: Order | None) -> None:
        """Sort by a column; None: in the order of the page."""
        self.order = order
        self._select()

    def narrow(self, text: str) -> None:
        """Keep the rows in whose cells every word of `text` stands, in whatever case."""
        self.wanted = tuple(text.casefold().split())
        self._select()

    def _select(self) -> None:
        self.beginResetModel()
        rows = self.given
        if self.wanted:
            found = zip(rows, self._searched(), strict=True)
            rows = tuple(row for row, text in found if all(word in text for word in self.wanted))
        if self.order is not None:
            from app.ui.order import ordered

            rows = tuple(ordered(rows, self.columns[self.order.column].key, descending=self.order.descending))
        self.rows = rows
        self.endResetModel()

    def _searched(self) -> list[str]:
        """The words of each row, made when somebody first filters; what is written with an odd space is found too."""
        if self._texts is None:
            says = [column.says for column in self.columns]
            lines = ("\n".join([say(row) for say in says]) for row in self.given)
            self._texts = [f"{line}\n{line.replace(GAP, ' ')}".casefold() for line in lines]
        return self._texts

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            explain = self.columns[index.column()].tip
            return explain(row) if explain is not None else self.columns[index.column()].says(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[index.column()].says(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            column = self.columns[index.column()]
            called = column.title or column.head
            return f"{called}: {column.says(row)}" if called else column.says(row)
        return row if role == ROW_ROLE else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            sorted_by = self.order is not None and self.order.column == section
            called = column.title or column.head
            return f"{called}, {self.order.words}" if sorted_by and self.order is not None else called
        return column.title if role == Qt.ItemDataRole.DisplayRole else None
