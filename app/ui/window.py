"""The window: banners, navigation, header, and the pages between them. No data of its own."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.model.changes import Changes
from app.model.health import Health
from app.query.holdings import Holdings
from app.ui import words
from app.ui.choose import ChooseCard
from app.ui.desk import Desk
from app.ui.drop_hint import DropHint
from app.ui.frame import Frame
from app.ui.importing import INBOX, Importing
from app.ui.keyboard import Keyboard, KeysCard
from app.ui.keymap import console_keys
from app.ui.live import Live
from app.ui.page import Ask, PageHost, PageView
from app.ui.panel import Panel
from app.ui.popover import Card, Menu, Overlay
from app.ui.scroll import PageArea
from app.ui.spill import SpillNotice
from app.ui.states import PanelState, failed, loading
from app.ui.strip import Message
from app.ui.time_range import DEFAULT, RANGES, until

_REFRESH_MS = 30_000


class Window(Frame):
    """The console."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.range, self.page = DEFAULT, ""
        self.overlay: Overlay | None = None
        self.notice: SpillNotice | None = None
        self._held, self._demo = self.ceiling, False
        self.setAcceptDrops(True)
        self._drop_hint = DropHint(desk.look, self.body)
        self.hosts = {page.id: PageHost(page, desk.runner) for page in desk.pages}
        self.views: dict[str, PageView] = {}
        self.importing = Importing(desk.runner, desk.receive, desk.retry)
        self.live = Live(desk.runner, desk.token, desk.inbox, desk.untried)
        self._clock_timer = QTimer(self, interval=1000)
        self._refresh_timer = QTimer(self, interval=_REFRESH_MS)
        self._connect()
        self.keyboard = Keyboard(console_keys(self))
        self._recall()

    def _connect(self) -> None:
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
        self.strip.dismissed.connect(self._focus_page)
        self.live.store_changed.connect(self._changed)
        self.live.arrived.connect(lambda paths: self.importing.start(paths, INBOX))
        self.importing.put_back.connect(self.live.put_back)
        self._clock_timer.timeout.connect(self._tick)
        self._refresh_timer.timeout.connect(self._refresh)

    def start(self) -> None:
        """Show the first page and begin to look around."""
        self.go_to(self.desk.pages[0].id if self.desk.pages else "")
        self._clock_timer.start()
        self._refresh_timer.start()
        self.importing.retry_held()
        self.live.start()

    def go_to(self, page: str) -> None:
        """Show a page with its data, without looking around afterwards: for pictures and for the first page."""
        self._tick()
        self._look_at_holdings()
        if page:
            self.show_page(page)

    # --- pages --------------------------------------------------------------------------------------------

    def show_page(self, page: str) -> None:
        """Go to a page; it is built on the first visit."""
        host = self.hosts.get(page)
        if host is None or self.notice is not None:
            return  # not made yet, or it has to wait for the person
        self.page = page
        if page not in self.views:
            self._build(host)
        self.stack.setCurrentIndex(list(self.views).index(page))
        self.navigation.show_page(page)
        self.header.title.say(host.page.title)
        self.setWindowTitle(f"{host.page.title} - Watchfloor")
        self._show_age(host)
        self._order_tabs()
        if host.stale:
            self._ask(host)
        self._focus_page()

    def ask_again(self) -> None:
        """Ask for the visible page's data again; the others follow, for their badges."""
        for host in self.hosts.values():
            host.stale = True
        if self.page:
            self._ask(self.hosts[self.page])

    @property
    def settled(self) -> bool:
        """Whether nothing is being asked and nothing imported."""
        return self.desk.runner.idle and not self.importing.running

    def states(self) -> list[PanelState]:
        """States that panels of the visible page show instead of their content."""
        view = self.views.get(self.page)
        panels = view.findChildren(Panel) if view is not None else []
        return [panel.state for panel in panels if panel.isVisible() and panel.state is not None]

    def set_range(self, number: int) -> None:
        """Choose a time range by its number."""
        number = min(max(number, 0), len(RANGES) - 1)
        if number != self.range:
            self.range = number
            self.header.range.show_range(number)
            self.ask_again()

    def _build(self, host: PageHost) -> None:
        view = host.build(self.desk.look)
        view.show_wanted.connect(self.show_page)
        view.enclave_wanted.connect(lambda name: self.header.filter.reveal(frozenset({name})))
        view.import_wanted.connect(self.choose_bundle)
        view.retry_wanted.connect(self.ask_again)
        self.views[host.page.id] = view
        self.stack.addWidget(PageArea(self.desk.look, view))
        if host.data is not None:
            view.show_data(host.data)
        else:
            view.show_state(loading())

    def _ask(self, host: PageHost) -> None:
        if self.desk.station is None:
            return
        at = self.desk.clock.now()
        span = until(at, RANGES[self.range])
        host.ask(Ask(self.desk.store, self.desk.station, at, span, self.header.filter.hidden_ids))

    def _answered(self, host: PageHost, data: object) -> None:
        self._mark()
        view = self.views.get(host.page.id)
        if view is not None:
            view.show_data(data)
            if host.page.id == self.page and self.overlay is None and not self._reading():
                self._focus_page()
        self.navigation.items[host.page.id].show_badge(host.page.badge(data))
        if host.page.id == self.page:
            self._show_age(host)
            for other in self.hosts.values():
                if other.stale and not other.waiting and other is not host:
                    self._ask(other)

    def _failed(self, host: PageHost, error: Exception) -> None:
        view = self.views.get(host.page.id)
        if view is not None:
            view.show_state(failed(error))
        if host.page.id == self.page:
            self._show_age(host)

    def _progressed(self, host: PageHost, progress: object) -> None:
        view = self.views.get(host.page.id)
        if view is not None and host.data is None:
            view.show_state(loading(progress))  # type: ignore[arg-type]

    def _show_age(self, host: PageHost) -> None:
        if host.failing:  # what was read before may be older than it says
            self.header.age.setVisible(True)
            self.header.age.show_age(Health.UNKNOWN, "Age not known", None)
            return
        old = host.page.oldest(host.data) if host.data is not None else None
        self.header.age.setVisible(old is not None)
        if old is not None:
            known = old.age == old.age
            said = f"Oldest data {words.age(old.age)}" if known else "No data"
            self.header.age.show_age(old.health, said, old.level)

    def _reading(self) -> bool:
        """Whether the keyboard is in the header or in the page already, and should stay there."""
        here = self.focusWidget()
        return here is not None and (self.header.isAncestorOf(here) or self.stack.isAncestorOf(here))

    def _order_tabs(self) -> None:
        """Header, page, navigation last."""
        parts: list[QWidget] = [self.header, self.strip, self.stack, self.navigation]
        stops = [w for part in parts for w in part.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
        for first, second in pairwise(stops):
            QWidget.setTabOrder(first, second)

    def _focus_page(self) -> None:
        view = self.views.get(self.page)
        if view is not None and self.overlay is None and self.notice is None:
            view.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    # --- what is held -------------------------------------------------------------------------------------

    def _look_at_holdings(self) -> None:
        if self.desk.station is None:
            return
        self.desk.runner.run(
            self.desk.holdings, receiver=self, on_done=self._show_holdings, on_error=self._holdings_failed
        )

    def _show_holdings(self, held: Holdings) -> None:
        # an empty cache has nothing to mark: the station's ceiling is the safe answer
        self._held, self._demo = held.highest if held.highest is not None else self.ceiling, held.demo
        self._mark()
        self.header.filter.show_enclaves(sorted(held.enclaves, key=lambda enclave: enclave.order))
        self._order_tabs()

    def _holdings_failed(self, error: Exception) -> None:
        self._held, self._demo = None, False
        self._mark()

    def _mark(self) -> None:
        """Mark the banners with everything held, and never lower than a page marks its own answer."""
        told = [host.page.marking(host.data) for host in self.hosts.values() if host.data is not None]
        self.show_marking(max(self._held, *told) if self._held is not None and told else self._held, demo=self._demo)

    def _changed(self, changes: Changes) -> None:
        self._look_at_holdings()
        for host in self.hosts.values():
            host.stale = host.stale or bool(host.page.topics & changes.topics)
        if self.page and self.hosts[self.page].stale:
            self._ask(self.hosts[self.page])

    # --- importing ----------------------------------------------------------------------------------------

    def import_paths(self, paths: Sequence[Path]) -> None:
        """Import what the person chose or dropped."""
        self.importing.start(paths, self.desk.person)

    def choose_bundle(self) -> None:
        """Let the person choose a bundle."""
        card = ChooseCard(self.desk.look, self.desk.runner, self.desk.inbox, Path.home(), self.ceiling)
        card.chosen.connect(self._chosen)
        self.open(card, scrim=True)

    def show_spill(self) -> None:
        """Cover the body, never the banners, with the notice."""
        self.close_overlay()
        if self.notice is None:
            self.notice = SpillNotice(self.desk.look, self.body, self.desk.calls)
            self.notice.acknowledged.connect(self._acknowledged)

    def _acknowledged(self) -> None:
        self.notice = None
        self._focus_page()

    def _chosen(self, paths: list[Path]) -> None:
        self.close_overlay()
        self.import_paths(paths)

    def _say(self, message: Message) -> None:
        # the way to a page is no way where one is already
        here = self.page == "sync" and not self.importing.running
        self.strip.say(replace(message, action="") if here else message)

    def show_fault(self, number: str) -> None:
        """Say that something unforeseen happened; the program goes on."""
        text = f"It is written to the log with the id {number}. What is shown may be incomplete; F5 asks again."
        self.strip.say(Message("Something went wrong here, and it is our fault", text, Health.WARNING))

    def _act_on_strip(self) -> None:
        if self.importing.running:
            self.importing.cancel()
        elif "sync" in self.hosts:
            self.strip.dismiss()
            self.show_page("sync")

    def _imported(self) -> None:
        self._look_at_holdings()
        self.ask_again()

    # --- what opens over a page ---------------------------------------------------------------------------

    def open(self, card: Card, *, scrim: bool, at: QPoint | None = None) -> None:
        """Open a card over the body; nothing opens over the notice of a spill."""
        if self.notice is not None:
            card.deleteLater()
            return
        self.close_overlay()
        self.overlay = Overlay(self.desk.look, card, self.body, scrim=scrim, at=at)
        self.overlay.closed.connect(self._overlay_closed)
        getattr(card, "first_focus", lambda: card)().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_overlay(self) -> None:
        """Close what is open."""
        if self.overlay is not None:
            self.overlay.close_overlay()

    def open_ranges(self) -> None:
        """Let the person choose the time range."""
        button = self.header.range
        corner = button.mapTo(self.body, QPoint(4 - Card.SHADOW, button.height() - Card.SHADOW))
        menu = Menu(self.desk.look, "Time range", [choice.words for choice in RANGES], self.range)
        menu.picked.connect(self._picked)
        self.open(menu, scrim=False, at=corner)

    def show_keys(self) -> None:
        """Show every key."""
        self.open(KeysCard(self.desk.look, self.keyboard.keys), scrim=True)

    def next_problem(self, step: int) -> None:
        """Select the next or previous item that needs attention on the visible page."""
        if self.page:
            self.views[self.page].next_problem(step)

    def step_back(self) -> None:
        """Esc: put a message away, else give the keyboard back to the page."""
        if self.strip.isVisible() and self.strip.message.health is not None:
            self.strip.dismiss()
        else:
            self._focus_page()

    def _picked(self, number: int) -> None:
        self.close_overlay()
        self.set_range(number)

    def _overlay_closed(self) -> None:
        self.overlay = None

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

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and self.notice is None:
            event.acceptProposedAction()
            self._drop_hint.begin()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_hint.hide()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths and self.notice is None:
            event.acceptProposedAction()
            self.import_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._remember()
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
        self.desk.memory.setValue("window/geometry", self.saveGeometry())
        self.desk.memory.setValue("window/theme", self.desk.look.theme.name)
        self.desk.memory.setValue("window/range", self.range)
        self.desk.memory.sync()

    def _recall(self) -> None:
        geometry = self.desk.memory.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        else:
            self.resize(1600, 960)
        number = str(self.desk.memory.value("window/range", DEFAULT))
        if number.isdigit():
            self.set_range(int(number))
