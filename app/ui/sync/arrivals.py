"""Arrivals: one lane for each stream, its bundles as blocks, and what is missing or late."""

import math

from PySide6.QtCore import QRectF, QSize, Signal

from app.model.health import Freshness, Health
from app.model.time_range import TimeRange
from app.query.sync import Arrival, Lane
from app.ui import words
from app.ui.canvas import BLOCK_LARGE, Canvas
from app.ui.hatch import half
from app.ui.look import Look
from app.ui.panel import Legend
from app.ui.part import Part
from app.ui.sheet import Moment, Sheet
from app.ui.text import CENTRE, RIGHT
from app.ui.time_axis import TimeAxis

_ROW, _AXIS = 61, 26
_AGE_ROOM = 132
_LABELLED_FROM = 26.0


def lane_words(lane: Lane) -> str:
    """One lane in words."""
    imported = sum(arrival.state == "imported" for arrival in lane.arrivals)
    parts = [
        f"{lane.enclave.name}, {lane.enclave.level.title}, {words.cadence(lane.enclave.cadence)}",
        f"{imported} imported",
        "no data yet" if math.isnan(lane.data_time) else f"data {words.age(lane.age)} old",
    ]
    if lane.missing:
        parts.append(f"missing {words.listed([str(number) for number in lane.missing])}")
    if lane.overdue > 0:
        parts.append(f"{words.age(lane.overdue)} overdue")
    return ", ".join(parts)


def draw_imported(canvas: Canvas, x: float, y: float) -> None:
    """Sign of the legend."""
    canvas.fill(QRectF(x - 6, y - 6, 12, 12), "arrival", 3)


def draw_overdue(canvas: Canvas, x: float, y: float) -> None:
    """Sign of the legend."""
    canvas.hatch(QRectF(x - 7, y - 5, 14, 10), half(canvas.look.theme.status[Health.WARNING].text), step=4)


LEGEND = (
    Legend("imported", draw_imported),
    Legend("held", lambda canvas, x, y: canvas.status(Health.CRITICAL, x, y, 15)),
    Legend("missing", lambda canvas, x, y: canvas.status(Health.WARNING, x, y, 15)),
    Legend("overdue", draw_overdue),
)


class ArrivalLanes(Part):
    """The lanes on one clock that runs to now.

    Signals
    -------
    sheet_wanted(Sheet)
        Show the blocks of every lane as a table.
    """

    sheet_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._span = TimeRange(0.0, 1.0)
        self._lanes: tuple[Lane, ...] = ()
        self._indent = 44.0

    def show_lanes(self, span: TimeRange, lanes: tuple[Lane, ...]) -> None:
        """Show other lanes."""
        self._span, self._lanes = span, lanes
        self.setAccessibleName("Arrivals. " + "; ".join(lane_words(lane) for lane in lanes))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def tell_numbers(self) -> None:
        """Say every block of every lane: which bundle it is, what it spans, and what came of it."""
        heads = (
            "Enclave", "Marking", "Stream", "Bundle", "Kind", "State",
            "From (UTC)", "To (UTC)", "Made (UTC)", "Received (UTC)",
        )  # fmt: skip
        rows = [
            (
                lane.enclave.name, lane.enclave.level.banner, lane.stream, float(one.sequence), one.kind, one.state,
                Moment(one.start), Moment(one.end), Moment(one.made), Moment(one.received),
            )
            for lane in self._lanes
            for one in lane.arrivals
        ]  # fmt: skip
        level = max((lane.enclave.level for lane in self._lanes), default=None)
        self.sheet_wanted.emit(Sheet("Arrivals", level, heads, rows))

    def sizeHint(self) -> QSize:
        return QSize(400, max(1, len(self._lanes)) * _ROW + _AXIS)

    def paint(self, canvas: Canvas) -> None:
        names = max((canvas.width("strong", lane.enclave.name) for lane in self._lanes), default=0.0)
        blocks = max((canvas.block_width(lane.enclave.level, BLOCK_LARGE) for lane in self._lanes), default=0.0)
        self._indent = max(44.0, blocks + 15)
        left = min(self._indent + max(names, 84.0) + 28, self.width() * 0.3)
        axis = TimeAxis(self._span, round(left), self.width() - _AGE_ROOM)
        for number, lane in enumerate(self._lanes):
            self._paint_lane(canvas, axis, number * _ROW + 26.0, lane)
        axis.paint(canvas, len(self._lanes) * _ROW + 16)

    def _paint_lane(self, canvas: Canvas, axis: TimeAxis, middle: float, lane: Lane) -> None:
        canvas.block(lane.enclave.level, 0, middle, BLOCK_LARGE)
        x, room = self._indent, axis.left - self._indent - 16
        canvas.write("strong", lane.enclave.name, x, middle - 2, "text.hi", room=room)
        canvas.write("caption", words.cadence(lane.enclave.cadence), x, middle + 15, "text.low", room=room)
        strip = QRectF(axis.left, middle - 15, axis.right - axis.left, 30)
        canvas.fill(strip, "inset", 3)
        if not canvas.look.theme.dark:
            canvas.outline(strip, "hair", 3)
        self._paint_tail(canvas, axis, strip, lane)
        width = self._block_width(axis, lane)
        for arrival in lane.arrivals:
            moment = arrival.end if not math.isnan(arrival.end) else arrival.received
            if self._span.start <= moment <= self._span.end:
                x = min(max(axis.x(moment) - width / 2, strip.left() + 3), strip.right() - 3 - width)
                _paint_arrival(canvas, QRectF(round(x), strip.top() + 4, width, strip.height() - 8), arrival)
        self._paint_age(canvas, middle, lane)

    def _block_width(self, axis: TimeAxis, lane: Lane) -> float:
        """Half the distance of two bundles, at least a line, at most a small plate."""
        pixels = (axis.right - axis.left) / self._span.seconds * max(lane.enclave.cadence, 1.0)
        return float(round(min(36.0, max(2.0, pixels * 0.5))))

    def _paint_tail(self, canvas: Canvas, axis: TimeAxis, strip: QRectF, lane: Lane) -> None:
        if lane.freshness is Freshness.FRESH:
            return
        start = self._span.start if math.isnan(lane.data_time) else self._span.end - max(lane.overdue, 0.0)
        x = round(axis.x(max(start, self._span.start)))
        box = QRectF(x, strip.top(), strip.right() - x, strip.height())
        canvas.hatch(box, half(canvas.look.theme.status[Health.WARNING].text), step=6, weight=1.3)

    def _paint_age(self, canvas: Canvas, middle: float, lane: Lane) -> None:
        right = float(self.width())
        fresh = lane.freshness is Freshness.FRESH
        ink = "text.hi" if fresh else canvas.look.theme.status[Health.WARNING].text
        said = "no data yet" if math.isnan(lane.data_time) else words.age(lane.age)
        wide = canvas.write("title", said, right, middle - 2, ink, align=RIGHT)
        if not fresh:
            canvas.status(Health.WARNING, right - wide - 16, middle - 8, 17)
        below = f"{words.age(lane.overdue)} overdue" if lane.overdue > 0 else "age of the data"
        canvas.write("caption", below, right, middle + 15, "text.low" if fresh else ink, align=RIGHT)


def _paint_arrival(canvas: Canvas, box: QRectF, arrival: Arrival) -> None:
    theme = canvas.look.theme
    number = str(arrival.sequence)
    labelled = box.width() >= max(_LABELLED_FROM, canvas.width("label", number) + 8)
    radius = min(3.0, box.width() / 3) if box.width() > 3 else 0.0
    if arrival.state == "imported":
        canvas.fill(box, "arrival", radius)
        colour = theme["arrival.ink"]
    elif arrival.state == "missing":
        colour = theme.status[Health.WARNING].text
        canvas.fill(box, "inset")
        canvas.outline(box, colour, radius, weight=1.5, dashes=box.width() > 8)
    else:
        colour = theme.status[Health.CRITICAL].text
        canvas.fill(box, theme.status[Health.CRITICAL].tint, radius)
        canvas.outline(box, theme.status[Health.CRITICAL].edge, radius, weight=1.5)
    if labelled:
        baseline = canvas.middle("label", box.top(), box.height())
        canvas.write("label", number, box.center().x(), baseline, colour, align=CENTRE)
