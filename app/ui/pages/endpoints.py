"""The endpoints page: every deployment in a list, and one of them closely."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.job import Job
from app.model.changes import Topic
from app.model.marking import Level
from app.query.endpoint import EndpointAnswer, read_endpoint
from app.query.fleet import Deployment, Fleet
from app.query.health import read_fleet
from app.ui.endpoint.detail import EndpointDetail
from app.ui.endpoint.list_view import EndpointList
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Oldest, Page, PageView, Place, Subject
from app.ui.scroll import PAGE_MARGINS
from app.ui.sheet import Sheet
from app.ui.states import PanelState


@dataclass(frozen=True, slots=True, eq=False)
class EndpointsData:
    """The list, or the one that was asked for: `about` is None where the enclave declares no such endpoint."""

    ask: Ask
    fleet: Fleet | None
    about: EndpointAnswer | None


def load(ask: Ask, job: Job) -> EndpointsData:
    """Ask the store. Runs on a worker thread; touches no widget."""
    if ask.subject is None:
        job.step(0, None, "Reading the fleet")
        return EndpointsData(ask, read_fleet(ask.store, ask.station, ask.at, ask.span, hidden=ask.hidden), None)
    where = (ask.subject.enclave, ask.subject.id)
    about = read_endpoint(ask.store, ask.station, ask.at, ask.span, where, job, hidden=ask.hidden)
    return EndpointsData(ask, None, about)


class EndpointsView(PageView):
    """The list; over it, when one is opened, its detail."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.list, self.detail = EndpointList(look), EndpointDetail(look)
        self._stack = QStackedLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*PAGE_MARGINS)
        layout.addLayout(self._stack)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.detail)
        self.list.opened.connect(self._open)
        self.list.import_wanted.connect(self.import_wanted)
        self.detail.opened.connect(self._open)
        for part in (self.list, self.detail):
            part.enclave_wanted.connect(self.enclave_wanted)
            part.retry_wanted.connect(self.retry_wanted)
        self.detail.decisions.card_wanted.connect(self.card_wanted)
        self.detail.decisions.said.connect(self.said)
        self.detail.decisions.changed.connect(self.retry_wanted)
        self.detail.left.connect(partial(self.show_wanted.emit, Place("endpoints")))
        self.detail.sheet_wanted.connect(self.sheet_wanted)

    @property
    def part(self) -> EndpointList | EndpointDetail:
        """What is shown."""
        return self.detail if self._stack.currentWidget() is self.detail else self.list

    def turn_to(self, subject: Subject | None) -> None:
        self._stack.setCurrentWidget(self.detail if subject is not None else self.list)
        if subject is not None:
            self.detail.turn_to(subject)

    def show_data(self, data: EndpointsData) -> None:
        if data.fleet is not None:
            self.list.show_fleet(data.fleet)
        elif data.ask.subject is not None:
            self.detail.show_answer(data.ask, data.about, self.runner)

    def show_state(self, state: PanelState) -> None:
        self.part.show_state(state)

    def next_problem(self, step: int) -> None:
        self.part.next_problem(step)

    def page_keys(self) -> tuple[Key, ...]:
        return self.part.page_keys()

    def sheet(self) -> Sheet | None:
        return self.part.sheet()

    def step_back(self) -> bool:
        return self.part.step_back()

    def first_focus(self) -> QWidget:
        return self.part.first_focus()

    def _open(self, cell: Deployment | None) -> None:
        if cell is not None:
            self.show_wanted.emit(Place("endpoints", Subject(cell.enclave.id, cell.endpoint.id)))


def oldest_in_view(data: EndpointsData) -> Oldest | None:
    """The oldest enclave in view: of one endpoint, its own."""
    if data.about is not None:
        return Oldest.of([data.about.picture])
    return Oldest.of(data.fleet.enclaves) if data.fleet is not None else None


def marking(data: EndpointsData) -> Level:
    """Marking of everything the page shows."""
    if data.about is not None:
        return data.about.marking
    return data.fleet.marking if data.fleet is not None else data.ask.station.ceiling


PAGE = Page(
    id="endpoints",
    title="Endpoints",
    group="Operate",
    order=20,
    key="E",
    icon="activity",
    topics=frozenset({Topic.TELEMETRY, Topic.CATALOGUE, Topic.EVENTS, Topic.LEDGER}),
    load=load,
    view=EndpointsView,
    badges=None,
    oldest=oldest_in_view,
    marking=marking,
)
