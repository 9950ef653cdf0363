"""JSON from outside, read within bounds, and the one form in which we write it.

Size and nesting are judged on the bytes, before a parser sees them. Repeated names, NaN and
Infinity as numbers, numbers beyond a float and lone surrogates are refused: two readers must
not be able to understand one text in two ways.
"""

import json
import math
import re
from typing import Any, Final

# Unrolled, so that long strings (base64) are skipped in one run and not character by character.
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKET: Final = re.compile(rb"[^\[\]{}]+")


class JsonRefused(ValueError):
    """The text is not what we accept as JSON."""


def loads(data: bytes, *, size: int, depth: int) -> Any:
    """Parse at most `size` bytes, nested at most `depth` deep.

    Raises
    ------
    JsonRefused
        With the reason, never with content.
    """
    if len(data) > size:
        msg = f"longer than {size} bytes"
        raise JsonRefused(msg)
    # Most texts have too few brackets to nest too deeply, and need no closer look.
    if _has_more_brackets(data, depth) and nesting(data) > depth:
        msg = f"nested deeper than {depth}"
        raise JsonRefused(msg)
    try:
        parsed = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
        if b"\\u" in data:
            json.dumps(parsed, ensure_ascii=False).encode()  # a lone surrogate cannot be written back
    except JsonRefused:
        raise
    except (ValueError, RecursionError) as error:
        msg = "not well-formed JSON in UTF-8"
        raise JsonRefused(msg) from error
    return parsed


def _has_more_brackets(data: bytes, most: int) -> bool:
    """Whether more than `most` brackets open; looking for them leaps over long strings, counting would walk."""
    found = 0
    for bracket in (b"[", b"{"):
        at = data.find(bracket)
        while at >= 0:
            found += 1
            if found > most:
                return True
            at = data.find(bracket, at + 1)
    return False


def nesting(data: bytes) -> int:
    """Count how deep brackets nest outside strings, without parsing."""
    deepest = level = 0
    for bracket in _NOT_BRACKET.sub(b"", _STRING.sub(b"", data)):
        if bracket in b"[{":
            level += 1
            deepest = max(deepest, level)
        else:
            level -= 1
    return deepest


def canonical(value: Any) -> bytes:
    """Write sorted keys, no spaces, ASCII: the same value always gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice in one object"
        raise JsonRefused(msg)
    return found


def _constant(_: str) -> float:
    msg = "NaN and Infinity are not numbers in JSON"
    raise JsonRefused(msg)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = "a number is too large"
        raise JsonRefused(msg)
    return value
