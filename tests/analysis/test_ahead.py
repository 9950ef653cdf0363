"""What will be left of a budget, by hand where every future is the same and by bounds where it is not."""

import numpy as np
import pytest

from app.analysis.budget import Outlook, ahead, run_out

DAY = 86400.0


def test_that_an_even_spender_goes_down_a_straight_line():
    # 2 a day of 9: 7 after one day, 5 after two, and at the end, half a day later, 4; all futures are this one
    found = ahead(np.full(10, 2.0), 9.0, 0.0, 2.5 * DAY)
    assert (found.time / DAY).tolist() == [0, 1, 2, 2.5]
    assert found.least == pytest.approx([9, 7, 5, 4])
    assert found.most == pytest.approx([9, 7, 5, 4])


def test_that_it_begins_with_what_is_left_now_and_ends_with_the_period():
    now, end = 40 * DAY, 43 * DAY
    found = ahead(np.array([0.0, 0, 0, 0, 4.0]), 7.0, now, end)
    assert (found.time[0], found.time[-1], found.time.size) == (now, end, 4)
    assert found.least[0] == found.most[0] == 7.0


def test_that_nine_of_ten_futures_lie_in_the_band():
    # a day costs 0 or 10, each in every second of the days. After one day the 95 % quantile is 10, the 5 % one 0.
    # After four, 0 to 40 with the chances 1, 4, 6, 4, 1 of 16: 6.25 % cost all of 40 and 6.25 % nothing
    found = ahead(np.array([0.0, 10.0] * 5), 100.0, 0.0, 4 * DAY)
    assert (found.least[1], found.most[1]) == (90.0, 100.0)
    assert (found.least[4], found.most[4]) == (60.0, 100.0)
    assert (found.least <= found.most).all()


def test_that_it_goes_below_nothing_where_the_budget_will_be_overspent():
    found = ahead(np.full(5, 4.0), 6.0, 0.0, 3 * DAY)
    assert found.least == pytest.approx([6, 2, -2, -6])


def test_that_it_never_rises():
    found = ahead(np.random.default_rng(7).exponential(3.0, 12), 20.0, 0.0, 17.3 * DAY)
    assert (np.diff(found.least) <= 0).all()
    assert (np.diff(found.most) <= 0).all()
    assert (found.most >= found.least).all()


@pytest.mark.parametrize(
    ("daily", "left", "end"),
    [
        (np.full(4, 1.0), 9.0, 9 * DAY),  # four days are no base for a forecast
        (np.array([1.0, 1, 1, 1, np.nan, np.nan]), 9.0, 9 * DAY),  # nor are four of six
        (np.full(9, 1.0), 0.0, 9 * DAY),  # spent
        (np.full(9, 1.0), -3.0, 9 * DAY),
        (np.full(9, 1.0), 9.0, 0.0),  # nothing is still to come
    ],
)
def test_that_nothing_is_foretold_of_little_or_of_what_is_decided(daily, left, end):
    assert ahead(daily, left, 0.0, end) is None


def test_that_days_of_which_nothing_is_known_are_left_out():
    daily = np.array([np.nan, 3.0, 3.0, 3.0, np.nan, 3.0, 3.0])
    assert ahead(daily, 9.0, 0.0, 2 * DAY).most == pytest.approx([9, 6, 3])


def test_that_the_band_reaches_nothing_when_the_words_say_it_runs_out():
    # both are of the same futures: nine of ten run out between the moments at which the sides of the band do
    daily = np.array([10.0, 0, 0, 0, 0] * 4)
    said, seen = run_out(daily, 10.0, 0.0, 60 * DAY), ahead(daily, 10.0, 0.0, 60 * DAY)
    assert said.outlook is Outlook.RUNS_OUT
    first = seen.time[np.flatnonzero(seen.least <= 0.0)[0]]
    last = seen.time[np.flatnonzero(seen.most <= 0.0)[0]]
    assert first == pytest.approx(said.earliest, abs=DAY)
    assert last == pytest.approx(said.latest, abs=DAY)
