"""The period in the window: stepped, offered, remembered, saved with a view, and gone on with the calendar."""

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QSettings, Qt

from app.ui.page import Place
from app.ui.shell.memory import Memory
from app.ui.shell.naming import NameCard
from app.ui.shell.palette import PaletteCard
from app.ui.shell.periods import choices
from app.ui.shell.saved import SavedView, keep_views, read_views
from tests.fakes import answers

CTRL = Qt.KeyboardModifier.ControlModifier


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def opened(open_window, qtbot):
    """A window on the page of service levels; 12 November 2026."""

    def make(**given):
        window = open_window(**given)
        window.show_page("service-levels")
        settle(window, qtbot)
        return window

    return make


def settle(window, qtbot):
    qtbot.waitUntil(lambda: window.settled and not window.views["service-levels"]._wait.isActive())


def asked(window):
    return window.hosts["service-levels"].data.ask.period


def press(window, qtbot, keys):
    qtbot.keyClicks(window.focusWidget(), keys)
    settle(window, qtbot)


def test_that_the_brackets_step_the_period_here_and_the_range_elsewhere(opened, qtbot):
    window = opened()
    assert (asked(window), plain(window.header.range.accessibleName())) == ("2026-11", "Period: November 2026")
    before = window.range
    press(window, qtbot, "[")
    assert (asked(window), plain(window.header.range.accessibleName())) == ("2026-10", "Period: October 2026")
    press(window, qtbot, "[[")
    assert asked(window) == "2026-08"
    press(window, qtbot, "]]]")
    assert asked(window) == "2026-11"
    press(window, qtbot, "]")
    assert asked(window) == "2026-11", "what has not begun is not offered"
    assert window.range == before
    window.show_page("overview")
    settle(window, qtbot)
    assert window.header.range.accessibleName().startswith("Time range: ")
    qtbot.keyClicks(window.focusWidget(), "[")
    assert (window.range, window.period) == (before - 1, "")


def test_that_the_palette_offers_periods_and_takes_one(opened, qtbot):
    window = opened()
    window.commanding.open_palette()
    query = window.focusWidget()
    qtbot.keyClicks(query, "quarter 3")
    card = window.overlay.findChild(PaletteCard)
    assert "Quarter 3, 2026" in [getattr(row, "words", "") for row in card.list.found.rows]
    qtbot.keyClick(query, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert (window.period, asked(window)) == ("2026-Q3", "2026-Q3")


def test_that_the_palette_offers_ranges_where_the_page_is_by_ranges(open_window, qtbot):
    window = open_window()
    window.commanding.open_palette()
    qtbot.keyClicks(window.focusWidget(), "quarter 3")
    card = window.overlay.findChild(PaletteCard)
    assert "Quarter 3, 2026" not in [getattr(row, "words", "") for row in card.list.found.rows]


def test_that_the_menu_of_the_control_takes_a_period(opened, qtbot):
    window = opened()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_T)
    window.overlay.card.picked.emit([one.period for one in choices("", answers.NOW)].index("30d"))
    settle(window, qtbot)
    assert (window.overlay, asked(window)) == (None, "30d")


def test_that_a_period_comes_back_in_the_next_run(opened, qtbot):
    window = opened()
    window.set_period("2026-Q3")
    settle(window, qtbot)
    window.close()
    window = opened()
    assert (window.period, asked(window)) == ("2026-Q3", "2026-Q3")


def test_that_the_month_of_now_is_remembered_as_such_and_not_by_its_name(opened, qtbot, tmp_path):
    window = opened()
    window.set_period("2026-10")
    window.set_period("")
    settle(window, qtbot)
    window.close()
    kept = Memory(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    assert kept.text("window/period", "none") == ""


@pytest.mark.parametrize("damage", ["2026-13", "31d", "November", "2026-11; rm", "\x00", 7, "[]"])
def test_that_a_damaged_period_is_the_current_month(opened, tmp_path, damage):
    file = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    file.setValue("window/period", damage)
    file.sync()
    window = opened()
    assert (window.period, asked(window)) == ("", "2026-11")


def test_that_at_the_turn_of_the_month_the_header_says_what_is_asked_for(opened, qtbot):
    window = opened()
    window.desk.clock.at = datetime(2026, 12, 1, 0, 0, 5, tzinfo=UTC).timestamp()
    window.ask_again()
    settle(window, qtbot)
    assert asked(window) == "2026-12"
    assert plain(window.header.range.accessibleName()) == "Period: December 2026"


def test_that_what_was_asked_for_another_period_is_not_shown_under_this_one(opened, qtbot):
    window = opened()
    view = window.views["service-levels"]
    assert view._panel.state is None
    window.set_period("2026-08")
    assert view._panel.state is not None, "loading, until the answer of August is here"
    settle(window, qtbot)
    assert view._panel.state is None


@pytest.mark.parametrize("short", [False, True])
def test_that_the_control_has_room_for_every_period(opened, short):
    window = opened()
    button, metrics = window.header.range, window.desk.look.fonts.metrics("medium")
    button.short = short
    months = [f"2026-{month:02}" for month in range(1, 13)]
    for one in [offer for period in ("2026-Q4", "2026", "365d", *months) for offer in choices(period, answers.NOW)]:
        button.show_period(one.words, one.short)
        room = button.sizeHint().width() - 8 - 66  # the rim, and the signs at both sides
        assert metrics.horizontalAdvance(one.short if short else one.words) <= room, one


# --- saved views ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["", "2026-09", "2026-Q4", "2026", "30d", None])
def test_that_a_view_is_kept_with_its_period(tmp_path, period):
    memory = Memory(QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat))
    view = SavedView("Month end", Place("service-levels"), 2, frozenset(), period)
    keep_views(memory, [view])
    assert read_views(memory) == [view]


@pytest.mark.parametrize("damage", ["2026-13", 9, ["2026-09"], {"a": 1}, "last month"])
def test_that_a_view_with_a_damaged_period_stays_without_it(tmp_path, damage):
    memory = Memory(QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat))
    record = {"name": "x", "place": ["service-levels"], "range": 2, "hidden": [], "period": damage}
    memory.keep_record("views", [record])
    assert read_views(memory) == [SavedView("x", Place("service-levels"), 2, frozenset(), None)]


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("", "Current month"),
        ("2026-09", "September 2026"),
        ("2026-Q4", "Quarter 4, 2026"),
        ("30d", "Last 30 days"),
        ("2026", "Year 2026"),
    ],
)
def test_that_a_view_says_its_period(period, words):
    assert SavedView("x", Place("service-levels"), 2, frozenset(), period).range_words == words


def test_that_a_view_brings_its_period_back_and_its_name_says_it(opened, qtbot):
    window = opened()
    press(window, qtbot, "[")
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_S, CTRL)
    field = window.overlay.findChild(NameCard).field
    assert plain(field.text()) == "Service levels, October 2026"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    window.set_period("")
    window.show_page("overview")
    settle(window, qtbot)
    (view,) = window.commanding.views_saved
    assert view.period == "2026-10"
    window.commanding.open_view(view)
    settle(window, qtbot)
    assert (window.page, window.period, asked(window)) == ("service-levels", "2026-10", "2026-10")


def test_that_a_view_of_another_page_leaves_the_period_alone(opened, qtbot):
    window = opened()
    window.set_period("2026-Q3")
    window.show_page("overview")
    settle(window, qtbot)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_S, CTRL)
    qtbot.keyClick(window.overlay.findChild(NameCard).field, Qt.Key.Key_Return)
    (view,) = window.commanding.views_saved
    assert view.period is None
    window.set_period("30d")
    window.commanding.open_view(view)
    settle(window, qtbot)
    assert window.period == "30d"
