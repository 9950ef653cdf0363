"""How the fleet is now: the answer behind the overview and ``watchfloor health``. No array anywhere in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import overload

from app.model.catalogue import Enclave, Endpoint
from app.model.health import Bound, Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a deployment is not healthy, with the evidence.

    `text` is a sentence part such as ``error rate 4.61 % against a limit of 1 %``.
    """

    metric: str
    text: str
    value: float
    limit: float
    health: Health


class LateCurve(Sequence[float]):
    """Values of a curve that are worked out when somebody first looks at them.

    Of a large fleet most curves are never scrolled to, and a start has no time for them.
    """

    __slots__ = ("_count", "_made", "_make")

    def __init__(self, count: int, make: Callable[[], tuple[float, ...]]) -> None:
        self._count, self._make = count, make
        self._made: tuple[float, ...] | None = None

    @property
    def values(self) -> tuple[float, ...]:
        """All of them."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> float: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[float, ...]: ...
    def __getitem__(self, place: int | slice) -> float | tuple[float, ...]:
        return self.values[place]

    def __iter__(self) -> Iterator[float]:
        return iter(self.values)

    def __repr__(self) -> str:
        return repr(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Spark:
    """A small curve of the visible range, one value per bucket.

    `value` is in the unit of the metric; NaN is a bucket without data.
    `start` and `end` are seconds UTC; `end` is "now", so that the unknown tail is visible.
    `known_until` is the newest sample's time.
    """

    start: float
    end: float
    known_until: float
    value: Sequence[float]


@dataclass(frozen=True, slots=True, eq=False)
class Deployment:
    """One endpoint in one enclave.

    Numbers are NaN where there is no data. `data_time` is the newest sample's time by the
    source's clock, NaN if there never was one; `age` is now minus `data_time`.
    `stale` says that `health` and the numbers are the last known ones and not current.
    """

    enclave: Enclave
    endpoint: Endpoint
    health: Health
    since: float
    reasons: tuple[Reason, ...]
    latency_p95: float
    latency_bound: Bound
    error_ratio: float
    error_source: str
    requests_rate: float
    replicas_ready: float
    replicas_wanted: float
    data_time: float
    age: float
    freshness: Freshness
    not_exported: tuple[str, ...] = ()
    maintenance_until: float = float("nan")
    spark: Spark | None = None

    @property
    def stale(self) -> bool:
        """Whether the shown state is only the last known one."""
        return self.freshness in (Freshness.STALE, Freshness.EXPIRED)


@dataclass(frozen=True, slots=True)
class EnclaveState:
    """One enclave: how old its picture is and how its deployments are.

    `data_time` is how far its telemetry reaches by the collector's clock (NaN if there never was
    any); `received` when the newest bundle came in here. `covered` is the end of its newest window and
    `expires` the end of its newest bundle, both NaN where none came. `overdue` is the seconds by which
    the next bundle is late, 0 while it is not. `worst` is the worst state among its deployments, so that a
    filter that hides them can still name it; OFF where it has none.
    """

    enclave: Enclave
    freshness: Freshness
    data_time: float
    age: float
    received: float
    overdue: float
    healthy: int
    total: int
    worst: Health = Health.OFF
    covered: float = float("nan")
    expires: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class EndpointRow:
    """One line of the matrix: the deployments of one endpoint by enclave id; absent means not deployed."""

    id: str
    title: str
    purpose: str
    cells: dict[str, Deployment]


class About(Enum):
    """What an item of attention was found in."""

    ENDPOINT = "endpoint"
    NODE = "node"
    OVERDUE = "overdue"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing somebody should look at, ordered by user impact.

    `subject` is the endpoint's title, a node or ``Sync``; `page` the page that explains it, where
    there is one. `weight` is the user weight that it puts at risk.
    """

    health: Health
    level: Level
    enclave: str
    subject: str
    text: str
    detail: str
    since: float
    age: float
    page: str
    about: About = About.ENDPOINT
    weight: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Everything the overview shows, for one moment.

    `marking` is the highest level among the rows, `as_of` the moment asked for.
    `gpu_busy` is the mean of ``gpu_utilisation_ratio`` over the GPUs that export it, NaN if none does.
    `availability` is the share of known samples of ``endpoint_up`` that are 1 over 30 days with its
    coverage; both NaN without data.
    """

    as_of: float
    marking: Level
    demo: bool
    enclaves: tuple[EnclaveState, ...]
    rows: tuple[EndpointRow, ...]
    attention: tuple[Attention, ...]
    gpu_busy: float
    gpus: int
    availability: float
    availability_coverage: float
    hidden: tuple[EnclaveState, ...] = field(default=())


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """The fleet over `span`, and by enclave id when the bundles of the span came in, seconds UTC, ascending.

    `seen` is the moment at which the store was asked, seconds UTC. Where a picture was kept from then and
    brought to the present by the clock alone, it lies before the fleet's `as_of`.
    """

    fleet: Fleet
    received: dict[str, tuple[float, ...]]
    span: TimeRange
    seen: float

    @property
    def kept(self) -> bool:
        """Whether this is a picture of some time ago that the store has not confirmed yet."""
        return self.seen < self.fleet.as_of
