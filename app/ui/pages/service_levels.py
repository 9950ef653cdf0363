"""Service levels: which promises are at risk, how their budgets burn, and what does not count."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.job import Job
from app.model.changes import Topic
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.burn_pairs import read_burn_pairs
from app.query.service_levels import read_service_levels
from app.query.standing import LOUD
from app.ui import words
from app.ui.columns import Columns
from app.ui.exclusions.deciding import Deciding
from app.ui.exclusions.decisions import Decisions
from app.ui.exclusions.form import Proposal
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Badge, Find, Oldest, Page, PageView, Subject, enclave_words
from app.ui.panel import Panel
from app.ui.rows import Column
from app.ui.scroll import PAGE_MARGINS
from app.ui.sentence import SentenceBar, Span
from app.ui.service_levels.adherence import ROW, Line, columns
from app.ui.service_levels.close_look import CloseLook
from app.ui.service_levels.data import LevelsData, found_as, question_of
from app.ui.service_levels.explain_card import ExplainCard
from app.ui.service_levels.explained import Fact, facts
from app.ui.service_levels.level_words import promise_words, scopes
from app.ui.service_levels.sentences import below, figures, is_over, sentence
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState
from app.ui.strip import Message
from app.ui.table_filter import TableFilter
from app.ui.tables import Table

_DEBOUNCE_MS = 120
_ADD = "watchfloor objectives add FILE --why TEXT"


def load(ask: Ask, job: Job) -> LevelsData:
    """Ask the store. Runs on a worker thread; touches no widget."""
    levels = read_service_levels(ask.store, ask.station, question_of(ask), job)
    return LevelsData(ask, levels, read_burn_pairs(ask.store.paths))


class LevelsView(PageView):
    """Sentence; every promise by the budget left; of the chosen one its burn-down, burn rates and exclusions."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._data: LevelsData | None = None
        self._subject: Subject | None = None
        self._wait = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self.sentence = SentenceBar(look)
        self._shape: tuple[tuple[float, ...], bool] = (), False
        self.table = Table[Line](look, "Promises", columns((), over=False), row_height=ROW)
        self.table.health = _health
        self.filter = TableFilter(look, self.table, hint="Endpoint, promise, state")
        self.filter.setContentsMargins(8, 0, 8, 0)
        holder = QWidget()
        held = QVBoxLayout(holder)
        held.setContentsMargins(0, 12, 0, 0)
        held.setSpacing(8)
        held.addWidget(self.filter)
        held.addWidget(self.table)
        self.closely = CloseLook(look)
        self._panel = Panel(look, "Adherence", holder, headed=False, flush=(12, 12))
        self._columns = Columns((self._panel,), self.closely.panels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*PAGE_MARGINS)
        layout.setSpacing(12)
        layout.addWidget(self.sentence)
        layout.addWidget(self._columns, 1)
        self._decisions = Decisions(look)
        self._decisions.card_wanted.connect(self.card_wanted)
        self._decisions.said.connect(self.said)
        self._decisions.changed.connect(self.retry_wanted)
        self._wait.timeout.connect(self._ask_closely)
        self.table.chosen.connect(lambda _: self._wait.start())
        self.table.opened.connect(lambda _: self.explain())
        self.closely.opened.connect(self._open_exclusion)
        self.closely.retry_wanted.connect(self._ask_closely)
        self._panel.acted.connect(self._act)
        for chart in (self.closely.down.chart, self.closely.rates.chart):
            chart.sheet_wanted.connect(self.sheet_wanted)

    # --- data ---------------------------------------------------------------------------------------------

    def show_data(self, data: LevelsData) -> None:
        self._data = data
        lines = data.lines
        standings = [one.standing for one in lines]
        self.sentence.say(sentence(data.levels, standings), below(data.levels, data.pairs), figures(data.levels))
        self.table.level = data.levels.marking
        self.table.show_rows(lines, lambda one: one.row.promise.key, self._new_columns(data))
        if not lines:
            self._show_nothing(data)
            return
        self._panel.show_body()
        if data.ask.subject is not None and data.ask.subject != self._subject:
            self._choose(data.about(data.ask.subject))
        self._subject = data.ask.subject
        self._ask_closely()

    def _new_columns(self, data: LevelsData) -> Sequence[Column[Line]] | None:
        """A column for each pair in force, and other words where the period is over; None where they stay."""
        shape = tuple(pair.long for pair in data.pairs), is_over(data.levels)
        if shape == self._shape:
            return None
        self._shape = shape
        return columns(shape[0], over=shape[1])

    def show_state(self, state: PanelState) -> None:
        self._data = None
        if state.kind is Kind.ERROR:
            self.sentence.say((Span("The promises cannot be judged.", strong=True),), "The other pages still work.", ())
        self._panel.show_state(state)
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        self.closely.show_state(quiet)

    def _show_nothing(self, data: LevelsData) -> None:
        if data.levels.hidden:
            names = words.listed([one.name for one in data.levels.hidden])
            verb = "is" if len(data.levels.hidden) == 1 else "are"
            state = PanelState(Kind.FILTERED, f"{names} {verb} hidden by the filter", "", "Show all", "0")
        else:
            title, said = "No promise was in force in this period", f"Write promises as OpenSLO v1: {_ADD}"
            state = PanelState(Kind.EMPTY, title, said, "Copy the command", icon="target")
        self._panel.show_state(state)
        self.closely.show_state(PanelState(Kind.EMPTY, "Nothing to look at", "", icon="target"))

    def _ask_closely(self) -> None:
        self._wait.stop()  # what it would ask is asked now
        chosen = self.table.current_row()
        if chosen is not None and self._data is not None:
            self.closely.ask(self.runner, self._data, chosen)

    # --- deciding -----------------------------------------------------------------------------------------

    def explain(self) -> None:
        """Show how every figure of the chosen promise is counted."""
        chosen, data = self.table.current_row(), self._data
        if chosen is not None and data is not None:
            promise = chosen.row.promise
            title = f"{promise.objective.title or promise.objective.id}, {promise.enclave.name}"
            card = ExplainCard(self._look, title, self._facts(chosen), data.ask.station.ceiling)
            self.card_wanted.emit(card)

    def _facts(self, chosen: Line) -> tuple[Fact, ...]:
        found = self.closely.found  # for a moment it may still be that of the promise chosen before
        mine = found is not None and found.close.row.promise.key == chosen.row.promise.key
        return facts(chosen.row, chosen.at, found.close if mine and found is not None else None)

    def exclude(self) -> None:
        """Ask for time of the chosen promise not to be counted."""
        chosen, data = self.table.current_row(), self._data
        if chosen is None or data is None:
            return
        promise = chosen.row.promise
        end = chosen.row.judged.end // 3600 * 3600
        about = f"{promise.endpoint.title}, {promise.enclave.name}: {promise_words(promise.objective)}"
        hour, preview = TimeRange(end - 3600.0, end), partial(data.held, promise.key)
        proposal = Proposal(about, hour, scopes(promise), data.ask.at, preview)
        self._decisions.exclude(self.runner, self._deciding(data), proposal)

    def _open_exclusion(self, name: str) -> None:
        if self._data is not None:
            self._decisions.show(self.runner, self._deciding(self._data), name)

    def _deciding(self, data: LevelsData) -> Deciding:
        return Deciding(data.ask.open, data.ask.station)

    def _choose(self, wanted: Line | None) -> None:
        """Choose a row; one that the filter hides is shown again, for somebody asked for it."""
        if any(one is wanted for one in self.table.hidden_rows()):
            self.filter.clear()
        number = next((n for n, one in enumerate(self.table.rows.rows) if one is wanted), None)
        if number is not None:
            self.table.choose(number)

    # --- Qt -----------------------------------------------------------------------------------------------

    def next_problem(self, step: int) -> None:
        here = self.table.currentIndex().row()
        bad = [number for number, one in enumerate(self.table.rows.rows) if one.standing.health in LOUD]
        after = [number for number in bad if (number > here if step > 0 else number < here)]
        if bad:
            self.table.choose((after or bad)[0 if step > 0 else -1])
            self.table.setFocus()

    def page_keys(self) -> tuple[Key, ...]:
        return (
            Key("On this page", "/", "filter the promises", self.filter.setFocus),
            Key("On this page", "H", "how the chosen promise is counted; Enter as well", self.explain),
            Key("On this page", "X", "exclude time from it", self.exclude),
        )

    def sheet(self) -> Sheet | None:
        there = self._data is not None and self.table.rows.given
        return self.table.sheet("Service levels", self.table.level) if there else None

    def step_back(self) -> bool:
        return self.filter.clear()

    def first_focus(self) -> QWidget:
        return self.table if self._panel.state is None else self

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        page = self.width() - PAGE_MARGINS[0] - PAGE_MARGINS[2]
        self._columns.arrange(page, 640, 300, least=(320, 260))

    def _act(self) -> None:
        state = self._panel.state
        if state is not None and state.kind is Kind.FILTERED and self._data is not None:
            for one in self._data.levels.hidden:
                self.enclave_wanted.emit(one.id)
        elif state is not None and state.kind is Kind.EMPTY:
            QGuiApplication.clipboard().setText(_ADD)
            self.said.emit(Message("The command is copied", "It puts the promises of a file in force."))
        else:
            self.retry_wanted.emit()


def _health(one: Line) -> Health:
    return one.standing.health


def badges(data: LevelsData) -> dict[str, Badge | None]:
    """Promises that need somebody."""
    bad = [one.standing.health for one in data.lines if one.standing.health in LOUD]
    return {"service-levels": Badge(min(bad, key=lambda health: health.rank), len(bad)) if bad else None}


def finds(data: LevelsData) -> list[Find]:
    """Every promise by its title and its endpoint, in every enclave."""
    keys = {one.row.promise.key._replace(version="") for one in data.lines}
    several = Counter((key.objective, key.enclave) for key in keys)
    found = []
    for one in data.lines:
        promise, level = one.row.promise, one.row.promise.enclave.level
        said, place = found_as(promise, alone=several[promise.objective.id, promise.enclave.id] == 1)
        detail = words.capitalised(one.standing.reason.value)
        enclave = enclave_words(promise.picture, data.levels.pictures)
        if enclave != level.title:  # where another enclave has the same marking
            detail = f"{detail}, {enclave}"
        found.append(Find(said, place, "Promises", one.standing.health, level, detail))
    return found


def oldest_in_view(data: LevelsData) -> Oldest | None:
    """The enclave with the oldest data of those in view."""
    return Oldest.of(data.levels.pictures)


def marking(data: LevelsData) -> Level:
    """Marking of everything the page shows."""
    return data.levels.marking


PAGE = Page(
    id="service-levels",
    title="Service levels",
    group="Commitments",
    order=50,
    key="L",
    icon="target",
    topics=frozenset({Topic.TELEMETRY, Topic.CATALOGUE, Topic.REGISTER}),
    load=load,
    view=LevelsView,
    badges=badges,
    oldest=oldest_in_view,
    marking=marking,
    finds=finds,
    by_period=True,
)
