import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from app.bundle.outcome import Code, Outcome
from app.errors import StoreBusy, StoreDamaged
from app.model.health import Health
from app.model.marking import Level
from app.query.holdings import Holdings
from app.ui.page import Badge, Place
from app.ui.states import Kind
from app.ui.strip import Message
from app.ui.window import Window
from tests.fakes import answers
from tests.fakes.desk import make_desk

SIZES = [
    (900, 480),
    (960, 540),
    (1024, 700),
    (1280, 720),
    (1366, 768),
    (1500, 900),
    (1920, 1080),
    (2560, 1440),
    (3840, 2160),
]


def keys(qtbot, window, text):
    qtbot.keyClicks(window.focusWidget() or window, text)
    qtbot.waitUntil(lambda: window.settled)


def banners_are_whole(window):
    """Whether the pixels along both banners are the marking's and nothing else's."""
    picture = window.grab().toImage()
    colour = window.desk.look.markings.ink(Level.TS).background.name()
    right, bottom = picture.width() - 1, picture.height() - 1
    rows = (0, 24, bottom - 24, bottom)
    return all(picture.pixelColor(x, y).name() == colour for y in rows for x in range(0, right, 7))


@pytest.mark.parametrize("page", ["overview", "gpu", "sync"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_that_banners_are_inside_the_window_and_uncovered(open_window, width, height, page):
    window = open_window(width, height)
    window.show_page(page)
    assert (window.width(), window.height()) == (width, height)
    for banner in window.banners:
        assert window.rect().contains(banner.geometry())
        assert (banner.width(), banner.height()) == (width, 26)
    assert banners_are_whole(window)


@pytest.mark.parametrize(
    ("width", "height"), [(900, 480), (960, 540), (1240, 700), (1366, 768), (1500, 900), (1920, 1080)]
)
def test_that_the_parts_of_the_header_stand_beside_each_other_and_inside_it(open_window, width, height):
    window = open_window(width, height)
    header = window.header
    parts = (header.title, header.range, header.filter, header.age, header.search, header.theme, header.clock)
    boxes = [part.geometry() for part in parts]
    assert all(header.rect().contains(box) for box in boxes)
    assert all(first.right() < second.left() for first, second in pairwise(boxes))
    assert all(part.width() >= part.sizeHint().width() for part in parts[1:-1])
    assert header.title.width() >= header.title.look.fonts.width("page", "Endpoints") + 8


def test_that_every_page_of_a_low_window_can_be_reached_in_the_navigation(open_window, qtbot):
    window = open_window(900, 480)
    for page in reversed(window.hosts):
        window.show_page(page)
        item = window.navigation.items[page]
        qtbot.waitUntil(lambda item=item: not item.visibleRegion().isEmpty())
        assert item.visibleRegion().boundingRect().height() == item.height()


def test_that_nothing_that_opens_covers_a_banner(open_window, qtbot):
    window = open_window(1024, 700)
    for opens in (window.open_ranges, window.show_keys, window.choose_bundle):
        opens()
        qtbot.waitUntil(lambda: window.settled)
        assert banners_are_whole(window)
        window.close_overlay()
    window.show_spill()
    assert banners_are_whole(window)
    window.resize(1500, 900)
    assert window.notice.geometry() == window.body.rect()
    assert banners_are_whole(window)


def test_that_many_rows_cannot_push_a_banner_out(open_window, told):
    fleet = told.fleet
    rows = tuple(replace(fleet.rows[0], id=f"e{n}", title=f"endpoint-{n}") for n in range(400))
    told.fleet = replace(fleet, rows=rows)
    window = open_window(1024, 700)
    assert banners_are_whole(window)


def test_that_the_banner_shows_everything_held_and_not_only_what_is_visible(open_window, qtbot):
    window = open_window()
    window.header.filter.toggle(3)
    qtbot.waitUntil(lambda: window.settled)
    assert [banner.words for banner in window.banners] == ["TOP SECRET"] * 2
    assert "Demonstration data" in window.banners[0].accessibleName()
    assert "Demonstration data" not in window.banners[1].accessibleName()


@pytest.mark.parametrize("page", ["fleet", "sync"])
def test_that_the_banner_is_never_lower_than_a_page_marks_itself(open_window, told, qtbot, page):
    told.holdings = replace(told.holdings, highest=Level.S)
    told.fleet, told.sync = replace(told.fleet, marking=Level.S), replace(told.sync, marking=Level.S)
    window = open_window()
    assert [banner.words for banner in window.banners] == ["SECRET"] * 2
    setattr(told, page, replace(getattr(told, page), marking=Level.TS))
    window.ask_again()
    qtbot.waitUntil(lambda: window.settled)
    assert [banner.words for banner in window.banners] == ["TOP SECRET"] * 2
    told.holdings = replace(told.holdings, highest=Level.TS_SCI)
    window.go_to(Place("overview"))
    qtbot.waitUntil(lambda: window.settled)
    assert [banner.words for banner in window.banners] == ["TOP SECRET//SCI"] * 2


def test_that_an_unreadable_cache_has_no_known_marking(open_window, told):
    told.error = StoreDamaged("The cache cannot be read.", "Move it away.")
    window = open_window()
    assert all(banner.words.endswith("CLASSIFICATION NOT KNOWN") for banner in window.banners)
    states = window.states()
    assert Kind.ERROR in {state.kind for state in states}
    assert any(state.title == "The cache cannot be read." and state.text == "Move it away." for state in states)


def test_that_an_empty_cache_shows_the_ceiling_and_what_to_do(open_window, told):
    told.holdings = Holdings(None, False, ())
    told.fleet = replace(told.fleet, enclaves=(), rows=(), attention=())
    window = open_window()
    assert window.banners[0].words == "TOP SECRET"
    names = [widget.accessibleName() for widget in window.findChildren(QWidget) if widget.isVisible()]
    assert any("watchfloor trust init" in name for name in names)


def test_that_a_station_without_settings_opens_and_fails_closed(open_window):
    window = open_window(1024, 700, station=None)
    assert window.banners[0].words == "TOP SECRET//SCI  ·  CLASSIFICATION NOT KNOWN"
    names = [widget.accessibleName() for widget in window.findChildren(QWidget) if widget.isVisible()]
    assert any("watchfloor init" in name for name in names)


def test_that_the_gui_thread_never_asks_the_store(open_window, told, qtbot):
    window = open_window()
    window.show_page("sync")
    window.import_paths([Path("bundle-1")])
    qtbot.waitUntil(lambda: window.settled)
    assert told.received == ["bundle-1"]
    assert told.threads
    assert threading.main_thread() not in told.threads


def test_that_the_keyboard_reaches_every_page_and_filter(open_window, qtbot):
    window = open_window()
    keys(qtbot, window, "gy")
    assert window.page == "sync"
    keys(qtbot, window, "go")
    assert window.page == "overview"
    keys(qtbot, window, "3")
    assert window.header.filter.hidden_ids == {answers.TS.id}
    keys(qtbot, window, "0")
    assert window.header.filter.hidden_ids == frozenset()
    keys(qtbot, window, "]")
    assert window.range == 3
    keys(qtbot, window, "[[[[[")
    assert window.range == 0
    matrix = window.views["overview"].matrix
    keys(qtbot, window, "n")
    assert (matrix.currentIndex().row(), matrix.currentIndex().column()) == (0, 2)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert matrix.currentIndex().row() == 5


def test_that_the_theme_changes_by_key_and_is_remembered(open_window, qtbot, look):
    window = open_window()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_L, both)
    assert look.theme.name == "light"
    window.set_range(4)
    window.close()
    assert window.desk.memory.value("window/theme") == "light"
    assert open_window().range == 4


def test_that_all_keys_are_shown_and_escape_gives_the_keyboard_back(open_window, qtbot):
    window = open_window()
    before = window.focusWidget()
    keys(qtbot, window, "?")
    assert window.overlay is not None
    keys(qtbot, window, "gy")
    assert window.page == "overview", "keys belong to what is open"
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.overlay is None
    assert window.focusWidget() is before


def test_that_the_card_of_keys_names_no_key_without_a_use_and_scrolls(open_window, qtbot):
    window = open_window(960, 540)
    keys(qtbot, window, "?")
    area = window.focusWidget()
    assert area.isVisible()
    assert "G O: Overview;" in area.accessibleName()
    assert ": ;" not in f"{area.accessibleName()};"
    bar = area.verticalScrollBar()
    assert bar.maximum() > 0, "this test needs a window too low for the card"
    qtbot.keyClick(area, Qt.Key.Key_Down)
    first = bar.value()
    assert first > 0
    for _ in range(5):
        qtbot.keyClick(area, Qt.Key.Key_PageDown)
    assert bar.value() == bar.maximum()
    qtbot.keyClick(area, Qt.Key.Key_Tab)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.overlay is None


def test_that_what_lies_below_a_card_stays_dimmed_when_it_is_painted_again(open_window, qtbot):
    window = open_window()
    at = window.body.mapTo(window, window.header.geometry().topLeft())
    bright = window.grab().toImage().pixelColor(at.x() + 1, at.y() + 1)
    window.show_keys()
    seen = [window.grab().toImage().pixelColor(at.x() + 1, at.y() + 1) for _ in range(3)]
    assert seen[0].lightness() < bright.lightness()
    assert seen[0] == seen[1] == seen[2]


def test_that_the_range_menu_is_walked_with_the_keyboard(open_window, qtbot):
    window = open_window()
    keys(qtbot, window, "t")
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Down)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert window.range == 3


def test_that_tab_goes_through_header_then_page_then_navigation(open_window, qtbot):
    window = open_window()
    window.header.range.setFocus()
    seen = []
    for _ in range(9):
        here = window.focusWidget()
        for name, part in (("header", window.header), ("page", window.stack), ("navigation", window.navigation)):
            if part.isAncestorOf(here) and (not seen or seen[-1] != name):
                seen.append(name)
        qtbot.keyClick(here, Qt.Key.Key_Tab)
    assert seen[:3] == ["header", "page", "navigation"]


@pytest.mark.parametrize("page", ["overview", "sync"])
def test_that_everything_the_keyboard_reaches_has_a_name(open_window, page):
    window = open_window()
    window.show_page(page)
    window.strip.say(window.strip.message)
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.accessibleName()
    ]
    assert nameless == []


def test_that_hiding_everything_still_names_the_worst(open_window, qtbot):
    window = open_window()
    for number in (1, 2, 3):
        window.header.filter.toggle(number)
    qtbot.waitUntil(lambda: window.settled)
    state = next(state for state in window.states() if state.action)
    assert state.kind is Kind.FILTERED
    assert state.text == "34 deployments not shown, the worst critical"
    assert state.key == "0"


def test_that_badges_count_what_needs_somebody(open_window, qtbot):
    window = open_window()
    of_overview = window.hosts["overview"].page.badges(window.hosts["overview"].data)
    of_sync = window.hosts["sync"].page.badges(window.hosts["sync"].data)
    assert of_overview["endpoints"] == Badge(Health.CRITICAL, 7)
    assert of_sync == {"sync": Badge(Health.CRITICAL, 2)}
    assert "worst critical" in window.navigation.items["sync"].accessibleName()


def test_that_the_oldest_data_is_named_in_the_header(open_window):
    window = open_window()
    assert window.header.age.accessibleName().replace("\u00a0", " ") == "Oldest data 3 h 12 m, Top Secret"


def test_that_a_failed_read_makes_the_age_unknown_until_one_succeeds(open_window, told, qtbot):
    window = open_window()
    chip = window.header.age
    told.error = StoreDamaged("The cache cannot be read.", "Move it away.")
    window.ask_again()
    qtbot.waitUntil(lambda: window.settled)
    assert chip.accessibleName() == "Age not known"
    assert chip.isVisible()
    unknown = window.desk.look.theme.status[Health.UNKNOWN].tint.name()
    picture = chip.grab().toImage()
    assert picture.pixelColor(picture.width() // 2, 3).name() == unknown
    told.error = None
    window.ask_again()
    qtbot.waitUntil(lambda: window.settled)
    assert chip.accessibleName().startswith("Oldest data")


def test_that_a_dropped_bundle_is_imported(open_window, told, qtbot, tmp_path):
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "bundle-7"))])
    actions, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(500, 400), actions, data, button, none))
    qtbot.waitUntil(lambda: window.settled)
    assert told.received == ["bundle-7"]
    assert window.strip.message.title == "Imported: bundle-1"


def test_that_a_spill_fills_the_body_and_waits_for_the_person(open_window, told, qtbot):
    told.outcome = Outcome(Code.SPILL, "", "", "")
    window = open_window()
    window.import_paths([Path("name-that-must-not-show")])
    qtbot.waitUntil(lambda: window.notice is not None)
    assert window.notice.geometry() == window.body.rect()
    shown = window.notice.accessibleName() + window.strip.accessibleName()
    assert "name-that-must-not-show" not in shown
    assert "trust release" not in window.strip.accessibleName()
    qtbot.keyClick(window.notice, Qt.Key.Key_Escape)
    assert window.notice is not None, "no key leaves it"
    window.notice._button.click()
    assert window.notice is None


def test_that_no_key_passes_the_notice_of_a_spill(open_window, told, qtbot):
    told.outcome = Outcome(Code.SPILL, "", "", "")
    window = open_window()
    window.import_paths([Path("bundle-1")])
    qtbot.waitUntil(lambda: window.notice is not None)
    qtbot.waitUntil(lambda: window.settled)
    button = window.notice._button
    window.ask_again()
    qtbot.waitUntil(lambda: window.settled)
    assert window.focusWidget() is button, "an answer of the page takes no keyboard"
    qtbot.keyClick(button, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Down, Qt.Key.Key_Escape):
        qtbot.keyClick(window.focusWidget(), key)
        assert window.focusWidget() is button
    for text in ("gy", "t", "?", "3"):
        keys(qtbot, window, text)
        qtbot.keyClicks(window, text)
    window.show_page("sync")
    window.views["overview"].first_focus().setFocus()
    for opens in (window.choose_bundle, window.open_ranges, window.show_keys):
        opens()
    qtbot.waitUntil(lambda: window.settled)
    assert (window.page, window.overlay, window.header.filter.hidden_ids) == ("overview", None, frozenset())
    assert window.focusWidget() is button


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_that_the_button_of_the_notice_is_pressed_with_the_keyboard(open_window, qtbot, key):
    window = open_window()
    window.choose_bundle()
    window.show_spill()
    qtbot.waitUntil(lambda: window.settled)
    qtbot.keyClick(window.focusWidget(), key)
    assert window.notice is None
    keys(qtbot, window, "gy")
    assert window.page == "sync", "the keyboard is the page's again"


def test_that_the_rail_moves_below_and_the_navigation_folds_on_small_screens(open_window, qtbot):
    window = open_window(1920, 1080)
    columns = window.views["overview"]._columns
    assert not columns.stacked
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: columns.stacked and columns.rail.width() == columns.main.width())
    assert columns.rail.y() > columns.main.y()
    assert window.navigation.width() == 56


def test_that_a_fault_is_told_and_the_program_goes_on(open_window):
    window = open_window()
    window.show_fault("1a2b3c4d")
    assert "1a2b3c4d" in window.strip.message.text


def test_that_a_bundle_of_the_inbox_that_met_a_busy_store_comes_again(look, runner, told, tmp_path, qtbot):
    bundle = tmp_path / "inbox" / "bundle-7"
    bundle.mkdir(parents=True)
    (bundle / "manifest.json").write_bytes(b"{}")
    came = []

    def receive(path, carrier, job):
        came.append((path.name, carrier))
        if len(came) == 1:
            raise StoreBusy("Another process is importing.", "Wait.")
        return told.outcome

    desk = make_desk(look, runner, tmp_path, told)._replace(inbox=bundle.parent, receive=receive)
    window = Window(desk)
    for _ in range(14):
        window.live.look()
        qtbot.waitUntil(lambda: window.settled)
    assert came == [("bundle-7", "inbox")] * 2
    window.close()


def test_that_g_twice_leads_to_the_gpus_and_n_to_the_first_that_failed(open_window, qtbot):
    window = open_window()
    keys(qtbot, window, "gg")
    assert window.page == "gpu"
    view = window.views["gpu"]
    keys(qtbot, window, "n")
    assert view.exceptions.spot[:2] == ("s-core", "s-n01")
    assert view.wall.tables[1].hasFocus()
    keys(qtbot, window, "m")
    assert "SM activity" in view._heat_panel.accessibleName()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert (window.page, view.exceptions.spot) == ("gpu", None)


@pytest.fixture
def unshown(look, runner, told, tmp_path):
    """A window before it stands, and the room of its screen: that of a test is smaller than any we support."""
    window = Window(make_desk(look, runner, tmp_path, told))
    window.setMinimumSize(100, 100)
    yield window, window.screen().availableGeometry()
    window.close()
    window.deleteLater()


@pytest.mark.parametrize(("wide", "tall"), [(300, -200), (-200, 300), (-200, -10)])
def test_that_a_window_without_room_on_the_screen_fills_it_with_both_banners(unshown, wide, tall):
    window, room = unshown
    window.resize(room.width() + wide, room.height() + tall)
    window.keep_on_screen()
    window.show()
    assert window.isMaximized()
    assert window.size() == room.size()
    assert window.banners[1].geometry().bottom() == window.height() - 1


def test_that_a_window_with_room_around_it_keeps_its_size(unshown):
    window, room = unshown
    window.resize(room.width() - 100, room.height() - 100)
    window.keep_on_screen()
    assert not window.isMaximized()
    assert (window.width(), window.height()) == (room.width() - 100, room.height() - 100)


def test_that_a_message_with_nothing_left_to_do_goes_with_its_page(open_window):
    window = open_window()
    window.strip.say(Message("View saved: rag"))
    window.show_page("overview")
    assert window.strip.isVisible(), "still the same page"
    window.show_page("sync")
    assert not window.strip.isVisible()
    for stays in (
        Message("This could not be exported", health=Health.WARNING),
        Message("Exported", action="Copy path"),
        Message("Importing", health=None),
    ):
        window.strip.say(stays)
        window.show_page("overview" if window.page == "sync" else "sync")
        assert window.strip.isVisible(), stays.title
