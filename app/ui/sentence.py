"""The page's sentence, and up to four figures right of it."""

from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor

from app.model.health import Health
from app.ui import text
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part

HEIGHT = 82
_FIGURE_GAP = 40


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the sentence: plain, strong, or strong in the ink of a state."""

    words: str
    strong: bool = False
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its label, the number, its unit, and the state it is about, if any."""

    label: str
    value: str
    unit: str = ""
    health: Health | None = None


class SentenceBar(Part):
    """One sentence that answers the page's question; below it, one quiet line."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._spans: tuple[Span, ...] = ()
        self._below = ""
        self._figures: tuple[Figure, ...] = ()
        self.setMinimumHeight(HEIGHT)
        self.setMaximumHeight(HEIGHT)

    @property
    def words(self) -> str:
        """The sentence as text."""
        return "".join(span.words for span in self._spans)

    @property
    def below(self) -> str:
        """The line below the sentence."""
        return self._below

    def say(self, spans: tuple[Span, ...], below: str, figures: tuple[Figure, ...]) -> None:
        """Show a sentence, the line below it and the figures."""
        self._spans, self._below, self._figures = spans, below, figures
        told = ", ".join(f"{figure.label} {figure.value} {figure.unit}".strip() for figure in figures)
        self.setAccessibleName(f"{self.words} {below} {told}".strip())
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def paint(self, canvas: Canvas) -> None:
        room = self._paint_figures(canvas) - 32
        self._paint_sentence(canvas, room)
        canvas.write("body", self._below, 0, 66, "text.low", room=room)

    def _paint_sentence(self, canvas: Canvas, room: float) -> None:
        roles = ("headline.strong", "headline")
        total = sum(canvas.width(roles[not span.strong], span.words) for span in self._spans)
        if total > room:
            roles = ("title", "headline.small")
        pieces = [(roles[not span.strong], span) for span in self._spans]
        x, baseline = 0.0, 38.0
        if sum(canvas.width(role, span.words) for role, span in pieces) > room:
            self._paint_wrapped(canvas, pieces, room)
            return
        for role, span in pieces:
            x += canvas.write(role, span.words, x, baseline, self._ink(span))

    def _paint_wrapped(self, canvas: Canvas, pieces: list[tuple[str, Span]], room: float) -> None:
        """Two lines in the smaller size; nothing of the sentence is cut off."""
        x, baseline = 0.0, 22.0
        for role, span in pieces:
            for word in span.words.split(" "):
                wide = canvas.width(role, f"{word} ")
                if x and x + canvas.width(role, word) > room and baseline < 40:
                    x, baseline = 0.0, 44.0
                canvas.write(role, word, x, baseline, self._ink(span), room=max(20.0, room - x))
                x += wide if word != span.words.split(" ")[-1] else canvas.width(role, word)

    def _ink(self, span: Span) -> str | QColor:
        if span.health is not None:
            return self.look.theme.status[span.health].text
        return "text.hi" if span.strong else "text.mid"

    def _paint_figures(self, canvas: Canvas) -> float:
        """Paint the figures from the right; return where they begin."""
        left = float(self.width())
        for figure in reversed(self._figures):
            label = canvas.width("small", figure.label)
            value = canvas.width("metric", figure.value)
            unit = canvas.width("body", figure.unit) + 5 if figure.unit else 0.0
            left -= max(label, value + unit)
            ink = self.look.theme.status[figure.health].text if figure.health else self.look.theme["text.hi"]
            canvas.write("small", figure.label, left, 32, "text.low")
            canvas.write("metric", figure.value, left, 64, ink)
            if figure.unit:
                canvas.write("body", figure.unit, left + value + 5, 64, "text.low")
            left -= _FIGURE_GAP
        return left + _FIGURE_GAP if self._figures else float(self.width()) + 32


def fits(look: Look, spans: tuple[Span, ...], room: float) -> bool:
    """Whether the sentence fits one line of the large size."""
    roles = ("headline.strong", "headline")
    return sum(text.width(look.fonts, roles[not span.strong], span.words) for span in spans) <= room
