"""Sheaves: many series over a short time in one body, for what arrives every few minutes.

Twelve thousand series of five samples each would cost more in headers than in numbers. So the values of one
metric, over all scrape groups, stand in one stream, because they look alike; times stand as first times and
steps. A part of a sheaf is a scrape group with times that its series share.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import FloatArray, TimeArray
from app.store.codec import LIMIT, VERSION, Mask, seal, unseal
from app.store.database import Writer
from app.store.origin import Origin
from app.store.overlay import Layer
from app.store.packing import INTEGERS, fail_length, narrow, pack, unpack
from app.store.values import find_codes, unpack_codes

IdArray = npt.NDArray[np.int64]

# version, spare, spare, parts, series, streams, runs of origin
_SHEAF = struct.Struct("<BBHIIII")
_LENGTH = struct.Struct("<I")
_COLUMNS: Final = 5
"""Numbers kept of each part: group, series, times, whether it has a mask, runs of origin."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One scrape group of a sheaf.

    `ids` (k,) are the numbers of its series, `time` (n,) ms, `values` and `present` (k, n); `present` is None where
    every sample is there. `origin` speaks of the n times.
    """

    group: int
    ids: IdArray
    time: TimeArray
    values: FloatArray
    present: Mask | None
    origin: Origin


def encode_sheaf(parts: Sequence[Part], metrics: Mapping[int, str]) -> bytes:
    """Encode parts; `metrics` names the metric of each series, so that like values stand together."""
    ids = np.concatenate([part.ids for part in parts])
    names = [metrics[number] for number in ids.tolist()]
    streams = {name: place for place, name in enumerate(sorted(set(names)))}
    stream = np.array([streams[name] for name in names], np.int64)
    table = np.array(
        [
            (part.group, part.ids.size, part.time.size, part.present is not None, part.origin.length.size)
            for part in parts
        ],
        np.int64,
    )
    runs = np.concatenate([[part.origin.winner, part.origin.first, part.origin.length] for part in parts], axis=1)
    rows = [row if there is None else row[there] for part in parts for row, there in _rows(part)]
    sections = [
        _pack(table.T.ravel()),
        _pack(np.diff(ids, prepend=0)),
        _pack(stream),
        _pack(np.diff([int(part.time[0]) for part in parts], prepend=0)),
        _pack(np.concatenate([np.diff(part.time) for part in parts])),
        b"".join(np.packbits(part.present).tobytes() for part in parts if part.present is not None),
        _pack(runs.ravel()),
    ]
    for place in range(len(streams)):
        members = [rows[row] for row in np.flatnonzero(stream == place).tolist()]
        sections.append(find_codes(np.concatenate(members)).pack())
    head = _SHEAF.pack(VERSION, 0, 0, len(parts), ids.size, len(streams), runs.shape[1])
    return seal(head, b"".join(_LENGTH.pack(len(section)) + section for section in sections))


def _rows(part: Part) -> Iterator[tuple[FloatArray, Mask | None]]:
    for number, row in enumerate(part.values):
        yield row, None if part.present is None else part.present[number]


def _pack(numbers: npt.NDArray[np.int64]) -> bytes:
    if not numbers.size:
        return b""
    small = narrow(numbers, int(numbers.min()), int(numbers.max()))
    return bytes([small.itemsize]) + pack(small)


def _unpack(section: bytes, size: int) -> npt.NDArray[np.int64]:
    if size == 0:
        return np.empty(0, np.int64)
    if not section or section[0] not in INTEGERS:
        fail_length()
    return unpack(section[1:], size, INTEGERS[section[0]]).astype(np.int64)


class Sheaf:
    """An opened sheaf: its directory is read, a stream is decoded when one of its series is wanted.

    Raises
    ------
    StoreDamaged
        From any method, if what is there does not fit what it claims.
    """

    def __init__(self, blob: bytes) -> None:
        (_, _, _, parts, series, streams, runs), payload = unseal(blob, _SHEAF)
        if parts == 0 or series == 0 or streams > series or max(parts, series, runs) > LIMIT:
            fail_length()
        self._sections = _cut(payload, 7 + streams)
        table = _unpack(self._sections[0], _COLUMNS * parts).reshape(_COLUMNS, parts)
        self.group, self._k, self._n, self._masked, self._runs = table
        if min(self._k.min(), self._n.min()) < 1 or int(self._k.sum()) != series or int(self._runs.sum()) != runs:
            fail_length()
        if int((self._k * self._n).sum()) > LIMIT or max(self._k.max(), self._n.max()) > LIMIT:
            fail_length()
        self.ids: IdArray = np.cumsum(_unpack(self._sections[1], series))
        self._stream = _unpack(self._sections[2], series)
        self._of = np.repeat(np.arange(parts), self._k)
        first = np.cumsum(_unpack(self._sections[3], parts))
        steps = _unpack(self._sections[4], int((self._n - 1).sum()))
        if steps.size and steps.min() <= 0:
            msg = "The times of a stored chunk do not increase."
            raise StoreDamaged(msg)
        self._time = _times(first, steps, self._n)
        self._time_start = np.cumsum(self._n) - self._n
        self._series_start = np.cumsum(self._k) - self._k
        self._origins = _unpack(self._sections[6], 3 * runs).reshape(3, runs)
        self._run_start = np.cumsum(self._runs) - self._runs
        if self._runs.min() < 1 or (np.add.reduceat(self._origins[2], self._run_start) != self._n).any():
            msg = "The origins of a stored chunk do not fit its samples."
            raise StoreDamaged(msg)
        self._masks = self._read_masks()
        self._count = np.repeat(self._n, self._k)
        for part, mask in self._masks.items():
            low = int(self._series_start[part])
            self._count[low : low + mask.shape[0]] = mask.sum(axis=1)
        if self._stream.min() < 0 or self._stream.max() >= streams:
            fail_length()
        self._in_stream = _places(self._stream, self._count)
        self._decoded: dict[int, FloatArray] = {}

    def _read_masks(self) -> dict[int, Mask]:
        found, at, section = {}, 0, np.frombuffer(self._sections[5], np.uint8)
        for part in np.flatnonzero(self._masked).tolist():
            k, n = int(self._k[part]), int(self._n[part])
            size = (k * n + 7) // 8
            bits = np.unpackbits(section[at : at + size])
            if bits.size < k * n:
                fail_length()
            found[part] = bits[: k * n].astype(bool).reshape(k, n)
            at += size
        return found

    def _values(self, row: int) -> FloatArray:
        """Samples of one series, decoding its stream once."""
        stream, start = int(self._stream[row]), int(self._in_stream[row])
        if stream not in self._decoded:
            size = int(self._count[self._stream == stream].sum())
            self._decoded[stream] = unpack_codes(self._sections[7 + stream], size).floats()
        return self._decoded[stream][start : start + int(self._count[row])]

    def _times_of(self, part: int) -> TimeArray:
        start = int(self._time_start[part])
        return self._time[start : start + int(self._n[part])]

    def _origin(self, part: int) -> Origin:
        start = int(self._run_start[part])
        return Origin(*self._origins[:, start : start + int(self._runs[part])])

    @property
    def bundles(self) -> npt.NDArray[np.int64]:
        """Bundles whose word the samples are, or that brought them first; each run of origin names its own."""
        return self._origins[:2]

    @property
    def span(self) -> tuple[int, int]:
        """First and last time of all parts, ms."""
        return int(self._time.min()), int(self._time.max())

    def layers(self, wanted: npt.NDArray[np.bool_]) -> Iterator[tuple[int, Layer]]:
        """Series and samples of the rows that `wanted` marks, of shape (series,)."""
        rows = np.flatnonzero(wanted)
        shared, time, origin = -1, self._time, Origin.of(0, 0)
        for row, part, series in zip(rows.tolist(), self._of[rows].tolist(), self.ids[rows].tolist(), strict=True):
            if part != shared:
                shared, time, origin = part, self._times_of(part), self._origin(part)
            value, mask = self._values(row), self._masks.get(part)
            if mask is None:
                yield series, Layer(time, value, origin)
            else:
                there = mask[row - int(self._series_start[part])]
                yield series, Layer(time[there], value, origin.pick(there))

    def parts(self) -> Iterator[Part]:
        """Every part, decoded."""
        for part, group in enumerate(self.group.tolist()):
            low = int(self._series_start[part])
            high = low + int(self._k[part])
            mask = self._masks.get(part)
            rows = [self._values(row) for row in range(low, high)]
            if mask is None:
                values = np.stack(rows)
            else:
                values = np.full(mask.shape, np.nan)
                values[mask] = np.concatenate(rows)
            yield Part(group, self.ids[low:high], self._times_of(part), values, mask, self._origin(part))

    def newest(self) -> Iterator[tuple[IdArray, TimeArray, FloatArray, npt.NDArray[np.int64]]]:
        """Series, and of each the time, value and bundle of its newest sample; in one piece where none has a mask."""
        for stream in np.unique(self._stream).tolist():
            self._values(int(np.flatnonzero(self._stream == stream)[0]))
        last_run = self._origins[0][self._run_start + self._runs - 1]
        last_time = self._time[self._time_start + self._n - 1]
        value = np.empty(self.ids.size)
        for stream, decoded in self._decoded.items():
            rows = (self._stream == stream) & (self._count > 0)
            value[rows] = decoded[self._in_stream[rows] + self._count[rows] - 1]
        whole = ~self._masked.astype(bool)[self._of]
        yield self.ids[whole], last_time[self._of][whole], value[whole], last_run[self._of][whole]
        for series, layer in self.layers(~whole):
            if layer.time.size:
                yield np.array([series]), layer.time[-1:], layer.value[-1:], layer.origin.expand()[0][-1:]


def _times(first: TimeArray, steps: npt.NDArray[np.int64], n: npt.NDArray[np.int64]) -> TimeArray:
    """Times of all parts in one running sum: a part's first time is a step from the end of the one before."""
    starts = np.cumsum(n) - n
    so_far = np.append(0, np.cumsum(steps))
    ends = np.cumsum(n - 1)
    last = first + so_far[ends] - so_far[ends - (n - 1)]
    moves = np.empty(int(n.sum()), np.int64)
    inner = np.ones(moves.size, bool)
    inner[starts] = False
    moves[inner] = steps
    moves[starts] = first - np.append(0, last[:-1])
    time: TimeArray = np.cumsum(moves)
    return time


def _places(stream: npt.NDArray[np.int64], count: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where the samples of each series begin in its stream."""
    order = np.argsort(stream, kind="stable")
    ends = np.cumsum(count[order])
    starts = ends - count[order]
    opening = np.searchsorted(stream[order], stream[order])
    places = np.empty(stream.size, np.int64)
    places[order] = starts - starts[opening]
    return places


def _cut(payload: bytes, count: int) -> list[bytes]:
    found, at = [], 0
    for _ in range(count):
        if at + _LENGTH.size > len(payload):
            fail_length()
        (length,) = _LENGTH.unpack_from(payload, at)
        at += _LENGTH.size
        found.append(payload[at : at + length])
        at += length
    if at != len(payload):
        fail_length()
    return found


def metrics_of(writer: Writer) -> dict[int, str]:
    """Metric of every series of the cache, by its number."""
    return dict(writer.db.execute("SELECT id, metric FROM main.series").fetchall())
