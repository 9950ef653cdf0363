"""How the fleet was at one moment, as it was known then: the overview and ``watchfloor health``."""

import math
from dataclasses import dataclass

from app.analysis.health_policy import HealthPolicy
from app.model.catalogue import Enclave
from app.model.event import Event
from app.model.marking import Level, high_water
from app.model.time_range import TimeRange
from app.query import deployments, gpus
from app.query.attention import attention
from app.query.deployments import Surroundings
from app.query.enclaves import Picture, known_at, pictures
from app.query.fleet import EnclaveState, Fleet
from app.query.policy import read_policy
from app.query.problems import store_problems, sync_problems
from app.query.readings import Shelf, Thing, read_flags, read_shelves
from app.query.rows import counted, endpoint_rows
from app.settings import Station
from app.store.bundles import highest_level, holds_demo
from app.store.database import Store
from app.store.events import events
from app.store.samples import damaged_enclaves


def read_fleet(
    store: Store,
    station: Station,
    at: float,
    span: TimeRange,
    *,
    ceiling: Level | None = None,
    hidden: frozenset[str] = frozenset(),
) -> Fleet:
    """Answer for every endpoint that an enclave declares, at `at`, from what had come in by then.

    Each enclave is judged at its own data time: the end of the newest window received by `at`. A
    declared endpoint without data is UNKNOWN, never absent; a series that nobody declared is a
    proposal for the catalogue and no row.

    Parameters
    ----------
    at
        "Now", seconds UTC.
    span
        The visible range: length of the sparks, and how far back the ledger is searched for problems.
    ceiling
        Show only what is marked at or below it; applied in SQL.
    hidden
        Ids of enclaves that a filter leaves out; their worst state is still named in `Fleet.hidden`.

    Raises
    ------
    SettingsError
        If the health policy is wrong.
    StoreError
        If the cache cannot be read.
    """
    ceiling = station.reach(ceiling)
    policy = read_policy(store.paths)
    read = _read(store, policy, at, span, ceiling)
    seen, shelves, told = read.pictures, read.shelves, read.events
    maintenance = tuple(event for event in told if event.kind == "maintenance")
    around = Surroundings(policy, at, span, maintenance)
    judged = {one.enclave.id: deployments.deployments(one, shelves, around) for one in seen}
    shown = [one for one in seen if one.enclave.id not in hidden]
    cells = [cell for one in shown for cell in judged[one.enclave.id]]
    fleet_gpus = gpus.gpu_fleet(shown, shelves, policy, [event for event in told if event.kind == "xid"], at)
    with store.state() as state:
        troubles = sync_problems(state, station, at, span, ceiling)
    troubles += store_problems(read.damaged)
    troubles = [one for one in troubles if one.enclave not in hidden]
    items = attention(station, at, shown, cells, fleet_gpus.problems, troubles)
    up = deployments.availability(shown, shelves, at)
    states = {one.enclave.id: counted(_state(one), judged[one.enclave.id]) for one in seen}
    # Not only what enclaves declare of themselves: the labels of what was read count as well.
    levels = [item.level for item in items] + ([] if read.highest is None else [read.highest])
    return Fleet(
        as_of=at,
        marking=marking_of(station, [one.enclave for one in seen], levels, ceiling),
        demo=read.demo,
        enclaves=tuple(states[one.enclave.id] for one in shown),
        rows=endpoint_rows(cells),
        attention=items,
        gpu_busy=fleet_gpus.busy,
        gpus=fleet_gpus.gpus,
        availability=up.share,
        availability_coverage=up.coverage,
        hidden=tuple(states[one.enclave.id] for one in seen if one.enclave.id in hidden),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Everything of the cache that an answer is made of; the reader is closed before anything is judged."""

    pictures: list[Picture]
    shelves: dict[Thing, Shelf]
    events: list[Event]
    demo: bool
    highest: Level | None
    damaged: list[tuple[str, Level, int]]


def _read(store: Store, policy: HealthPolicy, at: float, span: TimeRange, ceiling: Level | None) -> _Read:
    with store.reader(ceiling) as reader:
        seen = pictures(reader, at)
        ends = {picture.enclave.id: picture.covered for picture in seen}
        moment = known_at(reader, at)
        shelves = read_shelves(reader, [*deployments.wants(policy), *gpus.wants(policy)], ends, moment)
        flags, needed = deployments.flags_wanted(policy)
        read_flags(reader, shelves, flags, ends, moment, needed)
        if at - span.start > deployments.judged_seconds(policy):
            deployments.read_sparks(reader, shelves, span, moment)
        known = [end for end in ends.values() if not math.isnan(end)]
        since = min([at, *known]) - policy.gpu.event_hours * 3600.0
        told = [event for event, _ in events(reader, TimeRange(since, at), ("maintenance", "xid"), known_at=moment)]
        return _Read(seen, shelves, told, holds_demo(reader), highest_level(reader), damaged_enclaves(reader))


def marking_of(station: Station, enclaves: list[Enclave], others: list[Level], ceiling: Level | None) -> Level:
    """Marking of an answer about `enclaves` and single rows of other levels.

    The highest of them, raised to the station's aggregation floor where several enclaves are
    combined. With nothing to go by it fails closed: the highest level that could have been there.
    """
    levels = [*(enclave.level for enclave in enclaves), *others]
    if not levels:
        return station.reach(ceiling)
    return high_water(levels, station.aggregation_floor if len(enclaves) > 1 else Level.U)


def _state(picture: Picture) -> EnclaveState:
    return EnclaveState(
        enclave=picture.enclave,
        freshness=picture.freshness,
        data_time=picture.data_time,
        age=picture.age,
        received=picture.received,
        overdue=picture.overdue,
        healthy=0,
        total=0,
        covered=picture.covered,
        expires=picture.expires,
    )
