"""Which charts a choice of series makes, and what each of them draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.job import Job
from app.model.marking import Level
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.query.curves import Curve, Curves
from app.store.samples import SeriesRef
from app.ui.charts import units
from app.ui.charts.grid import Title
from app.ui.charts.line import MOST, Line, make_line
from app.ui.series_words import quantile_words, thing_words, title_words

_USEFUL = (
    "endpoint_latency_seconds",
    "endpoint_errors",
    "endpoint_requests",
    "endpoint_queue_length",
    "endpoint_saturation_ratio",
    "endpoint_replicas_ready",
    "endpoint_replicas_wanted",
    "endpoint_up",
)
"""Metrics of an endpoint in the order in which somebody who is woken up asks for them."""
_HELD = ("_up", "_ready", "_wanted", "_bound", "exported")
"""Endings of metrics whose value holds until the next one."""
_QUANTILES = {"0.5": "quantile.50", "0.95": "quantile.95", "0.99": "quantile.99"}


@dataclass(frozen=True, slots=True)
class ChartOf:
    """The series of one chart: one, or the quantiles of one thing."""

    refs: tuple[SeriesRef, ...]

    @property
    def title(self) -> Title:
        """What stands above it."""
        first = self.refs[0]
        key = first.key if len(self.refs) == 1 else _without_quantile(first.key)
        return Title(title_words(key), first.level, units.unit_of(key.metric), self.refs)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What was read: the lines of each chart, over a span. `width` is that of the widest column, seconds."""

    span: TimeRange
    width: float
    marking: Level
    lines: tuple[tuple[Line, ...], ...]


def charts_of(refs: Sequence[SeriesRef]) -> list[ChartOf]:
    """One chart for each series; quantiles of the same thing share one, lowest first."""
    groups: dict[tuple[str, SeriesKey], list[SeriesRef]] = {}
    for ref in refs:
        groups.setdefault((ref.enclave, _without_quantile(ref.key)), []).append(ref)
    found = []
    for group in groups.values():
        ordered = sorted(group, key=lambda ref: ref.key.label("quantile"))
        found += [ChartOf(tuple(ordered[at : at + MOST])) for at in range(0, len(ordered), MOST)]
    return found


def useful(refs: Sequence[SeriesRef], enclave: str, endpoint: str) -> list[SeriesRef]:
    """Series of an endpoint that say most, in the order to look at them."""
    of_it = [ref for ref in refs if ref.enclave == enclave and ref.key.label("endpoint") == endpoint]
    found = [ref for ref in of_it if ref.key.metric in _USEFUL]
    return sorted(found, key=lambda ref: (_USEFUL.index(ref.key.metric), ref.key))


def draw(charts: Sequence[ChartOf], read: Curves, job: Job) -> Drawn:
    """Make the lines of each chart of what was read. Runs on a worker thread."""
    by_ref: Mapping[SeriesRef, Curve] = {curve.ref: curve for curve in read.curves}
    lines = []
    for chart in charts:
        job.check()
        lines.append(tuple(_line(by_ref[ref], alone=len(chart.refs) == 1) for ref in chart.refs if ref in by_ref))
    width = max((curve.reduced.width for curve in read.curves), default=0.0)
    return Drawn(read.span, width, read.marking, tuple(lines))


def _line(curve: Curve, *, alone: bool) -> Line:
    key = curve.ref.key
    quantile = key.label("quantile")
    held = key.metric.endswith(_HELD)
    if alone:
        filled = not quantile
        return make_line(thing_words(key), "series.1", curve.reduced, curve.newest, filled=filled, held=held)
    weight = 2.0 if quantile == "0.95" else 1.5  # p95 is the promise
    colour = _QUANTILES.get(quantile, "series.1")
    return make_line(quantile_words(quantile), colour, curve.reduced, curve.newest, weight=weight)


def _without_quantile(key: SeriesKey) -> SeriesKey:
    return SeriesKey(key.metric, tuple(pair for pair in key.labels if pair[0] != "quantile"))
