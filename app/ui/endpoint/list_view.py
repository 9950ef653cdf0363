"""The list of deployments with its sentence and its filter."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.model.health import Health
from app.query.fleet import Deployment, Fleet
from app.ui import words
from app.ui.endpoint.listing import ROW, columns, rows_of
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.panel import Panel
from app.ui.sentence import SentenceBar, Span
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState
from app.ui.table_filter import TableFilter
from app.ui.tables import Table

_LOUD = (Health.CRITICAL, Health.WARNING)


class EndpointList(QWidget):
    """Every deployment, worst first.

    Signals
    -------
    opened(Deployment)
        Look at one closely.
    enclave_wanted(str)
        Show the enclave of that id again.
    retry_wanted()
        Ask the store again.
    import_wanted()
        Choose a bundle and import it.
    """

    opened = Signal(object)
    import_wanted = Signal()
    enclave_wanted = Signal(str)
    retry_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._fleet: Fleet | None = None
        self._sentence = SentenceBar(look)
        self.table = Table[Deployment](look, "Endpoints", columns(), row_height=ROW)
        self.table.health = _health
        self.filter = TableFilter(look, self.table, hint="Endpoint, enclave, reason")
        self._panel = Panel(look, "Endpoints", _area(self.filter, self.table), headed=False, flush=(12, 12))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._sentence)
        layout.addWidget(self._panel, 1)
        self.table.opened.connect(self.opened)
        self._panel.acted.connect(self._act)

    def show_fleet(self, fleet: Fleet) -> None:
        """Show another answer."""
        self._fleet = fleet
        rows = rows_of(fleet)
        self._sentence.say(_sentence(rows), _below(fleet, rows), ())
        self.table.level = fleet.marking
        self.table.show_rows(rows, lambda one: (one.enclave.id, one.endpoint.id))
        if rows:
            self._panel.show_body()
        elif fleet.hidden:
            names = words.listed([state.enclave.name for state in fleet.hidden])
            verb = "is" if len(fleet.hidden) == 1 else "are"
            self._panel.show_state(
                PanelState(Kind.FILTERED, f"{names} {verb} hidden by the filter", "", "Show all", "0")
            )
        else:
            said = "Endpoints come with the catalogue of an enclave, in its first bundle."
            self._panel.show_state(
                PanelState(Kind.EMPTY, "No endpoint is declared yet", said, "Import a bundle", "Ctrl I", icon="package")
            )

    def show_state(self, state: PanelState) -> None:
        """Show that there is no answer."""
        if state.kind is Kind.ERROR:
            self._sentence.say((Span("The endpoints cannot be read.", strong=True),), "The other pages still work.", ())
        self._panel.show_state(state)

    def next_problem(self, step: int) -> None:
        """Choose the next or previous row that needs somebody."""
        rows = self.table.rows.rows
        here = self.table.currentIndex().row()
        bad = [number for number, row in enumerate(rows) if row.health in _LOUD]
        after = [number for number in bad if (number > here if step > 0 else number < here)]
        if bad:
            self.table.choose((after or bad)[0 if step > 0 else -1])
            self.table.setFocus()

    def page_keys(self) -> tuple[Key, ...]:
        """Its own keys."""
        return (Key("On this page", "/", "filter the endpoints", self.filter.setFocus),)

    def step_back(self) -> bool:
        """Show every row again; False where all are shown."""
        return self.filter.clear()

    def sheet(self) -> Sheet | None:
        """The table as shown."""
        return self.table.sheet("Endpoints", self.table.level) if self.table.rows.given else None

    def first_focus(self) -> QWidget:
        """The table."""
        return self.table

    def _act(self) -> None:
        state = self._panel.state
        if state is not None and state.kind is Kind.FILTERED and self._fleet is not None:
            for hidden in self._fleet.hidden:
                self.enclave_wanted.emit(hidden.enclave.id)
        elif state is not None and state.kind is Kind.EMPTY:
            self.import_wanted.emit()
        else:
            self.retry_wanted.emit()


def _health(one: Deployment) -> Health:
    return one.health


def _area(*parts: QWidget) -> QWidget:
    area = QWidget()
    layout = QVBoxLayout(area)
    layout.setContentsMargins(0, 12, 0, 0)
    layout.setSpacing(8)
    for part in parts:
        layout.addWidget(part)
    parts[0].setContentsMargins(8, 0, 8, 0)
    return area


def _sentence(rows: list[Deployment]) -> tuple[Span, ...]:
    now = [one for one in rows if not one.stale]
    critical, warning = (sum(one.health is health for one in now) for health in _LOUD)
    if not rows:
        return (Span("No endpoint is in view.", strong=True),)
    if not now:
        return (Span("No endpoint has current data.", strong=True), Span(" What is shown is the last known state."))
    if not critical and not warning:
        unknown = sum(one.health is Health.UNKNOWN for one in now)
        known = "Nothing is" if len(now) == len(rows) and not unknown else "Nothing of which the state is known now is"
        return (Span(f"{known} critical or a warning.", strong=True),)
    total = f" of {words.grouped(len(rows))} {words.plural(len(rows), 'deployment')} "
    first = words.capitalised(words.count_word(critical or warning))
    verb = "is" if (critical or warning) == 1 else "are"
    if not critical:
        return Span(first, strong=True), Span(f"{total}{'needs' if warning == 1 else 'need'} watching.")
    spans = (Span(first, strong=True), Span(total), Span(f"{verb} critical", strong=True, health=Health.CRITICAL))
    if not warning:
        return (*spans, Span("."))
    needs = "needs" if warning == 1 else "need"
    return (*spans, Span(f" and {words.count_word(warning)} {needs} watching."))


def _below(fleet: Fleet, rows: list[Deployment]) -> str:
    stale = sum(one.stale for one in rows)
    said = "Enter opens one; / filters; a click on a head sorts." if rows else ""
    if stale:
        said = f"{words.capitalised(words.count_word(stale))} of them are only last known. {said}"
    if fleet.hidden:
        gone = sum(state.total for state in fleet.hidden)
        worst = min((state.worst for state in fleet.hidden), key=lambda health: health.rank)
        said = (
            f"{words.capitalised(words.count_word(gone))} hidden by the filter, the worst {words.STATES[worst]}. {said}"
        )
    return said
