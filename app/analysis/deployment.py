"""How one endpoint in one enclave is, from its metrics on one grid."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from app.analysis.grid import Grid, newest
from app.analysis.health import (
    GOOD,
    UNKNOWN,
    WARNING,
    Codes,
    Run,
    capped_ratio,
    combine,
    error_ratio,
    errors_or_zero,
    evidence,
    last_run,
    requests_rate,
    timeline,
)
from app.analysis.health_policy import Evaluation, Rule
from app.analysis.reasons import passed_limit, reason_text, unknown_text
from app.model.health import Bound
from app.model.sample import FloatArray

VOUCHERS = ("endpoint_up", "endpoint_error_ratio", "endpoint_latency_seconds")
"""Metrics that show service to users; without one of them known, nothing is healthy."""

RULES = (*VOUCHERS, "endpoint_replicas_ratio", "endpoint_queue_length", "endpoint_saturation_ratio")
"""Rules of an endpoint, in the order in which their reasons are told."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Metrics of one deployment, one value per slot of `grid`, each of shape (n,).

    A metric that is not exported is None; one that is exported and silent is NaN throughout.
    `flag` is ``exported{metric="endpoint_errors"}``. `bound` holds -1, 0, 1 beside each latency.
    """

    grid: Grid
    up: FloatArray | None = None
    requests: FloatArray | None = None
    errors: FloatArray | None = None
    flag: FloatArray | None = None
    latency: FloatArray | None = None
    bound: FloatArray | None = None
    queue: FloatArray | None = None
    saturation: FloatArray | None = None
    ready: FloatArray | None = None
    wanted: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric that is not good at the end of the grid: its code, newest value, limit and words."""

    metric: str
    code: int
    value: float
    limit: float
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """State of one deployment.

    `codes` has shape (n,). The numbers are the newest known ones inside their rule's minutes, NaN
    without one; `off_since` is the slot since which no replica is wanted, -1 while some are.
    """

    codes: Codes
    findings: tuple[Finding, ...]
    latency: float
    bound: Bound
    error_ratio: float
    requests_rate: float
    ready: float
    wanted: float
    off_since: int


def judge(
    measured: Measured, rules: Mapping[str, Rule], settings: Evaluation, expected_replicas: int, own_limit: float
) -> Judgement:
    """Judge one deployment.

    Parameters
    ----------
    measured
        Its metrics.
    rules
        Rule of each name in `RULES`, with the limits of this endpoint.
    settings
        Windows and shares.
    expected_replicas
        Declared number, used where the wanted number is not exported; 0 is none declared.
    own_limit
        Latency above which this endpoint is slower than usual, s; NaN without one.
    """
    grid, share = measured.grid, settings.minimum_share
    values, counted = _values(measured, settings, expected_replicas)
    idle = None if measured.requests is None else measured.requests == 0.0
    parts: dict[str, Codes] = {}
    vouched = np.zeros(grid.count, np.bool_)
    for metric, value in values.items():
        rule = rules[metric]
        judged = value
        if metric == "endpoint_error_ratio" and counted is not None:
            judged = capped_ratio(value, counted, rule)
        if metric == "endpoint_latency_seconds":
            rule, judged = _latency_rule(rule, own_limit), _decided(value, measured.bound, rule)
        quiet = idle if metric in VOUCHERS and metric != "endpoint_up" else None
        parts[metric] = timeline(judged, rule, grid, share, quiet)
        if metric in VOUCHERS:
            vouched |= evidence(value, rule, grid, share)
    codes = combine(list(parts.values()), vouched)
    numbers = {metric: newest(value, grid.slots(rules[metric].of * 60.0)) for metric, value in values.items()}
    ready, wanted = _replicas(measured, expected_replicas, grid.slots(rules["endpoint_replicas_ratio"].of * 60.0))
    bound = _bound(measured, grid.slots(rules["endpoint_latency_seconds"].of * 60.0))
    findings = tuple(
        _finding(rules[metric], last_run(parts[metric]), numbers[metric], own_limit, bound, (ready, wanted), grid)
        for metric in RULES
        if metric in parts and parts[metric][-1] != GOOD
    )
    window = grid.slots(settings.window_minutes * 60.0)
    return Judgement(
        codes,
        findings,
        numbers.get("endpoint_latency_seconds", math.nan),
        bound,
        numbers.get("endpoint_error_ratio", math.nan),
        math.nan if measured.requests is None else requests_rate(measured.requests, window, grid.step),
        ready,
        wanted,
        _off_since(measured, window),
    )


def _values(
    measured: Measured, settings: Evaluation, expected_replicas: int
) -> tuple[dict[str, FloatArray], FloatArray | None]:
    """Value of each rule's metric, (n,), where it is exported; and the requests behind each error ratio."""
    grid = measured.grid
    found: dict[str, FloatArray] = {}
    counted = None
    if measured.up is not None:
        found["endpoint_up"] = measured.up
    if measured.requests is not None and measured.errors is not None:
        nothing = np.full(grid.count, np.nan)
        flag = nothing if measured.flag is None else measured.flag
        hold = grid.slots(settings.flag_hold_minutes * 60.0)
        errors = errors_or_zero(measured.requests, measured.errors, flag, hold)
        width = grid.slots(settings.window_minutes * 60.0)
        found["endpoint_error_ratio"], counted = error_ratio(measured.requests, errors, width)
    if measured.latency is not None:
        found["endpoint_latency_seconds"] = measured.latency
    if measured.queue is not None:
        found["endpoint_queue_length"] = measured.queue
    if measured.saturation is not None:
        found["endpoint_saturation_ratio"] = measured.saturation
    if measured.ready is not None:
        wanted = measured.wanted
        if wanted is None:
            wanted = np.full(grid.count, float(expected_replicas))
        if measured.wanted is not None or expected_replicas > 0:
            with np.errstate(invalid="ignore", divide="ignore"):
                # none wanted and none there is as good as it gets; the state OFF says the rest
                ratio = np.where(wanted > 0, measured.ready / wanted, np.where(wanted == 0, 1.0, np.nan))
            found["endpoint_replicas_ratio"] = ratio
    return found, counted


def _latency_rule(rule: Rule, own_limit: float) -> Rule:
    return replace(rule, warning=passed_limit(rule, WARNING, own_limit))


def _decided(latency: FloatArray, bound: FloatArray | None, rule: Rule) -> FloatArray:
    """Latency where it can be held against a limit.

    "At most 0.3 s" says nothing about a limit of 0.12 s, and "at least 10 s" nothing about one of
    15 s: such values are unknown to the rule.
    """
    if bound is None:
        return latency
    with np.errstate(invalid="ignore"):
        loose = (bound < 0) & (latency > rule.warning)
        short = (bound > 0) & (latency <= rule.warning)
    decided: FloatArray = np.where(loose | short, np.nan, latency)
    return decided


def _bound(measured: Measured, width: int) -> Bound:
    if measured.bound is None:
        return Bound.EXACT
    value = newest(measured.bound, width)
    return Bound.EXACT if math.isnan(value) else Bound(int(np.sign(value)))


def _replicas(measured: Measured, expected: int, width: int) -> tuple[float, float]:
    ready = math.nan if measured.ready is None else newest(measured.ready, width)
    wanted = math.nan if measured.wanted is None else newest(measured.wanted, width)
    if measured.wanted is None and expected > 0:
        wanted = float(expected)
    return ready, wanted


def _off_since(measured: Measured, window: int) -> int:
    """Slot since which no replica has been wanted and nobody has asked for anything; -1 otherwise."""
    if measured.wanted is None:
        return -1
    asked = 0.0 if measured.requests is None else float(np.nansum(measured.requests[-window:]))
    if newest(measured.wanted, window) != 0.0 or asked > 0.0:
        return -1
    some = np.flatnonzero(measured.wanted > 0.0)
    return int(some[-1]) + 1 if some.size else 0


def _finding(
    rule: Rule, run: Run, value: float, own_limit: float, bound: Bound, replicas: tuple[float, float], grid: Grid
) -> Finding:
    code, unknown_for = run.code, grid.end - grid.time(run.first)
    if code == UNKNOWN:
        return Finding(rule.metric, code, value, math.nan, unknown_text(rule.metric, unknown_for))
    own = own_limit if rule.metric == "endpoint_latency_seconds" else math.nan
    limit = passed_limit(rule, code, own)
    text = reason_text(rule, code, value, limit, bound)
    ready, wanted = replicas
    if rule.metric == "endpoint_replicas_ratio" and value < limit:
        text = f"{ready:.0f} of {wanted:.0f} replicas ready"
    return Finding(rule.metric, code, value, limit, text)
