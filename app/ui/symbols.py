"""Symbols of status and of work, as painter paths at any size.

A status is never a square (that is a marking's form) and never an icon from a set. Light themes
edge the symbols, because their fills alone do not reach 3:1. A ghost is only an outline: last
known, not current.
"""

import math
from collections.abc import Callable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.model.health import Health
from app.ui.theme import StatusInk, Theme

_INNER_FROM = 13.0


def draw_status(painter: QPainter, theme: Theme, health: Health, box: QRectF, *, ghost: bool = False) -> None:
    """Draw the symbol of `health` into `box`, a square of any size."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _PAINTERS[health](painter, theme, theme.status[health], box, ghost=ghost)
    painter.restore()


def _pen(colour: QColor, weight: float) -> QPen:
    return QPen(colour, weight, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _weight(box: QRectF) -> float:
    return max(1.3, box.width() * 0.105)


def _shape(painter: QPainter, theme: Theme, ink: StatusInk, path: QPainterPath, box: QRectF, *, ghost: bool) -> None:
    if ghost:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(ink.edge, max(1.2, box.width() * 0.09)))
    else:
        painter.setBrush(ink.symbol)
        # the pen of the dark theme has the fill's colour: it only rounds the corners
        painter.setPen(_pen(ink.symbol if theme.dark else ink.edge, max(1.2, box.width() * 0.085)))
    painter.drawPath(path)


def _inner(theme: Theme, ink: StatusInk, *, ghost: bool) -> QColor:
    if ghost:
        return ink.edge
    return theme["canvas"] if theme.dark else QColor("#FFFFFF")


def _critical(painter: QPainter, theme: Theme, ink: StatusInk, box: QRectF, *, ghost: bool) -> None:
    middle, reach = box.center(), box.width() * 0.455
    path = QPainterPath(QPointF(middle.x(), middle.y() - reach))
    for x, y in ((reach, 0), (0, reach), (-reach, 0)):
        path.lineTo(middle.x() + x, middle.y() + y)
    path.closeSubpath()
    _shape(painter, theme, ink, path, box, ghost=ghost)
    if box.width() >= _INNER_FROM:
        arm = box.width() * 0.135
        painter.setPen(_pen(_inner(theme, ink, ghost=ghost), max(1.5, box.width() * 0.12)))
        painter.drawLine(QLineF(middle.x() - arm, middle.y() - arm, middle.x() + arm, middle.y() + arm))
        painter.drawLine(QLineF(middle.x() - arm, middle.y() + arm, middle.x() + arm, middle.y() - arm))


def _warning(painter: QPainter, theme: Theme, ink: StatusInk, box: QRectF, *, ghost: bool) -> None:
    size, middle = box.width(), box.center().x()
    top, bottom, half_width = box.top() + size * 0.10, box.top() + size * 0.885, size * 0.445
    path = QPainterPath(QPointF(middle, top))
    path.lineTo(middle + half_width, bottom)
    path.lineTo(middle - half_width, bottom)
    path.closeSubpath()
    _shape(painter, theme, ink, path, box, ghost=ghost)
    if size >= _INNER_FROM:
        mark = _inner(theme, ink, ghost=ghost) if theme.dark or ghost else _mark_in_straw()
        weight = max(1.4, size * 0.115)
        painter.setPen(_pen(mark, weight))
        painter.drawLine(QLineF(middle, box.top() + size * 0.40, middle, box.top() + size * 0.58))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mark)
        painter.drawEllipse(QPointF(middle, box.top() + size * 0.755), weight * 0.58, weight * 0.58)


def _mark_in_straw() -> QColor:
    """Dark mark inside the light theme's pale triangle; white would be 2:1."""
    return QColor("#3B2A00")


def _healthy(painter: QPainter, theme: Theme, ink: StatusInk, box: QRectF, *, ghost: bool) -> None:
    radius = box.width() * 0.29
    path = QPainterPath()
    path.addEllipse(box.center(), radius, radius)
    if ghost:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(ink.edge, max(1.2, box.width() * 0.09)))
    else:
        painter.setBrush(ink.symbol)
        painter.setPen(Qt.PenStyle.NoPen if theme.dark else _pen(ink.edge, max(1.0, box.width() * 0.06)))
    painter.drawPath(path)


def _ring(painter: QPainter, colour: QColor, box: QRectF) -> float:
    weight = _weight(box)
    radius = box.width() * 0.43 - weight / 4
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(colour, weight))
    painter.drawEllipse(box.center(), radius, radius)
    return radius


def _maintenance(painter: QPainter, theme: Theme, ink: StatusInk, box: QRectF, *, ghost: bool) -> None:
    _ring(painter, ink.symbol, box)
    if box.width() >= _INNER_FROM:
        middle, size = box.center(), box.width()
        painter.setPen(_pen(ink.symbol, max(1.4, size * 0.105)))
        for x in (-size * 0.10, size * 0.10):
            painter.drawLine(QLineF(middle.x() + x, middle.y() - size * 0.13, middle.x() + x, middle.y() + size * 0.13))


def _unknown(painter: QPainter, theme: Theme, ink: StatusInk, box: QRectF, *, ghost: bool) -> None:
    weight = _weight(box)
    radius = box.width() * 0.43 - weight / 4
    # a whole number of dashes, or the ring shows a seam
    dashes = 8 if box.width() < 24 else 10
    step = 2 * math.pi * radius / dashes / weight
    pen = QPen(ink.symbol, weight, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([step * 0.58, step * 0.42])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawEllipse(box.center(), radius, radius)


def _off(painter: QPainter, theme: Theme, ink: StatusInk, box: QRectF, *, ghost: bool) -> None:
    radius = _ring(painter, ink.symbol, box)
    if box.width() >= _INNER_FROM:
        arm, middle = radius * 0.68, box.center()
        painter.drawLine(QLineF(middle.x() - arm, middle.y() + arm, middle.x() + arm, middle.y() - arm))


_PAINTERS: dict[Health, Callable[..., None]] = {
    Health.CRITICAL: _critical,
    Health.WARNING: _warning,
    Health.HEALTHY: _healthy,
    Health.MAINTENANCE: _maintenance,
    Health.UNKNOWN: _unknown,
    Health.OFF: _off,
}


def draw_work(painter: QPainter, theme: Theme, state: str, box: QRectF) -> None:
    """Draw the symbol of a piece of work: ``todo``, ``doing`` or ``done``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = theme["accent"] if state == "doing" else theme["text.low"]
    radius = _ring(painter, colour, box)
    if state == "doing":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        inner = QRectF(0, 0, radius * 1.1, radius * 1.1)
        inner.moveCenter(box.center())
        painter.drawPie(inner, -90 * 16, 180 * 16)
    elif state == "done":
        middle, size = box.center(), box.width()
        tick = QPainterPath(QPointF(middle.x() - size * 0.17, middle.y() + size * 0.01))
        tick.lineTo(middle.x() - size * 0.04, middle.y() + size * 0.14)
        tick.lineTo(middle.x() + size * 0.18, middle.y() - size * 0.13)
        painter.drawPath(tick)
    painter.restore()
