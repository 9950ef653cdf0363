"""A main column and a rail: beside each other, or the rail below where the page is narrow."""

from collections.abc import Sequence

from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

SIDE_BY_SIDE_FROM = 960
"""Width of a page's content, about 1280 px of window, below which the rail moves under the main column."""
_RAIL_LEAST, _RAIL_MOST, _RAIL_SHARE = 368, 560, 0.273
_GAP = 16


class Columns(QWidget):
    """Lays out panels. Main answers "where", the rail answers "what now".

    Of each column one panel takes the room that is left: the last of main, number `grows` of the rail.
    """

    def __init__(self, main: Sequence[QWidget], rail: Sequence[QWidget], grows: int = 0) -> None:
        super().__init__()
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP)
        self.main, self.rail = _stack(main, len(main) - 1), _stack(rail, grows)
        self._main_grows, self._rail_grows = main[-1], rail[grows]
        self._layout.addWidget(self.main, 1)
        self._layout.addWidget(self.rail)

    @property
    def stacked(self) -> bool:
        """Whether the rail is below the main column."""
        return self._layout.direction() is QBoxLayout.Direction.TopToBottom

    def arrange(self, width: int, main_height: int, rail_height: int, *, least: tuple[int, int] = (240, 170)) -> None:
        """Fit into `width`.

        Heights are what the growing panels need when stacked; `least` is what they keep beside each
        other, where the page rather scrolls.
        """
        stacked = width < SIDE_BY_SIDE_FROM
        sides = QBoxLayout.Direction
        self._layout.setDirection(sides.TopToBottom if stacked else sides.LeftToRight)
        if stacked:
            self.rail.setMinimumWidth(0)
            self.rail.setMaximumWidth(16_777_215)
            self._main_grows.setMinimumHeight(min(main_height, 760))
            self._rail_grows.setMinimumHeight(rail_height)
        else:
            self.rail.setFixedWidth(round(min(_RAIL_MOST, max(_RAIL_LEAST, width * _RAIL_SHARE))))
            self._main_grows.setMinimumHeight(least[0])
            self._rail_grows.setMinimumHeight(least[1])


def _stack(panels: Sequence[QWidget], grows: int) -> QWidget:
    holder = QWidget()
    holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_GAP)
    for number, panel in enumerate(panels):
        layout.addWidget(panel, int(number == grows))
    return holder
