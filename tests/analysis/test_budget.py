"""Budgets by hand."""

import math

import numpy as np
import pytest

from app.analysis.budget import Outlook, budget, burn_down, events_ahead, run_out, spending
from app.analysis.intervals import spans
from app.analysis.tally import Flag, Tally
from app.model.objective import Missing

DAY = 86400.0
MINUTE = 60.0


def test_that_seven_bad_of_118_spend_118_6_percent_of_a_budget_at_95():
    # 5 % of 118 are 5.9
    found = budget(Tally.of_events(7080.0, 7080.0, 111.0, 118.0), 0.95)
    assert (found.allowed, found.spent) == (pytest.approx(5.9), 7)
    assert f"{found.share_spent:.1%}" == "118.6%"
    assert found.left == pytest.approx(-1.1)


def test_that_thirty_days_at_99_9_allow_43_2_minutes():
    # half of the month is over: 20 min bad, 9 h unknown
    half = 15 * DAY
    found = budget(Tally.of_time(half, half - 540 * MINUTE, half - 560 * MINUTE), 0.999, half)
    assert found.allowed / MINUTE == pytest.approx(43.2)
    assert found.left / MINUTE == pytest.approx(23.2)
    assert found.share_left == pytest.approx(1 - 20 / 43.2)
    assert found.share_left_worst == pytest.approx(1 - 560 / 43.2)
    assert found.elapsed == 0.5
    assert found.pace == pytest.approx(20 / 43.2 / 0.5)


def test_that_events_to_come_are_estimated_and_called_so():
    # 118 events in two hours, of which one is known: the three to come would bring 118 each
    so_far = Tally.of_events(7200.0, 3600.0, 111.0, 118.0)
    rest = events_ahead(so_far, 3 * 3600.0)
    assert rest == pytest.approx(354)
    found = budget(so_far, 0.95, rest, estimated=True)
    assert found.allowed == pytest.approx(0.05 * 472)
    assert found.estimated
    assert found.share_left_worst == -math.inf  # an hour of events is unknown, and nothing bounds them
    assert math.isnan(events_ahead(Tally.of_events(7200.0, 0.0, 0.0, 0.0), 60.0))


def test_that_nothing_promised_is_no_budget():
    found = budget(Tally.of_time(0.0, 0.0, 0.0), 0.999)
    assert found.allowed == 0
    assert all(math.isnan(one) for one in (found.share_spent, found.pace, found.elapsed))


def test_that_the_burn_down_ends_now_and_the_even_pace_at_the_end():
    # four days at 99 % allow 57.6 min; two are over, with 28.8 min bad and then 14.4 min unknown
    cells = Tally.of_time([DAY, DAY], [DAY, DAY - 864.0], [DAY - 1728.0, DAY - 864.0])
    edges = np.arange(5) * DAY
    found = burn_down(cells, cells, edges, spans([(0.0, 2 * DAY), (3 * DAY, 4 * DAY)]), 3456.0)
    assert found.left[:3] == pytest.approx([1, 0.5, 0.5])
    assert found.left_worst[:3] == pytest.approx([1, 0.5, 0.25])
    assert np.isnan(found.left[3:]).all()
    assert found.even == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3, 0])  # nothing is promised on the third day


@pytest.mark.parametrize(
    ("known", "told"),
    [
        # per day: promised, known; then at which edges of seven days, of which the last two are to come
        ([(1.0, 1.0)] * 5, [1, 1, 1, 1, 1, 1, 0, 0]),
        ([(1.0, 0.0), (1.0, 0.49), (1.0, 0.5), (1.0, 0.0), (1.0, 1.0)], [0, 0, 1, 1, 1, 1, 0, 0]),
        ([(1.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], [1, 1, 0, 0, 1, 1, 0, 0]),  # within a gap
        ([(0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0), (1.0, 1.0)], [1, 1, 1, 1, 1, 1, 0, 0]),  # nothing is lost
        ([(1.0, 1.0), (1.0, 0.0), (1.0, 0.0), (1.0, 0.0), (0.0, 0.0)], [1, 1, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_that_the_burn_down_tells_where_nothing_is_known(known, told):
    expected, seen = (np.array(one) * DAY for one in zip(*known, strict=True))
    cells = Tally.of_time(expected, seen, seen)
    found = burn_down(cells.filled(Missing.GOOD), cells, np.arange(8) * DAY, spans([(0.0, 7 * DAY)]), 3456.0)
    assert found.told.tolist() == [bool(one) for one in told]


def outage(*pairs):
    value = np.ones(1440)
    for start, length in pairs:
        value[start : start + length] = 0.0
    value[600:630] = np.nan
    return Flag.of(np.arange(1440) * MINUTE, value, MINUTE)


def test_that_what_was_spent_is_split_by_incidents():
    # 30 min bad from 100, 10 from 900; one incident covers 20 min of the first, another overlaps it, a third is silent
    scope = spans([(0.0, DAY)])
    named = {
        "INC-1": spans([(100 * MINUTE, 120 * MINUTE)]),
        "INC-2": spans([(110 * MINUTE, 125 * MINUTE)]),
        "INC-3": spans([(600 * MINUTE, 640 * MINUTE)]),
        "INC-4": spans([(2 * DAY, 3 * DAY)]),
    }
    rows = spending(outage((100, 30), (900, 10)), scope, named, 100 * MINUTE)
    found = {row.name: (row.bad / MINUTE, row.bad_most / MINUTE) for row in rows}
    assert found == {
        "INC-1": (20, 20),
        "INC-2": (15, 15),
        "INC-3": (0, 30),
        "INC-4": (0, 0),
        "all of these": (25, 55),
        "the rest": (15, 15),
    }
    assert [row.share for row in rows] == pytest.approx([0.2, 0.15, 0, 0, 0.25, 0.15])
    assert rows[2].seconds == 40 * MINUTE


def test_that_a_stretch_that_lies_partly_in_scope_costs_only_that_part():
    (row, together, rest) = spending(
        outage((100, 30)), spans([(0.0, 110 * MINUTE)]), {"x": spans([(105 * MINUTE, DAY)])}, 600.0
    )
    assert (row.bad, together.bad, rest.bad) == (5 * MINUTE, 5 * MINUTE, 5 * MINUTE)


def test_that_an_even_spender_runs_out_on_its_day():
    # 2 a day and 9 left: after four and a half days, in every future
    found = run_out(np.full(10, 2.0), 9.0, 0.0, 20 * DAY)
    assert found.outlook is Outlook.RUNS_OUT
    assert (found.earliest, found.middle, found.latest) == (4.5 * DAY, 4.5 * DAY, 4.5 * DAY)
    assert (found.chance, found.days) == (1.0, 10)


def test_that_the_band_is_wide_where_few_days_cost_much():
    # one day of five costs 10, and 10 are left. The first bad day comes after k good ones: 0.8^k * 0.2. The 5 %
    # quantile is day 1, the median day 4 (0.8^3 = 0.51, 0.8^4 = 0.41), the 95 % quantile day 14 (0.8^13 = 0.055)
    found = run_out(np.array([10.0, 0, 0, 0, 0] * 4), 10.0, 0.0, 60 * DAY)
    assert (found.earliest / DAY, found.middle / DAY) == (1, 4)
    assert found.latest / DAY == pytest.approx(14, abs=1)


def test_that_a_budget_that_outlasts_the_period_is_told_with_its_chance():
    # a bad day in ten, seven to come: 1 - 0.9^7 = 0.52 at least one; with 15 left two are needed: 0.15
    daily = np.array([10.0] + [0.0] * 9)
    found = run_out(daily, 15.0, 0.0, 7 * DAY)
    assert found.outlook is Outlook.LASTS
    assert found.chance == pytest.approx(0.1497, abs=0.035)
    assert found.middle == math.inf
    assert run_out(daily, 5.0, 0.0, 7 * DAY).chance == pytest.approx(1 - 0.9**7, abs=0.05)


def test_that_a_forecast_needs_days_and_something_to_lose():
    assert run_out(np.array([1.0, 1, np.nan, 1, 1]), 9.0, 0.0, DAY).outlook is Outlook.UNKNOWN
    assert run_out(np.full(9, 1.0), 0.0, 5.0, DAY).outlook is Outlook.SPENT
    assert run_out(np.full(9, 0.0), 1.0, 0.0, 30 * DAY).outlook is Outlook.LASTS
    assert run_out(np.full(9, 9.0), 1.0, DAY, DAY).outlook is Outlook.LASTS
    # half a day is left: what a whole day costs does not come any more
    assert run_out(np.full(9, 10.0), 6.0, 0.0, DAY / 2).outlook is Outlook.LASTS


def test_that_a_forecast_is_the_same_each_time():
    daily = np.random.default_rng(3).exponential(2.0, 20)
    assert run_out(daily, 30.0, 0.0, 60 * DAY) == run_out(daily, 30.0, 0.0, 60 * DAY)
