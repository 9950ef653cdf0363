"""Builds the console: store, runner, look, window."""

import faulthandler
import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.clock import Clock, FrozenClock
from app.errors import SettingsError
from app.job import Job
from app.paths import Paths, resources
from app.settings import Station, load_station
from app.toml import read_toml
from app.ui.discover import discover
from app.ui.look import Look
from app.ui.page import Page
from app.ui.shell.desk import Desk
from app.ui.shell.door import Door
from app.ui.shell.late_store import LateStore
from app.ui.shell.memory import Memory
from app.ui.shell.person import signed_in
from app.ui.tasks import TaskRunner
from app.ui.window import Window

if TYPE_CHECKING:
    from app.query.holdings import Holdings
    from app.ui.shell.beginning import Beginning, BuildDemo

log = logging.getLogger("watchfloor")


class Console(NamedTuple):
    """One running console and what has to be put away when it ends."""

    window: Window
    runner: TaskRunner
    store: LateStore

    def close(self) -> None:
        """Close the window, cancel every job, wait for the threads, and let go of the databases."""
        self.window.close()
        self.runner.shutdown()
        self.store.close()


AGAIN = 64
"""What the event loop ends with when the console is to be opened anew, as it was."""


def make_application(*, offscreen: bool = False, scale: float = 1) -> QApplication:
    """The one QApplication. Offscreen needs no display.

    `scale` multiplies every pixel; on a display it multiplies what the desktop asks for.

    Raises
    ------
    SettingsError
        If there is no display to draw on, before Qt ends the process in words nobody understands.
    """
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if scale != 1:
        from app.ui.shell.text_size import VARIABLE, factor

        os.environ[VARIABLE] = factor(round(100 * scale), None if offscreen else os.environ.get(VARIABLE))
    found = QApplication.instance()
    if isinstance(found, QApplication):
        return found
    _check_display()
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    # named here because setStyle() hands the style over, and with it come all the enums of styles: 10 ms of a start
    application = QApplication(["watchfloor", "-style", "fusion"])
    application.setApplicationName("Watchfloor")
    return application


def _check_display() -> None:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        msg = "There is no display to open a window on."
        raise SettingsError(
            msg, "Log in to a desktop, or use 'watchfloor shot' and 'watchfloor health' in the terminal."
        )
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        _check_xcb()


def _check_xcb() -> None:
    """Qt ends the process where libxcb-cursor is missing; say so first."""
    import ctypes

    try:
        ctypes.CDLL("libxcb-cursor.so.0")
    except OSError as error:
        msg = "A library that Qt needs on X11 is missing: libxcb-cursor."
        hint = "Install it: apt install libxcb-cursor0, or dnf install xcb-util-cursor."
        raise SettingsError(msg, hint) from error


def build(
    paths: Paths,
    clock: Clock,
    memory: QSettings,
    *,
    theme: str = "",
    watch: bool = True,
    late: bool = False,
    demo: "BuildDemo | None" = None,
) -> Console:
    """Build the console of a station. Without settings it shows what to do and imports nothing.

    `watch` False is a look at one moment: no inbox is watched, nothing is imported and no picture is
    kept or shown. `late` leaves the store closed until somebody asks it; what is wrong with it is then
    said in the window.

    Raises
    ------
    AppError
        If the store, the fonts or the settings cannot be used.
    """
    look = Look.load(theme or str(memory.value("window/theme", "dark")), paths.policy)
    look.changed.connect(lambda: _paint_palette(look))
    _paint_palette(look)
    station = load_station(paths) if paths.station_toml.is_file() else None
    store = LateStore(paths, clock)
    if not late:
        store()
    runner = TaskRunner()
    pages = discover() if station is not None else ()
    desk = _desk(store, station, look, runner, pages, memory, watch=watch)
    if watch:
        desk = desk._replace(beginning=partial(_begin, store, station, demo))
    return Console(Window(desk), runner, store)


def _begin(store: LateStore, station: Station | None, demo: "BuildDemo | None") -> "Beginning":
    """What sets up a station; only one that has nothing yet imports it."""
    from app.ui.shell.beginning import Beginning

    return Beginning(store, station, demo, _program())


def _program() -> tuple[str, ...]:
    """How this program was called, up to the name of its command."""
    words = sys.orig_argv
    return (sys.executable, *words[1 : words.index("console")]) if "console" in words else (sys.executable, "-m", "app")


def _desk(
    store: LateStore,
    station: Station | None,
    look: Look,
    runner: TaskRunner,
    pages: Sequence[Page],
    memory: QSettings,
    *,
    watch: bool,
) -> Desk:
    paths = store.paths
    inbox = (station.inbox or paths.inbox) if station is not None and watch else None

    door = Door(store, station, past=not watch)

    def hold(job: Job) -> "Holdings":
        from app.query.holdings import read_holdings

        return read_holdings(store())

    return Desk(
        store=store,
        station=station,
        clock=store.clock,
        look=look,
        runner=runner,
        pages=pages,
        holdings=hold,
        token=store.token,
        receive=door.receive,
        retry=door.retry,
        untried=door.untried,
        inbox=inbox,
        kept=paths if watch else None,
        person=signed_in(),
        calls=_calls(paths),
        memory=memory,
        again=partial(QApplication.exit, AGAIN),
    )


def _calls(paths: Paths) -> tuple[str, ...]:
    """Whom to call after a spill: the site's list, else the shipped one."""
    site = paths.policy / "spill.toml"
    table, _ = read_toml(site if site.is_file() else resources() / "policy" / "spill.toml")
    calls = table.get("call", [])
    return tuple(str(call) for call in calls) if isinstance(calls, list) else ()


def _paint_palette(look: Look) -> None:
    """Colours for what Qt might still paint itself."""
    theme = look.theme
    palette = QPalette()
    role = QPalette.ColorRole
    for name, token in (
        (role.Window, "raised" if theme.dark else "surface"),
        (role.WindowText, "text.hi"),
        (role.Base, "inset"),
        (role.AlternateBase, "surface"),
        (role.Text, "text.hi"),
        (role.Button, "raised"),
        (role.ButtonText, "text.hi"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "accent.ink"),
        (role.PlaceholderText, "text.low"),
        (role.Light, "hair"),
        (role.Mid, "line"),
        (role.Dark, "inset"),
        (role.Shadow, "canvas"),
    ):
        palette.setColor(name, QColor(theme[token]))
    disabled = QPalette.ColorGroup.Disabled
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(disabled, name, theme["faint"])
    QApplication.setPalette(palette)
    QApplication.setFont(look.fonts.font("body"))


def user_memory() -> QSettings:
    """State of the window, in an ini file of the user: the only thing that is kept for each person."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "watchfloor", "window")


def fault_handler(
    tell: Callable[[str], None],
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """An excepthook that logs an unforeseen fault with an id, says so, and lets the program go on."""

    def handle(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        import uuid

        number = uuid.uuid4().hex[:8]
        log.error("fault %s", number, exc_info=(kind, error, trace))
        tell(number)

    return handle


def _log_to_file(paths: Paths) -> None:
    """Keep our own faults where they can be looked up; a station that cannot be written to logs to the terminal."""
    try:
        paths.logs.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(paths.logs / "console.log", encoding="utf-8", delay=True)
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)


def open_console(paths: Paths, clock: Clock, memory: QSettings, *, demo: "BuildDemo | None" = None) -> Console:
    """The console as a person opens it; with a clock that stands still it shows a past moment and writes nothing."""
    past = isinstance(clock, FrozenClock)
    # where a picture was kept there was a store that could be read, so there is something to show before it is opened
    late = not past and paths.last_overview.is_file()
    console = build(paths, clock, memory, watch=not past, late=late, demo=demo)
    if past:
        console.window.header.clock.show_past()
    return console


def run(
    paths: Paths,
    clock: Clock,
    *,
    demo: "BuildDemo | None" = None,
    until_painted: Callable[[], None] | None = None,
) -> int:
    """Open the console and stay until it is closed; with `until_painted`, call it and end at the first picture.

    `demo` builds a demonstration in a folder; None: none is offered.
    """
    faulthandler.enable()
    _log_to_file(paths)
    memory, before = user_memory(), dict(os.environ)
    application = make_application(scale=Memory(memory).number("window/text", 100) / 100)
    console = open_console(paths, clock, memory, demo=demo)
    sys.excepthook = fault_handler(console.window.show_fault)
    if until_painted is not None:
        console.window.painted.connect(until_painted)
        console.window.painted.connect(application.quit)
    try:
        console.window.start()
        console.window.keep_on_screen()
        console.window.show()
        ended = application.exec()
    finally:
        console.close()
    if ended == AGAIN:
        # the same words again, with what the environment was before the size of text was put into it
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], before)  # noqa: S606 -- no shell, our own words
    return ended
