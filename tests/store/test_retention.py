"""Retention lets go of whole old spans and of nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import FrozenClock
from app.job import Job
from app.model.event import Event
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store import bundles, intake
from app.store.block import SPAN, block_from_series
from app.store.compaction import compact
from app.store.database import Store
from app.store.events import events
from app.store.last import LastValues
from app.store.retention import apply_retention, limit_of
from app.store.samples import find_series, read_series
from app.store.settle import settle
from app.store.totals import read_totals
from app.store.whole import inspect
from tests.store.test_samples import record

EVER = TimeRange(-math.inf, math.inf)
SECONDS = SPAN / 1000.0
KEYS = [
    SeriesKey.of(metric, {"enclave": "enc-u1", "endpoint": "rag"}) for metric in ("endpoint_requests", "odd", "other")
]


def bring(store, seq, series, told=()):
    with store.writer() as writer:
        number = intake.begin(writer, record(seq))
        intake.stage_blocks(writer, number, block_from_series(series), Job())
        intake.stage_events(writer, number, told)
        intake.publish(writer, number)


def everything(store):
    """Series key -> time -> value of all that can be read."""
    with store.reader() as reader:
        read = read_series(reader, find_series(reader), EVER)
        assert reader.damage == []
    return {one.key: dict(zip(one.time.tolist(), one.value.tolist(), strict=True)) for one in read}


def findings(store):
    with store.reader() as reader:
        return list(inspect(reader, Job()))


pieces = st.lists(
    st.tuples(
        st.integers(0, 2),  # series
        st.floats(0.0, 3.5),  # start, in spans
        st.integers(1, 2500),  # samples
        st.sampled_from([60.0, 600.0, 3600.0]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25)
@given(pieces, st.floats(0.0, 5.0), st.sets(st.integers(0, 5)))
def test_that_retention_takes_exactly_the_spans_that_ended_before(tmp_path_factory, pieces, limit, settled):
    store = Store.open(Paths.under(tmp_path_factory.mktemp("keep")), FrozenClock(0.0))
    expected = {}
    for seq, (which, start, count, step) in enumerate(pieces, start=1):
        time = np.round(start * SECONDS) + step * np.arange(count)
        value = np.arange(count) % 11 + 100.0 * seq
        bring(store, seq, [Series(KEYS[which], time, value, f"g{which % 2}")])
        expected.setdefault(KEYS[which], {}).update(zip(time.tolist(), value.tolist(), strict=True))
        if seq in settled:
            with store.writer() as writer:
                settle(writer, Job(), always=True)
    before = int(limit * SPAN)
    compact(store, Job(), before=before)
    first = before // SPAN * SECONDS
    kept = {key: {t: v for t, v in sorted(held.items()) if t >= first} for key, held in expected.items()}
    assert everything(store) == kept
    assert findings(store) == []
    check_derived(store, kept)
    with store.reader() as reader:
        assert len(bundles.bundles(reader)) == len(pieces)


def check_derived(store, kept):
    """Sums and newest values know nothing of what was let go."""
    edges = [0.0, 1.5 * SECONDS // 3600 * 3600, 9 * SECONDS]
    with store.reader() as reader:
        refs = find_series(reader)
        totals = read_totals(reader, refs, edges)
    newest = LastValues(store)
    times, _ = newest.of(refs)
    newest.close()
    for row, ref in enumerate(refs):
        held = kept[ref.key]
        for place in range(2):
            assert totals.total[row, place] == sum(v for t, v in held.items() if edges[place] <= t < edges[place + 1])
        assert times[row] == max(held) if held else math.isnan(times[row])


@pytest.fixture
def old(store):
    """A store with samples in the head, in a day and in a span, all of the first span."""
    time = 60.0 * np.arange(3000)
    bring(store, 1, [Series(KEYS[0], time, time, "g")])
    return store


def test_that_what_stands_in_the_head_goes_only_when_all_of_it_is_old(old):
    time = np.array([SECONDS - 60.0, SECONDS, SECONDS + 60.0])
    bring(old, 2, [Series(KEYS[1], time, time, "h")])
    bring(old, 3, [Series(KEYS[1], time[:1] - 600.0, time[:1], "h")])
    with old.writer() as writer:
        assert apply_retention(writer, SPAN)
        assert not apply_retention(writer, SPAN)
    assert everything(old) == {KEYS[0]: {}, KEYS[1]: dict(zip(time.tolist(), time.tolist(), strict=True))}


def test_that_an_event_goes_by_its_newest_word(old):
    def told(key, end):
        return Event("enc-u1", "maintenance", key, "rag", 60.0, end, "Works", ())

    bring(old, 2, [], [told("ended", None), told("open", None), told("long", 120.0)])
    bring(old, 3, [], [told("ended", 120.0), told("long", SECONDS + 60.0)])
    with old.writer() as writer:
        apply_retention(writer, SPAN)
    with old.reader() as reader:
        assert sorted(event.key for event, _ in events(reader)) == ["long", "open"]


def test_that_settling_lets_go_once_a_day(old, monkeypatch):
    monkeypatch.setattr("app.store.settle._BUNDLES", 1)
    for seq, hours in ((2, 99), (3, 1)):
        monkeypatch.setattr("app.store.settle._HOURS", hours)
        bring(old, seq, [Series(KEYS[1], np.array([SECONDS + 60.0 * seq]), np.array([1.0]), "h")])
        with old.writer() as writer:
            settle(writer, Job(), before=SPAN)
        assert bool(everything(old)[KEYS[0]]) == (seq == 2)


def test_that_a_limit_is_counted_in_days_from_now():
    assert limit_of(10 * 86400.0, 3) == 7 * 86_400_000
