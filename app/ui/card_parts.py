"""What the cards of the window are made of: a head, captions of fields, a remark at the foot."""

from PySide6.QtCore import QRectF

from app.model.health import Health
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part


class CardHead(Part):
    """Title of a card, and a line that explains it where there is one."""

    def __init__(self, look: Look, title: str, below: str = "") -> None:
        super().__init__(look, f"{title}. {below}" if below else title)
        self._title, self._below = title, below
        self.setFixedHeight(52 if below else 30)

    def paint(self, canvas: Canvas) -> None:
        canvas.write("title", self._title, 0, 18, "text.hi", room=self.width())
        if self._below:
            canvas.write("small", self._below, 0, 42, "text.mid", room=self.width())


class Note(Part):
    """A quiet remark beside a button."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._words = ""
        self.setFixedHeight(36)

    def say(self, words: str) -> None:
        """Change the remark."""
        self._words = words
        self.setAccessibleName(words)
        self.update()

    def paint(self, canvas: Canvas) -> None:
        baseline = canvas.middle("small", 0, self.height())
        canvas.write("small", self._words, 0, baseline, "text.mid", room=self.width() - 12)


class Caption(Part):
    """What the field below it asks for."""

    def __init__(self, look: Look, words: str) -> None:
        super().__init__(look, words)
        self._words = words
        self.setFixedHeight(18)

    def paint(self, canvas: Canvas) -> None:
        canvas.write("label", self._words, 0, canvas.middle("label", 0, 18), "text.low", room=self.width())


class Remark(Part):
    """What a decision would come to, or why it cannot be made: two lines beside the buttons."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._words, self._wrong = "", False
        self.setFixedHeight(42)

    @property
    def words(self) -> str:
        """What is said."""
        return self._words

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Change the remark; what is wrong has the ink of a warning."""
        self._words, self._wrong = words, wrong
        self.setAccessibleName(words)
        self.update()

    def paint(self, canvas: Canvas) -> None:
        ink = canvas.look.theme.status[Health.WARNING].text if self._wrong else canvas.colour("text.mid")
        canvas.lines("small", self._words, QRectF(0, 3, self.width() - 12, 38), ink)
