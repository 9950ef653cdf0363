"""Hysteresis examples are worked by hand, minute by minute; letters stand for the states of a timeline."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.freshness import freshness
from app.analysis.grid import Grid
from app.analysis.health import (
    CRITICAL,
    GOOD,
    UNKNOWN,
    WARNING,
    Uptime,
    capped_ratio,
    combine,
    error_ratio,
    errors_or_zero,
    evidence,
    last_run,
    requests_rate,
    timeline,
    uptime,
)
from app.analysis.health_policy import Rule
from app.model.health import Freshness
from app.model.time_range import TimeRange

NAN = np.nan
RULE = Rule("m", "above", warning=5.0, critical=10.0, enter_after=2.0, of=3.0, leave_after=2.0)
LETTERS = {GOOD: "g", UNKNOWN: "u", WARNING: "w", CRITICAL: "c"}


def values(text):
    """One value per minute: g 1, w 7, c 12, and - for no number."""
    return np.array([{"g": 1.0, "w": 7.0, "c": 12.0, "-": NAN}[letter] for letter in text])


def states(text, rule=RULE, step=60.0, share=0.5, idle=None):
    value = values(text)
    codes = timeline(value, rule, Grid(0.0, step, value.size), share, idle)
    return "".join(LETTERS[code] for code in codes.tolist())


# --- limits and hysteresis ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        # two of three minutes known are needed (share 0.5 of 3), so the first minute alone says nothing
        ("ggggg", "ugggg"),
        # one bad minute is not enough, two of three are; it is left after two good ones
        ("ggwgggg", "ugggggg"),
        ("ggwwgggg", "uggwwggg"),
        ("ggwgwggg", "ugggwwgg"),
        # critical minutes are warning minutes, too; leaving critical falls back to what still holds
        ("ggccgggg", "uggccggg"),
        ("ggccwwgg", "uggccwwg"),
        ("ggcwwwgg", "uggwwwwg"),
        # two bad minutes are evidence even before anything else is known
        ("ww", "uw"),
    ],
)
def test_that_a_state_is_entered_and_left_as_worked_by_hand(minutes, expected):
    assert states(minutes) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ("-----", "uuuuu"),
        ("gggg---", "ugggguu"),  # a single missing minute is borne; then 1 of 3, then 0 of 3 are known
        ("ggg-g-g", "uggggug"),  # 2 of 3, 2 of 3, 1 of 3, 2 of 3
        ("gww-----", "ugwwuuuu"),  # a warning nobody confirms any more is not known to hold
        ("gww--ggg", "ugwwuugg"),  # and it is forgotten: after the gap good minutes count as such
        ("gww--www", "ugwwuuww"),
        ("gww-ggg", "ugwwwgg"),  # an unknown minute is not a good one: leaving waits for two known
    ],
)
def test_that_missing_minutes_are_unknown_as_worked_by_hand(minutes, expected):
    assert states(minutes) == expected


def test_that_a_value_on_its_limit_is_not_bad():
    grid = Grid(0.0, 60.0, 4)
    on = np.full(4, 5.0)
    assert timeline(on, RULE, grid, 0.5)[-1] == GOOD
    assert timeline(np.nextafter(on, 6.0), RULE, grid, 0.5)[-1] == WARNING
    below = Rule("m", "below", warning=1.0, enter_after=1.0, of=1.0, leave_after=1.0)
    assert timeline(np.full(4, 1.0), below, grid, 0.5)[-1] == GOOD
    assert timeline(np.full(4, 0.999), below, grid, 0.5)[-1] == WARNING


def test_that_minutes_are_minutes_whatever_the_step():
    # 2 of 3 minutes in steps of 30 s are 4 of 6 samples
    assert states("gggggg" + "wwww", step=30.0)[6:] == "gggw"
    # in steps of 5 minutes each sample stands for all three minutes
    assert states("gwg", step=300.0) == "gwg"


def test_that_known_idleness_is_good_and_does_not_hide_a_bad_value():
    idle = np.array([False, True, True, True, True, True])
    assert states("g-----", idle=idle) == "uggggg"
    assert states("gww---", idle=idle)[2:] == "wwgg"  # the bad minutes count although nobody asked


def test_that_a_rule_without_a_limit_never_calls_anything_bad():
    assert states("cccc", Rule("m", "above")) == "uugg"


letters = st.text(alphabet="gwc-", min_size=1, max_size=60)


@given(letters, st.integers(1, 6), st.integers(1, 6), st.integers(1, 8), st.floats(0.01, 1.0))
def test_that_no_data_is_never_healthy(text, enter, more, leave, share):
    rule = Rule("m", "above", 5.0, 10.0, float(enter), float(enter + more - 1), float(leave))
    got = states(text + "-" * (enter + more), rule, share=share)
    assert got[-1] == "u"
    of = enter + more - 1
    for place, letter in enumerate(states(text, rule, share=share)):
        known = sum(one != "-" for one in text[max(0, place - of + 1) : place + 1])
        if known < share * of - 1e-9:
            assert letter != "g"


@given(letters, st.data())
def test_that_taking_samples_away_never_turns_the_last_state_from_unknown_to_healthy(text, data):
    gone = data.draw(st.sets(st.integers(0, len(text) - 1)))
    thinned = "".join("-" if place in gone else letter for place, letter in enumerate(text))
    if states(text)[-1] == "u":
        assert states(thinned)[-1] != "g"


@given(letters)
def test_that_a_timeline_is_what_a_plain_loop_gives(text):
    def slow():
        held = {WARNING: False, CRITICAL: False}
        out = []
        for place in range(len(text)):
            last = text[max(0, place - 2) : place + 1]
            little = sum(letter != "-" for letter in last) < 2
            for code, bad in ((WARNING, "wc"), (CRITICAL, "c")):
                calm = text[max(0, place - 1) : place + 1]
                if sum(letter in bad for letter in last) >= 2:
                    held[code] = True
                elif little or (len(calm) == 2 and all(one not in bad and one != "-" for one in calm)):
                    held[code] = False
            out.append("c" if held[CRITICAL] else "w" if held[WARNING] else "u" if little else "g")
        return "".join(out)

    assert states(text) == slow()


# --- combining ----------------------------------------------------------------------------------------------


def test_that_the_worst_metric_speaks_and_unknown_outranks_good():
    def row(*codes):
        return np.array(codes, dtype=np.int8)

    vouched = np.array([True, True, True, False, False])
    combined = combine([row(GOOD, GOOD, WARNING, GOOD, CRITICAL), row(GOOD, UNKNOWN, CRITICAL, GOOD, GOOD)], vouched)
    assert combined.tolist() == [GOOD, UNKNOWN, CRITICAL, UNKNOWN, CRITICAL]
    assert combine([], np.array([True, False])).tolist() == [GOOD, UNKNOWN]


def test_that_idleness_is_no_evidence_of_service():
    value = np.array([NAN, NAN, 0.2, 0.2, NAN, NAN])
    got = evidence(value, RULE, Grid(0.0, 60.0, 6), 0.5)
    assert got.tolist() == [False, False, False, True, True, False]


def test_that_a_run_begins_after_the_last_other_state():
    assert last_run(np.array([3, 0, 2, 2], dtype=np.int8)).first == 2
    assert last_run(np.array([3, 0, 2, 2], dtype=np.int8)).code == WARNING
    assert last_run(np.array([0, 0], dtype=np.int8)).first == 0


# --- freshness (domain.md 2.4) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-5.0, Freshness.FRESH),
        (0.0, Freshness.FRESH),
        (1200.0, Freshness.FRESH),  # cadence 900 + grace 300, to the second
        (math.nextafter(1200.0, 9e9), Freshness.LATE),
        (2400.0, Freshness.LATE),
        (math.nextafter(2400.0, 9e9), Freshness.STALE),
        (1e9, Freshness.STALE),
        (math.nan, Freshness.EXPIRED),
    ],
)
def test_that_freshness_changes_exactly_at_its_bounds(age, expected):
    assert freshness(900.0, 300.0, age, 1.0) is expected


@pytest.mark.parametrize(
    ("left", "expected"), [(0.0, Freshness.FRESH), (-0.001, Freshness.EXPIRED), (math.nan, Freshness.FRESH)]
)
def test_that_an_expired_bundle_never_looks_current(left, expected):
    assert freshness(900.0, 300.0, 10.0, left) is expected


# --- counts -------------------------------------------------------------------------------------------------


def test_that_absent_errors_are_zero_only_where_the_collector_says_it_sees_the_counter():
    requests = np.array([10.0, 10.0, 10.0, NAN, 10.0])
    nothing = np.full(5, NAN)
    seen = np.array([1.0, NAN, NAN, NAN, NAN])
    # PromQL: errors or requests * 0 -- and nothing where there are no requests
    np.testing.assert_array_equal(errors_or_zero(requests, nothing, seen, 4), [0, 0, 0, NAN, 0])
    np.testing.assert_array_equal(errors_or_zero(requests, nothing, seen, 1), [0, 0, NAN, NAN, NAN])
    np.testing.assert_array_equal(errors_or_zero(requests, nothing, nothing, 4), nothing)
    np.testing.assert_array_equal(errors_or_zero(requests, nothing, np.zeros(5), 4), nothing)
    np.testing.assert_array_equal(
        errors_or_zero(requests, np.array([2, NAN, NAN, NAN, 3.0]), seen, 4), [2, 0, 0, NAN, 3]
    )


def test_that_an_error_ratio_is_a_ratio_of_sums_over_what_is_known_on_both_sides():
    requests = np.array([100.0, 100.0, 300.0, 0.0, NAN, 0.0])
    errors = np.array([1.0, 9.0, NAN, 0.0, 5.0, 0.0])
    ratio, counted = error_ratio(requests, errors, 3)
    # slot 1: (1 + 9) / 200; slot 2: its errors are unknown; slot 3: 9 / (100 + 0), the 300 do not dilute it
    np.testing.assert_allclose(ratio, [0.01, 0.05, NAN, 0.09, NAN, NAN])
    np.testing.assert_array_equal(counted, [100, 200, 200, 100, 0, 0])


def test_that_an_infinite_count_is_no_count_and_spoils_no_other():
    ratio, counted = error_ratio(np.array([np.inf, 100.0, 100.0]), np.array([1.0, 1.0, np.inf]), 3)
    np.testing.assert_array_equal(ratio, [NAN, 0.01, NAN])
    np.testing.assert_array_equal(counted, [0, 100, 100])
    assert requests_rate(np.array([np.inf, 60.0]), 2, 60.0) == 1.0


def test_that_few_requests_raise_no_more_than_a_warning():
    rule = Rule("r", "above", warning=0.005, critical=0.01, minimum_requests=20.0)
    got = capped_ratio(np.array([0.5, 0.5, 0.007, NAN]), np.array([19.0, 20.0, 3.0, 0.0]), rule)
    np.testing.assert_array_equal(got, [0.01, 0.5, 0.007, NAN])


def test_that_a_rate_stands_on_known_slots_only():
    # 60 + 120 requests in two known minutes of three: 180 / 120 s
    assert requests_rate(np.array([999.0, 60.0, NAN, 120.0]), 3, 60.0) == 1.5
    assert math.isnan(requests_rate(np.array([5.0, NAN]), 1, 60.0))


# --- availability -------------------------------------------------------------------------------------------


def test_that_a_target_that_was_absent_does_not_score_a_hundred_per_cent_alone():
    """PromQL: avg_over_time(up[10m]) = 5/6; count_over_time(up[10m]) / (600 / 60) = 0.6."""
    time = np.array([0.0, 60, 120, 180, 240, 300])
    got = uptime(time, np.array([1.0, 1, 0, 1, 1, 1]), 60.0, TimeRange(0.0, 600.0))
    assert got == Uptime(600.0, 360.0, 300.0)
    assert got.share == pytest.approx(5 / 6)
    assert got.coverage == pytest.approx(0.6)


def test_that_coverage_is_measured_up_to_the_end_however_old_the_data_is():
    got = uptime(np.array([0.0]), np.array([1.0]), 60.0, TimeRange(0.0, 6000.0))
    assert (got.share, got.coverage) == (1.0, 0.01)


def test_that_a_source_read_more_often_than_declared_does_not_cover_more_than_all():
    got = uptime(np.arange(0.0, 600.0, 15.0), np.ones(40), 60.0, TimeRange(0.0, 600.0))
    assert got == Uptime(600.0, 600.0, 600.0)


def test_that_nothing_known_is_nan_and_not_a_hundred_per_cent():
    got = uptime(np.empty(0), np.empty(0), 60.0, TimeRange(0.0, 600.0))
    assert math.isnan(got.share)
    assert got.coverage == 0.0
    assert math.isnan(Uptime(0.0, 0.0, 0.0).coverage)
    assert got + Uptime(600.0, 60.0, 30.0) == Uptime(1200.0, 60.0, 30.0)


moments = st.lists(
    st.tuples(st.integers(-100, 700), st.sampled_from([0.0, 1.0, NAN])), max_size=40, unique_by=lambda pair: pair[0]
)


@given(moments, st.data())
def test_that_removing_samples_never_improves_coverage(samples, data):
    samples = sorted(samples, key=lambda pair: pair[0])
    kept = [pair for pair in samples if data.draw(st.booleans())]
    span = TimeRange(0.0, 600.0)

    def coverage(pairs):
        time, up = np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs], float)
        return uptime(time, up, 60.0, span).coverage

    assert 0.0 <= coverage(kept) <= coverage(samples) + 1e-12 <= 1.0 + 1e-9
