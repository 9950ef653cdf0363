"""Service levels as plain values: what `watchfloor sla --json` says, as resources/schema/sla-1.json describes it."""

import math
from collections.abc import Sequence
from typing import Any

from app.analysis.availability import Figure
from app.analysis.recompute import Value
from app.clock import to_iso
from app.query.recomputed import Recomputed
from app.query.service_level import Closely
from app.query.service_levels import Adhered, ServiceLevels
from app.query.standing import standing


def plain_levels(
    found: ServiceLevels,
    close: Sequence[Closely] = (),
    changed: Recomputed | None = None,
    *,
    worded: bool = True,
) -> dict[str, Any]:
    """The rows as plain JSON values; what is not known or has no bound is null.

    Words that people gave their decisions are marked with the station's ceiling; unless `worded`, they are null.
    """
    closely = {one.row.promise.key: one for one in close}
    return {
        "known_at": to_iso(found.known_at),
        "rows": [plain_row(row, found.as_of, closely.get(row.promise.key), worded=worded) for row in found.rows],
        "changed": None if changed is None else _changed(changed),
    }


def _changed(found: Recomputed) -> dict[str, Any]:
    return {
        "since": to_iso(found.since),
        "figures": [
            {
                "objective": one.key.objective,
                "enclave": one.key.enclave,
                "endpoint": one.key.endpoint,
                "period": one.key.period,
                "figure": one.field,
                "before": _value(one.before),
                "after": _value(one.after),
            }
            for one in found.changes
        ],
    }


def _value(value: Value | None) -> float | str | None:
    if value is None or isinstance(value, float):
        return None if value is None else _number(value)
    return str(value.value)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _time(seconds: float) -> str | None:
    return to_iso(seconds) if math.isfinite(seconds) else None


def plain_row(row: Adhered, at: float, close: Closely | None = None, *, worded: bool = True) -> dict[str, Any]:
    """One promise; `at` is the moment by which its state is told, seconds UTC."""
    state = standing(row, at)
    promise = row.promise
    return {
        "objective": promise.objective.id,
        "title": promise.objective.title if worded else None,
        "party": promise.objective.party if worded else None,
        "version": str(promise.version.entry),
        "enclave": promise.enclave.id,
        "level": promise.enclave.level.code,
        "endpoint": promise.endpoint.id,
        "period": promise.period.name,
        "from": to_iso(promise.period.span.start),
        "until": to_iso(promise.period.span.end),
        "over_until": to_iso(row.judged.end),
        "state": state.reason.value,
        "health": state.health.value,
        "stale": state.stale,
        "data_time": _time(promise.picture.data_time),
        "availability": _figure(row.found.now),
        "without_exclusions": _figure(row.found.without),
        "assumed_rate": _number(row.assumed_rate),
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
                "speaks": one.speaks,
                "flaws": [flaw.value for flaw in one.flaws],
            }
            for one in row.pairs
        ],
        "exclusions": [
            {
                "id": one.id,
                "kind": one.kind,
                "treatment": one.treatment,
                "reason": one.reason if worded else None,
                "reference": one.reference if worded else None,
                "requested_by": one.requested_by if worded else None,
                "approved_by": one.approved_by if worded else None,
            }
            for one in promise.standing
        ],
        "waiting": [one.id for one in promise.waiting],
        "closely": None if close is None else _closely(close),
    }


def _closely(close: Closely) -> dict[str, Any]:
    down = close.down
    return {
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
            for burn in close.burns
        ],
        "gaps": [[to_iso(start), to_iso(end)] for start, end in close.gaps.tolist()],
        "bundles": close.bundles,
        "costs": [
            {
                "name": cost.name,
                "seconds": cost.seconds,
                "bad": cost.bad,
                "bad_most": _number(cost.bad_most),
                "share": _number(cost.share),
            }
            for cost in close.costs
        ],
        "burn_down": [
            {"time": to_iso(time), "left": _number(left), "left_worst": _number(worst), "even": _number(even)}
            for time, left, worst, even in zip(
                *(one.tolist() for one in (down.time, down.left, down.left_worst, down.even)), strict=True
            )
        ],
        "burn_rates": [
            {
                "window_seconds": curve.seconds,
                "points": [
                    [to_iso(time), _number(rate)]
                    for time, rate in zip(curve.time.tolist(), curve.rate.tolist(), strict=True)
                ],
            }
            for curve in close.curves
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
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


def percent(share: float, decimals: int) -> str:
    """A share in per cent, cut and not rounded, so that nothing missed reads as met."""
    step = 10.0**decimals
    return f"{math.floor(share * 100.0 * step + 1e-6) / step:.{decimals}f}"


def _budget(row: Adhered) -> dict[str, Any]:
    counted, outlook = row.budget, row.outlook
    return {
        "unit": row.unit,
        "allowed": _number(counted.allowed),
        "spent": _number(counted.spent),
        "spent_most": _number(counted.spent_most),
        "behind": _number(row.behind),
        "left": _number(counted.left),
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
