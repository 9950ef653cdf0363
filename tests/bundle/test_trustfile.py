"""Whom a station trusts, and how that may change."""

import json
from dataclasses import replace

import pytest

from app.bundle.signature import SigningKey, read_envelope, sign, write_envelope
from app.bundle.trustfile import (
    PAYLOAD_TYPE,
    add_signature,
    open_trust,
    read_trust,
    sign_trust,
    write_trust,
)
from app.bundle.trusting import current_trust, first_trust, next_trust, release
from app.errors import InputError, Refused, SettingsError
from app.model.marking import Level
from app.store import audit, ledger
from tests.fakes.bundles import START, Sender
from tests.fakes.keys import entry, mldsa, p384, trust_file
from tests.fakes.stores import open_store, station


@pytest.fixture
def roots():
    return [p384(), p384(), mldsa()]


@pytest.fixture
def place(tmp_path):
    return open_store(tmp_path, START), station(Level.S)


def test_that_a_trust_file_reads_back(roots):
    trust = trust_file(
        roots, [entry(Sender()), entry(Sender(source="enc02", enclave="s-west", keys=[p384(), mldsa()]))], threshold=2
    )
    assert read_trust(write_trust(trust)) == trust


def test_that_two_sources_cannot_speak_for_one_enclave(roots, place):
    """A station keeps one catalogue of an enclave: the endpoints of the other source would vanish."""
    trust = trust_file(roots, [entry(Sender()), entry(Sender(source="enc02", keys=[p384()]))])
    with pytest.raises(InputError, match="two sources speak for one enclave"):
        read_trust(write_trust(trust))
    envelope = sign(write_trust(trust), PAYLOAD_TYPE, roots)
    with pytest.raises(InputError, match="two sources speak for one enclave"):
        first_trust(*place, envelope, trust.root_fingerprint)
    with place[0].state() as state:
        assert ledger.current_trust(state) is None


def test_that_one_source_may_speak_for_its_enclave_in_several_epochs_and_journals_for_none(roots):
    own = [entry(Sender()), entry(Sender(epoch=2, keys=[p384()]))]
    journals = [entry(Sender(source=f"desk-{n}", enclave="", keys=[p384()])) for n in range(2)]
    trust = trust_file(roots, [*own, *journals])
    assert read_trust(write_trust(trust)) == trust


def test_that_two_of_three_roots_are_enough_and_one_is_not(roots):
    trust = trust_file(roots, [], threshold=2)
    assert open_trust(sign_trust(trust, roots[:2]), before=None) == trust
    assert open_trust(sign_trust(trust, roots[1:]), before=None) == trust
    with pytest.raises(Refused, match="1 of its own"):
        open_trust(sign_trust(trust, roots[:1]), before=None)


def test_that_holders_sign_one_after_the_other(roots):
    trust = trust_file(roots, [], threshold=2)
    signed = add_signature(sign_trust(trust, roots[:1]), roots[2])
    assert open_trust(signed, before=None) == trust
    assert add_signature(signed, roots[2]) != b""


def test_that_a_strangers_signature_neither_helps_nor_hurts(roots):
    trust = trust_file(roots, [], threshold=2)
    with pytest.raises(Refused):
        open_trust(sign_trust(trust, [roots[0], p384()]), before=None)
    assert open_trust(sign_trust(trust, [*roots[:2], p384()]), before=None) == trust


def test_that_a_wrong_root_signature_is_refused_even_beside_enough_good_ones(roots):
    trust = trust_file(roots, [], threshold=1)
    envelope = read_envelope(sign_trust(trust, roots[:1]))
    forged = read_envelope(sign(b"other", PAYLOAD_TYPE, [roots[1]]))
    envelope.signatures.update(forged.signatures)
    with pytest.raises(Refused, match="wrong"):
        open_trust(write_envelope(envelope), before=None)


def test_that_only_the_next_version_follows(roots):
    first = trust_file(roots, [], threshold=1)
    for version in (1, 3):
        with pytest.raises(Refused, match=r"version 2 comes next"):
            open_trust(sign_trust(replace(first, version=version), roots), before=first)
    second = replace(first, version=2)
    assert open_trust(sign_trust(second, roots[:1]), before=first) == second


def test_that_new_roots_need_the_old_ones_too(roots):
    new = [p384(), p384()]
    first = trust_file(roots, [], threshold=2)
    second = trust_file(new, [], version=2, threshold=2)
    with pytest.raises(Refused, match="previous"):
        open_trust(sign_trust(second, new), before=first)
    with pytest.raises(Refused, match="its own"):
        open_trust(sign_trust(second, roots), before=first)
    assert open_trust(sign_trust(second, [*new, *roots[:2]]), before=first) == second


def test_that_real_trust_cannot_become_a_demonstration(roots):
    first = trust_file(roots, [])
    with pytest.raises(Refused, match="demonstration"):
        open_trust(sign_trust(replace(first, version=2, demo=True), roots), before=first)


def edited(trust, change):
    told = json.loads(write_trust(trust))
    change(told)
    return json.dumps(told).encode()


def _twice(told):
    told["sources"] *= 2


def _shared_key(told):
    told["sources"].append(told["sources"][0] | {"source": "enc02"})


def _root_as_source(told):
    told["sources"][0]["keys"] = told["roots"][:1]


def _key_twice(told):
    told["sources"][0]["keys"] *= 2


def _stranger_revoked(told):
    told["sources"][0]["revoked"] = ["0" * 16]


def _weak_profile(told):
    told["sources"][0]["profile"] = "cnsa2"


def _no_profile(told):
    told["sources"][0]["profile"] = "any"


def _high_threshold(told):
    told["threshold"] = 4


def _root_twice(told):
    told["roots"].append(told["roots"][0])


def _surprise(told):
    told["sources"][0]["note"] = "x"


def _no_roots(told):
    told["roots"] = []


def _many(told):
    told["roots"] = told["roots"] * 4


def _no_list(told):
    told["sources"] = {}


@pytest.mark.parametrize(
    "change",
    [
        _twice,
        _shared_key,
        _root_as_source,
        _key_twice,
        _stranger_revoked,
        _weak_profile,
        _no_profile,
        _high_threshold,
        _root_twice,
        _surprise,
        _no_roots,
        _many,
        _no_list,
    ],
)
def test_that_a_trust_file_that_contradicts_itself_is_refused(roots, change):
    with pytest.raises(InputError, match="not a trust file"):
        read_trust(edited(trust_file(roots, [entry(Sender())]), change))


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 9 + b"]" * 9])
def test_that_no_trust_file_is_named_as_such(data):
    with pytest.raises(InputError):
        read_trust(data)
    with pytest.raises(InputError):
        open_trust(data, before=None)


def test_that_another_signed_file_is_no_trust_file():
    with pytest.raises(InputError, match="not a trust file"):
        open_trust(sign(b"{}", "text/plain", [p384()]), before=None)


def test_that_the_root_fingerprint_follows_roots_and_threshold(roots):
    trust = trust_file(roots, [], threshold=2)
    assert trust.root_fingerprint == replace(trust, roots=tuple(reversed(trust.roots)), version=9).root_fingerprint
    assert trust.root_fingerprint != replace(trust, threshold=1).root_fingerprint
    assert trust.root_fingerprint != replace(trust, roots=trust.roots[:2]).root_fingerprint


# --- on a station


def test_that_trust_begins_only_with_the_right_fingerprint(place, roots):
    trust = trust_file(roots, [entry(Sender())])
    signed = sign_trust(trust, roots[:1])
    with pytest.raises(Refused, match="not the one") as caught:
        first_trust(*place, signed, "0" * 96)
    assert trust.root_fingerprint[:8] in caught.value.message
    spaced = " ".join(trust.root_fingerprint[i : i + 8] for i in range(0, 96, 8)).upper()
    assert first_trust(*place, signed, spaced) == trust
    with pytest.raises(Refused, match="already"):
        first_trust(*place, signed, trust.root_fingerprint)


def test_that_trust_goes_on_version_by_version(place, roots):
    store, me = place
    first = trust_file(roots, [entry(Sender())])
    with pytest.raises(Refused, match="no roots yet"):
        next_trust(store, me, sign_trust(first, roots))
    first_trust(store, me, sign_trust(first, roots), first.root_fingerprint)
    sender = Sender(source="enc02", enclave="u-west", level=Level.U)
    second = trust_file(roots, [entry(sender, revoked=(sender.keys[0].public.keyid,))], version=2)
    next_trust(store, me, sign_trust(second, roots))
    with pytest.raises(Refused):
        next_trust(store, me, sign_trust(first, roots))
    with store.state() as state:
        assert current_trust(state, me) == second
        assert [row[0] for row in ledger.trust_versions(state)] == [2, 1]
        (key,) = ledger.pinned_keys(state)
        assert (key.source, key.enclave, key.level, key.revoked) == ("enc02", "u-west", Level.U, True)
        assert key.fingerprint == sender.keys[0].public.fingerprint
        assert [r.event for r in audit.records(state)] == ["trust init", "trust add"]


def test_that_a_station_turned_into_a_demonstration_is_noticed(place, roots):
    store, me = place
    trust = trust_file(roots, [])
    first_trust(store, me, sign_trust(trust, roots), trust.root_fingerprint)
    with store.state() as state, pytest.raises(SettingsError, match="Demonstration"):
        current_trust(state, replace(me, demo=True))


def test_that_a_trust_file_changed_in_the_database_is_noticed(place, roots):
    store, me = place
    trust = trust_file(roots, [])
    first_trust(store, me, sign_trust(trust, roots), trust.root_fingerprint)
    forged = read_envelope(sign_trust(trust, roots))
    forged.payload = write_trust(replace(trust, created=0.0))
    with store.state() as state:
        state.db.execute("UPDATE trust SET envelope = ?", (write_envelope(forged),))
        with pytest.raises(Refused, match="wrong"):
            current_trust(state, me)


def test_that_only_a_locked_source_is_released(place):
    store, _ = place
    with pytest.raises(Refused, match="not locked"):
        release(store, "enc01", "why not")
    with store.state() as state, ledger.recording(state):
        ledger.lock_source(state, ledger.Lock("enc01", Level.S, "FORK", "two of them", START))
    release(store, "enc01", "settled")
    with store.state() as state:
        assert ledger.locks(state) == []
        (record,) = audit.records(state)
    assert (record.event, record.object_id, record.reason_code) == ("release", "enc01", "FORK: settled")


def test_that_a_draft_must_be_sound_before_it_is_signed(roots):
    with pytest.raises(InputError):
        sign_trust(trust_file(roots, [], threshold=9), [SigningKey.new("ml-dsa-87")])
