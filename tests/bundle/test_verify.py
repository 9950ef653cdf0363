"""Attacks on a bundle, each of which naive code would let pass."""

import json
import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.bundle.inbound import check_only, receive
from app.bundle.manifest import NO_MANIFEST
from app.bundle.outcome import Code
from app.bundle.parts import LINE_BYTES
from app.bundle.trustfile import sign_trust
from app.bundle.trusting import first_trust, next_trust
from app.bundle.verify import VerifiedBundle
from app.errors import InputError
from app.job import Job
from app.model.marking import Level
from app.store import audit, ledger
from tests.fakes.bundles import DAY, START, Sender, series_of, zipped
from tests.fakes.keys import entry, mldsa, p384, trust_file, trusting
from tests.fakes.stores import open_store, station


def states(outcome):
    return [(check.state, check.title) for check in outcome.checks]


def test_that_a_good_bundle_passes_every_step(desk):
    outcome = desk.take(desk.sender.cut(desk.outbox))
    assert outcome.code is Code.APPLIED
    assert states(outcome) == [
        ("passed", title)
        for title in ("Name and level", "Files", "Trust", "Signature", "Label", "Sequence and time", "Parts")
    ]


def test_that_only_open_bundle_makes_a_verified_bundle():
    with pytest.raises(TypeError):
        VerifiedBundle(object(), None, b"", None, {}, None)


# --- one flipped byte


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A station and one bundle, as the bytes of its files."""
    base = tmp_path_factory.mktemp("flips")
    store, me, sender = open_store(base / "station", START + DAY), station(Level.S), Sender(keys=[p384(), mldsa()])
    trusting(store, me, sender)
    folder = sender.cut(base / "out")
    return store, me, folder, {file.name: file.read_bytes() for file in folder.iterdir()}


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_any_flipped_byte_is_refused(whole, data):
    store, me, folder, files = whole
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = bytearray(files[name])
    changed[at] ^= mask
    (folder / name).write_bytes(changed)
    outcome = check_only(folder, store, me, Job())
    (folder / name).write_bytes(files[name])
    assert not outcome.code.accepted


def test_that_every_byte_of_the_envelope_counts(whole):
    """Also the key ids and the order of fields, which the signature does not cover."""
    store, me, folder, files = whole
    body = files["manifest.json"]
    marks = [body.index(b'"keyid"') + 10, body.index(b'"payloadType"') + 3, 0, len(body) - 1, len(body) - 2]
    for at in marks:
        changed = bytearray(body)
        changed[at] ^= 1
        (folder / "manifest.json").write_bytes(changed)
        assert not check_only(folder, store, me, Job()).code.accepted
    (folder / "manifest.json").write_bytes(body)
    assert check_only(folder, store, me, Job()).code.accepted


# --- level


@pytest.mark.parametrize("name", ["ts_enc01_core_0000000001_e1", "TS_ENC01_CORE", "ts-sci_whatever"])
def test_that_a_name_above_the_ceiling_is_a_spill_before_anything_is_opened(desk, name):
    path = desk.sender.cut(desk.outbox, name=name)
    outcome = desk.take(path)
    assert outcome.code is Code.SPILL
    assert outcome.name == "(withheld)"
    assert outcome.told is None
    assert states(outcome) == [("failed", "Name and level")]
    assert list(desk.store.paths.held.iterdir()) == []
    with desk.store.state() as state:
        record = next(audit.records(state, 1))
        attempt = ledger.attempts(state)[0]
    told = json.dumps([record.object_id, attempt.name, attempt.reason, attempt.checks])
    assert "sha384:" in record.object_id
    assert "bytes:" in record.object_id
    assert record.object_label in {"TS", "TS-SCI"}
    assert path.name not in told


def test_that_a_spill_locks_the_source_until_it_is_released(desk):
    good = desk.sender.cut(desk.outbox)
    spilled = desk.outbox / "ts_enc01_core_0000000009_e1"
    spilled.mkdir()
    assert desk.take(spilled).code is Code.SPILL
    outcome = desk.take(good)
    assert outcome.code is Code.SOURCE_LOCKED
    assert "trust release enc01" in outcome.action


def test_that_a_label_above_the_ceiling_is_a_spill_whatever_the_name_says(desk):
    path = desk.sender.cut(desk.outbox, level=Level.TS, name="s_enc01_core_0000000001_e1")
    outcome = desk.take(path)
    assert outcome.code is Code.SPILL
    assert outcome.level is Level.TS
    assert outcome.told is None
    assert desk.memory()[1] == [("enc01", "SPILL")]


def test_that_a_key_cannot_sign_above_its_own_level(tmp_path):
    store, me, sender = open_store(tmp_path / "s", START + DAY), station(Level.TS), Sender(level=Level.U)
    trusting(store, me, sender)
    path = sender.cut(tmp_path / "out", level=Level.S)
    outcome = receive(path, store, me, Job(), carrier="x")
    assert outcome.code is Code.SPILL
    assert "key" in outcome.reason


def test_that_a_renamed_bundle_is_refused_with_its_own_name(desk):
    path = desk.sender.cut(desk.outbox, name="u_enc01_core_0000000001_e1")
    outcome = desk.take(path)
    assert outcome.code is Code.BAD_MANIFEST
    assert "s_enc01_core_0000000001_e1" in outcome.action


def test_that_an_odd_name_is_shown_without_its_odd_signs(desk):
    path = desk.sender.cut(desk.outbox, name="x\u202e\x1b[31m")
    outcome = desk.take(path)
    assert outcome.code is Code.UNSAFE_LAYOUT
    assert outcome.name == "x???31m"


# --- signature and trust


def test_that_an_unknown_source_shows_nothing_from_inside(desk):
    stranger = Sender(source="enc99")
    outcome = desk.take(stranger.cut(desk.outbox))
    assert outcome.code is Code.UNTRUSTED
    assert outcome.told is None
    assert outcome.manifest == ""
    assert stranger.keys[0].public.keyid in outcome.reason
    assert outcome.size > 0


def test_that_a_forged_key_for_a_known_source_is_untrusted(desk):
    outcome = desk.take(desk.sender.cut(desk.outbox, keys=[p384()]))
    assert outcome.code is Code.UNTRUSTED
    assert states(outcome)[-1] == ("waiting", "Signature")


def test_that_a_forged_signature_under_the_pinned_id_is_bad(desk):
    path = desk.sender.cut(desk.outbox, keys=[p384()])
    told = json.loads((path / "manifest.json").read_bytes())
    told["signatures"][0]["keyid"] = desk.sender.keys[0].public.keyid
    (path / "manifest.json").write_bytes(json.dumps(told, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    assert desk.take(path).code is Code.BAD_SIGNATURE


def test_that_a_cnsa2_source_needs_both_signatures(tmp_path):
    sender = Sender(keys=[p384(), mldsa()])
    store, me = open_store(tmp_path / "s", START + DAY), station(Level.S)
    trusting(store, me, sender)
    for keys in (sender.keys[:1], sender.keys[1:]):
        path = sender.cut(tmp_path / str(len(list(tmp_path.iterdir()))), keys=keys, keep=False)
        assert receive(path, store, me, Job(), carrier="x").code is Code.BAD_SIGNATURE
    assert receive(sender.cut(tmp_path / "out"), store, me, Job(), carrier="x").code is Code.APPLIED


def test_that_another_payload_type_is_refused_though_validly_signed(desk):
    path = desk.sender.cut(desk.outbox, payload_type="application/vnd.watchfloor.trust.v1+json")
    outcome = desk.take(path)
    assert outcome.code is Code.BAD_MANIFEST
    assert outcome.told is None


def test_that_an_epoch_ahead_of_trust_waits_for_it(desk):
    ahead = Sender(epoch=2, keys=desk.sender.keys)
    outcome = desk.take(ahead.cut(desk.outbox))
    assert outcome.code is Code.UNTRUSTED
    assert "Epoch 2" in outcome.reason
    assert "trust add" in outcome.action


def test_that_a_stream_that_is_not_pinned_is_untrusted(desk):
    other = Sender(stream="other", keys=desk.sender.keys)
    assert desk.take(other.cut(desk.outbox)).code is Code.UNTRUSTED


def test_that_an_unreadable_envelope_of_a_stranger_gives_no_hint(desk):
    path = Sender(source="enc99").cut(desk.outbox)
    (path / "manifest.json").write_bytes(b'{"x":1}\n')
    outcome = desk.take(path)
    assert outcome.code is Code.UNTRUSTED
    assert "claims" not in outcome.reason


def test_that_a_station_without_trust_takes_nothing(tmp_path):
    store, me = open_store(tmp_path / "s", START + DAY), station(Level.S)
    outcome = receive(Sender().cut(tmp_path / "out"), store, me, Job(), carrier="x")
    assert outcome.code is Code.UNTRUSTED
    assert "trust init" in outcome.action


def test_that_a_revoked_key_is_refused_from_then_on(desk):
    first = desk.sender.cut(desk.outbox)
    second = desk.sender.cut(desk.outbox)
    assert desk.take(first).code is Code.APPLIED
    key = desk.sender.keys[0].public
    revoking = trust_file([desk.root], [entry(desk.sender, revoked=(key.keyid,))], version=2)
    next_trust(desk.store, desk.me, sign_trust(revoking, [desk.root]))
    outcome = desk.take(second)
    assert outcome.code is Code.BAD_SIGNATURE
    assert "revoked" in outcome.reason


def test_that_an_openssl_without_ml_dsa_is_an_error_and_never_a_pass(tmp_path, monkeypatch):
    import securesystemslib.signer._key

    sender = Sender(keys=[p384(), mldsa()])
    store, me = open_store(tmp_path / "s", START + DAY), station(Level.S)
    trusting(store, me, sender)
    monkeypatch.setattr(securesystemslib.signer._key, "MLDSA_IMPORT_ERROR", "too old")
    with pytest.raises(InputError, match="ML-DSA"):
        receive(sender.cut(tmp_path / "out"), store, me, Job(), carrier="x")


# --- manifest


def put(name, value):
    def edit(told):
        told[name] = value

    return edit


def drop(name):
    def edit(told):
        del told[name]

    return edit


def part(name, value):
    def edit(told):
        told["parts"][0][name] = value

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        put("surprise", 1),
        drop("expires"),
        put("epoch", True),
        put("epoch", 1.0),
        put("seq", 0),
        put("seq", "1"),
        put("format_version", 2),
        put("level", "COSMIC"),
        put("level", ["S"]),
        put("prev", "0" * 95),
        put("created", "2026-02-30T00:00:00Z"),
        put("created", 1_760_000_000),
        put("expires", "2001-01-01T00:00:00Z"),
        put("window_start", "2040-01-01T00:00:00Z"),
        put("window_end", "2040-01-01T00:00:00Z"),
        put("cadence", -1),
        put("cadence", 10**400),
        put("demo", 0),
        put("kind", "run"),
        put("base", "1" * 96),
        put("enclave", ""),
        put("history", [{"seq": 5, "sha384": "1" * 96}]),
        put("history", [{"seq": 1, "sha384": "1" * 96}, {"seq": 1, "sha384": "2" * 96}]),
        put("history", [{"seq": 1, "sha384": "1" * 96}] * 17),
        put("program", "\u202e"),
        put("parts", {}),
        put("parts", [None]),
        part("name", "../../etc/passwd"),
        part("name", "p0002.ndjson"),
        part("bytes", 2**32),
        part("rows", 0),
        part("schema", "pickle"),
        part("schema", "journal"),
        part("more", 1),
        put("kind", "heartbeat"),
    ],
)
def test_that_a_manifest_with_anything_odd_is_refused(desk, edit):
    outcome = desk.take(desk.sender.cut(desk.outbox, edit=edit))
    assert outcome.code is Code.BAD_MANIFEST
    assert outcome.told is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"{",
    ],
)
def test_that_a_manifest_of_strange_json_is_refused(desk, raw, monkeypatch):
    import tests.fakes.bundles

    monkeypatch.setattr(tests.fakes.bundles, "write_manifest", lambda _: raw)
    outcome = desk.take(desk.sender.cut(desk.outbox))
    assert outcome.code is Code.BAD_MANIFEST


def test_that_a_source_cannot_speak_for_another_enclave(desk):
    path = desk.sender.cut(desk.outbox, enclave="u-west")
    outcome = desk.take(path)
    assert outcome.code is Code.BAD_MANIFEST
    assert "u-west" in outcome.reason


def test_that_demonstration_and_real_data_never_meet(desk, tmp_path):
    assert desk.take(desk.sender.cut(desk.outbox, demo=True)).code is Code.BAD_MANIFEST
    sender = Sender()
    store, me = open_store(tmp_path / "demo", START + DAY), station(Level.S, demo=True)
    trusting(store, me, sender)
    real = sender.cut(tmp_path / "real", keep=False)
    assert receive(real, store, me, Job(), carrier="x").code is Code.BAD_MANIFEST
    made_up = sender.cut(tmp_path / "made-up", demo=True)
    assert receive(made_up, store, me, Job(), carrier="x").code is Code.APPLIED


# --- files


def test_that_a_ten_gigabyte_part_declared_small_is_refused_unread(desk):
    path = desk.sender.cut(desk.outbox)
    os.truncate(path / "p0002.ndjson", 10 * 2**30)
    outcome = desk.take(path)
    assert outcome.code is Code.UNSAFE_LAYOUT
    os.truncate(path / "p0002.ndjson", 4 * 2**30 - 2)
    outcome = desk.take(path)
    assert outcome.code is Code.PART_MISMATCH
    assert "longer" in outcome.reason


def test_that_a_truncated_part_is_incomplete_and_brings_nothing(desk):
    path = desk.sender.cut(desk.outbox)
    content = (path / "p0002.ndjson").read_bytes()
    (path / "p0002.ndjson").write_bytes(content[:-10])
    outcome = desk.take(path)
    assert outcome.code is Code.INCOMPLETE
    assert states(outcome)[-1] == ("waiting", "Parts")
    assert desk.picture() == ([], [], [])
    (path / "p0002.ndjson").write_bytes(content)
    assert desk.take(path).code is Code.APPLIED


@pytest.mark.parametrize("name", ["manifest.json", "p0001.ndjson", "sha384sums.txt"])
def test_that_a_bundle_with_a_file_still_to_come_is_incomplete(desk, name):
    path = desk.sender.cut(desk.outbox)
    (path / name).rename(desk.outbox / "later")
    assert desk.take(path).code is Code.INCOMPLETE
    (desk.outbox / "later").rename(path / name)
    assert desk.take(path).code is Code.APPLIED


def test_that_a_manifest_cut_off_is_incomplete(desk):
    path = desk.sender.cut(desk.outbox)
    body = (path / "manifest.json").read_bytes()
    (path / "manifest.json").write_bytes(body[:100])
    assert desk.take(path).code is Code.INCOMPLETE
    (path / "manifest.json").write_bytes(b"")
    assert desk.take(path).code is Code.INCOMPLETE


def test_that_a_part_too_many_is_refused(desk):
    path = desk.sender.cut(desk.outbox)
    (path / "p0009.ndjson").write_text("{}\n")
    assert desk.take(path).code is Code.PART_MISMATCH


def test_that_parts_that_changed_places_are_refused(desk):
    path = desk.sender.cut(desk.outbox, raw_parts=[("plain", b'{"a":1}\n'), ("plain", b'{"b":2}\n')])
    first, second = (path / "p0001.ndjson").read_bytes(), (path / "p0002.ndjson").read_bytes()
    (path / "p0001.ndjson").write_bytes(second)
    (path / "p0002.ndjson").write_bytes(first)
    assert desk.take(path).code is Code.PART_MISMATCH


@pytest.mark.parametrize("sums", [b"x" * 300_000, b"", b"0" * 96 + b"  manifest.json\n"])
def test_that_another_sums_file_is_refused(desk, sums):
    path = desk.sender.cut(desk.outbox)
    (path / "sha384sums.txt").write_bytes(sums)
    assert desk.take(path).code is Code.PART_MISMATCH


def test_that_sums_are_as_sha384sum_checks_them(desk):
    import subprocess

    path = desk.sender.cut(desk.outbox)
    done = subprocess.run(
        ["sha384sum", "--check", "--strict", "sha384sums.txt"], cwd=path, capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines() == ["manifest.json: OK", "p0001.ndjson: OK", "p0002.ndjson: OK"]


def test_that_a_wrong_number_of_lines_is_refused(desk):
    def more(told):
        told["parts"][0]["rows"] += 1

    assert desk.take(desk.sender.cut(desk.outbox, edit=more, keep=False)).code is Code.PART_MISMATCH
    endless = desk.sender.cut(desk.outbox / "b", raw_parts=[("plain", b'{"a":1}\n{"b":2}')])
    assert desk.take(endless).code is Code.PART_MISMATCH


# --- content


def bomb(desk, schema, body):
    outcome = desk.take(desk.sender.cut(desk.outbox, raw_parts=[(schema, body)]))
    assert outcome.code is Code.PART_MISMATCH, outcome
    assert desk.picture() == ([], [], [])
    assert desk.memory()[2] == []
    return outcome


@pytest.mark.parametrize("schema", ["chunks", "plain", "events", "catalogue"])
@pytest.mark.parametrize("body", [b"[" * 5000 + b"\n", b"{}\n", b"\xff\n", b"[]\n", b"\n", b"5\n"])
def test_that_lines_that_are_no_rows_are_refused(desk, schema, body):
    bomb(desk, schema, body)


@pytest.mark.parametrize("schema", ["plain", "events", "catalogue"])
def test_that_an_endless_line_is_refused_before_it_is_read(desk, schema):
    outcome = bomb(desk, schema, b'{"a":"' + b"x" * LINE_BYTES[schema] + b'"}\n')
    assert "longer" in outcome.reason


def test_that_an_endless_line_over_many_steps_is_refused(desk):
    outcome = bomb(desk, "chunks", b'{"a":"' + b"x" * (13 * 2**20) + b'"}\n')
    assert "longer" in outcome.reason


def test_that_a_part_swapped_between_hashing_and_parsing_is_not_parsed(desk, monkeypatch):
    """The second reading is compared, step by step, with what was hashed."""
    path = desk.sender.cut(desk.outbox)
    part_file = path / "p0002.ndjson"
    body = part_file.read_bytes()
    stamp = part_file.stat()
    from app.bundle import verify

    whole_judgement = verify._Examination.judge_parts

    def swap_afterwards(self, *arguments):
        found = whole_judgement(self, *arguments)
        with part_file.open("r+b") as file:  # same file, same size, and the old time restored
            file.write(b"X" * len(body))
        os.utime(part_file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        return found

    monkeypatch.setattr(verify._Examination, "judge_parts", swap_afterwards)
    outcome = desk.take(path)
    assert outcome.code is Code.INCOMPLETE
    assert "changed" in outcome.reason
    assert desk.picture() == ([], [], [])


def test_that_a_series_of_another_enclave_is_refused(desk):
    outcome = desk.take(desk.sender.cut(desk.outbox, series=[series_of("u-west")]))
    assert outcome.code is Code.PART_MISMATCH
    assert "enclave" in outcome.reason


def test_that_a_sample_from_the_future_is_refused(desk):
    outcome = desk.take(desk.sender.cut(desk.outbox, series=[series_of("s-east", start=START + 5 * DAY)]))
    assert outcome.code is Code.PART_MISMATCH
    assert "later" in outcome.reason


# --- verify alone


def test_that_verifying_imports_and_remembers_nothing(desk):
    path = desk.sender.cut(desk.outbox)
    before = (desk.picture(), desk.memory())
    assert check_only(path, desk.store, desk.me, Job()).code is Code.APPLIED
    assert (desk.picture(), desk.memory()) == before
    with desk.store.state() as state:
        assert next(audit.records(state, 1)).event == "verify"


def test_that_verifying_reads_the_content_too(desk):
    path = desk.sender.cut(desk.outbox, series=[series_of("u-west")])
    assert check_only(path, desk.store, desk.me, Job()).code is Code.PART_MISMATCH


def test_that_verifying_a_spill_locks_nobody(desk):
    spilled = desk.outbox / "ts_enc01_core_0000000009_e1"
    spilled.mkdir(parents=True)
    assert check_only(spilled, desk.store, desk.me, Job()).code is Code.SPILL
    assert desk.memory()[1] == []


def test_that_a_zip_is_judged_like_a_folder(desk):
    assert desk.take(zipped(desk.sender.cut(desk.outbox))).code is Code.APPLIED


# --- journals


def test_that_a_journal_without_its_base_is_held(desk):
    outcome = desk.take(
        desk.sender.cut(desk.outbox, content="journal", base="1" * 96, raw_parts=[("journal", b"{}\n")])
    )
    assert outcome.code is Code.HELD
    assert "has not arrived" in outcome.reason


def test_that_a_journal_is_kept_for_a_version_that_reads_it(desk):
    first = desk.sender.cut(desk.outbox)
    assert desk.take(first).code is Code.APPLIED
    path = desk.sender.cut(desk.outbox, content="journal", base=desk.sender.chain[1], raw_parts=[("journal", b"{}\n")])
    outcome = desk.take(path)
    assert outcome.code is Code.HELD
    assert "does not read journals" in outcome.reason


@example(b"x")
@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_that_no_bytes_make_the_envelope_reader_stumble(data):
    from app.bundle.signature import SignatureRefused, read_envelope

    with pytest.raises(SignatureRefused):
        read_envelope(data)


def test_that_a_first_trust_of_another_kind_is_refused(tmp_path):
    from app.errors import SettingsError

    store, me = open_store(tmp_path / "s", START), station(Level.S)
    root = p384()
    made_up = trust_file([root], [], demo=True)
    with pytest.raises(SettingsError):
        first_trust(store, me, sign_trust(made_up, [root]), made_up.root_fingerprint)


def test_that_no_manifest_hash_is_the_zero_hash():
    assert NO_MANIFEST == "0" * 96


def test_that_a_part_that_grows_while_it_is_hashed_is_incomplete(desk):
    path = desk.sender.cut(desk.outbox)

    def still_copying(_):
        with (path / "p0001.ndjson").open("ab") as file:
            file.write(b"more")

    assert desk.take(path, Job(still_copying)).code is Code.INCOMPLETE
