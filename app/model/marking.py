"""Classification levels and how they combine."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Self


class Level(IntEnum):
    """A classification level; a larger value is more restrictive.

    The values are the ranks kept in the store. They leave room between them so
    that a level can be added without rewriting stored rows.
    """

    U = 0
    CUI = 10
    C = 20
    S = 30
    TS = 40
    TS_SCI = 50

    @property
    def code(self) -> str:
        """Code used in settings, file names and manifests, such as ``TS-SCI``."""
        return self.name.replace("_", "-")

    @property
    def banner(self) -> str:
        """Words of the banner line, such as ``TOP SECRET//SCI``."""
        return _BANNERS[self.name]

    @property
    def portion(self) -> str:
        """Portion mark as written on blocks, such as ``TS``."""
        return self.name.replace("_", "//")

    @property
    def title(self) -> str:
        """Name for running text, such as ``Top Secret``."""
        return _TITLES[self.name]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code.

        Raises
        ------
        ValueError
            If `text` is no known code. An unknown level is never guessed at.
        """
        for level in cls:
            if level.code == text:
                return level
        known = ", ".join(level.code for level in cls)
        msg = f"{text!r} is no classification level (one of {known})"
        raise ValueError(msg)


_BANNERS = {
    "U": "UNCLASSIFIED",
    "CUI": "CUI",
    "C": "CONFIDENTIAL",
    "S": "SECRET",
    "TS": "TOP SECRET",
    "TS_SCI": "TOP SECRET//SCI",
}
_TITLES = {
    "U": "Unclassified",
    "CUI": "CUI",
    "C": "Confidential",
    "S": "Secret",
    "TS": "Top Secret",
    "TS_SCI": "Top Secret//SCI",
}


def high_water(levels: Iterable[Level], floor: Level = Level.U) -> Level:
    """Highest of `levels`, never below `floor` (the station's aggregation floor)."""
    return max([floor, *levels])
