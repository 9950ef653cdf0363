"""An answer of some time ago, brought to the present by the clock alone.

What was measured stays as it was; what follows from the hour is worked out anew: ages, freshness,
what is overdue, planned work that has ended, and the curves' empty end. So an old picture looks old.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from app.analysis.duration import duration
from app.analysis.freshness import freshness
from app.model.health import Health
from app.model.time_range import TimeRange
from app.query.attention import attention_later
from app.query.fleet import Deployment, EnclaveState, Fleet, LateCurve, Reason, Spark
from app.query.rows import counted, endpoint_rows

_COVERAGE_SECONDS = 30 * 86400.0


def work_is_over(end: float, at: float) -> Reason:
    """Why an endpoint is UNKNOWN whose data stop inside of planned work that ended at `end`.

    What was measured was measured during the work; it says nothing about the time after it.
    """
    text = f"planned work ended {duration(at - end)} ago and no data has come in since"
    return Reason("", text, math.nan, math.nan, Health.UNKNOWN)


def brought_to(fleet: Fleet, at: float, span: TimeRange) -> Fleet:
    """The fleet as it stands at `at` (seconds UTC, not before its `as_of`) if nothing has come in since.

    Parameters
    ----------
    span
        The visible range, as long as the one that the fleet was read for, and up to `at`.
    """
    passed = at - fleet.as_of
    states = {state.enclave.id: _aged(state, at) for state in fleet.enclaves}
    cells = [
        _later(cell, states[cell.enclave.id], at, span)
        for row in fleet.rows
        for cell in row.cells.values()
        if cell.endpoint.retired_at is None or cell.endpoint.retired_at > at
    ]
    by_enclave: dict[str, list[Deployment]] = {name: [] for name in states}
    for cell in cells:
        by_enclave[cell.enclave.id].append(cell)
    enclaves = tuple(counted(state, by_enclave[name]) for name, state in states.items())
    return replace(
        fleet,
        as_of=at,
        enclaves=enclaves,
        rows=endpoint_rows(cells),
        attention=attention_later(fleet.attention, at, enclaves, cells),
        # of the time that has passed nothing is known; what slid out at the other end may have been
        availability_coverage=max(fleet.availability_coverage - passed / _COVERAGE_SECONDS, 0.0),
    )


def _aged(state: EnclaveState, at: float) -> EnclaveState:
    enclave, age = state.enclave, at - state.data_time
    due = enclave.cadence + enclave.grace
    return replace(
        state,
        age=age,
        overdue=0.0 if math.isnan(state.covered) else max(0.0, at - state.covered - due),
        freshness=freshness(enclave.cadence, enclave.grace, age, state.expires - at),
    )


def _later(cell: Deployment, state: EnclaveState, at: float, span: TimeRange) -> Deployment:
    cell = Deployment(  # and not replace(), which takes three times as long: a start does this for every endpoint
        cell.enclave,
        cell.endpoint,
        cell.health,
        cell.since,
        cell.reasons,
        cell.latency_p95,
        cell.latency_bound,
        cell.error_ratio,
        cell.error_source,
        cell.requests_rate,
        cell.replicas_ready,
        cell.replicas_wanted,
        cell.data_time,
        at - cell.data_time,
        state.freshness,
        cell.not_exported,
        cell.maintenance_until,
        None if cell.spark is None else _moved(cell.spark, span),
    )
    if cell.health is not Health.MAINTENANCE or not cell.maintenance_until <= at:
        return cell
    since, reasons = cell.data_time, cell.reasons  # of one without any data nothing else is told during the work
    if reasons and reasons[0].health is Health.MAINTENANCE:
        since, reasons = cell.maintenance_until, (work_is_over(cell.maintenance_until, at), *reasons[1:])
    return replace(cell, health=Health.UNKNOWN, since=since, reasons=reasons, maintenance_until=math.nan)


def _moved(spark: Spark, span: TimeRange) -> Spark:
    """The curve against a later range: it moves to the left by whole buckets, and nothing follows it."""
    count = len(spark.value)
    gone = min(count, max(0, round((span.end - spark.end) / span.seconds * count)))
    value = LateCurve(count, partial(_shifted, spark.value, gone)) if gone else spark.value
    return Spark(span.start, span.end, spark.known_until, value)


def _shifted(value: Sequence[float], gone: int) -> tuple[float, ...]:
    return (*value[gone:], *(math.nan,) * gone)
