"""What is gathered of many indicators equals what the samples say one by one, wherever they stand in the store."""

import functools
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.analysis.intervals import holds, intersect, merged, seconds_between, spans
from app.analysis.tally import EXPECTED, GOOD, KNOWN, TOTAL, Counts, is_good
from app.job import Job
from app.model.marking import Level
from app.model.objective import Indicator, Selector
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.query import gathering
from app.query.gathering import Want, gather
from app.store.samples import find_series, read_series
from app.store.settle import settle
from app.store.tiers import SPANS
from tests.fakes.fleets import DAY, HOUR, U1, catalogue, endpoint
from tests.fakes.stores import bring, open_store

STEP, HOLD = 600.0, 900.0
START = SPANS.length / 1000.0 * 680 + 11 * DAY  # two whole spans lie between the ends, and a piece of one at either
DAYS = 85
NOW = START + DAYS * DAY
UP, WAIT = Selector("endpoint_up"), Selector("endpoint_latency_seconds")
ALL, BAD, WITHIN = (Selector(f"endpoint_{name}") for name in ("requests", "errors", "requests_within"))
INDICATORS = {
    "flag": Indicator("ratio", good=UP, total=UP),
    "limit": Indicator("threshold", metric=WAIT, op="lte", value=0.5),
    "least": Indicator("threshold", metric=WAIT, op="gt", value=0.4),
    "bad": Indicator("ratio", bad=BAD, total=ALL),
    "good": Indicator("ratio", good=WITHIN, total=ALL),
}
EVER = TimeRange(-math.inf, math.inf)


@dataclass(frozen=True)
class Trouble:
    """What keeps totals from telling the whole story: each of these is settled like the others, but for one thing."""

    late: float = 0.02
    """Most seconds by which one scrape in ten is early or late."""
    versions: int = 1
    missing: bool = False
    """Some series lack scrapes that their group has."""
    no_numbers: bool = False
    apart: bool = False
    """All requests are scraped by another group, at first at the same times and then a moment later."""
    unsummed: bool = False
    """There are no sheets."""
    again: bool = False
    """A part comes a second time and says something else, and stays unsettled."""
    unsettled: bool = False


TROUBLES = {
    "none": Trouble(),
    "late scrapes": Trouble(late=290.0),
    "two versions": Trouble(versions=2),
    "missing samples": Trouble(missing=True),
    "no numbers": Trouble(no_numbers=True),
    "two groups": Trouble(apart=True),
    "no sheets": Trouble(unsummed=True),
    "other words": Trouble(again=True),
    "everything": Trouble(290.0, 2, missing=True, no_numbers=True, again=True, unsettled=True),
}


def stretches(rng, size, count, length):
    """Mask of some stretches."""
    mask = np.zeros(size, bool)
    for first in rng.integers(0, size, count):
        mask[first : first + int(rng.integers(1, length))] = True
    return mask


def fleet(rng, trouble):
    """Series of one endpoint with gaps and outages."""
    found = []
    for version in range(trouble.versions):
        time = START + 17.0 + STEP * np.arange(int(DAYS * DAY / STEP))
        late = rng.random(time.size) < 0.1
        time[late] += rng.integers(-int(1000 * trouble.late), int(1000 * trouble.late), int(late.sum())) / 1000.0
        there, down = ~stretches(rng, time.size, 12, 40), stretches(rng, time.size, 12, 30)
        if version:  # it takes the place of the first one for some weeks, and for a while both are there
            there &= (time > START + 20 * DAY) & (time < START + 50 * DAY)
        requests = rng.poisson(30, time.size).astype(float)
        errors = np.where(down, requests, rng.binomial(requests.astype(int), 0.01)).astype(float)
        values = {
            UP: (~down).astype(float),
            WAIT: np.where(down, 0.9, np.round(rng.uniform(0.3, 0.52, time.size), 3)),
            ALL: requests,
            BAD: errors,
            # read a moment later than all of them, so that it may be more
            WITHIN: requests - errors + (rng.random(time.size) < 0.01),
        }
        for metric, value in values.items():
            mine = there & (rng.random(time.size) >= (0.0003 if trouble.missing else 0.0))
            told = np.where(rng.random(time.size) < (0.0003 if trouble.no_numbers else 0.0), np.nan, value)
            group = f"mesh/{version}" + ("/requests" if trouble.apart and metric is ALL else "")
            labels = {"enclave": U1.id, "endpoint": "rag", "version": f"v{version}"}
            read = time + 0.001 * (time > START + 60 * DAY) if trouble.apart and metric is ALL else time
            found.append(Series(SeriesKey.of(metric.metric, labels), read[mine], told[mine], group))
    return found


@functools.cache
def filled(name, folder):
    """A store into which such a fleet came in two bundles or three."""
    trouble, store = TROUBLES[name], open_store(folder / name.replace(" ", "-"), NOW)
    rng = np.random.default_rng(7)
    rows, there, half = fleet(rng, trouble), catalogue(U1, endpoint(U1, "rag")), START + 41 * DAY
    for seq, (start, end) in enumerate([(START, half), (half, NOW)], 1):
        bring(store, there, TimeRange(start, end), [cut(row, start, end) for row in rows], seq=seq, received=end)
        if seq == 1 or not trouble.unsettled:
            with store.writer() as writer:
                settle(writer, Job(), always=True)
    if trouble.unsummed:
        with store.writer() as writer:
            writer.db.execute("DELETE FROM sheet")
    if trouble.again:
        span = TimeRange(half - 3 * DAY, half + DAY)
        part = [cut(row, span.start, span.end) for row in rows]
        other = [Series(one.key, one.time, np.roll(one.value, 9), one.group) for one in part]
        bring(store, there, span, other, seq=3, received=NOW + DAY)
    return store


def cut(row, start, end):
    inside = (row.time >= start) & (row.time < end)
    return Series(row.key, row.time[inside], row.value[inside], row.group)


@functools.cache
def one_by_one(trouble, folder, name, moment):
    """Known and good time of an indicator, and good and total of each sample: by the definitions, sample by sample."""
    with filled(trouble, folder).reader(Level.TS) as reader:
        return said_by(reader, wanted(reader, name, EVER), moment)


def said_by(reader, want, moment):
    def by_time(refs, fold):
        found = {}
        for row in read_series(reader, refs, EVER, moment):
            for at, value in zip(row.time.tolist(), row.value.tolist(), strict=True):
                if not np.isnan(value):
                    found[at] = fold(found[at], value) if at in found else value
        return found

    if want.is_flag:
        worst = max if want.indicator.op == "lte" else min
        said = by_time(want.whole, worst)
        good = {at: bool(is_good(np.array([value]), *want.limit)[0]) for at, value in said.items()}
        events = {}
    else:
        total, part = (by_time(refs, lambda one, other: one + other) for refs in (want.whole, want.part))
        both = sorted(set(total) & set(part))
        kept = {at: part[at] if want.indicator.good is not None else total[at] - part[at] for at in both}
        events = {at: (min(kept[at], total[at]), total[at]) for at in both}
        good = dict.fromkeys(both, False)
    times = sorted(good)
    spoken = np.array([(at, min(after, at + HOLD)) for at, after in pairwise([*times, np.inf])]).reshape(-1, 2)
    return merged(spoken), merged(spoken[np.array([good[at] for at in times], bool)]), events


def tallied(found, scope, edges):
    """Rows of a tally by definition."""
    known, good, events = found
    rows = {EXPECTED: scope, KNOWN: intersect(known, scope)}
    sums = {row: seconds_between(covered, edges) for row, covered in rows.items()}
    if not events:
        return sums | {GOOD: seconds_between(intersect(good, scope), edges), TOTAL: sums[KNOWN]}
    times = np.array(sorted(events))
    inside = times[holds(scope, times)]
    for row, side in ((GOOD, 0), (TOTAL, 1)):
        cells = [inside[(inside >= low) & (inside < high)] for low, high in pairwise(edges)]
        sums[row] = np.array([sum(events[at][side] for at in cell.tolist()) for cell in cells])
    return sums


def wanted(reader, name, span, cells=None):
    one = INDICATORS[name]
    whole = find_series(reader, (one.metric or one.total).metric)
    part = find_series(reader, (one.good or one.bad).metric) if name in ("bad", "good") else []
    return Want(one, whole, part, STEP, HOLD, span, cells)


def compare(trouble, folder, span, inside, moment=None):
    """Tallies of every indicator, of a scope inside a span and of all of it, by the day of the clock."""
    hours = np.arange(np.floor(span.start / HOUR), np.ceil(span.end / HOUR) + 1) * HOUR
    cells = np.union1d(hours, np.append(inside.ravel(), [span.start, span.end]))
    edges = np.union1d([span.start, span.end], hours[(hours > span.start) & (hours < span.end)][::24])
    with filled(trouble, folder).reader(Level.TS) as reader:
        found = gather(reader, [wanted(reader, name, span, cells) for name in INDICATORS], moment)
    for name, evidence in zip(INDICATORS, found, strict=True):
        for scope in (inside, spans([(span.start, span.end)])):
            tally = evidence.tally(scope, edges)
            for row, amounts in tallied(one_by_one(trouble, folder, name, moment), scope, edges).items():
                assert tally.amounts[row] == pytest.approx(amounts, abs=1e-6, rel=0), (name, row)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stores")


MOMENTS = st.floats(-1.0, DAYS + 2.0)
QUICK = settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@pytest.mark.parametrize("name", TROUBLES)
@QUICK
@given(
    start=MOMENTS,
    length=st.floats(0.1, DAYS),
    scope=st.lists(st.tuples(MOMENTS, st.floats(0.0, 20.0)), max_size=3),
    unit=st.sampled_from([DAY, HOUR, 0.001]),
)
def test_that_it_equals_the_samples_one_by_one(folder, name, start, length, scope, unit):
    def moment(days):
        return float(np.round((START + days * DAY) / unit) * unit)

    span = TimeRange(moment(start), moment(start + length) + HOUR)
    inside = intersect(spans((moment(at), moment(at + more)) for at, more in scope), spans([(span.start, span.end)]))
    compare(name, folder, span, inside)


@pytest.mark.parametrize("name", ["other words", "everything"])
@pytest.mark.parametrize("known", [START + 41 * DAY, START + 60 * DAY, NOW, NOW + 2 * DAY])
def test_that_it_knows_what_was_known_then(folder, name, known):
    compare(name, folder, TimeRange(START, NOW), spans([(START + 30 * DAY, START + 50.1 * DAY)]), known)


def test_that_what_has_settled_is_judged_without_its_samples(tmp_path, monkeypatch):
    store = open_store(tmp_path, NOW)
    time = START + 17.0 + STEP * np.arange(int(DAYS * DAY / STEP))
    time[7::30] += 0.004
    kept = np.ones(time.size, bool)
    kept[5000:5100] = False
    rng = np.random.default_rng(4)
    rows = {
        "endpoint_up": (rng.random(time.size) < 0.999).astype(float),
        "endpoint_requests": rng.poisson(30, time.size) + 9.0,
        "endpoint_errors": rng.poisson(0.1, time.size).astype(float),
    }
    labels = {"enclave": U1.id, "endpoint": "rag"}
    series = [Series(SeriesKey.of(name, labels), time[kept], value[kept], "mesh") for name, value in rows.items()]
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(START, NOW), series)
    with store.writer() as writer:
        settle(writer, Job(), always=True)
    span = TimeRange(START, NOW)
    cells = np.arange(START, NOW + HOUR, HOUR)
    monkeypatch.setattr(gathering, "read_series", lambda *_: pytest.fail("samples were read"))
    with store.reader(Level.TS) as reader:
        refs = [find_series(reader, name) for name in rows]
        wants = [
            Want(INDICATORS["flag"], refs[0], [], STEP, HOLD, span, cells),
            Want(INDICATORS["bad"], refs[1], refs[2], STEP, HOLD, span, cells),
        ]
        flag, counts = gather(reader, wants, None)
    assert isinstance(counts, Counts)
    whole = spans([(START, NOW)])
    edges = np.array([START, NOW])
    assert counts.tally(whole, edges).amounts[TOTAL, 0] == rows["endpoint_requests"][kept].sum()
    gap = time[5100] - time[4999] - HOLD + 17.0  # the first scrape comes after 17 s
    for found in (flag, counts):
        assert found.tally(whole, edges).amounts[KNOWN, 0] == pytest.approx(NOW - START - gap, abs=1e-6)


@pytest.mark.parametrize("table", [SPANS.chunks, SPANS.clocks])
@pytest.mark.parametrize("damage", ["cut", "of another span"])
def test_that_a_damaged_row_costs_its_own_span_and_no_other(tmp_path, table, damage):
    store = open_store(tmp_path, NOW)
    time = START + STEP * np.arange(int(DAYS * DAY / STEP))
    up = Series(SeriesKey.of("endpoint_up", {"enclave": U1.id, "endpoint": "rag"}), time, np.ones(time.size), "mesh")
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(START, NOW), [up])
    with store.writer() as writer:
        settle(writer, Job(), always=True)
    with store.reader(Level.TS) as reader:
        (ref,) = find_series(reader, "endpoint_up")
    number = int(START * 1000) // SPANS.length + 1
    key, next_key = (SPANS.key(ref.id if table == SPANS.chunks else ref.group_id, number + more) for more in (0, 1))
    with store.writer() as writer:
        (body,) = writer.db.execute(f"SELECT body FROM {table} WHERE id = ?", (next_key,)).fetchone()
        bad = body[:40] if damage == "cut" else body
        writer.db.execute(f"UPDATE {table} SET body = ? WHERE id = ?", (bad, key))
    span, length = TimeRange(START, NOW), SPANS.length / 1000.0
    with store.reader(Level.TS) as reader:
        (found,) = gather(reader, [Want(INDICATORS["flag"], [ref], [], STEP, HOLD, span)], None)
    known = found.tally(spans([(START, NOW)]), np.array([START, number * length, (number + 1) * length, NOW])).amounts
    # what the last scrape before it speaks for reaches into the span, which says nothing itself
    assert known[KNOWN].tolist() == pytest.approx([number * length - START, HOLD - STEP, NOW - (number + 1) * length])
