"""What burn rates cannot do for a promise, said at its place in the file."""

import time
from dataclasses import replace

import pytest

from app.analysis.burn_rate import Pair
from app.openslo.burn_warnings import burn_warnings, late_pairs
from app.openslo.promises import read_promises
from tests.fakes.fleets import S1, T1, U1, catalogue, endpoint
from tests.fakes.objectives import SLO

HOUR = 3600.0
QUICK = Pair("quick", "page", 0.02, HOUR, 300.0)
SLOW = Pair("slow", "ticket", 0.1, 72 * HOUR, 6 * HOUR)
MONTH = "    - {duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}}\n"


def promises(text):
    reading = read_promises([("slo.yaml", text.encode())])
    assert reading.findings == ()
    return reading.objectives


def told(text, pairs):
    found = list(burn_warnings(promises(text), pairs))
    assert {one.file for one in found} <= {"slo.yaml"}
    return [(one.line, one.field, one.problem.removeprefix("the pair of burn rates "), one.hint) for one in found]


def over(window):
    """The promise with another window: 30 days, rolling, become `window`."""
    kept = "    - duration: 30d\n      isRolling: true\n"
    assert kept in SLO
    return SLO.replace(kept, window)


def test_that_a_pair_that_can_never_fire_is_told_at_the_target():
    # an hour of 30 days at 0.02 of the budget is a factor of 14.4; nothing burns faster than 1 / (1 - target)
    assert told(SLO.replace("0.999", "0.93"), [QUICK]) == [
        (24, "spec.objectives[0].target", "'quick' can never fire", "It can for a target above 93.06 %.")
    ]
    assert told(SLO.replace("0.999", "0.931"), [QUICK]) == []


def test_that_a_pair_that_fires_too_early_or_looks_too_far_back_is_told_at_the_window():
    assert told(over("    - duration: 14d\n"), [QUICK, SLOW]) == [
        (
            20, "spec.timeWindow[0]", "'slow' fires while the budget is not overspent",
            "Its factor is 0.467, its long window 72 h.",
        )
    ]  # fmt: skip
    assert told(over("    - duration: 30d\n"), [QUICK, SLOW]) == []  # 1 spends the budget and no more
    assert [(line, problem) for line, _, problem, _ in told(over("    - duration: 2d\n"), [SLOW])] == [
        (20, "'slow' fires while the budget is not overspent"),
        (20, "'slow' looks back longer than the period"),
    ]
    assert told(SLO, [QUICK, SLOW]) == []


def test_that_a_calendar_month_counts_by_its_mean_length_and_not_by_the_day_of_asking():
    # 30.44 days are a factor of 1.0146; February alone would have 0.93
    assert told(over(MONTH), [SLOW]) == []
    assert [line for line, *_ in told(over(MONTH.replace("1M", "1w")), [SLOW])] == [20]


def known(enclave, name="rag-gateway", cadence=HOUR, **other):
    return catalogue(replace(enclave, cadence=cadence), endpoint(enclave, name, **other))


def late(text, pairs, catalogues):
    found = late_pairs(promises(text), pairs, catalogues)
    return [(one.enclave.id, [pair.name for pair in one.pairs], list(one.objectives)) for one in found]


@pytest.mark.parametrize(
    ("catalogues", "enclaves"),
    [
        ([], []),
        ([known(U1, cadence=300.0)], []),  # just fine enough
        ([known(U1, cadence=301.0)], ["enc-u1"]),
        ([known(U1, cadence=900.0), known(S1, cadence=7200.0)], ["enc-u1", "enc-s1"]),
        ([known(T1, "other", cadence=7200.0)], []),  # nothing there that is promised
        ([known(T1, cadence=7200.0, retired_at=1.0)], []),  # nor there any more
    ],
)
def test_that_each_enclave_whose_data_comes_too_seldom_is_told_once(catalogues, enclaves):
    assert late(SLO, [QUICK, SLOW], catalogues) == [(one, ["quick"], ["rag-availability"]) for one in enclaves]
    assert told(SLO, [QUICK, SLOW]) == []


def test_that_pairs_are_late_where_something_is_promised_and_by_their_short_window():
    here = SLO.replace("endpoint: rag-gateway}", "endpoint: 'rag-*', enclave: 'enc-u*'}").replace("rag-avail", "here-")
    far, near = known(S1, cadence=7 * HOUR), known(U1, cadence=600.0)
    assert late(here, [QUICK, SLOW], [far]) == []
    assert late(SLO + "---\n" + here, [QUICK, SLOW], [far, near]) == [
        ("enc-s1", ["quick", "slow"], ["rag-availability"]),
        ("enc-u1", ["quick"], ["rag-availability", "here-ability"]),
    ]


def test_that_each_of_many_promises_is_warned_of_soon():
    text = "---\n".join(over("    - duration: 14d\n").replace("rag-avail", f"o{number}-") for number in range(1000))
    many = promises(text) * 10
    fleet = [catalogue(S1, *(endpoint(S1, f"e{number}") for number in range(1000)), endpoint(S1, "rag-gateway"))]
    began = time.perf_counter()
    assert len(list(burn_warnings(many, [QUICK, SLOW]))) == 10_000
    assert [len(one.objectives) for one in late_pairs(many, [QUICK], fleet)] == [10_000]
    assert time.perf_counter() - began < 3.0
