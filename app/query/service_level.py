"""One promise closely: how its budget went down, when it burned and when that was learned, what exclusions hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from app.analysis.budget import Ahead, BurnDown, Spending, ahead, burn_down, spending
from app.analysis.burn_rate import Burn, Pair
from app.analysis.intervals import Intervals, subtract, union, whole
from app.analysis.recurrence import occurrences
from app.errors import InputError
from app.job import Job
from app.model.marking import Level
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.query.burn_pairs import read_burn_pairs
from app.query.judging import CELL, Bench, Question
from app.query.promise import Promise, PromiseKey
from app.query.service_levels import Adhered, daily_spending, judge
from app.settings import Station
from app.store.database import Store

_CELLS = 720
"""Cells of a burn-down at most: one an hour in a month."""
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class BurnCurve:
    """Burn rate of one window over time: `time` are the ends of the cells, seconds UTC, `rate` is NaN if unknown."""

    seconds: float
    time: FloatArray
    rate: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Closely:
    """One promise closely.

    `down` ends where the period is not over yet. `curves` are those of the windows, shortest first, each once.
    `burns` are the stretches in which a pair spoke. `ahead` is what will be left, None where nothing can be said.
    `gaps` are the time that counts and of which nothing is known, `bundles` how many bundles tell of the period.
    `excluded` are the stretches of each standing exclusion by its id, `costs` what each of them, and of any other
    stretches asked for, cost or would have cost, had it been counted.
    """

    row: Adhered
    down: BurnDown
    curves: tuple[BurnCurve, ...]
    burns: tuple[Burn, ...]
    ahead: Ahead | None
    gaps: Intervals
    bundles: int
    excluded: dict[str, Intervals]
    costs: tuple[Spending, ...]


def read_closely(
    store: Store,
    station: Station,
    question: Question,
    keys: Sequence[PromiseKey],
    job: Job,
    stretches: Mapping[str, TimeRange] = MappingProxyType({}),
    *,
    ceiling: Level | None = None,
) -> list[Closely]:
    """Look at promises closely, in the order of `keys`; `stretches` are time, by name, of which the cost is asked.

    Raises
    ------
    InputError
        If one of them was not in force in the period.
    ValueError, SettingsError, StoreError
        As in `read_service_levels`.
    """
    pairs = read_burn_pairs(store.paths)
    found = []
    with store.reader(station.reach(ceiling)) as reader:
        bench = Bench(store, reader, question)
        promises = {one.key: one for one in bench.promises()}
        for number, key in enumerate(keys):
            if key not in promises:
                msg = f"The promise {key.objective} was not in force at {key.endpoint} in this period."
                raise InputError(msg, "Choose another period.")
            job.step(number, len(keys), "Looking closely")
            found.append(_closely(bench, promises[key], pairs, stretches))
    return found


def _closely(bench: Bench, promise: Promise, pairs: Sequence[Pair], stretches: Mapping[str, TimeRange]) -> Closely:
    case = bench.case(promise)
    (row,) = judge(bench, [case], pairs, bench.question.at)
    (evidence,) = bench.evidence([case], closely=True)
    track = bench.track(case, max((pair.long for pair in pairs), default=0.0))
    over, where, span, target = case.frame.over, case.frame.where, promise.period.span, promise.objective.target
    edges: FloatArray = np.union1d(_edges(span), [over.end])
    cells = evidence.tally(where.kept, edges[edges <= over.end])
    ends: FloatArray = track.grid.start + CELL * np.arange(1, track.grid.count + 1, dtype=np.float64)
    widths = sorted({float(width) for pair in pairs for width in (pair.long, pair.short)})
    counted, daily = promise.scopes(span), evidence.tally(where.kept, case.frame.days)
    excluded = {one.id: occurrences(one, span) for one in promise.standing}
    if same := sorted(excluded.keys() & stretches.keys()):
        msg = f"{same[0]!r} is the name of an exclusion already."
        raise InputError(msg, "Give the stretch of time another name.")
    named = excluded | {name: whole(stretch) for name, stretch in stretches.items()}
    return Closely(
        row,
        burn_down(
            cells.filled(promise.objective.missing),
            cells,
            edges,
            union(counted.kept, counted.aside),
            row.budget.allowed,
        ),
        tuple(BurnCurve(width, ends, track.rates(width, target)) for width in widths),
        tuple(burn for pair in pairs for burn in track.burns(pair, target, promise.length) if burn.end > over.start),
        ahead(daily_spending(daily, case.frame), row.budget.left, bench.question.at, span.end),
        subtract(where.kept, evidence.known),
        bench.bundles(promise, over),
        excluded,
        tuple(spending(evidence, where.promised, named, row.budget.allowed) if named else ()),
    )


def _edges(span: TimeRange) -> FloatArray:
    """Edges of equal cells of whole hours, the last of which may be shorter."""
    hours = max(1.0, np.ceil(span.seconds / _HOUR / _CELLS))
    edges: FloatArray = np.append(np.arange(span.start, span.end, hours * _HOUR), span.end)
    return edges
