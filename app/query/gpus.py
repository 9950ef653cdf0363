"""How the GPUs of every declared node are, at the data time of their enclave."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from app.analysis.gpu import XID_WORDS, increase, xid_health
from app.analysis.grid import Fold, Grid
from app.analysis.health import CRITICAL, GOOD, UNKNOWN, as_health, last_run, timeline
from app.analysis.health_policy import HealthPolicy
from app.analysis.merged import merged
from app.analysis.reasons import measured, silence_text
from app.model.catalogue import Enclave, Node
from app.model.event import Event
from app.model.health import Health
from app.model.sample import FloatArray, Series
from app.query.enclaves import Picture
from app.query.readings import Shelf, Thing, Want

METRICS = (
    "gpu_utilisation_ratio",
    "gpu_temperature_celsius",
    "gpu_xid_errors_total",
    "gpu_ecc_uncorrectable_total",
)
_ALIVE = ("gpu_utilisation_ratio", "gpu_temperature_celsius")
"""What only a GPU that is there can give: the driver counts the errors of one that is gone."""

_WARM_UP = 3600.0


class Trouble(Enum):
    """What is wrong with GPUs."""

    ABSENT = "does not report"
    ERROR = "failed"
    HOT = "too hot"
    IDLE = "idle, but reserved"


@dataclass(frozen=True, slots=True)
class GpuProblem:
    """Something about the GPUs of one node that somebody should look at. Times are seconds UTC.

    `gpus` are the labels of those that it is about, as far as they are known.
    """

    enclave: Enclave
    node: Node
    health: Health
    text: str
    since: float
    trouble: Trouble = Trouble.ERROR
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GpuFleet:
    """The GPUs of some enclaves: how many are declared, the mean use of those that say it, and problems."""

    gpus: int
    busy: float
    problems: tuple[GpuProblem, ...]


def wants(policy: HealthPolicy) -> list[Want]:
    """What must be read to judge the GPUs."""
    back = max(policy.evaluation.lookback_hours, policy.gpu.event_hours) * 3600.0 + _WARM_UP
    return [Want(metric, "node", back, silence=metric in _ALIVE) for metric in METRICS]


def gpu_fleet(
    pictures: Iterable[Picture],
    shelves: Mapping[Thing, Shelf],
    policy: HealthPolicy,
    events: Iterable[Event],
    at: float,
) -> GpuFleet:
    """Judge every declared node of the enclaves in `pictures`; `events` are those of kind ``xid``."""
    told = list(events)
    count, used, problems = 0, [], []
    for picture in pictures:
        for node in picture.catalogue.nodes:
            if node.retired_at is not None and node.retired_at <= at:
                continue
            count += node.gpus
            shelf = shelves.get((picture.enclave.id, "node", node.id), Shelf())
            used += _use(shelf, picture.covered, policy)
            mine = [e for e in told if e.enclave == picture.enclave.id and e.subject == node.id]
            problems += _problems(picture, node, shelf, policy, mine)
    return GpuFleet(count, float(np.mean(used)) if used else math.nan, tuple(problems))


def fresh_seconds(policy: HealthPolicy) -> float:
    """Seconds before its enclave's data time for which a GPU's newest sample counts as now."""
    return policy.rule("gpu_temperature_celsius").of * 60.0


def _use(shelf: Shelf, data_time: float, policy: HealthPolicy) -> list[float]:
    """Newest use of every GPU that says it and has spoken lately."""
    newest = [
        float(one.value[-1])
        for one in shelf.series.get("gpu_utilisation_ratio", [])
        if data_time - one.time[-1] <= fresh_seconds(policy)
    ]
    return [value for value in newest if not math.isnan(value)]


def _problems(
    picture: Picture, node: Node, shelf: Shelf, policy: HealthPolicy, events: list[Event]
) -> list[GpuProblem]:
    xids = _xid_times(picture, shelf, policy, events)
    found = [
        *_absent(picture, node, shelf, policy, {gpu for gpu, code in xids if code == _LOST}),
        *_xids(xids, policy),
        *_memory(picture, shelf, policy, {gpu for gpu, code in xids if code in _MEMORY}),
        *_hot(picture, shelf, policy),
    ]
    return [GpuProblem(picture.enclave, node, *one) for one in found]


class _Found(NamedTuple):
    health: Health
    text: str
    since: float
    trouble: Trouble
    gpus: tuple[str, ...] = ()


Found = Iterable[_Found]
XidTimes = Mapping[tuple[str, int], float]
"""Newest time of each GPU's XIDs, seconds UTC; the code is -1 where nobody named it."""

_LOST = 79
_MEMORY = frozenset({48, 63, 64, 92, 94, 95})


def _absent(picture: Picture, node: Node, shelf: Shelf, policy: HealthPolicy, fallen: set[str]) -> Found:
    """A declared node without data is unknown; one with fewer GPUs than declared has lost some.

    One that fell off the bus, by its XID, is told of once, there.
    """
    newest = shelf.newest(*_ALIVE)
    if not picture.covered - newest <= fresh_seconds(policy):
        text = f"{silence_text(picture.covered - newest)} from its {node.gpus} GPUs"
        yield _Found(Health.UNKNOWN, text, newest, Trouble.ABSENT)
        return
    last: dict[str, float] = {}
    for metric in _ALIVE:
        for one in shelf.series.get(metric, []):
            gpu = one.key.label("gpu").partition(":")[0]  # parts of one card share its number
            last[gpu] = max(last.get(gpu, -math.inf), float(one.time[-1]))
    gone = {gpu: time for gpu, time in last.items() if picture.covered - time > fresh_seconds(policy)}
    missing = node.gpus - (len(last) - len(gone))
    if missing > len(fallen & set(gone)):
        since = min(gone.values(), default=math.nan)
        names = f" (GPU {', '.join(sorted(gone))})" if gone else ""
        text = f"{missing} of {node.gpus} GPUs do not report{names}"
        yield _Found(Health.WARNING, text, since, Trouble.ABSENT, tuple(sorted(set(gone) - fallen)))


def _xid_times(picture: Picture, shelf: Shelf, policy: HealthPolicy, events: list[Event]) -> XidTimes:
    """XIDs of the last hours, from events and from counters.

    A counter of all codes says nothing where an event names the code.
    """
    since = picture.covered - policy.gpu.event_hours * 3600.0
    known = _first_known(shelf)
    seen: dict[tuple[str, int], float] = {}
    for event in events:
        if since <= event.start <= picture.covered:
            where = (dict(event.labels).get("gpu", ""), _code(event))
            seen[where] = max(seen.get(where, -math.inf), event.start)
    named = {gpu for gpu, _ in seen}
    for (gpu, code), (time, value) in _counters(shelf, "gpu_xid_errors_total").items():
        where = (gpu, int(code) if code.isdecimal() else -1)
        rise, last = increase(time, value, since, known)
        if rise > 0.0 and (where[1] >= 0 or where[0] not in named):
            seen[where] = max(seen.get(where, -math.inf), last)
    return seen


def _code(event: Event) -> int:
    """XID of an event: its label, or what its text names; -1 where neither does."""
    told = dict(event.labels).get("xid", "")
    named = re.search(r"\bXID (\d+)", event.text)
    return int(told) if told.isdecimal() else int(named[1]) if named else -1


def _xids(xids: XidTimes, policy: HealthPolicy) -> Found:
    for (gpu, code), last in sorted(xids.items()):
        # a code that nobody told us may be any of them
        health = Health.WARNING if code < 0 else xid_health(code, policy.gpu)
        if health is not None:
            words = f" {code}: {XID_WORDS.get(code, 'see the driver notes')}" if code >= 0 else ""
            yield _Found(health, f"GPU {gpu or '?'} XID{words}", last, Trouble.ERROR, (gpu,) if gpu else ())


def _memory(picture: Picture, shelf: Shelf, policy: HealthPolicy, told: set[str]) -> Found:
    """Uncorrectable memory errors, but of a GPU whose XID has `told` of them."""
    since = picture.covered - policy.gpu.event_hours * 3600.0
    known = _first_known(shelf)
    for (gpu, _), (time, value) in _counters(shelf, "gpu_ecc_uncorrectable_total").items():
        rise, last = increase(time, value, since, known)
        if rise > 0.0 and gpu not in told:
            errors = "error" if rise == 1.0 else "errors"
            text = f"GPU {gpu} {rise:.0f} uncorrectable memory {errors}"
            yield _Found(Health.CRITICAL, text, last, Trouble.ERROR, (gpu,))


def _hot(picture: Picture, shelf: Shelf, policy: HealthPolicy) -> Found:
    """GPUs over a temperature limit, one line for each state of a node."""
    rule = policy.rule("gpu_temperature_celsius", "", picture.enclave.id)
    hot: dict[int, list[tuple[float, float, str]]] = {}
    for one in shelf.series.get("gpu_temperature_celsius", []):
        mild = one.value.max() <= min(rule.warning, rule.critical)  # NaN limits and values go the long way
        if mild or picture.covered - one.time[-1] > fresh_seconds(policy):
            continue
        grid = _grid(one, picture.covered, policy)
        run = last_run(timeline(_placed(one, grid), rule, grid, policy.evaluation.minimum_share))
        if run.code not in {GOOD, UNKNOWN}:
            reading = (float(one.value[-1]), grid.time(run.first), one.key.label("gpu"))
            hot.setdefault(run.code, []).append(reading)
    for code, found in sorted(hot.items(), reverse=True):
        hottest, since = max(one[0] for one in found), min(one[1] for one in found)
        limit = measured(rule.metric, rule.critical if code == CRITICAL else rule.warning)
        many = "1 GPU" if len(found) == 1 else f"{len(found)} GPUs"
        text = f"{many} over {limit}, hottest {measured(rule.metric, hottest)}"
        yield _Found(as_health(code), text, since, Trouble.HOT, tuple(gpu for _, _, gpu in found))


def _counters(shelf: Shelf, metric: str) -> dict[tuple[str, str], tuple[FloatArray, FloatArray]]:
    """Times and values of a counter by GPU and code.

    Where another label of a GPU changed, such as its team, a new series goes on from the count of the old one: apart
    it would look like errors since zero.
    """
    found: dict[tuple[str, str], list[Series]] = {}
    for one in shelf.series.get(metric, []):
        found.setdefault((one.key.label("gpu"), one.key.label("xid")), []).append(one)
    return {where: merged(many, Fold.MOST) for where, many in found.items()}


def _first_known(shelf: Shelf) -> float:
    times = [float(one.time[0]) for many in shelf.series.values() for one in many]
    return min(times, default=math.nan)


def _grid(one: Series, data_time: float, policy: HealthPolicy) -> Grid:
    """Grid in the spacing of the samples themselves: nodes declare none."""
    step = float(np.median(np.diff(one.time[-60:]))) if one.time.size > 1 else policy.gpu.step_seconds
    seconds = policy.evaluation.lookback_hours * 3600.0
    return Grid.ending(data_time, max(1.0, step), seconds).around(float(one.time[-1]))


def _placed(one: Series, grid: Grid) -> FloatArray:
    return grid.place(one.time, one.value, Fold.LAST)
