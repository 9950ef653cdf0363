"""Scroll areas and scroll bars that keep quiet."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QScrollArea, QScrollBar, QTableView, QWidget

from app.ui.canvas import Canvas
from app.ui.keyboard import commanded
from app.ui.look import Look

SCROLL_BAR = 10
PAGE_MARGINS = (24, 6, 24 - SCROLL_BAR, 24)
"""Margins of a page: left, top, right, bottom. The scroll bar has its place inside the right one."""


_EDGE, _LEAST = 14, 26
"""Fusion's own: room for an arrow at each end, and the least length of a handle."""


class ScrollBar(QScrollBar):
    """A slim handle without a trough."""

    def __init__(self, look: Look, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self._look = look
        hint = super().sizeHint()
        upright = orientation is Qt.Orientation.Vertical
        self._hint = QSize(SCROLL_BAR, hint.height()) if upright else QSize(hint.width(), SCROLL_BAR)
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return self._hint

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.maximum() <= self.minimum():
            return
        start, length = self.handle()
        with Canvas(self, self._look) as canvas:
            if self.orientation() is Qt.Orientation.Vertical:
                box = QRectF(2, start + 2, self.width() - 4, max(16.0, length - 4))
            else:
                box = QRectF(start + 2, 2, max(16.0, length - 4), self.height() - 4)
            canvas.fill(box, "faint" if self.isSliderDown() or self.underMouse() else "line", 3)

    def handle(self) -> tuple[int, int]:
        """Where the handle begins, and its length in pixels, as Fusion has it (QCommonStyle::subControlRect).

        Worked out here because to ask a style costs a start 20 ms: its dozens of enums are made at the first word.
        """
        room = (self.height() if self.orientation() is Qt.Orientation.Vertical else self.width()) - 2 * _EDGE
        span, page = self.maximum() - self.minimum(), self.pageStep()
        length = min(room, max(_LEAST, page * room // (span + page)))
        return _EDGE + (2 * (self.sliderPosition() - self.minimum()) * (room - length) + span) // (2 * span), length


def quiet(area: QAbstractScrollArea, look: Look) -> None:
    """Take the frame and the background from a scroll area and give it our scroll bars."""
    area.setFrameShape(QFrame.Shape.NoFrame)
    # one that Python made: to be handed Qt's own, the binding would first make every class of widget there is
    area.setViewport(QWidget())
    area.setVerticalScrollBar(ScrollBar(look, Qt.Orientation.Vertical))
    area.setHorizontalScrollBar(ScrollBar(look, Qt.Orientation.Horizontal))
    # always there, so that rows keep their width whether or not they scroll
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    area.setCornerWidget(QWidget())  # Qt would draw a frame there
    area.viewport().setAutoFillBackground(False)
    # a palette and no style sheet, which Qt would ask anew for every part of the area: 5 ms of a start
    palette = area.palette()
    for role in (QPalette.ColorRole.Base, QPalette.ColorRole.Window, QPalette.ColorRole.Highlight):
        palette.setColor(role, QColor(0, 0, 0, 0))
    area.setPalette(palette)


def quiet_table(table: QTableView, look: Look) -> None:
    """The same for a table of painted cells: no grid, one choice at a time, and Tab leaves it."""
    quiet(table, look)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    look.changed.connect(table.viewport().update)


class PageArea(QScrollArea):
    """Scrolls a page inside the frame; the content is as wide as the frame and at least as tall."""

    def __init__(self, look: Look, content: QWidget) -> None:
        super().__init__()
        quiet(self, look)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if commanded(event):
            event.ignore()
        else:
            super().keyPressEvent(event)
