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
from tests.fakes.levels import AT, AUGUST, START, Levels, probed
from tests.fakes.schemas import valid
from tests.fakes.stores import bring, open_store, station
from tests.query.test_service_levels import promise

SCHEMA = json.loads((resources() / "schema" / "sla-1.json").read_text(encoding="utf-8"))


RANGE = "x=2026-09-20T10:00:00Z/2026-09-20T12:00:00Z"


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


def test_that_words_of_decisions_are_not_marked_below_the_ceiling(base, capsys):
    asked = ("--base-dir", str(base), "--period", "24h", "--json")
    whole = json.loads(run(capsys, *asked)[1].out)
    low = json.loads(run(capsys, *asked, "--level", "U")[1].out)
    jsonschema.validate(low, SCHEMA)
    assert whole["data"]["rows"][0]["title"] == "RAG answers"
    assert (low["marking"], low["data"]["rows"][0]["title"]) == ("UNCLASSIFIED", None)
    assert low["data"]["rows"][0]["availability"] == whole["data"]["rows"][0]["availability"]


def test_that_each_form_says_how_a_promise_stands(base, capsys):
    # the promise of 30 days is judged over the last day, of which every minute is known and good
    asked = ("--base-dir", str(base), "--period", "24h")
    (row,) = json.loads(run(capsys, *asked, "--json")[1].out)["data"]["rows"]
    assert (row["state"], row["health"], row["stale"]) == ("on pace", "healthy", False)
    lines = run(capsys, *asked, "--csv")[1].out.splitlines()
    assert next(csv.DictReader(io.StringIO("\n".join(lines[1:-1]))))["state"] == "on pace"
    assert "\non pace " in run(capsys, *asked)[1].out


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
        (["--period", "24h", "--objective", "rag"], 3, "Did you mean 'rag-up'?"),
        (["--period", "24h", "--as-known-at", "yesterday"], 2, "is no ISO 8601 time"),
        (["--period", "24h", "--range", "x=2026-11-03T10:00:00Z/2026-11-03T12:00:00Z"], 2, "Add --objective"),
        (["--period", "24h", "--objective", "rag-up", "--range", "x=2026-11-03T10:00:00Z"], 2, "no stretch of time"),
        (["--period", "24h", "--objective", "rag-up", "--json", *2 * [f"--range={RANGE}"]], 2, "stands for something"),
        (["--period", "24h", "--objective", "rag-up", f"--range=the rest{RANGE[1:]}"], 2, "stands for something"),
    ],
)
def test_that_what_cannot_be_answered_is_refused_in_words(base, capsys, given, code, said):
    got, told = run(capsys, "--base-dir", str(base), *given)
    assert (got, said in told.err) == (code, True), told.err


# --- closely, and what changed ----------------------------------------------------------------------------------------


@pytest.fixture
def august(tmp_path):
    """August with a gap of 600 minutes that came a week after its end; 300 of them were bad."""
    desk = Levels(tmp_path)
    write_station(desk.store.paths, desk.station)
    desk.promise()
    desk.probe(bad=[(1440, 1500)], gone=[(6000, 6600)], start=AUGUST, end=START)
    first, last = AUGUST + 6000 * 60.0, AUGUST + 6600 * 60.0
    row = probed("rag", [(0, 300)], start=first, end=last)
    desk.bring([row], "rag", start=first, end=last, received=START + 7 * DAY)
    return tmp_path


def ask(capsys, base, *given):
    code = main(["sla", "--at", to_iso(AT), "--base-dir", str(base), "--period", "2026-08", *given])
    told = capsys.readouterr()
    assert code == 0, told.err
    return told.out


def test_that_what_changed_since_is_told_by_figure_with_before_and_after(august, capsys):
    data = valid(ask(capsys, august, "--changed-since", "2026-09-02T00:00:00Z", "--json"), "UNCLASSIFIED")
    changed = data["changed"]
    assert changed["since"] == "2026-09-02T00:00:00Z"
    found = {one["figure"]: (one["before"], one["after"]) for one in changed["figures"]}
    assert found["verdict"] == ("not provable", "met")  # 360 of 446.4 min
    assert found["coverage"] == pytest.approx(((44_640 - 599.5) / 44_640, 1.0))
    assert found["known_only"] == pytest.approx((1 - 60 / (44_640 - 599.5), 1 - 360 / 44_640))
    keys = {(one["objective"], one["enclave"], one["endpoint"]) for one in changed["figures"]}
    assert keys == {("rag-up", "enc-u1", "rag")}


def test_that_nothing_that_changed_is_an_empty_list_and_unasked_null(august, capsys):
    since = ("--changed-since", "2026-09-10T00:00:00Z", "--json")
    assert valid(ask(capsys, august, *since), "UNCLASSIFIED")["changed"]["figures"] == []
    assert valid(ask(capsys, august, "--json"), "UNCLASSIFIED")["changed"] is None


def test_that_the_cost_of_a_stretch_is_told_with_its_share_of_the_budget(august, capsys):
    # half an hour of the hour that was bad on the second day: 30 of 446.4 min
    stretch = "INC-7=2026-08-02T00:30:00Z/2026-08-02T01:30:00Z"
    data = valid(ask(capsys, august, "--objective", "rag-up", "--range", stretch, "--json"), "UNCLASSIFIED")
    costs = {one["name"]: one for one in data["rows"][0]["closely"]["costs"]}
    assert (costs["INC-7"]["bad"], costs["INC-7"]["seconds"]) == (1800.0, 3600.0)
    assert costs["INC-7"]["share"] == pytest.approx(30 / 446.4)
    assert costs["the rest"]["bad"] == 330 * 60.0


def test_that_without_an_objective_nothing_is_looked_at_closely(august, capsys):
    assert valid(ask(capsys, august, "--json"), "UNCLASSIFIED")["rows"][0]["closely"] is None


def test_that_what_was_known_then_is_judged_by_that_alone(august, capsys):
    then = valid(ask(capsys, august, "--as-known-at", "2026-09-02T00:00:00Z", "--json"), "UNCLASSIFIED")
    figure = then["rows"][0]["availability"]
    assert (then["known_at"], figure["verdict"]) == ("2026-09-02T00:00:00Z", "not provable")
    assert figure["worst"] == pytest.approx(1 - 659.5 / 44_640)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--changed-since", "last week", "--json"], "--changed-since"),
        (
            ["--objective", "rag-up", "--range", "x=2026-08-02T01:00:00Z/2026-08-02T01:00:00Z"],
            "must end after it begins",
        ),
        (["--objective", "rag-up", "--range", "=2026-08-02T01:00:00Z/2026-08-02T02:00:00Z"], "no stretch of time"),
        # nothing else would show them: they would be lost without a word
        (["--changed-since", "2026-09-02T00:00:00Z"], "--json"),
        (["--objective", "rag-up", "--range", "x=2026-08-02T01:00:00Z/2026-08-02T02:00:00Z", "--csv"], "--json"),
    ],
)
def test_that_a_question_without_an_answer_is_refused(august, capsys, given, said):
    code = main(["sla", "--at", to_iso(AT), "--base-dir", str(august), "--period", "2026-08", *given])
    told = capsys.readouterr()
    assert (code, said in told.err, told.out) == (2, True, "")
