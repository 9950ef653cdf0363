"""Promises judged as a real Prometheus judges them that holds the raw counters of the same ninety days.

Neither side sees the other's numbers: the collector reads scrapes into a store, PromQL works on the scrapes. The
expressions take exact steps, ``now - before``, for ``increase()`` and ``rate()`` extrapolate to the ends of their
window and count what rose while nobody looked. What these would say is compared as well, and the difference is worked
out from what the generator knows.

Three things are a matter of definition, and every comparison has them:

- A count stands at the end of its step, and a period is ``[start, end)``: the minute that ends with a period's first
  moment belongs to it, the one that ends with its last does not. So a period's counts are asked for at its end
  ``offset 1m``.
- A sample of a flag speaks until the next one, for one and a half steps at most. PromQL says so with a look-back of
  89 s on a grid of 30 s.
- A counter that missed one scrape is bridged; over a longer gap what it rose by is unknown.
"""

import math
from datetime import datetime

import numpy as np
import pytest

from app.analysis.availability import Verdict
from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.objective import Indicator, Method, Selector, Window
from app.model.register import AddObjective
from app.model.time_range import TimeRange
from app.query.burn_pairs import read_burn_pairs
from app.query.judging import Question
from app.query.service_level import read_closely
from app.query.service_levels import read_service_levels
from app.register import apply
from app.store.samples import find_series, read_series
from tests.fakes import objectives
from tests.fakes.ninety_days import CATALOGUE, COUNT, DAY, END, HOUR, MINUTE, PHASE, START, History, at, read
from tests.fakes.prometheus import AVAILABLE, prometheus
from tests.fakes.stores import bring, open_store, station

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not AVAILABLE, reason="prometheus and promtool are not installed"),
    pytest.mark.timeout(300),  # the first test of the module makes, back-fills and collects the ninety days
]

EXACT = 1e-9
"""Relative: counts are whole numbers and add up exactly on both sides, shares of them differ by rounding."""
SLICE = 300
LIMIT, SLICE_TARGET = 1.0, 0.99

ZONES = {"30d": "UTC", "berlin": "Europe/Berlin", "york": "America/New_York"}
TARGETS = {"errors": 0.999, "up": 0.999, "latency": 0.98, "slices": 0.98, "ratios": 0.999, "up-slices": 0.99}
UP, LATENCY = Selector("endpoint_up"), Selector("endpoint_latency_seconds", (("quantile", "0.95"),))
KINDS = {
    "errors": (objectives.REQUESTS, Method.OCCURRENCES, {}),
    "up": (Indicator("ratio", good=UP, total=UP), Method.OCCURRENCES, {}),
    "latency": (Indicator("threshold", metric=LATENCY, op="lte", value=LIMIT), Method.OCCURRENCES, {}),
    "slices": (objectives.REQUESTS, Method.TIMESLICES, {"slice_seconds": 300.0, "slice_target": SLICE_TARGET}),
    "ratios": (objectives.REQUESTS, Method.RATIO_TIMESLICES, {"slice_seconds": 300.0}),
    "up-slices": (
        Indicator("ratio", good=UP, total=UP),
        Method.TIMESLICES,
        {"slice_seconds": 300.0, "slice_target": 0.9},
    ),
}


def utc(text):
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


# the calendar by hand: Berlin is two hours ahead of UTC until 2025-10-26T01:00Z, then one; New York is four hours
# behind until 2025-11-02T06:00Z, then five
SPANS = {
    "the last 30 days": ("30d", "30d", END - 30 * DAY, END),
    "30 days that end in a silence": ("30d", "30d", utc("2025-10-16T10:00"), utc("2025-11-15T10:00")),
    "October, an hour longer in Berlin": ("berlin", "2025-10", utc("2025-09-30T22:00"), utc("2025-10-31T23:00")),
    "November, which begins in a silence": ("berlin", "2025-11", utc("2025-10-31T23:00"), utc("2025-11-30T23:00")),
    "November, an hour longer in New York": ("york", "2025-11", utc("2025-11-01T04:00"), utc("2025-12-01T05:00")),
}


# --- in PromQL ----------------------------------------------------------------------------------------------------


def step_count(counter):
    """What a counter rose by in the step that ends now, over all replicas.

    Scrapes come 43 s before the minute; ``119s`` before a minute ago reaches over one that is missed, and a fall is a
    restart from nothing. A step whose own scrape is the missed one holds 0.
    """
    now, before, after, last = (
        f"last_over_time({counter}[{seconds}s]{offset})"
        for seconds, offset in ((59, ""), (119, " offset 1m"), (59, " offset -1m"), (59, " offset 1m"))
    )
    return f"sum(({now} - {before} >= 0) or ({now} and {before}) or 0 * ({after} and {last}))"


def over(function, query, window, step=MINUTE):
    """A function of what a query says in the steps ``[now - window, now)``, each told by its beginning.

    A second less than a step is left out in front: so it is the same whether or not a range holds its first moment.
    """
    return f"{function}(({query})[{window - step + 1}s:{step}s] offset {step}s)"


def ends(function, query, window, step):
    """A function of what a query says at the ends of the steps of ``[now - window, now)``."""
    return f"{function}(({query})[{window - step + 1}s:{step}s])"


def held(query):
    """The newest value of a flag that still speaks; to be asked every 30 s."""
    return f"last_over_time(({query})[89s:1m])"


REQUESTS, ERRORS = step_count("chat_requests_total"), step_count("chat_errors_total")
FLAGS = {
    "up": 'max(last_over_time(up{job="chat"}[59s]))',
    "latency": f'max(last_over_time(chat_latency_seconds{{quantile="0.95"}}[59s])) <= bool {LIMIT}',
}
HELD_OF_HOUR = over("count_over_time", held(REQUESTS), HOUR, 30)
BUSY = f"{over('sum_over_time', REQUESTS, HOUR)} / (30 * {HELD_OF_HOUR}) and {HELD_OF_HOUR} >= 60"
"""Requests a second of an hour of which at least half is known."""
IN_SLICE = over("sum_over_time", REQUESTS, SLICE)
RATIO = f"1 - {over('sum_over_time', ERRORS, SLICE)} / {IN_SLICE}"
# without a request there is no share: 0/0 is NaN, which is below every target and poisons every mean
SLICES = {
    "slices": f"(({RATIO}) >= bool {SLICE_TARGET}) and {IN_SLICE} > 0",
    "ratios": f"({RATIO}) and {IN_SLICE} > 0",
    "up-slices": f"{over('avg_over_time', held(FLAGS['up']), SLICE, 30)} >= bool 0.9",
}


# --- the two sides ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history():
    return History()


@pytest.fixture(scope="module")
def server(history, tmp_path_factory):
    with prometheus(tmp_path_factory.mktemp("days") / "server", history.samples()) as found:
        yield found


@pytest.fixture(scope="module")
def store(server, tmp_path_factory):
    """A station to which one bundle brought what the collector read from that Prometheus."""
    made = open_store(tmp_path_factory.mktemp("station"), END)
    bring(made, CATALOGUE, TimeRange(START, END), read(server.url), received=END)
    with made.state() as state:
        for window, zone in ZONES.items():
            for kind, (indicator, method, more) in KINDS.items():
                calendar = Window("calendar", unit="month", zone=zone)
                promise = objectives.promise(
                    f"{kind}-{window}",
                    endpoint_glob="chat",
                    indicator=indicator,
                    method=method,
                    target=TARGETS[kind],
                    window=Window("rolling", seconds=30.0 * DAY) if window == "30d" else calendar,
                    **more,
                )
                command = AddObjective(promise, "x", START - 40 * DAY)
                apply(command, state, objectives.ANNA, FrozenClock(START - 40.0 * DAY))
    return made


@pytest.fixture(scope="module")
def judge(store):
    """Judge one promise over a period as of a moment, with all that ever came in; or look at it closely."""

    def judged(kind, window, period, moment=END, *, closely=False):
        question = Question(period, float(moment), as_known_at=END + DAY, objective=f"{kind}-{window}")
        (row,) = read_service_levels(store, station(Level.TS), question, Job()).rows
        if not closely:
            return row
        (found,) = read_closely(store, station(Level.TS), question, [row.promise.key], Job())
        return found

    return judged


@pytest.fixture(params=SPANS)
def span(request):
    """Window of the promise, how the period is written, its ends, and when it is judged."""
    window, period, start, end = SPANS[request.param]
    return window, period, start, end, (end if window == "30d" else END)


def same(theirs):
    return pytest.approx(theirs, rel=EXACT, abs=1e-12)


# --- availability and budget --------------------------------------------------------------------------------------


def test_that_what_was_collected_is_what_the_scrapes_prove(history, store):
    # the other tests would also agree if both sides saw the same wrong history
    time, *columns = history.canonical
    there = ~np.isnan(columns[0]) & (time < END)
    assert 0.02 < 1 - there.mean() < 0.03
    rows = {one.key.metric: one for one in _stored(store)}
    for name, column in zip(("endpoint_requests", "endpoint_errors"), columns, strict=True):
        np.testing.assert_array_equal(rows[name].time, time[there])
        np.testing.assert_array_equal(rows[name].value, column[there])


def _stored(store):
    with store.reader(Level.TS) as reader:
        refs = [one for name in ("endpoint_requests", "endpoint_errors") for one in find_series(reader, name)]
        return read_series(reader, refs, TimeRange(START, END))


def test_that_occurrences_of_counts_equal_sums_over_time(span, history, server, judge):
    window, period, start, end, moment = span
    row, length = judge("errors", window, period, moment), end - start
    assert (row.promise.period.span.start, row.promise.period.span.end) == (start, end)
    total = server.number(over("sum_over_time", REQUESTS, length), end)
    bad = server.number(over("sum_over_time", ERRORS, length), end)
    known = _spoken(history, start, end)
    figure = row.found.now
    assert (figure.total, figure.total - figure.good) == (total, bad)  # whole events
    assert figure.known_only == same(1 - bad / total)
    assert (figure.known, figure.coverage) == (known, same(known / length))
    # unknown time is taken to have been as busy as the busiest hour at most
    most = server.number(ends("max_over_time", BUSY, length, HOUR), end)
    assert row.assumed_rate == same(most)
    unseen = most * (length - known)
    worst, best = (total - bad) / (total + unseen), 1 - bad / (total + unseen)
    assert (figure.worst, figure.best) == (same(worst), same(best))
    assert worst < TARGETS["errors"]
    assert figure.verdict is (Verdict.MISSED if best < TARGETS["errors"] else Verdict.NOT_PROVABLE)
    allowed = (1 - TARGETS["errors"]) * (total + unseen)
    assert (row.budget.allowed, row.budget.spent) == (same(allowed), bad)
    assert row.budget.share_left == same(1 - bad / allowed)


def _spoken(history, start, end):
    """Seconds of a span of which counts speak, half minute by half minute."""
    time, requests, _ = history.canonical
    there = ~np.isnan(requests)
    halves = np.zeros(2 * COUNT + 3, bool)
    place = 2 * np.flatnonzero(there)
    for half in range(3):
        halves[place + half] = True
    first = round((start - time[0]) / 30)
    return 30 * int(halves[first : first + (end - start) // 30].sum())


@pytest.mark.parametrize("kind", FLAGS)
def test_that_occurrences_of_flags_equal_averages_over_time(kind, span, server, judge):
    window, period, start, end, moment = span
    row, length = judge(kind, window, period, moment), end - start
    flag = held(FLAGS[kind])
    good = 30 * server.number(over("sum_over_time", flag, length, 30), end)
    known = 30 * server.number(over("count_over_time", flag, length, 30), end)
    figure, bad = row.found.now, known - good
    assert 0 < bad < known < length
    assert figure.known_only == same(server.number(over("avg_over_time", flag, length, 30), end))
    assert (figure.good, figure.known, figure.expected) == (good, known, length)
    assert (figure.worst, figure.best) == (same(good / length), same(1 - bad / length))
    allowed = (1 - TARGETS[kind]) * length
    assert (row.budget.spent, row.budget.share_left) == (bad, same(1 - bad / allowed))
    assert row.budget.share_left_worst == same(1 - (length - good) / allowed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("slices", "30 days that end in a silence"),
        ("ratios", "November, an hour longer in New York"),
        ("up-slices", "October, an hour longer in Berlin"),
    ],
)
def test_that_time_slices_equal_averages_of_slices(kind, name, history, server, judge):
    window, period, start, end = SPANS[name]
    row, length = judge(kind, window, period, end), end - start
    share = server.number(ends("avg_over_time", SLICES[kind], length, SLICE), end)
    seen = SLICE * server.number(ends("count_over_time", SLICES[kind], length, SLICE), end)
    figure = row.found.now
    assert 0 < share < 1
    assert (figure.known_only, figure.total) == (same(share), same(seen))
    # a slice in which nobody asked though somebody looked is no part of the promise
    idle = 0 if kind == "up-slices" else SLICE * _idle(history, start, end)
    allowed, bad = (1 - TARGETS[kind]) * (length - idle), seen * (1 - share)
    assert row.budget.allowed == same(allowed)
    assert row.budget.spent == pytest.approx(bad, rel=EXACT, abs=1e-6)  # a difference of some 10^6 s
    assert row.budget.share_left == same(1 - bad / allowed)


def _idle(history, start, end):
    """Slices of a span in which every step is known and none had a request."""
    time, requests, _ = history.canonical
    inside = (time >= start) & (time < end)
    by_slice = requests[inside].reshape(-1, 5)
    found = int((by_slice == 0).all(axis=1).sum())
    assert found > 7  # 40 idle minutes hold seven whole slices at least
    return found


def test_that_the_budget_of_a_month_that_runs_counts_what_is_still_to_come(server, judge):
    _, period, start, end = SPANS["October, an hour longer in Berlin"]
    moment = utc("2025-10-20T12:00")
    passed, ahead = moment - start, end - moment
    errors = judge("errors", "berlin", period, moment).budget
    total = server.number(over("sum_over_time", REQUESTS, passed), moment)
    bad = server.number(over("sum_over_time", ERRORS, passed), moment)
    known = server.number(over("count_over_time", held(REQUESTS), passed, 30), moment) * 30
    most = server.number(ends("max_over_time", BUSY, passed // HOUR * HOUR, HOUR), moment)
    # to come: as many a second as till now; unknown: no more than in the busiest hour
    allowed = (1 - TARGETS["errors"]) * (total + total / known * ahead + most * (passed - known))
    assert errors.estimated
    assert (errors.allowed, errors.share_left) == (same(allowed), same(1 - bad / allowed))
    up = judge("up", "berlin", period, moment).budget
    bad = 30 * server.number(over("sum_over_time", f"1 - {held(FLAGS['up'])}", passed, 30), moment)
    assert (up.estimated, up.spent, up.elapsed) == (False, bad, same(passed / (end - start)))
    assert up.allowed == same((1 - TARGETS["up"]) * 745 * HOUR)  # 31 days and the hour that came twice


# --- burn rates ---------------------------------------------------------------------------------------------------

BURN = {
    "errors": lambda window: f"{over('sum_over_time', ERRORS, window)} / {over('sum_over_time', REQUESTS, window)}",
    "up": lambda window: f"1 - {over('avg_over_time', held(FLAGS['up']), window, 30)}",
    "slices": lambda window: f"1 - {ends('avg_over_time', SLICES['slices'], window, SLICE)}",
}


def burn(kind, window):
    """Burn rate of a window in PromQL."""
    return f"({BURN[kind](round(window))}) / {1 - TARGETS[kind]!r}"


MOMENTS = {
    "an ordinary hour": (at(34, 15), 0),
    "a third of requests failing": (at(33, 12, 25), 0),
    "the last slice before a silence": (at(61, 7), 0),
    "a silence of four hours so far": (at(61, 11), 4 * HOUR),
    "the second day of a silence": (at(62, 18), 35 * HOUR),
    "failing as the silence ends": (at(62, 19, 15), 0),
    "the idle half hour of a Sunday": (at(62 + 14, 3, 35), 0),
    "the day after the total loss": (at(81, 9), 0),
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, name) for kind in ("errors", "up") for name in MOMENTS),
        *(("slices", name) for name in ("the second day of a silence", "the idle half hour of a Sunday")),
    ],
)
def test_that_burn_rates_equal_ratios_over_their_windows(kind, name, store, server, judge):
    minute, silent = MOMENTS[name]
    moment = START + minute * MINUTE
    row = judge(kind, "30d", "30d", moment)
    pairs = read_burn_pairs(store.paths)
    assert [one.pair for one in row.pairs] == list(pairs)
    assert [one.factor for one in row.pairs] == same([14.4, 6.0, 3.0, 1.0])
    # where the newest data is old the pairs are those of that moment, not of a window that has run dry
    something = f"{IN_SLICE} > 0" if kind != "up" else over("count_over_time", held(FLAGS["up"]), SLICE, 30)
    newest = server.number(ends("max_over_time", f"timestamp({something})", 2 * DAY, SLICE), moment)
    assert abs(moment - newest - silent) <= 35 * MINUTE
    if silent:
        assert math.isnan(server.number(burn(kind, SLICE), moment))
    for one in row.pairs:
        theirs = [server.number(burn(kind, width), newest) for width in (one.pair.long, one.pair.short)]
        assert not any(map(math.isnan, theirs))
        # sums that run over a month lose a few of their last digits
        assert [one.long, one.short] == pytest.approx(theirs, rel=EXACT, abs=1e-9)


def stretches(told):
    """First and last moment of each run of slices, and the highest value in it."""
    found = []
    for moment, value in sorted(told.items()):
        if found and moment - found[-1][1] == SLICE:
            found[-1][1:] = [moment, max(found[-1][2], value)]
        else:
            found.append([moment, moment, value])
    return found


@pytest.mark.parametrize("kind", ["errors", "up"])
def test_that_pairs_speak_just_when_an_alert_of_their_expression_would(kind, server, judge):
    # ten days with both changes of clocks; the factors are those of the promise's own 30 days
    end, spoke = START + 50 * DAY, 0
    start = end - 10 * DAY
    found = judge(kind, "30d", "10d", end, closely=True)
    theirs = {}
    for curve in found.curves:
        # windows look back behind the beginning of the period, as far as the longest of them reaches
        first = float(curve.time[0])
        assert first <= start - 3 * DAY + SLICE
        theirs[curve.seconds] = server.numbers(burn(kind, curve.seconds), first, end, SLICE)
        inside = curve.time > start
        told = [theirs[curve.seconds].get(moment, math.nan) for moment in curve.time[inside]]
        np.testing.assert_allclose(curve.rate[inside], told, rtol=EXACT, atol=EXACT)
    for now in found.row.pairs:
        pair = now.pair
        factor = pair.share * 30 * DAY / pair.long
        fast = {
            moment: rate
            for moment, rate in theirs[pair.long].items()
            if moment >= first - SLICE + pair.long
            and rate > factor
            and theirs[pair.short].get(moment, math.nan) > factor
        }
        ours = [(one.start, one.end, one.peak) for one in found.burns if one.pair == pair]
        assert ours == [(began, last, same(peak)) for began, last, peak in stretches(fast) if last > start]
        spoke += len(ours)
    assert spoke >= 3


def test_that_windows_of_the_first_hours_of_a_month_look_back_into_the_month_before(server, judge):
    # errors from 2025-09-30T23:00Z to 2:00, when October has been an hour old in Berlin
    _, period, start, end = SPANS["October, an hour longer in Berlin"]
    slow = next(one.pair for one in judge("errors", "berlin", period, end).pairs if one.pair.long == 6 * HOUR)
    factor = slow.share * (end - start) / slow.long
    fast = [f"{burn('errors', width)} > {factor!r}" for width in (slow.long, slow.short)]
    theirs = server.numbers(f"{fast[0]} and {fast[1]}", start, start + slow.long - SLICE, SLICE)
    assert len(theirs) > 12
    now = start + 5 * HOUR
    found = judge("errors", "berlin", period, now, closely=True)
    (spoke,) = (one for one in found.burns if one.pair == slow)
    assert spoke.end == max(moment for moment in theirs if moment <= now)
    newest = next(one for one in found.row.pairs if one.pair == slow)
    assert newest.long == same(server.numbers(burn("errors", slow.long), now, now, SLICE)[now])


# --- where other expressions say something else, and by how much ---------------------------------------------------


def test_that_increase_differs_by_what_rose_while_nobody_looked(history, server, judge):
    _, _, start, end = SPANS["the last 30 days"]
    row = judge("errors", "30d", "30d", end)
    scrape = START + MINUTE * np.arange(COUNT) + PHASE
    time, *canonical = history.canonical
    theirs = []
    for counter, column, counts in zip(("requests", "errors"), ("total", "failed"), canonical, strict=True):
        increase = server.number(f"sum(increase(chat_{counter}_total[30d]))", end)
        rose, unseen = 0.0, 0
        for one in history.replicas:
            inside = np.flatnonzero(one.answered & (scrape >= start) & (scrape <= end))
            value, moment = getattr(one, column)[inside], scrape[inside]
            step = np.diff(value)
            step = np.where(step < 0, value[1:], step)  # restarts
            unseen += int(step[np.diff(moment) > 2 * MINUTE].sum())
            # both ends lie closer to a scrape than 1.1 of the usual distance, so it extrapolates right up to them
            rose += step.sum() * (end - start) / (moment[-1] - moment[0])
        assert increase == pytest.approx(rose, rel=EXACT)
        theirs.append(increase)
        ours = float(np.nansum(counts[(time >= start) & (time < end)]))
        # ours begins with the two steps before the first pair of scrapes in the window, and ends one step earlier
        first, last = counts[time == start][0] + counts[time == start + MINUTE][0], counts[time == end][0]
        shrunk = increase * (moment[-1] - moment[0]) / (end - start)
        assert shrunk - ours == pytest.approx(unseen + last - first, rel=EXACT, abs=1e-2)
        assert unseen > 0.01 * ours
        assert ours == {"requests": row.found.now.total, "errors": row.budget.spent}[counter]
    # what was unseen failed more often, so availability by increase() is worse, by more than any rounding
    assert row.found.now.known_only - (1 - theirs[1] / theirs[0]) > 1e-5


def test_that_an_average_of_samples_differs_by_the_half_step_that_the_last_before_a_gap_holds(history, server, judge):
    _, _, start, end = SPANS["30 days that end in a silence"]
    theirs = server.number(over("avg_over_time", FLAGS["up"], end - start), end)
    first = (start - START) // MINUTE - 1  # the scrape that the first step of the span ends with
    value = history.up[first : first + (end - start) // MINUTE]
    known = ~np.isnan(value)
    last = known & ~np.concatenate([known[1:], [False]])  # the span itself ends in a silence
    assert last.sum() > 10
    assert theirs == same(value[known].mean())
    held_on = 60 * known.sum() + 30 * last.sum()
    ours = (60 * value[known].sum() + 30 * value[last].sum()) / held_on
    assert judge("up", "30d", "30d", end).found.now.known_only == same(ours)
    assert ours != theirs


def test_that_the_last_minute_of_a_month_counts_for_the_next_one(history, server, judge):
    # the minute that ends with the first moment of a period bears the time of that moment, see `collect`
    window, period, start, end = SPANS["November, an hour longer in New York"]
    time, requests, _ = history.canonical
    theirs = server.number(ends("sum_over_time", REQUESTS, end - start, MINUTE), end)
    first, last = requests[time == start][0], requests[time == end][0]
    assert first != last
    assert judge("errors", window, period, end).found.now.total == theirs + first - last


def test_that_idle_slices_are_neither_bad_nor_poison(history, server, judge):
    end = START + 50 * DAY  # two Sundays
    start, length = end - 14 * DAY, 14 * DAY
    figure = judge("slices", "30d", "14d", end).found.now
    naive = server.number(ends("avg_over_time", f"({RATIO}) >= bool {SLICE_TARGET}", length, SLICE), end)
    idle = _idle(history, start, end)  # NaN is not at least the target: PromQL counts them as bad
    assert naive == same(figure.good / (figure.total + SLICE * idle))
    assert math.isnan(server.number(ends("avg_over_time", RATIO, length, SLICE), end))
    assert not math.isnan(judge("ratios", "30d", "14d", end).found.now.known_only)


@pytest.mark.parametrize("minute", [at(33, 12, 5), at(33, 12, 45), at(56, 8, 40)])
def test_that_the_rules_of_the_workbook_leave_out_the_step_before_the_first_scrape_of_a_window(
    minute, history, server, judge
):
    # between the first and the last scrape of an hour lie 59 minutes; `rate()` takes the sixtieth for one like them
    moment = START + minute * MINUTE
    quick = judge("errors", "30d", "30d", moment).pairs[0]
    time, requests, errors = history.canonical
    for window, ours in ((HOUR, quick.long), (SLICE, quick.short)):
        rates = (f"sum(rate(chat_{counter}_total[{window}s] offset 1m))" for counter in ("errors", "requests"))
        theirs = server.number(" / ".join(rates), moment)
        inside = (time >= moment - window) & (time < moment)
        seen = inside & (time > moment - window)
        assert theirs == same(errors[seen].sum() / requests[seen].sum())
        share = ours * (1 - TARGETS["errors"])
        assert share == same(errors[inside].sum() / requests[inside].sum())
        # all the requests of the one minute may have failed, or none
        assert 0 < abs(share - theirs) <= requests[time == moment - window][0] / requests[inside].sum()
