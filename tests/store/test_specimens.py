"""What any version ever wrote opens for ever, and says what it said then.

The files were written by the program of their time (`tests/store/specimens/make.py` tells how); what they hold is
written down there as arithmetic.
"""

import gzip
import math
import re

import numpy as np
import pytest

from app.clock import FrozenClock
from app.job import Job
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store import cache_schema, codec
from app.store.block import SPAN
from app.store.catalogue import catalogues
from app.store.clock_code import decode_clock
from app.store.database import Store
from app.store.events import events
from app.store.last import LastValues
from app.store.reduced import read_reduced
from app.store.samples import find_series, read_series
from app.store.settle import settle
from app.store.totals import read_totals
from tests.conftest import ROOT
from tests.store.specimens.make import LATENCY, ODD, START, UP, bodies, clocks, contents

FOLDER = ROOT / "tests" / "store" / "specimens"
CACHES = sorted(FOLDER.glob("cache-*.db.gz"))
CODECS = sorted(FOLDER.glob("codec-*.hex"))
EVER = TimeRange(-math.inf, math.inf)


def version(path):
    return int(re.search(r"-(\d+)\.", path.name)[1])


def test_that_every_version_has_a_specimen():
    assert [version(path) for path in CACHES] == list(range(1, len(cache_schema.STEPS) + 1))
    assert [version(path) for path in CODECS] == list(range(1, codec.VERSION + 1))
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 200_000


@pytest.fixture(params=CACHES, ids=lambda path: path.stem)
def opened(request, tmp_path):
    """A copy of a specimen, brought up to date, and what its bundles say."""
    paths = Paths.under(tmp_path)
    paths.cache_db.parent.mkdir(parents=True)
    paths.cache_db.write_bytes(gzip.decompress(request.param.read_bytes()))
    return Store.open(paths, FrozenClock(START)), contents(version(request.param))


def bits(values):
    return np.ascontiguousarray(values, np.float64).view(np.int64).tolist()


def picture(said):
    """By hand: the last bundle in order of sequence that speaks of a time is right."""
    found = {UP: {}, LATENCY: {}, ODD: {}}
    for content in said:
        for key, held in content.items():
            found[key] |= held
    return {key: dict(sorted(held.items())) for key, held in found.items()}


def check_samples(store, said, moment=None):
    expected = picture(said)
    with store.reader() as reader:
        refs = find_series(reader)
        read = read_series(reader, refs, EVER, moment)
        assert reader.damage == []
    assert {ref.key for ref in refs} == set(expected)
    for one in read:
        assert one.time.tolist() == list(expected[one.key])
        assert bits(one.value) == bits(list(expected[one.key].values()))


def check_derived(store, said):
    expected = picture(said)
    edges = [SPAN / 1000 * math.floor(START * 1000 / SPAN), START + 40 * 3600.0, START + 200 * 3600.0]
    with store.reader() as reader:
        refs = find_series(reader)
        totals = read_totals(reader, refs, edges)
        columns = read_reduced(reader, refs, TimeRange(START, START + 100 * 3600.0), 25)
    newest = LastValues(store)
    times, values = newest.of(refs)
    newest.close()
    for row, ref in enumerate(refs):
        held = expected[ref.key]
        assert times[row] == list(held)[-1]
        assert bits(values[row : row + 1]) == bits(list(held.values())[-1:])
        for place in range(2):
            inside = [v for t, v in held.items() if edges[place] <= t < edges[place + 1] and not math.isnan(v)]
            assert totals.samples[row, place] == len(inside)
            assert totals.total[row, place] == pytest.approx(math.fsum(inside), rel=1e-12)
        one = columns[row]
        assert one.width >= 3600.0
        for start, least, most in zip(one.time, one.least, one.most, strict=True):
            inside = [v for t, v in held.items() if start <= t < start + one.width and not math.isnan(v)]
            assert (least, most) == (min(inside), max(inside))


def test_that_the_samples_of_every_version_are_still_there(opened):
    store, said = opened
    for _ in range(2):
        check_samples(store, said)
        check_derived(store, said)
        with store.writer() as writer:
            settle(writer, Job(), always=True)
            assert writer.db.execute("SELECT count(*) FROM head").fetchone() == (0,)


def test_that_what_was_known_on_a_day_is_still_known(opened):
    store, said = opened
    check_samples(store, said[:2], START + 2.5e6)
    with store.writer() as writer:
        settle(writer, Job(), always=True)
    check_samples(store, said[:2], START + 2.5e6)
    check_samples(store, said[:1], START + 1.5e6)


def test_that_bundles_events_and_catalogues_are_still_there(opened):
    store, said = opened
    with store.reader() as reader:
        assert [one.endpoints[0].title for one in catalogues(reader)] == ["RAG"]
        assert [event.key for event, _ in events(reader)] == [f"e{seq}" for seq in range(1, len(said) + 1)]
        rows = reader.db.execute("SELECT seq, samples, first, last, newest FROM bundle ORDER BY seq").fetchall()
    for (seq, samples, *reach), content in zip(rows, said, strict=True):
        times = [1000 * t for held in content.values() for t in held]
        assert samples == len(times), seq
        assert reach == [min(times), max(times), max(times)], seq


@pytest.mark.parametrize("path", CODECS, ids=lambda path: path.stem)
def test_that_bodies_and_clocks_of_every_version_are_read_to_the_bit(path):
    found = {name: bytes.fromhex(text) for name, text in map(str.split, path.read_text(encoding="ascii").splitlines())}
    assert {blob[0] for blob in found.values()} == {version(path)}
    for name, (values, present) in bodies().items():
        _, read, mask = codec.decode_body(found.pop(name))
        there = np.ones(values.shape, bool) if present is None else present
        assert np.array_equal(np.ones(values.shape, bool) if mask is None else mask, there)
        assert bits(read[there]) == bits(values[there])
    for name, time in clocks().items():
        assert np.array_equal(decode_clock(found.pop(name)), time)
    assert found == {}
