"""Sequence numbers of the streams that this station sends.

A number and the hash that goes with it are reserved before anything is published: whatever
happens afterwards, no number is ever given to two different bundles.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from app.store.database import Reader, State


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One reserved bundle of an own stream. `run` is the newest run it holds; times are seconds UTC."""

    source: str
    stream: str
    epoch: int
    seq: int
    manifest: str
    kind: str
    created: float
    window_start: float
    window_end: float
    run: int
    published: bool = False


_COLUMNS = "source, stream, epoch, seq, manifest, kind, created, window_start, window_end, run, published"


def _outgoing(row: Sequence[Any]) -> Outgoing:
    fields = [*row[:-1], bool(row[-1])]
    return Outgoing(*fields)


def reserve_sequence(state: State, outgoing: Outgoing) -> None:
    """Reserve a number and its hash, inside the caller's transaction.

    Raises
    ------
    ValueError
        If the number does not follow from the last one: another process was faster.
    """
    newest = last_outgoing(state, outgoing.source, outgoing.stream, outgoing.epoch, 1)
    if outgoing.seq != (newest[0].seq if newest else 0) + 1:
        msg = f"sequence {outgoing.seq} does not follow"
        raise ValueError(msg)
    state.db.execute(f"INSERT INTO outgoing ({_COLUMNS}) VALUES ({', '.join('?' * 11)})", astuple(outgoing))


def mark_published(state: State, outgoing: Outgoing) -> None:
    """Note that the bundle stands in the outbox."""
    state.db.execute(
        "UPDATE outgoing SET published = 1 WHERE source = ? AND stream = ? AND epoch = ? AND seq = ?",
        (outgoing.source, outgoing.stream, outgoing.epoch, outgoing.seq),
    )


def last_outgoing(state: State, source: str, stream: str, epoch: int, count: int) -> list[Outgoing]:
    """Newest reserved bundles of one chain, newest first."""
    rows = state.db.execute(
        f"SELECT {_COLUMNS} FROM outgoing WHERE source = ? AND stream = ? AND epoch = ? ORDER BY seq DESC LIMIT ?",
        (source, stream, epoch, count),
    )
    return [_outgoing(row) for row in rows]


def last_full(state: State, source: str, stream: str, epoch: int) -> Outgoing | None:
    """Newest reserved full bundle of one chain, or None."""
    row = state.db.execute(
        f"SELECT {_COLUMNS} FROM outgoing WHERE source = ? AND stream = ? AND epoch = ? AND kind = 'full'"
        " ORDER BY seq DESC LIMIT 1",
        (source, stream, epoch),
    ).fetchone()
    return None if row is None else _outgoing(row)


def newest_epoch(state: State, source: str, stream: str) -> int | None:
    """Highest epoch in which this station has sent on a stream; None where it never has."""
    row = state.db.execute("SELECT max(epoch) FROM outgoing WHERE source = ? AND stream = ?", (source, stream))
    found = row.fetchone()[0]
    return None if found is None else int(found)


def arrived_after(reader: Reader, run: int) -> tuple[float, float] | None:
    """Times of the first and last sample, seconds UTC, that runs after `run` brought; None where they brought none."""
    row = reader.db.execute("SELECT min(first), max(last) FROM bundle WHERE id > ?", (run,)).fetchone()
    return None if row[0] is None else (row[0] / 1000.0, row[1] / 1000.0)


def folded_after(reader: Reader, run: int) -> float | None:
    """Time of the first sample, seconds UTC, of runs after `run` that no longer stand in the head; None where all do.

    A delta is made of head rows. What was folded into chunks before it was cut must be found there.
    """
    row = reader.db.execute(
        "SELECT min(first) FROM bundle WHERE id > ? AND (samples > (SELECT coalesce(sum(samples), 0) FROM head"
        " WHERE head.bundle = bundle.id AND form < 2))",
        (run,),
    ).fetchone()
    return None if row[0] is None else row[0] / 1000.0
