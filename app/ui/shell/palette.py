"""The command palette: one field, and everything that can be found or done below it."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QHBoxLayout, QListView, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from app.ui import words
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.field import Field
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.scroll import quiet
from app.ui.shell.finding import Finder, Offer, Section
from app.ui.text import RIGHT

Index = QModelIndex | QPersistentModelIndex
_WIDE, _TALL = 720, 538
_HEAD, _FOOT, _ROW, _TITLE = 64, 40, 44, 36
_NAME = "Search and commands"


class _Rows(QAbstractListModel):
    """Sections as one list: a heading, then its offers. Headings cannot be chosen."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Offer | Section] = []

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show other sections."""
        self.beginResetModel()
        self.rows = []
        for section in sections:
            self.rows += [section, *section.offers]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self.rows[index.row()], Section):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title if isinstance(row, Section) else row.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.title if isinstance(row, Section) else said(row)
        return None


def said(offer: Offer) -> str:
    """An offer in words, for those who hear it."""
    level = offer.level.title if offer.level is not None else ""
    state = words.STATES[offer.health] if offer.health is not None else ""
    key = f"key {offer.press}" if offer.press else ""
    parts = (offer.words, level, state, "" if offer.detail == state else offer.detail, key)
    return ", ".join(part for part in parts if part)


class _Delegate(QStyledItemDelegate):
    def __init__(self, look: Look, view: "_Found") -> None:
        super().__init__(view)
        self._look, self._view = look, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _TITLE if isinstance(self._view.found.rows[index.row()], Section) else _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box, row = QRectF(option.rect), self._view.found.rows[index.row()]
        with Canvas(painter, self._look) as canvas:
            if isinstance(row, Section):
                _paint_title(canvas, box, row)
            else:
                _paint_offer(canvas, box, row, chosen=index.row() == self._view.currentIndex().row())


def _paint_title(canvas: Canvas, box: QRectF, section: Section) -> None:
    baseline = canvas.middle("label", box.top() + 8, box.height() - 8)
    canvas.write("label", section.title, box.left() + 14, baseline, "text.low")
    more = section.total - len(section.offers)
    if more > 0:
        count = f"{len(section.offers)} of {words.grouped(section.total)}"
        canvas.write("caption", count, box.right() - 14, baseline, "text.low", align=RIGHT)


def _paint_offer(canvas: Canvas, box: QRectF, offer: Offer, *, chosen: bool) -> None:
    if chosen:
        canvas.fill(box, "accent.soft", 6)
        canvas.fill(QRectF(box.left(), box.top() + 10, 3, box.height() - 20), "accent", 1.5)
    middle, right = box.center().y(), box.right() - 14
    if offer.health is not None:
        canvas.status(offer.health, box.left() + 24, middle, 18)
    else:
        canvas.icon(offer.icon or "chevron-right", box.left() + 24, middle, 18, "text.low")
    if chosen:
        right -= _return_key(canvas, right, middle) + 10
    if offer.press:
        right = _keys(canvas, offer.press, right, middle) - 10
    baseline, x = canvas.middle("strong", box.top(), box.height()), box.left() + 50
    x += canvas.write("strong", offer.words, x, baseline, "text.hi", room=max(0.0, right - x)) + 10
    if offer.level is not None and x + 30 < right:
        x += canvas.block(offer.level, x, middle, BLOCK_SMALL) + 10
    if offer.detail and right - x > 24:
        canvas.write("small", offer.detail, x, baseline, "text.mid" if chosen else "text.low", room=right - x)


def _keys(canvas: Canvas, press: str, right: float, middle: float) -> float:
    """Key caps of a press, ending at `right`; returns where they begin."""
    for part in reversed(press.split(" ")):
        right -= round(canvas.width("mono.small", part)) + 12
        canvas.key(part, right, middle)
        right -= 4
    return right + 4


def _return_key(canvas: Canvas, right: float, middle: float) -> float:
    """The cap of the return key, whose arrow the type has not, ending at `right`; returns its width."""
    wide = 20.0
    box = QRectF(round(right - wide), round(middle) - 10, wide, 20)
    canvas.outline(box, "line", 4)
    x, y = box.center().x() + 0.5, box.center().y() + 0.5
    for x1, y1, x2, y2 in ((4, -4, 4, 2), (4, 2, -4, 2), (-4, 2, -1, -1), (-4, 2, -1, 5)):
        canvas.line(x + x1, y + y1, x + x2, y + y2, "text.low", 1.2)
    return wide


class _Found(QListView):
    """What was found. The keyboard stays in the field above, which moves the current row.

    Signals
    -------
    taken(Offer)
        A row was pressed.
    """

    taken = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        quiet(self, look)
        self.found = _Rows(self)
        self.setModel(self.found)
        self.setAccessibleName("Found")
        self.setItemDelegate(_Delegate(look, self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self.viewport().update)

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show other sections and choose their first offer."""
        self.found.show_sections(sections)
        self.verticalScrollBar().setValue(0)
        if len(self.found.rows) > 1:
            self.setCurrentIndex(self.found.index(1))

    def current(self) -> Offer | None:
        """The chosen offer."""
        row = self.currentIndex().row()
        offer = self.found.rows[row] if 0 <= row < len(self.found.rows) else None
        return offer if isinstance(offer, Offer) else None

    def move(self, step: int) -> None:  # type: ignore[override]  # nobody moves this widget: a layout holds it
        """Choose the next (1) or previous (-1) offer, and go round at the ends."""
        rows = [number for number, row in enumerate(self.found.rows) if isinstance(row, Offer)]
        if rows:
            here = self.currentIndex().row()
            at = rows.index(here) + step if here in rows else 0
            self.setCurrentIndex(self.found.index(rows[at % len(rows)]))
            if at % len(rows) == 0:
                self.verticalScrollBar().setValue(0)  # with the heading above it

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and isinstance(self.found.rows[index.row()], Offer):
            self.setCurrentIndex(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        offer = self.found.rows[index.row()] if index.isValid() else None
        if event.button() is Qt.MouseButton.LeftButton and isinstance(offer, Offer):
            self.taken.emit(offer)


class _Query(Field):
    """The field: arrows move in the list, Tab goes through the enclaves.

    Signals
    -------
    moved(int)
        Choose another row so many steps on.
    narrowed(int)
        Keep another enclave's, so many steps on.
    keys_wanted()
        ``?`` in the empty field.
    """

    moved = Signal(int)
    narrowed = Signal(int)
    keys_wanted = Signal()
    letters = True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
        }.get(Qt.Key(event.key()))
        if step is not None:
            self.moved.emit(step)
        elif event.text() == "?" and not self.text() and self.letters:
            self.keys_wanted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: FBT001 -- Qt calls it so
        self.narrowed.emit(1 if forward else -1)
        return True


class PaletteCard(Card):
    """Finds places and commands by name, and does what is chosen.

    Parameters
    ----------
    offers
        Everything that can be found.
    first
        What an empty field shows.
    names
        Enclaves by id: what they are called.
    letters
        Whether keys of single letters are on.

    Signals
    -------
    chosen(Offer)
        The person wants this.
    keys_wanted()
        The person wants to see every key.
    """

    chosen = Signal(object)
    keys_wanted = Signal()

    def __init__(
        self,
        look: Look,
        offers: Sequence[Offer],
        first: Sequence[Section],
        names: Callable[[str], str],
        *,
        letters: bool = True,
    ) -> None:
        super().__init__(look, _NAME)
        self._offers, self._first, self._names = tuple(offers), tuple(first), names
        self._finder = Finder(self._offers)
        self._enclaves, self._enclave = ["", *self._finder.enclaves()], ""
        self.query = _Query(look, _NAME, hint="Search or run a command", role="headline.small", framed=False)
        self.query.letters = letters
        self.list = _Found(look)
        self._top = _Top(look)
        self.query.textChanged.connect(self._search)
        self.query.moved.connect(self._move)
        self.query.narrowed.connect(self._narrow)
        self.query.returnPressed.connect(self._take)
        self.query.keys_wanted.connect(self.keys_wanted)
        self.list.taken.connect(self.chosen)
        self._lay_out(letters=letters)
        self._search()

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The field."""
        return self.query

    def add(self, offers: Sequence[Offer]) -> None:
        """Find these too; they came later."""
        self._offers += tuple(offers)
        self._finder = Finder(self._offers)
        self._enclaves = ["", *self._finder.enclaves()]
        self._search()

    def _lay_out(self, *, letters: bool) -> None:
        layout = QVBoxLayout(self)
        edge = self.SHADOW
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.setSpacing(0)
        head = QHBoxLayout(self._top)
        head.setContentsMargins(60, 0, 172, 0)
        head.addWidget(self.query)
        layout.addWidget(self._top)
        held = QHBoxLayout()
        held.setContentsMargins(10, 6, 3, 6)
        held.addWidget(self.list)
        layout.addLayout(held, 1)
        layout.addWidget(_Foot(self.look, letters=letters))

    def _search(self) -> None:
        text = self.query.text().strip()
        sections = self._finder.search(text, self._enclave) if text else self._resting()
        self.list.show_sections(sections)
        self._top.show_rest(self._names(self._enclave) if self._enclave else "", nothing=bool(text) and not sections)
        self._say()

    def _resting(self) -> Sequence[Section]:
        """What is shown before anything is typed: of an enclave alone, the worst of what is its own."""
        if not self._enclave:
            return self._first
        return self._finder.all_of(self._enclave)

    def _say(self) -> None:
        """Tell how much was found and what is chosen, in the name of the field, which has the keyboard."""
        sections = [row for row in self.list.found.rows if isinstance(row, Section)]
        count, offer = sum(section.total for section in sections), self.list.current()
        of = f" in {self._names(self._enclave)}" if self._enclave else ""
        found = f"{words.grouped(count)} found{of}" if count else f"Nothing found{of}"
        self.query.setAccessibleName(f"{_NAME}. {found}. {said(offer) if offer is not None else ''}".strip())

    def _move(self, step: int) -> None:
        self.list.move(step)
        self._say()

    def _narrow(self, step: int) -> None:
        at = self._enclaves.index(self._enclave) if self._enclave in self._enclaves else 0
        self._enclave = self._enclaves[(at + step) % len(self._enclaves)]
        self._search()

    def _take(self) -> None:
        offer = self.list.current()
        if offer is not None:
            self.chosen.emit(offer)


class _Top(Part):
    """The field's surroundings: a glass, the enclave that is kept, Esc, and a line below."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._kept, self._nothing = "", False
        self.setFixedHeight(_HEAD)

    def show_rest(self, kept: str, *, nothing: bool) -> None:
        """Show the enclave whose things alone are found, and whether nothing was."""
        self._kept, self._nothing = kept, nothing
        self.update()

    def paint(self, canvas: Canvas) -> None:
        middle = _HEAD / 2
        canvas.icon("search", 34, middle, 20, "text.low")
        esc = round(canvas.width("mono.small", "Esc")) + 12
        right = self.width() - 24.0
        canvas.key("Esc", right - esc, middle)
        told = "Nothing found" if self._nothing else ""
        told = f"{told} in {self._kept}".strip().removeprefix("in ") if self._kept else told
        baseline = canvas.middle("small", 0, _HEAD)
        ink = "accent" if self._kept else "text.low"
        canvas.write("small", told, right - esc - 12, baseline, ink, align=RIGHT, room=150)
        canvas.rule(0, self.width(), _HEAD - 1, "line")


class _Foot(Part):
    """What the keys do here."""

    def __init__(self, look: Look, *, letters: bool) -> None:
        super().__init__(look)
        self._letters = letters
        self.setFixedHeight(_FOOT)

    def paint(self, canvas: Canvas) -> None:
        canvas.rule(0, self.width(), 0)
        x, middle = 24.0, _FOOT / 2
        baseline = canvas.middle("small", 0, _FOOT)
        x += canvas.key("\N{UPWARDS ARROW}\N{DOWNWARDS ARROW}", x, middle) + 8
        x += canvas.write("small", "move", x, baseline, "text.mid") + 24
        x += _return_key(canvas, x + 20, middle) + 8
        x += canvas.write("small", "open", x, baseline, "text.mid") + 24
        for press, does in (("Tab", "filter by enclave"), ("?", "all keys"))[: 1 + self._letters]:
            x += canvas.key(press, x, middle) + 8
            x += canvas.write("small", does, x, baseline, "text.mid") + 24
