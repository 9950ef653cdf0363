"""Where the keyboard goes, and that one sees it there."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.columns import Columns
from app.ui.discover import discover

PAGES = [page.id for page in discover()]


def stops(window, qtbot, most=80):
    """Every widget that Tab comes to from the header's first one, in order."""
    window.header.range.setFocus(Qt.FocusReason.TabFocusReason)
    seen = []
    while window.focusWidget() not in seen and len(seen) < most:
        seen.append(window.focusWidget())
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    return seen


def pixels(widget):
    return widget.grab().toImage()


@pytest.mark.parametrize("page", PAGES)
def test_that_tab_goes_through_header_page_and_navigation_and_names_every_stop(open_window, qtbot, page):
    window = open_window(1600, 960)
    window.show_page(page)
    qtbot.waitUntil(lambda: window.settled)
    walked = stops(window, qtbot)
    parts = {"header": window.header, "page": window.stack, "navigation": window.navigation}
    where = [next(name for name, part in parts.items() if part.isAncestorOf(stop)) for stop in walked]
    assert list(dict.fromkeys(where)) == ["header", "page", "navigation"], "each part once, in this order"
    assert where == sorted(where, key=list(parts).index)
    assert [type(stop) for stop in walked if not stop.accessibleName()] == []
    for columns in window.views[page].findChildren(Columns):
        sides = [columns.rail.isAncestorOf(stop) for stop in walked if columns.isAncestorOf(stop)]
        assert sides == sorted(sides), "the rail after the main column"
    # a page in the navigation is reached with the arrows, as in every group of which one is chosen
    assert len(walked) >= 8


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("page", PAGES)
def test_that_every_stop_shows_that_it_has_the_keyboard(open_window, qtbot, look, page, theme):
    look.use(theme)
    window = open_window(1600, 960)
    window.show_page(page)
    qtbot.waitUntil(lambda: window.settled)
    blind = []
    for stop in stops(window, qtbot):
        elsewhere = QWidget(window)
        elsewhere.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        elsewhere.show()
        elsewhere.setFocus(Qt.FocusReason.TabFocusReason)
        without = pixels(stop)
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        if pixels(stop) == without:
            blind.append((type(stop).__name__, stop.accessibleName()))
        elsewhere.deleteLater()
    assert blind == []


@pytest.mark.parametrize("page", PAGES)
def test_that_keys_with_alt_and_ctrl_reach_the_console_from_every_stop(open_window, qtbot, page):
    window = open_window(1600, 960)
    window.show_page(page)
    qtbot.waitUntil(lambda: window.settled)
    window.show_page("sync" if page != "sync" else "overview")
    window.show_page(page)
    qtbot.waitUntil(lambda: window.settled)
    for stop in stops(window, qtbot):
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        for key, back in ((Qt.Key.Key_Left, "before"), (Qt.Key.Key_Right, "here")):
            here = window.page
            qtbot.keyClick(window.focusWidget() if back == "here" else stop, key, Qt.KeyboardModifier.AltModifier)
            assert window.page != here, (type(stop).__name__, back)
        qtbot.keyClick(stop, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
        assert window.overlay is not None, type(stop).__name__
        window.close_overlay()
