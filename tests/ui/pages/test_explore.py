import threading
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.errors import StoreBusy
from app.job import Job
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.curves import Listing
from app.ui.page import Ask
from app.ui.pages.explore import ExploreView, load, marking, oldest_in_view
from app.ui.states import Kind, failed, loading
from tests.fakes import answers
from tests.fakes.curves import Told, explore_data, refs
from tests.fakes.desk import STATION
from tests.fakes.fleets import HOUR, NOW, U1, catalogue, endpoint, serving
from tests.fakes.stores import bring, open_store, station


@pytest.fixture
def view(look, on_show):
    return on_show(ExploreView(look))


def ask(hidden=()):
    return Ask(None, STATION, answers.NOW, answers.DAY, frozenset(hidden))


@pytest.fixture
def shown(view, runner, qtbot):
    view.show_data(explore_data(ask()))
    qtbot.waitUntil(lambda: runner.idle)
    return view


def press(view, text):
    next(key for key in view.page_keys() if key.press == text).act()


def test_that_before_a_choice_the_worst_endpoint_s_series_are_shown(shown):
    assert {one.key.label("endpoint") for one in shown.chosen} == {"rag-gateway"}
    assert [len(chart.lines) for chart in shown.grid.charts] == [1, 3, 1]
    assert shown._main.state is None
    assert "rag-gateway" in shown._sentence.words


def test_that_series_are_added_and_taken_away(shown, runner, qtbot):
    gpu = refs()[-1]
    shown.toggle(gpu)
    qtbot.waitUntil(lambda: runner.idle)
    assert shown.grid.charts[-1].lines
    assert shown.grid.charts[-1].level is Level.U
    shown.toggle(gpu)
    qtbot.waitUntil(lambda: runner.idle)
    assert gpu not in shown.chosen
    assert len(shown.grid.charts) == 3


def test_that_a_thirteenth_chart_is_refused_in_words(shown, runner, qtbot):
    for one in refs()[6:]:
        shown.toggle(one)
    qtbot.waitUntil(lambda: runner.idle)
    assert len(shown.grid.charts) == 12
    assert "Twelve charts are shown" in shown._sentence.below


def test_that_a_reload_keeps_the_choice_and_the_window_moved_by_hand(shown, runner, qtbot):
    shown.toggle(refs()[0])
    shown.view.zoom(0.3, answers.NOW - 40_000)
    window, chosen = shown.view.span, list(shown.chosen)
    shown.show_data(explore_data(ask()))
    qtbot.waitUntil(lambda: runner.idle)
    assert (shown.view.span, shown.chosen) == (window, chosen)


def test_that_nothing_chosen_says_what_to_do(shown, runner, qtbot):
    shown.clear()
    qtbot.waitUntil(lambda: runner.idle)
    assert shown._main.state.kind is Kind.EMPTY
    shown.show_data(explore_data(ask()))
    qtbot.waitUntil(lambda: runner.idle)
    assert shown.chosen == [], "a person who cleared the page meant it"


def test_that_what_the_filter_hides_is_neither_listed_nor_shown_and_one_key_brings_it_back(view, runner, qtbot):
    view.show_data(explore_data(ask()))
    qtbot.waitUntil(lambda: runner.idle)
    view.show_data(explore_data(ask({answers.S.id})))
    qtbot.waitUntil(lambda: runner.idle)
    assert all(one.enclave == answers.U.id for one in view.picker.list.series.choices.refs)
    assert not any(one.enclave == answers.S.id for one in view.chosen)
    wanted = []
    view.enclave_wanted.connect(wanted.append)
    view.show_data(explore_data(ask({answers.S.id, answers.U.id})))
    assert view._main.state.kind is Kind.FILTERED
    assert "22" in view._main.state.text
    view._main.acted.emit()
    assert set(wanted) == {answers.S.id, answers.U.id}


def test_that_an_empty_cache_offers_to_import(view):
    wanted = []
    view.import_wanted.connect(lambda: wanted.append(1))
    view.show_data(explore_data(ask(), shown=()))
    assert view._main.state.kind is Kind.EMPTY
    view._main.acted.emit()
    assert wanted == [1]


def test_that_states_take_the_place_of_the_charts(view):
    view.show_state(loading())
    assert view._main.state.kind is Kind.LOADING
    view.show_state(failed(StoreBusy("Another process writes.")))
    assert view._main.state.kind is Kind.ERROR
    assert "cannot be listed" in view._sentence.words


def test_that_a_reading_that_fails_says_so_and_leaves_what_was_there(shown, runner, qtbot):
    class Broken(Told):
        __slots__ = ()

        def read(self, charts, span, columns, job):
            raise StoreBusy("Another process writes.")

    told = explore_data(ask())
    shown.show_data(Broken(told.listing, told.choices, told.ask))
    qtbot.waitUntil(lambda: runner.idle)
    assert shown._main.state is None
    assert "Another process writes." in shown._sentence.below
    assert shown.grid.charts[0].lines


def test_that_nothing_goes_blank_while_a_slow_reading_runs(shown, runner, qtbot):
    go = threading.Event()

    class Slow(Told):
        __slots__ = ()

        def read(self, charts, span, columns, job):
            assert go.wait(5)
            return super().read(charts, span, columns, job)

    told = explore_data(ask())
    shown.show_data(Slow(told.listing, told.choices, told.ask))
    before = [chart.lines for chart in shown.grid.charts]
    for _ in range(6):
        shown.view.pan(-0.2 * shown.view.span.seconds)
        shown.grab()
        assert [chart.lines for chart in shown.grid.charts] == before
        covered = shown.tiles.tile.span
        assert covered.start <= shown.view.span.start
        assert all(bool(line.trace.time.size) for lines in before for line in lines)
    go.set()
    qtbot.waitUntil(lambda: runner.idle)
    assert [chart.lines for chart in shown.grid.charts] != before


def test_that_stale_data_is_drawn_as_last_known(view, runner, qtbot):
    view.show_data(explore_data(ask(), stale=(answers.S.id,)))
    qtbot.waitUntil(lambda: runner.idle)
    assert all(chart._stale for chart in view.grid.charts)
    assert oldest_in_view(explore_data(ask(), stale=(answers.S.id,))).health is Health.WARNING


def test_that_comparing_is_one_key_and_reads_for_the_larger_plot(shown, runner, qtbot):
    press(shown, "C")
    qtbot.waitUntil(lambda: runner.idle)
    assert shown.compare.isVisible()
    assert [one.line.colour for one in shown.compare.compared] == [f"series.{n}" for n in range(1, 6)]
    press(shown, "C")
    assert not shown.compare.isVisible()
    qtbot.waitUntil(lambda: runner.idle)


def test_that_a_slash_goes_to_the_search_and_escape_back(shown, qtbot):
    shown.window().activateWindow()
    press(shown, "/")
    assert shown.picker.search.hasFocus()
    QTest.keyClicks(shown.picker.search, "gpu")
    QTest.keyClick(shown.picker.search, Qt.Key.Key_Escape)
    assert shown.picker.search.text() == ""
    assert shown.picker.list.hasFocus()


def test_that_the_page_is_marked_with_everything_it_lists():
    data = explore_data(ask())
    assert marking(data) is Level.S
    assert oldest_in_view(explore_data(ask(), shown=())) is None


def test_that_a_real_store_is_listed_and_drawn(base_dir):
    store = open_store(base_dir, NOW)
    things = [endpoint(U1, "well"), endpoint(U1, "ill")]
    told = [
        *serving(U1, "well", NOW),
        *serving(U1, "ill", NOW, endpoint_up=0.0, endpoint_errors=500.0),
    ]
    bring(store, catalogue(U1, *things), TimeRange(NOW - 26 * HOUR, NOW), told, received=NOW)
    question = Ask(lambda: store, station(Level.TS), NOW, TimeRange(NOW - HOUR, NOW))
    data = load(question, Job())
    assert isinstance(data.listing, Listing)
    first = data.first(Job())
    assert {one.key.label("endpoint") for one in first} == {"ill"}
    assert first[0].key.metric == "endpoint_latency_seconds"


def test_that_the_title_tells_the_time_that_is_shown_when_the_charts_were_moved(shown):
    assert shown._main._title.replace("\u00a0", " ") == "Last 24 h"
    end = answers.DAY.end
    shown.view.show_span(TimeRange(end - 2 * HOUR, end - HOUR))
    begin, until = (time.strftime("%H:%M", time.gmtime(end - hours * HOUR)) for hours in (2, 1))
    assert shown._main._title.endswith(f"{begin} to {until} Z")
    shown.view.reset()
    assert shown._main._title.replace("\u00a0", " ") == "Last 24 h"


def test_that_series_which_the_filter_hides_are_counted_in_the_line_below(view, runner, qtbot):
    data = explore_data(ask())
    view.show_data(replace(data, listing=replace(data.listing, hidden={"enc-t1": 1_425})))
    qtbot.waitUntil(lambda: runner.idle)
    assert view._sentence.accessibleName().replace("\u00a0", " ").count("1 425 series hidden by the filter. Drag") == 1
