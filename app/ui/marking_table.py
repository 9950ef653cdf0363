"""Colours of the classification markings: a table that a site can replace."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PySide6.QtGui import QColor

from app.errors import SettingsError
from app.model.marking import Level

NOT_KNOWN = "CLASSIFICATION NOT KNOWN"


class MarkInk(NamedTuple):
    """Block colour and text colour of one marking."""

    background: QColor
    text: QColor


@dataclass(frozen=True, slots=True, eq=False)
class MarkingTable:
    """Inks by level. A level that the table does not have is not known, and fails closed."""

    inks: dict[Level, MarkInk]

    @classmethod
    def load(cls, shipped: Path, site: Path | None = None) -> "MarkingTable":
        """Read ``markings.toml`` of the site's folder where there is one, else the shipped one.

        Raises
        ------
        SettingsError
            If the file is no TOML, names an unknown level or an unreadable colour.
        """
        path = shipped / "markings.toml"
        if site is not None and (site / "markings.toml").is_file():
            path = site / "markings.toml"
        try:
            with path.open("rb") as file:
                table = tomllib.load(file)
            return cls({Level.parse(code): _ink(code, row) for code, row in table.items()})
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"markings.toml cannot be used: {error}."
            raise SettingsError(msg, "Each level needs a background and a text colour such as #c8102e.") from error

    def words(self, level: Level | None, ceiling: Level | None) -> str:
        """Words of the banner: the marking, or the ceiling and that it is not known."""
        if level is not None and level in self.inks:
            return level.banner
        highest = self._closed(ceiling)
        return f"{highest.banner}  ·  {NOT_KNOWN}"

    def ink(self, level: Level | None, ceiling: Level | None = None) -> MarkInk:
        """Colours of a marking; of the ceiling, else of the highest level there is, where it is not known."""
        if level is not None and level in self.inks:
            return self.inks[level]
        return self.inks[self._closed(ceiling)]

    def _closed(self, ceiling: Level | None) -> Level:
        if ceiling is not None and ceiling in self.inks:
            return ceiling
        return max(self.inks)


def _ink(code: str, row: dict[str, str]) -> MarkInk:
    inks = []
    for name in ("background", "text"):
        colour = QColor(row[name])
        if not colour.isValid():
            msg = f"{code}: {name} {row[name]!r} is no colour"
            raise ValueError(msg)
        inks.append(colour)
    return MarkInk(*inks)
