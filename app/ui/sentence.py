"""The page's sentence, and up to four figures right of it, or below it where there is no room."""

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QResizeEvent

from app.model.health import Health
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.text import line_step, width, wrapped

HEIGHT = 82
_LINE, _BELOW_LINE, _FIGURES = 22, 19, 66
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
    """One sentence that answers the page's question; below it, one quiet line.

    Where the sentence needs more than two lines beside the figures, the figures go below it and it takes the lines
    it needs: with large text on a small screen nothing of it is cut off.
    """

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._spans: tuple[Span, ...] = ()
        self._below = ""
        self._figures: tuple[Figure, ...] = ()
        self._tall = False
        self.setFixedHeight(HEIGHT)

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
        self._fit()
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """Take the height that the words need in this width."""
        room = self._beside()
        self._tall = len(self._lines(room)) > 2 or len(wrapped(self.look.fonts, "body", self._below, room)) > 2
        height = HEIGHT
        if self._tall:
            lines, below = len(self._lines(self.width())), len(self._wrapped_below())
            height = 10 + lines * _LINE + below * _BELOW_LINE + (_FIGURES if self._figures else 8)
        if height != self.height():
            self.setFixedHeight(height)

    def _beside(self) -> float:
        """Room for words left of the figures."""
        return self.width() - 32 - sum(wide + _FIGURE_GAP for wide in map(self._figure_width, self._figures))

    def _wrapped_below(self) -> list[str]:
        return wrapped(self.look.fonts, "body", self._below, self.width()) if self._below else []

    def _lines(self, room: float) -> list[list[tuple[str, str, Span]]]:
        """The sentence in its smallest size, broken at spaces: role, words and span of each piece of each line."""
        lines: list[list[tuple[str, str, Span]]] = [[]]
        used, fonts = 0.0, self.look.fonts
        for span in self._spans:
            role = _SIZES[-1][0 if span.strong else 1]
            for part in span.words.replace(" ", " \0").split("\0"):
                if used and used + width(fonts, role, part.rstrip()) > room:
                    lines.append([])
                    used = 0.0
                if part.strip() or used:
                    lines[-1].append((role, part, span))
                    used += width(fonts, role, part)
        return lines

    def paint(self, canvas: Canvas) -> None:
        if self._tall:
            self._paint_tall(canvas)
            return
        self._paint_figures(canvas, 32)
        room = self._beside()
        self._paint_sentence(canvas, room)
        lines = wrapped(self.look.fonts, "body", self._below, room) if self._below else []
        for number, line in enumerate(lines[:2]):
            baseline = 66 if len(lines) == 1 else 60 + number * _BELOW_LINE
            canvas.write("body", line, 0, baseline, "text.low", room=room)

    def _paint_sentence(self, canvas: Canvas, room: float) -> None:
        """On one line in the largest size that fits, else on two."""
        for strong, plain in _SIZES:
            pieces = [(strong if span.strong else plain, span) for span in self._spans]
            if sum(canvas.width(role, span.words) for role, span in pieces) <= room:
                x = 0.0
                for role, span in pieces:
                    x += canvas.write(role, span.words, x, 38, self._ink(span))
                return
        self._paint_lines(canvas, room)

    def _paint_lines(self, canvas: Canvas, room: float) -> float:
        """Paint the sentence over its lines; return where the last one's baseline is."""
        baseline = 0.0
        for number, line in enumerate(self._lines(room)):
            x, baseline = 0.0, 22.0 + number * _LINE
            for role, part, span in line:
                canvas.write(role, part.rstrip(), x, baseline, self._ink(span), room=max(20.0, room - x))
                x += canvas.width(role, part)
        return baseline

    def _paint_tall(self, canvas: Canvas) -> None:
        top = self._paint_lines(canvas, self.width()) + 6
        below = self._wrapped_below()
        rest = QRectF(0, top, self.width(), len(below) * _BELOW_LINE)
        if below:
            canvas.lines("body", self._below, rest, "text.low")
        if self._figures:
            self._paint_figures(canvas, rest.top() + len(below) * line_step(self.look.fonts, "body") + 20, left=0.0)

    def _ink(self, span: Span) -> str | QColor:
        if span.health is not None:
            return self.look.theme.status[span.health].text
        return "text.hi" if span.strong else "text.mid"

    def _figure_width(self, figure: Figure) -> float:
        fonts = self.look.fonts
        unit = width(fonts, "body", figure.unit) + 3 if figure.unit else 0.0
        return max(width(fonts, "small", figure.label), width(fonts, "metric", figure.value) + unit)

    def _paint_figures(self, canvas: Canvas, baseline: float, left: float | None = None) -> None:
        """Paint the figures up to the right edge, or from `left`; their labels stand on `baseline`."""
        wide = [self._figure_width(figure) for figure in self._figures]
        x = self.width() - sum(wide) - _FIGURE_GAP * (len(wide) - 1) if left is None else left
        for figure, room in zip(self._figures, wide, strict=True):
            ink = self.look.theme.status[figure.health].text if figure.health else self.look.theme["text.hi"]
            canvas.write("small", figure.label, x, baseline, "text.low")
            value = canvas.write("metric", figure.value, x, baseline + 32, ink)
            if figure.unit:
                canvas.write("body", figure.unit, x + value + 3, baseline + 32, "text.low")
            x += room + _FIGURE_GAP
