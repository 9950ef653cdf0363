"""Hourly extremes and sums of what a span holds: charts of months and sums of years are made of them.

A rollup stands beside every chunk of the tier of spans, in the same codes as the chunk itself, so that its numbers
are exact: the least and most of an hour are samples, and the sum of decimals is a decimal. A NaN counts nowhere.
The hours, and how many samples each holds, are kept once for a scrape group; a series that has not all of its
group's samples keeps its own.
"""

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import FloatArray, TimeArray
from app.store.codec import LIMIT, VERSION, seal, unseal
from app.store.packing import INTEGERS, fail_length, narrow, pack, unpack
from app.store.values import (
    CONSTANT,
    DECIMAL,
    FLOAT,
    ORDINAL,
    POWERS,
    Codes,
    decimal_floats,
    lowest_decade,
    ordinal_integers,
    ordinals,
    unpack_codes,
)

HOUR: Final = 3_600_000
_OWN_HOURS: Final = 1

# version, kind, flags, exponent or decade, hours
_ROLLUP = struct.Struct("<BBBbI")
_HOURS = struct.Struct("<BBHI")
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """Hours that hold samples: `hour` (h,) counted from 1970 UTC, increasing, and `count` (h,) of samples in each."""

    hour: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """Index of the first sample of each hour."""
        return np.cumsum(self.count) - self.count

    def pack(self) -> bytes:
        """Sealed bytes that `unpack_hours` reads."""
        return seal(_HOURS.pack(VERSION, 0, 0, self.hour.size), self._payload())

    def _payload(self) -> bytes:
        hours = pack(np.ascontiguousarray(np.diff(self.hour, prepend=0)))
        return _LENGTH.pack(len(hours)) + hours + pack(self.count)


def hours_of(time: TimeArray) -> Hours:
    """Hours of increasing times, ms."""
    hour = time // HOUR
    first = np.flatnonzero(np.append(True, hour[1:] != hour[:-1]))
    return Hours(hour[first], np.diff(np.append(first, time.size)))


def unpack_hours(blob: bytes) -> Hours:
    """Read what `Hours.pack` wrote.

    Raises
    ------
    StoreDamaged
    """
    (_, _, _, size), payload = unseal(blob, _HOURS)
    return _read_hours(payload, size)


def _read_hours(payload: bytes, size: int) -> Hours:
    if size == 0 or size > LIMIT:
        fail_length()
    hours, rest = _take(payload)
    return Hours(np.cumsum(unpack(hours, size, np.int64)), unpack(rest, size, np.int64))


def _take(payload: bytes) -> tuple[bytes, bytes]:
    if len(payload) < _LENGTH.size:
        fail_length()
    (length,) = _LENGTH.unpack_from(payload)
    return payload[_LENGTH.size : _LENGTH.size + length], payload[_LENGTH.size + length :]


@dataclass(frozen=True, slots=True, eq=False)
class Rollup:
    """Hours of one series.

    `hour` (h,) counted from 1970; `least` and `most` (h,), NaN where an hour holds nothing but NaN; `total` (h,) the
    sum and `count` (h,) the number of the samples that are numbers.
    """

    hour: npt.NDArray[np.int64]
    least: FloatArray
    most: FloatArray
    total: FloatArray
    count: npt.NDArray[np.int64]

    def part(self, first: int, end: int) -> "Rollup":
        """Of the hours ``[first, end)``."""
        low, high = np.searchsorted(self.hour, [first, end])
        cut = slice(int(low), int(high))
        return Rollup(self.hour[cut], self.least[cut], self.most[cut], self.total[cut], self.count[cut])


def encode_rollup(codes: Codes, hours: Hours, *, own: bool) -> bytes:
    """Roll up the codes of a chunk by the hours of its samples; `own` where its group's hours do not fit."""
    kind, exponent, parts = codes.kind, codes.exponent, []
    if kind == CONSTANT:
        parts = [codes.code[:1].astype("<f8").tobytes()]
    elif kind == FLOAT:
        parts = _roll_floats(codes.code, hours)
    else:
        exponent, parts = _roll_whole(codes, hours)
    if own:
        parts = [*parts, hours.pack()]
    head = _ROLLUP.pack(VERSION, kind, _OWN_HOURS if own else 0, exponent, hours.hour.size)
    return seal(head, b"".join(_LENGTH.pack(len(part)) + part for part in parts))


def _roll_floats(values: FloatArray, hours: Hours) -> list[bytes]:
    first = hours.first
    numbers = ~np.isnan(values)
    with np.errstate(invalid="ignore"):  # infinities of both signs have no sum: NaN
        total = np.add.reduceat(np.where(numbers, values, 0.0), first)
    counted = np.add.reduceat(numbers.astype(np.int64), first)
    arrays = (np.fmin.reduceat(values, first), np.fmax.reduceat(values, first), total, counted)
    return [pack(array) for array in arrays]


def _roll_whole(codes: Codes, hours: Hours) -> tuple[int, list[bytes]]:
    first, code, exponent = hours.first, codes.code, codes.exponent
    least, most = np.minimum.reduceat(code, first), np.maximum.reduceat(code, first)
    if codes.kind == DECIMAL:
        total = np.add.reduceat(code, first, dtype=np.int64)
    else:
        exponent = lowest_decade(code if least.min() == 0 else least)
        whole = ordinal_integers(exponent)
        if whole[most.max()] < 0:
            floats = np.add.reduceat(ordinals().take(code), first)
            return exponent, [_small(least), _small(most), b"", pack(floats)]
        total = np.add.reduceat(whole.take(code), first)
    return exponent, [_small(least), _small(most), _small(total)]


def _small(numbers: npt.NDArray[Any]) -> bytes:
    """Whole numbers in the narrowest type."""
    small = numbers
    if numbers.itemsize > 2:
        small = narrow(numbers.astype(np.int64, copy=False), int(numbers.min()), int(numbers.max()))
    return bytes([small.itemsize]) + pack(small, quick=True)


def _whole(part: bytes, size: int) -> npt.NDArray[np.int64]:
    if not part or part[0] not in INTEGERS:
        fail_length()
    return unpack(part[1:], size, INTEGERS[part[0]]).astype(np.int64)


def decode_rollup(blob: bytes, shared: Hours, *, totals: bool = True) -> Rollup:
    """Read a rollup; `shared` are the hours of its group. Without `totals`, which charts do not draw, they are NaN.

    Raises
    ------
    StoreDamaged
    """
    (_, kind, flags, exponent, size), payload = unseal(blob, _ROLLUP)
    parts = []
    while payload:
        part, payload = _take(payload)
        parts.append(part)
    hours = shared
    if flags & _OWN_HOURS:
        if not parts:
            fail_length()
        hours = unpack_hours(parts.pop())
    if hours.hour.size != size:
        msg = "A stored rollup does not fit the hours of its scrape group."
        raise StoreDamaged(msg)
    return _read_parts(kind, exponent, parts, hours, totals=totals)


def _read_parts(kind: int, exponent: int, parts: list[bytes], hours: Hours, *, totals: bool) -> Rollup:
    size = hours.hour.size
    if kind == CONSTANT and len(parts) == 1:
        value = unpack_codes(bytes([CONSTANT, 0, 8]) + parts[0], 1).floats()[0]
        level = np.full(size, value)
        if np.isnan(value):
            return Rollup(hours.hour, level, level, np.zeros(size), np.zeros(size, np.int64))
        return Rollup(hours.hour, level, level, value * hours.count, hours.count)
    if kind == FLOAT and len(parts) == 4:
        least, most, total = (unpack(part, size, np.float64) for part in parts[:3])
        return Rollup(hours.hour, least, most, total, unpack(parts[3], size, np.int64))
    if kind == DECIMAL and len(parts) == 3 and 0 <= exponent < POWERS.size:
        least, most = (decimal_floats(_whole(part, size), exponent) for part in parts[:2])
        total = decimal_floats(_whole(parts[2], size), exponent) if totals else np.full(size, np.nan)
        return Rollup(hours.hour, least, most, total, hours.count)
    if kind == ORDINAL and len(parts) in (3, 4):
        known = ordinals()
        codes = [_whole(part, size) for part in parts[:2]]
        if min(one.min() for one in codes) < 0 or max(one.max() for one in codes) >= known.size:
            fail_length()
        total = np.full(size, np.nan)
        if totals:
            total = unpack(parts[3], size, np.float64) if len(parts) == 4 else _decade_sum(parts[2], size, exponent)
        return Rollup(hours.hour, known.take(codes[0]), known.take(codes[1]), total, hours.count)
    msg = f"A stored rollup has encoding {kind}, which this program does not know."
    raise StoreDamaged(msg)


def _decade_sum(part: bytes, size: int, decade: int) -> FloatArray:
    total = _whole(part, size)
    if decade < 2:
        return np.divide(total, 10.0 ** (2 - decade), dtype=np.float64)
    return np.multiply(total, 10.0 ** (decade - 2), dtype=np.float64)
