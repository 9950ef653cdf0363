"""Alerts by hand: times in seconds after midnight of a day that begins at 0."""

import math

import numpy as np
import pytest

from app.analysis import alert
from app.analysis.mapping import Raw
from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level
from app.model.time_range import TimeRange

HOUR = 3600.0
SLOW = {"alertname": "Slow", "model_name": "llama", "severity": "critical"}


def firing(times, labels=SLOW):
    return Raw(labels | {"alertstate": "firing"}, np.array(times, dtype=float), np.ones(len(times)))


def active(times, since, labels=SLOW):
    value = np.full(len(times), float(since)) if np.isscalar(since) else np.array(since, dtype=float)
    return Raw(labels, np.array(times, dtype=float), value)


def only(rows, beginnings, interval=60.0):
    (episode,), unknown = alert.episodes(rows, beginnings, interval)
    assert unknown == 0
    return episode


# --- whose ------------------------------------------------------------------------------------------------------


@pytest.fixture
def catalogue():
    return Catalogue(
        Enclave("alpha", "Alpha", Level.S, 900.0),
        (Endpoint("alpha", "chat", "Chat"), Endpoint("alpha", "gone", "Gone", retired_at=100.0)),
        (Node("alpha", "g1", 8),),
    )


MATCHES = {
    "chat": {"vllm": {"model_name": "llama"}, "dcgm": {"namespace": "serving", "container": "chat"}, "generic": {}},
    "gone": {"vllm": {"model_name": "gone"}},
}
NODES = {"g1": {"dcgm": {"Hostname": "g1"}}}


def test_that_what_is_declared_owns_by_each_of_its_matches_and_an_empty_match_owns_nothing(catalogue):
    assert alert.owners(catalogue, MATCHES, NODES, (), 100.0) == [
        ("chat", {"model_name": "llama"}),
        ("chat", {"namespace": "serving", "container": "chat"}),
        ("g1", {"Hostname": "g1"}),
    ]
    assert ("gone", {"model_name": "gone"}) in alert.owners(catalogue, MATCHES, NODES, (), 99.0)


def test_that_matches_of_recipes_that_are_not_read_here_own_nothing_here(catalogue):
    assert alert.owners(catalogue, MATCHES, NODES, ("vllm",), 100.0) == [("chat", {"model_name": "llama"})]


def test_that_an_alert_goes_to_all_whose_labels_it_carries_and_to_nobody_by_half():
    both = alert.identity({"alertname": "Xid", "namespace": "serving", "container": "chat", "Hostname": "g1"})
    half = alert.identity({"alertname": "Quota", "namespace": "serving"})
    declared = [
        ("chat", {"namespace": "serving", "container": "chat"}),
        ("g1", {"Hostname": "g1"}),
        ("g1", {"alertname": "Xid"}),
    ]
    found = alert.assign([both, half, both], declared, 10)
    assert (found.seen, found.matched) == (2, 1)
    assert found.mine == {both: ("chat", "g1")}


def test_that_pending_and_firing_are_one_alert():
    assert alert.identity(SLOW | {"alertstate": "firing"}) == alert.identity(SLOW | {"alertstate": "pending"})


def test_that_of_too_many_the_critical_ones_are_read():
    some = [alert.identity({"alertname": "A", "job": "x", "n": str(n), "severity": "warning"}) for n in range(3)]
    worst = alert.identity({"alertname": "Z", "job": "x", "severity": "critical"})
    found = alert.assign([*some, worst], [("chat", {"job": "x"})], 2)
    assert (found.seen, found.matched) == (4, 4)
    assert list(found.mine) == [worst, some[0]]


def test_that_a_question_narrows_by_the_labels_that_all_share_but_never_by_a_long_list():
    alerts = [alert.identity({"alertname": f"A{n}", "job": "x", "pod": f"p{n}"}) for n in range(3)]
    alerts.append(alert.identity({"alertname": "B", "job": "y", "pod": "p9", "zone": "1"}))
    select = alert.assign(alerts, [("chat", {"job": "x"}), ("code", {"job": "y"})], 10).select(most=3)
    assert select == {"alertname": ["A0", "A1", "A2", "B"], "job": ["x", "y"]}


# --- from when to when ------------------------------------------------------------------------------------------


def test_that_an_alert_begins_with_its_first_firing_sample_and_is_known_by_when_it_became_active():
    # active at 600, pending for two minutes, firing from 720 on
    episode = only([firing([720, 780, 840])], [active([600, 660, 720, 780, 840], 600)])
    assert (episode.since, episode.first, episode.last, episode.interval) == (600.0, 720.0, 840.0, 60.0)
    assert alert.started(episode, None) == 720.0


def test_that_pieces_that_overlap_are_one_alert():
    beginnings = [active([600, 660], 600), active([660, 720, 780], 600)]
    assert only([firing([600, 660]), firing([660, 720, 780])], beginnings).last == 780.0


def test_that_an_alert_that_fires_again_is_another_one_and_the_first_is_over():
    rows = [firing([600, 660, 900, 960])]
    (first, second), _ = alert.episodes(rows, [active([600, 660, 900, 960], [600, 600, 900, 900])], 60.0)
    assert (first.first, first.last, second.first, second.last) == (600.0, 660.0, 900.0, 960.0)
    # evaluations are 60 s apart as a rule: at 720 it was not told any more, whether or not the server is known to live
    assert alert.ended(first, math.nan, 60.0) == 720.0
    assert alert.ended(second, math.nan, 60.0) is None


def test_that_an_alert_that_returns_at_once_under_a_new_beginning_does_not_overlap_itself():
    (first, _), _ = alert.episodes([firing([0, 60, 90])], [active([0, 60, 90], [0, 0, 90])], 60.0)
    assert alert.ended(first, math.nan, 60.0) == 90.0


def test_that_an_alert_that_goes_on_with_the_same_beginning_after_a_silence_is_one():
    rows, since = [firing([600, 660, 4200, 4260])], [active([600, 660, 4200, 4260], 600)]
    episode = only(rows, since)
    assert (episode.first, episode.last) == (600.0, 4260.0)


@pytest.mark.parametrize(
    ("alive", "end"),
    [
        (1000.0, None),  # silent since the last sample
        (1000.0 + 150.0, None),  # 2.5 evaluations of 60 s: one of them may be late
        (1000.0 + 151.0, 1060.0),
        (math.nan, None),
    ],
)
def test_that_an_alert_ends_only_where_its_server_is_known_to_have_worked_on(alive, end):
    times = [880, 940, 1000]
    assert alert.ended(only([firing(times)], [active(times, 880)]), alive, 15.0) == end


def test_that_a_rule_that_is_evaluated_rarely_is_waited_for_and_a_target_that_is_read_rarely_too():
    rare = only([firing([300, 600, 900])], [active([300, 600, 900], 300)])
    assert alert.ended(rare, 900.0 + 749.0, 15.0) is None
    assert alert.ended(rare, 900.0 + 751.0, 15.0) == 1200.0
    often = only([firing([880, 890, 900])], [active([880, 890, 900], 880)])
    assert alert.ended(often, 900.0 + 149.0, 60.0) is None
    assert alert.ended(often, 900.0 + 151.0, 60.0) == 910.0


def test_that_an_alert_that_was_seen_once_is_taken_to_be_evaluated_as_targets_are_read():
    once = only([firing([900])], [active([900], 900)], interval=30.0)
    assert alert.ended(once, 2000.0, 30.0) == 930.0


def test_that_the_beginning_of_an_alert_that_fired_before_is_looked_up():
    # active since 1 h, fires since 1 h 10 min; read from 5 h on
    times = np.arange(5 * HOUR, 5.5 * HOUR, 60.0)
    episode = only([firing(times)], [active(times, HOUR)])
    before = [firing(np.arange(HOUR + 600.0, 5 * HOUR, 60.0))]
    assert alert.started(episode, alert.Earlier.of(before, joins=True)) == HOUR + 600.0
    # an episode before that one is not its beginning
    older = [firing(np.array([0.0, 60.0]))]
    assert alert.started(episode, alert.Earlier.of([*older, *before], joins=True)) == HOUR + 600.0


def test_that_an_alert_that_was_pending_until_it_was_read_begins_there():
    times = [5 * HOUR + 600.0, 5 * HOUR + 660.0]
    episode = only([firing(times)], [active(times, HOUR)])
    assert alert.started(episode, alert.Earlier.of([], joins=True)) == 5 * HOUR + 600.0


def test_that_where_its_samples_are_gone_the_time_when_it_became_active_stands():
    times = [50 * HOUR, 50 * HOUR + 60.0]
    episode = only([firing(times)], [active(times, HOUR)])
    assert alert.started(episode, alert.Earlier.of([], joins=False)) == HOUR


def test_that_an_alert_that_does_not_say_since_when_is_counted_and_not_told():
    other = SLOW | {"model_name": "other"}
    assert alert.episodes([firing([600, 660])], [active([600, 660], 600, other)], 60.0) == ([], 1)


# --- told -------------------------------------------------------------------------------------------------------


def tell(rows, beginnings, subjects=("chat",), end=None):
    episode = only(rows, beginnings)
    return list(alert.told(episode, subjects, "alpha", episode.first, end))


def test_that_an_alert_is_told_of_each_subject_with_name_severity_and_enclave():
    found = tell([firing([600])], [active([600], 540)], ("chat", "g1"))
    assert [(one.kind, one.subject, one.start, one.end, one.text) for one in found] == [
        ("alert", "chat", 600.0, None, "Slow (critical)"),
        ("alert", "g1", 600.0, None, "Slow (critical)"),
    ]
    assert found[0].labels == (("alertname", "Slow"), ("enclave", "alpha"), ("severity", "critical"))
    assert found[0].key != found[1].key


def test_that_an_alert_without_severity_has_none():
    bare = {"alertname": "Slow"}
    (event,) = tell([firing([600], bare)], [active([600], 540, bare)])
    assert (event.text, event.labels) == ("Slow", (("alertname", "Slow"), ("enclave", "alpha")))


def test_that_the_key_is_the_same_in_every_reading_of_one_episode_and_another_in_the_next():
    (early,) = tell([firing([600])], [active([600], 540)])
    (late,) = tell([firing([9000])], [active([9000], 540)], end=9060.0)
    (again,) = tell([firing([9000])], [active([9000], 8000)])
    (other,) = tell([firing([600], SLOW | {"pod": "b"})], [active([600], 540, SLOW | {"pod": "b"})])
    assert early.key == late.key
    assert len({early.key, again.key, other.key}) == 3


def test_that_a_key_fits_into_a_bundle_whatever_the_labels():
    labels = {"alertname": "é" * 1000, "path": "/" * 5000}
    (event,) = tell([firing([600], labels)], [active([600], 540, labels)])
    assert len(event.key) < 512
    assert event.key.endswith("/540")


def test_that_what_is_not_told_is_noted_with_its_number_and_nothing_else_is():
    window = TimeRange(0.0, 900.0)
    assert not list(alert.notes(alert.Assigned(1, 1, {alert.identity(SLOW): ("chat",)}), 0, "alpha", "main", window))
    stray, cut, since = alert.notes(
        alert.Assigned(14, 2, {alert.identity(SLOW): ("chat",)}), 3, "alpha", "main", window
    )
    assert stray.text == "12 alerts match no declared endpoint or node"
    assert (stray.kind, stray.subject, stray.labels) == ("collection", "main", (("class", "info"),))
    assert cut.text == "2 alerts are too many at once, 1 were read"
    assert since.text.endswith("their beginning is unknown: 3")
    assert since.labels == (("class", "warning"),)
    (one,) = alert.notes(alert.Assigned(1, 0, {}), 0, "alpha", "main", window)
    assert one.text == "1 alert matches no declared endpoint or node"
    (later,) = alert.notes(alert.Assigned(1, 0, {}), 0, "alpha", "main", TimeRange(900.0, 1800.0))
    assert one.key == later.key
