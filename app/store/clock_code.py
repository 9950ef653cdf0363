"""The bytes of the times that the series of a scrape group share.

Scrapes follow a grid: kept are its step and phase, the runs of slots that have a sample, and the few scrapes
that came early or late. Times without a grid are kept as a list.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import TimeArray
from app.store.codec import LIMIT, VERSION, seal, unseal
from app.store.packing import decompress, fail_length, pack, unpack

_GRID, _LISTED = 0, 1

# version, kind, spare, n, first ms, last ms
_CLOCK = struct.Struct("<BBHIqq")
# step and phase in ms, runs, late scrapes, bytes of the runs, bytes of the positions of the late
_GRID_HEAD = struct.Struct("<qqIIII")
_SHORT: Final = 6
"""Numbers that version 1 kept as they are."""
_PROBE: Final = 2048
"""Times by which a grid is guessed; whether it fits is judged by all."""
_FARTHEST: Final = 1 << 53
"""Milliseconds from 1970 beyond which no time is read: arithmetic stays inside 64 bits."""

_Read = Callable[[bytes, int, Any], npt.NDArray[Any]]


def encode_clock(time: TimeArray) -> bytes:
    """Encode strictly increasing times, in milliseconds.

    Raises
    ------
    ValueError
        If the times do not increase.
    """
    n = time.size
    if n == 0 or (n > 1 and np.diff(time).min() <= 0):
        msg = "times must increase"
        raise ValueError(msg)
    payload = _encode_grid(time)
    kind = _GRID
    if payload is None:
        kind, payload = _LISTED, pack(np.ascontiguousarray(time))
    return seal(_CLOCK.pack(VERSION, kind, 0, n, int(time[0]), int(time[-1])), payload)


def _encode_grid(time: TimeArray) -> bytes | None:
    part = time[:_PROBE]
    step = _most_frequent(np.diff(part)) if part.size > 1 else 1
    phase = _most_frequent(part % step)
    slots = np.rint((time - phase) / step).astype(np.int64)
    moves = np.diff(slots)
    if time.size > 1 and moves.min() <= 0:
        return None
    starts = np.flatnonzero(np.append(True, moves != 1))
    lateness = time - (slots * step + phase)
    late = np.flatnonzero(lateness)
    if 2 * starts.size + 2 * late.size > time.size + 4:
        return None
    runs = np.stack([slots[starts], np.diff(np.append(starts, time.size))])
    arrays = (runs.ravel(), np.diff(late, prepend=0), lateness[late])
    packed = [pack(np.ascontiguousarray(array, np.int64)) for array in arrays]
    head = _GRID_HEAD.pack(step, phase, starts.size, late.size, len(packed[0]), len(packed[1]))
    return head + b"".join(packed)


def _most_frequent(numbers: npt.NDArray[np.int64]) -> int:
    values, counts = np.unique(numbers, return_counts=True)
    return int(values[counts.argmax()])


def _unpack_first_version(stream: bytes, size: int, kind: Any) -> npt.NDArray[Any]:
    if size > _SHORT:
        return decompress(stream, size, kind)
    if len(stream) != 8 * size:
        fail_length()
    return np.frombuffer(stream, "<i8")


def _decode_grid(payload: bytes, n: int, version: int) -> TimeArray:
    if len(payload) < _GRID_HEAD.size:
        fail_length()
    step, phase, run_count, late_count, runs_bytes, late_bytes = _GRID_HEAD.unpack_from(payload)
    if not 0 < run_count <= n or late_count > n or step <= 0:
        fail_length()
    read: _Read = unpack if version > 1 else _unpack_first_version
    at = _GRID_HEAD.size
    runs = read(payload[at : at + runs_bytes], 2 * run_count, np.int64).reshape(2, run_count)
    late = read(payload[at + runs_bytes : at + runs_bytes + late_bytes], late_count, np.int64)
    lateness = read(payload[at + runs_bytes + late_bytes :], late_count, np.int64)
    if late_count and version > 1:
        late = np.cumsum(late)
    starts, lengths = runs
    far = _FARTHEST // step
    if abs(phase) > _FARTHEST or n > far:
        fail_length()
    if run_count == 1 and not late_count and lengths[0] == n and abs(int(starts[0])) <= far - n:
        first = int(starts[0]) * step + phase  # what nearly every delta has
        return np.arange(first, first + n * step, step, dtype=np.int64)
    if lengths.min() < 1 or lengths.max() > n or int(lengths.sum()) != n or abs(starts).max() > far - n:
        fail_length()
    if (starts[:-1] + lengths[:-1] > starts[1:]).any():
        _fail_order()
    slots = np.arange(n, dtype=np.int64)
    slots += np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    time: TimeArray = slots
    time *= step
    time += phase
    return _with_lateness(time, late, lateness, step) if late_count else time


def _with_lateness(
    time: TimeArray, late: npt.NDArray[np.int64], lateness: npt.NDArray[np.int64], step: int
) -> TimeArray:
    """Move the late scrapes; only they and their neighbours can then be out of order."""
    if late.min() < 0 or late.max() >= time.size or abs(lateness).max() > step:
        fail_length()
    time[late] += lateness
    after, before = late[late + 1 < time.size], late[late > 0]
    if (time[after + 1] <= time[after]).any() or (time[before] <= time[before - 1]).any():
        _fail_order()
    return time


def _fail_order() -> NoReturn:
    msg = "The times of a stored chunk do not increase."
    raise StoreDamaged(msg)


def clock_span(blob: bytes) -> tuple[int, int]:
    """First and last time of a clock, milliseconds, without decoding it or checking its digest."""
    fields = _CLOCK.unpack_from(blob)
    return fields[4], fields[5]


@lru_cache(maxsize=16)
def decode_clock(blob: bytes) -> TimeArray:
    """Decode the times of a clock: shape (n,), int64 milliseconds, strictly increasing, not to be written to.

    The series of a scrape group follow each other with the same clock, so the last few are remembered.

    Raises
    ------
    StoreDamaged
        If the digest, a length, a bound or the order does not match.
    """
    (version, kind, _, n, first, last), payload = unseal(blob, _CLOCK)
    if n == 0 or n > LIMIT:
        fail_length()
    if kind == _GRID:
        time = _decode_grid(payload, n, version)
    else:
        time = unpack(payload, n, np.int64) if version > 1 else decompress(payload, n, np.int64)
        if n > 1 and np.diff(time).min() <= 0:
            _fail_order()
    if time[0] != first or time[-1] != last:
        _fail_order()
    time.setflags(write=False)
    return time
