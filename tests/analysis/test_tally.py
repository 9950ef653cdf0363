"""What samples come to, and what missing ones leave open."""

import math

import numpy as np
import pytest

from app.analysis.health import uptime
from app.analysis.intervals import spans, subtract
from app.analysis.slices import Slices
from app.analysis.tally import Counts, Flag, Tally, busiest, compared
from app.model.objective import Missing
from app.model.time_range import TimeRange

MINUTE = 60.0


def minutes(*pairs):
    return spans([(start * MINUTE, end * MINUTE) for start, end in pairs])


def flag(values, hold=MINUTE):
    """One sample a minute; None is a sample that is missing."""
    time = [n * MINUTE for n, value in enumerate(values) if value is not None]
    return Flag.of(np.array(time), np.array([float(value) for value in values if value is not None]), hold)


def counts(good, total, **more):
    """One sample a minute; None is a sample that is missing."""
    there = [n for n, value in enumerate(total) if value is not None]
    pick = [np.array([float(side[n]) for n in there]) for side in (good, total)]
    return Counts.of(np.array(there) * MINUTE, *pick, MINUTE, **more)


def of(evidence, *edges, scope=None):
    edges = np.array(edges, float) * MINUTE
    return evidence.tally(spans([(edges[0], edges[-1])]) if scope is None else scope, edges)


def shares(tally):
    return (float(tally.worst), float(tally.known_only), float(tally.best), float(tally.coverage))


def test_that_time_unknown_may_have_been_good_or_bad():
    # ten minutes: 6 good, 1 bad, 3 unknown
    found = of(flag([1, 1, 1, 0, None, None, None, 1, 1, 1]), 0, 10)[0]
    assert shares(found) == pytest.approx((0.6, 6 / 7, 0.9, 0.7))
    assert (float(found.bad), float(found.worst_bad)) == (60, 240)


def test_that_the_flag_is_measured_as_uptime_is():
    rng = np.random.default_rng(7)
    time = np.cumsum(rng.uniform(5.0, 90.0, 400))
    value = np.where(rng.random(400) < 0.1, np.nan, (rng.random(400) < 0.8).astype(float))
    span = TimeRange(1000.0, 15000.0)
    by_uptime = uptime(time, value, 30.0, span)
    found = Flag.of(time, value, 30.0).tally(spans([(span.start, span.end)]), np.array([span.start, span.end]))[0]
    assert float(found.known_only) == pytest.approx(by_uptime.share)
    assert float(found.coverage) == pytest.approx(by_uptime.coverage)


def test_that_a_late_scrape_is_no_gap_with_a_hold_of_one_and_a_half_steps():
    late = Flag.of(np.array([0.0, 60.0, 125.0, 180.0]), np.ones(4), 90.0)
    assert float(of(late, 0, 4).coverage[0]) == 1.0
    lost = Flag.of(np.array([0.0, 60.0, 180.0]), np.ones(3), 90.0)
    assert float(of(lost, 0, 4).coverage[0]) == pytest.approx(210 / 240)


def test_that_bad_and_unknown_time_is_named():
    found = flag([1, 0, None, 1])
    assert subtract(found.known, found.good).tolist() == [[60, 120]]
    assert subtract(minutes((0, 5)), found.known).tolist() == [[120, 180], [240, 300]]


def test_that_a_flag_is_cut_to_the_second_at_the_edge_of_a_scope():
    found = of(flag([1, 0, 0, 1]), 0, 4, scope=spans([(0.0, 90.0), (200.0, 240.0)]))[0]
    assert found.amounts[:4].tolist() == [130, 130, 100, 130]


def test_that_events_without_a_bound_leave_everything_open():
    found = of(counts([9, None, 8], [10, None, 10]), 0, 3)[0]
    assert shares(found) == pytest.approx((0.0, 17 / 20, 1.0, 2 / 3))
    assert float(found.worst_bad) == math.inf


def test_that_a_bound_of_the_rate_bounds_the_range():
    # one minute unknown, at most 10 events in it
    found = of(counts([9, None, 8], [10, None, 10], most_per_second=10 / MINUTE), 0, 3)[0]
    assert shares(found) == pytest.approx((17 / 30, 17 / 20, 27 / 30, 2 / 3))


def test_that_the_busiest_cell_bounds_the_rate_if_enough_of_it_is_known():
    # 30 events in two known minutes; 40 in one of which the other minute is missing; 99 where two of three are
    cells = of(counts([1] * 7, [10, 20, 40, None, 99, None, None]), 0, 2, 4, 7)
    assert busiest(cells) * MINUTE == 40
    assert busiest(cells[:1]) * MINUTE == 15
    assert busiest(cells[2:]) == math.inf


def test_that_full_coverage_leaves_nothing_open():
    assert shares(of(counts([9, 10], [10, 10]), 0, 2)[0]) == (0.95, 0.95, 0.95, 1.0)


def test_that_rounding_of_times_opens_nothing():
    # 0.1 s has no exact double, least of all beside 1.79e9: sums of pieces miss the whole by some 1e-7 s
    time = 1.79e9 + 0.1 + 30.1 * np.arange(5000)
    pieces = spans(zip(time[1:-1:7] - 3.3, time[1:-1:7] + 29.9, strict=True))
    edges = np.array([time[0], time[-1]])
    for scope in (spans([tuple(edges)]), pieces):
        for found in (Flag.of(time, np.ones(5000), 30.1), Counts.of(time, np.ones(5000), np.ones(5000), 30.1)):
            assert found.tally(scope, np.linspace(*edges, 9)).worst.min() in (1.0, pytest.approx(1.0, abs=1e-12))


def test_that_no_events_are_no_share_at_all():
    assert all(math.isnan(one) for one in shares(of(counts([0, 0], [0, 0]), 0, 2)[0])[:3])


def test_that_a_count_known_on_one_side_only_is_not_known():
    found = Counts.of(np.arange(3) * MINUTE, np.array([9.0, np.nan, 9.0]), np.array([10.0, 10.0, np.inf]), MINUTE)
    assert of(found, 0, 3)[0].amounts[:4].tolist() == [180, 60, 9, 10]


def test_that_what_lies_beyond_the_periods_is_left_out():
    found = of(counts([9, 8, 7, 6], [10, 10, 10, 10]), 1, 3, scope=minutes((0, 4)))
    assert found.amounts[:4, 0].tolist() == [120, 120, 15, 20]


def test_that_more_good_than_all_is_all():
    assert of(counts([11], [10]), 0, 1)[0].amounts[2] == 10


def test_that_a_sliver_of_an_hour_is_no_busy_hour():
    # the last cell is one second long, and the events of a whole minute lie in it
    assert busiest(of(counts([1] * 4, [10, 10, 10, 40]), 0, 2, 3, 3 + 1 / 60)) * MINUTE == 10


def test_that_a_threshold_is_a_flag():
    value = np.array([0.4, 0.5, 0.6, np.nan])
    assert compared(value, "lt", 0.5).tolist()[:3] == [1, 0, 0]
    assert compared(value, "lte", 0.5).tolist()[:3] == [1, 1, 0]
    assert compared(value, "gt", 0.5).tolist()[:3] == [0, 0, 1]
    assert compared(value, "gte", 0.5).tolist()[:3] == [0, 1, 1]
    assert math.isnan(compared(value, "lt", 0.5)[3])


def test_that_the_policy_fills_unknown_time_and_leaves_the_coverage():
    found = of(flag([1, 0, None, None]), 0, 4)[0]
    assert shares(found.filled(Missing.UNKNOWN)) == (0.25, 0.5, 0.75, 0.5)
    assert shares(found.filled(Missing.BAD)) == (0.25, 0.25, 0.25, 0.5)
    assert shares(found.filled(Missing.GOOD)) == (0.75, 0.75, 0.75, 0.5)


def test_that_events_that_nothing_bounds_are_not_made_up_by_a_policy():
    found = of(counts([9, None], [10, None]), 0, 2)[0]
    assert shares(found.filled(Missing.GOOD)) == (0.9, 0.9, 0.9, 0.5)
    assert shares(found.filled(Missing.BAD)) == (0.0, 0.9, 0.9, 0.5)


def test_that_time_to_come_is_open_and_not_uncovered():
    found = of(flag([1, 0]), 0, 2)[0] + Tally.ahead(120.0)
    assert shares(found) == (0.25, 0.5, 0.75, 1.0)


def test_that_slices_are_good_or_bad_as_a_whole():
    # slices of five minutes; bad minutes 1, 0 and 3: of two slices at most one bad minute makes a good one
    found = of(Slices(flag([1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1]), 300.0, 0.8), 0, 15)[0]
    assert shares(found) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 1.0))
    assert float(found.bad) == 300


def test_that_missing_data_leaves_only_those_slices_open_that_it_could_turn():
    # 1: four of five known good, target 0.8 reached whatever the fifth was. 2: two known, both good: open.
    # 3: three known bad: bad whatever the rest was. 4: nothing known
    values = [1, 1, 1, 1, None, 1, 1, None, None, None, 0, 0, 0, None, None, *[None] * 5]
    found = of(Slices(flag(values), 300.0, 0.8), 0, 20)[0]
    assert shares(found) == pytest.approx((1 / 4, 2 / 3, 3 / 4, 9 / 20))


def test_that_ratio_slices_are_the_mean_of_their_shares():
    # 1 of 1,000 and 1 of 10 fail: each slice weighs alike, though events do not
    found = of(Slices(counts([999, 9], [1000, 10]), 60.0), 0, 2)[0]
    assert float(found.known_only) == pytest.approx((0.999 + 0.9) / 2)
    assert float(of(counts([999, 9], [1000, 10]), 0, 2)[0].known_only) == pytest.approx(1008 / 1010)


def test_that_a_slice_without_events_weighs_nothing():
    found = of(Slices(counts([0, 10, 0], [0, 10, 10]), 60.0, 0.9), 0, 3)[0]
    assert shares(found) == (0.5, 0.5, 0.5, 1.0)
    assert found.amounts[0] == 120


def test_that_a_slice_weighs_what_an_exclusion_leaves_of_it():
    scope = minutes((0, 3), (5, 10))
    found = of(Slices(flag([0, 1, 1, 0, 0, 1, 1, 1, 1, 1]), 300.0, 0.8), 0, 10, scope=scope)[0]
    assert found.amounts[:4].tolist() == [480, 480, 300, 480]  # the first has 2 of 3 good: bad, 180 s


def test_that_cells_are_put_into_periods():
    cells = of(flag([1, 0, 1, 1]), 0, 1, 2, 3, 4)
    found = cells.into(np.array([0, 0, 1, 1]), 2)
    assert found.known_only.tolist() == [0.5, 1.0]
    assert cells.sum().amounts.tolist() == found.sum().amounts.tolist()
