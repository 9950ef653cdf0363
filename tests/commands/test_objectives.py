"""`watchfloor objectives`: words, JSON, markings and exit codes."""

from functools import partial

import pytest

from app.model.time_range import TimeRange
from app.paths import Paths, resources
from app.store import audit, register
from app.store.audit import os_account
from tests.fakes.fleets import DAY, NOW, S1, T1, U1, catalogue, endpoint
from tests.fakes.objectives import SLO
from tests.fakes.schemas import valid
from tests.fakes.stores import bring, open_store


@pytest.fixture
def run(watchfloor):
    return partial(watchfloor, "objectives")


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
    assert told[-2] == "24 objectives can be judged, 1 thing is wrong."
    data = valid(run("lint", bad, "--json", code=3).out)
    assert data["objectives"] == []
    assert [(one["file"], one["line"], one["field"]) for one in data["findings"]] == [
        ("bad.yaml", 24, "spec.objectives[0].target")
    ]
    assert not Paths.under(base).state_db.exists()


def test_that_lint_has_nothing_to_say_of_the_examples(run):
    assert run("lint", EXAMPLE).out.splitlines()[1:-1] == ["24 objectives can be judged, 0 things are wrong."]
    data = valid(run("lint", EXAMPLE, "--json").out)
    assert (len(data["objectives"]), data["findings"], data["warnings"], data["late_pairs"]) == (24, [], [], [])


def test_that_lint_says_that_a_file_holds_no_promise(run, file):
    told = run("lint", file(""), code=3).out.splitlines()
    assert told[1] == "slo.yaml: no promise is stated here. A promise is a document of kind SLO."
    assert run("lint", EXAMPLE, file("")).out.splitlines()[-2] == "24 objectives can be judged, 0 things are wrong."


def test_that_what_is_doubtful_of_many_is_said_once_with_every_line(run, file):
    text = EXAMPLE.read_text(encoding="utf-8").replace("duration: 30d", "duration: 14d")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "duration: 14d" in line]
    weeks, month = file(text, "weeks.yaml"), file(SLO.replace("30d", "14d"), "month.yaml")
    # 3 days of 14 at a tenth of the budget are a factor of 0.1 * 14 / 3 = 0.467
    problem = "the pair of burn rates '3 d and 6 h' fires while the budget is not overspent"
    assert run("lint", weeks, month).out.splitlines() == [
        "SECRET",
        f"Warning: weeks.yaml, line {lines[0]}: spec.timeWindow[0]: {problem}."
        " Its factor is 0.467, its long window 72 h.",
        f"  The same in weeks.yaml, lines {', '.join(map(str, lines[1:]))}.",
        "  The same in month.yaml, line 20.",
        "25 objectives can be judged, 0 things are wrong; 13 warnings.",
        "SECRET",
    ]
    data = valid(run("lint", weeks, month, "--json").out)
    assert {(one["field"], one["problem"]) for one in data["warnings"]} == {("spec.timeWindow[0]", problem)}
    assert [(one["file"], one["line"]) for one in data["warnings"]] == [
        *(("weeks.yaml", line) for line in lines), ("month.yaml", 20),
    ]  # fmt: skip


def test_that_a_file_is_put_in_force_by_the_account_that_runs_the_command(run, file, base):
    data = valid(run("add", file(SLO), "--why", "contract 17", "--from", "2026-10-01T00:00:00Z", "--json").out)
    assert data == {
        "added": ["rag-availability"], "changed": [], "unchanged": [],
        "since": "2026-10-01T00:00:00Z", "author": os_account(), "overtaken": [], "warnings": [], "late_pairs": [],
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
        ("", "slo.yaml: no promise is stated here."),
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


# --- burn rates -----------------------------------------------------------------------------------------------------

NAME = "rag-availability"
LOW = SLO.replace("0.999", "0.93")
"""Of 30 days an hour of everything lost burns 14.29 times too fast; the quickest pair asks for 14.4."""


def test_that_lint_warns_of_burn_rates_that_never_speak_and_stays_content(run, file, base):
    told = run("lint", file(LOW)).out.splitlines()
    assert told == [
        "SECRET",
        "Warning: slo.yaml, line 24: spec.objectives[0].target: the pair of burn rates '1 h and 5 min' can never fire."
        " It can for a target above 93.06 %.",
        "1 objective can be judged, 0 things are wrong; 1 warning.",
        "SECRET",
    ]
    bad = file(SLO.replace("target: 0.999", "target: 1.2").replace("rag-availability", "bad"), "bad.yaml")
    data = valid(run("lint", file(LOW), bad, "--json", code=3).out)
    assert [(one["file"], one["line"], one["field"]) for one in data["warnings"]] == [
        ("slo.yaml", 24, "spec.objectives[0].target")
    ]
    assert [one["file"] for one in data["findings"]] == ["bad.yaml"]
    assert not Paths.under(base).state_db.exists()


def test_that_add_tells_the_warnings_and_adds(run, file):
    data = valid(run("add", file(LOW), "--why", "first", "--json").out)
    assert (data["added"], [one["line"] for one in data["warnings"]]) == (["rag-availability"], [24])
    told = run("add", file(LOW), "--why", "again").out.splitlines()
    assert told[1].startswith("Warning: slo.yaml, line 24: spec.objectives[0].target: ")
    assert told[2].startswith("1 unchanged.")


def test_that_the_station_s_own_pairs_and_cadences_are_what_counts(run, file, base):
    store = open_store(base, NOW)
    # what is above the station's ceiling, or has no such endpoint, says nothing about its cadence
    for enclave, name in ((U1, "rag-gateway"), (T1, "rag-gateway"), (S1, "other")):
        bring(store, catalogue(enclave, endpoint(enclave, name)), TimeRange(NOW - DAY, NOW), level=enclave.level)
    late = {"enclave": "enc-u1", "cadence_seconds": 900.0, "pairs": ["1 h and 5 min"], "objectives": [NAME]}
    data = valid(run("lint", file(SLO), "--json").out)
    assert (data["warnings"], data["late_pairs"]) == ([], [late])
    note = (
        "Note: data of enc-u1 comes in every 0.25 h, so there these pairs of burn rates are a verdict on the past:"
        " '1 h and 5 min'."
    )
    assert run("lint", file(SLO)).out.splitlines()[1:-1] == [note, "1 objective can be judged, 0 things are wrong."]
    assert run("add", file(SLO), "--why", "x").out.splitlines()[1:3] == ["added  rag-availability", note]
    assert valid(run("add", file(SLO), "--why", "x", "--json").out)["late_pairs"] == [late]
    own = store.paths.policy / "burn_rates.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text('[[pair]]\nname = "n"\nseverity = "page"\nshare = 0.5\nlong = 36000\nshort = 3600\n')
    assert valid(run("lint", file(SLO), "--json").out)["late_pairs"] == []
    own.write_text('[[pair]]\nname = "n"\n')
    assert "Pair 1 needs name" in run("add", file(SLO.replace(NAME, "other")), "--why", "x", code=3).err
    assert [one["id"] for one in valid(run("list", "--json").out)] == [NAME]


def test_that_a_pattern_that_matches_nothing_here_is_a_warning_and_is_added_all_the_same(run, file, base):
    bring(open_store(base, NOW), catalogue(U1, endpoint(U1, "rag-gateway")), TimeRange(NOW - DAY, NOW), level=U1.level)
    mistyped = file(SLO.replace("endpoint: rag-gateway", "endpoint: rag-gatway"))
    told = run("lint", mistyped).out.splitlines()
    place = "slo.yaml, line 18: spec.indicator.spec.ratioMetric.total.metricSource.spec.endpoint"
    assert told[1] == f"Warning: {place}: no endpoint here matches 'rag-gatway'. Did you mean 'rag-gateway'?"
    assert told[-2] == "1 objective can be judged, 0 things are wrong; 1 warning."
    data = valid(run("add", mistyped, "--why", "x", "--json").out)
    assert (data["added"], [one["line"] for one in data["warnings"]]) == (["rag-availability"], [18])


# --- retiring -------------------------------------------------------------------------------------------------------


def test_that_what_a_decision_about_earlier_time_overtakes_is_told(run, file):
    def add(target, since):
        return valid(run("add", file(SLO.replace("0.999", target)), "--why", "x", "--from", since, "--json").out)

    def gone(told):
        assert {one["id"] for one in told["overtaken"]} <= {"rag-availability"}
        return [(one["entry"], one["since"][:10], one["by"]) for one in told["overtaken"]]

    assert gone(add("0.999", "2026-01-01")) == gone(add("0.99", "2026-06-01")) == gone(add("0.95", "2026-09-01")) == []
    # what began in January and ends in March for it was in force until then
    told = valid(run("retire", "rag-availability", "--why", "x", "--from", "2026-03-01", "--json").out)
    assert gone(told) == [
        ("station-04/2", "2026-06-01", "station-04/4"), ("station-04/3", "2026-09-01", "station-04/4"),
    ]  # fmt: skip
    # a promise from February on overtakes the retirement and nothing that was overtaken already
    assert gone(add("0.9", "2026-02-01")) == [("station-04/4", "2026-03-01", "station-04/5")]
    assert gone(add("0.9", "2025-12-01")) == [("station-04/1", "2026-01-01", "station-04/6")]
    words = run("add", file(SLO), "--why", "x", "--from", "2025-12-01").out.splitlines()
    assert words[1:4] == [
        "changed  rag-availability",
        "No longer in force: rag-availability from 2025-12-01T00:00:00Z, 90 % of */rag-gateway, Occurrences,"
        " the last 30 days (entry station-04/6, overtaken by station-04/7)",
        "To take that back: watchfloor journal undo station-04/7 --why TEXT",
    ]


def test_that_a_promise_is_retired_from_a_moment_on(run, file, base, watchfloor):
    run("add", file(SLO), "--why", "first", "--from", "2026-10-01T00:00:00Z")
    later = valid(run("retire", "rag-availability", "--why", "ends", "--from", "2199-01-01T00:00:00Z", "--json").out)
    assert (later["state"], later["since"], later["objective"]) == ("not in force", "2199-01-01T00:00:00Z", None)
    assert valid(run("list", "--json").out)[0]["state"] == "in force"
    refused = run("retire", "rag-availability", "--why", "again", code=4).err
    assert "retired already, from 2199-01-01T00:00:00Z on." in refused
    assert "take that back first: watchfloor journal undo station-04/2 --why TEXT" in refused
    run("add", file(SLO), "--why", "on", "--from", "2199-06-01T00:00:00Z")
    told = run("retire", "rag-availability", "--why", "over", "--from", "2026-10-02T00:00:00+02:00").out.splitlines()
    assert told == [
        "SECRET",
        "rag-availability is retired from 2026-10-01T22:00:00Z on,"
        f" by {os_account()} (entry station-04/4).",
        # the retirement that would have begun in 2199 says no more than this one
        "No longer in force: rag-availability from 2199-06-01T00:00:00Z, 99.9 % of */rag-gateway, Occurrences,"
        " the last 30 days (entry station-04/3, overtaken by station-04/4)",
        "To take that back: watchfloor journal undo station-04/4 --why TEXT",
        "SECRET",
    ]  # fmt: skip
    assert valid(run("list", "--json").out)[0]["state"] == "retired"
    watchfloor("journal", "undo", "station-04/4", "--why", "typed the wrong year")
    shown = valid(run("show", "rag-availability", "--json").out)
    assert [(one["since"], one["state"]) for one in shown["versions"]] == [
        ("2026-10-01T00:00:00Z", "in force"), ("2199-01-01T00:00:00Z", "not in force"),
        ("2199-06-01T00:00:00Z", "not in force"), ("2026-10-01T22:00:00Z", "undone"),
    ]  # fmt: skip
    with open_store(base, NOW).state() as state:
        assert [entry.why for entry in register.entries(state)][:4] == ["first", "ends", "on", "over"]
        assert audit.verify(state) is None


def test_that_only_what_is_promised_can_be_retired_and_only_with_a_reason(run, file):
    run("add", file(SLO), "--why", "first")
    assert "Did you mean 'rag-availability'?" in run("retire", "rag-availabilty", "--why", "x", code=3).err
    assert "no ISO 8601 time" in run("retire", "rag-availability", "--why", "x", "--from", "soon", code=2).err
    assert "why: words are needed" in run("retire", "rag-availability", "--why", "", code=3).err
    with pytest.raises(SystemExit):
        run("retire", "rag-availability")
    assert len(valid(run("show", "rag-availability", "--json").out)["entries"]) == 1


@pytest.mark.timeout(300)  # 18 s of one processor
def test_that_ten_thousand_objectives_can_be_put_in_force(run, file):
    text = "---\n".join(SLO.replace("name: rag-availability", f"name: o{number}") for number in range(10_000))
    data = valid(run("add", file(text), "--why", "many", "--json").out)
    assert len(data["added"]) == 10_000
