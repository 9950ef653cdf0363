"""What a page declares, and what the window asks of it."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.job import Job, Progress
from app.model.changes import Topic
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.settings import Station
from app.store.database import Store
from app.ui.look import Look
from app.ui.states import PanelState
from app.ui.tasks import TaskRunner


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a page: which store, at which moment, over which span, without which enclaves.

    `at` is "now" in seconds UTC; `span` ends there. `hidden` are the ids of the enclaves that the
    filter hides: their rows are not shown, but their worst state is always named.
    """

    store: Store
    station: Station
    at: float
    span: TimeRange
    hidden: frozenset[str] = frozenset()

    def same_view(self, other: "Ask") -> bool:
        """Whether both ask for a range of the same length, without the same enclaves; the moment may differ."""
        return self.span.seconds == other.span.seconds and self.hidden == other.hidden


@dataclass(frozen=True, slots=True)
class Badge:
    """Worst state and how many things need somebody, for the navigation."""

    health: Health
    count: int


@dataclass(frozen=True, slots=True)
class Oldest:
    """The oldest data in view, for the header's chip."""

    level: Level
    name: str
    age: float
    health: Health


@dataclass(frozen=True, slots=True)
class Page:
    """Declaration of one page.

    `key` is the letter after G. `load` runs on a worker thread and touches no widget; its answer is
    handed to the view's `show_data`. `badge` sums up an answer for the navigation and `oldest` for
    the header's age chip; both may return None. `marking` is the marking of an answer.
    """

    id: str
    title: str
    group: str
    order: int
    key: str
    icon: str
    topics: frozenset[Topic]
    load: Callable[[Ask, Job], Any]
    view: Callable[[Look], "PageView"]
    badge: Callable[[Any], Badge | None]
    oldest: Callable[[Any], Oldest | None]
    marking: Callable[[Any], Level]


class PageView(QWidget):
    """The widget of a page; knows neither the window nor the store.

    Signals
    -------
    show_wanted(str)
        Show the page of that id.
    enclave_wanted(str)
        Show the enclave of that id again, which the filter hides.
    import_wanted()
        Choose a bundle and import it.
    retry_wanted()
        Ask the store again.
    """

    show_wanted = Signal(str)
    enclave_wanted = Signal(str)
    import_wanted = Signal()
    retry_wanted = Signal()
    runner: TaskRunner
    """Runs what the view asks beyond its page's `load`, with what an answer gave it to ask with."""

    def show_data(self, data: Any) -> None:
        """Show a new answer."""
        raise NotImplementedError

    def show_state(self, state: PanelState) -> None:
        """Show that there is no answer: loading or an error."""
        raise NotImplementedError

    def next_problem(self, step: int) -> None:
        """Select the next (1) or previous (-1) item that needs attention."""

    def first_focus(self) -> QWidget:
        """The widget that takes the keyboard when the page is opened."""
        return self


class PageHost(QObject):
    """Asks for the data of one page, one request after another.

    While one runs, the newest wish of the same view waits for it: a load that takes longer than the
    store stays unchanged would otherwise never be shown. A wish for another view cancels what runs.

    Signals
    -------
    answered(object)
        A request's answer.
    failed(Exception)
        A request raised.
    progressed(Progress)
        How far the running request is.
    """

    answered = Signal(object)
    failed = Signal(Exception)
    progressed = Signal(object)

    def __init__(self, page: Page, runner: TaskRunner) -> None:
        super().__init__()
        self.page = page
        self.data: Any = None
        self.stale = True
        self.failing = False
        self._runner = runner
        self._number = 0
        self._job: Job | None = None
        self._running: Ask | None = None
        self._pending: Ask | None = None

    @property
    def waiting(self) -> bool:
        """Whether a request is under way."""
        return self._job is not None

    def build(self, look: Look) -> PageView:
        """Make the page's widget."""
        view = self.page.view(look)
        view.runner = self._runner
        return view

    def ask(self, ask: Ask) -> None:
        """Ask, after what already runs; at once where that would answer for another range or filter."""
        self.stale = False
        if self._running is not None and ask.same_view(self._running):
            self._pending = ask
            return
        if self._job is not None:
            self._job.cancel()
        self._start(ask)

    def _start(self, ask: Ask) -> None:
        self._number += 1
        self._running, self._pending = ask, None
        self._job = self._runner.run(
            partial(self.page.load, ask),
            receiver=self,
            on_done=partial(self._done, self._number),
            on_error=partial(self._error, self._number),
            on_progress=partial(self._progress, self._number),
        )

    def _end(self) -> None:
        """Start what waits before anybody is told: a fault of theirs must not lose it."""
        self._job = self._running = None
        if self._pending is not None:
            self._start(self._pending)

    def _done(self, number: int, data: Any) -> None:
        if number == self._number:
            self.data, self.failing = data, False
            self._end()
            self.answered.emit(data)

    def _error(self, number: int, error: Exception) -> None:
        if number == self._number:
            self.stale, self.failing = self._pending is None, True
            self._end()
            self.failed.emit(error)

    def _progress(self, number: int, progress: Progress) -> None:
        if number == self._number:
            self.progressed.emit(progress)


def discover() -> tuple[Page, ...]:
    """Every page in `app/ui/pages`, in the order of the navigation. No list is kept anywhere."""
    package = importlib.import_module("app.ui.pages")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        page = importlib.import_module(f"app.ui.pages.{module.name}").PAGE
        if not isinstance(page, Page):
            msg = f"app/ui/pages/{module.name}.py declares no PAGE"
            raise TypeError(msg)
        found.append(page)
    return tuple(sorted(found, key=lambda page: page.order))
