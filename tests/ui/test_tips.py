import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.tips import Tip, tip_of


@pytest.mark.parametrize("corner", [(2, 2), (1020, 2), (2, 640), (1020, 640), (500, 640)])
def test_that_a_tip_stays_between_the_banners(open_window, corner):
    window = open_window(1024, 700)
    tip = Tip(window.desk.look, window.body)
    tip.say(
        "A tip of many words that has to be broken over several lines because it says so much. " * 2,
        window.body.mapToGlobal(QPoint(*corner)),
    )
    assert tip.isVisible()
    assert window.body.rect().contains(tip.geometry())
    tip.say("", QPoint())
    assert not tip.isVisible()


def test_that_controls_and_cells_have_tips_and_qt_shows_none_of_its_own(open_window):
    window = open_window()
    middle = window.header.range.rect().center()
    assert "[ and ] step" in tip_of(window.header.range, window.header.range.mapToGlobal(middle))
    matrix = window.views["overview"].matrix
    cell = matrix.visualRect(matrix.model().index(0, 2)).center()
    assert tip_of(matrix.viewport(), matrix.viewport().mapToGlobal(cell)).startswith("rag-gateway, Secret: critical")
    assert not any(widget.toolTip() for widget in window.body.findChildren(QWidget))


def test_that_a_wish_for_a_tip_reaches_the_window_and_not_qt(open_window, qapp):
    window = open_window()
    for widget in (window.header.theme, window.navigation.items["sync"], window.views["overview"].matrix.viewport()):
        middle = widget.rect().center()
        qapp.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, middle, widget.mapToGlobal(middle)))
        assert window.body.findChild(Tip).isVisible()
        assert not QToolTip.isVisible()
        window.body.findChild(Tip).hide()


def test_that_a_key_puts_a_tip_away_and_still_does_what_it_does(open_window, qtbot):
    window = open_window()
    tip = window.body.findChild(Tip)
    tip.say("Four words of tip", window.body.mapToGlobal(QPoint(300, 300)))
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_BracketRight)
    assert not tip.isVisible()
    assert window.range == 3, "from the day to the week"
    tip.say("Four words of tip", window.body.mapToGlobal(QPoint(300, 300)))
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not tip.isVisible()
