"""Shares, amounts, rates and dates of promises as they are written."""

import math
from types import SimpleNamespace

import pytest

from app.analysis.budget import Budget, Outlook, RunOut
from app.analysis.burn_rate import Burn, Pair
from app.clock import from_iso
from app.model.objective import Indicator, Method, Selector
from app.ui.service_levels.level_words import (
    amount,
    burn_words,
    count,
    decimals_of,
    factor_words,
    left_words,
    method_words,
    promise_words,
    rate_words,
    runs_out_words,
    share,
    span,
)
from tests.fakes.levels import ERRORS, Levels, promise

NAN = math.nan
HOUR, DAY = 3600.0, 86400.0


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "decimals", "words"),
    [
        (0.9989999, 2, "99.89 %"),  # 99.9 % is not met: it must not read as if
        (0.999, 2, "99.90 %"),
        (0.99999, 2, "99.99 %"),
        (1.0, 2, "100.00 %"),
        (0.0, 2, "0.00 %"),
        (0.29, 0, "29 %"),  # 0.29 * 100 is 28.999999999999996
        (NAN, 2, "no data"),
    ],
)
def test_that_a_share_is_rounded_down_so_that_nothing_missed_reads_as_met(value, decimals, words):
    assert plain(share(value, decimals)) == words


@pytest.mark.parametrize(("target", "decimals"), [(0.99, 2), (0.999, 2), (0.9995, 2), (0.99999, 3), (0.9999999, 4)])
def test_that_a_figure_has_the_decimals_that_tell_it_from_its_target(target, decimals):
    assert decimals_of(target) == decimals


def row(allowed, spent, unit="s", **other):
    return SimpleNamespace(
        budget=Budget(allowed, spent, spent, 0.5),
        unit=unit,
        **other,
        found=SimpleNamespace(now=SimpleNamespace(known_only=1.0)),
    )


@pytest.mark.parametrize(
    ("allowed", "spent", "words"),
    [
        (100.0, 0.0, "100 %"),
        (100.0, 50.2, "49 %"),  # 49.8 % are left: no more is promised than there is
        (100.0, 99.9, "0 %"),
        (100.0, 100.0, "0 %"),
        (100.0, 100.1, "−1 %"),
        (100.0, 171.0, "−71 %"),
        (100.0, 1099.0, "−999 %"),
        (100.0, 1100.0, "−10 ×"),
        (0.0, 0.0, "no data"),
    ],
)
def test_that_what_is_left_is_rounded_down_and_many_budgets_are_counted(allowed, spent, words):
    assert plain(left_words(row(allowed, spent))) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (43.0, "43 s"),
        (1080.0, "18 min"),
        (6479.9999999, "1 h 48 m"),  # 108 min, from sums that cancel
        (6 * HOUR, "6 h"),
        (3900.0, "1 h 05 m"),
        (DAY, "1 d"),
        (3 * DAY + 4 * HOUR, "3 d 4 h"),
        (0.0, "0 s"),
    ],
)
def test_that_a_length_of_time_has_two_units_at_most(seconds, words):
    assert plain(span(seconds)) == words


def test_that_an_amount_is_time_or_answers_with_its_sign():
    assert plain(amount(row(1, 1), -6480.0)) == "−1 h 48 m"
    assert plain(amount(row(1, 1, "events"), 1.0)) == "1 answer"
    assert plain(amount(row(1, 1, "events"), -65_432.0)) == "−65 k answers"
    assert amount(row(1, 1), math.inf) == count(math.inf) == "no bound"
    assert count(-0.2) == "0", "no minus before nothing"


@pytest.mark.parametrize(
    ("rate", "words"), [(14.94, "14.9×"), (0.0, "0.0×"), (99.96, "100×"), (1000.0, "1 000×"), (NAN, "–")]
)
def test_that_a_burn_rate_is_told_to_a_tenth(rate, words):
    assert plain(rate_words(rate)) == words


@pytest.mark.parametrize(("factor", "words"), [(14.4, "14.4×"), (6.0, "6×"), (3.36, "3.36×"), (1.0, "1×")])
def test_that_a_factor_has_no_more_figures_than_it_needs(factor, words):
    assert factor_words(factor) == words


def threshold(metric, op, value, **labels):
    return Indicator("threshold", metric=Selector(metric, tuple(labels.items())), op=op, value=value)


@pytest.mark.parametrize(
    ("indicator", "words"),
    [
        (promise().indicator, "up"),
        (ERRORS, "answers without error"),
        (threshold("endpoint_latency_seconds", "lte", 1.0, quantile="0.95"), "p95 within 1 s"),
        (threshold("endpoint_latency_seconds", "lt", 0.65, quantile="0.999"), "p99.9 within 650 ms"),
        (threshold("endpoint_saturation_ratio", "lt", 0.9), "saturation under 90 %"),
        (threshold("endpoint_queue_length", "lte", 5.0), "queue length at most 5"),
        (threshold("endpoint_replicas_ready", "gte", 2.0), "replicas ready at least 2"),
        (threshold("endpoint_replicas_ready", "gt", 1.0), "replicas ready over 1"),
        (
            Indicator(
                "ratio",
                good=Selector("endpoint_requests_within", (("le", "0.5"),)),
                total=Selector("endpoint_requests"),
            ),
            "answers within 500 ms",
        ),
    ],
)
def test_that_a_promise_is_told_in_words(indicator, words):
    assert plain(promise_words(promise(indicator=indicator))) == words


def test_that_the_method_says_what_weighs_what():
    slices = {"slice_seconds": 300.0, "slice_target": 0.8}
    assert method_words(promise()) == "Occurrences: every second weighs alike"
    assert method_words(promise(indicator=ERRORS)) == "Occurrences: every answer weighs alike"
    timed = plain(method_words(promise(method=Method.TIMESLICES, **slices)))
    assert timed == "Timeslices: slices of 5 min, each good from 80.00 % on"
    mean = plain(method_words(promise(method=Method.RATIO_TIMESLICES, **slices)))
    assert mean == "RatioTimeslices: the mean of the shares of all slices of 5 min"


@pytest.mark.parametrize(
    ("outlook", "words"),
    [
        (RunOut(Outlook.SPENT), "spent"),
        (RunOut(Outlook.UNKNOWN), "too early"),
        (RunOut(Outlook.LASTS), "after 30 Sep"),
        (RunOut(Outlook.RUNS_OUT, middle=from_iso("2026-09-18T05:00:00Z")), "18 Sep"),
    ],
)
def test_that_it_says_when_a_budget_runs_out(tmp_path, outlook, words):
    from dataclasses import replace

    desk = Levels(tmp_path)
    desk.promise()
    desk.probe()
    assert plain(runs_out_words(replace(desk.row(), outlook=outlook), desk.at)) == words


def test_that_of_nothing_known_no_date_is_told_and_of_a_closed_period_its_verdict(tmp_path):
    desk = Levels(tmp_path)
    desk.promise()
    desk.bring((), "rag")
    assert runs_out_words(desk.row(), desk.at) == "not known"
    assert runs_out_words(desk.row("2026-08"), desk.at) == "not provable"


@pytest.mark.parametrize(
    ("start", "end", "late", "lasts", "words"),
    [
        (
            "2026-09-10T05:00:00Z",
            "2026-09-10T06:30:00Z",
            3 * HOUR,
            False,
            "10 Sep 05:00 to 06:30 Z: X; learned 3 h 00 m later",
        ),
        (
            "2026-09-10T22:00:00Z",
            "2026-09-11T03:00:00Z",
            0.0,
            False,
            "10 Sep 22:00 to 11 Sep 03:00 Z: X; learned at once",
        ),
        (
            "2026-09-10T05:00:00Z",
            "2026-09-16T00:00:00Z",
            0.0,
            True,
            "10 Sep 05:00 to 16 Sep 00:00 Z and on: X; learned at once",
        ),
    ],
)
def test_that_a_burn_says_when_it_was_and_when_that_was_learned(start, end, late, lasts, words):
    said = burn_words(burn(from_iso(start), from_iso(end), from_iso(start) + late, lasts=lasts))
    assert plain(said) == words.replace("X", "1 h and 5 min above 14.4×, 46.1× at most")


def burn(start, end, learned, **other):
    pair = Pair("1 h and 5 min", "page", 0.02, 3600.0, 300.0)
    told = {"pair": pair, "start": start, "end": end, "factor": 14.4, "peak": 46.1, "learned": learned} | other
    return Burn(**told)
