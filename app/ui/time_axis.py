"""A time axis that always runs to now: where a moment stands, and the labels below."""

from datetime import UTC, datetime
from typing import NamedTuple

from app.model.time_range import TimeRange
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.text import CENTRE, LEFT, RIGHT

_STEPS = (300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 2 * 86400, 5 * 86400, 10 * 86400)
_APART = 76.0


class TimeAxis(NamedTuple):
    """A span drawn from pixel `left` to pixel `right`."""

    span: TimeRange
    left: float
    right: float

    def x(self, moment: float) -> float:
        """Pixel of a moment, kept inside the axis."""
        share = (moment - self.span.start) / self.span.seconds
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def ticks(self) -> list[float]:
        """Round moments, UTC, far enough apart to be labelled."""
        pixels = self.right - self.left
        step = next((s for s in _STEPS if s / self.span.seconds * pixels >= _APART), _STEPS[-1])
        first = (self.span.start // step + 1) * step
        return [first + number * step for number in range(int((self.span.end - first) // step) + 1)]

    def paint(self, canvas: Canvas, baseline: float) -> None:
        """Write the labels: the start, round moments, ``now``."""
        long = self.span.seconds > 2 * 86400
        start = _day(self.span.start) if long else words.clock(self.span.start)
        begins = self.left + canvas.write("caption", start, self.left, baseline, "text.low", align=LEFT)
        ends = self.right - canvas.write("caption", "now", self.right, baseline, "text.low", align=RIGHT)
        for moment in self.ticks():
            label = _day(moment) if long else words.clock(moment)
            reach = canvas.width("caption", label) / 2 + 20
            if self.x(moment) - reach > begins and self.x(moment) + reach < ends:
                canvas.write("caption", label, self.x(moment), baseline, "text.low", align=CENTRE)


def _day(moment: float) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {day:%b}"
