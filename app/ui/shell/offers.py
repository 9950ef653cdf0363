"""Everything that the command palette finds. Nothing is listed here: pages, answers and keys say what there is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from app.model.catalogue import Enclave
from app.ui import words
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.page import Find, Page, PageHost, Place
from app.ui.shell.finding import Offer, Section
from app.ui.shell.saved import SavedView
from app.ui.shell.text_size import SIZES
from app.ui.shell.visiting import Visiting

_RECENT, _USEFUL = 4, 6
_ORDER = {"On this page": -200, "Do": -100}
"""Which commands come first among equals: a page's own, then those that do something."""
HIDDEN = "hidden by the filter"


class Acting(Protocol):
    """What remembers views and the size of text, and changes them."""

    @property
    def views_saved(self) -> Sequence[SavedView]: ...
    @property
    def text_size(self) -> int: ...
    def open_view(self, view: SavedView) -> None: ...
    def change_text(self, size: int) -> None: ...


def gather(window: Visiting, acting: Acting) -> list[Offer]:
    """Pages, what their answers name, saved views, and every command."""
    return [
        *pages(window),
        *found(window),
        *[_view(window, acting, view) for view in acting.views_saved if view.place.page in window.hosts],
        *commands(window, window.keyboard.keys),
        *_ranges(window),
        *[_enclave(window, number, enclave) for number, enclave in enumerate(window.header.filter.enclaves, 1)],
        *_appearance(window, acting),
    ]


def first(window: Visiting, offers: Sequence[Offer]) -> list[Section]:
    """What is shown before anything is typed: where one was, then the first commands of the map."""
    here, by_place = window.way.here, {offer.place: offer for offer in offers if offer.place is not None}
    recent = [place for place in window.way.recent() if place != here and place.page in window.hosts][:_RECENT]
    kinds: dict[str, list[Offer]] = {"Recent": [_recent(window, place, by_place) for place in recent]}
    for offer in offers:
        if offer.place is None or (offer.place != here and offer.place not in recent):
            kinds.setdefault(offer.group, []).append(offer)
    useful = sorted(kinds.get("Commands", []), key=lambda offer: offer.weight)
    kinds["Commands"] = [offer for offer in useful if offer.press][:_USEFUL]
    inside = [(title, kinds.get(title, [])) for title in ("Recent", "Go to", "Views", "Commands")]
    return [Section(title, tuple(rows), len(rows)) for title, rows in inside if rows]


def pages(window: Visiting) -> list[Offer]:
    """The pages, in the order of the navigation."""
    return [_page(window, page) for page in window.desk.pages]


def _page(window: Visiting, page: Page) -> Offer:
    place = Place(page.id)
    act = partial(window.show_place, place)
    return Offer("Go to", page.title, act, page.group, f"G {page.key}", page.icon, place=place)


def found(window: Visiting) -> list[Offer]:
    """What the answers that are there name, each place once."""
    answers = ((host, host.data) for host in window.hosts.values() if host.data is not None)
    return _offers_of(window, answers, frozenset())


def found_hidden(window: Visiting, answers: Iterable[tuple[PageHost, Any]], hidden: frozenset[str]) -> list[Offer]:
    """What answers to questions without a filter name of the `hidden` enclaves; to go there shows the enclave again."""
    return _offers_of(window, answers, hidden)


def _offers_of(window: Visiting, answers: Iterable[tuple[PageHost, Any]], hidden: frozenset[str]) -> list[Offer]:
    offers: dict[tuple[str, Place], Offer] = {}
    for host, answer in answers:
        for find in host.page.finds(answer) if host.page.finds is not None else ():
            subject = find.place.subject
            enclave = subject.enclave if subject is not None else ""
            known = find.place.page in window.hosts and (not hidden or enclave in hidden)
            if known and (find.kind, find.place) not in offers:
                offers[find.kind, find.place] = _find(window, find, enclave, hidden=bool(hidden))
    return list(offers.values())


def _find(window: Visiting, find: Find, enclave: str, *, hidden: bool) -> Offer:
    icon = window.hosts[find.place.page].page.icon
    act: Callable[[], None] = partial(window.show_place, find.place)
    detail = find.detail
    if hidden:
        act, detail = partial(_reveal, window, enclave, find.place), HIDDEN
    return Offer(find.kind, find.words, act, detail, "", icon, find.health, find.level, enclave, place=find.place)


def _reveal(window: Visiting, enclave: str, place: Place) -> None:
    window.header.filter.reveal(frozenset({enclave}))
    window.show_place(place)


def commands(window: Visiting, keys: Iterable[Key]) -> list[Offer]:
    """Every key of the map that does something, but those that only go to a page."""
    goes = {f"G {page.key}" for page in window.desk.pages}
    bound = [key for key in keys if key.act is not None and key.does and key.press not in goes]
    return [
        Offer(
            "Commands",
            words.capitalised(key.does),
            key.act,
            "",
            key.press,
            _icon_of(key.group),
            weight=number + _ORDER.get(key.group, 0),
        )
        for number, key in enumerate(bound)
        if key.act is not None and key.press != "Ctrl K"
    ]


def _icon_of(group: str) -> str:
    return {"Go to": "arrow-right", "What is shown": "settings-2"}.get(group, "chevron-right")


def _view(window: Visiting, acting: Acting, view: SavedView) -> Offer:
    told = [view.range_words.lower() if view.period is None else view.range_words]
    if view.place.subject is not None:
        told.insert(0, view.place.subject.id)
    title = window.hosts[view.place.page].page.title
    return Offer("Views", view.name, partial(acting.open_view, view), f"{title}, {', '.join(told)}", icon="target")


def _ranges(window: Visiting) -> list[Offer]:
    title, said, chosen = window.range_choices()
    return [
        Offer(
            title,
            one,
            partial(window.choose_range, number),
            "shown now" if number == chosen else "",
            icon="calendar",
            weight=number,
        )
        for number, one in enumerate(said)
    ]


def _enclave(window: Visiting, number: int, enclave: Enclave) -> Offer:
    shown = enclave.id not in window.header.filter.hidden_ids
    does, detail = ("Hide", "shown now") if shown else ("Show", HIDDEN)
    act = partial(window.header.filter.toggle, number)
    return Offer("Enclaves", f"{does} {enclave.name}", act, detail, str(number), "eye-off", None, enclave.level)


def _appearance(window: Visiting, acting: Acting) -> list[Offer]:
    look: Look = window.desk.look
    themes = [
        Offer("Appearance", f"{name.capitalize()} theme", partial(look.use, name), icon=icon)
        for name, icon in (("dark", "moon"), ("light", "sun"))
        if name != look.theme.name
    ]
    sizes = [
        Offer(
            "Appearance",
            f"Text at {size}{words.GAP}%",
            partial(acting.change_text, size),
            "shown now" if size == acting.text_size else "opens the console again at the same place",
            icon="file-text",
            weight=size,
        )
        for size in SIZES
    ]
    now = "on" if window.keyboard.letters else "off"
    does = "Switch keys of single letters off" if window.keyboard.letters else "Switch keys of single letters on"
    letters = Offer("Appearance", does, window.switch_letters, f"they are {now}", icon="key-round")
    return [*themes, *sizes, letters]


def _recent(window: Visiting, place: Place, known: Mapping[object, Offer]) -> Offer:
    """A place one was at: as it is found, where it is; else by its own name."""
    if place in known:
        return known[place]._replace(group="Recent")
    page, subject = window.hosts[place.page].page, place.subject
    named, enclave = (subject.id, subject.enclave) if subject is not None else (page.title, "")
    return Offer("Recent", named, partial(window.show_place, place), page.title, "", page.icon, enclave=enclave)
