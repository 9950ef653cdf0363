"""The charts of an endpoint under each other, on one clock with the lanes above them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.job import Job
from app.model.health import Bound, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.endpoint import EndpointAnswer
from app.query.endpoint_curves import EndpointCurve, EndpointCurves, read_endpoint_curves
from app.ui import words
from app.ui.charts.chart import AXIS, HEAD, Chart
from app.ui.charts.line import Band, Line, make_line
from app.ui.charts.view import View
from app.ui.deployment_words import error_words, latency_words, rate_words, replica_words
from app.ui.endpoint.faces import FACES, Face
from app.ui.endpoint.lanes import EventLanes, happenings
from app.ui.endpoint.limits import limits_of
from app.ui.look import Look
from app.ui.page import Ask
from app.ui.sheet import Sheet

_QUANTILES = {"p50": "quantile.50", "p95": "quantile.95", "p99": "quantile.99"}
_BOUND_WORDS = {Bound.EXACT: "", Bound.AT_MOST: ", at most", Bound.AT_LEAST: ", at least"}


_LEAST = 64


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The lines of each chart by its title, over `span`; `width` is that of the widest column, seconds."""

    span: TimeRange
    width: float
    lines: dict[str, tuple[Line, ...]]


def read(ask: Ask, answer: EndpointAnswer, span: TimeRange, columns: int, job: Job) -> Drawn:
    """Read the curves of an endpoint and make lines of them. Runs on a worker thread."""
    curves = read_endpoint_curves(ask.store, ask.station, answer, span, columns)
    job.check()
    return Drawn(span, curves.width, lines_of(curves))


def lines_of(curves: EndpointCurves) -> dict[str, tuple[Line, ...]]:
    """The lines of each chart."""
    newest = curves.newest

    def one(curve: EndpointCurve | None, said: str, *, filled: bool = False, held: bool = False) -> list[Line]:
        if curve is None:
            return []
        colour = "text.mid" if said == "wanted" else "series.1"
        return [make_line(said, colour, curve.reduced, newest, filled=filled, held=held)]

    return {
        "Latency": tuple(_quantile(curve, newest) for curve in curves.latency),
        "Error rate": tuple(one(curves.errors, f"errors over {words.age(curves.error_window)}", filled=True)),
        "Throughput": tuple(one(curves.throughput, "requests", filled=True)),
        "Queue": tuple(one(curves.queue, "waiting", filled=True)),
        "Saturation": tuple(one(curves.saturation, "in use", filled=True)),
        "Replicas": (*one(curves.ready, "ready", filled=True, held=True), *one(curves.wanted, "wanted", held=True)),
    }


def _quantile(curve: EndpointCurve, newest: float) -> Line:
    """A quantile; of one that is only known to be at most a value, the area in which it lies."""
    said = f"{curve.name}{_BOUND_WORDS[curve.bound]}"
    weight = 2.0 if curve.name == "p95" else 1.5  # p95 is the promise
    if curve.bound is not Bound.EXACT:
        weight = 1.0
    colour = _QUANTILES.get(curve.name, "series.1")
    filled = curve.bound is Bound.AT_MOST
    return make_line(said, colour, curve.reduced, newest, weight=weight, filled=filled, bound=curve.bound)


class ChartStack(QWidget):
    """Lanes and charts. They share the gutter, the window in time and the moment that is read out.

    Signals
    -------
    measured(int)
        How many pixels of the device a chart is wide.
    sheet_wanted(Sheet)
        Show the numbers behind a chart as a table.
    """

    measured = Signal(int)
    sheet_wanted = Signal(object)

    def __init__(self, look: Look, view: View) -> None:
        super().__init__()
        self._look, self._view = look, view
        self._name, self._level = "", Level.TS_SCI
        self.lanes = EventLanes(look, view)
        self.charts: dict[str, Chart] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addWidget(self.lanes)
        self.lanes.sheet_wanted.connect(self._hand_out)
        view.changed.connect(self.remeasure)

    def show_answer(self, answer: EndpointAnswer) -> None:
        """Make the charts of what the endpoint exports, with their limits, bands and figures."""
        metrics = {ref.key.metric for ref in answer.refs}
        shown = [face for face in FACES if face.metric in metrics]
        if [face.title for face in shown] != list(self.charts):
            self._make(shown)
        self.lanes.show_answer(answer)
        self._name = answer.here.endpoint.title
        self._level = max([answer.here.enclave.level, *(ref.level for ref in answer.refs)])
        limits, bands = limits_of(answer), _bands(answer)
        moments = [one.start for one in happenings(answer)[1] if one.health is None]
        for title, chart in self.charts.items():
            chart.show_marks(limits.get(title, ()), bands, moments)
            chart.show_value(*_value(title, answer))

    def show_drawn(self, drawn: Drawn, *, stale: bool) -> None:
        """Show what was read."""
        for title, chart in self.charts.items():
            chart.show_lines(drawn.lines.get(title, ()), drawn.span, stale=stale)

    def _hand_out(self, sheet: Sheet) -> None:
        """Hand out numbers of this endpoint alone, marked with what they are and not with all that the page shows."""
        self.sheet_wanted.emit(sheet._replace(title=f"{self._name}: {sheet.title.lower()}", level=self._level))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.remeasure()

    def _make(self, shown: Sequence[Face]) -> None:
        for chart in self.charts.values():
            self._layout.removeWidget(chart)
            chart.hide()
            chart.deleteLater()
        self.charts = {}
        for number, face in enumerate(shown):
            last = number == len(shown) - 1
            chart = Chart(self._look, self._view, face.title, face.unit, axis=last)
            chart.setMinimumHeight(HEAD + _LEAST + (AXIS if last else 6) + (40 if not number else 0))
            chart.sheet_wanted.connect(self._hand_out)
            self.charts[face.title] = chart
            self._layout.addWidget(chart, face.share)
        if self.lanes.hasFocus() and self.charts:  # it had the keyboard while there was nothing else
            next(iter(self.charts.values())).setFocus(Qt.FocusReason.OtherFocusReason)

    def remeasure(self) -> None:
        """Tell how wide a chart is, in pixels of the device."""
        for chart in list(self.charts.values())[:1]:
            self.measured.emit(round(chart.plot.width() * chart.devicePixelRatioF()))


def _bands(answer: EndpointAnswer) -> list[Band]:
    """Planned work, and the trouble that lasts."""
    changes = happenings(answer)[1]
    found = [Band(one.start, one.end, one.health, one.text) for one in changes if one.health is not None]
    trouble, cell = answer.trouble, answer.here
    if trouble is not None:
        said = f"{words.capitalised(words.STATES[cell.health])} since {words.when(trouble.since, answer.as_of)} Z"
        found.append(Band(trouble.since, trouble.until, cell.health, said))
    return found


def _value(title: str, answer: EndpointAnswer) -> tuple[str, Health | None]:
    """The newest figure of a chart, in the ink of the state that it is blamed for."""
    cell = answer.here
    said, blamed = {
        "Latency": (f"p95 {latency_words(cell)}", "endpoint_latency_seconds"),
        "Error rate": (error_words(cell), "endpoint_error_ratio"),
        "Throughput": (rate_words(cell), ""),
        "Queue": ("", "endpoint_queue_length"),
        "Saturation": ("", "endpoint_saturation_ratio"),
        "Replicas": (f"{replica_words(cell)} ready", "endpoint_replicas_ratio"),
    }[title]
    reason = next((one for one in cell.reasons if blamed and one.metric == blamed), None)
    if not said:
        unit = next(face.unit for face in FACES if face.title == title)
        said = unit.say(reason.value) if reason is not None else ""
    loud = reason is not None and cell.health in (Health.CRITICAL, Health.WARNING) and not cell.stale
    return said, reason.health if reason is not None and loud else None
