import errno
import hashlib
import os
import sqlite3

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.audit import verify_chain
from app.errors import InputError, Refused
from app.job import Cancelled, Job
from app.model.health import Health
from app.model.marking import Level
from app.store import audit
from app.ui.page import Place
from app.ui.sheet import Sheet
from app.ui.shell import export
from app.ui.shell.export import Wish, write
from app.ui.window import Window
from tests.fakes.desk import make_desk
from tests.fakes.fleets import NOW
from tests.fakes.stores import open_store

SHEET = Sheet("Nodes", Level.S, ("Name", "Load"), [("a", 1.0), ("b", 2.5)])
CONTENT = '# SECRET\n"Name","Load"\n"a",1\n"b",2.5\n# SECRET\n'
AT = 951_868_799.0  # 2000-02-29T23:59:59Z


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "station", NOW)


def wish(sheet=SHEET, *, ceiling=Level.TS, subject="", at=AT):
    return Wish(sheet, ceiling, "SECRET", "", "sync", subject, at)


def exported(store):
    return sorted(path.name for path in store.paths.reports.iterdir())


def recorded(store):
    with store.state() as state:
        records = list(audit.records(state))
    assert verify_chain(records) is None
    return [one for one in records if one.event == "export"]


def test_that_a_sheet_becomes_a_file_that_only_its_owner_reads(store):
    done = write(lambda: store, store.paths, wish(subject="rag/ü: chat"), Job())
    assert done.path.parent == store.paths.reports
    assert done.path.name == "sync-rag-chat-20000229T235959Z.csv"
    assert done.path.read_text(encoding="utf-8") == CONTENT
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert exported(store) == [done.path.name]


def test_that_an_export_is_on_record_with_marking_rows_digest_and_person(store):
    done = write(lambda: store, store.paths, wish(), Job())
    (record,) = recorded(store)
    digest = hashlib.sha256(CONTENT.encode()).hexdigest()
    assert done.sha256 == digest
    assert record.object_id == f"{done.path.name} rows:2 sha256:{digest}"
    assert (record.component, record.object_label, record.outcome) == ("console", "S", "done")
    assert record.os_user == audit.os_account()


def test_that_no_file_is_ever_written_over(store):
    first = write(lambda: store, store.paths, wish(), Job()).path
    first.write_text("mine", encoding="utf-8")
    second = write(lambda: store, store.paths, wish(), Job()).path
    assert exported(store) == ["sync-20000229T235959Z-2.csv", "sync-20000229T235959Z.csv"]
    assert first.read_text(encoding="utf-8") == "mine"
    assert second.read_text(encoding="utf-8") == CONTENT


@pytest.mark.parametrize("level", [Level.TS, None])
def test_that_a_sheet_above_the_ceiling_or_unmarked_is_refused_and_that_is_on_record(store, level):
    with pytest.raises(Refused):
        write(lambda: store, store.paths, wish(SHEET._replace(level=level), ceiling=Level.S), Job())
    assert exported(store) == []
    (record,) = recorded(store)
    assert (record.outcome, record.object_label) == ("refused", "" if level is None else "TS")


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "The disk is full."), (errno.EIO, "does not take the file")]
)
def test_that_a_full_or_broken_disk_leaves_nothing_and_is_said(store, monkeypatch, number, said):
    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(export.os, "fsync", fail)
    with pytest.raises(InputError, match=said):
        write(lambda: store, store.paths, wish(), Job())
    assert exported(store) == []
    assert recorded(store) == []


def test_that_a_folder_without_permission_is_said(store, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(export.os, "open", refuse)
    with pytest.raises(InputError, match="cannot be written to"):
        write(lambda: store, store.paths, wish(), Job())
    assert recorded(store) == []


def test_that_without_a_record_there_is_no_file(store):
    with store.state() as state:
        state.db.execute("DROP TABLE audit")
    with pytest.raises(sqlite3.DatabaseError):
        write(lambda: store, store.paths, wish(), Job())
    assert exported(store) == []


def test_that_a_file_that_cannot_be_put_in_place_is_not_on_record(store, monkeypatch):
    def fail(self, target):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(export.Path, "replace", fail)
    with pytest.raises(InputError):
        write(lambda: store, store.paths, wish(), Job())
    assert exported(store) == []
    assert recorded(store) == []


def test_that_a_cancelled_export_leaves_nothing(store):
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        write(lambda: store, store.paths, wish(), job)
    assert exported(store) == []


@pytest.fixture
def window(qtbot, look, runner, told, tmp_path, store):
    """A window of a station that keeps what it writes, on the sync page."""
    desk = make_desk(look, runner, tmp_path, told)._replace(store=lambda: store, kept=store.paths)
    made = Window(desk)
    qtbot.addWidget(made)
    made.resize(1600, 960)
    made.show()
    made.activateWindow()
    made.go_to(Place("sync"))
    qtbot.waitUntil(lambda: made.settled)
    return made


def press(widget, key, *modifiers):
    held = Qt.KeyboardModifier.NoModifier
    for one in modifiers:
        held |= one
    QTest.keyClick(widget, key, held)


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_that_ctrl_e_writes_the_table_as_it_is_shown_and_says_where(window, store, qtbot):
    table = window.views["sync"].table
    press(table, Qt.Key.Key_S)
    press(table, Qt.Key.Key_S, SHIFT)
    press(table, Qt.Key.Key_E, CTRL)
    qtbot.waitUntil(lambda: window.settled)
    (name,) = exported(store)
    lines = (store.paths.reports / name).read_text(encoding="utf-8").splitlines()
    assert lines[0] == lines[-1] == "# TOP SECRET"
    assert lines[1] == "# Demonstration data. Contains no classified information"
    assert lines[2].startswith('"Bundle","Marking","Made (UTC)"')
    assert len(lines) == 4 + len(table.rows.rows)
    first = [line.split(",")[0].strip('"') for line in lines[3:-1]]
    assert first == [table.column(0).says(row) for row in table.rows.rows]
    said = window.strip.message
    assert (said.title, said.health, said.action) == ("Bundles exported", Health.HEALTHY, "Copy path")
    assert str(store.paths.reports / name) in said.text
    window.strip.acted.emit()
    assert QGuiApplication.clipboard().text() == str(store.paths.reports / name)


def test_that_an_export_works_on_another_thread_and_a_failure_is_said(window, store, qtbot):
    store.paths.reports.rmdir()
    store.paths.reports.write_text("in the way", encoding="utf-8")
    window.export_page()
    assert not window.strip.isVisible(), "nothing was written on this thread"
    qtbot.waitUntil(lambda: window.settled)
    assert window.strip.message.health is Health.WARNING
    assert "Nothing was written" in window.strip.message.text


def test_that_a_page_with_nothing_to_export_says_so(window, told, qtbot):
    window.views["sync"].table.rows.given = ()
    window.export_page()
    assert window.strip.message.title == "Nothing to export here"


def test_that_a_look_at_a_past_moment_writes_no_file(qtbot, open_window):
    window = open_window()
    window.show_page("sync")
    qtbot.waitUntil(lambda: window.settled)
    window.export_page()
    assert window.strip.message.title == "This is a look at one moment"


def test_that_s_after_g_goes_to_a_page_and_sorts_nothing(window):
    table = window.views["sync"].table
    press(table, Qt.Key.Key_G)
    press(table, Qt.Key.Key_S)
    assert table.rows.order is None


def test_that_esc_shows_every_bundle_again(window):
    view = window.views["sync"]
    press(view.table, Qt.Key.Key_Slash)
    assert view.filter.field.hasFocus()
    QTest.keyClicks(view.filter.field, "nowhere")
    press(view.filter.field, Qt.Key.Key_Down)
    assert view.table.hasFocus()
    assert view.table.rows.rows == ()
    assert view._chosen.state.title == "No bundle chosen"
    press(view.table, Qt.Key.Key_Escape)
    assert len(view.table.rows.rows) == len(view.table.rows.given) > 0
    assert view._chosen.state is None
