"""What a curve is held against: dashed, behind it, where it was planned, and told to those who hear the chart."""

import numpy as np
import pytest

from app.model.health import Health
from app.model.time_range import TimeRange
from app.ui.charts.chart import Chart
from app.ui.charts.line import Band, Guide
from app.ui.charts.units import SHARE, TIMES
from app.ui.charts.view import View
from tests.fakes.curves import line
from tests.ui.charts.pixels import ink_of, row_of

SPAN = TimeRange(0.0, 10_000.0)
EVEN = Guide("even pace", np.array([0.0, 10_000.0]), np.array([1.0, 0.0]))


@pytest.fixture
def chart(look, show_in):
    made = Chart(look, View(SPAN), "Error budget left", SHARE, headed=False)
    time = np.arange(0.0, 5000.0, 60.0)
    made.show_lines([line(time, np.linspace(1.0, 0.1, time.size))], SPAN)
    made.show_future(5000.0)
    return show_in(made, 420, 220)


def inked(chart, token="text.low"):
    return ink_of(chart, chart.grab().toImage(), token) > 0.3


def test_that_a_guide_goes_dashed_from_point_to_point(chart):
    chart.grab()
    chart.show_guides([EVEN])
    ink = inked(chart)
    height, width = ink.shape
    drawn = 0
    for column in range(4, width - 4):
        row = round(row_of(chart, 1.0 - (column + 0.5) / width, height))
        drawn += bool(ink[max(0, row - 2) : row + 3, column].any())
    # dashes of five pixels with four between them, along a slope; the grid crosses it here and there
    assert 0.4 < drawn / (width - 8) < 0.9
    # beside it there is none: where it would be if it went up instead
    right = [round(row_of(chart, 0.8, height)), round(0.8 * width)]
    assert not ink[right[0] - 3 : right[0] + 4, right[1] - 3 : right[1] + 4].any()


def test_that_without_a_guide_there_is_nothing_in_its_place(chart):
    chart.show_guides([EVEN])
    chart.show_guides([])
    ink = inked(chart)
    height, width = ink.shape
    columns = range(round(0.55 * width), round(0.95 * width))
    rows = [round(row_of(chart, 1.0 - (column + 0.5) / width, height)) for column in columns]
    drawn = [ink[row - 1 : row + 2, column].any() for row, column in zip(rows, columns, strict=True)]
    assert np.mean(drawn) < 0.2


def test_that_a_guide_is_told_to_those_who_hear_the_chart(chart):
    chart._tell()
    assert "even pace" not in chart.accessibleName()
    chart.show_guides([EVEN])
    chart._tell()
    assert chart.accessibleName().endswith("even pace")


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0×"), (1.0, "1.00×"), (14.4, "14.4×"), (6.0, "6.00×"), (1000.0, "1\N{NO-BREAK SPACE}000×")],
)
def test_that_a_burn_rate_is_said_in_times(value, words):
    assert TIMES.say(value) == words


def test_that_an_axis_of_burn_rates_is_labelled_in_times_with_a_bare_zero():
    assert TIMES.labels([0.0, 5.0, 10.0, 15.0]) == ["0", "5×", "10×", "15×"]
    assert TIMES.labels([0.0, 0.2, 0.4]) == ["0", "0.2×", "0.4×"]


def test_that_a_band_narrower_than_a_pixel_is_seen(chart, look):
    # 420 pixels for 10,000 s: a second is a 24th of one
    before = chart.grab().toImage()
    chart.show_marks((), [Band(7000.0, 7001.0, Health.MAINTENANCE, "a restart")])
    after = chart.grab().toImage()
    box = chart.plot
    x = round(box.left() + 0.7 * box.width())
    assert [after.pixel(at, 60) != before.pixel(at, 60) for at in (x - 3, x + 3)] == [False, False]
    assert any(after.pixel(at, 60) != before.pixel(at, 60) for at in (x - 1, x, x + 1))
