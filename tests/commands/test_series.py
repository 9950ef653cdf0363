"""`watchfloor series`: what comes out reads back to the same numbers, with its marking on it."""

import csv
import json
import math

import jsonschema
import numpy as np
import pytest

from app.cli import main
from app.clock import to_iso
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths, resources
from app.settings import write_station
from tests.fakes.fleets import DAY, HOUR, NOW, S1, U1, catalogue, endpoint, series
from tests.fakes.stores import bring, open_store, station

SCHEMA = json.loads((resources() / "schema" / "series-1.json").read_text(encoding="utf-8"))
VALUES = [0.1 + 0.2, math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e300]
TIMES = NOW - HOUR + 60.0 * np.array([0, 1, 2, 3, 10, 11, 12])


@pytest.fixture
def base(base_dir):
    write_station(Paths.under(base_dir), station(Level.S))
    store = open_store(base_dir, NOW)
    window = TimeRange(NOW - DAY, NOW)
    for enclave, value in ((U1, VALUES), (S1, 2.0)):
        labels = {"enclave": enclave.id, "endpoint": "rag", "note": 'a "b", c'}
        rows = [series("endpoint_queue_length", labels, TIMES, value)]
        bring(store, catalogue(enclave, endpoint(enclave, "rag")), window, rows, received=NOW)
    return base_dir


def run(base, capsys, *options):
    begin = ["series", "--base-dir", str(base), "--metric", "endpoint_queue_length", "--end", to_iso(NOW)]
    code = main([*begin, *options])
    return code, capsys.readouterr()


def same(text, value):
    read = float(text.replace("Inf", "inf"))
    return np.array_equal(np.array([read]).view(np.int64), np.array([value]).view(np.int64))


def test_that_csv_reads_back_to_the_bit_and_carries_its_marking(base, capsys):
    code, out = run(base, capsys, "--label", "enclave=enc-u1", "--csv")
    lines = out.out.splitlines()
    assert code == 0
    assert (lines[0], lines[-1]) == ("# UNCLASSIFIED", "# UNCLASSIFIED")
    rows = list(csv.DictReader(lines[1:-1]))
    assert [row["time"] for row in rows] == [to_iso(t) for t in TIMES.tolist()]
    assert all(same(row["value"], value) for row, value in zip(rows, VALUES, strict=True))
    assert [row["value"] for row in rows][1:4] == ["NaN", "+Inf", "-Inf"]
    assert {row["marking"] for row in rows} == {"UNCLASSIFIED"}
    assert rows[0]["label_note"] == 'a "b", c'


def test_that_csv_of_several_levels_marks_each_row_and_the_whole(base, capsys):
    _, out = run(base, capsys)  # CSV is the default
    lines = out.out.splitlines()
    assert (lines[0], lines[-1]) == ("# SECRET", "# SECRET")
    rows = list(csv.DictReader(lines[1:-1]))
    assert {(row["label_enclave"], row["marking"]) for row in rows} == {
        ("enc-u1", "UNCLASSIFIED"), ("enc-s1", "SECRET"),
    }  # fmt: skip


def test_that_json_fits_its_schema_and_writes_what_json_cannot_as_text(base, capsys):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    _, out = run(base, capsys, "--label", "enclave=enc-u1", "--json")
    found = json.loads(out.out)
    jsonschema.validate(found, SCHEMA)
    (one,) = found["data"]["series"]
    got = [value for _, value in one["points"]]
    assert got[1:4] == ["NaN", "+Inf", "-Inf"]
    assert got[0] == 0.1 + 0.2
    assert math.copysign(1.0, got[4]) == -1.0
    assert (found["marking"], one["marking"]) == ("UNCLASSIFIED", "UNCLASSIFIED")


def test_that_buckets_are_where_samples_are_and_nowhere_else(base, capsys):
    _, out = run(base, capsys, "--label", "enclave=enc-s1", "--json", "--step", "300", "--start", to_iso(NOW - HOUR))
    found = json.loads(out.out)
    jsonschema.validate(found, SCHEMA)
    (one,) = found["data"]["series"]
    # minutes 0 to 3 lie in the first five minutes, 10 to 12 in the third; the second is a gap
    assert one["points"] == [[to_iso(NOW - HOUR), 2.0, 2.0, 2.0, 4.0], [to_iso(NOW - HOUR + 600), 2.0, 2.0, 2.0, 3.0]]
    _, out = run(base, capsys, "--step", "300", "--csv")
    assert out.out.splitlines()[1].endswith(",mean,min,max,count,marking")


def test_that_a_level_leaves_nothing_above_it(base, capsys):
    _, out = run(base, capsys, "--level", "U")
    assert "enc-s1" not in out.out
    assert out.out.startswith("# UNCLASSIFIED\n")


def test_that_the_second_check_stops_what_the_first_let_through(base, capsys, monkeypatch):
    from app.store.database import Store

    whole = Store.reader
    monkeypatch.setattr(Store, "reader", lambda self, ceiling=None: whole(self))
    code, out = run(base, capsys, "--level", "U")
    assert (code, out.out) == (4, "")


def test_that_nothing_found_is_said_and_is_marked_as_closed_as_can_be(base, capsys):
    code, out = run(base, capsys, "--label", "endpoint=none")
    assert code == 0
    assert "no series here matches" in out.err
    assert out.out.splitlines()[0] == "# SECRET"


def test_that_as_known_at_leaves_out_what_came_later(base, capsys):
    _, out = run(base, capsys, "--at", to_iso(NOW - 1))
    assert len(out.out.splitlines()) == 3  # marking, heads, marking


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--label", "enclave"], "no name=value"),
        (["--start", "yesterday"], "no ISO 8601 time"),
        (["--start", to_iso(NOW)], "--start must be before --end"),
        (["--step", "0"], "from 0.001 to a year"),
        (["--step", "1e300"], "from 0.001 to a year"),
        (["--step", "nan"], "from 0.001 to a year"),
    ],
)
def test_that_a_slip_in_the_words_is_explained(base, capsys, options, said):
    code, out = run(base, capsys, *options)
    assert code == 2
    assert said in out.err
