"""The journal of what people decided, and its projections: tables that can be dropped and made again from it.

Everything that writes expects to stand inside `app.store.ledger.recording`, so that an entry, what follows from it and
its audit record are kept together or not at all.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from app.analysis.journal import exclusion_record, objective_versions
from app.model.objective_form import (
    exclusion_from_plain,
    objective_from_plain,
    plain_exclusion,
    plain_objective,
)
from app.model.register import (
    START,
    Author,
    Entry,
    EntryRef,
    ExclusionRecord,
    Kind,
    ObjectiveVersion,
    RegisterName,
    canonical,
    entry_hash,
    first_broken,
)
from app.store.database import State

_COLUMNS: Final = (
    "station, n, tick, time, author, uid, register, object, kind, body, why, undo_station, undo_n, prev, hash, received"
)
_ORDER: Final = "ORDER BY tick, station, n"
_TABLES: Final[dict[RegisterName, str]] = {"objective": "objective_version", "exclusion": "exclusion"}
"""Tables that follow from the journal."""


# --- the journal ----------------------------------------------------------------------------------------------------


def append(
    state: State,
    author: Author,
    now: float,
    about: tuple[RegisterName, str],
    kind: Kind,
    why: str,
    body: dict[str, Any] | None = None,
    undo_of: EntryRef | None = None,
) -> Entry:
    """Append the next entry of the author's station, bring its projection up to date, and return it.

    `about` names the register and the thing in it; `now` is seconds UTC and kept to the millisecond.
    """
    db = state.db
    last = db.execute("SELECT n, hash FROM journal WHERE station = ? ORDER BY n DESC LIMIT 1", (author.station,))
    n, prev = last.fetchone() or (0, START)
    (tick,) = db.execute("SELECT coalesce(max(tick), 0) FROM journal").fetchone()
    moment = round(now * 1000) / 1000
    entry = Entry(
        station=author.station,
        n=n + 1,
        tick=tick + 1,
        time=moment,
        author=author.account,
        uid=author.uid,
        register=about[0],
        object=about[1],
        kind=kind,
        body=canonical(body or {}),
        why=why,
        undo_of=undo_of,
        prev=prev,
        received=moment,
    )
    entry = replace(entry, hash=entry_hash(entry))
    db.execute(f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join('?' * 16)})", _row(entry))
    _project(state, entry.register, entry.object)
    return entry


def _row(entry: Entry) -> tuple[Any, ...]:
    undo = entry.undo_of or (None, None)
    return (
        entry.station, entry.n, entry.tick, entry.time, entry.author, entry.uid, entry.register, entry.object,
        entry.kind, entry.body, entry.why, *undo, entry.prev, entry.hash, entry.received,
    )  # fmt: skip


def _entry(row: Sequence[Any]) -> Entry:
    *told, undo_station, undo_n, prev, digest, received = row
    undo_of = None if undo_station is None else EntryRef(undo_station, undo_n)
    fields = [*told, undo_of, prev, digest, received]
    return Entry(*fields)


def entries(state: State, *, newest: int | None = None) -> Iterator[Entry]:
    """The journal in the order that every station finds; with `newest`, only the last so many."""
    if newest is None:
        found = state.db.execute(f"SELECT {_COLUMNS} FROM journal {_ORDER}")
    else:
        inner = f"SELECT {_COLUMNS} FROM journal ORDER BY tick DESC, station DESC, n DESC LIMIT ?"
        found = state.db.execute(f"SELECT * FROM ({inner}) {_ORDER}", (newest,))
    return map(_entry, found)


def entry_of(state: State, ref: EntryRef) -> Entry | None:
    """One entry by its name; None where there is none."""
    row = state.db.execute(f"SELECT {_COLUMNS} FROM journal WHERE station = ? AND n = ?", ref).fetchone()
    return None if row is None else _entry(row)


def history(state: State, register: RegisterName, object_id: str, *, known_at: float | None = None) -> list[Entry]:
    """Entries about one thing in order; with `known_at` (s UTC), those that this station had by then."""
    found = state.db.execute(
        f"SELECT {_COLUMNS} FROM journal WHERE register = ? AND object = ? AND received <= coalesce(?, received)"
        f" {_ORDER}",
        (register, object_id, known_at),
    )
    return [_entry(row) for row in found]


def names(state: State, register: RegisterName) -> list[str]:
    """Every thing that a register ever held, in order of its name."""
    found = state.db.execute("SELECT DISTINCT object FROM journal WHERE register = ? ORDER BY object", (register,))
    return [str(row[0]) for row in found]


def heads(state: State) -> list[tuple[EntryRef, str]]:
    """Last entry of every station and its hash, in order of the stations."""
    found = state.db.execute("SELECT station, max(n), hash FROM journal GROUP BY station ORDER BY station")
    return [(EntryRef(station, n), digest) for station, n, digest in found]


def verify(state: State) -> EntryRef | None:
    """Find the first entry that does not follow from the one before of its station; None where all do."""
    return first_broken(map(_entry, state.db.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY station, n")))


# --- projections ----------------------------------------------------------------------------------------------------


def _project(state: State, register: RegisterName, object_id: str) -> None:
    """Make the rows of one thing again: what follows from an entry never depends on when it was worked out."""
    state.db.execute(f"DELETE FROM {_TABLES[register]} WHERE object = ?", (object_id,))
    for row in _rows(register, history(state, register, object_id)):
        state.db.execute(f"INSERT INTO {_TABLES[register]} VALUES ({', '.join('?' * len(row))})", row)


def _rows(register: RegisterName, told: Sequence[Entry]) -> list[tuple[Any, ...]]:
    """Rows of one thing, as they follow from its entries."""
    if register == "objective":
        ticks = {entry.ref: entry.tick for entry in told}
        return [_version_row(one, ticks[one.entry]) for one in objective_versions(told)]
    record = exclusion_record(told)
    return [] if record is None else [_exclusion_row(record)]


class Stray(NamedTuple):
    """A thing whose rows are not what replaying its entries gives, and in which rows and columns."""

    register: RegisterName
    object: str
    where: tuple[str, ...]


def strays(state: State) -> Iterator[Stray]:
    """Replay the journal beside the projections, and find every thing that differs; changes nothing."""
    for register, table in _TABLES.items():
        standing = {str(row[0]) for row in state.db.execute(f"SELECT DISTINCT object FROM {table}")}
        for object_id in sorted(standing.union(names(state, register))):
            found = state.db.execute(f"SELECT * FROM {table} WHERE object = ?", (object_id,))
            columns = [column[0] for column in found.description]
            held, due = set(found), set(_rows(register, history(state, register, object_id)))
            if held != due:
                yield Stray(register, object_id, tuple(_differences(columns, held - due, due - held)))


def _differences(columns: list[str], held: set[tuple[Any, ...]], due: set[tuple[Any, ...]]) -> Iterator[str]:
    """Words for rows that only the tables hold and rows that only follow from the journal, entry by entry."""
    station, n = columns.index("station"), columns.index("n")
    told, meant = ({EntryRef(row[station], row[n]): row for row in rows} for rows in (held, due))
    for entry in sorted(told.keys() | meant.keys()):
        if entry not in told:
            yield f"the row of entry {entry} is missing"
        elif entry not in meant:
            yield f"a row names entry {entry}, which made no such row"
        else:
            pairs = zip(columns, told[entry], meant[entry], strict=True)
            yield f"{', '.join(name for name, one, other in pairs if one != other)} of entry {entry}"


def _version_row(one: ObjectiveVersion, tick: int) -> tuple[Any, ...]:
    body = None if one.objective is None else canonical(plain_objective(one.objective))
    return (one.id, tick, *one.entry, one.since, one.recorded, one.author, one.why, body, int(one.undone))


def _exclusion_row(record: ExclusionRecord) -> tuple[Any, ...]:
    asked = record.exclusion
    return (
        asked.id, *record.entry, record.digest, canonical(plain_exclusion(asked)), record.why,
        asked.requested_by, record.requested, asked.approved_by, record.approved,
        record.withdrawn_by, record.withdrawn,
    )  # fmt: skip


# --- reading --------------------------------------------------------------------------------------------------------


def versions_of(state: State, object_id: str, *, known_at: float | None = None) -> tuple[ObjectiveVersion, ...]:
    """Every version of one objective in the order of the journal; empty where there never was one."""
    if known_at is not None:
        return objective_versions(history(state, "objective", object_id, known_at=known_at))
    found = state.db.execute(f"SELECT * FROM objective_version WHERE object = ? {_ORDER}", (object_id,))
    return tuple(map(_version, found))


def objectives(state: State, *, known_at: float | None = None) -> dict[str, tuple[ObjectiveVersion, ...]]:
    """Versions of every objective that ever was, by its id, in order of the ids."""
    if known_at is not None:
        told = {name: versions_of(state, name, known_at=known_at) for name in names(state, "objective")}
        return {name: versions for name, versions in told.items() if versions}
    found: dict[str, list[ObjectiveVersion]] = {}
    for row in state.db.execute("SELECT * FROM objective_version ORDER BY object, tick, station, n"):
        found.setdefault(row[0], []).append(_version(row))
    return {name: tuple(versions) for name, versions in found.items()}


def _version(row: Sequence[Any]) -> ObjectiveVersion:
    object_id, _, station, n, since, recorded, author, why, body, undone = row
    objective = None if body is None else objective_from_plain(json.loads(body))
    return ObjectiveVersion(
        object_id, EntryRef(station, n), since, recorded, author, why, objective, undone=bool(undone)
    )


def exclusion_of(state: State, object_id: str) -> ExclusionRecord | None:
    """One exclusion; None where none of this name stands."""
    row = state.db.execute("SELECT * FROM exclusion WHERE object = ?", (object_id,)).fetchone()
    return None if row is None else _exclusion(row)


def exclusions(state: State, *, known_at: float | None = None) -> tuple[ExclusionRecord, ...]:
    """Every exclusion, also those not yet approved and those withdrawn, in order of their ids."""
    if known_at is None:
        return tuple(map(_exclusion, state.db.execute("SELECT * FROM exclusion ORDER BY object")))
    told = (
        exclusion_record(history(state, "exclusion", name, known_at=known_at)) for name in names(state, "exclusion")
    )
    return tuple(record for record in told if record is not None)


def _exclusion(row: Sequence[Any]) -> ExclusionRecord:
    _, station, n, digest, body, why, requested_by, requested, approved_by, approved, withdrawn_by, withdrawn = row
    asked = exclusion_from_plain(json.loads(body), requested_by, approved_by, withdrawn=withdrawn is not None)
    return ExclusionRecord(asked, EntryRef(station, n), digest, why, requested, approved, withdrawn, withdrawn_by)
