"""The classification banner: the first and the last thing on every screen."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.model.marking import Level
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.text import CENTRE, RIGHT

BANNER_HEIGHT = 26


class Banner(QWidget):
    """Edge to edge, square, full chroma, never covered.

    Until `show_marking` is called its marking is not known, so it fails closed.
    """

    def __init__(self, look: Look, ceiling: Level | None) -> None:
        super().__init__()
        self._look = look
        self._ceiling = ceiling
        self._level: Level | None = None
        self._note = ""
        self.setFixedHeight(BANNER_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_marking(None)

    @property
    def words(self) -> str:
        """What the banner says."""
        return self._look.markings.words(self._level, self._ceiling)

    def show_marking(self, level: Level | None, note: str = "") -> None:
        """Show the highest marking held, or None where it is not known; `note` stands at the right end."""
        self._level, self._note = level, note
        self.setAccessibleName(f"Classification: {self.words}" + (f". {note}" if note else ""))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ink = self._look.markings.ink(self._level, self._ceiling)
        with Canvas(self, self._look) as canvas:
            box = QRectF(self.rect())
            canvas.fill(box, ink.background)
            baseline = canvas.middle("banner", 0, BANNER_HEIGHT)
            wide = canvas.write("banner", self.words, box.center().x(), baseline, ink.text, align=CENTRE)
            if self._note:
                room = box.width() / 2 - wide / 2 - 24 - 16
                canvas.write("label", self._note, box.right() - 24, baseline, ink.text, align=RIGHT, room=room)
