"""One endpoint read from a real, small store; every number in a test can be worked out from what it wrote."""

import math

import numpy as np
import pytest

from app.analysis.changes import Kind
from app.job import Job
from app.model.event import Event
from app.model.health import Bound, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.endpoint import read_endpoint
from app.query.endpoint_curves import read_endpoint_curves
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, T1, U1, catalogue, endpoint, last, minutes, series, serving
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
HISTORY = TimeRange(END - 31 * DAY, END)
STATION = station(Level.TS)
SPAN = TimeRange(NOW - DAY, NOW)


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def versioned(metric, version, value, hours, end=END, **labels):
    own = {"enclave": "enc-u1", "endpoint": "rag", "version": version} | labels
    return series(metric, own, minutes(end, hours), value, "prometheus/mesh/rag")


def about(store, where=("enc-u1", "rag"), span=SPAN, **other):
    return read_endpoint(store, STATION, NOW, span, where, Job(), **other)


def canary(store, *, events=()):
    """3 h ago 1.1 took a tenth of 600 requests a minute; for 20 minutes 24 of its 60 fail, and 6 of the others."""
    rows = [row for row in serving(U1, "rag", END) if row.key.metric not in ("endpoint_requests", "endpoint_errors")]
    rows += [
        versioned("endpoint_requests", "1.0", last(540.0, 180, 600.0), 26.0),
        versioned("endpoint_errors", "1.0", last(6.0, 20, 0.0), 26.0),
        versioned("endpoint_requests", "1.1", 60.0, 3.0),
        versioned("endpoint_errors", "1.1", last(24.0, 20, 0.0, hours=3.0), 3.0),
    ]
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows, events=events)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_that_an_endpoint_that_nobody_declares_is_none(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END))
    assert about(store, ("enc-u1", "other")) is None
    assert about(store, ("enc-s1", "rag")) is None
    assert about(store).here.health is Health.HEALTHY


def test_that_a_retired_endpoint_is_none_from_then_on(store):
    bring(store, catalogue(U1, endpoint(U1, "rag", retired_at=NOW - 1)), HISTORY, serving(U1, "rag", END))
    assert about(store) is None


def test_that_the_trouble_names_the_change_before_it_and_the_version_with_the_errors(store):
    canary(store)
    found = about(store)
    assert found.here.health is Health.CRITICAL
    assert [(change.at, plain(change.text)) for change in found.changes] == [
        (END - 3 * HOUR, "1.1 appears with 10 % of the traffic")
    ]
    trouble = found.trouble
    # 30 of 600 a minute for 20 minutes; the change lies nearly three hours before: too far to be named
    assert trouble.change is None
    assert END - trouble.since == pytest.approx(17 * MINUTE, abs=2 * MINUTE)
    blamed = trouble.blamed
    assert (blamed.version, blamed.traffic, blamed.blame) == ("1.1", pytest.approx(0.1), pytest.approx(0.8))
    assert blamed.error_ratio == pytest.approx(0.4)


def test_that_a_change_shortly_before_is_named_and_one_after_it_is_not(store):
    moments = {"before": END - 50 * MINUTE, "after": END - 5 * MINUTE}
    events = [
        Event("enc-u1", "deployment", key, "rag", at, at, f"released {key}", (("version", key),))
        for key, at in moments.items()
    ]
    events.append(Event("enc-u1", "alert", "a", "rag", END - 19 * MINUTE, None, "errors"))
    canary(store, events=events)
    assert about(store).trouble.change.text == "released before"


def test_that_a_deployment_that_was_told_is_not_told_again_from_the_series(store):
    told = Event("enc-u1", "deployment", "d", "rag", END - 3 * HOUR - 60, None, "canary", (("version", "1.1"),))
    canary(store, events=[told])
    found = about(store)
    assert found.changes == ()
    assert [event.text for event in found.events] == ["canary"]


def test_that_events_of_others_are_left_out_and_work_on_the_enclave_is_not(store):
    def event(kind, subject, key):
        return Event("enc-u1", kind, key, subject, END - HOUR, END - HOUR / 2, key)

    bring(
        store,
        catalogue(U1, endpoint(U1, "rag"), endpoint(U1, "other")),
        HISTORY,
        serving(U1, "rag", END),
        events=[event("alert", "other", "a"), event("alert", "rag", "b"), event("maintenance", "enc-u1", "c")],
    )
    assert [one.text for one in about(store).events] == ["b", "c"]


def test_that_replicas_away_for_planned_work_are_told_as_that_work_alone(store):
    rows = serving(U1, "rag", END, endpoint_replicas_ready=last(1.0, 30, 4.0))
    work = Event("enc-u1", "maintenance", "w", "rag", END - 40 * MINUTE, END + HOUR, "Node pool upgrade")
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows, events=[work])
    found = about(store)
    assert found.changes == ()
    assert [event.text for event in found.events] == ["Node pool upgrade"]


def test_that_replicas_missing_before_planned_work_are_told(store):
    rows = serving(U1, "rag", END, endpoint_replicas_ready=last(1.0, 30, 4.0))
    work = Event("enc-u1", "maintenance", "w", "rag", END - 10 * MINUTE, END + HOUR, "Node pool upgrade")
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows, events=[work])
    assert [change.kind for change in about(store).changes] == [Kind.MISSING]


def test_that_missing_replicas_are_no_cause(store):
    rows = serving(U1, "rag", END, endpoint_errors=last(30.0, 20, 0.0), endpoint_replicas_ready=last(1.0, 30, 4.0))
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows)
    found = about(store)
    assert [change.kind for change in found.changes] == [Kind.MISSING]
    assert found.trouble.change is None


def test_that_versions_are_shares_of_the_last_hour_and_old_ones_have_none(store):
    rows = [row for row in serving(U1, "rag", END) if row.key.metric not in ("endpoint_requests", "endpoint_errors")]
    rows += [
        versioned("endpoint_requests", "1.0", 600.0, 20.0, END - 6 * HOUR),
        versioned("endpoint_requests", "1.1", 450.0, 6.0),
        versioned("endpoint_requests", "1.2", 150.0, 2.0),
        versioned("endpoint_errors", "1.1", 9.0, 6.0),
        versioned("endpoint_errors", "1.2", 0.0, 2.0),
    ]
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows)
    first, second, third = about(store).versions
    assert (first.name, first.share.traffic, first.share.error_ratio) == ("1.1", 0.75, pytest.approx(0.02))
    assert (second.name, second.share.traffic, second.share.error_ratio) == ("1.2", 0.25, 0.0)
    assert (third.name, third.share.requests) == ("1.0", 0.0)
    assert third.last == END - 6 * HOUR - MINUTE


def test_that_a_version_older_than_what_is_looked_at_has_no_beginning(store):
    rows = [row for row in serving(U1, "rag", END) if row.key.metric != "endpoint_requests"]
    rows += [
        versioned("endpoint_requests", "1.0", 600.0, 31.0 * 24),
        versioned("endpoint_requests", "1.1", 60.0, 20.0),
    ]
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows)
    first, second = about(store).versions
    assert math.isnan(first.first)
    assert second.first == END - 20 * HOUR


def test_that_the_same_endpoint_elsewhere_is_told_with_the_highest_marking(store):
    for enclave in (U1, S1, T1):
        bring(store, catalogue(enclave, endpoint(enclave, "rag")), HISTORY, serving(enclave, "rag", END))
    found = about(store)
    assert [cell.enclave.id for cell in found.elsewhere] == ["enc-s1", "enc-t1"]
    assert found.marking is Level.TS
    fewer = about(store, hidden=frozenset({"enc-t1"}))
    assert ([cell.enclave.id for cell in fewer.elsewhere], fewer.hidden) == (["enc-s1"], 1)
    assert fewer.marking is Level.S
    low = about(store, ceiling=Level.U)
    assert (low.elsewhere, low.marking) == ((), Level.U)


def test_that_the_newest_bundle_and_its_arrival_are_named(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END), seq=1)
    found = about(store)
    assert (found.bundle.seq, found.received) == (1, (END + 60.0,))
    assert about(store, span=TimeRange(NOW - 30, NOW)).received == ()


# --- curves -------------------------------------------------------------------------------------------------------


def curves(store, span=SPAN, columns=3000, **other):
    return read_endpoint_curves(store, STATION, about(store, **other), span, columns)


def test_that_throughput_is_the_sum_of_versions_and_errors_their_share_over_five_minutes(store):
    canary(store)
    found = curves(store)
    rate = found.throughput.reduced
    assert set(rate.least.tolist()) == {10.0}  # 600 a minute before and after the split
    share = found.errors.reduced
    assert share.time[-1] == END - MINUTE
    assert share.least[-1] == pytest.approx(30 / 600)
    # with the first bad minute one of five is bad
    first = int(np.searchsorted(share.time, END - 20 * MINUTE))
    assert (share.least[first - 1], share.least[first]) == (0.0, pytest.approx(30 / 3000))


def test_that_a_span_that_begins_later_changes_no_share(store):
    canary(store)
    whole, part = curves(store).errors.reduced, curves(store, TimeRange(END - 18 * MINUTE, NOW)).errors.reduced
    assert part.least.tolist() == whole.least[-part.time.size :].tolist()


def test_that_reduced_rates_keep_the_extremes_of_single_samples(store):
    row = np.full(26 * 60, 600.0)
    row[-700] = 6000.0
    row[-500] = 0.0
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END, endpoint_requests=row))
    reduced = curves(store, columns=50).throughput.reduced
    assert reduced.time.size <= 51
    assert (np.nanmax(reduced.most), np.nanmin(reduced.least)) == (100.0, 0.0)


def test_that_versions_that_follow_each_other_make_one_curve_and_two_at_once_the_slower(store):
    own = {"quantile": "0.95"}
    rows = [row for row in serving(U1, "rag", END) if row.key.metric != "endpoint_latency_seconds"]
    rows += [
        versioned("endpoint_latency_seconds", "1.0", 0.5, 10.0, END - 10 * HOUR, **own),
        versioned("endpoint_latency_seconds", "1.1", 0.7, 10.0, **own),
        versioned("endpoint_latency_seconds", "1.2", last(0.9, 30, 0.6, hours=2.0), 2.0, **own),
    ]
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows)
    (curve,) = curves(store).latency
    at = dict(zip(curve.reduced.time.tolist(), curve.reduced.most.tolist(), strict=True))
    assert curve.name == "p95"
    assert (at[END - 11 * HOUR], at[END - 5 * HOUR], at[END - HOUR], at[END - MINUTE]) == (0.5, 0.7, 0.7, 0.9)


def test_that_values_that_are_only_bounds_stand_in_a_curve_of_their_own(store):
    row = last(0.5, 60, 0.3)
    flag = last(0.0, 60, -1.0)
    changed = {"endpoint_latency_seconds": row, "endpoint_latency_bound": flag}
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END, **changed))
    exact, most = curves(store).latency
    assert (exact.bound, most.bound) == (Bound.EXACT, Bound.AT_MOST)
    assert np.isnan(exact.reduced.least[0])
    assert exact.reduced.least[-1] == 0.5
    assert most.reduced.least[0] == 0.3
    assert np.isnan(most.reduced.least[-1])


def test_that_what_is_not_exported_has_no_curve(store):
    rows = serving(U1, "rag", END, endpoint_queue_length=None, endpoint_errors=None)
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, rows)
    found = curves(store)
    assert (found.queue, found.errors) == (None, None)
    assert found.throughput is not None


def test_that_an_endpoint_without_samples_has_no_curves_at_all(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY)
    found = curves(store)
    assert (found.latency, found.ready, found.width) == ((), None, 0.0)
    assert math.isnan(found.newest)


def test_that_what_came_in_later_is_in_no_curve_of_a_past_moment(store):
    named, early, late = catalogue(U1, endpoint(U1, "rag")), END - HOUR, {"hours": 1.0, "received": NOW + HOUR}
    bring(store, named, HISTORY, serving(U1, "rag", early))
    bring(store, named, HISTORY, serving(U1, "rag", END, hours=late.pop("hours")), seq=2, **late)
    found = curves(store)
    parts = [*found.latency, found.throughput, found.errors, found.queue, found.ready, found.wanted]
    assert {one.reduced.time[-1] for one in parts} == {early - MINUTE}
    assert found.newest == early - MINUTE
