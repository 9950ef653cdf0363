"""What the sync page and the attention list say of bundles, from a real cache and a real ledger."""

import math

import numpy as np
import pytest

from app.bundle.outcome import Code
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query import problems
from app.query.health import read_fleet
from app.query.sync_state import MOST_MISSING, read_sync
from app.store.ledger import Accepted, Attempt, Lock, accept, lock_source, record_attempt, recording
from tests.fakes.fleets import DAY, HOUR, NOW, S1, T1, U1, catalogue, endpoint, minutes, series
from tests.fakes.stores import bring, open_store, station

STATION = station(Level.S)


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def sync(store, at=NOW, **options):
    return read_sync(store, STATION, at, TimeRange(at - DAY, at), **options)


def attention(store, **options):
    return read_fleet(store, STATION, NOW, TimeRange(NOW - DAY, NOW), **options).attention


def carried(store, enclave, seq, end, *, cadence=HOUR, received=None):
    """A bundle that came in well: in the cache and in the ledger."""
    received = end + 60.0 if received is None else received
    window = TimeRange(end - cadence, end)
    told = [series("endpoint_up", {"enclave": enclave.id, "endpoint": "rag"}, np.array([end - 60.0]), 1.0)]
    known = catalogue(enclave, endpoint(enclave, "rag", user_weight=3.0))
    bring(store, known, window, told, seq=seq, received=received)
    source = f"collector-{enclave.id}"
    accepted = Accepted(
        f"{source}/{seq}", source, "core", 1, seq, "delta", enclave.id, enclave.level, end, window.start, end,
        end + 30 * DAY, received,
    )  # fmt: skip
    with store.state() as state, recording(state):
        accept(state, accepted, {})


def tried(store, code, **told):
    """An attempt that the ledger keeps; of an unverified bundle only its outside."""
    attempt = Attempt(
        received=told.pop("received", NOW - HOUR), code=code, name=told.pop("name", "s_x_core_0000000120_e1"),
        carrier="station-04", size=38_200_000, shape=told.pop("shape", "shape-1"), held=told.pop("held", ""),
        reason="The signer is not trusted here.", action="Compare the key with its custodian.",
        checks=(("passed", "Container intact", "all files are there"), ("failed", "Signer", "key 7C1E"),), **told,
    )  # fmt: skip
    with store.state() as state, recording(state):
        record_attempt(state, attempt)


def test_that_what_came_in_is_a_lane_with_its_age_and_its_rows(store):
    for seq, end in enumerate((NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR), 1):
        carried(store, S1, seq, end)
    found = sync(store)
    (lane,) = found.lanes
    assert [(one.sequence, one.state, one.start, one.end) for one in lane.arrivals] == [
        (1, "imported", NOW - 4 * HOUR, NOW - 3 * HOUR),
        (2, "imported", NOW - 3 * HOUR, NOW - 2 * HOUR),
        (3, "imported", NOW - 2 * HOUR, NOW - HOUR),
    ]
    assert (lane.freshness, lane.age, lane.overdue) == (Freshness.FRESH, HOUR, 0.0)  # cadence 1 h, grace 10 min
    assert [row.sequence for row in found.bundles] == [3, 2, 1]
    assert (found.imported, found.held, found.missing) == (3, 0, 0)
    assert found.marking is Level.S
    assert found.cache_bytes > 0
    assert found.free_bytes > 0
    assert found.trust_version == 0


def test_that_a_row_counts_the_samples_that_came(store):
    time = minutes(NOW - HOUR, 1)
    rows = [series("endpoint_up", {"enclave": "enc-s1", "endpoint": "rag"}, time, 1.0)]
    bring(store, catalogue(S1, endpoint(S1, "rag")), TimeRange(NOW - 2 * HOUR, NOW - HOUR), rows)
    assert [row.samples for row in sync(store).bundles] == [60]


def test_that_a_hole_in_the_chain_is_missing_in_lane_rows_and_attention(store):
    carried(store, S1, 1, NOW - 4 * HOUR)
    carried(store, S1, 4, NOW - HOUR)  # its window begins 2 h ago: 2 and 3 are lost, somewhere in the 2 h between
    found = sync(store)
    (lane,) = found.lanes
    assert lane.missing == (2, 3)
    assert [(one.sequence, one.state, one.start, one.end) for one in lane.arrivals][1:3] == [
        (2, "missing", NOW - 4 * HOUR, NOW - 3 * HOUR),
        (3, "missing", NOW - 3 * HOUR, NOW - 2 * HOUR),
    ]
    assert [(row.code, row.sequence, row.problem) for row in found.bundles] == [
        ("MISSING", 2, True), ("MISSING", 3, True), ("APPLIED", 4, False), ("APPLIED", 1, False),
    ]  # fmt: skip
    assert found.missing == 2
    (item,) = [one for one in attention(store) if one.page == "sync"]
    assert (item.health, item.level, item.text) == (Health.WARNING, Level.S, "Bundles 2 to 3 are missing")
    # when the late ones come in, nothing is missing any more
    carried(store, S1, 2, NOW - 3 * HOUR, received=NOW - 120)
    carried(store, S1, 3, NOW - 2 * HOUR, received=NOW - 120)
    assert sync(store).missing == 0
    assert [one for one in attention(store) if one.page == "sync"] == []


def test_that_a_hostile_gap_is_counted_in_full_and_listed_in_part(store):
    carried(store, S1, 1, NOW - 2 * HOUR)
    carried(store, S1, 10_000_000, NOW - HOUR)
    found = sync(store)
    assert found.missing == 9_999_998
    assert len(found.lanes[0].missing) == MOST_MISSING
    assert sum(row.code == "MISSING" for row in found.bundles) == 1


def test_that_an_untrusted_bundle_shows_its_outside_only_and_comes_first(store):
    carried(store, U1, 1, NOW - 600)
    tried(store, "UNTRUSTED", held="h1", source="collector-enc-u1", seq=120, level=Level.U)  # as its name claims
    found = sync(store)
    row = found.bundles[0]
    assert (row.code, row.problem, row.sequence, row.enclave, row.level) == ("UNTRUSTED", True, None, None, None)
    assert row.name == "s_x_core_0000000120_e1"
    assert math.isnan(row.window_start)
    assert [(step.state, step.title) for step in row.steps] == [("passed", "Container intact"), ("failed", "Signer")]
    assert found.held == 1
    assert all(one.state == "imported" for lane in found.lanes for one in lane.arrivals)
    assert found.marking is Level.S  # nobody verified what is inside: the station's ceiling
    (item,) = [one for one in attention(store) if one.page == "sync"]
    assert (item.health, item.level) == (Health.WARNING, Level.S)
    assert item.text == "A bundle is not opened: its signer is not trusted"
    assert item.detail.startswith("s_x_core_0000000120_e1")


def test_that_a_problem_that_was_made_good_is_none(store):
    tried(store, "UNTRUSTED", received=NOW - 2 * HOUR)
    tried(store, "APPLIED", received=NOW - HOUR, manifest="m1")
    assert sync(store).bundles == ()
    # an hour and a half ago it was one
    assert [row.code for row in sync(store, NOW - 1.5 * HOUR).bundles] == ["UNTRUSTED"]


def test_that_a_second_copy_that_was_accepted_settles_the_first(store):
    tried(store, "INCOMPLETE", received=NOW - 2 * HOUR, manifest="m1", shape="half")
    tried(store, "APPLIED", received=NOW - HOUR, manifest="m1", shape="whole")
    assert sync(store).bundles == ()


def test_that_what_still_waits_is_shown_however_old(store):
    tried(
        store, "HELD", received=NOW - 9 * DAY, held="h1", manifest="m1", source="x", stream="core", seq=7, level=Level.U
    )
    tried(store, "BAD_SIGNATURE", received=NOW - 9 * DAY, shape="shape-2")
    assert [(row.code, row.sequence) for row in sync(store).bundles] == [("HELD", 7)]


def test_that_below_the_stations_level_only_verified_rows_at_or_below_it_are_told(store):
    carried(store, U1, 1, NOW - 600)
    carried(store, S1, 1, NOW - 600)
    tried(store, "UNTRUSTED", held="h1")
    tried(store, "HELD", held="h2", shape="shape-2", manifest="m2", source="collector-enc-s1", seq=9, level=Level.S)
    with store.state() as state, recording(state):
        lock_source(state, Lock("collector-enc-s1", Level.S, "FORK", "two bundles 9", NOW - HOUR))
    found = sync(store, ceiling=Level.U)
    assert [row.level for row in found.bundles] == [Level.U]
    assert [lane.enclave.id for lane in found.lanes] == ["enc-u1"]
    assert found.locks == ()
    assert found.marking is Level.U
    assert {item.level for item in attention(store, ceiling=Level.U)} <= {Level.U}
    assert len(sync(store).bundles) == 4


def test_that_a_claimed_level_above_the_station_is_never_taken_at_its_word(store):
    tried(store, "SPILL", level=Level.TS, manifest="m1")
    with store.state() as state, recording(state):
        lock_source(state, Lock("collector-x", Level.TS, "SPILL", "claimed TS", NOW - HOUR))
    found = sync(store)
    assert found.bundles[0].level is None
    assert [(lock.source, lock.level) for lock in found.locks] == [("collector-x", Level.S)]
    assert found.marking is Level.S
    items = attention(store)
    assert {item.health for item in items} == {Health.CRITICAL}
    assert {item.level for item in items} == {Level.S}


def test_that_a_bundle_nobody_could_verify_may_concern_the_largest_enclave(store):
    carried(store, U1, 1, NOW - 600)
    carried(store, S1, 1, NOW - 4 * HOUR)  # overdue, and its people weigh as much
    tried(store, "UNTRUSTED", held="h1", received=NOW - 5 * HOUR)
    assert [item.enclave for item in attention(store) if item.page == "sync"] == ["", "enc-s1"]  # the older first


def test_that_an_overdue_enclave_asks_for_attention_by_the_people_who_wait(store):
    carried(store, U1, 1, NOW - 25 * 60)  # due after 20 minutes
    carried(store, S1, 1, NOW - 600)
    (item,) = [one for one in attention(store) if one.page == "sync"]
    assert (item.enclave, item.age) == ("enc-u1", 300.0)
    assert item.text.replace("\N{NO-BREAK SPACE}", " ") == "Unclassified data is 25 min old, 5 min overdue"


def test_that_a_hidden_enclave_takes_its_problems_with_it(store):
    carried(store, S1, 1, NOW - 4 * HOUR)
    carried(store, S1, 3, NOW - HOUR)
    found = sync(store, hidden=frozenset({"enc-s1"}))
    assert (found.lanes, found.bundles, found.missing) == ((), (), 0)


def test_that_what_is_wrong_with_a_hidden_enclave_is_counted_apart(store):
    carried(store, U1, 1, NOW - 600)
    carried(store, S1, 1, NOW - 6 * HOUR)
    carried(store, S1, 4, NOW - 3 * HOUR)
    tried(store, "HELD", held="h2", manifest="m2", source="x", stream="core", seq=9, level=Level.S, enclave="enc-s1")
    (away,) = sync(store, hidden=frozenset({"enc-s1"})).hidden
    assert (away.enclave.id, away.missing, away.waiting) == ("enc-s1", 2, 1)  # bundles 2 and 3
    assert away.overdue == 3 * HOUR - S1.cadence - S1.grace
    assert sync(store).hidden == ()


def test_that_nothing_of_a_hidden_enclave_above_the_ceiling_is_counted(store):
    carried(store, U1, 1, NOW - 600)
    carried(store, S1, 1, NOW - 6 * HOUR)
    carried(store, S1, 4, NOW - 3 * HOUR)
    assert sync(store, ceiling=Level.U, hidden=frozenset({"enc-s1"})).hidden == ()


def test_that_an_enclave_that_sent_nothing_lately_keeps_its_lane(store):
    carried(store, T1, 1, NOW - 3 * DAY)
    found = read_sync(store, station(Level.TS), NOW, TimeRange(NOW - HOUR, NOW))
    (lane,) = found.lanes
    assert (lane.arrivals, lane.freshness, lane.age) == ((), Freshness.STALE, 3 * DAY)


def test_that_an_enclave_without_any_telemetry_has_no_age_and_is_not_fresh(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(NOW - HOUR, NOW - 60))
    (lane,) = sync(store).lanes
    assert lane.freshness is Freshness.EXPIRED
    assert math.isnan(lane.age)


def test_that_an_empty_station_has_an_empty_page_at_its_own_level(store):
    found = sync(store)
    assert (found.lanes, found.bundles, found.keys, found.marking) == ((), (), (), Level.S)


def test_that_every_outcome_that_is_not_accepted_has_its_words():
    assert set(problems._WORDS) == {code.value for code in Code if not code.accepted}
    assert {code.value for code in Code if code.accepted} == problems.ACCEPTED
