import math

import pytest

from app.analysis.duration import duration
from app.analysis.health import CRITICAL, WARNING
from app.analysis.health_policy import Rule
from app.analysis.reasons import measured, passed_limit, percent, reason_text, silence_text, unknown_text
from app.model.health import Bound

LATENCY = Rule("endpoint_latency_seconds", "above", warning=2.0, critical=4.0)
ERRORS = Rule("endpoint_error_ratio", "above", warning=0.005, critical=0.01)
PROBE = Rule("endpoint_up", "below", critical=1.0)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.0461, "4.61 %"), (0.01, "1 %"), (0.005, "0.5 %"), (0.0, "0 %"), (0.00004, "< 0.01 %"), (1.0, "100 %")],
)
def test_that_a_share_has_the_digits_it_needs_and_something_never_reads_as_nothing(ratio, text):
    assert plain(percent(ratio)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (11520.0, "3 h 12 m"),
        (7200.0, "2 h"),
        (172800.0, "2 d"),
        (176400.0, "2 d 1 h"),
        (3120.0, "52 min"),
        (40.0, "40 s"),
        (math.nan, "an unknown time"),
    ],
)
def test_that_a_duration_names_its_two_largest_units(seconds, text):
    assert plain(duration(seconds)) == text


@pytest.mark.parametrize(
    ("rule", "code", "value", "limit", "text"),
    [
        (ERRORS, CRITICAL, 0.0461, 0.01, "error rate 4.61 % against a limit of 1 %"),
        (LATENCY, WARNING, 3.92, 2.0, "p95 3 920 ms against a limit of 2 000 ms"),
        (LATENCY, WARNING, 0.188, 0.116, "p95 188 ms against its own limit of 116 ms"),
        (LATENCY, WARNING, 1.9, 2.0, "p95 1 900 ms, back within a limit of 2 000 ms, but not for long enough"),
        (LATENCY, CRITICAL, math.nan, 4.0, "p95 was beyond a limit of 4 000 ms when last known"),
        (PROBE, CRITICAL, 0.0, 1.0, "does not answer its availability probe"),
        (PROBE, CRITICAL, 1.0, 1.0, "answers again, but not for long"),
    ],
)
def test_that_a_reason_carries_its_evidence(rule, code, value, limit, text):
    assert plain(reason_text(rule, code, value, limit)) == text


def test_that_a_bounded_quantile_never_reads_as_exact():
    assert plain(measured("endpoint_latency_seconds", 0.3, Bound.AT_MOST)) == "≤ 300 ms"
    assert plain(measured("endpoint_latency_seconds", 10.0, Bound.AT_LEAST)) == "≥ 10 000 ms"
    assert measured("endpoint_latency_seconds", math.nan) == "not known"


def test_that_silence_says_how_long_and_whether_there_ever_was_a_word():
    assert plain(unknown_text("endpoint_latency_seconds", 720.0)) == "p95 not known for 12 min"
    assert plain(silence_text(720.0)) == "no sample for 12 min"
    assert silence_text(math.nan) == "no sample has ever arrived"


def test_that_the_limit_told_is_the_one_that_was_passed():
    assert passed_limit(LATENCY, CRITICAL, 0.5) == 4.0
    assert passed_limit(LATENCY, WARNING, math.nan) == 2.0
    assert passed_limit(LATENCY, WARNING, 0.5) == 0.5
    assert passed_limit(LATENCY, WARNING, 3.0) == 2.0
    assert passed_limit(Rule("endpoint_latency_seconds", "above"), WARNING, 3.0) == 3.0
