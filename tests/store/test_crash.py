"""kill -9, torn files and full disks: what was committed stays, and the store is whole afterwards."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

from app.clock import FrozenClock
from app.job import Job
from app.paths import Paths
from app.store.database import Store
from app.store.intake import discard, staged
from app.store.settle import settle
from app.store.whole import inspect
from tests.conftest import ROOT
from tests.store.specimens.make import START, bring, contents
from tests.store.test_specimens import check_samples, picture

# The child kills itself at the n-th statement of a writer, or tells how many there were.
CHILD = """
import os, signal, sys
from pathlib import Path
from unittest import mock
from app.clock import FrozenClock
from app.job import Job
from app.paths import Paths
from app.store.compaction import compact
from app.store.database import Store, Writer
from app.store.settle import settle
from tests.store.specimens.make import START, bring, contents, fold

store = Store.open(Paths.under(Path(sys.argv[1])), FrozenClock(START))
limit, count = int(sys.argv[2]), 0
before = Writer.__init__
def watched(self, db, owner):
    before(self, db, owner)
    def trace(_):
        global count
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)
    db.set_trace_callback(trace)
Writer.__init__ = watched
said = contents(2)
"""

STEPS = {
    "an hour": "fold(store, bundles=2, hours=99)",
    "a day": "fold(store, bundles=2, hours=1)",
    "spans and sheets": "fold(store, always=True)",
    "compaction": "compact(store, Job(), before=0)",
}


def child(base, limit, step):
    script = CHILD + step + "\nprint(count)\n"
    command = [sys.executable, "-c", script, str(base), str(limit)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)


def reopened(base):
    """The store as the next start finds it: what was not published is removed."""
    store = Store.open(Paths.under(base), FrozenClock(START))
    with store.writer() as writer:
        for number, _ in staged(writer):
            discard(writer, number)
    return store


def findings(store):
    with store.reader() as reader:
        return list(inspect(reader, Job()))


def moments(total, seed, count):
    """The first and the last statement, and some between."""
    return sorted({1, total, *random.Random(seed).sample(range(1, total + 1), min(count, total))})


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """A base folder whose head holds every form, and what its bundles say."""
    base = tmp_path_factory.mktemp("brought")
    store = Store.open(Paths.under(base), FrozenClock(START))
    said = contents(2)
    for seq, content in enumerate(said, start=1):
        bring(store, seq, content)
    return base, said


@pytest.mark.parametrize("step", STEPS)
def test_that_a_kill_while_settling_loses_nothing(brought, tmp_path, step):
    pristine, said = brought
    base = tmp_path / "base"
    shutil.copytree(pristine, base)
    done = child(base, 10**9, STEPS[step])
    assert done.returncode == 0, done.stderr
    for limit in moments(int(done.stdout), step, 4):
        shutil.rmtree(base)
        shutil.copytree(pristine, base)
        assert child(base, limit, STEPS[step]).returncode == -signal.SIGKILL
        store = reopened(base)
        check_samples(store, said)
        assert findings(store) == []
        with store.writer() as writer:
            settle(writer, Job(), always=True)
        check_samples(store, said)
        assert findings(store) == []


def test_that_a_kill_while_staging_what_is_adopted_leaves_the_old_or_the_new_picture(tmp_path):
    """The first bundle is adopted: its chunks stand in place before it is published."""
    said = contents(2)
    step = "bring(store, 1, said[0])"
    total = int(child(tmp_path / "whole", 10**9, step).stdout)
    seen = set()
    for number, limit in enumerate(moments(total, "staging", 6)):
        base = tmp_path / str(number)
        assert child(base, limit, step).returncode == -signal.SIGKILL
        store = reopened(base)
        with store.reader() as reader:
            new = reader.db.execute("SELECT count(*) FROM bundle").fetchone() == (1,)
        seen.add(new)
        assert findings(store) == []
        if new:
            check_samples(store, said[:1])
        else:
            with store.reader() as reader:
                counts = [
                    reader.db.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0]
                    for table in ("chunk", "clock", "rollup", "hours", "head", "series", "adopted")
                ]
            assert counts == [0] * 7
            bring(store, 1, said[0])
        check_samples(store, said[:1])
    assert False in seen


def test_that_what_was_given_up_is_not_folded_with_what_came_later(store):
    """Giving up may fail on a full disk; the next import must neither show nor lose what stands in the way."""
    from app.store.block import block_from_series
    from app.store.intake import begin, stage_blocks
    from tests.store.specimens.make import record
    from tests.store.test_samples import made

    said = contents(2)
    unfinished = [made(held, key, "serving") for key, held in said[0].items()]
    with store.writer() as writer:
        stage_blocks(writer, begin(writer, record(1)), block_from_series(unfinished), Job())
    later = {key: {t: v + 1.0 for t, v in held.items()} for key, held in said[0].items()}
    bring(store, 2, later)
    with store.writer() as writer:
        settle(writer, Job(), always=True)
    with store.writer() as writer:
        for number, _ in staged(writer):
            discard(writer, number)
    check_samples(store, [later])
    assert findings(store) == []


def test_that_what_was_checkpointed_survives_a_torn_journal(brought, tmp_path):
    """A power cut may leave any part of the journal: the store is then as it was after some commit."""
    _, said = brought
    store = Store.open(Paths.under(tmp_path / "base"), FrozenClock(START))
    keeper = sqlite3.connect(store.cache)  # the last connection to close would take the journal with it
    keeper.execute("SELECT count(*) FROM bundle").fetchone()
    for seq in (1, 2):
        bring(store, seq, said[seq - 1])
    keeper.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for seq in range(3, len(said) + 1):
        bring(store, seq, said[seq - 1])
    journal = store.cache.with_name("cache.db-wal").read_bytes()
    main = store.cache.read_bytes()
    keeper.close()
    pictures = [picture(said[:count]) for count in range(2, len(said) + 1)]
    rng, seen = random.Random(11), set()
    for number in range(12):
        paths = Paths.under(tmp_path / f"torn{number}")
        paths.cache_db.parent.mkdir(parents=True)
        paths.cache_db.write_bytes(main)
        cut = (0, len(journal))[number] if number < 2 else rng.randrange(len(journal))
        torn = bytearray(journal[:cut])
        if number % 3 == 2 and cut > 64:
            torn[rng.randrange(32, cut)] ^= 0x10  # and a sector that was not written as it should
        paths.cache_db.with_name("cache.db-wal").write_bytes(torn)
        again = reopened(paths.base)
        with again.reader() as reader:
            (count,) = reader.db.execute("SELECT count(*) FROM bundle").fetchone()
        assert pictures[count - 2]
        check_samples(again, said[:count])
        assert findings(again) == []
        seen.add(count)
    assert {2, len(said)} <= seen


# A child whose files may not grow beyond a limit stands for a full disk: the kernel refuses the write.
FULL = """
import resource, signal, sys
from pathlib import Path
from app.clock import FrozenClock
from app.errors import AppError
from app.job import Job
from app.paths import Paths
from app.store.database import Store
from app.store.settle import settle
from tests.store.specimens.make import START, bring, contents

store = Store.open(Paths.under(Path(sys.argv[1])), FrozenClock(START))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    exec(sys.argv[3])
except AppError as error:
    print(error.message, error.hint)
    sys.exit(error.exit_code)
"""


def with_limit(base, size, step):
    command = [sys.executable, "-c", FULL, str(base), str(size), step]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.parametrize("step", ["bring(store, 10, contents(2)[0])", "settle(store.writer(), Job(), always=True)"])
def test_that_a_full_disk_is_told_and_loses_nothing(brought, tmp_path, step):
    pristine, said = brought
    refused = set()
    for room in (0, 8_192, 40_000, 120_000):
        base = tmp_path / str(room)
        shutil.copytree(pristine, base)
        done = with_limit(base, room, step)
        assert done.returncode in (0, 3), done.stderr
        refused.add(done.returncode)
        if done.returncode == 3:
            assert "free space" in done.stdout or "Make room" in done.stdout
        again = reopened(base)
        with again.reader() as reader:
            (count,) = reader.db.execute("SELECT count(*) FROM bundle").fetchone()
        check_samples(again, said if count == len(said) else [*said, said[0]])
        assert findings(again) == []
    assert 3 in refused
