"""How GPUs were over time: node by node, enclave by enclave, and where their memory goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.analysis.health_policy import GpuPolicy
from app.analysis.trend import Forecast, daily_peaks, forecast
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.query.enclaves import known_at
from app.query.gpu_floor import Measure
from app.settings import Station
from app.store.database import Reader, Store
from app.store.reduced import Reduced, read_reduced
from app.store.samples import SeriesRef, find_series
from app.store.totals import read_totals

NodeId = tuple[str, str]
"""Ids of an enclave and of a node."""
GpuId = tuple[str, str, str]
"""The same, and the label of a GPU."""
_STEPS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 2 * 86400, 4 * 86400, 7 * 86400)
_MOST_CELLS: Final = 120
_HOUR, _DAY = 3600.0, 86400.0


@dataclass(frozen=True, slots=True, eq=False)
class HeatRows:
    """One measure of some nodes over time.

    Parameters
    ----------
    measure
        What is shown.
    edges
        Shape (m + 1,), seconds UTC, whole multiples of the width of a cell.
    nodes
        The k rows.
    value
        Shape (k, m), in the unit of the measure: the mean over the samples of all GPUs of a node, but for the
        temperature its largest. NaN where there is no sample.
    samples
        Shape (k, m), how many samples a cell is made of.
    exported
        Shape (k,), whether a node has any series of the measure.
    """

    measure: Measure
    edges: FloatArray
    nodes: tuple[NodeId, ...]
    value: FloatArray
    samples: npt.NDArray[np.int64]
    exported: npt.NDArray[np.bool_]

    @property
    def width(self) -> float:
        """Seconds of a cell."""
        return float(self.edges[1] - self.edges[0])


def cell_edges(span: TimeRange) -> FloatArray:
    """Edges of at most 120 even cells, a round number of minutes wide, that cover `span`; multiples of their width."""
    step = next((step for step in _STEPS if span.seconds / step <= _MOST_CELLS), _STEPS[-1])
    first, last = math.floor(span.start / step), math.ceil(span.end / step)
    edges: FloatArray = np.arange(first, last + 1, dtype=np.float64) * step
    return edges


def read_heat(store: Store, station: Station, measure: Measure, nodes: Sequence[NodeId], span: TimeRange) -> HeatRows:
    """Read one measure of some nodes over `span`.

    Raises
    ------
    StoreError
        If the cache cannot be read.
    """
    edges = cell_edges(span)
    rows = {node: number for number, node in enumerate(nodes)}
    with store.reader(station.ceiling) as reader:
        groups = [_of_nodes(find_series(reader, metric), rows) for metric in measure.metrics]
        moment = known_at(reader, store.clock.now())
        if measure is Measure.HEAT:
            value, samples = _most(reader, groups[0], edges, rows, moment)
        else:
            value, samples = _means(reader, groups, edges, rows, moment)
    told = {_node(ref) for ref in groups[0]}
    exported = np.array([node in told for node in nodes], np.bool_)
    return HeatRows(measure, edges, tuple(nodes), value, samples, exported)


def _node(ref: SeriesRef) -> NodeId:
    return ref.enclave, ref.key.label("node")


def _gpu(ref: SeriesRef) -> GpuId:
    return ref.enclave, ref.key.label("node"), ref.key.label("gpu")


def _of_nodes(refs: Sequence[SeriesRef], rows: dict[NodeId, int]) -> list[SeriesRef]:
    return [ref for ref in refs if _node(ref) in rows and ref.key.label("gpu")]


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What k GPUs say in m periods, one pair of arrays (k, m) for each metric: sums, and how many samples.

    Series of one GPU follow each other where a label of theirs changed, such as its team; they are one here. `known`,
    (k, m), is where it says something of every metric.
    """

    gpus: list[GpuId]
    totals: list[FloatArray]
    counts: list[npt.NDArray[np.int64]]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        both: npt.NDArray[np.bool_] = np.all([count > 0 for count in self.counts], axis=0)
        return both

    def mean(self, metric: int) -> FloatArray:
        """Mean of the samples of a metric, 0 where not all of them are known."""
        total = self.totals[metric]
        return np.divide(total, self.counts[metric], out=np.zeros(total.shape), where=self.known)


def _told(reader: Reader, groups: Sequence[Sequence[SeriesRef]], edges: FloatArray, moment: float | None) -> _Told:
    gpus = sorted({_gpu(ref) for refs in groups for ref in refs})
    place = {gpu: number for number, gpu in enumerate(gpus)}
    told = _Told(gpus, [], [])
    for refs in groups:
        read = read_totals(reader, refs, edges.tolist(), moment)
        rows = [place[_gpu(ref)] for ref in refs]
        told.totals.append(_added(rows, read.total, len(gpus)))
        told.counts.append(_added(rows, read.samples, len(gpus)).astype(np.int64))
    return told


def _added(rows: Sequence[int], values: npt.NDArray[np.generic], count: int) -> FloatArray:
    """Values, (n, m), added up by the row that each belongs to, of `count`."""
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, list(rows), values)
    return sums


def _means(
    reader: Reader,
    groups: Sequence[Sequence[SeriesRef]],
    edges: FloatArray,
    rows: dict[NodeId, int],
    moment: float | None,
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Mean of all samples in a cell; of two metrics the one over the other, of the GPUs that say both."""
    told = _told(reader, groups, edges, moment)
    place = [rows[gpu[:2]] for gpu in told.gpus]
    known = told.known
    samples = _added(place, np.where(known, told.counts[0], 0), len(rows))
    above, below = (told.mean(0), told.mean(1)) if len(groups) == 2 else (told.totals[0], told.counts[0])
    sums, wholes = _added(place, above, len(rows)), _added(place, below, len(rows))
    value = np.divide(sums, wholes, out=np.full(sums.shape, np.nan), where=(samples > 0) & (wholes > 0))
    return value, samples.astype(np.int64)


def _most(
    reader: Reader, refs: Sequence[SeriesRef], edges: FloatArray, rows: dict[NodeId, int], moment: float | None
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Largest sample in a cell, and of how many it is the largest."""
    shape = (len(rows), edges.size - 1)
    value = np.full(shape, np.nan)
    span = TimeRange(float(edges[0]), float(edges[-1]))
    for ref, one in zip(refs, read_reduced(reader, refs, span, shape[1], moment), strict=True):
        cell = np.searchsorted(edges, one.time, side="right") - 1
        kept = (cell >= 0) & (cell < shape[1]) & ~np.isnan(one.most)
        np.fmax.at(value[rows[_node(ref)]], cell[kept], one.most[kept])
    read = read_totals(reader, refs, edges.tolist(), moment)
    samples = _added([rows[_node(ref)] for ref in refs], read.samples, len(rows))
    return value, samples.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class EnclaveCurves:
    """Use and memory of the GPUs of an enclave over time, each column a mean; `newest` as of a `Line`."""

    enclave: str
    curve: Reduced
    newest: float


def read_over_time(
    store: Store,
    station: Station,
    measure: Measure,
    enclaves: Sequence[tuple[str, float]],
    span: TimeRange,
    columns: int,
) -> list[EnclaveCurves]:
    """Mean of a measure over all GPUs of each enclave, in about `columns` columns over `span`.

    Parameters
    ----------
    measure
        BUSY: the mean of the samples. MEMORY: what is in use over what there is, of the GPUs that say both.
    enclaves
        Ids with their data time, seconds UTC, NaN where nothing is known.

    Raises
    ------
    StoreError
        If the cache cannot be read.
    """
    width = max(60.0, span.seconds / max(1, columns))
    width = math.ceil(width / _HOUR) * _HOUR if width >= _HOUR else math.ceil(width / 60.0) * 60.0
    edges = np.arange(math.floor(span.start / width), math.ceil(span.end / width) + 1, dtype=np.float64) * width
    with store.reader(station.ceiling) as reader:
        moment = known_at(reader, store.clock.now())
        found = [(name, _share(reader, measure, name, edges, moment), end) for name, end in enclaves]
    curves = []
    for name, value, end in found:
        known = ~np.isnan(value)
        mean = value[known]
        curves.append(EnclaveCurves(name, Reduced(edges[:-1][known], mean, mean, width, width), end))
    return curves


def _share(reader: Reader, measure: Measure, enclave: str, edges: FloatArray, moment: float | None) -> FloatArray:
    """Mean of a measure over the GPUs of an enclave in each period, NaN without a sample.

    Each GPU counts once, by the mean of its own samples: one that missed a scrape weighs no less. Of two metrics the
    one over the other, of the GPUs that say both.
    """
    groups = [
        [ref for ref in find_series(reader, metric, {"enclave": enclave}) if ref.key.label("gpu")]
        for metric in measure.metrics
    ]
    told = _told(reader, groups, edges, moment)
    sums = told.mean(0).sum(axis=0)
    below = told.mean(1).sum(axis=0) if len(groups) == 2 else told.known.sum(axis=0).astype(np.float64)
    share: FloatArray = np.divide(sums, below, out=np.full(edges.size - 1, np.nan), where=below > 0)
    return share


def read_forecast(store: Store, station: Station, enclave: str, data_time: float, policy: GpuPolicy) -> Forecast:
    """When the GPU memory of an enclave reaches its limit, from the peaks of the days before its data time.

    A day ends with the whole hour in which the data ends; its peak is the largest mean of an hour.

    Raises
    ------
    StoreError
        If the cache cannot be read.
    """
    days = max(1, round(policy.forecast_days))
    if math.isnan(data_time):
        nothing = np.empty(0)
        return forecast(nothing, nothing, policy.memory_limit_ratio, policy.forecast_days_least)
    end = math.ceil(data_time / _HOUR) * _HOUR
    edges = end - np.arange(days * 24, -1, -1, dtype=np.float64) * _HOUR
    with store.reader(station.ceiling) as reader:
        hourly = _share(reader, Measure.MEMORY, enclave, edges, known_at(reader, store.clock.now()))
    ends = end - np.arange(days - 1, -1, -1, dtype=np.float64) * _DAY
    return forecast(ends, daily_peaks(hourly), policy.memory_limit_ratio, policy.forecast_days_least)
