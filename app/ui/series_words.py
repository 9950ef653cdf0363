"""Series in words: what a person calls them, not what a source does."""

from app.model.series_key import SeriesKey
from app.ui import words

_FIRST = ("endpoint", "node", "gpu", "replica", "group", "feature", "source", "metric")
_ENDINGS = ("_seconds", "_ratio", "_bytes", "_celsius", "_watts", "_total", "_per_second")
_KEPT = {"gpu": "GPU", "sm": "SM", "ecc": "ECC", "xid": "XID"}


def metric_words(metric: str) -> str:
    """``endpoint_latency_seconds`` is ``Endpoint latency``: the unit stands on the axis."""
    for ending in _ENDINGS:
        metric = metric.removesuffix(ending)
    parts = [_KEPT.get(part, part) for part in metric.split("_") if part]
    return words.capitalised(" ".join(parts))


def title_words(key: SeriesKey) -> str:
    """``Latency · rag-gateway · 2.5.0``: that an endpoint is meant, its name says."""
    metric = key.metric.removeprefix("endpoint_") if key.label("endpoint") else key.metric
    return f"{metric_words(metric)} · {thing_words(key)}"


def thing_words(key: SeriesKey) -> str:
    """What the series is about, without its enclave: ``rag-gateway · 2.5.0``, ``u-n04 · GPU 7``."""
    labels = dict(key.labels)
    labels.pop("enclave", None)
    if "endpoint" in labels:
        labels.pop("model", None)  # the endpoint's catalogue entry says it
    order = [name for name in _FIRST if name in labels] + sorted(set(labels) - set(_FIRST))
    return " · ".join(_label(name, labels[name]) for name in order) or "all"


def _label(name: str, value: str) -> str:
    if name == "quantile":
        return quantile_words(value)
    if name == "gpu":
        return f"GPU {value}"
    if name == "le":
        return f"≤ {value} s"
    return value


def quantile_words(value: str) -> str:
    """``0.95`` is ``p95``."""
    try:
        return f"p{float(value) * 100:g}"
    except ValueError:
        return value
