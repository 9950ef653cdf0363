"""A frame with pages: which one is shown, about what, over which range, and the way one has come."""

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui.keyboard import Key
from app.ui.page import Ask, PageHost, PageView, Place, Subject
from app.ui.panel import Panel
from app.ui.scroll import PageArea
from app.ui.sheet import Sheet
from app.ui.shell.covered import Covered
from app.ui.shell.desk import Desk
from app.ui.shell.time_range import DEFAULT, RANGES, until
from app.ui.shell.way import Way
from app.ui.states import PanelState, loading
from app.ui.strip import Message

if TYPE_CHECKING:
    from app.ui.popover import Card
    from app.ui.shell.sheets import Sheets


class Visiting(Covered):
    """Goes to pages and asks for their data; when that is right, and what follows, is for the window to say."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.range, self.period, self.page = DEFAULT, "", ""
        self.way = Way()
        self.asks = True
        """Whether the store may be asked; not before the first picture stands."""
        self.hosts = {page.id: PageHost(page, desk.runner) for page in desk.pages}
        self.views: dict[str, PageView] = {}
        self.demo = False
        """Whether what is held is demonstration data."""

    @cached_property
    def sheets(self) -> "Sheets":
        """What exports; made with the first export."""
        from app.ui.shell.sheets import Sheets

        made = Sheets(self.desk)
        made.said.connect(self._sheet_said)
        return made

    @property
    def importing_now(self) -> bool:
        """Whether something is being imported."""
        raise NotImplementedError

    def retry_held(self) -> None:
        """Try again what was held."""
        raise NotImplementedError

    def _shown(self, view: PageView) -> None:
        """A view was made with an answer in it."""

    def _show_answer(self, host: PageHost) -> None:
        """Show an answer wherever it is to be seen."""
        raise NotImplementedError

    def show_page(self, page: str, subject: Subject | None = None) -> None:
        """Go to a page, about one thing or about everything."""
        self.show_place(Place(page, subject))

    def show_place(self, place: Place) -> None:
        """Go to a place; its page is built on the first visit."""
        host = self.hosts.get(place.page)
        if host is None or self.notice is not None:
            return  # not made yet, or it has to wait for the person
        self.way.go(place)
        if place.page != self.page:
            self.strip.leave()
        self.page = place.page
        if host.turn_to(place.subject) and place.page in self.views:
            self.views[place.page].turn_to(place.subject)
            wish = self.wish(host)
            if wish is not None and host.remember(wish):
                self._show_answer(host)
            else:
                self.views[place.page].show_state(loading())
        if place.page not in self.views:
            self._build(host)
        self.stack.setCurrentIndex(list(self.views).index(place.page))
        self.navigation.show_page(place.page)
        self._show_range()
        name = place.subject.id if place.subject is not None else ""
        self.header.title.say(host.page.title, name)
        self.setWindowTitle(f"{name or host.page.title} - Watchfloor")
        self._show_age(host)
        self.order_tabs()
        if host.stale:
            self._ask(host)
        self.focus_page()

    def travel(self, step: int) -> None:
        """Go back (-1) or forward (1) on the way that one has come."""
        place = self.way.step(step)
        if place is not None:
            self.show_place(place)

    def page_keys(self) -> tuple[Key, ...]:
        """The keys of the page that is shown."""
        view = self.views.get(self.page)
        return view.page_keys() if view is not None else ()

    def ask_again(self) -> None:
        """Ask for the visible page's data again; the others follow, for their badges."""
        for host in self.hosts.values():
            host.stale = True
        if self.page:
            self._ask(self.hosts[self.page])

    def states(self) -> list[PanelState]:
        """States that panels of the visible page show instead of their content."""
        view = self.views.get(self.page)
        panels = view.findChildren(Panel) if view is not None else []
        return [panel.state for panel in panels if panel.isVisible() and panel.state is not None]

    @property
    def by_period(self) -> bool:
        """Whether the visible page is about a period and not about a range that ends now."""
        return bool(self.page) and self.hosts[self.page].page.by_period

    def set_range(self, number: int) -> None:
        """Choose a time range by its number."""
        number = min(max(number, 0), len(RANGES) - 1)
        if number != self.range:
            self.range = number
            self._range_changed()

    def set_period(self, period: str) -> None:
        """Choose the period of pages that are about one."""
        if period != self.period:
            self.period = period
            self._range_changed()

    def _range_changed(self) -> None:
        """Say the new one, and never show what was asked for the old one under it."""
        self._show_range()
        host = self.hosts.get(self.page)
        wish = self.wish(host) if host is not None else None
        if host is not None and wish is not None and host.data is not None:
            if host.remember(wish):
                self._show_answer(host)
            elif self.page in self.views:
                self.views[self.page].show_state(loading())
        self.ask_again()

    def step_range(self, step: int) -> None:
        """A longer (1) or shorter (-1) range; of a page by periods the one after or before."""
        if self.by_period:
            from app.ui.shell.periods import beside

            self.set_period(beside(self.period, self.desk.clock.now(), step))
        else:
            self.set_range(self.range + step)

    def range_choices(self) -> tuple[str, list[str], int]:
        if not self.by_period:
            return "Time range", [choice.words for choice in RANGES], self.range
        from app.ui.shell.periods import choices

        every = choices(self.period, self.desk.clock.now())
        return "Period", [one.words for one in every], [one.period for one in every].index(self.period)

    def choose_range(self, number: int) -> None:
        if self.by_period:
            from app.ui.shell.periods import choices

            self.set_period(choices(self.period, self.desk.clock.now())[number].period)
        else:
            self.set_range(number)

    def _show_range(self) -> None:
        if self.by_period:
            from app.ui.shell.periods import choice

            self.header.range.show_period(*choice(self.period, self.desk.clock.now())[1:])
        else:
            self.header.range.show_range(self.range)

    def _build(self, host: PageHost) -> None:
        view = host.build(self.desk.look)
        view.turn_to(host.subject)
        view.show_wanted.connect(self.show_place)
        view.enclave_wanted.connect(lambda name: self.header.filter.reveal(frozenset({name})))
        view.import_wanted.connect(self.choose_bundle)
        view.begin_wanted.connect(self.begin)
        view.retry_wanted.connect(self.ask_again)
        view.sheet_wanted.connect(self.show_sheet)
        view.card_wanted.connect(self._show_card)
        view.said.connect(self.strip.say)
        self.views[host.page.id] = view
        self.stack.addWidget(PageArea(self.desk.look, view))
        if host.data is not None:
            view.show_data(host.data)
            self._shown(view)
        else:
            view.show_state(loading())

    def _ask(self, host: PageHost) -> None:
        wish = self.wish(host)
        if wish is not None:
            host.ask(wish)

    def wish(self, host: PageHost) -> Ask | None:
        """What a page would be asked now; None where nothing may be asked."""
        if self.desk.station is None or not self.asks:
            return None
        at, hidden = self.desk.clock.now(), self.header.filter.hidden_ids
        kept = self.desk.kept if self.range == DEFAULT and not hidden else None
        span = until(at, RANGES[self.range])
        wish = Ask(self.desk.store, self.desk.station, at, span, hidden, kept, host.subject)
        if host.page.by_period:
            from app.ui.shell.periods import asked

            wish = wish._replace(period=asked(self.period, at))
        return wish

    def _show_age(self, host: PageHost) -> None:
        old = host.page.oldest(host.data) if host.data is not None else None
        self.header.age.show_oldest(old, failing=host.failing)

    def focus_page(self) -> None:
        """Give the keyboard to the page, unless something lies over it."""
        view = self.views.get(self.page)
        if view is not None and self.overlay is None and self.notice is None:
            view.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def next_problem(self, step: int) -> None:
        """Select the next or previous item that needs attention on the visible page."""
        if self.page:
            self.views[self.page].next_problem(step)

    def sort_table(self, *, reverse: bool) -> None:
        """Sort the table that has the keyboard by its next column, or the other way round."""
        from app.ui.shell.sheets import sort_table

        sort_table(self.focusWidget(), reverse=reverse)

    def show_numbers(self) -> None:
        """Show the numbers behind the chart that is meant."""
        from app.ui.shell.sheets import tell_numbers

        view = self.views.get(self.page)
        wrong = tell_numbers(view, self.focusWidget()) if view is not None else None
        if wrong is not None:
            self.strip.say(wrong)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a sheet of the visible page as a table over it."""
        from app.ui.shell.data_card import DataCard

        card = DataCard(self.desk.look, self._marked(sheet))
        card.export_wanted.connect(self.export)
        self.open(card, scrim=True)

    def _show_card(self, card: "Card | None") -> None:
        """What a page opens over itself, or that it is done."""
        if card is None:
            self.close_overlay()
        else:
            self.open(card, scrim=True)

    def export_page(self) -> None:
        """Write the page's table as CSV."""
        view = self.views.get(self.page)
        sheet = view.sheet() if view is not None else None
        self.export(self._marked(sheet) if sheet is not None else None)

    def export(self, sheet: Sheet | None) -> None:
        """Write a sheet as CSV into the reports folder."""
        self.sheets.export(sheet, self.way.here or Place(self.page), demo=self.demo)

    def _marked(self, sheet: Sheet) -> Sheet:
        """The sheet with a marking: where it has none of its own, that of all that its page shows."""
        host = self.hosts[self.page]
        if sheet.level is not None or host.data is None:
            return sheet
        return sheet._replace(level=host.page.marking(host.data))

    def _sheet_said(self, message: Message) -> None:
        """In the card that asked for it, else in the strip."""
        from app.ui.shell.data_card import DataCard

        card = self.overlay.card if self.overlay is not None else None
        if isinstance(card, DataCard):
            card.say(message)
        else:
            self.strip.say(message)

    def step_back(self) -> None:
        """Esc: put a message away, undo a narrowing of the page, leave the one thing it is about; else the page."""
        view, here = self.views.get(self.page), self.way.here
        if self.strip.isVisible() and self.strip.message.health is not None:
            self.strip.dismiss()
        elif view is not None and view.step_back():
            return
        elif here is not None and here.subject is not None:
            before = self.way.step(-1)
            self.show_place(before if before is not None else Place(self.page))
        else:
            self.focus_page()
