"""What runs beyond the cap of a chart: the scale ends, the curve leaves the plot, and its height is told above."""

import numpy as np
import pytest

from app.model.time_range import TimeRange
from app.ui.charts import chart as charts
from app.ui.charts.chart import Chart
from app.ui.charts.line import Threshold, make_line
from app.ui.charts.peaks import cut, peaks
from app.ui.charts.trace import Envelope
from app.ui.charts.units import TIMES
from app.ui.charts.view import View
from tests.fakes.curves import line, raw
from tests.ui.charts.pixels import ink_of

SPAN = TimeRange(0.0, 30_000.0)
TIME = np.arange(0.0, 30_000.0, 60.0)
FACTORS = [Threshold(14.4, "page, 1 h: 14.4×", "page, 1 h"), Threshold(6.0, "page, 6 h: 6×", "page, 6 h")]
NAN = np.nan


@pytest.fixture
def chart(look, show_in):
    """A burn rate of 1×, of `high` from 9 000 to 12 000 s; twice the highest factor is 28.8×."""
    made = Chart(look, View(SPAN), "Burn rate", TIMES, headed=False)

    def shown(high, cap=28.8):
        value = np.where((TIME >= 9_000.0) & (TIME < 12_000.0), high, 1.0)
        made.cap = cap
        made.show_lines([line(TIME, value, words="1 h window")], SPAN)
        made.show_marks(FACTORS)
        if made.parent() is None:
            show_in(made, 420, 200)
        made.grab()
        return made

    return shown


def test_that_the_scale_ends_a_little_above_the_cap_however_high_the_peak(chart):
    assert chart(330.0).scale.high == chart(4000.0).scale.high == 30.0


def test_that_a_curve_below_the_cap_has_the_scale_that_fits_it(chart):
    found = [chart(high, cap).scale for high in (2.0, 9.0, 20.0) for cap in (28.8, np.inf)]
    assert found[::2] == found[1::2]
    assert found[0].high == 2.0, "the factors are too far from so low a curve to press it flat"


def edge(shown, image):
    """Ink of the curve in the two topmost rows of the plot, by the shares of its width."""
    return (ink_of(shown, image) > 0.5)[:2].any(axis=0)


def test_that_what_is_wholly_above_leaves_the_plot_and_is_no_plateau_on_its_edge(chart):
    shown = chart(330.0)
    ink = edge(shown, shown.grab().toImage())
    # it is above from 9 000 to 12 000 of 30 000 s: it goes up at 0.3 of the width and comes down at 0.4
    first, last = (round(share * ink.size) for share in (0.3, 0.4))
    assert ink[first - 2 : first + 3].any()
    assert ink[last - 3 : last + 3].any()
    assert not ink[first + 3 : last - 3].any()


def above(shown, image):
    """Columns above the plot that have ink of the line, as shares of the width of the plot."""
    box = shown.plot
    rows = range(round(box.top()) - 8, round(box.top()) - 2)
    columns = range(round(box.left()), round(box.right()))
    colour = shown.look.theme["series.1"]
    found = [x for x in columns if any(image.pixelColor(x, y) == colour for y in rows)]
    return [(x - box.left()) / box.width() for x in found]


def test_that_a_sign_stands_above_the_peak_and_none_above_what_fits(chart):
    shown = chart(330.0)
    signs = above(shown, shown.grab().toImage())
    assert signs
    assert all(0.28 < share < 0.42 for share in signs)
    shown = chart(25.0)
    assert above(shown, shown.grab().toImage()) == []


def test_that_the_height_of_the_peak_is_written_in_place_of_what_is_cut(chart, monkeypatch):
    written, real = [], charts.Canvas.write

    def write(self, role, words, *given, **more):
        written.append(words)
        return real(self, role, words, *given, **more)

    monkeypatch.setattr(charts.Canvas, "write", write)
    chart(330.0).grab()
    assert "peak 330×" in written
    written.clear()
    chart(28.0).grab()
    assert not any(one.startswith("peak") for one in written)


def test_that_the_read_out_tells_the_true_value_of_what_is_cut(chart, monkeypatch):
    cards = []
    monkeypatch.setattr(charts, "paint_card", lambda canvas, box, x, title, rows: cards.append(rows))
    shown = chart(330.0)
    shown._leads = True
    shown.view.point(10_500.0)
    shown.grab()
    told = [(row.words, row.value) for row in cards[-1]]
    assert told == [("1 h window", "330×"), ("page, 1 h", "14.4×"), ("page, 6 h", "6.00×")]


def test_that_each_stretch_beyond_has_one_peak_and_close_ones_are_one():
    lines = [make_line(colour, colour, raw(TIME, TIME), NAN) for colour in ("series.1", "series.4")]
    nothing = np.zeros(8)
    short = Envelope(nothing, np.array([1.0, 40.0, 50.0, 1.0, NAN, 1.0, 35.0, 1.0]))
    long = Envelope(nothing, np.array([1.0, 10.0, 20.0, 31.0, NAN, 1.0, 36.0, 1.0]))
    found = peaks(lines, [short, long], 30.0, 1)
    assert [(one.column, one.value, one.colour) for one in found] == [(2, 50.0, "series.1"), (6, 36.0, "series.4")]
    assert [one.column for one in peaks(lines, [short, long], 30.0, 3)] == [2]
    assert peaks(lines, [short, long], 50.0, 1) == []
    assert peaks([], [], 30.0, 1) == []


def test_that_a_column_that_reaches_into_the_plot_is_kept():
    low, high = np.array([0.0, 31.0, 29.0, NAN]), np.array([1.0, 50.0, 50.0, NAN])
    kept = cut(Envelope(low, high), 30.0)
    np.testing.assert_array_equal(kept.low, [0.0, NAN, 29.0, NAN])
    np.testing.assert_array_equal(kept.high, [1.0, NAN, 50.0, NAN])
