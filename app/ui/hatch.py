"""The hatch: time without data."""

import math

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen


def draw_hatch(painter: QPainter, box: QRectF, colour: QColor, *, step: float = 5.0, weight: float = 1.0) -> None:
    """Draw lines at 45 degrees, clipped to `box`; a Qt pattern brush would follow the view and blur at 2x."""
    if box.width() <= 0 or box.height() <= 0:
        return
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, weight))
    # anchored to the origin of the surface, so that neighbouring boxes continue each other's lines
    first = math.floor((box.left() + box.top()) / step) * step
    last = box.right() + box.bottom()
    lines = []
    offset = first
    while offset <= last:
        lines.append(QLineF(offset - box.top(), box.top(), offset - box.bottom(), box.bottom()))
        offset += step
    painter.drawLines(lines)
    painter.restore()


def half(colour: QColor) -> QColor:
    """The same colour at half strength, as hatches of stale data are drawn."""
    faded = QColor(colour)
    faded.setAlphaF(colour.alphaF() * 0.5)
    return faded
