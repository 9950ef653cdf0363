import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.reduced import Reduced
from app.ui.charts.trace import broadened, envelope, extremes, trace
from tests.fakes.curves import raw

NAN = math.nan
VALUES = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def samples(draw):
    """Irregular samples, some of them NaN or infinite, and the edges of some columns over part of them."""
    steps = draw(st.lists(st.sampled_from([20.0, 60.0, 60.0, 61.0, 400.0]), min_size=1, max_size=80))
    time = np.cumsum(np.array(steps))
    value = np.array(
        draw(st.lists(VALUES | st.sampled_from([NAN, math.inf, -math.inf]), min_size=time.size, max_size=time.size))
    )
    start = draw(st.floats(-200, float(time[-1])))
    edges = np.linspace(start, start + draw(st.floats(50, 8000)), draw(st.integers(2, 60)))
    return time, value, edges


def line_at(time, value, moment):
    """The line between two samples no further apart than 1.5 intervals, one moment at a time."""
    for (t0, v0), (t1, v1) in pairwise(zip(time.tolist(), value.tolist(), strict=True)):
        if t0 < moment <= t1 and t1 - t0 <= 90.0 and math.isfinite(v0) and math.isfinite(v1):
            share = (moment - t0) / (t1 - t0)
            return v0 * (1 - share) + v1 * share
    return NAN


@given(samples())
def test_that_a_column_spans_its_samples_and_the_line_through_it_and_nothing_else(drawn):
    time, value, edges = drawn
    got = envelope(trace(raw(time, value)), edges)
    for number, (left, right) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        inside = [v for v in value[(time >= left) & (time < right)].tolist() if math.isfinite(v)]
        crossing = [v for v in (line_at(time, value, left), line_at(time, value, right)) if not math.isnan(v)]
        expected = inside + crossing
        if not expected:
            assert math.isnan(got.low[number])
            assert math.isnan(got.high[number])
        else:
            assert got.low[number] == pytest.approx(min(expected), rel=1e-9, abs=1e-6)
            assert got.high[number] == pytest.approx(max(expected), rel=1e-9, abs=1e-6)


@given(samples(), st.sampled_from([30.0, 90.0, 600.0]))
def test_that_a_column_of_pixels_holds_the_extremes_of_every_column_of_time_in_it(drawn, width):
    time, value, edges = drawn
    start, place = np.unique(np.floor(time / width), return_inverse=True)
    pairs = [value[place == number] for number in range(start.size)]
    least = np.array([np.nan if np.isnan(part).all() else np.nanmin(part) for part in pairs])
    most = np.array([np.nan if np.isnan(part).all() else np.nanmax(part) for part in pairs])
    got = envelope(trace(Reduced(start * width, least, most, width, 60.0)), edges)
    known = np.isfinite(least) & np.isfinite(most)
    for number, (left, right) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        there = known & (start * width < right) & (start * width + width > left)
        if not there.any():
            assert math.isnan(got.low[number])
        else:
            assert got.low[number] <= least[there].min()
            assert got.high[number] >= most[there].max()
            assert got.low[number] >= least[known].min()
            assert got.high[number] <= most[known].max()


def test_that_a_gap_is_never_joined():
    drawn = trace(raw([0, 60, 120, 600, 660], [1, 1, 1, 9, 9]))
    got = envelope(drawn, np.arange(0.0, 700.0, 10.0))
    assert np.isnan(got.low[13:59]).all()
    assert set(got.low[~np.isnan(got.low)].tolist()) == {1.0, 9.0}


def test_that_neighbouring_columns_touch_but_not_over_a_left_out_one():
    reduced = Reduced(np.array([0.0, 60, 240, 300]), np.array([1.0, 5, 20, 30]), np.array([2.0, 6, 21, 31]), 60.0, 10.0)
    got = envelope(trace(reduced), np.arange(0.0, 361.0, 60.0))
    np.testing.assert_array_equal(got.low, [1, 2, NAN, NAN, 20, 21])
    np.testing.assert_array_equal(got.high, [2, 6, NAN, NAN, 21, 31])


def test_that_a_value_that_holds_goes_in_steps():
    drawn = trace(raw([0, 60, 120], [1, 1, 5]), held=True)
    got = envelope(drawn, np.array([10.0, 50.0, 115.0, 125.0]))
    np.testing.assert_array_equal(got.low[:2], [1, 1])
    np.testing.assert_array_equal(got.high, [1, 1, 5])
    slope = envelope(trace(raw([0, 60, 120], [1, 1, 5])), np.array([10.0, 50.0, 115.0, 125.0]))
    assert slope.high[1] > 4


@pytest.mark.parametrize("time", [[], [100.0]])
def test_that_no_sample_and_a_single_one_have_no_line(time):
    got = envelope(trace(raw(time, [7.0] * len(time), NAN)), np.array([0.0, 50.0, 150.0, 200.0]))
    np.testing.assert_array_equal(got.low, [NAN, 7.0 if time else NAN, NAN])


def test_that_huge_values_do_not_overflow():
    got = envelope(trace(raw([0, 60], [-1.7e308, 1.7e308])), np.array([15.0, 45.0]))
    assert np.isfinite(got.low).all()
    assert np.isfinite(got.high).all()


def test_that_a_stroke_is_as_wide_as_it_is_asked_for():
    narrow = envelope(trace(raw([0, 1, 2, 3, 4], [0, 0, 8, 0, 0], 1.0)), np.arange(0.0, 5.0, 0.5))
    wide = broadened(narrow, 2)
    assert np.count_nonzero(wide.high == 8) == np.count_nonzero(narrow.high == 8) + 1
    assert broadened(narrow, 1).high is narrow.high


def test_that_extremes_of_several_curves_leave_out_what_is_not_known():
    one, other = (envelope(trace(raw([0, 60], value)), np.array([0.0, 60.0, 120.0])) for value in ([1, 2], [-5, 3]))
    assert extremes([one, other]) == (-5.0, 3.0)
    assert all(math.isnan(value) for value in extremes([]))
