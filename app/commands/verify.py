"""Check a bundle in full and import nothing."""

import argparse
from pathlib import Path

from app.bundle.inbound import check_only
from app.bundle.layout import find_bundles
from app.bundle.outcome import Outcome
from app.cli import Command, Context, marked, write_json
from app.errors import InputError
from app.settings import load_station
from app.store.database import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="a bundle (folder or zip), or a folder of bundles")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(options: argparse.Namespace, context: Context) -> int:
    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    found = find_bundles(options.path.absolute())
    if not found:
        msg = "There is no bundle at this path."
        raise InputError(msg, "Name a bundle's folder or zip, or the folder that bundles lie in.")
    outcomes = [check_only(path, store, station, context.job()) for path in found]
    if options.json:
        write_json("verify", context.clock.now(), station.ceiling, [outcome.plain() for outcome in outcomes])
    else:
        with marked(station.ceiling):
            for outcome in outcomes:
                _show(outcome)
    return 0 if all(outcome.code.accepted for outcome in outcomes) else 4


def _show(outcome: Outcome) -> None:
    print(outcome.name)
    for check in outcome.checks:
        print(f"  {check.state:<8}{check.title}: {check.text}")
    if outcome.code.accepted:
        print(f"  An import would end as {outcome.code.value}.")
    else:
        print(f"  {outcome.code.value}. {outcome.action}".rstrip())


COMMAND = Command(_arguments, _run)
