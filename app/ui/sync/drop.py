"""The drop target: says that a bundle may be dropped, and does the same when pressed."""

from PySide6.QtCore import QRectF

from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Control


class DropTarget(Control):
    """The whole window takes a dropped bundle; this is where it says so."""

    radius = 8.0

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Import a bundle: drop it on the window, or press Ctrl I")
        self.setFixedHeight(76)

    @property
    def body(self) -> QRectF:
        """All of it: its edges meet those of the panels, and the ring is drawn on the edge."""
        return QRectF(self.rect())

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        canvas.fill(body, "raised" if self.hovered else "surface", 8)
        canvas.outline(body, "accent" if self.hovered else "line", 8, weight=1.5, dashes=True)
        canvas.icon("import", body.left() + 34, body.center().y(), 24, "accent")
        x = body.left() + 62
        x += canvas.write(
            "medium", "Drop a bundle here, or press", x, body.center().y() - 4, "text.hi", room=body.width() - 140
        )
        if x + 70 < body.right():
            canvas.key("Ctrl I", x + 10, body.center().y() - 9)
        said = "Checked before anything is read into the cache"
        canvas.write("caption", said, body.left() + 62, body.center().y() + 18, "text.low", room=body.width() - 80)
