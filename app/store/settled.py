"""The settled tier: one row of values per series and span, one row of times per scrape group and span.

Beside the times of a group stand, as runs, the bundles whose word they are. A series whose samples
have another origin than its group (a late file that held only some series) carries runs of its own.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from app.errors import StoreDamaged
from app.model.sample import FloatArray, TimeArray
from app.store import codec
from app.store.block import SPAN
from app.store.codec import Mask
from app.store.database import Reader, Writer
from app.store.overlay import EMPTY, BundleArray, Layer

_LENGTH = struct.Struct("<I")
SPAN_BITS: Final = 20
Origin = tuple[BundleArray, BundleArray]
"""Winner and first bundle of each sample."""


def row_id(owner: int, span: int) -> int:
    """Key of a chunk (owner: series) or of a clock (owner: scrape group)."""
    return owner << SPAN_BITS | span


def spans(first: int, last: int) -> range:
    """Numbers of the spans that hold times from `first` to `last`, milliseconds."""
    return range(max(first, 0) // SPAN, max(last, 0) // SPAN + 1)


def _pack_origin(origin: Origin) -> bytes:
    both = np.stack(origin)
    starts = np.flatnonzero(np.append(True, np.any(both[:, 1:] != both[:, :-1], axis=0)))
    lengths = np.diff(np.append(starts, both.shape[1]))
    return np.concatenate([both[:, starts], lengths[None, :]]).astype("<u4").tobytes()


def _unpack_origin(blob: bytes, size: int) -> Origin:
    runs = np.frombuffer(blob, "<u4").reshape(3, -1).astype(np.int64)
    if int(runs[2].sum()) != size:
        msg = "The origins of a stored chunk do not fit its samples."
        raise StoreDamaged(msg)
    return np.repeat(runs[0], runs[2]), np.repeat(runs[1], runs[2])


def _join(first: bytes, second: bytes) -> bytes:
    return _LENGTH.pack(len(first)) + first + second


def _split(blob: bytes) -> tuple[bytes, bytes]:
    if len(blob) < _LENGTH.size:
        msg = "A stored row is empty."
        raise StoreDamaged(msg)
    (length,) = _LENGTH.unpack_from(blob)
    return blob[_LENGTH.size : _LENGTH.size + length], blob[_LENGTH.size + length :]


def write_clock(writer: Writer, group: int, span: int, clock: bytes, origin: Origin) -> None:
    """Keep the times of a group and where they came from."""
    row = (row_id(group, span), _join(clock, _pack_origin(origin)))
    writer.db.execute("INSERT OR REPLACE INTO clock VALUES (?, ?)", row)


def write_chunk(writer: Writer, series: int, span: int, body: bytes, origin: Origin | None) -> None:
    """Keep the values of a series; `origin` only where it differs from its group's."""
    own = b"" if origin is None else _pack_origin(origin)
    writer.db.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?)", (row_id(series, span), _join(body, own)))


def read_clock(session: Reader | Writer, group: int, span: int) -> tuple[TimeArray, Origin, bytes] | None:
    """Times of a group in a span, their origin, and the clock's own bytes."""
    row = session.db.execute("SELECT body FROM clock WHERE id = ?", (row_id(group, span),)).fetchone()
    if row is None:
        return None
    clock, origin = _split(row[0])
    time = codec.decode_clock(clock)
    return time, _unpack_origin(origin, time.size), clock


def read_chunk(session: Reader | Writer, series: int, span: int, time: TimeArray, origin: Origin) -> Layer:
    """Samples of a series in a span, given its group's times and origin."""
    row = session.db.execute("SELECT body FROM chunk WHERE id = ?", (row_id(series, span),)).fetchone()
    if row is None:
        return EMPTY
    body, own = _split(row[0])
    values, present = codec.decode_body(body)
    if values.shape != (1, time.size):
        msg = "A stored chunk does not fit the times of its scrape group."
        raise StoreDamaged(msg)
    return _layer(values[0], None if present is None else present[0], own, time, origin)


def _layer(value: FloatArray, mask: Mask | None, own: bytes, time: TimeArray, origin: Origin) -> Layer:
    winner, first = origin
    if mask is not None:
        time, value, winner, first = time[mask], value[mask], winner[mask], first[mask]
    if own:
        winner, first = _unpack_origin(own, time.size)
    return Layer(time, value, winner, first)


def read_settled(
    session: Reader | Writer, members: Mapping[int, int], start: int, end: int
) -> Iterator[tuple[int, Layer]]:
    """Settled samples with start <= time < end (ms) of series by their groups: `members` is series -> group."""
    groups: dict[int, list[int]] = {}
    for series, group in members.items():
        groups.setdefault(group, []).append(series)
    for group, numbers in groups.items():
        for span in known_spans(session, group, start, end):
            clock = read_clock(session, group, span)
            if clock is None:
                continue
            time, origin, _ = clock
            for series in numbers:
                yield series, read_chunk(session, series, span, time, origin).part(start, end)


def stored_clock(session: Reader | Writer, group: int, span: int) -> bytes | None:
    """Encoded times of a group in a span, as they are stored."""
    row = session.db.execute("SELECT body FROM clock WHERE id = ?", (row_id(group, span),)).fetchone()
    return None if row is None else _split(row[0])[0]


def stored_body(session: Reader | Writer, series: int, span: int) -> bytes | None:
    """Encoded values of a series in a span, as they are stored."""
    row = session.db.execute("SELECT body FROM chunk WHERE id = ?", (row_id(series, span),)).fetchone()
    return None if row is None else _split(row[0])[0]


def known_spans(session: Reader | Writer, group: int, start: int, end: int) -> list[int]:
    """Numbers of the spans between two times (ms) that hold settled samples of a group."""
    wanted = spans(start, end - 1)
    rows = session.db.execute(
        "SELECT id FROM clock WHERE id BETWEEN ? AND ?",
        (row_id(group, wanted.start), row_id(group, min(wanted.stop - 1, (1 << SPAN_BITS) - 1))),
    )
    return [number & ((1 << SPAN_BITS) - 1) for (number,) in rows.fetchall()]
