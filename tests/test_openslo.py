"""OpenSLO v1 in, objectives out; and what is wrong, with file, line and field."""

import re
import time
from datetime import date

import pytest

from app.model.objective import Indicator, Method, Missing, Selector, ServiceHours, Window
from app.openslo.promises import read_promises
from app.paths import resources
from tests.fakes.objectives import SLO

THRESHOLD = """apiVersion: openslo/v1
kind: SLI
metadata: {name: p95}
spec:
  thresholdMetric:
    metricSource:
      type: watchfloor
      spec: {metric: endpoint_latency_seconds, quantile: 0.95, endpoint: "rag-*", enclave: enc-s1}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: rag-p95}
spec:
  service: rag-gateway
  indicatorRef: p95
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}
  budgetingMethod: Timeslices
  objectives:
    - {op: lte, value: 1.5, targetPercent: 99.9, timeSliceTarget: 0.8, timeSliceWindow: 5m}
"""


def read(text, name="slo.yaml"):
    return read_promises([(name, text if isinstance(text, bytes) else text.encode())])


def only(text):
    reading = read(text)
    assert reading.findings == ()
    (stated,) = reading.objectives
    return stated.objective


def wrong(text):
    """Line, field and words of the findings; nothing may be judged by a document with one."""
    reading = read(text)
    assert reading.objectives == ()
    assert {one.file for one in reading.findings} == {"slo.yaml"}
    return [(one.line, one.field, one.problem, one.hint) for one in reading.findings]


def changed(old, new, text=SLO):
    assert text.count(old) == 1
    return text.replace(old, new)


# --- what is read ---------------------------------------------------------------------------------------------------


def test_that_a_ratio_over_a_rolling_window_is_read():
    objective = only(SLO)
    assert (objective.id, objective.title, objective.service) == ("rag-availability", "Answers", "rag-gateway")
    assert (objective.enclave_glob, objective.endpoint_glob) == ("*", "rag-gateway")
    assert objective.indicator == Indicator(
        "ratio", bad=Selector("endpoint_errors"), total=Selector("endpoint_requests")
    )
    assert (objective.target, objective.method) == (0.999, Method.OCCURRENCES)
    assert objective.window == Window("rolling", seconds=2_592_000.0)
    assert (objective.hours, objective.missing, objective.party) == (None, Missing.UNKNOWN, "")


def test_that_a_threshold_by_reference_over_a_calendar_month_is_read():
    objective = only(THRESHOLD)
    assert objective.indicator == Indicator(
        "threshold", metric=Selector("endpoint_latency_seconds", (("quantile", "0.95"),)), op="lte", value=1.5
    )
    assert (objective.enclave_glob, objective.endpoint_glob) == ("enc-s1", "rag-*")
    assert objective.target == 0.999  # 99.9 / 100 would be 0.9990000000000001
    assert (objective.method, objective.slice_seconds, objective.slice_target) == (Method.TIMESLICES, 300.0, 0.8)
    assert objective.window == Window("calendar", unit="month", zone="Europe/Berlin")


def test_that_a_reference_may_lie_in_another_file():
    first, second = THRESHOLD.split("---\n")
    reading = read_promises([("slo.yaml", second.encode()), ("sli.yaml", first.encode())])
    assert [one.objective.id for one in reading.objectives] == ["rag-p95"]


def test_that_our_annotations_are_read_and_those_of_others_left_alone():
    notes = """  annotations:
    example.com/team: blue
    watchfloor/service-hours: Fri-Mon,Wed 08:00-18:30 Europe/Berlin
    watchfloor/response: critical=15m, high=4h
    watchfloor/resolve: critical=1d
    watchfloor/missing-data: bad
    watchfloor/contract-party: "Imagery cell, Building 4"
"""
    objective = only(changed("  displayName: Answers\n", "  displayName: Answers\n" + notes))
    assert objective.hours == ServiceHours((0, 2, 4, 5, 6), "08:00", "18:30", "Europe/Berlin")
    assert objective.response == {"critical": 900.0, "high": 14400.0}
    assert objective.resolve == {"critical": 86400.0}
    assert (objective.missing, objective.party) == (Missing.BAD, "Imagery cell, Building 4")


@pytest.mark.parametrize(
    ("duration", "start", "window"),
    [
        ("1d", "2026-03-05 00:00:00", Window("calendar", unit="day")),
        ("1w", "2026-11-23 00:00:00", Window("calendar", unit="week")),  # a Monday
        ("1w", "2026-11-22", Window("calendar", unit="day", count=7, start=date(2026, 11, 22))),  # a Sunday
        ("2w", "2026-11-23", Window("calendar", unit="week", count=2, start=date(2026, 11, 23))),
        ("1Q", "2026-04-01 00:00:00", Window("calendar", unit="quarter")),
        ("1Q", "2026-05-01 00:00:00", Window("calendar", unit="month", count=3, start=date(2026, 5, 1))),
        ("1Y", "2026-01-01T00:00:00Z", Window("calendar", unit="year")),
        ("1Y", "2026-10-01 00:00:00", Window("calendar", unit="month", count=12, start=date(2026, 10, 1))),
    ],
)
def test_that_calendar_windows_keep_a_start_that_the_calendar_does_not_have(duration, start, window):
    calendar = f"- duration: {duration}\n      calendar: {{startTime: {start}, timeZone: UTC}}"
    assert only(changed("- duration: 30d\n      isRolling: true", calendar)).window == window


def test_that_an_availability_flag_is_its_own_total():
    text = SLO.replace("        bad:", "        good:").replace("endpoint_errors", "endpoint_up")
    text = text.replace("endpoint_requests", "endpoint_up").replace("Occurrences", "RatioTimeslices")
    text = changed("- target: 0.999", "- target: 0.999\n      timeSliceWindow: 1m", text)
    objective = only(text)
    assert objective.indicator == Indicator("ratio", good=Selector("endpoint_up"), total=Selector("endpoint_up"))
    assert (objective.method, objective.slice_seconds) == (Method.RATIO_TIMESLICES, 60.0)


def test_that_several_objectives_of_one_document_get_names_of_their_own():
    more = "- {displayName: For all, target: 0.99}\n    - {displayName: Best effort, target: 0.999}"
    reading = read(changed("- target: 0.999", more))
    assert [(one.objective.id, one.objective.target) for one in reading.objectives] == [
        ("rag-availability.for-all", 0.99),
        ("rag-availability.best-effort", 0.999),
    ]


def test_that_the_shipped_examples_promise_two_things_for_each_endpoint_of_the_demonstration():
    from app.demo.fleet import OBJECTIVES

    reading = read((resources() / "examples" / "objectives.yaml").read_bytes())
    assert reading.findings == ()
    assert {one.objective.id for one in reading.objectives} == {
        f"{name}-{what}" for name in OBJECTIVES for what in ("availability", "p95")
    }
    p95 = {one.objective.endpoint_glob: one.objective.indicator.value for one in reading.objectives[1::2]}
    assert p95 == OBJECTIVES


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ("target: 0.999", "target: 99.95", 24, "spec.objectives[0].target", "write 0.9995 for 99.95 %"),
        ("target: 0.999", "target: 1.2", 24, "spec.objectives[0].target", "1.2 is not between 0 and 1"),
        ("target: 0.999", "target: 1", 24, "spec.objectives[0].target", "1 is not between"),
        ("target: 0.999", "target: 0", 24, "spec.objectives[0].target", "0 is not between"),
        ("target: 0.999", "targetPercent: 100", 24, "spec.objectives[0].targetPercent", "1 is not between"),
        ("target: 0.999", "target: '0.999'", 24, "spec.objectives[0].target", "'0.999' is no number"),
        ("target: 0.999", "target: .nan", 24, "spec.objectives[0].target", "'.nan' is no number"),
        ("target: 0.999", "target: 1e999", 24, "spec.objectives[0].target", "too large"),
        ("target: 0.999", "target:", 24, "spec.objectives[0].target", "there is no value"),
        ("target: 0.999", "{target: 0.9, targetPercent: 90}", 24, "spec.objectives[0]", "either a target or"),
        ("target: 0.999", "{target: 0.9, op: lte}", 24, "spec.objectives[0].op", "only a threshold is compared"),
        ("target: 0.999", "{target: 0.9, timeSliceWindow: 5m}", 24, "spec.objectives[0].timeSliceWindow", "not cut"),
        ("- target: 0.999", "[]", 23, "spec.objectives", "at least one objective"),
        ("    - duration: 30d\n      isRolling: true", "    []", 19, "spec.timeWindow", "exactly one window"),
        ("duration: 30d", "duration: 0d", 20, "spec.timeWindow[0].duration", "from one minute to five years"),
        ("duration: 30d", "duration: 1M", 20, "spec.timeWindow[0].duration", "'1M' is no length of time"),
        ("isRolling: true", "isRolling: false", 20, "spec.timeWindow[0]", "either is rolling or has a calendar"),
        ("isRolling: true", "isRolling: yes", 21, "spec.timeWindow[0].isRolling", "neither true nor false"),
        ("budgetingMethod: Occurrences", "budgetingMethod: RatioTimeslices", 24, "spec.objectives[0]", "length"),
        ("budgetingMethod: Occurrences", "budgetingMethod: Occurences", 22, "spec.budgetingMethod", "is not one of"),
        ("openslo/v1", "openslo/v2alpha", 1, "apiVersion", "'openslo/v2alpha' is not one of openslo/v1"),
        ("kind: SLO", "kind: AlertPolicy", 2, "kind", "'AlertPolicy' is not one of"),
        ("name: rag-availability", "name: Rag Availability", 4, "metadata.name", "no identifier"),
        ("metric: endpoint_errors", "metric: endpoint_erors", 11,
         "spec.indicator.spec.ratioMetric.bad", "'endpoint_erors' cannot be used here"),
        ("metric: endpoint_errors", "metric: endpoint_requests", 11,
         "spec.indicator.spec.ratioMetric.bad", "nothing could ever be missed"),
        ("metric: endpoint_errors", "metric: endpoint_requests_within", 11,
         "spec.indicator.spec.ratioMetric.bad", "takes exactly 'le'"),
        ("{metric: endpoint_errors, endpoint: rag-gateway}", "{metric: endpoint_errors, endpoint: rag}", 11,
         "spec.indicator.spec.ratioMetric.bad", "must name the same endpoint"),
        ("        bad:", "        raw:", 11, "spec.indicator.spec.ratioMetric.raw", "raw ratios are not used"),
        ("  service: rag-gateway\n", "  service: rag-gateway\n  alertPolicies: [x]\n", 8,
         "spec.alertPolicies", "alert policies are not used"),
        ("  displayName: Answers\n", "  annotations: {watchfloor/responce: 'critical=1h'}\n", 5,
         "metadata.annotations.watchfloor/responce", "unknown annotation"),
        ("  displayName: Answers\n", "  annotations: {watchfloor/response: 'critical=soon'}\n", 5,
         "metadata.annotations.watchfloor/response", "'critical=soon' is no time of a severity"),
        ("  displayName: Answers\n", "  annotations: {watchfloor/service-hours: 'Mon-Fri 08:00-18:00 Mars/Base'}\n", 5,
         "metadata.annotations.watchfloor/service-hours", "'Mars/Base' is no zone"),
        ("  displayName: Answers\n", "  annotations: {watchfloor/service-hours: 'Mon-Fri 08:00-25:00'}\n", 5,
         "metadata.annotations.watchfloor/service-hours", "'25:00' is no time of day"),
        ("  displayName: Answers\n", '  displayName: "A\\eB"\n', 24, "spec.objectives[0]", "cannot be printed"),
        ("  displayName: Answers\n", "  name: again\n", 5, "metadata", "'name' stands here twice"),
        ("kind: SLO\n", "", 1, "", "the field 'kind' is missing"),
    ],
)  # fmt: skip
def test_that_a_fault_is_told_with_its_line_and_field(old, new, line, field, words):
    ((found_line, found_field, problem, _),) = wrong(changed(old, new))
    assert (found_line, found_field) == (line, field)
    assert words in problem


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("budgetingMethod:", "budgetingMethods:", "Did you mean 'budgetingMethod'?"),
        ("displayName:", "displayname:", "Did you mean 'displayName'?"),
        ("- target:", "- taget:", "Did you mean 'target'?"),
        ("budgetingMethod: Occurrences", "budgetingMethod: Occurences", "Did you mean 'Occurrences'?"),
        (
            "  displayName: Answers\n",
            "  annotations: {watchfloor/responce: a}\n",
            "Did you mean 'watchfloor/response'?",
        ),
    ],
)
def test_that_the_nearest_name_is_told(old, new, hint):
    assert [told[3] for told in wrong(changed(old, new))] == [hint]


@pytest.mark.parametrize(
    ("calendar", "field", "words"),
    [
        ("{startTime: 2026-01-01, timeZone: Mars/Base}", "calendar.timeZone", "'Mars/Base' is no zone"),
        ("{startTime: 2026-01-01, timeZone: ../../etc/passwd}", "calendar.timeZone", "is no zone"),
        ("{startTime: 2026-01-15, timeZone: UTC}", "calendar.startTime", "a month cannot begin on day 15"),
        ("{startTime: 2026-02-30, timeZone: UTC}", "calendar.startTime", "'2026-02-30' is no day"),
        ("{startTime: 2026-01-01 12:00:00, timeZone: UTC}", "calendar.startTime", "at midnight"),
        ("{startTime: 2026-01-01}", "calendar", "'timeZone' is missing"),
    ],
)
def test_that_a_calendar_that_cannot_be_followed_is_refused(calendar, field, words):
    text = changed("{startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}", calendar, THRESHOLD)
    ((line, found, problem, _),) = wrong(text)
    assert (line, found) == (18, f"spec.timeWindow[0].{field}")
    assert words in problem


def test_that_two_objectives_of_one_name_are_refused_with_both_places():
    reading = read_promises([("a.yaml", SLO.encode()), ("b.yaml", SLO.encode())])
    assert [one.file for one in reading.objectives] == ["a.yaml"]
    (finding,) = reading.findings
    assert str(finding) == (
        "b.yaml, line 4: metadata.name: objective 'rag-availability' stands in a.yaml, line 4, already."
    )


def test_that_a_service_that_nobody_declares_is_refused_once_services_are_declared():
    service = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: rag-gatway}\nspec: {}\n---\n"
    ((line, field, problem, hint),) = wrong(service + SLO)
    assert (line, field, problem) == (12, "spec.service", "there is no service 'rag-gateway'")
    assert hint == "Did you mean 'rag-gatway'?"


def test_that_every_document_is_looked_at_whatever_the_one_before_holds():
    second = changed("name: rag-availability", "name: other")
    reading = read(changed("target: 0.999", "target: 2") + "---\n" + second + "---\njust words\n")
    assert [one.objective.id for one in reading.objectives] == ["other"]
    assert [(one.line, one.problem) for one in reading.findings] == [
        (24, "2 is not between 0 and 1, both left out"),
        (51, "expected fields, found text"),
    ]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (BOMB, 1, "anchors .&. and aliases .\\*."),
        ("a: &x 1\n", 1, "anchors"),
        ("a: 1\nb: *x\n", 2, "anchors"),
        ("<<: *x\n", 1, "anchors"),
        (
            "a: !!python/object/apply:os.system ['true']\n",
            1,
            "the tag 'tag:.*python/object/apply:os.system'",
        ),
        ("a: !!str 1\n", 1, "the tag"),
        ("a: !own 1\n", 1, "the tag '!own'"),
        ("a: " + "[" * 100_000, 1, "more than 30 levels|nesting depth"),
        ("".join(f"{' ' * n}a:\n" for n in range(40)), 31, "more than 30 levels"),
        (
            "a: b\n" + "# " + "x" * 100 + "\n" + "b: " + "y" * 1_000_001,
            3,
            "a document of more than 1,000,000 characters",
        ),
        ("".join(f"a{n}: {n}\n" for n in range(80_000)), None, "a document of more than 1,000,000 characters"),
        ("a: 1\na: 2\n", 2, "stands here twice"),
        ("[a, b]: 1\n", 1, "a name is a word"),
        ("a: 'b\n", 2, "this is no YAML"),
        ("a: b: c\n", 1, "this is no YAML"),
        ("\ta: 1\n", 1, "this is no YAML"),
        ("a: 1\nb: \x01\n", None, "YAML"),
        (b"a: 1\nb: \xff\n", 2, "this is not UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "this is not UTF-8"),
        ("a: ä\n".encode("latin-1"), 1, "this is not UTF-8"),
        (b"\x00" * 64, None, "YAML"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str) else None,
)
def test_that_text_that_could_hurt_is_refused_before_anything_is_made_of_it(text, line, words):
    begin = time.monotonic()
    ((found, _, problem, _),) = wrong(text)
    assert re.search(words, problem)
    assert line is None or found == line
    assert time.monotonic() - begin < 5


def test_that_a_file_that_is_too_long_is_not_even_decoded():
    ((line, _, problem, _),) = wrong(b"\xff" * 64_000_001)
    assert (line, problem) == (0, "64,000,001 bytes are too many; 64,000,000 are allowed")


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n---\n---\n", "\ufeff"])
def test_that_an_empty_file_promises_nothing(text):
    assert wrong(text) == [(0, "", "no promise is stated here", "A promise is a document of kind SLO.")]


def test_that_a_byte_order_mark_is_no_fault():
    assert only("\ufeff" + SLO).id == "rag-availability"


def test_that_both_parsers_give_the_same_and_the_slow_one_is_enough(monkeypatch):
    import yaml

    fast = read(SLO + "---\n" + THRESHOLD)
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow = read(SLO + "---\n" + THRESHOLD)
    assert slow == fast
    assert len(slow.objectives) == 2
    assert wrong(changed("target: 0.999", "target: '0.999'"))[0][:2] == (24, "spec.objectives[0].target")


def many(count):
    return "---\n".join(SLO.replace("name: rag-availability", f"name: o{number}") for number in range(count))


def test_that_more_than_ten_thousand_objectives_are_refused():
    """Ten thousand are read where the command puts them in force."""
    reading = read(many(10_001))
    assert reading.objectives == ()
    assert [(one.problem, one.line) for one in reading.findings] == [("more than 10,000 objectives", 250_004)]
