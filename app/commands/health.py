"""How every declared endpoint is, worst first, with the age of its data."""

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any

from app.cli import Command, Context, write_json
from app.clock import to_iso
from app.model.health import Health

if TYPE_CHECKING:
    from app.query.fleet import Attention, Deployment, EnclaveState, Fleet

DAY = 86400.0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", metavar="ISO8601", help="as it was known at this moment (default: now)")
    parser.add_argument("--json", action="store_true", help="write JSON as described by resources/schema/health-1.json")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.model.time_range import TimeRange
    from app.query.health import read_fleet
    from app.query.second_check import check_levels
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    at = context.clock.now()
    fleet = read_fleet(store, station, at, TimeRange(at - DAY, at), ceiling=context.level)
    cells = [cell for row in fleet.rows for cell in row.cells.values()]
    enclaves = [*(state.enclave for state in fleet.enclaves), *(cell.enclave for cell in cells)]
    levels = [*(enclave.level for enclave in enclaves), *(item.level for item in fleet.attention)]
    check_levels([fleet.marking, *levels], context.level)
    if options.json:
        write_json("health", fleet.as_of, fleet.marking, answer(fleet))
    else:
        _write_table(fleet)
    return 0


COMMAND = Command(_arguments, _run, by_level=True)


# --- JSON -----------------------------------------------------------------------------------------------------------


def answer(fleet: "Fleet") -> dict[str, Any]:
    """The fleet as plain JSON values; what is not known is null."""
    cells = _worst_first(fleet)
    return {
        "demo": fleet.demo,
        "enclaves": [_enclave(state) for state in fleet.enclaves],
        "deployments": [_deployment(cell) for cell in cells],
        "attention": [_attention(item) for item in fleet.attention],
        "gpus": {"declared": fleet.gpus, "busy_ratio": _number(fleet.gpu_busy)},
        "availability": {
            "days": 30,
            "known_ratio": _number(fleet.availability),
            "coverage_ratio": _number(fleet.availability_coverage),
        },
    }


def _worst_first(fleet: "Fleet") -> "list[Deployment]":
    """Deployments by state, then in the order of the rows."""
    return sorted((cell for row in fleet.rows for cell in row.cells.values()), key=lambda cell: _state(cell).rank)


def _state(cell: "Deployment") -> Health:
    """The present state: of data that are stale or expired nobody knows it."""
    return Health.UNKNOWN if cell.stale else cell.health


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _time(seconds: float) -> str | None:
    return to_iso(seconds) if math.isfinite(seconds) else None


def _enclave(state: "EnclaveState") -> dict[str, Any]:
    return {
        "id": state.enclave.id,
        "name": state.enclave.name,
        "level": state.enclave.level.code,
        "freshness": state.freshness.value,
        "data_time": _time(state.data_time),
        "age_seconds": _number(state.age),
        "received": _time(state.received),
        "overdue_seconds": state.overdue,
        "healthy": state.healthy,
        "deployments": state.total,
        "worst": state.worst.value,
    }


def _deployment(cell: "Deployment") -> dict[str, Any]:
    latency = {"quantile": 0.95, "bound": cell.latency_bound.name.lower()}
    return {
        "enclave": cell.enclave.id,
        "level": cell.enclave.level.code,
        "endpoint": cell.endpoint.id,
        "title": cell.endpoint.title,
        "state": _state(cell).value,
        "last_known_state": cell.health.value,
        "since": _time(cell.since),
        "stale": cell.stale,
        "freshness": cell.freshness.value,
        "data_time": _time(cell.data_time),
        "age_seconds": _number(cell.age),
        "maintenance_until": _time(cell.maintenance_until),
        "metrics": {
            "endpoint_latency_seconds": _metric(cell.latency_p95, "s") | latency,
            "endpoint_error_ratio": _metric(cell.error_ratio, "ratio") | {"source": cell.error_source},
            "endpoint_requests_rate": _metric(cell.requests_rate, "1/s"),
            "endpoint_replicas_ready": _metric(cell.replicas_ready, "replicas"),
            "endpoint_replicas_wanted": _metric(cell.replicas_wanted, "replicas"),
        },
        "reasons": [
            {
                "metric": reason.metric,
                "state": reason.health.value,
                "text": reason.text,
                "value": _number(reason.value),
                "limit": _number(reason.limit),
            }
            for reason in cell.reasons
        ],
        "not_exported": list(cell.not_exported),
    }


def _metric(value: float, unit: str) -> dict[str, Any]:
    return {"value": _number(value), "unit": unit}


def _attention(item: "Attention") -> dict[str, Any]:
    return {
        "state": item.health.value,
        "level": item.level.code,
        "enclave": item.enclave,
        "subject": item.subject,
        "text": item.text,
        "detail": item.detail,
        "since": _time(item.since),
        "age_seconds": _number(item.age),
    }


# --- table ----------------------------------------------------------------------------------------------------------

_HEADS = ("State", "Level", "Enclave", "Endpoint", "p95", "Errors", "Requests/s", "Ready", "Data", "Age", "Reason")
_RIGHT = frozenset({"p95", "Errors", "Requests/s", "Ready", "Age"})


def _write_table(fleet: "Fleet") -> None:
    lines = [_line(cell) for cell in _worst_first(fleet)]
    out = sys.stdout
    out.write(f"{fleet.marking.banner}\n")
    if fleet.demo:
        out.write("Demonstration data. Contains no classified information\n")
    if not lines:
        out.write("No enclave has declared an endpoint here yet. Import a bundle: watchfloor import PATH\n")
    widths = [max(len(text) for text in column) for column in zip(_HEADS, *lines, strict=True)]
    for line in [_HEADS, *lines] if lines else []:
        cells = [
            text.rjust(width) if head in _RIGHT else text.ljust(width)
            for head, text, width in zip(_HEADS, line, widths, strict=True)
        ]
        out.write("  ".join(cells).rstrip() + "\n")
    out.write(f"As of {to_iso(fleet.as_of)}\n{fleet.marking.banner}\n")


def _line(cell: "Deployment") -> tuple[str, ...]:
    from app.analysis.duration import duration
    from app.analysis.reasons import measured

    ready = "–" if math.isnan(cell.replicas_ready) else f"{cell.replicas_ready:.0f}"
    wanted = "" if math.isnan(cell.replicas_wanted) else f" of {cell.replicas_wanted:.0f}"
    known = [f"last known {cell.health.value}"] if cell.stale else []
    return (
        _state(cell).value,
        cell.enclave.level.code,
        cell.enclave.id,
        cell.endpoint.id,
        "–"
        if math.isnan(cell.latency_p95)
        else measured("endpoint_latency_seconds", cell.latency_p95, cell.latency_bound),
        "–" if math.isnan(cell.error_ratio) else measured("endpoint_error_ratio", cell.error_ratio),
        "–" if math.isnan(cell.requests_rate) else f"{cell.requests_rate:.1f}",
        ready + wanted,
        cell.freshness.value,
        "never" if math.isnan(cell.age) else duration(cell.age),
        "; ".join([*known, *(reason.text for reason in cell.reasons)]),
    )
