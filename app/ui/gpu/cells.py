"""What is painted of a GPU: one painter for each kind of cell."""

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPixmap

from app.model.health import Health
from app.query.gpu_floor import Gpu, Measure, NodeNow, Told
from app.query.gpus import Trouble
from app.ui import words
from app.ui.amount import STEPS, ramp_of
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.gpu.measures import Reach, number
from app.ui.gpu.sections import Card
from app.ui.text import CENTRE, RIGHT

_RADIUS = 3.0
_GAP = 2.0
_MOST_STAMPS = 2000
_USE = (Measure.BUSY, Measure.ACTIVE)
"""Measures of which an idle GPU says nothing but that it is idle."""


class Shown(NamedTuple):
    """What all cells of a table have in common: the measure, its scale, and whether it is only the last known."""

    measure: Measure
    reach: Reach
    stale: bool = False


class Face(NamedTuple):
    """Everything that a GPU's cell looks like depends on; equal ones are painted once (see `Stamps`)."""

    told: Told
    heard: bool
    failed: bool
    idle: bool
    said: str
    share: float
    hot: Health | None
    stale: bool


def face_of(gpu: Gpu, shown: Shown) -> Face:
    """What a GPU looks like."""
    one = gpu.reading(shown.measure)
    hot = next((problem.health for problem in gpu.problems if problem.trouble is Trouble.HOT), None)
    known = one.told is Told.NOW
    return Face(
        one.told,
        gpu.heard,
        gpu.failed,
        gpu.idle_since == gpu.idle_since and shown.measure in _USE,
        number(shown.measure, one.value) if known else "",
        round(shown.reach.share(one.value) * (STEPS - 1)) / (STEPS - 1) if known else 0.0,
        hot if shown.measure is Measure.HEAT else None,
        shown.stale,
    )


class Stamps:
    """Pictures of cells. Hundreds of GPUs look like a few dozen, and text costs more than everything else."""

    def __init__(self) -> None:
        self._kept: dict[object, QPixmap] = {}

    def show(self, canvas: Canvas, box: QRectF, face: Face) -> None:
        """Show a cell of this face in `box`, which stands on whole pixels."""
        ratio = canvas.painter.device().devicePixelRatioF()
        key = (face, box.width(), box.height(), canvas.look.theme.name, ratio)
        if key not in self._kept:
            if len(self._kept) >= _MOST_STAMPS:
                self._kept.clear()
            self._kept[key] = self._paint(canvas, box, face, ratio)
        canvas.painter.drawPixmap(box.topLeft(), self._kept[key])

    def _paint(self, canvas: Canvas, box: QRectF, face: Face, ratio: float) -> QPixmap:
        pixmap = QPixmap(max(1, round(box.width() * ratio)), max(1, round(box.height() * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        with Canvas(pixmap, canvas.look) as own:
            paint_face(own, QRectF(0, 0, box.width(), box.height()), face)
        return pixmap


def paint_card(canvas: Canvas, cell: QRectF, card: Card, shown: Shown, stamps: Stamps) -> None:
    """A card in its cell: whole, or as thin parts beside each other."""
    box = cell.adjusted(_GAP / 2, _GAP / 2, -_GAP / 2, -_GAP / 2)
    count = len(card.parts)
    each = (box.width() - (count - 1)) / count
    for place, gpu in enumerate(card.parts):
        left = round(box.left() + place * (each + 1))
        right = round(box.left() + place * (each + 1) + each)
        inside = QRectF(left, round(box.top()), right - left, round(box.height()))
        stamps.show(canvas, inside, face_of(gpu, shown))


def paint_face(canvas: Canvas, box: QRectF, face: Face) -> None:
    """One GPU: a colour with its number, or the reason why there is none."""
    theme = canvas.look.theme
    if face.failed:
        ink = theme.status[Health.CRITICAL]
        if not face.stale:
            canvas.fill(box, ink.tint, _RADIUS)
        edge = theme.status[Health.UNKNOWN].symbol if face.stale else ink.edge
        canvas.outline(box, edge, _RADIUS, weight=1.5, dashes=face.stale)
        canvas.status(Health.CRITICAL, box.center().x(), box.center().y(), min(14.0, box.width()), ghost=face.stale)
    elif face.told is Told.NOT_EXPORTED and face.heard:
        canvas.outline(box, "line", _RADIUS)
        _write(canvas, box, "\N{EN DASH}", "text.low")
    elif not face.heard or face.told is Told.SILENT:
        canvas.outline(box, "text.low", _RADIUS, dashes=True)
        _write(canvas, box, "?", "text.low")
    elif face.idle:
        canvas.fill(box, "inset", _RADIUS)
        canvas.hatch(box, "faint", step=5)
        canvas.outline(box, "faint", _RADIUS)
    else:
        _paint_value(canvas, box, face)


def _paint_value(canvas: Canvas, box: QRectF, face: Face) -> None:
    if face.stale:
        canvas.outline(box, canvas.look.theme.status[Health.UNKNOWN].symbol, _RADIUS, dashes=True)
        _write(canvas, box, face.said, "text.low")
        return
    ramp = ramp_of(canvas.look.theme)
    canvas.fill(box, ramp.colour(face.share), _RADIUS)
    _write(canvas, box, face.said, ramp.ink(face.share))
    if face.hot is not None:
        canvas.outline(box, canvas.look.theme.status[face.hot].edge, _RADIUS, weight=2)


def _write(canvas: Canvas, box: QRectF, said: str, colour: str | QColor) -> None:
    """Write into a cell what has room in it; the colour alone says the rest, and the tip all of it."""
    if canvas.width("caption", said) <= box.width() - 2:
        baseline = canvas.middle("caption", box.top(), box.height())
        canvas.write("caption", said, box.center().x(), baseline, colour, align=CENTRE)


def paint_node(canvas: Canvas, cell: QRectF, node: NodeNow, *, marked: bool) -> None:
    """Name of a node, strong where something is wrong with it; its marking where others stand beside it."""
    left = cell.left()
    if marked:
        left += canvas.block(node.enclave.level, left, cell.center().y(), BLOCK_SMALL) + 6
    loud = any(one.health in (Health.CRITICAL, Health.WARNING) for one in node.problems)
    baseline = canvas.middle("mono.small", cell.top(), cell.height())
    ink = "text.hi" if loud else "text.mid"
    canvas.write("mono.small", node.node.id, left, baseline, ink, room=cell.right() - left - 4)


def paint_heat(canvas: Canvas, cell: QRectF, node: NodeNow, *, stale: bool) -> None:
    """The hottest sensor of a node, with the symbol of its state where that is too hot."""
    one = node.hottest
    baseline = canvas.middle("small", cell.top(), cell.height())
    right = cell.right() - 2
    hot = min(
        (problem.health for problem in node.problems if problem.trouble is Trouble.HOT),
        key=lambda health: health.rank,
        default=None,
    )
    if one.told is Told.SILENT:
        canvas.status(Health.UNKNOWN, right - 7, cell.center().y(), 14)
    elif one.told is Told.NOT_EXPORTED:
        canvas.write("small", "\N{EN DASH}", right, baseline, "text.low", align=RIGHT)
    elif hot is None:
        canvas.write("small", f"{one.value:.0f}°", right, baseline, "text.low", align=RIGHT)
    else:
        ink = canvas.colour("text.low") if stale else canvas.look.theme.status[hot].text
        wide = canvas.write("smallstrong", f"{one.value:.0f}°", right, baseline, ink, align=RIGHT)
        canvas.status(hot, right - wide - 11, cell.center().y(), 14, ghost=stale)


def heat_words(node: NodeNow) -> str:
    """The hottest sensor of a node in words."""
    one = node.hottest
    if one.told is Told.NOT_EXPORTED:
        return f"{node.node.id} hottest sensor: not exported"
    if one.told is Told.SILENT:
        return f"{node.node.id} hottest sensor: no data, last {one.value:.0f}{words.GAP}°C"
    return f"{node.node.id} hottest sensor {one.value:.0f}{words.GAP}°C"
