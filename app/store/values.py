"""Measured values as whole numbers: what makes three digits of telemetry cost less than a byte.

Most values are decimals that somebody rounded. Written as whole numbers they compress far better than as
doubles, and because a code rises with its value, extremes can be taken of codes. Every kind comes back to
the bit; the encoder proves it before it chooses one.

===========  ===================================================================
CONSTANT     all the same bits
DECIMAL      k / 10**e exactly, for one e
ORDINAL      three significant digits: place in the list 0, 1.00e-7 ... 9.99e9
FLOAT        anything else, NaN payloads and infinities included
===========  ===================================================================
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import FloatArray
from app.store.packing import INTEGERS, IntArray, fail_length, narrow, pack, unpack

CONSTANT, DECIMAL, ORDINAL, FLOAT = 0, 1, 2, 3

POWERS: Final = 10.0 ** np.arange(0, 9)
_EXACT: Final = 2.0**53
_NEGATIVE_ZERO: Final = np.iinfo(np.int64).min
_PROBE: Final = 4096
"""Samples by which DECIMAL and ORDINAL are compared where both fit."""

_LOWEST_DECADE: Final = -7
_DECADES: Final = 17
_TABLED: Final = 1 << 20
"""Decimals below this are looked up in a table to find their ordinal; larger ones are searched for."""


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Values of one series as codes that rise with the value.

    Parameters
    ----------
    kind
        CONSTANT, DECIMAL, ORDINAL or FLOAT.
    exponent
        Of DECIMAL: value = code / 10**exponent.
    code
        Shape (n,), whole numbers; of FLOAT the values themselves, of CONSTANT one value.
    size
        Number of values n.
    """

    kind: int
    exponent: int
    code: npt.NDArray[Any]
    size: int

    def floats(self) -> FloatArray:
        """The values, shape (n,), float64."""
        if self.kind == CONSTANT:
            return np.full(self.size, self.code[0]) if self.size else np.empty(0)
        if self.kind == DECIMAL:
            return decimal_floats(self.code, self.exponent)
        return ordinals().take(self.code) if self.kind == ORDINAL else self.code

    @property
    def holds_nan(self) -> bool:
        """Whether any value is NaN; decimals and ordinals never are."""
        return self.kind in (CONSTANT, FLOAT) and bool(np.isnan(self.code).any())

    def part(self, low: int, high: int) -> "Codes":
        """Of the values ``[low, high)``."""
        code = self.code if self.kind == CONSTANT else self.code[low:high]
        return Codes(self.kind, self.exponent, code, high - low)

    def tail(self) -> FloatArray:
        """The last value, shape (1,)."""
        return Codes(self.kind, self.exponent, self.code[-1:], 1).floats()

    def pack(self) -> bytes:
        """Bytes that `unpack_codes` reads, given the number of values."""
        head = bytes([self.kind, self.exponent, self.code.itemsize])
        return head + (self.code.tobytes() if self.kind == CONSTANT else pack(self.code))


def decimal_floats(code: npt.NDArray[Any], exponent: int) -> FloatArray:
    """Doubles nearest to code / 10**exponent."""
    if exponent == 0:
        return code.astype(np.float64)
    floats: FloatArray = np.divide(code, POWERS[exponent], dtype=np.float64)
    return floats


def find_codes(values: FloatArray) -> Codes:
    """Choose the kind that costs least; `values` has shape (n,), contiguous."""
    if values.size == 0:
        return Codes(CONSTANT, 0, values, 0)
    bits = values.view(np.int64)
    if bits[0] == bits[-1] and bool((bits == bits[0]).all()):
        return Codes(CONSTANT, 0, values[:1].copy(), values.size)
    decimal = find_decimal(values)
    ordinal = _find_ordinal(values, decimal)
    if decimal is not None and ordinal is not None:
        return ordinal if _is_shorter(ordinal, decimal) else decimal
    return decimal or ordinal or Codes(FLOAT, 0, values, values.size)


def find_decimal(values: FloatArray, least: int = 0) -> Codes | None:
    """Codes with the smallest exponent, `least` or more, for which every value is a decimal; None if there is none."""
    low, high = float(values.min()), float(values.max())
    largest = max(-low, high)
    if not largest < _EXACT:  # also where there is a NaN or an infinity
        return None
    if low <= 0.0 <= high and bool((values.view(np.int64) == _NEGATIVE_ZERO).any()):
        return None
    probe = values[:: max(1, values.size // 64)]
    for exponent in range(least, POWERS.size):
        power = POWERS[exponent]
        if not largest * power < _EXACT:
            return None
        if _is_decimal(probe, exponent) is None:
            continue
        whole = _is_decimal(values, exponent)
        if whole is not None:
            code = narrow(whole, round(low * power), round(high * power))  # type: ignore[arg-type]
            return Codes(DECIMAL, exponent, code, values.size)
    return None


def find_decimal_rows(values: FloatArray) -> tuple[list[int], npt.NDArray[np.int64]] | None:
    """Exponent of each row of `values` (k, n), and its decimals as whole numbers; None where a row has none.

    For many short rows at once, of which each alone would cost more in calls than in arithmetic.
    """
    if not (np.abs(values) < _EXACT).all() or (values.view(np.int64) == _NEGATIVE_ZERO).any():
        return None
    exponents = np.full(values.shape[0], -1)
    whole = np.empty_like(values)
    for exponent, power in enumerate(POWERS.tolist()):
        scaled = np.rint(values * power)
        fits = ((scaled / power == values) & (np.abs(scaled) < _EXACT)).all(axis=1) & (exponents < 0)
        exponents[fits] = exponent
        whole[fits] = scaled[fits]
        if exponents.min() >= 0:
            return exponents.tolist(), whole.astype(np.int64)
    return None


def _is_decimal(values: FloatArray, exponent: int) -> FloatArray | None:
    """Whole numbers k, as doubles, where every value is k / 10**exponent; else None."""
    if exponent == 0:
        whole = np.rint(values)
        return whole if np.array_equal(whole, values) else None
    power = POWERS[exponent]
    whole = np.rint(values * power)
    return whole if np.array_equal(whole / power, values) else None


@lru_cache(maxsize=1)
def ordinals() -> FloatArray:
    """Every decimal of three significant digits from 1.00e-7 to 9.99e9, zero first; increasing."""
    digits = np.arange(100, 1000, dtype=np.float64)
    decades = range(_LOWEST_DECADE, _LOWEST_DECADE + _DECADES)
    parts = [digits / 10.0 ** (2 - decade) if decade < 2 else digits * 10.0 ** (decade - 2) for decade in decades]
    return np.concatenate([[0.0], *parts])


@lru_cache(maxsize=POWERS.size)
def _table(exponent: int) -> npt.NDArray[np.int16]:
    """Ordinal of k / 10**exponent for every k below `_TABLED`; -1 where k has more digits."""
    known = ordinals()
    whole = np.rint(known * POWERS[exponent])
    fits = (whole < _TABLED) & (whole / POWERS[exponent] == known)
    table = np.full(_TABLED, -1, np.int16)
    table[whole[fits].astype(np.int64)] = np.flatnonzero(fits)
    return table


def _find_ordinal(values: FloatArray, decimal: Codes | None) -> Codes | None:
    if decimal is not None:
        code = decimal.code
        least, most = int(code.min()), int(code.max())
        if least < 0 or (decimal.exponent == 0 and most <= 999):
            return None
        if most < _TABLED:
            known_place = _table(decimal.exponent).take(code)
            return None if known_place.min() < 0 else Codes(ORDINAL, 0, known_place, values.size)
    known = ordinals()
    low, high = values.min(), values.max()
    if not (low >= 0.0 and high <= known[-1]):
        return None
    if low == 0.0 and bool((values.view(np.int64) == _NEGATIVE_ZERO).any()):
        return None
    if known[np.searchsorted(known, values[:64])].tobytes() != values[:64].tobytes():
        return None
    place = np.searchsorted(known, values)
    return Codes(ORDINAL, 0, place.astype(np.int16), values.size) if np.array_equal(known[place], values) else None


def _is_shorter(one: Codes, other: Codes) -> bool:
    start = max(0, (one.size - _PROBE) // 2)
    part = slice(start, start + _PROBE)
    return len(pack(one.code[part], quick=True)) < len(pack(other.code[part], quick=True))


def unpack_codes(stream: bytes, size: int) -> Codes:
    """Read what `Codes.pack` wrote, for `size` values.

    Raises
    ------
    StoreDamaged
    """
    if len(stream) < 3:
        fail_length()
    kind, exponent, width = stream[0], stream[1], stream[2]
    if kind == CONSTANT:
        if len(stream) != (11 if size else 3):
            fail_length()
        return Codes(kind, 0, np.frombuffer(stream, "<f8", 1 if size else 0, 3), size)
    if kind == FLOAT:
        return Codes(kind, 0, unpack(stream[3:], size, np.float64), size)
    if kind not in (DECIMAL, ORDINAL) or width not in INTEGERS or exponent >= POWERS.size:
        msg = f"A stored chunk has encoding {kind}, which this program does not know."
        raise StoreDamaged(msg)
    code: IntArray = unpack(stream[3:], size, INTEGERS[width])
    if kind == ORDINAL and size and (int(code.min()) < 0 or int(code.max()) >= ordinals().size):
        msg = "A stored chunk holds a code that stands for no value."
        raise StoreDamaged(msg)
    return Codes(kind, exponent, code, size)


@lru_cache(maxsize=_DECADES)
def ordinal_integers(decade: int) -> npt.NDArray[np.int64]:
    """Each ordinal as a whole number of ``10**(decade - 2)``; 0 below `decade`, -1 where it would overflow."""
    digits = np.arange(100, 1000, dtype=np.int64)
    parts = []
    for one in range(_LOWEST_DECADE, _LOWEST_DECADE + _DECADES):
        shift = one - decade
        parts.append(digits * 0 if shift < 0 else np.full(900, -1) if shift > 12 else digits * 10**shift)
    return np.concatenate([[0], *parts])


def lowest_decade(code: IntArray) -> int:
    """Decade of the smallest ordinal that is not zero."""
    above = code[code > 0] if code.min() == 0 else code
    return _LOWEST_DECADE + (int(above.min()) - 1) // 900 if above.size else 0
