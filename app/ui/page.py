"""What a page declares, and what the window asks of it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.job import Job, Progress
from app.model.changes import Topic
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths
from app.settings import Station
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.sheet import Sheet
from app.ui.states import PanelState
from app.ui.tasks import TaskRunner

if TYPE_CHECKING:
    from app.model.catalogue import Enclave
    from app.store.database import Store

# Named tuples, here and in what else the first picture needs: a frozen dataclass compiles six functions at each start.


class Subject(NamedTuple):
    """The one thing that a page is about: an endpoint or a node, by the id of its enclave and its own."""

    enclave: str
    id: str


class Place(NamedTuple):
    """Where one can go: a page, and what it shall be about; None: about everything."""

    page: str
    subject: Subject | None = None


def place_of(text: str) -> Place:
    """A place as it is written: ``overview``, or ``endpoints/enc-s1/rag-gateway``."""
    page, _, rest = text.partition("/")
    enclave, _, name = rest.partition("/")
    return Place(page, Subject(enclave, name) if name else None)


class Find(NamedTuple):
    """Something that can be looked for by name: what it is called, how it is, and where it is shown.

    `kind` is its heading among what was found, such as ``Endpoints``; `detail` says how it is.
    """

    words: str
    place: Place
    kind: str
    health: Health | None = None
    level: Level | None = None
    detail: str = ""


class Ask(NamedTuple):
    """One question of a page: which store, at which moment, over which span, without which enclaves, about what.

    `at` is "now" in seconds UTC; `span` ends there. `hidden` are the ids of the enclaves that the
    filter hides: their rows are not shown, but their worst state is always named. `keep` says that the
    answer may be kept for the first picture of the next start, and where; None: it may not. `period` is what pages
    by periods are asked for, such as ``2026-11``.
    """

    open: "Callable[[], Store]"
    station: Station
    at: float
    span: TimeRange
    hidden: frozenset[str] = frozenset()
    keep: Paths | None = None
    subject: Subject | None = None
    period: str = ""

    @property
    def store(self) -> "Store":
        """The store, opened by whoever needs it first; only ever asked for on a worker thread."""
        return self.open()

    def same_view(self, other: "Ask") -> bool:
        """Whether both ask for the same thing over a range of the same length; the moment may differ."""
        mine = (self.span.seconds, self.hidden, self.subject, self.period)
        return mine == (other.span.seconds, other.hidden, other.subject, other.period)


class Badge(NamedTuple):
    """Worst state and how many things need somebody, for the navigation."""

    health: Health
    things: int


class Aged(Protocol):
    """Anything with an age in seconds: an enclave's picture, one of its streams. NaN where nothing ever came."""

    @property
    def enclave(self) -> "Enclave": ...
    @property
    def age(self) -> float: ...
    @property
    def freshness(self) -> Freshness: ...


A = TypeVar("A", bound=Aged)


def enclave_words(one: Aged, every: Iterable[Aged]) -> str:
    """An enclave in running text: its level, or its name where several of `every` share the level."""
    level = one.enclave.level
    alone = len({other.enclave.id for other in every if other.enclave.level is level}) == 1
    return level.title if alone else one.enclave.name


def oldest(states: Iterable[A]) -> A | None:
    """The one whose data is oldest by its own cadence; one of which nothing ever came wins."""
    found = list(states)
    never = [state for state in found if math.isnan(state.age)]
    late = [state for state in found if state.freshness is not Freshness.FRESH]
    return never[0] if never else max(late or found, key=lambda state: state.age, default=None)


class Oldest(NamedTuple):
    """The oldest data in view, for the header's chip."""

    level: Level
    name: str
    age: float
    health: Health

    @classmethod
    def of(cls, states: Sequence[Aged]) -> "Oldest | None":
        """The oldest of what is in view; None where nothing is."""
        one = oldest(states)
        if one is None:
            return None
        fresh = Health.HEALTHY if one.freshness is Freshness.FRESH else Health.WARNING
        return cls(
            one.enclave.level, enclave_words(one, states), one.age, Health.UNKNOWN if math.isnan(one.age) else fresh
        )


class Page(NamedTuple):
    """Declaration of one page: ``PAGE = Page(...)`` at the end of its file, one keyword a line.

    What the navigation shows is plain text in it, because it is read without importing the file; the
    file itself, with all it needs, is imported when the page is first shown or first asked.

    `key` is the letter after G. `load` runs on a worker thread and touches no widget; its answer is
    handed to the view's `show_data`. `badges` sums up an answer for the navigation, by page: for itself
    and for pages that look closer at a part of it. `oldest` does so for the header's age chip; it may
    return None. A page whose declaration says ``badges=None`` is not asked before its first visit.
    `finds` lists what of an answer can be looked for by name. `marking` is the marking of an answer.
    `recall` gives the answer of an earlier run, brought to the present, for the first picture of a start:
    None where there is none. `by_period` pages are about a month, a quarter or the last so many days, and not about
    a range that ends now.
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
    badges: Callable[[Any], Mapping[str, Badge | None]] | None
    oldest: Callable[[Any], Oldest | None]
    marking: Callable[[Any], Level]
    recall: Callable[[Paths, Station, float, TimeRange], Any] | None = None
    finds: Callable[[Any], Sequence[Find]] | None = None
    by_period: bool = False


class PageView(QWidget):
    """The widget of a page; knows neither the window nor the store.

    Signals
    -------
    show_wanted(Place)
        Go there.
    enclave_wanted(str)
        Show the enclave of that id again, which the filter hides.
    import_wanted()
        Choose a bundle and import it.
    begin_wanted(str)
        Take a step of `app.ui.first_run`, by its id: the station holds nothing yet.
    retry_wanted()
        Ask the store again.
    sheet_wanted(Sheet)
        Show the numbers behind a chart as a table.
    card_wanted(Card)
        Show a card over the page; None closes it.
    said(Message)
        Say in the strip what came of something.
    """

    show_wanted = Signal(object)
    enclave_wanted = Signal(str)
    import_wanted = Signal()
    begin_wanted = Signal(str)
    retry_wanted = Signal()
    sheet_wanted = Signal(object)
    card_wanted = Signal(object)
    said = Signal(object)
    runner: TaskRunner
    """Runs what the view asks beyond its page's `load`, with what an answer gave it to ask with."""

    def turn_to(self, subject: Subject | None) -> None:
        """Be about something else from now on; its answer comes later."""

    def show_data(self, data: Any) -> None:
        """Show a new answer."""
        raise NotImplementedError

    def show_state(self, state: PanelState) -> None:
        """Show that there is no answer: loading or an error."""
        raise NotImplementedError

    def next_problem(self, step: int) -> None:
        """Select the next (1) or previous (-1) item that needs attention."""

    def page_keys(self) -> tuple[Key, ...]:
        """The keys that do something on this page only; they come before the console's own."""
        return ()

    def sheet(self) -> Sheet | None:
        """What is shown, as a table to be exported; None where there is nothing."""
        return None

    def step_back(self) -> bool:
        """Esc: undo the last narrowing of the page, such as a filter; False where there is none to undo."""
        return False

    def first_focus(self) -> QWidget:
        """The widget that takes the keyboard when the page is opened."""
        return self


_KEPT = 4
"""Answers of one page that are kept, each about something else."""
_YOUNG = 120.0
"""Seconds after which an answer is no longer shown while that of now is read: its ages would be too wrong."""


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
        self.subject: Subject | None = None
        self.stale = True
        self.failing = False
        self._runner = runner
        self._number = 0
        self._job: Job | None = None
        self._running: Ask | None = None
        self._pending: Ask | None = None
        self._answers: dict[Subject | None, tuple[Ask, Any]] = {}

    @property
    def waiting(self) -> bool:
        """Whether a request is under way."""
        return self._job is not None

    def build(self, look: Look) -> PageView:
        """Make the page's widget."""
        view = self.page.view(look)
        view.runner = self._runner
        return view

    def turn_to(self, subject: Subject | None) -> bool:
        """Be about something else, of which nothing is known yet; False where it is the same."""
        if subject == self.subject:
            return False
        self.subject, self.data, self.stale, self.failing = subject, None, True, False
        return True

    def remember(self, ask: Ask) -> bool:
        """Take up the newest answer to the same question, until that of now is there; False where none is young.

        It is no older than what a page shows before it asks again, or little more: nobody waits on the way back.
        """
        asked, data = self._answers.get(ask.subject, (None, None))
        if asked is None or not ask.same_view(asked) or not 0 <= ask.at - asked.at <= _YOUNG:
            return False
        self.data = data
        return True

    def outdate(self) -> None:
        """The store holds something else now: ask again, and show no answer from before on the way back."""
        self.stale = True
        self._answers.clear()

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
            self._keep(data)
            self._end()
            self.answered.emit(data)

    def _keep(self, data: Any) -> None:
        if self._running is not None:
            self._answers.pop(self._running.subject, None)
            self._answers[self._running.subject] = (self._running, data)
        while len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]

    def _error(self, number: int, error: Exception) -> None:
        if number == self._number:
            self.stale, self.failing = self._pending is None, True
            self._end()
            self.failed.emit(error)

    def _progress(self, number: int, progress: Progress) -> None:
        if number == self._number:
            self.progressed.emit(progress)
