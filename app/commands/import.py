"""Import bundles: folders, zips, or a folder that holds several."""

# ruff: noqa: N999 -- the command is named so; it is loaded by name, never by an import statement

import argparse
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from app.bundle.inbound import receive, reconcile, retry_held
from app.bundle.layout import find_bundles
from app.bundle.outcome import Outcome
from app.cli import Command, Context, marked, write_json
from app.errors import InputError
from app.query.overview import refresh_picture
from app.settings import Station, load_station
from app.store.audit import os_account
from app.store.database import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a bundle, or a folder of bundles")
    parser.add_argument("--carrier", metavar="NAME", help="who or what brought them (default: your account)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(options: argparse.Namespace, context: Context) -> int:
    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    reconcile(store)
    found = []
    for path in options.paths:
        here = find_bundles(path.absolute())
        if not here:
            msg = f"There is no bundle at {path.name or path}; nothing was imported."
            raise InputError(msg, "Name a bundle's folder or zip, or the folder that bundles lie in.")
        found += here
    show = _ignore if options.json else _show
    with contextlib.nullcontext() if options.json else marked(station.ceiling):
        outcomes, again = _import(found, store, station, context, options.carrier or os_account(), show)
        if not options.json:
            counts = Counter(outcome.code.value for outcome in outcomes + again)
            print(", ".join(f"{count} {code.lower().replace('_', ' ')}" for code, count in sorted(counts.items())))
    if any(outcome.code.accepted for outcome in outcomes + again):
        refresh_picture(store, station, context.job())
    if options.json:
        write_json("import", context.clock.now(), station.ceiling, [outcome.plain() for outcome in outcomes + again])
    return 0 if all(outcome.code.accepted for outcome in outcomes) else 4


def _import(
    found: Sequence[Path],
    store: Store,
    station: Station,
    context: Context,
    carrier: str,
    show: Callable[[Outcome], None],
) -> tuple[list[Outcome], list[Outcome]]:
    """Import each bundle, then what waited for it; every outcome is shown as it comes."""
    outcomes = []
    for number, path in enumerate(found, start=1):
        job = context.job()
        job.step(number, len(found), "bundles")
        outcomes.append(receive(path, store, station, job, carrier=carrier))
        show(outcomes[-1])
    again = retry_held(store, station, context.job())
    for outcome in again:
        show(outcome)
    return outcomes, again


def _ignore(_: Outcome) -> None: ...


def _show(outcome: Outcome) -> None:
    print(f"{outcome.name}  {outcome.code.value}  {outcome.reason}")
    if outcome.action:
        print(f"  {outcome.action}")


COMMAND = Command(_arguments, _run)
