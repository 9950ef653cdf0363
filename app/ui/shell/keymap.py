"""The keys of the console, bound to the window."""

from functools import partial
from typing import Protocol

from app.ui.keyboard import Key
from app.ui.shell.desk import Desk
from app.ui.shell.header import Header


class Commands(Protocol):
    """What finds and remembers."""

    def open_palette(self) -> None: ...
    def show_views(self) -> None: ...
    def name_view(self) -> None: ...
    def choose_text(self, step: int) -> None: ...


class Bound(Protocol):
    """What the keys act on."""

    desk: Desk
    header: Header

    @property
    def commanding(self) -> Commands: ...
    def show_page(self, page: str) -> None: ...
    def next_problem(self, step: int) -> None: ...
    def open_ranges(self) -> None: ...
    def step_range(self, step: int) -> None: ...
    def choose_bundle(self) -> None: ...
    def ask_again(self) -> None: ...
    def show_keys(self) -> None: ...
    def step_back(self) -> None: ...
    def travel(self, step: int) -> None: ...
    def sort_table(self, *, reverse: bool) -> None: ...
    def show_numbers(self) -> None: ...
    def export_page(self) -> None: ...


def console_keys(window: Bound) -> tuple[Key, ...]:
    """Every key that does something now; pages that do not exist have none.

    Letters that a list, a table or a chart knows by itself (J and K, plus and minus) are not bound here: they act
    only while that part has the keyboard, which WCAG 2.1.4 allows, so they stay when single letters are off.
    """
    desk, shown, more = window.desk, window.header.filter, window.commanding
    go = [Key("Go to", f"G {page.key}", page.title, partial(window.show_page, page.id)) for page in desk.pages]
    enclaves = [Key("", str(number), "", partial(shown.toggle, number)) for number in range(1, 10)]
    return (
        Key("Do", "Ctrl K", "search and commands", more.open_palette),
        *go,
        Key("Go to", "G V", "saved views", more.show_views),
        Key("Go to", "Alt Left", "where you were before", partial(window.travel, -1)),
        Key("Go to", "Alt Right", "forward again", partial(window.travel, 1)),
        Key("On a page", "N", "next item that needs attention", partial(window.next_problem, 1)),
        Key("On a page", "Shift N", "previous item", partial(window.next_problem, -1)),
        Key("On a page", "J or K", "move down, up; arrows as well"),
        Key("On a page", "Enter", "open"),
        Key("On a page", "Esc", "back", window.step_back),
        Key("On a page", "D", "numbers behind a chart", window.show_numbers),
        Key("In a table", "S", "sort by the next column", partial(window.sort_table, reverse=False)),
        Key("In a table", "Shift S", "sort the other way round", partial(window.sort_table, reverse=True)),
        Key("In a table", "Ctrl C", "copy the row"),
        Key("In a table", "Ctrl Shift C", "copy all that is shown"),
        Key("What is shown", "1 to 9", "show or hide an enclave"),
        Key("What is shown", "0", "show all enclaves", shown.show_all),
        Key("What is shown", "T", "choose the time range or the period", window.open_ranges),
        Key("What is shown", "[", "shorter time range, or the period before", partial(window.step_range, -1)),
        Key("What is shown", "]", "longer time range, or the period after", partial(window.step_range, 1)),
        Key("What is shown", "W", "widen the time range", partial(window.step_range, 1)),
        Key("What is shown", "F5", "ask the cache again", window.ask_again),
        Key("What is shown", "Ctrl Shift L", "light or dark", desk.look.toggle),
        Key("What is shown", "Ctrl +", "larger text", partial(more.choose_text, 1)),
        Key("What is shown", "Ctrl -", "smaller text", partial(more.choose_text, -1)),
        Key("What is shown", "Ctrl 0", "text at its first size", partial(more.choose_text, 0)),
        Key("Do", "Ctrl S", "save this view", more.name_view),
        Key("Do", "Ctrl I", "import a bundle", window.choose_bundle),
        Key("Do", "Ctrl E", "export the table as CSV", window.export_page),
        Key("Do", "?", "all keys", window.show_keys),
        *enclaves,
    )
