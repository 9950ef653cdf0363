"""What arrived, what is missing, whom we trust: the answer behind the sync page."""

from dataclasses import dataclass

from app.model.catalogue import Enclave
from app.model.health import Freshness
from app.model.marking import Level


@dataclass(frozen=True, slots=True)
class Arrival:
    """One block of an arrivals lane.

    `state` is ``imported``, ``held`` (waits for trust, a base or the clock), ``refused`` or
    ``missing``. Times are seconds UTC, NaN where not known.
    """

    sequence: int
    kind: str
    state: str
    start: float
    end: float
    made: float
    received: float


@dataclass(frozen=True, slots=True)
class Lane:
    """The arrivals of one stream of one enclave in the visible range."""

    enclave: Enclave
    stream: str
    arrivals: tuple[Arrival, ...]
    freshness: Freshness
    data_time: float
    age: float
    received: float
    overdue: float
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of the verification chain.

    `state` is ``passed``, ``failed`` or ``waiting``.
    """

    state: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class BundleRow:
    """One line of the bundle table.

    `code` is an outcome code (or ``MISSING``); `problem` whether it asks for a decision.
    `enclave` and `level` are None for a bundle whose signer is not trusted: nothing from inside is shown.
    `samples` is how many it brought into the cache; 0 while it has brought none.
    """

    id: str
    name: str
    sequence: int | None
    enclave: Enclave | None
    level: Level | None
    kind: str
    made: float
    received: float
    size: int
    samples: int
    code: str
    text: str
    action: str
    problem: bool
    carrier: str
    window_start: float
    window_end: float
    steps: tuple[CheckStep, ...]


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key of the trust list. `expires` is NaN where the trust list sets no end."""

    level: Level
    keyid: str
    scheme: str
    source: str
    epoch: int
    expires: float
    revoked: bool


@dataclass(frozen=True, slots=True)
class LockedSource:
    """A source that a fork or a spill has locked, until somebody releases it."""

    source: str
    level: Level
    reason: str
    since: float


@dataclass(frozen=True, slots=True)
class PutAway:
    """What a filter hides of one enclave: seconds overdue, bundles missing, bundles that wait or were refused."""

    enclave: Enclave
    overdue: float
    missing: int
    waiting: int


@dataclass(frozen=True, slots=True)
class SyncState:
    """Everything the sync page shows, for one moment.

    `cache_bytes` is the size of the cache on disk, `free_bytes` what its volume still holds. `hidden` is what
    the filter leaves out of all the others.
    """

    as_of: float
    marking: Level
    demo: bool
    lanes: tuple[Lane, ...]
    bundles: tuple[BundleRow, ...]
    keys: tuple[TrustedKey, ...]
    locks: tuple[LockedSource, ...]
    trust_version: int
    imported: int
    held: int
    missing: int
    cache_bytes: int
    free_bytes: int
    hidden: tuple[PutAway, ...] = ()
