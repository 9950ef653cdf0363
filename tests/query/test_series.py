"""Samples as they are and in buckets; expected values by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.series import bucketed, read_points
from tests.fakes.fleets import DAY, HOUR, NOW, S1, T1, U1, catalogue, endpoint, minutes, series
from tests.fakes.stores import bring, open_store, station

NAN = np.nan
STATION = station(Level.TS)


def test_that_a_bucket_holds_its_own_seconds_and_a_gap_stays_a_gap():
    time = np.array([0.0, 20.0, 40.0, 60.0, 200.0])
    got = bucketed(time, np.array([1.0, 2.0, 6.0, 5.0, 7.0]), 0.0, 60.0)
    np.testing.assert_array_equal(got.time, [0, 60, 180])
    np.testing.assert_array_equal(got.mean, [3, 5, 7])
    np.testing.assert_array_equal(got.least, [1, 5, 7])
    np.testing.assert_array_equal(got.most, [6, 5, 7])
    np.testing.assert_array_equal(got.count, [3, 1, 1])


def test_that_nan_is_counted_as_a_sample_and_is_in_no_figure():
    got = bucketed(np.array([0.0, 1.0, 60.0]), np.array([NAN, 4.0, NAN]), 0.0, 60.0)
    np.testing.assert_array_equal(got.count, [2, 1])
    np.testing.assert_array_equal(got.mean, [4, NAN])
    np.testing.assert_array_equal(got.least, [4, NAN])
    np.testing.assert_array_equal(got.most, [4, NAN])


def test_that_infinities_stay():
    got = bucketed(np.array([0.0, 1.0]), np.array([np.inf, 4.0]), 0.0, 60.0)
    assert (got.mean[0], got.least[0], got.most[0]) == (np.inf, 4.0, np.inf)


def test_that_buckets_are_counted_from_the_start_asked_for():
    got = bucketed(np.array([100.0, 159.0, 160.0]), np.ones(3), 100.0, 60.0)
    np.testing.assert_array_equal(got.time, [100, 160])
    np.testing.assert_array_equal(got.count, [2, 1])


def test_that_no_samples_make_no_buckets():
    assert bucketed(np.empty(0), np.empty(0), 0.0, 60.0).time.size == 0


@given(st.lists(st.integers(0, 100_000), unique=True, max_size=60), st.integers(1, 5000))
def test_that_every_sample_is_in_exactly_one_bucket(millis, width):
    time = np.array(sorted(millis), dtype=np.float64) / 1000.0
    got = bucketed(time, np.ones(time.size), 0.0, width / 1000.0)
    assert got.count.sum() == time.size
    expected = {ms // width * width for ms in millis}
    assert {round(t * 1000) for t in got.time.tolist()} == expected


# --- from a store ---------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def fill(store, enclave, value=1.0, **labels):
    own = {"enclave": enclave.id, "endpoint": "rag"} | labels
    time = minutes(NOW - HOUR, 2)
    rows = [series("endpoint_up", own, time, value), series("endpoint_queue_length", own, time, 3.0)]
    bring(store, catalogue(enclave, endpoint(enclave, "rag")), TimeRange(NOW - DAY, NOW - HOUR), rows)


def read(store, metric="endpoint_up", labels=(), start=NOW - DAY, end=NOW, **options):
    return read_points(store, options.pop("station", STATION), metric, dict(labels), TimeRange(start, end), **options)


def test_that_series_are_matched_by_metric_and_labels(store):
    fill(store, U1)
    fill(store, S1)
    assert [one.enclave for one in read(store).points] == ["enc-s1", "enc-u1"]
    (one,) = read(store, labels={"enclave": "enc-s1", "endpoint": "rag"}.items()).points
    assert (one.level, one.raw.time.size, one.buckets) == (Level.S, 120, None)
    assert read(store, labels={"endpoint": "other"}.items()).points == ()
    assert read(store, metric="endpoint_u").points == ()


def test_that_the_range_holds_its_start_and_not_its_end(store):
    fill(store, U1)
    (one,) = read(store, start=NOW - 2 * HOUR, end=NOW - 2 * HOUR + 120).points
    np.testing.assert_array_equal(one.raw.time, [NOW - 2 * HOUR, NOW - 2 * HOUR + 60])


def test_that_buckets_come_with_a_step(store):
    fill(store, U1, np.arange(120.0))
    (one,) = read(store, start=NOW - 3 * HOUR, end=NOW, step=3600.0).points
    np.testing.assert_array_equal(one.buckets.mean, [29.5, 89.5])
    np.testing.assert_array_equal(one.buckets.count, [60, 60])


def test_that_the_marking_is_that_of_what_is_shown_and_fails_closed(store):
    fill(store, U1)
    fill(store, S1)
    fill(store, T1)
    assert read(store).marking is Level.TS
    assert read(store, ceiling=Level.S).marking is Level.S
    assert read(store, labels={"enclave": "enc-u1"}.items()).marking is Level.U
    assert read(store, metric="nothing").marking is Level.TS
    assert read(store, metric="nothing", ceiling=Level.U).marking is Level.U
    raised = station(Level.TS, aggregation_floor=Level.TS)
    assert read(store, ceiling=Level.S, station=raised).marking is Level.TS
    assert read(store, labels={"enclave": "enc-u1"}.items(), station=raised).marking is Level.U


def test_that_a_past_moment_knows_only_what_had_come_in(store):
    fill(store, U1)
    assert read(store, at=NOW - 2 * HOUR).points == () or all(
        one.raw.time.size == 0 for one in read(store, at=NOW - 2 * HOUR).points
    )
    assert read(store, at=NOW).points[0].raw.time.size == 120
    assert not math.isnan(read(store).as_of)
