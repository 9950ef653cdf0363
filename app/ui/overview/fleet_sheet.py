"""The matrix as plain rows: one for each deployment, in the order in which the endpoints stand."""

import math

from app.model.health import Bound
from app.query.fleet import Deployment, EnclaveState, EndpointRow, Fleet
from app.ui import words
from app.ui.deployment_words import error_words, latency_words
from app.ui.sheet import Cell, Moment, Sheet

_HEADS = (
    "Endpoint",
    "Enclave",
    "Marking",
    "State",
    "Last known only",
    "p95 (seconds)",
    "p95 is",
    "Error share (ratio)",
    "Data until (UTC)",
    "Data age (seconds)",
    "Reasons",
)
_BOUNDS = {Bound.AT_MOST: "at most", Bound.AT_LEAST: "at least", Bound.EXACT: "exact"}


def fleet_sheet(fleet: Fleet) -> Sheet:
    """Every deployment that is shown. A number that is not known is empty; of the p95 it is said why."""
    rows = [
        _row(row, state, row.cells[state.enclave.id])
        for row in fleet.rows
        for state in fleet.enclaves
        if state.enclave.id in row.cells
    ]
    return Sheet("Health of every endpoint", fleet.marking, _HEADS, rows)


def _row(row: EndpointRow, state: EnclaveState, cell: Deployment) -> tuple[Cell, ...]:
    known = not math.isnan(cell.latency_p95)
    reasons = [reason.text for reason in cell.reasons]
    if math.isnan(cell.error_ratio):
        reasons.append(f"errors: {error_words(cell)}")
    return (
        row.title,
        state.enclave.name,
        state.enclave.level.banner,
        words.STATES[cell.health],
        "yes" if cell.stale else "no",
        cell.latency_p95,
        _BOUNDS[cell.latency_bound] if known else latency_words(cell),
        cell.error_ratio,
        Moment(cell.data_time),
        cell.age,
        "; ".join(reasons),
    )


def curve_sheet(cell: Deployment) -> Sheet:
    """The curve of one deployment: a row for each bucket of the visible range, empty where nothing is known."""
    curve, title = cell.spark, f"Latency of {cell.endpoint.title}, {cell.enclave.name}"
    values = tuple(curve.value) if curve is not None else ()
    start, end = (curve.start, curve.end) if curve is not None else (0.0, 0.0)
    wide = (end - start) / max(1, len(values))
    rows = [(Moment(start + number * wide), value) for number, value in enumerate(values)]
    return Sheet(title, cell.enclave.level, ("From (UTC)", "Highest latency (seconds)"), rows)
