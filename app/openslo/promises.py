"""Documents of OpenSLO v1 to objectives, with every fault at its file, line and field.

Read are ``Service``, ``SLI`` and ``SLO``. What OpenSLO knows but nothing here would act on (alert policies, composites,
raw ratios) is refused rather than passed over: a promise must not say more than is judged.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.analysis.objective_check import LABELS, objective_faults
from app.model.objective import Indicator, Method, Missing, Objective, Selector, ServiceHours, Window
from app.openslo.document import Field, Finding, Unreadable, read_documents
from app.openslo.words import calendar_window, seconds_of, service_hours, times_by_severity
from app.toml import near

PREFIX: Final = "watchfloor/"
"""Begins the annotations that say what OpenSLO has no field for."""
SOURCE: Final = "watchfloor"
"""Type of a metric source that names our canonical metrics."""
MOST_OBJECTIVES: Final = 10_000

_EMPTY: Final = "A promise is a document of kind SLO."
_KINDS: Final = ("SLO", "SLI", "Service")
_ANNOTATIONS: Final = tuple(
    PREFIX + name for name in ("service-hours", "response", "resolve", "missing-data", "contract-party")
)
_UNUSED: Final = {
    "alertPolicies": "alert policies are not used: burn rates are derived from the budget",
    "indicators": "composites are not used",
    "compositeWeight": "composites are not used",
    "raw": "raw ratios are not used: budgets need counts",
    "rawType": "raw ratios are not used: budgets need counts",
    "metricSourceRef": "data sources are not used: data comes from bundles",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """An objective and where it stands; of its target and its window also line and field.

    `enclave` and `endpoint` are where its patterns stand, which may be another file's SLI.
    """

    objective: Objective
    file: str
    line: int
    target: tuple[int, str]
    window: tuple[int, str]
    enclave: Field
    endpoint: Field


@dataclass(frozen=True, slots=True)
class Reading:
    """What files say: the objectives that can be judged, and everything that is wrong, in the order of the files."""

    objectives: tuple[Stated, ...]
    findings: tuple[Finding, ...]


def read_promises(files: Iterable[tuple[str, bytes]]) -> Reading:
    """Read files (name and content) together; one may name what another declares.

    That none of them promises anything is a finding of each.
    """
    findings: list[Finding] = []
    documents: dict[str, list[Field]] = {kind: [] for kind in _KINDS}
    names: list[str] = []
    for name, content in files:
        names.append(name)
        try:
            for document in read_documents(name, content):
                _sorted_in(document, documents, findings)
        except Unreadable as error:
            findings.append(error.finding)
    found = _Reading(findings).of(documents)
    if found.objectives or found.findings:
        return found
    return Reading((), tuple(Finding(name, 0, "", "no promise is stated here", _EMPTY) for name in names))


def _sorted_in(document: Field, documents: dict[str, list[Field]], findings: list[Finding]) -> None:
    try:
        held = document.table(("apiVersion", "kind", "metadata", "spec"), ("apiVersion", "kind", "metadata", "spec"))
        held["apiVersion"].choice(("openslo/v1",))
        documents[held["kind"].choice(_KINDS)].append(document)
    except Unreadable as error:
        findings.append(error.finding)


@dataclass(slots=True)
class _Metadata:
    name: Field
    title: str
    annotations: dict[str, Field]


@dataclass(slots=True)
class _Source:
    """What a metric source names; `scope` is where the patterns stand, by field of the noun."""

    selector: Selector
    enclave: str
    endpoint: str
    place: Field
    scope: dict[str, Field]


@dataclass(slots=True)
class _Reading:
    findings: list[Finding]
    services: dict[str, Field] = field(default_factory=dict)
    indicators: dict[str, Field] = field(default_factory=dict)
    """Specifications of the ``SLI`` documents by name."""
    stated: dict[str, Stated] = field(default_factory=dict)

    def of(self, documents: dict[str, list[Field]]) -> Reading:
        for kind, take in (("Service", self._service), ("SLI", self._indicator), ("SLO", self._promise)):
            for document in documents[kind]:
                try:
                    take(document)
                except Unreadable as error:
                    self.findings.append(error.finding)
                if len(self.stated) >= MOST_OBJECTIVES + 1:
                    last = list(self.stated.values())[-1]
                    problem = f"more than {MOST_OBJECTIVES:,} objectives"
                    return Reading((), (Finding(last.file, last.line, "", problem, "Divide them over stations."),))
        order = {name: number for number, name in enumerate(dict.fromkeys(one.file for one in self.findings))}
        self.findings.sort(key=lambda one: (order[one.file], one.line))
        return Reading(tuple(self.stated.values()), tuple(self.findings))

    def _service(self, document: Field) -> None:
        held = document.mapping()
        name = _metadata(held["metadata"]).name
        held["spec"].table(("description",))
        _once(name, self.services, "service")
        self.services[name.text()] = name

    def _indicator(self, document: Field) -> None:
        held = document.mapping()
        name = _metadata(held["metadata"]).name
        _once(name, self.indicators, "indicator")
        self.indicators[name.text()] = held["spec"]

    def _promise(self, document: Field) -> None:
        held = document.mapping()
        metadata = _metadata(held["metadata"])
        spec = _used(
            held["spec"],
            ("description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives"),
            ("service", "timeWindow", "budgetingMethod", "objectives"),
        )
        service = spec["service"].text()
        if self.services and service not in self.services:
            spec["service"].refuse(f"there is no service {service[:80]!r}", near(service, list(self.services)))
        goals = spec["objectives"].items()
        if not goals:
            spec["objectives"].refuse("at least one objective is needed")
        for goal in goals:
            self._state(metadata, spec, goal, single=len(goals) == 1)

    def _state(self, metadata: _Metadata, spec: dict[str, Field], goal: Field, *, single: bool) -> None:
        marks: dict[str, Field] = {"": goal, "id": metadata.name, "service": spec["service"]}
        told = _used(
            goal, ("displayName", "op", "value", "target", "targetPercent", "timeSliceTarget", "timeSliceWindow")
        )
        name, title = metadata.name.text(), metadata.title
        if not single:
            if "displayName" not in told:
                goal.refuse("of several objectives each needs a displayName, which makes its name")
            own = told["displayName"].text()
            name = f"{name}.{re.sub(r'[^a-z0-9]+', '-', own.lower()).strip('-')}"
            title, marks["id"] = f"{title}: {own}", told["displayName"]
        indicator, source = self._measured(spec, told, goal, marks)
        marks |= source.scope
        annotated = _annotations(metadata.annotations, marks)
        objective = Objective(
            id=name,
            title=title,
            service=spec["service"].text(),
            enclave_glob=source.enclave,
            endpoint_glob=source.endpoint,
            indicator=indicator,
            target=_target(told, goal, marks),
            method=Method(_marked(marks, "method", spec["budgetingMethod"]).choice([one.value for one in Method])),
            window=_window(spec["timeWindow"], marks),
            slice_seconds=seconds_of(marks.setdefault("slice_seconds", told["timeSliceWindow"]))
            if "timeSliceWindow" in told
            else None,
            slice_target=marks.setdefault("slice_target", told["timeSliceTarget"]).number()
            if "timeSliceTarget" in told
            else None,
            hours=annotated.hours,
            missing=annotated.missing,
            response=annotated.response,
            resolve=annotated.resolve,
            party=annotated.party,
        )
        faults = list(objective_faults(objective))
        for fault in faults:
            place = _nearest(marks, fault.field)
            self.findings.append(Finding(place.file, place.line, place.path, fault.problem))
        before = self.stated.get(name)
        if before is not None:
            marks["id"].refuse(f"objective {name!r} stands in {before.file}, line {before.line}, already")
        if not faults:
            target, window = ((marks[of].line, marks[of].path) for of in ("target", "window"))
            scope = marks["enclave_glob"], marks["endpoint_glob"]
            self.stated[name] = Stated(objective, goal.file, metadata.name.line, target, window, *scope)

    def _measured(
        self, spec: dict[str, Field], told: dict[str, Field], goal: Field, marks: dict[str, Field]
    ) -> tuple[Indicator, _Source]:
        """The indicator of an objective, written in place or named."""
        if ("indicator" in spec) == ("indicatorRef" in spec):
            goal.refuse("either an indicator or an indicatorRef is needed")
        if "indicator" in spec:
            inline = spec["indicator"].table(("metadata", "spec"), ("spec",))
            if "metadata" in inline:
                _metadata(inline["metadata"])
            found = inline["spec"]
        else:
            name = spec["indicatorRef"].text()
            if name not in self.indicators:
                spec["indicatorRef"].refuse(f"there is no SLI {name[:80]!r}", near(name, list(self.indicators)))
            found = self.indicators[name]
        marks["indicator"] = found
        kinds = found.table(("description", "thresholdMetric", "ratioMetric"))
        if ("thresholdMetric" in kinds) == ("ratioMetric" in kinds):
            found.refuse("either a thresholdMetric or a ratioMetric is needed")
        if "ratioMetric" in kinds:
            for name in ("op", "value"):
                if name in told:
                    told[name].refuse("only a threshold is compared")
            return _ratio(kinds["ratioMetric"], marks)
        for name in ("op", "value"):
            if name not in told:
                goal.refuse(f"the field {name!r} is missing: a threshold is compared by op to value")
        source = _source(_marked(marks, "indicator.metric", kinds["thresholdMetric"]))
        op = {"lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte"}[told["op"].choice(("lt", "lte", "gt", "gte"))]
        value = _marked(marks, "indicator.value", told["value"]).number()
        return Indicator("threshold", metric=source.selector, op=op, value=value), source  # type: ignore[arg-type]


def _used(place: Field, known: Sequence[str], needed: Sequence[str] = ()) -> dict[str, Field]:
    """Fields by name; those that OpenSLO has and nothing here uses are refused with the reason."""
    for name, one in place.mapping().items():
        if name in _UNUSED and name not in known:
            one.refuse(_UNUSED[name])
    return place.table(known, needed)


def _marked(marks: dict[str, Field], name: str, place: Field) -> Field:
    marks[name] = place
    return place


def _nearest(marks: dict[str, Field], name: str) -> Field:
    """Where a fault of this field of the noun stands in the text: the field, else the one around it."""
    while name not in marks:
        name = name.rpartition(".")[0]
    return marks[name]


def _once(name: Field, known: dict[str, Field], what: str) -> None:
    if name.text() in known:
        first = known[name.text()]
        name.refuse(f"{what} {name.text()[:80]!r} stands in {first.file}, line {first.line}, already")


def _metadata(place: Field) -> _Metadata:
    held = place.table(("name", "displayName", "labels", "annotations"), ("name",))
    title = held.get("displayName", held["name"]).text()
    for label in held["labels"].mapping().values() if "labels" in held else ():
        for one in label.items() if isinstance(label.value, list) else [label]:
            one.text()
    annotations = held["annotations"].mapping() if "annotations" in held else {}
    ours = {name: one for name, one in annotations.items() if name.startswith(PREFIX)}
    for name, one in ours.items():
        if name not in _ANNOTATIONS:
            one.refuse("unknown annotation", near(name, _ANNOTATIONS))
    return _Metadata(held["name"], title, ours)


@dataclass(slots=True)
class _Annotated:
    hours: ServiceHours | None
    missing: Missing
    response: dict[str, float]
    resolve: dict[str, float]
    party: str


def _annotations(held: dict[str, Field], marks: dict[str, Field]) -> _Annotated:
    found = {name.removeprefix(PREFIX): one for name, one in held.items()}
    names = {"service-hours": "hours", "missing-data": "missing", "contract-party": "party"}
    marks.update({names.get(name, name): one for name, one in found.items()})
    return _Annotated(
        hours=service_hours(found["service-hours"]) if "service-hours" in found else None,
        missing=Missing(found["missing-data"].choice([one.value for one in Missing]))
        if "missing-data" in found
        else Missing.UNKNOWN,
        response=times_by_severity(found["response"]) if "response" in found else {},
        resolve=times_by_severity(found["resolve"]) if "resolve" in found else {},
        party=found["contract-party"].text() if "contract-party" in found else "",
    )


def _target(told: dict[str, Field], goal: Field, marks: dict[str, Field]) -> float:
    if ("target" in told) == ("targetPercent" in told):
        goal.refuse("either a target or a targetPercent is needed")
    if "target" in told:
        return _marked(marks, "target", told["target"]).number()
    # By the decimal point, not by division: 99.9 must give the number that 0.999 gives.
    percent = _marked(marks, "target", told["targetPercent"])
    percent.number()
    return float(f"{percent.text()}e-2") if "e" not in percent.text().lower() else percent.number() / 100


def _window(place: Field, marks: dict[str, Field]) -> Window:
    entries = place.items()
    if len(entries) != 1:
        place.refuse("exactly one window is needed")
    marks["window"] = entries[0]
    held = entries[0].table(("duration", "isRolling", "calendar"), ("duration",))
    rolling = held["isRolling"].truth() if "isRolling" in held else "calendar" not in held
    if rolling == ("calendar" in held):
        entries[0].refuse("a window either is rolling or has a calendar")
    if rolling:
        return Window("rolling", seconds=seconds_of(_marked(marks, "window.seconds", held["duration"])))
    calendar = held["calendar"].table(("startTime", "timeZone"), ("startTime", "timeZone"))
    zone = _marked(marks, "window.zone", calendar["timeZone"]).text()
    marks |= {"window.count": held["duration"], "window.start": calendar["startTime"]}
    return calendar_window(held["duration"], zone, calendar["startTime"])


def _ratio(place: Field, marks: dict[str, Field]) -> tuple[Indicator, _Source]:
    held = _used(place, ("counter", "good", "bad", "total"), ("total",))
    if ("good" in held) == ("bad" in held):
        place.refuse("a ratio needs either good or bad, and a total")
    part = "good" if "good" in held else "bad"
    sources = {name: _source(_marked(marks, f"indicator.{name}", held[name])) for name in (part, "total")}
    first, total = sources[part], sources["total"]
    if (first.enclave, first.endpoint) != (total.enclave, total.endpoint):
        first.place.refuse(f"{part} and total must name the same endpoint and enclave")
    if (
        "counter" in held
        and held["counter"].truth()
        and "endpoint_up" in {one.selector.metric for one in (first, total)}
    ):
        held["counter"].refuse("endpoint_up is a flag, not a counter")
    good, bad = (first.selector, None) if part == "good" else (None, first.selector)
    return Indicator("ratio", good=good, bad=bad, total=total.selector), total


def _source(place: Field) -> _Source:
    held = _used(place.table(("metricSource",), ("metricSource",))["metricSource"], ("type", "spec"), ("type", "spec"))
    held["type"].choice((SOURCE,))
    spec = held["spec"].table(("metric", "endpoint", "enclave", *LABELS.values()), ("metric", "endpoint"))
    labels = tuple((name, f"{spec[name].number():g}") for name in LABELS.values() if name in spec)
    enclave = spec["enclave"].text() if "enclave" in spec else "*"
    scope = {"enclave_glob": spec.get("enclave", place), "endpoint_glob": spec["endpoint"]}
    return _Source(Selector(spec["metric"].text(), labels), enclave, spec["endpoint"].text(), place, scope)
