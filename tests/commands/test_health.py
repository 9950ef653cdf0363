"""`watchfloor health` as a person and as a program call it."""

import json
import time

import jsonschema
import pytest

import app.commands.health
from app.cli import main
from app.clock import to_iso
from app.errors import Refused
from app.model.event import Event
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths, resources
from app.settings import write_station
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, T1, U1, catalogue, endpoint, last, node, serving
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
SCHEMA = json.loads((resources() / "schema" / "health-1.json").read_text(encoding="utf-8"))


@pytest.fixture
def base(base_dir):
    """A Top Secret station with everything that can be wrong in it."""
    write_station(Paths.under(base_dir), station(Level.TS))
    store = open_store(base_dir, NOW)
    window = TimeRange(END - DAY, END)
    things = [endpoint(U1, name) for name in ("rag", "new", "off")]
    rows = [
        *serving(U1, "rag", END, endpoint_errors=last(30.0, 20, 0.0), endpoint_latency_bound=-1.0),
        *serving(U1, "off", END, endpoint_replicas_wanted=0.0, endpoint_requests=0.0, endpoint_queue_length=None),
    ]
    bring(store, catalogue(U1, *things, node(U1, "n01")), window, rows)
    plan = Event("enc-s1", "maintenance", "1", "rag", NOW - HOUR, None, "Open end")
    bring(store, catalogue(S1, endpoint(S1, "rag")), window, serving(S1, "rag", END), events=[plan])
    stale = NOW - 6 * HOUR
    bring(store, catalogue(T1, endpoint(T1, "rag")), TimeRange(stale - DAY, stale), serving(T1, "rag", stale))
    return base_dir


def run(base, capsys, *options):
    code = main(["health", "--base-dir", str(base), "--at", to_iso(NOW), *options])
    return code, capsys.readouterr()


def answer(base, capsys, *options):
    code, out = run(base, capsys, "--json", *options)
    assert code == 0, out.err
    return json.loads(out.out)


def test_that_the_json_fits_the_published_schema(base, capsys):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    found = answer(base, capsys)
    jsonschema.validate(found, SCHEMA)
    states = {(one["enclave"], one["endpoint"]): one["state"] for one in found["data"]["deployments"]}
    assert states == {
        ("enc-u1", "rag"): "critical", ("enc-u1", "new"): "unknown", ("enc-u1", "off"): "off",
        ("enc-s1", "rag"): "maintenance", ("enc-t1", "rag"): "unknown",
    }  # fmt: skip


def test_that_the_schema_is_strict(base, capsys):
    found = answer(base, capsys)
    for change in (lambda d: d.pop("demo"), lambda d: d["deployments"][0].pop("since"), lambda d: d.update(more=1)):
        broken = json.loads(json.dumps(found))
        change(broken["data"])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_that_the_json_carries_marking_age_and_reasons(base, capsys):
    found = answer(base, capsys)
    assert (found["schema"], found["as_of"], found["marking"]) == ("watchfloor/health/1", to_iso(NOW), "TOP SECRET")
    worst = found["data"]["deployments"][0]
    assert (worst["endpoint"], worst["data_time"], worst["age_seconds"]) == ("rag", to_iso(END - MINUTE), 360.0)
    assert worst["metrics"]["endpoint_error_ratio"] == {"value": 0.05, "unit": "ratio", "source": "mesh"}
    assert worst["metrics"]["endpoint_latency_seconds"]["bound"] == "at_most"
    assert worst["reasons"][0]["limit"] == 0.01
    stale = next(one for one in found["data"]["deployments"] if one["enclave"] == "enc-t1")
    assert (stale["state"], stale["last_known_state"]) == ("unknown", "healthy")
    assert (stale["stale"], stale["freshness"], stale["age_seconds"]) == (True, "stale", 6 * HOUR + MINUTE)
    off = next(one for one in found["data"]["deployments"] if one["endpoint"] == "off")
    assert off["not_exported"] == ["endpoint_queue_length"]
    new = next(one for one in found["data"]["deployments"] if one["endpoint"] == "new")
    assert new["metrics"]["endpoint_latency_seconds"]["value"] is None
    assert new["since"] is None


def test_that_a_level_leaves_nothing_above_it(base, capsys):
    found = answer(base, capsys, "--level", "U")
    assert found["marking"] == "UNCLASSIFIED"
    text = json.dumps(found)
    assert "enc-s1" not in text
    assert "enc-t1" not in text
    jsonschema.validate(found, SCHEMA)


def test_that_the_second_check_stops_what_the_first_let_through(base, capsys, monkeypatch):
    """The reader is made to forget its ceiling, as a mistake in the store would."""
    from app.store.database import Store

    whole = Store.reader
    monkeypatch.setattr(Store, "reader", lambda self, ceiling=None: whole(self))
    code, out = run(base, capsys, "--json", "--level", "U")
    assert (code, out.out) == (4, "")
    assert "marked above U" in out.err
    assert "enc-t1" not in out.err
    assert Refused.exit_code == 4


def test_that_the_answer_does_not_depend_on_where_the_clock_on_the_wall_hangs(base, capsys, monkeypatch):
    answers = []
    for zone in ("UTC", "America/New_York", "Pacific/Kiritimati"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        answers.append(run(base, capsys, "--json")[1].out)
    monkeypatch.undo()
    time.tzset()
    assert answers[0] == answers[1] == answers[2]


def test_that_the_table_begins_and_ends_with_its_marking(base, capsys):
    code, out = run(base, capsys)
    lines = out.out.splitlines()
    assert code == 0
    assert (lines[0], lines[-1]) == ("TOP SECRET", "TOP SECRET")
    assert lines[1].split()[:4] == ["State", "Level", "Enclave", "Endpoint"]
    assert lines[2].split()[:4] == ["critical", "U", "enc-u1", "rag"]
    assert "error rate 5\N{NO-BREAK SPACE}% against a limit of 1\N{NO-BREAK SPACE}%" in lines[2]
    columns = {line.index("enc-") for line in lines[2:-2]}
    assert len(columns) == 1  # aligned


def test_that_an_empty_station_says_what_to_do(base_dir, capsys):
    write_station(Paths.under(base_dir), station(Level.S))
    code, out = run(base_dir, capsys)
    assert code == 0
    assert out.out.splitlines()[0] == "SECRET"
    assert "Import a bundle" in out.out
    jsonschema.validate(answer(base_dir, capsys), SCHEMA)


def test_that_a_station_without_a_ceiling_answers_nothing(base_dir, capsys):
    code, out = run(base_dir, capsys)
    assert code == 3
    assert "watchfloor init --ceiling" in out.err


def test_that_demonstration_data_says_so(base, capsys):
    bring(open_store(base, NOW), catalogue(U1), TimeRange(END - DAY, END), seq=9, demo=True)
    assert "Demonstration data" in run(base, capsys)[1].out
    assert answer(base, capsys)["data"]["demo"] is True


def test_that_help_loads_no_numpy():
    assert not hasattr(app.commands.health, "np")
