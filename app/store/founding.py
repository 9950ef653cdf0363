"""Setting up a station: its folders, its two databases, its settings, and the first line of its audit log."""

import re

from app.clock import Clock
from app.errors import Refused
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, write_station
from app.store import audit, ledger
from app.store.database import Store


def found_station(paths: Paths, clock: Clock, name: str, ceiling: Level) -> Station:
    """Set up the station of this name; nothing above `ceiling` is ever opened on it.

    Raises
    ------
    Refused
        If it is set up already.
    """
    if paths.station_toml.exists():
        msg = "This station is set up already."
        raise Refused(msg, "Its ceiling stands in config/station.toml; its administrator may change it there.")
    station = Station(_identifier(name), name, ceiling)
    paths.make()
    store = Store.open(paths, clock)
    write_station(paths, station)
    with store.state() as state, ledger.recording(state):
        audit.append(state, "station", "init", object_id=station.id, label=ceiling)
    return station


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32] or "station"
