"""Prometheus and what speaks its API (Thanos, Mimir, VictoriaMetrics): model servers, GPUs, hosts, mesh.

Counters are read as raw scrapes (an instant query of a range selector), because only scrapes show resets, gaps and
births; gauges as range queries. Recipes say what they mean, one file per kind of server (`app.analysis.recipe`).
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import httpx
import numpy as np

from app.analysis import alert, occurrence
from app.analysis.counter import MEMORY
from app.analysis.mapping import Raw, Reading, Steps, apply
from app.analysis.plan import OwnLabels, Plan, make_plans, touches, unknown_recipes
from app.analysis.promql import SPAN, fill, labels_of, matchers, native_rows, pieces, row_of
from app.analysis.recipe import Family, Recipe
from app.errors import SettingsError, SourceError
from app.job import Job
from app.model.event import Event
from app.model.sample import FloatArray, Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.source import Context, Finding, Source, TooMuch, ask
from app.toml import Seconds, parse_toml, read_table

_FIRING = 'alertstate="firing"'

_Item = TypeVar("_Item")

_WITH_REASON = frozenset({200, 400, 422, 503})  # statuses with which Prometheus sends its own JSON

_MOST_ALERTS = 1000
"""Alerts of what is declared that are read at most, in one window."""

_BEFORE, _LONG_BEFORE = 3600.0, 86400.0
"""Seconds before a window in which alerts that it may see end are looked for; the second after a silence."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Settings of one server.

    `tenant` is sent as X-Scope-OrgID. `scrape_interval` is the longest in use for what is read here; one and a half of
    it after its last scrape a series is unknown. `recipes` limits what is read; empty means all. `alerts` says
    whether the server's alerts are read, too.
    """

    tenant: str = ""
    scrape_interval: Seconds = 60.0
    recipes: tuple[str, ...] = ()
    alerts: bool = True

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
                rows += native_rows(entry)
            elif "histograms" in entry:
                self.notes["warnings", f"{family.name} is native, which its recipe does not ask for"] = None
            if entry.get("values") and not native:
                rows.append(row_of(entry))
        return rows

    def grid(self, query: str, edges: FloatArray) -> list[Raw]:
        """Values of an expression at each edge but the first, NaN where it has none."""
        step = edges[1] - edges[0]
        form = {"query": query, "start": f"{edges[1]:.3f}", "end": f"{edges[-1]:.3f}", "step": f"{step:.3f}"}
        rows = []
        for entry in self.query("query_range", **form):
            if "histograms" in entry:
                self.notes["warnings", f"{query[:80]} gives native histograms, not numbers"] = None
            row = row_of(entry)
            value = np.full(len(edges) - 1, np.nan)
            place = np.rint((row.time - edges[1]) / step).astype(np.intp)
            inside = (place >= 0) & (place < len(value))
            value[place[inside]] = row.value[inside]
            rows.append(Raw(row.labels, edges[1:], value))
        return rows


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


_Rows = dict[OwnLabels, dict[str, list[Raw]]]
"""Series of each subject, by family or expression."""


def _collect_rows(target: _Rows, plan: Plan, key: str, rows: Sequence[Raw], only: Sequence[str] = ()) -> None:
    for own, mine in plan.assign(rows, only).items():
        target.setdefault(own, {})[key] = mine


def _read_plan(server: _Server, plan: Plan, steps: Steps, job: Job) -> tuple[_Rows, _Rows]:
    """Raw scrapes and gridded values of every subject of a plan."""
    raw: _Rows = {}
    gridded: _Rows = {}
    tail = 2.5 * steps.interval  # a scrape after the last edge tells a missed scrape from an outage
    span = TimeRange(float(steps.edges[0]) - MEMORY, float(steps.edges[-1]) + tail)
    shared = plan.shared()
    for key, (family, native) in plan.recipe.families.items() if shared is not None else ():
        job.step(0, None, f"{plan.name}: {family.name}")
        _collect_rows(raw, plan, key, server.scrapes(family, matchers(shared or {}), span, native=native))
    queries = [(entry.query, entry.query, entry.match) for entry in plan.recipe.gauge]
    queries += [(entry.name, f"last_over_time({entry.name}{{$match}}[$age])", ()) for entry in plan.recipe.summary]
    for key, query, only in queries:
        job.step(0, None, f"{plan.name}: {query[:40]}")
        filled = fill(query, plan, steps, only)
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
        for event in occurrence.events(plan.recipe, identifier, labels, mine, steps):
            yield identifier, reading, event


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

        def read(piece: TimeRange, plan: Plan = plan) -> Iterator[tuple[str, Reading, Series | Event]]:
            steps = Steps.over(piece, context.step, settings.scrape_interval)
            return _read(server, plan, context, steps, job)

        for _, _, item in _in_parts(read, context.window, context.step):
            yield item
    if settings.alerts:
        yield from _alerts(server, settings, context, job)
    yield from _notes(server, context)


def _in_parts(read: Callable[[TimeRange], Iterable[_Item]], window: TimeRange, step: float) -> Iterator[_Item]:
    """Read a window piece by piece, and a piece that is too much at once in halves."""
    waiting = list(pieces(window, step))
    while waiting:
        piece = waiting.pop(0)
        try:
            found = list(read(piece))
        except (TooMuch, httpx.ReadTimeout):
            half = math.floor(piece.seconds / step / 2) * step
            if half <= 0:
                raise
            middle = piece.start + half
            waiting[:0] = [TimeRange(piece.start, middle), TimeRange(middle, piece.end)]
            continue
        yield from found


def _notes(server: _Server, context: Context) -> Iterator[Event]:
    """What the server said beside the data: a warning belongs to its window, an info is told once."""
    for severity, text in server.notes:
        name = f"{context.source}/{severity}/{sha256(text.encode()).hexdigest()[:12]}"
        start, end = context.window.start, context.window.end
        key = f"{name}/{round(start)}" if severity == "warnings" else name
        labels = (("class", "warning" if severity == "warnings" else "info"),)
        yield Event(context.enclave, "collection", key, context.source, start, end, text, labels)


# --- alerts ---


def _alerts(server: _Server, settings: Prometheus, context: Context, job: Job) -> Iterator[Event]:
    """Alerts of what is declared that fired in the window, or that it shows to have ended."""
    job.step(0, None, "alerts")
    speaks = server.query("query", query="count(up)", time=f"{context.window.start:.3f}")
    span = TimeRange(context.window.start - (_BEFORE if speaks else _LONG_BEFORE), context.window.end)
    found = _assigned(server, settings, context, span, job)

    def rows(name: str, select: str, span: TimeRange) -> list[Raw]:
        family, narrowed = Family(name, select), matchers(found.select())

        def read(piece: TimeRange) -> list[Raw]:
            job.step(0, None, f"alerts: {name}")
            return server.scrapes(family, narrowed, piece, native=False)

        return [row for row in _in_parts(read, span, context.step) if alert.identity(row.labels) in found.mine]

    firing = rows("ALERTS", _FIRING, span) if found.mine else []
    active = rows("ALERTS_FOR_STATE", "", span) if found.mine else []
    episodes, unknown = alert.episodes(firing, active, settings.scrape_interval)
    yield from alert.notes(found, unknown, context.enclave, context.source, context.window)
    alive = _alive(server, [one.last for one in episodes], span.end, job)
    earlier: dict[float, alert.Earlier] = {}
    for one in episodes:
        if one.since <= span.start and one.since not in earlier:  # a selector may leave its first moment out
            reach = min(one.since + SPAN, span.start)
            before = rows("ALERTS", _FIRING, TimeRange(one.since - context.step, reach))
            earlier[one.since] = alert.Earlier.of(before, joins=reach == span.start)
        start = alert.started(one, earlier.get(one.since))
        end = alert.ended(one, alive, settings.scrape_interval)
        yield from alert.told(one, found.mine[one.alert], context.enclave, start, end)


def _assigned(server: _Server, settings: Prometheus, context: Context, span: TimeRange, job: Job) -> alert.Assigned:
    """Which alerts fired in a span and whom they concern."""

    def read(piece: TimeRange) -> list[alert.Identity]:
        job.step(0, None, "alerts: which fire")
        query = f"last_over_time(ALERTS{{{_FIRING}}}[{math.ceil(piece.seconds * 1000)}ms])"
        return [alert.identity(labels_of(e)) for e in server.query("query", query=query, time=f"{piece.end:.3f}")]

    declared = alert.owners(
        context.catalogue, context.matches, context.node_matches, settings.recipes, context.window.start
    )
    return alert.assign(_in_parts(read, span, context.step), declared, _MOST_ALERTS)


def _alive(server: _Server, seen: Sequence[float], end: float, job: Job) -> float:
    """When the server last read a target after the first of the moments `seen`; NaN where it did not."""
    if not seen:
        return math.nan
    job.step(0, None, "alerts: whether their server works")
    span, newest = math.ceil(1000 * max(end - min(seen), 60.0)), "max(timestamp(up))"
    query = f"{newest} or max_over_time({newest}[{span}ms:15s])"  # the second for a server that was silent lately
    rows = server.grid(query, np.array([end - 60.0, end]))
    return max((float(row.value[0]) for row in rows), default=math.nan)


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
    if settings.alerts:
        found = _assigned(server, settings, context, context.window, job)
        text = f"Alerts that fire: {found.seen}, of declared endpoints and nodes: {found.matched}"
        yield Finding(context.source, "ok", text)
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
        labels = {label: value for label, value in labels_of(entry).items() if label in recipe.by}
        if not labels or any(touches(match, labels) for match in known):
            continue
        match = ", ".join(f"{label} = {json.dumps(value, ensure_ascii=False)}" for label, value in labels.items())
        text = f"{recipe.title}: not declared: {match}"
        yield Finding(context.source, "proposal", text, f"match = {{ {name} = {{ {match} }} }}")


SOURCE = Source(kind="prometheus", settings=Prometheus, collect=collect, check=check)
