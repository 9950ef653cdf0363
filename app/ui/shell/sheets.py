"""What the window does with tables: sort the one that has the keyboard, show a chart's numbers, export."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol, runtime_checkable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from app.errors import AppError
from app.model.health import Health
from app.ui import words
from app.ui.page import Place
from app.ui.sheet import Sheet
from app.ui.shell.desk import Desk
from app.ui.shell.export import Wish, Written, write
from app.ui.strip import Message

_DEMO = "Demonstration data. Contains no classified information"


@runtime_checkable
class Sortable(Protocol):
    """A table whose rows can stand in another order."""

    def next_order(self) -> None: ...
    def reverse_order(self) -> None: ...


@runtime_checkable
class Numbered(Protocol):
    """A chart that can tell the numbers behind it: its page then says `sheet_wanted`."""

    def tell_numbers(self) -> None: ...


class Sheets(QObject):
    """Exports, one after another.

    Signals
    -------
    said(Message)
        What came of an export.
    """

    said = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def export(self, sheet: Sheet | None, place: Place, *, demo: bool) -> None:
        """Write a sheet into the reports folder, on another thread; `said` tells what came of it."""
        desk = self._desk
        if sheet is None or not sheet.rows or desk.station is None:
            self.said.emit(Message("Nothing to export here", "This page shows no table at the moment.", Health.UNKNOWN))
        elif desk.kept is None:
            told = "It keeps nothing, not even a file. Ctrl Shift C copies a table with its marking."
            self.said.emit(Message("This is a look at one moment", told, Health.UNKNOWN))
        else:
            marking = desk.look.markings.words(sheet.level, desk.station.ceiling)
            subject = place.subject.id if place.subject is not None else ""
            remark = _DEMO if demo else ""
            wish = Wish(sheet, desk.station.ceiling, marking, remark, place.page, subject, desk.clock.now())
            desk.runner.run(
                partial(write, desk.store, desk.kept, wish),
                receiver=self,
                on_done=partial(self._written, sheet.title),
                on_error=self._failed,
                writes=True,
            )

    def _written(self, title: str, done: Written) -> None:
        copy = partial(QGuiApplication.clipboard().setText, str(done.path))
        rows = f"{words.grouped(done.rows)} {words.plural(done.rows, 'row')}"
        said = f"{rows} in {done.path}"
        self.said.emit(Message(f"{title} exported", said, Health.HEALTHY, "Copy path", act=copy))

    def _failed(self, error: Exception) -> None:
        if isinstance(error, AppError):
            self.said.emit(Message(error.message, error.hint, Health.WARNING))
        else:
            self.said.emit(Message("This could not be exported", "It is our fault, and in the log.", Health.WARNING))


def sort_table(focus: QWidget | None, *, reverse: bool) -> None:
    """Sort the table that has the keyboard."""
    table = next((one for one in _around(focus) if isinstance(one, Sortable)), None)
    if table is not None and reverse:
        table.reverse_order()
    elif table is not None:
        table.next_order()


def tell_numbers(view: QWidget, focus: QWidget | None) -> Message | None:
    """Let a chart tell its numbers: the one that has the keyboard, else the one below the pointer, else the only one.

    Where none is meant, what to say.
    """
    for widget in (focus, QApplication.widgetAt(QCursor.pos())):
        near = _around(widget) if widget is not None and view.isAncestorOf(widget) else iter(())
        chart = next((one for one in near if isinstance(one, Numbered)), None)
        if chart is not None:
            chart.tell_numbers()
            return None
    every: list[Any] = [w for w in view.findChildren(QWidget) if w.isVisible() and isinstance(w, Numbered)]
    if len(every) > 1:
        return Message("Which chart?", "Point at one, or go to it with Tab, and press D.", Health.UNKNOWN)
    if not every:
        return Message("There is no chart here", "", Health.UNKNOWN)
    every[0].tell_numbers()
    return None


def _around(widget: QWidget | None) -> Iterator[Any]:
    """The widget and those it lies in, from the inside out."""
    while widget is not None:
        yield widget
        widget = widget.parentWidget()
