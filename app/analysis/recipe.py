"""Recipes: what a file says that turns the raw metrics of one kind of server into our vocabulary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Labels = Mapping[str, str]

VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "endpoint": (
        "endpoint_up",
        "endpoint_requests",
        "endpoint_errors",
        "endpoint_latency_seconds",
        "endpoint_queue_length",
        "endpoint_saturation_ratio",
        "endpoint_replicas_ready",
        "endpoint_replicas_wanted",
    ),
    "gpu": (
        "gpu_utilisation_ratio",
        "gpu_sm_active_ratio",
        "gpu_memory_used_bytes",
        "gpu_memory_total_bytes",
        "gpu_power_watts",
        "gpu_temperature_celsius",
        "gpu_xid_errors_total",
        "gpu_ecc_uncorrectable_total",
    ),
    "node": ("node_up",),
}
"""What a console wants to know of each kind of subject; what nobody exports is named as such."""


# --- what a recipe file says ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """One raw metric and which of its series count.

    `select` is what the source is asked for (PromQL matchers). Of what comes, `where` and `unless`
    choose by label, with a regular expression that the whole value must, or must not, match. The
    series that are not chosen still show that the target was read: no error among them is 0 errors.
    """

    name: str
    select: str = ""
    where: Labels = field(default_factory=dict)
    unless: Labels = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pattern in (*self.where.values(), *self.unless.values()):
            try:
                re.compile(pattern)
            except re.error as error:
                msg = f"{pattern!r} is no regular expression: {error}"
                raise ValueError(msg) from error

    @property
    def key(self) -> str:
        """Selector that fetches it."""
        return f"{self.name}{{{self.select}}}"

    def holds(self, labels: Labels) -> bool:
        """Whether a series with these labels counts."""
        return all(re.fullmatch(p, labels.get(k, "")) for k, p in self.where.items()) and not any(
            re.fullmatch(p, labels.get(k, "")) for k, p in self.unless.items()
        )


@dataclass(frozen=True, slots=True)
class Count:
    """Events per step: the differences of one counter, `plus` those of another or `minus` them.

    Of several counts of one metric the first that a target exports is taken, target by target, so that a
    renamed metric is one more entry.
    """

    metric: str
    counter: Family
    plus: Family | None = None
    minus: Family | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Quantiles and ``endpoint_requests_within`` from buckets; `per` of its unit are one second.

    `buckets` names the ``_bucket`` series, or with `native` the native histogram itself.
    """

    metric: str
    buckets: Family
    per: float = 1.0
    native: bool = False
    within: str = ""


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean from two counters, for servers without a histogram. Never a quantile."""

    metric: str
    total: Family
    count: Family
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """Quantiles that the server computed; over several replicas the largest, which is only "at most"."""

    metric: str
    name: str
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Gauge:
    """A PromQL expression, read at each step; several series of one subject are combined.

    ``$match`` stands for the label matchers of all subjects, ``$by`` for the labels to keep.
    `match` limits the entry to subjects that declare these labels, and matches by them alone.
    """

    metric: str
    query: str
    combine: Literal["sum", "max", "min"] = "sum"
    match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event whenever a counter rises, or when a `sticky` gauge changes to another value than 0.

    `text` may name labels in braces, and ``{value}`` for a sticky gauge.
    """

    kind: str
    family: Family
    text: str
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One file: how one kind of server is read.

    `find` is an expression whose series show which subjects exist, told apart by the labels `by`.
    `keep` makes own labels (``gpu``) from those of the source, joined by ``:`` where not empty.
    """

    title: str
    subject: Literal["endpoint", "gpu", "node"]
    find: str
    by: tuple[str, ...]
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    count: tuple[Count, ...] = ()
    histogram: tuple[Histogram, ...] = ()
    mean: tuple[Mean, ...] = ()
    summary: tuple[Summary, ...] = ()
    gauge: tuple[Gauge, ...] = ()
    event: tuple[Occurrence, ...] = ()

    def __post_init__(self) -> None:
        for entry in self.count:
            if entry.metric.endswith("_total"):
                msg = f"{entry.metric}: a count per step is no running total"
                raise ValueError(msg)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that this recipe defines, each once."""
        entries: tuple[Count | Histogram | Mean | Summary | Gauge, ...] = (
            *self.count,
            *self.histogram,
            *self.mean,
            *self.summary,
            *self.gauge,
        )
        return tuple(dict.fromkeys(entry.metric for entry in entries))

    @property
    def families(self) -> dict[str, tuple[Family, bool]]:
        """Raw metrics of which every scrape is read, each once by its key, and whether it is a native histogram."""
        plain = [one for entry in self.count for one in (entry.counter, entry.plus, entry.minus) if one is not None]
        plain += [one for entry in self.mean for one in (entry.total, entry.count)]
        plain += [entry.family for entry in self.event]
        buckets = {entry.buckets.key: (entry.buckets, entry.native) for entry in self.histogram}
        return {one.key: (one, False) for one in plain} | buckets
