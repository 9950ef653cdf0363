"""The navigation: groups with only the pages that exist, badges, and who sits where at the foot."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import words
from app.ui.canvas import Canvas
from app.ui.controls import draw_badge, draw_initials
from app.ui.look import Look
from app.ui.page import Badge, Page
from app.ui.part import RIM, Control, Part
from app.ui.scroll import PageArea
from app.ui.tips import TIP

WIDE, NARROW = 216, 56


class NavItem(Control):
    """One page: icon, title, badge. The active one is accent-soft with a bar."""

    def __init__(self, look: Look, page: Page) -> None:
        super().__init__(look, page.title)
        self.page = page
        self.folded = False
        self._badge: Badge | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedHeight(34 + 2 * RIM)

    def show_badge(self, badge: Badge | None) -> None:
        """Show the worst state and the count; nothing when there is none."""
        self._badge = badge
        told = f", {badge.things} need attention, worst {words.STATES[badge.health]}" if badge else ""
        self.setAccessibleName(self.page.title + told)
        self.setProperty(TIP, f"{self.page.title}{told}  (G {self.page.key})")
        self.update()

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        active = self.isChecked()
        if active:
            canvas.fill(body, "accent.soft", self.radius)
            canvas.fill(QRectF(body.left(), body.top() + 7, 3, body.height() - 14), "accent", 1.5)
        elif self.hovered:
            canvas.fill(body, "raised", self.radius)
        middle = body.center().y()
        x = body.center().x() if self.folded else body.left() + 20
        canvas.icon(self.page.icon, x, middle, 18, "accent" if active else "text.low")
        if self.folded:
            if self._badge:
                canvas.status(self._badge.health, body.right() - 7, body.top() + 8, 13)
            return
        colour = "text.hi" if active else "text.mid"
        baseline = canvas.middle("medium", body.top(), body.height())
        canvas.write("medium", self.page.title, body.left() + 40, baseline, colour, room=body.width() - 90)
        if self._badge:
            draw_badge(canvas, self._badge.health, self._badge.things, body.right() - 16, middle)


class _Label(Part):
    """Title of a group; a rule where the navigation is folded."""

    def __init__(self, look: Look, words: str) -> None:
        super().__init__(look, words)
        self.folded = False
        self._words = words
        self.setFixedHeight(28)

    def paint(self, canvas: Canvas) -> None:
        if self.folded:
            canvas.rule(14, self.width() - 14, 14)
        else:
            canvas.write("label", self._words, 16, 17, "text.low")


class _Brand(Part):
    """Name of the product."""

    folded = False

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Watchfloor")
        self.setFixedHeight(66)

    def paint(self, canvas: Canvas) -> None:
        left = self.width() / 2 - 10 if self.folded else 16.0
        bars = ((8.0, "faint"), (13.0, "spark"), (20.0, "accent"))
        for number, (height, colour) in enumerate(bars):
            canvas.fill(QRectF(left + number * 7, 41 - height, 5, height), colour, 1.5)
        if not self.folded:
            canvas.write("title", "Watchfloor", left + 30, 38, "text.hi")


class Foot(Part):
    """How the station gets its data, and who is signed in by the operating system."""

    folded = False

    def __init__(self, look: Look, person: str, station: str, carriage: str) -> None:
        super().__init__(look, f"{carriage}. {person}, {station}")
        self._person, self._station, self._carriage = person, station, carriage
        self.setProperty(TIP, f"{carriage}\n{person}, {station}")
        self.setFixedHeight(92)

    def paint(self, canvas: Canvas) -> None:
        canvas.rule(8, self.width() - 8, 4)
        icon = "unplug" if self._carriage.startswith("Disconnected") else "folder-input"
        if self.folded:
            canvas.icon(icon, self.width() / 2, 27, 16, "text.low")
            draw_initials(canvas, self._person, self.width() / 2, 66)
            return
        canvas.icon(icon, 20, 27, 16, "text.low")
        canvas.write("small", self._carriage, 38, canvas.middle("small", 17, 20), "text.mid", room=self.width() - 44)
        draw_initials(canvas, self._person, 24, 66)
        room = self.width() - 54
        canvas.write("smallstrong", self._person, 46, 63, "text.hi", room=room)
        canvas.write("caption", self._station, 46, 79, "text.low", room=room)


class Navigation(QWidget):
    """The column of pages.

    Signals
    -------
    chosen(str)
        Show the page of that id.
    """

    chosen = Signal(str)

    def __init__(self, look: Look, pages: Sequence[Page], foot: Foot) -> None:
        super().__init__()
        self.look = look
        self._told = False
        self.setAccessibleName("Pages")
        self.items = {page.id: NavItem(look, page) for page in pages}
        self._foldable: list[_Brand | _Label | NavItem | Foot] = [_Brand(look)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(0)
        layout.addWidget(self._foldable[0])
        self._area = PageArea(look, self._column(look, pages))
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        layout.addWidget(self._area, 1)
        layout.addWidget(foot)
        self._foldable.append(foot)
        look.changed.connect(self.update)
        self.fold(folded=False)

    def _column(self, look: Look, pages: Sequence[Page]) -> QWidget:
        """The pages in their groups; on a low screen they scroll between the name and the foot."""
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(0)
        group = ""
        for page in pages:
            if page.group != group:
                if group:
                    layout.addSpacing(10)
                group = page.group
                label = _Label(look, group)
                layout.addWidget(label)
                self._foldable.append(label)
            else:
                layout.addSpacing(-6)  # the rims of two items may lie over each other
            item = self.items[page.id]
            # not clicked: what a screen reader does to it is to check it
            item.toggled.connect(partial(self._choose, page.id))
            item.clicked.connect(partial(self._choose, page.id, True))
            layout.addWidget(item)
            self._foldable.append(item)
        layout.addStretch()
        return column

    def _choose(self, page: str, checked: bool) -> None:  # noqa: FBT001 -- Qt's own signal gives it
        if checked and not self._told:
            self.chosen.emit(page)

    def fold(self, *, folded: bool) -> None:
        """Fold to icons, or unfold."""
        self.setFixedWidth(NARROW if folded else WIDE)
        for part in self._foldable:
            part.folded = folded
            part.update()

    def show_page(self, page: str) -> None:
        """Mark a page as the active one."""
        self._told = True
        self.items[page].setChecked(True)
        self._told = False
        self._area.ensureWidgetVisible(self.items[page], 0, 12)

    def sizeHint(self) -> QSize:
        return QSize(WIDE, 400)

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self.look) as canvas:
            canvas.fill(QRectF(self.rect()), "nav")
            canvas.fill(QRectF(self.width() - 1, 0, 1, self.height()), "hair")
