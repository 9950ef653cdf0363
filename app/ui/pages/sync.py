"""The sync page: what arrived, what is missing, and whom this station trusts."""

import math
from dataclasses import dataclass

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.job import Job
from app.model.changes import Topic
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.sync import BundleRow, SyncState
from app.query.sync_state import read_sync
from app.ui import words
from app.ui.columns import Columns
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Badge, Oldest, Page, PageView
from app.ui.panel import TITLE_HEIGHT, Panel
from app.ui.scroll import PAGE_MARGINS, PageArea
from app.ui.sentence import SentenceBar, Span
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState
from app.ui.sync.arrivals import LEGEND, ArrivalLanes
from app.ui.sync.bundle_table import BundleTable, bundle_title, row_health
from app.ui.sync.chain import Chain
from app.ui.sync.drop import DropTarget
from app.ui.sync.sentences import sync_below, sync_figures, sync_sentence
from app.ui.sync.trust_list import KeyList, LockList
from app.ui.table_filter import TableFilter
from app.ui.tables import PAD

_FILTER = 42
"""Height of the filter above the bundles, with the room below it."""


@dataclass(frozen=True, slots=True, eq=False)
class SyncData:
    """What the page shows."""

    state: SyncState
    span: TimeRange


def load(ask: Ask, job: Job) -> SyncData:
    """Ask the store. Runs on a worker thread; touches no widget."""
    job.step(0, None, "Reading arrivals")
    return SyncData(read_sync(ask.store, ask.station, ask.at, ask.span, hidden=ask.hidden), ask.span)


class SyncView(PageView):
    """Sentence, arrivals, bundles; drop target, verification chain, locks, keys."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._now = 0.0
        self._sentence = SentenceBar(look)
        self._lanes = ArrivalLanes(look)
        self.table = BundleTable(look)
        self._chain = Chain(look)
        self._keys = KeyList(look)
        self._locks = LockList(look)
        self._drop = DropTarget(look)
        self._arrivals = Panel(look, "Arrivals", self._lanes)
        self.filter = TableFilter(look, self.table, hint="Bundle, state, carrier")
        self._bundles = Panel(look, "Bundles", self._table_area(), flush=(12, 12))
        self._chosen = Panel(look, "Bundle", _chain_area(look, self._chain), flush=(0, 10))
        self._locked = Panel(look, "Locked sources", self._locks)
        self._trusted = Panel(look, "Trusted keys", self._keys)
        self._arrivals.show_legend(*LEGEND)
        self._columns = Columns(
            (self._arrivals, self._bundles), (self._drop, self._chosen, self._locked, self._trusted), grows=1
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*PAGE_MARGINS)
        layout.setSpacing(12)
        layout.addWidget(self._sentence)
        layout.addWidget(self._columns, 1)
        self.table.chosen.connect(self._show_chosen)
        self.table.counted.connect(self._show_counted)
        self._lanes.sheet_wanted.connect(self.sheet_wanted)
        self._drop.clicked.connect(self.import_wanted)
        self._arrivals.acted.connect(self.retry_wanted)
        self._bundles.acted.connect(self.import_wanted)

    def show_data(self, data: SyncData) -> None:
        state = data.state
        self._now = state.as_of
        self._sentence.say(sync_sentence(state), sync_below(state), sync_figures(state, data.span.seconds))
        self._arrivals.show_title(f"Arrivals, last {words.span_words(data.span.seconds)}")
        if state.lanes:
            self._lanes.show_lanes(data.span, state.lanes)
            self._arrivals.show_body()
        else:
            self._arrivals.show_state(PanelState(Kind.EMPTY, "No enclave has sent anything yet", "", icon="package"))
        self._show_bundles(state)
        self._locks.show_locks(state.locks, state.as_of)
        self._locked.setVisible(bool(state.locks))
        self._show_keys(state)
        self._arrange()

    def show_state(self, state: PanelState) -> None:
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        if state.kind is Kind.ERROR:
            said = "What is wrong stands below; the other pages still work."
            self._sentence.say((Span("Arrivals cannot be read.", strong=True),), said, ())
        self._arrivals.show_state(state)
        for panel in (self._bundles, self._chosen, self._trusted):
            panel.show_state(quiet)
        self._locked.hide()

    def next_problem(self, step: int) -> None:
        self.table.next_problem(step)

    def first_focus(self) -> QWidget:
        return self.table

    def page_keys(self) -> tuple[Key, ...]:
        return (Key("On this page", "/", "filter the bundles", self.filter.setFocus),)

    def step_back(self) -> bool:
        return self.filter.clear()

    def sheet(self) -> Sheet | None:
        return self.table.sheet("Bundles", self.table.level) if self.table.rows.given else None

    def _table_area(self) -> QWidget:
        area = QWidget()
        layout = QVBoxLayout(area)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_FILTER - 36)
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)
        self.filter.setContentsMargins(PAD, 0, PAD, 0)
        return area

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        lanes = self._lanes.sizeHint().height() if self._arrivals.state is None else 120
        self._arrivals.setFixedHeight(TITLE_HEIGHT + lanes + 14)
        self._locked.setFixedHeight(TITLE_HEIGHT + self._locks.sizeHint().height() + 10)
        keys = self._keys.sizeHint().height() if self._trusted.state is None else 150
        self._trusted.setFixedHeight(TITLE_HEIGHT + keys + 10)
        table = TITLE_HEIGHT + _FILTER + 34 + min(max(len(self.table.rows.given), 3), 12) * 46 + 14
        chain = TITLE_HEIGHT + self._chain.sizeHint().height() + 14
        self._columns.arrange(
            self.width() - PAGE_MARGINS[0] - PAGE_MARGINS[2], table, chain, least=(330, min(chain, 440))
        )

    def _show_bundles(self, state: SyncState) -> None:
        if not state.bundles:
            said = "Drop a bundle on this window, or choose one."
            self._bundles.show_state(
                PanelState(Kind.EMPTY, "No bundle in this range", said, "Import a bundle", "Ctrl I", icon="package")
            )
            self._show_none_chosen()
            return
        self._bundles.show_body()
        self.table.level = state.marking
        self.table.show_bundles(state.bundles)
        self._show_chosen(self.table.current_row())

    def _show_counted(self) -> None:
        """The title says in which order the bundles stand; of a table that the filter left empty none is chosen."""
        if self.table.rows.rows:
            self._chosen.show_body()
        else:
            self._show_none_chosen()
        self._bundles.show_title("Bundles", "" if self.table.rows.order is not None else "problems first, then newest")

    def _show_none_chosen(self) -> None:
        self._chosen.show_title("Bundle")
        self._chosen.show_state(PanelState(Kind.EMPTY, "No bundle chosen", "", icon="package"))

    def _show_chosen(self, row: BundleRow | None) -> None:
        if row is None:
            return
        named = f"Bundle {row.sequence}" if row.sequence is not None else bundle_title(row)
        made = f"made {words.when(row.made, self._now)}{words.GAP}Z" if not math.isnan(row.made) else ""
        self._chosen.show_title(named, made, row.level)
        self._chain.show_row(row, self._now)

    def _show_keys(self, state: SyncState) -> None:
        if state.keys:
            self._trusted.show_title("Trusted keys", f"trust list version {state.trust_version}")
            self._keys.show_keys(state.keys, state.as_of)
            self._trusted.show_body()
        else:
            self._trusted.show_title("Trusted keys")
            said = "watchfloor trust init ROOT takes the fingerprint of a root."
            self._trusted.show_state(PanelState(Kind.EMPTY, "This station trusts nobody yet", said, icon="key-round"))


def _chain_area(look: Look, chain: Chain) -> QScrollArea:
    area = PageArea(look, chain)
    area.setAccessibleName("Verification")
    return area


def badges(data: SyncData) -> dict[str, Badge | None]:
    """Worst state and count of the bundles and sources that ask for a decision."""
    states = [row_health(row) for row in data.state.bundles if row.problem]
    states += [Health.CRITICAL for _ in data.state.locks]
    badge = Badge(min(states, key=lambda state: state.rank), len(states)) if states else None
    return {"sync": badge}


def oldest_in_view(data: SyncData) -> Oldest | None:
    """The oldest stream in view."""
    return Oldest.of(data.state.lanes)


def marking(data: SyncData) -> Level:
    """Marking of everything the page shows."""
    return data.state.marking


PAGE = Page(
    id="sync",
    title="Sync",
    group="Exchange",
    order=70,
    key="Y",
    icon="package",
    topics=frozenset(Topic),
    load=load,
    view=SyncView,
    badges=badges,
    oldest=oldest_in_view,
    marking=marking,
)
