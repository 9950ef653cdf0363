"""Prometheus and what speaks its API (Thanos, Mimir, VictoriaMetrics): model servers, GPUs, hosts, mesh.

Counters are read as raw scrapes (an instant query of a range selector), because only scrapes show resets, gaps and
births; gauges as range queries. Recipes say what they mean, one file per kind of server (`app.analysis.recipe`).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx
import numpy as np

from app.analysis import occurrence
from app.analysis.counter import MEMORY
from app.analysis.histogram import native_buckets
from app.analysis.mapping import ROLLING, Raw, Reading, Steps, apply
from app.analysis.plan import OwnLabels, Plan, make_plans, touches, unknown_recipes
from app.analysis.recipe import Family, Labels, Recipe
from app.errors import SettingsError, SourceError
from app.job import Job
from app.model.event import Event
from app.model.sample import FloatArray, Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.source import Context, Finding, Source, TooMuch, ask
from app.toml import Seconds, parse_toml, read_table

_POINTS = 10_000
"""Points per series and query; Prometheus refuses more than 11,000 ("exceeded maximum resolution")."""

_WITH_REASON = frozenset({200, 400, 422, 503})  # statuses with which Prometheus sends its own JSON

_SPAN = 6 * 3600.0  # seconds of raw scrapes per query


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Settings of one server.

    `tenant` is sent as X-Scope-OrgID. `scrape_interval` is the longest in use for what is read here; one and a half of
    it after its last scrape a series is unknown. `recipes` limits what is read; empty means all.
    """

    tenant: str = ""
    scrape_interval: Seconds = 60.0
    recipes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.scrape_interval <= 0:
            msg = "scrape_interval must be above 0"
            raise ValueError(msg)


# --- asking ---


@dataclass(slots=True)
class _Server:
    """One server during one reading: sends queries and gathers what it says beside the data."""

    client: httpx.Client
    headers: Mapping[str, str]
    notes: dict[tuple[str, str], None] = field(default_factory=dict)

    def query(self, path: str, **form: str) -> list[dict[str, Any]]:
        """Result of one query.

        Raises
        ------
        TooMuch
            If the server finds that the query asks for too much at once or takes too long.
        SourceError
            If it refuses the query or answers something else.
        """
        url = f"api/v1/{path}"
        body = ask(self.client, "POST", url, data=form, headers=self.headers, accept=_WITH_REASON).body
        if not isinstance(body, dict) or body.get("status") not in ("success", "error"):
            msg = f"{self.client.base_url.host} answers JSON, but not as Prometheus does."
            raise SourceError(msg, "Check url in collector.toml.", kind="malformed")
        if body["status"] == "error":
            text, kind = str(body.get("error", ""))[:300], body.get("errorType")
            if kind in ("timeout", "canceled") or "too many samples" in text or "maximum resolution" in text:
                raise TooMuch
            msg = f"{self.client.base_url.host} refuses a query: {text}."
            raise SourceError(msg, "Check the recipe that it comes from.")
        for severity in ("warnings", "infos"):
            self.notes.update(((severity, str(note)[:300]), None) for note in body.get(severity) or ())
        if body.get("isPartial"):
            self.notes["warnings", "partial response: a storage node did not answer"] = None
        result = body.get("data", {}).get("result") if isinstance(body.get("data"), dict) else None
        if not isinstance(result, list) or not all(isinstance(entry, dict) for entry in result):
            msg = f"{self.client.base_url.host} sends no result with its answer."
            raise SourceError(msg, kind="malformed")
        return result

    def scrapes(self, family: Family, matchers: str, span: TimeRange, *, native: bool) -> list[Raw]:
        """Raw scrapes of a metric in a span; a native histogram as the classic buckets it implies."""
        inner = ",".join(part for part in (matchers, family.select) if part)
        selector = f"{family.name}{{{inner}}}[{math.ceil(span.seconds * 1000)}ms]"
        rows: list[Raw] = []
        for entry in self.query("query", query=selector, time=f"{span.end:.3f}"):
            if "histograms" in entry and native:
                rows += _native_rows(entry)
            elif "histograms" in entry:
                self.notes["warnings", f"{family.name} is native, which its recipe does not ask for"] = None
            if entry.get("values") and not native:
                rows.append(_row(entry))
        return rows

    def grid(self, query: str, edges: FloatArray) -> list[Raw]:
        """Values of an expression at each edge but the first, NaN where it has none."""
        step = edges[1] - edges[0]
        form = {"query": query, "start": f"{edges[1]:.3f}", "end": f"{edges[-1]:.3f}", "step": f"{step:.3f}"}
        rows = []
        for entry in self.query("query_range", **form):
            if "histograms" in entry:
                self.notes["warnings", f"{query[:80]} gives native histograms, not numbers"] = None
            row = _row(entry)
            value = np.full(len(edges) - 1, np.nan)
            place = np.rint((row.time - edges[1]) / step).astype(np.intp)
            inside = (place >= 0) & (place < len(value))
            value[place[inside]] = row.value[inside]
            rows.append(Raw(row.labels, edges[1:], value))
        return rows


def _row(entry: Mapping[str, Any]) -> Raw:
    try:
        pairs = [(float(at), float(text)) for at, text in entry.get("values", ())]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return Raw(_labels(entry), table[:, 0], table[:, 1])
    except (TypeError, ValueError) as error:
        msg = "A sample in the answer is no number."
        raise SourceError(msg, kind="malformed") from error


def _labels(entry: Mapping[str, Any]) -> Labels:
    labels = entry.get("metric", {})
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        msg = "A series in the answer has no usable labels."
        raise SourceError(msg, kind="malformed")
    return {key: value for key, value in labels.items() if key != "__name__"}


def _native_rows(entry: Mapping[str, Any]) -> list[Raw]:
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
    labels = _labels(entry)
    rows = [Raw({**labels, "le": repr(float(bound))}, time, row) for bound, row in zip(upper, cumulative, strict=True)]
    return [*rows, Raw({**labels, "le": "+Inf"}, time, total)]


# --- reading ---


def _recipes(context: Context) -> dict[str, Recipe]:
    """Every recipe, shipped or the site's own."""
    found = {}
    for name, text in context.policy("prometheus").items():
        table, place = parse_toml(f"prometheus/{name}", text)
        found[name.removesuffix(".toml")] = read_table(Recipe, table, place)
    return found


def _plans(settings: Prometheus, context: Context, recipes: Mapping[str, Recipe]) -> list[Plan]:
    named = [*context.matches.values(), *context.node_matches.values()]
    unknown = unknown_recipes(named, recipes) + [name for name in settings.recipes if name not in recipes]
    if unknown:
        msg = f"There is no recipe {unknown[0]!r}."
        raise SettingsError(msg, f"Known: {', '.join(sorted(recipes))}; add one in config/policy/prometheus.")
    since = context.window.start
    plans = make_plans(context.catalogue, context.matches, context.node_matches, recipes, since)
    return [plan for plan in plans if not settings.recipes or plan.name in settings.recipes]


def _pieces(window: TimeRange, step: float) -> Iterator[TimeRange]:
    """Parts of a window that one query each can answer; their ends are multiples of the step."""
    first, last = math.ceil(window.start / step - 1e-9), math.ceil(window.end / step - 1e-9)
    size = max(1, min(_POINTS - round(ROLLING / step), int(_SPAN // step)))
    for start in range(first, last, size):
        yield TimeRange(start * step, min(start + size, last) * step)


def _fill(query: str, plan: Plan, steps: Steps, only: Sequence[str] = ()) -> str | None:
    """Put matchers, labels and the age of a usable sample into an expression; None without subjects."""
    shared = plan.shared(only)
    if shared is None:
        return None
    query = query.replace("$age", f"{math.ceil(1500 * steps.interval)}ms").replace("$by", ", ".join(plan.labels()))
    return query.replace("$match", _matchers(shared))


def _matchers(shared: Mapping[str, Sequence[str]]) -> str:
    parts = []
    for label, values in shared.items():
        sign, text = ("=", values[0]) if len(values) == 1 else ("=~", "|".join(map(re.escape, values)))
        parts.append(f"{label}{sign}{json.dumps(text, ensure_ascii=False)}")
    return ",".join(parts)


_Rows = dict[OwnLabels, dict[str, list[Raw]]]
"""Series of each subject, by family or expression."""


def _collect_rows(target: _Rows, plan: Plan, key: str, rows: Sequence[Raw], only: Sequence[str] = ()) -> None:
    for own, mine in plan.assign(rows, only).items():
        target.setdefault(own, {})[key] = mine


def _families(recipe: Recipe) -> dict[str, tuple[Family, bool]]:
    """Raw metrics of a recipe, each once, and whether it is a native histogram."""
    plain = [
        family for entry in recipe.count for family in (entry.counter, entry.plus, entry.minus) if family is not None
    ]
    plain += [family for entry in recipe.mean for family in (entry.total, entry.count)]
    plain += [entry.family for entry in recipe.event]
    buckets = {entry.buckets.key: (entry.buckets, entry.native) for entry in recipe.histogram}
    return {family.key: (family, False) for family in plain} | buckets


def _read_plan(server: _Server, plan: Plan, steps: Steps, job: Job) -> tuple[_Rows, _Rows]:
    """Raw scrapes and gridded values of every subject of a plan."""
    raw: _Rows = {}
    gridded: _Rows = {}
    tail = 2.5 * steps.interval  # a scrape after the last edge tells a missed scrape from an outage
    span = TimeRange(float(steps.edges[0]) - MEMORY, float(steps.edges[-1]) + tail)
    shared = plan.shared()
    for key, (family, native) in _families(plan.recipe).items() if shared is not None else ():
        job.step(0, None, f"{plan.name}: {family.name}")
        _collect_rows(raw, plan, key, server.scrapes(family, _matchers(shared or {}), span, native=native))
    queries = [(entry.query, entry.query, entry.match) for entry in plan.recipe.gauge]
    queries += [(entry.name, f"last_over_time({entry.name}{{$match}}[$age])", ()) for entry in plan.recipe.summary]
    for key, query, only in queries:
        job.step(0, None, f"{plan.name}: {query[:40]}")
        filled = _fill(query, plan, steps, only)
        if filled is not None:
            _collect_rows(gridded, plan, key, server.grid(filled, steps.edges), only)
    return raw, gridded


def _read(
    server: _Server, plan: Plan, context: Context, steps: Steps, job: Job
) -> Iterator[tuple[str, Reading, Series | Event]]:
    """Subject, its reading and one series or event of it, for every subject of a plan."""
    raw, gridded = _read_plan(server, plan, steps, job)
    declared = {one.id: one for one in plan.declared}
    for own in sorted({*raw, *gridded}):
        labels = dict(own)
        identifier = labels.get("endpoint") or labels["node"]
        one = declared[identifier]
        mine = raw.get(own, {})
        reading = apply(plan.recipe, one.wanted, one.missing, mine, gridded.get(own, {}), steps)
        group = f"{context.source}/{plan.name}/{identifier}"
        time = steps.edges[1:][steps.warm :]
        for column in reading.columns:
            value = column.value[steps.warm :]
            known = ~np.isnan(value)
            if known.any():
                key = SeriesKey.of(column.metric, {**labels, **dict(column.labels)})
                yield identifier, reading, Series(key, time[known], value[known], group)
        for event in _events(plan.recipe, identifier, labels, mine, steps):
            yield identifier, reading, event


def _events(
    recipe: Recipe, subject: str, labels: Labels, raw: Mapping[str, list[Raw]], steps: Steps
) -> Iterator[Event]:
    """Events of one subject; of the rules for one kind the first whose metric is exported."""
    done: set[str] = set()
    for rule in recipe.event:
        rows = raw.get(rule.family.key, [])
        if rule.kind in done or not rows:
            continue
        done.add(rule.kind)
        moments = (occurrence.changes if rule.sticky else occurrence.rises)(rule, rows, steps)
        own = "/".join(value for name, value in sorted(labels.items()) if name not in ("enclave", "model"))
        for at, text, _ in moments:
            if at > steps.edges[steps.warm]:
                key = f"{own}/{text}/{round(at)}"
                yield Event(labels["enclave"], rule.kind, key, subject, at, at, text, tuple(sorted(labels.items())))


def collect(settings: Prometheus, context: Context, job: Job) -> Iterator[Series | Event]:
    """Yield every declared endpoint's and node's series, and what the server said beside them.

    Counts stand at the end of their step. Reading a window twice, or in parts, gives the same numbers.

    Yields
    ------
    Series
        The vocabulary of `app.analysis.recipe`, with labels ``enclave`` and ``endpoint`` or ``node``, ``gpu``.
    Event
        Of kind ``collection`` for warnings such as a partial response, and those of the recipes.

    Raises
    ------
    SourceError, SettingsError, httpx.HTTPError
        Left to the collector, which records them as collection health.
    """
    plans = _plans(settings, context, _recipes(context))
    server = _Server(context.client, {"X-Scope-OrgID": settings.tenant} if settings.tenant else {})
    if not plans:  # nothing to read is no proof that it could be read
        server.query("query", query="vector(1)", time=f"{context.window.start:.3f}")
    for plan in plans:
        pieces = list(_pieces(context.window, context.step))
        while pieces:
            piece = pieces.pop(0)
            steps = Steps.over(piece, context.step, settings.scrape_interval)
            try:
                found = [item for _, _, item in _read(server, plan, context, steps, job)]
            except (TooMuch, httpx.ReadTimeout):
                half = math.floor(piece.seconds / context.step / 2) * context.step
                if half <= 0:
                    raise
                middle = piece.start + half
                pieces[:0] = [TimeRange(piece.start, middle), TimeRange(middle, piece.end)]
                continue
            yield from found
    yield from _notes(server, context)


def _notes(server: _Server, context: Context) -> Iterator[Event]:
    """What the server said beside the data: a warning belongs to its window, an info is told once."""
    for severity, text in server.notes:
        name = f"{context.source}/{severity}/{sha256(text.encode()).hexdigest()[:12]}"
        start, end = context.window.start, context.window.end
        key = f"{name}/{round(start)}" if severity == "warnings" else name
        labels = (("class", "warning" if severity == "warnings" else "info"),)
        yield Event(context.enclave, "collection", key, context.source, start, end, text, labels)


# --- checking ---


def check(settings: Prometheus, context: Context, job: Job) -> Iterator[Finding]:
    """Say what would be read now, what is declared but absent, and what is there but not declared."""
    recipes = _recipes(context)
    plans = _plans(settings, context, recipes)
    server = _Server(context.client, {"X-Scope-OrgID": settings.tenant} if settings.tenant else {})
    for plan in plans:
        yield from _check_plan(server, plan, settings, context, job)
    for name, recipe in recipes.items():
        if not settings.recipes or name in settings.recipes:
            job.step(0, None, f"looking for {name}")
            yield from _proposals(server, name, recipe, plans, context)
    for severity, text in server.notes:
        yield Finding(context.source, "ok", f"The server says ({severity}): {text}")


def _check_plan(server: _Server, plan: Plan, settings: Prometheus, context: Context, job: Job) -> Iterator[Finding]:
    end = math.floor(context.window.end / context.step) * context.step
    steps = Steps.over(TimeRange(end - 10 * context.step, end), context.step, settings.scrape_interval)
    exported: dict[str, dict[str, bool]] = {}
    for identifier, reading, _ in _read(server, plan, context, steps, job):
        own = exported.setdefault(identifier, {})
        for metric, read in reading.read.items():
            own[metric] = own.get(metric, False) or bool(read.any())
    for one in plan.declared:
        if one.id not in exported:
            text = f"{one.id}: nothing found by {plan.name} with {dict(one.match)}"
            yield Finding(context.source, "missing", text)
            continue
        there = [metric for metric, is_there in exported[one.id].items() if is_there]
        absent = [metric for metric in exported[one.id] if metric not in there] + list(one.missing)
        yield Finding(context.source, "ok", f"{one.id}: {plan.name} gives {', '.join(there) or 'nothing'}")
        if absent:
            yield Finding(context.source, "missing", f"{one.id}: not exported: {', '.join(absent)}")


def _proposals(
    server: _Server, name: str, recipe: Recipe, plans: Sequence[Plan], context: Context
) -> Iterator[Finding]:
    """What a recipe finds that no declared subject matches, with the lines that would declare it."""
    known = [one.match for plan in plans for one in plan.declared]
    query = f"count by ({', '.join(recipe.by)}) ({recipe.find})"
    for entry in server.query("query", query=query, time=f"{context.window.end:.3f}"):
        labels = {label: value for label, value in _labels(entry).items() if label in recipe.by}
        if not labels or any(touches(match, labels) for match in known):
            continue
        match = ", ".join(f"{label} = {json.dumps(value, ensure_ascii=False)}" for label, value in labels.items())
        text = f"{recipe.title}: not declared: {match}"
        yield Finding(context.source, "proposal", text, f"match = {{ {name} = {{ {match} }} }}")


SOURCE = Source(kind="prometheus", settings=Prometheus, collect=collect, check=check)
