"""Lanes above the charts, on their clock: alerts, changes, imports."""

import math
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainterPath

from app.model.health import Health
from app.model.time_range import TimeRange
from app.query.endpoint import EndpointAnswer
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.charts.view import View
from app.ui.hatch import half
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.part import Reached
from app.ui.sheet import Moment, Sheet
from app.ui.text import RIGHT

_ROW, _STRIP = 28, 20
_NAMES = ("Alerts", "Changes", "Imports")
_NEAR = 14.0
"""Pixels within which two changes are one sign."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing in a lane; `end` is NaN for a moment. Seconds UTC. `health` None is a change."""

    start: float
    end: float
    text: str
    health: Health | None

    def say(self, at: float) -> str:
        """In words, with its times; `at` is now."""
        until = "" if math.isnan(self.end) or self.end == self.start else f" to {words.when(self.end, at)}"
        return f"{words.when(self.start, at)}{until} Z: {self.text}"


def happenings(answer: EndpointAnswer) -> tuple[list[Happening], list[Happening]]:
    """What stands in the lanes of alerts and of changes, by time; what is open ends where the data end.

    A source may tell of an alert after its samples have ended, or without any: then only its beginning is known.
    """
    known = answer.picture.data_time
    alerts, changes = [], []
    for event in answer.events:
        end = max(event.start, known) if event.end is None else event.end  # NaN is passed over
        if event.kind == "alert":
            severe = dict(event.labels).get("severity", "") == "critical"
            alerts.append(Happening(event.start, end, event.text, Health.CRITICAL if severe else Health.WARNING))
        elif event.kind == "maintenance":
            changes.append(Happening(event.start, end, event.text, Health.MAINTENANCE))
        else:
            changes.append(Happening(event.start, math.nan, event.text, None))
    changes += [Happening(change.at, math.nan, change.text, None) for change in answer.changes]
    return alerts, sorted(changes, key=lambda one: one.start)


class EventLanes(Reached):
    """Three lanes that share the gutter and the span of the charts below. Left and right go from one to the next.

    Signals
    -------
    sheet_wanted(Sheet)
        Show what stands in the lanes as a table.
    """

    sheet_wanted = Signal(object)

    def __init__(self, look: Look, view: View) -> None:
        super().__init__(look, "Alerts, changes and imports")
        self._view = view
        self._alerts: list[Happening] = []
        self._changes: list[Happening] = []
        self._received: tuple[float, ...] = ()
        self._known = math.nan
        self._stale = False
        self.setFixedHeight(len(_NAMES) * _ROW + 4)
        self.setMouseTracking(True)
        view.changed.connect(self.update)
        view.pointed.connect(self.update)
        self.destroyed.connect(partial(view.forget, id(self)))

    def show_answer(self, answer: EndpointAnswer) -> None:
        """Show other happenings."""
        self._alerts, self._changes = happenings(answer)
        self._received, self._known = answer.received, answer.picture.data_time
        self._stale = answer.here.stale
        at = answer.as_of
        told = [f"{name}: {'; '.join(one.say(at) for one in inside) or 'none'}" for name, inside in self._seen(answer)]
        count = len(answer.received)
        self.setAccessibleName(f"{'. '.join(told)}. Imports: {words.count_word(count)} {words.plural(count, 'bundle')}")
        self._view.gutter(id(self), max(self.look.fonts.width("small", name) for name in _NAMES) + 14)
        self.update()

    def _seen(self, answer: EndpointAnswer) -> list[tuple[str, list[Happening]]]:
        span = answer.span
        lanes = (("Alerts", self._alerts), ("Changes", self._changes))
        return [(name, [one for one in lane if _touches(one, span)]) for name, lane in lanes]

    def step(self, step: int) -> bool:
        """Go to the next (1) or previous (-1) happening and bring it into the window; False where there is none."""
        here = self._view.moment if not math.isnan(self._view.moment) else self._view.span.end
        starts = sorted({one.start for one in (*self._alerts, *self._changes)})
        ahead = [start for start in starts if (start > here + 0.5 if step > 0 else start < here - 0.5)]
        if not ahead:
            return False
        moment, span = ahead[0 if step > 0 else -1], self._view.span
        if not span.start <= moment <= span.end:
            self._view.pan(moment - (span.start + span.end) / 2)
        self._view.point(moment)
        return True

    def tell_numbers(self) -> None:
        """Say what happened when, and when bundles came, over the window that is shown."""
        span = self._view.span
        lanes = (("Alert", self._alerts), ("Change", self._changes))
        rows = [
            (name, Moment(one.start), Moment(one.end), one.text)
            for name, lane in lanes
            for one in lane
            if _touches(one, span)
        ]
        rows += [
            ("Import", Moment(at), Moment(at), "bundle received")
            for at in self._received
            if span.start <= at <= span.end
        ]
        heads = ("Lane", "From (UTC)", "To (UTC)", "What")
        self.sheet_wanted.emit(Sheet("Alerts, changes and imports", None, heads, rows))

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    # --- painting -----------------------------------------------------------------------------------------

    @property
    def _left(self) -> float:
        return self._view.gutter(id(self), max(self.look.fonts.width("small", name) for name in _NAMES) + 14)

    def _x(self, moment: float) -> float:
        span, left, right = self._view.span, self._left, self.width() - 2.0
        return left + (moment - span.start) / span.seconds * (right - left)

    def _strip(self, row: int) -> QRectF:
        return QRectF(self._left, row * _ROW + (_ROW - _STRIP) / 2, self.width() - 2 - self._left, _STRIP)

    def paint(self, canvas: Canvas) -> None:
        for row, name in enumerate(_NAMES):
            strip = self._strip(row)
            canvas.write("small", name, 0, canvas.middle("small", strip.top(), _STRIP), "text.low")
            canvas.fill(strip, "inset", 3)
        canvas.painter.save()
        canvas.painter.setClipRect(QRectF(self._left, 0, self.width() - self._left, self.height()))
        self._paint_alerts(canvas, self._strip(0))
        self._paint_changes(canvas, self._strip(1))
        self._paint_imports(canvas, self._strip(2))
        self._paint_tail(canvas)
        moment = self._view.moment
        if self._view.span.start <= moment <= self._view.span.end:
            canvas.fill(QRectF(round(self._x(moment)), 2, 1, self.height() - 4), "text.hi")
        canvas.painter.restore()
        if self.ring:
            canvas.outline(QRectF(self.rect()), "focus", 4, weight=2)

    def _paint_tail(self, canvas: Canvas) -> None:
        """Hatch what lies after the last data: nothing is known to have happened there, nor not to."""
        known = self._view.span.start if math.isnan(self._known) else self._known
        left = max(round(self._x(known)), round(self._left))
        colour = half(self.look.theme.status[Health.WARNING].symbol) if self._stale else "line"
        for row in range(len(_NAMES)):
            strip = self._strip(row)
            canvas.hatch(QRectF(left, strip.top(), strip.right() - left, _STRIP), colour, step=6.0)

    def _paint_alerts(self, canvas: Canvas, strip: QRectF) -> None:
        """Alerts as stretches; those that begin close together are named once, where there is room."""
        shown = [
            one for one in self._alerts if self._x(one.end) >= strip.left() and self._x(one.start) <= strip.right()
        ]
        for one in shown:
            left, right = max(self._x(one.start), strip.left()), min(self._x(one.end), strip.right())
            ink = canvas.look.theme.status[one.health or Health.WARNING]
            canvas.fill(QRectF(left, strip.top(), max(3.0, right - left), _STRIP), ink.tint)
            canvas.fill(QRectF(left, strip.top(), 2, _STRIP), ink.edge)
        groups: list[list[Happening]] = []
        for one in shown:
            if groups and self._x(one.start) - self._x(groups[-1][0].start) < 90:
                groups[-1].append(one)
            else:
                groups.append([one])
        lefts = [max(self._x(group[0].start), strip.left()) for group in groups]
        written = strip.left()
        for group, left, after in zip(groups, lefts, [*lefts[1:], strip.right()], strict=False):
            written = self._paint_alert_words(canvas, strip, group, (left, left - written, after - left))

    def _paint_alert_words(
        self, canvas: Canvas, strip: QRectF, group: list[Happening], room: tuple[float, float, float]
    ) -> float:
        """Name alerts on the side that has room; return up to where the strip is taken now."""
        left, before, after = room
        worst = min((one.health or Health.WARNING for one in group), key=lambda health: health.rank)
        said = group[0].text if len(group) == 1 else f"{len(group)} alerts"
        baseline, ink = canvas.middle("small", strip.top(), _STRIP), canvas.look.theme.status[worst].text
        wide = canvas.width("small", said)
        if after >= wide + 34:
            canvas.status(worst, left + 13, strip.center().y(), 14)
            return left + 25 + canvas.write("small", said, left + 25, baseline, ink)
        if before >= wide + 34:
            canvas.status(worst, left - 13, strip.center().y(), 14)
            canvas.write("small", said, left - 25, baseline, ink, align=RIGHT)
        elif after >= 24:
            canvas.status(worst, left + 13, strip.center().y(), 14)
            return left + 24
        return left

    def _paint_changes(self, canvas: Canvas, strip: QRectF) -> None:
        for one in self._changes:
            if one.health is not None:
                self._paint_work(canvas, strip, one)
        groups = self._grouped(strip)
        ends = [x for x, _ in groups[1:]] + [strip.right()]
        written = strip.left()
        for (x, group), after in zip(groups, ends, strict=False):
            said = group[0].text if len(group) == 1 else f"{len(group)} changes"
            written = self._paint_change(canvas, strip, x, said, (x - written - 24, after - x - 24))

    def _grouped(self, strip: QRectF) -> list[tuple[float, list[Happening]]]:
        """Changes in view, those that stand close together as one; each with its pixel."""
        groups: list[tuple[float, list[Happening]]] = []
        for one in self._changes:
            x = self._x(one.start)
            if one.health is not None or not strip.left() <= x <= strip.right():
                continue
            if groups and x - groups[-1][0] < _NEAR:
                groups[-1][1].append(one)
            else:
                groups.append((x, [one]))
        return groups

    def _paint_change(self, canvas: Canvas, strip: QRectF, x: float, said: str, rooms: tuple[float, float]) -> float:
        """A flag at its moment, and its words on the side that has room; return up to where the strip is taken now."""
        middle = strip.center().y()
        flag = QPainterPath(QPointF(x, middle - 5))
        flag.lineTo(x + 8, middle)
        flag.lineTo(x, middle + 5)
        flag.closeSubpath()
        canvas.painter.fillPath(flag, canvas.colour("text.hi"))
        baseline, wide = canvas.middle("small", strip.top(), _STRIP), canvas.width("small", said)
        before, after = rooms
        if wide <= after or after >= before:
            if after >= min(wide, 60):
                return x + 14 + canvas.write("small", said, x + 14, baseline, "text.mid", room=after)
        elif before >= min(wide, 60):
            canvas.write("small", said, x - 6, baseline, "text.mid", align=RIGHT, room=before)
        return x + 8

    def _paint_work(self, canvas: Canvas, strip: QRectF, one: Happening) -> None:
        ink = canvas.look.theme.status[Health.MAINTENANCE]
        left, right = max(self._x(one.start), strip.left()), min(self._x(one.end), strip.right())
        if right > left:
            canvas.fill(QRectF(left, strip.top(), max(3.0, right - left), _STRIP), ink.tint)
            if right - left >= 20:
                canvas.status(Health.MAINTENANCE, (left + right) / 2, strip.center().y(), 14)

    def _paint_imports(self, canvas: Canvas, strip: QRectF) -> None:
        places = sorted({round(self._x(moment)) for moment in self._received})
        shown = [x for x in places if strip.left() <= x <= strip.right()]
        dense = len(shown) * 4 > strip.width()
        for x in shown:
            canvas.fill(QRectF(min(x, strip.right() - 2), strip.top() + 3, 1 if dense else 2, _STRIP - 6), "accent")

    # --- pointer and keys ---------------------------------------------------------------------------------

    def tip_at(self, at: QPointF) -> str:
        row = int(at.y() // _ROW)
        strip = self._strip(min(row, 2))
        if row == 2:
            near = [moment for moment in self._received if abs(self._x(moment) - at.x()) <= 4]
            return "\n".join(f"Bundle received {words.when(one, self._view.home.end)} Z" for one in near)
        lane = self._alerts if row == 0 else self._changes
        found = [one for one in lane if self._hit(one, at.x())]
        return "\n".join(one.say(self._view.home.end) for one in found) if strip.contains(at) else ""

    def _hit(self, one: Happening, x: float) -> bool:
        end = self._x(one.start) + _NEAR if math.isnan(one.end) else self._x(one.end)
        return self._x(one.start) - 4 <= x <= max(end, self._x(one.start) + 4)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        span, strip = self._view.span, self._strip(0)
        share = (event.position().x() - strip.left()) / max(1.0, strip.width())
        self._view.point(span.start + share * span.seconds if 0.0 <= share <= 1.0 else math.nan)

    def leaveEvent(self, event: object) -> None:
        self._view.point(math.nan)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or commanded(event) or not self.step(step):
            event.ignore()


def _touches(one: Happening, span: TimeRange) -> bool:
    """Whether any of it lies in the span."""
    return one.start <= span.end and (one.start >= span.start or one.end >= span.start)  # no end: False for NaN
