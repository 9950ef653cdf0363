"""When something is bad: the rules of ``resources/policy/health.toml`` as values.

Pure: reads a dictionary that somebody else read from a file. A key that is not known is refused
with the nearest known name, so that a slip of the pen never loosens a limit in silence.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from app.errors import SettingsError

METRICS = (
    "endpoint_up",
    "endpoint_error_ratio",
    "endpoint_latency_seconds",
    "endpoint_queue_length",
    "endpoint_saturation_ratio",
    "endpoint_replicas_ratio",
    "gpu_temperature_celsius",
)
"""Names of the rules. The two ratios are derived; the others are series of the vocabulary."""

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Rule:
    """Limits, windows and hysteresis of one metric.

    A value on a limit is not bad. `warning` and `critical` are NaN where there is no such limit;
    `enter_after`, `of` and `leave_after` are minutes; `relative` is NaN where the metric has no
    limit of its own habit (see `app.analysis.baseline`).
    """

    metric: str
    worse: str
    warning: float = _NAN
    critical: float = _NAN
    enter_after: float = 3.0
    of: float = 5.0
    leave_after: float = 5.0
    minimum_requests: float = 0.0
    relative: float = _NAN
    peak_margin: float = 1.1
    baseline_days: float = 7.0

    @property
    def above(self) -> bool:
        """Whether a value is bad above its limit, rather than below it."""
        return self.worse == "above"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How far back and on how much evidence a state is judged."""

    window_minutes: float = 5.0
    lookback_hours: float = 24.0
    lookback_days_bad: float = 7.0
    minimum_share: float = 0.5
    flag_hold_minutes: float = 60.0
    forget_days: float = 7.0
    error_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GpuPolicy:
    """Which XID means what, and how long a single error is news."""

    step_seconds: float = 60.0
    event_hours: float = 24.0
    xid_critical: frozenset[int] = frozenset()
    xid_warning: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Override:
    """Other limits for the endpoints whose id and enclave match two globs."""

    match: str
    enclave: str
    changes: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]


@dataclass(frozen=True, slots=True)
class HealthPolicy:
    """Every rule of one station."""

    evaluation: Evaluation
    rules: tuple[Rule, ...]
    gpu: GpuPolicy
    overrides: tuple[Override, ...] = ()

    def rule(self, metric: str, endpoint: str = "", enclave: str = "") -> Rule:
        """Rule of `metric`, with the limits that hold for one endpoint of one enclave."""
        found = next(rule for rule in self.rules if rule.metric == metric)
        for override in self.overrides:
            if fnmatchcase(endpoint, override.match) and fnmatchcase(enclave, override.enclave):
                found = replace(found, **dict(dict(override.changes).get(metric, ())))
        return found


def parse_policy(shipped: Mapping[str, Any], site: Mapping[str, Any] | None = None) -> HealthPolicy:
    """Read the shipped rules and lay a site's own over them, key by key.

    Parameters
    ----------
    shipped, site
        Decoded TOML. The site's ``[[endpoint]]`` blocks come after the shipped ones.

    Raises
    ------
    SettingsError
        For an unknown key, a value of the wrong kind, or limits that contradict each other.
    """
    layers = [shipped, site or {}]
    for layer in layers:
        _known(layer, ("evaluation", "metric", "gpu", "endpoint"), "the file")
    evaluation = _section(Evaluation, "evaluation", layers)
    gpu = _section(GpuPolicy, "gpu", layers)
    policy = HealthPolicy(
        Evaluation(**(evaluation | {"error_sources": tuple(evaluation.get("error_sources", ()))})),
        tuple(_rule(metric, layers) for metric in METRICS),
        GpuPolicy(**(gpu | {name: frozenset(gpu.get(name, ())) for name in ("xid_critical", "xid_warning")})),
        tuple(_override(block) for layer in layers for block in layer.get("endpoint", ())),
    )
    for override in policy.overrides:
        for metric, changes in override.changes:
            _consistent(replace(next(r for r in policy.rules if r.metric == metric), **dict(changes)))
    if not 0 < policy.evaluation.minimum_share <= 1:
        msg = "health.toml: minimum_share must be above 0 and at most 1; with 0 no data would count as healthy."
        raise SettingsError(msg)
    return policy


def _known(table: Mapping[str, Any], names: Iterable[str], place: str) -> None:
    allowed = list(names)
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(allowed)}."
            msg = f"health.toml: {key!r} is not known in {place}."
            raise SettingsError(msg, hint)


def _table(layer: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    table = layer.get(name, {})
    if not isinstance(table, Mapping):
        msg = f"health.toml: {place} must be a table."
        raise SettingsError(msg)
    return table


def _section(kind: type[Evaluation] | type[GpuPolicy], name: str, layers: list[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        table = _table(layer, name, f"[{name}]")
        _known(table, (f.name for f in fields(kind)), f"[{name}]")
        merged |= table
    for key, value in merged.items():
        if isinstance(value, list):
            wanted: type = str if key == "error_sources" else int
            if not all(isinstance(item, wanted) for item in value):
                msg = f"health.toml: {key} in [{name}] must be a list of {wanted.__name__}."
                raise SettingsError(msg)
        else:
            merged[key] = _number(value, key, f"[{name}]", least=0.0)
    return merged


def _number(value: Any, key: str, place: str, least: float = -math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        msg = f"health.toml: {key} in {place} is {value!r}; a number{' of 0 or more' if least == 0 else ''} is needed."
        raise SettingsError(msg)
    return float(value)


def _rule_keys(table: Mapping[str, Any], place: str) -> dict[str, Any]:
    _known(table, [f.name for f in fields(Rule) if f.name != "metric"], place)
    checked: dict[str, Any] = {}
    for key, value in table.items():
        if key == "worse":
            if value not in {"above", "below"}:
                msg = f"health.toml: worse in {place} is {value!r}."
                raise SettingsError(msg, 'Write "above" or "below".')
            checked[key] = value
        else:
            checked[key] = _number(value, key, place)
    return checked


def _rule(metric: str, layers: list[Mapping[str, Any]]) -> Rule:
    merged: dict[str, Any] = {}
    for layer in layers:
        metrics = _table(layer, "metric", "[metric]")
        _known(metrics, METRICS, "[metric]")
        merged |= _rule_keys(_table(metrics, metric, f"[metric.{metric}]"), f"[metric.{metric}]")
    if "worse" not in merged:
        msg = f"health.toml: [metric.{metric}] does not say on which side of its limit a value is bad."
        raise SettingsError(msg, 'Write worse = "above" or worse = "below".')
    rule = Rule(metric, **merged)
    _consistent(rule)
    return rule


def _consistent(rule: Rule) -> None:
    sign = 1.0 if rule.above else -1.0
    if sign * rule.warning > sign * rule.critical:
        msg = f"health.toml: the warning limit of {rule.metric} is worse than its critical limit."
        raise SettingsError(msg)
    if not 0 < rule.enter_after <= rule.of or rule.leave_after <= 0:
        msg = f"health.toml: {rule.metric} can never be entered or left."
        raise SettingsError(msg, "0 < enter_after <= of, and leave_after > 0.")
    if rule.leave_after < rule.of - rule.enter_after:
        msg = f"health.toml: {rule.metric} would flap."
        raise SettingsError(msg, f"leave_after must be at least {rule.of - rule.enter_after:g} (of - enter_after).")


def _override(block: Any) -> Override:
    if not isinstance(block, Mapping):
        msg = "health.toml: write [[endpoint]], not [endpoint]."
        raise SettingsError(msg)
    _known(block, ("match", "enclave", "metric"), "[[endpoint]]")
    match, enclave = block.get("match"), block.get("enclave", "*")
    if not isinstance(match, str) or not isinstance(enclave, str):
        msg = 'health.toml: [[endpoint]] needs match = "...", a glob over endpoint ids.'
        raise SettingsError(msg)
    metrics = _table(block, "metric", "[endpoint.metric]")
    _known(metrics, METRICS, "[endpoint.metric]")
    changes = []
    for name in metrics:
        place = f"[endpoint.metric.{name}]"
        changes.append((name, tuple(_rule_keys(_table(metrics, name, place), place).items())))
    return Override(match, enclave, tuple(changes))
