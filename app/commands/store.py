"""The station's store: how large it is, whether it is whole, make it small again, export its registers."""

import argparse
import csv
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.cli import Command, Context, marked, write_json
from app.clock import END, to_iso
from app.model.marking import Level

if TYPE_CHECKING:
    from app.settings import Station
    from app.store.database import Store
    from app.store.inspection import Finding
    from app.store.stats import Stats

_SHOWN = 100
"""Findings that are written for people; JSON has them all."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--base-dir", metavar="D", default=argparse.SUPPRESS, help="folder of the station")
    for name, words in (
        ("stats", "show what the store holds, and what of it is how large"),
        ("verify", "decode every stored row and compare what is derived; changes nothing (exit 4: damage found)"),
        ("compact", "settle everything, make what is derived anew, drop what is older than retention_days"),
    ):
        one = actions.add_parser(name, parents=[place], help=words)
        one.add_argument("--json", action="store_true", help=f"in JSON, as resources/schema/store-{name}-1.json says")
    export = actions.add_parser("export", parents=[place], help="write a register: no samples, keys or audit records")
    export.add_argument(
        "register", metavar="REGISTER", choices=("accepted", "attempts", "bundles", "catalogue", "events", "series"),
        help="accepted, attempts (of the ledger), bundles, catalogue, events or series",
    )  # fmt: skip
    form = export.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="write CSV (this is the default)")
    form.add_argument("--json", action="store_true", help="in JSON, as resources/schema/store-export-1.json says")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.bundle.inbound import reconcile
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    if options.action == "verify":
        return _verify(options, context, store, station)
    if options.action == "export":
        return _export(options, context, store, station)
    if options.action == "compact":
        reconcile(store)
        return _compact(options, context, store, station)
    return _stats(options, context, store, station)


COMMAND = Command(_arguments, _run)


# --- stats ----------------------------------------------------------------------------------------------------------


def _stats(options: argparse.Namespace, context: Context, store: "Store", station: "Station") -> int:
    from app.store.stats import read_stats

    with store.reader(station.ceiling) as reader:
        stats = read_stats(reader, context.job())
    if options.json:
        write_json("store-stats", context.clock.now(), station.ceiling, _plain_stats(stats))
        return 0
    with marked(station.ceiling):
        for line in _lines_of(stats):
            print(line)
    return 0


def _plain_stats(stats: "Stats") -> dict[str, Any]:
    return {
        "tables": [{"name": t.name, "tier": t.tier, "rows": t.rows, "bytes": t.bytes} for t in stats.tables],
        "enclaves": [
            {"id": r.enclave, "level": r.level.code, "oldest": to_iso(r.first), "newest": to_iso(r.last)}
            for r in stats.enclaves
        ],
        "head_rows": stats.head_rows,
        "bundles": stats.bundles,
        "series": stats.series,
        "samples": stats.samples,
        "bytes_per_sample": stats.bytes_per_sample,
        "superseded": stats.superseded,
        "days_held": stats.days_held,
        "file_bytes": stats.file_bytes,
        "wal_bytes": stats.wal_bytes,
        "free_bytes": stats.free_bytes,
    }


def _lines_of(stats: "Stats") -> Iterator[str]:
    each = stats.bytes_per_sample
    forms = ", ".join(f"{count} {name}" for name, count in stats.head_rows.items())
    yield f"{stats.samples:,} samples of {stats.series:,} series from {stats.bundles:,} bundles"
    yield f"File {_size(stats.file_bytes)}, of it {_size(stats.free_bytes)} free; journal {_size(stats.wal_bytes)}"
    yield "No sample yet" if each is None else f"{each:.2f} bytes for each sample, everything counted"
    yield f"Head: {forms}. Days not yet in their span: {stats.days_held}. Superseded: {stats.superseded:,}"
    width = max(len(table.name) for table in stats.tables)
    for table in sorted(stats.tables, key=lambda one: -one.bytes):
        yield f"  {table.name:<{width}}  {table.tier:<10}  {table.rows:>12,} rows  {_size(table.bytes):>10}"
    for reach in stats.enclaves:
        yield f"{reach.enclave}  {reach.level.banner}  {to_iso(reach.first)} to {to_iso(reach.last)}"


def _size(size: int) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 10_000:
            return f"{size:,} {unit}"
        size //= 1000
    return f"{size:,} GB"


# --- verify ---------------------------------------------------------------------------------------------------------


def _verify(options: argparse.Namespace, context: Context, store: "Store", station: "Station") -> int:
    from app.store.whole import inspect

    with store.reader(station.ceiling) as reader:
        findings = list(inspect(reader, context.job()))
    if options.json:
        answer = {"whole": not findings, "findings": [_plain_finding(one) for one in findings]}
        write_json("store-verify", context.clock.now(), station.ceiling, answer)
    else:
        with marked(station.ceiling):
            for one in findings[:_SHOWN]:
                print(_words(one))
            if len(findings) > _SHOWN:
                print(f"... and {len(findings) - _SHOWN} more: --json has them all.")
            print(f"{len(findings)} damaged." if findings else "Every row is what was written.")
            for remedy in sorted({one.remedy.value for one in findings}):
                print(f"  {remedy}")
    return 4 if findings else 0


def _plain_finding(one: "Finding") -> dict[str, Any]:
    return {
        "what": one.what,
        "level": one.level.code,
        "enclave": one.enclave or None,
        "metric": one.metric or None,
        "labels": dict(one.labels),
        "start": _time(one.start),
        "end": _time(one.end),
        "why": one.why,
        "remedy": one.remedy.name.lower(),
        "todo": one.remedy.value,
    }


def _time(seconds: float) -> str | None:
    """A time, or None where it is none that a calendar knows: what is damaged may say anything."""
    return to_iso(seconds) if 0 <= seconds < END else None


def _words(one: "Finding") -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in one.labels)
    about = " ".join(part for part in (one.metric, f"{{{labels}}}" if labels else "", one.enclave) if part)
    start, end = _time(one.start), _time(one.end)
    reach = f" from {start} to {end}" if start and end else ""
    return f"{one.level.banner}  {one.what}{': ' if about else ''}{about}{reach}. {one.why}"


# --- compact --------------------------------------------------------------------------------------------------------


def _compact(options: argparse.Namespace, context: Context, store: "Store", station: "Station") -> int:
    from app.store.compaction import compact
    from app.store.retention import limit_of

    before = limit_of(context.clock.now(), station.retention_days)
    done = compact(store, context.job(), before=before)
    if options.json:
        answer = {
            "bytes_before": done.bytes_before,
            "bytes_after": done.bytes_after,
            "rows_made": done.rows_made,
            "rows_dropped": done.rows_dropped,
            "kept_from": to_iso(max(before, 0) / 1000.0),
        }
        write_json("store-compact", context.clock.now(), station.ceiling, answer)
    else:
        with marked(station.ceiling):
            print(f"File {_size(done.bytes_before)}, now {_size(done.bytes_after)}.")
            print(f"{done.rows_made} derived rows were made anew, {done.rows_dropped} dropped.")
    return 0


# --- export ---------------------------------------------------------------------------------------------------------


def _export(options: argparse.Namespace, context: Context, store: "Store", station: "Station") -> int:
    from app.store.registers import read_register

    with store.reader(station.ceiling) as reader, store.state() as state:
        rows = list(read_register(reader, state, options.register, station.ceiling, _time))
    if options.json:
        answer = {"register": options.register, "rows": rows}
        write_json("store-export", context.clock.now(), station.ceiling, answer)
    else:
        _write_csv(rows, station.ceiling)
    return 0


def _write_csv(rows: list[dict[str, Any]], marking: Level) -> None:
    """Write one line per row; the marking stands in the first and the last line and in each row."""
    out = sys.stdout
    out.write(f"# {marking.banner}\n")
    if rows:
        sheet = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        sheet.writeheader()
        sheet.writerows(rows)
    out.write(f"# {marking.banner}\n")
