"""A look, a runner and a window for tests of the console."""

import pytest
from PySide6.QtWidgets import QWidget

from app.ui.look import Look
from app.ui.page import Place
from app.ui.tasks import TaskRunner
from app.ui.window import Window
from tests.fakes.desk import STATION, Answers, make_desk


@pytest.fixture
def look(qapp):
    return Look.load("dark")


@pytest.fixture
def runner(qapp):
    made = TaskRunner()
    yield made
    made.shutdown()


@pytest.fixture
def show_in(qtbot):
    """Show a part at a size inside of a plain window, which has no size hints of its own."""
    windows = []

    def show(part, width, height):
        window = QWidget()
        windows.append(window)
        part.setParent(window)
        window.resize(width, height)
        part.resize(width, height)
        window.show()
        part.show()
        return part

    yield show
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def told():
    return Answers()


@pytest.fixture
def open_window(qtbot, look, runner, told, tmp_path):
    """Make a window, show it at a size, and wait until nothing is under way."""
    windows = []

    def make(width=1600, height=960, *, station=STATION):
        window = Window(make_desk(look, runner, tmp_path, told, station=station))
        windows.append(window)
        window.resize(width, height)
        window.show()
        window.activateWindow()
        window.go_to(Place(window.desk.pages[0].id) if window.desk.pages else None)
        qtbot.waitUntil(lambda: window.settled)
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
