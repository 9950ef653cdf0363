"""What the window is given: everything it works with, made in `main` and passed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings

from app.clock import Clock
from app.job import Job
from app.query.holdings import Holdings
from app.settings import Station
from app.store.database import Store
from app.ui.importing import Receive, Retry
from app.ui.look import Look
from app.ui.page import Page
from app.ui.tasks import TaskRunner


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """The parts of one console.

    `station` is None where the station has no settings yet: then there are no pages, only what to do.
    `holdings` and `token` look at the store; `receive` is the one door in, `retry` tries again what was
    held, `untried` says what of the inbox is new. `inbox` None: none is watched.
    `memory` keeps the state of the window, the only thing that is kept for each user.
    """

    store: Store
    station: Station | None
    clock: Clock
    look: Look
    runner: TaskRunner
    pages: Sequence[Page]
    holdings: Callable[[Job], Holdings]
    token: Callable[[], tuple[object, ...]]
    receive: Receive
    retry: Retry
    untried: Callable[[Sequence[Path]], list[Path]]
    inbox: Path | None
    person: str
    calls: Sequence[str]
    memory: QSettings
