"""The saved views: open, rename, delete."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.card_parts import CardHead
from app.ui.controls import PushButton
from app.ui.look import Look
from app.ui.panel import Panel
from app.ui.part import RIM
from app.ui.popover import Card
from app.ui.shell.saved import SavedView
from app.ui.states import Kind, PanelState
from app.ui.tables import PAD, Column, Table

_WIDE, _TALL = 720, 460


class _Views(Table[SavedView]):
    """The list; F2 renames and Delete deletes the chosen view.

    Signals
    -------
    renamed(), deleted()
        The person wants that of the current row.
    """

    renamed = Signal()
    deleted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.renamed.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.deleted.emit()
        else:
            super().keyPressEvent(event)


class ViewsCard(Card):
    """Every saved view of this person.

    Signals
    -------
    opened(SavedView), rename_wanted(SavedView), deleted(SavedView)
        The person wants this of the view.
    """

    opened = Signal(object)
    rename_wanted = Signal(object)
    deleted = Signal(object)

    def __init__(self, look: Look, views: Sequence[SavedView], titles: Mapping[str, str]) -> None:
        super().__init__(look, "Saved views")
        self._titles = titles
        columns: tuple[Column[SavedView], ...] = (
            Column("Name", 220, 1.0, lambda view: view.name, self._paint_name),
            Column("Shows", 200, 0.6, self._shows, lambda canvas, cell, view: _text(canvas, cell, self._shows(view))),
            Column("Range", 130, 0.0, _range, lambda canvas, cell, view: _text(canvas, cell, _range(view))),
        )
        self.table = _Views(look, "Saved views", columns, row_height=38)
        self._panel = Panel(look, "Saved views", self.table, headed=False, flush=(20, 12))
        self._open = PushButton(look, "Open", key="Enter", primary=True)
        self._rename = PushButton(look, "Rename", key="F2")
        self._delete = PushButton(look, "Delete", key="Del")
        self._open.clicked.connect(lambda: self._emit(self.opened))
        self._rename.clicked.connect(lambda: self._emit(self.rename_wanted))
        self._delete.clicked.connect(lambda: self._emit(self.deleted))
        self.table.opened.connect(self.opened)
        self.table.renamed.connect(lambda: self._emit(self.rename_wanted))
        self.table.deleted.connect(lambda: self._emit(self.deleted))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._lay_out()
        self.table.show_rows(views, lambda view: view.name)
        if not views:
            said = "Ctrl S saves what is shown: the page, the range and the enclaves."
            self._panel.show_state(PanelState(Kind.EMPTY, "No view is saved yet", said, icon="target"))
        for button in (self._open, self._rename, self._delete):
            button.setEnabled(bool(views))

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The list; the card itself while there is none."""
        return self if self._panel.state is not None else self.table

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 20
        layout.setContentsMargins(edge, self.SHADOW + 16, edge, self.SHADOW + 14)
        layout.setSpacing(10)
        layout.addWidget(CardHead(self.look, "Saved views"))
        layout.addWidget(self._panel, 1)
        row = QHBoxLayout()
        row.setSpacing(12 - 2 * RIM)
        row.addStretch()
        for button in (self._delete, self._rename, self._open):
            row.addWidget(button)
        layout.addLayout(row)

    def _emit(self, signal: SignalInstance) -> None:
        view = self.table.current_row()
        if view is not None:
            signal.emit(view)

    def _shows(self, view: SavedView) -> str:
        title = self._titles.get(view.place.page, "a page that is no longer there")
        named = f"{title}, {view.place.subject.id}" if view.place.subject is not None else title
        return f"{named}, filtered" if view.hidden else named

    def _paint_name(self, canvas: Canvas, cell: QRectF, view: SavedView) -> None:
        baseline = canvas.middle("medium", cell.top(), cell.height())
        ink = "text.hi" if view.place.page in self._titles else "text.low"
        canvas.write("medium", view.name, cell.left() + PAD, baseline, ink, room=cell.width() - 2 * PAD)


def _range(view: SavedView) -> str:
    return view.range_words


def _text(canvas: Canvas, cell: QRectF, said: str) -> None:
    baseline = canvas.middle("small", cell.top(), cell.height())
    canvas.write("small", said, cell.left() + PAD, baseline, "text.mid", room=cell.width() - 2 * PAD)
