"""The arithmetic of recipes on small made-up servers; every expected number is added up by hand."""

import numpy as np
import pytest

from app.analysis.mapping import Raw, Steps, add_known, apply, count
from app.analysis.recipe import Count, Family, Gauge, Histogram, Mean, Recipe
from app.model.time_range import TimeRange

STEPS = Steps.over(TimeRange(600, 900), 60.0, 30.0)  # five steps wanted, four before them to fill the window
TIMES = np.arange(0.0, 901.0, 30.0)


def raw(instance, per_scrape, since=0.0, **labels):
    """A counter that rises by so much at each scrape."""
    time = TIMES[since <= TIMES]
    return Raw({"job": "j", "instance": instance, **labels}, time, per_scrape * np.arange(len(time), dtype=float))


def wanted(values):
    return values[STEPS.warm :].tolist()


def column(reading, metric, /, **labels):
    (found,) = [one for one in reading.columns if one.metric == metric and dict(one.labels) == labels]
    return wanted(found.value)


def recipe(**entries):
    return Recipe("test", "endpoint", "x", ("job",), **entries)


def test_that_the_steps_of_a_window_and_those_before_it_are_laid_out():
    assert STEPS.edges[STEPS.warm + 1 :].tolist() == [600.0, 660.0, 720.0, 780.0, 840.0]
    assert (STEPS.width, STEPS.warm, STEPS.edges[0]) == (5, 4, 300.0)
    coarse = Steps.over(TimeRange(0, 1800), 600.0, 30.0)
    assert (coarse.width, coarse.warm, coarse.edges.tolist()) == (1, 0, [-600.0, 0.0, 600.0, 1200.0])


def test_that_replicas_are_added_after_differencing():
    rows = {"r{}": [raw("a", 1), raw("b", 2), raw("c", 4, since=720.0)]}
    # the third is first scraped at 720: its first whole step is the one that ends at 780
    assert wanted(count([Count("m", Family("r"))], rows, STEPS)) == [6, 6, 6, 14, 14]


def test_that_a_label_value_that_is_not_there_is_zero_where_its_target_is_read():
    rows = {"r{}": [raw("a", 1, code="200")]}
    errors = Count("m", Family("r", where={"code": "5.."}))
    assert wanted(count([errors], rows, STEPS)) == [0, 0, 0, 0, 0]
    assert np.isnan(count([errors], {}, STEPS)).all()


def test_that_where_and_unless_choose_whole_values():
    rows = {"r{}": [raw("a", 1, code="500"), raw("a", 2, code="5000"), raw("a", 4, code="200")]}
    assert wanted(count([Count("m", Family("r", where={"code": "5.."}))], rows, STEPS)) == [2] * 5
    assert wanted(count([Count("m", Family("r", unless={"code": "5.."}))], rows, STEPS)) == [12] * 5


def test_that_each_target_gives_the_first_metric_that_it_exports():
    rows = {"new{}": [raw("a", 1)], "old{}": [raw("a", 100), raw("b", 2)]}
    assert wanted(count([Count("m", Family("new")), Count("m", Family("old"))], rows, STEPS)) == [6] * 5


def test_that_plus_and_minus_stay_with_their_target():
    rows = {"r{}": [raw("a", 5), raw("b", 1)], "other{}": [raw("a", 2), raw("c", 50)]}
    assert wanted(count([Count("m", Family("r"), plus=Family("other"))], rows, STEPS)) == [2 * (5 + 2 + 1)] * 5
    # b never exports the other counter: nothing can be said of it
    assert wanted(count([Count("m", Family("r"), minus=Family("other"))], rows, STEPS)) == [2 * (5 - 2)] * 5


def test_that_unknown_plus_known_is_known_and_all_unknown_is_unknown():
    nan = float("nan")
    assert add_known([np.array([1.0, nan, nan]), np.array([2.0, 3.0, nan])], 3).tolist() == pytest.approx(
        [3.0, 3.0, nan], nan_ok=True
    )
    assert np.isnan(add_known([], 2)).all()


def buckets(instance, shares, **labels):
    return [raw(instance, share, le=bound, **labels) for bound, share in shares.items()]


LATENCY = Histogram("endpoint_latency_seconds", Family("b"), per=1000.0, within="endpoint_requests_within")


def test_that_buckets_are_added_before_the_quantile_and_never_averaged():
    rows = {
        "b{}": [
            *buckets("fast", {"100": 9.0, "200": 10.0, "+Inf": 10.0}),
            *buckets("slow", {"100": 0.0, "200": 2.0, "+Inf": 10.0}),
        ]
    }
    reading = apply(recipe(histogram=(LATENCY,)), ["endpoint_latency_seconds"], [], rows, {}, STEPS)
    # together 9 below 0.1 s, 12 below 0.2 s, 20 in all: the median, the 10th, is a third into (0.1, 0.2]
    median = column(reading, "endpoint_latency_seconds", quantile="0.5")
    assert median == pytest.approx([0.1 + 0.1 / 3] * 5)
    assert column(reading, "endpoint_latency_bound", quantile="0.5") == [0.0] * 5
    assert column(reading, "endpoint_latency_seconds", quantile="0.95") == [0.2] * 5
    assert column(reading, "endpoint_latency_bound", quantile="0.95") == [1.0] * 5
    assert column(reading, "endpoint_requests_within", le="0.1") == [18.0] * 5
    assert column(reading, "endpoint_requests_within", le="0.2") == [24.0] * 5


def test_that_a_bound_that_not_every_replica_has_gives_no_count():
    rows = {
        "b{}": [
            *buckets("new", {"50": 1.0, "100": 2.0, "+Inf": 4.0}),
            *buckets("old", {"100": 2.0, "+Inf": 4.0}),
        ]
    }
    reading = apply(recipe(histogram=(LATENCY,)), ["endpoint_latency_seconds"], [], rows, {}, STEPS)
    assert {dict(one.labels)["le"] for one in reading.columns if one.metric == "endpoint_requests_within"} == {"0.1"}


def test_that_without_traffic_there_is_no_quantile_but_the_metric_is_exported():
    rows = {"b{}": buckets("idle", {"100": 0.0, "+Inf": 0.0})}
    reading = apply(recipe(histogram=(LATENCY,)), ["endpoint_latency_seconds"], [], rows, {}, STEPS)
    assert np.isnan(column(reading, "endpoint_latency_seconds", quantile="0.95")).all()
    assert column(reading, "exported", metric="endpoint_latency_seconds") == [1.0] * 5


def test_that_a_histogram_of_one_open_bucket_says_nothing():
    rows = {"b{}": buckets("odd", {"+Inf": 3.0})}
    reading = apply(recipe(histogram=(LATENCY,)), ["endpoint_latency_seconds"], [], rows, {}, STEPS)
    assert [one.metric for one in reading.columns] == ["exported"]


def test_that_a_mean_is_total_by_count_over_the_window():
    entry = Mean("endpoint_latency_mean_seconds", Family("us"), Family("n"), per=1e6)
    rows = {"us{}": [raw("a", 600_000), raw("b", 0)], "n{}": [raw("a", 2), raw("b", 1)]}
    reading = apply(recipe(mean=(entry,)), ["endpoint_latency_mean_seconds"], [], rows, {}, STEPS)
    assert column(reading, "endpoint_latency_mean_seconds") == pytest.approx([0.2] * 5)


def gridded(*values):
    return Raw({}, STEPS.edges[1:], np.array([np.nan] * 4 + list(values), dtype=float))


def test_that_gauges_are_combined_and_the_first_entry_that_knows_speaks():
    nan = float("nan")
    rows = {"one": [gridded(1, 2, nan, nan, nan), gridded(3, nan, nan, nan, nan)], "two": [gridded(9, 9, 9, 9, nan)]}
    for combine, expected in (("sum", [4, 2]), ("max", [3, 2]), ("min", [1, 2])):
        entries = (Gauge("m_length", "one", combine), Gauge("m_length", "two"))
        reading = apply(recipe(gauge=entries), ["m_length"], [], {}, rows, STEPS)
        assert column(reading, "m_length") == pytest.approx([*expected, 9, 9, nan], nan_ok=True)


def test_that_a_server_that_is_down_exports_nothing_known():
    nan = float("nan")
    rows = {"up": [gridded(1, 1, 0, 0, nan)], "queue": [gridded(5, nan, nan, nan, nan)]}
    entries = (Gauge("endpoint_up", "up", "max"), Gauge("endpoint_queue_length", "queue"))
    reading = apply(
        recipe(gauge=entries), ["endpoint_up", "endpoint_queue_length"], ["endpoint_errors"], {}, rows, STEPS
    )
    assert column(reading, "exported", metric="endpoint_queue_length") == pytest.approx(
        [1, 0, nan, nan, nan], nan_ok=True
    )
    assert column(reading, "exported", metric="endpoint_errors") == pytest.approx([0, 0, nan, nan, nan], nan_ok=True)
    assert column(reading, "exported", metric="endpoint_up") == pytest.approx([1, 1, 1, 1, nan], nan_ok=True)
