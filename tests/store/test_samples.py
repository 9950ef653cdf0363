"""What goes in through bundles comes out: whatever the order, the tier or the day asked about."""

import itertools
import math
import sqlite3
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import FrozenClock
from app.errors import StoreTooNew
from app.job import Cancelled, Job
from app.model.marking import Level
from app.model.sample import Series, to_ms
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store import bundles, catalogue, intake
from app.store.block import MAX_SAMPLES, SPAN, block_from_series, decode_block
from app.store.bundles import BundleRecord
from app.store.database import Store
from app.store.export import blocks_after, blocks_between
from app.store.head import HOUR as HOUR_ROW
from app.store.rowseal import sealed_part
from app.store.samples import find_series, newest_times, read_series, which_bundle
from app.store.settle import settle
from app.store.tiers import split

EVER = TimeRange(-math.inf, math.inf)
KEY = SeriesKey.of("endpoint_up", {"enclave": "enc-u1", "endpoint": "rag"})
OTHER = SeriesKey.of("endpoint_requests", {"enclave": "enc-u1", "endpoint": "rag"})


def record(seq, **changes):
    values = {
        "source": "c1", "stream": "core", "epoch": 1, "seq": seq, "manifest": f"{seq:096x}", "kind": "delta",
        "enclave": "enc-u1", "level": Level.U, "created": 0.0, "window_start": 0.0, "window_end": float(seq),
        "expires": 1e12, "received": float(seq),
    }  # fmt: skip
    return BundleRecord(**{**values, **changes})


def bring(store, seq, series, **changes):
    with store.writer() as writer:
        number = intake.begin(writer, record(seq, **changes))
        intake.stage_blocks(writer, number, block_from_series(series), Job())
        intake.publish(writer, number)
    return number


def samples(store, key=KEY, span=EVER, as_known_at=None):
    with store.reader() as reader:
        refs = [ref for ref in find_series(reader, key.metric) if ref.key == key]
        if not refs:
            return {}
        one = read_series(reader, refs, span, as_known_at)[0]
    return dict(zip(one.time.tolist(), one.value.tolist(), strict=True))


def made(points, key=KEY, group="g"):
    return Series(key, np.array(sorted(points), float), np.array([points[t] for t in sorted(points)], float), group)


def fold(store, **options):
    with store.writer() as writer:
        settle(writer, Job(), always=True, **options)


def test_that_samples_are_the_same_before_and_after_settling(store):
    points = {float(t): math.sin(t) for t in range(0, 5000, 7)}
    bring(store, 1, [made(points)])
    assert samples(store) == points
    fold(store)
    assert samples(store) == points
    assert store_count(store, "head") == 0


def store_count(store, table):
    with store.writer() as writer:
        return writer.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_that_a_time_range_is_half_open(store):
    bring(store, 1, [made({0.0: 1, 60.0: 2, 120.0: 3})])
    assert samples(store, span=TimeRange(0.0, 120.0)) == {0.0: 1, 60.0: 2}
    fold(store)
    assert samples(store, span=TimeRange(60.0, 120.001)) == {60.0: 2, 120.0: 3}


def test_that_a_span_boundary_is_crossed_without_loss(store):
    edge = 20 * SPAN / 1000
    points = {edge + 60.0 * i: float(i) for i in range(-3000, 3000)}
    bring(store, 1, [made(points), made(points, OTHER)])
    fold(store)
    assert samples(store) == points
    assert store_count(store, "chunk") == 4


def test_that_whole_span_blocks_are_adopted_without_encoding_them_again(store):
    points = {60.0 * i: float(i % 17) for i in range(5000)}
    blocks = list(block_from_series([made(points), made(points, OTHER)]))
    assert [len(b.keys) for b in blocks] == [1, 1]
    bring(store, 1, [made(points), made(points, OTHER)])
    fold(store)
    with store.writer() as writer:
        kept = [row[0] for row in writer.db.execute("SELECT body FROM chunk ORDER BY id")]
    assert sorted(split(sealed_part(row))[0] for row in kept) == sorted(b.body for b in blocks)


def test_that_the_higher_sequence_wins_and_the_loser_is_kept(store):
    first = bring(store, 1, [made({0.0: 1.0, 60.0: 2.0})])
    second = bring(store, 2, [made({60.0: 9.0, 120.0: 3.0})])
    fold(store)
    assert samples(store) == {0.0: 1.0, 60.0: 9.0, 120.0: 3.0}
    with store.reader() as reader:
        ref = find_series(reader, KEY.metric)[0]
        assert [which_bundle(reader, ref, t) for t in (0.0, 60.0, 120.0, 90.0)] == [
            first,
            second,
            second,
            None,
        ]
        lost = reader.db.execute("SELECT time, bundle, value FROM superseded").fetchall()
    assert [(time, bundle, value[:8]) for time, bundle, value in lost] == [(60_000, first, np.float64(2.0).tobytes())]


def test_that_a_late_lower_sequence_fills_gaps_but_does_not_overwrite(store):
    bring(store, 2, [made({60.0: 9.0})])
    fold(store)
    bring(store, 1, [made({0.0: 1.0, 60.0: 2.0})])
    assert samples(store) == {0.0: 1.0, 60.0: 9.0}
    fold(store)
    assert samples(store) == {0.0: 1.0, 60.0: 9.0}


def test_that_the_answer_of_an_earlier_day_is_still_known(store):
    bring(store, 1, [made({0.0: 1.0, 60.0: 2.0})], received=100.0)
    bring(store, 2, [made({60.0: 9.0, 120.0: 3.0})], received=200.0)
    for _ in range(2):
        assert samples(store, as_known_at=50.0) == {}
        assert samples(store, as_known_at=150.0) == {0.0: 1.0, 60.0: 2.0}
        assert samples(store, as_known_at=250.0) == {0.0: 1.0, 60.0: 9.0, 120.0: 3.0}
        fold(store)


def test_that_repeating_a_value_later_does_not_make_it_newly_known(store):
    bring(store, 1, [made({0.0: 1.0})], received=100.0)
    bring(store, 2, [made({0.0: 1.0, 60.0: 5.0})], received=900.0)
    fold(store)
    assert samples(store, as_known_at=150.0) == {0.0: 1.0}


layouts = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 12), st.sampled_from([0.0, 1.0, 2.5]), max_size=8),
        st.dictionaries(st.integers(0, 12), st.sampled_from([0.0, 7.0]), max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def expected(contents, which, until=None):
    """By hand: the last bundle in order of sequence that speaks of a time is right."""
    answer = {}
    for seq, content in enumerate(contents, start=1):
        if until is None or seq <= until:
            answer |= {60.0 * t: v for t, v in content[which].items()}
    return answer


@settings(max_examples=60)
@given(layouts, st.randoms(), st.data())
def test_that_neither_order_of_import_nor_settling_changes_the_picture(tmp_path_factory, contents, random, data):
    paths = Paths.under(tmp_path_factory.mktemp("order"))
    store = Store.open(paths, FrozenClock(0.0))
    order = list(enumerate(contents, start=1))
    random.shuffle(order)
    for seq, content in order:
        series = [
            made({60.0 * t: v for t, v in part.items()}, key, data.draw(st.sampled_from("gh")))
            for part, key in zip(content, (KEY, OTHER), strict=True)
        ]
        bring(store, seq, series)
        if data.draw(st.booleans()):
            fold(store)
    for which, key in ((0, KEY), (1, OTHER)):
        assert samples(store, key) == expected(contents, which)


@settings(max_examples=40)
@given(layouts, st.data())
def test_that_as_known_at_equals_what_was_shown_that_day(tmp_path_factory, contents, data):
    store = Store.open(Paths.under(tmp_path_factory.mktemp("days")), FrozenClock(0.0))
    for seq, content in enumerate(contents, start=1):
        bring(store, seq, [made({60.0 * t: v for t, v in content[0].items()})])
        if data.draw(st.booleans()):
            fold(store)
    for day in range(len(contents) + 1):
        assert samples(store, as_known_at=day + 0.5) == expected(contents, 0, until=day)


def test_that_staged_rows_are_invisible_until_published(store):
    with store.writer() as writer:
        number = intake.begin(writer, record(1))
        intake.stage_blocks(writer, number, block_from_series([made({0.0: 1.0})]), Job())
        assert samples(store) == {}
        with store.reader() as reader:
            assert bundles.bundles(reader) == []
            assert not bundles.is_published(reader, record(1).manifest)
            assert intake.staged(reader) == [(number, record(1).manifest)]
        intake.publish(writer, number)
    assert samples(store) == {0.0: 1.0}


def test_that_a_discarded_bundle_leaves_no_row(store):
    with store.writer() as writer:
        number = intake.begin(writer, record(1))
        intake.stage_blocks(writer, number, block_from_series([made({0.0: 1.0})]), Job())
        intake.discard(writer, number)
    assert [store_count(store, t) for t in ("bundle", "head", "adopted", "event", "catalogue")] == [0] * 5


def test_that_cancelling_while_staging_keeps_the_store_as_it_was(store):
    bring(store, 1, [made({0.0: 1.0})])
    job = Job()

    def blocks():
        yield from block_from_series([made({60.0: 2.0})])
        job.cancel()
        yield from block_from_series([made({120.0: 3.0})])

    with store.writer() as writer:
        number = intake.begin(writer, record(2))
        with pytest.raises(Cancelled):
            intake.stage_blocks(writer, number, blocks(), job)
        intake.discard(writer, number)
    assert samples(store) == {0.0: 1.0}


def test_that_a_ceiling_hides_series_bundles_and_groups_in_sql(store):
    high = SeriesKey.of("endpoint_up", {"enclave": "enc-ts1", "endpoint": "x"})
    bring(store, 1, [made({0.0: 1.0})])
    bring(store, 2, [made({0.0: 0.0}, high)], enclave="enc-ts1", level=Level.TS)
    with store.reader(Level.S) as reader:
        assert [ref.key for ref in find_series(reader)] == [KEY]
        assert [b.record.level for b in bundles.bundles(reader)] == [Level.U]
        assert bundles.highest_level(reader) is Level.U
        assert reader.db.execute("SELECT count(*) FROM head").fetchone()[0] == 1
    with store.reader() as reader:
        assert bundles.highest_level(reader) is Level.TS


def test_that_a_ceiling_hides_nothing_below_it_once_bundles_of_two_levels_are_one_row(store):
    high = SeriesKey.of("endpoint_up", {"enclave": "enc-ts1", "endpoint": "x"})
    for hour in range(24):
        bring(store, 2 * hour + 1, [made({3600.0 * hour: 1.0})])
        told = {"enclave": "enc-ts1", "level": Level.TS, "source": "c2"}
        bring(store, 2 * hour + 2, [made({3600.0 * hour: 0.0}, high, "h")], **told)
    with store.writer() as writer:
        settle(writer, Job())
        newest = writer.db.execute(
            "SELECT max(b.level) FROM head h JOIN bundle b ON b.id = h.bundle WHERE h.form = ?", (HOUR_ROW,)
        ).fetchone()[0]
    assert newest == Level.TS, "some row of both levels is named after a bundle that the reader may not see"
    with store.reader(Level.U) as reader:
        (ref,) = find_series(reader)
        (found,) = read_series(reader, [ref], EVER)
    assert ref.key == KEY
    assert found.time.tolist() == [3600.0 * hour for hour in range(24)]
    assert set(found.value.tolist()) == {1.0}


def test_that_a_reader_cannot_write(store):
    with store.reader() as reader, pytest.raises(sqlite3.OperationalError):
        reader.db.execute("DELETE FROM main.bundle")


def test_that_a_newer_file_is_refused(store):
    with store.writer() as writer:
        writer.db.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreTooNew):
        Store.open(store.paths, store.clock)


def test_that_a_delta_holds_exactly_what_newer_runs_brought(store):
    bring(store, 1, [made({0.0: 1.0})], kind="run")
    marker = bring(store, 2, [made({60.0: 2.0})], kind="run")
    bring(store, 3, [made({120.0: 3.0, 30.0: 7.0}), made({120.0: 8.0}, OTHER)], kind="run")
    with store.reader() as reader:
        found = {}
        for block in blocks_after(reader, marker):
            part = decode_block(block)
            for row, key in enumerate(block.keys):
                there = slice(None) if part.present is None else part.present[row]
                found[key] = dict(zip(part.time[there].tolist(), part.values[row][there].tolist(), strict=True))
    assert found == {KEY: {30_000: 7.0, 120_000: 3.0}, OTHER: {120_000: 8.0}}


def test_that_a_full_holds_everything_of_its_time_range(store):
    points = {60.0 * i: float(i) for i in range(4000)}
    bring(store, 1, [made(points)])
    with store.reader() as reader:
        blocks = list(blocks_between(reader, TimeRange(6000.0, 12000.0)))
    time = np.concatenate([decode_block(b).time for b in blocks])
    assert time.tolist() == [60_000 * i for i in range(100, 200)]


def exported(store, span):
    """Samples of all blocks of a full, and the blocks."""
    with store.reader() as reader:
        blocks = list(blocks_between(reader, span))
    found = {}
    for block in blocks:
        part = decode_block(block)
        for row, key in enumerate(block.keys):
            there = slice(None) if part.present is None else part.present[row]
            points = zip(part.time[there].tolist(), part.values[row][there].tolist(), strict=True)
            found.setdefault(key, {}).update({t / 1000: v for t, v in points})
    return found, blocks


@pytest.mark.parametrize("settled", [False, True])
def test_that_whole_spans_leave_as_they_are_stored(store, settled):
    edge = 20 * SPAN / 1000
    points = {edge + 60.0 * i: float(i % 50) for i in range(-3000, 3000)}
    series = [made(points), made(points, OTHER)]
    bring(store, 1, series)
    if settled:
        fold(store)
    found, blocks = exported(store, EVER)
    assert found == {KEY: points, OTHER: points}
    assert sorted(b.body for b in blocks) == sorted(b.body for b in block_from_series(series))


@settings(max_examples=40)
@given(layouts, st.integers(0, 12), st.integers(0, 12), st.data())
def test_that_a_full_equals_what_is_read_however_it_is_stored(tmp_path_factory, contents, start, length, data):
    store = Store.open(Paths.under(tmp_path_factory.mktemp("full")), FrozenClock(0.0))
    for seq, content in enumerate(contents, start=1):
        bring(
            store,
            seq,
            [
                made({60.0 * t: v for t, v in part.items()}, key)
                for part, key in zip(content, (KEY, OTHER), strict=True)
            ],
        )
        if data.draw(st.booleans()):
            fold(store)
    span = TimeRange(60.0 * start, 60.0 * (start + length))
    found, _ = exported(store, span)
    for which, key in ((0, KEY), (1, OTHER)):
        wanted = {t: v for t, v in expected(contents, which).items() if span.start <= t < span.end}
        assert found.get(key, {}) == wanted


def test_that_a_series_which_moves_to_another_group_keeps_all_its_samples(store):
    """A collector's settings may give a metric to another recipe: another group, the same series."""
    third = SeriesKey.of("endpoint_errors", {"enclave": "enc-u1", "endpoint": "rag"})
    bring(store, 1, [made({0.0: 1.0, 60.0: 2.0}, group="a"), made({0.0: 5.0}, OTHER, group="a")])
    fold(store)
    bring(store, 2, [made({60.0: 9.0, 120.0: 3.0}, group="b"), made({60.0: 7.0}, third, group="b")])
    for _ in range(2):
        assert samples(store) == {0.0: 1.0, 60.0: 9.0, 120.0: 3.0}
        assert samples(store, OTHER) == {0.0: 5.0}
        assert samples(store, third) == {60.0: 7.0}
        fold(store)


@pytest.mark.parametrize("order", [(Level.S, Level.TS), (Level.TS, Level.S)])
def test_that_a_series_takes_the_highest_level_that_ever_spoke_of_it(store, order):
    for seq, level in enumerate(order, start=1):
        bring(store, seq, [made({60.0 * seq: 1.0})], level=level)
    with store.reader(Level.S) as reader:
        assert find_series(reader) == []
    assert len(samples(store)) == 2


def test_that_a_series_is_raised_before_the_higher_bundle_can_be_seen(store):
    bring(store, 1, [made({0.0: 1.0})], level=Level.S)
    with store.writer() as writer:
        number = intake.begin(writer, record(2, level=Level.TS))
        intake.stage_blocks(writer, number, block_from_series([made({60.0: 2.0})]), Job())
    with store.reader(Level.S) as reader:
        assert find_series(reader) == []


def test_that_a_bundle_remembers_how_many_samples_it_brought(store):
    bring(store, 1, [made({0.0: 1.0, 60.0: 2.0}), made({0.0: 5.0}, OTHER)])
    fold(store)
    with store.reader() as reader:
        assert [b.samples for b in bundles.bundles(reader)] == [3]


def test_that_a_gap_stays_a_gap_and_newest_times_are_by_series(store):
    bring(store, 1, [made({0.0: 1.0, 600.0: 2.0}), made({0.0: 5.0}, OTHER)])
    with store.reader() as reader:
        refs = find_series(reader)
        assert newest_times(reader, refs).tolist() == [0.0, 600.0]
        assert read_series(reader, refs, TimeRange(60.0, 600.0))[1].time.size == 0


def test_that_a_day_at_one_second_fits_blocks(store):
    points = np.arange(300_000, dtype=float)
    one = Series(KEY, points, points, "g")
    blocks = list(block_from_series([one]))
    assert max(decode_block(b).time.size for b in blocks) <= MAX_SAMPLES
    bring(store, 1, [one])
    fold(store)
    assert len(samples(store)) == 300_000


@pytest.mark.parametrize("moment", range(0, 34, 2))
def test_that_a_killed_import_leaves_the_old_or_the_new_picture(tmp_path, moment):
    """kill -9 after the n-th SQL statement of an import with settling."""
    script = textwrap.dedent(
        """
        import os, signal, sys, sqlite3
        from pathlib import Path
        sys.path.insert(0, sys.argv[3])
        from tests.store.test_samples import bring, fold, made, record, KEY
        from app.clock import FrozenClock
        from app.paths import Paths
        from app.store.database import Store, Writer
        store = Store.open(Paths.under(Path(sys.argv[1])), FrozenClock(0.0))
        left = int(sys.argv[2])
        before = Writer.__init__
        def watched(self, db, owner):
            before(self, db, owner)
            def trace(_):
                global left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            db.set_trace_callback(trace)
        Writer.__init__ = watched
        bring(store, 2, [made({60.0: 9.0, 120.0: 3.0})])
        fold(store)
        """
    )
    store = Store.open(Paths.under(tmp_path), FrozenClock(0.0))
    bring(store, 1, [made({0.0: 1.0, 60.0: 2.0})])
    root = __file__.rsplit("/tests/", 1)[0]
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path), str(moment), root], check=False, cwd=root)
    assert done.returncode == -9, "the process outlived the moment at which it should die"
    old, new = {0.0: 1.0, 60.0: 2.0}, {0.0: 1.0, 60.0: 9.0, 120.0: 3.0}
    assert samples(store) in (old, new)
    bring(store, 2, [made({60.0: 9.0, 120.0: 3.0})], manifest="again") if samples(store) == old else None
    fold(store)
    assert samples(store) == new


def test_that_of_two_catalogues_the_higher_sequence_is_in_force_whatever_the_order(store):
    from app.model.catalogue import Catalogue, Enclave, Endpoint

    enclave = Enclave("enc-u1", "Alpha", Level.U, 900.0)
    for seq, title in ((2, "new"), (1, "old")):
        with store.writer() as writer:
            number = intake.begin(writer, record(seq))
            intake.stage_catalogue(writer, number, Catalogue(enclave, (Endpoint("enc-u1", "rag", title),)))
            intake.publish(writer, number)
    with store.reader() as reader:
        assert [c.endpoints[0].title for c in catalogue.catalogues(reader)] == ["new"]


def test_that_milliseconds_survive_the_way_through_seconds():
    ms = np.arange(1_790_000_000_000, 1_790_000_100_000, 37)
    assert np.array_equal(to_ms(ms / 1000.0), ms)
    assert list(itertools.islice(iter(to_ms(np.array([0.0005, 1.2344]))), 2)) == [0, 1234]


@pytest.mark.parametrize("values", [(1.0, 0.0, 1.0, 0.0), (1.0, 0.0, 1.0, 0.0, 1.0)])
@pytest.mark.parametrize("settled", [(), (1,), (2,), (3,), (1, 2), (2, 3), (3, 4), (1, 2, 3, 4, 5), (5,), (4,)])
def test_that_a_value_that_is_disputed_again_and_again_is_as_it_was_each_day(store, values, settled):
    for seq, value in enumerate(values, start=1):
        bring(store, seq, [made({420.0: value})])
        if seq in settled:
            fold(store)
    for day, value in enumerate(values, start=1):
        assert samples(store, as_known_at=day + 0.5) == {420.0: value}
