"""Whether a picture tells the truth: every pixel column of a whole chart against the raw samples behind it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage

from app.model.time_range import TimeRange
from app.ui.charts.chart import Chart
from app.ui.charts.units import PLAIN
from app.ui.charts.view import View
from tests.conftest import ROOT
from tests.ui.charts.pixels import joined, reduced_line, unseen, wild

TEN_HOURS = TimeRange(1_794_400_000.0, 1_794_436_000.0)
STEPS = (2.0, 15.0, 60.0, 120.0, 600.0)
"""Seconds between samples: of 450 columns of pixels each has many, a few, one, or most have none."""


class ScreenChart(Chart):
    """A chart on a screen of so many pixels for each of the layout's."""

    ratio = 1.0

    def devicePixelRatioF(self):  # noqa: N802 -- Qt calls it so
        return self.ratio


@pytest.fixture
def chart(look, qtbot):
    made = ScreenChart(look, View(TEN_HOURS), "Load", PLAIN)
    qtbot.addWidget(made)
    made.resize(500, 240)
    made.show()
    return made


def picture(chart, ratio):
    """The chart on a screen of this ratio: two passes, for labels may widen the gutter."""
    chart.ratio = ratio
    for _ in range(2):
        image = QImage(round(chart.width() * ratio), round(chart.height() * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        chart.render(image)
    return image


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2**32),
    st.sampled_from(STEPS),
    st.integers(0, 4),
    st.sampled_from([1.0, 2.0]),
    st.sampled_from([200, 450, 900]),
    st.floats(0.2, 1.0),
)
def test_that_a_chart_passes_through_the_least_and_the_most_of_every_pixel_column(
    chart, seed, step, holes, ratio, columns, part
):
    time, value, _ = wild(seed, TEN_HOURS, step, holes)
    chart.view.show_span(TimeRange(TEN_HOURS.end - part * TEN_HOURS.seconds, TEN_HOURS.end))
    chart.scale = None
    chart.show_lines([reduced_line(time, value, TEN_HOURS, columns)], TEN_HOURS)
    assert unseen(chart, picture(chart, ratio), time, value) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sampled_from(STEPS), st.integers(1, 5), st.sampled_from([1.0, 2.0]))
def test_that_no_gap_is_ever_joined_however_long_it_is(chart, seed, step, holes, ratio):
    time, value, gaps = wild(seed, TEN_HOURS, step, holes)
    chart.view.show_span(TEN_HOURS)
    chart.scale = None
    line = reduced_line(time, value, TEN_HOURS, 450)
    chart.show_lines([line], TEN_HOURS)
    image = picture(chart, ratio)
    # a column of time may begin before the gap and end in it
    known = [(start + line.reduced.width, end - line.reduced.width) for start, end in gaps]
    assert joined(chart, image, known) == []


def test_that_this_would_notice_a_line_that_is_missing_or_too_much(chart):
    time, value, gaps = wild(7, TEN_HOURS, 60.0, 3)
    chart.show_lines([reduced_line(time, value, TEN_HOURS, 450)], TEN_HOURS)
    assert unseen(chart, picture(chart, 1.0), time, value) == []
    higher = value.copy()
    higher[200] = 100.0 if value[200] < 60.0 else 0.0
    assert unseen(chart, picture(chart, 1.0), time, higher), "a spike that is not drawn"
    filled = np.arange(TEN_HOURS.start, TEN_HOURS.end, 60.0)
    chart.show_lines([reduced_line(filled, np.interp(filled, time, value), TEN_HOURS, 450)], TEN_HOURS)
    assert joined(chart, picture(chart, 1.0), gaps), "gaps that are drawn over"


AT_SCALE = """
import json, sys
from app.ui.main import make_application
application = make_application(offscreen=True, scale=int(sys.argv[1]))
from app.ui.charts.chart import Chart
from app.ui.charts.units import PLAIN
from app.ui.charts.view import View
from app.ui.look import Look
from app.model.time_range import TimeRange
from tests.ui.charts.pixels import joined, reduced_line, unseen, wild
span = TimeRange(1_794_400_000.0, 1_794_436_000.0)
told = []
for number, step in enumerate((2.0, 15.0, 60.0, 600.0)):
    chart = Chart(Look.load("dark"), View(span), "Load", PLAIN)
    chart.resize(500, 240)
    chart.show()
    time, value, gaps = wild(number, span, step, 2)
    line = reduced_line(time, value, span, 450)
    chart.show_lines([line], span)
    chart.grab()
    image = chart.grab().toImage()
    known = [(start + line.reduced.width, end - line.reduced.width) for start, end in gaps]
    told.append([image.devicePixelRatio(), unseen(chart, image, time, value), joined(chart, image, known)])
print(json.dumps(told))
"""


@pytest.mark.parametrize("scale", [1, 2])
def test_that_a_chart_tells_the_truth_on_a_screen_of_this_scale(scale):
    command = [sys.executable, "-c", AT_SCALE, str(scale)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[float(scale), [], []]] * 4
