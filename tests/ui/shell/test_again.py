"""The console opened again with another size of text, in a process of its own, as a person does it."""

import json
import subprocess
import sys

from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, write_station
from tests.conftest import ROOT

RUN = """
import json, os, sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
import app.ui.main
from app.clock import SystemClock
from app.paths import Paths

def painted():
    window = next(widget for widget in QApplication.topLevelWidgets() if hasattr(widget, "views"))
    size = window.commanding.text_size
    told = {"size": size, "pixels": window.devicePixelRatioF(), "own": os.environ.get("QT_SCALE_FACTOR"),
            "page": window.page, "range": window.range, "pid": os.getpid()}
    print(json.dumps(told), flush=True)
    if size == 100:
        window.show_page("sync")
        window.set_range(4)
        QTimer.singleShot(0, lambda: window.commanding.change_text(150))
    elif size == 150:
        QTimer.singleShot(0, lambda: window.commanding.change_text(200))
    else:
        QTimer.singleShot(0, QApplication.quit)

app.ui.main.user_memory = lambda: QSettings(sys.argv[2], QSettings.Format.IniFormat)
make = app.ui.main.open_console

def watched(*given, **named):
    console = make(*given, **named)
    console.window.painted.connect(painted)
    return console

app.ui.main.open_console = watched
sys.exit(app.ui.main.run(Paths.under(Path(sys.argv[1])), SystemClock()))
"""


def test_that_another_size_opens_the_same_console_again_in_the_same_place(base_dir, tmp_path, monkeypatch):
    paths = Paths.under(base_dir)
    paths.make()
    write_station(paths, Station("station-04", "Watch floor", Level.TS))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("QT_SCALE_FACTOR", "1.5")
    command = [sys.executable, "-c", RUN, str(base_dir), str(tmp_path / "window.ini")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert [one["pixels"] for one in (first, second, third)] == [1.5, 2.25, 3.0]
    assert (first["page"], first["range"]) == ("overview", 2)
    assert [(one["page"], one["range"]) for one in (second, third)] == [("sync", 4)] * 2
    assert first["pid"] == second["pid"] == third["pid"], "in place: whoever started it still has it"
