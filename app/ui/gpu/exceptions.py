"""The rail's first panel: what needs attention, or everything of one GPU."""

import math
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.model.health import Freshness
from app.query.fleet import Attention
from app.query.gpu_floor import GpuFloor
from app.ui import words
from app.ui.attention import AttentionList
from app.ui.gpu.detail import DetailList
from app.ui.gpu.nothing import nothing
from app.ui.gpu.section_table import Spot
from app.ui.look import Look
from app.ui.panel import TITLE_HEIGHT, Panel
from app.ui.states import Kind, PanelState


class Exceptions(Panel):
    """Exceptions first; a GPU that is opened takes their place until Esc.

    Signals
    -------
    opened(Spot)
        An item was opened: its node, and its first GPU where one is named.
    """

    opened = Signal(object)

    def __init__(self, look: Look) -> None:
        self.attention, self.detail = AttentionList(look), DetailList(look)
        holder = QWidget()
        self._both = QStackedLayout(holder)
        self._both.addWidget(self.attention)
        self._both.addWidget(self.detail)
        super().__init__(look, "Needs attention", holder, flush=(12, 12))
        self._floor: GpuFloor | None = None
        self.spot: Spot | None = None
        self._stepped = False
        self._spots: dict[int, Spot | None] = {}
        self.attention.opened.connect(self._open)
        self.attention.clicked.connect(self._open)

    @property
    def natural_height(self) -> int:
        """Height that shows every item, or every line."""
        shown = self.detail if self.spot is not None else self.attention
        return TITLE_HEIGHT + max(120, shown.natural_height) + 14

    def show_floor(self, floor: GpuFloor) -> None:
        """Show another answer; an opened GPU stays open while it is there."""
        self._floor = floor
        items = [_dated(item, floor) for item in floor.problems]
        self._spots = {id(item): _spot_of(given, floor) for item, given in zip(items, floor.problems, strict=True)}
        self.attention.level = self.detail.level = floor.marking
        self.attention.show_items(items)
        if self.spot is None or not self.open_spot(self.spot):
            self.close_spot()

    def open_spot(self, spot: Spot) -> bool:
        """Show everything of a GPU; False where it is not in view."""
        node = next(
            (n for n in (self._floor.nodes if self._floor else ()) if (n.enclave.id, n.node.id) == spot[:2]), None
        )
        cards = node.cards if node is not None else {}
        if node is None or self._floor is None or spot.card not in cards:
            return False
        self.spot = spot
        self.detail.show_card(cards[spot.card], node, self._floor)
        self._both.setCurrentWidget(self.detail)
        self.show_title(f"{node.node.id} · GPU {spot.card}", "Esc closes", node.enclave.level)
        self.show_body()
        return True

    def close_spot(self) -> None:
        """Show what needs attention again."""
        self.spot = None
        self._both.setCurrentWidget(self.attention)
        floor = self._floor
        if floor is None:
            return
        count = len(floor.problems)
        meta = f"{count} {words.plural(count, 'item')}, worst first" if count else ""
        self.show_title("Needs attention", meta)
        if count:
            self.show_body()
        elif not floor.pictures:
            self.show_state(nothing(floor)[1])
        elif not floor.nodes:
            self.show_state(PanelState(Kind.EMPTY, "Nothing to watch", "No node is declared.", icon="package"))
        else:
            self.show_state(self._quiet(floor))

    def _quiet(self, floor: GpuFloor) -> PanelState:
        """Good news, for as long as the data is old."""
        there = [picture for picture in floor.pictures if floor.nodes_of(picture.enclave.id)]
        known = [picture.age for picture in there if picture.age == picture.age]
        if not known:
            return PanelState(Kind.EMPTY, "Nothing is known yet", "No bundle has brought data.", icon="package")
        old = [picture for picture in there if picture.freshness in (Freshness.STALE, Freshness.EXPIRED)]
        said = f"Nothing needs attention in data that is up to {words.age(max(known))} old"
        return PanelState(Kind.EMPTY, "Quiet when last heard" if old else "All quiet", said)

    def forget(self) -> None:
        """Open nothing again when the next answer comes: it is about something else."""
        self.spot = None

    def step(self, step: int) -> Spot | None:
        """The next or previous item after the chosen one, as the GPU that it is about."""
        rows = self.attention.rows.rows
        if self._floor is None or not rows:
            return None
        here = self.attention.currentIndex().row()
        number = (here + step) % len(rows) if self._stepped else (0 if step > 0 else len(rows) - 1)
        self._stepped = True
        self.attention.choose(number)
        return self.spot_of(number)

    def spot_of(self, number: int) -> Spot | None:
        """The GPU that an item is about: the first that it names, else the first of its node."""
        rows = self.attention.rows.rows
        return self._spots.get(id(rows[number])) if 0 <= number < len(rows) else None

    def _open(self, _: object) -> None:
        """Whether by Enter or by a click: the current item is meant."""
        spot = self.spot_of(self.attention.currentIndex().row())
        if spot is not None:
            self.opened.emit(spot)


def _spot_of(item: Attention, floor: GpuFloor) -> Spot | None:
    for node in floor.nodes_of(item.enclave):
        if node.node.id != item.subject:
            continue
        found = next((one for one in node.problems if one.text.lower() == item.text.lower()), None)
        named = found.gpus[0].partition(":")[0] if found is not None and found.gpus else ""
        cards = list(node.cards)
        return Spot(item.enclave, item.subject, named if named in cards else cards[0] if cards else "")
    return None


def _dated(item: Attention, floor: GpuFloor) -> Attention:
    """What is not of now says of when it is."""
    picture = floor.picture(item.enclave)
    if picture.freshness is Freshness.FRESH or math.isnan(picture.data_time):
        return item
    return replace(item, text=f"{item.text}. As of {words.when(picture.data_time, floor.as_of)}{words.GAP}Z")
