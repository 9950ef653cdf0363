"""One endpoint closely: head, lanes, charts, and the rail."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.model.time_range import TimeRange
from app.query.endpoint import EndpointAnswer, Version
from app.query.fleet import Deployment
from app.ui import words
from app.ui.charts.tiles import Tiles
from app.ui.charts.view import View
from app.ui.columns import Columns
from app.ui.endpoint.head import EndpointHead
from app.ui.endpoint.rail import Facts, elsewhere_columns, version_columns
from app.ui.endpoint.stack import ChartStack, Drawn, read
from app.ui.exclusions.deciding import Deciding
from app.ui.exclusions.decisions import Decisions
from app.ui.exclusions.form import Proposal, Scope
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Subject
from app.ui.panel import TITLE_HEIGHT, Panel
from app.ui.scroll import PAGE_MARGINS
from app.ui.sheet import Moment, Sheet
from app.ui.states import Kind, PanelState, failed, loading
from app.ui.tables import Table
from app.ui.tasks import TaskRunner

_HEAD, _ROW = 34, 44


class EndpointDetail(QWidget):
    """What is wrong with it, on one clock.

    Signals
    -------
    opened(Deployment)
        Look at the same endpoint in another enclave.
    left()
        Back to the list.
    enclave_wanted(str)
        Show the enclave of that id again.
    retry_wanted()
        Ask the store again.
    sheet_wanted(Sheet)
        Show the numbers behind a chart as a table.
    """

    opened = Signal(object)
    left = Signal()
    enclave_wanted = Signal(str)
    retry_wanted = Signal()
    sheet_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._subject: Subject | None = None
        self._ask: Ask | None = None
        self._runner: TaskRunner | None = None
        self._answer: EndpointAnswer | None = None
        self.decisions = Decisions(look)
        self.view = View(TimeRange(0.0, 86400.0))
        self.tiles: Tiles | None = None
        self.head, self.stack, self._facts = EndpointHead(look), ChartStack(look, self.view), Facts(look)
        self.versions = Table[Version](look, "Versions", version_columns(), row_height=_ROW)
        self.elsewhere = Table[Deployment](look, "The same endpoint elsewhere", elsewhere_columns(), row_height=_ROW)
        self.versions.shows_selection = self.elsewhere.shows_selection = False
        self._main = Panel(look, "Metrics", self.stack, headed=False)
        self._versions = Panel(look, "Versions", self.versions, flush=(12, 12))
        self._elsewhere = Panel(look, "Elsewhere", self.elsewhere, flush=(12, 12))
        self._serving = Panel(look, "Serving", self._facts)
        self._columns = Columns((self._main,), (self._versions, self._elsewhere, self._serving, QWidget()), grows=3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.head)
        layout.addWidget(self._columns, 1)
        self.stack.setContentsMargins(0, 14, 0, 0)
        self.stack.measured.connect(self._measured)
        self.stack.sheet_wanted.connect(self.sheet_wanted)
        self.elsewhere.opened.connect(self.opened)
        self._main.acted.connect(self._act)

    # --- data ---------------------------------------------------------------------------------------------

    def turn_to(self, subject: Subject) -> None:
        """Be about another endpoint, of which nothing is known yet."""
        if subject != self._subject:
            self._subject, self._answer = subject, None
            self.head.show_name(subject.id)
            if self.tiles is not None:
                self.tiles.drop()

    def show_answer(self, ask: Ask, answer: EndpointAnswer | None, runner: TaskRunner) -> None:
        """Show another answer; None: the enclave declares no such endpoint."""
        self._ask, self._answer, self._runner = ask, answer, runner
        if self.tiles is None:
            self.tiles = Tiles(self.view, runner)
            self.tiles.arrived.connect(self._arrived)
            self.tiles.failed.connect(self._failed)
        self._columns.rail.setVisible(answer is not None and not self._filtered)
        if answer is None or self._filtered:
            # what is still being read of it may not be shown either
            self.tiles.drop()
            self.head.show_name(answer.here.endpoint.title if answer is not None else self.head.name)
        if answer is None:
            self._show_nothing()
            return
        if self._filtered:
            self._show_filtered(answer)
            return
        self.view.move_home(ask.span)
        self.head.show_answer(answer)
        self.stack.show_answer(answer)
        self._show_rail(answer)
        if not self.stack.charts:
            said = "The enclave declares this endpoint, and no bundle has brought a sample of it."
            self._main.show_state(PanelState(Kind.EMPTY, "Nothing is known of it yet", said, icon="package"))
            return
        if (self._main.state is not None and self._main.state.kind is not Kind.LOADING) or self.tiles.tile is None:
            self._main.show_state(loading())
        self.tiles.ask(partial(read, ask, answer))
        self.stack.remeasure()

    @property
    def _filtered(self) -> bool:
        """Whether it is of an enclave that the filter hides."""
        answer, ask = self._answer, self._ask
        return answer is not None and ask is not None and answer.here.enclave.id in ask.hidden

    def show_state(self, state: PanelState) -> None:
        """Show that there is no answer."""
        self._main.show_state(state)
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        for panel in (self._versions, self._elsewhere, self._serving):
            panel.show_state(quiet)

    def _show_nothing(self) -> None:
        name = self._subject.enclave if self._subject is not None else ""
        said = f"The enclave {name} declares no such endpoint, or has retired it."
        missing = "This endpoint is not declared"
        self._main.show_state(PanelState(Kind.EMPTY, missing, said, "All endpoints", "Esc", icon="search"))

    def _show_filtered(self, answer: EndpointAnswer) -> None:
        """Its enclave is hidden: say how it is all the same, and offer to show it."""
        name, state = answer.here.enclave.name, words.STATES[answer.here.health]
        said = f"{answer.here.endpoint.title} is {state} there" + (", last known" if answer.here.stale else "")
        self._main.show_state(PanelState(Kind.FILTERED, f"{name} is hidden by the filter", said, f"Show {name}"))

    def _show_rail(self, answer: EndpointAnswer) -> None:
        named = [one for one in answer.versions if one.name]
        self._versions.show_title("Versions", "over the last hour of data")
        if named:
            self.versions.level = answer.marking
            self.versions.show_rows(named, lambda one: one.name)
            self._versions.show_body()
        else:
            said = "Its series carry no version label."
            self._versions.show_state(PanelState(Kind.EMPTY, "No version is named", said, icon="package"))
        meta = f"{answer.hidden} hidden by the filter" if answer.hidden else "E goes to the next"
        self._elsewhere.show_title("Elsewhere", meta if answer.elsewhere or answer.hidden else "")
        if answer.elsewhere:
            self.elsewhere.level = answer.marking
            self.elsewhere.show_rows(answer.elsewhere, lambda one: one.enclave.id)
            self._elsewhere.show_body()
        else:
            said = "The filter hides where it is." if answer.hidden else ""
            self._elsewhere.show_state(PanelState(Kind.EMPTY, "In no other enclave", said, icon="check"))
        self._facts.show_answer(answer)
        self._serving.show_body()
        self._arrange()

    def _arrived(self, drawn: Drawn) -> None:
        if self._answer is not None:
            self.stack.show_drawn(drawn, stale=self._answer.here.stale)
            self._main.show_body()

    def _failed(self, error: Exception) -> None:
        if self.tiles is None or self.tiles.tile is None or self._main.state is not None:
            self._main.show_state(failed(error))

    def _act(self) -> None:
        state = self._main.state
        if state is not None and state.kind is Kind.EMPTY and self._answer is None:
            self.left.emit()
        elif state is not None and state.kind is Kind.FILTERED and self._answer is not None:
            self.enclave_wanted.emit(self._answer.here.enclave.id)
        else:
            self.retry_wanted.emit()

    # --- keys ---------------------------------------------------------------------------------------------

    def page_keys(self) -> tuple[Key, ...]:
        """Its own keys."""
        return (
            Key("On this page", "E", "the same endpoint in the next enclave", self.next_enclave),
            Key("On this page", "X", "exclude time: what went wrong, or what is in view", self.exclude),
        )

    def exclude(self) -> None:
        """Ask for time not to be counted against the promises of this endpoint: its trouble, else what is in view."""
        answer, ask = self._answer, self._ask
        if answer is None or ask is None or self._runner is None or self._filtered:
            return
        cell = answer.here
        about = f"{cell.endpoint.title}, {cell.enclave.name}: every promise of it"
        scopes = [
            Scope("all of this endpoint", "*", cell.enclave.id, cell.endpoint.id),
            Scope("the whole enclave", "*", cell.enclave.id, "*"),
        ]
        proposal = Proposal(about, self._stretch(answer, ask), scopes, ask.at)
        self.decisions.exclude(self._runner, Deciding(ask.open, ask.station), proposal)

    def _stretch(self, answer: EndpointAnswer, ask: Ask) -> TimeRange:
        """What somebody looked for, in whole minutes; else the trouble that lasts; else the last hour."""
        trouble = answer.trouble
        if not self.view.at_home:
            span = self.view.span
        elif trouble is not None:
            span = TimeRange(trouble.since, trouble.until)
        else:
            span = TimeRange(ask.at - 3600.0, ask.at)
        start, end = span.start // 60 * 60, -(-span.end // 60) * 60
        return TimeRange(start, max(end, start + 60.0))

    def next_enclave(self) -> None:
        """Go to the same endpoint in the next enclave, in their order."""
        if self._answer is None or not self._answer.elsewhere:
            return
        here = self._answer.here.enclave.order
        cells = sorted(self._answer.elsewhere, key=lambda cell: cell.enclave.order)
        self.opened.emit(next((cell for cell in cells if cell.enclave.order > here), cells[0]))

    def next_problem(self, step: int) -> None:
        """Go to the next or previous alert or change."""
        if self.stack.lanes.step(step):
            self.stack.lanes.setFocus()

    def step_back(self) -> bool:
        """Nothing is narrowed here."""
        return False

    def sheet(self) -> Sheet | None:
        """What is known of it now: one figure a row, with its unit and when it was measured."""
        answer = self._answer
        if answer is None or self._filtered:
            return None
        cell = answer.here
        moment = Moment(cell.data_time)
        rows = (
            ("endpoint_latency_seconds, p95", cell.latency_p95, "s", moment),
            ("endpoint_error_ratio", cell.error_ratio, "ratio", moment),
            ("endpoint_requests_rate", cell.requests_rate, "1/s", moment),
            ("endpoint_replicas_ready", cell.replicas_ready, "replicas", moment),
            ("endpoint_replicas_wanted", cell.replicas_wanted, "replicas", moment),
            ("state", words.STATES[cell.health], "", moment),
            ("state since", Moment(cell.since), "", moment),
        )
        title = f"{cell.endpoint.title} in {cell.enclave.name}"
        return Sheet(title, answer.marking, ("What", "Value", "Unit", "Measured"), rows)

    def first_focus(self) -> QWidget:
        """The first chart; the lanes while there is none."""
        return next(iter(self.stack.charts.values()), self.stack.lanes)

    # --- Qt -----------------------------------------------------------------------------------------------

    def _measured(self, pixels: int) -> None:
        if self.tiles is not None:
            self.tiles.show_pixels(pixels)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        for panel, table in ((self._versions, self.versions), (self._elsewhere, self.elsewhere)):
            rows = min(max(1, len(table.rows.rows)), 5)
            tall = _HEAD + rows * _ROW + 6 if panel.state is None else 120
            panel.setFixedHeight(TITLE_HEIGHT + tall + 14)
        facts = self._facts.sizeHint().height() if self._serving.state is None else 120
        self._serving.setFixedHeight(TITLE_HEIGHT + facts + 14)
        tall = self.stack.minimumSizeHint().height() + 40
        self._columns.arrange(self.width() - PAGE_MARGINS[0], max(640, tall), 0, least=(max(560, tall), 0))
