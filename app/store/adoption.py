"""Adopting a block: a long series that stands alone in its span is stored as the very bytes that were verified.

Its rollup is computed here, from the decoded samples, and never taken from outside. What is adopted stands in the
tables of settled samples at once; `adopted` lists it until its bundle is published, and readers pass it over.
"""

from dataclasses import dataclass, field

from app.errors import StoreDamaged
from app.store.block import SPAN, Decoded
from app.store.database import Writer
from app.store.head import Placed
from app.store.last import Newest, keep_newest
from app.store.origin import Origin
from app.store.rollup import Hours, encode_rollup, hours_of
from app.store.sheets import mark_stale
from app.store.tiers import SPANS, Clock, read_row, split, write_chunk, write_clock, write_row


@dataclass(frozen=True, slots=True)
class _Shared:
    """Times of a group in a span as they are stored: their bytes, whether this bundle brought them, their hours."""

    blob: bytes
    own: bool
    hours: Hours


@dataclass(slots=True)
class Adoption:
    """Adopts the blocks of one bundle, inside the caller's transactions."""

    writer: Writer
    bundle: int
    _shared: dict[tuple[int, int], _Shared] = field(default_factory=dict)

    def adopt(self, placed: Placed, decoded: Decoded) -> int:
        """Store a lone series as it came; return the bytes written, 0 where something else is there already."""
        codes, series, span = decoded.codes, placed.ids[0], int(decoded.time[0]) // SPAN
        if codes is None or codes.size == 0:
            return 0
        key = SPANS.key(series, span)
        try:
            if read_row(self.writer, SPANS.chunks, key) is not None:
                return 0
            shared = self._times(placed, decoded, span)
        except StoreDamaged:
            return 0  # what is there cannot be read, and stays for readers to tell of
        if shared.blob != placed.block.clock:
            return 0
        time, masked = decoded.time, decoded.present is not None
        if decoded.present is not None:
            time = time[decoded.present[0]]
        write_chunk(
            self.writer,
            SPANS,
            series,
            span,
            placed.block.body,
            None if shared.own else Origin.of(self.bundle, codes.size),
        )
        rollup = encode_rollup(codes, hours_of(time) if masked else shared.hours, own=masked)
        write_row(self.writer, "rollup", key, rollup)
        self._list("chunk", key, int(time[-1]), codes.tail().tobytes())
        return len(placed.block.body) + len(rollup)

    def _times(self, placed: Placed, decoded: Decoded, span: int) -> _Shared:
        """Times that stand in the store for this group and span, put there now where there were none."""
        place = (placed.group, span)
        if place not in self._shared:
            key = SPANS.key(*place)
            row = read_row(self.writer, SPANS.clocks, key)
            hours = hours_of(decoded.time)
            if row is None:
                clock = Clock(decoded.time, Origin.of(self.bundle, decoded.time.size), placed.block.clock)
                write_clock(self.writer, SPANS, *place, clock)
                write_row(self.writer, "hours", key, hours.pack())
                self._list("clock", key, None, None)
            self._shared[place] = _Shared(placed.block.clock if row is None else split(row)[0], row is None, hours)
        return self._shared[place]

    def _list(self, what: str, key: int, time: int | None, value: bytes | None) -> None:
        self.writer.db.execute(
            "INSERT OR REPLACE INTO adopted VALUES (?, ?, ?, ?, ?)", (self.bundle, what, key, time, value)
        )


def publish_adopted(writer: Writer, bundle: int) -> None:
    """Let readers see what was adopted, and bring up to date what is derived from it."""
    rows = writer.db.execute(
        "SELECT id, time, value FROM adopted WHERE bundle = ? AND what = 'chunk'", (bundle,)
    ).fetchall()
    newest = [Newest(SPANS.owner_and_span(key)[0], time, value, bundle) for key, time, value in rows]
    keep_newest(writer, newest)
    mark_stale(writer, [SPANS.owner_and_span(key) for key, _, _ in rows])
    writer.db.execute("DELETE FROM adopted WHERE bundle = ?", (bundle,))


def drop_adopted(writer: Writer, bundle: int) -> None:
    """Take out again what an unpublished bundle had put in place."""
    for what, tables in (("chunk", ("chunk", "rollup")), ("clock", ("clock", "hours"))):
        for table in tables:
            writer.db.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM adopted WHERE bundle = ? AND what = ?)",
                (bundle, what),
            )
    writer.db.execute("DELETE FROM adopted WHERE bundle = ?", (bundle,))
