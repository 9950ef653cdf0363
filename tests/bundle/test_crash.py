"""kill -9 at any moment of an import: the old picture or the new one, never anything between."""

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import app.bundle.inbound as door
from app.bundle.inbound import reconcile
from app.bundle.outcome import Code
from app.store import audit, ledger
from app.store.database import Store
from tests.bundle.conftest import Desk, picture
from tests.fakes.bundles import event_of, series_of

ROOT = Path(__file__).resolve().parents[2]

# The child kills itself before the n-th statement that writes, on either database.
CHILD = """
import os, signal, sqlite3, sys
from pathlib import Path
import app.store.database as database
from app.bundle.inbound import receive
from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station

limit, count = int(sys.argv[3]), 0
def trace(statement):
    global count
    if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE", "COMMIT", "BEGIN "):
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)
connect = database._connect
def traced(path, **options):
    db = connect(path, **options)
    db.set_trace_callback(trace)
    return db
store = database.Store.open(Paths.under(Path(sys.argv[1])), FrozenClock(float(sys.argv[4])))
database._connect = traced
outcome = receive(Path(sys.argv[2]), store, Station("station-04", "x", Level.S), Job(), carrier="x")
print(outcome.code.value, count)
"""


def import_in_child(desk, path, limit):
    command = [sys.executable, "-c", CHILD, str(desk.store.paths.base), str(path), str(limit), str(desk.clock.at)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def two(desk):
    """A station with one bundle in it, and the next one still outside."""
    desk.take(desk.sender.cut(desk.outbox, kind="full", events=[event_of("s-east")]))
    series = [series_of("s-east", metric=f"m{n}", count=50, offset=n / 3.0) for n in range(20)]
    return desk, desk.sender.cut(desk.outbox, series=series, events=[event_of("s-east", "e2")])


def station_after_crash(desk):
    store = Store.open(desk.store.paths, desk.clock)
    reconcile(store)
    return Desk(store, desk.me, desk.sender, desk.outbox, desk.root)


def check_whole(again, path, old, attempts_before):
    """Old or new, ledger and cache agree, nothing is left over, and the bundle can be brought in."""
    now = again.picture()
    accepted, _, intents, attempts = again.memory()
    assert intents == []
    with again.store.writer() as writer:
        assert writer.db.execute("SELECT count(*) FROM main.bundle WHERE published = 0").fetchone() == (0,)
    if now == old:
        assert [row[2] for row in accepted] == [1]
        assert attempts == attempts_before
    else:
        assert [row[2] for row in accepted] == [1, 2]
        assert len(attempts) == len(attempts_before) + 1
        assert len(now[0]) == len(old[0]) + 20
    with again.store.state() as state:
        assert audit.verify(state) is None
    assert again.take(path).code is (Code.APPLIED if now == old else Code.DUPLICATE)
    assert len(again.picture()[0]) == len(old[0]) + 20
    return now != old


def test_that_a_kill_before_a_statement_leaves_the_old_or_the_new_picture(two, tmp_path):
    desk, path = two
    old, attempts = desk.picture(), desk.memory()[3]
    shutil.copytree(desk.store.paths.base, tmp_path / "pristine")
    total = int(import_in_child(desk, path, 10**9).stdout.split()[1])
    assert total > 10
    seen = set()
    for limit in sorted({*range(1, 6), *random.Random(7).sample(range(6, total + 1), 6), total - 1, total}):
        shutil.rmtree(desk.store.paths.base)
        shutil.copytree(tmp_path / "pristine", desk.store.paths.base)
        assert import_in_child(desk, path, limit).returncode == -signal.SIGKILL
        seen.add(check_whole(station_after_crash(desk), path, old, attempts))
    assert seen == {True, False}


def test_that_an_import_confirmed_after_a_crash_says_so(two):
    """Published, killed before the ledger confirmed: reconcile confirms, with its own words."""
    desk, path = two

    def killed(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "_confirm", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.take(path)
    assert len(desk.memory()[2]) == 1
    new = picture(desk.store)
    reconcile(desk.store)
    assert picture(desk.store) == new
    with desk.store.state() as state:
        newest = ledger.attempts(state)[0]
    assert (newest.code, newest.seq, newest.kind) == ("APPLIED", 2, "delta")
    assert "interrupted" in newest.reason
    assert desk.take(path).code is Code.DUPLICATE
