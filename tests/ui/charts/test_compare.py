import subprocess
import sys

import numpy as np
import pytest

from app.model.time_range import TimeRange
from app.ui.charts.compare import CompareView
from app.ui.charts.line import Compared
from app.ui.charts.units import PLAIN, SECONDS
from app.ui.charts.view import View
from tests.fakes import answers
from tests.fakes.curves import line

DAY = TimeRange(1_794_400_000.0, 1_794_486_400.0)
TIME = np.arange(DAY.start, DAY.end, 60.0)


@pytest.fixture
def view(qapp):
    return View(DAY)


@pytest.fixture
def plot(look, view, show_in):
    return show_in(CompareView(look, view), 900, 600)


def compared(value, unit=SECONDS, words="p95"):
    return Compared(line(TIME, np.full(TIME.size, value), words=words), unit, answers.S.level)


def test_that_lines_of_one_unit_share_its_axis(plot):
    plot.show_lines([compared(1.0), compared(3.0)], DAY)
    assert plot.shared
    assert plot.curves.scale.high >= 3.0
    assert [one.trace.least[0] for one in plot.curves.lines] == [1.0, 3.0]


def test_that_lines_of_several_units_are_shares_of_their_own_largest_value(plot):
    plot.show_lines([compared(2.0), compared(800.0, PLAIN)], DAY)
    assert not plot.shared
    assert [one.trace.least[0] for one in plot.curves.lines] == pytest.approx([1.0, 1.0])
    assert "largest value" in plot._legend.accessibleName()


def test_that_the_legend_has_the_values_of_the_moment_in_their_own_units(plot, view):
    plot.show_lines([compared(2.0), compared(800.0, PLAIN, "requests")], DAY)
    view.point(float(TIME[100]))
    said = plot._legend.accessibleName().replace("\u00a0", " ")
    assert "Secret, p95 2.00 s" in said
    assert "Secret, requests 800" in said


def test_that_plot_region_and_view_move_together(plot, view):
    plot.show_lines([compared(2.0)], DAY)
    view.zoom(0.25, DAY.start + 40_000)
    assert plot.region.getRegion() == pytest.approx((view.span.start, view.span.end))
    assert plot._main.getViewBox().viewRange()[0] == pytest.approx([view.span.start, view.span.end])
    plot.region.setRegion((DAY.start + 1000, DAY.start + 9000))
    assert (view.span.start, view.span.end) == pytest.approx((DAY.start + 1000, DAY.start + 9000))
    plot._main.getViewBox().setXRange(DAY.start + 2000, DAY.start + 5000, padding=0)
    assert (view.span.start, view.span.end) == pytest.approx((DAY.start + 2000, DAY.start + 5000))


def test_that_nothing_to_compare_is_painted_as_nothing(plot):
    plot.show_lines([], DAY)
    assert not plot.grab().isNull()


def test_that_pyqtgraph_is_not_imported_by_the_page_that_may_need_it():
    code = "import sys, app.ui.pages.explore; print('pyqtgraph' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_that_the_plot_can_be_read_aloud_with_each_line_in_its_unit(plot, view, qtbot):
    plot.show_lines([compared(2.0), compared(800.0, PLAIN, "requests")], DAY)
    said = plot._main.accessibleName().replace("\u00a0", " ")
    assert said.startswith("Comparison, ")
    assert "Secret, p95: least 2.00 s, most 2.00 s, last 2.00 s" in said
    assert "Secret, requests: least 800, most 800" in said
    before = plot._main.accessibleName()
    view.zoom(0.25, DAY.start + 40_000)
    qtbot.waitUntil(lambda: plot._main.accessibleName() != before)


def test_that_the_numbers_are_those_of_each_series_and_no_shares(plot, qtbot):
    plot.show_lines([compared(2.0), compared(800.0, PLAIN, "requests")], DAY)
    with qtbot.waitSignal(plot.sheet_wanted) as told:
        plot.tell_numbers()
    (sheet,) = told.args
    assert sheet.heads == ("Time (UTC)", "p95 (seconds)", "requests")
    assert sheet.rows[0] == (DAY.start, 2.0, 800.0)
    assert sheet.level is answers.S.level
