"""From a bare folder to a station that trusts a collector, by commands alone."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.cli import main
from app.clock import SystemClock
from app.paths import Paths
from app.store import audit
from app.store.database import Store
from tests.fakes.bundles import Sender
from tests.fakes.keys import p384
from tests.fakes.schemas import valid


@pytest.fixture
def base(base_dir, tmp_path, monkeypatch):
    """An empty place for a station, in a folder with a passphrase file."""
    passphrase(tmp_path)
    monkeypatch.chdir(tmp_path)
    return base_dir


def passphrase(folder):
    (folder / "pp").write_text("correct horse\n")
    (folder / "pp").chmod(0o600)


@pytest.fixture
def run(base, capsys):
    def command(*words, code=0):
        assert main([*words, "--base-dir", str(base)]) == code, capsys.readouterr()
        return capsys.readouterr()

    return command


def new_key(run, name, scheme="ecdsa-sha2-nistp384"):
    told = run("keys", "new", "--scheme", scheme, "--name", name, "--passphrase-file", "pp").out
    run("keys", "export", name, "--output", f"{name}.json")
    return re.search(r"Key \S+: ([0-9a-f]{16})", told)[1]


def source(name="enc01", *, key="collector", level="S", profile="cnsa1", epoch=1, enclave=""):
    enclave = enclave or ("s-east" if name == "enc01" else f"of-{name}")
    return ("--source", name, "--epoch", str(epoch), "--enclave", enclave, "--max-level", level, "--stream", "core",
            "--profile", profile, "--key", f"{key}.json")  # fmt: skip


def fingerprint(text):
    return re.search(r"((?:[0-9a-f]{8} ){11}[0-9a-f]{8})", text)[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A station with three root keys and a collector's key, and a trust file 1 for them, signed by 2 of 3.

    Made once: sealing a key takes its time, as it should.
    """
    folder = tmp_path_factory.mktemp("made")
    passphrase(folder)

    def run(*words):
        out = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(out):
            assert main([*words, "--base-dir", "station"]) == 0
        return SimpleNamespace(out=out.getvalue())

    run("init", "--ceiling", "S", "--station", "Watch floor")
    for name in ("root-1", "root-2", "root-3", "collector"):
        new_key(run, name)
    roots = [word for name in ("root-1", "root-2", "root-3") for word in ("--root", f"{name}.json")]
    run("trust", "draft", "t1.json", *roots, *source())
    for name in ("root-1", "root-2"):
        told = run("trust", "sign", "t1.json", "--key", name, "--passphrase-file", "pp").out
    return folder, fingerprint(told)


@pytest.fixture
def rooted(made, base):
    """A copy of that station in the test's own folder; the fingerprint of its roots."""
    folder, roots = made
    shutil.copytree(folder, base.parent, dirs_exist_ok=True)
    return roots


def read(name):
    return json.loads(Path(name).read_text(encoding="utf-8"))


def test_that_a_station_is_set_up_once(run, base):
    assert "nothing above Secret" in run("init", "--ceiling", "S").out
    assert 'ceiling = "S"' in (base / "config" / "station.toml").read_text()
    assert "already" in run("init", "--ceiling", "TS", code=4).err
    assert 'ceiling = "S"' in (base / "config" / "station.toml").read_text()


def test_that_an_unknown_ceiling_is_told(run):
    assert "TS-SCI" in run("init", "--ceiling", "COSMIC", code=2).err


@pytest.mark.parametrize(
    ("name", "identifier"), [("Watch floor 4", "watch-floor-4"), ("Ünïcode!", "n-code"), ("!", "station")]
)
def test_that_a_name_for_people_gives_an_identifier(run, base, name, identifier):
    run("init", "--ceiling", "U", "--station", name)
    assert f'id = "{identifier}"' in (base / "config" / "station.toml").read_text()


def test_that_a_key_is_made_listed_and_exported_without_its_private_half(run, base):
    keyid = new_key(run, "collector")
    listed = run("keys", "list").out.split()
    assert listed == ["collector", keyid, "ecdsa-sha2-nistp384"]
    document = json.loads(run("keys", "export", keyid).out)
    assert set(document) == {"keyid", "scheme", "public", "fingerprint"}
    assert document["fingerprint"].startswith(keyid)
    everything = b"".join(file.read_bytes() for file in base.rglob("*") if file.is_file())
    assert b"PRIVATE KEY" not in everything


def test_that_a_key_is_never_overwritten_and_a_scheme_never_defaulted(run):
    new_key(run, "collector")
    again = ("keys", "new", "--scheme", "ml-dsa-87", "--passphrase-file", "pp", "--name")
    assert "already" in run(*again, "collector", code=3).err
    assert "no name" in run(*again, "Bad Name", code=3).err
    with pytest.raises(SystemExit):
        run("keys", "new", "--name", "x")
    assert "no key" in run("keys", "export", "other", code=3).err


def test_that_a_secret_is_stored_by_reference(run, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("t0ken\n"))
    assert run("keys", "secret", "grafana", "--passphrase-file", "pp").out == "file:grafana\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "empty" in run("keys", "secret", "grafana", "--passphrase-file", "pp", code=3).err


def test_that_trust_is_set_up_by_a_compared_fingerprint(run, rooted):
    assert rooted in run("trust", "init", "t1.json", code=2).err
    assert "not the one" in run("trust", "init", "t1.json", "--fingerprint", "0" * 96, code=4).err
    told = run("trust", "init", "t1.json", "--fingerprint", rooted).out
    assert told == "Trust file 1 is in force: 1 entries, 2 of 3 roots.\n"
    assert "already" in run("trust", "init", "t1.json", "--fingerprint", rooted, code=4).err
    listed = valid(run("trust", "list", "--json").out)
    (key,) = listed["keys"]
    assert (key["source"], key["max_level"], key["revoked"]) == ("enc01", "S", False)
    assert valid(run("trust", "show", "--json").out)["threshold"] == 2
    assert rooted in run("trust", "show").out
    assert "enc01  epoch 1  s-east  up to Secret" in run("trust", "list").out


def test_that_one_signature_of_two_is_not_enough(run, rooted):
    run("trust", "init", "t1.json", "--fingerprint", rooted)
    run("trust", "draft", "t2.json", "--from", "t1.json", "--revoke", "0" * 16, *source("enc02", key="root-3"), code=3)
    new_key(run, "second")
    run("trust", "draft", "t2.json", "--from", "t1.json", *source("enc02", key="second", level="U"))
    run("trust", "sign", "t2.json", "--key", "root-3", "--passphrase-file", "pp")
    assert "1 of" in run("trust", "add", "t2.json", code=4).err
    run("trust", "sign", "t2.json", "--key", "root-1", "--passphrase-file", "pp")
    assert "Trust file 2" in run("trust", "add", "t2.json").out
    assert "version 3 comes next" in run("trust", "add", "t1.json", code=4).err


def test_that_entries_are_replaced_removed_and_revoked(run, rooted):
    keyid = read("collector.json")["keyid"]
    run("trust", "draft", "t2.json", "--from", "t1.json", "--revoke", keyid)
    assert read("t2.json")["sources"][0]["revoked"] == [keyid]
    run("trust", "draft", "t2.json", "--from", "t1.json", "--remove", "enc01/1", "--threshold", "3")
    told = read("t2.json")
    assert (told["sources"], told["threshold"], told["version"]) == ([], 3, 2)
    run("trust", "draft", "t2.json", "--from", "t1.json", *source(level="U"))
    assert [s["max_level"] for s in read("t2.json")["sources"]] == ["U"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("trust", "draft", "x.json"), 2),
        (("trust", "draft", "x.json", "--root", "none.json"), 3),
        (("trust", "draft", "x.json", "--root", "pp"), 3),
        (("trust", "draft", "x.json", "--from", "t1.json", "--source", "enc02"), 2),
        (("trust", "draft", "x.json", "--from", "t1.json", *source(level="X")), 2),
        (("trust", "draft", "x.json", "--from", "t1.json", *source(profile="cnsa2")), 3),
        (("trust", "sign", "none.json", "--key", "root-1"), 3),
        (("trust", "sign", "pp", "--key", "root-1", "--passphrase-file", "pp"), 3),
        (("trust", "sign", "t1.json", "--key", "root-9"), 3),
        (("trust", "add", "t1.json"), 4),
        (("trust", "add", "none.json"), 3),
        (("trust", "show"), 3),
        (("trust", "release", "enc01", "--reason", "x"), 4),
    ],
)
def test_that_what_is_wrong_is_told_with_its_exit_code(run, rooted, words, code):
    told = run(*words, code=code).err
    assert told.startswith("watchfloor: ")
    assert len(told) > 40


def test_that_a_station_that_trusts_nobody_says_so(run):
    run("init", "--ceiling", "S")
    assert "trusts nobody yet" in run("trust", "list").out
    assert valid(run("trust", "list", "--json").out) == {"version": None, "keys": [], "locks": []}


def test_that_a_lock_is_listed_and_released(run, rooted, tmp_path):
    run("trust", "init", "t1.json", "--fingerprint", rooted)
    spilled = tmp_path / "medium" / "ts_enc01_core_0000000001_e1"
    spilled.mkdir(parents=True)
    told = run("import", str(spilled.parent), code=4)
    assert "SPILL" in told.out
    assert spilled.name not in told.out + told.err
    assert "LOCKED enc01" in run("trust", "list").out
    assert valid(run("trust", "list", "--json").out)["locks"][0]["code"] == "SPILL"
    assert "released" in run("trust", "release", "enc01", "--reason", "settled").out
    assert "LOCKED" not in run("trust", "list").out


def test_that_what_waited_for_trust_comes_in_when_it_is_added(run, rooted, tmp_path):
    """A second source, whose bundle came before the trust file that names it."""
    run("trust", "init", "t1.json", "--fingerprint", rooted)
    sender = Sender(source="enc02", enclave="u-west", keys=[p384()])
    path = sender.cut(tmp_path / "medium")
    (tmp_path / "enc02.json").write_text(json.dumps(sender.keys[0].public.document()))
    assert "UNTRUSTED" in run("import", str(path), code=4).out
    draft = ("--source", "enc02", "--enclave", "u-west", "--max-level", "S", "--stream", "core", "--profile", "cnsa1",
             "--key", "enc02.json")  # fmt: skip
    run("trust", "draft", "t2.json", "--from", "t1.json", *draft)
    for name in ("root-1", "root-3"):
        run("trust", "sign", "t2.json", "--key", name, "--passphrase-file", "pp")
    assert "Tried again: s_enc02_core_0000000001_e1  EXPIRED_AS_HISTORY" in run("trust", "add", "t2.json").out


def test_that_every_act_of_trust_is_in_the_audit_log(run, rooted, base):
    run("trust", "init", "t1.json", "--fingerprint", rooted)
    with Store.open(Paths.under(base), SystemClock()).state() as state:
        events = [(record.component, record.event) for record in audit.records(state)]
    assert events == [("station", "init"), *[("keys", "new")] * 4, ("trust", "trust init")]


@pytest.mark.parametrize("words", [("--revoke", "nosuch"), ("--remove", "nosuch/1"), ("--revoke", "enc01")])
def test_that_a_misspelt_key_or_entry_is_never_taken_for_revoked(run, rooted, words, tmp_path):
    told = run("trust", "draft", "t9.json", "--from", "t1.json", *words, code=3).err
    assert repr(words[1]) in told
    assert not (tmp_path / "t9.json").exists()


def test_that_a_draft_never_overwrites_a_signed_trust_file(run, rooted, tmp_path):
    before = (tmp_path / "t1.json").read_bytes()
    assert "signed" in run("trust", "draft", "t1.json", "--from", "t1.json", code=3).err
    assert (tmp_path / "t1.json").read_bytes() == before
