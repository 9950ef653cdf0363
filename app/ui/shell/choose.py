"""Choosing a bundle: inside the window, between the banners, never a window of its own."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.job import Job
from app.model.marking import Level
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.controls import IconButton, PushButton
from app.ui.look import Look
from app.ui.panel import Panel
from app.ui.part import RIM, Part
from app.ui.popover import Card
from app.ui.shell.folder import Entry, Listing, look_for_files, look_into
from app.ui.states import Kind, PanelState, loading
from app.ui.tables import PAD, Column, Table
from app.ui.tasks import TaskRunner
from app.ui.text import LEFT, RIGHT

_WIDE, _TALL = 860, 560


def _paint_name(canvas: Canvas, cell: QRectF, entry: Entry) -> None:
    middle = cell.center().y()
    icon, colour = ("package", "accent") if entry.bundle else ("folder-input", "text.low")
    canvas.icon(icon, cell.left() + PAD + 8, middle, 16, colour)
    role, ink = ("medium", "text.hi") if entry.bundle and not entry.withheld else ("body", "text.mid")
    baseline = canvas.middle(role, cell.top(), cell.height())
    canvas.write(role, entry.name, cell.left() + PAD + 28, baseline, ink, room=cell.width() - PAD - 40)


class Wanted(NamedTuple):
    """What is chosen in the card: its words, and how a folder is looked into for it."""

    title: str
    one: str
    hint: str
    nothing: str
    explained: str
    does: str
    look: Callable[[Path, Level | None], Listing]


BUNDLES = Wanted(
    "Import a bundle",
    "bundle",
    "Checked before anything is read into the cache.",
    "No bundle and no folder here",
    "A bundle is a folder with a manifest.json, or a zip file.",
    "Import",
    look_into,
)
TRUST_FILES = Wanted(
    "Choose a trust file",
    "trust file",
    "Nothing of it is taken before you have compared its fingerprint.",
    "No trust file and no folder here",
    "A trust file ends in .json. Root holders sign it and hand it over with its fingerprint.",
    "Look at it",
    look_for_files,
)


def _size(entry: Entry) -> str:
    return words.size(entry.size) if entry.bundle and not entry.withheld else ""


def _changed(entry: Entry) -> str:
    return f"{words.date(entry.changed)} {words.clock(entry.changed)}" if entry.changed > 0 else ""


def _paint_text(canvas: Canvas, cell: QRectF, said: str, align: float) -> None:
    baseline = canvas.middle("small", cell.top(), cell.height())
    x = cell.right() - PAD if align == RIGHT else cell.left() + PAD
    canvas.write("small", said, x, baseline, "text.low", align=align, room=cell.width() - PAD)


def _kind(one: str) -> Column[Entry]:
    def says(entry: Entry) -> str:
        return one if entry.bundle else "folder"

    return Column("Kind", 90, 0.0, says, lambda canvas, cell, entry: _paint_text(canvas, cell, says(entry), LEFT))


_COLUMNS: tuple[Column[Entry], ...] = (
    Column("Name", 220, 1.0, lambda entry: entry.name, _paint_name),
    Column("Size", 90, 0.0, _size, lambda canvas, cell, entry: _paint_text(canvas, cell, _size(entry), RIGHT), RIGHT),
    Column(
        "Changed",
        150,
        0.0,
        _changed,
        lambda canvas, cell, entry: _paint_text(canvas, cell, _changed(entry), RIGHT),
        RIGHT,
    ),
)


class _Head(Part):
    """Title of the card, and the folder that is looked at."""

    def __init__(self, look: Look, title: str) -> None:
        super().__init__(look, title)
        self._title, self._folder = title, Path()
        self.setFixedHeight(58)

    def show_folder(self, folder: Path) -> None:
        self._folder = folder
        self.setAccessibleName(f"{self._title}. Folder {folder}")
        self.update()

    def paint(self, canvas: Canvas) -> None:
        canvas.write("title", self._title, 0, 20, "text.hi")
        canvas.write("mono", str(self._folder), 0, 46, "text.mid", room=self.width())


class _Files(Table[Entry]):
    """The folder's entries; Backspace goes up.

    Signals
    -------
    left()
        The person wants the folder above.
    """

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Left):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class ChooseCard(Card):
    """A list of bundles, or of what else is `wanted`, and folders.

    Folders are read on a worker thread: a medium may be slow. It begins in `first`, or in `home` where that is
    None or no folder. What claims a level above `ceiling` is shown without its name and never offered.

    Signals
    -------
    chosen(list)
        Paths of the bundles, or of the one file.
    """

    chosen = Signal(list)

    def __init__(
        self,
        look: Look,
        runner: TaskRunner,
        first: Path | None,
        home: Path,
        ceiling: Level | None,
        wanted: Wanted = BUNDLES,
    ) -> None:
        super().__init__(look, wanted.title)
        self._what = wanted
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._runner, self._ceiling = runner, ceiling
        start = home if first is None else first
        self._listing, self._wanted = Listing(start, ()), start
        self._head = _Head(look, wanted.title)
        self._up = IconButton(look, "arrow-left", "Folder above", "Folder above  (Backspace)")
        self._files = _Files(look, "Files and folders", (_COLUMNS[0], _kind(wanted.one), *_COLUMNS[1:]), row_height=38)
        self._panel = Panel(look, "Files and folders", self._files, headed=False, flush=(20, 12))
        self._all = PushButton(look, "Import all")
        self._one = PushButton(look, wanted.does, key="Enter", primary=True)
        self._up.clicked.connect(self._go_up)
        self._files.left.connect(self._go_up)
        self._files.opened.connect(self._open)
        self._files.chosen.connect(self._offer)
        self._all.clicked.connect(self._take_all)
        self._one.clicked.connect(self._take_one)
        self._lay_out()
        self._read(partial(_begin, wanted, start, home, ceiling), start)

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The list; the card itself while there is none, for a hidden list gives its keys to the page."""
        return self if self._panel.state is not None else self._files

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Left):
            self._go_up()
        else:
            super().keyPressEvent(event)

    def look_at(self, folder: Path) -> None:
        """Look into a folder."""
        self._read(partial(_look, self._what, folder, self._ceiling), folder)

    def _read(self, look: Callable[[Job], Listing], folder: Path) -> None:
        self._wanted = folder
        self._head.show_folder(folder)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._offer(None)
        self._all.setEnabled(False)
        self._panel.show_state(loading())
        self._runner.run(look, receiver=self, on_done=partial(self._show, folder), on_error=self._fail)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 20
        layout.setContentsMargins(edge, self.SHADOW + 14, edge, self.SHADOW + 14)
        layout.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(self._head, 1)
        head.addWidget(self._up)
        layout.addLayout(head)
        layout.addWidget(self._panel, 1)
        row = QHBoxLayout()
        row.setSpacing(12 - 2 * RIM)
        row.addWidget(_Hint(self.look, self._what.hint), 1)
        row.addWidget(self._all)
        row.addWidget(self._one)
        layout.addLayout(row)

    def _show(self, asked: Path, listing: Listing) -> None:
        if asked != self._wanted:
            return  # the person went on before this one was read
        self._listing, self._wanted = listing, listing.folder
        self._head.show_folder(listing.folder)
        count = len(listing.bundles)
        self._all.setVisible(count > 1 and self._what is BUNDLES)
        self._all.setEnabled(True)
        self._all.say(f"Import all {words.count_word(count)}")
        self._files.show_rows(listing.entries, lambda entry: entry.path)
        self._offer(self._files.current_row())
        if listing.problem:
            self._panel.show_state(PanelState(Kind.ERROR, "This folder cannot be read", listing.problem))
        elif not listing.entries:
            what = self._what
            self._panel.show_state(PanelState(Kind.EMPTY, what.nothing, what.explained, icon="package"))
        else:
            self._panel.show_body()
        self.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def _fail(self, error: Exception) -> None:
        self._panel.show_state(PanelState(Kind.ERROR, "This folder cannot be read", str(error)))

    def _offer(self, entry: Entry | None) -> None:
        self._one.setEnabled(entry is not None and not entry.withheld)
        self._one.say(self._what.does if entry is None or entry.bundle else "Look inside", "Enter")

    def _open(self, entry: Entry | None) -> None:
        if entry is None or entry.withheld:
            return
        if entry.bundle:
            self.chosen.emit([entry.path])
        else:
            self.look_at(entry.path)

    def _take_one(self) -> None:
        self._open(self._files.current_row())

    def _take_all(self) -> None:
        self.chosen.emit(list(self._listing.bundles))

    def _go_up(self) -> None:
        self.look_at(self._wanted.parent)


class _Hint(Part):
    def __init__(self, look: Look, said: str) -> None:
        super().__init__(look, said)
        self._said = said
        self.setFixedHeight(36)

    def paint(self, canvas: Canvas) -> None:
        canvas.write("small", self._said, 0, canvas.middle("small", 0, 36), "text.low", room=self.width() - 12)


def _begin(wanted: Wanted, folder: Path, home: Path, ceiling: Level | None, job: Job) -> Listing:
    return wanted.look(folder if folder.is_dir() else home, ceiling)


def _look(wanted: Wanted, folder: Path, ceiling: Level | None, job: Job) -> Listing:
    return wanted.look(folder, ceiling)
