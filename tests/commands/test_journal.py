"""`watchfloor journal`: words, JSON, markings and exit codes."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest

from app.clock import FrozenClock
from app.model.register import AddObjective, EntryRef, Undo
from app.paths import Paths
from app.register import apply
from app.store import audit, register
from app.store.audit import os_account
from tests.fakes.objectives import ANNA, BORIS, asked, promise
from tests.fakes.schemas import valid
from tests.fakes.stores import open_store

NOW = 1_790_000_000.0


@pytest.fixture
def run(watchfloor):
    return partial(watchfloor, "journal")


@pytest.fixture
def filled(base):
    """Five entries, a minute apart: two versions of a promise, a request, the second version undone, a promise."""
    store, clock = open_store(base, NOW), FrozenClock(NOW)
    decisions = [
        (AddObjective(promise("a", target=0.99), "first"), ANNA), (AddObjective(promise("a"), "second"), ANNA),
        (asked("a"), BORIS), (Undo(EntryRef("station-04", 2), "slip"), BORIS), (AddObjective(promise("b"), "b"), ANNA),
    ]  # fmt: skip
    with store.state() as state:
        for command, author in decisions:
            apply(command, state, author, clock)
            clock.at += 60.0
    return base


def behind_the_triggers(base, *statements):
    """Change the station's memory as somebody would who has the file."""
    with closing(sqlite3.connect(Paths.under(base).state_db, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def test_that_entries_are_listed_with_the_newest_last(run, filled):
    told = valid(run("list", "--json").out)
    assert [(one["entry"], one["register"], one["object"], one["kind"], one["undone"]) for one in told] == [
        ("station-04/1", "objective", "a", "add", False),
        ("station-04/2", "objective", "a", "add", True),
        ("station-04/3", "exclusion", "a", "add", False),
        ("station-04/4", "objective", "a", "undo", False),
        ("station-04/5", "objective", "b", "add", False),
    ]
    assert (told[3]["undo_of"], told[3]["author"], told[3]["why"]) == ("station-04/2", "boris (1001)", "slip")
    assert told[3]["time"] == told[3]["received"] == "2026-09-21T14:16:20Z"  # 1,790,000,180 s
    assert run("list").out.splitlines() == [
        "SECRET",
        "station-04/1  2026-09-21T14:13:20Z  anna (1000)  add objective a: first",
        "station-04/2  2026-09-21T14:14:20Z  anna (1000)  add objective a: second  (undone)",
        "station-04/3  2026-09-21T14:15:20Z  boris (1001)  add exclusion a: planned work",
        "station-04/4  2026-09-21T14:16:20Z  boris (1001)  undo of station-04/2 objective a: slip",
        "station-04/5  2026-09-21T14:17:20Z  anna (1000)  add objective b: b",
        "SECRET",
    ]


def test_that_a_list_can_be_about_one_thing_and_short(run, filled):
    def numbers(*words):
        return [int(one["entry"].rpartition("/")[2]) for one in valid(run("list", *words, "--json").out)]

    assert numbers("--limit", 2) == [4, 5]
    assert numbers("--about", "a") == [1, 2, 3, 4]
    assert numbers("--about", "a", "--limit", 2) == [3, 4]
    # that it was undone is known, also where the undo is not shown
    assert valid(run("list", "--about", "b", "--limit", 1, "--json").out)[0]["undone"] is False
    assert "about 'c'" in run("list", "--about", "c", code=3).err
    for limit in (0, -1, 10**20):
        assert "--limit is a number from 1 to 1,000,000" in run("list", "--limit", limit, code=2).err


def test_that_an_empty_journal_is_said_to_be_empty(run):
    assert run("list").out.splitlines() == ["SECRET", "Nothing was decided yet.", "SECRET"]
    assert valid(run("list", "--json").out) == []
    assert valid(run("verify", "--json").out) == {"stations": [], "first_broken": None, "differing": []}


def test_that_an_entry_is_taken_back_and_brought_back(run, filled):
    told = valid(run("undo", "station-04/5", "--why", "too early", "--json").out)
    assert (told["entry"], told["undo_of"], told["author"]) == ("station-04/6", "station-04/5", os_account())
    assert "was taken back already" in run("undo", "station-04/5", "--why", "again", code=4).err
    words = run("undo", "station-04/6", "--why", "it was right").out.splitlines()
    assert words[1].startswith("Taken back: station-04/6  ")
    assert words[1].endswith("  undo of station-04/5 objective b: too early")
    assert words[2].startswith("By: station-04/7  ")
    assert words[2].endswith("  undo of station-04/6 objective b: it was right")
    # the promise was made at 1,790,000,240 s
    assert words[3] == "Objective b is now in force from 2026-09-21T14:17:20Z on (entry station-04/5)."
    assert words[0] == words[-1] == "SECRET"
    with open_store(filled, NOW).state() as state:
        (version,) = register.versions_of(state, "b")
        assert not version.undone
        assert (audit.head(state)[0], audit.verify(state)) == (7, None)


def test_that_an_undo_tells_what_is_left_of_a_promise(run, filled, watchfloor):
    def left(entry):
        return run("undo", entry, "--why", "x").out.splitlines()[-2]

    gone = "No version of objective {} is left: it is judged in no period, the past ones among them."
    assert left("station-04/5") == gone.format("b")
    assert left("station-04/4") == "Objective a is now in force from 2026-09-21T14:14:20Z on (entry station-04/2)."
    assert left("station-04/1") == "Objective a is now in force from 2026-09-21T14:14:20Z on (entry station-04/2)."
    watchfloor("objectives", "retire", "a", "--why", "x", "--from", "2026-10-01")
    assert left("station-04/2") == "Objective a is now retired from 2026-10-01T00:00:00Z on (entry station-04/9)."
    assert left("station-04/9") == gone.format("a")
    assert left("station-04/3").startswith("By: ")  # an exclusion has no versions


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("5", 2, "'5' is no journal entry; write STATION/NUMBER."),
        ("station-04/0", 2, "is no journal entry"),
        ("station-04/99999999999999999999", 2, "is no journal entry"),
        ("station-04/6", 3, "The journal has no entry station-04/6."),
        ("elsewhere/1", 3, "The journal has no entry elsewhere/1."),
    ],
)
def test_that_only_an_entry_can_be_taken_back(run, filled, entry, code, words):
    assert words in run("undo", entry, "--why", "x", code=code).err
    assert "why: words are needed" in run("undo", "station-04/1", "--why", " ", code=3).err
    assert len(valid(run("list", "--json").out)) == 5


def test_that_a_whole_journal_is_verified_with_its_heads(run, filled):
    with open_store(filled, NOW).state() as state:
        head = list(register.entries(state))[-1].hash
    assert valid(run("verify", "--json").out) == {
        "stations": [{"station": "station-04", "entries": 5, "head": head}], "first_broken": None, "differing": [],
    }  # fmt: skip
    lines = run("verify").out.splitlines()
    assert lines[1] == f"station-04  5 entries, head {head}"
    assert lines[2].startswith("Unbroken")
    assert lines[0] == lines[-1] == "SECRET"


@pytest.mark.parametrize("what", ["body = '{}'", "author = 'carla (1002)'", "why = 'better'"])
def test_that_a_changed_entry_is_found(run, filled, what):
    behind_the_triggers(filled, "DROP TRIGGER journal_is_not_updated", f"UPDATE journal SET {what} WHERE n = 3")
    data = valid(run("verify", "--json", code=3).out)
    assert (data["first_broken"], data["differing"]) == ("station-04/3", None)
    assert "Entry station-04/3 does not follow" in run("verify", code=3).out


def test_that_a_removed_entry_is_found(run, filled):
    behind_the_triggers(filled, "DROP TRIGGER journal_is_not_deleted", "DELETE FROM journal WHERE n = 2")
    assert valid(run("verify", "--json", code=3).out)["first_broken"] == "station-04/2"


@pytest.mark.parametrize(
    ("statement", "differing"),
    [
        (
            "UPDATE objective_version SET since = since - 1, why = 'x' WHERE object = 'a' AND n = 1",
            [("objective", "a", ["since, why of entry station-04/1"])],
        ),
        ("UPDATE objective_version SET undone = 0", [("objective", "a", ["undone of entry station-04/2"])]),
        (
            "DELETE FROM objective_version WHERE object = 'b'",
            [("objective", "b", ["the row of entry station-04/5 is missing"])],
        ),
        (
            "UPDATE exclusion SET approved_by = 'anna (1000)', approved = 1.0",
            [("exclusion", "a", ["approved_by, approved of entry station-04/3"])],
        ),
        (
            "UPDATE exclusion SET object = 'z'",
            [
                ("exclusion", "a", ["the row of entry station-04/3 is missing"]),
                ("exclusion", "z", ["a row names entry station-04/3, which made no such row"]),
            ],
        ),
        (
            "INSERT INTO objective_version SELECT 'y', tick, station, n, since, recorded, author, why, objective,"
            " undone FROM objective_version WHERE object = 'b'",
            [("objective", "y", ["a row names entry station-04/5, which made no such row"])],
        ),
    ],
)
def test_that_tables_that_are_not_what_replaying_the_journal_gives_are_found(run, filled, statement, differing):
    behind_the_triggers(filled, statement)
    data = valid(run("verify", "--json", code=3).out)
    assert data["first_broken"] is None
    assert [(one["register"], one["object"], one["where"]) for one in data["differing"]] == differing
    lines = run("verify", code=3).out.splitlines()
    told = []
    for what, name, where in differing:
        told += [f"The {what} {name!r} in the tables is not what the journal says:", *(f"  {one}" for one in where)]
    assert lines[2:] == [*told, "Compare with a backup of state/station.db, and tell the security officer.", "SECRET"]
