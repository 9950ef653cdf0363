"""Buttons and chips."""

from PySide6.QtCore import QRectF, QSize

from app.model.health import Health
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import RIM, Control
from app.ui.text import CENTRE, RIGHT

HEIGHT = 36


class PushButton(Control):
    """A button with words and, where it has one, its key. `primary` is the one that is meant."""

    def __init__(self, look: Look, words: str, *, key: str = "", primary: bool = False) -> None:
        super().__init__(look, words)
        self._words, self._key, self._primary = words, key, primary

    def say(self, words: str, key: str = "") -> None:
        """Change the words."""
        self._words, self._key = words, key
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.look.fonts.metrics
        wide = metrics("medium").horizontalAdvance(self._words) + 32
        if self._key:
            wide += metrics("mono.small").horizontalAdvance(self._key) + 24
        return QSize(round(wide) + 2 * RIM, HEIGHT + 2 * RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        primary = self._primary and self.isEnabled()
        if not self.isEnabled():
            fill, ink = "raised", "text.low"
        elif primary:
            fill, ink = "accent", "accent.ink"
        else:
            fill, ink = ("hair" if self.hovered or self.isDown() else "raised"), "text.hi"
        canvas.fill(body, fill, self.radius)
        if not primary:
            canvas.outline(body, "line", self.radius)
        key_wide = canvas.width("mono.small", self._key) + 24 if self._key else 0
        words_wide = canvas.width("medium", self._words)
        left = body.center().x() - (words_wide + key_wide) / 2
        canvas.write("medium", self._words, left, canvas.middle("medium", body.top(), body.height()), ink)
        if self._key:
            canvas.key(self._key, left + words_wide + 12, body.center().y(), ink if primary else "text.low")


class IconButton(Control):
    """A square button with one icon."""

    def __init__(
        self, look: Look, icon: str, name: str, tip: str = "", *, side: int = HEIGHT, framed: bool = True
    ) -> None:
        super().__init__(look, name, tip or name)
        self._icon, self._framed = icon, framed
        self.setFixedSize(side + 2 * RIM, side + 2 * RIM)

    def show_icon(self, icon: str) -> None:
        """Change the icon."""
        self._icon = icon
        self.update()

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        if self._framed:
            canvas.fill(body, "raised" if self.hovered else "inset", self.radius)
            canvas.outline(body, "hair" if self.look.theme.dark else "line", self.radius)
        elif self.hovered:
            canvas.fill(body, "raised", self.radius)
        middle = body.center()
        canvas.icon(self._icon, middle.x(), middle.y(), 16, "text.hi" if self.hovered else "text.mid")


def draw_badge(canvas: Canvas, health: Health, count: int, right: float, y: float) -> None:
    """Worst symbol and count, right-aligned."""
    words = str(count)
    ink = canvas.look.theme.status[health]
    wide = canvas.write("smallstrong", words, right, canvas.middle("smallstrong", y - 8, 16), ink.text, align=RIGHT)
    canvas.status(health, right - wide - 12, y, 14)


def draw_initials(canvas: Canvas, name: str, x: float, y: float) -> None:
    """Initials of a person in a circle of 28 px around (x, y)."""
    words = "".join(word[0] for word in name.replace(".", " ").split()[:2]).upper() or "?"
    canvas.fill(QRectF(x - 14, y - 14, 28, 28), "raised", 14)
    canvas.outline(QRectF(x - 14, y - 14, 28, 28), "line", 14)
    canvas.write("label", words, x, canvas.middle("label", y - 14, 28), "text.mid", align=CENTRE)
