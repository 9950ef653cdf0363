"""`watchfloor sla`: the same figures as JSON, CSV and a table, and refusals in words."""

import csv
import io
import json

import jsonschema
import pytest

from app.cli import main
from app.clock import FrozenClock, to_iso
from app.model.marking import Level
from app.model.register import AddObjective, Author
from app.model.time_range import TimeRange
from app.paths import resources
from app.register import apply
from app.settings import write_station
from tests.fakes.fleets import DAY, NOW, U1, catalogue, endpoint, serving
from tests.fakes.stores import bring, open_store, station
from tests.query.test_service_levels import promise

SCHEMA = json.loads((resources() / "schema" / "sla-1.json").read_text(encoding="utf-8"))


@pytest.fixture
def base(tmp_path):
    store = open_store(tmp_path, NOW)
    write_station(store.paths, station(Level.TS))
    with store.state() as state:
        promised = AddObjective(promise(0.99), "first", NOW - 40 * DAY)
        apply(promised, state, Author("station-04", "alice (1000)"), FrozenClock(NOW - 40 * DAY))
    rows = serving(U1, "rag", NOW, hours=24.0)
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(NOW - DAY, NOW), rows, received=NOW)
    return tmp_path


def run(capsys, *given):
    code = main(["sla", "--at", to_iso(NOW), *given])
    return code, capsys.readouterr()


def test_that_json_follows_its_schema_and_says_the_range(base, capsys):
    code, told = run(capsys, "--base-dir", str(base), "--period", "24h", "--json")
    assert code == 0
    answer = json.loads(told.out)
    jsonschema.validate(answer, SCHEMA)
    (row,) = answer["data"]["rows"]
    assert (row["objective"], row["level"], row["version"]) == ("rag-up", "U", "station-04/1")
    figure = row["availability"]
    assert figure["worst"] <= figure["known_only"] <= figure["best"]


def test_that_one_objective_is_told_closely_with_the_cost_of_any_time(base, capsys):
    day = f"day={to_iso(NOW - DAY)}/{to_iso(NOW)}"
    asked = ("--base-dir", str(base), "--period", "24h", "--objective", "rag-up", "--range", day, "--json")
    code, told = run(capsys, *asked)
    assert code == 0
    answer = json.loads(told.out)
    jsonschema.validate(answer, SCHEMA)
    close = answer["data"]["rows"][0]["closely"]
    assert {cost["name"]: cost["bad"] for cost in close["costs"]} == {"day": 0.0, "all of these": 0.0, "the rest": 0.0}
    assert [close["burn_down"][0]["left"], close["burn_down"][-1]["even"]] == [1.0, 0.0]


def test_that_csv_is_marked_above_and_below(base, capsys):
    code, told = run(capsys, "--base-dir", str(base), "--period", "24h", "--csv")
    lines = told.out.splitlines()
    assert (code, lines[0], lines[-1]) == (0, "# UNCLASSIFIED", "# UNCLASSIFIED")
    (row,) = csv.DictReader(io.StringIO("\n".join(lines[1:-1])))
    assert (row["objective"], row["method"], row["missing_data"]) == ("rag-up", "Occurrences", "unknown")


def test_that_the_table_names_method_and_policy(base, capsys):
    code, told = run(capsys, "--base-dir", str(base), "--period", "24h")
    assert code == 0
    assert "Occurrences, missing data unknown" in told.out
    assert told.out.splitlines()[0] == told.out.splitlines()[-1] == "UNCLASSIFIED"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["--period", "last month"], 2, "2026-Q4"),
        (["--period", "24h", "--objective", "nothing"], 3, "No promise 'nothing'"),
        (["--period", "24h", "--as-known-at", "yesterday"], 2, "is no ISO 8601 time"),
        (["--period", "24h", "--range", "x=2026-11-03T10:00:00Z/2026-11-03T12:00:00Z"], 2, "Add --objective"),
        (["--period", "24h", "--objective", "rag-up", "--range", "x=2026-11-03T10:00:00Z"], 2, "no stretch of time"),
    ],
)
def test_that_what_cannot_be_answered_is_refused_in_words(base, capsys, given, code, said):
    got, told = run(capsys, "--base-dir", str(base), *given)
    assert (got, said in told.err) == (code, True), told.err
