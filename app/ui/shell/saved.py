"""Saved views as they are kept in the user's file, and read back without trusting it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.ui.page import Place
from app.ui.shell.memory import Memory
from app.ui.shell.periods import THIS_MONTH, choice, is_period
from app.ui.shell.time_range import RANGES
from app.ui.shell.way import place_record, read_hidden, read_place

_MOST_VIEWS, _MOST_NAME = 100, 60
_VIEWS = "views"


class SavedView(NamedTuple):
    """A view that somebody gave a name: where, over which range (its number), without which enclaves (their ids).

    `period` is that of a page by periods; None: the page is by ranges.
    """

    name: str
    place: Place
    range: int
    hidden: frozenset[str]
    period: str | None = None

    @property
    def range_words(self) -> str:
        """Its range or its period."""
        if self.period is None:
            return RANGES[self.range].words
        return "Current month" if self.period == THIS_MONTH else choice(self.period, 0.0).words


def proper_name(text: str) -> str:
    """A name as it is kept: one line, not longer than can be read at once."""
    return " ".join("".join(sign for sign in text if sign.isprintable()).split())[:_MOST_NAME].strip()


def keep_views(memory: Memory, views: Sequence[SavedView]) -> None:
    """Keep the saved views, in their order."""
    records = [
        {
            "name": view.name,
            "place": place_record(view.place),
            "range": view.range,
            "hidden": sorted(view.hidden),
            "period": view.period,
        }
        for view in views[:_MOST_VIEWS]
    ]
    memory.keep_record(_VIEWS, records)


def read_views(memory: Memory) -> list[SavedView]:
    """The saved views that can be read, each name once; a damaged one costs no other."""
    records = memory.record(f"window/{_VIEWS}")
    found = [_view(record) for record in records[:_MOST_VIEWS]] if isinstance(records, list) else []
    return list({view.name: view for view in found if view is not None}.values())


def _view(record: Any) -> SavedView | None:
    if not isinstance(record, dict):
        return None
    name, place, number = record.get("name"), read_place(record.get("place")), record.get("range")
    if not isinstance(name, str) or not proper_name(name) or place is None:
        return None
    if type(number) is not int or not 0 <= number < len(RANGES):
        return None
    period = record.get("period")
    hidden = read_hidden(record.get("hidden"))
    return SavedView(proper_name(name), place, number, hidden, period if is_period(period) else None)
