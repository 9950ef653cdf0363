"""`watchfloor objectives`: words, JSON, markings and exit codes."""

import pytest

from app.cli import main
from app.model.marking import Level
from app.paths import Paths, resources
from app.settings import write_station
from app.store import audit, register
from app.store.audit import os_account
from tests.fakes.objectives import SLO
from tests.fakes.schemas import valid
from tests.fakes.stores import open_store, station


@pytest.fixture
def base(base_dir):
    write_station(Paths.under(base_dir), station(Level.S))
    return base_dir


@pytest.fixture
def run(base, capsys):
    def command(*words, code=0):
        assert main(["objectives", *map(str, words), "--base-dir", str(base)]) == code, capsys.readouterr()
        return capsys.readouterr()

    return command


@pytest.fixture
def file(tmp_path):
    def write(text, name="slo.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


EXAMPLE = resources() / "examples" / "objectives.yaml"


def test_that_lint_tells_each_fault_with_file_line_and_field_and_changes_nothing(run, file, base):
    bad = file(SLO.replace("target: 0.999", "target: 1.2"), "bad.yaml")
    told = run("lint", EXAMPLE, bad, code=3).out.splitlines()
    assert told[0] == told[-1] == "SECRET"
    assert told[1] == "bad.yaml, line 24: spec.objectives[0].target: 1.2 is not between 0 and 1, both left out."
    assert told[2] == "24 objectives can be judged, 1 thing is wrong."
    data = valid(run("lint", bad, "--json", code=3).out)
    assert data["objectives"] == []
    assert [(one["file"], one["line"], one["field"]) for one in data["findings"]] == [
        ("bad.yaml", 24, "spec.objectives[0].target")
    ]
    assert not Paths.under(base).state_db.exists()


def test_that_lint_of_the_examples_finds_nothing(run):
    assert run("lint", EXAMPLE).out.splitlines()[1] == "24 objectives can be judged, 0 things are wrong."
    data = valid(run("lint", EXAMPLE, "--json").out)
    assert (len(data["objectives"]), data["findings"]) == (24, [])


def test_that_a_file_is_put_in_force_by_the_account_that_runs_the_command(run, file, base):
    data = valid(run("add", file(SLO), "--why", "contract 17", "--from", "2026-10-01T00:00:00Z", "--json").out)
    assert data == {
        "added": ["rag-availability"], "changed": [], "unchanged": [],
        "since": "2026-10-01T00:00:00Z", "author": os_account(),
    }  # fmt: skip
    with open_store(base, 1_790_000_000.0).state() as state:
        (entry,) = register.entries(state)
        assert (entry.station, entry.author, entry.why) == ("station-04", os_account(), "contract 17")
        assert audit.verify(state) is None


def test_that_adding_again_only_writes_what_changed(run, file, base):
    other = SLO.replace("rag-availability", "other")
    run("add", file(SLO + "---\n" + other), "--why", "first")
    data = valid(run("add", file(SLO.replace("0.999", "0.99") + "---\n" + other), "--why", "less", "--json").out)
    assert (data["added"], data["changed"], data["unchanged"]) == ([], ["rag-availability"], ["other"])
    told = run("add", file(other), "--why", "again").out.splitlines()
    assert told[0] == told[-1] == "SECRET"
    assert told[1].startswith("1 unchanged. In force from ")
    with open_store(base, 1_790_000_000.0).state() as state:
        assert [entry.why for entry in register.entries(state)] == ["first", "first", "less"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SLO.replace("0.999", "1.2"), "Nothing was put in force. slo.yaml, line 24: spec.objectives[0].target: 1.2"),
        (SLO + "---\n" + SLO, "slo.yaml, line 29: metadata.name: objective 'rag-availability' stands in"),
        ("", "slo.yaml holds no objective."),
        ("a: &a [*a]", "anchors (&) and aliases (*) are not allowed"),
    ],
)
def test_that_a_file_with_a_fault_puts_nothing_in_force(run, file, text, words):
    told = run("add", file(text), "--why", "because", code=3)
    assert words in told.err
    assert "objectives lint" in told.err
    assert valid(run("list", "--json").out) == []


def test_that_every_decision_needs_its_reason_and_a_moment_that_is_one(run, file):
    with pytest.raises(SystemExit):
        run("add", file(SLO))
    assert "why: words are needed here" in run("add", file(SLO), "--why", " ", code=3).err
    assert "no ISO 8601 time" in run("add", file(SLO), "--why", "x", "--from", "soon", code=2).err
    assert "cannot be read" in run("add", "nowhere.yaml", "--why", "x", code=3).err


def test_that_list_and_show_tell_what_is_in_force_and_what_was(run, file):
    assert "There is no objective yet" in run("list").out
    run("add", file(SLO), "--why", "first", "--from", "2026-10-01T00:00:00Z")
    run("add", file(SLO.replace("0.999", "0.99")), "--why", "less", "--from", "2199-01-01T00:00:00Z")
    told = run("list").out.splitlines()
    assert told == [
        "SECRET", "rag-availability  99.9 % of */rag-gateway, Occurrences, the last 30 days", "SECRET",
    ]  # fmt: skip
    (listed,) = valid(run("list", "--json").out)
    assert (listed["id"], listed["state"], listed["entry"]) == ("rag-availability", "in force", "station-04/1")
    assert (listed["since"], listed["why"]) == ("2026-10-01T00:00:00Z", "first")
    assert listed["objective"]["target"] == 0.999
    assert listed["objective"]["indicator"]["bad"] == {"metric": "endpoint_errors", "labels": {}}
    shown = valid(run("show", "rag-availability", "--json").out)
    assert [(one["state"], one["objective"]["target"]) for one in shown["versions"]] == [
        ("in force", 0.999),
        ("not in force", 0.99),
    ]
    assert [one["entry"] for one in shown["entries"]] == ["station-04/1", "station-04/2"]
    lines = run("show", "rag-availability").out.splitlines()
    assert lines[1] == "rag-availability  in force"
    assert lines[0] == lines[-1] == "SECRET"
    assert "Did you mean 'rag-availability'?" in run("show", "rag-availabilty", code=3).err


def test_that_lists_of_the_examples_fit_their_schema(run):
    run("add", EXAMPLE, "--why", "demonstration")
    assert len(valid(run("list", "--json").out)) == 24


@pytest.mark.timeout(300)  # 18 s of one processor
def test_that_ten_thousand_objectives_can_be_put_in_force(run, file):
    text = "---\n".join(SLO.replace("name: rag-availability", f"name: o{number}") for number in range(10_000))
    data = valid(run("add", file(text), "--why", "many", "--json").out)
    assert len(data["added"]) == 10_000
