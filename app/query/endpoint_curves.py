"""The curves of one endpoint over any span: quantiles, error rate, throughput, queue, saturation, replicas."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from app.analysis.grid import Fold
from app.analysis.merged import at_times, merged, trailing_ratio
from app.model.health import Bound
from app.model.marking import Level
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.query.enclaves import known_at
from app.query.endpoint import EndpointAnswer
from app.settings import Station
from app.store.database import Reader, Store
from app.store.last import newest_moments
from app.store.reduced import Reduced, read_reduced, reduce_samples
from app.store.samples import SeriesRef, read_series

QUANTILES = ("0.5", "0.95", "0.99")
_FOLDS = {
    "endpoint_latency_seconds": Fold.MOST,
    "endpoint_latency_bound": Fold.MOST,
    "endpoint_queue_length": Fold.SUM,
    "endpoint_saturation_ratio": Fold.MOST,
    "endpoint_replicas_ready": Fold.SUM,
    "endpoint_replicas_wanted": Fold.SUM,
}


@dataclass(frozen=True, slots=True, eq=False)
class EndpointCurve:
    """One curve. `bound` says of a quantile what its values are: one curve holds values of one kind only."""

    name: str
    reduced: Reduced
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True, eq=False)
class EndpointCurves:
    """Curves of one endpoint over `span`, by what they are of; those of metrics without any series are missing.

    `latency` holds a curve for each quantile, and one more where some of its values are bounds.
    `errors` is the share of failed requests over `error_window` seconds, `throughput` in requests per second.
    Versions are folded: the slowest quantile, all requests. `newest` is the time of the newest sample, seconds
    UTC, NaN without one. `width` is that of the widest column, seconds.
    """

    span: TimeRange
    width: float
    marking: Level
    newest: float
    error_window: float
    latency: tuple[EndpointCurve, ...]
    errors: EndpointCurve | None
    throughput: EndpointCurve | None
    queue: EndpointCurve | None
    saturation: EndpointCurve | None
    ready: EndpointCurve | None
    wanted: EndpointCurve | None


def read_endpoint_curves(
    store: Store, station: Station, about: EndpointAnswer, span: TimeRange, columns: int
) -> EndpointCurves:
    """Read the curves of an endpoint over `span`, each reduced to at most about `columns` columns.

    Rates and shares are worked out sample by sample before they are reduced, so that a column shows their true
    extremes.

    Raises
    ------
    StoreError
        If the cache cannot be read.
    """
    with store.reader(station.ceiling) as reader:
        # by the store's clock: what comes in while a live page reads is only news, no later moment
        moment = known_at(reader, store.clock.now())
        drawer = _Drawer(reader, about, span, columns, moment)
        latency = drawer.latency()
        errors, throughput = drawer.traffic(about.error_window)
        single = {
            name: drawer.curve(f"endpoint_{name}")
            for name in ("queue_length", "saturation_ratio", "replicas_ready", "replicas_wanted")
        }
        times = newest_moments(reader, about.refs, moment)
    curves = [*latency, errors, throughput, *single.values()]
    width = max((one.reduced.width for one in curves if one is not None), default=0.0)
    newest = float(np.nanmax(times)) if times.size and not np.isnan(times).all() else math.nan
    return EndpointCurves(
        span,
        width,
        about.marking,
        newest,
        about.error_window,
        latency,
        errors,
        throughput,
        single["queue_length"],
        single["saturation_ratio"],
        single["replicas_ready"],
        single["replicas_wanted"],
    )


class _Drawer:
    """Makes the curves of one endpoint; everything is read in three passes, for its series share their times."""

    def __init__(
        self, reader: Reader, about: EndpointAnswer, span: TimeRange, columns: int, moment: float | None
    ) -> None:
        self._reader, self._about, self._span, self._columns = reader, about, span, columns
        self._moment = moment
        self._step = about.here.endpoint.step
        drawn = [ref for ref in about.refs if ref.key.metric in _FOLDS]
        self._reduced = dict(zip(drawn, read_reduced(reader, drawn, span, columns, moment), strict=True))
        self._groups = {
            key: [ref for ref in drawn if (ref.key.metric, ref.key.label("quantile")) == key]
            for key in dict.fromkeys((ref.key.metric, ref.key.label("quantile")) for ref in drawn)
        }
        # extremes of series that speak at once cannot be added up: those are folded sample by sample
        mixed = [ref for refs in self._groups.values() if _overlap(self._heard(refs)) for ref in refs]
        self._samples = dict(zip(mixed, read_series(reader, mixed, span, moment), strict=True))

    def latency(self) -> tuple[EndpointCurve, ...]:
        """Quantiles, lowest first; values that are only bounds stand in curves of their own."""
        found = []
        for quantile in QUANTILES:
            reduced = self._folded("endpoint_latency_seconds", quantile)
            if reduced is not None:
                bounds = self._folded("endpoint_latency_bound", quantile)
                name = f"p{float(quantile) * 100:g}"
                found += [EndpointCurve(name, part, kind) for part, kind in _by_bound(reduced, bounds)]
        return tuple(found)

    def traffic(self, window: float) -> tuple[EndpointCurve | None, EndpointCurve | None]:
        """Share of failed requests over `window` seconds, and requests per second."""
        counted = [ref for ref in self._about.refs if ref.key.metric in ("endpoint_requests", "endpoint_errors")]
        # the window before the first sample that is shown
        wide = TimeRange(self._span.start - window, self._span.end)
        read = read_series(self._reader, counted, wide, self._moment)
        asked = [one for one in read if one.key.metric == "endpoint_requests"]
        failed = [one for one in read if one.key.metric == "endpoint_errors"]
        if not asked:
            return None, None
        time, requests = merged(asked, Fold.SUM)
        inside = time >= self._span.start
        rate = EndpointCurve("requests", self._reduce(time[inside], requests[inside] / self._step))
        if not failed:
            return None, rate
        share = trailing_ratio(time, at_times(time, *merged(failed, Fold.SUM)), requests, window)
        return EndpointCurve("errors", self._reduce(time[inside], share[inside])), rate

    def curve(self, metric: str) -> EndpointCurve | None:
        """The series of one metric as one curve."""
        reduced = self._folded(metric, "")
        return EndpointCurve(metric, reduced) if reduced is not None else None

    def _heard(self, refs: Sequence[SeriesRef]) -> list[Reduced]:
        return [self._reduced[ref] for ref in refs if self._reduced[ref].time.size]

    def _reduce(self, time: FloatArray, value: FloatArray) -> Reduced:
        return reduce_samples(time, value, self._span, self._columns)

    def _folded(self, metric: str, quantile: str) -> Reduced | None:
        """Series of one metric as one; None where there is none."""
        refs = self._groups.get((metric, quantile))
        if refs is None:
            return None
        heard = self._heard(refs)
        if refs[0] in self._samples:
            return self._reduce(*merged([self._samples[ref] for ref in refs], _FOLDS[metric]))
        return _joined(heard) if heard else _nothing()


def _nothing() -> Reduced:
    return Reduced(np.empty(0), np.empty(0), np.empty(0), 0.0, math.nan)


def _overlap(read: Sequence[Reduced]) -> bool:
    """Whether any two of them speak of the same time, or come in columns of different width."""
    if len(read) < 2:
        return False
    if len({one.width for one in read}) > 1:
        return True
    ordered = sorted(read, key=lambda one: float(one.time[0]))
    return any(after.time[0] <= before.time[-1] for before, after in pairwise(ordered))


def _joined(read: Sequence[Reduced]) -> Reduced:
    """Curves that follow each other as one: a version and the one that took over from it."""
    if len(read) == 1:
        return read[0]
    ordered = sorted(read, key=lambda one: float(one.time[0]))
    intervals = [one.interval for one in ordered if not math.isnan(one.interval)]
    return Reduced(
        np.concatenate([one.time for one in ordered]),
        np.concatenate([one.least for one in ordered]),
        np.concatenate([one.most for one in ordered]),
        ordered[0].width,
        max(intervals, default=math.nan),
        tuple(damage for one in ordered for damage in one.damaged),
    )


def _by_bound(reduced: Reduced, flags: Reduced | None) -> list[tuple[Reduced, Bound]]:
    """A curve in parts of one kind each: exact values, at most, at least. A bound is never shown as exact."""
    if flags is None or not flags.time.size or not ((flags.least != 0) | (flags.most != 0)).any():
        return [(reduced, Bound.EXACT)]
    least, most = at_times(reduced.time, flags.time, flags.least), at_times(reduced.time, flags.time, flags.most)
    below, above = least < 0, most > 0
    found = [(_masked(reduced, ~below & ~above), Bound.EXACT)]
    found += [(_masked(reduced, mask), kind) for mask, kind in ((below, Bound.AT_MOST), (above, Bound.AT_LEAST))]
    return [(part, kind) for part, kind in found if not np.isnan(part.least).all()] or [(reduced, Bound.EXACT)]


def _masked(reduced: Reduced, mask: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Reduced:
    return replace(reduced, least=np.where(mask, reduced.least, np.nan), most=np.where(mask, reduced.most, np.nan))
