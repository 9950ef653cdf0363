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
from app.query.gpu_floor import Measure
from app.settings import Station
from app.store.database import Reader, Store
from app.store.reduced import Reduced, read_reduced
from app.store.samples import SeriesRef, find_series
from app.store.totals import read_totals

NodeId = tuple[str, str]
"""Ids of an enclave and of a node."""
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
        if measure is Measure.HEAT:
            value, samples = _most(reader, groups[0], edges, rows)
        else:
            value, samples = _means(reader, groups, edges, rows)
    told = {_node(ref) for ref in groups[0]}
    exported = np.array([node in told for node in nodes], np.bool_)
    return HeatRows(measure, edges, tuple(nodes), value, samples, exported)


def _node(ref: SeriesRef) -> NodeId:
    return ref.enclave, ref.key.label("node")


def _of_nodes(refs: Sequence[SeriesRef], rows: dict[NodeId, int]) -> list[SeriesRef]:
    return [ref for ref in refs if _node(ref) in rows and ref.key.label("gpu")]


def _means(
    reader: Reader, groups: Sequence[Sequence[SeriesRef]], edges: FloatArray, rows: dict[NodeId, int]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Mean of all samples in a cell; of two metrics the sum of the one over the sum of the other."""
    shape = (len(rows), edges.size - 1)
    sums, counts = [], []
    for refs in groups:
        read = read_totals(reader, refs, edges.tolist())
        total, count = np.zeros(shape), np.zeros(shape, np.int64)
        place = [rows[_node(ref)] for ref in refs]
        np.add.at(total, place, read.total)
        np.add.at(count, place, read.samples)
        sums.append(total)
        counts.append(count)
    below = sums[1] if len(groups) == 2 else counts[0].astype(np.float64)
    value = np.divide(sums[0], below, out=np.full(shape, np.nan), where=(counts[0] > 0) & (below > 0))
    return value, counts[0]


def _most(
    reader: Reader, refs: Sequence[SeriesRef], edges: FloatArray, rows: dict[NodeId, int]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Largest sample in a cell. How many there are is not known of columns that come from rollups: 1 for each."""
    shape = (len(rows), edges.size - 1)
    value, samples = np.full(shape, np.nan), np.zeros(shape, np.int64)
    span = TimeRange(float(edges[0]), float(edges[-1]))
    for ref, one in zip(refs, read_reduced(reader, refs, span, shape[1]), strict=True):
        cell = np.searchsorted(edges, one.time, side="right") - 1
        kept = (cell >= 0) & (cell < shape[1]) & ~np.isnan(one.most)
        row = rows[_node(ref)]
        np.fmax.at(value[row], cell[kept], one.most[kept])
        np.add.at(samples[row], cell[kept], 1)
    return value, samples


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
        found = [(name, _share(reader, measure, name, edges), end) for name, end in enclaves]
    curves = []
    for name, value, end in found:
        known = ~np.isnan(value)
        mean = value[known]
        curves.append(EnclaveCurves(name, Reduced(edges[:-1][known], mean, mean, width, width), end))
    return curves


def _share(reader: Reader, measure: Measure, enclave: str, edges: FloatArray) -> FloatArray:
    """Mean of a measure over the GPUs of an enclave in each period, NaN without a sample.

    Each GPU counts once, by the mean of its own samples: one that missed a scrape weighs no less.
    """
    sums, counts = [], []
    for metric in measure.metrics:
        refs = [ref for ref in find_series(reader, metric, {"enclave": enclave}) if ref.key.label("gpu")]
        read = read_totals(reader, refs, edges.tolist())
        known = read.samples > 0
        mean = np.divide(read.total, read.samples, out=np.zeros(known.shape), where=known)
        sums.append(mean.sum(axis=0))
        counts.append(known.sum(axis=0).astype(np.float64))
    below = sums[1] if len(sums) == 2 else counts[0]
    told = (counts[0] > 0) & (below > 0)
    share: FloatArray = np.divide(sums[0], below, out=np.full(edges.size - 1, np.nan), where=told)
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
        hourly = _share(reader, Measure.MEMORY, enclave, edges)
    ends = end - np.arange(days - 1, -1, -1, dtype=np.float64) * _DAY
    return forecast(ends, daily_peaks(hourly), policy.memory_limit_ratio, policy.forecast_days_least)
