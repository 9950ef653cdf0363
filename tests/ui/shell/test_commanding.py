"""What the window remembers: text size, single letters, and where one was."""

import pytest
from PySide6.QtCore import Qt

from app.errors import InputError
from app.model.marking import Level
from app.query.holdings import Holdings
from app.ui.page import Place, Subject
from app.ui.shell.keys_card import KeysCard
from app.ui.shell.text_size import SIZES, beside, factor
from app.ui.window import Window
from tests.fakes import answers
from tests.fakes.desk import make_desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
RAG = Place("endpoints", Subject(answers.S.id, "rag-gateway"))


@pytest.fixture
def reopen(qtbot, look, runner, told, tmp_path):
    """Open the console as a start does, with what the last one remembered."""
    windows = []

    def make(change=lambda desk: desk):
        window = Window(change(make_desk(look, runner, tmp_path, told)))
        windows.append(window)
        window.start()
        window.show()
        qtbot.waitUntil(lambda: window._began and window.settled)
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()


# --- text size ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "own", "said"),
    [
        (100, None, "1"),
        (150, None, "1.5"),
        (200, "1.25", "2.5"),
        (125, "x", "1.25"),
        (125, "-3", "1.25"),
        (7, "2", "2"),
    ],
)
def test_that_the_size_multiplies_what_the_desktop_asks_for(size, own, said):
    assert factor(size, own) == said


def test_that_sizes_end_where_they_end():
    assert [beside(size, 1) for size in SIZES] == [125, 150, 175, 200, 200]
    assert [beside(size, -1) for size in SIZES] == [100, 100, 125, 150, 175]


def test_that_ctrl_plus_offers_the_next_size_and_enter_opens_the_console_again_with_it(open_window, qtbot):
    window = open_window()
    asked = []
    window.desk = window.desk._replace(again=lambda: asked.append(window.commanding.text_size))
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Plus, CTRL)
    assert "125" in window.focusWidget().accessibleName()
    assert "opens again" in window.focusWidget().accessibleName()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Plus, CTRL | SHIFT)
    assert "150" in window.focusWidget().accessibleName()
    assert asked == [], "nothing happens before it is taken"
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert asked == [150]
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Equal, CTRL)
    assert "175" in window.focusWidget().accessibleName()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_0, CTRL)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert asked == [150, 100]


def test_that_an_import_is_not_cut_short_by_another_size(open_window, monkeypatch):
    window = open_window()
    asked = []
    window.desk = window.desk._replace(again=lambda: asked.append(1))
    monkeypatch.setattr(type(window.importing), "chosen", property(lambda self: True))
    window.commanding.change_text(200)
    assert asked == []
    assert "next start" in window.strip.message.title
    monkeypatch.undo()
    assert window.commanding.text_size == 200


@pytest.mark.parametrize("kept", ["seven", "-100", "90", "100000", "", ["1", "2"]])
def test_that_a_damaged_size_is_the_first_one(open_window, kept):
    window = open_window()
    window.desk.memory.setValue("window/text", kept)
    assert window.commanding.text_size == 100


# --- single letters -----------------------------------------------------------------------------------------


def test_that_single_letters_can_be_switched_off_for_good_and_everything_else_stays(open_window, qtbot, look):
    window = open_window()
    qtbot.keyClicks(window.focusWidget(), "?")
    switch = window.overlay.findChild(KeysCard).switch
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert window.focusWidget() is switch
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert switch.accessibleName() == "Keys of single letters: off"
    qtbot.keyClick(switch, Qt.Key.Key_Escape)
    for press in ("gy", "t", "?", "3", "0", "]", "[", "w", "n", "N", "/", "s", "d"):
        qtbot.keyClicks(window.focusWidget(), press)
        qtbot.waitUntil(lambda: window.settled)
    assert (window.page, window.range, window.overlay) == ("overview", 2, None)
    assert window.header.filter.hidden_ids == frozenset()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_L, CTRL | SHIFT)
    assert look.theme.name == "light"
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_K, CTRL)
    qtbot.keyClicks(window.focusWidget(), "sync")
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.page == "sync"
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.page == "overview"
    window.close()
    window = open_window()
    qtbot.keyClicks(window.focusWidget(), "gy")
    assert window.page == "overview", "it is remembered"
    window.switch_letters()
    qtbot.keyClicks(window.focusWidget(), "gy")
    assert window.page == "sync"


def test_that_w_widens_the_range(open_window, qtbot):
    window = open_window()
    qtbot.keyClicks(window.focusWidget(), "w")
    assert window.range == 3


def test_that_each_key_is_shown_once(open_window):
    window = open_window()
    for page in window.hosts:
        window.show_page(page)
        presses = [key.press for key in window.keyboard.keys if key.does and key.press]
        assert len(presses) == len(set(presses))


# --- where one was ------------------------------------------------------------------------------------------


def test_that_place_range_and_filter_come_back(reopen, qtbot):
    window = reopen()
    window.show_place(RAG)
    window.set_range(4)
    window.header.filter.toggle(3)
    qtbot.waitUntil(lambda: window.settled)
    window.close()
    window = reopen()
    assert window.way.here == RAG
    assert (window.range, window.header.filter.hidden_ids) == (4, {answers.TS.id})
    assert window.hosts["endpoints"].data.ask.hidden == {answers.TS.id}


def test_that_a_page_that_is_gone_gives_way_to_the_first_one(reopen, qtbot):
    window = reopen()
    window.show_page("sync")
    window.close()
    window = reopen(lambda desk: desk._replace(pages=tuple(page for page in desk.pages if page.id != "sync")))
    assert window.page == "overview"


def test_that_a_thing_of_an_enclave_that_is_gone_gives_way_to_its_page(reopen, told):
    window = reopen()
    window.show_place(RAG)
    window.close()
    told.holdings = Holdings(Level.TS, True, (answers.U, answers.TS))
    window = reopen()
    assert window.way.here == Place("endpoints")


def test_that_a_thing_that_the_page_does_not_know_any_more_gives_way_to_its_page(reopen, qtbot):
    window = reopen()
    window.show_place(RAG)
    window.close()

    def forget(desk):
        def load(ask, job):
            if ask.subject is not None:
                raise InputError("There is no such endpoint.")
            return page.load(ask, job)

        page = next(page for page in desk.pages if page.id == "endpoints")
        return desk._replace(pages=tuple(p if p is not page else page._replace(load=load) for p in desk.pages))

    window = reopen(forget)
    qtbot.waitUntil(lambda: window.settled)
    assert window.way.here == Place("endpoints")
    assert window.hosts["endpoints"].data is not None


def test_that_a_hidden_enclave_that_is_gone_hides_nothing(reopen, told, qtbot):
    window = reopen()
    window.header.filter.toggle(3)
    qtbot.waitUntil(lambda: window.settled)
    window.close()
    told.holdings = Holdings(Level.S, True, (answers.U, answers.S))
    window = reopen()
    assert window.header.filter.hidden_ids == frozenset()


@pytest.mark.parametrize("name", ["geometry", "place", "hidden", "range", "theme", "text", "letters", "views"])
@pytest.mark.parametrize("value", ["nonsense", '["a"', "99999999999999999999"])
def test_that_a_damaged_memory_never_stops_a_start(reopen, told, look, tmp_path, name, value):
    from PySide6.QtCore import QSettings

    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    settings.setValue(f"window/{name}", value)
    settings.sync()
    window = reopen()
    window.commanding.open_palette()
    assert window.page == "overview"


def test_that_a_window_kept_on_a_screen_that_is_gone_opens_on_one_that_is_there(reopen):
    window = reopen()
    screen = window.screen().availableGeometry()
    window.move(screen.right() + 4000, screen.bottom() + 4000)
    window.resize(1600, 1000)
    kept = window.saveGeometry()
    window.close()
    window.desk.memory.setValue("window/geometry", kept)
    window = reopen()
    assert screen.intersects(window.frameGeometry())
    assert window.width() >= 900
