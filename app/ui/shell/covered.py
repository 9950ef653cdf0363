"""A frame over whose body things open: cards, the notice of a spill, the hint while something is dragged."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent

from app.ui.shell.desk import Desk
from app.ui.shell.frame import Frame
from app.ui.shell.memory import Memory

if TYPE_CHECKING:
    from app.ui.keyboard import Key, Keyboard
    from app.ui.popover import Card, Overlay
    from app.ui.shell.drop_hint import DropHint
    from app.ui.shell.keymap import Commands
    from app.ui.shell.spill import SpillNotice

# What opens over a page is imported when it opens: the first picture has none of it.


class Covered(Frame):
    """Knows what is open; what a choice in it leads to is for the window to say."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.memory = Memory(desk.memory)
        self.overlay: Overlay | None = None
        self.notice: SpillNotice | None = None
        self.setAcceptDrops(True)

    def import_paths(self, paths: Sequence[Path]) -> None:
        """Import what the person chose or dropped."""
        raise NotImplementedError

    def range_choices(self) -> tuple[str, list[str], int]:
        """What the header offers on this page: what it is called, the choices, and the number of the chosen one."""
        raise NotImplementedError

    def step_range(self, step: int) -> None:
        """Take the next choice (1) or the one before (-1)."""
        raise NotImplementedError

    def choose_range(self, number: int) -> None:
        """Take one of those choices."""
        raise NotImplementedError

    def focus_page(self) -> None:
        """Give the keyboard to the page, unless something lies over it."""
        raise NotImplementedError

    def ask_again(self) -> None:
        """Ask for the visible page's data again."""
        raise NotImplementedError

    def next_problem(self, step: int) -> None:
        """Select the next or previous item that needs attention."""
        raise NotImplementedError

    def show_page(self, page: str) -> None:
        """Go to a page."""
        raise NotImplementedError

    def step_back(self) -> None:
        """Esc."""
        raise NotImplementedError

    def travel(self, step: int) -> None:
        """Go back (-1) or forward (1) on the way that one has come."""
        raise NotImplementedError

    @property
    def commanding(self) -> "Commands":
        """What finds and remembers."""
        raise NotImplementedError

    def sort_table(self, *, reverse: bool) -> None:
        """Sort the table that has the keyboard by its next column, or the other way round."""
        raise NotImplementedError

    def show_numbers(self) -> None:
        """Show the numbers behind a chart."""
        raise NotImplementedError

    def export_page(self) -> None:
        """Write the page's table as CSV."""
        raise NotImplementedError

    def page_keys(self) -> "tuple[Key, ...]":
        """The keys of the page that is shown."""
        raise NotImplementedError

    @cached_property
    def keyboard(self) -> "Keyboard":
        """Every key; bound when the first one is pressed."""
        from app.ui.keyboard import Keyboard
        from app.ui.shell.keymap import console_keys

        keyboard = Keyboard(console_keys(self), self.page_keys)
        keyboard.letters = bool(self.memory.number("window/letters", 1))
        return keyboard

    def switch_letters(self) -> None:
        """Switch keys of single letters off or on, for good."""
        self.keyboard.letters = not self.keyboard.letters
        self.memory.keep(letters=int(self.keyboard.letters))

    @cached_property
    def drop_hint(self) -> "DropHint":
        """What is shown while something is dragged over the window."""
        from app.ui.shell.drop_hint import DropHint

        return DropHint(self.desk.look, self.body)

    def open(self, card: "Card", *, scrim: bool, at: QPoint | None = None) -> None:
        """Open a card over the body; nothing opens over the notice of a spill."""
        from app.ui.popover import Overlay

        if self.notice is not None:
            card.deleteLater()
            return
        self.close_overlay()
        self.overlay = Overlay(self.desk.look, card, self.body, scrim=scrim, at=at)
        self.overlay.closed.connect(self._overlay_closed)
        getattr(card, "first_focus", lambda: card)().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_overlay(self) -> None:
        """Close what is open."""
        if self.overlay is not None:
            self.overlay.close_overlay()

    def open_ranges(self) -> None:
        """Let the person choose the time range, or the period."""
        from app.ui.popover import Card, Menu

        button = self.header.range
        corner = button.mapTo(self.body, QPoint(4 - Card.SHADOW, button.height() - Card.SHADOW))
        menu = Menu(self.desk.look, *self.range_choices())
        menu.picked.connect(self._picked)
        self.open(menu, scrim=False, at=corner)

    def show_keys(self) -> None:
        """Show every key."""
        from app.ui.shell.keys_card import KeysCard

        card = KeysCard(self.desk.look, self.keyboard.keys, letters=self.keyboard.letters)
        card.letters_switched.connect(self.switch_letters)
        self.open(card, scrim=True)

    def choose_bundle(self) -> None:
        """Let the person choose a bundle."""
        from app.ui.shell.choose import ChooseCard

        card = ChooseCard(self.desk.look, self.desk.runner, self.desk.inbox, Path.home(), self.ceiling)
        card.chosen.connect(self._chosen)
        self.open(card, scrim=True)

    def show_spill(self) -> None:
        """Cover the body, never the banners, with the notice."""
        from app.ui.shell.spill import SpillNotice

        self.close_overlay()
        if self.notice is None:
            self.notice = SpillNotice(self.desk.look, self.body, self.desk.calls)
            self.notice.acknowledged.connect(self._acknowledged)

    def _acknowledged(self) -> None:
        self.notice = None
        self.focus_page()

    def _chosen(self, paths: list[Path]) -> None:
        self.close_overlay()
        self.import_paths(paths)

    def _picked(self, number: int) -> None:
        self.close_overlay()
        self.choose_range(number)

    def _overlay_closed(self) -> None:
        self.overlay = None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and self.notice is None:
            event.acceptProposedAction()
            self.drop_hint.begin()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop_hint.hide()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths and self.notice is None:
            event.acceptProposedAction()
            self.import_paths(paths)
