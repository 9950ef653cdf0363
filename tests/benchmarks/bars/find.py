"""What a key costs in the command palette among 10,000 names: the search alone, and the card that shows its answer."""

import os
import random
from collections.abc import Callable, Iterator

from tests.benchmarks.measure import timed
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = ()
_NAMES = 10_000
_FRAME = 16.0
"""Milliseconds within which a key is answered before the next picture."""
_TYPED = ("translate-multi-001", "gatewya", "xqzw", "e", "rag gate 1")
"""Found at once, found after two keys were swapped, found nowhere, found too often, and several words."""
_WORDS = ("rag", "speech", "translate", "image", "entity", "chat", "gateway", "text", "multi", "detect", "extract")


def run(work: Work) -> Iterator[Line]:
    """The slowest key of a few words."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app.ui.look import Look
    from app.ui.shell.finding import Finder, Offer
    from app.ui.shell.palette import PaletteCard

    application = QApplication.instance() or QApplication([])
    chosen = random.Random(1)
    offers = [
        Offer("Endpoints", f"{chosen.choice(_WORDS)}-{chosen.choice(_WORDS)}-{number:05}", _nothing, "p95 1 184 ms")
        for number in range(_NAMES)
    ]
    yield _slowest("a search", Finder(offers).search)
    card = PaletteCard(Look.load("dark"), offers, [], str, letters=True)
    yield _slowest("a search, shown", card.query.setText)
    card.deleteLater()
    application.processEvents()


def _slowest(what: str, key: Callable[[str], object]) -> Line:
    begun = [typed[:end] for typed in _TYPED for end in range(1, len(typed) + 1)]
    found = {text: timed(lambda text=text: (key(""), key(text))) for text in begun}
    text = max(found, key=lambda one: found[one].cpu)
    note = f"the slowest of {len(begun)} keys was the last of {text!r}, by processor time"
    return Line(0, f"{what} among {_NAMES:,} names", found[text].cpu * 1e3, None, "ms", limit=_FRAME, note=note)


def _nothing() -> None:
    """Nobody chooses anything."""
