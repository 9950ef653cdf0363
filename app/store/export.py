"""What a collector's store holds, as blocks for a bundle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.model.time_range import TimeRange
from app.store.block import MAX_SAMPLES, SPAN, Block, block_from_series
from app.store.clock_code import clock_span, encode_clock
from app.store.codec import body_header, encode_body
from app.store.database import Reader
from app.store.head import FRAMES, HOUR, frames
from app.store.samples import SeriesRef, find_series, read_series
from app.store.sheaf import Sheaf
from app.store.tiers import DAYS, SPANS, known_spans, read_row, split


def blocks_after(reader: Reader, run: int) -> Iterator[Block]:
    """Blocks that runs after `run` brought and that still stand in the head: the content of a delta."""
    rows = reader.db.execute(
        "SELECT form, bundle, body FROM head WHERE bundle > ? AND form < ? ORDER BY id", (run, HOUR)
    ).fetchall()
    refs = {ref.id: ref for ref in find_series(reader)} if rows else {}
    for form, bundle, body in rows:
        yield from _frame_blocks(bundle, body, refs) if form == FRAMES else _sheaf_blocks(body, refs)


def _frame_blocks(bundle: int, body: bytes, refs: dict[int, SeriesRef]) -> Iterator[Block]:
    for one in frames(bundle, body):
        members = [refs[number] for number in one.ids.tolist()]
        yield Block(members[0].group, tuple(ref.key for ref in members), one.clock, one.body)


def _sheaf_blocks(body: bytes, refs: dict[int, SeriesRef]) -> Iterator[Block]:
    for part in Sheaf(body).parts():
        members = [refs[number] for number in part.ids.tolist()]
        packed = encode_body(part.time, part.values, part.present)
        yield Block(members[0].group, tuple(ref.key for ref in members), encode_clock(part.time), packed)


def blocks_between(reader: Reader, span: TimeRange) -> Iterator[Block]:
    """Blocks of everything known in `span`: the content of a full.

    What is stored as whole series of one span, and wholly wanted, is handed on as it is.
    """
    groups: dict[int, list[SeriesRef]] = {}
    for ref in find_series(reader):
        groups.setdefault(ref.group_id, []).append(ref)
    window = _Window(span.start * 1000.0, span.end * 1000.0)
    fresh = _fresh(reader, window)
    for group, members in groups.items():
        by_day = {day * DAYS.length // SPAN for day in known_spans(reader, DAYS, group, window.start_ms, window.end_ms)}
        settled = set(known_spans(reader, SPANS, group, window.start_ms, window.end_ms))
        for number in sorted(settled | by_day | {n for g, n in fresh if g == group}):
            alone = number not in by_day and (group, number) not in fresh
            whole = _settled(reader, members, number, window) if alone else []
            yield from whole or block_from_series(read_series(reader, members, window.part(number)))


@dataclass(frozen=True, slots=True)
class _Window:
    """Wanted times in milliseconds, ends included where they fall on a whole one."""

    start: float
    end: float

    @property
    def start_ms(self) -> int:
        return int(max(self.start, 0.0))

    @property
    def end_ms(self) -> int:
        return int(min(self.end, 2.0**52))

    def holds(self, first: int, last: int) -> bool:
        return self.start <= first and last < self.end

    def part(self, number: int) -> TimeRange:
        start, end = max(self.start, number * SPAN), min(self.end, (number + 1) * SPAN)
        return TimeRange(start / 1000.0, end / 1000.0)


def _fresh(reader: Reader, window: _Window) -> set[tuple[int, int]]:
    """Scrape groups and spans of which something still stands in the head."""
    found: set[tuple[int, int]] = set()
    rows = reader.db.execute(
        "SELECT form, bundle, body FROM head WHERE last >= ? AND first < ? ORDER BY id", (window.start, window.end)
    )
    for form, bundle, body in rows:
        if form == FRAMES:
            found.update((one.group, one.span[0] // SPAN) for one in frames(bundle, body))
        else:
            for part in Sheaf(body).parts():
                found.update((part.group, span) for span in SPANS.spans(int(part.time[0]), int(part.time[-1]) + 1))
    return found


def _settled(reader: Reader, members: Sequence[SeriesRef], number: int, window: _Window) -> list[Block]:
    """Settled series of a span as they are stored; empty where the window or a bound cuts through them."""
    row = read_row(reader, SPANS.clocks, SPANS.key(members[0].group_id, number))
    if row is None or not window.holds(*clock_span(split(row)[0])):
        return []
    found = []
    for ref in members:
        chunk = read_row(reader, SPANS.chunks, SPANS.key(ref.id, number))
        if chunk is not None:
            found.append(Block(ref.group, (ref.key,), split(row)[0], split(chunk)[0]))
    return found if all(body_header(block.body).times <= MAX_SAMPLES for block in found) else []
