"""Changes found in series that are made by hand: what is told, when, and what is no change."""

import math

import numpy as np
import pytest

from app.analysis.changes import Kind, Served, replica_changes, share_of, shares, version_changes

STEP = 60.0
HOUR = 60


def served(version, first, count, requests=100.0):
    time = np.arange(first, first + count) * STEP
    return Served(version, time, np.broadcast_to(np.asarray(requests, float), time.shape).copy())


def told(changes):
    return [(change.at / STEP, change.text.replace("\u00a0", " ")) for change in changes]


def test_that_one_version_alone_is_no_change():
    assert version_changes([served("1.0", 0, 500)], STEP) == []
    assert version_changes([], STEP) == []


def test_that_a_version_that_follows_another_takes_over():
    changes = version_changes([served("1.0", 0, 300), served("1.1", 300, 300)], STEP)
    assert told(changes) == [(300, "1.1 takes over from 1.0")]


@pytest.mark.parametrize("lost", [1, 2])
def test_that_a_scrape_lost_in_the_hand_over_changes_nothing(lost):
    changes = version_changes([served("1.0", 0, 300), served("1.1", 300 + lost, 300)], STEP)
    assert told(changes) == [(300 + lost, "1.1 takes over from 1.0")]


def test_that_a_canary_is_told_with_its_share():
    changes = version_changes([served("2.4.1", 0, 600, 90.0), served("2.5.0", 400, 200, 10.0)], STEP)
    assert told(changes) == [(400, "2.5.0 appears with 10 % of the traffic")]
    assert changes[0].after == pytest.approx(0.10)


def test_that_a_canary_that_is_taken_back_serves_no_more():
    changes = version_changes([served("2.4.1", 0, 600, 90.0), served("2.5.0", 200, 100, 10.0)], STEP)
    assert told(changes) == [(200, "2.5.0 appears with 10 % of the traffic"), (300, "2.5.0 serves no more")]


def test_that_a_version_that_returns_is_told_again():
    back = served("1.8", 0, 200)
    later = served("1.8", 400, 200)
    both = Served("1.8", np.concatenate([back.time, later.time]), np.concatenate([back.requests, later.requests]))
    changes = version_changes([both, served("1.9", 200, 200)], STEP)
    assert told(changes) == [(200, "1.9 takes over from 1.8"), (400, "1.8 takes over from 1.9")]


def test_that_a_collector_that_read_nothing_is_no_change():
    def holed(version, requests):
        time = np.concatenate([np.arange(0, 200), np.arange(260, 500)]) * STEP
        return Served(version, time, np.full(time.size, requests))

    assert version_changes([holed("1.0", 90.0), holed("1.1", 10.0)], STEP) == []


def test_that_the_silence_at_the_end_is_no_version_that_left():
    parts = [served("1.0", 0, 500, 90.0), served("1.1", 0, 498, 10.0)]
    assert version_changes(parts, STEP) == []


def test_that_traffic_moved_between_versions_is_told_once_of_the_one_that_gains():
    ten, half = np.full(300, 10.0), np.full(300, 50.0)
    changes = version_changes(
        [served("a", 0, 600, np.concatenate([100 - ten, half])), served("b", 0, 600, np.concatenate([ten, half]))], STEP
    )
    assert told(changes) == [(300, "b goes from 10 % to 50 % of the traffic")]
    assert changes[0].kind is Kind.TRAFFIC


def test_that_noise_and_a_lull_are_no_shift():
    rng = np.random.default_rng(5)
    a, b = rng.poisson(900, 900).astype(float), rng.poisson(100, 900).astype(float)
    a[300:400] = b[300:400] = 0.0
    assert version_changes([served("a", 0, 900, a), served("b", 0, 900, b)], STEP) == []


def test_that_a_share_without_traffic_is_not_known():
    parts = [served("a", 0, 60, 0.0), served("b", 0, 60, 0.0)]
    assert math.isnan(share_of(parts, "a", 0.0, 3600.0))


def test_that_wanted_replicas_and_missing_ones_are_told():
    time = np.arange(100) * STEP
    wanted, ready = np.full(100, 10.0), np.full(100, 10.0)
    wanted[50:] = 12.0
    ready[60:80] = 9.0
    ready[50:60] = ready[80:] = 12.0
    changes = replica_changes(time, wanted, ready)
    assert told(changes) == [(50, "10 → 12 replicas wanted"), (60, "9 of 12 replicas ready")]
    assert changes[1].end == 80 * STEP


def test_that_a_short_restart_is_no_news_and_a_lasting_one_has_no_end():
    time = np.arange(100) * STEP
    wanted, ready = np.full(100, 4.0), np.full(100, 4.0)
    ready[10:13] = 3.0
    ready[90:] = 2.0
    changes = replica_changes(time, wanted, ready)
    assert told(changes) == [(90, "2 of 4 replicas ready")]
    assert math.isnan(changes[0].end)


def test_that_replicas_that_are_not_known_are_no_change():
    time = np.arange(100) * STEP
    wanted, ready = np.full(100, 4.0), np.full(100, 4.0)
    wanted[20:40] = ready[20:40] = np.nan
    assert replica_changes(time, wanted, ready) == []


def test_that_shares_are_of_all_requests_and_all_errors():
    canary, old = shares({"2.5.0": (100.0, 40.0), "2.4.1": (900.0, 10.0)})[::-1]
    assert (canary.version, canary.traffic, canary.blame, canary.error_ratio) == ("2.5.0", 0.1, 0.8, 0.4)
    assert (old.traffic, old.blame) == (0.9, 0.2)
    nothing = shares({"1": (0.0, 0.0)})[0]
    assert math.isnan(nothing.traffic)
    assert math.isnan(nothing.error_ratio)
