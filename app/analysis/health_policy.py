"""When something is bad: the rules of ``resources/policy/health.toml`` as values (`app.query.policy` reads them)."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

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
    flag_hold_minutes: float = 10.0
    forget_days: float = 7.0


@dataclass(frozen=True, slots=True)
class GpuPolicy:
    """Which XID means what, how long a single error is news, when a GPU is idle, and how memory is forecast.

    A GPU is idle but reserved that did nothing for `idle_hours` while it holds `idle_memory_bytes` or more.
    """

    step_seconds: float = 60.0
    event_hours: float = 24.0
    xid_critical: frozenset[int] = frozenset()
    xid_warning: frozenset[int] = frozenset()
    idle_hours: float = 4.0
    idle_utilisation_ratio: float = 0.0
    idle_memory_bytes: float = 2.0**30
    memory_limit_ratio: float = 0.9
    forecast_days: float = 28.0
    forecast_days_least: float = 7.0
    forecast_ahead_days: float = 28.0


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
            changes = next((changes for name, changes in override.changes if name == metric), ())
            if changes and fnmatchcase(endpoint, override.match) and fnmatchcase(enclave, override.enclave):
                found = replace(found, **dict(changes))
        return found
