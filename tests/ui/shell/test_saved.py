import json

import pytest
from PySide6.QtCore import QSettings, Qt

from app.ui.page import Place, Subject
from app.ui.shell.memory import Memory
from app.ui.shell.naming import NameCard
from app.ui.shell.saved import SavedView, keep_views, proper_name, read_views
from app.ui.shell.views_card import ViewsCard
from app.ui.shell.way import place_record, read_hidden, read_place
from tests.fakes import answers

CTRL = Qt.KeyboardModifier.ControlModifier
VIEW = SavedView("Night watch", Place("endpoints", Subject("s-1", "rag")), 3, frozenset({"u-1"}))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "window.ini"


def memory_of(file):
    return Memory(QSettings(str(file), QSettings.Format.IniFormat))


def test_that_views_come_back_from_the_file_as_they_were(file):
    other = SavedView('Alle S\u00e4tze; "quoted", 100 %', Place("overview"), 0, frozenset())
    keep_views(memory_of(file), [VIEW, other])
    assert read_views(memory_of(file)) == [VIEW, other]


@pytest.mark.parametrize(
    "damage",
    [
        {"name": "", "place": ["overview"], "range": 1, "hidden": []},
        {"name": "x", "place": [], "range": 1, "hidden": []},
        {"name": "x", "place": ["a", "b"], "range": 1, "hidden": []},
        {"name": "x", "place": ["overview"], "range": 99, "hidden": []},
        {"name": "x", "place": ["overview"], "range": -1, "hidden": []},
        {"name": "x", "place": ["overview"], "range": True, "hidden": []},
        {"name": "x", "place": ["overview"], "range": "1", "hidden": []},
        {"name": 7, "place": ["overview"], "range": 1},
        {"place": ["overview"], "range": 1},
        ["x", "overview"],
        None,
        "x",
    ],
)
def test_that_a_damaged_view_costs_no_other(file, damage):
    keep_views(memory_of(file), [VIEW])
    settings = QSettings(str(file), QSettings.Format.IniFormat)
    records = json.loads(settings.value("window/views"))
    settings.setValue("window/views", json.dumps([damage, *records]))
    settings.sync()
    assert read_views(memory_of(file)) == [VIEW]


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "null", "7", '"x"', "{}", "[" * 5000])
def test_that_what_is_no_list_of_views_is_none(file, text):
    settings = QSettings(str(file), QSettings.Format.IniFormat)
    settings.setValue("window/views", text)
    settings.setValue("window/place", text)
    settings.sync()
    assert read_views(memory_of(file)) == []
    assert read_place(memory_of(file).record("window/place")) is None


def test_that_places_and_filters_are_read_without_trust():
    for place in (Place("sync"), VIEW.place):
        assert read_place(place_record(place)) == place
    assert read_place(place_record(None)) is None
    for record in (["a", "b"], ["a", 1, "c"], ["", "b", "c"], {"page": "a"}, "overview", [["a"]]):
        assert read_place(record) is None
    assert read_hidden(["u-1", 7, "", None, "s-1"]) == {"u-1", "s-1"}
    assert read_hidden("u-1") == read_hidden(None) == read_hidden(["x"] * 5000) == frozenset()


def test_that_a_name_is_one_short_line():
    assert proper_name("  a\tb\n\u202e c  ") == "ab c"
    assert len(proper_name("x" * 500)) == 60
    assert proper_name(" \n ") == ""


# --- in the window ------------------------------------------------------------------------------------------


def card_of(window, kind):
    return window.overlay.findChild(kind)


def save(window, qtbot, name):
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_S, CTRL)
    field = card_of(window, NameCard).field
    field.clear()
    qtbot.keyClicks(field, name)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.overlay is None


def test_that_ctrl_s_proposes_a_name_that_says_what_is_shown(open_window, qtbot):
    window = open_window()
    window.set_range(3)
    window.header.filter.toggle(1)
    window.header.filter.toggle(2)
    qtbot.waitUntil(lambda: window.settled)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_S, CTRL)
    field = card_of(window, NameCard).field
    assert field.text() == f"Overview, last 7 days, {answers.TS.name}"
    assert field.selectedText() == field.text(), "to type replaces it"


def test_that_a_saved_view_brings_back_page_range_and_filter_also_in_the_next_run(open_window, qtbot):
    window = open_window()
    window.show_page("sync")
    window.set_range(5)
    window.header.filter.toggle(2)
    qtbot.waitUntil(lambda: window.settled)
    save(window, qtbot, "Late bundles")
    window.close()
    window = open_window()
    window.header.filter.show_all()
    window.set_range(1)
    window.show_page("overview")
    qtbot.waitUntil(lambda: window.settled)
    window.commanding.open_palette()
    query = window.focusWidget()
    qtbot.keyClicks(query, "late bun")
    qtbot.keyClick(query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert (window.page, window.range, window.header.filter.hidden_ids) == ("sync", 5, {answers.S.id})


def test_that_a_view_is_renamed_and_deleted_and_both_can_be_undone(open_window, qtbot):
    window = open_window()
    save(window, qtbot, "One")
    save(window, qtbot, "Two")

    def names():
        return [view.name for view in window.commanding.views_saved]

    assert names() == ["One", "Two"]
    qtbot.keyClicks(window.focusWidget(), "gv")
    table = card_of(window, ViewsCard).table
    assert window.focusWidget() is table
    qtbot.keyClick(table, Qt.Key.Key_F2)
    field = card_of(window, NameCard).field
    field.setText("Two")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert names() == ["One", "Two"], "another view has that name"
    field.setText("Three")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert names() == ["Three", "Two"]
    window.strip.acted.emit()
    assert names() == ["One", "Two"]
    window.commanding.show_views()
    qtbot.keyClick(card_of(window, ViewsCard).table, Qt.Key.Key_Delete)
    assert names() == ["Two"]
    assert "View deleted: One" in window.strip.accessibleName()
    window.strip.acted.emit()
    assert names() == ["One", "Two"]
    assert not window.strip.isVisible()


def test_that_saving_under_a_name_again_replaces_the_view_and_says_so_before(open_window, qtbot):
    window = open_window()
    save(window, qtbot, "Mine")
    window.show_page("sync")
    qtbot.waitUntil(lambda: window.settled)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_S, CTRL)
    card = card_of(window, NameCard)
    card.field.setText("Mine")
    assert "Replaces" in card._note.accessibleName()
    qtbot.keyClick(card.field, Qt.Key.Key_Return)
    assert [(view.name, view.place.page) for view in window.commanding.views_saved] == [("Mine", "sync")]


def test_that_a_view_of_a_page_that_is_gone_changes_nothing_and_says_why(open_window):
    window = open_window()
    before = (window.page, window.range)
    window.commanding.open_view(SavedView("Old", Place("abacus"), 5, frozenset({answers.S.id})))
    assert (window.page, window.range, window.header.filter.hidden_ids) == (*before, frozenset())
    assert window.strip.message.title == "Old cannot be shown"


def test_that_a_list_without_views_says_how_to_save_one(open_window):
    window = open_window()
    window.commanding.show_views()
    card = card_of(window, ViewsCard)
    assert "Ctrl S" in card._panel.state.text
    assert not card._open.isEnabled()
