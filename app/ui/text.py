"""Text on a painter: one helper for baseline, alignment and elision."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.ui.theme import Fonts

LEFT, CENTRE, RIGHT = 0.0, 0.5, 1.0


def width(fonts: Fonts, role: str, text: str) -> float:
    """Advance of `text` in logical pixels."""
    return fonts.width(role, text)


def elided(fonts: Fonts, role: str, text: str, room: float, *, middle: bool = False) -> str:
    """`text`, shortened with an ellipsis to fit `room` pixels, at its end or in its middle."""
    if fonts.width(role, text) <= room:
        return text
    metrics = fonts.metrics(role)
    mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    return metrics.elidedText(text, mode, max(0.0, room))


def write(
    painter: QPainter,
    fonts: Fonts,
    role: str,
    text: str,
    at: QPointF,
    colour: QColor,
    *,
    align: float = LEFT,
    room: float | None = None,
) -> float:
    """Write one line with its baseline at `at` and return its width.

    `align` is the share of the width left of the point: LEFT, CENTRE or RIGHT.
    The start is rounded to a whole pixel so that columns line up.
    """
    if room is not None:
        text = elided(fonts, role, text, room)
    wide = width(fonts, role, text)
    painter.setFont(fonts.font(role))
    painter.setPen(colour)
    painter.drawText(QPointF(round(at.x() - wide * align), round(at.y())), text)
    return wide


def middle(fonts: Fonts, role: str, top: float, height: float) -> float:
    """Baseline that puts capitals in the optical middle of a strip."""
    return round(top + (height + fonts.metrics(role).capHeight()) / 2)


def wrapped(fonts: Fonts, role: str, text: str, room: float) -> list[str]:
    """`text` broken at spaces into lines that fit `room`; a word that is too long is elided."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and width(fonts, role, longer) > room:
            lines.append(elided(fonts, role, line, room))
            line = word
        else:
            line = longer
    if line:
        lines.append(elided(fonts, role, line, room))
    return lines


def write_lines(
    painter: QPainter,
    fonts: Fonts,
    role: str,
    text: str,
    box: QRectF,
    colour: QColor,
    *,
    align: float = LEFT,
    step: float = 0.0,
) -> float:
    """Write `text` over several lines from the top of `box`; return the height used."""
    step = step or line_step(fonts, role)
    x = box.left() + box.width() * align
    ascent = fonts.metrics(role).ascent()
    lines = wrapped(fonts, role, text, box.width())
    for number, line in enumerate(lines):
        write(painter, fonts, role, line, QPointF(x, box.top() + ascent + number * step), colour, align=align)
    return len(lines) * step


def line_step(fonts: Fonts, role: str) -> float:
    """Distance of two baselines of running text."""
    return round(fonts.metrics(role).height() * 1.08)
