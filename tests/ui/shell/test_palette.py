import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPoint, Qt

from app.model.health import Health
from app.ui.keyboard import Key
from app.ui.shell.finding import Section
from app.ui.shell.keys_card import KeysCard
from app.ui.shell.palette import PaletteCard
from tests.fakes import answers

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def opened(open_window, qtbot):
    """A window with its palette open, as Ctrl K opens it."""

    def make(**given):
        window = open_window(**given)
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_K, CTRL)
        qtbot.waitUntil(lambda: window.settled)
        return window, card_of(window)

    return make


def card_of(window):
    return window.overlay.findChild(PaletteCard)


def titles(card):
    return [row.title for row in card.list.found.rows if isinstance(row, Section)]


def rows(card, title):
    """Words of the offers below a heading."""
    listed, inside = [], False
    for row in card.list.found.rows:
        if isinstance(row, Section):
            inside = row.title == title
        elif inside:
            listed.append(row.words)
    return listed


def press(qtbot, card, key, times=1):
    for _ in range(times):
        qtbot.keyClick(card.query, key)


def test_that_ctrl_k_opens_it_and_escape_gives_the_keyboard_back(open_window, qtbot):
    window = open_window()
    before = window.focusWidget()
    qtbot.keyClick(before, Qt.Key.Key_K, CTRL)
    assert window.focusWidget() is card_of(window).query
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.overlay is None
    assert window.focusWidget() is before


def test_that_it_opens_from_a_field_that_would_take_ctrl_k_for_itself_and_by_the_mouse(open_window, qtbot):
    window = open_window()
    window.show_page("explore")
    qtbot.waitUntil(lambda: window.settled)
    edit = window.views["explore"].picker.search
    edit.setText("latency")
    edit.setCursorPosition(0)
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_K, CTRL)
    assert card_of(window) is not None
    assert edit.text() == "latency"
    window.close_overlay()
    qtbot.mouseClick(window.header.search, Qt.MouseButton.LeftButton)
    assert card_of(window) is not None


def test_that_endpoints_are_found_with_the_worst_first_and_opened_where_they_are_shown(opened, qtbot):
    window, card = opened()
    qtbot.keyClicks(card.query, "rag")
    first = card.list.current()
    cells = [
        cell for row in answers.fleet().rows for cell in row.cells.values() if cell.endpoint.title == "rag-gateway"
    ]
    assert rows(card, "Endpoints").count("rag-gateway") == len(cells)
    assert first.health is min((cell.health for cell in cells), key=lambda health: health.rank)
    assert first.health is Health.CRITICAL
    press(qtbot, card, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert window.overlay is None
    assert (window.way.here.page, window.way.here.subject.enclave) == ("endpoints", first.enclave)


def test_that_an_empty_field_shows_where_one_was_and_what_can_be_done(open_window, qtbot):
    window = open_window()
    window.show_page("sync")
    window.show_page("explore")
    window.commanding.open_palette()
    card = card_of(window)
    assert titles(card) == ["Recent", "Go to", "Commands"]
    assert rows(card, "Recent") == ["Sync", "Overview"]
    assert "Explore" not in rows(card, "Go to") + rows(card, "Recent"), "one is there"
    assert "Import a bundle" in rows(card, "Commands")


def test_that_every_key_with_a_use_is_a_command_with_its_cap(opened):
    window, card = opened()
    known = {offer.press for offer in card._offers}
    bound = {key.press for key in window.keyboard.keys if key.act is not None and key.does and key.press != "Ctrl K"}
    assert bound <= known
    assert "" not in bound


def test_that_keys_of_the_page_and_commands_without_a_key_are_found_too(open_window, qtbot, monkeypatch):
    window = open_window()
    done = []
    own = (
        Key("On this page", "Q", "tidy the drawer", lambda: done.append("key")),
        Key("On this page", "", "water the plants", lambda: done.append("command")),
    )
    monkeypatch.setattr(window.views["overview"], "page_keys", lambda: own)
    for query in ("drawer", "plants"):
        window.commanding.open_palette()
        card = card_of(window)
        qtbot.keyClicks(card.query, query)
        press(qtbot, card, Qt.Key.Key_Return)
    assert done == ["key", "command"]


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ("last 7 days", lambda window: window.range == 3),
        ("light theme", lambda window: window.desk.look.theme.name == "light"),
        ("hide secret", lambda window: window.header.filter.hidden_ids == {answers.S.id}),
        ("sync", lambda window: window.page == "sync"),
        ("letters off", lambda window: not window.keyboard.letters),
    ],
)
def test_that_ranges_themes_filters_pages_and_settings_are_commands(opened, qtbot, query, check):
    window, card = opened()
    assert not check(window)
    qtbot.keyClicks(card.query, query)
    press(qtbot, card, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert check(window)


def test_that_the_arrows_walk_over_the_headings_and_round(opened, qtbot):
    _, card = opened()
    count = sum(not isinstance(row, Section) for row in card.list.found.rows)
    seen = []
    for _ in range(count):
        seen.append(card.list.current())
        press(qtbot, card, Qt.Key.Key_Down)
    assert len(set(map(id, seen))) == count
    assert card.list.current() is seen[0]
    press(qtbot, card, Qt.Key.Key_Up)
    assert card.list.current() is seen[-1]
    assert None not in seen


def test_that_tab_keeps_one_enclave_after_another_and_then_all(opened, qtbot):
    _, card = opened()
    qtbot.keyClicks(card.query, "rag")
    everything = rows(card, "Endpoints")
    seen = []
    for _ in range(4):
        press(qtbot, card, Qt.Key.Key_Tab)
        seen.append({offer.enclave for offer in card.list.found.rows if not isinstance(offer, Section)})
    assert seen[:3] == [{answers.U.id}, {answers.S.id}, {answers.TS.id}]
    assert rows(card, "Endpoints") == everything
    assert card.query.hasFocus()


def test_that_the_mouse_chooses_and_opens_a_row(opened, qtbot):
    window, card = opened()
    qtbot.keyClicks(card.query, "sync")
    view = card.list
    row = next(n for n, offer in enumerate(view.found.rows) if not isinstance(offer, Section) and offer.words == "Sync")
    at = view.visualRect(view.found.index(row)).center()
    heading = view.visualRect(view.found.index(0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert window.overlay is not None, "a heading does nothing"
    qtbot.mouseMove(view.viewport(), at + QPoint(3, 0))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.overlay is None
    assert window.page == "sync"


def test_that_what_the_filter_hides_is_found_says_so_and_comes_back_when_it_is_opened(open_window, qtbot, told):
    window = open_window()
    window.header.filter.toggle(2)
    qtbot.waitUntil(lambda: window.settled)
    window.commanding.open_palette()
    card = card_of(window)
    qtbot.keyClicks(card.query, "rag")
    qtbot.waitUntil(lambda: window.settled)
    hidden = [offer for offer in card._offers if offer.enclave == answers.S.id and offer.group == "Endpoints"]
    assert {offer.detail for offer in hidden} == {"hidden by the filter"}
    assert len({offer.place for offer in hidden}) == len(hidden)
    assert len(hidden) == sum(answers.S.id in row.cells for row in answers.fleet().rows)
    assert threading.main_thread() not in told.threads
    press(qtbot, card, Qt.Key.Key_Tab, 2)
    offer = card.list.current()
    assert offer.enclave == answers.S.id
    press(qtbot, card, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert window.header.filter.hidden_ids == frozenset()
    assert window.way.here == offer.place


def test_that_a_place_on_a_page_that_is_not_there_is_not_offered(open_window, qtbot):
    window = open_window()
    del window.hosts["endpoints"]
    window.commanding.open_palette()
    card = card_of(window)
    qtbot.keyClicks(card.query, "rag-gateway")
    assert rows(card, "Endpoints") == []


def test_that_the_field_says_how_much_was_found_and_what_is_chosen(opened, qtbot):
    _, card = opened()
    qtbot.keyClicks(card.query, "rag-gate")
    said = card.query.accessibleName()
    assert "Search and commands. 4 found. rag-gateway, Secret, critical," in said
    press(qtbot, card, Qt.Key.Key_Down)
    assert card.query.accessibleName() != said
    card.query.setText("zzzz")
    assert "Nothing found" in card.query.accessibleName()


def test_that_every_row_is_told_in_words(opened, qtbot):
    _, card = opened()
    qtbot.keyClicks(card.query, "rag")
    model: QAbstractItemModel = card.list.found
    told = [model.index(n).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(model.rowCount(QModelIndex()))]
    assert all(told)
    assert any("Secret, critical" in words for words in told)


def test_that_nothing_opens_over_the_notice_of_a_spill(open_window):
    window = open_window()
    window.show_spill()
    window.commanding.open_palette()
    assert window.overlay is None


def test_that_a_question_mark_in_the_empty_field_shows_all_keys_unless_single_letters_are_off(opened, qtbot):
    window, card = opened()
    qtbot.keyClicks(card.query, "?")
    assert window.overlay.findChild(KeysCard) is not None
    window.close_overlay()
    window.switch_letters()
    window.commanding.open_palette()
    card = card_of(window)
    qtbot.keyClicks(card.query, "?")
    assert card.query.text() == "?"


def test_that_one_of_ten_thousand_endpoints_is_found_in_spite_of_a_wrong_key(open_window, qtbot, told):
    row = told.fleet.rows[0]
    cell = next(iter(row.cells.values()))
    many = []
    for n in range(10_000):
        endpoint = replace(cell.endpoint, id=f"e{n}", title=f"endpoint-{n:05}")
        many.append(
            replace(row, id=f"e{n}", title=endpoint.title, cells={answers.U.id: replace(cell, endpoint=endpoint)})
        )
    window = open_window()
    host = window.hosts["overview"]
    host.data = replace(host.data, fleet=replace(told.fleet, rows=tuple(many)))
    window.commanding.open_palette()
    card = card_of(window)
    card.query.setText("endpiont-09876")
    assert card.list.current().words == "endpoint-09876"
