"""`import`, `verify` and `audit`: words, JSON and exit codes."""

import pytest

from app.bundle.inbound import receive
from app.bundle.outcome import Code
from app.cli import main
from app.clock import SystemClock
from app.job import Job
from app.model.marking import Level
from app.settings import write_station
from app.store import ledger
from tests.fakes.bundles import DAY, START, Sender, zipped
from tests.fakes.keys import p384, trusting
from tests.fakes.schemas import valid
from tests.fakes.stores import open_store, station


@pytest.fixture
def place(base_dir):
    store, me, sender = open_store(base_dir, START + DAY), station(Level.S), Sender()
    write_station(store.paths, me)
    trusting(store, me, sender)
    return store, sender


@pytest.fixture
def run(place, base_dir, capsys):
    def command(*words, code=0):
        assert main([*map(str, words), "--base-dir", str(base_dir)]) == code, capsys.readouterr()
        return capsys.readouterr()

    return command


def test_that_a_folder_of_bundles_is_imported_in_order(run, place, tmp_path):
    _, sender = place
    paths = [sender.cut(tmp_path / "medium") for _ in range(3)]
    told = run("import", tmp_path / "medium").out.splitlines()
    assert [line.split()[:2] for line in told[1:4]] == [[path.name, "EXPIRED_AS_HISTORY"] for path in paths]
    assert (told[0], told[-1]) == ("SECRET", "SECRET")
    assert told[-2] == "3 expired as history"
    assert run("import", *paths).out.splitlines()[-2] == "3 duplicate"


def test_that_one_refused_bundle_gives_exit_4_and_does_not_stop_the_others(run, place, tmp_path):
    _, sender = place
    stranger = Sender(source="enc99", keys=[p384()])
    bad, good = stranger.cut(tmp_path), sender.cut(tmp_path)
    told = run("import", bad, good, code=4).out
    assert "UNTRUSTED" in told
    assert "trust add" in told
    assert "1 expired as history, 1 untrusted" in told


def test_that_what_waited_for_a_clock_is_told_when_it_comes_in(run, place, tmp_path):
    store, sender = place
    now = SystemClock().now()
    path = sender.cut(tmp_path, created=now + 600.0)
    store.clock.at = now
    assert receive(path, store, station(Level.S), Job(), carrier="x").code is Code.CLOCK
    store.clock.at = now + 400.0
    path = sender.cut(tmp_path, created=now - 5.0)
    with store.state() as state:  # as if the clock had been behind when it came
        state.db.execute("UPDATE attempt SET created = ? WHERE code = 'CLOCK'", (now - 1.0,))
    assert "CLOCK" in run("import", path).out


def test_that_json_tells_every_outcome_with_its_checks(run, place, tmp_path):
    _, sender = place
    (outcome,) = valid(run("import", zipped(sender.cut(tmp_path)), "--json", "--carrier", "courier 6").out)
    assert (outcome["code"], outcome["accepted"], outcome["seq"], outcome["level"]) == (
        "EXPIRED_AS_HISTORY", True, 1, "S",
    )  # fmt: skip
    assert [check["state"] for check in outcome["checks"]] == ["passed"] * 7
    with place[0].state() as state:
        assert ledger.attempts(state)[0].carrier == "courier 6"


@pytest.mark.parametrize("command", ["import", "verify"])
def test_that_a_path_without_a_bundle_is_told(run, tmp_path, command):
    (tmp_path / "empty").mkdir()
    assert "no bundle" in run(command, tmp_path / "empty", code=3).err
    assert "no bundle" in run(command, tmp_path / "none", code=3).err


def test_that_verify_shows_every_step_and_imports_nothing(run, place, tmp_path):
    store, sender = place
    path = sender.cut(tmp_path)
    told = run("verify", path).out
    assert told.count("passed") == 7
    assert "would end as EXPIRED_AS_HISTORY" in told
    with store.state() as state:
        assert ledger.attempts(state) == []
    (path / "p0001.ndjson").write_bytes(b"x" * (path / "p0001.ndjson").stat().st_size)
    told = run("verify", path, code=4).out
    assert "failed  Parts: Its parts are not what was signed: p0001.ndjson is not the file that was signed." in told
    assert valid(run("verify", path, "--json", code=4).out)[0]["code"] == "PART_MISMATCH"


def test_that_the_audit_log_is_verified_and_shown(run, place, tmp_path):
    store, sender = place
    run("import", sender.cut(tmp_path))
    assert "2 records, unbroken" in run("audit", "verify").out
    assert "EXPIRED_AS_HISTORY" in run("audit", "show", "--last", "1").out
    shown = valid(run("audit", "show", "--json").out)
    assert [record["event"] for record in shown] == ["trust init", "import"]
    assert shown[1]["prev"] == shown[0]["hash"]
    told = valid(run("audit", "verify", "--json").out)
    assert told == {"records": 2, "head": shown[1]["hash"], "first_broken": None}
    with store.state() as state:
        state.db.execute("DROP TRIGGER audit_is_not_updated")
        state.db.execute("UPDATE audit SET os_user = 'nobody' WHERE n = 1")
    assert "Record 1 is the first" in run("audit", "verify", code=3).out
    assert valid(run("audit", "verify", "--json", code=3).out)["first_broken"] == 1


def test_that_without_a_ceiling_nothing_is_imported(base_dir, tmp_path, capsys):
    assert main(["import", str(Sender().cut(tmp_path)), "--base-dir", str(base_dir)]) == 3
    assert "init --ceiling" in capsys.readouterr().err


def test_that_a_path_which_is_not_there_stops_before_anything_is_imported(run, place, tmp_path):
    _, sender = place
    path = sender.cut(tmp_path / "medium")
    told = run("import", path, tmp_path / "nonex", code=3)
    assert "nonex" in told.err
    assert "1 expired as history" in run("import", path).out, "the first path was not imported by the refused call"


@pytest.mark.parametrize("harm", ["append", "remove"])
def test_that_verify_checks_a_copy_of_what_was_imported_before_to_its_last_byte(run, place, tmp_path, harm):
    _, sender = place
    path = sender.cut(tmp_path / "medium")
    run("import", path)
    assert "DUPLICATE" in run("verify", path).out
    part = next(path.glob("p*.ndjson"))
    if harm == "append":
        part.write_bytes(part.read_bytes() + b"{}\n")
    else:
        part.unlink()
    run("verify", path, code=4)
