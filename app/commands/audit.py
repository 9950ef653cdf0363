"""Show the audit log, or verify that no record was changed, removed or put in."""

import argparse
from dataclasses import asdict
from typing import Any

from app.cli import Command, Context, marked, write_json
from app.model.marking import Level
from app.settings import load_station
from app.store import audit
from app.store.database import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("verify", "show"), help="verify the whole chain, or show its newest records")
    parser.add_argument("--last", type=int, default=50, metavar="N", help="records to show (default 50)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(options: argparse.Namespace, context: Context) -> int:
    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    with store.state() as state:
        if options.what == "show":
            shown = [asdict(record) for record in audit.records(state, options.last)]
            if options.json:
                write_json("audit-show", context.clock.now(), station.ceiling, shown)
            else:
                _show(shown, station.ceiling)
            return 0
        count, head = audit.head(state)
        broken = audit.verify(state)
    if options.json:
        answer = {"records": count, "head": head, "first_broken": broken}
        write_json("audit-verify", context.clock.now(), station.ceiling, answer)
    elif broken is None:
        print(f"{count} records, unbroken. Head (keep it elsewhere, to compare later):\n{head}")
    else:
        print(
            f"Record {broken} is the first that does not follow from the one before: it, or one before it, was changed"
            " or removed.\nCompare with a backup of state/station.db, and tell the security officer."
        )
    return 0 if broken is None else 3


def _show(records: list[dict[str, Any]], level: Level) -> None:
    told = ("utc", "os_user", "component", "event", "object_label", "outcome", "reason_code", "object_id")
    with marked(level):
        for record in records:
            print(f"{record['n']:>6}  " + "  ".join(record[name] or "-" for name in told))


COMMAND = Command(_arguments, _run)
