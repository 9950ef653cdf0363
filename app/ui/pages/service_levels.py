"""Service levels: which promises are at risk, how their budgets burn, and what does not count."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.analysis.burn_rate import Pair
from app.analysis.recompute import Change
from app.job import Job
from app.model.changes import Topic
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.burn_pairs import read_burn_pairs
from app.query.judging import Promise, PromiseKey, Question
from app.query.recomputed import Recomputed, read_recomputed, settled_at
from app.query.service_level import read_closely
from app.query.service_levels import ServiceLevels, read_service_levels
from app.ui import words
from app.ui.columns import Columns
from app.ui.exclusions.deciding import Deciding
from app.ui.exclusions.decisions import Decisions
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Badge, Find, Oldest, Page, PageView, Place, Subject
from app.ui.panel import Panel
from app.ui.scroll import PAGE_MARGINS
from app.ui.sentence import SentenceBar, Span
from app.ui.service_levels import changed_list, exclusion_list
from app.ui.service_levels.adherence import ROW, Line, columns
from app.ui.service_levels.drawn import Drawn, drawn
from app.ui.service_levels.exclusion_list import Excluded
from app.ui.service_levels.explain_card import ExplainCard
from app.ui.service_levels.explained import facts
from app.ui.service_levels.level_words import amount, promise_words, scopes
from app.ui.service_levels.rail import BurnDownView, BurnRateView, down_legend, rate_legend
from app.ui.service_levels.sentences import below, figures, sentence
from app.ui.service_levels.standing import LOUD, standing
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState, failed, loading
from app.ui.table_filter import TableFilter
from app.ui.tables import Table

_DEBOUNCE_MS = 120
_RATES, _EXCLUDED, _CHANGED = 236, 236, 236


@dataclass(frozen=True, slots=True, eq=False)
class LevelsData:
    """Every promise over the period that was asked for, and the pairs of burn rates in force."""

    ask: Ask
    levels: ServiceLevels
    pairs: tuple[Pair, ...]

    @property
    def question(self) -> Question:
        """The question that was answered."""
        return _question(self.ask)

    def lines(self) -> list[Line]:
        """The rows with how they stand."""
        at = self.levels.as_of
        return [Line(row, standing(row, at), at) for row in self.levels.rows]


def _question(ask: Ask) -> Question:
    return Question(ask.period, ask.at, hidden=ask.hidden)


def load(ask: Ask, job: Job) -> LevelsData:
    """Ask the store. Runs on a worker thread; touches no widget."""
    levels = read_service_levels(ask.store, ask.station, _question(ask), job)
    return LevelsData(ask, levels, read_burn_pairs(ask.store.paths))


def _held(data: LevelsData, key: PromiseKey, span: TimeRange, job: Job) -> str:
    """What of the budget lies in a stretch of time."""
    store, station = data.ask.store, data.ask.station
    (found,) = read_closely(store, station, data.question, [key], job, {"asked for": span})
    cost = next(one for one in found.costs if one.name == "asked for")
    share_of = "" if math.isnan(cost.share) else f", {words.percent(cost.share, 0)} of the budget"
    return f"Bad in it: {amount(found.row, cost.bad)}{share_of}."


def _changed(data: LevelsData, promise: Promise, since: float, job: Job) -> Recomputed:
    others = {one.enclave.id for one in data.levels.pictures} - {promise.enclave.id}
    asked = replace(data.question, objective=promise.objective.id, hidden=data.ask.hidden | others)
    return read_recomputed(data.ask.store, data.ask.station, asked, since, job)


def _failed_in(panel: Panel, error: Exception) -> None:
    panel.show_state(failed(error))


def _closely(data: LevelsData, key: PromiseKey, job: Job) -> Drawn:
    (found,) = read_closely(data.ask.store, data.ask.station, data.question, [key], job)
    return drawn(found)


class LevelsView(PageView):
    """Sentence; every promise by the budget left; of the chosen one its burn-down, burn rates and exclusions."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._data: LevelsData | None = None
        self._jobs: list[Job] = []
        self._subject: Subject | None = None
        self._wait = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self.sentence = SentenceBar(look)
        self._holder = QWidget()
        self._held = QVBoxLayout(self._holder)
        self._held.setContentsMargins(0, 12, 0, 0)
        self._held.setSpacing(8)
        self._shape: tuple[tuple[float, ...], bool] | None = None
        self.table, self.filter = self._make_table((), over=False)
        self.down, self.rates = BurnDownView(look), BurnRateView(look)
        self.excluded = Table[Excluded](
            look, "Exclusions", exclusion_list.columns(), row_height=exclusion_list.ROW, headed=False
        )
        self.excluded.shows_selection = False
        self._panel = Panel(look, "Adherence", self._holder, headed=False, flush=(12, 12))
        self._down_panel = Panel(look, "Error budget", self.down, flush=(0, 8))
        self._rates_panel = Panel(look, "Burn rate", self.rates, flush=(8, 8))
        self._excluded_panel = Panel(look, "Excluded", self.excluded, flush=(12, 12))
        self.changed = Table[Change](
            look, "Changed since it closed", changed_list.columns(), row_height=changed_list.ROW, headed=False
        )
        self.changed.shows_selection = False
        self._changed_panel = Panel(look, "Changed since it closed", self.changed, flush=(12, 12))
        self._changed_panel.hide()
        self._rail = (self._down_panel, self._rates_panel, self._excluded_panel, self._changed_panel)
        self._columns = Columns((self._panel,), self._rail)
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
        self.excluded.opened.connect(self._open_exclusion)
        self._panel.acted.connect(self._act)
        for panel in self._rail:
            panel.acted.connect(self._ask_closely)
        for chart in (self.down.chart, self.rates.chart):
            chart.sheet_wanted.connect(self.sheet_wanted)

    def _make_table(self, longs: Sequence[float], *, over: bool) -> tuple[Table[Line], TableFilter]:
        table = Table[Line](self._look, "Promises", columns(longs, over=over), row_height=ROW)
        table.health = _health
        narrow = TableFilter(self._look, table, hint="Endpoint, promise, state")
        narrow.setContentsMargins(8, 0, 8, 0)
        self._held.addWidget(narrow)
        self._held.addWidget(table)
        table.chosen.connect(lambda _: self._wait.start())
        table.opened.connect(lambda _: self.explain())
        return table, narrow

    # --- data ---------------------------------------------------------------------------------------------

    def show_data(self, data: LevelsData) -> None:
        self._data = data
        lines = data.lines()
        self._fit_table(data.pairs, over=bool(lines) and lines[0].row.promise.period.is_over(data.levels.as_of))
        standings = [one.standing for one in lines]
        self.sentence.say(sentence(data.levels, standings), below(data.levels, data.pairs), figures(data.levels))
        self.table.level = data.levels.marking
        self.table.show_rows(lines, lambda one: one.row.promise.key)
        if not lines:
            self._show_nothing(data)
            return
        self._panel.show_body()
        if data.ask.subject is not None and data.ask.subject != self._subject:
            self._choose(data.ask.subject)
        self._subject = data.ask.subject
        self._ask_closely()

    def _fit_table(self, pairs: Sequence[Pair], *, over: bool) -> None:
        """A column for each pair in force, and other words where the period is over: made anew where that changes."""
        longs = tuple(pair.long for pair in pairs)
        if (longs, over) == self._shape:
            return
        self._shape = (longs, over)
        before = (self.table, self.filter)
        self.table, self.filter = self._make_table(longs, over=over)
        for old in before:
            self._held.removeWidget(old)
            old.hide()
            old.deleteLater()

    def show_state(self, state: PanelState) -> None:
        self._data = None
        if state.kind is Kind.ERROR:
            self.sentence.say((Span("The promises cannot be judged.", strong=True),), "The other pages still work.", ())
        self._panel.show_state(state)
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        for panel in self._rail:
            panel.show_state(quiet)

    def _show_nothing(self, data: LevelsData) -> None:
        self._cancel()
        if data.levels.hidden:
            names = words.listed([one.name for one in data.levels.hidden])
            verb = "is" if len(data.levels.hidden) == 1 else "are"
            state = PanelState(Kind.FILTERED, f"{names} {verb} hidden by the filter", "", "Show all", "0")
        else:
            said = "Write promises as OpenSLO v1 and put them in force: watchfloor objectives add FILE --why TEXT"
            state = PanelState(Kind.EMPTY, "No promise was in force in this period", said, icon="target")
        self._panel.show_state(state)
        for panel in self._rail:
            panel.show_state(PanelState(Kind.EMPTY, "Nothing to look at", "", icon="target"))

    # --- one promise --------------------------------------------------------------------------------------

    def _ask_closely(self) -> None:
        """Look at the chosen promise closely; what was shown stays until the answer comes."""
        chosen, data = self.table.current_row(), self._data
        self._cancel()
        if chosen is None or data is None:
            return
        promise = chosen.row.promise
        self._down_panel.show_title(promise.endpoint.title)
        self._show_facts(chosen)
        for panel in self._rail:
            if panel.state is not None:
                panel.show_state(loading())
        self._jobs.append(
            self.runner.run(
                partial(_closely, data, promise.key),
                receiver=self,
                on_done=partial(self._show_closely, chosen),
                on_error=self._fail_closely,
            )
        )
        self._ask_changed(chosen, data)

    def _ask_changed(self, chosen: Line, data: LevelsData) -> None:
        """Of a period that is over, ask what changed since all of it should have come in."""
        since = settled_at(chosen.row.promise)
        self._changed_panel.setVisible(since < data.ask.at)
        self._arrange()
        if since < data.ask.at:
            self._jobs.append(
                self.runner.run(
                    partial(_changed, data, chosen.row.promise, since),
                    receiver=self,
                    on_done=partial(self._show_changed, chosen),
                    on_error=partial(_failed_in, self._changed_panel),
                )
            )

    def _show_changed(self, chosen: Line, found: Recomputed) -> None:
        if chosen is not self.table.current_row():
            return
        promise = chosen.row.promise
        rows = changed_list.rows_of(found, promise.enclave.id, promise.endpoint.id)
        self.changed.level = promise.enclave.level
        self.changed.show_rows(rows, lambda one: one.field)
        self._changed_panel.show_title("Changed since it closed", changed_list.title_meta(found))
        if rows:
            self._changed_panel.show_body()
        else:
            said = "What was told at its end is what is known today."
            self._changed_panel.show_state(PanelState(Kind.EMPTY, "Nothing changed", said))

    def _show_facts(self, chosen: Line) -> None:
        self.down.facts.show_row(chosen.row, chosen.standing, chosen.at)

    def _show_closely(self, chosen: Line, found: Drawn) -> None:
        if chosen is not self.table.current_row():
            return
        stale = chosen.standing.stale
        self.down.show_drawn(found, stale=stale)
        self.rates.show_drawn(found, stale=stale)
        self._down_panel.show_legend(*down_legend(found))
        self._rates_panel.show_legend(*rate_legend(found))
        rows = exclusion_list.rows_of(found.close)
        self.excluded.level = found.close.row.promise.enclave.level
        self.excluded.show_rows(rows, lambda one: one.exclusion.id)
        self._excluded_panel.show_title("Excluded", exclusion_list.title_meta(rows))
        for panel in (self._down_panel, self._rates_panel, self._excluded_panel):
            panel.show_body()
        if not rows:
            said = "Planned work, what a customer caused, force majeure: X excludes time, a second person approves it."
            self._excluded_panel.show_state(PanelState(Kind.EMPTY, "Nothing is excluded", said))

    def _fail_closely(self, error: Exception) -> None:
        for panel in self._rail:
            panel.show_state(failed(error))

    # --- deciding -----------------------------------------------------------------------------------------

    def explain(self) -> None:
        """Show how every figure of the chosen promise is counted."""
        chosen = self.table.current_row()
        if chosen is not None:
            promise = chosen.row.promise
            title = f"{promise.objective.title or promise.objective.id}, {promise.enclave.name}"
            card = ExplainCard(self._look, title, facts(chosen.row, chosen.at), promise.enclave.level)
            self.card_wanted.emit(card)

    def exclude(self) -> None:
        """Ask for time of the chosen promise not to be counted."""
        chosen, data = self.table.current_row(), self._data
        if chosen is None or data is None:
            return
        promise = chosen.row.promise
        end = chosen.row.judged.end // 3600 * 3600
        self._decisions.exclude(
            self.runner,
            self._deciding(data),
            f"{promise.endpoint.title}, {promise.enclave.name}: {promise_words(promise.objective)}",
            TimeRange(end - 3600.0, end),
            scopes(promise),
            data.ask.at,
            partial(_held, data, promise.key),
        )

    def _open_exclusion(self, chosen: Excluded | None) -> None:
        if chosen is not None and self._data is not None:
            self._decisions.show(self.runner, self._deciding(self._data), chosen.exclusion.id)

    def _deciding(self, data: LevelsData) -> Deciding:
        return Deciding(data.ask.open, data.ask.station)

    def _cancel(self) -> None:
        for job in self._jobs:
            job.cancel()
        self._jobs = []

    def _choose(self, subject: Subject) -> None:
        for number, one in enumerate(self.table.rows.rows):
            promise = one.row.promise
            if promise.enclave.id == subject.enclave and subject.id in (promise.objective.id, promise.endpoint.id):
                self.table.choose(number)
                return

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
            Key("On this page", "/", "filter the promises", self._to_filter),
            Key("On this page", "H", "how the chosen promise is counted; Enter as well", self.explain),
            Key("On this page", "X", "exclude time from it", self.exclude),
        )

    def _to_filter(self) -> None:
        self.filter.setFocus()  # the filter that is there now: it is made anew with the table

    def sheet(self) -> Sheet | None:
        return self.table.sheet("Service levels", self.table.level) if self.table.rows.given else None

    def step_back(self) -> bool:
        return self.filter.clear()

    def first_focus(self) -> QWidget:
        return self.table if self._panel.state is None else self

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self._rates_panel.setFixedHeight(_RATES)
        self._excluded_panel.setFixedHeight(_EXCLUDED)
        self._changed_panel.setFixedHeight(_CHANGED)
        page = self.width() - PAGE_MARGINS[0] - PAGE_MARGINS[2]
        self._columns.arrange(page, 640, 300, least=(320, 260))

    def _act(self) -> None:
        state = self._panel.state
        if state is not None and state.kind is Kind.FILTERED and self._data is not None:
            for one in self._data.levels.hidden:
                self.enclave_wanted.emit(one.id)
        else:
            self.retry_wanted.emit()


def _health(one: Line) -> Health:
    return one.standing.health


def badges(data: LevelsData) -> dict[str, Badge | None]:
    """Promises that need somebody."""
    bad = [one.standing.health for one in data.lines() if one.standing.health in LOUD]
    return {"service-levels": Badge(min(bad, key=lambda health: health.rank), len(bad)) if bad else None}


def finds(data: LevelsData) -> list[Find]:
    """Every promise by its title."""
    return [
        Find(
            one.row.promise.objective.title or one.row.promise.objective.id,
            Place("service-levels", Subject(one.row.promise.enclave.id, one.row.promise.objective.id)),
            "Promises",
            one.standing.health,
            one.row.promise.enclave.level,
            words.capitalised(one.standing.reason.value),
        )
        for one in data.lines()
    ]


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
