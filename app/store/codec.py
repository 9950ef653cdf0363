"""The bytes of stored and carried numbers; nothing else knows them.

A *body* holds the values of k series at n times; a *clock* holds the n times. Both begin with
a header that names the format version and the kind of encoding, and ends with a digest of
everything else, so that a flipped bit is found before a number is shown. The same bytes stand
in the store and, in base64, in `chunks` parts of bundles.

Values come back to the bit: NaN payloads, infinities and negative zero included. The encoder
decodes what it wrote by arithmetic before it chooses a kind.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pcodec import ChunkConfig, ModeSpec, standalone

from app.errors import StoreDamaged
from app.model.sample import FloatArray, TimeArray

LIMIT: Final = 1 << 22
"""Samples (k times n) that one body may hold; bounds what a hostile header can make us allocate."""

_VERSION: Final = 1
_CONSTANT, _DECIMAL, _FLOAT = 0, 1, 3  # 2 is kept for three-digit ordinals
_GRID, _LISTED = 0, 1
_HAS_MASK: Final = 1

# version, kind, flags, spare, k, n, values stored, bytes of the mask, first ms, last ms
_BODY = struct.Struct("<BBBBIIIIqq")
# version, kind, spare, n, first ms, last ms
_CLOCK = struct.Struct("<BBHIqq")
# step and phase in ms, runs, late scrapes, bytes of the runs, bytes of the positions of the late
_GRID_HEAD = struct.Struct("<qqIIII")
_SHORT: Final = 6
_DIGEST_BYTES: Final = 8

_INTEGERS = ChunkConfig(compression_level=8, mode_spec=ModeSpec.classic())
_FLOATS = ChunkConfig(compression_level=8)
_POWERS: Final = 10.0 ** np.arange(0, 9)
_EXACT: Final = 2.0**53
_WIDTHS: Final = {2: np.int16, 4: np.int32, 8: np.int64}
"""Integers of a decimal body, by their bytes."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BodyHeader:
    """What a body says of itself, without decoding it."""

    series: int
    times: int
    samples: int
    first: int
    last: int


def _seal(head: bytes, payload: bytes) -> bytes:
    digest = hashlib.sha384(head + payload).digest()[:_DIGEST_BYTES]
    return head + digest + payload


def _unseal(blob: bytes, layout: struct.Struct) -> tuple[tuple[Any, ...], bytes]:
    if len(blob) < layout.size + _DIGEST_BYTES:
        msg = "A stored chunk is shorter than its header."
        raise StoreDamaged(msg)
    head, rest = blob[: layout.size], blob[layout.size :]
    digest, payload = rest[:_DIGEST_BYTES], rest[_DIGEST_BYTES:]
    if hashlib.sha384(head + payload).digest()[:_DIGEST_BYTES] != digest:
        msg = "A stored chunk does not match its digest."
        raise StoreDamaged(msg)
    fields = layout.unpack(head)
    if fields[0] != _VERSION:
        msg = f"A stored chunk has format version {fields[0]}, which this program does not know."
        raise StoreDamaged(msg)
    return fields, payload


def _narrow(k: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    for kind in (np.int16, np.int32):
        limits = np.iinfo(kind)
        if limits.min <= k.min() and k.max() <= limits.max:
            return k.astype(kind)
    return k


def _decimal_exponent(row: FloatArray) -> int | None:
    """Smallest e for which every value is exactly an integer divided by 10**e, else None."""
    if not np.all(np.abs(row) < _EXACT):  # also false for NaN and infinities
        return None
    probe = row[:: max(1, row.size // 64)]
    for exponent in range(_POWERS.size):
        if _is_decimal(probe, exponent) and _is_decimal(row, exponent):
            return exponent
    return None


def _is_decimal(row: FloatArray, exponent: int) -> bool:
    power = _POWERS[exponent]
    scaled = np.rint(row * power)
    # By way of the integer, as the decoder goes: that is where a negative zero would be lost.
    return bool(np.all(np.abs(scaled) < _EXACT)) and np.array_equal(
        (scaled.astype(np.int64) / power).view(np.int64), row.view(np.int64)
    )


def _encode_decimal(values: FloatArray, mask: Mask | None) -> bytes | None:
    exponents, integers = [], []
    for number, row in enumerate(values):
        kept = row if mask is None else row[mask[number]]
        exponent = _decimal_exponent(kept)
        if exponent is None:
            return None
        exponents.append(exponent)
        integers.append(np.rint(kept * _POWERS[exponent]).astype(np.int64))
    stream = _narrow(np.concatenate(integers))
    return bytes([stream.itemsize, *exponents]) + bytes(standalone.simple_compress(stream, _INTEGERS))


def encode_body(time: TimeArray, values: FloatArray, present: Mask | None = None) -> bytes:
    """Encode the values of k series at n times.

    Parameters
    ----------
    time
        Shape (n,), milliseconds; only the first and last are kept here.
    values
        Shape (k, n), float64.
    present
        Shape (k, n); False where a series has no sample at that time. None: all are there.

    Raises
    ------
    ValueError
        If the shapes differ or the body would exceed `LIMIT`.
    """
    k, n = values.shape
    if n != time.size or n == 0 or k == 0 or k * n > LIMIT:
        msg = f"a body of {k} series at {n} times, beside {time.size} times"
        raise ValueError(msg)
    mask = None if present is None or bool(present.all()) else present
    kept = np.ascontiguousarray(values.ravel() if mask is None else values[mask])
    bits = kept.view(np.int64)
    packed = b"" if mask is None else np.packbits(mask).tobytes()
    if kept.size == 0 or bool(np.all(bits == bits[0])):
        kind, stream = _CONSTANT, kept[:1].tobytes()
    elif (decimal := _encode_decimal(values, mask)) is not None:
        kind, stream = _DECIMAL, decimal
    else:
        kind, stream = _FLOAT, bytes(standalone.simple_compress(kept, _FLOATS))
    head = _BODY.pack(
        _VERSION,
        kind,
        _HAS_MASK if packed else 0,
        0,
        k,
        n,
        kept.size,
        len(packed),
        int(time[0]),
        int(time[-1]),
    )
    return _seal(head, packed + stream)


def _body_fields(blob: bytes) -> tuple[int, bool, int, int, int, int, int, int, bytes]:
    fields, payload = _unseal(blob, _BODY)
    _, kind, flags, _, k, n, stored, mask_bytes, first, last = fields
    if k == 0 or n == 0 or k * n > LIMIT or stored > k * n or mask_bytes > len(payload):
        msg = "A stored chunk claims an impossible size."
        raise StoreDamaged(msg)
    return kind, bool(flags & _HAS_MASK), k, n, stored, mask_bytes, first, last, payload


def body_header(blob: bytes) -> BodyHeader:
    """Read what a body says of itself; its digest is checked.

    Raises
    ------
    StoreDamaged
    """
    _, _, k, n, stored, _, first, last, _ = _body_fields(blob)
    return BodyHeader(k, n, stored, first, last)


def decode_body(blob: bytes) -> tuple[FloatArray, Mask | None]:
    """Decode a body.

    Returns
    -------
    values : ndarray, shape (k, n), float64
        NaN also where there is no sample; the mask tells the two apart.
    present : ndarray, shape (k, n), bool, or None
        None where every sample is there.

    Raises
    ------
    StoreDamaged
        If the digest, a length or a bound does not match.
    """
    kind, masked, k, n, stored, mask_bytes, _, _, payload = _body_fields(blob)
    mask: Mask | None = None
    if masked:
        bits = np.unpackbits(np.frombuffer(payload, np.uint8, mask_bytes))
        if bits.size < k * n:
            _fail_length()
        mask = bits[: k * n].astype(bool).reshape(k, n)
    if stored != (k * n if mask is None else int(mask.sum())):
        _fail_length()
    stream = payload[mask_bytes:]
    kept = _decode_stream(kind, stream, k, stored, mask)
    if mask is None:
        return kept.reshape(k, n), None
    values = np.full((k, n), np.nan)
    values[mask] = kept
    return values, mask


def _fail_length() -> None:
    msg = "A stored chunk holds another number of samples than it claims."
    raise StoreDamaged(msg)


def _decode_stream(kind: int, stream: bytes, k: int, stored: int, mask: Mask | None) -> FloatArray:
    if kind == _CONSTANT:
        if stored == 0:
            return np.empty(0)
        if len(stream) != 8:
            _fail_length()
        return np.full(stored, np.frombuffer(stream, np.float64)[0])
    if kind == _FLOAT:
        return _decompress(stream, stored, np.float64)
    if kind != _DECIMAL or len(stream) <= k or stream[0] not in _WIDTHS:
        msg = f"A stored chunk has encoding {kind}, which this program does not know."
        raise StoreDamaged(msg)
    exponents = np.frombuffer(stream, np.uint8, k, 1)
    if int(exponents.max()) >= _POWERS.size:
        _fail_length()
    integers = _decompress(stream[k + 1 :], stored, _WIDTHS[stream[0]])
    counts = np.full(k, stored // k) if mask is None else mask.sum(axis=1)
    values = integers.astype(np.float64)
    if exponents.any():
        values /= _POWERS[np.repeat(exponents, counts)]
    return values


def _decompress(stream: bytes, size: int, kind: Any) -> npt.NDArray[Any]:
    """Decompress exactly `size` numbers, however many the stream claims: a few bytes may claim billions."""
    out = np.empty(size, kind)
    try:
        progress = standalone.simple_decompress_into(stream, out)
    except (RuntimeError, TypeError, ValueError) as error:
        msg = "A stored chunk cannot be decompressed."
        raise StoreDamaged(msg) from error
    if not progress.finished or progress.n_processed != size:
        _fail_length()
    return out


def encode_clock(time: TimeArray) -> bytes:
    """Encode strictly increasing times, in milliseconds.

    Scrapes follow a grid: kept are its step and phase, the runs of slots that have a sample, and
    the few scrapes that came early or late. Times without a grid are kept as a list.

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
        kind, payload = _LISTED, bytes(standalone.simple_compress(np.ascontiguousarray(time), _INTEGERS))
    return _seal(_CLOCK.pack(_VERSION, kind, 0, n, int(time[0]), int(time[-1])), payload)


def _encode_grid(time: TimeArray) -> bytes | None:
    step = _most_frequent(np.diff(time)) if time.size > 1 else 1
    phase = _most_frequent(time % step)
    slots = np.rint((time - phase) / step).astype(np.int64)
    if time.size > 1 and np.diff(slots).min() <= 0:
        return None
    starts = np.flatnonzero(np.append(True, np.diff(slots) != 1))
    lateness = time - (slots * step + phase)
    late = np.flatnonzero(lateness)
    if 2 * starts.size + 2 * late.size > time.size + 4:
        return None
    runs = np.stack([slots[starts], np.diff(np.append(starts, time.size))])
    arrays = (runs.ravel(), late, lateness[late])
    packed = [_pack_integers(array) for array in arrays]
    head = _GRID_HEAD.pack(step, phase, starts.size, late.size, len(packed[0]), len(packed[1]))
    return head + b"".join(packed)


def _most_frequent(numbers: npt.NDArray[np.int64]) -> int:
    values, counts = np.unique(numbers, return_counts=True)
    return int(values[counts.argmax()])


def _pack_integers(numbers: npt.NDArray[np.int64]) -> bytes:
    """Short arrays cost less as they are than with the compressor's own header."""
    if numbers.size <= _SHORT:
        return numbers.astype("<i8").tobytes()
    return bytes(standalone.simple_compress(np.ascontiguousarray(numbers, np.int64), _INTEGERS))


def _unpack_integers(stream: bytes, size: int) -> npt.NDArray[np.int64]:
    if size > _SHORT:
        return _decompress(stream, size, np.int64)
    if len(stream) != 8 * size:
        _fail_length()
    return np.frombuffer(stream, "<i8")


def _decode_grid(payload: bytes, n: int) -> TimeArray:
    if len(payload) < _GRID_HEAD.size:
        _fail_length()
    step, phase, run_count, late_count, runs_bytes, late_bytes = _GRID_HEAD.unpack_from(payload)
    if not 0 < run_count <= n or late_count > n or step <= 0:
        _fail_length()
    at = _GRID_HEAD.size
    runs = _unpack_integers(payload[at : at + runs_bytes], 2 * run_count).reshape(2, run_count)
    late = _unpack_integers(payload[at + runs_bytes : at + runs_bytes + late_bytes], late_count)
    lateness = _unpack_integers(payload[at + runs_bytes + late_bytes :], late_count)
    lengths = runs[1]
    if lengths.min() < 1 or lengths.max() > n or int(lengths.sum()) != n:
        _fail_length()
    ends = np.cumsum(lengths)
    slots: TimeArray = np.arange(n, dtype=np.int64) + np.repeat(runs[0] - (ends - lengths), lengths)
    time: TimeArray = slots * step + phase
    if late_count:
        if late.min() < 0 or late.max() >= n:
            _fail_length()
        time[late] += lateness
    return time


def clock_span(blob: bytes) -> tuple[int, int]:
    """First and last time of a clock, milliseconds, without decoding it or checking its digest."""
    fields = _CLOCK.unpack_from(blob)
    return fields[4], fields[5]


def decode_clock(blob: bytes) -> TimeArray:
    """Decode the times of a clock: shape (n,), int64 milliseconds, strictly increasing.

    Raises
    ------
    StoreDamaged
        If the digest, a length, a bound or the order does not match.
    """
    (_, kind, _, n, first, last), payload = _unseal(blob, _CLOCK)
    if n == 0 or n > LIMIT:
        _fail_length()
    time = _decode_grid(payload, n) if kind == _GRID else _decompress(payload, n, np.int64)
    if time[0] != first or time[-1] != last or (n > 1 and np.diff(time).min() <= 0):
        msg = "The times of a stored chunk do not increase."
        raise StoreDamaged(msg)
    return time
