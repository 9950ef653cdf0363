"""The health matrix: endpoints down, enclaves across, worst first."""

import math
from dataclasses import replace
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.model.catalogue import Enclave
from app.model.health import Freshness, Health
from app.query.fleet import Deployment, EnclaveState, EndpointRow, Fleet
from app.ui import words
from app.ui.deployment_words import error_words, latency_words, maintenance_words
from app.ui.spark import SparkShape, shape

Index = QModelIndex | QPersistentModelIndex
CELL_ROLE = Qt.ItemDataRole.UserRole
SHAPE_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_ROLE = Qt.ItemDataRole.UserRole + 2


def age_words(state: EnclaveState) -> tuple[str, ...]:
    """Age of an enclave's picture for its column head, from the longest form to the shortest."""
    if math.isnan(state.data_time):
        return (words.NO_DATA,)
    old = words.age(state.age)
    return (f"{old} old", old)


def healthy_words(state: EnclaveState) -> tuple[str, ...]:
    """How many deployments are healthy, or were when the last data came, from long to short."""
    count = f"{state.healthy} of {state.total}"
    stale = state.freshness in (Freshness.STALE, Freshness.EXPIRED)
    return (f"{count}, last known" if stale else f"{count} healthy", count)


def cell_words(cell: Deployment | None, row: EndpointRow, enclave: Enclave) -> str:
    """One cell in words, for screen readers and tool tips."""
    head = f"{row.title}, {enclave.name}"
    if cell is None:
        return f"{head}: not deployed"
    if cell.health is Health.MAINTENANCE:
        text = f"{head}: {maintenance_words(cell)}"
    else:
        state = words.STATES[cell.health]
        known = f"last known {state}" if cell.stale else state
        text = f"{head}: {known}, p95 {latency_words(cell)}, errors {error_words(cell)}"
    if not math.isnan(cell.data_time):
        text += f", data {words.age(cell.age)} old"
    reasons = "; ".join(reason.text for reason in cell.reasons)
    return f"{text}. {words.capitalised(reasons)}" if reasons else text


class MatrixOrder(NamedTuple):
    """By which column the endpoints stand: the id of its enclave, empty for their names; and from which end.

    Enclaves sort by the state of their deployments, the worst first.
    """

    enclave: str
    descending: bool = False

    @property
    def words(self) -> str:
        """For those who hear it."""
        if self.enclave:
            return "best first" if self.descending else "worst first"
        return "sorted descending" if self.descending else "sorted ascending"


class MatrixModel(QAbstractTableModel):
    """Endpoint names in column 0, then one column for each declared enclave.

    `order` None: the endpoints stand as the answer has them, the worst first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fleet: Fleet | None = None
        self.order: MatrixOrder | None = None
        self._given: Fleet | None = None
        self._shapes: dict[tuple[str, str], SparkShape] = {}

    def replace(self, fleet: Fleet) -> None:
        """Show another answer, in the order that was chosen."""
        self.beginResetModel()
        self._given = fleet
        self.fleet = self._ordered(fleet)
        self._shapes = {}
        self.endResetModel()

    def sort_by(self, order: MatrixOrder | None) -> None:
        """Put the endpoints into another order."""
        self.order = order
        if self._given is not None:
            self.beginResetModel()
            self.fleet = self._ordered(self._given)
            self.endResetModel()

    def column_id(self, column: int) -> str:
        """Id of the enclave of a column; empty for the names."""
        state = self.state(column)
        return state.enclave.id if state is not None else ""

    def _ordered(self, fleet: Fleet) -> Fleet:
        order = self.order
        if order is None:
            return fleet
        from app.ui.order import ordered

        def key(row: EndpointRow) -> str | float | None:
            cell = row.cells.get(order.enclave)
            return row.title if not order.enclave else None if cell is None else cell.health.rank

        return replace(fleet, rows=tuple(ordered(fleet.rows, key, descending=order.descending)))

    def state(self, column: int) -> EnclaveState | None:
        """The enclave of a column; None for the names."""
        return self.fleet.enclaves[column - 1] if self.fleet is not None and column > 0 else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() or self.fleet is None else len(self.fleet.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() or self.fleet is None else 1 + len(self.fleet.enclaves)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.fleet is None:
            return None
        row = self.fleet.rows[index.row()]
        state = self.state(index.column())
        if role == ROW_ROLE:
            return row
        if state is None:
            text_roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return f"{row.title}, {row.purpose}".rstrip(", ") if role in text_roles else None
        cell = row.cells.get(state.enclave.id)
        if role == CELL_ROLE:
            return cell
        if role == SHAPE_ROLE:
            return self._shape(row, state.enclave.id)
        spoken = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
        return cell_words(cell, row, state.enclave) if role in spoken else None

    def _shape(self, row: EndpointRow, enclave: str) -> SparkShape | None:
        """A curve is made when it is first painted: most rows of a large fleet are never scrolled to."""
        cell = row.cells.get(enclave)
        if cell is None or cell.spark is None:
            return None
        if (row.id, enclave) not in self._shapes:
            self._shapes[row.id, enclave] = shape(cell.spark)
        return self._shapes[row.id, enclave]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or self.fleet is None:
            return None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        state = self.state(section)
        here = self.order is not None and self.order.enclave == self.column_id(section)
        said = f", {self.order.words}" if here and self.order is not None else ""
        if state is None:
            return f"{self.name_head}{said}"
        healthy, age = healthy_words(state)[0], age_words(state)[0]
        return f"{state.enclave.level.title}, {state.enclave.name}, {healthy}, {age}{said}"

    @property
    def name_head(self) -> str:
        """What stands above the names."""
        return "Endpoint, worst first" if self.order is None else "Endpoint"
