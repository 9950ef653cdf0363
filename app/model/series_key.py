"""What one series is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

COLLECTOR_ITSELF: Final = "collection_"
"""How the metrics begin that a collector gives of its own work: they say nothing about how old the data is."""


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """Identity of one series: metric name and labels, as Prometheus has it.

    `labels` are sorted by name. The labels that identify a thing are those of
    the vocabulary: enclave, endpoint, model, version, node, gpu, replica, group, feature.
    """

    metric: str
    labels: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, metric: str, labels: Mapping[str, str]) -> Self:
        """Key of `metric` with `labels` in canonical order; empty values are dropped, as Prometheus does."""
        return cls(metric, tuple(sorted((k, v) for k, v in labels.items() if v != "")))

    def label(self, name: str) -> str:
        """Value of one label, or an empty string."""
        for key, value in self.labels:
            if key == name:
                return value
        return ""

    def __str__(self) -> str:
        inner = ",".join(f'{k}="{v}"' for k, v in self.labels)
        return f"{self.metric}{{{inner}}}"
