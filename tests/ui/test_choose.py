import threading
from pathlib import Path
from typing import ClassVar

import pytest

from app.ui.choose import ChooseCard


@pytest.fixture
def begin(look, runner, qtbot):
    def make(first, home):
        card = ChooseCard(look, runner, first, home)
        qtbot.addWidget(card)
        qtbot.waitUntil(lambda: runner.idle)
        return card._listing.folder, card._head.accessibleName()

    return make


def test_that_choosing_begins_in_the_inbox_or_at_home(begin, tmp_path):
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    home.mkdir()
    said = f"Import a bundle. Folder {home}"
    assert begin(None, home) == (home, said)
    assert begin(inbox, home) == (home, said), "the inbox is not there"
    inbox.mkdir()
    assert begin(inbox, home) == (inbox, f"Import a bundle. Folder {inbox}")


class WatchedPath(type(Path())):
    """A path that writes down which thread asked the file system about it."""

    asked: ClassVar[list[threading.Thread]] = []

    def is_dir(self):
        self.asked.append(threading.current_thread())
        return super().is_dir()


def test_that_the_gui_thread_never_asks_a_share(open_window, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(WatchedPath, "asked", [])
    window = open_window()
    object.__setattr__(window.desk, "inbox", WatchedPath(tmp_path))
    window.choose_bundle()
    qtbot.waitUntil(lambda: window.settled)
    assert WatchedPath.asked
    assert threading.main_thread() not in WatchedPath.asked
