"""A table as plain rows: what is copied, exported, and shown behind a chart."""

from collections.abc import Sequence
from typing import NamedTuple

from app.model.marking import Level

Cell = str | float
"""Numbers stay numbers, in the unit that the head names, so that other programs can reckon with them; NaN is empty."""


class Sheet(NamedTuple):
    """Rows with their heads, and the marking that goes wherever they go."""

    title: str
    level: Level
    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
