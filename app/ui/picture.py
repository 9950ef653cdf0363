"""Pictures of a console, taken offscreen by the same code that draws the window."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage

from app.ui.main import Console
from app.ui.page import Place
from app.ui.states import Kind

_PATIENCE_MS = 60_000
_LOOK_EVERY_MS = 15


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a window in logical pixels."""

    width: int
    height: int


def wait_until(done: Callable[[], bool]) -> bool:
    """Let the event loop run until something is so; False when it never came to be."""
    loop = QEventLoop()
    look, end = QTimer(interval=_LOOK_EVERY_MS), QTimer(singleShot=True, interval=_PATIENCE_MS)
    look.timeout.connect(lambda: loop.quit() if done() else None)
    end.timeout.connect(loop.quit)
    look.start()
    end.start()
    loop.exec()
    look.stop()
    end.stop()
    return done()


def show_page(console: Console, place: Place | None, size: Size) -> list[str]:
    """Show a page in a window of this size, wait for its data, and return what is wrong with it."""
    window = console.window
    window.resize(size.width, size.height)
    window.show()
    window.go_to(place)
    if not wait_until(lambda: window.settled):
        return ["its data did not come"]
    wrong = []
    if window.strip.isVisible() and window.strip.message.health is not None and not window.strip.message.action:
        wrong.append(window.strip.message.title)
    wrong += [f"{state.title} {state.text}" for state in window.states() if state.kind is Kind.ERROR]
    top, bottom = window.banners
    inside = window.rect()
    if not (inside.contains(top.geometry()) and inside.contains(bottom.geometry())):
        wrong.append("a banner is outside the window")
    if window.body.geometry().intersects(top.geometry()) or window.body.geometry().intersects(bottom.geometry()):
        wrong.append("a banner is covered")
    return wrong


def take(console: Console) -> QImage:
    """The window as it is."""
    return console.window.grab().toImage()
