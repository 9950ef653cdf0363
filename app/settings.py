"""Settings of the station and of the collector: frozen, read once from TOML."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from app.errors import SettingsError
from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level
from app.paths import Paths
from app.toml import Identifier, Moment, Place, Seconds, read_table, read_toml

Labels = Mapping[str, str]


# --- what the files say -------------------------------------------------------------------------------------


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
class StreamSettings:
    """How the collector cuts its bundles.

    `source` and `stream` name this collector in the trust list; `keys` are the ids of the keys
    that sign. `schema` is the form of the samples on the wire. A full bundle follows after
    `full_every` bundles or `full_interval` seconds, whichever comes first. `step` is the seconds
    between two samples; `overlap` how far each run reads again behind the last one, so that late
    scrapes are not lost; `backfill` the most it ever reads back.
    """

    source: Identifier
    stream: Identifier
    profile: Literal["cnsa1", "cnsa2"]
    keys: tuple[str, ...]
    schema: Literal["chunks", "plain"] = "chunks"
    full_every: int = 24
    full_interval: Seconds = 7 * 86400.0
    step: Seconds = 60.0
    overlap: Seconds = 600.0
    backfill: Seconds = 86400.0
    expires: Seconds = 30 * 86400.0

    def __post_init__(self) -> None:
        for name in ("full_every", "full_interval", "step", "backfill", "expires"):
            if getattr(self, name) <= 0:
                msg = f"{name} must be above 0"
                raise ValueError(msg)
        if not self.keys:
            msg = "keys must name at least one signing key"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One ``[sources.NAME]`` table, raw until the adapter's own type has checked it."""

    name: str
    kind: str
    table: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """Everything in one collector.toml.

    `matches` says, by endpoint id and recipe name, which labels the endpoint's series carry in the
    source; the order of the recipes is their rank. `node_matches` is the same for nodes.
    """

    path: Path
    catalogue: Catalogue
    stream: StreamSettings
    matches: Mapping[str, Mapping[str, Labels]]
    node_matches: Mapping[str, Mapping[str, Labels]]
    sources: tuple[SourceTable, ...]


@dataclass(frozen=True, slots=True)
class _EnclaveTable:
    id: Identifier
    name: str
    level: Level
    cadence: Seconds
    grace: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class _EndpointTable:
    id: Identifier
    title: str
    purpose: str = ""
    model: str = ""
    owner: str = ""
    user_weight: float = 1.0
    expected_replicas: int = 0
    retired_at: Moment | None = None
    match: Mapping[str, Labels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _NodeTable:
    id: Identifier
    gpus: int
    gpu_model: str = ""
    retired_at: Moment | None = None
    match: Mapping[str, Labels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _CollectorFile:
    enclave: _EnclaveTable
    collector: StreamSettings
    endpoint: tuple[_EndpointTable, ...] = ()
    node: tuple[_NodeTable, ...] = ()
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _SourceName:
    name: Identifier


@dataclass(frozen=True, slots=True)
class _StationFile:
    station: Station


# --- the files ----------------------------------------------------------------------------------------------


def load_station(paths: Paths) -> Station:
    """Read config/station.toml.

    Raises
    ------
    SettingsError
        If it is missing or anything in it is wrong.
    """
    if not paths.station_toml.exists():
        msg = "This station has no settings yet: config/station.toml is missing."
        raise SettingsError(msg, "Set its ceiling first: watchfloor init --ceiling S")
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


def load_collector(path: Path) -> CollectorSettings:
    """Read a collector.toml.

    Raises
    ------
    SettingsError
        If it is missing or anything in it is wrong.
    """
    if not path.exists():
        msg = f"{path.name} does not exist."
        raise SettingsError(msg, "An annotated example ships as resources/examples/collector.toml.")
    table, place = read_toml(path)
    read = read_table(_CollectorFile, table, place)
    for name, entries in (("endpoint", read.endpoint), ("node", read.node)):
        ids = [entry.id for entry in entries]
        for number, identifier in enumerate(ids):
            if identifier in ids[:number]:
                raise place.at(name, number, "id").refuse(f"{identifier!r} is declared twice")
    return CollectorSettings(
        path=path,
        catalogue=_catalogue(read),
        stream=read.collector,
        matches={entry.id: entry.match for entry in read.endpoint},
        node_matches={entry.id: entry.match for entry in read.node},
        sources=tuple(_source(name, raw, place) for name, raw in read.sources.items()),
    )


def _source(name: str, raw: Mapping[str, Any], place: Place) -> SourceTable:
    here = place.at("sources", name)
    kind = raw.get("kind")
    if not isinstance(kind, str):
        raise here.refuse("the key 'kind' is missing" if kind is None else "kind: expected text")
    read_table(_SourceName, {"name": name}, here)
    return SourceTable(name, kind, {key: value for key, value in raw.items() if key != "kind"}, here)


def _catalogue(read: _CollectorFile) -> Catalogue:
    own = read.enclave
    enclave = Enclave(own.id, own.name, own.level, own.cadence, own.grace)
    endpoints = tuple(
        Endpoint(
            own.id,
            e.id,
            e.title,
            e.purpose,
            e.model,
            e.owner,
            e.user_weight,
            e.expected_replicas,
            read.collector.step,
            e.retired_at,
        )
        for e in read.endpoint
    )
    nodes = tuple(Node(own.id, n.id, n.gpus, n.gpu_model, n.retired_at) for n in read.node)
    return Catalogue(enclave, endpoints, nodes)
