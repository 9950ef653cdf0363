"""Why a state is not healthy, in words with the evidence in them."""

import math

from app.analysis.duration import GAP, duration
from app.analysis.health import CRITICAL
from app.analysis.health_policy import Rule
from app.model.health import Bound

THIN = "\N{THIN SPACE}"

_BOUND = {Bound.AT_MOST: f"≤{GAP}", Bound.EXACT: "", Bound.AT_LEAST: f"≥{GAP}"}
_NAMES = {
    "endpoint_up": "availability probe",
    "endpoint_error_ratio": "error rate",
    "endpoint_latency_seconds": "p95",
    "endpoint_queue_length": "queue",
    "endpoint_saturation_ratio": "saturation",
    "endpoint_replicas_ratio": "ready replicas",
    "gpu_temperature_celsius": "temperature",
}


def name_of(metric: str) -> str:
    """What a rule's metric is called in a sentence."""
    return _NAMES.get(metric, metric)


def percent(ratio: float) -> str:
    """A share in per cent, at most two decimals: ``4.61 %``, ``1 %``; what is not nothing never reads as 0."""
    if 0.0 < ratio < 0.00005:
        return f"<{THIN}0.01{GAP}%"
    return f"{ratio * 100.0:.2f}".rstrip("0").rstrip(".") + f"{GAP}%"


def milliseconds(seconds: float) -> str:
    """Seconds in whole milliseconds, in groups of three: ``3 920 ms``."""
    return f"{seconds * 1000.0:,.0f}".replace(",", THIN) + f"{GAP}ms"


def measured(metric: str, value: float, bound: Bound = Bound.EXACT) -> str:
    """Value of a rule's metric with its unit; NaN reads ``not known``."""
    if math.isnan(value):
        return "not known"
    if metric == "endpoint_latency_seconds":
        return _BOUND[bound] + milliseconds(value)
    if metric.endswith("_ratio"):
        return percent(value)
    if metric == "gpu_temperature_celsius":
        return f"{value:.0f}{GAP}°C"
    return f"{value:,.0f}".replace(",", THIN)


def reason_text(rule: Rule, code: int, value: float, limit: float, bound: Bound = Bound.EXACT) -> str:
    """Sentence part for a metric in warning or critical; `limit` is the one that it passed.

    A warning limit that is not the rule's is the endpoint's own (`app.analysis.baseline`).
    """
    if rule.metric == "endpoint_up":
        return "does not answer its availability probe" if not value >= 1.0 else "answers again, but not for long"
    subject, number = name_of(rule.metric), measured(rule.metric, value, bound)
    whose = "its own" if code != CRITICAL and limit != rule.warning else "a"
    against = f"{whose} limit of {measured(rule.metric, limit)}"
    if math.isnan(value):
        return f"{subject} was beyond {against} when last known"
    beyond = value > limit if rule.above else value < limit
    if not beyond:
        return f"{subject} {number}, back within {against}, but not for long enough"
    return f"{subject} {number} against {against}"


def unknown_text(metric: str, unknown_for: float) -> str:
    """Sentence part for a metric that should be there and is not, for at least so many seconds."""
    return f"{name_of(metric)} not known for {duration(unknown_for)}"


def silence_text(silent_for: float) -> str:
    """Sentence part for an endpoint or node without any sample; NaN: there never was one."""
    return "no sample has ever arrived" if math.isnan(silent_for) else f"no sample for {duration(silent_for)}"


def passed_limit(rule: Rule, code: int, own: float) -> float:
    """The limit that a state of `code` has passed; `own` is the endpoint's own one, NaN without."""
    if code == CRITICAL:
        return rule.critical
    if math.isnan(own):
        return rule.warning
    return own if math.isnan(rule.warning) else min(rule.warning, own)
