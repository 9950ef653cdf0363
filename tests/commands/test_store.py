"""`watchfloor store`: words, JSON, markings and exit codes."""

import csv
import json
import re
import sqlite3

import jsonschema
import numpy as np
import pytest

from app.cli import main
from app.job import Job
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths, resources
from app.settings import write_station
from app.store.settle import settle
from tests.fakes.fleets import DAY, NOW, S1, T1, U1, catalogue, endpoint, series
from tests.fakes.schemas import valid
from tests.fakes.stores import bring, open_store, station

SPAN = 30 * DAY


@pytest.fixture
def base(base_dir):
    """A station of ceiling S with two enclaves that it may see and one that it may not."""
    write_station(Paths.under(base_dir), station(Level.S))
    store = open_store(base_dir, NOW)
    times = NOW - 2 * DAY + 60.0 * np.arange(2 * 1440)
    for enclave, level in ((U1, Level.U), (S1, Level.S), (T1, Level.TS)):
        rows = [
            series(metric, {"enclave": enclave.id, "endpoint": "rag"}, times, np.arange(times.size) % 7)
            for metric in ("endpoint_requests", "endpoint_queue_length")
        ]
        window = TimeRange(NOW - 2 * DAY, NOW)
        bring(store, catalogue(enclave, endpoint(enclave, "rag")), window, rows, received=NOW, level=level)
    with store.writer() as writer:
        settle(writer, Job(), always=True)
    return base_dir


@pytest.fixture
def run(base, capsys):
    def command(*words, code=0):
        assert main(["store", *words, "--base-dir", str(base)]) == code, capsys.readouterr()
        return capsys.readouterr()

    return command


def damage(base, table, where="1"):
    """Flip a bit in the last byte of the first row that `where` picks, and return its key."""
    db = sqlite3.connect(base / "cache" / "cache.db")
    key, body = db.execute(f"SELECT id, body FROM {table} WHERE {where} ORDER BY id").fetchone()
    db.execute(f"UPDATE {table} SET body = ? WHERE id = ?", (body[:-1] + bytes([body[-1] ^ 1]), key))
    db.commit()
    db.close()
    return key


def test_that_stats_count_what_the_store_holds(run):
    told = valid(run("stats", "--json").out)
    assert (told["bundles"], told["series"], told["samples"]) == (3, 6, 6 * 2 * 1440)
    assert [(one["id"], one["level"]) for one in told["enclaves"]] == [(U1.id, "U"), (S1.id, "S")]
    rows = {table["name"]: table["rows"] for table in told["tables"]}
    spans = {int(t // SPAN) for t in (NOW - 2 * DAY, NOW - 60.0)}
    assert (rows["chunk"], rows["rollup"]) == (6 * len(spans), 6 * len(spans))
    assert sum(table["bytes"] for table in told["tables"]) <= told["file_bytes"]
    assert told["bytes_per_sample"] == (told["file_bytes"] - told["free_bytes"]) / told["samples"]
    assert told["head_rows"] == {"frames": 0, "sheaf": 0, "hour": 0}


def test_that_stats_in_words_carry_their_marking_and_hide_what_is_above_the_ceiling(run):
    lines = run("stats").out.splitlines()
    assert (lines[0], lines[-1]) == ("SECRET", "SECRET")
    assert "17,280 samples of 6 series from 3 bundles" in lines[1]
    assert any(line.startswith(U1.id) and "UNCLASSIFIED" in line for line in lines)
    assert T1.id not in "\n".join(lines)


def test_that_a_whole_store_is_called_whole(run):
    assert valid(run("verify", "--json").out) == {"whole": True, "findings": []}
    assert run("verify").out.splitlines() == ["SECRET", "Every row is what was written.", "SECRET"]


def test_that_verify_names_the_series_the_time_and_what_to_do_and_changes_nothing(run, base):
    key = damage(base, "chunk", f"id >> 20 IN (SELECT id FROM series WHERE enclave = '{S1.id}')")
    before = (base / "cache" / "cache.db").read_bytes()
    (found,) = valid(run("verify", "--json", code=4).out)["findings"]
    assert (found["enclave"], found["level"], found["remedy"]) == (S1.id, "S", "import")
    assert found["labels"] == {"enclave": S1.id, "endpoint": "rag"}
    start = (key & 0xFFFFF) * SPAN
    assert [found["start"], found["end"]] == [iso(start), iso(start + SPAN)]
    told = run("verify", code=4).out
    assert f'SECRET  samples of 30 days: {found["metric"]} {{enclave="{S1.id}",endpoint="rag"}}' in told
    assert "import the newest full bundles again" in told
    assert (base / "cache" / "cache.db").read_bytes() == before


def iso(seconds):
    from app.clock import to_iso

    return to_iso(seconds)


def test_that_verify_shows_no_series_above_the_ceiling(run, base):
    damage(base, "chunk", f"id >> 20 IN (SELECT id FROM series WHERE enclave = '{T1.id}')")
    assert T1.id not in run("verify", "--json").out


@pytest.mark.parametrize("table", ["rollup", "hours", "sheet", "last"])
def test_that_compact_makes_anew_what_is_derived(run, base, table):
    damage(base, table)
    found = valid(run("verify", "--json", code=4).out)["findings"]
    assert {one["remedy"] for one in found} == {"compact"}
    valid(run("compact", "--json").out)
    assert valid(run("verify", "--json").out)["whole"]


def test_that_compact_lets_go_of_what_is_older_than_the_station_keeps(run, base):
    toml = base / "config" / "station.toml"
    toml.write_text(re.sub(r"retention_days = \d+", "retention_days = 1", toml.read_text()))
    told = valid(run("compact", "--json").out)
    assert told["bytes_after"] <= told["bytes_before"]
    stats = valid(run("stats", "--json").out)
    assert stats["bundles"] == 3
    assert stats["samples"] == 0  # the machine's clock is more than a span after the data


def test_that_a_retention_of_nothing_is_refused(run, base):
    toml = base / "config" / "station.toml"
    toml.write_text(re.sub(r"retention_days = \d+", "retention_days = 0", toml.read_text()))
    assert "retention_days must be 1 or more" in run("compact", code=3).err


def test_that_compact_says_when_there_is_no_room(run, monkeypatch):
    import shutil
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 5))
    said = run("compact", code=3).err
    assert "There is no room to write the cache anew: 0 MB are free" in said
    assert "nothing was lost" in said


def test_that_registers_leave_as_csv_with_their_marking_on_each_row(run):
    lines = run("export", "bundles").out.splitlines()
    assert (lines[0], lines[-1]) == ("# SECRET", "# SECRET")
    rows = list(csv.DictReader(lines[1:-1]))
    assert [(row["enclave"], row["marking"]) for row in rows] == [(U1.id, "UNCLASSIFIED"), (S1.id, "SECRET")]


@pytest.mark.parametrize("register", ["accepted", "attempts", "bundles", "catalogue", "events", "series"])
def test_that_registers_leave_as_json_and_nothing_above_the_ceiling(run, register):
    out = run("export", register, "--json").out
    assert valid(out)["register"] == register
    assert T1.id not in out


@pytest.mark.parametrize("secret", ["audit", "trust", "pinned_key", "intent", "chunk"])
def test_that_keys_audit_records_and_samples_are_no_register(run, capsys, secret):
    with pytest.raises(SystemExit) as stopped:
        run("export", secret)
    assert stopped.value.code == 2


def test_that_samples_which_cannot_be_read_are_a_gap_with_a_reason(run, base, capsys):
    damage(base, "chunk", "id >> 20 IN (SELECT id FROM series WHERE metric = 'endpoint_requests' AND level = 0)")
    words = ["series", "--metric", "endpoint_requests", "--start", iso(NOW - 2 * DAY), "--end", iso(NOW)]
    assert main([*words, "--json", "--base-dir", str(base)]) == 0
    out = capsys.readouterr()
    answer = json.loads(out.out)
    jsonschema.validate(answer, json.loads((resources() / "schema" / "series-1.json").read_text(encoding="utf-8")))
    high, low = answer["data"]["series"]  # in order of their enclaves
    assert "is a gap because it cannot be read: A stored chunk does not match its digest." in out.err
    assert low["damaged"][0]["start"] == iso(NOW - 2 * DAY)
    assert len(low["points"]) < len(high["points"]) == 2 * 1440
    assert high["damaged"] == []
    assert main(["health", "--at", iso(NOW), "--json", "--base-dir", str(base)]) == 0
    told = json.loads(capsys.readouterr().out)["data"]["attention"]
    assert any("stored samples of 1 series cannot be read" in item["text"].lower() for item in told)
