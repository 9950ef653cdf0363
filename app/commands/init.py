"""Set up a station: its folders and the highest level that may ever be opened here."""

import argparse
import platform

from app.cli import Command, Context
from app.errors import UsageError
from app.model.marking import Level
from app.store.founding import found_station


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ceiling", required=True, metavar="L", help="highest level: U, CUI, C, S, TS or TS-SCI")
    parser.add_argument("--station", metavar="NAME", help="name for people (default: the machine's)")


def _run(options: argparse.Namespace, context: Context) -> int:
    try:
        ceiling = Level.parse(options.ceiling)
    except ValueError as error:
        msg = f"--ceiling: {error}."
        raise UsageError(msg) from error
    name = options.station or platform.node() or "station"
    station = found_station(context.paths, context.clock, name, ceiling)
    print(f"Station {station.name} is set up in {context.paths.base}; nothing above {ceiling.title} is opened here.")
    print("Next: watchfloor trust init FILE --fingerprint F")
    return 0


COMMAND = Command(_arguments, _run)
