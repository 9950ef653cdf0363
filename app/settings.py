"""Settings of the station: frozen, read once from TOML. The first picture needs them, so they import little."""

import json
import shlex
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import SettingsError
from app.model.marking import Level
from app.paths import Paths
from app.toml import Identifier, Place, read_table, read_toml


@dataclass(frozen=True, slots=True)
class Station:
    """One workstation or wall, as its administrator set it up.

    Nothing above `ceiling` is opened. `inbox` None means the folder below the base folder.
    """

    id: Identifier
    name: str
    ceiling: Level
    aggregation_floor: Level = Level.U
    inbox: Path | None = None
    retention_days: int = 400
    demo: bool = False

    def __post_init__(self) -> None:
        if self.retention_days < 1:
            msg = "retention_days must be 1 or more"
            raise ValueError(msg)

    def reach(self, level: Level | None) -> Level:
        """Highest level that an answer asked for at `level` may show: never above the ceiling, also after it fell."""
        return self.ceiling if level is None else min(level, self.ceiling)


@dataclass(frozen=True, slots=True)
class _StationFile:
    station: Station


def load_station(paths: Paths) -> Station:
    """Read config/station.toml.

    Raises
    ------
    SettingsError
        If it is missing or anything in it is wrong.
    """
    if not paths.station_toml.exists():
        if paths.base.exists() and not paths.base.is_dir():
            msg = "The folder of the station is no folder."
            raise SettingsError(msg, f"Say with --base-dir where the station is; {paths.base} is a file.")
        msg = "This station has no settings yet: config/station.toml is missing."
        folder = shlex.quote(str(paths.base))
        hint = f"Check --base-dir, or set the station up: watchfloor init --ceiling S --base-dir {folder}"
        raise SettingsError(msg, hint)
    table, place = read_toml(paths.station_toml)
    station = read_table(_StationFile, table, place).station
    if station.inbox is not None and not station.inbox.is_absolute():
        return replace(station, inbox=paths.base / station.inbox)
    return station


def write_station(paths: Paths, station: Station) -> None:
    """Write config/station.toml in one step, readable by the group and writable by its owner."""
    lines = [
        "# Settings of this station. 'ceiling' is the highest level that may ever be opened here.",
        "[station]",
        f"id = {_quoted(station.id)}",
        f"name = {_quoted(station.name)}",
        f"ceiling = {_quoted(station.ceiling.code)}",
        f"aggregation_floor = {_quoted(station.aggregation_floor.code)}",
        *([f"inbox = {_quoted(str(station.inbox))}"] if station.inbox else []),
        f"retention_days = {station.retention_days}",
        f"demo = {str(station.demo).lower()}",
        "",
    ]
    text = "\n".join(lines)
    read_table(_StationFile, tomllib.loads(text), Place("station.toml", text))  # what we write, we can read
    paths.station_toml.parent.mkdir(parents=True, exist_ok=True)
    unfinished = paths.station_toml.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(paths.station_toml)


def _quoted(text: str) -> str:
    """TOML basic string; JSON's form is one, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
