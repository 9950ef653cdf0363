"""Set up a station: its folders and the highest level that may ever be opened here."""

import argparse
import platform
import re

from app.cli import Command, Context
from app.errors import Refused, UsageError
from app.model.marking import Level
from app.settings import Station, write_station
from app.store import audit, ledger
from app.store.database import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ceiling", required=True, metavar="L", help="highest level: U, CUI, C, S, TS or TS-SCI")
    parser.add_argument("--station", metavar="NAME", help="name for people (default: the machine's)")


def _run(options: argparse.Namespace, context: Context) -> int:
    try:
        ceiling = Level.parse(options.ceiling)
    except ValueError as error:
        msg = f"--ceiling: {error}."
        raise UsageError(msg) from error
    if context.paths.station_toml.exists():
        msg = "This station is set up already."
        raise Refused(msg, "Its ceiling stands in config/station.toml; its administrator may change it there.")
    name = options.station or platform.node() or "station"
    station = Station(_identifier(name), name, ceiling)
    context.paths.make()
    store = Store.open(context.paths, context.clock)
    write_station(context.paths, station)
    with store.state() as state, ledger.recording(state):
        audit.append(state, "station", "init", object_id=station.id, label=ceiling)
    print(f"Station {station.name} is set up in {context.paths.base}; nothing above {ceiling.title} is opened here.")
    print("Next: watchfloor trust init FILE --fingerprint F")
    return 0


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32] or "station"


COMMAND = Command(_arguments, _run)
