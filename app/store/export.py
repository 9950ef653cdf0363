"""What a collector's store holds, as blocks for a bundle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.model.time_range import TimeRange
from app.store.block import MAX_SAMPLES, SPAN, Block, block_from_series
from app.store.codec import body_header, clock_span
from app.store.database import Reader
from app.store.intake import IdArray, frames
from app.store.samples import SeriesRef, find_series, read_series
from app.store.settled import known_spans, stored_body, stored_clock


def blocks_after(reader: Reader, run: int) -> Iterator[Block]:
    """Blocks that runs after `run` brought, as they were collected: the content of a delta."""
    refs = {ref.id: ref for ref in find_series(reader)}
    for (body,) in reader.db.execute("SELECT body FROM head WHERE bundle > ? ORDER BY id", (run,)):
        for _, ids, clock, packed in frames(body):
            members = [refs[number] for number in ids.tolist()]
            yield Block(members[0].group, tuple(ref.key for ref in members), clock, packed)


def blocks_between(reader: Reader, span: TimeRange) -> Iterator[Block]:
    """Blocks of everything known in `span`: the content of a full.

    What is stored as whole series of one span, and wholly wanted, is handed on as it is.
    """
    refs = {ref.id: ref for ref in find_series(reader)}
    groups: dict[int, list[SeriesRef]] = {}
    for ref in refs.values():
        groups.setdefault(ref.group_id, []).append(ref)
    window = _Window(span.start * 1000.0, span.end * 1000.0)
    fresh = _fresh(reader, window)
    for group, members in groups.items():
        settled = set(known_spans(reader, group, window.start_ms, window.end_ms))
        for number in sorted(settled | {n for g, n in fresh if g == group}):
            frames_here = fresh.get((group, number), _Fresh())
            if number in settled and not frames_here.blocks and (whole := _settled(reader, members, number, window)):
                yield from whole
            elif number not in settled and frames_here.whole and window.holds(frames_here.first, frames_here.last):
                yield from (Block(refs[i].group, (refs[i].key,), clock, body) for i, clock, body in frames_here.blocks)
            else:
                yield from block_from_series(read_series(reader, members, window.part(number)))


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


@dataclass(slots=True)
class _Fresh:
    """Blocks of one scrape group and span that still stand in the head."""

    blocks: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    whole: bool = True
    first: int = 2**62
    last: int = 0
    seen: set[int] = field(default_factory=set)

    def add(self, ids: IdArray, clock: bytes, body: bytes) -> None:
        first, last = clock_span(clock)
        self.first, self.last = min(self.first, first), max(self.last, last)
        self.whole = self.whole and ids.size == 1 and int(ids[0]) not in self.seen
        self.seen.update(ids.tolist())
        self.blocks.append((int(ids[0]), clock, body))


def _fresh(reader: Reader, window: _Window) -> dict[tuple[int, int], _Fresh]:
    found: dict[tuple[int, int], _Fresh] = {}
    rows = reader.db.execute(
        "SELECT body FROM head WHERE last >= ? AND first < ? ORDER BY id", (window.start, window.end)
    )
    for (row,) in rows:
        for group, ids, clock, body in frames(row):
            found.setdefault((group, clock_span(clock)[0] // SPAN), _Fresh()).add(ids, clock, body)
    return found


def _settled(reader: Reader, members: Sequence[SeriesRef], number: int, window: _Window) -> list[Block]:
    """Settled series of a span as they are stored; empty where the window or a bound cuts through them."""
    clock = stored_clock(reader, members[0].group_id, number)
    bodies = [(ref, stored_body(reader, ref.id, number)) for ref in members]
    fits = all(body is None or body_header(body).times <= MAX_SAMPLES for _, body in bodies)
    if clock is None or not window.holds(*clock_span(clock)) or not fits:
        return []
    return [Block(ref.group, (ref.key,), clock, body) for ref, body in bodies if body is not None]
