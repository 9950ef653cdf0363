import threading
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import Qt

from app.model.marking import Level
from app.ui.shell.choose import ChooseCard
from app.ui.shell.folder import WITHHELD, look_into


@pytest.fixture
def begin(look, runner, qtbot):
    def make(first, home):
        card = ChooseCard(look, runner, first, home, Level.TS)
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
    window.desk = window.desk._replace(inbox=WatchedPath(tmp_path))
    window.choose_bundle()
    qtbot.waitUntil(lambda: window.settled)
    assert WatchedPath.asked
    assert threading.main_thread() not in WatchedPath.asked


def put_bundles(folder, *names):
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_bytes(b"{}")


def test_that_names_above_the_ceiling_are_withheld_and_never_offered(tmp_path):
    put_bundles(tmp_path, "s_src_main_0000000001_e1", "ts_src_main_0000000001_e1", "ts-sci_broken")
    (tmp_path / "ts_src_main_0000000002_e1.zip").write_bytes(b"")
    (tmp_path / "ts_unfinished").mkdir()
    (tmp_path / "tests").mkdir()
    listing = look_into(tmp_path, Level.S)
    names = [entry.name for entry in listing.entries]
    assert names == ["s_src_main_0000000001_e1", *[WITHHELD] * 4, "tests"]
    assert [path.name for path in listing.bundles] == ["s_src_main_0000000001_e1"]
    assert len(look_into(tmp_path, Level.TS_SCI).bundles) == 4


def test_that_a_withheld_bundle_cannot_be_taken(look, runner, qtbot, tmp_path):
    put_bundles(tmp_path, "ts_src_main_0000000001_e1")
    card = ChooseCard(look, runner, tmp_path, tmp_path, Level.S)
    qtbot.addWidget(card)
    qtbot.waitUntil(lambda: runner.idle)
    taken = []
    card.chosen.connect(taken.append)
    card._take_one()
    card._files.opened.emit(card._files.current_row())
    assert taken == []
    assert not card._one.isEnabled()
    assert card._all.isHidden()


def test_that_an_empty_folder_keeps_the_keyboard_in_the_card(open_window, qtbot, tmp_path):
    window = open_window()
    (tmp_path / "above" / "inbox").mkdir(parents=True)
    window.desk = window.desk._replace(inbox=tmp_path / "above" / "inbox")
    before = window.focusWidget()
    window.choose_bundle()
    qtbot.waitUntil(lambda: window.settled)
    card = window.overlay.findChild(ChooseCard)
    assert window.focusWidget() is card
    assert not card._one.isEnabled()
    for _ in range(3):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        assert card.isAncestorOf(window.focusWidget())
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: window.settled)
    assert window.focusWidget() is card._files, "the folder above has one folder"
    qtbot.keyClick(card._files, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    assert window.focusWidget() is card
    qtbot.keyClick(card, Qt.Key.Key_Escape)
    assert window.overlay is None
    assert window.focusWidget() is before
