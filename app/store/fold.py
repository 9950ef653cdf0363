"""Folding layers into a tier: one scrape group and span at a time, inside the caller's transaction."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.store.clock_code import encode_clock
from app.store.codec import LIMIT, encode_codes
from app.store.database import Writer
from app.store.last import Newest, keep_newest
from app.store.overlay import Layer, Ranks, overlay
from app.store.rollup import encode_rollup, hours_of
from app.store.sheets import mark_stale
from app.store.tiers import SPANS, Clock, Tier, group_times, read_chunk, read_clock, write_chunk, write_clock
from app.store.values import find_codes

Layers = Mapping[int, Sequence[Layer]]
"""Series -> what is to be folded, each layer wholly inside the span."""


def fold(writer: Writer, tier: Tier, group: int, span: int, fresh: Layers, order: Ranks) -> bool:
    """Lay `fresh` over what the tier holds of a group and span, and write it anew.

    Returns False, and writes nothing, where its times are too many for one row.

    Raises
    ------
    StoreDamaged
        If what the tier holds cannot be read; it is then left as it is.
    """
    known = read_clock(writer, tier, group, span)
    numbers = set(fresh)
    if known is not None:
        members = writer.db.execute("SELECT id FROM series WHERE scrape_group = ?", (group,))
        numbers |= {number for (number,) in members}
    merged: dict[int, Layer] = {}
    losers: dict[int, Layer] = {}
    for number in sorted(numbers):
        layers = list(fresh.get(number, ()))
        if known is not None and (kept := read_chunk(writer, tier, number, span, known)) is not None:
            layers.append(kept)
        merged[number], losers[number] = overlay(layers, order)
    merged = {number: layer for number, layer in merged.items() if layer.time.size}
    if merged and not _write(writer, tier, group, span, merged, order):
        return False
    for number, lost in losers.items():
        keep_lost(writer, number, lost)
    return True


def keep_lost(writer: Writer, series: int, lost: Layer) -> None:
    """Keep samples that lost against another value at the same time, with the bundle whose word they were."""
    if not lost.time.size:
        return
    rows = zip(lost.time.tolist(), lost.origin.expand()[1].tolist(), lost.value, strict=True)
    writer.db.executemany(
        "INSERT OR IGNORE INTO superseded (series, time, bundle, value) VALUES (?, ?, ?, ?)",
        [(series, time, bundle, np.float64(value).tobytes()) for time, bundle, value in rows],
    )


def _write(writer: Writer, tier: Tier, group: int, span: int, merged: Mapping[int, Layer], order: Ranks) -> bool:
    time, origin = group_times(list(merged.values()), order.place)
    if time.size > LIMIT:
        return False
    write_clock(writer, tier, group, span, Clock(time, origin, encode_clock(time)))
    hours = hours_of(time)
    if tier is SPANS:
        writer.db.execute("INSERT OR REPLACE INTO hours VALUES (?, ?)", (tier.key(group, span), hours.pack()))
    winner, first = origin.expand()
    for number, layer in merged.items():
        mask = None
        inherited = layer.origin is origin
        if layer.time is not time and not np.array_equal(layer.time, time):
            mask = np.zeros((1, time.size), bool)
            mask[0, np.searchsorted(time, layer.time)] = True
        if not inherited:
            own = layer.origin.expand()
            at = slice(None) if mask is None else mask[0]
            inherited = np.array_equal(own[0], winner[at]) and np.array_equal(own[1], first[at])
        codes = find_codes(np.ascontiguousarray(layer.value))
        body = encode_codes(time, codes, mask)
        write_chunk(writer, tier, number, span, body, None if inherited else layer.origin)
        if tier is SPANS:
            mine = hours if mask is None else hours_of(layer.time)
            rollup = encode_rollup(codes, mine, own=mask is not None)
            writer.db.execute("INSERT OR REPLACE INTO rollup VALUES (?, ?)", (tier.key(number, span), rollup))
    _note(writer, tier, span, merged)
    return True


def _note(writer: Writer, tier: Tier, span: int, merged: Mapping[int, Layer]) -> None:
    """Bring up to date what is derived from settled samples."""
    newest = []
    for number, layer in merged.items():
        whose = layer.origin.cut(layer.time.size - 1, layer.time.size).winner
        newest.append(Newest(number, int(layer.time[-1]), layer.value[-1:].tobytes(), int(whose[0])))
    keep_newest(writer, newest)
    if tier is SPANS:
        mark_stale(writer, [(number, span) for number in merged])
