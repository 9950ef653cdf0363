"""Folding layers into a tier: one scrape group and span at a time, inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.store.clock_code import encode_clock
from app.store.codec import LIMIT, encode_codes
from app.store.database import Writer
from app.store.last import Newest, keep_newest, newest_of
from app.store.overlay import Layer, Lost, Ranks, overlay
from app.store.rollup import encode_rollup, hours_of
from app.store.sheets import mark_stale
from app.store.superseded import keep_lost
from app.store.tiers import (
    SPANS,
    Clock,
    Tier,
    group_times,
    read_chunk,
    read_clock,
    write_chunk,
    write_clock,
    write_row,
)
from app.store.values import find_codes

Layers = Mapping[int, Sequence[Layer]]
"""Series -> what is to be folded, each layer wholly inside the span."""


@dataclass(slots=True)
class Folding:
    """Folds scrape groups into a tier inside one transaction.

    `finish` ends it: what is derived from the samples is brought up to date once for all that was folded.
    """

    writer: Writer
    tier: Tier
    order: Ranks
    _newest: list[Newest] = field(default_factory=list)
    _written: list[tuple[int, int]] = field(default_factory=list)

    def fold(self, group: int, span: int, fresh: Layers) -> bool:
        """Lay `fresh` over what the tier holds of a group and span, and write it anew.

        Returns False, and writes nothing, where its times are too many for one row.

        Raises
        ------
        StoreDamaged
            If what the tier holds cannot be read; it is then left as it is.
        """
        known = read_clock(self.writer, self.tier, group, span)
        numbers = set(fresh)
        if known is not None:
            members = self.writer.db.execute("SELECT id FROM series WHERE scrape_group = ?", (group,))
            numbers |= {number for (number,) in members}
        merged: dict[int, Layer] = {}
        losers: dict[int, Lost] = {}
        for number in sorted(numbers):
            layers = list(fresh.get(number, ()))
            kept = None if known is None else read_chunk(self.writer, self.tier, number, span, known)
            if kept is not None:
                layers.append(self.order.checked(kept))
            merged[number], losers[number] = overlay(layers, self.order)
        merged = {number: layer for number, layer in merged.items() if layer.time.size}
        if merged and not self._write(group, span, merged):
            return False
        for number, lost in losers.items():
            keep_lost(self.writer, number, lost)
        return True

    def _write(self, group: int, span: int, merged: Mapping[int, Layer]) -> bool:
        time, origin = group_times(list(merged.values()), self.order.place)
        if time.size > LIMIT:
            return False
        write_clock(self.writer, self.tier, group, span, Clock(time, origin, encode_clock(time)))
        hours = hours_of(time)
        if self.tier is SPANS:
            write_row(self.writer, "hours", self.tier.key(group, span), hours.pack())
        for number, layer in merged.items():
            mask = None
            if layer.time is not time and not np.array_equal(layer.time, time):
                mask = np.zeros((1, time.size), bool)
                mask[0, np.searchsorted(time, layer.time)] = True
            inherited = layer.origin.pack() == (origin if mask is None else origin.pick(mask[0])).pack()
            codes = find_codes(np.ascontiguousarray(layer.value))
            body = encode_codes(time, codes, mask)
            write_chunk(self.writer, self.tier, number, span, body, None if inherited else layer.origin)
            if self.tier is SPANS:
                rollup = encode_rollup(codes, hours if mask is None else hours_of(layer.time), own=mask is not None)
                write_row(self.writer, "rollup", self.tier.key(number, span), rollup)
            self._newest.append(newest_of(number, layer))
        self._written += [(number, span) for number in merged]
        return True

    def finish(self) -> None:
        """Bring up to date what is derived from the samples that were folded."""
        keep_newest(self.writer, self._newest)
        if self.tier is SPANS:
            mark_stale(self.writer, self._written)
        self._newest, self._written = [], []
