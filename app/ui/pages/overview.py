"""The overview page: who is hurting, and whether this screen can be believed."""

import math
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.job import Job
from app.model.changes import Topic
from app.model.marking import Level
from app.query.fleet import About, Attention, Fleet, Overview
from app.query.remembered import keep, recall, stamp
from app.ui import words
from app.ui.attention import AttentionList, worst_first
from app.ui.columns import Columns
from app.ui.look import Look
from app.ui.overview.freshness import FreshnessLanes, fresh_lanes
from app.ui.overview.matrix_view import MatrixView
from app.ui.overview.sentences import (
    below_sentence,
    kept_words,
    overview_figures,
    overview_sentence,
    worst_hidden,
)
from app.ui.page import Ask, Badge, Find, Oldest, Page, PageView, Place, Subject, enclave_words, oldest
from app.ui.panel import TITLE_HEIGHT, Panel
from app.ui.scroll import PAGE_MARGINS
from app.ui.sentence import SentenceBar, Span
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState

if TYPE_CHECKING:
    from app.ui.first_run import FirstRun


def load(ask: Ask, job: Job) -> Overview:
    """Ask the store. Runs on a worker thread; touches no widget."""
    # with the store come arrays and SQL, which the first picture does without
    from app.query.overview import read_overview

    before = stamp(ask.keep) if ask.keep is not None else 0
    answer = read_overview(ask.store, ask.station, ask.at, ask.span, job, hidden=ask.hidden)
    if ask.keep is not None:
        keep(ask.keep, ask.station, answer, before)
    return answer


class OverviewView(PageView):
    """Sentence, matrix, attention, freshness."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._sentence = SentenceBar(look)
        self.matrix = MatrixView(look)
        self.attention = AttentionList(look)
        self._fresh = FreshnessLanes(look)
        self._main = Panel(look, "Health of every endpoint", self.matrix, headed=False, flush=(0, 12))
        self._rail_top = Panel(look, "Needs attention", self.attention, flush=(12, 12))
        self._rail_low = Panel(look, "Data freshness", self._fresh)
        self._columns = Columns((self._main,), (self._rail_top, self._rail_low))
        self._first: FirstRun | None = None
        self._look = look
        self._box = layout = QVBoxLayout(self)
        layout.setContentsMargins(*PAGE_MARGINS)
        layout.setSpacing(12)
        layout.addWidget(self._sentence)
        layout.addWidget(self._columns, 1)
        self._hidden: tuple[str, ...] = ()
        self.attention.opened.connect(self._open_item)
        self.attention.clicked.connect(self._open_current)
        self.matrix.sheet_wanted.connect(self.sheet_wanted)
        self._fresh.sheet_wanted.connect(self.sheet_wanted)
        self.matrix.cell_opened.connect(self._open_cell)
        self._main.acted.connect(self._act)
        self._rail_top.acted.connect(self.retry_wanted)

    def show_data(self, data: Overview) -> None:
        fleet = data.fleet
        empty = not fleet.enclaves and not fleet.hidden
        self._show_first(shown=empty)
        self._columns.setVisible(not empty)
        self._sentence.setVisible(not empty)
        if empty:
            return
        self._hidden = tuple(state.enclave.id for state in fleet.hidden)
        below = f"{kept_words(data)} {below_sentence(fleet)}" if data.kept else below_sentence(fleet)
        self._sentence.say(overview_sentence(fleet), below, overview_figures(fleet))
        self._show_matrix(fleet)
        self._show_attention(fleet)
        lanes = fresh_lanes(fleet.enclaves, data.received)
        self._fresh.show_lanes(data.span, lanes)
        self._rail_low.show_title("Data freshness", f"Bundles received, last {words.span_words(data.span.seconds)}")
        if lanes:
            self._rail_low.show_body()
        else:
            self._rail_low.show_state(PanelState(Kind.FILTERED, "Hidden by the filter"))
        self._arrange()

    def show_state(self, state: PanelState) -> None:
        self._show_first(shown=False)
        self._columns.show()
        self._sentence.setVisible(True)
        if state.kind is Kind.ERROR:
            self._sentence.say(
                (Span("The fleet cannot be read.", strong=True),),
                "What is wrong stands below; the other pages still work.",
                (),
            )
        self._main.show_state(state)
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        self._rail_top.show_state(quiet)
        self._rail_low.show_state(quiet)

    def next_problem(self, step: int) -> None:
        self.matrix.select_problem(step)

    def first_focus(self) -> QWidget:
        first = self._first
        return first.first_focus() if first is not None and first.isVisible() else self.matrix

    def sheet(self) -> Sheet | None:
        from app.ui.overview.fleet_sheet import fleet_sheet

        fleet = self.matrix.matrix.fleet
        return fleet_sheet(fleet) if fleet is not None and self._main.state is None else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _show_first(self, *, shown: bool) -> None:
        """What to do while nothing is known; made when it is needed."""
        if self._first is None and shown:
            from app.ui.first_run import FirstRun

            self._first = FirstRun(self._look)
            self._first.wanted.connect(self.begin_wanted)
            self._box.addWidget(self._first, 1)
        if self._first is not None:
            self._first.setVisible(shown)

    def _arrange(self) -> None:
        """Beside each other where there is room; else the rail below, each part with its own height."""
        self._rail_low.setFixedHeight(TITLE_HEIGHT + max(self._fresh.sizeHint().height(), 96) + 14)
        attention = TITLE_HEIGHT + min(max(self.attention.natural_height, 120), 420) + 14
        self._columns.arrange(
            self.width() - PAGE_MARGINS[0] - PAGE_MARGINS[2], self.matrix.natural_height + 14, attention
        )

    def _show_matrix(self, fleet: Fleet) -> None:
        if not fleet.enclaves:
            names = words.listed([enclave_words(state, fleet.hidden) for state in fleet.hidden])
            total = sum(state.total for state in fleet.hidden)
            worst = words.STATES[worst_hidden(fleet.hidden)]
            said = f"{total} {words.plural(total, 'deployment')} not shown, the worst {worst}"
            verb = "is" if len(fleet.hidden) == 1 else "are"
            self._main.show_state(
                PanelState(Kind.FILTERED, f"{names} {verb} hidden by the filter", said, "Show all", "0")
            )
        elif not fleet.rows:
            said = "The enclaves in view have declared no endpoint. Their collectors name them in collector.toml."
            self._main.show_state(PanelState(Kind.EMPTY, "No endpoint is declared", said, icon="package"))
        else:
            self._main.show_body()
            self.matrix.show_fleet(fleet)

    def _show_attention(self, fleet: Fleet) -> None:
        items = fleet.attention
        count = len(items)
        meta = f"{count} {words.plural(count, 'item')}, by user impact" if count else ""
        self._rail_top.show_title("Needs attention", meta)
        if items:
            self._rail_top.show_body()
            self.attention.show_items(items)
            return
        known = [state for state in fleet.enclaves if not math.isnan(state.data_time)]
        if not fleet.enclaves:
            self._rail_top.show_state(PanelState(Kind.FILTERED, "Hidden by the filter"))
            return
        old = oldest(fleet.enclaves)
        if old is None or not known:
            self._rail_top.show_state(
                PanelState(Kind.EMPTY, "Nothing is known yet", "No bundle has brought data.", icon="package")
            )
            return
        said = f"Nothing needs attention in data that is up to {words.age(old.age)} old"
        self._rail_top.show_state(PanelState(Kind.EMPTY, "All quiet", said))

    def _open_item(self, item: Attention | None) -> None:
        if item is None:
            return
        if item.page and item.page != PAGE.id:
            self.show_wanted.emit(Place(item.page))
        elif item.about is About.NODE:
            self.show_wanted.emit(Place("gpu", Subject(item.enclave, item.subject)))
        elif self.matrix.select_cell(item.subject, item.enclave):
            self.matrix.open_current()

    def _open_cell(self, endpoint: str, enclave: str) -> None:
        self.show_wanted.emit(Place("endpoints", Subject(enclave, endpoint)))

    def _open_current(self) -> None:
        self._open_item(self.attention.current_row())

    def _act(self) -> None:
        state = self._main.state
        if state is not None and state.kind is Kind.FILTERED:
            for name in self._hidden:
                self.enclave_wanted.emit(name)
        else:
            self.retry_wanted.emit()


def badges(data: Overview) -> dict[str, Badge | None]:
    """What needs somebody on the pages that look closer: endpoints and nodes, each with its worst state."""
    return {page: _badge(data, about) for page, about in (("endpoints", About.ENDPOINT), ("gpu", About.NODE))}


def _badge(data: Overview, about: About) -> Badge | None:
    items = [item for item in data.fleet.attention if item.about is about and not item.page]
    return Badge(worst_first(items), len(items)) if items else None


def finds(data: Overview) -> list[Find]:
    """Every deployment, worst first."""
    cells = [cell for row in data.fleet.rows for cell in row.cells.values()]
    return [
        Find(
            cell.endpoint.title,
            Place("endpoints", Subject(cell.enclave.id, cell.endpoint.id)),
            "Endpoints",
            cell.health,
            cell.enclave.level,
            cell.reasons[0].text if cell.reasons else words.STATES[cell.health],
        )
        for cell in sorted(cells, key=lambda cell: cell.health.rank)
    ]


def oldest_in_view(data: Overview) -> Oldest | None:
    """The oldest enclave in view."""
    return Oldest.of(data.fleet.enclaves)


def marking(data: Overview) -> Level:
    """Marking of everything the page shows."""
    return data.fleet.marking


PAGE = Page(
    id="overview",
    title="Overview",
    group="Operate",
    order=10,
    key="O",
    icon="layout-dashboard",
    topics=frozenset({Topic.TELEMETRY, Topic.CATALOGUE, Topic.EVENTS, Topic.LEDGER}),
    load=load,
    view=OverviewView,
    badges=badges,
    oldest=oldest_in_view,
    marking=marking,
    recall=recall,
    finds=finds,
)
