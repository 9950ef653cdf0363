"""The head: what has arrived and is not settled yet, in rows that are written once and in order of arrival.

A row has one of three forms. FRAMES are long blocks that could not be adopted, as they came; a SHEAF is what one
bundle brought; an HOUR is what a dozen bundles brought, one row for each bucket of scrape groups, so that a page
about one endpoint opens few of them.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.errors import StoreDamaged
from app.store.block import Block
from app.store.clock_code import clock_span, decode_clock
from app.store.codec import decode_body
from app.store.database import Reader, Writer, readable_pages
from app.store.overlay import Layer, Ranks, of_bundle
from app.store.rowseal import prove_row, seal_row, sealed_part
from app.store.sheaf import IdArray, Sheaf

FRAMES, SHEAF, HOUR = 0, 1, 2
_BUCKET_BITS: Final = 6

# A frame: scrape group, number of series, bytes of clock, bytes of body
_FRAME = struct.Struct("<IIII")
_SEALED: Final = 48
"""First bytes of a clock or a body, with its digest."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and where it belongs: the numbers of its scrape group and of its series."""

    group: int
    ids: list[int]
    block: Block


@dataclass(frozen=True, slots=True)
class Frame:
    """One block of a row of frames, still encoded."""

    group: int
    ids: IdArray
    clock: bytes
    body: bytes

    @property
    def span(self) -> tuple[int, int]:
        """First and last time, ms; the clock is not decoded for it.

        Raises
        ------
        StoreDamaged
        """
        try:
            return clock_span(self.clock)
        except struct.error as error:
            msg = "A row of the head is cut off."
            raise StoreDamaged(msg) from error

    def layers(self, bundle: int, wanted: Mapping[int, object] | None = None) -> Iterator[tuple[int, Layer]]:
        """Series and samples, of `wanted` series only where that is given."""
        places = [(place, n) for place, n in enumerate(self.ids.tolist()) if wanted is None or n in wanted]
        if not places:
            return
        time = decode_clock(self.clock)
        _, values, present = decode_body(self.body)
        if values.shape != (self.ids.size, time.size):
            msg = "A stored block does not fit its times."
            raise StoreDamaged(msg)
        for place, number in places:
            there = slice(None) if present is None else present[place]
            yield number, of_bundle(bundle, time[there], values[place][there])


def bucket(group: int) -> int:
    """Bucket of a scrape group."""
    return group >> _BUCKET_BITS


def frame(placed: Placed) -> bytes:
    """Bytes of one frame."""
    block, ids = placed.block, np.array(placed.ids, np.uint32)
    head = _FRAME.pack(placed.group, ids.size, len(block.clock), len(block.body))
    return head + ids.tobytes() + block.clock + block.body


def frames_row(bundle: int, packed: Sequence[bytes]) -> bytes:
    """Bytes of a row of frames, sealed to the bundle that brought them."""
    body = b"".join(packed)
    return seal_row(f"head {bundle}", body, _directory(body))


def _directory(body: bytes) -> bytes:
    """What the digests of clocks and bodies do not cover, and those digests themselves."""
    at, told = 0, []
    while at + _FRAME.size <= len(body):
        _, k, clock_bytes, body_bytes = _FRAME.unpack_from(body, at)
        told.append(body[at : at + _FRAME.size + 4 * k + _SEALED])
        at += _FRAME.size + 4 * k + clock_bytes
        told.append(body[at : at + _SEALED])
        at += body_bytes
    return b"".join(told)


def frames(bundle: int, stored: bytes) -> Iterator[Frame]:
    """Walk the blocks of a row of frames that a bundle brought.

    Raises
    ------
    StoreDamaged
    """
    body = sealed_part(stored)
    if body is None:
        body = stored  # written by version 1
    else:
        prove_row(f"head {bundle}", stored, body, _directory(body))
    at = 0
    while at < len(body):
        try:
            group, k, clock_bytes, body_bytes = _FRAME.unpack_from(body, at)
            ids = np.frombuffer(body, np.uint32, k, at + _FRAME.size).astype(np.int64)
        except (struct.error, ValueError) as error:
            msg = "A row of the head is cut off."
            raise StoreDamaged(msg) from error
        at += _FRAME.size + 4 * k
        yield Frame(group, ids, body[at : at + clock_bytes], body[at + clock_bytes : at + clock_bytes + body_bytes])
        at += clock_bytes + body_bytes


def write_head(
    writer: Writer, bundle: int, form: int, place: int, span: tuple[int, int], samples: int, body: bytes
) -> None:
    """Append one row; `place` is its bucket, `span` its first and last time, ms."""
    writer.db.execute(
        "INSERT INTO head (bundle, first, last, samples, body, form, bucket) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (bundle, *span, samples, body, form, place),
    )


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One row of the head, still encoded; `body` is empty until it is read."""

    id: int
    bundle: int
    form: int
    first: int
    last: int
    body: bytes = b""

    @property
    def author(self) -> int | None:
        """The one bundle whose word it is; None where several speak."""
        return self.bundle if self.form < HOUR else None

    def read(self, session: Reader | Writer) -> "HeadRow":
        """The same row with its body.

        Raises
        ------
        StoreDamaged
        """
        with readable_pages():
            row = session.db.execute("SELECT body FROM main.head WHERE id = ?", (self.id,)).fetchone()
        if row is None or not isinstance(row[0], bytes):
            msg = "A row of the head is not made of bytes."
            raise StoreDamaged(msg)
        return replace(self, body=row[0])

    def layers(self, wanted: Mapping[int, object], order: Ranks) -> Iterator[tuple[int, Layer]]:
        """Samples of the series that are keys of `wanted`.

        Raises
        ------
        StoreDamaged
            Also where they are the word of a bundle that `order` does not know.
        """
        if self.form == FRAMES:
            order.check([self.bundle])
            for one in frames(self.bundle, self.body):
                if one.span[1] >= self.first:
                    yield from one.layers(self.bundle, wanted)
            return
        sheaf = Sheaf(self.body)
        order.check(sheaf.bundles)
        yield from sheaf.layers(np.isin(sheaf.ids, np.fromiter(wanted, np.int64, len(wanted))))


def all_rows(session: Reader | Writer) -> list[HeadRow]:
    """Every row, in order of arrival; bodies are read later.

    Raises
    ------
    StoreDamaged
    """
    with readable_pages():
        rows = session.db.execute("SELECT id, bundle, form, first, last FROM head ORDER BY id").fetchall()
    return [HeadRow(*row) for row in rows]


def head_rows(reader: Reader, groups: Sequence[int], start: int, end: int) -> list[HeadRow]:
    """Rows that may hold samples of `groups` with start <= time < end, ms, in order of arrival; bodies are read later.

    Raises
    ------
    StoreDamaged
    """
    buckets = sorted({bucket(group) for group in groups})
    marks = ", ".join("?" * len(buckets))
    with readable_pages():
        rows = reader.db.execute(
            f"""SELECT id, bundle, form, first, last FROM head
                WHERE last >= ? AND first < ? AND (form < {HOUR:d} OR bucket IN ({marks})) ORDER BY id""",
            (start, end, *buckets),
        ).fetchall()
    return [HeadRow(*row) for row in rows]
