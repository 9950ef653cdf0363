"""Questions in PromQL and the answers to them, as values: nothing here asks a server."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from app.analysis.histogram import native_buckets
from app.analysis.mapping import ROLLING, Raw, Steps
from app.analysis.plan import Plan
from app.analysis.recipe import Labels
from app.errors import SourceError
from app.model.time_range import TimeRange

_POINTS = 10_000
"""Points per series and query; Prometheus refuses more than 11,000 ("exceeded maximum resolution")."""

SPAN = 6 * 3600.0
"""Seconds of raw scrapes per query."""


# --- asking ---


def pieces(window: TimeRange, step: float) -> Iterator[TimeRange]:
    """Parts of a window that one query each can answer; their ends are multiples of the step."""
    first, last = math.ceil(window.start / step - 1e-9), math.ceil(window.end / step - 1e-9)
    size = max(1, min(_POINTS - round(ROLLING / step), int(SPAN // step)))
    for start in range(first, last, size):
        yield TimeRange(start * step, min(start + size, last) * step)


def matchers(values: Mapping[str, Sequence[str]]) -> str:
    """Label matchers that let through what has one of the values of each label."""
    parts = []
    for label, some in values.items():
        sign, text = ("=", some[0]) if len(some) == 1 else ("=~", "|".join(map(re.escape, some)))
        parts.append(f"{label}{sign}{json.dumps(text, ensure_ascii=False)}")
    return ",".join(parts)


def fill(query: str, plan: Plan, steps: Steps, only: Sequence[str] = ()) -> str | None:
    """Put matchers, labels and the age of a usable sample into an expression; None without subjects."""
    shared = plan.shared(only)
    if shared is None:
        return None
    query = query.replace("$age", f"{math.ceil(1500 * steps.interval)}ms").replace("$by", ", ".join(plan.labels()))
    return query.replace("$match", matchers(shared))


# --- what comes back; what is not laid out as Prometheus does is a SourceError ---


def labels_of(entry: Mapping[str, Any]) -> Labels:
    """Labels of one series of an answer, without its name."""
    labels = entry.get("metric", {})
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        msg = "A series in the answer has no usable labels."
        raise SourceError(msg, kind="malformed")
    return {key: value for key, value in labels.items() if key != "__name__"}


def row_of(entry: Mapping[str, Any]) -> Raw:
    """One series of an answer."""
    try:
        pairs = [(float(at), float(text)) for at, text in entry.get("values", ())]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return Raw(labels_of(entry), table[:, 0], table[:, 1])
    except (TypeError, ValueError) as error:
        msg = "A sample in the answer is no number."
        raise SourceError(msg, kind="malformed") from error


def native_rows(entry: Mapping[str, Any]) -> list[Raw]:
    """One row per bound of a native histogram, and one for all."""
    try:
        time = np.array([float(at) for at, _ in entry["histograms"]])
        total = np.array([float(body["count"]) for _, body in entry["histograms"]])
        samples = [
            [(float(low), float(high), float(count)) for _, low, high, count in body.get("buckets") or ()]
            for _, body in entry["histograms"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        msg = "A native histogram in the answer is not laid out as Prometheus does."
        raise SourceError(msg, kind="malformed") from error
    upper, cumulative = native_buckets(samples)
    labels = labels_of(entry)
    rows = [Raw({**labels, "le": repr(float(bound))}, time, row) for bound, row in zip(upper, cumulative, strict=True)]
    return [*rows, Raw({**labels, "le": "+Inf"}, time, total)]
