"""Series of samples: the nouns of telemetry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.int64]
"""Times as integer milliseconds since 1970-01-01 UTC: the store's own unit."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Samples of one key.

    Parameters
    ----------
    key
        Identity.
    time
        Shape (n,), float64 seconds UTC, strictly increasing. A time that is not there is a gap.
    value
        Shape (n,), float64, in the unit of the metric's name. NaN is a value that the source gave.
    group
        Scrape group: series that were read together and share their times.
    """

    key: SeriesKey
    time: FloatArray
    value: FloatArray
    group: str = ""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Half-open span ``[start, end)`` in seconds UTC."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Length of the span."""
        return self.end - self.start


def to_ms(seconds: FloatArray) -> TimeArray:
    """Round seconds to the store's integer milliseconds."""
    return np.rint(np.asarray(seconds, dtype=np.float64) * 1000.0).astype(np.int64)


def to_seconds(ms: TimeArray) -> FloatArray:
    """Turn integer milliseconds into float64 seconds."""
    return ms / 1000.0
