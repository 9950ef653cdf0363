"""What stands above the wall: what its numbers are and what its signs mean."""

from PySide6.QtCore import QRectF, QSize

from app.model.health import Health
from app.ui.amount import STEPS, ramp_of
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.text import RIGHT
from app.ui.tips import TIP


class WallKey(Part):
    """What the numbers of the wall are, and what its signs mean, in one line."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._said, self._ends = "", ("", "")

    def say(self, said: str, ends: tuple[str, str], taken: str) -> None:
        """Explain another measure; `taken` is how its numbers are taken."""
        self._said, self._ends = said, ends
        self.setProperty(TIP, f"{taken} Each cell is the newest sample at its enclave's data time.")
        signs = "hatched is reserved and idle, a diamond is failed, a dash is not exported, dashed is no data"
        self.setAccessibleName(f"{said}. {signs}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 28)

    def paint(self, canvas: Canvas) -> None:
        baseline, middle = canvas.middle("small", 0, 20), 10.0
        x = float(self.width())
        for said, sign in (
            ("no data", "dashed"),
            ("not exported", "dash"),
            ("failed", "failed"),
            ("reserved, idle", "hatch"),
        ):
            x -= canvas.write("small", said, x, baseline, "text.mid", align=RIGHT) + 22
            box = QRectF(x, middle - 7, 14, 14)
            if sign == "hatch":
                canvas.hatch(box, "faint", step=4)
                canvas.outline(box, "faint", 3)
            elif sign == "failed":
                canvas.status(Health.CRITICAL, box.center().x(), box.center().y(), 14)
            else:
                canvas.outline(box, "line" if sign == "dash" else "text.low", 3, dashes=sign == "dashed")
                if sign == "dash":
                    canvas.rule(box.left() + 4, box.right() - 4, box.center().y(), "text.low")
            x -= 16
        x -= canvas.write("small", self._ends[1], x, baseline, "text.mid", align=RIGHT) + 8
        ramp = ramp_of(canvas.look.theme)
        for step in range(64):
            canvas.fill(QRectF(x - 64 + step, middle - 5, 1, 10), ramp.colours[step * (STEPS - 1) // 63])
        x -= 64 + 8
        x -= canvas.write("small", self._ends[0], x, baseline, "text.mid", align=RIGHT) + 24
        canvas.write("small", self._said, 0, baseline, "text.low", room=max(0.0, x))
