"""The read-out: a line at one moment and a raised card with what every series says there."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.ui import words
from app.ui.canvas import Canvas
from app.ui.charts.line import Line, Reading, Threshold
from app.ui.charts.units import Unit
from app.ui.text import RIGHT

_PAD = 12.0
_ROW = 20.0
_AWAY = 12.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the card."""

    words: str
    value: str
    colour: str


def entries(
    lines: Sequence[Line], found: Sequence[Reading | None], thresholds: Sequence[Threshold], unit: Unit
) -> list[Entry]:
    """Rows of the card: the lines as they stand in the legend, then what they are held against."""
    rows = [
        Entry(line.words, "no data" if one is None else one.say(unit, line.bound), line.colour)
        for line, one in zip(lines, found, strict=True)
    ]
    return rows + [Entry(limit.name or limit.words, unit.say(limit.value), "text.mid") for limit in thresholds]


def moment_words(found: Sequence[Reading | None], moment: float) -> str:
    """``12 Nov 05:32 Z``; a column is named from its start to its end."""
    one = next((reading for reading in found if reading is not None), None)
    start, end = (one.start, one.end) if one is not None else (moment, moment)
    day = words.date(start).rsplit(" ", 1)[0]
    if end - start >= 60.0:
        return f"{day} {words.clock(start)} to {words.clock(end)}{words.GAP}Z"
    whole = round(start) % 60 == 0
    return f"{day} {words.clock(start)}{words.GAP}Z" if whole else f"{day} {words.clock_seconds(start)}"


def paint_card(canvas: Canvas, plot: QRectF, x: float, title: str, rows: Sequence[Entry]) -> QRectF:
    """Paint the card beside the line at `x`, inside of the plot where it fits; return where it stands."""
    high = canvas.painter.device().height() - 4.0
    rows = rows[: max(1, int((high - 2 * _PAD - 14) // _ROW))]  # the limits stand last, and on the chart as well
    names = max(canvas.width("small", row.words) for row in rows)
    values = max(canvas.width("smallstrong", row.value) for row in rows)
    wide = max(names + values + 24 + 20, canvas.width("small", title)) + 2 * _PAD
    tall = 2 * _PAD + 18 + len(rows) * _ROW - 4
    left = x - _AWAY - wide if x - _AWAY - wide >= plot.left() else x + _AWAY
    left = min(left, canvas.painter.device().width() - wide - 2)
    top = min(plot.top() + 2, high + 2 - tall)
    box = QRectF(round(max(2.0, left)), round(max(2.0, top)), round(wide), round(tall))
    shadow = canvas.colour("scrim")
    shadow.setAlpha(16 if canvas.look.theme.dark else 6)
    for grow in (5, 3, 1):
        canvas.fill(box.adjusted(-grow, -grow + 2, grow, grow + 2), shadow, 8 + grow)
    canvas.fill(box, "raised" if canvas.look.theme.dark else "surface", 8)
    canvas.outline(box, "line", 8)
    canvas.write("small", title, box.left() + _PAD, box.top() + _PAD + 11, "text.low")
    y = box.top() + _PAD + 18 + 13
    for row in rows:
        canvas.fill(QRectF(box.left() + _PAD, y - 6, 10, 3), row.colour, 1.5)
        canvas.write("small", row.words, box.left() + _PAD + 18, y, "text.mid")
        canvas.write("smallstrong", row.value, box.right() - _PAD, y, "text.hi", align=RIGHT)
        y += _ROW
    return box
