"""Open the console: the window with the overview, sync and everything a watch floor looks at."""

import argparse
import gc
import tempfile
from functools import partial
from pathlib import Path

from app.cli import Command, Context
from app.clock import Clock
from app.job import Job
from app.paths import Paths

_SIZES = ((960, 540), (1366, 768), (1920, 1080))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", metavar="TIME", help="show the station as known at this ISO 8601 time; imports nothing")
    parser.add_argument("--until-painted", action="store_true", help="say when the first picture stands, and end")
    parser.add_argument(
        "--self-check", action="store_true", help="draw every page without a display, say what is wrong, and end"
    )


def _run(options: argparse.Namespace, context: Context) -> int:
    if options.self_check:
        return _check(context)
    # nothing that a start makes is garbage, so looking for some would only take a tenth of its time
    gc.disable()
    from app.ui.main import run

    painted = _say_painted if options.until_painted else None
    return run(context.paths, context.clock, demo=partial(_build_demo, context.clock), until_painted=painted)


def _build_demo(clock: Clock, paths: Paths, job: Job) -> None:
    """Build a demonstration for the console, which may not know how; on a worker thread."""
    from app.demo.station import Plan, build_demo

    build_demo(paths, Plan(clock.now() // 60.0 * 60.0), job)


def _say_painted() -> None:
    print("painted", flush=True)


def _check(context: Context) -> int:
    """Draw every page at several sizes in both themes; one line for each."""
    from PySide6.QtCore import QSettings

    from app.ui.main import build, make_application
    from app.ui.page import Place
    from app.ui.picture import Size, show_page, take

    make_application(offscreen=True)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        memory = QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat)
        for theme in ("dark", "light"):
            console = build(context.paths, context.clock, memory, theme=theme, watch=False)
            for page in [page.id for page in console.window.desk.pages] or [""]:
                for width, height in _SIZES:
                    wrong = show_page(console, Place(page) if page else None, Size(width, height))
                    if take(console).isNull():
                        wrong.append("nothing was drawn")
                    bad += bool(wrong)
                    said = "; ".join(wrong) if wrong else "ok"
                    print(f"{page or 'first run':<12} {width}x{height:<5} {theme:<6} {said}")
            console.close()
    return 1 if bad else 0


COMMAND = Command(_arguments, _run)
