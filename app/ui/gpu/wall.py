"""Every GPU, now: the sections beside each other, in the order of their names or levels."""

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.model.health import Freshness, Health
from app.query.gpu_floor import GpuFloor, Measure
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.gpu.measures import memory_words, power_words, reach_of
from app.ui.gpu.section_table import ROW_LEAST, SectionTable, Spot
from app.ui.gpu.sections import Grouping, Section, section_words, sections
from app.ui.look import Look
from app.ui.part import Part
from app.ui.text import RIGHT

_LEAST, _LEAST_MARKED = 248, 282
_GAP = 20
_ROWS_GAP = 18
_HEAD = 52
_MOST_ROWS = 14
"""Nodes of a section that are shown at once; of more, it scrolls."""


class SectionHead(Part):
    """Title of a section with its marking, how much it is used, and how old that is."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._section: Section | None = None
        self._words, self._below, self._old = "", "", ""
        self._health = Health.HEALTHY
        self._tip = ""

    def show_section(self, section: Section, floor: GpuFloor) -> None:
        """Show another section."""
        self._section = section
        self._words = section_words(section, floor)
        total = floor.sum(section.gpus)
        parts = []
        if total.memory_of:
            parts.append(f"{words.percent(total.memory, 0)} of memory")
        if total.watts_of:
            parts.append(power_words(total.watts))
        self._below = ", ".join(parts) or "memory and power not known"
        self._old, self._health = _age_of(section, floor)
        self._tip = _explained(section, floor)
        self.setAccessibleName(f"{section.title}, {self._words}, {self._below}. {self._old}")
        self.update()

    def tip_at(self, at: object) -> str:
        return self._tip

    def sizeHint(self) -> QSize:
        return QSize(_LEAST, _HEAD)

    def paint(self, canvas: Canvas) -> None:
        if self._section is None:
            return
        right = float(self.width()) - 2
        x, first, second = 0.0, canvas.middle("medium", 0, 24), canvas.middle("small", 22, 22)
        if self._section.level is not None:
            x += canvas.block(self._section.level, 0, 12) + 10
        said = canvas.width("small", self._words)
        wide = canvas.width("strong", self._section.title)
        shown = self._words if x + wide + 16 + said <= right else self._words.replace(" in use", "")
        room = right - x - canvas.width("small", shown) - 10
        canvas.write("strong", self._section.title, x, first, "text.hi", room=max(48.0, room))
        canvas.write("small", shown, right, first, "text.mid", align=RIGHT)
        ink = canvas.look.theme.status[self._health].text if self._health is not Health.HEALTHY else "text.low"
        taken = canvas.write("small", self._old, right, second, ink, align=RIGHT)
        canvas.write("small", self._below, 0, second, "text.low", room=max(20.0, right - taken - 12))
        canvas.rule(0, self.width(), _HEAD - 5, "line")


def _age_of(section: Section, floor: GpuFloor) -> tuple[str, Health]:
    """Age of the oldest data in a section, and the state its ink shows."""
    pictures = [floor.picture(name) for name in dict.fromkeys(row.node.enclave.id for row in section.rows)]
    if any(math.isnan(picture.age) for picture in pictures):
        return "no data yet", Health.UNKNOWN
    oldest = max(pictures, key=lambda picture: picture.age)
    fresh = all(picture.freshness is Freshness.FRESH for picture in pictures)
    return f"{words.age(oldest.age)} old", Health.HEALTHY if fresh else Health.WARNING


def _explained(section: Section, floor: GpuFloor) -> str:
    total = floor.sum(section.gpus)
    lines = [
        f"In use: mean of the newest utilisation of {words.grouped(total.busy_of)} GPUs that say it, of "
        f"{words.grouped(total.cards)} that are declared.",
        f"Memory: {memory_words(total.used, total.total)} of {words.grouped(total.memory_of)} GPUs and parts."
        if total.memory_of
        else "Memory: nobody says it.",
        f"Power: of {words.grouped(total.watts_of)} GPUs; what a node could draw is not exported."
        if total.watts_of
        else "Power: nobody says it.",
    ]
    for name in dict.fromkeys(row.node.enclave.id for row in section.rows):
        picture = floor.picture(name)
        if not math.isnan(picture.data_time):
            lines.append(
                f"{picture.enclave.name}: data up to {words.when(picture.data_time, floor.as_of)} Z, newest bundle "
                f"came {words.age(floor.as_of - picture.received)} ago."
            )
    return "\n".join(lines)


class Wall(QWidget):
    """The sections in columns, as many as leave their cells readable, the rest below.

    Signals
    -------
    opened(Spot)
        A GPU was opened.
    """

    opened = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.floor: GpuFloor | None = None
        self.measure, self.grouping = Measure.BUSY, Grouping.ENCLAVE
        self.sections: list[Section] = []
        self.heads: list[SectionHead] = []
        self.tables: list[SectionTable] = []
        self._row = ROW_LEAST

    def show_floor(self, floor: GpuFloor) -> None:
        """Show another answer; what is chosen stays chosen."""
        self.floor = floor
        self._show()

    def show_measure(self, measure: Measure) -> None:
        """Look at something else of the same GPUs."""
        self.measure = measure
        self._show()

    def group_by(self, grouping: Grouping) -> None:
        """Put the GPUs together in another way; the one that is chosen stays chosen."""
        here = self.spot()
        self.grouping = grouping
        self._show()
        if here is not None:
            self.select(here)

    def spot(self) -> Spot | None:
        """The GPU that is chosen."""
        return next((spot for table in self.tables if (spot := table.spot()) is not None), None)

    def select(self, spot: Spot, *, focus: bool = False) -> bool:
        """Choose a GPU; False where it is not shown."""
        for table in self.tables:
            if table.select(spot):
                self._alone(table)
                if focus:
                    table.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return True
        return False

    def mark(self, spot: Spot | None) -> None:
        """Mark the GPU that the page is about, also while the keyboard is elsewhere."""
        for table in self.tables:
            table.picked = spot is not None and table.spot() == spot
            table.viewport().update()

    def _alone(self, table: SectionTable) -> None:
        """Only one table has a current cell."""
        for other in self.tables:
            if other is not table:
                other.setCurrentIndex(other.gpus.index(-1, -1))
                other.picked = False

    def _show(self) -> None:
        if self.floor is None:
            return
        self.sections = sections(self.floor, self.grouping)
        self._make(len(self.sections))
        hot = self.floor.policy.rule("gpu_temperature_celsius").critical
        reach = reach_of(self.measure, self.floor.gpus, hot)
        for section, head, table in zip(self.sections, self.heads, self.tables, strict=True):
            head.show_section(section, self.floor)
            table.show_section(section, self.floor, self.measure, reach)
        self._place()

    def _make(self, count: int) -> None:
        for gone in (*self.heads[count:], *self.tables[count:]):
            gone.hide()
            gone.deleteLater()
        del self.heads[count:], self.tables[count:]
        while len(self.tables) < count:
            head, table = SectionHead(self._look), SectionTable(self._look)
            number = len(self.tables)
            table.opened.connect(self._open)
            table.left.connect(lambda step, number=number: self._leave(number, step))
            for part in (head, table):
                part.setParent(self)
                part.show()
            self.heads.append(head)
            self.tables.append(table)

    def _open(self, spot: Spot) -> None:
        self.select(spot)
        self.opened.emit(spot)

    def _leave(self, number: int, step: int) -> None:
        """Go on into the neighbouring table, on the same row."""
        there = number + step
        if not 0 <= there < len(self.tables):
            return
        row = self.tables[number].currentIndex().row()
        table = self.tables[there]
        table.go(row, 1 if step > 0 else 10_000)
        self._alone(table)
        table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- layout -------------------------------------------------------------------------------------------

    def _columns(self, width: int) -> int:
        """Sections beside each other in a width; where nodes carry markings they need more of it."""
        least = max((_LEAST if one.level is not None else _LEAST_MARKED for one in self.sections), default=_LEAST)
        return max(1, min(len(self.sections), (width + _GAP) // (least + _GAP)))

    def _places(self, width: int, row: int) -> tuple[list[tuple[int, int]], int]:
        """Column and top of each section, each below the shortest column so far, and how tall that becomes."""
        tops = [0] * self._columns(width)
        places = []
        for section in self.sections:
            column = tops.index(min(tops))
            places.append((column, tops[column]))
            tops[column] += _HEAD + min(_MOST_ROWS, len(section.rows)) * row + _ROWS_GAP
        return places, max(tops, default=0) - _ROWS_GAP

    def height_for(self, width: int, row: int = ROW_LEAST) -> int:
        """Height that shows every section, with rows of this height."""
        return self._places(width, row)[1]

    def show_rows(self, row: int) -> None:
        """Take another height of rows."""
        self._row = row
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        if not self.sections:
            return
        width, columns = self.width(), self._columns(self.width())
        places, _ = self._places(width, self._row)
        for (column, top), section, head, table in zip(places, self.sections, self.heads, self.tables, strict=True):
            left = round(column * (width + _GAP) / columns)
            right = round((column + 1) * (width + _GAP) / columns) - _GAP
            head.setGeometry(left, top, right - left, _HEAD)
            table.verticalHeader().setDefaultSectionSize(self._row)
            table.setGeometry(left, top + _HEAD, right - left, min(_MOST_ROWS, len(section.rows)) * self._row)
