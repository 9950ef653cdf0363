"""The journal in the database: it only grows, and the projections are what it says."""

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from app import register as decisions
from app.clock import FrozenClock
from app.errors import AppError
from app.model.register import (
    AddObjective,
    ApproveExclusion,
    Author,
    EntryRef,
    RetireObjective,
    Undo,
    WithdrawExclusion,
)
from app.paths import Paths
from app.store import audit, register
from app.store.database import Store
from app.store.ledger import recording
from app.store.migrations import migrate
from app.store.state_schema import STEPS
from tests.conftest import ROOT
from tests.fakes.objectives import ANNA, BORIS, asked, promise

NOW = 1_790_000_000.0
PROJECTIONS = ("objective_version", "exclusion")


def tables(state):
    """Every row of every projection, as the database holds it."""
    return {name: state.db.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3, 4").fetchall() for name in PROJECTIONS}


def random_history(state, seed, length):
    """Decisions in any order, also senseless ones; returns how many were carried out and how many refused."""
    rng, clock = random.Random(seed), FrozenClock(NOW)
    done = refused = 0
    for number in range(length):
        clock.at += rng.choice([-30.0, 0.0, 60.0, 86_400.0])
        name, since = rng.choice("abc"), rng.choice([None, NOW - 9e6, NOW + 9e6])
        command = rng.choice(
            [
                AddObjective(promise(name, target=rng.choice([0.9, 0.99, 0.999])), "because", since),
                RetireObjective(name, "no longer", since),
                asked(rng.choice([f"x{number}", "x", "y"]), start=NOW - 7200.0 - number),
                ApproveExclusion(rng.choice("xy"), "seen"),
                WithdrawExclusion(rng.choice("xy"), "not so"),
                Undo(EntryRef(rng.choice(["station-04", "station-05"]), rng.randint(1, done + 2)), "slip"),
            ]
        )
        author = rng.choice([ANNA, BORIS, replace(ANNA, station="station-05")])
        try:
            decisions.apply(command, state, author, clock)
            done += 1
        except AppError:
            refused += 1
    return done, refused


@pytest.mark.parametrize("seed", range(12))
def test_that_the_journal_replayed_gives_the_very_tables(store, seed):
    with store.state() as state:
        done, refused = random_history(state, seed, 60)
        assert done > 15
        assert refused > 5
        assert list(register.strays(state)) == []
        things = {row[0] for rows in tables(state).values() for row in rows}
        assert things
        with recording(state):
            for name in PROJECTIONS:
                state.db.execute(f"UPDATE {name} SET why = 'forged'")
        found = list(register.strays(state))
        assert {one.object for one in found} == things
        assert all(where.startswith("why of entry station-0") for one in found for where in one.where)
        assert register.verify(state) is None
        assert audit.verify(state) is None
        assert len(list(register.entries(state))) == audit.head(state)[0] == done


@pytest.mark.parametrize("seed", range(4))
def test_that_what_was_known_at_a_moment_is_what_the_tables_said_then(store, seed):
    clock = FrozenClock(NOW)
    rng = random.Random(seed)
    said = {}
    with store.state() as state:
        for number in range(30):
            clock.at += 60.0
            command = rng.choice(
                [
                    AddObjective(promise("a"), "because"), RetireObjective("a", "over"),
                    asked(f"x{number}", start=NOW - 7200.0 - number),
                    ApproveExclusion(f"x{number - 1}", "seen"), WithdrawExclusion(f"x{number - 2}", "no"),
                    Undo(EntryRef("station-04", rng.randint(1, number + 1)), "slip"),
                ]
            )  # fmt: skip
            with contextlib.suppress(AppError):
                decisions.apply(command, state, rng.choice([ANNA, BORIS]), clock)
            said[clock.at] = (register.objectives(state), register.exclusions(state))
        for moment, (objectives, exclusions) in said.items():
            assert register.exclusions(state, known_at=moment + 30.0) == exclusions
            assert register.objectives(state, known_at=moment + 30.0) == objectives


@pytest.fixture
def filled(store):
    with store.state() as state:
        for target in (0.9, 0.95, 0.99):
            decisions.apply(AddObjective(promise("a", target=target), "because"), state, ANNA, store.clock)
        yield state


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET why = 'x'",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE n = 1",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE n = 3",
        # the next number, but it does not follow from the last entry
        "INSERT INTO journal SELECT station, n + 1, tick, time, received, author, uid, register, object, kind, body,"
        " why, undo_station, undo_n, prev, hash FROM journal WHERE n = 3",
        # another station's journal begins with its first entry
        "INSERT INTO journal SELECT 'other', n, tick, time, received, author, uid, register, object, kind, body, why,"
        " undo_station, undo_n, prev, hash FROM journal WHERE n = 2",
    ],
)
def test_that_the_database_itself_refuses_to_change_the_past(filled, statement):
    before = list(register.entries(filled))
    with pytest.raises(sqlite3.IntegrityError, match="journal entries"):
        filled.db.execute(statement)
    assert list(register.entries(filled)) == before
    assert len(before) == 3


@pytest.mark.parametrize("column", ["time", "author", "object", "kind", "body", "why", "tick", "uid"])
def test_that_a_change_behind_the_triggers_back_is_found(filled, column):
    filled.db.execute("DROP TRIGGER journal_is_not_updated")
    other = "7" if column in {"time", "tick", "uid"} else "'x'"
    filled.db.execute(f"UPDATE journal SET {column} = {other} WHERE n = 2")
    assert register.verify(filled) == EntryRef("station-04", 2)


def test_that_entries_of_two_stations_stand_in_one_order_with_a_chain_each(store):
    elsewhere = Author("station-05", "chris (1000)")
    with store.state() as state:
        for author in (ANNA, elsewhere, ANNA):
            decisions.apply(AddObjective(promise("a"), "because"), state, author, store.clock)
        told = list(register.entries(state))
        assert [str(entry.ref) for entry in told] == ["station-04/1", "station-05/1", "station-04/2"]
        assert [entry.tick for entry in told] == [1, 2, 3]
        assert told[2].prev == told[0].hash
        assert register.heads(state) == [(told[2].ref, told[2].hash), (told[1].ref, told[1].hash)]
        assert [entry.ref for entry in register.entries(state, newest=2)] == [told[1].ref, told[2].ref]
        assert register.verify(state) is None


def test_that_an_older_station_gets_its_journal_by_migration(tmp_path):
    db = sqlite3.connect(tmp_path / "station.db", isolation_level=None)
    number = next(i for i, step in enumerate(STEPS) if "TABLE journal" in step.sql)
    migrate(db, STEPS[:number], "station's state")
    db.execute("INSERT INTO lock VALUES ('alpha', 10, 'FORK', 'two of one', 1.0)")
    migrate(db, STEPS, "station's state")
    assert db.execute("SELECT count(*) FROM lock").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    db.close()


# The child kills itself at the n-th statement on the station's memory, or tells how many there were.
CHILD = """
import os, signal, sys
from pathlib import Path
from app import register
from app.clock import FrozenClock
from app.paths import Paths
from app.store.database import Store
from app.model.register import ApproveExclusion
from tests.fakes.objectives import BORIS

clock = FrozenClock(1_790_000_600.0)
store = Store.open(Paths.under(Path(sys.argv[1])), clock)
limit, count = int(sys.argv[2]), 0
def trace(_):
    global count
    count += 1
    if count == limit:
        os.kill(os.getpid(), signal.SIGKILL)
with store.state() as state:
    state.db.set_trace_callback(trace)
    register.apply(ApproveExclusion("x", "seen"), state, BORIS, clock)
print(count)
"""


def test_that_a_kill_leaves_the_old_state_or_the_new_one(tmp_path):
    def prepared(name):
        base = tmp_path / name
        store = Store.open(Paths.under(base), FrozenClock(NOW))
        with store.state() as state:
            decisions.apply(asked("x"), state, ANNA, store.clock)
        return base, store

    def child(base, limit):
        command = [sys.executable, "-c", CHILD, str(base), str(limit)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)

    whole = child(prepared("whole")[0], 10**9)
    assert whole.returncode == 0, whole.stderr
    total = int(whole.stdout)
    assert total > 8
    for limit in sorted({1, 3, total // 2, total - 2, total}):
        base, store = prepared(str(limit))
        assert child(base, limit).returncode == -signal.SIGKILL
        with store.state() as state:
            told, approved = list(register.entries(state)), register.exclusion_of(state, "x").exclusion.approved_by
            assert (len(told), audit.head(state)[0], bool(approved)) in {(1, 1, False), (2, 2, True)}
            assert list(register.strays(state)) == []
            assert register.verify(state) is None


def test_that_a_full_disk_leaves_the_old_state(store, monkeypatch):
    with store.state() as state:
        decisions.apply(asked("x"), state, ANNA, store.clock)
        before = (tables(state), list(register.entries(state)), audit.head(state))
        pages = state.db.execute("PRAGMA page_count").fetchone()[0]
        state.db.execute(f"PRAGMA max_page_count = {pages}")
        many = [AddObjective(promise(f"o{number}"), "because") for number in range(200)]
        with pytest.raises(AppError, match="full; nothing was changed"):
            decisions.apply_all(many, state, ANNA, store.clock)
        assert (tables(state), list(register.entries(state)), audit.head(state)) == before
