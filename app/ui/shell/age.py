"""The age of the data, in the header."""

from PySide6.QtCore import QRectF, QSize

from app.model.health import Health
from app.model.marking import Level
from app.ui import words
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.controls import HEIGHT
from app.ui.look import Look
from app.ui.page import Oldest
from app.ui.part import Part
from app.ui.tips import TIP

_OLDEST = "Oldest data "


class AgeChip(Part):
    """The oldest data in view and whose it is. A claim that anything is current has to be proved."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Age of the data")
        self._health = Health.UNKNOWN
        self._words = "No data yet"
        self._level: Level | None = None
        self.short = False
        self.setFixedHeight(HEIGHT)

    def show_oldest(self, old: Oldest | None, *, failing: bool) -> None:
        """Show the oldest data in view; `failing`: what was read before may be older than it says."""
        self.setVisible(failing or old is not None)
        if failing:
            self.show_age(Health.UNKNOWN, "Age not known", None)
        elif old is not None:
            known = old.age == old.age
            self.show_age(old.health, f"{_OLDEST}{words.age(old.age)}" if known else "No data", old.level)

    def show_age(self, health: Health, said: str, level: Level | None) -> None:
        """Show `said` in the ink of `health`, with the marking of the enclave they are about."""
        self._health, self._words, self._level = health, said, level
        self.setAccessibleName(said + (f", {level.title}" if level is not None else ""))
        self.setProperty(TIP, "Age of the oldest enclave in view, by the clock of its own collector")
        self.updateGeometry()
        self.update()

    @property
    def _said(self) -> str:
        """What is written: without room only the age, which the symbol and the marking make plain."""
        return self._words.removeprefix(_OLDEST) if self.short else self._words

    def sizeHint(self) -> QSize:
        role = "small" if self._health is Health.HEALTHY else "smallstrong"
        wide = 14 + 16 + 8 + self.look.fonts.metrics(role).horizontalAdvance(self._said) + 16
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
        wide = canvas.write(role, self._said, 38, baseline, "text.mid" if quiet else ink.text)
        if self._level is not None:
            canvas.block(self._level, 38 + wide + 7, box.center().y(), BLOCK_SMALL)
