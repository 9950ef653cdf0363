"""The panels of the rail: one promise closely, asked for when it is chosen."""

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.analysis.recompute import Change
from app.job import Job
from app.model.marking import Level
from app.query.recomputed import Recomputed, settled_at
from app.ui.charts import peaks
from app.ui.look import Look
from app.ui.panel import Panel
from app.ui.service_levels import changed_list, exclusion_list
from app.ui.service_levels.adherence import Line
from app.ui.service_levels.data import LevelsData
from app.ui.service_levels.drawn import Drawn
from app.ui.service_levels.exclusion_list import Excluded
from app.ui.service_levels.rail import BurnDownView, BurnRateView, down_legend, rate_legend
from app.ui.states import Kind, PanelState, failed, loading
from app.ui.tables import Table
from app.ui.tasks import TaskRunner

_LOW = 236
_RATES = _LOW + peaks.ROOM


class CloseLook(QObject):
    """Burn-down, burn rates, exclusions, and of a period that is over what changed since.

    Signals
    -------
    opened(str)
        Look at the exclusion of that id.
    retry_wanted()
        Ask for the promise again.
    """

    opened = Signal(str)
    retry_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.down, self.rates = BurnDownView(look), BurnRateView(look)
        low = exclusion_list.ROW
        self.excluded = Table[Excluded](look, "Exclusions", exclusion_list.columns(), row_height=low, headed=False)
        low = changed_list.ROW
        self.changed = Table[Change](look, "Changes", changed_list.columns(), row_height=low, headed=False)
        self.excluded.shows_selection = self.changed.shows_selection = False
        self._down_panel = Panel(look, "Error budget", self.down, flush=(0, 8))
        self._rates_panel = Panel(look, "Burn rate", self.rates, flush=(8, 8))
        self._excluded_panel = Panel(look, "Excluded", self.excluded, flush=(12, 12))
        self._changed_panel = Panel(look, "Changed since it closed", self.changed, flush=(12, 12))
        self.panels = (self._down_panel, self._rates_panel, self._excluded_panel, self._changed_panel)
        self._chosen: Line | None = None
        self.found: Drawn | None = None
        """The chosen promise, once it was looked at."""
        self._jobs: list[Job] = []
        self._ceiling: Level | None = None
        self._changed_panel.hide()
        for panel, height in zip(self.panels[1:], (_RATES, _LOW, _LOW), strict=True):
            panel.setFixedHeight(height)
        for panel in self.panels:
            panel.acted.connect(self.retry_wanted)
        self.excluded.opened.connect(self._open)

    def ask(self, runner: TaskRunner, data: LevelsData, chosen: Line) -> None:
        """Look at another promise, or at the same one again: what was shown of it stays until the answer comes."""
        self.forget()
        self._chosen, self._ceiling = chosen, data.ask.station.ceiling
        promise = chosen.row.promise
        self._down_panel.show_title(promise.endpoint.title)
        self.down.facts.show_row(chosen.row, chosen.standing, chosen.at)
        for panel in self.panels:
            if panel.state is not None:
                panel.show_state(loading())
        show, fail = partial(self._show, chosen), partial(self._fail, chosen, self.panels[:3])
        asked = partial(data.closely, promise.key)
        self._jobs = [runner.run(asked, receiver=self, on_done=show, on_error=fail)]
        since = settled_at(promise)
        self._changed_panel.setVisible(since < data.ask.at)
        if since < data.ask.at:
            show_changed, fail = partial(self._show_changed, chosen), partial(self._fail, chosen, self.panels[3:])
            ask_changed = partial(data.changed, promise, since)
            self._jobs.append(runner.run(ask_changed, receiver=self, on_done=show_changed, on_error=fail))

    def forget(self) -> None:
        """What was asked is not to be shown any more."""
        for job in self._jobs:
            job.cancel()
        self._jobs, self._chosen, self.found = [], None, None

    def show_state(self, state: PanelState) -> None:
        """There is no promise to look at."""
        self.forget()
        for panel in self.panels:
            panel.show_state(state)

    def _show(self, chosen: Line, found: Drawn) -> None:
        if chosen is not self._chosen:
            return
        self.found = found
        for part in (self.down, self.rates):
            part.show_drawn(found, stale=chosen.standing.stale)
        self._down_panel.show_legend(*down_legend(found))
        self._rates_panel.show_legend(*rate_legend(found))
        rows = exclusion_list.rows_of(found.close)
        self.excluded.level = self._ceiling  # words of decisions are marked with what may be known here
        self.excluded.show_rows(rows, lambda one: one.exclusion.id)
        self._excluded_panel.show_title("Excluded", exclusion_list.title_meta(rows))
        for panel in self.panels[:3]:
            panel.show_body()
        if not rows:
            said = "Planned work, what a customer caused, force majeure: X excludes time, a second person approves it."
            self._excluded_panel.show_state(PanelState(Kind.EMPTY, "Nothing is excluded", said))

    def _show_changed(self, chosen: Line, found: Recomputed) -> None:
        if chosen is not self._chosen:
            return
        promise = chosen.row.promise
        rows = changed_list.rows_of(found, promise)
        self.changed.level = promise.enclave.level
        self.changed.show_rows(rows, lambda one: one.field)
        self._changed_panel.show_title("Changed since it closed", changed_list.title_meta(found))
        self._changed_panel.show_body()
        if not rows:
            said = "What was told at its end is what is known today."
            self._changed_panel.show_state(PanelState(Kind.EMPTY, "Nothing changed", said))

    def _fail(self, chosen: Line, panels: tuple[Panel, ...], error: Exception) -> None:
        if chosen is self._chosen:
            for panel in panels:
                panel.show_state(failed(error))

    def _open(self, chosen: Excluded | None) -> None:
        if chosen is not None:
            self.opened.emit(chosen.exclusion.id)
