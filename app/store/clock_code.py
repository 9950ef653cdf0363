"""The bytes of the times that the series of a scrape group share.

Scrapes follow a grid: kept are its step and phase, the runs of slots that have a sample, and the few scrapes
that came early or late. Times without a grid are kept as a list.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The times of a clock as they are written, none of them written out: good for what only asks for a few.

    Time i is ``(slot[r] + i - first[r]) * step + phase`` in the run r that it belongs to, ms; those of index `late`,
    shape (l,), came `lateness` ms after that, or before where it is negative.

    Parameters
    ----------
    size
        How many times there are.
    slot, first
        Shape (r,): slot of the first time of each run, and the index of that time.
    """

    size: int
    step: int
    phase: int
    slot: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    late: npt.NDArray[np.int64]
    lateness: npt.NDArray[np.int64]

    def times(self) -> TimeArray:
        """All of them, shape (n,).

        Raises
        ------
        StoreDamaged
            If they do not increase.
        """
        if self.slot.size == 1 and not self.late.size:  # what nearly every delta has
            start = int(self.slot[0]) * self.step + self.phase
            return np.arange(start, start + self.size * self.step, self.step, dtype=np.int64)
        slots = np.arange(self.size, dtype=np.int64)
        slots += np.repeat(self.slot - self.first, np.diff(np.append(self.first, self.size)))
        time: TimeArray = slots
        time *= self.step
        time += self.phase
        if self.late.size:
            time[self.late] += self.lateness
            # only the late ones and their neighbours can be out of order
            after, before = self.late[self.late + 1 < time.size], self.late[self.late > 0]
            if (time[after + 1] <= time[after]).any() or (time[before] <= time[before - 1]).any():
                _fail_order()
        return time

    def at(self, index: npt.NDArray[np.int64]) -> TimeArray:
        """Times of some indices, any shape."""
        run = self.first.searchsorted(index, side="right") - 1
        time: TimeArray = ((self.slot - self.first)[run] + index) * self.step + self.phase
        if self.late.size:
            place = self.late.searchsorted(index, side="right") - 1  # -1 is none: the last is later than that
            time += self.lateness[place] * (self.late[place] == index)
        return time

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last of them, ms."""
        first = int(self.slot[0]) * self.step + self.phase
        last = (int(self.slot[-1]) + self.size - 1 - int(self.first[-1])) * self.step + self.phase
        if self.late.size:
            first += int(self.lateness[0]) if self.late[0] == 0 else 0
            last += int(self.lateness[-1]) if self.late[-1] == self.size - 1 else 0
        return first, last

    def follows(self, most: float) -> bool:
        """Whether times of one run increase and are no more than `most` ms apart; False also where that may be so."""
        low, high = (int(self.lateness.min()), int(self.lateness.max())) if self.late.size else (0, 0)
        spread = max(high, 0) - min(low, 0)
        return spread < self.step and self.step + spread <= most


def _read_grid(payload: bytes, n: int, version: int) -> Beats:
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
    if late_count:
        late = np.cumsum(late) if version > 1 else late
        if late[0] < 0 or late[-1] >= n or (late[1:] <= late[:-1]).any() or abs(lateness).max() > step:
            fail_length()
    starts, lengths = runs
    far = _FARTHEST // step
    if abs(phase) > _FARTHEST or n > far:
        fail_length()
    if lengths.min() < 1 or lengths.max() > n or int(lengths.sum()) != n or abs(starts).max() > far - n:
        fail_length()
    if (starts[:-1] + lengths[:-1] > starts[1:]).any():
        _fail_order()
    return Beats(n, step, phase, starts, np.cumsum(lengths) - lengths, late, lateness)


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
    found = _open(blob)
    time = found.times() if isinstance(found, Beats) else found
    first, last = clock_span(blob)
    if time[0] != first or time[-1] != last:
        _fail_order()
    time.setflags(write=False)
    return time


def decode_beats(blob: bytes) -> Beats | None:
    """Decode a clock without writing its times out; None where it is a list of times.

    Raises
    ------
    StoreDamaged
        As `decode_clock`; the order of the late is left to `Beats.follows`.
    """
    found = _open(blob)
    if not isinstance(found, Beats):
        return None
    if found.ends != clock_span(blob):
        _fail_order()
    return found


def _open(blob: bytes) -> Beats | TimeArray:
    """Runs of even steps, or the list of times where there are none."""
    (version, kind, _, n, _, _), payload = unseal(blob, _CLOCK)
    if n == 0 or n > LIMIT:
        fail_length()
    if kind == _GRID:
        return _read_grid(payload, n, version)
    time = unpack(payload, n, np.int64) if version > 1 else decompress(payload, n, np.int64)
    if n > 1 and np.diff(time).min() <= 0:
        _fail_order()
    return time
