"""Icons of the Lucide set, tinted and cached. A status is never an icon from a set."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer


class Icons:
    """Pixmaps by name, size, colour and device ratio."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pixmaps: dict[tuple[str, float, int, float], QPixmap] = {}

    def draw(self, painter: QPainter, name: str, box: QRectF, colour: QColor) -> None:
        """Draw an icon into a square on whole pixels."""
        ratio = painter.device().devicePixelRatioF()
        key = (name, box.width(), colour.rgba(), ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._render(name, box.width(), colour, ratio)
        painter.drawPixmap(round(box.left()), round(box.top()), self._pixmaps[key])

    def _render(self, name: str, size: float, colour: QColor, ratio: float) -> QPixmap:
        svg = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
        svg = svg.replace("currentColor", colour.name()).replace('stroke-width="2"', 'stroke-width="1.75"')
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
        painter.end()
        return pixmap
