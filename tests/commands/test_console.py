from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from app.cli import main
from app.clock import FrozenClock, SystemClock, from_iso
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, write_station
from app.ui.discover import discover
from app.ui.main import open_console


@pytest.fixture
def station(tmp_path):
    paths = Paths.under(tmp_path)
    paths.make()
    write_station(paths, Station("s-1", "Desk 1", Level.S))
    return tmp_path


def test_that_the_self_check_draws_every_page_without_a_display(qapp, station, capsys):
    assert main(["console", "--base-dir", str(station), "--self-check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(discover()) * 2 * 3, "each page in two themes and three sizes"
    assert all(line.endswith(" ok") for line in lines)


def test_that_a_folder_that_is_no_station_opens_with_what_to_do(qapp, tmp_path, capsys):
    assert main(["console", "--base-dir", str(tmp_path), "--self-check"]) == 0
    assert "first run" in capsys.readouterr().out


def test_that_a_damaged_cache_fails_the_self_check_in_words(qapp, station, capsys):
    assert main(["console", "--base-dir", str(station), "--self-check"]) == 0
    (station / "cache" / "cache.db").write_bytes(b"no database" * 1000)
    for extra in ("-wal", "-shm"):
        (station / "cache" / f"cache.db{extra}").unlink(missing_ok=True)
    assert main(["console", "--base-dir", str(station), "--self-check"]) != 0
    told = capsys.readouterr()
    assert "damaged" in told.out + told.err


def test_that_a_look_at_a_past_moment_says_so_imports_nothing_and_lets_go_at_the_end(qapp, qtbot, station):
    memory = QSettings(str(station / "window.ini"), QSettings.Format.IniFormat)
    console = open_console(Paths.under(station), FrozenClock(from_iso("2026-11-16T06:05:00Z")), memory)
    window = console.window
    assert window.desk.inbox is None
    assert window.header.clock.accessibleName().startswith("Clock: a past moment, ")
    window.import_paths([Path("b-1")])
    qtbot.waitUntil(lambda: window.settled)
    assert window.strip.message.title == "This console shows a past moment, so it imports nothing."
    assert console.store.token() != ()
    console.close()
    assert console.store.token() == ()


def test_that_a_console_of_now_watches_the_inbox(qapp, station):
    memory = QSettings(str(station / "window.ini"), QSettings.Format.IniFormat)
    console = open_console(Paths.under(station), SystemClock(), memory)
    assert console.window.desk.inbox == Paths.under(station).inbox
    assert console.window.header.clock.accessibleName() == "Clock"
    console.close()
