"""Service levels: which promises were kept over a period, with the range that missing data leaves."""

import argparse
import csv
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli import Command, Context, moment, write_json
from app.clock import to_iso
from app.errors import InputError, UsageError

if TYPE_CHECKING:
    from app.model.time_range import TimeRange
    from app.query.service_levels import Adhered, ServiceLevels
    from app.store.database import Store

_COLUMNS = (
    "objective", "enclave", "level", "endpoint", "period", "from", "until", "target", "method", "missing_data",
    "state", "verdict", "outcome", "worst", "known_only", "best", "coverage", "without_exclusions", "budget_allowed",
    "budget_spent", "budget_left_share", "budget_left_share_worst", "unit", "pace", "outlook", "runs_out",
    "aside_seconds", "dropped_seconds", "best_possible", "data_time",
)  # fmt: skip


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--period", metavar="P", required=True, help="2026, 2026-Q4, 2026-10, 2026-W41, 2026-10-12, 30d, 12h, 4w"
    )
    parser.add_argument("--at", metavar="ISO8601", help="the moment that counts as now (default: now)")
    parser.add_argument(
        "--objective",
        metavar="ID",
        default="",
        help="only this one; with --json also closely: burn-down, when it burned, what exclusions hold",
    )
    parser.add_argument(
        "--range",
        metavar="NAME=FROM/UNTIL",
        action="append",
        default=[],
        help="with --objective and --json: what this stretch of time cost; ISO 8601, may be given several times",
    )
    parser.add_argument(
        "--as-known-at", metavar="ISO8601", help="with what had come in by this moment, of telemetry as of decisions"
    )
    parser.add_argument(
        "--changed-since",
        metavar="ISO8601",
        help="with --json: also which figures of periods over by then changed since, from what to what",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON as described by resources/schema/sla-1.json")
    form.add_argument("--csv", action="store_true", help="write CSV, marked in the first and last line")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.analysis.periods import parse_period
    from app.query.judging import Question
    from app.query.levels_form import plain_levels
    from app.query.recomputed import read_recomputed
    from app.query.second_check import check_levels
    from app.query.service_level import read_closely
    from app.query.service_levels import read_service_levels
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    known = None if options.as_known_at is None else moment("--as-known-at", options.as_known_at)
    stretches = _stretches(options.range)
    if stretches and not options.objective:
        raise UsageError("--range asks what time cost one promise, and none is named.", "Add --objective ID.")
    if (stretches or options.changed_since is not None) and not options.json:
        raise UsageError("Only JSON tells what --range or --changed-since ask for.", "Add --json.")
    since = None if options.changed_since is None else moment("--changed-since", options.changed_since)
    question = Question(options.period, context.clock.now(), known, options.objective)
    try:
        parse_period(options.period, "UTC", question.at)
    except ValueError as error:
        raise UsageError(str(error), "Write for example 2026-10, 2026-Q4 or 30d.") from error
    found = read_service_levels(store, station, question, context.job(), ceiling=context.level)
    if options.objective and not found.rows:
        msg = f"No promise {options.objective!r} was in force at any endpoint in {options.period}."
        raise InputError(msg, _known(options.objective, store))
    check_levels([found.marking, *(row.promise.enclave.level for row in found.rows)], context.level)
    if options.json:
        close = []
        if options.objective:
            keys = [row.promise.key for row in found.rows]
            close = read_closely(store, station, question, keys, context.job(), stretches, ceiling=context.level)
        changed = None
        if since is not None:
            changed = read_recomputed(store, station, question, since, context.job(), ceiling=context.level)
        worded = context.level is None or context.level >= station.ceiling
        write_json("sla", found.as_of, found.marking, plain_levels(found, close, changed, worded=worded))
    elif options.csv:
        _write_csv(found)
    else:
        _write_table(found)
    return 0


COMMAND = Command(_arguments, _run, by_level=True)


def _known(name: str, store: "Store") -> str:
    """What to do about a promise without a row: there may be none of that name."""
    from app.store.register import names
    from app.toml import near

    with store.state() as state:
        known = names(state, "objective")
    return "watchfloor objectives list shows which are." if name in known or not known else near(name, known)


def _stretches(texts: "Sequence[str]") -> "dict[str, TimeRange]":
    found: dict[str, TimeRange] = {}
    for name, span in map(_stretch, texts):
        if name in found or name in {"all of these", "the rest"}:
            raise UsageError(f"--range: the name {name!r} stands for something else already.", "Choose another name.")
        found[name] = span
    return found


def _stretch(text: str) -> "tuple[str, TimeRange]":
    from app.model.time_range import TimeRange

    name, equals, times = text.partition("=")
    start, slash, end = times.partition("/")
    if not name or not equals or not slash:
        raise UsageError(
            f"--range: {text!r} is no stretch of time.", "Write NAME=2026-11-03T10:00:00Z/2026-11-03T12:00:00Z."
        )
    found = TimeRange(moment("--range", start), moment("--range", end))
    if found.end <= found.start:
        raise UsageError(f"--range: {name!r} must end after it begins.")
    return name, found


# --- CSV and table --------------------------------------------------------------------------------------------------


def _write_csv(found: "ServiceLevels") -> None:
    from app.query.levels_form import plain_row

    out = csv.writer(sys.stdout, lineterminator="\n")
    sys.stdout.write(f"# {found.marking.banner}\n")
    pairs = [one.pair.name for one in found.rows[0].pairs] if found.rows else []
    out.writerow([*_COLUMNS, *(f"burn rate {name}, {side}" for name in pairs for side in ("long", "short"))])
    for row in found.rows:
        told = plain_row(row, found.as_of)
        now, counted = told["availability"], told["budget"]
        out.writerow(
            [
                told["objective"], told["enclave"], told["level"], told["endpoint"], told["period"], told["from"],
                told["until"], now["target"], now["method"], now["missing_data"], told["state"], now["verdict"],
                told["outcome"], now["worst"], now["known_only"], now["best"], now["coverage"],
                told["without_exclusions"]["known_only"], counted["allowed"], counted["spent"],
                counted["left_share"], counted["left_share_worst"], counted["unit"], counted["pace"],
                counted["outlook"], counted["runs_out"]["middle"], told["excluded"]["aside_seconds"],
                told["excluded"]["dropped_seconds"], told["best_possible"], told["data_time"],
                *(one[side] for one in told["burn_rates"] for side in ("long", "short")),
            ]
        )  # fmt: skip
    sys.stdout.write(f"# {found.marking.banner}\n")


_HEADS = (
    "State",
    "Objective",
    "Enclave",
    "Level",
    "Endpoint",
    "Target",
    "Worst",
    "Known",
    "Best",
    "Coverage",
    "Left",
    "Method",
)


def _share(value: float, decimals: int = 3) -> str:
    from app.query.levels_form import percent

    return "\u2013" if not math.isfinite(value) else f"{percent(value, decimals)} %"


def _write_table(found: "ServiceLevels") -> None:
    out = sys.stdout
    out.write(f"{found.marking.banner}\n")
    if not found.rows:
        out.write("No promise was in force in this period. Add some: watchfloor objectives add FILE --why TEXT\n")
    lines = [_line(row, found.as_of) for row in found.rows]
    widths = [max(len(text) for text in column) for column in zip(_HEADS, *lines, strict=True)]
    for line in [_HEADS, *lines] if lines else []:
        out.write("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() + "\n")
    for name in found.mute:
        out.write(f"{name} speaks of no declared endpoint, so nobody judges it: compare its pattern.\n")
    out.write(f"As known at {to_iso(found.known_at)}\n{found.marking.banner}\n")


def _line(row: "Adhered", at: float) -> tuple[str, ...]:
    from app.query.standing import standing

    state = standing(row, at)
    figure = row.found.now
    named = f"{figure.method.value}, missing data {figure.missing.value}"
    return (
        f"last known {state.reason.value}" if state.stale else state.reason.value,
        row.promise.objective.id,
        row.promise.enclave.id,
        row.promise.enclave.level.code,
        row.promise.endpoint.id,
        _share(figure.target),
        _share(figure.worst),
        _share(figure.known_only),
        _share(figure.best),
        _share(figure.coverage, 2),
        _share(row.budget.share_left, 1),
        named,
    )
