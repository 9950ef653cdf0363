"""The arithmetic of recipes: raw series of one subject in, columns of our vocabulary out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.analysis.counter import BoolArray, increments, known_edges, rolling_sum
from app.analysis.histogram import bucket_quantile
from app.analysis.recipe import Count, Family, Gauge, Histogram, Labels, Mean, Recipe, Summary
from app.model.sample import FloatArray
from app.model.time_range import TimeRange

QUANTILES = (0.5, 0.95, 0.99)
ROLLING = 300.0
"""Seconds over which a quantile or a mean is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Raw samples of one series of the source: `time` and `value` shape (m,), seconds increasing."""

    labels: Labels
    time: FloatArray
    value: FloatArray


RawOf = Mapping[str, Sequence[Raw]]
"""Raw series of one subject, by name of the family."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The steps of one reading and how often targets are scraped.

    `edges` has shape (n + 1,), seconds; `interval` is the longest usual seconds between scrapes;
    `width` the steps of a rolling window. The first `warm` steps only fill that window.
    """

    edges: FloatArray
    interval: float
    width: int
    warm: int

    @classmethod
    def over(cls, span: TimeRange, step: float, interval: float) -> "Steps":
        """Steps that end in `span`, whose ends are multiples of `step`, and those that fill the window before."""
        width = max(1, round(ROLLING / step))
        count = round(span.seconds / step) + width
        edges = span.start + step * np.arange(-width, count - width, dtype=np.float64)
        return cls(edges, interval, width, width - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One result: metric, extra labels and a value per step, NaN where unknown."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: FloatArray


def target(labels: Labels) -> tuple[str, ...]:
    """What was scraped: its job and instance; a series without both stands for itself."""
    identity = (labels.get("job", ""), labels.get("instance", ""))
    return identity if any(identity) else tuple(f"{key}={value}" for key, value in sorted(labels.items()))


def by_target(rows: Iterable[Raw]) -> dict[tuple[str, ...], list[Raw]]:
    """Raw series of each target."""
    found: dict[tuple[str, ...], list[Raw]] = {}
    for row in rows:
        found.setdefault(target(row.labels), []).append(row)
    return found


def _times(rows: Sequence[Raw]) -> FloatArray:
    return np.unique(np.concatenate([row.time for row in rows])) if rows else np.empty(0)


def _rises(rows: Sequence[Raw], steps: Steps) -> tuple[FloatArray, BoolArray]:
    """Increase of each series of one target, shape (k, n) with NaN, and whether the target was read, (n,)."""
    known = known_edges(_times(rows), steps.edges, steps.interval)
    read = known[1:] & known[:-1]
    if not rows:
        return np.empty((0, len(read))), read
    rises = [increments(row.time, row.value, steps.edges, steps.interval, known) for row in rows]
    return np.vstack(rises), read


def _exported(families: Sequence[Family], raw: RawOf, steps: Steps) -> BoolArray:
    """Whether any target was seen to export one of the families at the end of each step, shape (n,).

    At the first scrape of a target nothing can be counted yet, but that it exports is known.
    """
    rows = [row for family in families for row in raw.get(family.key, ())]
    return known_edges(_times(rows), steps.edges, steps.interval)[1:]


def _family_count(rows: Sequence[Raw], family: Family, steps: Steps) -> FloatArray:
    """Count per step of one family at one target: 0 where it is read and no series of it counts."""
    rises, read = _rises(rows, steps)
    chosen = rises[[family.holds(row.labels) for row in rows]]
    return np.where(read, np.nansum(chosen, axis=0), np.nan)


def add_known(parts: Sequence[FloatArray], length: int) -> FloatArray:
    """Sum over targets; a target that is unknown at a step adds nothing, all unknown is unknown."""
    if not parts:
        return np.full(length, np.nan)
    stack = np.vstack(parts)
    return np.where(np.isnan(stack).all(axis=0), np.nan, np.nansum(stack, axis=0))


def count(entries: Sequence[Count], raw: RawOf, steps: Steps) -> FloatArray:
    """Count per step of one subject over all its targets, shape (n,), NaN where no target is known."""
    length = len(steps.edges) - 1
    chosen: dict[tuple[str, ...], FloatArray] = {}
    for entry in entries:
        more = by_target(raw.get(entry.plus.key, ())) if entry.plus else {}
        less = by_target(raw.get(entry.minus.key, ())) if entry.minus else {}
        for place, rows in by_target(raw.get(entry.counter.key, ())).items():
            value = _family_count(rows, entry.counter, steps)
            if entry.plus:
                value = value + np.nan_to_num(_family_count(more.get(place, ()), entry.plus, steps), nan=0.0)
            if entry.minus:
                # A request between the two counters at a scrape makes one step short and the next long.
                value = np.maximum(value - _family_count(less.get(place, ()), entry.minus, steps), 0.0)
            earlier = chosen.get(place)
            chosen[place] = value if earlier is None else np.where(np.isnan(earlier), value, earlier)
    return add_known(list(chosen.values()), length)


@dataclass(frozen=True, slots=True, eq=False)
class _Buckets:
    """Rises of the buckets of one target, by bound in seconds, and when it was read."""

    bounds: Mapping[float, FloatArray]
    read: BoolArray
    within: str


def _buckets(entries: Sequence[Histogram], raw: RawOf, steps: Steps) -> list[_Buckets]:
    """Buckets of each target, from the first entry that it exports."""
    chosen: dict[tuple[str, ...], _Buckets] = {}
    for entry in entries:
        for place, rows in by_target(raw.get(entry.buckets.key, ())).items():
            rises, read = _rises(rows, steps)
            bounds: dict[float, FloatArray] = {}
            for row, rise in zip(rows, rises, strict=True):
                if entry.buckets.holds(row.labels) and "le" in row.labels:
                    bound = float(row.labels["le"]) / entry.per
                    bounds[bound] = bounds.get(bound, 0.0) + np.nan_to_num(rise, nan=0.0)
            if math.inf in bounds and (place not in chosen or not chosen[place].read.any()):
                chosen[place] = _Buckets(bounds, read, entry.within)
    return list(chosen.values())


def _merge(targets: Sequence[_Buckets]) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Observations per step at or below each bound, summed over targets before any quantile is taken.

    Returns
    -------
    upper : ndarray, shape (b,)
        Bounds in seconds, ascending, the last +Inf.
    cumulative : ndarray, shape (b, n)
        NaN where no target is known. A target without a bound has at least what its next smaller one holds.
    shared : ndarray of bool, shape (b,)
        Whether every target has the bound, so that the count is exact.
    """
    upper = np.array(sorted({bound for one in targets for bound in one.bounds}))
    parts = []
    for one in targets:
        own = np.array(sorted(one.bounds))
        table = np.vstack([np.zeros(len(one.read)), *(one.bounds[bound] for bound in own)])
        parts.append(np.where(one.read, table[np.searchsorted(own, upper, side="right")], np.nan))
    shared = np.array([all(bound in one.bounds for one in targets) for bound in upper])
    stack = np.stack(parts)
    return upper, np.where(np.isnan(stack).all(axis=0), np.nan, np.nansum(stack, axis=0)), shared


def _latency(entries: Sequence[Histogram], raw: RawOf, steps: Steps) -> list[Column]:
    """Quantiles with their bounds over the rolling window, and the counts within each bound."""
    targets = _buckets(entries, raw, steps)
    if not targets:
        return []
    upper, cumulative, shared = _merge(targets)
    if len(upper) < 2:  # a histogram of one open bucket says nothing about latency
        return []
    rolled = rolling_sum(cumulative, steps.width)
    columns = []
    for share in QUANTILES:
        value, bound = bucket_quantile(upper, rolled, share)
        label = (("quantile", f"{share:g}"),)
        columns.append(Column(entries[0].metric, label, value))
        columns.append(Column(entries[0].metric.removesuffix("_seconds") + "_bound", label, bound))
    within = {one.within for one in targets}
    if len(within) == 1 and within != {""}:
        for number in np.flatnonzero(shared[:-1]):
            label = (("le", f"{upper[number]:.12g}"),)
            columns.append(Column(targets[0].within, label, cumulative[number]))
    return columns


def _mean(entry: Mean, raw: RawOf, steps: Steps) -> list[Column]:
    """Mean over the rolling window in seconds, NaN without observations."""
    total = rolling_sum(count([Count(entry.metric, entry.total)], raw, steps), steps.width)
    seen = rolling_sum(count([Count(entry.metric, entry.count)], raw, steps), steps.width)
    value = np.divide(total, seen * entry.per, out=np.full_like(total, np.nan), where=seen > 0)
    return [Column(entry.metric, (), value)]


def _summary(entry: Summary, rows: Sequence[Raw], steps: Steps) -> tuple[list[Column], BoolArray]:
    """Largest quantile of the replicas; exact with one of them, at most with several."""
    length = len(steps.edges) - 1
    columns, read = [], np.zeros(length, dtype=np.bool_)
    for share in QUANTILES:
        values = [row.value for row in rows if row.labels.get("quantile") == f"{share:g}"]
        if not values:
            continue
        stack = np.vstack(values) / entry.per
        replicas = (~np.isnan(stack)).sum(axis=0)
        value = np.fmax.reduce(stack, axis=0)
        bound = np.where(replicas > 1, -1.0, np.where(replicas == 1, 0.0, np.nan))
        label = (("quantile", f"{share:g}"),)
        columns.append(Column(entry.metric, label, value))
        columns.append(Column(entry.metric.removesuffix("_seconds") + "_bound", label, bound))
        read |= replicas > 0
    return columns, read


def _gauge(entries: Sequence[tuple[Gauge, Sequence[Raw]]], length: int) -> FloatArray:
    """First entry that has a value at a step, its series combined; shape (n,)."""
    result = np.full(length, np.nan)
    for entry, rows in entries:
        if not rows:
            continue
        stack = np.vstack([row.value for row in rows])
        value = np.fmax.reduce(stack) if entry.combine == "max" else np.fmin.reduce(stack)
        if entry.combine == "sum":
            value = add_known(list(stack), length)
        result = np.where(np.isnan(result), value, result)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one recipe gave for one subject: columns, and by metric the steps at which it was exported."""

    columns: tuple[Column, ...]
    read: Mapping[str, BoolArray]


def apply(
    recipe: Recipe, wanted: Sequence[str], missing: Sequence[str], raw: RawOf, gridded: RawOf, steps: Steps
) -> Reading:
    """Turn the raw series of one subject into our vocabulary.

    Parameters
    ----------
    wanted
        Metrics to make; others of the recipe come from a recipe of higher rank.
    missing
        Metrics that no recipe of the subject defines: they are named as not exported.
    raw
        Scrapes of the counters and buckets, by `Family.key`.
    gridded
        Values at ``steps.edges[1:]`` (NaN: none) of gauges and summaries, by expression or name.
    """
    columns: list[Column] = []
    read: dict[str, BoolArray] = {}
    alive = np.zeros(len(steps.edges) - 1, dtype=np.bool_)
    for metric in wanted:
        found, read[metric] = _metric(recipe, metric, raw, gridded, steps)
        columns += found
        # A server that is down answers with up = 0; what it would export is then unknown, not absent.
        alive |= found[0].value == 1 if metric.endswith("_up") and found else read[metric]
    for metric in (*wanted, *missing):
        known = read.get(metric, np.zeros_like(alive))
        value = np.where(known, 1.0, np.where(alive, 0.0, np.nan))
        columns.append(Column("exported", (("metric", metric),), value))
    return Reading(tuple(columns), read)


def _metric(recipe: Recipe, metric: str, raw: RawOf, gridded: RawOf, steps: Steps) -> tuple[list[Column], BoolArray]:
    """Columns of one metric by the first kind of entry that gives any, and when it was exported."""
    length = len(steps.edges) - 1
    found: list[Column] = []
    seen = np.zeros(length, dtype=np.bool_)
    histograms = [entry for entry in recipe.histogram if entry.metric == metric]
    if histograms:
        found = _latency(histograms, raw, steps)
        seen = _exported([entry.buckets for entry in histograms], raw, steps)
    for summary in recipe.summary:
        if summary.metric == metric and not seen.any():
            found, seen = _summary(summary, gridded.get(summary.name, ()), steps)
    for entry in recipe.mean:
        if entry.metric == metric and not seen.any():
            found, seen = _mean(entry, raw, steps), _exported([entry.total], raw, steps)
    counts = [entry for entry in recipe.count if entry.metric == metric]
    gauges = [(entry, gridded.get(entry.query, ())) for entry in recipe.gauge if entry.metric == metric]
    if counts:
        found = [Column(metric, (), count(counts, raw, steps))]
        seen = _exported([entry.counter for entry in counts], raw, steps)
    elif gauges:
        value = _gauge(gauges, length)
        found, seen = [Column(metric, (), value)], ~np.isnan(value)
    return found, seen
