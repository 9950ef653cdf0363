"""The way that somebody has come through the console: back and forward, and how a place of it is kept."""

from typing import Any

from app.ui.page import Place, Subject

_MOST, _MOST_HIDDEN = 100, 100


class Way:
    """Places in the order they were visited, and which of them one is at."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1

    @property
    def here(self) -> Place | None:
        """Where one is; None before the first place."""
        return self._places[self._at] if self._places else None

    def recent(self) -> list[Place]:
        """Every place one was at, each once, the last one first."""
        return list(dict.fromkeys(reversed(self._places)))

    def go(self, place: Place) -> None:
        """Note that one went to a place; what lay before one is forgotten, unless one is there already."""
        if place == self.here:
            return
        del self._places[self._at + 1 :]
        self._places = [*self._places[1 - _MOST :], place]
        self._at = len(self._places) - 1

    def step(self, step: int) -> Place | None:
        """Step back (-1) or forward (1); None where the way ends."""
        if not 0 <= self._at + step < len(self._places):
            return None
        self._at += step
        return self._places[self._at]


def place_record(place: Place | None) -> list[str]:
    """A place to be kept; empty where there is none."""
    if place is None:
        return []
    return [place.page, *([place.subject.enclave, place.subject.id] if place.subject is not None else [])]


def read_place(record: Any) -> Place | None:
    """The place of a record, whether or not there still is one; None where the record is none of a place."""
    if not isinstance(record, list) or not all(isinstance(part, str) and part for part in record):
        return None
    if len(record) == 3:
        return Place(record[0], Subject(record[1], record[2]))
    return Place(record[0]) if len(record) == 1 else None


def read_hidden(record: Any) -> frozenset[str]:
    """Ids of hidden enclaves; none where the record is no list of names."""
    if not isinstance(record, list) or len(record) > _MOST_HIDDEN:
        return frozenset()
    return frozenset(part for part in record if isinstance(part, str) and part)
