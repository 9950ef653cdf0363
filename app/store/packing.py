"""Plain arrays to bytes and back: two codecs behind one tag, and the shorter answer wins.

pcodec is by far the better one for long arrays; its own header makes it the worse one for short arrays,
where byte planes under zlib, or the bytes as they are, win. A reader asks the tag, so that either codec
can be replaced without touching what was stored.
"""

import zlib
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
from pcodec import ChunkConfig, DeltaSpec, ModeSpec, standalone

from app.errors import StoreDamaged
from app.model.sample import FloatArray

IntArray = npt.NDArray[np.signedinteger[Any]]

_RAW, _PCODEC, _PLANES = 0, 1, 2
# Level 8 is 0.3 % shorter and a fifth slower.
_INTEGERS: Final = ChunkConfig(compression_level=7, mode_spec=ModeSpec.classic())
_FLOATS: Final = ChunkConfig(compression_level=8)
# Which order of differences is best is found by trying; for a few hundred numbers the trying costs more than it saves.
_QUICK: Final = ChunkConfig(compression_level=6, mode_spec=ModeSpec.classic(), delta_spec=DeltaSpec.try_consecutive(1))
_SHORT: Final = 128
"""Numbers up to which the second codec is tried as well."""

INTEGERS: Final = {2: np.int16, 4: np.int32, 8: np.int64}
"""Integer types by their bytes."""


def narrow(numbers: npt.NDArray[np.int64], least: float, most: float) -> IntArray:
    """The same whole numbers, all between `least` and `most`, in the smallest type that holds them."""
    for kind in (np.int16, np.int32):
        limits = np.iinfo(kind)
        if limits.min <= least and most <= limits.max:
            return numbers.astype(kind)
    return numbers.astype(np.int64, copy=False)


def pack(numbers: IntArray | FloatArray, *, quick: bool = False) -> bytes:
    """Turn a contiguous array into bytes that begin with the codec's tag.

    `quick` is for whole numbers that rise and fall by little: four times as fast, some per cent longer.
    """
    if numbers.size == 0:
        return bytes([_RAW])
    settings = _FLOATS if numbers.dtype.kind == "f" else _QUICK if quick else _INTEGERS
    best = bytes([_PCODEC]) + bytes(standalone.simple_compress(numbers, settings))
    if numbers.size <= _SHORT:
        little = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False)
        planes = little.view(np.uint8).reshape(-1, little.itemsize).T.tobytes()
        best = min(best, bytes([_PLANES]) + zlib.compress(planes, 6), bytes([_RAW]) + little.tobytes(), key=len)
    return best


def unpack(stream: bytes, size: int, kind: Any) -> npt.NDArray[Any]:
    """Read exactly `size` numbers of `kind`, however many the stream claims: a few bytes may claim billions.

    Raises
    ------
    StoreDamaged
    """
    if not stream:
        fail_length()
    tag, rest = stream[0], stream[1:]
    width = np.dtype(kind).itemsize
    if tag == _PCODEC:
        return decompress(rest, size, kind)
    if tag == _PLANES:
        rest = _inflate(rest, size * width)
    elif tag != _RAW:
        msg = f"A stored chunk is packed by codec {tag}, which this program does not know."
        raise StoreDamaged(msg)
    if len(rest) != size * width:
        fail_length()
    if tag == _RAW:
        return np.frombuffer(rest, np.dtype(kind).newbyteorder("<")).astype(kind)
    planes = np.frombuffer(rest, np.uint8).reshape(width, size)
    numbers: npt.NDArray[Any] = np.ascontiguousarray(planes.T).view(np.dtype(kind).newbyteorder("<"))
    return numbers.ravel().astype(kind)


def _inflate(stream: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, most + 1)
    except zlib.error as error:
        msg = "A stored chunk cannot be decompressed."
        raise StoreDamaged(msg) from error


def decompress(stream: bytes, size: int, kind: Any) -> npt.NDArray[Any]:
    """Decompress a pcodec stream of exactly `size` numbers; the form without a tag that version 1 wrote."""
    out = np.empty(size, kind)
    try:
        progress = standalone.simple_decompress_into(stream, out)
    except (RuntimeError, TypeError, ValueError) as error:
        msg = "A stored chunk cannot be decompressed."
        raise StoreDamaged(msg) from error
    if not progress.finished or progress.n_processed != size:
        fail_length()
    return out


def fail_length() -> NoReturn:
    """Raise StoreDamaged: what is there is not as long as it says."""
    msg = "A stored chunk holds another number of samples than it claims."
    raise StoreDamaged(msg)
