"""The window: banners, navigation, header, and the pages between them. No data of its own."""

import gc
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut

from app.errors import InputError
from app.model.changes import Changes
from app.model.health import Health
from app.ui.page import PageHost, PageView, Place
from app.ui.shell.after_paint import AfterPaint
from app.ui.shell.desk import Desk
from app.ui.shell.importing import INBOX, Importing
from app.ui.shell.time_range import DEFAULT, RANGES, until
from app.ui.shell.visiting import Visiting
from app.ui.shell.way import place_record, read_hidden, read_place
from app.ui.states import failed, loading
from app.ui.strip import Message

if TYPE_CHECKING:
    from app.query.holdings import Holdings
    from app.ui.live import Live
    from app.ui.shell.commanding import Commanding

_REFRESH_MS = 30_000
_UNPAINTED_MS = 1_000
"""After which a window that nobody can see (minimised, covered) goes on without having been painted."""


class Window(Visiting):
    """The console.

    Signals
    -------
    painted()
        The first page stands on the screen with an answer in it; once.
    """

    painted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._held = self.ceiling
        self._began, self._looks, self._told = False, False, False
        self._restored: Place | None = None
        self.importing = Importing(desk.runner, desk.receive, desk.retry)
        self._clock_timer = QTimer(self, interval=1000)
        self._refresh_timer = QTimer(self, interval=_REFRESH_MS)
        self._connect()
        self._recall()

    @cached_property
    def live(self) -> "Live":
        """What looks outside; made when it first looks."""
        from app.ui.live import Live

        made = Live(self.desk.runner, self.desk.token, self.desk.inbox, self.desk.untried)
        made.store_changed.connect(self._changed)
        made.arrived.connect(lambda paths: self.importing.start(paths, INBOX))
        return made

    @cached_property
    def commanding(self) -> "Commanding":
        """What finds and remembers; made when the first of it is wanted."""
        from app.ui.shell.commanding import Commanding

        return Commanding(self)

    def begin(self, step: str) -> None:
        self.commanding.begin(step)

    def _find(self) -> None:
        self.commanding.open_palette()

    def _connect(self) -> None:
        # a key of the map would not do: a field that has the keyboard takes Ctrl K for itself
        QShortcut(QKeySequence("Ctrl+K"), self, self._find)
        self.header.search.clicked.connect(self._find)
        self.navigation.chosen.connect(self.show_page)
        self.header.range.clicked.connect(self.open_ranges)
        self.header.filter.changed.connect(self.ask_again)
        self.header.theme.clicked.connect(self.desk.look.toggle)
        for host in self.hosts.values():
            host.answered.connect(partial(self._answered, host))
            host.failed.connect(partial(self._failed, host))
            host.progressed.connect(partial(self._progressed, host))
        self.importing.said.connect(self._say)
        self.importing.done.connect(self._imported)
        self.importing.spilled.connect(self.show_spill)
        self.strip.acted.connect(self._act_on_strip)
        self.strip.dismissed.connect(self.focus_page)
        self.importing.put_back.connect(self._put_back)
        self._clock_timer.timeout.connect(self._tick)
        self._refresh_timer.timeout.connect(self._refresh)

    def start(self) -> None:
        """Show the first page, with the picture kept from the last run where one fits; look around once it stands."""
        self._tick()
        self._clock_timer.start()
        self.asks = False
        if self.desk.pages:
            begin = self._restored if self._restored is not None else Place(self.desk.pages[0].id)
            self._recall_answer(self.hosts[begin.page], begin)
            self.show_place(begin)
        if self._told:
            self.painted.connect(self._begin)
        else:
            AfterPaint(self.body, self._begin)
        QTimer.singleShot(_UNPAINTED_MS, self, self._begin)

    def _begin(self) -> None:
        """Ask for what is now: only here arrays, SQL and all that the first picture did without are imported."""
        if self._began:
            return
        gc.freeze()  # off since the command began: what a start made stays, so no later search need look at it
        gc.enable()
        self._began = self.asks = self._looks = True
        self._refresh_timer.start()
        self.go_to(self.way.here)
        if not self.page:
            self._look_around()

    def _look_around(self) -> None:
        """Try what was held, watch the inbox, fill the badges: once the first answer stands, for it is waited for.

        All of it imports on other threads, and this one would paint at a third of its speed beside them.
        """
        if self._looks:
            self._looks = False
            self.live.start()
            self.importing.retry_held()
            self._ask_others()

    def _ask_others(self) -> None:
        for other in self.hosts.values():
            if other.stale and not other.waiting and other.page.id != self.page and other.page.badges is not None:
                self._ask(other)

    def _recall_answer(self, host: PageHost, place: Place) -> None:
        """Show what a page showed last, brought to the present by the clock; the store is asked at once after it.

        What is kept shows every enclave, so it is not shown where the filter hides one.
        """
        desk, recall = self.desk, host.page.recall
        if recall is None or desk.kept is None or desk.station is None:
            return
        if place.subject is not None or self.header.filter.hidden_ids:
            return
        at = desk.clock.now()
        kept = recall(desk.kept, desk.station, at, until(at, RANGES[self.range]))
        if kept is not None:
            host.data = kept
            self._show_answer(host)

    def _show_answer(self, host: PageHost) -> None:
        """Show an answer wherever it is to be seen: in the view, the banners, the navigation and the header."""
        self._mark()
        view = self.views.get(host.page.id)
        if view is not None:
            view.show_data(host.data)
        for page, badge in (host.page.badges(host.data) if host.page.badges is not None else {}).items():
            if page in self.navigation.items:
                self.navigation.items[page].show_badge(badge)
        if host.page.id == self.page:
            self._show_age(host)
            self.order_tabs()  # the page may have made parts for what came

    def go_to(self, place: Place | None) -> None:
        """Show a place with its data, without looking around afterwards: for pictures and for the first page."""
        self._tick()
        self._look_at_holdings()
        if place is not None:
            self.show_place(place)

    # --- pages --------------------------------------------------------------------------------------------

    @property
    def importing_now(self) -> bool:
        return self.importing.chosen

    def retry_held(self) -> None:
        self.importing.retry_held()

    @property
    def settled(self) -> bool:
        """Whether nothing is being asked and nothing imported."""
        return self.desk.runner.idle and not self.importing.running

    def _shown(self, view: PageView) -> None:
        if not self._told:
            AfterPaint(view, self.painted.emit)
        self._told = True

    def _answered(self, host: PageHost, data: object) -> None:
        self._show_answer(host)
        view = self.views.get(host.page.id)
        if view is not None:
            self._shown(view)
        if host.page.id != self.page:
            return
        if view is not None and self.overlay is None and not self.reading():
            self.focus_page()
        if self._looks and view is not None:
            AfterPaint(view, self._look_around)
            QTimer.singleShot(_UNPAINTED_MS, self, self._look_around)
        else:
            self._ask_others()

    def _failed(self, host: PageHost, error: Exception) -> None:
        view = self.views.get(host.page.id)
        if view is not None:
            view.show_state(failed(error))
        if host.page.id == self.page:
            self._show_age(host)
            self._look_around()
            if isinstance(error, InputError) and host.data is None:
                self._leave_restored()

    def _progressed(self, host: PageHost, progress: object) -> None:
        view = self.views.get(host.page.id)
        if view is not None and host.data is None:
            view.show_state(loading(progress))  # type: ignore[arg-type]

    # --- what is held -------------------------------------------------------------------------------------

    def _look_at_holdings(self) -> None:
        if self.desk.station is None:
            return
        self.desk.runner.run(
            self.desk.holdings, receiver=self, on_done=self._show_holdings, on_error=self._holdings_failed
        )

    def _show_holdings(self, held: "Holdings") -> None:
        # an empty cache has nothing to mark: the station's ceiling is the safe answer
        self._held, self.demo = held.highest if held.highest is not None else self.ceiling, held.demo
        self._mark()
        self.header.filter.show_enclaves(sorted(held.enclaves, key=lambda enclave: enclave.order))
        self.order_tabs()
        subject = self._restored.subject if self._restored is not None else None
        if subject is not None and subject.enclave not in {enclave.id for enclave in held.enclaves}:
            self._leave_restored()

    def _holdings_failed(self, error: Exception) -> None:
        self._held, self.demo = None, False
        self._mark()

    def _mark(self) -> None:
        """Mark the banners with everything held, and never lower than a page marks its own answer."""
        told = [host.page.marking(host.data) for host in self.hosts.values() if host.data is not None]
        self.show_marking(max(self._held, *told) if self._held is not None and told else self._held, demo=self.demo)

    def _changed(self, changes: Changes) -> None:
        self._look_at_holdings()
        for host in self.hosts.values():
            if host.page.topics & changes.topics:
                host.outdate()
        if self.page and self.hosts[self.page].stale:
            self._ask(self.hosts[self.page])

    # --- importing ----------------------------------------------------------------------------------------

    def import_paths(self, paths: Sequence[Path]) -> None:
        """Import what the person chose or dropped."""
        self.importing.start(paths, self.desk.person)

    def _say(self, message: Message) -> None:
        # the way to a page is no way where one is already
        here = self.page == "sync" and not self.importing.running
        self.strip.say(message._replace(action="") if here else message)

    def _put_back(self, path: Path) -> None:
        self.live.put_back(path)

    def show_fault(self, number: str) -> None:
        """Say that something unforeseen happened; the program goes on."""
        text = f"It is written to the log with the id {number}. What is shown may be incomplete; F5 asks again."
        self.strip.say(Message("Something went wrong here, and it is our fault", text, Health.WARNING))

    def _act_on_strip(self) -> None:
        act = self.strip.message.act
        if act is not None:
            act()
        elif self.importing.running:
            self.importing.cancel()
        elif "sync" in self.hosts:
            self.strip.dismiss()
            self.show_page("sync")

    def _imported(self) -> None:
        self._look_at_holdings()
        self.ask_again()

    # --- Qt -----------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.notice is not None:
            self.notice.take_keyboard()
        elif not self.keyboard.handle(event):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for cover in (self.overlay, self.notice):
            if cover is not None:
                cover.follow()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._remember()
        if "live" in self.__dict__:
            self.live.stop()
        self._clock_timer.stop()
        self._refresh_timer.stop()
        super().closeEvent(event)

    def _refresh(self) -> None:
        """Ages grow while nothing arrives, and what was held may have come right."""
        self.ask_again()
        self.importing.retry_held()

    def _tick(self) -> None:
        self.header.clock.show_time(self.desk.clock.now())

    def _remember(self) -> None:
        self.memory.keep(geometry=self.saveGeometry(), theme=self.desk.look.theme.name)
        self.memory.keep(range=self.range, period=self.period)
        if self.desk.pages:
            self.memory.keep_record("place", place_record(self.way.here))
            self.memory.keep_record("hidden", sorted(self.header.filter.hidden_ids))

    def _recall(self) -> None:
        geometry = self.memory.data("window/geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(1600, 960)
        self.set_range(self.memory.number("window/range", DEFAULT))
        period = self.memory.text("window/period", "")
        if period:
            from app.ui.shell.periods import is_period

            self.period = period if is_period(period) else ""
        self.header.filter.hide_ids(read_hidden(self.memory.record("window/hidden")))
        place = read_place(self.memory.record("window/place"))
        self._restored = place if place is not None and place.page in self.hosts else None

    def _leave_restored(self) -> None:
        """Where the one thing that was shown last is no longer there, show its page about everything."""
        place, self._restored = self._restored, None
        if place is not None and place.subject is not None and place == self.way.here:
            self.show_place(Place(place.page))
