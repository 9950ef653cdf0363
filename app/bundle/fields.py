"""Reading the fields of parsed JSON by hand: exact names, exact types, ranges, lengths."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import pybase64

from app.clock import from_iso

Reader = Callable[[Any], Any]
"""Turns one parsed value into ours, or raises ValueError or TypeError."""

_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[+-]?[0-9]{1,3})?")
_SPECIAL: Final = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf}
# Control characters, the marks that turn the direction of text round (Unicode TR 36), halves of characters
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class FieldRefused(ValueError):
    """A field is missing, unknown or not what it must be. The message never holds its content."""


def read_fields(raw: Any, readers: Mapping[str, Reader], what: str) -> dict[str, Any]:
    """Read an object that has exactly the fields of `readers`.

    Raises
    ------
    FieldRefused
    """
    if not isinstance(raw, dict) or set(raw) != set(readers):
        msg = f"{what} must have exactly the fields {', '.join(readers)}"
        raise FieldRefused(msg)
    found = {}
    for name, read in readers.items():
        try:
            found[name] = read(raw[name])
        except FieldRefused:
            raise
        except (ValueError, TypeError) as error:
            msg = f"{name} of {what} is not what it must be"
            raise FieldRefused(msg) from error
    return found


def text(pattern: str) -> Reader:
    """Text that matches a pattern as a whole."""
    compiled = re.compile(pattern)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ValueError
        return value

    return read


def prose(most: int) -> Reader:
    """Text for people: at most so many characters, none that a terminal or a label could be tricked with."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most or _UNPRINTABLE.search(value):
            raise ValueError
        return value

    return read


def as_prose(value: str, most: int) -> str:
    """Make text one that `prose` reads: what it refuses stands as its escape, what is too long is cut."""
    escaped = _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
    return escaped if len(escaped) <= most else escaped[: most - 1] + "…"


def one_of(*allowed: Any) -> Reader:
    """One of a closed set, of the same type: 1 is not True."""

    def read(value: Any) -> Any:
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise ValueError
        return value

    return read


def integer(low: int, high: int) -> Reader:
    """Whole number within a closed range."""

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return read


def number(low: float, high: float) -> Reader:
    """Finite number within a closed range."""

    def read(value: Any) -> float:
        # NaN is in no range; the range is asked before an integer of any length becomes a float.
        if type(value) not in {int, float} or not low <= value <= high:
            raise ValueError
        return float(value)

    return read


def optional(reader: Reader) -> Reader:
    """Null, or what `reader` reads."""

    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read


def sequence(reader: Reader, most: int) -> Reader:
    """List of at most so many values that `reader` reads, as a tuple."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError
        return tuple(reader(one) for one in value)

    return read


def moment(value: Any) -> float:
    """Time in ISO 8601 with a Z, to the second or millisecond, as seconds UTC."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError
    return from_iso(value)


HASH: Final = text(r"[0-9a-f]{96}")
"""SHA-384 in hex."""


def number_text(value: float) -> str:
    """A number as the plain form has it: every bit of it, and by name what JSON has no number for."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def plain_number(written: Any) -> float:
    """Read what `number_text` writes; nothing else that Python would take for a number."""
    if written in _SPECIAL:
        return _SPECIAL[written]
    if not isinstance(written, str) or len(written) > 32 or not _DECIMAL.fullmatch(written):
        raise ValueError
    value = float(written)
    if math.isinf(value):
        raise ValueError
    return value


def base64_bytes(value: Any) -> bytes:
    """Bytes from base64."""
    if not isinstance(value, str):
        raise TypeError
    decoded: bytes = pybase64.b64decode(value, validate=True)
    return decoded
