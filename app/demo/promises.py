"""What the demonstration's people decided: promises since long before its first day, and time that is not counted.

Everything is written to the journal as anybody's decision would be, by the clock of the moment at which it was made.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.clock import FrozenClock
from app.demo import story
from app.demo.fleet import DAY, HOUR, MINUTE, WEEK
from app.errors import AppError
from app.model.objective import Exclusion, ExclusionKind, Objective
from app.model.register import AddExclusion, AddObjective, ApproveExclusion, Author, Command, WithdrawExclusion
from app.openslo.promises import read_promises
from app.paths import resources
from app.register import apply_all
from app.settings import Station
from app.store.database import Store

_EXAMPLES = "objectives.yaml"
_BEFORE = 60 * DAY
"""Promises are older than the first sample by at least so much, so that every month with samples is judged whole."""
_QUARTER = 900.0
_WEEKS = 6
"""The first of the weekly windows lies so many weeks before the newest: after it was approved."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ELSEWHERE = "demo-2"
"""The other station of the demonstration. Who asks sits there, so that whoever opens this one may approve."""
_PLANNER, _OWNER = "t.nakamura (20107)", "r.adeyemi (20103)"


@dataclass(frozen=True, slots=True)
class Asked:
    """Time of one endpoint that somebody asks not to be counted; all times in seconds before now, as in the story.

    It covers `start` to `until`, widened to whole quarters of an hour, each week where it is `weekly`. It was asked for
    at `asked`, approved at `approved` and withdrawn at `withdrawn`; None is not. `note` is why it was asked for.
    """

    id: str
    enclave: str
    endpoint: str
    start: float
    until: float
    reason: str
    reference: str
    asked: float
    approved: float | None = None
    withdrawn: float | None = None
    kind: ExclusionKind = "planned"
    treatment: Literal["separate", "exclude"] = "exclude"
    weekly: bool = False
    note: str = "Announced to the customers; the owner agrees."


@dataclass(frozen=True, slots=True)
class Decision:
    """Commands that one person gave at one moment, `at` in seconds UTC."""

    at: float
    author: Author
    commands: tuple[Command, ...]


ASKED = (
    Asked(
        "index-rebuild", "*", "rag-gateway", story.REBUILD, story.REBUILD - HOUR, "Index rebuild", "CR-2190",
        50 * DAY, 49 * DAY, weekly=True, note="Every week in the quiet hour that the customers chose.",
    ),
    Asked(
        "driver-update", "enc-t1", "doc-summarise", 11 * DAY + 3 * HOUR, 11 * DAY, "Driver update", "CR-2207",
        15 * DAY, 13 * DAY + 2 * HOUR,
    ),
    Asked(
        "node-pool-upgrade", "enc-u1", "translate-multi", story.NODE_POOL, story.NODE_POOL - 12 * HOUR,
        "Node pool upgrade", "CR-2214", 13 * DAY, 11 * DAY + 20 * HOUR,
    ),
    Asked(
        "storage-failover", "enc-u1", "translate-multi", story.FAILOVER, story.FAILOVER - 6 * HOUR,
        "Storage failover test", "CR-2231", 7 * DAY, 5 * DAY + 3 * HOUR,
    ),
    Asked(
        "weights-move", "enc-s1", "chat-assist-70b", 92 * MINUTE, -88 * MINUTE,
        "Weights move to new storage", "CR-2243", 4 * DAY, 2 * DAY + 22 * HOUR,
    ),
    Asked(
        "vector-store", "enc-t1", "rag-gateway", 4 * DAY + 6 * HOUR, 4 * DAY + 2 * HOUR,
        "Vector store upgrade", "CR-2226", 10 * DAY, 9 * DAY + 4 * HOUR, 5 * DAY + HOUR,
    ),
    Asked(
        "hall-power", "enc-s1", "geo-segment", story.POWER_OFF, story.POWER_OFF - 8 * HOUR,
        "Power off for building works", "CC-0317", 9 * DAY + 5 * HOUR, 8 * DAY + 6 * HOUR,
        kind="customer", treatment="separate",
        note="After the fact: the customer switched the hall off without notice, as their site manager confirms.",
    ),
    Asked(
        "cooling", "enc-t1", "chat-assist-70b", story.COOLING, story.COOLING - 6 * HOUR,
        "Cooling of the building failed", "FM-0042", 21 * DAY + 3 * HOUR, 19 * DAY + 22 * HOUR, kind="force-majeure",
        note="After the fact: all halls were shut down by order of the site's fire officer.",
    ),
    Asked(
        "pool-power", "enc-u1", "rag-gateway", story.OUTAGE, story.OUTAGE - HOUR, "Power lost in one pool", "FM-0044",
        2 * DAY + 4 * HOUR, kind="force-majeure",
        note="After the fact: the mains failed. Whether the spare feed should have held is being looked into.",
    ),
)  # fmt: skip


def decide(store: Store, station: Station, clock: FrozenClock, now: float, days: float) -> None:
    """Write everything that was decided before `now`, with `days` of history, to the station's journal."""
    for decision in sorted(decisions(station, now, days), key=lambda one: one.at):
        clock.at = decision.at
        with store.state() as state:
            apply_all(decision.commands, state, decision.author, clock)


def in_force_since(now: float, days: float) -> float:
    """The first moment of the promises, seconds UTC: a month begins, well before the first sample."""
    early = datetime.fromtimestamp(now - days * DAY - _BEFORE, UTC)
    return datetime(early.year, early.month, 1, tzinfo=UTC).timestamp()


def decisions(station: Station, now: float, days: float) -> Iterator[Decision]:
    """Everything that was decided, with its author and its moment, in no order."""
    planner, owner = Author(_ELSEWHERE, _PLANNER), Author(station.id, _OWNER)
    since = in_force_since(now, days)
    promised = tuple(AddObjective(one, "Agreed with the customers for the year.", since) for one in _examples())
    yield Decision(since - 6 * DAY + 10 * HOUR, owner, promised)
    for one in ASKED:
        yield Decision(now - one.asked, planner, (AddExclusion(_exclusion(one, now), one.note),))
        if one.approved is not None:
            yield Decision(now - one.approved, owner, (ApproveExclusion(one.id, "Agreed."),))
        if one.withdrawn is not None:
            why = "Put off: the new release is not accredited here yet."
            yield Decision(now - one.withdrawn, planner, (WithdrawExclusion(one.id, why),))


def _examples() -> list[Objective]:
    """The promises of the shipped file of examples."""
    reading = read_promises([(_EXAMPLES, (resources() / "examples" / _EXAMPLES).read_bytes())])
    if reading.findings:
        raise AppError(str(reading.findings[0]), "This is our fault; please report it.")
    return [one.objective for one in reading.objectives]


def _exclusion(asked: Asked, now: float) -> Exclusion:
    start = math.floor((now - asked.start) / _QUARTER) * _QUARTER
    end = math.ceil((now - asked.until) / _QUARTER) * _QUARTER
    rule = ""
    if asked.weekly:
        day = _WEEKDAYS[datetime.fromtimestamp(start, UTC).weekday()]
        start, end, rule = start - _WEEKS * WEEK, end - _WEEKS * WEEK, f"FREQ=WEEKLY;BYDAY={day}"
    return Exclusion(
        id=asked.id,
        objective_glob=f"{asked.endpoint}-*",
        enclave_glob=asked.enclave,
        endpoint_glob=asked.endpoint,
        start=start,
        end=end,
        rule=rule,
        zone="UTC",
        kind=asked.kind,
        treatment=asked.treatment,
        reason=asked.reason,
        reference=asked.reference,
        requested_by="",
    )
