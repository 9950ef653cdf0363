from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.popover import Card, Overlay


def test_that_a_card_closes_when_what_had_the_keyboard_before_is_gone(look, qtbot):
    body = QWidget()
    qtbot.addWidget(body)
    had = QLineEdit(body)
    body.show()
    had.setFocus()
    qtbot.waitUntil(lambda: body.focusWidget() is had)
    overlay = Overlay(look, Card(look, "Anything"), body, scrim=True)
    had.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    with qtbot.waitSignal(overlay.closed):
        overlay.close_overlay()
    assert not overlay.isVisible()
