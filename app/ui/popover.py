"""What opens over a page: always inside the window, always between the banners."""

from collections.abc import Sequence
from functools import partial

import shiboken6
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import RIM, Control


class Card(QWidget):
    """A raised surface with a shadow; `radius` 12 for dialogs, 8 for menus."""

    SHADOW = 16

    def __init__(self, look: Look, name: str, radius: float = 12) -> None:
        super().__init__()
        self.look = look
        self._radius = radius
        self.setAccessibleName(name)
        look.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self.look) as canvas:
            box = QRectF(self.rect()).adjusted(self.SHADOW, self.SHADOW, -self.SHADOW, -self.SHADOW)
            shadow = canvas.colour("scrim")
            shadow.setAlpha(9 if self.look.theme.dark else 5)
            for grow in range(1, self.SHADOW, 2):
                canvas.fill(box.adjusted(-grow, -grow + 4, grow, grow + 2), shadow, self._radius + grow)
            canvas.fill(box, "raised" if self.look.theme.dark else "surface", self._radius)
            canvas.outline(box, "line", self._radius)


class Overlay(QWidget):
    """Covers the body of the window, never the banners, while a card is open.

    Signals
    -------
    closed()
        The overlay went away.
    """

    closed = Signal()

    def __init__(self, look: Look, card: QWidget, body: QWidget, *, scrim: bool, at: QPoint | None = None) -> None:
        super().__init__(body)
        self.look = look
        self._body = body
        self.card, self._scrim, self._at = card, scrim, at
        self._before = body.window().focusWidget()
        card.setParent(self)
        self.setGeometry(body.rect())
        self._place()
        self.show()
        self.raise_()

    def follow(self) -> None:
        """Take the size of the body again."""
        self.setGeometry(self._body.rect())

    def close_overlay(self) -> None:
        """Go away and give the keyboard back."""
        if self._before is not None and shiboken6.isValid(self._before):  # an answer may have replaced it meanwhile
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self.closed.emit()
        self.deleteLater()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: FBT001 -- Qt calls it so
        """Keep Tab inside the card."""
        inside = [
            w
            for w in self.card.findChildren(QWidget)
            if w.isVisible() and w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        if inside:
            here = inside.index(self.focusWidget()) if self.focusWidget() in inside else -1
            there = inside[(here + (1 if forward else -1)) % len(inside)]
            there.setFocus(Qt.FocusReason.TabFocusReason)
            for area in self.card.findChildren(QScrollArea):
                if area.isAncestorOf(there):
                    area.ensureWidgetVisible(there, 0, 24)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close_overlay()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._scrim:
            with Canvas(self, self.look) as canvas:
                canvas.fill(QRectF(self.rect()), "scrim")

    def _place(self) -> None:
        size = self.card.sizeHint().boundedTo(self.size())
        if self._at is None:
            at = QPoint((self.width() - size.width()) // 2, max(0, (self.height() - size.height()) // 3))
        else:
            at = QPoint(
                min(self._at.x(), self.width() - size.width()), min(self._at.y(), self.height() - size.height())
            )
        self.card.setGeometry(at.x(), at.y(), size.width(), size.height())
        self.card.show()


class Choice(Control):
    """One line of a menu."""

    def __init__(self, look: Look, words: str, *, chosen: bool) -> None:
        super().__init__(look, words)
        self._words, self._chosen = words, chosen
        self.setFixedSize(208, 34 + 2 * RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        if self.hovered or self._chosen:
            canvas.fill(body, "accent.soft" if self._chosen else "hair", self.radius)
        canvas.write("body", self._words, body.left() + 12, canvas.middle("body", body.top(), body.height()), "text.hi")
        if self._chosen:
            canvas.icon("check", body.right() - 18, body.center().y(), 16, "accent")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: True, Qt.Key.Key_J: True, Qt.Key.Key_Up: False, Qt.Key.Key_K: False}.get(
            Qt.Key(event.key())
        )
        if step is None:
            super().keyPressEvent(event)
        else:
            self.focusNextPrevChild(step)


class Menu(Card):
    """A short list of choices.

    Signals
    -------
    picked(int)
        The number of the choice.
    """

    picked = Signal(int)

    def __init__(self, look: Look, name: str, choices: Sequence[str], chosen: int) -> None:
        super().__init__(look, name, 8)
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 4
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.setSpacing(-4)
        self._lines = [Choice(look, said, chosen=number == chosen) for number, said in enumerate(choices)]
        self._chosen = chosen
        for number, line in enumerate(self._lines):
            line.clicked.connect(partial(self._pick, number))
            layout.addWidget(line)

    def _pick(self, number: int) -> None:
        self.picked.emit(number)

    def first_focus(self) -> QWidget:
        """The chosen line."""
        return self._lines[self._chosen]

    def sizeHint(self) -> QSize:
        return QSize(208 + 2 * (self.SHADOW + 4), len(self._lines) * (30 + RIM * 2) + 12 + 2 * (self.SHADOW + 4))
