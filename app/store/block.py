"""Blocks: k series that share n times; what a run collects, a bundle carries and the head keeps."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.errors import StoreDamaged
from app.model.sample import FloatArray, Series, TimeArray, to_ms
from app.model.series_key import SeriesKey
from app.store.clock_code import decode_clock, encode_clock
from app.store.codec import Mask, decode_body, decode_codes, encode_body, encode_codes
from app.store.values import Codes, find_codes

SPAN: Final = 30 * 86_400_000
"""Milliseconds of one chunk: 30 days, aligned to 1970-01-01."""

MAX_SAMPLES: Final = 131_072
"""Samples (k times n) of one block; keeps a line of a bundle's part short."""

LONG: Final = 2_048
"""From this length on a series stands in a block of its own, so that the store can adopt it as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A decoded block: `time` (n,) ms, `present` (k, n) or None for all.

    A lone series is kept as its codes (m,), one for each sample that is present; several as values (k, n).
    """

    time: TimeArray
    present: Mask | None
    codes: Codes | None
    rows: FloatArray | None

    @property
    def samples(self) -> int:
        """How many samples there are."""
        if self.codes is not None:
            return self.codes.size
        return int(self.present.sum()) if self.present is not None else self.values.size

    @property
    def values(self) -> FloatArray:
        """Values (k, n); NaN also where nothing is present."""
        if self.rows is not None:
            return self.rows
        kept = np.empty(0) if self.codes is None else self.codes.floats()
        if self.present is None:
            return kept[None, :]
        values = np.full(self.present.shape, np.nan)
        values[self.present] = kept
        return values


@dataclass(frozen=True, slots=True)
class Block:
    """Series of one scrape group at shared times, encoded.

    A block never crosses a span boundary and holds at most `MAX_SAMPLES` samples. `decoded` is what it holds, where
    somebody has decoded and so checked it already.
    """

    group: str
    keys: tuple[SeriesKey, ...]
    clock: bytes
    body: bytes
    decoded: Decoded | None = field(default=None, compare=False, repr=False)


def encode_block(
    group: str, keys: Sequence[SeriesKey], time: TimeArray, values: FloatArray, present: Mask | None = None
) -> Block:
    """Encode the samples of `keys`: `time` (n,) ms, `values` and `present` (k, n).

    Raises
    ------
    ValueError
        If the shapes differ, the times do not increase, or they cross a span boundary.
    """
    if time[0] // SPAN != time[-1] // SPAN or values.size > MAX_SAMPLES:
        msg = "a block crosses a span boundary or is too large"
        raise ValueError(msg)
    return Block(group, tuple(keys), encode_clock(time), encode_body(time, values, present))


def decode_block(block: Block) -> Decoded:
    """Decode and check a block.

    Raises
    ------
    StoreDamaged
        If a digest, length or bound does not match, or the clock is not that of the body.
    """
    if block.decoded is not None:
        return block.decoded
    time = decode_clock(block.clock)
    codes: Codes | None = None
    rows: FloatArray | None = None
    if len(block.keys) == 1:
        head, codes, mask = decode_codes(block.body)
        present = None if mask is None else mask[None, :]
    else:
        head, rows, present = decode_body(block.body)
    if head.times != time.size or head.series != len(block.keys) or (head.first, head.last) != (time[0], time[-1]):
        msg = "A block's clock, keys and values do not fit each other."
        raise StoreDamaged(msg)
    if time[0] // SPAN != time[-1] // SPAN or head.series * head.times > MAX_SAMPLES:
        msg = "A block crosses a span boundary or is too large."
        raise StoreDamaged(msg)
    return Decoded(time, present, codes, rows)


def block_from_series(series: Iterable[Series]) -> Iterator[Block]:
    """Turn series into blocks: by scrape group and span, long series each for themselves."""
    groups: dict[str, list[Series]] = {}
    for one in series:
        if one.time.size:
            groups.setdefault(one.group, []).append(one)
    for group, members in groups.items():
        yield from _blocks_of_group(group, members)


def _blocks_of_group(group: str, members: Sequence[Series]) -> Iterator[Block]:
    # Series that were read together share one array of times: it is turned into milliseconds and united but once.
    in_ms = {id(one.time): to_ms(one.time) for one in members}
    times = [in_ms[id(one.time)] for one in members]
    union, *others = in_ms.values()
    if not all(np.array_equal(union, other) for other in others):
        union = np.unique(np.concatenate([union, *others]))
    edges = np.searchsorted(union, np.arange(union[0] // SPAN + 1, union[-1] // SPAN + 1) * SPAN)
    for lo, hi in zip([0, *edges.tolist()], [*edges.tolist(), union.size], strict=True):
        if hi > lo:
            yield from _blocks_of_span(group, members, times, union[lo:hi])


def _blocks_of_span(
    group: str, members: Sequence[Series], times: Sequence[TimeArray], union: TimeArray
) -> Iterator[Block]:
    for lo in range(0, union.size, MAX_SAMPLES):
        clock = union[lo : lo + MAX_SAMPLES]
        packed = encode_clock(clock)
        rows = [(one.key, *_row(one, time, clock)) for one, time in zip(members, times, strict=True)]
        filled = [row for row in rows if row[2].any()]
        if clock.size >= LONG:
            yield from (_alone(group, clock, packed, *row) for row in filled)
            continue
        width = max(1, MAX_SAMPLES // clock.size)
        for start in range(0, len(filled), width):
            keys, values, present = zip(*filled[start : start + width], strict=True)
            body = encode_body(clock, np.stack(values), np.stack(present))
            yield Block(group, keys, packed, body)


def _alone(group: str, clock: TimeArray, packed: bytes, key: SeriesKey, value: FloatArray, present: Mask) -> Block:
    """Block of one series; its codes, which the encoder has proved, go with it."""
    whole = bool(present.all())
    codes = find_codes(np.ascontiguousarray(value if whole else value[present]))
    mask = None if whole else present[None, :]
    return Block(group, (key,), packed, encode_codes(clock, codes, mask), Decoded(clock, mask, codes, None))


def _row(one: Series, time: TimeArray, clock: TimeArray) -> tuple[FloatArray, Mask]:
    """Samples of one series laid on `clock`."""
    lo, hi = np.searchsorted(time, [clock[0], clock[-1] + 1])
    if hi - lo == clock.size:
        return one.value[lo:hi], np.ones(clock.size, bool)
    values = np.full(clock.size, math.nan)
    present = np.zeros(clock.size, bool)
    at = np.searchsorted(clock, time[lo:hi])
    values[at] = one.value[lo:hi]
    present[at] = True
    return values, present
