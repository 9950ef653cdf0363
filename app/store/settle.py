"""Folding the head into the settled tier, off the path of import.

Each scrape group and span is one transaction; the head rows go last. Kill it anywhere and nothing
is lost: what was folded and still stands in the head says the same thing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.job import Job
from app.model.sample import TimeArray
from app.store import codec
from app.store.block import SPAN
from app.store.database import Writer, transaction
from app.store.intake import IdArray, frames
from app.store.overlay import Layer, Ranks, of_bundle, overlay, ranks
from app.store.settled import Origin, read_chunk, read_clock, write_chunk, write_clock

# The head is folded when it holds more rows or bytes than a reader should walk for one page.
_ROWS: Final = 120
_BYTES: Final = 4 * 2**20
_DELETE_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class _Frame:
    head: int
    bundle: int
    ids: IdArray
    clock: bytes
    body: bytes


def settle(writer: Writer, job: Job, *, through: int | None = None, always: bool = False) -> None:
    """Fold published head rows into chunks, where the head has grown large.

    Parameters
    ----------
    through
        Highest bundle to fold; None: all published ones. A collector keeps back what it has not cut yet.
    always
        Fold even a small head.
    """
    limit = 2**62 if through is None else through
    where = "bundle <= ? AND bundle IN (SELECT id FROM bundle WHERE published = 1)"
    rows, size = writer.db.execute(
        f"SELECT count(*), coalesce(sum(length(body)), 0) FROM head WHERE {where}", (limit,)
    ).fetchone()
    if rows == 0 or not (always or rows > _ROWS or size > _BYTES):
        return
    heads = [n for (n,) in writer.db.execute(f"SELECT id FROM head WHERE {where} ORDER BY id", (limit,))]
    work = _frames_by_group(writer, heads)
    order = ranks(writer)
    kept: set[int] = set()
    for done, ((group, span), found) in enumerate(work.items()):
        job.step(done, len(work), "folding what arrived into the cache")
        with transaction(writer.db):
            if not _fold(writer, group, span, found, order):
                kept.update(frame.head for frame in found)
    heads = [number for number in heads if number not in kept]
    for start in range(0, len(heads), _DELETE_BATCH):
        batch = heads[start : start + _DELETE_BATCH]
        with transaction(writer.db) as db:
            db.execute(f"DELETE FROM head WHERE id IN ({', '.join('?' * len(batch))})", batch)


def _frames_by_group(writer: Writer, heads: Sequence[int]) -> Mapping[tuple[int, int], list[_Frame]]:
    work: dict[tuple[int, int], list[_Frame]] = {}
    for number in heads:
        bundle, body = writer.db.execute("SELECT bundle, body FROM head WHERE id = ?", (number,)).fetchone()
        for group, ids, clock, packed in frames(body):
            span = codec.clock_span(clock)[0] // SPAN
            work.setdefault((group, span), []).append(_Frame(number, bundle, ids, clock, packed))
    return work


def _fold(writer: Writer, group: int, span: int, found: Sequence[_Frame], order: Ranks) -> bool:
    """Fold one group and span; False where its times are too many for one row, so that it stays in the head."""
    known = read_clock(writer, group, span)
    if known is None and _adopt(writer, group, span, found):
        return True
    fresh: dict[int, list[Layer]] = {}
    for frame in found:
        _spread(frame, fresh)
    numbers = set(fresh)
    if known is not None:
        members = writer.db.execute("SELECT id FROM series WHERE scrape_group = ?", (group,))
        numbers |= {number for (number,) in members}
    merged: dict[int, Layer] = {}
    for number in sorted(numbers):
        layers = fresh.get(number, [])
        if known is not None:
            layers = [read_chunk(writer, number, span, known[0], known[1]), *layers]
        kept, lost = overlay(layers, order)
        _keep_lost(writer, number, lost)
        if kept.time.size:
            merged[number] = kept
    return _write(writer, group, span, merged, order)


def _adopt(writer: Writer, group: int, span: int, found: Sequence[_Frame]) -> bool:
    """Take over the bytes of a bundle's whole-span blocks as they are, where nothing else is there."""
    one = found[0]
    alone = all(f.bundle == one.bundle and f.clock == one.clock and f.ids.size == 1 for f in found)
    if not alone or len({int(f.ids[0]) for f in found}) != len(found):
        return False
    bundles = np.full(codec.decode_clock(one.clock).size, one.bundle, np.int64)
    write_clock(writer, group, span, one.clock, (bundles, bundles))
    for frame in found:
        write_chunk(writer, int(frame.ids[0]), span, frame.body, None)
    return True


def _spread(frame: _Frame, layers: dict[int, list[Layer]]) -> None:
    time = codec.decode_clock(frame.clock)
    values, present = codec.decode_body(frame.body)
    for place, number in enumerate(frame.ids.tolist()):
        there = slice(None) if present is None else present[place]
        layers.setdefault(number, []).append(of_bundle(frame.bundle, time[there], values[place][there]))


def _keep_lost(writer: Writer, series: int, lost: Layer) -> None:
    rows = zip(lost.time.tolist(), lost.first.tolist(), lost.value, strict=True)
    writer.db.executemany(
        "INSERT OR IGNORE INTO superseded (series, time, bundle, value) VALUES (?, ?, ?, ?)",
        [(series, time, bundle, np.float64(value).tobytes()) for time, bundle, value in rows],
    )


def _write(writer: Writer, group: int, span: int, merged: Mapping[int, Layer], order: Ranks) -> bool:
    time, origin = _group_origin(list(merged.values()), order)
    if time.size > codec.LIMIT:
        return False
    write_clock(writer, group, span, codec.encode_clock(time), origin)
    for number, layer in merged.items():
        at = np.searchsorted(time, layer.time)
        values = np.full((1, time.size), np.nan)
        present = np.zeros((1, time.size), bool)
        values[0, at] = layer.value
        present[0, at] = True
        own = (layer.winner, layer.first)
        inherited = np.array_equal(own[0], origin[0][at]) and np.array_equal(own[1], origin[1][at])
        write_chunk(writer, number, span, codec.encode_body(time, values, present), None if inherited else own)
    return True


def _group_origin(layers: Sequence[Layer], order: Ranks) -> tuple[TimeArray, Origin]:
    """Union of the times, and for each the origin of the highest rank that any series has there."""
    time = np.concatenate([one.time for one in layers])
    winner = np.concatenate([one.winner for one in layers])
    first = np.concatenate([one.first for one in layers])
    ordered = np.lexsort((order.place[winner], time))
    time, winner, first = time[ordered], winner[ordered], first[ordered]
    last = np.append(np.diff(time) > 0, True)
    return time[last], (winner[last], first[last])
