"""Time excluded at the keyboard, in the window, on a real store: asked for, approved by somebody else, taken back."""

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from app.clock import FrozenClock
from app.store import audit, register
from app.ui.card_parts import Caption
from app.ui.controls import PushButton
from app.ui.discover import discover
from app.ui.exclusions.form import ExcludeCard
from app.ui.exclusions.record_card import RecordCard
from app.ui.field import Field
from app.ui.page import Place
from app.ui.switch import Switch
from app.ui.window import Window
from tests.fakes.desk import Answers, make_desk
from tests.fakes.fleets import DAY
from tests.fakes.levels import AT, START, Levels, work

KEY = Qt.Key


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Of the 432 minutes that may be lost 100 are, on the second day."""
    monkeypatch.setattr(audit, "os_account", lambda: "alice (1000)")
    made = Levels(tmp_path / "station")
    made.promise()
    made.probe(bad=[(1440, 1540)])
    return made


@pytest.fixture
def window(look, runner, tmp_path, desk, qtbot):
    pages = tuple(page for page in discover() if page.id == "service-levels")
    made = make_desk(look, runner, tmp_path, Answers())._replace(
        store=lambda: desk.store, station=desk.station, clock=FrozenClock(AT), pages=pages
    )
    window = Window(made)
    window.resize(1600, 960)
    window.show()
    window.activateWindow()
    window.go_to(Place("service-levels"))
    settle(window, qtbot)
    yield window
    window.close()
    window.deleteLater()


def settle(window, qtbot):
    view = window.views["service-levels"]
    qtbot.waitUntil(lambda: window.settled and not view._wait.isActive())
    return view


def press(window, qtbot, *keys):
    for key in keys:
        if isinstance(key, str):
            qtbot.keyClicks(window.focusWidget(), key)
        else:
            qtbot.keyClick(window.focusWidget(), key)


def card_of(window, kind):
    return None if window.overlay is None else window.overlay.findChild(kind)


def left(window):
    return window.views["service-levels"].table.rows.rows[0].row.budget.share_left


def states(desk):
    with desk.store.state() as state:
        found = register.exclusions(state)
    return [(one.exclusion.id, one.exclusion.approved_by, one.withdrawn is not None) for one in found]


def test_that_time_is_asked_for_with_the_keyboard_alone_and_waits(window, desk, qtbot):
    view = settle(window, qtbot)
    assert view.table.hasFocus()
    press(window, qtbot, "x")
    card = card_of(window, ExcludeCard)
    assert window.focusWidget() is card.reason, "the rest is proposed"
    # the last whole hour, which has begun
    assert (card.start.text(), card.end.text()) == ("2026-09-15 23:00", "2026-09-16 00:00")
    press(window, qtbot, "New storage", KEY.Key_Tab, "CR-7")
    assert card.reference.text() == "CR-7"
    while window.focusWidget() is not card.note:
        press(window, qtbot, KEY.Key_Tab)
    press(window, qtbot, KEY.Key_Return)
    assert card_of(window, ExcludeCard) is card, "without a note nothing is asked for"
    assert "say in the note why" in card.remark.words
    press(window, qtbot, "entered late", KEY.Key_Return)
    settle(window, qtbot)
    assert window.overlay is None
    assert states(desk) == [("cr-7", "", False)]
    assert window.strip.message.title.startswith("CR-7 is asked for; it counts when a second person")
    assert "One exclusion waits for approval" in view.sentence.below
    assert view.table.hasFocus()


def test_that_the_arrows_choose_and_tab_stays_in_the_card(window, desk, qtbot):
    press(window, qtbot, "x")
    card = card_of(window, ExcludeCard)
    press(window, qtbot, KEY.Key_Tab, KEY.Key_Tab)
    assert window.focusWidget() is card.kind.segments[0]
    press(window, qtbot, KEY.Key_Right)
    assert card.kind.number == 1
    seen = set()
    for _ in range(20):
        press(window, qtbot, KEY.Key_Tab)
        seen.add(window.focusWidget())
        assert card.isAncestorOf(window.focusWidget())
    assert {card.start, card.end, card.reason, card.reference, card.note} <= seen


def test_that_with_large_text_on_a_small_screen_nothing_lies_over_another_field(window, qtbot):
    # 1366 x 768 at 150 %: no card is taller than the window
    window.resize(911, 512)
    press(window, qtbot, "x")
    card = card_of(window, ExcludeCard)
    qtbot.waitUntil(lambda: card.note.height() > 0)
    parts = [one for one in card.findChildren(QWidget) if isinstance(one, (Field, Caption, Switch, PushButton))]
    boxes = [(one, QRect(one.mapTo(card, QPoint(0, 0)), one.size())) for one in parts]
    own = [(one, box) for one, box in boxes if one is not card.button]
    assert [(a, b) for (a, one), (b, other) in combinations(own, 2) if one.intersected(other).height() > 4] == []
    assert card.rect().contains(dict(boxes)[card.button])
    for field in (card.note, card.start):
        while window.focusWidget() is not field:
            press(window, qtbot, KEY.Key_Tab)
        assert not field.visibleRegion().isEmpty(), "what has the keyboard is in sight"
        assert field.visibleRegion().boundingRect().height() == field.height()


def test_that_escape_asks_for_nothing_and_gives_the_keyboard_back(window, desk, qtbot):
    press(window, qtbot, "x", "New storage", KEY.Key_Escape)
    assert window.overlay is None
    assert window.views["service-levels"].table.hasFocus()
    assert states(desk) == []


def test_that_the_preview_says_what_of_the_budget_lies_in_the_stretch(window, qtbot):
    # an hour of the hundred minutes: 60 of 432 are 13.9 %
    press(window, qtbot, "x")
    card = card_of(window, ExcludeCard)
    card.start.setText("2026-09-02 00:30")
    card.end.setText("2026-09-02 01:30")
    qtbot.waitUntil(lambda: "14" in card.remark.words)
    said = card.remark.words.replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("Bad in it: 1 h, 14 % of the budget.")


def test_that_the_request_can_be_taken_back_from_the_strip(window, desk, qtbot):
    view = settle(window, qtbot)
    press(window, qtbot, "x", "New storage", KEY.Key_Tab, "CR-7")
    card = card_of(window, ExcludeCard)
    card.start.setText("2026-09-20 00:00")
    card.end.setText("2026-09-20 01:00")
    press(window, qtbot, KEY.Key_Return)
    settle(window, qtbot)
    assert states(desk) == [("cr-7", "", False)]
    window.strip.acted.emit()
    settle(window, qtbot)
    assert states(desk) == []
    assert window.strip.message.title == "Taken back"
    assert "approval" not in view.sentence.below


def open_first(window, qtbot):
    view = settle(window, qtbot)
    view.closely.excluded.setFocus()
    press(window, qtbot, KEY.Key_Return)
    qtbot.waitUntil(lambda: card_of(window, RecordCard) is not None)
    return card_of(window, RecordCard)


def test_that_somebody_else_approves_at_the_keyboard_and_the_page_shows_the_new_figure(
    window, desk, qtbot, monkeypatch
):
    desk.exclude(work(start=START + DAY), approved=False)
    window.ask_again()
    view = settle(window, qtbot)
    assert left(window) == pytest.approx(1 - 100 / 432)
    card = open_first(window, qtbot)
    press(window, qtbot, "agreed", KEY.Key_Tab, KEY.Key_Tab)
    assert window.focusWidget() is card.approve
    press(window, qtbot, KEY.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert "A second person must approve" in card.remark.words
    assert (window.overlay is not None, states(desk)) == (True, [("cr-1", "", False)])
    monkeypatch.setattr(audit, "os_account", lambda: "bob (1001)")
    card.approve.click()
    settle(window, qtbot)
    assert window.overlay is None
    assert states(desk) == [("cr-1", "bob (1001)", False)]
    assert left(window) == 1.0
    assert window.strip.message.title == "CR-1 is approved"
    (row,) = view.closely.excluded.rows.rows
    # now it says what was bad in it, which nobody promises any more
    assert row.held.replace("\N{NO-BREAK SPACE}", " ") == "1 h 40 m"
    assert float(view.closely.down.chart.lines[0].trace.most.min()) == 1.0


def test_that_a_record_is_whole_on_a_small_screen_with_large_text(window, desk, qtbot):
    window.resize(911, 512)
    desk.exclude(work(start=START + DAY))
    window.ask_again()
    card = open_first(window, qtbot)
    qtbot.waitUntil(lambda: card.why.height() > 0)
    foot = [card.why, card.remark, card.withdraw]
    boxes = [QRect(one.mapTo(card, QPoint(0, 0)), one.size()) for one in foot]
    assert all(card.rect().contains(box) for box in boxes)
    (area,) = card.findChildren(QScrollArea)
    facts = QRect(area.mapTo(card, QPoint(0, 0)), area.size())
    assert facts.height() >= 3 * 26, "three lines at least, and the rest scrolls"
    assert not any(facts.intersects(box) for box in boxes)
    assert not boxes[0].intersects(boxes[2])


def test_that_an_approval_is_taken_back_from_the_strip_and_the_figure_comes_back(window, desk, qtbot, monkeypatch):
    desk.exclude(work(start=START + DAY), approved=False)
    window.ask_again()
    card = open_first(window, qtbot)
    monkeypatch.setattr(audit, "os_account", lambda: "bob (1001)")
    card.why.setText("agreed")
    card.approve.click()
    settle(window, qtbot)
    assert left(window) == 1.0
    window.strip.acted.emit()
    settle(window, qtbot)
    assert left(window) == pytest.approx(1 - 100 / 432)
    assert states(desk) == [("cr-1", "", False)]


def test_that_what_is_withdrawn_counts_again_and_leaves_the_rail(window, desk, qtbot):
    desk.exclude(work(start=START + DAY))
    window.ask_again()
    view = settle(window, qtbot)
    assert left(window) == 1.0
    card = open_first(window, qtbot)
    card.why.setText("it did not happen")
    card.withdraw.click()
    settle(window, qtbot)
    assert left(window) == pytest.approx(1 - 100 / 432)
    assert window.strip.message.title == "CR-1 is withdrawn: its time counts again"
    assert view.closely.panels[2].state.title == "Nothing is excluded"


def test_that_one_that_was_taken_back_meanwhile_opens_no_card_but_asks_again(window, desk, qtbot):
    view = settle(window, qtbot)
    with qtbot.waitSignal(view.retry_wanted):
        view._open_exclusion("never-asked-for")
    settle(window, qtbot)
    assert window.overlay is None
