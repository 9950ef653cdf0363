"""Choosing series: every one that there is, found by any of its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.query.curves import Listing
from app.store.samples import SeriesRef
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.scroll import quiet
from app.ui.search_field import SearchField
from app.ui.series_words import metric_words, thing_words
from app.ui.text import RIGHT
from app.ui.words import grouped

Index = QModelIndex | QPersistentModelIndex
ROW = 32


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Every series with its words, made once per answer, off the GUI thread.

    `texts` are what is searched; `metrics` the words of each metric, `owner` the number of each series'
    metric.
    """

    refs: tuple[SeriesRef, ...]
    words: tuple[str, ...]
    texts: tuple[str, ...]
    metrics: tuple[str, ...]
    owner: tuple[int, ...]


def choices(listing: Listing) -> Choices:
    """Words of a listing."""
    refs = tuple(listing.refs)
    said = tuple(thing_words(ref.key) for ref in refs)
    metrics = tuple(metric_words(one.metric) for one in listing.metrics)
    owner = tuple(number for number, one in enumerate(listing.metrics) for _ in one.refs)
    texts = tuple(
        f"{ref.key.metric} {metrics[which]} {word} {ref.enclave} {ref.level.portion}".lower()
        for ref, word, which in zip(refs, said, owner, strict=True)
    )
    return Choices(refs, said, texts, metrics, owner)


NOTHING = Choices((), (), (), (), ())


class SeriesModel(QAbstractListModel):
    """Rows are numbers: of a series, or, below zero, of a metric that heads its series."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choices = NOTHING
        self.chosen: frozenset[SeriesRef] = frozenset()
        self.rows: list[int] = []
        self.counts: dict[int, int] = {}
        self._wanted: tuple[str, ...] = ()

    def show_choices(self, shown: Choices) -> None:
        """Show other series; the search stays."""
        self.beginResetModel()
        self.choices = shown
        self._select()
        self.endResetModel()

    def search(self, text: str) -> None:
        """Keep the series that hold every word of `text`."""
        self.beginResetModel()
        self._wanted = tuple(text.lower().split())
        self._select()
        self.endResetModel()

    def _select(self) -> None:
        wanted = self._wanted
        found = [n for n, text in enumerate(self.choices.texts) if all(word in text for word in wanted)]
        self.rows, self.counts = [], {}
        before = -1
        for number in found:
            metric = self.choices.owner[number]
            if metric != before:
                self.rows.append(-1 - metric)
                before = metric
            self.counts[metric] = self.counts.get(metric, 0) + 1
            self.rows.append(number)

    def ref(self, row: int) -> SeriesRef | None:
        """Series of a row; None of a heading."""
        return self.choices.refs[self.rows[row]] if 0 <= row < len(self.rows) and self.rows[row] >= 0 else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        heading = self.rows[index.row()] < 0
        return Qt.ItemFlag.NoItemFlags if heading else Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number = self.rows[index.row()]
        if number < 0:
            return self.choices.metrics[-1 - number] if role == Qt.ItemDataRole.DisplayRole else None
        ref = self.choices.refs[number]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.choices.words[number]
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(ref.key)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            shown = ", shown" if ref in self.chosen else ""
            metric = self.choices.metrics[self.choices.owner[number]]
            return f"{metric}, {self.choices.words[number]}, {ref.level.title}{shown}"
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, look: Look, view: "SeriesView") -> None:
        super().__init__(view)
        self._look, self._view = look, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box, model = QRectF(option.rect), self._view.series
        number = model.rows[index.row()]
        with Canvas(painter, self._look) as canvas:
            if number < 0:
                self._paint_heading(canvas, box, -1 - number, first=index.row() == 0)
                return
            ref = model.choices.refs[number]
            chosen = ref in model.chosen
            if chosen:
                canvas.fill(box, "accent.soft")
                canvas.fill(QRectF(box.left(), box.top(), 3, box.height()), "accent")
            x = box.left() + 12
            x += canvas.block(ref.level, x, box.center().y(), BLOCK_SMALL) + 8
            room = box.right() - x - (34 if chosen else 12)
            ink = "text.hi" if chosen else "text.mid"
            baseline = canvas.middle("small", box.top(), box.height())
            canvas.write("small", model.choices.words[number], x, baseline, ink, room=room)
            if chosen:
                canvas.icon("check", box.right() - 20, box.center().y(), 16, "accent")
            if index.row() == self._view.currentIndex().row() and self._view.hasFocus():
                canvas.outline(box.adjusted(1, 1, -1, -1), "focus", 4, weight=2)

    def _paint_heading(self, canvas: Canvas, box: QRectF, metric: int, *, first: bool) -> None:
        model = self._view.series
        if not first:
            canvas.rule(box.left() + 12, box.right() - 2, box.top())
        baseline = canvas.middle("label", box.top() + 4, box.height() - 4)
        count = grouped(model.counts[metric])
        wide = canvas.write("caption", count, box.right() - 12, baseline, "text.low", align=RIGHT)
        room = box.width() - 36 - wide
        canvas.write("label", model.choices.metrics[metric], box.left() + 12, baseline, "text.low", room=room)


class SeriesView(QListView):
    """The list. Space, Enter or a click shows a series or takes it away; J and K move.

    Signals
    -------
    toggled(object)
        The series of a row was chosen, or chosen no more.
    """

    toggled = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.series = SeriesModel(self)
        self.setModel(self.series)
        self.setAccessibleName("Series")
        self.setItemDelegate(_Delegate(look, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        quiet(self, look)
        look.changed.connect(self.viewport().update)

    def show_chosen(self, chosen: Sequence[SeriesRef]) -> None:
        """Mark what is shown."""
        self.series.chosen = frozenset(chosen)
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and index == self.currentIndex():
            self._toggle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_J: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_K: -1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if step is not None and plain:
            self._move(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._toggle()
        elif commanded(event) or (event.text().isprintable() and event.text()):
            event.ignore()  # letters and figures are the console's keys
        else:
            super().keyPressEvent(event)

    def _move(self, step: int) -> None:
        row = self.currentIndex().row() + step
        while 0 <= row < len(self.series.rows):
            if self.series.rows[row] >= 0:
                self.setCurrentIndex(self.series.index(row))
                return
            row += step

    def _toggle(self) -> None:
        ref = self.series.ref(self.currentIndex().row())
        if ref is not None:
            self.toggled.emit(ref)


class SeriesPicker(QWidget):
    """A field to search in, and the list.

    Signals
    -------
    toggled(object)
        A series was chosen, or chosen no more.
    """

    toggled = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.list = SeriesView(look)
        self.search = SearchField(look, "Search series", "Metric, endpoint, node")
        self.search.textChanged.connect(self.list.series.search)
        self.search.left.connect(self.list.setFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        self.list.toggled.connect(self.toggled)

    def show_choices(self, shown: Choices) -> None:
        """Show other series; search, place and choice stay."""
        scrolled = self.list.verticalScrollBar().value()
        current = self.list.series.ref(self.list.currentIndex().row())
        self.list.series.show_choices(shown)
        rows = self.list.series.rows
        if current in shown.refs:
            number = shown.refs.index(current)
            if number in rows:
                self.list.setCurrentIndex(self.list.series.index(rows.index(number)))
        self.list.verticalScrollBar().setValue(scrolled)

    def reveal(self, refs: Sequence[SeriesRef]) -> None:
        """Make the first of some series the current row, in sight with its heading."""
        shown, rows = self.list.series.choices, self.list.series.rows
        places = [rows.index(number) for number, ref in enumerate(shown.refs) if ref in refs and number in rows]
        if places:
            self.list.setCurrentIndex(self.list.series.index(places[0]))
            heading = max(row for row in range(places[0]) if rows[row] < 0)
            self.list.scrollTo(self.list.series.index(heading), QAbstractItemView.ScrollHint.PositionAtTop)
