"""The station's ledger: what was accepted, what is missing, who is locked, what was tried.

Kept in `state`, apart from the cache, so that losing or restoring the cache cannot undo
anti-rollback. Functions that write run inside the caller's transaction (`recording`), so that a
decision, its attempt and its audit record are kept together or not at all.
"""

import contextlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store.database import State, real, transaction


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the chain of one stream."""

    source: str
    stream: str
    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A manifest that this station accepted. Times are seconds UTC."""

    manifest: str
    source: str
    stream: str
    epoch: int
    seq: int
    kind: str
    enclave: str
    level: Level
    created: float
    window_start: float
    window_end: float
    expires: float
    received: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequence numbers `first` to `last` that are missing between two accepted bundles."""

    source: str
    stream: str
    epoch: int
    first: int
    last: int
    before: Accepted
    after: Accepted


@dataclass(frozen=True, slots=True)
class Lock:
    """A source from which nothing is taken until somebody releases it.

    `code` is ``FORK`` or ``SPILL``; `level` the level that was claimed.
    """

    source: str
    level: Level
    code: str
    reason: str
    since: float


@dataclass(frozen=True, slots=True)
class Intent:
    """An import that was begun; `payload` is the verified manifest."""

    manifest: str
    payload: bytes
    name: str
    carrier: str
    size: int
    received: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at importing, whatever came of it.

    `code` is an outcome code. `shape` tells the same files from changed ones. `held` is the folder
    below `held/` with the unparsed copy, empty where there is none. `checks` are (state, title,
    text). What was not verified is empty, 0, None or NaN.
    """

    received: float
    code: str
    name: str
    carrier: str
    size: int
    shape: str
    held: str
    reason: str
    action: str
    checks: tuple[tuple[str, str, str], ...]
    manifest: str = ""
    source: str = ""
    stream: str = ""
    epoch: int = 0
    seq: int = 0
    level: Level | None = None
    enclave: str = ""
    kind: str = ""
    rows: int = 0
    created: float = math.nan
    window_start: float = math.nan
    window_end: float = math.nan
    expires: float = math.nan
    id: int = 0


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """One key of the trust file in force."""

    source: str
    epoch: int
    enclave: str
    level: Level
    keyid: str
    scheme: str
    fingerprint: str
    revoked: bool


@contextlib.contextmanager
def recording(state: State) -> Iterator[None]:
    """Run a block in one transaction on the station's memory."""
    with transaction(state.db):
        yield


# --- accepted manifests and the chain -------------------------------------------------------------------------------

_ACCEPTED = (
    "manifest, source, stream, epoch, seq, kind, enclave, level, created, window_start, window_end, expires, received"
)


def _accepted(row: Sequence[Any]) -> Accepted:
    fields = list(row)
    fields[7] = Level(fields[7])
    return Accepted(*fields)


def accept(state: State, accepted: Accepted, links: Mapping[int, str]) -> None:
    """Remember an accepted manifest and the positions (sequence: manifest) that its history tells of.

    The caller has asked `known_positions` in the same transaction: a contradiction is a fork and
    must not come here.
    """
    state.db.execute(f"INSERT INTO accepted ({_ACCEPTED}) VALUES ({', '.join('?' * 13)})", astuple(accepted))
    chain = (accepted.source, accepted.stream, accepted.epoch)
    told = {**links, accepted.seq: accepted.manifest}
    state.db.executemany(
        "INSERT OR IGNORE INTO position VALUES (?, ?, ?, ?, ?)", [(*chain, *pair) for pair in told.items()]
    )


def is_accepted(state: State, manifest: str) -> bool:
    """Whether this very manifest was accepted before."""
    return state.db.execute("SELECT 1 FROM accepted WHERE manifest = ?", (manifest,)).fetchone() is not None


def known_positions(state: State, source: str, stream: str, epoch: int, seqs: Iterable[int]) -> dict[int, str]:
    """Manifests that are known to stand at some positions of a stream; unknown ones are left out."""
    found = {}
    for seq in seqs:
        row = state.db.execute(
            "SELECT manifest FROM position WHERE source = ? AND stream = ? AND epoch = ? AND seq = ?",
            (source, stream, epoch, seq),
        ).fetchone()
        if row is not None:
            found[seq] = str(row[0])
    return found


def last_accepted(state: State, source: str, stream: str, epoch: int | None = None) -> Accepted | None:
    """Accepted bundle with the highest sequence, of one epoch or of the newest one."""
    row = state.db.execute(
        f"SELECT {_ACCEPTED} FROM accepted WHERE source = ? AND stream = ? AND (? IS NULL OR epoch = ?)"
        " ORDER BY epoch DESC, seq DESC LIMIT 1",
        (source, stream, epoch, epoch),
    ).fetchone()
    return None if row is None else _accepted(row)


def arrived_at(state: State, manifest: str) -> float:
    """When an accepted bundle came in, seconds UTC; minus infinity where it has not."""
    row = state.db.execute("SELECT received FROM accepted WHERE manifest = ?", (manifest,)).fetchone()
    return -math.inf if row is None else float(row[0])


def newest_arrival(state: State) -> float:
    """When the newest accepted bundle came in, seconds UTC; minus infinity before the first."""
    found = state.db.execute("SELECT max(received) FROM accepted").fetchone()[0]
    return -math.inf if found is None else float(found)


def gaps(state: State) -> list[Gap]:
    """Find what is missing between the first and the last accepted bundle of every chain.

    What was sent before a station's first bundle is not missing: it was not there yet.
    """
    holes = state.db.execute(
        f"""SELECT * FROM (
                SELECT lag(manifest) OVER chain AS before, lag(seq) OVER chain AS last, {_ACCEPTED} FROM accepted
                WINDOW chain AS (PARTITION BY source, stream, epoch ORDER BY seq))
            WHERE seq > last + 1 ORDER BY source, stream, epoch, seq"""
    ).fetchall()
    found = []
    for before, last, *fields in holes:
        row = state.db.execute(f"SELECT {_ACCEPTED} FROM accepted WHERE manifest = ?", (before,)).fetchone()
        later = _accepted(fields)
        found.append(Gap(later.source, later.stream, later.epoch, last + 1, later.seq - 1, _accepted(row), later))
    return found


# --- locks ----------------------------------------------------------------------------------------------------------


def locks(state: State) -> list[Lock]:
    """Locked sources, oldest lock first."""
    rows = state.db.execute("SELECT source, level, code, reason, since FROM lock ORDER BY since, source")
    return [Lock(source, Level(level), code, reason, since) for source, level, code, reason, since in rows]


def locked(state: State, source: str) -> Lock | None:
    """Lock of one source, or None."""
    return next((lock for lock in locks(state) if lock.source == source), None)


def lock_source(state: State, lock: Lock) -> None:
    """Lock a source; the first lock stays until it is released."""
    state.db.execute(
        "INSERT OR IGNORE INTO lock (source, level, code, reason, since) VALUES (?, ?, ?, ?, ?)",
        astuple(lock),
    )


def release_source(state: State, source: str) -> bool:
    """Take the lock off a source; False where there was none."""
    return state.db.execute("DELETE FROM lock WHERE source = ?", (source,)).rowcount == 1


# --- intents --------------------------------------------------------------------------------------------------------


def write_intent(state: State, intent: Intent) -> None:
    """Say which bundle is about to be staged in the cache."""
    state.db.execute("INSERT OR REPLACE INTO intent VALUES (?, ?, ?, ?, ?, ?)", astuple(intent))


def drop_intent(state: State, manifest: str) -> None:
    """Forget an intent: its import is confirmed or given up."""
    state.db.execute("DELETE FROM intent WHERE manifest = ?", (manifest,))


def intents(state: State) -> list[Intent]:
    """Imports that were begun and neither confirmed nor given up."""
    return [Intent(*row) for row in state.db.execute("SELECT * FROM intent ORDER BY received, manifest")]


# --- attempts -------------------------------------------------------------------------------------------------------

_ATTEMPT = (
    "received, code, name, carrier, size, shape, held, reason, action, checks, manifest, source, stream, epoch, seq,"
    " level, enclave, kind, rows, created, window_start, window_end, expires"
)


def record_attempt(state: State, attempt: Attempt) -> int:
    """Keep one attempt and return its number."""
    *fields, _ = astuple(attempt)
    fields[9] = json.dumps(attempt.checks, ensure_ascii=False)
    kept = [None if isinstance(value, float) and math.isnan(value) else value for value in fields]
    found = state.db.execute(f"INSERT INTO attempt ({_ATTEMPT}) VALUES ({', '.join('?' * 23)})", kept)
    return int(found.lastrowid or 0)


def _attempt(row: Sequence[Any]) -> Attempt:
    number, *fields = row
    fields[9] = tuple(tuple(check) for check in json.loads(str(fields[9])))
    fields[15] = None if fields[15] is None else Level(fields[15])
    fields[19:] = [real(value) for value in fields[19:]]
    return Attempt(*[*fields, number])


def attempts(state: State, span: TimeRange | None = None) -> list[Attempt]:
    """Attempts received in `span`, newest first."""
    start, end = (-math.inf, math.inf) if span is None else (span.start, span.end)
    rows = state.db.execute(
        f"SELECT id, {_ATTEMPT} FROM attempt WHERE received >= ? AND received < ? ORDER BY received DESC, id DESC",
        (start, end),
    )
    return [_attempt(row) for row in rows]


def held_copies(state: State) -> list[Attempt]:
    """Newest attempt at each copy in `held/`, oldest first: what waits for trust, a base or the clock."""
    rows = state.db.execute(
        f"SELECT id, {_ATTEMPT} FROM attempt WHERE id IN (SELECT max(id) FROM attempt WHERE held <> '' GROUP BY held)"
        " ORDER BY source, stream, epoch, seq, id"
    )
    return [_attempt(row) for row in rows]


def forget_copy(state: State, held: str) -> None:
    """Note that a copy in `held/` is gone."""
    state.db.execute("UPDATE attempt SET held = '' WHERE held = ?", (held,))


def was_tried(state: State, shape: str) -> bool:
    """Whether these very files were tried before; what was turned away by a lock since released was not.

    An empty shape tells nothing of any files, so it was never tried.
    """
    found = state.db.execute(
        "SELECT 1 FROM attempt WHERE shape = ? AND shape <> ''"
        " AND NOT (code = 'SOURCE_LOCKED' AND source NOT IN (SELECT source FROM lock)) LIMIT 1",
        (shape,),
    )
    return found.fetchone() is not None


def last_try(state: State, shape: str) -> Attempt | None:
    """Newest attempt at these very files, or None."""
    row = state.db.execute(
        f"SELECT id, {_ATTEMPT} FROM attempt WHERE shape = ? ORDER BY id DESC LIMIT 1", (shape,)
    ).fetchone()
    return None if row is None else _attempt(row)


# --- trust ----------------------------------------------------------------------------------------------------------


def add_trust(state: State, version: int, envelope: bytes, digest: str, keys: Sequence[PinnedKey], at: float) -> None:
    """Keep a verified trust file; `digest` is the SHA-384 of its payload. Versions only rise."""
    state.db.execute("INSERT INTO trust VALUES (?, ?, ?, ?)", (version, envelope, digest, at))
    state.db.executemany(
        "INSERT INTO pinned_key (version, source, epoch, enclave, level, keyid, scheme, fingerprint, revoked)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(version, *astuple(key)) for key in keys],
    )


def current_trust(state: State) -> bytes | None:
    """Signed envelope of the trust file in force, None before `trust init`."""
    row = state.db.execute("SELECT envelope FROM trust ORDER BY version DESC LIMIT 1").fetchone()
    return None if row is None else bytes(row[0])


def trust_versions(state: State) -> list[tuple[int, str, float]]:
    """Version, digest and time of installation of every trust file, newest first."""
    return state.db.execute("SELECT version, digest, installed FROM trust ORDER BY version DESC").fetchall()


def pinned_keys(state: State) -> list[PinnedKey]:
    """Keys of the trust file in force, in order of level, source and epoch."""
    rows = state.db.execute(
        "SELECT source, epoch, enclave, level, keyid, scheme, fingerprint, revoked FROM pinned_key"
        " WHERE version = (SELECT max(version) FROM trust) ORDER BY level, source, epoch DESC, scheme"
    )
    return [
        PinnedKey(source, epoch, enclave, Level(level), keyid, scheme, fingerprint, bool(revoked))
        for source, epoch, enclave, level, keyid, scheme, fingerprint, revoked in rows
    ]
