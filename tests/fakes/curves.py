"""Series that stand in no store: for charts and the explore page."""

import math

import numpy as np

from app.model.catalogue import Catalogue
from app.model.health import Freshness
from app.model.series_key import SeriesKey
from app.query.curves import Curve, Curves, Listing, MetricSeries
from app.query.enclaves import Picture
from app.store.reduced import Reduced
from app.store.samples import SeriesRef
from app.ui.charts.line import make_line
from app.ui.explore.data import ExploreData
from app.ui.explore.series_charts import draw
from app.ui.explore.series_list import choices
from tests.fakes import answers

NAN = math.nan


def raw(time, value, interval=60.0, **other):
    """Samples as they stand."""
    time, value = np.asarray(time, float), np.asarray(value, float)
    return Reduced(time, value, value, 0.0, interval, **other)


def line(time, value, interval=60.0, *, newest=None, words="p95", **other):
    """One line of a chart."""
    reduced = raw(time, value, interval)
    last = newest if newest is not None else float(reduced.time[-1]) if reduced.time.size else NAN
    return make_line(words, "series.1", reduced, last, **other)


def ref(number, metric, enclave=answers.S, **labels):
    """A series of an enclave."""
    key = SeriesKey.of(metric, {"enclave": enclave.id} | labels)
    return SeriesRef(number, key, "group", enclave.id, enclave.level, 1)


def refs():
    """A small fleet's series, in order of their keys."""
    found = [
        ref(1, "endpoint_errors", endpoint="rag-gateway"),
        *(
            ref(number, "endpoint_latency_seconds", endpoint="rag-gateway", quantile=quantile)
            for number, quantile in ((2, "0.5"), (3, "0.95"), (4, "0.99"))
        ),
        ref(5, "endpoint_requests", endpoint="rag-gateway"),
        ref(6, "endpoint_requests", answers.U, endpoint="chat"),
        *(ref(10 + gpu, "gpu_utilisation_ratio", answers.U, node="u-n01", gpu=str(gpu)) for gpu in range(16)),
    ]
    return tuple(found)


def picture(enclave, age=360.0, freshness=Freshness.FRESH):
    """How old an enclave's data is."""
    end = answers.NOW - age
    return Picture(Catalogue(enclave, ()), end, end, age, end, 0.0, freshness)


def listing(shown=None, hidden=frozenset(), stale=()):
    """What `list_series` would answer."""
    every = refs() if shown is None else shown
    names = dict.fromkeys(one.key.metric for one in every)
    kept = [one for one in every if one.enclave not in hidden]
    metrics = tuple(
        MetricSeries(name, tuple(one for one in kept if one.key.metric == name))
        for name in names
        if any(one.key.metric == name for one in kept)
    )
    gone = {}
    for one in every:
        if one.enclave in hidden:
            gone[one.enclave] = gone.get(one.enclave, 0) + 1
    seen = tuple(
        picture(enclave, *((9 * 3600.0, Freshness.STALE) if enclave.id in stale else ()))
        for enclave in (answers.U, answers.S)
    )
    return Listing(answers.NOW, max((one.level for one in every), default=answers.S.level), metrics, gone, seen)


def curves(wanted, span, newest=answers.NOW - 360.0):
    """What `read_curves` would answer: a sine for each series, a sample a minute."""
    found = []
    for number, one in enumerate(wanted):
        time = np.arange(math.ceil(span.start / 60.0) * 60.0, min(span.end, newest), 60.0)
        value = 2.0 + number + np.sin(time / 7200.0)
        found.append(Curve(one, raw(time, value), newest))
    return Curves(answers.NOW, answers.S.level, span, tuple(found), newest)


class Told(ExploreData):
    """Answers without a store."""

    __slots__ = ()

    def read(self, charts, span, columns, job):
        return draw(charts, curves([one for chart in charts for one in chart.refs], span), job)

    def first(self, job):
        return [one for one in self.choices.refs if one.key.label("endpoint") == "rag-gateway"]


def explore_data(ask, **other):
    """What the page's load would answer."""
    listed = listing(hidden=ask.hidden, **other)
    return Told(listed, choices(listed), ask)
