"""The stored samples of a metric, as they are or in buckets, as CSV or JSON."""

import argparse
import csv
import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.cli import Command, Context, moment, write_json
from app.clock import to_iso
from app.errors import UsageError

if TYPE_CHECKING:
    from app.query.series import Points, SeriesAnswer
    from app.store.database import Damage

DAY = 86400.0
_BUCKET_COLUMNS = ("mean", "min", "max", "count")


_LONGEST_STEP = 366 * 86400.0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--metric", metavar="M", required=True, help="such as endpoint_latency_seconds")
    parser.add_argument("--label", metavar="K=V", action="append", default=[], help="only series with this label")
    parser.add_argument("--start", metavar="ISO8601", help="first moment (default: a day before the end)")
    parser.add_argument("--end", metavar="ISO8601", help="moment after the last one (default: now)")
    parser.add_argument(
        "--step", metavar="S", type=float, help="sum up buckets of so many seconds: mean, min, max, count"
    )
    parser.add_argument("--at", metavar="ISO8601", help="as it was known at this moment")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="write CSV (this is the default)")
    form.add_argument("--json", action="store_true", help="write JSON as described by resources/schema/series-1.json")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.model.time_range import TimeRange
    from app.query.second_check import check_levels
    from app.query.series import read_points
    from app.settings import load_station
    from app.store.database import Store

    end = context.clock.now() if options.end is None else moment("--end", options.end)
    start = end - DAY if options.start is None else moment("--start", options.start)
    if not start < end:
        msg = "--start must be before --end."
        raise UsageError(msg)
    if options.step is not None and not 0.001 <= options.step <= _LONGEST_STEP:
        msg = f"--step {options.step}: seconds from 0.001 to a year are needed."
        raise UsageError(msg)
    found = read_points(
        Store.open(context.paths, context.clock),
        load_station(context.paths),
        options.metric,
        _labels(options.label),
        TimeRange(start, end),
        step=math.nan if options.step is None else options.step,
        ceiling=context.level,
        at=context.clock.now() if options.at else None,
    )
    check_levels([found.marking, *(points.level for points in found.points)], context.level)
    for one in found.damaged:
        sys.stderr.write(f"watchfloor: {_damage(found, one)}\n")
    if not found.points:
        sys.stderr.write("watchfloor: no series here matches.\n")
    if options.json:
        write_json("series", found.as_of, found.marking, answer(found, options.metric))
    else:
        _write_csv(found)
    return 0


COMMAND = Command(_arguments, _run, by_level=True)


def _plain_damage(found: "SeriesAnswer", one: "Damage") -> dict[str, str]:
    start, end = max(one.start, found.span.start), min(one.end, found.span.end)
    return {"start": to_iso(start), "end": to_iso(end), "reason": one.reason}


def _damage(found: "SeriesAnswer", one: "Damage") -> str:
    """What of a series cannot be read, in words."""
    told = _plain_damage(found, one)
    key = next(points.key for points in found.points if points.id == one.series)
    return f"{key} from {told['start']} to {told['end']} is a gap because it cannot be read: {one.reason}"


def _labels(given: list[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            msg = f"--label {text!r} is no name=value."
            raise UsageError(msg, "Write for example --label endpoint=rag-gateway.")
        pairs[name] = value
    return pairs


# --- numbers as text ------------------------------------------------------------------------------------------------


def written(value: float) -> str:
    """Shortest text that reads back to the same double; ``NaN``, ``+Inf``, ``-Inf`` as Prometheus writes them."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else written(value)


def _rows(points: "Points") -> Iterator[tuple[float, tuple[float, ...]]]:
    """Time and columns of every sample or bucket."""
    if points.buckets is None:
        for time, value in zip(points.raw.time.tolist(), points.raw.value.tolist(), strict=True):
            yield time, (value,)
        return
    one = points.buckets
    columns = (one.time, one.mean, one.least, one.most, one.count)
    for time, *values in zip(*(column.tolist() for column in columns), strict=True):
        yield time, tuple(values)


def answer(found: "SeriesAnswer", metric: str) -> dict[str, Any]:
    """The series as plain JSON values; NaN and infinities as text, because JSON has none."""
    raw = math.isnan(found.step)
    return {
        "demo": found.demo,
        "metric": metric,
        "start": to_iso(found.span.start),
        "end": to_iso(found.span.end),
        "step_seconds": None if raw else found.step,
        "columns": ["time", "value"] if raw else ["time", *_BUCKET_COLUMNS],
        "series": [
            {
                "labels": dict(points.key.labels),
                "enclave": points.enclave,
                "level": points.level.code,
                "marking": points.level.banner,
                "points": [[to_iso(time), *map(_plain, values)] for time, values in _rows(points)],
                "damaged": [_plain_damage(found, one) for one in found.damaged if one.series == points.id],
            }
            for points in found.points
        ],
    }


def _write_csv(found: "SeriesAnswer") -> None:
    """Write one row per sample; the marking stands in the first and the last line and in each row."""
    raw = math.isnan(found.step)
    names = sorted({name for points in found.points for name, _ in points.key.labels})
    out = sys.stdout
    out.write(f"# {found.marking.banner}\n")
    if found.demo:
        out.write("# Demonstration data. Contains no classified information\n")
    sheet = csv.writer(out, lineterminator="\n")
    values = ["value"] if raw else list(_BUCKET_COLUMNS)
    sheet.writerow(["time", "metric", *(f"label_{name}" for name in names), *values, "marking"])
    for points in found.points:
        own = [points.key.metric, *(points.key.label(name) for name in names)]
        for time, numbers in _rows(points):
            sheet.writerow([to_iso(time), *own, *map(written, numbers), points.level.banner])
    out.write(f"# {found.marking.banner}\n")
