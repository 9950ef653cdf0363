"""The panel of the wall: what its numbers are, how they are chosen, and the GPUs."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.query.gpu_floor import GpuFloor, Measure
from app.ui.gpu.measures import EXPLAINED, LABELS, TAKEN, ends, reach_of
from app.ui.gpu.sections import Grouping, names_teams
from app.ui.gpu.wall import Wall
from app.ui.gpu.wall_key import WallKey
from app.ui.look import Look
from app.ui.panel import PAD, TITLE_HEIGHT, Panel
from app.ui.switch import Switch

_KEY_GAP = 10
_STATE = 190
_TITLE_ROOM = 150
MEASURES, GROUPINGS = tuple(Measure), tuple(Grouping)


class WallPanel(Panel):
    """Every GPU now, with two switches: what is looked at, and how it is grouped.

    Signals
    -------
    measured(Measure)
        Another measure was chosen.
    """

    measured = Signal(object)

    def __init__(self, look: Look) -> None:
        self.wall = Wall(look)
        self._key = WallKey(look)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_KEY_GAP)
        layout.addWidget(self._key)
        layout.addWidget(self.wall, 1)
        super().__init__(look, "Every GPU, now", body)
        self.measures = Switch(look, "Show", [LABELS[one] for one in MEASURES], "M")
        self.groupings = Switch(look, "Group by", [one.value for one in GROUPINGS], "V")
        for switch in (self.measures, self.groupings):
            switch.setParent(self)
            switch.lower()  # before the cells on the way of Tab, which goes by the order of children
        self.measures.chosen.connect(self._measure)
        self.groupings.chosen.connect(self._group)

    def show_floor(self, floor: GpuFloor) -> None:
        """Show another answer."""
        self.wall.show_floor(floor)
        self._explain()
        self.show_body()
        for switch in (self.measures, self.groupings):
            switch.show()

    @property
    def stops(self) -> list[QWidget]:
        """What Tab comes to, in order: the tables are made while others are there already."""
        return [*self.groupings.segments, *self.measures.segments, *self.wall.tables]

    def hide_switches(self) -> None:
        """While there is nothing to switch."""
        for switch in (self.measures, self.groupings):
            switch.hide()

    def natural_height(self, width: int, row: int) -> int:
        """Height that shows every section with rows of this height."""
        inner = self.wall.height_for(width - 2 * PAD, row)
        if self.state is not None:  # what is said instead needs room as well
            inner = max(inner, _STATE)
        return TITLE_HEIGHT + self._second + self._key.sizeHint().height() + _KEY_GAP + inner + 14

    @property
    def _second(self) -> int:
        """Height of the second line of switches, where both have no room beside the title."""
        return 0 if self._beside else 36

    @property
    def _beside(self) -> bool:
        wide = self.measures.sizeHint().width() + self.groupings.sizeHint().width() + _TITLE_ROOM
        return self.width() - 2 * PAD >= wide

    def _measure(self, number: int) -> None:
        self.wall.show_measure(MEASURES[number])
        self._explain()
        self.measured.emit(MEASURES[number])

    def _group(self, number: int) -> None:
        self.wall.group_by(GROUPINGS[number])
        self._explain()
        self.updateGeometry()

    def _explain(self) -> None:
        floor, measure = self.wall.floor, self.wall.measure
        if floor is None:
            return
        said = EXPLAINED[measure]
        if self.wall.grouping is Grouping.TEAM and not names_teams(floor):
            said = "No GPU carries a label team: a recipe of the collector can add one"
        hot = floor.policy.rule("gpu_temperature_celsius").critical
        self._key.say(said, ends(measure, reach_of(measure, floor.gpus, hot)), TAKEN[measure])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        right = self.width() - PAD + 4
        size = self.measures.sizeHint()
        self.measures.setGeometry(right - size.width(), 8, size.width(), size.height())
        other = self.groupings.sizeHint()
        if self._beside:
            left = right - size.width() - other.width() - 12
            self.groupings.setGeometry(left, 8, other.width(), other.height())
        else:
            self.groupings.setGeometry(PAD - 4, TITLE_HEIGHT - 4, other.width(), other.height())
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(PAD, TITLE_HEIGHT + self._second, PAD, 14)
