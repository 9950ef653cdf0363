"""The bytes of stored and carried numbers; nothing else knows them.

A *body* holds the values of k series at n times; a *clock* holds the n times (`app.store.clock_code`).
Both begin with a header that names the format version and the kind of encoding, and ends with a digest of
everything else, so that a flipped bit is found before a number is shown. The same bytes stand in the store
and, in base64, in `chunks` parts of bundles.

Version 1 sealed with SHA-384 and packed every stream by pcodec; version 2 seals with SHA-256, which current
processors compute three times as fast, keeps a lone series as codes, and lets each stream name its codec.
Both are read for ever.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import FloatArray, TimeArray
from app.store.packing import INTEGERS, decompress, fail_length, narrow, pack, unpack
from app.store.values import POWERS, Codes, decimal_floats, find_codes, find_decimal_rows, unpack_codes

LIMIT: Final = 1 << 22
"""Samples (k times n) that one body may hold; bounds what a hostile header can make us allocate."""

VERSION: Final = 2
_SEALS: Final = {1: hashlib.sha384, 2: hashlib.sha256}
_CONSTANT, _DECIMAL, _FLOAT, _CODES = 0, 1, 3, 4
_HAS_MASK: Final = 1

# version, kind, flags, spare, k, n, values stored, bytes of the mask, first ms, last ms
_BODY = struct.Struct("<BBBBIIIIqq")
_DIGEST_BYTES: Final = 8

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BodyHeader:
    """What a body says of itself, without decoding it."""

    series: int
    times: int
    samples: int
    first: int
    last: int


def seal(head: bytes, payload: bytes) -> bytes:
    """Put the digest of both between a header, whose first byte is its version, and its payload."""
    digest = _SEALS[head[0]](head)
    digest.update(payload)
    return head + digest.digest()[:_DIGEST_BYTES] + payload


def unseal(blob: bytes, layout: struct.Struct) -> tuple[tuple[Any, ...], bytes]:
    """Fields of the header and the payload, proved by the digest.

    Raises
    ------
    StoreDamaged
    """
    if len(blob) < layout.size + _DIGEST_BYTES:
        msg = "A stored chunk is shorter than its header."
        raise StoreDamaged(msg)
    view = memoryview(blob)
    head, payload = view[: layout.size], view[layout.size + _DIGEST_BYTES :]
    digest = _SEALS.get(head[0], hashlib.sha256)(head)
    digest.update(payload)
    if digest.digest()[:_DIGEST_BYTES] != view[layout.size : layout.size + _DIGEST_BYTES]:
        msg = "A stored chunk does not match its digest."
        raise StoreDamaged(msg)
    fields = layout.unpack(head)
    if fields[0] not in _SEALS:
        msg = f"A stored chunk has format version {fields[0]}, which this program does not know."
        raise StoreDamaged(msg)
    return fields, bytes(payload)


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
    if k == 1:
        return encode_codes(time, find_codes(kept), mask)
    bits = kept.view(np.int64)
    if kept.size == 0 or bool(np.all(bits == bits[0])):
        kind, stream = _CONSTANT, kept[:1].tobytes()
    elif (decimal := _encode_rows(values, mask)) is not None:
        kind, stream = _DECIMAL, decimal
    else:
        kind, stream = _FLOAT, pack(kept)
    return _body(time, (k, kept.size), kind, mask, stream)


def encode_codes(time: TimeArray, codes: Codes, mask: Mask | None) -> bytes:
    """Encode one series whose codes are known; `mask` has shape (1, n)."""
    return _body(time, (1, codes.size), _CODES, mask, codes.pack())


def _body(time: TimeArray, size: tuple[int, int], kind: int, mask: Mask | None, stream: bytes) -> bytes:
    packed = b"" if mask is None else np.packbits(mask).tobytes()
    (k, stored), flags = size, _HAS_MASK if packed else 0
    head = _BODY.pack(VERSION, kind, flags, 0, k, time.size, stored, len(packed), int(time[0]), int(time[-1]))
    return seal(head, packed + stream)


def _encode_rows(values: FloatArray, mask: Mask | None) -> bytes | None:
    """Several series as decimals, each with an exponent of its own, in one stream; None where one is not decimal."""
    found = find_decimal_rows(values if mask is None else np.where(mask, values, 0.0))
    if found is None:
        return None
    exponents, whole = found
    joined = whole.ravel() if mask is None else whole[mask]
    stream = narrow(joined, int(joined.min()), int(joined.max()))
    return bytes([stream.itemsize, *exponents]) + pack(stream)


@dataclass(frozen=True, slots=True)
class _Body:
    """A body whose digest was proved."""

    version: int
    kind: int
    header: BodyHeader
    mask: Mask | None
    stream: bytes


def _open(blob: bytes) -> _Body:
    fields, payload = unseal(blob, _BODY)
    version, kind, flags, _, k, n, stored, mask_bytes, first, last = fields
    if k == 0 or n == 0 or k * n > LIMIT or stored > k * n or mask_bytes > len(payload):
        msg = "A stored chunk claims an impossible size."
        raise StoreDamaged(msg)
    mask: Mask | None = None
    if flags & _HAS_MASK:
        bits = np.unpackbits(np.frombuffer(payload, np.uint8, mask_bytes))
        if bits.size < k * n:
            fail_length()
        mask = bits[: k * n].astype(bool).reshape(k, n)
    if stored != (k * n if mask is None else int(mask.sum())):
        fail_length()
    return _Body(version, kind, BodyHeader(k, n, stored, first, last), mask, payload[mask_bytes:])


def body_header(blob: bytes) -> BodyHeader:
    """Read what a body says of itself; its digest is checked.

    Raises
    ------
    StoreDamaged
    """
    return _open(blob).header


def decode_body(blob: bytes) -> tuple[BodyHeader, FloatArray, Mask | None]:
    """Decode a body.

    Returns
    -------
    header : BodyHeader
    values : ndarray, shape (k, n), float64
        NaN also where there is no sample; the mask tells the two apart.
    present : ndarray, shape (k, n), bool, or None
        None where every sample is there.

    Raises
    ------
    StoreDamaged
        If the digest, a length or a bound does not match.
    """
    body = _open(blob)
    kept = _decode_stream(body)
    shape = (body.header.series, body.header.times)
    if body.mask is None:
        return body.header, kept.reshape(shape), None
    values = np.full(shape, np.nan)
    values[body.mask] = kept
    return body.header, values, body.mask


def decode_codes(blob: bytes) -> tuple[BodyHeader, Codes, Mask | None]:
    """Decode a body of one series to its codes; the mask has shape (n,) and is None where every sample is there.

    Raises
    ------
    StoreDamaged
        Also where the body holds several series.
    """
    body = _open(blob)
    if body.header.series != 1:
        msg = "A stored chunk holds several series where one belongs."
        raise StoreDamaged(msg)
    mask = None if body.mask is None else body.mask[0]
    if body.kind == _CODES:
        return body.header, unpack_codes(body.stream, body.header.samples), mask
    return body.header, find_codes(_decode_stream(body)), mask


def _decode_stream(body: _Body) -> FloatArray:
    stream, k, stored = body.stream, body.header.series, body.header.samples
    if body.kind == _CODES and body.version > 1:
        return unpack_codes(stream, stored).floats()
    if body.kind == _CONSTANT:
        if stored == 0:
            return np.empty(0)
        if len(stream) != 8:
            fail_length()
        return np.full(stored, np.frombuffer(stream, np.float64)[0])
    read = decompress if body.version == 1 else unpack
    if body.kind == _FLOAT:
        return read(stream, stored, np.float64)
    if body.kind != _DECIMAL or len(stream) <= k or stream[0] not in INTEGERS:
        msg = f"A stored chunk has encoding {body.kind}, which this program does not know."
        raise StoreDamaged(msg)
    exponents = np.frombuffer(stream, np.uint8, k, 1)
    if int(exponents.max()) >= POWERS.size:
        fail_length()
    integers = read(stream[k + 1 :], stored, INTEGERS[stream[0]])
    if k == 1:
        return decimal_floats(integers, int(exponents[0]))
    counts = np.full(k, stored // k) if body.mask is None else body.mask.sum(axis=1)
    values = integers.astype(np.float64)
    if exponents.any():
        values /= POWERS[np.repeat(exponents, counts)]
    return values


def claimed_samples(blob: bytes) -> int:
    """Samples that the first bytes of a body claim, unproved: to count what is stored without reading all of it."""
    if len(blob) < _BODY.size:
        return 0
    return int(_BODY.unpack_from(blob)[6])
