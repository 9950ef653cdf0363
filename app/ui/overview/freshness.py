"""Data freshness: when bundles came in, one lane for each enclave, and how old each picture is."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Signal

from app.model.health import Freshness, Health
from app.model.time_range import TimeRange
from app.query.fleet import EnclaveState
from app.ui import words
from app.ui.canvas import BLOCK, Canvas
from app.ui.hatch import half
from app.ui.look import Look
from app.ui.part import Part
from app.ui.sheet import Moment, Sheet
from app.ui.text import RIGHT
from app.ui.time_axis import TimeAxis

_ROW, _AXIS = 52, 28
_LANE_LEFT, _AGE_ROOM = 50, 116
_BLOCK_GAP = 20


class FreshLane(NamedTuple):
    """One enclave and the moments, seconds UTC, at which its bundles arrived."""

    state: EnclaveState
    received: tuple[float, ...]


def fresh_lanes(states: Sequence[EnclaveState], received: Mapping[str, tuple[float, ...]]) -> tuple[FreshLane, ...]:
    """Bring together what the fleet says of each enclave and what arrived of it, by its id."""
    return tuple(FreshLane(state, received.get(state.enclave.id, ())) for state in states)


def age_and_state(state: EnclaveState) -> tuple[str, Health]:
    """Age in words, and the state its ink shows."""
    if math.isnan(state.data_time):
        return "no data yet", Health.UNKNOWN
    fresh = state.freshness is Freshness.FRESH
    return words.age(state.age), Health.HEALTHY if fresh else Health.WARNING


class FreshnessLanes(Part):
    """The lanes. The span after the last data is hatched, never joined.

    Signals
    -------
    sheet_wanted(Sheet)
        Show when bundles came as a table.
    """

    sheet_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._span = TimeRange(0.0, 1.0)
        self._lanes: tuple[FreshLane, ...] = ()

    def show_lanes(self, span: TimeRange, lanes: tuple[FreshLane, ...]) -> None:
        """Show other lanes."""
        self._span, self._lanes = span, lanes
        told = [
            f"{lane.state.enclave.level.title}, {lane.state.enclave.name}: {age_and_state(lane.state)[0]}, "
            f"{words.cadence(lane.state.enclave.cadence)}, {len(lane.received)} bundles"
            for lane in lanes
        ]
        self.setAccessibleName("Data freshness. " + "; ".join(told))
        self.setFixedHeight(len(lanes) * _ROW + _AXIS)
        self.updateGeometry()
        self.update()

    def tell_numbers(self) -> None:
        """Say when bundles came, and how far the data of each enclave reaches."""
        heads = ("Enclave", "Marking", "Received (UTC)", "Data until (UTC)")
        known = [(lane, lane.state.enclave) for lane in self._lanes]
        rows = [
            (enclave.name, enclave.level.banner, Moment(moment), Moment(lane.state.data_time))
            for lane, enclave in known
            for moment in lane.received or (math.nan,)
        ]
        level = max((enclave.level for _, enclave in known), default=None)
        self.sheet_wanted.emit(Sheet("Data freshness", level, heads, rows))

    def sizeHint(self) -> QSize:
        return QSize(300, len(self._lanes) * _ROW + _AXIS)

    def paint(self, canvas: Canvas) -> None:
        levels = [lane.state.enclave.level for lane in self._lanes]
        blocks = max((canvas.block_width(level, BLOCK) for level in levels), default=0.0)
        axis = TimeAxis(self._span, max(_LANE_LEFT, blocks + _BLOCK_GAP), self.width() - _AGE_ROOM)
        for number, lane in enumerate(self._lanes):
            self._paint_lane(canvas, axis, number * _ROW + _ROW / 2, lane)
        axis.paint(canvas, len(self._lanes) * _ROW + 18)

    def _paint_lane(self, canvas: Canvas, axis: TimeAxis, middle: float, lane: FreshLane) -> None:
        state, theme = lane.state, self.look.theme
        canvas.block(state.enclave.level, 0, middle, BLOCK)
        strip = QRectF(axis.left, middle - 9, axis.right - axis.left, 18)
        canvas.fill(strip, "raised", 3)
        age, health = age_and_state(state)
        colour = theme["accent"] if len(lane.received) * 4 < strip.width() else theme["arrival"]
        for moment in lane.received:
            if self._span.start <= moment <= self._span.end:
                x = round(min(axis.x(moment), axis.right - 2))
                canvas.fill(QRectF(x, strip.top(), 2 if colour is not theme["arrival"] else 1, 18), colour)
        if health is not Health.HEALTHY:
            known = axis.left if math.isnan(state.data_time) else axis.x(max(state.data_time, self._span.start))
            tail = QRectF(round(known) + 2, strip.top(), axis.right - round(known) - 2, 18)
            canvas.fill(tail, "surface")
            canvas.hatch(tail, half(theme.status[Health.WARNING].text), step=6, weight=1.3)
        self._paint_age(canvas, middle, age, health, words.cadence(state.enclave.cadence))

    def _paint_age(self, canvas: Canvas, middle: float, age: str, health: Health, cadence: str) -> None:
        right = float(self.width())
        quiet = health is Health.HEALTHY
        colour = "text.hi" if quiet else self.look.theme.status[health].text
        wide = canvas.write("strong", age, right, middle - 2, colour, align=RIGHT)
        if not quiet:
            canvas.status(health, right - wide - 14, middle - 7, 14)
        canvas.write("caption", cadence, right, middle + 15, "text.low", align=RIGHT)
