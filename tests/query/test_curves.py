import math

import numpy as np

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.curves import list_series, read_curves
from tests.fakes.fleets import HOUR, NOW, S1, T1, U1, catalogue, endpoint, minutes, series
from tests.fakes.stores import bring, open_store, station

STATION = station(Level.TS, aggregation_floor=Level.C)
SPAN = TimeRange(NOW - 2 * HOUR, NOW)


def filled(base_dir):
    """A store with one latency in each of three enclaves, and errors in one."""
    store = open_store(base_dir, NOW)
    for enclave, value in ((U1, 1.0), (S1, 2.0), (T1, 3.0)):
        labels = {"enclave": enclave.id, "endpoint": "chat"}
        time = minutes(NOW - (HOUR if enclave is T1 else 0.0), 2)
        told = [series("endpoint_latency_seconds", labels, time, value)]
        if enclave is U1:
            told.append(series("endpoint_errors", labels, time, np.arange(time.size, dtype=float)))
        window = TimeRange(NOW - 4 * HOUR, NOW)
        bring(store, catalogue(enclave, endpoint(enclave, "chat")), window, told, received=NOW)
    return store


def test_that_series_are_listed_by_metric_without_those_the_filter_hides(base_dir):
    store = filled(base_dir)
    listed = list_series(store, STATION, NOW, hidden=frozenset({S1.id}))
    assert [(one.metric, len(one.refs)) for one in listed.metrics] == [
        ("endpoint_errors", 1),
        ("endpoint_latency_seconds", 2),
    ]
    assert listed.hidden == {S1.id: 1}
    assert {picture.enclave.id for picture in listed.pictures} == {U1.id, S1.id, T1.id}
    assert listed.marking is Level.TS, "what is hidden was read as well"


def test_that_nothing_above_the_ceiling_is_listed_or_read(base_dir):
    store = filled(base_dir)
    every = list_series(store, STATION, NOW).refs
    listed = list_series(store, STATION, NOW, ceiling=Level.S)
    assert {ref.level for ref in listed.refs} == {Level.U, Level.S}
    read = read_curves(store, STATION, every, SPAN, 500, ceiling=Level.U)
    assert {curve.ref.enclave for curve in read.curves} == {U1.id}
    assert read.marking is Level.U


def test_that_curves_come_in_the_order_asked_for_with_their_own_newest_time(base_dir):
    store = filled(base_dir)
    refs = list(reversed([ref for ref in list_series(store, STATION, NOW).refs if "latency" in ref.key.metric]))
    read = read_curves(store, STATION, refs, SPAN, 500)
    assert [curve.ref for curve in read.curves] == refs
    by_enclave = {curve.ref.enclave: curve for curve in read.curves}
    assert by_enclave[T1.id].newest == NOW - HOUR - 60.0
    assert by_enclave[U1.id].newest == read.newest == NOW - 60.0
    assert by_enclave[S1.id].reduced.most.tolist() == [2.0] * 120


def test_that_combining_enclaves_raises_the_marking_to_the_floor(base_dir):
    store = filled(base_dir)
    refs = list_series(store, STATION, NOW).refs
    low = [ref for ref in refs if ref.enclave == U1.id]
    assert read_curves(store, STATION, low, SPAN, 500).marking is Level.U
    assert read_curves(store, STATION, refs, SPAN, 500, ceiling=Level.S).marking is Level.S


def test_that_nothing_asked_is_marked_as_high_as_it_could_have_been(base_dir):
    read = read_curves(open_store(base_dir, NOW), STATION, [], SPAN, 500)
    assert read.curves == ()
    assert math.isnan(read.newest)
    assert read.marking is Level.TS


def test_that_what_came_in_later_is_not_drawn_at_a_past_moment(base_dir):
    store = open_store(base_dir, NOW)
    labels, window = {"enclave": U1.id, "endpoint": "chat"}, TimeRange(NOW - 4 * HOUR, NOW)
    parts = {"early": (minutes(NOW - HOUR, 1), NOW), "late": (minutes(NOW, 1), NOW + HOUR)}
    for source, (time, received) in parts.items():
        told = [series("endpoint_latency_seconds", labels, time, 1.0)]
        bring(store, catalogue(U1, endpoint(U1, "chat")), window, told, received=received, source=source)
    (curve,) = read_curves(store, STATION, list_series(store, STATION, NOW).refs, SPAN, 500).curves
    assert curve.newest == curve.reduced.time[-1] == NOW - HOUR - 60.0
