"""Pictures that are painted once and shown many times: what stands still while one pans."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPixmap

from app.ui.canvas import Canvas
from app.ui.look import Look


class Kept:
    """One picture and what it depends on. Text costs more than curves, and most of it does not change.

    What is asked for once is painted where it belongs; only what is asked for again is worth a picture of its own.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._pixmap: QPixmap | None = None

    def show(self, canvas: Canvas, at: QPointF, size: QSizeF, key: object, paint: Callable[[Canvas], None]) -> None:
        """Show the picture with its corner at `at`; `paint` it anew where `key`, theme, size or screen are others."""
        ratio = canvas.painter.device().devicePixelRatioF()
        key = (key, canvas.look.theme.name, size.width(), size.height(), ratio)
        if key != self._key:
            self._key, self._pixmap = key, None
            canvas.painter.save()
            canvas.painter.translate(at)
            canvas.fill(QRectF(QPointF(), size), "surface")
            paint(canvas)
            canvas.painter.restore()
            return
        if self._pixmap is None:
            self._pixmap = self._render(canvas.look, size, ratio, paint)
        canvas.painter.drawPixmap(at, self._pixmap)

    def _render(self, look: Look, size: QSizeF, ratio: float, paint: Callable[[Canvas], None]) -> QPixmap:
        pixmap = QPixmap(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(look.theme["surface"])
        with Canvas(pixmap, look) as canvas:
            paint(canvas)
        return pixmap
