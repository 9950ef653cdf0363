"""What the window is given: everything it works with, made in `main` and passed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QSettings

from app.clock import Clock
from app.job import Job
from app.paths import Paths
from app.settings import Station
from app.ui.look import Look
from app.ui.page import Page
from app.ui.shell.importing import Receive, Retry
from app.ui.tasks import TaskRunner

if TYPE_CHECKING:
    from app.query.holdings import Holdings
    from app.store.database import Store
    from app.ui.shell.beginning import Beginning


class Desk(NamedTuple):
    """The parts of one console.

    `station` is None where the station has no settings yet: then there are no pages, only what to do.
    `holdings` and `token` look at the store; `receive` is the one door in, `retry` tries again what was
    held, `untried` says what of the inbox is new. `inbox` None: none is watched. `kept` are the
    files of the station that the console itself writes: the first picture of the next start, exports; None: this
    is a look at one moment, which keeps nothing.
    `memory` keeps the state of the window, the only thing that is kept for each user. `again` ends this
    console and opens it anew as it was. `beginning` makes what sets up a station that has nothing yet; None:
    none may be.
    """

    store: "Callable[[], Store]"
    station: Station | None
    clock: Clock
    look: Look
    runner: TaskRunner
    pages: Sequence[Page]
    holdings: "Callable[[Job], Holdings]"
    token: Callable[[], tuple[object, ...]]
    receive: Receive
    retry: Retry
    untried: Callable[[Sequence[Path]], list[Path]]
    inbox: Path | None
    kept: Paths | None
    person: str
    calls: Sequence[str]
    memory: QSettings
    again: Callable[[], None] = QCoreApplication.quit
    beginning: "Callable[[], Beginning] | None" = None
