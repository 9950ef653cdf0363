import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent

from app.model.time_range import TimeRange
from app.ui.charts.grid import ChartGrid, Title
from app.ui.charts.units import BYTES, SECONDS, SHARE
from app.ui.charts.view import View
from tests.fakes import answers
from tests.fakes.curves import line

DAY = TimeRange(1_794_400_000.0, 1_794_486_400.0)
TIME = np.arange(DAY.start, DAY.end, 60.0)


@pytest.fixture
def view(qapp):
    return View(DAY)


@pytest.fixture
def grid(look, view, show_in):
    return show_in(ChartGrid(look, view), 1300, 820)


def titles(count, units=(SECONDS,)):
    return [Title(f"Chart {n}", answers.S.level, units[n % len(units)], n) for n in range(count)]


def fill(grid):
    for number in range(len(grid.charts)):
        grid.show_lines(number, [line(TIME, np.full(TIME.size, 1e9))], DAY, stale=False)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 1), (4, 1), (5, 2), (12, 3)])
def test_that_charts_stand_beside_each_other_only_where_they_must(grid, count, columns):
    grid.show_titles(titles(count))
    assert grid.columns() == columns
    assert len({chart.width() for chart in grid.charts}) == 1
    assert all(chart.geometry().bottom() <= grid.height() for chart in grid.charts)


def test_that_no_more_than_twelve_are_shown_and_a_narrow_page_scrolls(grid):
    grid.show_titles(titles(15))
    assert len(grid.charts) == 12
    grid.resize(400, 500)
    assert grid.columns() == 1
    assert grid.minimumHeight() > 12 * 140


def test_that_charts_that_stay_keep_what_they_show(grid):
    grid.show_titles(titles(3))
    fill(grid)
    before = grid.charts[1]
    grid.show_titles(titles(3)[1:])
    assert grid.charts[0] is before
    assert grid.charts[0].lines


def test_that_linked_charts_share_window_gutter_and_moment(grid, view, qtbot):
    grid.show_titles(titles(4, (SECONDS, BYTES, SHARE)))
    fill(grid)
    qtbot.waitUntil(lambda: grid.charts[0].plot.left() > 48 and len({chart.plot.left() for chart in grid.charts}) == 1)
    at = QPointF(300.0, 60.0)
    no = Qt.MouseButton.NoButton
    grid.charts[0].mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, at, at, no, no, Qt.KeyboardModifier.NoModifier))
    assert {chart.view.moment for chart in grid.charts} == {view.moment}
    assert DAY.start < view.moment < DAY.end


def test_that_it_says_how_many_pixels_a_chart_is_wide(grid, qtbot):
    told = []
    grid.measured.connect(told.append)
    grid.show_titles(titles(2))
    assert told[-1] == round(grid.charts[0].plot.width())
