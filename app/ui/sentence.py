"""The page's sentence, and up to four figures right of it."""

import re
from typing import NamedTuple

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor

from app.model.health import Health
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part

HEIGHT = 82
_FIGURE_GAP = 40
_SIZES = (
    ("headline.strong", "headline"),
    ("headline.mid.strong", "headline.mid"),
    ("title", "headline.small"),
)


class Span(NamedTuple):
    """A piece of the sentence: plain, strong, or strong in the ink of a state."""

    words: str
    strong: bool = False
    health: Health | None = None


class Figure(NamedTuple):
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
        """On one line in the largest size that fits, else on two; nothing of it is cut off."""
        for strong, plain in _SIZES:
            pieces = [(strong if span.strong else plain, span) for span in self._spans]
            if sum(canvas.width(role, span.words) for role, span in pieces) <= room:
                x = 0.0
                for role, span in pieces:
                    x += canvas.write(role, span.words, x, 38, self._ink(span))
                return
        strong, plain = _SIZES[-1]
        x, baseline = 0.0, 22.0
        for span in self._spans:
            role = strong if span.strong else plain
            for word in re.findall(r" *[^ ]+", span.words):
                if x + canvas.width(role, word) > room and baseline < 40:
                    x, baseline = 0.0, 44.0
                shown = word if x else word.lstrip()
                x += canvas.write(role, shown, x, baseline, self._ink(span), room=max(20.0, room - x))

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
            unit = canvas.width("body", figure.unit) + 3 if figure.unit else 0.0
            left -= max(label, value + unit)
            ink = self.look.theme.status[figure.health].text if figure.health else self.look.theme["text.hi"]
            canvas.write("small", figure.label, left, 32, "text.low")
            canvas.write("metric", figure.value, left, 64, ink)
            if figure.unit:
                canvas.write("body", figure.unit, left + value + 3, 64, "text.low")
            left -= _FIGURE_GAP
        return left + _FIGURE_GAP if self._figures else float(self.width()) + 32
