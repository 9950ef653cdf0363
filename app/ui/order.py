"""The order of rows: by number, by time, by name as people count; what is not known stands last either way."""

import math
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from app.ui.words import NO_DATA

Row = TypeVar("Row")
_DIGITS = re.compile(r"(\d+)")


def ordered(rows: Iterable[Row], by: Callable[[Row], str | float | None], *, descending: bool) -> list[Row]:
    """Rows by what `by` says of each; those that are equal keep the order they came in.

    Numbers stand before names. NaN, None, an empty text and ``no data`` are not known.
    """
    known: list[tuple[tuple[object, ...], Row]] = []
    unknown: list[Row] = []
    for row in rows:
        key = by(row)
        if key is None or key in ("", NO_DATA) or (isinstance(key, float) and math.isnan(key)):
            unknown.append(row)
        else:
            known.append(((1, *natural(key)) if isinstance(key, str) else (0, key), row))
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in known] + unknown


def natural(name: str) -> tuple[str | int, ...]:
    """A name as people order it: ``gpu_2`` before ``gpu_10``, whatever the case of its letters.

    Texts and whole numbers take turns, so that two names never compare a text with a number.
    """
    parts = _DIGITS.split(name.casefold())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))
