"""Burn rates: the table of the workbook, and stretches worked by hand."""

import math
import tomllib

import numpy as np
import pytest

from app.analysis.burn_rate import Flaw, Pair, Track, burn_rates, least_target, lint, read_pairs
from app.analysis.grid import Grid
from app.paths import resources

DAY = 86400.0
HOUR = 3600.0
PAIRS = read_pairs(tomllib.loads((resources() / "policy" / "burn_rates.toml").read_text())["pair"])
QUICK = PAIRS[0]


@pytest.mark.parametrize(
    ("days", "factors"),
    [
        (30, [14.4, 6, 3, 1]),
        (28, [13.44, 5.6, 2.8, 0.93333]),
        (90, [43.2, 18, 9, 3]),
        (7, [3.36, 1.4, 0.7, 0.23333]),
    ],
)
def test_that_factors_follow_from_share_and_period(days, factors):
    assert [pair.factor(days * DAY) for pair in PAIRS] == pytest.approx(factors, rel=1e-4)


def test_that_a_copied_factor_would_mean_another_share_of_the_budget():
    # 14.4 for an hour of a quarter of 90 days: 14.4 * 1 / 2160
    copied = 14.4 * HOUR / (90 * DAY)
    assert copied == pytest.approx(0.0067, abs=5e-5)
    assert QUICK.factor(90 * DAY) * HOUR / (90 * DAY) == pytest.approx(0.02)


def test_that_a_full_outage_is_found_after_51_8_seconds():
    assert QUICK.detection(0.999, 30 * DAY) == pytest.approx(51.84)
    assert QUICK.detection(0.99, 30 * DAY) / 60 == pytest.approx(8.64)


def flaws(target, days, cadence=0.0):
    return {(found.pair.name, found.flaw) for found in lint(PAIRS, target, days * DAY, cadence)}


def test_that_a_rule_that_can_never_fire_is_named():
    assert least_target(QUICK, 30 * DAY) == pytest.approx(0.9306, abs=5e-5)
    assert flaws(0.9305, 30) == {("1 h and 5 min", Flaw.NEVER)}
    assert flaws(0.9306, 30) == set()
    # nothing burns faster than 1 / (1 - target): at 95 % that is 20, and a factor of exactly 20 is not exceeded
    even = Pair("even", "page", 0.02, HOUR, 300.0)
    assert [found.flaw for found in lint([even], 0.95, 20 * HOUR / 0.02, 0.0)] == [Flaw.NEVER]


def test_that_a_rule_below_one_is_named():
    # a tenth of 7 days in 1 day is a factor of 0.7, in 3 days 0.233
    assert flaws(0.999, 7) == {("1 d and 2 h", Flaw.BELOW_ONE), ("3 d and 6 h", Flaw.BELOW_ONE)}
    assert flaws(0.999, 28) == {("3 d and 6 h", Flaw.BELOW_ONE)}  # 0.933
    assert flaws(0.999, 30) == set()  # 1 itself spends no more than there is


def test_that_rules_finer_than_the_data_arrives_are_named():
    assert flaws(0.999, 30, 4 * HOUR) == {
        ("1 h and 5 min", Flaw.FINER),
        ("6 h and 30 min", Flaw.FINER),
        ("1 d and 2 h", Flaw.FINER),
    }


def test_that_a_window_longer_than_the_period_is_named():
    assert ("3 d and 6 h", Flaw.LONGER) in flaws(0.999, 1)


def test_that_a_rate_is_the_bad_share_over_the_allowed_one():
    # windows of 2: 1 of 20, 1 of 20, nothing known in the last one
    bad, total = np.array([0.0, 1, 0, 0, 0]), np.array([10.0, 10, 10, 0, 0])
    found = burn_rates(bad, total, 2, 0.99)
    assert found[1:4] == pytest.approx([5, 5, 0])
    assert math.isnan(found[0])  # no whole window yet
    assert math.isnan(found[4])
    assert burn_rates(np.stack([bad, bad]), np.stack([total, total]), 2, 0.99)[1, 1:4] == pytest.approx([5, 5, 0])


def track(bad_minutes, minutes, arrival):
    bad = np.zeros(minutes)
    for first, last in bad_minutes:
        bad[first:last] = 60.0
    return Track(Grid(0.0, 60.0, minutes), bad, np.full(minutes, 60.0), arrival(np.arange(minutes) * 60.0))


def test_that_a_burn_is_told_with_when_it_was_and_when_we_learned_it():
    # 99.9 %, 30 d: the hour window burns above 14.4 from 0.0144 of an hour on, that is from the first bad minute,
    # for as long as it sees it; the short one from the first bad minute until five minutes after the last.
    # Bundles arrive every 4 h and bring what is older
    found = track([(130, 180)], 600, lambda time: (time // (4 * HOUR) + 1) * 4 * HOUR)
    (burn,) = found.burns(QUICK, 0.999, 30 * DAY)
    assert (burn.start, burn.end) == (131 * 60, 184 * 60)
    assert burn.peak == pytest.approx(50 / 60 / 0.001)
    assert burn.learned == 4 * HOUR
    assert (burn.factor, burn.lasts) == (pytest.approx(14.4), False)


def test_that_what_arrives_at_once_is_learned_when_it_burns():
    (burn,) = track([(130, 600)], 600, lambda time: time + 60.0).burns(QUICK, 0.999, 30 * DAY)
    assert burn.learned == burn.start == 131 * 60
    assert burn.lasts


def test_that_a_stretch_is_not_learned_before_the_rest_of_its_window():
    # the minutes before the outage came last, a day later
    def arrival(time):
        return np.where(time < 7200.0, 2 * DAY, time + 60.0)

    (burn,) = track([(130, 300)], 600, arrival).burns(QUICK, 0.999, 30 * DAY)
    assert burn.learned == 180 * 60  # the first hour window that has none of them


def test_that_unknown_time_never_speaks_and_quiet_time_has_no_burns():
    silent = Track(Grid(0.0, 60.0, 600), np.zeros(600), np.zeros(600), np.full(600, np.nan))
    assert silent.burns(QUICK, 0.999, 30 * DAY) == []
    assert not silent.speaks(QUICK, 0.999, 30 * DAY).any()
    assert track([], 600, lambda time: time).burns(QUICK, 0.999, 30 * DAY) == []


def test_that_a_burn_ends_when_the_short_window_has_cooled():
    # 99 %: above 14.4 % bad. Ten minutes out, so the hour sees it from the ninth on and for long; the last five
    # minutes see it until four minutes after, and 2 % bad a little later are no burn
    found = track([(100, 110)], 300, lambda time: time)
    found.bad[118] = 6.0
    assert [(one.start / 60, one.end / 60) for one in found.burns(QUICK, 0.99, 30 * DAY)] == [(109, 114)]


def test_that_two_outages_are_two_burns():
    found = track([(130, 140), (400, 410)], 600, lambda time: time).burns(QUICK, 0.999, 30 * DAY)
    assert [(one.start / 60, one.end / 60) for one in found] == [(131, 144), (401, 414)]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"name": "a", "severity": "page", "share": 1.5, "long": 2, "short": 1},
        {"name": "a", "severity": "page", "share": 0.1, "long": 1, "short": 2},
        {"name": "a", "severity": "page", "share": 0.1, "long": 2, "short": 0},
        {"name": "a", "severity": "page", "share": "much", "long": 2, "short": 1},
        {"name": "a", "severity": "page", "share": 0.1, "long": 2, "short": 1, "factor": 14.4},
    ],
)
def test_that_a_pair_that_is_none_is_refused(row):
    with pytest.raises(ValueError, match="Pair 1"):
        read_pairs([row])
