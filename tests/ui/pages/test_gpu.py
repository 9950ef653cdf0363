import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint

from app.errors import StoreBusy
from app.job import Job
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.gpu_floor import HEAT, USE, Measure
from app.ui.controls import PushButton
from app.ui.gpu.section_table import Spot
from app.ui.page import Ask, Place, Subject
from app.ui.pages.gpu import GpuView, finds, load, marking, oldest_in_view
from app.ui.states import Kind, failed, loading
from tests.fakes import answers, gpus
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, U1, catalogue, minutes, node, series
from tests.fakes.stores import bring, open_store, station


def ask(hidden=(), subject=None):
    return Ask(None, gpus.STATION, answers.NOW, answers.DAY, frozenset(hidden), subject=subject)


@pytest.fixture
def view(look, on_show):
    return on_show(GpuView(look))


@pytest.fixture
def show(view, runner, qtbot):
    def shown(hidden=(), subject=None, **other):
        view.show_data(gpus.gpu_data(ask(hidden, subject), **other))
        qtbot.waitUntil(lambda: runner.idle)
        return view

    return shown


@pytest.fixture
def store_of_nine(tmp_path):
    store, end = open_store(tmp_path, NOW), NOW - 5 * MINUTE
    for number in range(9):
        enclave = replace(U1, id=f"e{number}", name=f"Site {number}")
        own = {"enclave": enclave.id, "node": "n01", "gpu": "0"}
        rows = [series(USE, own, minutes(end, 2), 0.5, f"prometheus/dcgm/{number}")]
        bring(store, catalogue(enclave, node(enclave, "n01", 1)), TimeRange(end - DAY, end), rows)
    return Ask(lambda: store, station(Level.TS), NOW, TimeRange(NOW - DAY, NOW))


def press(view, text):
    next(key for key in view.page_keys() if key.press == text).act()


def states(view):
    return [panel.state for panel in (view.panel, *view._others)]


def test_that_the_page_shows_everything_that_it_promises(show):
    view = show()
    assert states(view) == [None] * 6
    assert [len(table.gpus.rows) for table in view.wall.tables] == [3, 2, 1]
    assert view.heat._rows.value.shape == (6, 97)
    assert len(view.exceptions.attention.rows.rows) == 4
    assert len(view.capacity.rows.rows) == 3
    assert [len(trend.chart.lines) for trend in (view.use, view.memory)] == [3, 3]
    assert len(view.memory.chart._fans) == 1
    assert "One GPU has failed" in view.sentence.words
    assert "Secret reaches" in view.sentence.below


def test_that_a_key_shows_the_next_measure_in_cells_and_over_time(show, runner, qtbot):
    view = show()
    press(view, "M")
    qtbot.waitUntil(lambda: runner.idle)
    assert view.wall.measure is Measure.ACTIVE
    assert view.heat._rows.measure is Measure.ACTIVE
    assert "SM activity" in view._heat_panel.accessibleName()
    press(view, "V")
    assert [section.title for section in view.wall.sections] == ["A100-80G", "A100-80G MIG", "H100-80G"]


def test_that_a_reload_keeps_measure_grouping_and_the_opened_gpu(show, runner, qtbot):
    view = show()
    press(view, "V")
    press(view, "M")
    view.open_spot(Spot("s-core", "s-n01", "1"))
    show()
    assert view.wall.measure is Measure.ACTIVE
    assert len(view.wall.sections) == 3
    assert view.exceptions.spot == Spot("s-core", "s-n01", "1")


def test_that_the_next_problem_is_chosen_and_opened_and_escape_goes_back(show):
    view = show()
    view.next_problem(1)
    assert view.exceptions.spot == view.wall.spot() == Spot("s-core", "s-n01", "1")
    view.next_problem(1)
    assert view.wall.spot() == Spot("u-east", "u-n02", "0")
    assert view.step_back()
    assert view.exceptions.spot is None
    assert not view.step_back()


def test_that_a_place_about_a_node_opens_its_worst_gpu_once(show):
    subject = Subject("ts-core", "ts-n01")
    view = show(subject=subject)
    assert view.exceptions.spot == Spot("ts-core", "ts-n01", "0")
    view.step_back()
    show(subject=subject)
    assert view.exceptions.spot is None, "a reload opens nothing that somebody closed"
    show(subject=Subject("ts-core", "gone"))
    assert view.exceptions.spot is None


def test_that_curves_that_come_late_are_not_shown_once_every_enclave_is_hidden(show, view, runner, qtbot):
    show()
    view.show_data(gpus.gpu_data(ask()))  # is still being read when the filter hides all
    show(hidden=[answers.U.id, answers.S.id, answers.TS.id])
    press(view, "M")
    qtbot.waitUntil(lambda: runner.idle)
    assert [state and state.kind for state in states(view)] == [Kind.FILTERED] * 6


def test_that_a_chart_says_how_many_enclaves_it_has_no_line_for(store_of_nine, view, runner, qtbot):
    view.show_data(load(store_of_nine, Job()))
    qtbot.waitUntil(lambda: runner.idle)
    assert len(view.use.chart.lines) == 6
    assert view._use_panel.accessibleName().startswith("In use, 6 of 9 enclaves")
    assert len(view.wall.tables) == len(view.capacity.rows.rows) == 9


def test_that_going_back_to_everything_closes_what_was_about_one_node(show, view):
    show(subject=Subject("ts-core", "ts-n01"))
    view.show_state(loading())  # as the window does for another place
    show()
    assert view.exceptions.spot is None
    assert view.exceptions.attention.isVisible()


def test_that_a_row_of_the_heatmap_leads_to_its_node(show):
    view = show()
    view.heat.opened.emit("s-core", "s-n02")
    assert view.exceptions.spot == Spot("s-core", "s-n02", "0")


def test_that_what_the_filter_hides_is_named_and_one_key_brings_it_back(show):
    view = show(hidden={"s-core"})
    assert [table.gpus.section.title for table in view.wall.tables] == ["Unclassified", "Top Secret"]
    assert view.sentence.below.startswith("Secret hidden by the filter")
    wanted = []
    view.enclave_wanted.connect(wanted.append)
    view = show(hidden={"u-east", "s-core", "ts-core"})
    assert view.panel.state.kind is Kind.FILTERED
    assert not view.panel.measures.isVisible()
    view.panel.acted.emit()
    assert wanted == ["u-east", "s-core", "ts-core"]
    assert states(show()) == [None] * 6


def test_that_no_node_and_no_enclave_are_said_to_be_so(show, qtbot):
    view = show(told=[])
    assert view.panel.state.title == "No GPU node is declared"
    data = gpus.gpu_data(ask())
    empty = replace(data.floor, pictures=(), nodes=(), problems=())
    view.show_data(gpus.Given(empty, data.ask))
    assert view.panel.state.title == "No GPU yet"
    assert view.exceptions.state.kind is Kind.EMPTY, "nothing is hidden where nothing is known"
    button = view.panel.findChild(PushButton)

    def whole():
        return view.panel.rect().contains(button.geometry().translated(button.parentWidget().pos()))

    qtbot.waitUntil(whole)


def test_that_loading_and_errors_are_shown_by_every_panel(show, view, qtbot):
    view.show_state(loading())
    assert {state.kind for state in states(view)} == {Kind.LOADING}
    view.show_state(failed(StoreBusy("The cache is busy.", "Try again.")))
    assert view.panel.state.kind is Kind.ERROR
    assert "cannot be read" in view.sentence.words
    with qtbot.waitSignal(view.retry_wanted):
        view.panel.acted.emit()
    assert states(show()) == [None] * 6


def test_that_a_part_that_cannot_be_read_leaves_the_others(view, runner, qtbot):
    class Broken(gpus.Given):
        __slots__ = ()

        def heat(self, measure, job):
            raise StoreBusy("The cache is busy.", "Try again.")

        def forecasts(self, job):
            raise StoreBusy("The cache is busy.", "Try again.")

    data = gpus.gpu_data(ask())
    view.show_state(loading())
    view.show_data(Broken(data.floor, data.ask))
    qtbot.waitUntil(lambda: runner.idle)
    assert view._heat_panel.state.kind is Kind.ERROR
    assert view.panel.state is None
    assert view._capacity_panel.state is None
    assert "Secret reaches" not in view.sentence.below


def test_that_everything_is_read_on_another_thread(view, runner, qtbot):
    threads = []

    class Watched(gpus.Given):
        __slots__ = ()

        def heat(self, measure, job):
            threads.append(threading.current_thread())
            return super().heat(measure, job)

        def curves(self, measure, span, columns, job):
            threads.append(threading.current_thread())
            return super().curves(measure, span, columns, job)

    data = gpus.gpu_data(ask())
    view.show_data(Watched(data.floor, data.ask))
    qtbot.waitUntil(lambda: runner.idle)
    assert len(threads) >= 3
    assert threading.main_thread() not in threads


@pytest.mark.parametrize("width", [960, 1266, 1680])
def test_that_nothing_is_cut_off_however_wide_the_page_is(show, view, width, qtbot):
    view.parentWidget().parentWidget().resize(width, 700)
    show()

    def inside(panel):
        return view.rect().contains(panel.rect().translated(panel.mapTo(view, QPoint(0, 0))))

    # the page takes its height when the layout's own request has come round
    qtbot.waitUntil(lambda: all(inside(panel) for panel in (view.panel, *view._others)))
    for table in view.wall.tables:
        assert table.geometry().right() < view.wall.width()
        assert table.horizontalScrollBar().maximum() == 0


def test_that_nodes_are_found_by_name_worst_first():
    found = finds(gpus.gpu_data(ask()))
    assert [(one.words, one.health) for one in found][:2] == [("s-n01", Health.CRITICAL), ("u-n02", Health.WARNING)]
    assert found[0].place == Place("gpu", Subject("s-core", "s-n01"))
    assert found[0].detail == "GPU 1 XID 79: fell off the bus"
    assert len(found) == 6


def test_that_the_page_is_marked_and_names_its_oldest_data():
    data = gpus.gpu_data(ask())
    assert marking(data) is Level.TS
    oldest = oldest_in_view(data)
    assert (oldest.level, oldest.health) == (Level.TS, Health.WARNING)
    assert oldest_in_view(gpus.gpu_data(ask({"u-east", "s-core", "ts-core"}))) is None


def test_that_the_sheet_is_there_when_there_are_gpus(show, view):
    assert view.sheet() is None
    assert len(show().sheet().rows) == 14


def test_that_a_real_store_is_read_and_drawn(base_dir, view, runner, qtbot):
    store = open_store(base_dir, NOW)
    end = NOW - 5 * MINUTE
    rows = [
        series(
            metric, {"enclave": "enc-u1", "node": "n01", "gpu": name}, minutes(end, 26), value, "prometheus/dcgm/n01"
        )
        for name in "01"
        for metric, value in ((USE, 0.5), (HEAT, 50.0))
    ]
    bring(store, catalogue(U1, node(U1, "n01")), TimeRange(end - DAY, end), rows)
    question = Ask(lambda: store, station(Level.TS), NOW, TimeRange(NOW - 24 * HOUR, NOW))
    data = load(question, Job())
    view.show_data(data)
    qtbot.waitUntil(lambda: runner.idle)
    assert view.wall.tables[0].gpus.rowCount() == 1
    assert view.heat._rows.value[0, -3] == pytest.approx(0.5)
    assert float(view.use.chart.lines[0].trace.most[-1]) == pytest.approx(0.5)
    assert view.capacity.column(4).says(view.capacity.rows.rows[0]) == "not known"
