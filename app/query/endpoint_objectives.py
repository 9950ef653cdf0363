"""Which promises can be drawn as a line on a chart of one endpoint, and at which value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from app.model.objective import Objective, Selector
from app.model.register import ObjectiveVersion, in_force

ERROR_RATIO: Final = "endpoint_error_ratio"
_ERRORS: Final = (Selector("endpoint_errors"), Selector("endpoint_requests"))
_DIGITS: Final = 12
"""Decimals of an allowed share: what binary fractions add to ``1 - 0.999`` lies beyond them."""


@dataclass(frozen=True, slots=True)
class PromisedLine:
    """A promise in force as a value that a chart can be held against.

    `metric` is what the chart is of: that of a threshold, or the ratio of errors to requests, of which the share that
    the target allows is the value. `quantile` is that of the metric, empty without one.
    """

    version: ObjectiveVersion
    objective: Objective
    metric: str
    quantile: str
    value: float


def promised_lines(
    promises: Mapping[str, tuple[ObjectiveVersion, ...]], enclave: str, endpoint: str, at: float
) -> tuple[PromisedLine, ...]:
    """Lines of the promises that are in force at `at` (s UTC) for an endpoint of an enclave, by the promise's id.

    A ratio of anything else than errors to requests has no line: what it counts is not what a chart shows.
    """
    return tuple(_lines((in_force(promises[name], at) for name in sorted(promises)), enclave, endpoint))


def _lines(versions: Iterable[ObjectiveVersion | None], enclave: str, endpoint: str) -> Iterable[PromisedLine]:
    for version in versions:
        if version is None or version.objective is None:
            continue
        objective, measured = version.objective, version.objective.indicator
        if not (fnmatchcase(enclave, objective.enclave_glob) and fnmatchcase(endpoint, objective.endpoint_glob)):
            continue
        if measured.metric is not None and measured.value is not None:
            quantile = dict(measured.metric.labels).get("quantile", "")
            yield PromisedLine(version, objective, measured.metric.metric, quantile, measured.value)
        elif (measured.bad, measured.total) == _ERRORS:
            yield PromisedLine(version, objective, ERROR_RATIO, "", round(1.0 - objective.target, _DIGITS))
