"""How every declared endpoint of every enclave is, at the data time of its enclave."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.analysis.baseline import own_limit
from app.analysis.deployment import RULES, Judgement, Measured, judge
from app.analysis.grid import Fold, Grid, Slots, across, spark
from app.analysis.health import GOOD, UNKNOWN, Run, Uptime, as_health, last_run, uptime
from app.analysis.health_policy import Evaluation, HealthPolicy
from app.analysis.merged import merged
from app.analysis.reasons import silence_text
from app.model.catalogue import Endpoint
from app.model.event import Event
from app.model.health import Bound, Health
from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange
from app.query.enclaves import Picture
from app.query.fleet import Deployment, Reason, Spark
from app.query.later import work_is_over
from app.query.readings import Shelf, Thing, Want
from app.store.database import Reader
from app.store.reduced import read_reduced
from app.store.samples import find_series

METRICS: Mapping[str, Fold] = {
    "endpoint_up": Fold.LEAST,
    "endpoint_requests": Fold.SUM,
    "endpoint_errors": Fold.SUM,
    "endpoint_latency_seconds": Fold.MOST,
    "endpoint_latency_bound": Fold.MOST,
    "endpoint_queue_length": Fold.SUM,
    "endpoint_saturation_ratio": Fold.MOST,
    "endpoint_replicas_ready": Fold.SUM,
    "endpoint_replicas_wanted": Fold.SUM,
}
"""Series of an endpoint, and how those of its versions and replicas become one."""

OPTIONAL = ("endpoint_latency_bound", "endpoint_replicas_wanted")
"""Metrics whose absence nobody needs to be told of."""

AVAILABILITY_DAYS = 30.0
_WITHIN_SLOT = {"endpoint_up": Fold.LEAST, "endpoint_requests": Fold.SUM, "endpoint_errors": Fold.SUM}
_P95 = ("quantile", "0.95")
_BUCKETS = 96
_DAY = 86400.0
_WARM_UP = 3600.0  # hysteresis needs minutes before the first one that is shown


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What all deployments are judged with."""

    policy: HealthPolicy
    at: float
    span: TimeRange
    maintenance: tuple[Event, ...]


def wants(policy: HealthPolicy, endpoint: str = "") -> list[Want]:
    """What must be read to judge the deployments, all of them or those of one endpoint.

    All but the probe share one window, although most need less of it: the series of a scrape group
    share their times, and those are decoded once for each window.
    """
    back = judged_seconds(policy)
    only = (("endpoint", endpoint),) if endpoint else ()
    found = []
    for metric in METRICS:
        seconds = max(back, AVAILABILITY_DAYS * _DAY) if metric == "endpoint_up" else back
        labels = (_P95,) if metric.startswith("endpoint_latency") else ()
        found.append(Want(metric, "endpoint", seconds, (*labels, *only)))
    return found


def read_sparks(reader: Reader, shelves: dict[Thing, Shelf], span: TimeRange, known_at: float | None) -> None:
    """Put curves of the p95 over a span that is longer than what is read to judge on the shelves."""
    refs = [ref for ref in find_series(reader, "endpoint_latency_seconds", dict((_P95,))) if ref.key.label("endpoint")]
    for ref, one in zip(refs, read_reduced(reader, refs, span, _BUCKETS, known_at), strict=True):
        shelf = shelves.setdefault((ref.enclave, "endpoint", ref.key.label("endpoint")), Shelf())
        shelf.sparks.append((one.time, one.most))


def flags_wanted(policy: HealthPolicy, endpoint: str = "") -> tuple[Want, Callable[[Shelf, str, float], bool]]:
    """The ``exported`` flags, and for which of them there is a question.

    That is for errors, whose absence may mean zero, and for what has not been seen lately.
    """
    lately = policy.evaluation.lookback_hours * 3600.0

    def needed(shelf: Shelf, metric: str, data_time: float) -> bool:
        return metric == "endpoint_errors" or not shelf.newest(metric) > data_time - lately

    only = (("endpoint", endpoint),) if endpoint else ()
    return Want("exported", "endpoint", judged_seconds(policy), only), needed


def judged_seconds(policy: HealthPolicy) -> float:
    """How far back samples are read to judge a deployment, s."""
    settings = policy.evaluation
    judged = max(settings.lookback_days_bad, settings.forget_days, settings.lookback_hours / 24.0) * _DAY
    usual = policy.rule("endpoint_latency_seconds").baseline_days * _DAY + settings.lookback_hours * 3600.0
    return max(judged, usual) + _WARM_UP


def deployments(picture: Picture, shelves: Mapping[Thing, Shelf], around: Surroundings) -> list[Deployment]:
    """One answer for every endpoint that the enclave declares and has not retired; none is left out."""
    found = []
    for endpoint in picture.catalogue.endpoints:
        if endpoint.retired_at is not None and endpoint.retired_at <= around.at:
            continue
        shelf = shelves.get((picture.enclave.id, "endpoint", endpoint.id), Shelf())
        found.append(_deployment(picture, endpoint, shelf, around))
    return found


def availability(
    pictures: list[Picture], shelves: Mapping[Thing, Shelf], at: float, hidden: frozenset[str] = frozenset()
) -> Uptime:
    """Known and good time of all declared endpoints over 30 days up to `at`."""
    span = TimeRange(at - AVAILABILITY_DAYS * _DAY, at)
    total = Uptime(0.0, 0.0, 0.0)
    for picture in pictures:
        if picture.enclave.id in hidden:
            continue
        for endpoint in picture.catalogue.endpoints:
            if endpoint.retired_at is not None and endpoint.retired_at <= at:
                continue
            shelf = shelves.get((picture.enclave.id, "endpoint", endpoint.id), Shelf())
            probes = shelf.series.get("endpoint_up", [])
            time, up = merged(probes, Fold.LEAST)
            total = total + uptime(time, up, endpoint.step, span)
    return total


# --- one deployment -------------------------------------------------------------------------------------------------


def _deployment(picture: Picture, endpoint: Endpoint, shelf: Shelf, around: Surroundings) -> Deployment:
    settings = around.policy.evaluation
    newest = shelf.newest()
    if math.isnan(newest) or picture.covered - newest > settings.forget_days * _DAY:
        return _without_data(picture, endpoint, newest, around)
    exported = _exported(shelf, picture.covered, settings)
    judgement, run, grid = _judged(picture, endpoint, shelf, exported, around)
    judged = (as_health(run.code), grid.time(run.first))
    health, since, until, notes = _with_plans(picture, endpoint, judgement, judged, grid, around)
    reasons = notes + _reasons(judgement, run.code)
    return Deployment(
        enclave=picture.enclave,
        endpoint=endpoint,
        health=health,
        since=since,
        reasons=reasons,
        latency_p95=judgement.latency,
        latency_bound=judgement.bound,
        error_ratio=judgement.error_ratio,
        error_source=_source(shelf),
        requests_rate=judgement.requests_rate,
        replicas_ready=judgement.ready,
        replicas_wanted=judgement.wanted,
        data_time=newest,
        age=around.at - newest,
        freshness=picture.freshness,
        not_exported=tuple(m for m in METRICS if m not in exported and m not in OPTIONAL),
        maintenance_until=until,
        spark=_spark(shelf, around, newest),
    )


def _judged(
    picture: Picture, endpoint: Endpoint, shelf: Shelf, exported: set[str], around: Surroundings
) -> tuple[Judgement, Run, Grid]:
    """Judge over the last hours; a trouble that is older than that is followed to its beginning."""
    settings = around.policy.evaluation
    rules = {name: around.policy.rule(name, endpoint.id, picture.enclave.id) for name in RULES}
    own = (
        own_latency_limit(shelf, endpoint, picture.covered, around)
        if "endpoint_latency_seconds" in exported
        else math.nan
    )
    back, longest = settings.lookback_hours * 3600.0, settings.lookback_days_bad * _DAY
    while True:
        grid = Grid.ending(picture.covered, endpoint.step, back + _WARM_UP)
        judgement = judge(_measured(shelf, exported, grid), rules, settings, endpoint.expected_replicas, own)
        warm = grid.slots(_WARM_UP)
        run = last_run(judgement.codes[warm:])
        if run.code == GOOD or run.first > 0 or back >= longest:
            return judgement, Run(run.code, warm + run.first), grid
        back = longest


def _without_data(picture: Picture, endpoint: Endpoint, newest: float, around: Surroundings) -> Deployment:
    nan = math.nan
    text = silence_text(picture.covered - newest)
    plan = _plan_in_force(picture, endpoint, around)
    until = nan if plan is None else math.inf if plan.end is None else plan.end
    return Deployment(
        enclave=picture.enclave,
        endpoint=endpoint,
        health=Health.UNKNOWN if plan is None else Health.MAINTENANCE,
        since=newest if plan is None else plan.start,
        reasons=(Reason("", text, nan, nan, Health.UNKNOWN),),
        latency_p95=nan,
        latency_bound=Bound.EXACT,
        error_ratio=nan,
        error_source="",
        requests_rate=nan,
        replicas_ready=nan,
        replicas_wanted=float(endpoint.expected_replicas) if endpoint.expected_replicas else nan,
        data_time=newest,
        age=around.at - newest,
        freshness=picture.freshness,
        maintenance_until=until,
        spark=Spark(around.span.start, around.span.end, newest, (nan,) * _BUCKETS),
    )


def _exported(shelf: Shelf, data_time: float, settings: Evaluation) -> set[str]:
    """Metrics that the endpoint exports, silent or not.

    A metric that was flagged or seen during the last hours is missed when it stops; one that an
    exporter no longer gives stops being missed after that. Without any flag, seen in the last days.
    """
    lately = data_time - settings.lookback_hours * 3600.0
    long_ago = data_time - settings.forget_days * _DAY
    found = set()
    for metric in METRICS:
        flags = [one.value[one.time > lately] for one in shelf.flags.get(metric, [])]
        told = any(values.size for values in flags)
        seen = shelf.newest(metric) > (lately if told else long_ago)  # False for NaN
        if seen or any((values == 1.0).any() for values in flags):
            found.add(metric)
    return found


def _measured(shelf: Shelf, exported: set[str], base: Grid) -> Measured:
    falls = Falls(base)
    columns = {metric: _column(shelf.series.get(metric, []), METRICS[metric], falls, metric) for metric in exported}
    flags = shelf.flags.get("endpoint_errors", [])
    return Measured(
        grid=base,
        up=columns.get("endpoint_up"),
        requests=columns.get("endpoint_requests"),
        errors=columns.get("endpoint_errors"),
        flag=_column(flags, Fold.MOST, falls, "exported"),
        latency=columns.get("endpoint_latency_seconds"),
        bound=columns.get("endpoint_latency_bound"),
        queue=columns.get("endpoint_queue_length"),
        saturation=columns.get("endpoint_saturation_ratio"),
        ready=columns.get("endpoint_replicas_ready"),
        wanted=columns.get("endpoint_replicas_wanted"),
    )


class Falls:
    """Where the samples of one deployment fall on one grid, found once for all series that share their times."""

    def __init__(self, base: Grid) -> None:
        self.base = base
        self._found: dict[tuple[int, float], tuple[FloatArray, Slots]] = {}

    def of(self, time: FloatArray, phase: float) -> Slots:
        """Slots of samples at `time` on the grid around `phase`."""
        key = (id(time), phase)
        if key not in self._found:
            self._found[key] = (time, self.base.around(phase).slots_of(time))  # kept, so that the id stays its own
        return self._found[key][1]


def _column(series: list[Series], fold: Fold, falls: Falls, metric: str) -> FloatArray:
    """Series of one metric on one grid, (n,); series of one scrape group share the phase of its scrapes."""
    if not series:
        return np.full(falls.base.count, np.nan)
    phases: dict[str, float] = {}
    for one in series:
        phases[one.group] = max(phases.get(one.group, -math.inf), float(one.time[-1]))
    within = _WITHIN_SLOT.get(metric, Fold.LAST)
    return across([falls.of(one.time, phases[one.group]).place(one.value, within) for one in series], fold)


def own_latency_limit(shelf: Shelf, endpoint: Endpoint, data_time: float, around: Surroundings) -> float:
    """Limit above which an endpoint is slower than it usually is, s; NaN without one (`app.analysis.baseline`)."""
    rule = around.policy.rule("endpoint_latency_seconds", endpoint.id, endpoint.enclave)
    if math.isnan(rule.relative):
        return math.nan
    judged = around.policy.evaluation.lookback_hours * 3600.0
    grid = Grid.ending(data_time, endpoint.step, judged + rule.baseline_days * _DAY)
    value = _column(
        shelf.series.get("endpoint_latency_seconds", []), Fold.MOST, Falls(grid), "endpoint_latency_seconds"
    )
    return own_limit(value[: -grid.slots(judged)], grid, rule.relative, rule.peak_margin)


def _plans(picture: Picture, endpoint: Endpoint, around: Surroundings) -> list[Event]:
    """Planned work on this endpoint, or on all of its enclave."""
    subjects = {endpoint.id, picture.enclave.id, ""}
    return [one for one in around.maintenance if one.enclave == picture.enclave.id and one.subject in subjects]


def _plan_in_force(picture: Picture, endpoint: Endpoint, around: Surroundings) -> Event | None:
    """Planned work that is on at the moment asked for; the one that ends last."""
    plans = [
        plan
        for plan in _plans(picture, endpoint, around)
        if plan.start <= around.at and (plan.end is None or plan.end > around.at)
    ]
    return max(plans, key=lambda plan: math.inf if plan.end is None else plan.end, default=None)


def _with_plans(
    picture: Picture,
    endpoint: Endpoint,
    judgement: Judgement,
    judged: tuple[Health, float],
    grid: Grid,
    around: Surroundings,
) -> tuple[Health, float, float, tuple[Reason, ...]]:
    """State, its beginning, the end of planned work and a note, after plans and switching off are heard."""
    nan = math.nan
    plan = _plan_in_force(picture, endpoint, around)
    if plan is not None:
        end = math.inf if plan.end is None else plan.end
        return Health.MAINTENANCE, plan.start, end, (Reason("", plan.text, nan, nan, Health.MAINTENANCE),)
    over = [
        plan.end
        for plan in _plans(picture, endpoint, around)
        if plan.end is not None and plan.start <= picture.covered < plan.end <= around.at
    ]
    if over:
        return Health.UNKNOWN, max(over), nan, (work_is_over(max(over), around.at),)
    if judgement.off_since >= 0:
        note = Reason("endpoint_replicas_wanted", "no replica is wanted", 0.0, nan, Health.OFF)
        return Health.OFF, grid.time(judgement.off_since), nan, (note,)
    return *judged, nan, ()


def _reasons(judgement: Judgement, code: int) -> tuple[Reason, ...]:
    """Reasons, worst first; an UNKNOWN for which no metric is to blame says what is missing."""
    found = [
        Reason(finding.metric, finding.text, finding.value, finding.limit, as_health(finding.code))
        for finding in sorted(judgement.findings, key=lambda one: -one.code)
    ]
    if code == UNKNOWN and not found:
        text = "nothing that is known shows that users are served"
        found.append(Reason("", text, math.nan, math.nan, Health.UNKNOWN))
    return tuple(found)


def _source(shelf: Shelf) -> str:
    """Who counted the errors: the recipe, which a collector names in the scrape group (``source/recipe/endpoint``)."""
    groups = [one.group.split("/") for one in shelf.series.get("endpoint_errors", [])]
    return next((parts[1] for parts in groups if len(parts) == 3), "")


def _spark(shelf: Shelf, around: Surroundings, newest: float) -> Spark:
    start, end = around.span.start, around.span.end
    read = [(one.time, one.value) for one in shelf.series.get("endpoint_latency_seconds", [])]
    rows = [spark(time, value, start, end, _BUCKETS) for time, value in shelf.sparks or read]
    value = tuple(across(rows, Fold.MOST).tolist()) if rows else (math.nan,) * _BUCKETS
    return Spark(start, end, newest, value)
