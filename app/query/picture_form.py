"""An `Overview` as plain JSON values and back: rows of values in the order of the fields, no number as NaN.

Only the enclaves and endpoints that many deployments share are told once. The numbers of deployments and
their curves are packed doubles beside it, one after the other: sixty thousand would be slow to read as text.
"""

import math
import struct
from functools import partial
from typing import Any

from app.model.catalogue import Enclave, Endpoint
from app.model.health import Bound, Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.fleet import (
    About,
    Attention,
    Deployment,
    EnclaveState,
    EndpointRow,
    Fleet,
    LateCurve,
    Overview,
    Reason,
    Spark,
)

Plain = dict[str, Any]

_NUMBERS = struct.Struct("<9d")
"""Of a deployment, in the order of its fields; here NaN can stand as it is."""

_HEALTH = {one.value: one for one in Health}
_BOUND = {one.value: one for one in Bound}
_FRESHNESS = {one.value: one for one in Freshness}


def as_plain(overview: Overview) -> tuple[Plain, bytes]:
    """The answer as JSON values, and its packed numbers; of an answer with a filter in it there is no picture."""
    fleet, packed = overview.fleet, bytearray()
    plain = {
        "seen": overview.seen,
        "span": [overview.span.start, overview.span.end],
        "received": overview.received,
        "marking": fleet.marking.code,
        "demo": fleet.demo,
        "enclaves": [_plain_state(state) for state in fleet.enclaves],
        "rows": [
            [row.id, row.title, row.purpose, [_plain_cell(cell, packed) for cell in row.cells.values()]]
            for row in fleet.rows
        ],
        "attention": [_plain_item(item) for item in fleet.attention],
        "gpus": fleet.gpus,
        "figures": [_or_none(n) for n in (fleet.gpu_busy, fleet.availability, fleet.availability_coverage)],
    }
    return plain, bytes(packed)


def from_plain(plain: Plain, packed: bytes) -> Overview:
    """Read it back.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError, struct.error
        If it is not what `as_plain` gives.
    """
    states = tuple(_state(row) for row in plain["enclaves"])
    by_id = {state.enclave.id: state for state in states}
    rows = tuple(
        EndpointRow(
            str(name), str(title), str(purpose), {cell[0]: _cell(by_id[cell[0]], name, cell, packed) for cell in cells}
        )
        for name, title, purpose, cells in plain["rows"]
    )
    busy, share, coverage = (_number(value) for value in plain["figures"])
    seen = float(plain["seen"])
    fleet = Fleet(
        as_of=seen,
        marking=Level.parse(plain["marking"]),
        demo=bool(plain["demo"]),
        enclaves=states,
        rows=rows,
        attention=tuple(_item(row) for row in plain["attention"]),
        gpu_busy=busy,
        gpus=int(plain["gpus"]),
        availability=share,
        availability_coverage=coverage,
    )
    start, end = plain["span"]
    received = {name: tuple(float(moment) for moment in plain["received"][name]) for name in by_id}
    return Overview(fleet, received, TimeRange(float(start), float(end)), seen)


def _or_none(value: float) -> float | str | None:
    """JSON has neither NaN nor infinity."""
    return value if math.isfinite(value) else None if math.isnan(value) else str(value)


def _number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)


def _plain_state(state: EnclaveState) -> list[Any]:
    enclave = state.enclave
    numbers = (state.data_time, state.age, state.received, state.overdue, state.covered, state.expires)
    return [
        [enclave.id, enclave.name, enclave.level.code, enclave.cadence, enclave.grace],
        state.freshness.value,
        [_or_none(number) for number in numbers],
        [state.healthy, state.total, state.worst.value],
    ]


def _state(row: list[Any]) -> EnclaveState:
    (name, title, level, cadence, grace), fresh, numbers, (healthy, total, worst) = row
    data_time, age, received, overdue, covered, expires = (_number(number) for number in numbers)
    return EnclaveState(
        Enclave(str(name), str(title), Level.parse(level), float(cadence), float(grace)),
        Freshness(fresh),
        data_time,
        age,
        received,
        overdue,
        int(healthy),
        int(total),
        Health(worst),
        covered,
        expires,
    )


def _plain_cell(cell: Deployment, packed: bytearray) -> list[Any]:
    endpoint = cell.endpoint
    place = len(packed)
    packed += _NUMBERS.pack(
        cell.since,
        cell.latency_p95,
        cell.error_ratio,
        cell.requests_rate,
        cell.replicas_ready,
        cell.replicas_wanted,
        cell.data_time,
        cell.age,
        cell.maintenance_until,
    )
    return [
        cell.enclave.id,
        [endpoint.title, endpoint.purpose, endpoint.model, endpoint.owner],
        [endpoint.user_weight, endpoint.expected_replicas, endpoint.step, endpoint.retired_at],
        [cell.health.value, cell.latency_bound.value, cell.freshness.value, cell.error_source],
        place,
        list(cell.not_exported),
        [[one.metric, one.text, _or_none(one.value), _or_none(one.limit), one.health.value] for one in cell.reasons],
        None if cell.spark is None else _plain_spark(cell.spark, packed),
    ]


def _cell(state: EnclaveState, endpoint: str, row: list[Any], packed: bytes) -> Deployment:
    _, (title, purpose, model, owner), (weight, replicas, step, retired), codes, place, missing, reasons, spark = row
    _check_within(place, _NUMBERS.size, packed)
    since, latency, errors, rate, ready, wanted, data_time, age, until = _NUMBERS.unpack_from(packed, place)
    health, bound, fresh, source = codes
    return Deployment(
        state.enclave,
        Endpoint(state.enclave.id, endpoint, title, purpose, model, owner, weight, replicas, step, retired),
        _HEALTH[health],
        since,
        tuple([_reason(one) for one in reasons]),
        latency,
        _BOUND[bound],
        errors,
        source,
        rate,
        ready,
        wanted,
        data_time,
        age,
        _FRESHNESS[fresh],
        tuple(missing),
        until,
        None if spark is None else _spark(spark, packed),
    )


def _reason(row: list[Any]) -> Reason:
    metric, text, value, limit, health = row
    return Reason(metric, text, _number(value), _number(limit), Health(health))


def _plain_spark(spark: Spark, packed: bytearray) -> list[Any]:
    place, count = len(packed), len(spark.value)
    packed += struct.pack(f"<{count}d", *spark.value)
    return [spark.start, spark.end, _or_none(spark.known_until), place, count]


def _spark(row: list[Any], packed: bytes) -> Spark:
    start, end, known, place, count = row
    _check_within(place, 8 * count, packed)
    return Spark(start, end, _number(known), LateCurve(count, partial(struct.unpack_from, f"<{count}d", packed, place)))


def _check_within(place: int, size: int, packed: bytes) -> None:
    if not 0 <= place <= place + size <= len(packed):
        msg = "numbers lie outside of what there is"
        raise ValueError(msg)


def _plain_item(item: Attention) -> list[Any]:
    return [
        item.health.value,
        item.level.code,
        [item.enclave, item.subject, item.text, item.detail, item.page],
        [_or_none(number) for number in (item.since, item.age, item.weight)],
        item.about.value,
    ]


def _item(row: list[Any]) -> Attention:
    health, level, texts, numbers, about = row
    enclave, subject, text, detail, page = (str(one) for one in texts)
    since, age, weight = (_number(number) for number in numbers)
    return Attention(
        Health(health), Level.parse(level), enclave, subject, text, detail, since, age, page, About(about), weight
    )
