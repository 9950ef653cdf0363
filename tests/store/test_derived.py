"""What is derived from samples equals what arithmetic over the samples themselves gives, in whatever tier they are."""

import itertools
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store import intake
from app.store.block import block_from_series
from app.store.bundles import BundleRecord
from app.store.database import Store
from app.store.last import LastValues, newest_moments
from app.store.reduced import read_reduced
from app.store.samples import find_series, read_series
from app.store.settle import settle
from app.store.totals import read_totals

MONTH = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
"""Not a boundary of spans: those are counted from 1970."""

EVER = TimeRange(-math.inf, math.inf)


def key(metric, number):
    return SeriesKey.of(metric, {"enclave": "enc-u1", "endpoint": f"e{number}"})


def bring(store, seq, series):
    record = BundleRecord(
        source="c1", stream="core", epoch=1, seq=seq, manifest=f"{seq:096x}", kind="delta", enclave="enc-u1",
        level=Level.U, created=0.0, window_start=0.0, window_end=float(seq), expires=1e12, received=float(seq),
    )  # fmt: skip
    with store.writer() as writer:
        number = intake.begin(writer, record)
        intake.stage_blocks(writer, number, block_from_series(series), Job())
        intake.publish(writer, number)
        settle(writer, Job())


@pytest.fixture
def quick(monkeypatch):
    """Few bundles make an hour and few hours a day, so that every tier is reached."""
    monkeypatch.setattr("app.store.settle._BUNDLES", 3)
    monkeypatch.setattr("app.store.settle._HOURS", 2)


def fleet(seed, days, step=300.0):
    """Series of several kinds over some days, some with gaps, some that come and go."""
    rng = np.random.default_rng(seed)
    time = MONTH + step * np.arange(int(days * 86400 / step))
    found = {}
    for number in range(3):
        there = rng.random(time.size) < (1.0 if number == 0 else 0.9)
        up = (rng.random(time.size) < 0.95).astype(float)
        requests = rng.poisson(40, time.size).astype(float)
        latency = np.round(rng.lognormal(-1, 0.4, time.size), 3)
        odd = rng.standard_normal(time.size)
        odd[rng.random(time.size) < 0.01] = math.nan
        for metric, value in (
            ("endpoint_up", up), ("endpoint_requests", requests), ("endpoint_latency_seconds", latency), ("odd", odd),
        ):  # fmt: skip
            found[key(metric, number)] = Series(key(metric, number), time[there], value[there], f"g{number}")
    return found


def in_pieces(store, series, edges, order):
    """Bring series as one bundle for each stretch between `edges`."""
    stretches = list(itertools.pairwise(edges))
    for seq in order:
        low, high = stretches[seq]
        part = []
        for one in series.values():
            inside = (one.time >= low) & (one.time < high)
            part.append(Series(one.key, one.time[inside], one.value[inside], one.group))
        bring(store, seq + 1, part)


LAYOUTS = {
    "one bundle": lambda: ([MONTH, MONTH + 80 * 86400], [0]),
    "a full and deltas": lambda: (
        [MONTH, MONTH + 50 * 86400, *(MONTH + 50 * 86400 + 3600 * np.arange(1, 41))],
        range(41),
    ),
    "deltas out of order": lambda: ([MONTH + 7 * 86400 * n for n in range(12)], [5, 2, 9, 0, 1, 10, 3, 4, 8, 6, 7]),
}


@pytest.fixture(params=LAYOUTS)
def filled(request, store, quick):
    edges, order = LAYOUTS[request.param]()
    series = {
        k: Series(k, s.time[s.time < edges[-1]], s.value[s.time < edges[-1]], s.group) for k, s in fleet(1, 77).items()
    }
    in_pieces(store, series, edges, order)
    return store, series


def test_that_every_tier_gives_the_samples_back(filled):
    store, series = filled
    for _ in range(2):
        with store.reader() as reader:
            for ref, one in zip(refs := find_series(reader), read_series(reader, refs, EVER), strict=True):
                assert np.array_equal(one.time, series[ref.key].time)
                assert np.array_equal(one.value.view(np.int64), series[ref.key].value.view(np.int64))
        with store.writer() as writer:
            settle(writer, Job(), always=True)
            assert writer.db.execute("SELECT count(*) FROM head").fetchone() == (0,)
            assert writer.db.execute("SELECT count(*) FROM day").fetchone() == (0,)


def test_that_columns_hold_the_true_extremes(filled):
    store, series = filled
    for _ in range(2):
        for days, columns in itertools.product((0.4, 3, 20, 77), (7, 100, 700)):
            check_columns(store, series, TimeRange(MONTH + 1000.0, MONTH + 1000.0 + days * 86400.0), columns)
        with store.writer() as writer:
            settle(writer, Job(), always=True)


def check_columns(store, series, span, columns):
    with store.reader() as reader:
        refs = find_series(reader)
        answers = read_reduced(reader, refs, span, columns)
    for ref, found in zip(refs, answers, strict=True):
        one = series[ref.key]
        inside = (one.time >= span.start) & (one.time < span.end)
        time, value = one.time[inside], one.value[inside]
        if found.width == 0:
            assert np.array_equal(found.time, time)
            assert np.array_equal(found.least, value, equal_nan=True)
            continue
        assert found.time.size <= columns + 2
        assert found.width >= 300.0
        column = np.searchsorted(found.time, time, "right") - 1
        assert column.min(initial=0) >= 0
        assert (time < found.time[column] + found.width).all()
        least, most = np.full(found.time.size, np.nan), np.full(found.time.size, np.nan)
        np.fmin.at(least, column, value)
        np.fmax.at(most, column, value)
        assert np.array_equal(found.least, least, equal_nan=True)
        assert np.array_equal(found.most, most, equal_nan=True)


PERIODS = (
    [datetime(2026, m, 1, tzinfo=UTC).timestamp() for m in (2, 3, 4, 5, 6, 7)],
    [MONTH + 86400 * n for n in range(78)],
    [MONTH + 1234.5, MONTH + 50000.0, MONTH + 3e6],
    [MONTH + 3600 * 5, MONTH + 3600 * 900, MONTH + 3600 * 901],
)


def test_that_totals_equal_sums_of_the_samples(filled):
    store, series = filled
    for _ in range(2):
        for edges in PERIODS:
            check_totals(store, series, edges)
        with store.writer() as writer:
            settle(writer, Job(), always=True)


def check_totals(store, series, edges):
    with store.reader() as reader:
        refs = find_series(reader)
        found = read_totals(reader, refs, edges)
    for row, ref in enumerate(refs):
        one = series[ref.key]
        for place, (low, high) in enumerate(itertools.pairwise(edges)):
            held = one.value[(one.time >= low) & (one.time < high)]
            numbers = held[~np.isnan(held)]
            assert found.samples[row, place] == numbers.size
            if ref.key.metric in ("endpoint_up", "endpoint_requests"):
                assert found.total[row, place] == numbers.sum()
            else:
                assert found.total[row, place] == pytest.approx(numbers.sum(), rel=1e-12, abs=1e-9)


def test_that_last_values_are_those_of_the_newest_samples(filled):
    store, series = filled
    with store.reader() as reader:
        refs = find_series(reader)
    newest = LastValues(store)
    for _ in range(2):
        time, value = newest.of(refs)
        assert time.tolist() == [series[ref.key].time[-1] for ref in refs]
        assert np.array_equal(value, [series[ref.key].value[-1] for ref in refs], equal_nan=True)
        with store.writer() as writer:
            settle(writer, Job(), always=True)
    newest.close()


def test_that_last_values_follow_a_new_bundle(store):
    bring(store, 1, [Series(key("endpoint_up", 0), np.array([60.0, 120.0]), np.array([1.0, 1.0]), "g")])
    with store.reader() as reader:
        refs = find_series(reader)
    newest = LastValues(store)
    assert [x.tolist() for x in newest.of(refs)] == [[120.0], [1.0]]
    bring(store, 2, [Series(key("endpoint_up", 0), np.array([120.0, 180.0]), np.array([1.0, 0.0]), "g")])
    assert [x.tolist() for x in newest.of(refs)] == [[180.0], [0.0]]
    newest.close()


pieces = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 40), st.sampled_from([300, 600, 900]), st.integers(0, 3)),
    min_size=1,
    max_size=9,
)


@settings(max_examples=25)
@given(pieces, st.randoms(use_true_random=False))
def test_that_overlapping_bundles_settle_to_the_same_picture(tmp_path_factory, pieces, random):
    """Windows of any order and overlap: the highest sequence wins at each time, whatever tier it is in."""
    store = Store.open(Paths.under(tmp_path_factory.mktemp("tiers")), FrozenClock(0.0))
    patch = pytest.MonkeyPatch()
    patch.setattr("app.store.settle._BUNDLES", 2)
    patch.setattr("app.store.settle._HOURS", 1)
    try:
        expected = {}
        order = list(range(len(pieces)))
        random.shuffle(order)
        for seq, (start, length, step, shape) in enumerate(pieces):
            times = MONTH + start * 43200.0 + step * np.arange(length * 30)
            expected |= dict.fromkeys(times.tolist(), float(seq * 10 + shape))
        for seq in order:
            start, length, step, shape = pieces[seq]
            times = MONTH + start * 43200.0 + step * np.arange(length * 30)
            value = np.full(times.size, float(seq * 10 + shape))
            bring(store, seq + 1, [Series(key("endpoint_requests", 0), times, value, "g")])
        for _ in range(2):
            with store.reader() as reader:
                refs = find_series(reader)
                one = read_series(reader, refs, EVER)[0]
                edges = [MONTH, MONTH + 86400.0 * 20, MONTH + 86400.0 * 70]
                totals = read_totals(reader, refs, edges)
                columns = read_reduced(reader, refs, TimeRange(MONTH, MONTH + 86400.0 * 70), 40)[0]
            assert dict(zip(one.time.tolist(), one.value.tolist(), strict=True)) == expected
            for place in range(2):
                held = [v for t, v in expected.items() if edges[place] <= t < edges[place + 1]]
                assert totals.samples[0, place] == len(held)
                assert totals.total[0, place] == sum(held)
            if columns.width:
                for start, least, most in zip(columns.time, columns.least, columns.most, strict=True):
                    held = [v for t, v in expected.items() if start <= t < start + columns.width]
                    assert (least, most) == (min(held), max(held))
            with store.writer() as writer:
                settle(writer, Job(), always=True)
    finally:
        patch.undo()


def test_that_newest_moments_of_a_few_series_are_those_of_the_samples(filled):
    store, series = filled
    for _ in range(2):
        with store.reader() as reader:
            refs = find_series(reader)[::3]
            assert newest_moments(reader, refs).tolist() == [series[ref.key].time[-1] for ref in refs]
            assert reader.damage == []
        with store.writer() as writer:
            settle(writer, Job(), always=True)
