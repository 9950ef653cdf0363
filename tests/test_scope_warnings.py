"""Promises of what a station does not know, said where the pattern stands."""

import time

import pytest

from app.openslo.promises import read_promises
from app.openslo.scope_warnings import scope_warnings
from tests.fakes.fleets import S1, U1, catalogue, endpoint
from tests.fakes.objectives import SLO

FLEET = [
    catalogue(U1, endpoint(U1, "rag-gateway"), endpoint(U1, "old", retired_at=1.0)),
    catalogue(S1, endpoint(S1, "chat")),
]
SPEC = "spec.indicator.spec.ratioMetric.total.metricSource.spec"


def told(text, fleet=FLEET):
    reading = read_promises([("slo.yaml", text.encode())])
    assert reading.findings == ()
    return [(one.line, one.field, one.problem, one.hint) for one in scope_warnings(reading.objectives, fleet)]


def scoped(scope):
    return SLO.replace("endpoint: rag-gateway", scope)


KNOWN = "Known here: chat, rag-gateway."


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("endpoint: rag-gateway", []),
        ("endpoint: '*'", []),
        ("endpoint: chat, enclave: 'enc-*'", []),
        ("endpoint: nosuch", [(f"{SPEC}.endpoint", "no endpoint here matches 'nosuch'", KNOWN)]),
        ("endpoint: 'c[h'", [(f"{SPEC}.endpoint", "no endpoint here matches 'c[h'", KNOWN)]),
        ("endpoint: old", [(f"{SPEC}.endpoint", "no endpoint here matches 'old'", KNOWN)]),
        (
            "endpoint: rag-gatway",
            [(f"{SPEC}.endpoint", "no endpoint here matches 'rag-gatway'", "Did you mean 'rag-gateway'?")],
        ),
        (
            "endpoint: chat, enclave: enc-u1",
            [(f"{SPEC}.endpoint", "no endpoint in enc-u1 matches 'chat'", "Known here: rag-gateway.")],
        ),
        (
            "endpoint: nosuch, enclave: enc-x9",
            [(f"{SPEC}.enclave", "no enclave here matches 'enc-x9'", "Did you mean 'enc-u1'?")],
        ),
    ],
)
def test_that_a_pattern_that_matches_nothing_here_is_told_where_it_stands(scope, found):
    # the total stands on line 18
    assert told(scoped(scope)) == [(18, *one) for one in found]


def test_that_a_station_that_knows_nothing_says_nothing():
    assert told(scoped("endpoint: nosuch"), []) == []


def test_that_an_indicator_of_another_file_is_told_there_and_once():
    shared = """apiVersion: openslo/v1
kind: SLI
metadata: {name: answers}
spec:
  thresholdMetric:
    metricSource: {type: watchfloor, spec: {metric: endpoint_up, endpoint: nosuch}}
"""
    promise = """apiVersion: openslo/v1
kind: SLO
metadata: {name: NAME}
spec:
  service: rag
  indicatorRef: answers
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Timeslices
  objectives: [{op: gte, value: 1, target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 5m}]
"""
    both = "---\n".join(promise.replace("NAME", name) for name in ("one", "two"))
    reading = read_promises([("a.yaml", both.encode()), ("b.yaml", shared.encode())])
    assert reading.findings == ()
    assert [(one.file, one.line) for one in scope_warnings(reading.objectives, FLEET)] == [("b.yaml", 6)]


def test_that_many_patterns_that_match_nothing_are_told_soon():
    text = "---\n".join(
        scoped(f"endpoint: nosuch-{number}").replace("rag-availability", f"o{number}") for number in range(1000)
    )
    reading = read_promises([("slo.yaml", text.encode())])
    fleet = [catalogue(S1, *(endpoint(S1, f"rag-gateway-{number}") for number in range(1000)))]
    began = time.perf_counter()
    found = list(scope_warnings(reading.objectives, fleet))
    assert time.perf_counter() - began < 10.0
    assert [bool(one.hint) for one in found] == [True] * 100 + [False] * 900
