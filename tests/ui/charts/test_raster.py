import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from app.ui.charts.raster import Sheet, make_ink
from app.ui.charts.scale import Scale
from app.ui.charts.trace import Envelope, envelope, trace
from tests.fakes.curves import raw

BLUE = QColor("#6CB6FF")
HEIGHT = 100
SCALE = Scale(0.0, 100.0, 20.0)


def alpha(curve, ink, scale=SCALE, sheet=None):
    """Coverage of every pixel of the plot, shape (HEIGHT, width), 0 to 255."""
    image, first = (sheet or Sheet()).draw(curve, scale, HEIGHT, ink)
    seen = np.zeros((HEIGHT, curve.low.size), int)
    for y in range(image.height()):
        for x in range(image.width()):
            seen[first + y, x] = image.pixelColor(x, y).alpha()
    return seen


def drawn(low, high, weight=1.0, fill=None):
    return alpha(Envelope(np.asarray(low, float), np.asarray(high, float)), make_ink(BLUE, weight, fill))


@settings(max_examples=60)
@given(
    st.lists(st.floats(0.0, 100.0), min_size=30, max_size=200),
    st.integers(4, 40),
    st.sampled_from([1.0, 1.5, 3.0]),
)
def test_that_the_line_passes_through_the_least_and_the_most_of_every_column(values, columns, weight):
    time = np.arange(len(values)) * 60.0
    value = np.array(values)
    edges = np.linspace(0.0, time[-1], columns + 1)
    curve = envelope(trace(raw(time, value)), edges)
    seen = alpha(curve, make_ink(BLUE, weight))
    for column in range(columns):
        inside = value[(time >= edges[column]) & (time < edges[column + 1])]
        for extreme in {inside.min(), inside.max()} if inside.size else ():
            row = min(HEIGHT - 1, int(HEIGHT - extreme))
            near = seen[max(0, row - 1) : row + 2, column]
            assert near.max() > 0, "nothing is drawn there"
        if inside.size:
            first = min(HEIGHT - 1, int(HEIGHT - inside.max()) + 1)
            last = int(HEIGHT - inside.min())
            assert (seen[first:last, column] == 255).all(), "the stroke has a hole"


def test_that_nothing_is_drawn_where_nothing_is_known():
    seen = drawn([50, math.nan, 50], [50, math.nan, 50], fill=QColor(10, 20, 30, 40))
    assert seen[:, 1].max() == 0
    assert seen[:, 0].max() == 255 or seen[:, 0].max() > 100


@pytest.mark.parametrize("weight", [1.0, 1.5, 2.0, 3.0])
def test_that_a_line_has_its_weight_wherever_it_runs(weight):
    for value in (0.0, 33.3, 50.0, 99.9, 100.0):
        assert drawn([value], [value], weight).sum() / 255 == pytest.approx(weight, abs=0.05)


def test_that_the_fill_reaches_from_the_line_to_zero():
    seen = drawn([60], [60], fill=QColor(10, 20, 30, 40))
    assert (seen[43:, 0] == 40).all()
    assert (seen[:38, 0] == 0).all()
    low = Envelope(np.array([-30.0]), np.array([-30.0]))
    below = alpha(low, make_ink(BLUE, 1.0, QColor(10, 20, 30, 40)), Scale(-50.0, 50.0, 20.0))
    assert (below[52:78, 0] == 40).all()
    assert below[:48, 0].max() == 0


def test_that_values_outside_of_the_scale_and_huge_ones_stay_in_the_picture():
    seen = drawn([-1e300, 500.0, 1e308], [1e300, 600.0, 1e308])
    assert (seen[1:-1, 0] == 255).all()


def test_that_a_sheet_forgets_what_was_drawn_before():
    sheet, ink = Sheet(), make_ink(BLUE, 1.0)
    alpha(Envelope(np.array([50.0]), np.array([80.0])), ink, sheet=sheet)
    seen = alpha(Envelope(np.array([20.0]), np.array([60.0])), ink, sheet=sheet)
    assert seen[:35].max() == 0
    assert alpha(Envelope(np.array([math.nan]), np.array([math.nan])), ink, sheet=sheet).max() == 0
