"""Flipped bits are found, shown as a gap with a reason and never as a number; the rest stays readable."""

import itertools
import math
import random
import sqlite3

import numpy as np
import pytest

from app.clock import FrozenClock
from app.errors import AppError
from app.job import Job
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store.database import Store
from app.store.last import LastValues
from app.store.reduced import read_reduced
from app.store.samples import find_series, read_series
from app.store.settle import settle
from app.store.totals import read_totals
from app.store.whole import inspect
from tests.store.specimens.make import LATENCY, START, bring, contents, make_cache
from tests.store.test_specimens import bits, picture

EVER = TimeRange(-math.inf, math.inf)
HOUR = 3600.0
ROWS = ("chunk", "clock", "day", "day_clock", "head", "rollup", "hours", "sheet", "last", "superseded")
DERIVED = ("rollup", "hours", "sheet", "last")
SAID = contents(2)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Bytes of a cache that holds something in every tier and form."""
    return make_cache(tmp_path_factory.mktemp("whole")).read_bytes()


@pytest.fixture
def opened(tmp_path, pristine):
    """A function that opens a store whose cache has these bytes."""

    def store(content=pristine):
        paths = Paths.under(tmp_path)
        paths.cache_db.parent.mkdir(parents=True, exist_ok=True)
        for left in paths.cache_db.parent.iterdir():
            left.unlink()
        paths.cache_db.write_bytes(content)
        return Store.open(paths, FrozenClock(START))

    return store


def findings(store):
    with store.reader() as reader:
        return list(inspect(reader, Job()))


class Look:
    """Everything that can be asked of a store; no number of it may be wrong."""

    def __init__(self, store):
        self.missing = 0
        """Samples that are not there although nothing says why."""
        self.damaged = set()
        """Keys of series of which something could not be read."""
        self.samples(store, SAID)
        self.samples(store, SAID[:2], START + 2.5e6)
        self.derived(store)

    def samples(self, store, said, moment=None):
        expected = picture(said)
        with store.reader() as reader:
            refs = find_series(reader)
            read = read_series(reader, refs, EVER, moment)
            damage = list(reader.damage)
        assert all(one.reason for one in damage)
        self.missing += sum(len(held) for key, held in expected.items() if key not in {ref.key for ref in refs})
        for ref, one in zip(refs, read, strict=True):
            held = expected[ref.key]
            found = dict(zip(one.time.tolist(), bits(one.value), strict=True))
            right = dict(zip(held, bits(list(held.values())), strict=True))
            assert found.items() <= right.items()
            mine = [d for d in damage if d.series == ref.id]
            if mine:
                self.damaged.add(ref.key)
            gone = np.array([t for t in right if t not in found])
            told = np.zeros(gone.size, bool)
            for d in mine:
                told |= (gone >= d.start) & (gone < d.end)
            self.missing += int((~told).sum())

    def derived(self, store):
        expected = picture(SAID)
        end = START + 101 * HOUR
        edges = [START, START + 40 * HOUR, START + 41 * HOUR, START + 200 * HOUR]
        with store.reader() as reader:
            refs = find_series(reader)
            totals = read_totals(reader, refs, edges)
            damaged = {one.series for one in reader.damage}
        with store.reader() as reader:
            columns = read_reduced(reader, refs, TimeRange(START, end), 25)
        newest = LastValues(store)
        times, values = newest.of(refs)
        newest.close()
        for row, ref in enumerate(refs):
            held = expected[ref.key]
            for place, (low, high) in enumerate(itertools.pairwise(edges)):
                inside = [v for t, v in held.items() if low <= t < high and not math.isnan(v)]
                if ref.id in damaged:
                    assert totals.samples[row, place] <= len(inside)
                elif totals.samples[row, place] == len(inside):
                    assert totals.total[row, place] == pytest.approx(math.fsum(inside), rel=1e-12)
                else:
                    assert totals.samples[row, place] < len(inside)
                    self.missing += 1
            one = columns[row]
            for start, least, most in zip(one.time, one.least, one.most, strict=True):
                inside = [v for t, v in held.items() if start <= t < min(end, start + max(one.width, 1.0))]
                numbers = {v for v in inside if not math.isnan(v)}
                assert {v for v in (least, most) if not math.isnan(v)} <= numbers
                if not one.damaged and numbers and not self.missing:
                    assert (least, most) == (min(numbers), max(numbers))
            if not math.isnan(times[row]):
                assert bits(values[row : row + 1]) == bits([held[times[row]]])


def test_that_a_whole_store_is_whole(opened):
    store = opened()
    assert findings(store) == []
    look = Look(store)
    assert (look.missing, look.damaged) == (0, set())


def flipped(body, rng):
    place = rng.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << rng.randrange(8)]) + body[place + 1 :]


def flip_in_row(store, table, number, rng):
    """Flip a bit of the n-th row of a table."""
    db = sqlite3.connect(store.cache)
    column = "value" if table == "superseded" else "body"
    key = "time" if table == "superseded" else "id"
    rows = db.execute(f"SELECT {key}, {column} FROM {table} ORDER BY {key}").fetchall()
    chosen, body = rows[number % len(rows)]
    db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (flipped(body, rng), chosen))
    db.commit()
    db.close()


@pytest.mark.parametrize("table", ROWS)
def test_that_a_flipped_bit_in_a_row_is_found_and_never_a_number(opened, table, caplog):
    rng = random.Random(table)
    for number in range(4):
        store = opened()
        flip_in_row(store, table, number, rng)
        found = findings(store)
        assert found, f"{table} {number}"
        assert all(one.why and one.remedy.value for one in found)
        look = Look(store)
        assert look.missing == 0
        if table in DERIVED:
            assert look.damaged == set(), "what is derived can be done without"
            assert {one.remedy.name for one in found} == {"COMPACT"}
        else:
            assert {one.remedy.name for one in found} == {"IMPORT"}
            assert look.damaged


@pytest.mark.parametrize("table", ROWS)
def test_that_settling_goes_on_around_damage_and_says_nothing_wrong(opened, table, caplog):
    rng = random.Random(table)
    for number in range(2):
        store = opened()
        flip_in_row(store, table, number, rng)
        with store.writer() as writer:
            settle(writer, Job(), always=True)
            heads = writer.db.execute("SELECT count(*) FROM head").fetchone()[0]
            days = writer.db.execute("SELECT count(*) FROM day_clock").fetchone()[0]
        look = Look(store)
        assert look.missing == 0
        if table in (*DERIVED, "superseded"):
            assert (heads, days, look.damaged) == (0, 0, set() if table in DERIVED else look.damaged)
        elif table == "head":
            assert heads == 1, "the damaged row stays, for readers to tell of it"


def test_that_a_new_full_brings_back_what_is_damaged(opened, caplog):
    """The damaged row stays and is told of; what a higher bundle says again is shown."""
    store = opened()
    flip_in_row(store, "chunk", 0, random.Random(3))
    every = picture(SAID)
    bring(store, len(SAID) + 1, every)
    for _ in range(2):
        with store.reader() as reader:
            refs = find_series(reader)
            read = read_series(reader, refs, EVER)
        assert {one.key: one.time.size for one in read} == {key: len(held) for key, held in every.items()}
        assert Look(store).missing == 0
        with store.writer() as writer:
            settle(writer, Job(), always=True)


def test_that_chunks_are_not_read_with_the_times_of_another_row(opened):
    """The times of a group were lost, and a later bundle put others in their place."""
    store = opened()
    db = sqlite3.connect(store.cache)
    db.execute("DELETE FROM clock")
    db.commit()
    db.close()
    shifted = {t + 1.0: v for t, v in SAID[0][LATENCY].items()}  # as many as the lost ones
    bring(store, len(SAID) + 1, {SeriesKey.of("new", {"enclave": "enc-u1", "endpoint": "rag"}): shifted})
    with store.reader() as reader:
        refs = [ref for ref in find_series(reader) if ref.key.metric != "new"]
        for one in read_series(reader, refs, TimeRange(START, START + 5900 * 60.0)):
            assert set(one.time.tolist()) <= set(picture(SAID)[one.key])


def sample_pages(path):
    """Numbers of the pages that hold samples or what is derived from them."""
    db = sqlite3.connect(path)
    names = [
        name
        for name, table in db.execute("SELECT name, tbl_name FROM sqlite_schema WHERE rootpage > 0")
        if table in ROWS
    ]
    marks = ", ".join("?" * len(names))
    pages = [n for (n,) in db.execute(f"SELECT pageno FROM dbstat WHERE name IN ({marks}) ORDER BY pageno", names)]
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    return pages, size


def test_that_a_flipped_bit_anywhere_in_the_pages_of_samples_is_never_a_number(opened, pristine, caplog):
    rng = random.Random(20261128)
    pages, size = sample_pages(opened().cache)
    quiet = 0
    for number in range(48):
        at = (pages[number % len(pages)] - 1) * size + rng.randrange(size)
        if number % 3 == 0:  # the head of a page, where the database keeps its own numbers
            at = at // size * size + rng.randrange(64)
        content = bytearray(pristine)
        content[at] ^= 1 << rng.randrange(8)
        try:
            store = opened(bytes(content))
            found = findings(store)
            look = Look(store)
        except AppError:
            continue  # said so, and showed nothing
        if look.missing or look.damaged:
            assert found, f"bit at {at}: {look.missing} missing, {look.damaged}"
        quiet += not found
    assert quiet < 36, "most bits of these pages mean something"


def test_that_a_row_under_the_key_of_another_series_is_not_taken_for_its_own(opened):
    """One flipped bit of a row's number is enough, and the times of the two fit each other."""
    store = opened()
    db = sqlite3.connect(store.cache)
    for table in ("chunk", "rollup", "day"):
        (one, body), (other, _) = db.execute(f"SELECT id, body FROM {table} ORDER BY id LIMIT 2").fetchall()
        db.execute(f"UPDATE {table} SET body = ? WHERE id = ?", (body, other))
        assert one != other
    db.commit()
    db.close()
    assert {one.why for one in findings(store)} == {"A stored row does not belong where it stands, or was changed."}
    assert Look(store).missing == 0


def test_that_a_name_that_cannot_be_read_hides_one_series_and_no_other(opened):
    store = opened()
    db = sqlite3.connect(store.cache)
    db.execute("UPDATE series SET labels = '[[' WHERE id = 1")
    db.commit()
    db.close()
    with store.reader() as reader:
        assert len(find_series(reader)) == 2
        assert [one.series for one in reader.damage] == [1]
    assert any(one.what == "series 1" for one in findings(store))
