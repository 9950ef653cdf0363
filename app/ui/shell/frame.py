"""The frame: banners at both edges, navigation, header, message strip, and room for a page between them."""

from itertools import pairwise
from typing import TypeVar

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.model.marking import Level
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.scroll import PAGE_MARGINS, PageArea
from app.ui.shell.desk import Desk
from app.ui.shell.header import Header
from app.ui.shell.marking import Banner
from app.ui.shell.navigation import Foot, Navigation
from app.ui.strip import Strip
from app.ui.tips import Tip, tip_of

Layout = TypeVar("Layout", QVBoxLayout, QHBoxLayout)

FOLD_BELOW = 1500
LEAST = (900, 480)
"""Smallest window in logical pixels: what a taskbar and a title leave of 1920 x 1080 at twice the size of text."""
_BORDER = 32
"""Pixels that a desktop's title and frame take; how many they are is not known before the window stands."""
_DEMO = "Demonstration data. Contains no classified information"


class Body(QWidget):
    """Everything between the banners; what opens over a page opens inside of it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._tip = Tip(look, self)
        look.changed.connect(self.update)

    def event(self, event: QEvent) -> bool:
        """Answer every wish for a tip that no child answered."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = event.globalPos()
            self._tip.say(tip_of(self.childAt(self.mapFromGlobal(at)), at), at)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self._look) as canvas:
            canvas.fill(QRectF(self.rect()), "canvas")


class Frame(QWidget):
    """A fixed layout: nothing a page asks for can push a banner off the screen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.ceiling = desk.station.ceiling if desk.station is not None else None
        self.setWindowTitle("Watchfloor")
        self.setMinimumSize(*LEAST)
        self.banners = (Banner(desk.look, self.ceiling), Banner(desk.look, self.ceiling))
        self.body = Body(desk.look)
        self.header = Header(desk.look)
        self.strip = Strip(desk.look)
        self.navigation = Navigation(desk.look, desk.pages, _foot(desk))
        self.stack = QStackedWidget()
        self._lay_out()
        if not desk.pages:
            self._show_first_run()

    def show_marking(self, level: Level | None, *, demo: bool) -> None:
        """Show the highest marking held on both banners; None is not known."""
        self.banners[0].show_marking(level, _DEMO if demo else "")
        self.banners[1].show_marking(level)

    def keep_on_screen(self) -> None:
        """Fill the screen where it has no room for the window: a banner beyond its edge marks nothing.

        Larger text and a smaller screen make it so; what was kept of the window's place knows of neither.
        """
        room = self.screen().availableGeometry()
        if self.width() > room.width() - _BORDER or self.height() > room.height() - _BORDER:
            self.resize(room.size())  # not every desktop maximises
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def choose_bundle(self) -> None:
        """Let the person choose a bundle."""
        raise NotImplementedError

    def begin(self, step: str) -> None:
        """Take a step of setting up a station that holds nothing yet."""
        raise NotImplementedError

    def reading(self) -> bool:
        """Whether the keyboard is in the header or in the page already, and should stay there."""
        here = self.focusWidget()
        if here is None or here.focusPolicy() == Qt.FocusPolicy.NoFocus:
            return False  # a page that had nothing to read yet
        return self.header.isAncestorOf(here) or self.stack.isAncestorOf(here)

    def order_tabs(self) -> None:
        """Header, page, navigation last."""
        parts: list[QWidget] = [self.header, self.strip, self.stack, self.navigation]
        stops = [w for part in parts for w in part.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
        for first, second in pairwise(stops):
            QWidget.setTabOrder(first, second)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.navigation.fold(folded=self.width() < FOLD_BELOW)
        self.header.fold(self.width() - self.navigation.width())

    def _lay_out(self) -> None:
        outer = _bare(QVBoxLayout(self))
        outer.addWidget(self.banners[0])
        outer.addWidget(self.body, 1)
        outer.addWidget(self.banners[1])
        row = _bare(QHBoxLayout(self.body))
        # the tab order follows: header, page, navigation last
        right = _bare(QVBoxLayout())
        right.addWidget(self.header)
        right.addWidget(self.strip)
        right.addWidget(self.stack, 1)
        row.addWidget(self.navigation)
        row.addLayout(right, 1)

    def _show_first_run(self) -> None:
        from app.ui.first_run import FirstRun

        first = FirstRun(self.desk.look, margins=PAGE_MARGINS, founded=False)
        first.wanted.connect(self.begin)
        self.stack.addWidget(PageArea(self.desk.look, first))
        self.header.title.say("Not set up yet")
        self.header.range.hide()
        self.header.age.hide()


def _foot(desk: Desk) -> Foot:
    if desk.station is None:
        return Foot(desk.look, desk.person, "not set up yet", "Disconnected station")
    carriage = "Disconnected station" if desk.station.inbox is None else "Watching the inbox"
    return Foot(desk.look, desk.person, desk.station.name or desk.station.id, carriage)


def _bare(layout: Layout) -> Layout:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout
