"""The settled samples: one row of values per series and span, one row of times per scrape group and span.

Two tiers hold them. A *day* is what the head is folded into, keyed in order of arrival, so that what comes
together is written together. A *span* of thirty days is what the days of a past span become, keyed by series, so
that what is read together lies together; beside its values stand their hourly rollups. Beside the times of a group
stand, as runs, the bundles whose word they are; a series whose samples have another origin than its group (a late
file that held only some series) carries runs of its own.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.errors import StoreDamaged
from app.model.sample import TimeArray
from app.store.block import SPAN
from app.store.clock_code import decode_clock
from app.store.codec import decode_codes
from app.store.database import Reader, Writer, readable_pages
from app.store.origin import Origin
from app.store.overlay import Layer
from app.store.rowseal import prove_row, seal_row, sealed_part
from app.store.values import Codes

DAY: Final = 86_400_000
_LENGTH = struct.Struct("<I")
_OWNER_BITS: Final = 24
_SPAN_BITS: Final = 20


@dataclass(frozen=True, slots=True)
class Tier:
    """Where one tier stands: its tables, the milliseconds of a span, and the order of its keys."""

    chunks: str
    clocks: str
    length: int
    by_time: bool

    def key(self, owner: int, span: int) -> int:
        """Key of a chunk (owner: series) or of a clock (owner: scrape group)."""
        return span << _OWNER_BITS | owner if self.by_time else owner << _SPAN_BITS | span

    def owner_and_span(self, key: int) -> tuple[int, int]:
        """What `key` was made of."""
        if self.by_time:
            return key & ((1 << _OWNER_BITS) - 1), key >> _OWNER_BITS
        return key >> _SPAN_BITS, key & ((1 << _SPAN_BITS) - 1)

    def spans(self, start: int, end: int) -> range:
        """Numbers of the spans that hold times from `start` up to `end`, milliseconds."""
        return range(max(start, 0) // self.length, max(end - 1, -1) // self.length + 1)


DAYS: Final = Tier("day", "day_clock", DAY, by_time=True)
SPANS: Final = Tier("chunk", "clock", SPAN, by_time=False)
TIERS: Final = (SPANS, DAYS)
_WITH_ORIGIN: Final = frozenset({"chunk", "clock", "day", "day_clock"})


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Times of a scrape group in a span, where they came from, and their own bytes."""

    time: TimeArray
    origin: Origin
    blob: bytes


def _join(first: bytes, second: bytes) -> bytes:
    return _LENGTH.pack(len(first)) + first + second


def _beside(table: str, row: bytes) -> bytes:
    """What of a row the digest of its numbers does not cover: the origins of a chunk or clock."""
    return split(row)[1] if table in _WITH_ORIGIN else b""


def write_row(writer: Writer, table: str, key: int, row: bytes) -> None:
    """Keep one row, sealed to its place."""
    blob = seal_row(f"{table} {key}", row, _beside(table, row))
    writer.db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, blob))


def open_row(table: str, key: int, stored: bytes) -> bytes:
    """Row behind its seal.

    Raises
    ------
    StoreDamaged
        If it does not belong where it was found.
    """
    row = sealed_part(stored)
    if row is None:
        return stored  # written by version 1
    prove_row(f"{table} {key}", stored, row, _beside(table, row))
    return row


def split(blob: bytes) -> tuple[bytes, bytes]:
    """Part a stored row into its encoded numbers and the origins beside them."""
    if len(blob) < _LENGTH.size:
        msg = "A stored row is empty."
        raise StoreDamaged(msg)
    (length,) = _LENGTH.unpack_from(blob)
    return blob[_LENGTH.size : _LENGTH.size + length], blob[_LENGTH.size + length :]


def write_clock(writer: Writer, tier: Tier, group: int, span: int, clock: Clock) -> None:
    """Keep the times of a group and where they came from."""
    write_row(writer, tier.clocks, tier.key(group, span), _join(clock.blob, clock.origin.pack()))


def write_chunk(writer: Writer, tier: Tier, series: int, span: int, body: bytes, origin: Origin | None) -> None:
    """Keep the values of a series; `origin` only where it differs from its group's."""
    own = b"" if origin is None else origin.pack()
    write_row(writer, tier.chunks, tier.key(series, span), _join(body, own))


def read_row(session: Reader | Writer, table: str, key: int) -> bytes | None:
    """Bytes of one row, or None.

    Raises
    ------
    StoreDamaged
        If the database itself cannot read the page that the row stands on, or the row belongs elsewhere.
    """
    with readable_pages():
        row = session.db.execute(f"SELECT body FROM {table} WHERE id = ?", (key,)).fetchone()
    return None if row is None else open_row(table, key, row[0])


def read_rows(session: Reader | Writer, table: str, first: int, last: int) -> dict[int, bytes]:
    """Bytes of the rows whose keys lie between two keys, both included, by their keys.

    Raises
    ------
    StoreDamaged
        As `read_row`, for any of them.
    """
    with readable_pages():
        rows = session.db.execute(f"SELECT id, body FROM {table} WHERE id BETWEEN ? AND ?", (first, last)).fetchall()
    return {key: open_row(table, key, stored) for key, stored in rows}


def read_clock(session: Reader | Writer, tier: Tier, group: int, span: int) -> Clock | None:
    """Times of a group in a span.

    Raises
    ------
    StoreDamaged
    """
    row = read_row(session, tier.clocks, tier.key(group, span))
    if row is None:
        return None
    blob, origin = split(row)
    time = decode_clock(blob)
    return Clock(time, Origin.unpack(origin, time.size), blob)


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """The samples ``[low, high)`` of a clock: what is asked for of a span, in arrays that all series share.

    They are copies, so that an answer about an hour does not keep a month in memory.
    """

    low: int
    high: int
    time: TimeArray
    origin: Origin

    @classmethod
    def of(cls, clock: Clock, start: int, end: int) -> "Stretch":
        """What of a clock lies in start <= time < end, ms."""
        low, high = (int(n) for n in np.searchsorted(clock.time, [start, end]))
        if low == 0 and high == clock.time.size:
            return cls(low, high, clock.time, clock.origin)
        return cls(low, high, clock.time[low:high].copy(), clock.origin.cut(low, high))


def read_chunk(
    session: Reader | Writer, tier: Tier, series: int, span: int, clock: Clock, stretch: Stretch | None = None
) -> Layer | None:
    """Samples of a series in a span, or in a stretch of it, given its group's times; None where none are stored.

    Raises
    ------
    StoreDamaged
    """
    row = read_row(session, tier.chunks, tier.key(series, span))
    if row is None:
        return None
    codes, time, origin = open_chunk(row, clock)
    if stretch is None:
        return Layer(time, codes.floats(), origin)
    if time is clock.time and origin is clock.origin:
        return Layer(stretch.time, codes.part(stretch.low, stretch.high).floats(), stretch.origin)
    low, high = (int(n) for n in np.searchsorted(time, _ends(stretch)))
    return Layer(time[low:high].copy(), codes.part(low, high).floats(), origin.cut(low, high))


def _ends(stretch: Stretch) -> tuple[int, int]:
    """First time of a stretch, and just behind its last."""
    return (int(stretch.time[0]), int(stretch.time[-1]) + 1) if stretch.time.size else (0, 0)


def open_chunk(row: bytes, clock: Clock) -> tuple[Codes, TimeArray, Origin]:
    """Codes, times and origin of a stored chunk."""
    body, own = split(row)
    header, codes, mask = decode_codes(body)
    time, origin = clock.time, clock.origin
    if (header.times, header.first, header.last) != (time.size, time[0], time[-1]):
        msg = "A stored chunk does not fit the times of its scrape group."
        raise StoreDamaged(msg)
    if mask is not None:
        time, origin = time[mask], origin.pick(mask)
    if own:
        origin = Origin.unpack(own, time.size)
    return codes, time, origin


def known_spans(session: Reader | Writer, tier: Tier, group: int, start: int, end: int) -> list[int]:
    """Numbers of the spans between two times (ms) that hold settled samples of a group.

    Raises
    ------
    StoreDamaged
        If the database cannot read the pages that tell.
    """
    with readable_pages():
        return _known_spans(session, tier, group, start, end)


def _known_spans(session: Reader | Writer, tier: Tier, group: int, start: int, end: int) -> list[int]:
    wanted = tier.spans(start, end)
    if tier.by_time:
        wanted = _within(wanted, session.once(_days) if isinstance(session, Reader) else _days(session))
        keys: Iterable[int] = [tier.key(group, span) for span in wanted]
        return [span for span, key in zip(wanted, keys, strict=True) if _has_row(session, tier.clocks, key)]
    last = min(wanted.stop, 1 << _SPAN_BITS) - 1
    rows = session.db.execute(
        f"SELECT id FROM {tier.clocks} WHERE id BETWEEN ? AND ?", (tier.key(group, wanted.start), tier.key(group, last))
    )
    return [tier.owner_and_span(key)[1] for (key,) in rows.fetchall()]


def _has_row(session: Reader | Writer, table: str, key: int) -> bool:
    return session.db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (key,)).fetchone() is not None


def _days(session: Reader | Writer) -> range:
    """Days from the first to the last that the tier of days holds."""
    first, last = session.db.execute("SELECT min(id), max(id) FROM day_clock").fetchone()
    return range(0) if first is None else range(first >> _OWNER_BITS, (last >> _OWNER_BITS) + 1)


def _within(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def days_held(session: Reader | Writer) -> range:
    """Numbers of the days from the first to the last that still stand apart from their span."""
    return session.once(_days) if isinstance(session, Reader) else _days(session)


def group_times(layers: Sequence[Layer], place: np.ndarray) -> tuple[TimeArray, Origin]:
    """Union of the times of a group's series, and for each the origin of the highest rank that any has there.

    `place` is the place of each bundle in the order of winning.
    """
    first, packed = layers[0], layers[0].origin.pack()
    if all(np.array_equal(one.time, first.time) and one.origin.pack() == packed for one in layers[1:]):
        return first.time, first.origin
    time = np.concatenate([one.time for one in layers])
    both = [one.origin.expand() for one in layers]
    winner, earliest = (np.concatenate(part) for part in zip(*both, strict=True))
    ordered = np.lexsort((place[winner], time))
    time, winner, earliest = time[ordered], winner[ordered], earliest[ordered]
    last = np.append(np.diff(time) > 0, True)
    return time[last], Origin.from_samples(winner[last], earliest[last])


def hidden_chunks(session: Reader | Writer) -> frozenset[int]:
    """Keys of chunks that an unpublished bundle has put in place."""
    return frozenset(key for (key,) in session.db.execute("SELECT id FROM main.adopted WHERE what = 'chunk'"))
