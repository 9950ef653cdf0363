"""Service levels: which promises were kept over a period, with the range that missing data leaves."""

import argparse
import csv
import math
import sys
from typing import TYPE_CHECKING, Any

from app.cli import Command, Context, write_json
from app.clock import from_iso, to_iso
from app.errors import InputError, UsageError

if TYPE_CHECKING:
    from app.analysis.availability import Figure
    from app.query.service_levels import Adhered, ServiceLevels

_COLUMNS = (
    "objective", "enclave", "level", "endpoint", "period", "from", "until", "target", "method", "missing_data",
    "verdict", "outcome", "worst", "known_only", "best", "coverage", "without_exclusions", "budget_allowed",
    "budget_spent", "budget_left", "budget_left_worst", "unit", "aside_seconds", "dropped_seconds",
    "best_possible", "data_time",
)  # fmt: skip


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--period", metavar="P", required=True, help="2026-10, 2026-Q4, 2026-W41, 2026, 30d, 12h")
    parser.add_argument("--at", metavar="ISO8601", help="the moment that counts as now (default: now)")
    parser.add_argument("--objective", metavar="ID", default="", help="only this one")
    parser.add_argument(
        "--as-known-at", metavar="ISO8601", help="with what had come in by this moment, of telemetry as of decisions"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON as described by resources/schema/sla-1.json")
    form.add_argument("--csv", action="store_true", help="write CSV, marked in the first and last line")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.query.second_check import check_levels
    from app.query.service_levels import Question, read_service_levels
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    known = None if options.as_known_at is None else _moment(options.as_known_at)
    question = Question(options.period, context.clock.now(), known, options.objective)
    try:
        found = read_service_levels(store, station, question, context.job(), ceiling=context.level)
    except ValueError as error:
        raise UsageError(str(error), "Write for example 2026-10, 2026-Q4 or 30d.") from error
    if options.objective and not found.rows:
        msg = f"No promise {options.objective!r} was in force at any endpoint in {options.period}."
        raise InputError(msg, "watchfloor objectives list shows which are.")
    check_levels([found.marking, *(row.enclave.level for row in found.rows)], context.level)
    if options.json:
        write_json("sla", found.as_of, found.marking, answer(found))
    elif options.csv:
        _write_csv(found)
    else:
        _write_table(found)
    return 0


COMMAND = Command(_arguments, _run, by_level=True)


def _moment(text: str) -> float:
    try:
        return from_iso(text)
    except ValueError as error:
        msg = f"--as-known-at: {text!r} is no ISO 8601 time."
        raise UsageError(msg, "Write for example 2026-11-28T06:00:00Z.") from error


# --- JSON -----------------------------------------------------------------------------------------------------------


def answer(found: "ServiceLevels") -> dict[str, Any]:
    """The rows as plain JSON values; what is not known or has no bound is null."""
    return {"known_at": to_iso(found.known_at), "rows": [_row(row) for row in found.rows]}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _time(seconds: float) -> str | None:
    return to_iso(seconds) if math.isfinite(seconds) else None


def _row(row: "Adhered") -> dict[str, Any]:
    return {
        "objective": row.objective.id,
        "title": row.objective.title,
        "party": row.objective.party,
        "version": str(row.version.entry),
        "enclave": row.enclave.id,
        "level": row.enclave.level.code,
        "endpoint": row.endpoint.id,
        "period": row.period.name,
        "from": to_iso(row.period.span.start),
        "until": to_iso(row.period.span.end),
        "over_until": to_iso(row.judged.end),
        "data_time": _time(row.data_time),
        "availability": _figure(row.found.now),
        "without_exclusions": _figure(row.found.without),
        "excluded": {"aside_seconds": row.found.aside_seconds, "dropped_seconds": row.found.dropped_seconds},
        "best_possible": _number(row.found.best_possible),
        "worst_possible": _number(row.found.worst_possible),
        "outcome": row.found.outcome.value,
        "budget": _budget(row),
        "burn_rates": [
            {
                "name": one.pair.name,
                "severity": one.pair.severity,
                "factor": one.factor,
                "long": _number(one.long),
                "short": _number(one.short),
                "flaws": [flaw.value for flaw in one.flaws],
            }
            for one in row.pairs
        ],
        "burned": [
            {
                "name": burn.pair.name,
                "factor": burn.factor,
                "from": to_iso(burn.start),
                "until": to_iso(burn.end),
                "peak": _number(burn.peak),
                "learned": _time(burn.learned),
                "lasts": burn.lasts,
            }
            for burn in row.burns
        ],
        "exclusions": [
            {
                "id": one.id,
                "kind": one.kind,
                "treatment": one.treatment,
                "reason": one.reason,
                "reference": one.reference,
                "requested_by": one.requested_by,
                "approved_by": one.approved_by,
            }
            for one in row.excluded
        ],
        "waiting": [one.id for one in row.waiting],
        "costs": [
            {"name": cost.name, "seconds": cost.seconds, "bad": cost.bad, "share": _number(cost.share)}
            for cost in row.costs
        ],
    }


def _figure(figure: "Figure") -> dict[str, Any]:
    return {
        "worst": _number(figure.worst),
        "known_only": _number(figure.known_only),
        "best": _number(figure.best),
        "coverage": _number(figure.coverage),
        "verdict": figure.verdict.value,
        "target": figure.target,
        "method": figure.method.value,
        "missing_data": figure.missing.value,
        "expected_seconds": figure.expected,
        "known_seconds": figure.known,
        "good": figure.good,
        "total": figure.total,
    }


def _budget(row: "Adhered") -> dict[str, Any]:
    counted, outlook = row.budget, row.outlook
    return {
        "unit": row.unit,
        "allowed": counted.allowed,
        "spent": counted.spent,
        "spent_most": _number(counted.spent_most),
        "left": counted.left,
        "left_share": _number(counted.share_left),
        "left_share_worst": _number(counted.share_left_worst),
        "elapsed": _number(counted.elapsed),
        "pace": _number(counted.pace),
        "estimated": counted.estimated,
        "outlook": outlook.outlook.value,
        "runs_out": {
            "earliest": _time(outlook.earliest),
            "middle": _time(outlook.middle),
            "latest": _time(outlook.latest),
            "chance": _number(outlook.chance),
            "days": outlook.days,
        },
    }


# --- CSV and table --------------------------------------------------------------------------------------------------


def _write_csv(found: "ServiceLevels") -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    sys.stdout.write(f"# {found.marking.banner}\n")
    out.writerow(_COLUMNS)
    for row in found.rows:
        told = _row(row)
        now, counted = told["availability"], told["budget"]
        out.writerow(
            [
                told["objective"], told["enclave"], told["level"], told["endpoint"], told["period"], told["from"],
                told["until"], now["target"], now["method"], now["missing_data"], now["verdict"], told["outcome"],
                now["worst"], now["known_only"], now["best"], now["coverage"],
                told["without_exclusions"]["known_only"], counted["allowed"], counted["spent"],
                counted["left_share"], counted["left_share_worst"], counted["unit"],
                told["excluded"]["aside_seconds"], told["excluded"]["dropped_seconds"], told["best_possible"],
                told["data_time"],
            ]
        )  # fmt: skip
    sys.stdout.write(f"# {found.marking.banner}\n")


_HEADS = ("Verdict", "Objective", "Level", "Endpoint", "Target", "Worst", "Known", "Best", "Coverage", "Left", "Method")


def _share(value: float, decimals: int = 3) -> str:
    return "\u2013" if not math.isfinite(value) else f"{value * 100:.{decimals}f} %"


def _write_table(found: "ServiceLevels") -> None:
    out = sys.stdout
    out.write(f"{found.marking.banner}\n")
    if not found.rows:
        out.write("No promise was in force in this period. Add some: watchfloor objectives add FILE --why TEXT\n")
    lines = [_line(row) for row in found.rows]
    widths = [max(len(text) for text in column) for column in zip(_HEADS, *lines, strict=True)]
    for line in [_HEADS, *lines] if lines else []:
        out.write("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() + "\n")
    out.write(f"As known at {to_iso(found.known_at)}\n{found.marking.banner}\n")


def _line(row: "Adhered") -> tuple[str, ...]:
    figure = row.found.now
    named = f"{figure.method.value}, missing data {figure.missing.value}"
    return (
        figure.verdict.value,
        row.objective.id,
        row.enclave.level.code,
        row.endpoint.id,
        _share(figure.target),
        _share(figure.worst),
        _share(figure.known_only),
        _share(figure.best),
        _share(figure.coverage, 2),
        _share(row.budget.share_left, 1),
        named,
    )
