"""The charts of an endpoint: what each of them is of."""

from dataclasses import dataclass

from app.ui.charts import units
from app.ui.charts.units import Unit


@dataclass(frozen=True, slots=True)
class Face:
    """One chart of the stack: its title, unit, the metric whose absence leaves it out, its share of the height.

    `judged` is the metric that its limits and promises are of.
    """

    title: str
    unit: Unit
    metric: str
    share: int
    judged: str


FACES = (
    Face("Latency", units.SECONDS, "endpoint_latency_seconds", 5, "endpoint_latency_seconds"),
    Face("Error rate", units.SHARE, "endpoint_errors", 3, "endpoint_error_ratio"),
    Face("Throughput", units.PER_SECOND, "endpoint_requests", 3, ""),
    Face("Queue", units.PLAIN, "endpoint_queue_length", 2, "endpoint_queue_length"),
    Face("Saturation", units.SHARE, "endpoint_saturation_ratio", 2, "endpoint_saturation_ratio"),
    Face("Replicas", units.PLAIN, "endpoint_replicas_ready", 3, "endpoint_replicas_ready"),
)
