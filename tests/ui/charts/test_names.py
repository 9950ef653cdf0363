"""Names beside lines and guides: in the plot, on the side that is free, clear of curves and bands."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from app.model.health import Health
from app.model.time_range import TimeRange
from app.ui.canvas import Canvas
from app.ui.charts.curves import Plot
from app.ui.charts.line import Band, Fan, Guide, make_line
from app.ui.charts.names import paint_names
from app.ui.charts.scale import Scale
from app.ui.charts.space import Space
from app.ui.charts.trace import envelope
from tests.fakes.curves import raw

SPAN = TimeRange(0.0, 4000.0)
BOX = QRectF(40, 10, 400, 200)
"""A pixel is 10 s wide and 0.01 tall: from 1 down to -1."""
EDGES = np.linspace(0.0, 4000.0, 401)
EVEN = Guide("even pace", np.array([0.0, 4000.0]), np.array([1.0, 0.0]))


@pytest.fixture
def written(look, monkeypatch):
    """What is written where: left, right, baseline, by the words."""
    found, real = {}, Canvas.write

    def write(self, role, words, x, baseline, colour, **more):
        wide = real(self, role, words, x, baseline, colour, **more)
        found[words] = (x, x + wide, baseline)
        return wide

    monkeypatch.setattr(Canvas, "write", write)

    def paint(lines=(), guides=(EVEN,), fans=(), bands=()):
        found.clear()
        image = QImage(460, 230, QImage.Format.Format_RGB32)
        with Canvas(image, look) as canvas:
            plot = Plot(canvas, BOX, SPAN, Scale(-1.0, 1.0, 0.5), 1.0)
            curves = [envelope(line.trace, EDGES) for line in lines]
            paint_names(Space(plot, curves, bands), lines, guides, fans, EDGES)
        return dict(found)

    return paint


def flat(value, until=4000.0, name="at worst"):
    time = np.arange(0.0, until, 20.0)
    reduced = raw(time, np.full(time.size, value), 20.0)
    return replace(make_line("left at worst", "text.low", reduced, until), name=name)


def even_y(x):
    """Where even pace runs: from the top of the plot at its left to its middle at its right."""
    return 10 + (x - 40) / 400 * 100


def test_that_a_guide_is_named_above_it_where_it_ends(written):
    left, right, baseline = written()["even pace"]
    assert 340 < right < 380, "at 0.8 of the width, that is 360"
    assert even_y(left) - 20 < baseline < even_y(left)


def test_that_a_line_with_a_name_has_it_below_its_end_and_one_without_has_none(written):
    _, right, baseline = written([flat(-0.4, until=2000.0)])["at worst"]
    assert 230 < right < 245, "it ends at 2 000 s, that is at 240"
    assert 150 < baseline < 170, "it runs at 10 + 1.4 * 100"
    assert set(written([flat(-0.4, name="")])) == {"even pace"}


def test_that_a_name_goes_to_the_other_side_where_a_curve_is_in_its_way(written):
    # a curve along even pace, 10 px above it
    time = np.arange(0.0, 4000.0, 20.0)
    near = make_line("left", "series.1", raw(time, 1.1 - time / 4000.0, 20.0), 4000.0)
    _, right, baseline = written([near])["even pace"]
    assert baseline > even_y(right), "below it"


def test_that_a_name_is_clear_of_bands_of_now_and_of_what_is_forecast(written):
    free = written()["even pace"]
    band = Band((free[0] - 40) * 10 + 200, (free[0] - 40) * 10 + 210, Health.MAINTENANCE, "work")
    left, right, _ = written(bands=[band])["even pace"]
    x = 40 + band.start / 10
    assert not left - 2 < x < right + 2
    ahead = Fan("Runs out", "series.1", np.array([2500.0, 4000.0]), np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
    assert written(fans=[ahead])["even pace"][1] <= 290, "the forecast takes all of the plot from 2 500 s on"


def test_that_a_name_without_a_free_place_is_written_all_the_same(written):
    assert "even pace" in written(bands=[Band(0.0, 4000.0, Health.MAINTENANCE, "work")])


def test_that_what_is_out_of_view_is_not_named(written):
    assert written(guides=[Guide("even pace", np.array([0.0, 4000.0]), np.array([5.0, 4.0]))]) == {}
    assert written(guides=[Guide("even pace", np.array([9000.0, 9900.0]), np.array([1.0, 0.0]))]) == {}
    assert written([flat(np.nan)], guides=()) == {}
