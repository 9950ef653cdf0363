"""The GPU page: where capacity is, and what is failing."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.analysis.trend import Forecast
from app.job import Job
from app.model.changes import Topic
from app.model.marking import Level
from app.query.gpu_floor import GpuFloor, Measure
from app.query.gpu_now import read_gpus
from app.query.gpu_past import HeatRows
from app.ui import words
from app.ui.columns import Columns
from app.ui.gpu.capacity import CapacityTable, capacity_rows
from app.ui.gpu.data import GpuData
from app.ui.gpu.exceptions import Exceptions
from app.ui.gpu.heat import Heatmap, width_words
from app.ui.gpu.measures import LABELS
from app.ui.gpu.nothing import nothing
from app.ui.gpu.section_table import ROW_LEAST, ROW_MOST, Spot
from app.ui.gpu.sentences import below, figures_tip, gpu_figures, gpu_sentence, wall_title
from app.ui.gpu.sheets import every_gpu
from app.ui.gpu.trends import Trend, fans, legend, limit, memory_home, titled
from app.ui.gpu.wall_panel import WallPanel
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Find, Oldest, Page, PageView, Place, Subject
from app.ui.panel import TITLE_HEIGHT, Panel
from app.ui.scroll import PAGE_MARGINS
from app.ui.sentence import SentenceBar, Span
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState, failed, loading
from app.ui.tips import TIP

_CHART = 178
_HEAT_LEAST = 190


def load(ask: Ask, job: Job) -> GpuData:
    """Ask the store. Runs on a worker thread; touches no widget."""
    return GpuData(read_gpus(ask.store, ask.station, ask.at, ask.span, job, hidden=ask.hidden), ask)


class GpuView(PageView):
    """Sentence; every GPU and its nodes over time; exceptions, capacity, use and memory."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._data: GpuData | None = None
        self._forecasts: Mapping[str, Forecast] = {}
        self._subject: Subject | None = None
        self._asked: list[Job] = []
        self.sentence = SentenceBar(look)
        self.panel = WallPanel(look)
        self.wall = self.panel.wall
        self.heat = Heatmap(look)
        self.exceptions = Exceptions(look)
        self.capacity = CapacityTable(look)
        self.use = Trend(look, "GPUs in use", Measure.BUSY)
        self.memory = Trend(look, "GPU memory in use", Measure.MEMORY)
        self._heat_panel = Panel(look, "Nodes over time", self.heat)
        self._capacity_panel = Panel(look, "Capacity left", self.capacity, flush=(12, 12))
        self._use_panel = Panel(look, "In use", self.use, flush=(8, 6))
        self._memory_panel = Panel(look, "Memory and its forecast", self.memory, flush=(8, 6))
        rail = (self.exceptions, self._capacity_panel, self._use_panel, self._memory_panel)
        self._others = (self._heat_panel, *rail)
        self._columns = Columns((self.panel, self._heat_panel), rail)
        below_rail = self._columns.rail.layout()
        if isinstance(below_rail, QVBoxLayout):
            below_rail.addStretch(0)  # where the nodes are many, the rail ends before the page does
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*PAGE_MARGINS)
        layout.setSpacing(12)
        layout.addWidget(self.sentence)
        layout.addWidget(self._columns, 1)
        self._connect()

    def _connect(self) -> None:
        self.panel.measured.connect(self._ask_heat)
        self.panel.groupings.chosen.connect(lambda _: self._regrouped())
        self.wall.opened.connect(self.open_spot)
        self.exceptions.opened.connect(self._go)
        self.heat.opened.connect(self._open_node)
        self.panel.acted.connect(self._act)
        for told in (self.heat, self.use.chart, self.memory.chart):
            told.sheet_wanted.connect(self.sheet_wanted)
        for panel, trend in ((self._use_panel, self.use), (self._memory_panel, self.memory)):
            trend.arrived.connect(lambda drawn, panel=panel: self._drawn(panel, drawn))
            trend.failed.connect(lambda error, panel=panel: _failed_in(panel, error))
        for panel in self._others:
            panel.acted.connect(self.retry_wanted)

    # --- data ---------------------------------------------------------------------------------------------

    def show_data(self, data: GpuData) -> None:
        before = self._data
        self._data, floor = data, data.floor
        if before is None or {p.enclave.id for p in before.floor.pictures} != {p.enclave.id for p in floor.pictures}:
            self._forecasts = {}
        self._say()
        self.exceptions.show_floor(floor)
        if not floor.nodes:
            self._show_nothing(floor)
            return
        self.panel.show_title(wall_title(floor))
        self.panel.show_floor(floor)
        self._order_tabs()
        self._show_capacity()
        self._ask_more(data)
        if data.ask.subject is not None and data.ask.subject != self._subject:
            self._open_node(*data.ask.subject)
        self._subject = data.ask.subject
        self.wall.mark(self.exceptions.spot)
        self._arrange()

    def show_state(self, state: PanelState) -> None:
        self._data, self._subject = None, None
        self._forget_asked()
        self.panel.hide_switches()
        if state.kind is Kind.ERROR:
            self.sentence.say((Span("The GPUs cannot be read.", strong=True),), "The other pages still work.", ())
        self.panel.show_state(state)
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        self.exceptions.forget()
        self.exceptions.show_title("Needs attention")
        for panel in self._others:
            panel.show_state(quiet)
        self._arrange()

    def _show_nothing(self, floor: GpuFloor) -> None:
        """No node is in view: because of the filter, because none is declared, or because nothing came yet."""
        self._forget_asked()
        state, quiet = nothing(floor)
        self.panel.hide_switches()
        self.panel.show_state(state)
        self._heat_panel.show_title("Nodes over time")
        for panel in self._others:
            if panel is not self.exceptions:
                panel.show_state(quiet)
        self._arrange()

    def _say(self) -> None:
        if self._data is None:
            return
        floor = self._data.floor
        self.sentence.say(gpu_sentence(floor), below(floor, self._forecasts), gpu_figures(floor))
        self.sentence.setProperty(TIP, figures_tip(floor))

    def _ask_more(self, data: GpuData) -> None:
        """Ask for what was: after the present stands, and each part by itself."""
        self._cancel_asked()
        self._asked = [
            self.runner.run(
                data.forecasts,
                receiver=self,
                on_done=partial(self._show_forecasts, data),
                on_error=partial(_failed_in, self._capacity_panel),
            )
        ]
        self._ask_heat(self.wall.measure)
        if self._use_panel.state is not None:
            self._use_panel.show_state(loading())
        if self._memory_panel.state is not None:
            self._memory_panel.show_state(loading())
        self._use_panel.show_title(titled("In use", data.floor))
        self._memory_panel.show_title(titled("Memory and its forecast", data.floor))
        home = memory_home(data.floor)
        self.memory.chart.show_marks((limit(data.floor),))
        self.memory.chart.show_future(data.floor.as_of, fans(data.floor, self._forecasts, home))
        self.use.ask(self.runner, data, data.floor.span)
        self.memory.ask(self.runner, data, home)

    def _cancel_asked(self) -> None:
        for job in self._asked:
            job.cancel()
        self._asked = []

    def _forget_asked(self) -> None:
        """Nothing that was asked before is to be shown any more."""
        self._cancel_asked()
        self.use.forget()
        self.memory.forget()

    def _ask_heat(self, measure: Measure) -> None:
        data = self._data
        if data is None or not data.floor.nodes:
            return
        self._heat_panel.show_title(
            f"{LABELS[measure]} by node, last {words.span_words(data.floor.span.seconds)}", "Each row is a node"
        )
        if self._heat_panel.state is not None:
            self._heat_panel.show_state(loading())
        self._asked.append(
            self.runner.run(
                partial(data.heat, measure),
                receiver=self,
                on_done=partial(self._show_heat, data),
                on_error=partial(_failed_in, self._heat_panel),
            )
        )

    def _show_heat(self, data: GpuData, rows: HeatRows) -> None:
        if data is not self._data or rows.measure is not self.wall.measure:
            return
        self.heat.show_rows(data.floor, rows)
        title = f"{LABELS[rows.measure]} by node, last {words.span_words(data.floor.span.seconds)}"
        self._heat_panel.show_title(title, f"Each row is a node, each cell {width_words(rows.width)}")
        self._heat_panel.show_body()
        self._arrange()

    def _show_forecasts(self, data: GpuData, found: Mapping[str, Forecast]) -> None:
        if data is not self._data:
            return
        self._forecasts = found
        self.memory.chart.show_future(data.floor.as_of, fans(data.floor, found, memory_home(data.floor)))
        self._say()
        self._show_capacity()

    def _show_capacity(self) -> None:
        if self._data is not None:
            rows = capacity_rows(self._data.floor, self._forecasts)
            self.capacity.level = self._data.floor.marking
            self.capacity.show_rows(rows, lambda row: row.picture.enclave.id)
            limit_words = words.percent(self._data.floor.policy.gpu.memory_limit_ratio, 0)
            self._capacity_panel.show_title("Capacity left", f"limit: {limit_words} of memory")
            self._capacity_panel.show_body()

    def _drawn(self, panel: Panel, drawn: object) -> None:
        lines = drawn.lines  # type: ignore[attr-defined]
        panel.show_legend(*legend(lines))
        panel.show_body()

    def _regrouped(self) -> None:
        self._order_tabs()
        self._arrange()

    def _order_tabs(self) -> None:
        for first, second in pairwise([*self.panel.stops, self.heat]):
            QWidget.setTabOrder(first, second)

    # --- one GPU ------------------------------------------------------------------------------------------

    def open_spot(self, spot: Spot) -> None:
        """Show everything of one GPU."""
        if self.exceptions.open_spot(spot):
            self.wall.select(spot)
            self.wall.mark(spot)
            self._arrange()

    def _open_node(self, enclave: str, node: str) -> None:
        """Open a node: its GPU that is worst, else its first."""
        floor = self._data.floor if self._data is not None else None
        found = next((n for n in (floor.nodes if floor else ()) if (n.enclave.id, n.node.id) == (enclave, node)), None)
        if found is None or not found.gpus:
            return
        worst = min(found.gpus, key=lambda gpu: gpu.worst.rank)
        self._go(Spot(enclave, node, worst.card))

    def _go(self, spot: Spot) -> None:
        """Choose a GPU on the wall, bring it into view, and open it."""
        if not self.wall.select(spot, focus=True):
            return
        self.open_spot(spot)
        self._reveal()

    def _reveal(self) -> None:
        viewport = self.parentWidget()
        area = viewport.parentWidget() if viewport is not None else None
        if isinstance(area, QScrollArea):
            area.ensureWidgetVisible(self.panel, 0, 40)

    def next_problem(self, step: int) -> None:
        spot = self.exceptions.step(step)
        if spot is not None:
            self._go(spot)

    def step_back(self) -> bool:
        if self.exceptions.spot is None:
            return False
        self.exceptions.close_spot()
        self.wall.mark(None)
        self._arrange()
        return True

    # --- Qt -----------------------------------------------------------------------------------------------

    def first_focus(self) -> QWidget:
        return self.wall.tables[0] if self.wall.tables and self.panel.state is None else self

    def page_keys(self) -> tuple[Key, ...]:
        return (
            Key("On this page", "M", "show the next measure", self.panel.measures.next),
            Key("On this page", "V", "group by enclave, model or team", self.panel.groupings.next),
        )

    def sheet(self) -> Sheet | None:
        return every_gpu(self._data.floor) if self._data is not None and self._data.floor.nodes else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _act(self) -> None:
        state = self.panel.state
        if state is not None and state.kind is Kind.FILTERED and self._data is not None:
            for one in self._data.floor.hidden:
                self.enclave_wanted.emit(one.enclave.id)
        elif state is not None and state.kind is Kind.EMPTY:
            self.import_wanted.emit()
        else:
            self.retry_wanted.emit()

    def _arrange(self) -> None:
        """Rows of the wall as high as leaves the heatmap its half; of the rail the exceptions take what is left.

        What is left of the window, that is: a page of many nodes is taller, and the rail stays at its top.
        """
        for panel in (self._use_panel, self._memory_panel):
            panel.setFixedHeight(_CHART)
        capacity = TITLE_HEIGHT + self.capacity.natural_height + 14
        self._capacity_panel.setFixedHeight(capacity)
        window = self.parentWidget()
        left = (
            (window.height() if window is not None else self.height())
            - self.sentence.height()
            - 42
            - capacity
            - 2 * _CHART
            - 48
        )
        self.exceptions.setMaximumHeight(max(left, min(self.exceptions.natural_height, 600), 240))
        heat = TITLE_HEIGHT + max(_HEAT_LEAST, self.heat.natural_height) + 14
        page = self.width() - PAGE_MARGINS[0] - PAGE_MARGINS[2]
        natural = self.exceptions.natural_height
        self._columns.arrange(page, heat, min(natural, 480), least=(heat, min(natural, 240)))
        width = self.panel.width()
        free = (self.height() - self.sentence.height() - 60) * 0.52
        row = next(
            (row for row in range(ROW_MOST, ROW_LEAST, -2) if self.panel.natural_height(width, row) <= free), ROW_LEAST
        )
        self.panel.setFixedHeight(self.panel.natural_height(width, row))
        self.wall.show_rows(row)


def _failed_in(panel: Panel, error: Exception) -> None:
    """What was there stays; without anything, say what is wrong."""
    if panel.state is not None:
        panel.show_state(failed(error))


def finds(data: GpuData) -> list[Find]:
    """Every node, worst first."""
    return [
        Find(
            node.node.id,
            Place("gpu", Subject(node.enclave.id, node.node.id)),
            "GPU nodes",
            node.worst,
            node.enclave.level,
            words.capitalised(node.problems[0].text) if node.problems else words.STATES[node.worst],
        )
        for node in sorted(data.floor.nodes, key=lambda node: node.worst.rank)
    ]


def oldest_in_view(data: GpuData) -> Oldest | None:
    """The enclave with the oldest data of those in view."""
    return Oldest.of(data.floor.pictures)


def marking(data: GpuData) -> Level:
    """Marking of everything the page shows."""
    return data.floor.marking


PAGE = Page(
    id="gpu",
    title="GPU fleet",
    group="Operate",
    order=25,
    key="G",
    icon="cpu",
    topics=frozenset({Topic.TELEMETRY, Topic.CATALOGUE, Topic.EVENTS}),
    load=load,
    view=GpuView,
    badges=None,
    oldest=oldest_in_view,
    marking=marking,
    finds=finds,
)
