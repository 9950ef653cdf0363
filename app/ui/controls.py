"""Buttons and chips."""

from PySide6.QtCore import QRectF, QSize

from app.model.health import Health
from app.model.marking import Level
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.look import Look
from app.ui.part import RIM, Control, Part
from app.ui.text import CENTRE, RIGHT
from app.ui.tips import TIP

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


class AgeChip(Part):
    """The oldest data in view and whose it is. A claim that anything is current has to be proved."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Age of the data")
        self._health = Health.UNKNOWN
        self._words = "No data yet"
        self._level: Level | None = None
        self.setFixedHeight(HEIGHT)

    def show_age(self, health: Health, words: str, level: Level | None) -> None:
        """Show `words` in the ink of `health`, with the marking of the enclave they are about."""
        self._health, self._words, self._level = health, words, level
        self.setAccessibleName(words + (f", {level.title}" if level is not None else ""))
        self.setProperty(TIP, "Age of the oldest enclave in view, by the clock of its own collector")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        role = "small" if self._health is Health.HEALTHY else "smallstrong"
        wide = 14 + 16 + 8 + self.look.fonts.metrics(role).horizontalAdvance(self._words) + 16
        if self._level is not None:
            portion = self.look.fonts.metrics("block").horizontalAdvance(self._level.portion)
            wide += 6 + max(BLOCK_SMALL[0], portion + 10)
        return QSize(round(wide), HEIGHT)

    def paint(self, canvas: Canvas) -> None:
        box = QRectF(self.rect())
        ink = self.look.theme.status[self._health]
        quiet = self._health is Health.HEALTHY
        canvas.fill(box, "raised" if quiet else ink.tint, box.height() / 2)
        canvas.status(self._health, 22, box.center().y(), 14)
        role = "small" if quiet else "smallstrong"
        baseline = canvas.middle(role, 0, box.height())
        wide = canvas.write(role, self._words, 38, baseline, "text.mid" if quiet else ink.text)
        if self._level is not None:
            canvas.block(self._level, 38 + wide + 7, box.center().y(), BLOCK_SMALL)


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
