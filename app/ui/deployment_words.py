"""What a deployment measures, in words; what is not known is never a number."""

import math

from app.model.health import Bound
from app.query.fleet import Deployment
from app.ui import words


def latency_words(cell: Deployment) -> str:
    """p95 as written in a cell: bounded by a bucket, not exported, or no data; never a false 0."""
    if math.isnan(cell.latency_p95):
        missing = any("latency" in metric for metric in cell.not_exported)
        return "not exported" if missing else words.NO_DATA
    sign = {Bound.AT_MOST: f"≤{words.THIN}", Bound.AT_LEAST: f"≥{words.THIN}", Bound.EXACT: ""}[cell.latency_bound]
    return sign + words.milliseconds(cell.latency_p95)


def error_words(cell: Deployment) -> str:
    """Error share as written in a cell."""
    if math.isnan(cell.error_ratio):
        missing = any("error" in metric or "request" in metric for metric in cell.not_exported)
        return "not exported" if missing else words.NO_DATA
    return words.percent(cell.error_ratio)


def maintenance_words(cell: Deployment) -> str:
    """``Maintenance until 16:00 Z``."""
    if math.isnan(cell.maintenance_until):
        return "Maintenance"
    return f"Maintenance until {words.clock(cell.maintenance_until)}{words.GAP}Z"


def replica_words(cell: Deployment) -> str:
    """``9 of 12``; ``9`` where nobody says how many are wanted."""
    if math.isnan(cell.replicas_ready):
        missing = any("replicas_ready" in metric for metric in cell.not_exported)
        return "not exported" if missing else words.NO_DATA
    wanted = "" if math.isnan(cell.replicas_wanted) else f" of {cell.replicas_wanted:.0f}"
    return f"{cell.replicas_ready:.0f}{wanted}"


def rate_words(cell: Deployment) -> str:
    """Requests per second."""
    if math.isnan(cell.requests_rate):
        return "not exported" if "endpoint_requests" in cell.not_exported else words.NO_DATA
    rate = cell.requests_rate
    return f"{words.grouped(rate, 0 if rate >= 99.95 else 1)}{words.GAP}/s"
