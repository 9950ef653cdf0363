"""The chart: lines over time, painted in one pass."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from app.model.health import Health
from app.model.marking import Level
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.charts import face
from app.ui.charts.curves import Pencil, Plot, grey_of
from app.ui.charts.kept import Kept
from app.ui.charts.limits import paint_limits, paint_titled, promise_tip, worded
from app.ui.charts.line import Band, Fan, Guide, Line, Threshold, nearest, read_at
from app.ui.charts.names import paint_names
from app.ui.charts.numbers import chart_sheet, within
from app.ui.charts.peaks import ROOM, cut, paint_peaks, peaks
from app.ui.charts.readout import entries, moment_words, paint_card
from app.ui.charts.scale import Scale, fit, keep
from app.ui.charts.space import Space
from app.ui.charts.spoken import silence, summary
from app.ui.charts.trace import Envelope, envelope, extremes, reach
from app.ui.charts.units import PLAIN, Unit
from app.ui.charts.view import View
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.part import Reached
from app.ui.text import RIGHT
from app.ui.tips import TIP

HEAD = 28
AXIS = 22
_VALUE = 76.0
"""Room for the value at the right of a title."""
_NOTCH = 120.0
_ZOOM = 1.25
_ROW = 40.0
"""Pixels between two labels of the vertical axis, about."""
_SPOKEN_AFTER_MS = 400


class Chart(Reached):
    """One chart of a page. Its window in time is a `View`, which linked charts share.

    Drag or Shift and wheel pan, the wheel zooms at the pointer, arrows move the read-out, + and − zoom,
    Home goes back. One that is not `headed` leaves title and legend to the panel around it.
    The window binds D to `tell_numbers`: a chart that took the letter would take it from ``G D``.

    Signals
    -------
    sheet_wanted(Sheet)
        Show the numbers behind what is visible as a table.
    """

    sheet_wanted = Signal(object)

    def __init__(
        self,
        look: Look,
        view: View,
        title: str = "",
        unit: Unit = PLAIN,
        *,
        level: Level | None = None,
        axis: bool = True,
        headed: bool = True,
        strip: Kept | None = None,
    ) -> None:
        super().__init__(look, title)
        self.view, self.title, self.unit, self.level = view, title, unit, level
        self.lines: tuple[Line, ...] = ()
        self.scale: Scale | None = None
        self.cap = math.inf
        """The scale need reach no further: what is higher is cut at the top, and told above it."""
        self._rows = 0
        self._axis, self._headed = axis, headed
        self._covered = TimeRange(-math.inf, -math.inf)  # nothing was read yet
        self._stale = False
        self._thresholds: tuple[Threshold, ...] = ()
        self._bands: tuple[Band, ...] = ()
        self._now, self._fans = math.inf, tuple[Fan, ...]()
        self._guides: tuple[Guide, ...] = ()
        self._changes: tuple[float, ...] = ()
        self._value: tuple[str, Health | None] | None = None
        self._values = face.values_of(look, unit, fit(math.nan, math.nan, 2))
        self._pencil, self._back = Pencil(), Kept()
        self._strip = strip if strip is not None else Kept()
        self._drag: tuple[float, TimeRange] | None = None
        self._leads = False
        self._speak = QTimer(self, singleShot=True, interval=_SPOKEN_AFTER_MS)
        self._speak.timeout.connect(self._tell)
        # paints all of itself, so that the panel behind is not painted with every frame
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view.changed.connect(self._moved)
        view.pointed.connect(self.update)
        self.destroyed.connect(partial(view.forget, id(self)))

    def show_lines(self, lines: Sequence[Line], covered: TimeRange, *, stale: bool = False) -> None:
        """Show lines that were read over `covered`; beyond it nothing was asked, which is not the same as no data.

        `stale` draws them in grey, as last known.
        """
        self.lines, self._covered, self._stale = tuple(lines), covered, stale
        # Before anything is painted all charts know how wide the labels are, so that one moment stands in one line.
        self._rescale(*reach([line.trace for line in self.lines], self.view.span), self.plot.height())
        self.view.gutter(id(self), self._values.gutter)
        self._moved()

    def show_marks(
        self, thresholds: Sequence[Threshold] = (), bands: Sequence[Band] = (), changes: Sequence[float] = ()
    ) -> None:
        """Show limits, stretches of time, and moments (seconds UTC) at which something changed."""
        self._thresholds, self._bands, self._changes = tuple(thresholds), tuple(bands), tuple(changes)
        self.update()

    def show_future(self, now: float, fans: Sequence[Fan] = ()) -> None:
        """Show what is forecast after `now`, seconds UTC, where the window runs on: time that is no unknown past."""
        self._now, self._fans = now, tuple(fans)
        self._moved()

    def show_guides(self, guides: Sequence[Guide]) -> None:
        """Show what the lines are held against."""
        self._guides = tuple(guides)
        self.update()

    def show_value(self, said: str, health: Health | None = None) -> None:
        """Show a figure at the right of the title, in the ink of a state; empty: the last value of a single line."""
        self._value = (said, health) if said else None
        self.update()

    def tell_numbers(self) -> None:
        """Say what the chart shows in its window as plain rows."""
        span = within(self.view.span, self._covered)
        lines = [(line, self.unit) for line in self.lines]
        self.sheet_wanted.emit(chart_sheet(self.title, self.level, lines, span))

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self._head + 60 + AXIS)

    @property
    def _head(self) -> int:
        return (HEAD if self._headed else 6) + (ROOM if math.isfinite(self.cap) else 0)

    @property
    def plot(self) -> QRectF:
        """Rectangle of the curves, on whole pixels."""
        left = self.view.gutter(id(self), self._values.gutter)
        below = AXIS if self._axis else 6
        top = self._head
        return QRectF(left, top, max(8.0, self.width() - left - 2), max(8.0, self.height() - top - below))

    # --- painting -----------------------------------------------------------------------------------------

    def paint(self, canvas: Canvas) -> None:
        box, ratio, span = self.plot, self.devicePixelRatioF(), self.view.span
        curves = self._envelopes(box)
        self._rescale(*extremes(curves), box.height())
        if self.plot != box:  # the labels of another scale may need more room
            box = self.plot
            curves = self._envelopes(box)
        plot = Plot(canvas, box, span, self._values.scale, ratio)
        room = self._room(canvas) if self._headed else 0.0
        titled, placed = worded(Space(plot, curves, self._bands), self._thresholds, room)
        said = (self.title, self.level, tuple((line.words, line.colour) for line in self.lines), titled, self._stale)
        size, scale = QSizeF(self.size()), self._values.scale
        self._back.show(canvas, QPointF(), size, (scale, box.topLeft(), said), partial(self._paint_back, box, titled))
        if self._axis:
            below, strip = QPointF(0, box.bottom() + 3), QSizeF(size.width(), AXIS - 3)  # clear of the lowest label
            self._strip.show(canvas, below, strip, (span, box.left()), partial(self._paint_axis, box))
        face.paint_bands(plot, self._bands)
        face.paint_unread(plot, self._covered)
        face.paint_gaps(plot, self.lines, self._covered)
        known = min(span.end, self._now)
        face.paint_unknown(plot, self.lines, silence(self.lines, known), known, stale=self._stale)
        face.paint_guides(plot, self._guides)
        face.paint_future(plot, self._now, self._fans)
        if math.isfinite(self.cap):
            paint_peaks(plot, peaks(self.lines, curves, scale.high, round(8 * ratio)), self.unit, grey=self._stale)
            curves = [cut(curve, scale.high) for curve in curves]
        for line, curve in zip(self.lines, curves, strict=True):
            self._pencil.draw(plot, line, curve, grey=self._stale)
        taken = Space(plot, curves, (*self._bands, Band(self._now, self._now, Health.UNKNOWN, "now")))
        paint_names(taken, self.lines, self._guides, self._fans, self._edges(box))
        face.paint_changes(plot, self._changes)
        paint_limits(plot, self._thresholds, placed)
        self._paint_reading(plot)
        if self.ring:
            canvas.outline(QRectF(self.rect()), "focus", 4, weight=2)

    def _envelopes(self, box: QRectF) -> list[Envelope]:
        edges = self._edges(box)
        return [envelope(line.trace, edges) for line in self.lines]

    def _edges(self, box: QRectF) -> FloatArray:
        return self.view.edges(round(box.width() * self.devicePixelRatioF()))

    def _rescale(self, low: float, high: float, height: float) -> None:
        low, high = self._reach(low, high)
        zero = any(line.filled for line in self.lines)
        rows = max(2, round(height / _ROW))
        wanted = fit(low, high, rows, base=self.unit.base, zero=zero)
        scale = keep(self.scale if rows == self._rows else None, wanted, low, high)
        self._rows = rows
        if scale != self.scale:
            self.scale = scale
            self._values = face.values_of(self.look, self.unit, scale)

    def _paint_back(self, box: QRectF, titled: Sequence[Threshold], canvas: Canvas) -> None:
        if self._headed:
            self._paint_title(canvas, titled)
        face.paint_grid(canvas, box, self._values)

    def _paint_axis(self, box: QRectF, canvas: Canvas) -> None:
        face.paint_moments(canvas, self.view.span, box.left(), box.right())

    def _reach(self, low: float, high: float) -> tuple[float, float]:
        """Up to the cap, and the limits that are near enough to be seen beside the data."""
        low, high = min(low, self.cap), min(high, self.cap)
        for limit in self._thresholds:
            if limit.value <= 2.5 * high or math.isnan(high):
                low, high = float(np.fmin(low, limit.value)), float(np.fmax(high, limit.value))
        return low, high

    def _paint_reading(self, plot: Plot) -> None:
        moment = self.view.moment
        read = [read_at(line, moment) for line in self.lines]
        shown = plot.span.start <= moment <= plot.span.end
        if self._value is not None and not shown:
            self._paint_value(plot.canvas, *self._value)
        elif len(self.lines) == 1 and self._headed:
            line, one = self.lines[0], read[0]
            value = self._last(line) if not shown else one.say(self.unit, line.bound) if one is not None else "no data"
            baseline = plot.canvas.middle("smallstrong", 0, HEAD - 6)
            ink = "text.low" if self._stale else "text.hi"
            plot.canvas.write("smallstrong", value, self.width(), baseline, ink, align=RIGHT)
        if not shown or not self.lines:
            return
        at = next((one.moment for one in read if one is not None), moment)
        face.paint_moment(plot, at, self.lines, read)
        if self._leads or self.hasFocus():
            rows = entries(self.lines, read, self._thresholds, self.unit)
            paint_card(plot.canvas, plot.box, plot.x(at), moment_words(read, moment), rows)

    def _paint_value(self, canvas: Canvas, said: str, health: Health | None) -> None:
        ink = canvas.look.theme.status[health].text if health is not None else "text.hi"
        baseline = canvas.middle("smallstrong", 0, HEAD - 6)
        canvas.write("smallstrong", said, self.width(), baseline, "text.low" if self._stale else ink, align=RIGHT)

    def _paint_title(self, canvas: Canvas, titled: Sequence[Threshold]) -> None:
        """Marking, title, what each line is, and what has its words here."""
        x, baseline = 0.0, canvas.middle("smallstrong", 0, HEAD - 6)
        if self.level is not None:
            x += canvas.block(self.level, x, (HEAD - 6) / 2, BLOCK_SMALL) + 8
        several = self.lines if len(self.lines) > 1 else ()
        wide = sum(canvas.width("small", line.words) + 36 for line in several)
        if canvas.width("smallstrong", self.title) > self.width() - x - wide:
            several, wide = (), 0.0  # the title says more; the read-out names each line
        room = self.width() - x - (wide if len(self.lines) > 1 else _VALUE)
        x += canvas.write("smallstrong", self.title, x, baseline, "text.hi", room=max(60.0, room)) + 16
        for line in several:
            canvas.fill(QRectF(x, baseline - 6, 14, 3), grey_of(line.colour) if self._stale else line.colour, 1.5)
            x += 20 + canvas.write("small", line.words, x + 20, baseline, "text.mid") + 16
        paint_titled(canvas, titled, x, baseline)

    def _room(self, canvas: Canvas) -> float:
        """What marking, title, what each line is and the value leave beside the title."""
        level = 0.0 if self.level is None else canvas.block_width(self.level, BLOCK_SMALL) + 8
        lines = [line.words for line in self.lines] if len(self.lines) > 1 else []
        value = _VALUE if self._value is None else canvas.width("smallstrong", self._value[0])
        taken = level + canvas.width("smallstrong", self.title) + 32 + value
        return self.width() - taken - sum(canvas.width("small", said) + 36 for said in lines)

    def _last(self, line: Line) -> str:
        drawn = line.trace
        end = int(np.searchsorted(drawn.time, self.view.span.end, side="right"))
        return self.unit.say(float(drawn.most[end - 1])) if end else "no data"

    # --- words --------------------------------------------------------------------------------------------

    def _moved(self) -> None:
        self._speak.start()
        self.update()

    def _tell(self) -> None:
        title = f"{self.level.title}, {self.title}" if self.level is not None else self.title
        past = TimeRange(self.view.span.start, max(self.view.span.start, min(self.view.span.end, self._now)))
        told = [
            summary(title, self.lines, past, self.unit),
            *(one.words for one in self._guides),
            *(one.words for one in self._fans),
            *(limit.words for limit in self._thresholds if limit.promised),
        ]
        self.setAccessibleName(". ".join(told))

    # --- pointer and keys ---------------------------------------------------------------------------------

    def _moment_at(self, x: float) -> float:
        box, span = self.plot, self.view.span
        return span.start + min(1.0, max(0.0, (x - box.left()) / box.width())) * span.seconds

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag = (event.position().x(), self.view.span)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        moment = self._moment_at(event.position().x())
        if self._drag is not None:
            start, span = self._drag
            shift = (start - event.position().x()) / self.plot.width() * span.seconds
            self.view.show_span(TimeRange(span.start + shift, span.end + shift))
        else:
            self._leads = True
            self.view.point(moment)
        self.setProperty(TIP, self._promise_at(event.position()) or self._reason(moment))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def leaveEvent(self, event: QEvent) -> None:
        self._leads = False
        self.view.point(math.nan)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        notches = (turned.y() or turned.x()) / _NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or not turned.y():
            self.view.pan(-notches * self.view.span.seconds / 8)
        else:
            self.view.zoom(_ZOOM**-notches, self._moment_at(event.position().x()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, span = event.key(), self.view.span
        around = self.view.moment if span.start <= self.view.moment <= span.end else (span.start + span.end) / 2
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if commanded(event):
            event.ignore()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(many if key == Qt.Key.Key_Right else -many)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.view.zoom(1 / _ZOOM, around)
        elif key == Qt.Key.Key_Minus:
            self.view.zoom(_ZOOM, around)
        elif key == Qt.Key.Key_Home:
            self.view.reset()
        else:
            event.ignore()

    def _step(self, steps: int) -> None:
        """Move the read-out by samples of the first line that has any; the window follows."""
        line = next((line for line in self.lines if line.reduced.time.size), None)
        if line is None:
            return
        span, reduced = self.view.span, line.reduced
        if span.start <= self.view.moment <= span.end:
            number = nearest(line, self.view.moment) + steps
        else:  # begin at the newest that is visible
            number = int(np.searchsorted(reduced.time, span.end)) - 1
        number = min(max(number, 0), reduced.time.size - 1)
        moment = float(reduced.time[number]) + reduced.width / 2
        if moment < span.start:
            self.view.pan(moment - span.start)
        elif moment > span.end:
            self.view.pan(moment - span.end)
        self.view.point(moment)

    def _promise_at(self, at: QPointF) -> str:
        """What explains a promise at a point."""
        if self.scale is None:
            return ""
        shares = [(limit, self.scale.share(limit.value)) for limit in self._thresholds]
        return promise_tip(self.plot, (self.plot.bottom() - at.y()) / self.plot.height(), shares)

    def _reason(self, moment: float) -> str:
        """Why nothing can be drawn at a moment."""
        reasons = [
            damage.reason
            for line in self.lines
            for damage in line.reduced.damaged
            if damage.start <= moment < damage.end
        ]
        reasons += [band.words for band in self._bands if band.start <= moment < band.end]
        return "\n".join(dict.fromkeys(reasons))
