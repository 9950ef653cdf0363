"""What can be found by name, and which of it is meant: the ranking behind the command palette.

Ranks of a typed word against a name, best first: the whole name, its beginning, the beginning of a word in
it, anywhere in it, the beginning of a word of its detail, its letters in their order, and last one wrong key. The
last two are only asked where no name has the word itself. Whole lists are compared by `in` and by two regular
expressions over all names at once, because a loop over 10,000 names would be slower than a person types.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from app.model.health import Health
from app.model.marking import Level


class Offer(NamedTuple):
    """One line that can be chosen, and what happens then.

    `group` is its heading; `detail` says more and is searched too; `press` is the key that does the same;
    `enclave` is the id of the enclave it belongs to, empty where it belongs to none. `weight` puts the
    smaller first among equals; worse health always comes before it. `place` tells offers of one place apart
    from others; the search does not look at it.
    """

    group: str
    words: str
    act: Callable[[], None]
    detail: str = ""
    press: str = ""
    icon: str = ""
    health: Health | None = None
    level: Level | None = None
    enclave: str = ""
    weight: int = 0
    place: object = None


class Section(NamedTuple):
    """A heading, the best offers below it, and how many there are in all."""

    title: str
    offers: tuple[Offer, ...]
    total: int


WHOLE, START, WORD, INSIDE, DETAIL, LETTERS, TYPO = range(7)
"""Ranks of a match, best first."""
_TYPO_FROM, _TYPO_TO = 4, 24
_SHOWN = 8
_NO_HEALTH = 1 + max(health.rank for health in Health)
_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?:[^\w%]|_)+")


@lru_cache(maxsize=2**15)  # the names are the same ones each time the palette opens
def spaced(text: str) -> str:
    """`text` in small letters, its words (also those of a camel's back or between dashes) parted by one space."""
    return _BREAK.sub(" ", text).strip().lower()


class Finder:
    """Offers in a fixed order, searched again with every letter.

    Parameters
    ----------
    offers
        What there is. Among equally good matches the worse health comes first, then the lighter, shorter name.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers = sorted(offers, key=_order)
        self._names = [spaced(offer.words) for offer in self._offers]
        # one space before each name, so that a word's beginning is found by one comparison
        self._words = [f" {name}" for name in self._names]
        self._more = [f" {offer.detail} {offer.group} {_level(offer)}".lower() for offer in self._offers]
        self._all = "".join(f"{name}\n" for name in self._words)
        self._starts = list(accumulate((len(name) + 1 for name in self._words), initial=0))[:-1]

    def __len__(self) -> int:
        return len(self._offers)

    def enclaves(self) -> list[str]:
        """Ids of the enclaves that offers belong to, the lowest level first."""
        seen = {offer.enclave: offer.level or Level.U for offer in self._offers if offer.enclave}
        return sorted(seen, key=lambda enclave: (seen[enclave], enclave))

    def all_of(self, enclave: str) -> list[Section]:
        """Everything of one enclave, the worst first."""
        return self._sections({n: WHOLE for n, offer in enumerate(self._offers) if offer.enclave == enclave})

    def search(self, query: str, enclave: str = "") -> list[Section]:
        """Everything that fits every word of `query`, in sections, the one with the best match first.

        `enclave` keeps what belongs to it alone. An empty query fits nothing.
        """
        among: Sequence[int] = range(len(self._offers))
        if enclave:
            among = [number for number in among if self._offers[number].enclave == enclave]
        found: dict[int, int] = {}
        typed = [word for word in map(spaced, query.split()) if word]
        for place, word in enumerate(typed):
            ranks = self._ranks(word, among)
            found = {number: found[number] + rank for number, rank in ranks.items()} if place else ranks
            among = list(found)
        return self._sections(found)

    def _ranks(self, typed: str, among: Sequence[int]) -> dict[int, int]:
        """Rank of each offer that `typed` fits, out of those with the numbers `among`."""
        names, words, start = self._names, self._words, f" {typed}"
        if len(typed) == 1:  # one letter is in nearly every name; it means where a word begins
            inside = [number for number in among if start in words[number]]
        else:
            inside = [number for number in among if typed in names[number]]
        ranks = dict.fromkeys(inside, INSIDE)
        for number in inside:
            if start in words[number]:
                name = names[number]
                ranks[number] = WORD if not name.startswith(typed) else WHOLE if name == typed else START
        if len(typed) > 1:
            more = self._more
            ranks = dict.fromkeys([number for number in among if start in more[number]], DETAIL) | ranks
        if not inside and len(typed) > 1:
            self._add_loose(ranks, typed, among)
        return ranks

    def _add_loose(self, ranks: dict[int, int], typed: str, among: Sequence[int]) -> None:
        """Add the names that have the letters in their order; where nothing has them, those one wrong key away."""
        for number in self._matching(_in_order(typed), among):
            ranks.setdefault(number, LETTERS)
        if not ranks and _TYPO_FROM <= len(typed) <= _TYPO_TO:
            ranks.update(dict.fromkeys(self._matching(f" {_one_wrong(typed)}", among), TYPO))

    def _matching(self, pattern: str, among: Sequence[int]) -> list[int]:
        if isinstance(among, range):
            ends = (match.start() for match in re.finditer(pattern, self._all))
            return [bisect_right(self._starts, at) - 1 for at in ends]
        fits = re.compile(pattern).search
        return [number for number in among if fits(self._words[number])]

    def _sections(self, found: dict[int, int]) -> list[Section]:
        """Best rank first, and in the order of the offers within one."""
        by_rank: dict[int, list[int]] = {}
        for number, rank in found.items():
            by_rank.setdefault(rank, []).append(number)
        groups: dict[str, list[Offer]] = {}
        for rank in sorted(by_rank):
            for number in sorted(by_rank[rank]):
                offer = self._offers[number]
                groups.setdefault(offer.group, []).append(offer)
        return [Section(title, tuple(inside[:_SHOWN]), len(inside)) for title, inside in groups.items()]


def _order(offer: Offer) -> tuple[int, int, int, str]:
    rank = offer.health.rank if offer.health is not None else _NO_HEALTH
    return rank, offer.weight, len(offer.words), offer.words


def _level(offer: Offer) -> str:
    return f"{offer.level.portion} {offer.level.title}" if offer.level is not None else ""


def _in_order(typed: str) -> str:
    """Pattern of letters that come in their order, the first at the beginning of a word.

    Between two letters stands everything but the second: there is one way to match, so nothing is gone over twice.
    """
    rest = "".join(f"[^{re.escape(letter)}\n]*{re.escape(letter)}" for letter in typed[1:])
    return f" {re.escape(typed[0])}{rest}"


def _one_wrong(typed: str) -> str:
    """Pattern of `typed` with one key missed, hit in vain, hit beside another, or two of them swapped.

    Nested, so that a name is left at its first letter that fits no case.
    """
    pattern = ""
    for at in range(len(typed) - 1, -1, -1):
        here, rest = re.escape(typed[at]), re.escape(typed[at + 1 :])
        cases = [f"{here}{pattern}", f"[^\n]{rest}", f"[^\n]{here}{rest}"]
        if rest:
            cases.append(rest)
            cases.append(f"{re.escape(typed[at + 1])}{here}{re.escape(typed[at + 2 :])}")
        pattern = f"(?:{'|'.join(cases)})"
    return pattern
