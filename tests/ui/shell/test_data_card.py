import math

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.model.marking import Level
from app.ui.page import Place
from app.ui.popover import Overlay
from app.ui.sheet import Moment, Sheet
from app.ui.shell.data_card import DataCard
from app.ui.tables import Table
from app.ui.window import Window
from tests.fakes.desk import make_desk
from tests.fakes.fleets import NOW
from tests.fakes.stores import open_store

NAN = math.nan


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "station", NOW)


@pytest.fixture
def window(qtbot, look, runner, told, tmp_path, store):
    """A window on the explore page, with charts, of a station that keeps what it writes."""
    QCursor.setPos(QPoint(0, 0))
    made = Window(make_desk(look, runner, tmp_path, told)._replace(store=lambda: store, kept=store.paths))
    qtbot.addWidget(made)
    made.resize(1600, 960)
    made.show()
    made.activateWindow()
    made.go_to(Place("explore"))
    qtbot.waitUntil(lambda: made.settled)
    return made


def chart(window, number=0):
    return window.views["explore"].grid.charts[number]


def point_at(window, part, at):
    """Point at a part; the window is moved so that this is on the screen, however small that is."""
    window.move(QPoint(200, 200) - part.mapTo(window, at))
    QCursor.setPos(part.mapToGlobal(at))


def card(window):
    assert window.overlay is not None
    assert isinstance(window.overlay.card, DataCard)
    return window.overlay.card


def test_that_d_shows_the_numbers_of_the_chart_that_has_the_keyboard_and_esc_goes_back(window):
    chart(window, 1).setFocus()
    QTest.keyClick(chart(window, 1), Qt.Key.Key_D)
    shown = card(window)
    lines = chart(window, 1).lines
    assert [column.head for column in shown.table.rows.columns][1:4] == [f"{one.words} (seconds)" for one in lines]
    assert shown.table.hasFocus()
    assert shown.table.level is chart(window, 1).level
    first = next(row for row in shown.table.rows.rows if row[1] == row[1])
    start = chart(window, 1).view.span.start
    reduced = lines[0].reduced
    assert first[:2] == next(pair for pair in zip(reduced.time, reduced.least, strict=True) if pair[0] >= start)
    QTest.keyClick(shown.table, Qt.Key.Key_Escape)
    assert window.overlay is None
    assert chart(window, 1).hasFocus()


def test_that_d_of_many_charts_asks_which(window):
    picker = window.views["explore"].picker.list
    QTest.keyClick(picker, Qt.Key.Key_D)
    assert window.overlay is None
    assert window.strip.message.title == "Which chart?"


def test_that_d_shows_the_chart_below_the_pointer(window):
    point_at(window, chart(window, 2), QPoint(150, 100))
    QTest.keyClick(window.views["explore"].picker.list, Qt.Key.Key_D)
    assert card(window).accessibleName() == chart(window, 2).title


def test_that_d_shows_the_comparison_where_that_is_the_one_plot(window, qtbot):
    window.views["explore"].toggle_compare()
    qtbot.waitUntil(lambda: window.settled)
    QTest.keyClick(window.views["explore"].picker.list, Qt.Key.Key_D)
    assert card(window).accessibleName() == "Comparison"
    compared = window.views["explore"].compare.compared
    heads = [column.title for column in card(window).table.rows.columns]
    assert len([head for head in heads if head not in ("Time (UTC)", "From (UTC)", "Note")]) == len(compared)
    assert card(window).table.level is max(one.level for one in compared)


def test_that_d_after_g_shows_nothing(window):
    chart(window).setFocus()
    QTest.keyClick(chart(window), Qt.Key.Key_G)
    QTest.keyClick(chart(window), Qt.Key.Key_D)
    assert window.overlay is None


def test_that_the_numbers_are_sorted_filtered_and_exported_from_the_keyboard(window, store, qtbot):
    chart(window).setFocus()
    QTest.keyClick(chart(window), Qt.Key.Key_D)
    shown = card(window)
    QTest.keyClick(shown.table, Qt.Key.Key_S)
    QTest.keyClick(shown.table, Qt.Key.Key_S)
    QTest.keyClick(shown.table, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    values = [row[1] for row in shown.table.rows.rows if row[1] == row[1]]
    assert values == sorted(values, reverse=True)
    QTest.keyClick(shown.table, Qt.Key.Key_Slash)
    assert shown.filter.field.hasFocus()
    QTest.keyClicks(shown.filter.field, "no data")
    QTest.keyClick(shown.filter.field, Qt.Key.Key_Return)
    assert 0 < len(shown.table.rows.rows) < len(values)
    QTest.keyClick(shown.table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.settled)
    (path,) = store.paths.reports.iterdir()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == lines[-1] == f"# {chart(window).level.banner}"
    assert len(lines) == 4 + len(shown.table.rows.rows), "marking twice, remark, heads, and the rows that are shown"
    assert not window.strip.isVisible(), "said in the card, for the strip lies below it"
    assert str(path) in shown._said.accessibleName()
    shown._path.click()
    assert QGuiApplication.clipboard().text() == str(path)


def test_that_the_page_exports_every_series_below_each_other(window, store, qtbot):
    window.export_page()
    qtbot.waitUntil(lambda: window.settled)
    (path,) = store.paths.reports.iterdir()
    assert path.name.startswith("explore-")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[2] == '"Series","Marking","Unit","From (UTC)","Least","Most","Note"'
    span = window.views["explore"].view.span
    drawn = [line for one in window.views["explore"].grid.charts for line in one.lines]
    inside = sum(int(((one.reduced.time >= span.start) & (one.reduced.time <= span.end)).sum()) for one in drawn)
    silent = len(drawn)  # all of them end 6 minutes ago
    assert len(lines) == 4 + inside + silent


def test_that_a_sheet_without_a_marking_has_that_of_its_page(window):
    window.show_sheet(Sheet("Anything", None, ("a",), [(1.0,)]))
    assert card(window).table.level is window.hosts["explore"].page.marking(window.hosts["explore"].data)


def test_that_a_unit_that_all_numbers_share_is_said_once_above_and_leaves_with_every_head(look, qtbot):
    rows = [(Moment(0.0), 0.3, 1.0), (Moment(60.0), 0.297, 12.5)]
    made = DataCard(look, Sheet("Latency", Level.S, ("Time (UTC)", "p50 (seconds)", "p95 (seconds)"), rows))
    qtbot.addWidget(made)
    assert [column.title for column in made.table.rows.columns] == ["Time (UTC)", "p50", "p95"]
    assert "Secret, Latency, in seconds" in [part.accessibleName() for part in made.findChildren(QWidget)]
    assert made.table.sheet("", Level.S).heads == ("Time (UTC)", "p50 (seconds)", "p95 (seconds)")
    mixed = DataCard(look, Sheet("Comparison", Level.S, ("Time (UTC)", "a (seconds)", "b (bytes)"), rows))
    qtbot.addWidget(mixed)
    assert [column.title for column in mixed.table.rows.columns] == ["Time (UTC)", "a (seconds)", "b (bytes)"]


def test_that_numbers_of_a_column_have_their_points_below_each_other(look, qtbot):
    rows = [(0.3, 4.0, 1e-9), (0.297, 12.0, 2.0), (NAN, -3.0, math.inf)]
    made = DataCard(look, Sheet("x", Level.S, ("a", "b", "c"), rows))
    qtbot.addWidget(made)
    said = [[column.says(row) for row in rows] for column in made.table.rows.columns]
    assert said[0] == ["0.300", "0.297", "no data"]
    assert said[1] == ["4", "12", "−3"]
    assert said[2] == ["1.00000e−09", "2", "∞"]


def test_that_a_hundred_thousand_rows_open(window):
    times, values = np.arange(100_000.0), np.sin(np.arange(100_000.0))
    rows = list(zip(map(Moment, times.tolist()), values.tolist(), strict=True))
    window.show_sheet(Sheet("Large", Level.S, ("Time (UTC)", "p95 (seconds)"), rows))
    window.grab()
    assert isinstance(window.overlay, Overlay)
    assert window.overlay.findChild(Table).rows.rowCount() == 100_000


def go(window, page, qtbot):
    window.show_page(page)
    qtbot.waitUntil(lambda: window.settled)
    return window.views[page]


def test_that_d_on_a_deployment_shows_the_curve_of_its_cell(window, qtbot):
    view = go(window, "overview", qtbot)
    cell = next(one for row in view.matrix.matrix.fleet.rows for one in row.cells.values() if one.spark is not None)
    view.matrix.select_cell(cell.endpoint.id, cell.enclave.id)
    view.matrix.setFocus()
    QTest.keyClick(view.matrix, Qt.Key.Key_D)
    values = [row[1] for row in card(window).table.rows.rows]
    assert np.array_equal(values, np.array(cell.spark.value), equal_nan=True)
    assert card(window).table.level is cell.enclave.level
    first, second = (row[0] for row in card(window).table.rows.rows[:2])
    assert first == cell.spark.start
    assert second - first == pytest.approx((cell.spark.end - cell.spark.start) / len(values))


def test_that_d_without_a_cell_shows_the_matrix(window, qtbot):
    view = go(window, "overview", qtbot)
    view.matrix.setCurrentIndex(QModelIndex())
    view.matrix.setFocus(Qt.FocusReason.OtherFocusReason)
    view.matrix.tell_numbers()
    assert card(window).accessibleName() == "Health of every endpoint"


def test_that_d_over_the_lanes_of_freshness_shows_when_bundles_came(window, qtbot):
    view = go(window, "overview", qtbot)
    point_at(window, view._fresh, QPoint(60, 10))
    view.attention.setFocus()
    QTest.keyClick(view.attention, Qt.Key.Key_D)
    assert card(window).accessibleName() == "Data freshness"
    assert len(card(window).table.rows.rows) == sum(max(1, len(lane.received)) for lane in view._fresh._lanes)


def test_that_d_on_the_sync_page_shows_every_block_of_its_lanes(window, told, qtbot):
    view = go(window, "sync", qtbot)
    QTest.keyClick(view.table, Qt.Key.Key_D)
    rows = card(window).table.rows.rows
    assert len(rows) == sum(len(lane.arrivals) for lane in told.sync.lanes)
    assert card(window).table.level is Level.TS


def test_that_a_page_without_a_chart_says_so(window, qtbot):
    view = go(window, "sync", qtbot)
    view._lanes.hide()
    QTest.keyClick(view.table, Qt.Key.Key_D)
    assert window.overlay is None
    assert window.strip.message.title == "There is no chart here"
