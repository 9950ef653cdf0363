"""What a collector's store holds, as blocks for a bundle."""

from collections.abc import Iterator

from app.model.sample import TimeRange
from app.store.block import Block, block_from_series
from app.store.database import Reader
from app.store.intake import frames
from app.store.samples import SeriesRef, find_series, read_series


def blocks_after(reader: Reader, run: int) -> Iterator[Block]:
    """Blocks that runs after `run` brought, as they were collected: the content of a delta."""
    refs = {ref.id: ref for ref in find_series(reader)}
    for (body,) in reader.db.execute("SELECT body FROM head WHERE bundle > ? ORDER BY id", (run,)):
        for _, ids, clock, packed in frames(body):
            members = [refs[number] for number in ids.tolist()]
            yield Block(members[0].group, tuple(ref.key for ref in members), clock, packed)


def blocks_between(reader: Reader, span: TimeRange) -> Iterator[Block]:
    """Blocks of everything known in `span`, whole spans of one series each: the content of a full."""
    groups: dict[str, list[SeriesRef]] = {}
    for ref in find_series(reader):
        groups.setdefault(ref.group, []).append(ref)
    for members in groups.values():
        yield from block_from_series(read_series(reader, members, span))
