"""The head: what has arrived and is not settled yet, in rows that are written once and in order of arrival.

A row has one of three forms. FRAMES are long blocks that could not be adopted, as they came; a SHEAF is what one
bundle brought; an HOUR is what a dozen bundles brought, one row for each bucket of scrape groups, so that a page
about one endpoint opens few of them.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.errors import StoreDamaged
from app.store.block import Block
from app.store.clock_code import clock_span, decode_clock
from app.store.codec import decode_body
from app.store.database import Reader, Writer
from app.store.overlay import Layer, of_bundle
from app.store.sheaf import IdArray, Sheaf

FRAMES, SHEAF, HOUR = 0, 1, 2
_BUCKET_BITS: Final = 6

# A frame: scrape group, number of series, bytes of clock, bytes of body
_FRAME = struct.Struct("<IIII")


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


def frames(body: bytes) -> Iterator[Frame]:
    """Walk the blocks of a row of frames.

    Raises
    ------
    StoreDamaged
    """
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
    """One row of the head, still encoded."""

    id: int
    bundle: int
    form: int
    first: int
    last: int
    body: bytes

    def layers(self, wanted: Mapping[int, object]) -> Iterator[tuple[int, Layer]]:
        """Samples of the series that are keys of `wanted`.

        Raises
        ------
        StoreDamaged
        """
        if self.form == FRAMES:
            for one in frames(self.body):
                if clock_span(one.clock)[1] >= self.first:
                    yield from one.layers(self.bundle, wanted)
            return
        sheaf = Sheaf(self.body)
        yield from sheaf.layers(np.isin(sheaf.ids, np.fromiter(wanted, np.int64, len(wanted))))


def head_rows(reader: Reader, groups: Sequence[int], start: int, end: int) -> list[HeadRow]:
    """Rows that may hold samples of `groups` with start <= time < end, ms, in order of arrival."""
    buckets = sorted({bucket(group) for group in groups})
    marks = ", ".join("?" * len(buckets))
    rows = reader.db.execute(
        f"""SELECT id, bundle, form, first, last, body FROM head
            WHERE last >= ? AND first < ? AND (form < {HOUR:d} OR bucket IN ({marks})) ORDER BY id""",
        (start, end, *buckets),
    )
    return [HeadRow(*row) for row in rows]
