"""The head of an endpoint: its marking, its name, how it is, and the sentence."""

import re

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor

from app.model.health import Health
from app.query.endpoint import EndpointAnswer
from app.ui.canvas import BLOCK_LARGE, Canvas
from app.ui.endpoint.sentences import chip_words, evidence, sentence
from app.ui.look import Look
from app.ui.part import Part
from app.ui.sentence import Span

_NAME = 44
_LINE = 21


class EndpointHead(Part):
    """One endpoint in one enclave; the sentence wraps, nothing of it is cut off."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._answer: EndpointAnswer | None = None
        self._spans: tuple[Span, ...] = ()
        self.name, self._chip, self._evidence = "", "", ""
        self.setFixedHeight(_NAME + 2 * _LINE + 8)

    @property
    def words(self) -> str:
        """The sentence as text."""
        return "".join(span.words for span in self._spans)

    def show_answer(self, answer: EndpointAnswer) -> None:
        """Show another answer."""
        self._answer, self._spans = answer, sentence(answer)
        self.name, self._chip = answer.here.endpoint.title, chip_words(answer.here, answer.as_of)
        self._evidence = evidence(answer)
        enclave = answer.here.enclave
        place = ", ".join(dict.fromkeys((enclave.name, enclave.level.title)))
        self.setAccessibleName(f"{self.name}, {place}. {self._chip}. {self.words}")
        self._fit()

    def show_name(self, name: str) -> None:
        """Show a name about which nothing is known yet."""
        self._answer, self._spans, self.name, self._chip, self._evidence = None, (), name, "", ""
        self.setAccessibleName(name)
        self._fit()

    def tip_at(self, at: QPointF) -> str:
        return self._evidence

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        lines = max(1, len(self._lines(self.width())))
        self.setFixedHeight(_NAME + lines * _LINE + 12)
        self.update()

    def _lines(self, room: float) -> list[list[tuple[str, Span]]]:
        """Words with their span, line by line."""
        lines: list[list[tuple[str, Span]]] = [[]]
        x = 0.0
        for span in self._spans:
            role = "strong" if span.strong else "body"
            for word in re.findall(r" *[^ ]+", span.words):
                wide = self.look.fonts.width(role, word)
                if lines[-1] and x + wide > room:
                    lines.append([])
                    x, word = 0.0, word.lstrip()  # noqa: PLW2901 -- a line begins without a space
                    wide = self.look.fonts.width(role, word)
                lines[-1].append((word, span))
                x += wide
        return lines

    def paint(self, canvas: Canvas) -> None:
        x, middle = 0.0, 20.0
        if self._answer is not None:
            x += canvas.block(self._answer.here.enclave.level, x, middle, BLOCK_LARGE) + 14
        chip = canvas.width("smallstrong", self._chip) + 46 if self._chip else 0.0
        baseline = canvas.middle("headline.strong", 4, 32)
        room = max(80.0, self.width() - x - chip - 16)
        x += canvas.write("headline.strong", self.name, x, baseline, "text.hi", room=room) + 14
        if self._answer is not None:
            self._paint_chip(canvas, x, middle, chip, self._answer.here.health)
        y = _NAME + 14.0
        for line in self._lines(self.width()):
            x = 0.0
            for word, span in line:
                x += canvas.write("strong" if span.strong else "body", word, x, y, self._ink(span))
            y += _LINE

    def _paint_chip(self, canvas: Canvas, left: float, middle: float, wide: float, health: Health) -> None:
        stale = self._answer is not None and self._answer.here.stale
        ink = canvas.look.theme.status[Health.UNKNOWN if stale else health]
        loud = health in (Health.CRITICAL, Health.WARNING, Health.MAINTENANCE) and not stale
        box = QRectF(left, middle - 13, wide, 26)
        canvas.fill(box, ink.tint if loud else canvas.colour("raised"), 13)
        canvas.status(health, box.left() + 19, middle, 14, ghost=stale)
        baseline = canvas.middle("smallstrong", box.top(), box.height())
        canvas.write("smallstrong", self._chip, box.left() + 33, baseline, ink.text if loud else "text.mid")

    def _ink(self, span: Span) -> str | QColor:
        if span.health is not None:
            return self.look.theme.status[span.health].text
        return "text.hi" if span.strong else "text.mid"
