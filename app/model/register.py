"""What people decide, as entries of a journal: authors, commands, entries, and what follows from them."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from app.model.objective import Exclusion, Objective
from app.model.time_range import TimeRange

START: Final = "0" * 96
"""What stands before the first entry of a station."""

Kind = Literal["add", "retire", "approve", "withdraw", "undo"]
RegisterName = Literal["objective", "exclusion"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who decides: the station, and the account as the operating system gave it (`app.store.audit.os_account`)."""

    station: str
    account: str

    @property
    def uid(self) -> int | None:
        """Number of the account; None where the operating system gives only names."""
        found = re.search(r"\((\d+)\)$", self.account)
        return int(found[1]) if found else None

    def is_same_person(self, other: "Author") -> bool:
        """Whether both may be one person. A name may change or be shared out anew; the number is what counts.

        Of two stations accounts of one name and number are taken for one person: a station may be given another id,
        and nobody may become a second person by that.
        """
        same = self.account.casefold() == other.account.casefold()
        if self.station != other.station or self.uid is None or other.uid is None:
            return same
        return self.uid == other.uid


class EntryRef(NamedTuple):
    """Name of an entry wherever journals meet: the station that wrote it and its number there, from 1."""

    station: str
    n: int

    def __str__(self) -> str:
        return f"{self.station}/{self.n}"

    @classmethod
    def parse(cls, text: str) -> "EntryRef":
        """Read ``STATION/N``; ValueError if it is none."""
        station, slash, number = text.rpartition("/")
        if not slash or not station or not re.fullmatch(r"[1-9][0-9]{0,17}", number):
            msg = f"{text!r} is no journal entry; write STATION/NUMBER"
            raise ValueError(msg)
        return cls(station, int(number))


# --- commands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddObjective:
    """Promise something, or change a promise: a new version of `objective`.

    It is in force from `since` (s UTC; None is the moment of the entry) until a later entry says otherwise, also
    where an earlier entry named a later moment.
    """

    objective: Objective
    why: str
    since: float | None = None


@dataclass(frozen=True, slots=True)
class RetireObjective:
    """Promise it no longer from `since` on (s UTC; None is the moment of the entry)."""

    id: str
    why: str
    since: float | None = None


@dataclass(frozen=True, slots=True)
class AddExclusion:
    """Ask that time be not counted. `requested_by` is set to the author, whatever stands there."""

    exclusion: Exclusion
    why: str


@dataclass(frozen=True, slots=True)
class ApproveExclusion:
    """Agree, as a second person, to an exclusion exactly as it was asked for."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class WithdrawExclusion:
    """Count the time again."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take an entry back by a new one; undoing an undo brings the entry back."""

    entry: EntryRef
    why: str


Command = AddObjective | RetireObjective | AddExclusion | ApproveExclusion | WithdrawExclusion | Undo


# --- the journal ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: who, when, what, why.

    Parameters
    ----------
    station, n
        Its name, see `EntryRef`.
    tick
        One more than the highest that its station knew: (tick, station, n) puts the entries of many stations into
        one order that every station finds, and in which no entry stands before one that its author had seen.
    time
        Seconds UTC by the station's clock, to the millisecond.
    author, uid
        The account, and its number where it has one.
    register, object, kind
        Which list, which thing in it, what happens to it.
    body
        The rest, as canonical JSON.
    undo_of
        The entry that an undo takes back.
    prev, hash
        SHA-384 of the station's entry before, and of this one, in hex.
    received
        Seconds UTC at which *this* station learned of it; not part of the hash, for it differs between stations.
    """

    station: str
    n: int
    tick: int
    time: float
    author: str
    uid: int | None
    register: RegisterName
    object: str
    kind: Kind
    body: str
    why: str
    undo_of: EntryRef | None
    prev: str
    hash: str = ""
    received: float = 0.0

    @property
    def ref(self) -> EntryRef:
        """Its name."""
        return EntryRef(self.station, self.n)

    @property
    def by(self) -> Author:
        """Who wrote it."""
        return Author(self.station, self.author)


def canonical(value: object) -> str:
    """JSON with sorted keys and no blanks: the same value gives the same bytes everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


_TOLD: Final = tuple(one.name for one in fields(Entry) if one.name not in {"prev", "hash", "received"})


def entry_hash(entry: Entry) -> str:
    """Compute SHA-384(prev || canonical bytes of every other field that travels) in hex."""
    told = {name: getattr(entry, name) for name in _TOLD}
    return hashlib.sha384(entry.prev.encode() + canonical(told).encode()).hexdigest()


def first_broken(entries: Iterable[Entry]) -> EntryRef | None:
    """Find the first entry that does not follow from the one before of its station; None where all do."""
    heads: dict[str, tuple[int, str]] = {}
    for entry in entries:
        n, prev = heads.get(entry.station, (0, START))
        if entry.n != n + 1 or entry.prev != prev or entry.hash != entry_hash(entry):
            return EntryRef(entry.station, n + 1)
        heads[entry.station] = (entry.n, entry.hash)
    return None


# --- what follows from it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectiveVersion:
    """One version of a promise, by the entry that made it.

    `objective` is None where the promise was retired. `since` is from when it is in force, `recorded` when this station
    learned of it (s UTC). One that is `undone` stays in the list and is never in force.
    """

    id: str
    entry: EntryRef
    since: float
    recorded: float
    author: str
    why: str
    objective: Objective | None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class ExclusionRecord:
    """An exclusion with what became of it.

    `entry` asked for it and `digest` is that entry's hash, to which an approval is bound. Times are seconds UTC, None
    where nothing of the kind happened.
    """

    exclusion: Exclusion
    entry: EntryRef
    digest: str
    why: str
    requested: float
    approved: float | None = None
    withdrawn: float | None = None
    withdrawn_by: str = ""


def in_force(versions: Sequence[ObjectiveVersion], moment: float) -> ObjectiveVersion | None:
    """Find the version by which `moment` is judged: of those in force from then or earlier, the last entry's.

    `versions` are those of one objective in the order of the journal. None where there was no promise yet; a version
    without an objective where there was one no longer.
    """
    held = [one for one in versions if not one.undone and one.since <= moment]
    return held[-1] if held else None


def overtaken(versions: Sequence[ObjectiveVersion]) -> list[ObjectiveVersion]:
    """Find the versions that the last one leaves in force at no time, though they were or would have been.

    `versions` are as for `in_force`. One that is only cut short is none of them, nor one that says the same.
    """
    *before, last = versions
    held = [one for one in before if in_force(before, one.since) is one and one.objective != last.objective]
    return [one for one in held if in_force(versions, one.since) is last]


def spans_in_force(
    versions: Sequence[ObjectiveVersion], span: TimeRange
) -> tuple[tuple[TimeRange, ObjectiveVersion | None], ...]:
    """Cut `span` where the version in force changes; the pieces follow one another without a gap."""
    edges = sorted({span.start, *(one.since for one in versions if span.start < one.since < span.end), span.end})
    pieces: list[tuple[TimeRange, ObjectiveVersion | None]] = []
    for start, end in pairwise(edges):
        version = in_force(versions, start)
        if pieces and pieces[-1][1] == version:
            pieces[-1] = (TimeRange(pieces[-1][0].start, end), version)
        else:
            pieces.append((TimeRange(start, end), version))
    return tuple(pieces)
