"""Reading every GPU as it is now."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.analysis.gpu import idle_since
from app.analysis.grid import Fold
from app.analysis.health_policy import HealthPolicy
from app.analysis.merged import merged
from app.job import Job
from app.model.catalogue import Node
from app.model.event import Event
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.model.sample import Series
from app.model.time_range import TimeRange
from app.query import gpus
from app.query.attention import attention
from app.query.enclaves import Picture, known_at, pictures
from app.query.gpu_floor import USE, USED, Gpu, GpuFloor, Hidden, NodeNow, Reading, Told
from app.query.gpu_newest import Newest, newest_samples
from app.query.gpus import GpuProblem, Trouble, fresh_seconds, gpu_fleet
from app.query.health import marking_of
from app.query.policy import read_policy
from app.query.readings import Shelf, Thing, read_shelves
from app.settings import Station
from app.store.bundles import highest_level
from app.store.database import Store
from app.store.events import events

_HISTORY = 30 * 86400.0
_FORGOTTEN = 86400.0
"""Seconds after which a GPU that its node outlived is not drawn any more: it was taken out, or cut otherwise."""
_GIB = 2.0**30


def read_gpus(
    store: Store, station: Station, at: float, span: TimeRange, job: Job, *, hidden: frozenset[str] = frozenset()
) -> GpuFloor:
    """Read every GPU of every declared node at `at`, seconds UTC, and what is wrong with any.

    Each enclave is judged at its own data time, as the overview does it. `hidden` are the ids of enclaves that a
    filter leaves out; their worst state is still named.

    Raises
    ------
    SettingsError
        If the health policy is wrong.
    StoreError
        If the cache cannot be read.
    """
    job.step(0, None, "Reading the GPUs")
    policy = read_policy(store.paths)
    read = _read(store, station, policy, at)
    job.check()
    shown = [one for one in read.pictures if one.enclave.id not in hidden]
    found = [_enclave(picture, read, policy, at) for picture in shown]
    nodes = tuple(node for many in found for node in many)
    problems = [problem for node in nodes for problem in node.problems]
    gone = [one for one in read.pictures if one.enclave.id in hidden]
    levels = [] if read.highest is None else [read.highest]
    return GpuFloor(
        as_of=at,
        span=span,
        marking=marking_of(station, [one.enclave for one in read.pictures], levels, None),
        policy=policy,
        pictures=tuple(shown),
        nodes=nodes,
        problems=tuple(replace(item, detail="") for item in attention(station, at, [], (), problems, ())),
        errors=tuple(sorted(read.events, key=lambda event: -event.start)),
        hidden=tuple(_hidden(picture, read, policy, at) for picture in gone),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    pictures: list[Picture]
    shelves: dict[Thing, Shelf]
    events: list[Event]
    newest: dict[Thing, list[Newest]]
    highest: Level | None


def _read(store: Store, station: Station, policy: HealthPolicy, at: float) -> _Read:
    with store.reader(station.ceiling) as reader:
        seen = pictures(reader, at)
        ends = {picture.enclave.id: picture.covered for picture in seen}
        moment = known_at(reader, at)
        shelves = read_shelves(reader, gpus.wants(policy), ends, moment)
        newest = newest_samples(reader, shelves, ends, moment)
        told = [event for event, _ in events(reader, TimeRange(at - _HISTORY, at), ("xid",), known_at=moment)]
        return _Read(seen, shelves, told, newest, highest_level(reader))


def _hidden(picture: Picture, read: _Read, policy: HealthPolicy, at: float) -> Hidden:
    judged = gpu_fleet([picture], read.shelves, policy, read.events, at)
    # of old data nothing is known to be well
    least = Health.UNKNOWN if picture.freshness in (Freshness.STALE, Freshness.EXPIRED) else Health.HEALTHY
    worst = min((least, *(one.health for one in judged.problems)), key=lambda health: health.rank)
    return Hidden(picture.enclave, judged.gpus, worst)


def _enclave(picture: Picture, read: _Read, policy: HealthPolicy, at: float) -> list[NodeNow]:
    problems = gpu_fleet([picture], read.shelves, policy, read.events, at).problems
    there = [node for node in picture.catalogue.nodes if node.retired_at is None or node.retired_at > at]
    return [
        _node(picture, node, read, policy, [one for one in problems if one.node.id == node.id])
        for node in sorted(there, key=lambda node: node.id)
    ]


def _node(picture: Picture, node: Node, read: _Read, policy: HealthPolicy, problems: Sequence[GpuProblem]) -> NodeNow:
    thing = (picture.enclave.id, "node", node.id)
    told: dict[str, list[Newest]] = {}
    for one in read.newest.get(thing, []):
        told.setdefault(one.key.label("gpu"), []).append(one)
    newest = _latest(read.newest.get(thing, []))
    idle = _idle(picture, read.shelves.get(thing, Shelf()), policy)
    found = []
    for name, many in told.items():
        if _latest(many) >= newest - _FORGOTTEN:
            mine = tuple(one for one in problems if _about(one, name))
            readings = _readings(many, picture.covered, policy)
            held = readings[USED].value if USED in readings else 0.0
            since = idle.get(name, math.nan) if held >= policy.gpu.idle_memory_bytes else math.nan
            team = max(many, key=_heard_at).key.label("team")
            found.append(Gpu(picture.enclave.id, node.id, name, team, readings, mine, since))
    found += _unheard(node, picture, found, problems)
    found.sort(key=lambda gpu: _order(gpu.name))
    reserved = _reserved(picture, node, found)
    if reserved is not None:
        found = [
            gpu if math.isnan(gpu.idle_since) else replace(gpu, problems=(*gpu.problems, reserved)) for gpu in found
        ]
    return NodeNow(
        picture.enclave, node, tuple(found), tuple(problems) + ((reserved,) if reserved is not None else ()), newest
    )


def _about(problem: GpuProblem, name: str) -> bool:
    """Whether a problem is that of a GPU; one of a card is that of all of its parts."""
    return name in problem.gpus or name.partition(":")[0] in problem.gpus


def _order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts 2 before 10, and parts behind each other."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in name.split(":"))


def _heard_at(one: Newest) -> float:
    return -math.inf if math.isnan(one.time) else one.time


def _latest(many: Sequence[Newest]) -> float:
    return max((one.time for one in many if not math.isnan(one.time)), default=math.nan)


def _readings(many: Sequence[Newest], covered: float, policy: HealthPolicy) -> Mapping[str, Reading]:
    """Newest sample of each metric; counters of several codes are added up.

    A GPU whose team or other label changed has several series of a metric: the newest speaks, the others are over.
    """
    newest: dict[tuple[str, str], Newest] = {}
    for sample in sorted(many, key=_heard_at):
        if not math.isnan(sample.time):
            newest[sample.key.metric, sample.key.label("xid")] = sample
    found: dict[str, Reading] = {}
    for (metric, _), (_, time, value) in newest.items():
        now = covered - time <= fresh_seconds(policy) and not math.isnan(value)
        one = Reading(value, time, Told.NOW if now else Told.SILENT)
        before = found.get(metric)
        if before is not None:
            told = Told.NOW if Told.NOW in (before.told, one.told) else Told.SILENT
            one = Reading(before.value + value, max(before.time, time), told)
        found[metric] = one
    return found


def _idle(picture: Picture, shelf: Shelf, policy: HealthPolicy) -> dict[str, float]:
    """Since when each GPU of a node has done nothing."""
    by_gpu: dict[str, list[Series]] = {}
    for one in shelf.series.get(USE, []):
        by_gpu.setdefault(one.key.label("gpu"), []).append(one)
    share = policy.evaluation.minimum_share
    return {
        gpu: idle_since(*merged(many, Fold.MOST), picture.covered, policy.gpu, share) for gpu, many in by_gpu.items()
    }


def _unheard(node: Node, picture: Picture, heard: Sequence[Gpu], problems: Sequence[GpuProblem]) -> list[Gpu]:
    """Cards that are declared and do not appear in the data, by the numbers that are free."""
    cards = {gpu.card for gpu in heard}
    free = [str(number) for number in range(node.gpus) if str(number) not in cards]
    missing = max(0, node.gpus - len(cards))
    return [
        Gpu(picture.enclave.id, node.id, name, "", {}, tuple(p for p in problems if _about(p, name)), heard=False)
        for name in free[:missing]
    ]


def _reserved(picture: Picture, node: Node, told: Sequence[Gpu]) -> GpuProblem | None:
    """GPUs of a node that hold memory and do nothing, in one line."""
    idle = [gpu for gpu in told if not math.isnan(gpu.idle_since)]
    if not idle:
        return None
    held = sum(gpu.readings[USED].value for gpu in idle) / _GIB
    many = "1 GPU is" if len(idle) == 1 else f"{len(idle)} GPUs are"
    verb = "holds" if len(idle) == 1 else "hold"
    text = f"{many} idle and {verb} {held:,.0f}\N{NO-BREAK SPACE}GiB of memory".replace(",", "\N{NO-BREAK SPACE}")
    since = max(gpu.idle_since for gpu in idle)
    names = tuple(gpu.name for gpu in idle)
    return GpuProblem(picture.enclave, node, Health.WARNING, text, since, Trouble.IDLE, names)
