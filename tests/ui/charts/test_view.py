import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.time_range import TimeRange
from app.ui.charts.view import View

HOME = TimeRange(1000.0, 4600.0)


@pytest.fixture
def view(qapp):
    return View(HOME)


def test_that_the_window_never_runs_past_now(view):
    view.pan(500.0)
    assert view.span == HOME
    view.pan(-500.0)
    assert view.span == TimeRange(500.0, 4100.0)
    view.zoom(10.0, 4000.0)
    assert view.span.end <= HOME.end


@given(st.floats(0.05, 1.0), st.floats(1200.0, 4400.0))
def test_that_zooming_in_keeps_the_moment_under_the_pointer(factor, around):
    view = View(HOME)
    share = (around - view.span.start) / view.span.seconds
    view.zoom(factor, around)
    assert (around - view.span.start) / view.span.seconds == pytest.approx(share, abs=1e-6)


def test_that_home_brings_the_page_s_span_back(view):
    view.zoom(0.2, 2000.0)
    view.reset()
    assert view.at_home


def test_that_a_window_at_home_follows_now_and_one_moved_by_hand_stays(view):
    later = TimeRange(1030.0, 4630.0)
    view.move_home(later)
    assert view.span == later
    view.pan(-600.0)
    view.move_home(TimeRange(1060.0, 4660.0))
    assert view.span == TimeRange(430.0, 4030.0)
    view.move_home(TimeRange(0.0, 4660.0))
    assert view.at_home, "another range was chosen"


def test_that_nobody_is_told_of_what_did_not_change(view, qtbot):
    told = []
    view.changed.connect(lambda: told.append("span"))
    view.pointed.connect(lambda: told.append("moment"))
    view.reset()
    view.point(math.nan)
    assert told == []
    view.point(2000.0)
    view.point(2000.0)
    view.point(math.nan)
    assert told == ["moment", "moment"]


def test_that_all_charts_have_the_gutter_of_the_widest(view):
    assert view.gutter("one", 40.0) == 40.0
    assert view.gutter("other", 64.0) == 64.0
    assert view.gutter("one", 40.0) == 64.0
    view.forget("other")
    assert view.gutter("one", 40.0) == 40.0
