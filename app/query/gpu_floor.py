"""Every GPU as it is now, by node and enclave: the answer behind the GPU page. No array anywhere in it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from app.analysis.health_policy import HealthPolicy
from app.model.catalogue import Enclave, Node
from app.model.event import Event
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.enclaves import Picture
from app.query.fleet import Attention
from app.query.gpus import GpuProblem, Trouble

USE = "gpu_utilisation_ratio"
ACTIVE = "gpu_sm_active_ratio"
USED, TOTAL = "gpu_memory_used_bytes", "gpu_memory_total_bytes"
POWER = "gpu_power_watts"
HEAT = "gpu_temperature_celsius"
XID, ECC = "gpu_xid_errors_total", "gpu_ecc_uncorrectable_total"
METRICS = (USE, ACTIVE, USED, TOTAL, POWER, HEAT, XID, ECC)


class Measure(Enum):
    """What of a GPU is looked at; `metrics` are the series that it needs, and what it is of is the first of them."""

    metrics: tuple[str, ...]

    BUSY = "busy", (USE,)
    ACTIVE = "sm", (ACTIVE,)
    MEMORY = "memory", (USED, TOTAL)
    POWER = "power", (POWER,)
    HEAT = "heat", (HEAT,)

    def __init__(self, _: str, metrics: tuple[str, ...]) -> None:
        self.metrics = metrics


class Told(Enum):
    """Whether a GPU says something."""

    NOW = "now"
    SILENT = "no data"
    NOT_EXPORTED = "not exported"


class Reading(NamedTuple):
    """One number of a GPU: its value, the time of its newest sample (seconds UTC), and whether that is now.

    `value` is the last known one where it is SILENT and NaN where it is NOT_EXPORTED; `time` is NaN where there
    never was a sample.
    """

    value: float
    time: float
    told: Told


NOT_EXPORTED = Reading(math.nan, math.nan, Told.NOT_EXPORTED)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU, or a part of one (MIG), of a node, by ids; named as its label ``gpu``: ``3``, or ``3:1`` for a part.

    `readings` are by metric; one that is not in it is not exported. `idle_since` is NaN while it is not idle but
    reserved. `heard` is False for a card that the catalogue declares and that nobody has heard of lately.
    """

    enclave: str
    node: str
    name: str
    team: str
    readings: Mapping[str, Reading]
    problems: tuple[GpuProblem, ...] = ()
    idle_since: float = math.nan
    heard: bool = True

    @property
    def card(self) -> str:
        """Number of the card."""
        return self.name.partition(":")[0]

    @property
    def failed(self) -> bool:
        """Whether it is broken, by its XID or its memory."""
        return any(one.trouble is Trouble.ERROR and one.health is Health.CRITICAL for one in self.problems)

    @property
    def worst(self) -> Health:
        """Worst state among its problems; UNKNOWN for one that is silent, HEALTHY for one that says it is well."""
        least = Health.HEALTHY if any(one.told is Told.NOW for one in self.readings.values()) else Health.UNKNOWN
        return min((one.health for one in self.problems), key=lambda health: health.rank, default=least)

    def reading(self, measure: Measure) -> Reading:
        """What it says of one measure; memory is a share of its total."""
        first, *others = (self.readings.get(metric, NOT_EXPORTED) for metric in measure.metrics)
        for other in others:
            if Told.NOT_EXPORTED in (first.told, other.told) or not other.value > 0.0:
                return NOT_EXPORTED
            told = first.told if other.told is Told.NOW else other.told
            first = Reading(first.value / other.value, first.time, told)
        return first


@dataclass(frozen=True, slots=True)
class NodeNow:
    """A declared node with its GPUs, in order of their numbers. `newest` is the time of its newest sample or NaN."""

    enclave: Enclave
    node: Node
    gpus: tuple[Gpu, ...]
    problems: tuple[GpuProblem, ...]
    newest: float

    @property
    def cards(self) -> dict[str, list[Gpu]]:
        """GPUs and parts by card, in order."""
        found: dict[str, list[Gpu]] = {}
        for gpu in self.gpus:
            found.setdefault(gpu.card, []).append(gpu)
        return found

    @property
    def worst(self) -> Health:
        """Worst state among its problems; without any, of its GPUs."""
        states = [one.health for one in self.problems] or [gpu.worst for gpu in self.gpus]
        return min(states, key=lambda health: health.rank, default=Health.UNKNOWN)

    @property
    def hottest(self) -> Reading:
        """Its hottest sensor, of those that speak now where any does."""
        told = [one for gpu in self.gpus if (one := gpu.reading(Measure.HEAT)).told is not Told.NOT_EXPORTED]
        now = [one for one in told if one.told is Told.NOW] or told
        return max(now, key=lambda one: one.value, default=NOT_EXPORTED)


class Sum(NamedTuple):
    """GPUs taken together. Numbers are NaN where nobody tells; `*_of` say of how many GPUs or parts they are.

    `busy` is the mean utilisation, `used` and `total` are bytes of memory, `watts` is a sum. `free` counts whole
    GPUs and parts that say now that they do nothing and hold no memory; `idle` those that are idle but reserved.
    """

    cards: int
    busy: float
    busy_of: int
    used: float
    total: float
    memory_of: int
    watts: float
    watts_of: int
    free: int
    idle: int

    @property
    def memory(self) -> float:
        """Share of memory in use."""
        return self.used / self.total if self.total else math.nan


def sum_up(gpus: Iterable[Gpu], idle_memory: float) -> Sum:
    """Take GPUs together; only what they say now counts. `idle_memory` is in bytes, as in the policy."""
    told = list(gpus)
    busy = [one.value for gpu in told if (one := gpu.reading(Measure.BUSY)).told is Told.NOW]
    memory = [gpu for gpu in told if gpu.reading(Measure.MEMORY).told is Told.NOW]
    # parts of a card share its power, and each of them says all of it
    watts = {
        (gpu.enclave, gpu.node, gpu.card): one.value
        for gpu in told
        if (one := gpu.reading(Measure.POWER)).told is Told.NOW
    }
    return Sum(
        len({(gpu.enclave, gpu.node, gpu.card) for gpu in told}),
        math.fsum(busy) / len(busy) if busy else math.nan,
        len(busy),
        math.fsum(gpu.readings[USED].value for gpu in memory),
        math.fsum(gpu.readings[TOTAL].value for gpu in memory),
        len(memory),
        math.fsum(watts.values()) if watts else math.nan,
        len(watts),
        sum(
            gpu.reading(Measure.BUSY)[::2] == (0.0, Told.NOW) and gpu.readings[USED].value < idle_memory
            for gpu in memory
        ),
        sum(not math.isnan(gpu.idle_since) for gpu in told),
    )


class Hidden(NamedTuple):
    """An enclave that the filter hides: how many GPUs it declares, and the worst state among its problems.

    Without any it is HEALTHY, and UNKNOWN where its data is stale.
    """

    enclave: Enclave
    gpus: int
    worst: Health


@dataclass(frozen=True, slots=True, eq=False)
class GpuFloor:
    """Every GPU now, for one moment `as_of`, seconds UTC.

    `problems` are in the order of the overview: worst first. `errors` are the XIDs of the last 30 days that a source
    named, newest first. `marking` is that of everything in it.
    """

    as_of: float
    span: TimeRange
    marking: Level
    policy: HealthPolicy
    pictures: tuple[Picture, ...]
    nodes: tuple[NodeNow, ...]
    problems: tuple[Attention, ...]
    errors: tuple[Event, ...]
    hidden: tuple[Hidden, ...]
    _sums: dict[tuple[int, ...], Sum] = field(default_factory=dict, repr=False)
    """Sums that were asked for: a page asks for the same few again and again."""

    @property
    def gpus(self) -> list[Gpu]:
        """All GPUs and parts, in order."""
        return [gpu for node in self.nodes for gpu in node.gpus]

    def nodes_of(self, enclave: str) -> Sequence[NodeNow]:
        """Nodes of the enclave of that id."""
        return [node for node in self.nodes if node.enclave.id == enclave]

    def sum(self, gpus: Iterable[Gpu] | None = None) -> Sum:
        """Some GPUs, or all of them, taken together."""
        wanted = self.gpus if gpus is None else list(gpus)
        key = tuple(map(id, wanted))  # they live as long as this answer does
        if key not in self._sums:
            self._sums[key] = sum_up(wanted, self.policy.gpu.idle_memory_bytes)
        return self._sums[key]

    def picture(self, enclave: str) -> Picture:
        """How old the data of the enclave of that id is."""
        return next(picture for picture in self.pictures if picture.enclave.id == enclave)

    def stale(self, enclave: str) -> bool:
        """Whether only the last known state of that enclave is shown."""
        return self.picture(enclave).freshness in (Freshness.STALE, Freshness.EXPIRED)
