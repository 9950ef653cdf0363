"""The explore page: any series that the cache holds, beside any other."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.job import Job
from app.model.changes import Topic
from app.model.health import Freshness
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.curves import list_series
from app.store.samples import SeriesRef
from app.ui import words
from app.ui.charts.grid import MOST, ChartGrid
from app.ui.charts.line import Compared, Line
from app.ui.charts.numbers import long_sheet, within
from app.ui.charts.tiles import Tiles
from app.ui.charts.units import unit_of
from app.ui.charts.view import View
from app.ui.controls import PushButton
from app.ui.explore.data import ExploreData, hidden_words
from app.ui.explore.series_charts import ChartOf, Drawn, charts_of
from app.ui.explore.series_list import SeriesPicker, choices
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Ask, Oldest, Page, PageView
from app.ui.panel import Panel
from app.ui.part import RIM
from app.ui.scroll import PAGE_MARGINS, PageArea
from app.ui.sentence import SentenceBar, Span
from app.ui.series_words import thing_words, title_words
from app.ui.sheet import Sheet
from app.ui.states import Kind, PanelState, failed, loading
from app.ui.tasks import TaskRunner

if TYPE_CHECKING:
    from app.ui.charts.compare import CompareView

_PICKER = (264, 340)
_COMPARED = ("series.1", "series.2", "series.3", "series.4", "series.5", "series.6")


def load(ask: Ask, job: Job) -> ExploreData:
    """Ask the store what there is. Runs on a worker thread; touches no widget."""
    job.step(0, None, "Listing series")
    listing = list_series(ask.store, ask.station, ask.at, hidden=ask.hidden)
    job.check()
    return ExploreData(listing, choices(listing), ask)


class ExploreView(PageView):
    """Sentence; the series to choose from; small charts of those chosen, or one large plot."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._data: ExploreData | None = None
        self._charts: list[ChartOf] = []
        self._drawn: Drawn | None = None
        self._pixels: dict[int, int] = {}
        self._picked = self._asked = False
        self.chosen: list[SeriesRef] = []
        self.view = View(TimeRange(0.0, 86400.0))
        self.view.changed.connect(self._say_span)
        self.tiles: Tiles | None = None
        self.grid: ChartGrid | None = None
        self.compare: CompareView | None = None
        self._sentence = SentenceBar(look)
        self.picker = SeriesPicker(look)
        self._left = Panel(look, "Series", self.picker, flush=(8, 8))
        self._holder = QWidget()
        self._stack = QStackedLayout(self._holder)
        self._main = Panel(look, "Charts", self._holder, flush=(0, 10))
        self._switch = PushButton(look, "Compare", key="C")
        self._clear = PushButton(look, "Clear")
        for number, button in enumerate((self._switch, self._clear)):
            button.setParent(self._main)
            button.clicked.connect((self.toggle_compare, self.clear)[number])
        self._columns = QHBoxLayout()
        self._columns.setSpacing(16)
        self._columns.addWidget(self._left)
        self._columns.addWidget(self._main, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*PAGE_MARGINS)
        layout.setSpacing(12)
        layout.addWidget(self._sentence)
        layout.addLayout(self._columns, 1)
        self.picker.toggled.connect(self.toggle)
        self._left.acted.connect(self._act)
        self._main.acted.connect(self._act)

    # --- data ---------------------------------------------------------------------------------------------

    def show_data(self, data: ExploreData) -> None:
        self._data = data
        self._prepare(self.runner)
        self.view.move_home(data.ask.span)
        self.picker.show_choices(data.choices)
        known = frozenset(data.choices.refs)
        self.chosen = [ref for ref in self.chosen if ref in known]
        count = len(data.choices.refs)
        if not count:
            self._show_nothing(data)
            return
        self._left.show_title("Series", words.grouped(count))
        self._left.show_body()
        if not self.chosen and not self._picked:
            self._main.show_state(loading())
            self._ask_first(data)
        else:
            self._show_choice()

    def show_state(self, state: PanelState) -> None:
        if state.kind is Kind.ERROR:
            self._sentence.say((Span("The series cannot be listed.", strong=True),), "The other pages still work.", ())
        quiet = state if state.kind is Kind.LOADING else PanelState(Kind.EMPTY, "Not read", "", icon="eye-off")
        self._left.show_state(quiet)
        self._show_main_state(state)

    def _prepare(self, runner: TaskRunner) -> None:
        if self.tiles is None:
            self.tiles = Tiles(self.view, runner)
            self.tiles.arrived.connect(self._arrived)
            self.tiles.failed.connect(self._failed)
            self.grid = ChartGrid(self._look, self.view)
            self.grid.measured.connect(partial(self._measured, 0))
            self.grid.sheet_wanted.connect(self.sheet_wanted)
            self._stack.addWidget(PageArea(self._look, self.grid))

    def _show_nothing(self, data: ExploreData) -> None:
        hidden = sum(data.listing.hidden.values())
        if hidden:
            said = f"{words.grouped(hidden)} series are not shown."
            state = PanelState(Kind.FILTERED, "Every enclave is hidden by the filter", said, "Show all", "0")
            spoken = "Every series is hidden by the filter."
        else:
            said = "Series come with the bundles of a collector."
            state = PanelState(Kind.EMPTY, "No series yet", said, "Import a bundle", "Ctrl I", icon="package")
            spoken = "Nothing to explore yet."
        self._sentence.say((Span(spoken, strong=True),), "", ())
        self._left.show_title("Series")
        self._left.show_state(PanelState(Kind.EMPTY, "No series", "", icon="search"))
        self._show_main_state(state)

    def _show_main_state(self, state: PanelState) -> None:
        self._switch.hide()
        self._clear.hide()
        self._main.show_title("Charts")
        self._main.show_state(state)

    def _act(self) -> None:
        state = self._main.state
        if state is not None and state.kind is Kind.FILTERED and self._data is not None:
            for name in self._data.listing.hidden:
                self.enclave_wanted.emit(name)
        elif state is not None and state.kind is Kind.EMPTY:
            self.import_wanted.emit()
        else:
            self.retry_wanted.emit()

    # --- choosing -----------------------------------------------------------------------------------------

    def _ask_first(self, data: ExploreData) -> None:
        if not self._asked:
            self._asked = True
            self.runner.run(data.first, receiver=self, on_done=self._show_first, on_error=self._first_failed)

    def _show_first(self, refs: list[SeriesRef]) -> None:
        self._asked = False
        if self._data is not None and not self._picked:
            known = frozenset(self._data.choices.refs)
            charts = charts_of([ref for ref in refs if ref in known])[:MOST]
            self.chosen = [ref for chart in charts for ref in chart.refs]
            self.picker.reveal(self.chosen)
            self._show_choice()

    def _first_failed(self, error: Exception) -> None:
        """Without a first choice there is still the list to choose from."""
        self._asked = False
        self._show_choice()

    def toggle(self, ref: SeriesRef) -> None:
        """Show a series, or take it away."""
        self._picked = True
        if ref in self.chosen:
            self.chosen.remove(ref)
        elif len(charts_of([*self.chosen, ref])) <= MOST:
            self.chosen.append(ref)
        else:
            self._say(f"{words.capitalised(words.count_word(MOST))} charts are shown. Take one away first.")
            return
        self._show_choice()

    def clear(self) -> None:
        """Take every series away."""
        self._picked, self.chosen = True, []
        self._show_choice()
        self.picker.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_choice(self) -> None:
        if self._data is None or self.grid is None or self.tiles is None:
            return
        self.picker.list.show_chosen(self.chosen)
        self._charts = charts_of(self.chosen)
        self._say()
        self._switch.setVisible(bool(self._charts))
        self._clear.setVisible(bool(self._charts))
        self._place()
        if not self._charts:
            self.tiles.drop()
            said = "Choose one from the list; / searches it."
            self._say_span()
            self._main.show_state(PanelState(Kind.EMPTY, "No series chosen", said, icon="activity"))
            return
        self.grid.show_titles([chart.title for chart in self._charts])
        self._say_span()
        if self._drawn is None or (self._main.state is not None and self._main.state.kind is not Kind.LOADING):
            self._main.show_state(loading())
        self.tiles.ask(partial(self._data.read, tuple(self._charts)))

    def _say_span(self) -> None:
        """The title tells the time that the charts show, which is not the page's range once they were moved."""
        span, home = self.view.span, self.view.home
        moved = f"{words.when(span.start, home.end)} to {words.when(span.end, home.end)} Z"
        title = f"Last {words.span_words(home.seconds)}" if self.view.at_home else moved
        self._main.show_title(title if self._charts else "Charts")

    def _say(self, below: str = "") -> None:
        count = len(self.chosen)
        things = list(dict.fromkeys(thing_words(ref.key).split(" · ")[0] for ref in self.chosen))
        about = words.listed(things) if len(things) <= 2 else f"{words.count_word(len(things))} things"
        spans: tuple[Span, ...] = (Span("No series is shown.", strong=True),)
        if count:
            said = f"{words.capitalised(words.count_word(count))} series"
            spans = (Span(said, strong=True), Span(" of "), Span(f"{about}.", strong=True))
        compared = len(_COMPARED)
        if self._stack.currentIndex() and count > compared and not below:
            below = f"The first {words.count_word(compared)} are compared; take others away to compare the rest."
        hint = "Drag to pan, wheel to zoom, arrows to read out a moment, D for the numbers, Home to go back."
        self._sentence.say(spans, hidden_words(self._data) + (below or hint), ())

    # --- what was read ------------------------------------------------------------------------------------

    def _arrived(self, drawn: Drawn) -> None:
        self._drawn = drawn
        if self.grid is None or self._data is None:
            return
        stale = {
            picture.enclave.id
            for picture in self._data.listing.pictures
            if picture.freshness in (Freshness.STALE, Freshness.EXPIRED)
        }
        for number, (chart, lines) in enumerate(zip(self._charts, drawn.lines, strict=True)):
            self.grid.show_lines(number, lines, drawn.span, stale=chart.refs[0].enclave in stale)
        self._show_compared()
        self._main.show_body()

    def _failed(self, error: Exception) -> None:
        """What was there stays; without anything, say what is wrong."""
        if self.tiles is None or self.tiles.tile is None or self._main.state is not None:
            self._show_main_state(failed(error))
        else:
            state = failed(error)
            self._say(f"{state.title}. What is shown is what was read before.")

    # --- comparing ----------------------------------------------------------------------------------------

    def toggle_compare(self) -> None:
        """Show one large plot, or small charts again."""
        if not self._charts or self.grid is None:
            return
        if self.compare is None:
            from app.ui.charts.compare import CompareView

            self.compare = CompareView(self._look, self.view)
            self.compare.measured.connect(partial(self._measured, 1))
            self.compare.sheet_wanted.connect(self.sheet_wanted)
            self._stack.addWidget(self.compare)
        large = self._stack.currentIndex() == 0
        self._stack.setCurrentIndex(int(large))
        for place, pixels in self._pixels.items():
            self._measured(place, pixels)
        self._switch.say("Small charts" if large else "Compare", "C")
        self._place()
        self._say()
        self._show_compared()

    def sheet(self) -> Sheet | None:
        """The numbers of every chart, below each other."""
        if self._drawn is None or self._main.state is not None:
            return None
        named = [
            Compared(replace(line, words=title_words(ref.key)), unit_of(ref.key.metric), ref.level)
            for ref, line in self._flat()
        ]
        return long_sheet("Series", self._drawn.marking, named, within(self.view.span, self._drawn.span))

    def _flat(self) -> list[tuple[SeriesRef, Line]]:
        """Every line that is drawn."""
        drawn = self._drawn.lines if self._drawn is not None else ()
        return [
            (ref, line)
            for chart, lines in zip(self._charts, drawn, strict=False)
            for ref, line in zip(chart.refs, lines, strict=False)
        ]

    def _measured(self, place: int, pixels: int) -> None:
        """Read for the wider plot only while it is shown."""
        self._pixels[place] = pixels
        if self.tiles is not None and place == self._stack.currentIndex():
            self.tiles.show_pixels(pixels)

    def _show_compared(self) -> None:
        if self.compare is None or self._drawn is None or self._stack.currentWidget() is not self.compare:
            return
        flat = self._flat()
        several = len({ref.key.metric for ref, _ in flat}) > 1
        compared = [
            Compared(
                replace(
                    line, words=title_words(ref.key) if several else thing_words(ref.key), colour=colour, filled=False
                ),
                unit_of(ref.key.metric),
                ref.level,
            )
            for (ref, line), colour in zip(flat, _COMPARED, strict=False)
        ]
        self.compare.show_lines(compared, self._drawn.span)

    # --- Qt -----------------------------------------------------------------------------------------------

    def first_focus(self) -> QWidget:
        return self.picker.list

    def page_keys(self) -> tuple[Key, ...]:
        return (
            Key("On this page", "/", "search series", self._search),
            Key("On this page", "C", "compare in one large plot", self.toggle_compare),
        )

    def _search(self) -> None:
        self.picker.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        least, most = _PICKER
        self._left.setFixedWidth(min(most, max(least, self.width() // 5)))
        self._left.setMinimumHeight(320)
        self._columns.activate()
        self._place()

    def _place(self) -> None:
        right = self._main.width() - 16
        for button in (self._clear, self._switch):
            size = button.sizeHint()
            right -= size.width()
            button.setGeometry(right, 4, size.width(), size.height())
            button.raise_()
            right -= 8 - RIM


def oldest_in_view(data: ExploreData) -> Oldest | None:
    """The enclave with the oldest data of those listed."""
    shown = {ref.enclave for ref in data.choices.refs}
    return Oldest.of([picture for picture in data.listing.pictures if picture.enclave.id in shown])


def marking(data: ExploreData) -> Level:
    """Marking of everything the page lists or shows."""
    return data.listing.marking


PAGE = Page(
    id="explore",
    title="Explore",
    group="Operate",
    order=40,
    key="X",
    icon="search",
    topics=frozenset(Topic),
    load=load,
    view=ExploreView,
    badges=None,
    oldest=oldest_in_view,
    marking=marking,
)
