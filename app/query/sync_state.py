"""What arrived, what is missing and whom we trust at one moment: the sync page."""

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from app.analysis.freshness import freshness
from app.model.catalogue import Enclave
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.enclaves import Picture, pictures
from app.query.health import marking_of
from app.query.problems import ACCEPTED, WAITING, open_attempts, open_gaps, verified_level, visible
from app.query.sync import Arrival, BundleRow, CheckStep, Lane, LockedSource, PutAway, SyncState, TrustedKey
from app.settings import Station
from app.store.bundles import BundleRecord, StoredBundle, bundles, holds_demo
from app.store.database import State, Store
from app.store.ledger import Attempt, Gap, attempts, locks, pinned_keys, trust_versions

MOST_MISSING = 500
"""Single numbers of one gap that are listed; a longer one is counted in full."""


def read_sync(
    store: Store,
    station: Station,
    at: float,
    span: TimeRange,
    *,
    ceiling: Level | None = None,
    hidden: frozenset[str] = frozenset(),
) -> SyncState:
    """Answer from the cache's bundles and the station's ledger, as known at `at` (seconds UTC).

    Parameters
    ----------
    span
        The visible range: bundles that came in or were cut in it. What still waits is shown however old it is.
    ceiling
        Show only what is marked at or below it. A row whose level nobody verified is shown to the whole
        station only.
    hidden
        Ids of enclaves that a filter leaves out.

    Raises
    ------
    StoreError
        If the cache or the ledger cannot be read.
    """
    ceiling = station.reach(ceiling)
    with store.reader(ceiling) as reader:
        every = pictures(reader, at)
        came = [one for one in bundles(reader, span) if one.record.received <= at and one.record.enclave not in hidden]
        demo = holds_demo(reader)
    seen = [one for one in every if one.enclave.id not in hidden]
    book = _ledger(store, station, at, span, ceiling, hidden)
    enclaves = {one.enclave.id: one.enclave for one in seen}
    rows = [_tried_row(one, enclaves, station) for one in book.waiting]
    rows += [row for gap in book.holes for row in _missing_rows(gap, enclaves)]
    rows += [_came_row(one, enclaves, book.told.get(one.record.manifest)) for one in came]
    levels = [row.level for row in rows if row.level is not None] + [key.level for key in book.keys]
    if any(row.level is None for row in rows) or book.locks:
        levels.append(station.ceiling)  # what nobody verified may be anything up to there
    return SyncState(
        as_of=at,
        marking=marking_of(station, list(enclaves.values()), levels, ceiling),
        demo=demo,
        lanes=tuple(lane for one in seen for lane in _lanes(one, came, book, at)),
        bundles=tuple(sorted(rows, key=_row_order)),
        keys=book.keys,
        locks=book.locks,
        trust_version=book.trust_version,
        imported=sum(span.start <= one.record.received for one in came),
        held=sum(one.code in WAITING for one in book.waiting),
        missing=sum(gap.last - gap.first + 1 for gap in book.holes),
        cache_bytes=_size(store),
        free_bytes=shutil.disk_usage(store.cache.parent).free,
        hidden=tuple(_put_away(one, book) for one in every if one.enclave.id in hidden),
    )


def _put_away(picture: Picture, book: "_Book") -> PutAway:
    mine = [gap for gap in book.away_holes if gap.after.enclave == picture.enclave.id]
    waiting = sum(one.enclave == picture.enclave.id for one in book.away_waiting)
    return PutAway(picture.enclave, picture.overdue, sum(gap.last - gap.first + 1 for gap in mine), waiting)


@dataclass(frozen=True, slots=True)
class _Book:
    """What the ledger tells and may be shown; `told` holds the attempts that ended well, by manifest.

    `away_waiting` and `away_holes` belong to enclaves that the filter hides.
    """

    told: dict[str, Attempt]
    waiting: list[Attempt]
    holes: list[Gap]
    keys: tuple[TrustedKey, ...]
    locks: tuple[LockedSource, ...]
    trust_version: int
    away_waiting: list[Attempt]
    away_holes: list[Gap]


def _ledger(
    store: Store, station: Station, at: float, span: TimeRange, ceiling: Level | None, hidden: frozenset[str]
) -> _Book:
    with store.state() as state:
        waiting = [
            one for one in open_attempts(state, span, at) if visible(verified_level(one, station), station, ceiling)
        ]
        holes = [one for one in open_gaps(state, span, at) if visible(one.after.level, station, ceiling)]
        versions = trust_versions(state)
        return _Book(
            told={one.manifest: one for one in reversed(attempts(state, span)) if one.code in ACCEPTED},
            waiting=[one for one in waiting if one.enclave not in hidden],
            holes=[one for one in holes if one.after.enclave not in hidden],
            keys=_keys(state, station, ceiling),
            locks=_locks(state, station, at, ceiling),
            trust_version=versions[0][0] if versions else 0,
            away_waiting=[one for one in waiting if one.enclave in hidden],
            away_holes=[one for one in holes if one.after.enclave in hidden],
        )


def _size(store: Store) -> int:
    files = (store.cache, *(store.cache.with_name(store.cache.name + end) for end in ("-wal", "-shm")))
    return sum(path.stat().st_size for path in files if path.exists())


# --- lanes ----------------------------------------------------------------------------------------------------------


def _lanes(picture: Picture, came: list[StoredBundle], book: _Book, at: float) -> Iterable[Lane]:
    """The streams of one enclave, each with its own age; one empty lane where nothing came in the range."""
    enclave = picture.enclave
    records = [one.record for one in came if one.record.enclave == enclave.id]
    streams = sorted({(one.source, one.stream) for one in records})
    for source, stream in streams:
        mine = [one for one in records if (one.source, one.stream) == (source, stream)]
        gaps_here = [gap for gap in book.holes if (gap.source, gap.stream) == (source, stream)]
        arrivals = [_arrived(one) for one in mine]
        arrivals += [
            _waits(one) for one in book.waiting if (one.source, one.stream) == (source, stream) and one.manifest
        ]
        arrivals += [arrival for gap in gaps_here for arrival in _gone(gap)]
        newest = max(mine, key=lambda one: (one.window_end, one.epoch, one.seq))
        covered = min(newest.window_end, at)
        data_time = covered if covered <= picture.data_time else picture.data_time  # NaN: no telemetry ever came
        age, due = at - data_time, enclave.cadence + enclave.grace
        yield Lane(
            enclave=enclave,
            stream=stream,
            arrivals=tuple(sorted(arrivals, key=lambda one: (one.start, one.sequence))),
            freshness=freshness(enclave.cadence, enclave.grace, age, newest.expires - at),
            data_time=data_time,
            age=age,
            received=newest.received,
            overdue=max(0.0, at - covered - due),
            missing=tuple(number for gap in gaps_here for number in _numbers(gap)),
        )
    if not streams:
        yield Lane(
            enclave, "", (), picture.freshness, picture.data_time, picture.age, picture.received, picture.overdue, ()
        )


def _arrived(one: BundleRecord) -> Arrival:
    return Arrival(one.seq, one.kind, "imported", one.window_start, one.window_end, one.created, one.received)


def _waits(one: Attempt) -> Arrival:
    state = "held" if one.code in WAITING else "refused"
    return Arrival(one.seq, one.kind, state, one.window_start, one.window_end, one.created, one.received)


def _numbers(gap: Gap) -> range:
    return range(gap.first, min(gap.last, gap.first + MOST_MISSING - 1) + 1)


def _gone(gap: Gap) -> Iterable[Arrival]:
    """Missing bundles, where they would stand if the gap were cut evenly. Their real windows nobody knows."""
    start, end = gap.before.window_end, max(gap.before.window_end, gap.after.window_start)
    width = (end - start) / (gap.last - gap.first + 1)
    for place, number in enumerate(_numbers(gap)):
        left = start + place * width
        yield Arrival(number, "", "missing", left, left + width, math.nan, math.nan)


# --- rows -----------------------------------------------------------------------------------------------------------


def _row_order(row: BundleRow) -> tuple[bool, float, str]:
    """Problems first, then the newest."""
    moment = row.received if not math.isnan(row.received) else row.window_end
    return (not row.problem, -moment if not math.isnan(moment) else math.inf, row.id)


def _steps(one: Attempt | None) -> tuple[CheckStep, ...]:
    return () if one is None else tuple(CheckStep(*check) for check in one.checks)


def _came_row(one: StoredBundle, enclaves: dict[str, Enclave], attempt: Attempt | None) -> BundleRow:
    record = one.record
    return BundleRow(
        id=record.manifest,
        name=record.name,
        sequence=record.seq,
        enclave=enclaves.get(record.enclave),
        level=record.level,
        kind=record.kind,
        made=record.created,
        received=record.received,
        size=record.size,
        samples=one.samples,
        code="APPLIED" if attempt is None else attempt.code,
        text="" if attempt is None else attempt.reason,
        action="",
        problem=False,
        carrier=record.carrier,
        window_start=record.window_start,
        window_end=record.window_end,
        steps=_steps(attempt),
    )


def _tried_row(one: Attempt, enclaves: dict[str, Enclave], station: Station) -> BundleRow:
    return BundleRow(
        id=f"attempt-{one.id}",
        name=one.name,
        sequence=one.seq if one.manifest else None,
        enclave=enclaves.get(one.enclave),
        level=verified_level(one, station),
        kind=one.kind,
        made=one.created,
        received=one.received,
        size=one.size,
        samples=0,
        code=one.code,
        text=one.reason,
        action=one.action,
        problem=True,
        carrier=one.carrier,
        window_start=one.window_start,
        window_end=one.window_end,
        steps=_steps(one),
    )


def _missing_rows(gap: Gap, enclaves: dict[str, Enclave]) -> Iterable[BundleRow]:
    """One line for each missing bundle of a short gap, one line for all of a long one."""
    numbers = [(n, n) for n in _numbers(gap)] if gap.last - gap.first < 10 else [(gap.first, gap.last)]
    for first, last in numbers:
        which = str(first) if first == last else f"{first}–{last}"
        yield BundleRow(
            id=f"missing-{gap.source}-{gap.stream}-{gap.epoch}-{first}",
            name=which,
            sequence=first,
            enclave=enclaves.get(gap.after.enclave),
            level=gap.after.level,
            kind="",
            made=math.nan,
            received=math.nan,
            size=0,
            samples=0,
            code="MISSING",
            text=f"not received, although {gap.after.seq} was",
            action="Ask the sender to write it to the next medium.",
            problem=True,
            carrier="",
            window_start=gap.before.window_end,
            window_end=gap.after.window_start,
            steps=(),
        )


# --- trust ----------------------------------------------------------------------------------------------------------


def _keys(state: State, station: Station, ceiling: Level | None) -> tuple[TrustedKey, ...]:
    return tuple(
        TrustedKey(key.level, key.keyid, key.scheme, key.source, key.epoch, math.nan, key.revoked)
        for key in pinned_keys(state)
        if visible(key.level, station, ceiling)
    )


def _locks(state: State, station: Station, at: float, ceiling: Level | None) -> tuple[LockedSource, ...]:
    return tuple(
        LockedSource(lock.source, min(lock.level, station.ceiling), lock.reason, lock.since)
        for lock in locks(state)
        if lock.since <= at and visible(None, station, ceiling)
    )
