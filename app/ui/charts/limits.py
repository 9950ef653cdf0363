"""What a chart is held against: dashed lines, and where their words have room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPen

from app.ui.canvas import Canvas
from app.ui.charts.curves import Plot
from app.ui.charts.line import Threshold
from app.ui.charts.space import TALL, Space, veil

_DASHES: Final = 22.0
_NEAR: Final = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the words of a limit stand; `free` where neither a curve nor a band nor a limit runs through them."""

    limit: Threshold
    box: QRectF
    free: bool


def worded(space: Space, thresholds: Sequence[Threshold], room: float) -> tuple[tuple[Threshold, ...], list[Place]]:
    """Which limits have their words beside the title, and where those of the others stand.

    Beside the title, which leaves `room`, stands what was promised and then what has no free place on its line.
    """
    titled, left = _fitting(space.plot.canvas, (one for one in thresholds if one.promised), room)
    crowded = (place.limit for place in _places(space, thresholds, titled) if not place.free)
    more, _ = _fitting(space.plot.canvas, crowded, left)
    titled += more
    return tuple(titled), _places(space, thresholds, titled)


def _fitting(canvas: Canvas, limits: Iterable[Threshold], room: float) -> tuple[list[Threshold], float]:
    found = []
    for limit in limits:
        wide = canvas.width("small", limit.words) + _DASHES + 22
        if wide <= room:
            found.append(limit)
            room -= wide
    return found, room


def _places(space: Space, thresholds: Sequence[Threshold], titled: Sequence[Threshold]) -> list[Place]:
    """Above or below its line at one of its ends, else wherever on it nothing runs through, else as it comes."""
    found: list[Place] = []
    box, heights = space.plot.box, [_height(space.plot, limit) for limit in thresholds]
    taken = Space(space.plot, space.curves, space.bands)
    for limit, y in zip(thresholds, heights, strict=True):
        if limit in titled or not box.top() <= y <= box.bottom():
            continue
        wide = space.plot.canvas.width("caption", limit.words) + 8
        sides = [up for up in (y - TALL - 2, y + 2) if box.top() <= up <= box.bottom() - TALL]
        apart = [up for up in sides if not any(up <= other <= up + TALL for other in heights)]
        places = chain(_ends(taken, wide, apart), (one for up in apart for one in taken.clear(wide, up)))
        free = next((one for one in places if taken.is_free(one)), None)
        place = free or next((one for one in _ends(taken, wide, sides) if taken.fits(one)), None)
        if place is not None:  # else the read-out names it
            found.append(Place(limit, place, free is not None))
            taken.said.append(place)
    return found


def _ends(space: Space, wide: float, tops: Sequence[float]) -> list[QRectF]:
    across = space.along(wide)
    return [QRectF(x, top, wide, TALL) for x in (*across[:1], *across[-1:]) for top in tops]


def paint_limits(plot: Plot, thresholds: Sequence[Threshold], placed: Sequence[Place]) -> None:
    """Dashed lines, and the words that stand on them."""
    canvas, box = plot.canvas, plot.box
    for limit in thresholds:
        y = _height(plot, limit)
        if box.top() <= y <= box.bottom():
            _paint_dashes(canvas, limit, QLineF(box.left(), y, box.right(), y))
    for place in placed:
        canvas.fill(place.box, veil(canvas))
        canvas.write("caption", place.limit.words, place.box.left() + 4, place.box.top() + 11, "text.mid")


def paint_titled(canvas: Canvas, titled: Iterable[Threshold], x: float, baseline: float) -> None:
    """Words beside the title, from `x` on, each behind a piece of its line."""
    for limit in titled:
        _paint_dashes(canvas, limit, QLineF(x, round(baseline) - 4.5, x + _DASHES, round(baseline) - 4.5))
        x += _DASHES + 22 + canvas.write("small", limit.words, x + _DASHES + 6, baseline, "text.mid")


def promise_tip(plot: QRectF, share: float, shares: Sequence[tuple[Threshold, float]]) -> str:
    """What explains the promises: above the plot all of them, in it those whose line is near.

    `share` is how high the pointer stands, 0 at the bottom of the plot to 1 at its top; `shares` how high each limit.
    """
    near = [limit for limit, high in shares if share > 1.0 or abs(high - share) * plot.height() <= _NEAR]
    return "\n".join(limit.tip for limit in near if limit.promised and limit.tip)


def _paint_dashes(canvas: Canvas, limit: Threshold, line: QLineF) -> None:
    """The line of a limit or, stronger and in longer dashes, of a promise."""
    pen = QPen(canvas.colour("text.hi" if limit.promised else "text.mid"), 1.0, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([10, 3] if limit.promised else [5, 3.5])
    canvas.painter.setPen(pen)
    canvas.painter.drawLine(line)


def _height(plot: Plot, limit: Threshold) -> float:
    return round(plot.y(limit.value)) + 0.5
