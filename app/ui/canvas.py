"""A painter that knows the look: the words painters are written in."""

from types import TracebackType
from typing import Self

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintDevice, QPainter, QPainterPath, QPen

from app.model.health import Health
from app.model.marking import Level
from app.ui import text
from app.ui.hatch import draw_hatch
from app.ui.look import Look
from app.ui.symbols import draw_status, draw_work
from app.ui.text import CENTRE, LEFT

BLOCK_SMALL = (22.0, 16.0)
BLOCK = (24.0, 18.0)
BLOCK_LARGE = (29.0, 22.0)


class Canvas:
    """Painter with tokens, roles, symbols and markings.

    Colours are given as tokens or as colours. Used as a context: ``with Canvas(self, look) as canvas``.
    """

    def __init__(self, device: QPaintDevice | QPainter, look: Look) -> None:
        self._own = not isinstance(device, QPainter)
        self.painter = device if isinstance(device, QPainter) else QPainter(device)
        self.look = look
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)

    def __enter__(self) -> Self:
        self.painter.save()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.painter.restore()
        if self._own:
            self.painter.end()

    def colour(self, colour: str | QColor) -> QColor:
        """Colour of a token: a copy, for whoever changes it must not change the theme."""
        return QColor(self.look.theme[colour] if isinstance(colour, str) else colour)

    def write(
        self,
        role: str,
        words: str,
        x: float,
        baseline: float,
        colour: str | QColor,
        *,
        align: float = LEFT,
        room: float | None = None,
    ) -> float:
        """Write one line; return its width."""
        at = QPointF(x, baseline)
        return text.write(self.painter, self.look.fonts, role, words, at, self.colour(colour), align=align, room=room)

    def lines(self, role: str, words: str, box: QRectF, colour: str | QColor, *, align: float = LEFT) -> float:
        """Write over several lines; return the height used."""
        return text.write_lines(self.painter, self.look.fonts, role, words, box, self.colour(colour), align=align)

    def width(self, role: str, words: str) -> float:
        """Width of one line."""
        return text.width(self.look.fonts, role, words)

    def middle(self, role: str, top: float, height: float) -> float:
        """Baseline for capitals in the middle of a strip."""
        return text.middle(self.look.fonts, role, top, height)

    def fill(self, box: QRectF, colour: str | QColor, radius: float = 0.0) -> None:
        """Fill a rectangle, rounded where `radius` says so; square ones keep their pixels crisp."""
        if radius:
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(self.colour(colour))
            self.painter.drawRoundedRect(box, radius, radius)
        else:
            self._fill_square(box, self.colour(colour))

    def _fill_square(self, box: QRectF, colour: QColor) -> None:
        # not fillRect(): before the first of its nine forms is chosen, the binding makes the classes of all gradients
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(colour)
        self.painter.drawRect(box)

    def outline(
        self, box: QRectF, colour: str | QColor, radius: float = 0.0, *, weight: float = 1.0, dashes: bool = False
    ) -> None:
        """Outline inside the edges of `box`."""
        pen = QPen(self.colour(colour), weight)
        if dashes:
            pen.setDashPattern([5 / weight, 3.5 / weight])
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = weight / 2
        self.painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius, radius)

    def rule(self, left: float, right: float, y: float, colour: str | QColor = "hair") -> None:
        """Horizontal line of one pixel, on the pixel."""
        self._fill_square(QRectF(round(left), round(y), round(right) - round(left), 1), self.colour(colour))

    def status(self, health: Health, x: float, y: float, size: float, *, ghost: bool = False) -> None:
        """Status symbol with its box's centre at (x, y)."""
        box = QRectF(x - size / 2, y - size / 2, size, size)
        draw_status(self.painter, self.look.theme, health, box, ghost=ghost)

    def work(self, state: str, x: float, y: float, size: float) -> None:
        """Symbol of work with its centre at (x, y)."""
        draw_work(self.painter, self.look.theme, state, QRectF(x - size / 2, y - size / 2, size, size))

    def icon(self, name: str, x: float, y: float, size: float, colour: str | QColor) -> None:
        """Icon with its centre at (x, y)."""
        box = QRectF(round(x - size / 2), round(y - size / 2), size, size)
        self.look.icons.draw(self.painter, name, box, self.colour(colour))

    def block(
        self, level: Level | None, x: float, y: float, size: tuple[float, float] = BLOCK, *, outlined: bool = False
    ) -> float:
        """Marking block with its left edge at `x`, its middle at `y`; return its width.

        Square corners, full chroma, capitals centred by cap height. `outlined` is a filter that is off.
        A level the table does not know shows as a question mark in the highest level's colours.
        """
        ink = self.look.markings.ink(level)
        words, role = self._portion(level), _block_role(size)
        wide, height = self.block_width(level, size), size[1]
        box = QRectF(round(x), round(y - height / 2), wide, height)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if outlined:
            self.painter.setPen(QPen(self.colour("text.low"), 1))
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            self.painter.drawRect(box.adjusted(0, 0, -1, -1))
        else:
            self._fill_square(box, ink.background)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self.colour("text.low") if outlined else ink.text
        self.write(role, words, box.center().x(), self.middle(role, box.top(), height), colour, align=CENTRE)
        return wide

    def block_width(self, level: Level | None, size: tuple[float, float] = BLOCK) -> float:
        """Width of a marking block."""
        role = _block_role(size)
        return max(size[0], round(self.width(role, self._portion(level))) + (10 if role == "block" else 14))

    def _portion(self, level: Level | None) -> str:
        return level.portion if level is not None and level in self.look.markings.inks else "?"

    def hatch(self, box: QRectF, colour: str | QColor, *, step: float = 5.0, weight: float = 1.0) -> None:
        """Time without data."""
        draw_hatch(self.painter, box, self.colour(colour), step=step, weight=weight)

    def key(self, words: str, x: float, y: float, colour: str | QColor = "text.low") -> float:
        """Key cap with its left edge at `x`, its middle at `y`; return its width."""
        wide = round(self.width("mono.small", words)) + 12
        box = QRectF(round(x), round(y) - 10, wide, 20)
        self.outline(box, "line" if colour == "text.low" else colour, 4)
        self.write(
            "mono.small", words, box.center().x(), self.middle("mono.small", box.top(), 20), colour, align=CENTRE
        )
        return wide

    def path(self, path: QPainterPath, colour: str | QColor, weight: float) -> None:
        """Line with round joins."""
        pen = QPen(
            self.colour(colour), weight, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        )
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawPath(path)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str | QColor, weight: float = 1.0) -> None:
        """Straight line."""
        self.painter.setPen(QPen(self.colour(colour), weight))
        self.painter.drawLine(QLineF(x1, y1, x2, y2))


def _block_role(size: tuple[float, float]) -> str:
    return "block" if size[1] < 20 else "block.large"
