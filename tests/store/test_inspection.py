"""Looking a store through and compacting it: both can be stopped, and neither changes what it should not."""

import sqlite3

import pytest

from app.clock import FrozenClock
from app.job import Cancelled, Job
from app.paths import Paths
from app.store import stats
from app.store.compaction import compact
from app.store.database import Store
from app.store.inspection import Remedy
from app.store.stats import read_stats
from app.store.whole import inspect
from tests.store.specimens.make import START, contents, make_cache
from tests.store.test_specimens import check_derived, check_samples


@pytest.fixture
def full(tmp_path):
    """A store that holds something in every tier and form."""
    make_cache(tmp_path)
    return Store.open(Paths.under(tmp_path), FrozenClock(START))


def findings(store, job=None):
    with store.reader() as reader:
        return list(inspect(reader, job or Job()))


def change(store, *statements):
    db = sqlite3.connect(store.cache)
    for statement in statements:
        assert db.execute(statement).rowcount, statement
    db.commit()
    db.close()


def stopping(after):
    """A job whose person asks to stop at the n-th step."""
    seen = []

    def report(progress):
        seen.append(progress)
        if len(seen) == after:
            job.cancel()

    job = Job(report)
    return job


def test_that_looking_through_can_be_stopped(full):
    for after in (1, 2):
        with pytest.raises(Cancelled):
            findings(full, stopping(after))


def test_that_compacting_can_be_stopped_at_any_step_and_taken_up_again(full):
    steps = []
    compact(full, Job(steps.append), before=0)
    assert {"checking hourly extremes and sums", "checking newest values", "writing the file anew"} <= {
        step.label for step in steps
    }
    for after in range(1, 8, 2):
        with pytest.raises(Cancelled):
            compact(full, stopping(after), before=0)
        assert findings(full) == []
    compact(full, Job(), before=0)
    check_samples(full, contents(2))
    check_derived(full, contents(2))


@pytest.mark.parametrize(
    ("statement", "what", "why"),
    [
        ("DELETE FROM clock", "samples", "The times of its scrape group are missing."),
        ("DELETE FROM rollup WHERE id = (SELECT min(id) FROM rollup)", "hourly extremes and sums", "It is missing."),
        ("DELETE FROM hours", "hours of its scrape group", "They are missing."),
        (
            "DELETE FROM chunk WHERE id = (SELECT min(id) FROM chunk)",
            "hourly extremes and sums",
            "The samples that they were made of are missing.",
        ),
        ("UPDATE chunk SET id = id + (77 << 20) WHERE id = (SELECT max(id) FROM chunk)", "samples", "No series has"),
        ("UPDATE head SET last = last - 1 WHERE form = 1", "samples of bundle c1 core 1/", "other times or another"),
        ("UPDATE head SET samples = samples + 1 WHERE form = 0", "samples of bundle c1 core 1/9", "another number"),
        ("UPDATE head SET bucket = 7 WHERE form = 2", "samples of an hour up to bundle", "in the wrong bucket"),
        ("UPDATE sheet SET month = month + 1", "monthly sheet", "not that of its month"),
        ("UPDATE superseded SET time = time + 1 WHERE time % 120000 = 0", "superseded value", "match its digest"),
        ("UPDATE series SET enclave = 'other' WHERE id = 2", "series", "do not fit each other"),
        ("UPDATE catalogue SET body = '{' ", "a row of catalogue", "not what was written"),
        ("DELETE FROM bundle WHERE id = 1", "", "names a bundle that the cache does not know"),
    ],
)
def test_that_what_does_not_fit_is_told(full, statement, what, why):
    change(full, statement)
    assert any(one.what.startswith(what) and why in one.why for one in findings(full)), findings(full)


def test_that_a_stale_newest_value_is_told_and_made_anew(full):
    from app.store.last import read_page, write_page

    compact(full, Job(), before=0)
    with full.writer() as writer:
        rows = read_page(writer, 0)
        rows["value"][2] += 1.0
        write_page(writer, 0, rows)
    (one,) = findings(full)
    assert (one.what, one.metric, one.remedy) == ("newest value", "endpoint_latency_seconds", Remedy.COMPACT)
    assert compact(full, Job(), before=0).rows_made == 1
    assert findings(full) == []


def test_that_a_store_of_the_first_version_gets_what_is_derived(tmp_path):
    import gzip

    from tests.store.test_specimens import CACHES

    paths = Paths.under(tmp_path)
    paths.cache_db.parent.mkdir(parents=True)
    paths.cache_db.write_bytes(gzip.decompress(CACHES[0].read_bytes()))
    store = Store.open(paths, FrozenClock(START))
    assert {one.remedy for one in findings(store)} == {Remedy.COMPACT}
    compact(store, Job(), before=0)
    assert findings(store) == []
    check_samples(store, contents(1))
    check_derived(store, contents(1))


def test_that_sizes_are_told_where_sqlite_does_not_count_pages(full, monkeypatch):
    monkeypatch.setattr(stats, "_page_bytes", lambda _: None)
    with full.reader() as reader:
        told = {table.name: table.bytes for table in read_stats(reader, Job()).tables}
        (held,) = reader.db.execute("SELECT sum(length(body)) FROM chunk").fetchone()
    assert told["chunk"] == held
