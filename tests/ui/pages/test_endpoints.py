"""The endpoints page on real, small stores."""

import math

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.clock import FrozenClock
from app.job import Job
from app.model.event import Event
from app.model.health import Health
from app.model.marking import Level
from app.model.objective import Indicator, Method, Selector, Window
from app.model.register import AddObjective
from app.model.time_range import TimeRange
from app.register import apply
from app.ui.charts.view import View
from app.ui.endpoint.lanes import EventLanes, Happening
from app.ui.page import Ask, Place, Subject
from app.ui.pages.endpoints import EndpointsView, load, marking, oldest_in_view
from app.ui.states import Kind, failed, loading
from tests.fakes import answers
from tests.fakes.desk import Answers
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, U1, catalogue, endpoint, last, serving
from tests.fakes.objectives import ANNA, promise
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
HISTORY = TimeRange(END - 31 * DAY, END)
STATION = station(Level.TS)
RAG = Subject("enc-u1", "rag")


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path, NOW)
    rows = serving(U1, "rag", END, endpoint_errors=last(30.0, 20, 0.0))
    told = [
        Event("enc-u1", "deployment", "d", "rag", END - 30 * MINUTE, None, "2.0 takes over", (("version", "2.0"),)),
        Event("enc-u1", "alert", "a", "rag", END - 19 * MINUTE, None, "errors above 1 %"),
    ]
    bring(store, catalogue(U1, endpoint(U1, "rag", owner="Duty")), HISTORY, rows, events=told)
    bring(store, catalogue(S1, endpoint(S1, "rag")), HISTORY, serving(S1, "rag", END))
    return store


@pytest.fixture
def view(look, on_show):
    return on_show(EndpointsView(look))


def ask(store, subject=None, *, hidden=(), at=NOW, seconds=DAY):
    return Ask(lambda: store, STATION, at, TimeRange(at - seconds, at), frozenset(hidden), None, subject)


@pytest.fixture
def show(view, store, runner, qtbot):
    def shown(subject=None, **other):
        view.turn_to(subject)
        data = load(ask(store, subject, **other), Job())
        view.show_data(data)
        qtbot.waitUntil(lambda: runner.idle)
        return data

    return shown


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def press(view, text):
    next(key for key in view.page_keys() if key.press == text).act()


# --- the list ---------------------------------------------------------------------------------------------------


def test_that_the_list_is_worst_first_and_opens_the_chosen_one(view, show, qtbot):
    show()
    rows = view.list.table.rows.rows
    assert [(row.enclave.id, row.health) for row in rows] == [
        ("enc-u1", Health.CRITICAL),
        ("enc-s1", Health.HEALTHY),
    ]
    with qtbot.waitSignal(view.show_wanted) as told:
        QTest.keyClick(view.first_focus(), Qt.Key.Key_Return)
    assert told.args == [Place("endpoints", RAG)]


def test_that_each_row_is_said_in_words(view, show):
    show()
    model = view.list.table.model()
    said = [plain(model.index(0, n).data(Qt.ItemDataRole.AccessibleTextRole)) for n in range(model.columnCount())]
    assert "rag: critical" in said[0]
    assert "Unclassified" in said[1]
    assert said[4] == "Errors: 5.00 %"
    assert said[-1].startswith("Why: Error rate 5 % against a limit of 1 %")


def test_that_the_list_narrows_sorts_and_leaves_as_numbers(view, show):
    show()
    press(view, "/")
    assert view.list.filter.field.hasFocus()
    QTest.keyClicks(view.list.filter.field, "secret")
    view.list.filter._narrow()
    assert [row.enclave.id for row in view.list.table.rows.rows] == ["enc-s1"]
    sheet = view.sheet()
    assert (sheet.level, len(sheet.rows)) == (Level.S, 1)
    assert dict(zip(sheet.heads, sheet.rows[0], strict=True))["p95, s"] == 0.5
    assert view.step_back()
    assert len(view.list.table.rows.rows) == 2
    assert not view.step_back()


def test_that_next_problem_goes_only_to_what_is_bad(view, show):
    show()
    view.list.table.choose(1)
    view.next_problem(1)
    assert view.list.table.currentIndex().row() == 0


def test_that_a_filtered_and_an_empty_list_say_so(view):
    told = Answers()
    everything = frozenset({answers.U.id, answers.S.id, answers.TS.id})
    hidden = told.endpoints(Ask(None, STATION, answers.NOW, answers.DAY, everything), Job())
    view.show_data(hidden)
    assert view.list._panel.state.kind is Kind.FILTERED
    assert "worst critical" in view.list._sentence.below


def test_that_old_data_are_no_good_news(view, show):
    show(at=NOW + 2 * DAY)
    assert view.list._sentence.words.startswith("No endpoint has current data.")


def test_that_what_is_unknown_is_not_called_well(view, show, store):
    show(hidden=["enc-u1"])
    assert view.list._sentence.words == "Nothing is critical or a warning."
    bring(store, catalogue(S1, endpoint(S1, "rag"), endpoint(S1, "mute")), TimeRange(END, NOW), seq=2, received=NOW)
    show(hidden=["enc-u1"])
    said = "Nothing of which the state is known now is critical or a warning."
    assert view.list._sentence.words == said


def test_that_a_station_without_endpoints_leads_to_importing(view, tmp_path, qtbot):
    empty = open_store(tmp_path / "empty", NOW)
    view.show_data(load(ask(empty), Job()))
    state = view.list._panel.state
    assert (state.kind, state.action, view.list._sentence.below) == (Kind.EMPTY, "Import a bundle", "")
    with qtbot.waitSignal(view.import_wanted):
        view.list._panel.acted.emit()


# --- one endpoint -------------------------------------------------------------------------------------------------


def test_that_the_sentence_says_what_is_wrong_since_when_and_after_which_change(view, show):
    show(RAG)
    # 30 of 600 fail from END - 20 min on; the second bad minute passes 1 % over five, the fourth enters the state
    said = plain(view.detail.head.words)
    assert said.startswith("One in 20 requests fails. It began at ")
    assert said.endswith("after this: 2.0 takes over.")
    assert view.detail.head.accessibleName().startswith("rag, Unclassified. Critical since ")
    evidence = view.detail.head.tip_at(QPointF(5, 5))
    assert "what caused it they do not" in evidence
    assert "collector-enc-u1 1, received" in evidence


def test_that_the_charts_share_one_clock_and_show_their_limits(view, show):
    show(RAG)
    charts = view.detail.stack.charts
    assert list(charts) == ["Latency", "Error rate", "Throughput", "Queue", "Saturation", "Replicas"]
    assert len({chart.view for chart in charts.values()}) == 1
    assert {chart.plot.left() for chart in charts.values()} == {view.detail.stack.lanes._left}
    assert [plain(limit.words) for limit in charts["Error rate"]._thresholds] == ["critical 1.00 %", "warning 0.50 %"]
    assert charts["Error rate"]._value == ("5.00\N{NO-BREAK SPACE}%", Health.CRITICAL)
    assert [band.health for band in charts["Latency"]._bands] == [Health.CRITICAL]


P95 = Selector("endpoint_latency_seconds", (("quantile", "0.95"),))


def keep_promises(store, *objectives):
    with store.state() as state:
        for one in objectives:
            apply(AddObjective(one, "agreed"), state, ANNA, FrozenClock(NOW - 9 * DAY))


def test_that_charts_show_what_was_promised_beside_the_limits(view, show, store):
    slow = promise(
        "rag-p95", title="Answers within 1 s", endpoint_glob="rag", target=0.99, party="Analysts",
        indicator=Indicator("threshold", metric=P95, op="lte", value=1.0), method=Method.TIMESLICES,
        slice_seconds=300.0, slice_target=0.8,
    )  # fmt: skip
    keep_promises(store, promise(endpoint_glob="rag"), slow, promise("others", endpoint_glob="chat"))
    show(RAG)
    charts = view.detail.stack.charts
    latency, errors = charts["Latency"]._thresholds, charts["Error rate"]._thresholds
    assert [(plain(one.words), one.promised) for one in errors] == [
        ("objective 0.10 %", True), ("critical 1.00 %", False), ("warning 0.50 %", False),
    ]  # fmt: skip
    assert [plain(one.words) for one in latency if one.promised] == ["p95 objective 1.00 s"]
    assert {one.promised for one in latency} == {True, False}
    assert plain(latency[0].tip).split("\n") == [
        "rag-p95: Answers within 1 s. Promised to: Analysts.",
        "p95 at most 1.00 s in 99 % of slices of 5 min, each good with 80 % of its samples, over the last 30 d.",
        "Version station-04/2, in force since 12 Sep 2026 14:14 Z.",
    ]
    assert plain(errors[0].tip).split("\n")[1] == (
        "99.9 % of requests without error, so 0.10 % may fail, over the last 30 d."
    )


def test_that_a_limit_at_the_value_of_a_promise_is_drawn_once(view, show, store):
    month = Window("calendar", unit="month", zone="Europe/Berlin")
    keep_promises(store, promise(endpoint_glob="rag", target=0.99, window=month))
    show(RAG)
    errors = view.detail.stack.charts["Error rate"]._thresholds
    assert [plain(one.words) for one in errors] == ["objective and critical limit 1.00 %", "warning 0.50 %"]
    assert plain(errors[0].tip).split("\n")[1].endswith("over each month (Europe/Berlin).")


def test_that_two_promises_of_one_value_are_one_line_that_explains_both(view, show, store):
    keep_promises(store, promise(endpoint_glob="rag"), promise("rag-two", endpoint_glob="rag", party="Analysts"))
    show(RAG)
    errors = [one for one in view.detail.stack.charts["Error rate"]._thresholds if one.promised]
    assert [one.value for one in errors] == [0.001]
    assert "rag-availability: " in errors[0].tip
    assert "rag-two: " in errors[0].tip


def test_that_words_in_a_lane_never_run_into_each_other(look, show_in):
    """In a gap too narrow for the words of two changes, those of the first are as if it stood alone."""
    span = TimeRange(NOW - DAY, NOW)
    lanes = EventLanes(look, View(span))
    show_in(lanes, 800, 80)

    def picture(*changes):
        lanes._changes = [Happening(at, math.nan, said, None) for at, said in changes]
        return lanes.grab().toImage()

    first, second = (NOW - 10 * HOUR, "3 of 6 replicas ready"), (NOW - 4 * HOUR, "4 of 6 replicas ready and more")
    both, alone = picture(first, second), picture(first)
    end = round((lanes._x(second[0]) - 2) * both.devicePixelRatio())
    assert both.copy(0, 0, end, both.height()) == alone.copy(0, 0, end, alone.height())
    assert both != alone


def test_that_lanes_are_said_and_walked_with_the_arrows(view, show):
    show(RAG)
    lanes = view.detail.stack.lanes
    said = lanes.accessibleName()
    assert "errors above 1 %" in said
    assert "2.0 takes over" in said
    assert "one bundle" in said
    view.next_problem(-1)
    assert lanes.hasFocus()
    assert view.detail.view.moment == END - 19 * MINUTE
    QTest.keyClick(lanes, Qt.Key.Key_Left)
    assert view.detail.view.moment == END - 30 * MINUTE


def test_that_what_lies_under_the_pointer_in_a_lane_is_explained(view, show):
    show(RAG)
    lanes = view.detail.stack.lanes
    x = lanes._x(END - 15 * MINUTE)
    assert "errors above 1 %" in lanes.tip_at(QPointF(x, 12))
    assert lanes.tip_at(QPointF(lanes._x(END - 5 * HOUR), 12)) == ""


def test_that_numbers_of_a_chart_are_marked_with_what_they_are(view, show, qtbot):
    show(RAG)
    with qtbot.waitSignal(view.sheet_wanted) as told:
        view.detail.stack.charts["Latency"].tell_numbers()
    # the page shows Secret as well, where the same endpoint serves; these numbers are Unclassified
    assert (told.args[0].title, told.args[0].level) == ("rag: latency", Level.U)
    assert marking(load(ask(view.detail._ask.store, RAG), Job())) is Level.S


def test_that_what_stands_in_the_lanes_is_a_table_as_well(view, show, qtbot):
    show(RAG)
    with qtbot.waitSignal(view.sheet_wanted) as told:
        view.detail.stack.lanes.tell_numbers()
    rows = [(row[0], float(row[1]), row[3]) for row in told.args[0].rows]
    assert rows == [
        ("Alert", END - 19 * MINUTE, "errors above 1 %"),
        ("Change", END - 30 * MINUTE, "2.0 takes over"),
        ("Import", END + 60.0, "bundle received"),
    ]


def test_that_the_table_of_the_lanes_holds_what_their_window_shows(view, show, qtbot):
    show(RAG)
    view.detail.view.show_span(TimeRange(END - 25 * MINUTE, END - 10 * MINUTE))
    with qtbot.waitSignal(view.sheet_wanted) as told:
        view.detail.stack.lanes.tell_numbers()
    assert [row[0] for row in told.args[0].rows] == ["Alert"]


def test_that_an_alert_that_outlives_the_samples_ends_where_it_began(view, show, store):
    later = Event("enc-u1", "alert", "b", "rag", END + 3 * MINUTE, None, "no answer")
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(END, NOW), events=[later], seq=2, received=NOW)
    show(RAG)
    newest = max(view.detail.stack.lanes._alerts, key=lambda one: one.start)
    assert (newest.text, newest.end - newest.start) == ("no answer", 0.0)


def test_that_the_same_endpoint_elsewhere_is_one_key_away(view, show, qtbot):
    show(RAG)
    with qtbot.waitSignal(view.show_wanted) as told:
        press(view, "E")
    assert told.args == [Place("endpoints", Subject("enc-s1", "rag"))]


def test_that_a_window_moved_by_hand_stays_when_new_data_come(view, show):
    show(RAG)
    view.detail.view.zoom(0.25, NOW - 3 * HOUR)
    window = view.detail.view.span
    show(RAG)
    assert view.detail.view.span == window


def test_that_old_data_are_last_known_and_grey(view, show, store):
    show(RAG, at=NOW + 2 * DAY, seconds=7 * DAY)
    head = view.detail.head
    assert "Last known critical, as of" in head.accessibleName()
    assert plain(head.words).startswith("One in 20 requests failed.")
    assert view.detail.stack.charts["Latency"]._stale


def test_that_a_range_without_data_says_where_they_end(view, show):
    show(RAG, at=NOW + 3 * HOUR, seconds=HOUR)
    assert "Nothing of this range is known: the data end at" in view.detail.head.words


def test_that_an_endpoint_nobody_declares_leads_back_to_the_list(view, show, qtbot):
    show(Subject("enc-u1", "gone"))
    state = view.detail._main.state
    assert (state.kind, state.action) == (Kind.EMPTY, "All endpoints")
    assert not view.detail._columns.rail.isVisible()
    with qtbot.waitSignal(view.show_wanted) as told:
        view.detail._main.acted.emit()
    assert told.args == [Place("endpoints")]


def test_that_an_endpoint_of_a_hidden_enclave_still_names_its_state(view, show, qtbot):
    show(RAG, hidden=["enc-u1"])
    state = view.detail._main.state
    assert (state.kind, state.text) == (Kind.FILTERED, "rag is critical there")
    with qtbot.waitSignal(view.enclave_wanted) as told:
        view.detail._main.acted.emit()
    assert told.args == ["enc-u1"]


def test_that_nothing_of_an_endpoint_is_left_once_its_enclave_is_hidden(view, show, store, runner, qtbot):
    show(RAG)
    view.show_data(load(ask(store, RAG), Job()))  # its curves are still being read when the filter hides it
    show(RAG, hidden=["enc-u1"])
    assert view.detail._main.state.kind is Kind.FILTERED
    assert view.detail.head.words == ""
    assert view.detail.head.accessibleName() == "rag"
    assert view.sheet() is None


def test_that_an_endpoint_that_was_retired_has_no_state_any_more(view, show, store):
    show(RAG)
    gone = catalogue(U1, endpoint(U1, "rag", retired_at=NOW - MINUTE), as_of=NOW)
    bring(store, gone, TimeRange(END, NOW), seq=2, received=NOW)
    show(RAG)
    assert view.detail._main.state.kind is Kind.EMPTY
    assert view.detail.head.accessibleName() == "rag"


def test_that_turning_to_another_one_shows_nothing_of_the_last(view, show):
    show(RAG)
    view.turn_to(Subject("enc-s1", "rag"))
    view.show_state(loading())
    assert view.detail.head.words == ""
    assert view.detail._main.state.kind is Kind.LOADING


def test_that_an_error_says_what_and_offers_to_try_again(view, show, qtbot):
    show(RAG)
    view.show_state(failed(ValueError("x")))
    assert view.detail._main.state.kind is Kind.ERROR
    with qtbot.waitSignal(view.retry_wanted):
        view.detail._main.acted.emit()


def test_that_the_page_is_marked_and_aged_with_what_it_shows(view, show):
    one, every = show(RAG), show()
    assert (marking(one), marking(every)) == (Level.S, Level.S)
    assert oldest_in_view(one).name == "Unclassified"
    nothing = show(Subject("enc-u1", "gone"))
    assert (marking(nothing), oldest_in_view(nothing)) == (Level.TS, None)


def test_that_one_endpoint_leaves_as_figures_with_their_units(view, show):
    show(RAG)
    rows = {row[0]: row[1:] for row in view.sheet().rows}
    assert rows["endpoint_error_ratio"][:2] == (pytest.approx(0.05), "ratio")
    assert rows["endpoint_requests_rate"][:2] == (10.0, "1/s")
    assert not math.isnan(rows["state since"][0])
