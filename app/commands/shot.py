"""Save a picture of one page of the console, without a display."""

import argparse
import re
import tempfile
from pathlib import Path

from app.cli import Command, Context
from app.errors import InputError, UsageError

_LEAST = (900, 480)
"""Of `app.ui.shell.frame.LEAST`, which is not imported before the command line was read."""


_RANGES = ("1h", "6h", "24h", "7d", "30d", "90d", "13mo")
"""Those of the console's own control, in its order."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", metavar="PAGE", help="overview, sync, ..., or PAGE/ENCLAVE/ID for one endpoint or node")
    parser.add_argument("--out", required=True, metavar="F.png", help="where to write the picture")
    parser.add_argument("--size", default="1920x1080", metavar="WxH", help="pixels of the picture (default 1920x1080)")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark", help="default: dark")
    parser.add_argument("--scale", type=int, choices=(1, 2), default=1, help="pixels for each logical pixel")
    parser.add_argument("--range", default="24h", choices=_RANGES, help="visible time range (default 24h)")
    parser.add_argument(
        "--period", default="", metavar="P", help="period of pages about one: 2026-11, 2026-Q4, 2026, 30d"
    )
    parser.add_argument("--at", metavar="TIME", help="ISO 8601 time that counts as now (default: now)")


def _run(options: argparse.Namespace, context: Context) -> int:
    size = re.fullmatch(r"(\d{3,5})x(\d{3,5})", options.size)
    if size is None:
        msg = f"--size {options.size!r} is no size."
        raise UsageError(msg, "Write for example 1920x1080.")
    width, height = (int(number) // options.scale for number in size.groups())
    if width < _LEAST[0] or height < _LEAST[1]:
        msg = f"The console needs at least {_LEAST[0]}x{_LEAST[1]} logical pixels."
        raise UsageError(msg, "Choose a larger --size or a smaller --scale.")

    from PySide6.QtCore import QSettings

    from app.ui.shell.periods import is_period

    if not is_period(options.period):
        msg = f"--period {options.period!r} is no period of the console's control."
        raise UsageError(msg, "Write for example 2026-11, 2026-Q4 or 30d.")

    from app.ui.main import build, make_application
    from app.ui.page import place_of
    from app.ui.picture import Size, show_page, take

    make_application(offscreen=True, scale=options.scale)
    with tempfile.TemporaryDirectory() as folder:
        memory = QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat)
        memory.setValue("window/range", _RANGES.index(options.range))
        memory.setValue("window/period", options.period)
        console = build(context.paths, context.clock, memory, theme=options.theme, watch=False)
        try:
            known = [page.id for page in console.window.desk.pages]
            place = place_of(options.page)
            if known and place.page not in known:
                msg = f"There is no page {place.page!r}."
                raise UsageError(msg, f"There are: {', '.join(known)}.")
            wrong = show_page(console, place if known else None, Size(width, height))
            if wrong:
                msg = f"The page could not be drawn: {'; '.join(wrong)}."
                raise InputError(msg)
            if not take(console).save(str(Path(options.out))):
                msg = f"{options.out} cannot be written."
                raise InputError(msg, "Choose another place; the name must end in .png.")
        finally:
            console.close()
    return 0


COMMAND = Command(_arguments, _run)
