"""The way that somebody has come through the console: back and forward."""

from app.ui.page import Place

_MOST = 100


class Way:
    """Places in the order they were visited, and which of them one is at."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1

    @property
    def here(self) -> Place | None:
        """Where one is; None before the first place."""
        return self._places[self._at] if self._places else None

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
