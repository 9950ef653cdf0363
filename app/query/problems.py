"""What is wrong with the flow of bundles: held, refused, missing, locked."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.settings import Station
from app.store.database import State
from app.store.ledger import Attempt, Gap, attempts, gaps, held_copies, locks

ACCEPTED = frozenset({"APPLIED", "RESTORED", "DUPLICATE", "EXPIRED_AS_HISTORY", "NOTHING_NEW"})
"""Outcomes after which the content stands in the cache (`app.bundle.outcome.Code.accepted`)."""

WAITING = frozenset({"HELD", "CLOCK", "UNTRUSTED", "INCOMPLETE"})
"""Outcomes that are tried again: for trust, a base, the clock or the rest of the files."""

_ALARMING = frozenset({"FORK", "SPILL"})

_WORDS = {
    "UNTRUSTED": "not opened: its signer is not trusted",
    "HELD": "held until the bundle it builds on arrives",
    "CLOCK": "held: its clock is ahead of ours",
    "INCOMPLETE": "not complete yet",
    "BAD_SIGNATURE": "refused: its signature does not hold",
    "BAD_MANIFEST": "refused: its manifest cannot be used",
    "PART_MISMATCH": "refused: its parts are not what was signed",
    "UNSAFE_LAYOUT": "refused: it holds files that no bundle has",
    "FORK": "refused: it contradicts what was accepted",
    "SPILL": "refused: it is marked above this station's ceiling",
    "SOURCE_LOCKED": "refused: its source is locked",
}
"""What happened, in the few words that fit a list; the full reason stands on the sync page."""


@dataclass(frozen=True, slots=True)
class SyncProblem:
    """One thing that is wrong. `level` is None where nothing was verified; times are seconds UTC."""

    health: Health
    level: Level | None
    enclave: str
    text: str
    detail: str
    since: float


def store_problems(damaged: Iterable[tuple[str, Level, int]]) -> list[SyncProblem]:
    """What was stored of each enclave and cannot be read: `damaged` is its id, level and the series concerned."""
    return [
        SyncProblem(
            health=Health.WARNING,
            level=level,
            enclave=enclave,
            text=f"stored samples of {count} series cannot be read and are shown as gaps",
            detail="'watchfloor store verify' tells which, and what to do",
            since=math.nan,
        )
        for enclave, level, count in damaged
    ]


def verified_level(attempt: Attempt, station: Station) -> Level | None:
    """Level of an attempt; None where it was only claimed: by a name, or above what the station may hold."""
    claimed = attempt.level is None or not attempt.manifest or attempt.level > station.ceiling
    return None if claimed else attempt.level


def visible(level: Level | None, station: Station, ceiling: Level | None) -> bool:
    """Whether a row of the ledger may be shown below `ceiling`; one of unknown level only to the whole station."""
    if ceiling is None or ceiling >= station.ceiling:
        return True
    return level is not None and level <= ceiling


def open_attempts(state: State, span: TimeRange, at: float) -> list[Attempt]:
    """Attempts that did not end well and were not made good by `at`: those in `span`, and all that still wait."""
    until = math.nextafter(at, math.inf)
    tried = attempts(state, TimeRange(span.start, until))
    newest: dict[str, Attempt] = {}
    for attempt in [*tried, *(one for one in held_copies(state) if one.received < until)]:
        files = attempt.shape or attempt.name
        if files not in newest or (newest[files].received, newest[files].id) < (attempt.received, attempt.id):
            newest[files] = attempt
    kept = {one.manifest for one in tried if one.code in ACCEPTED and one.manifest}
    return [one for one in newest.values() if one.code not in ACCEPTED and one.manifest not in kept]


def open_gaps(state: State, span: TimeRange, at: float) -> list[Gap]:
    """Chains with a hole that the bundles received by `at` leave inside `span`."""
    return [
        gap
        for gap in gaps(state)
        if max(gap.before.received, gap.after.received) <= at
        and gap.after.created >= span.start
        and gap.before.created < span.end
    ]


def sync_problems(
    state: State, station: Station, at: float, span: TimeRange, ceiling: Level | None
) -> list[SyncProblem]:
    """Everything in the ledger that wants somebody and may be shown below `ceiling`."""
    found = [*_tried(open_attempts(state, span, at), station), *_missing(open_gaps(state, span, at))]
    found += [
        SyncProblem(Health.CRITICAL, None, "", f"source {lock.source} is locked: {lock.reason}", lock.code, lock.since)
        for lock in locks(state)
        if lock.since <= at
    ]
    return [one for one in found if visible(one.level, station, ceiling)]


def _tried(open_ones: Iterable[Attempt], station: Station) -> Iterable[SyncProblem]:
    for one in open_ones:
        health = Health.CRITICAL if one.code in _ALARMING else Health.WARNING
        which = f"bundle {one.seq}" if one.manifest else "a bundle"
        text = f"{which} is {_WORDS[one.code]}"
        detail = f"{one.name}: {one.action}" if one.action else one.name
        yield SyncProblem(health, verified_level(one, station), one.enclave, text, detail, one.received)


def _missing(open_ones: Iterable[Gap]) -> Iterable[SyncProblem]:
    for gap in open_ones:
        many = f"bundle {gap.first} is" if gap.first == gap.last else f"bundles {gap.first} to {gap.last} are"
        detail = f"stream {gap.stream} of {gap.source}"
        yield SyncProblem(
            Health.WARNING, gap.after.level, gap.after.enclave, f"{many} missing", detail, gap.after.received
        )
