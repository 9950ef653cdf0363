"""The ledger's own promises; how they are used is tested with the door."""

import math
from dataclasses import replace

import pytest

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store import ledger
from app.store.outgoing import (
    Outgoing,
    last_full,
    last_outgoing,
    mark_published,
    newest_epoch,
    reserve_sequence,
)


def accepted(seq, *, epoch=1, source="enc01", start=0.0):
    digest = f"{source}-{epoch}-{seq}"
    return ledger.Accepted(
        digest, source, "core", epoch, seq, "delta", "s-east", Level.S, 5.0, start, start + 10.0, 99.0, float(seq)
    )


def attempt(code, received, **other):
    return ledger.Attempt(received, code, "name", "relay", 10, other.pop("shape", ""), other.pop("held", ""), "r", "a",
                          (("passed", "Files", "all"),), **other)  # fmt: skip


@pytest.fixture
def state(store):
    with store.state() as opened, ledger.recording(opened):
        yield opened


def test_that_what_was_accepted_is_remembered(state):
    assert ledger.newest_arrival(state) == -math.inf
    for seq in (2, 1, 5):
        ledger.accept(state, accepted(seq), {})
    ledger.accept(state, accepted(1, epoch=2), {})
    assert ledger.is_accepted(state, "enc01-1-2")
    assert not ledger.is_accepted(state, "enc01-1-3")
    assert ledger.last_accepted(state, "enc01", "core").epoch == 2
    assert ledger.last_accepted(state, "enc01", "core", 1).seq == 5
    assert ledger.last_accepted(state, "enc01", "core", 3) is None
    assert ledger.last_accepted(state, "enc02", "core") is None
    assert ledger.newest_arrival(state) == 5.0
    assert ledger.last_accepted(state, "enc01", "core", 1) == accepted(5)


def test_that_a_position_is_known_from_the_bundle_and_from_its_history(state):
    ledger.accept(state, accepted(5), {4: "told", 3: "told too"})
    assert ledger.known_positions(state, "enc01", "core", 1, range(1, 7)) == {3: "told too", 4: "told", 5: "enc01-1-5"}
    assert ledger.known_positions(state, "enc01", "core", 2, [5]) == {}
    ledger.accept(state, accepted(6), {4: "another story"})
    assert ledger.known_positions(state, "enc01", "core", 1, [4]) == {4: "told"}


def test_that_one_position_holds_one_manifest(state):
    ledger.accept(state, accepted(1), {})
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.accept(state, replace(accepted(1), manifest="other"), {})


def test_that_gaps_lie_between_accepted_bundles_of_one_chain(state):
    assert ledger.gaps(state) == []
    for seq in (7, 3, 4):
        ledger.accept(state, accepted(seq), {})
    ledger.accept(state, accepted(9, epoch=2), {})
    ledger.accept(state, accepted(1, source="enc02"), {})
    (gap,) = ledger.gaps(state)
    assert (gap.source, gap.epoch, gap.first, gap.last) == ("enc01", 1, 5, 6)
    assert (gap.before.seq, gap.after.seq) == (4, 7)


def test_that_the_first_lock_stays_until_it_is_released(state):
    ledger.lock_source(state, ledger.Lock("enc01", Level.S, "FORK", "first", 5.0))
    ledger.lock_source(state, ledger.Lock("enc01", Level.TS, "SPILL", "second", 6.0))
    ledger.lock_source(state, ledger.Lock("enc00", Level.TS, "SPILL", "other", 6.0))
    assert [lock.source for lock in ledger.locks(state)] == ["enc01", "enc00"]
    assert ledger.locked(state, "enc01") == ledger.Lock("enc01", Level.S, "FORK", "first", 5.0)
    assert ledger.locked(state, "enc02") is None
    assert ledger.release_source(state, "enc01")
    assert not ledger.release_source(state, "enc01")
    assert ledger.locked(state, "enc01") is None


def test_that_an_intent_stays_until_it_is_dropped(state):
    intent = ledger.Intent("m", b"payload", "name", "relay", 10, 5.0)
    ledger.write_intent(state, intent)
    ledger.write_intent(state, intent)
    assert ledger.intents(state) == [intent]
    ledger.drop_intent(state, "m")
    assert ledger.intents(state) == []


def test_that_attempts_read_back_newest_first(state):
    first = attempt("UNTRUSTED", 5.0, shape="abc")
    second = attempt(
        "APPLIED", 6.0, manifest="m", source="enc01", stream="core", epoch=1, seq=2, level=Level.S, enclave="s-east",
        kind="full", rows=7, created=1.0, window_start=0.5, window_end=1.0, expires=9.0,
    )  # fmt: skip
    assert (ledger.record_attempt(state, first), ledger.record_attempt(state, second)) == (1, 2)
    found = ledger.attempts(state)
    assert found[0] == replace(second, id=2)
    assert math.isnan(found[1].created)
    assert found[1].level is None
    assert found[1].checks == (("passed", "Files", "all"),)
    assert [a.code for a in ledger.attempts(state, TimeRange(5.5, 7.0))] == ["APPLIED"]
    assert ledger.was_tried(state, "abc")
    assert not ledger.was_tried(state, "abd")


def test_that_a_held_copy_is_known_by_its_newest_attempt(state):
    for code, received, held in (
        ("UNTRUSTED", 1.0, "a"),
        ("CLOCK", 2.0, "a"),
        ("HELD", 3.0, "b"),
        ("APPLIED", 4.0, ""),
    ):
        ledger.record_attempt(state, attempt(code, received, held=held))
    assert [(a.held, a.code) for a in ledger.held_copies(state)] == [("a", "CLOCK"), ("b", "HELD")]
    ledger.forget_copy(state, "a")
    assert [a.held for a in ledger.held_copies(state)] == ["b"]


def test_that_trust_reads_back(state):
    assert ledger.current_trust(state) is None
    assert ledger.pinned_keys(state) == []
    keys = [
        ledger.PinnedKey("enc01", 1, "s-east", Level.S, "b" * 16, "ml-dsa-87", "f", revoked=True),
        ledger.PinnedKey("enc02", 1, "u-west", Level.U, "a" * 16, "ecdsa-sha2-nistp384", "f", revoked=False),
    ]
    ledger.add_trust(state, 1, b"one", "d1", keys, 5.0)
    ledger.add_trust(state, 2, b"two", "d2", keys, 6.0)
    assert ledger.current_trust(state) == b"two"
    assert ledger.trust_versions(state) == [(2, "d2", 6.0), (1, "d1", 5.0)]
    assert ledger.pinned_keys(state) == keys[::-1]


def outgoing(seq, *, kind="delta", epoch=1):
    return Outgoing("enc01", "core", epoch, seq, f"m{epoch}-{seq}", kind, 5.0, 0.0, 5.0, 3)


def test_that_a_sequence_is_reserved_once_and_in_order(state):
    assert newest_epoch(state, "enc01", "core") is None
    for seq in (0, 2):
        with pytest.raises(ValueError, match="follow"):
            reserve_sequence(state, outgoing(seq))
    reserve_sequence(state, outgoing(1, kind="full"))
    reserve_sequence(state, outgoing(2))
    with pytest.raises(ValueError, match="follow"):
        reserve_sequence(state, outgoing(2))
    mark_published(state, outgoing(1))
    assert [(o.seq, o.published) for o in last_outgoing(state, "enc01", "core", 1, 9)] == [(2, False), (1, True)]
    assert last_full(state, "enc01", "core", 1).seq == 1
    assert last_full(state, "enc01", "core", 2) is None
    reserve_sequence(state, outgoing(1, epoch=2))
    assert newest_epoch(state, "enc01", "core") == 2
