"""What a start does before its first picture, and what it shows: in a process of its own, as a person starts it."""

import json
import subprocess
import sys

import pytest
from PySide6.QtCore import QSettings

from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.overview import USUAL_SECONDS, refresh_picture
from app.settings import write_station
from app.ui.main import open_console
from app.ui.page import Place
from app.ui.shell.time_range import DEFAULT, RANGES
from app.ui.window import Window
from tests.conftest import ROOT
from tests.fakes import answers
from tests.fakes.desk import make_desk
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, U1, catalogue, endpoint, last, serving
from tests.fakes.stores import bring, open_store, station

STATION = station(Level.TS)
END = NOW - 5 * MINUTE

HEAVY = frozenset(
    {
        "cryptography",
        "httpx",
        "keyring",
        "numpy",
        "pcodec",
        "pyqtgraph",
        "securesystemslib",
        "sqlite3",
        "sqlite_utils",
    }
)

LOOK = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QSettings
import app.ui.main
from app.clock import SystemClock
from app.paths import Paths

def painted():
    view = next(iter(console().views.values()))
    print(json.dumps({"modules": sorted(sys.modules), "rows": view.matrix.matrix.rowCount()}), flush=True)

def console():
    from PySide6.QtWidgets import QApplication
    return next(widget for widget in QApplication.topLevelWidgets() if hasattr(widget, "views"))

app.ui.main.user_memory = lambda: QSettings(sys.argv[2], QSettings.Format.IniFormat)
sys.exit(app.ui.main.run(Paths.under(Path(sys.argv[1])), SystemClock(), until_painted=painted))
"""


@pytest.fixture
def store(tmp_path):
    """A station on which one endpoint fails; its picture is kept, as after an import."""
    made = open_store(tmp_path / "station", NOW)
    write_station(made.paths, STATION)
    bad = serving(U1, "rag", END, endpoint_errors=last(30.0, 10, 0.0))
    bring(made, catalogue(U1, endpoint(U1, "rag")), TimeRange(END - 31 * DAY, END), bad)
    refresh_picture(made, STATION, Job())
    return made


@pytest.fixture
def open_at(store, qapp, tmp_path):
    """The console of the station at a moment, opened by `open_console` and started."""
    consoles = []

    def make(at):
        memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        console = open_console(store.paths, Moving(at), memory)
        consoles.append(console)
        console.window.start()
        console.window.show()
        return console.window

    yield make
    for console in consoles:
        console.close()


class Moving:
    """A clock of the present, as far as the console can tell."""

    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at


def said(window):
    return window.views["overview"]._sentence.accessibleName().replace("\N{NO-BREAK SPACE}", " ")


def test_that_the_first_picture_is_painted_before_anything_heavy_is_imported(store, tmp_path, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-c", LOOK, str(store.paths.base), str(tmp_path / "window.ini")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == 1, "painted with the answer in it"
    modules = told["modules"]
    assert not {name.partition(".")[0] for name in modules} & HEAVY
    assert [name for name in modules if name.startswith("app.ui.pages.")] == ["app.ui.pages.overview"]
    assert not [name for name in modules if name.startswith(("app.store", "app.bundle", "app.sources"))]
    ours = [name for name in modules if name.partition(".")[0] == "app"]
    assert len(ours) <= 81, "a module more is a start that is later for everybody: is it needed for the first picture?"
    assert len(modules) <= 285


def test_that_a_kept_picture_shows_at_once_how_old_it_is_and_gives_way_to_the_answer(open_at, qtbot):
    window = open_at(NOW + 3 * HOUR)
    assert "being brought up to date" in said(window)
    assert "Last read 3 h 00 m ago" in said(window)
    state = window.views["overview"].matrix.matrix.fleet.enclaves[0]
    assert (state.freshness.value, state.age) == ("stale", 3 * HOUR + 5 * MINUTE)
    qtbot.waitUntil(lambda: window._began and window.settled)
    assert "being brought up to date" not in said(window)
    assert window.hosts["overview"].data.seen == NOW + 3 * HOUR


def test_that_the_banner_shows_the_ceiling_until_the_cache_was_looked_at(open_at, qtbot):
    window = open_at(NOW + HOUR)
    assert window.banners[0].words == Level.TS.banner
    qtbot.waitUntil(lambda: window._began and window.settled)
    assert window.banners[0].words == Level.U.banner


def test_that_an_answer_about_the_present_becomes_the_next_picture(open_at, store, qtbot):
    store.paths.last_overview.unlink()
    window = open_at(NOW + HOUR)
    qtbot.waitUntil(lambda: window._began and window.settled)
    assert store.paths.last_overview.is_file()


def test_that_a_filter_or_another_range_is_never_kept(open_at, store, qtbot):
    store.paths.last_overview.unlink()
    window = open_at(NOW + HOUR)
    window.set_range(0)
    qtbot.waitUntil(lambda: window._began and window.settled)
    assert not store.paths.last_overview.exists()


def test_that_a_look_at_a_past_moment_neither_shows_nor_keeps_a_picture(store, qapp, qtbot, tmp_path):
    store.paths.last_overview.unlink()
    memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    console = open_console(store.paths, FrozenClock(NOW + HOUR), memory)
    console.window.start()
    console.window.show()
    qtbot.waitUntil(lambda: console.window._began and console.window.settled)
    console.close()
    assert not store.paths.last_overview.exists()


def test_that_a_store_that_cannot_be_opened_is_said_where_the_picture_stood(open_at, store, qtbot):
    stands = store.paths.cache_db
    with stands.open("r+b") as file:  # the same file, and no database any more
        file.write(b"no database" * 100)
    for end in ("-wal", "-shm"):
        stands.with_name(stands.name + end).unlink(missing_ok=True)
    window = open_at(NOW + HOUR)
    assert "being brought up to date" in said(window)
    qtbot.waitUntil(lambda: window._began and window.settled)
    assert "cannot be read" in said(window)


def test_that_a_window_nobody_sees_begins_all_the_same(qtbot, look, runner, told, tmp_path, monkeypatch):
    monkeypatch.setattr("app.ui.window._UNPAINTED_MS", 10)
    window = Window(make_desk(look, runner, tmp_path, told))
    qtbot.addWidget(window)
    window.start()
    qtbot.waitUntil(lambda: window._began and window.settled)
    assert window.hosts["overview"].data is not None


def test_that_a_page_without_a_badge_is_not_asked_before_its_first_visit(qtbot, look, runner, told, tmp_path):
    desk = make_desk(look, runner, tmp_path, told)
    pages = tuple(page._replace(badges=None) if page.id == "sync" else page for page in desk.pages)
    window = Window(desk._replace(pages=pages))
    qtbot.addWidget(window)
    window.show()
    window.go_to(Place("overview"))
    qtbot.waitUntil(lambda: window.settled)
    assert window.hosts["sync"].data is None
    window.show_page("sync")
    qtbot.waitUntil(lambda: window.settled)
    assert window.hosts["sync"].data is not None


def test_that_the_range_that_is_kept_is_the_usual_one():
    assert RANGES[DEFAULT].seconds == USUAL_SECONDS
    assert answers.DAY.seconds == USUAL_SECONDS
