"""One endpoint judged from made-up minutes; every expected state is argued in the test."""

import math

import numpy as np
import pytest

from app.analysis.deployment import RULES, Measured, judge
from app.analysis.grid import Grid
from app.analysis.health import CRITICAL, GOOD, UNKNOWN, WARNING
from app.analysis.health_policy import Evaluation, Rule
from app.model.health import Bound

MINUTES = 30
GRID = Grid(0.0, 60.0, MINUTES)
HYSTERESIS = {"enter_after": 2.0, "of": 3.0, "leave_after": 2.0}
LIMITS = {
    "endpoint_up": Rule("endpoint_up", "below", critical=1.0, **HYSTERESIS),
    "endpoint_error_ratio": Rule(
        "endpoint_error_ratio", "above", warning=0.005, critical=0.01, minimum_requests=20.0, **HYSTERESIS
    ),
    "endpoint_latency_seconds": Rule("endpoint_latency_seconds", "above", warning=1.0, critical=2.0, **HYSTERESIS),
    "endpoint_queue_length": Rule("endpoint_queue_length", "above", warning=20.0, critical=100.0, **HYSTERESIS),
    "endpoint_saturation_ratio": Rule("endpoint_saturation_ratio", "above", warning=0.9, critical=0.98, **HYSTERESIS),
    "endpoint_replicas_ratio": Rule("endpoint_replicas_ratio", "below", warning=1.0, critical=0.5, **HYSTERESIS),
}
SETTINGS = Evaluation(window_minutes=5.0, minimum_share=0.5, flag_hold_minutes=60.0)


def always(value):
    return np.full(MINUTES, float(value))


WELL = {
    "up": always(1), "requests": always(600), "errors": always(0), "latency": always(0.5), "bound": always(0),
    "queue": always(2), "saturation": always(0.4), "ready": always(4), "wanted": always(4),
}  # fmt: skip


def judged(expected_replicas=4, own=math.nan, **changed):
    return judge(Measured(GRID, **(WELL | changed)), LIMITS, SETTINGS, expected_replicas, own)


def state(**changed):
    return int(judged(**changed).codes[-1])


def test_that_the_rules_of_the_test_are_those_of_an_endpoint():
    assert set(LIMITS) == set(RULES)


def test_that_a_well_endpoint_is_healthy_with_its_numbers():
    got = judged()
    assert int(got.codes[-1]) == GOOD
    assert got.findings == ()
    assert (got.latency, got.error_ratio, got.requests_rate, got.ready, got.wanted) == (0.5, 0.0, 10.0, 4.0, 4.0)
    assert got.bound is Bound.EXACT
    assert got.off_since == -1


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"up": always(0)}, CRITICAL),
        ({"errors": always(30)}, CRITICAL),  # 30 of 600 are 5 %
        ({"errors": always(4)}, WARNING),  # 0.67 %
        ({"errors": always(3)}, GOOD),  # exactly 0.5 %, on the limit
        ({"latency": always(2.5)}, CRITICAL),
        ({"queue": always(21)}, WARNING),
        ({"saturation": always(0.99)}, CRITICAL),
        ({"ready": always(3)}, WARNING),
        ({"ready": always(1)}, CRITICAL),
        ({"ready": always(0), "up": always(0), "latency": always(math.nan)}, CRITICAL),
    ],
)
def test_that_each_metric_can_make_it_bad(changed, expected):
    assert state(**changed) == expected


@pytest.mark.parametrize("metric", ["up", "requests", "errors", "latency", "queue", "saturation", "ready"])
def test_that_a_metric_that_falls_silent_makes_it_unknown(metric):
    silent = WELL[metric].copy()
    silent[-3:] = math.nan
    assert state(**{metric: silent}) == UNKNOWN


@pytest.mark.parametrize("metric", ["queue", "saturation", "ready", "latency", "errors", "up"])
def test_that_a_metric_that_is_not_exported_is_not_missed_while_another_vouches(metric):
    assert state(**{metric: None}) == GOOD


def test_that_without_a_voucher_nothing_is_healthy():
    """Replicas, queue and saturation say nothing of users being served."""
    assert state(up=None, requests=None, errors=None, latency=None) == UNKNOWN
    assert state(up=None, requests=None, errors=None, latency=None, queue=always(500)) == CRITICAL


def test_that_an_idle_endpoint_is_healthy_only_if_its_probe_answers():
    idle = {"requests": always(0), "errors": always(0), "latency": always(math.nan), "bound": None}
    assert state(**idle) == GOOD
    assert state(**idle, up=None) == UNKNOWN  # no requests may as well be a dead front


def test_that_latency_is_unknown_when_there_is_traffic_and_no_quantile():
    assert state(latency=always(math.nan)) == UNKNOWN


def test_that_errors_absent_with_the_flag_are_zero_and_without_it_unknown():
    assert state(errors=always(math.nan), flag=always(1)) == GOOD
    assert judged(errors=always(math.nan), flag=always(1)).error_ratio == 0.0
    assert state(errors=always(math.nan), flag=always(0)) == UNKNOWN
    assert state(errors=always(math.nan)) == UNKNOWN
    assert math.isnan(judged(errors=None).error_ratio)


def test_that_few_requests_raise_a_warning_at_most():
    assert state(requests=always(3), errors=always(3)) == WARNING  # 15 in five minutes, fewer than 20
    assert state(requests=always(4), errors=always(4)) == CRITICAL


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [
        (0.3, -1, GOOD),  # at most 0.3 s is surely within 1 s
        (1.5, -1, UNKNOWN),  # at most 1.5 s may be 0.1 s or 1.4 s
        (1.5, 0, WARNING),
        (10.0, 1, CRITICAL),  # at least 10 s is surely beyond 2 s
        (0.8, 1, UNKNOWN),  # at least 0.8 s may be an hour
    ],
)
def test_that_a_bounded_quantile_is_judged_only_where_it_decides(value, bound, expected):
    got = judged(latency=always(value), bound=always(bound))
    assert int(got.codes[-1]) == expected
    assert got.bound is Bound(bound)


def test_that_its_own_habit_is_a_limit_at_warning_only():
    assert state(latency=always(0.5), own=0.4) == WARNING
    assert state(latency=always(0.5), own=0.5) == GOOD
    assert state(latency=always(1.5), own=9.0) == WARNING  # the rule's own 1 s still stands
    assert judged(latency=always(0.5), own=0.4).findings[0].limit == 0.4


def test_that_the_declared_number_stands_in_for_wanted_replicas():
    assert state(wanted=None, ready=always(3), expected_replicas=4) == WARNING
    assert state(wanted=None, ready=always(3), expected_replicas=0) == GOOD  # nothing declared, nothing to compare
    assert judged(wanted=None, expected_replicas=4).wanted == 4.0


def test_that_an_endpoint_nobody_wants_is_off_unless_somebody_asks_it():
    off = {"wanted": always(0), "ready": always(0), "up": always(0), "requests": always(0), "errors": always(0)}
    wanted = always(4)
    wanted[20:] = 0.0
    assert judged(**off).off_since == 0
    assert judged(**off | {"wanted": wanted}).off_since == 20
    assert judged(**off | {"requests": always(5)}).off_since == -1


def test_that_findings_say_what_is_bad_in_words():
    got = judged(errors=always(30), ready=always(3))
    texts = [one.text.replace("\N{NO-BREAK SPACE}", " ") for one in got.findings]
    assert texts == ["error rate 5 % against a limit of 1 %", "3 of 4 replicas ready"]
