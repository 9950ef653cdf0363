"""A console that finds and remembers: the palette, saved views, the size of text, keys of single letters."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.job import Job
from app.model.health import Health
from app.ui.page import Ask, PageHost
from app.ui.shell.desk import Desk
from app.ui.shell.visiting import Visiting
from app.ui.strip import Message

if TYPE_CHECKING:
    from app.settings import Station
    from app.ui.shell.beginning import Beginning
    from app.ui.shell.finding import Offer
    from app.ui.shell.palette import PaletteCard
    from app.ui.shell.saved import SavedView

# What opens is imported when it opens: the first picture has none of it.


class Commanding:
    """Opens what finds and remembers; what is looked for comes from pages, answers and keys.

    Made when the first of it is wanted: no start needs it.
    """

    def __init__(self, window: Visiting) -> None:
        self.window = window
        self.memory = window.memory

    @property
    def desk(self) -> Desk:
        """What the console works with."""
        return self.window.desk

    # --- the palette --------------------------------------------------------------------------------------

    def open_palette(self) -> None:
        """Find a place or a command by its name."""
        from app.ui.shell.offers import first, gather
        from app.ui.shell.palette import PaletteCard

        if self.window.notice is not None:
            return
        offers = gather(self.window, self)
        names = {enclave.id: enclave.name for enclave in self.window.header.filter.enclaves}
        letters = self.window.keyboard.letters
        card = PaletteCard(
            self.desk.look,
            offers,
            first(self.window, offers),
            lambda enclave: names.get(enclave, enclave),
            letters=letters,
        )
        card.chosen.connect(self._take)
        card.keys_wanted.connect(self.window.show_keys)
        self.window.open(card, scrim=True)
        self._find_hidden(card)

    def _take(self, offer: "Offer") -> None:
        self.window.close_overlay()
        offer.act()

    def _find_hidden(self, card: "PaletteCard") -> None:
        """Ask for the names of what the filter hides: the answers that are there do not hold them."""
        hidden = self.window.header.filter.hidden_ids
        asked = [host for host in self.window.hosts.values() if host.page.finds is not None and host.data is not None]
        if not hidden or not asked or self.desk.station is None or not self.window.asks:
            return
        asks = [
            (host, wish._replace(hidden=frozenset(), keep=None))
            for host in asked
            if (wish := self.window.wish(host)) is not None
        ]
        self.desk.runner.run(
            partial(_answers, asks), receiver=card, on_done=partial(self._add_hidden, card), on_error=_leave_out
        )

    def _add_hidden(self, card: "PaletteCard", answers: list[tuple[PageHost, Any]]) -> None:
        from app.ui.shell.offers import found_hidden

        card.add(found_hidden(self.window, answers, self.window.header.filter.hidden_ids))

    # --- saved views --------------------------------------------------------------------------------------

    @property
    def views_saved(self) -> "Sequence[SavedView]":
        """The saved views of this person, in the order they were saved."""
        from app.ui.shell.saved import read_views

        return read_views(self.memory)

    def name_view(self) -> None:
        """Let the person give what is shown a name."""
        from app.ui.shell.naming import NameCard

        if self.window.way.here is None:
            return
        card = NameCard(self.desk.look, "Save this view", self._proposal(), "Save", [v.name for v in self.views_saved])
        card.named.connect(self._save_view)
        self.window.open(card, scrim=True)

    def _proposal(self) -> str:
        """A name for what is shown: where, over which range, and what is left out."""
        here, hidden = self.window.way.here, self.window.header.filter.hidden_ids
        if here is None:
            return ""
        title = here.subject.id if here.subject is not None else self.window.hosts[here.page].page.title
        shown = [enclave.name for enclave in self.window.header.filter.enclaves if enclave.id not in hidden]
        only = f", {' and '.join(shown)}" if hidden and len(shown) <= 2 and shown else ""
        _, said, chosen = self.window.range_choices()
        over = said[chosen] if self.window.by_period else said[chosen].lower()
        return f"{title}, {over}{only}"

    def _save_view(self, name: str) -> None:
        from app.ui.shell.saved import SavedView, keep_views, proper_name

        self.window.close_overlay()
        here = self.window.way.here
        if here is None or not proper_name(name):
            return
        period = self.window.period if self.window.by_period else None
        made = SavedView(proper_name(name), here, self.window.range, self.window.header.filter.hidden_ids, period)
        kept = [view for view in self.views_saved if view.name != made.name]
        keep_views(self.memory, [*kept, made])
        self.window.strip.say(Message(f"View saved: {made.name}", "Ctrl K finds it; G V lists all of them."))

    def open_view(self, view: "SavedView") -> None:
        """Show a saved view: its enclaves, its range and its place."""
        if view.place.page not in self.window.hosts:
            told = "The page it shows is not part of this console; nothing was changed."
            self.window.strip.say(Message(f"{view.name} cannot be shown", told, Health.WARNING))
            return
        self.window.header.filter.hide_ids(view.hidden)
        self.window.set_range(view.range)
        if view.period is not None:
            self.window.set_period(view.period)
        self.window.show_place(view.place)

    def show_views(self) -> None:
        """List the saved views, to open, rename and delete them."""
        from app.ui.shell.views_card import ViewsCard

        titles = {page.id: page.title for page in self.desk.pages}
        card = ViewsCard(self.desk.look, self.views_saved, titles)
        card.opened.connect(self._open_listed)
        card.rename_wanted.connect(self._rename_view)
        card.deleted.connect(self._delete_view)
        self.window.open(card, scrim=True)

    def _open_listed(self, view: "SavedView") -> None:
        self.window.close_overlay()
        self.open_view(view)

    def _rename_view(self, view: "SavedView") -> None:
        from app.ui.shell.naming import NameCard

        others = [other.name for other in self.views_saved if other.name != view.name]
        card = NameCard(self.desk.look, f"Rename {view.name}", view.name, "Rename", others, replaces=False)
        card.named.connect(partial(self._renamed, view))
        self.window.open(card, scrim=True)

    def _renamed(self, view: "SavedView", name: str) -> None:
        from app.ui.shell.saved import keep_views, proper_name

        self.window.close_overlay()
        new = proper_name(name)
        before = list(self.views_saved)
        keep_views(self.memory, [one._replace(name=new) if one == view else one for one in before])
        self._tell_undo(f"{view.name} is called {new} now", before)

    def _delete_view(self, view: "SavedView") -> None:
        from app.ui.shell.saved import keep_views

        self.window.close_overlay()
        before = list(self.views_saved)
        keep_views(self.memory, [one for one in before if one != view])
        self._tell_undo(f"View deleted: {view.name}", before)

    def _tell_undo(self, said: str, before: "Sequence[SavedView]") -> None:
        self.window.strip.say(Message(said, "", Health.HEALTHY, "Undo", act=partial(self._put_views_back, before)))

    def _put_views_back(self, views: "Sequence[SavedView]") -> None:
        from app.ui.shell.saved import keep_views

        keep_views(self.memory, views)
        self.window.strip.dismiss()

    # --- the size of text ---------------------------------------------------------------------------------

    @property
    def text_size(self) -> int:
        """The size of text in percent."""
        from app.ui.shell.text_size import text_size

        return text_size(self.memory)

    def choose_text(self, step: int) -> None:
        """Offer the next size of text (1), the one before it (-1), or the first one (0)."""
        from app.ui.shell.text_card import TextCard
        from app.ui.shell.text_size import SIZES, beside

        card = TextCard(self.desk.look, self.text_size, beside(self.text_size, step) if step else SIZES[0])
        card.picked.connect(self._picked_text)
        self.window.open(card, scrim=True)

    def _picked_text(self, size: int) -> None:
        self.window.close_overlay()
        self.change_text(size)

    def change_text(self, size: int) -> None:
        """Keep a size of text and open the console again with it, at the same place; an import is never cut short."""
        if size == self.text_size:
            return
        self.memory.keep(text=size)
        if self.window.importing_now:
            told = "The import goes on; the console has the new size when it is opened the next time."
            self.window.strip.say(Message(f"Text at {size} % from the next start", told))
        else:
            self.desk.again()

    # --- a station that holds nothing yet -----------------------------------------------------------------

    def begin(self, step: str) -> None:
        """Take a step of the first-run page, in a card."""
        from app.ui import first_run

        if step == first_run.IMPORT:
            self.window.choose_bundle()
        elif self.desk.beginning is None:
            self.window.strip.say(
                Message("This console shows a past moment, so it sets up nothing", "", Health.WARNING)
            )
        elif step == first_run.TRUST:
            self._choose_trust()
        elif step == first_run.STATION:
            self._name_station(self.desk.beginning())
        else:
            self._offer_demo(self.desk.beginning())

    def _choose_trust(self) -> None:
        from app.ui.shell.choose import TRUST_FILES, ChooseCard

        desk = self.desk
        card = ChooseCard(desk.look, desk.runner, desk.inbox, Path.home(), self.window.ceiling, TRUST_FILES)
        card.chosen.connect(self._look_at_trust)
        self.window.open(card, scrim=True)

    def _look_at_trust(self, files: "Sequence[Path]") -> None:
        from app.ui.shell.trust_card import TrustCard

        if self.desk.beginning is None:
            return
        card = TrustCard(self.desk.look, self.desk.runner, self.desk.beginning(), files[0])
        card.trusted.connect(self._trusted)
        self.window.open(card, scrim=True)

    def _trusted(self, said: str) -> None:
        self.window.close_overlay()
        self.window.strip.say(Message(said, "What these roots vouch for is opened now. Next: import a bundle."))
        self.window.retry_held()
        self.window.ask_again()

    def _name_station(self, beginning: "Beginning") -> None:
        from app.ui.shell.station_card import StationCard

        card = StationCard(self.desk.look, self.desk.runner, beginning)
        card.founded.connect(self._founded)
        self.window.open(card, scrim=True)

    def _founded(self, station: "Station") -> None:
        self.window.close_overlay()
        self.window.strip.say(Message(f"{station.name} is set up", "The console opens again with its pages."))
        self.desk.again()

    def _offer_demo(self, beginning: "Beginning") -> None:
        from app.ui.shell.demo_card import DemoCard

        if not beginning.has_demo:
            self.window.strip.say(Message("Use the terminal", "watchfloor demo --base-dir FOLDER", Health.WARNING))
            return
        card = DemoCard(self.desk.look, self.desk.runner, beginning, Path.home() / "watchfloor-demonstration")
        self.window.open(card, scrim=True)


def _leave_out(error: Exception) -> None:
    """What cannot be read is not found; its page says why."""


def _answers(asks: Sequence[tuple[PageHost, Ask]], job: Job) -> list[tuple[PageHost, Any]]:
    answers = []
    for host, ask in asks:
        job.check()
        answers.append((host, host.page.load(ask, job)))
    return answers
