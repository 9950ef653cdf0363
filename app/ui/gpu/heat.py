"""Nodes over time: each row a node, each cell a stretch of time."""

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent

from app.model.health import Freshness, Health
from app.model.time_range import TimeRange
from app.query.gpu_floor import GpuFloor
from app.query.gpu_past import HeatRows
from app.ui import words
from app.ui.amount import STEPS, ramp_of
from app.ui.canvas import BLOCK, Canvas
from app.ui.charts.face import paint_moments
from app.ui.charts.kept import Kept
from app.ui.gpu.measures import FOLDED, LABELS, Reach, reach_of, said, within_sentence
from app.ui.gpu.sheets import heat_sheet
from app.ui.hatch import half
from app.ui.keyboard import commanded
from app.ui.look import Look
from app.ui.part import Reached

_AXIS, _GAP = 22, 10
_ROW_LEAST, _ROW_MOST, _NAMED_FROM = 6, 40, 15
_COMFORTABLE = 420
"""Height of all rows up to which they are as high as their names."""
_LEFT = 44


def width_words(seconds: float) -> str:
    """Width of a cell: ``15 min``, ``2 h``, ``4 d``."""
    return f"{seconds / 60:g}{words.GAP}min" if seconds < 3600 else words.span_words(seconds)


class Group(NamedTuple):
    """Rows of one enclave: the number of the first and how many, when its data ends, and whether it is late."""

    enclave: str
    first: int
    nodes: int
    until: float
    late: bool


class Heatmap(Reached):
    """The heatmap. Time without data is hatched; arrows move over the cells, Enter opens the node.

    Signals
    -------
    opened(str, str)
        Ids of the enclave and the node of a row.
    sheet_wanted(Sheet)
        Show the numbers behind it as a table.
    """

    opened = Signal(str, str)
    sheet_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Nodes over time")
        self._floor: GpuFloor | None = None
        self._rows: HeatRows | None = None
        self._span = TimeRange(0.0, 1.0)
        self._groups: tuple[Group, ...] = ()
        self._reach = Reach(0.0, 1.0)
        self._cursor: tuple[int, int] | None = None
        self._picture = Kept()
        self._version = 0
        self.setMouseTracking(True)

    def show_rows(self, floor: GpuFloor, rows: HeatRows) -> None:
        """Show another answer: `rows` are of the nodes of `floor`, in its order."""
        self._floor, self._rows, self._span = floor, rows, floor.span
        groups, first = [], 0
        for picture in floor.pictures:
            count = sum(name == picture.enclave.id for name, _ in rows.nodes)
            if count:
                late = picture.freshness is not Freshness.FRESH
                groups.append(Group(picture.enclave.id, first, count, picture.covered, late))
            first += count
        self._groups = tuple(groups)
        hot = floor.policy.rule("gpu_temperature_celsius").critical
        self._reach = reach_of(rows.measure, floor.gpus, hot)
        if self._cursor is not None:
            row, cell = self._cursor
            shape = rows.value.shape
            self._cursor = (row, min(cell, shape[1] - 1)) if row < shape[0] else None
        self._version += 1
        self._tell()
        self.updateGeometry()
        self.update()

    @property
    def natural_height(self) -> int:
        """Height that shows every row: high enough for its name where there are few."""
        count = 0 if self._rows is None else len(self._rows.nodes)
        each = min(_NAMED_FROM, max(_ROW_LEAST, _COMFORTABLE // max(1, count)))
        return count * each + max(0, len(self._groups) - 1) * _GAP + _AXIS

    def minimumSizeHint(self) -> QSize:
        return QSize(240, max(120, self.natural_height))

    def sizeHint(self) -> QSize:
        return QSize(480, max(200, self.natural_height))

    # --- where things stand -------------------------------------------------------------------------------

    @property
    def _row_height(self) -> int:
        count = max(1, sum(group.nodes for group in self._groups))
        free = self.height() - _AXIS - max(0, len(self._groups) - 1) * _GAP
        return int(min(_ROW_MOST, max(_ROW_LEAST, free // count)))

    @property
    def _named(self) -> bool:
        return self._row_height >= _NAMED_FROM

    @property
    def _plot(self) -> tuple[float, float]:
        left = float(_LEFT)
        if self._named and self._rows is not None:
            metrics = self.look.fonts.metrics("mono.small")
            widest = max((metrics.horizontalAdvance(node) for _, node in self._rows.nodes), default=0.0)
            left += min(112.0, math.ceil(widest) + 12)
        return left, float(self.width()) - 1

    def _top(self, group: int) -> float:
        return sum(self._groups[n].nodes * self._row_height + _GAP for n in range(group))

    def _row_top(self, row: int) -> float:
        for number, group in enumerate(self._groups):
            if group.first <= row < group.first + group.nodes:
                return self._top(number) + (row - group.first) * self._row_height
        return 0.0

    def _x(self, moment: float) -> float:
        left, right = self._plot
        return left + (moment - self._span.start) / self._span.seconds * (right - left)

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        left, right = self._plot
        if self._rows is None or not left <= at.x() <= right:
            return None
        moment = self._span.start + (at.x() - left) / (right - left) * self._span.seconds
        cell = int(np.searchsorted(self._rows.edges, moment, side="right")) - 1
        for number, group in enumerate(self._groups):
            row = math.floor((at.y() - self._top(number)) / self._row_height)
            if 0 <= row < group.nodes:
                return group.first + row, min(max(cell, 0), self._rows.value.shape[1] - 1)
        return None

    # --- painting -----------------------------------------------------------------------------------------

    def paint(self, canvas: Canvas) -> None:
        rows, floor = self._rows, self._floor
        if rows is None or floor is None or not rows.nodes:
            return
        size = QSizeF(self.width(), self.height())
        self._picture.show(canvas, QPointF(), size, self._version, partial(self._paint_all, floor, rows))
        if self._cursor is not None and self.hasFocus():
            row, cell = self._cursor
            left, right = self._x(rows.edges[cell]), self._x(rows.edges[cell + 1])
            box = QRectF(left - 1, self._row_top(row) - 1, right - left + 2, self._row_height + 1)
            canvas.outline(box, "focus", 2, weight=2)
        if self.ring:
            canvas.outline(QRectF(self.rect()), "focus", 4, weight=1)

    def _paint_all(self, floor: GpuFloor, rows: HeatRows, canvas: Canvas) -> None:
        left, right = self._plot
        for number, group in enumerate(self._groups):
            top = self._top(number)
            level = floor.picture(group.enclave).enclave.level
            canvas.block(level, 0, top + group.nodes * self._row_height / 2, BLOCK)
            self._paint_group(canvas, rows, group, top)
        bottom = self._top(len(self._groups)) - _GAP
        canvas.painter.save()
        canvas.painter.translate(0, bottom + 5)
        paint_moments(canvas, self._span, left, right)
        canvas.painter.restore()

    def _paint_group(self, canvas: Canvas, rows: HeatRows, group: Group, top: float) -> None:
        left, right = self._plot
        tall = group.nodes * self._row_height
        known = min(right, max(left, self._x(group.until))) if not math.isnan(group.until) else left
        canvas.hatch(QRectF(left, top, known - left, tall), "line", step=6)
        warned = half(canvas.look.theme.status[Health.WARNING].symbol)
        canvas.hatch(QRectF(known, top, right - known, tall), warned if group.late else "line", step=6)
        ratio = canvas.painter.device().devicePixelRatioF()
        image = self._image(canvas, rows, group, ratio)
        canvas.painter.drawImage(QRectF(left, top, image.width() / ratio, image.height() / ratio), image)
        for row in range(group.first, group.first + group.nodes):
            y = top + (row - group.first) * self._row_height
            if self._named:
                baseline = canvas.middle("mono.small", y, self._row_height - 1)
                canvas.write("mono.small", rows.nodes[row][1], _LEFT, baseline, "text.low", room=left - _LEFT - 6)
            if not rows.exported[row]:
                self._paint_not_exported(canvas, QRectF(left, y, right - left, self._row_height - 1))

    def _paint_not_exported(self, canvas: Canvas, box: QRectF) -> None:
        canvas.fill(box, "surface")
        canvas.outline(box, "line", 2)
        if self._named:
            baseline = canvas.middle("caption", box.top(), box.height())
            canvas.write("caption", "not exported", box.left() + 8, baseline, "text.low")

    def _image(self, canvas: Canvas, rows: HeatRows, group: Group, ratio: float) -> QImage:
        """The rows of a group in pixels of the device; where nothing is known it is clear, so that the hatch shows."""
        left, right = self._plot
        across, tall = max(1, round((right - left) * ratio)), round(self._row_height * ratio)
        value = rows.value[group.first : group.first + group.nodes]
        colours = np.array([colour.rgba() for colour in ramp_of(canvas.look.theme).colours], np.uint32)
        share = (value - self._reach.low) / (self._reach.high - self._reach.low)
        step = np.clip(np.nan_to_num(share) * (STEPS - 1) + 0.5, 0, STEPS - 1).astype(np.intp)
        cells = np.where(np.isnan(value), np.uint32(0), colours[step])
        moments = self._span.start + (np.arange(across) + 0.5) / across * self._span.seconds
        column = np.clip(np.searchsorted(rows.edges, moments, side="right") - 1, 0, value.shape[1] - 1)
        pixels = np.zeros((group.nodes, tall, across), np.uint32)
        pixels[:] = cells[:, column][:, None, :]
        # a column of time that is not over yet reaches no further than its data
        pixels[:, :, moments > group.until] = 0
        pixels[:, max(1, tall - round(ratio)) :, :] = canvas.colour("surface").rgba()
        image = QImage(pixels.tobytes(), across, group.nodes * tall, across * 4, QImage.Format.Format_ARGB32)
        return image.copy()

    # --- words --------------------------------------------------------------------------------------------

    def cell_words(self, row: int, cell: int) -> str:
        """One cell in words."""
        rows, floor = self._rows, self._floor
        if rows is None or floor is None:
            return ""
        enclave, node = rows.nodes[row]
        start, end = float(rows.edges[cell]), float(rows.edges[cell + 1])
        head = f"{node}, {words.when(start, floor.as_of)} to {words.clock(end)} Z"
        if not rows.exported[row]:
            return f"{head}: {within_sentence(rows.measure)} is not exported"
        value, until = float(rows.value[row, cell]), floor.picture(enclave).covered
        if math.isnan(value):
            late = start >= until
            return f"{head}: nothing has arrived yet" if late else f"{head}: no data"
        return f"{head}: {within_sentence(rows.measure)} {said(rows.measure, value)}"

    def tell_numbers(self) -> None:
        """Say what is shown as plain rows: one for each cell that is known."""
        if self._rows is not None and self._floor is not None:
            self.sheet_wanted.emit(heat_sheet(self._floor, self._rows))

    def tip_at(self, at: QPointF) -> str:
        found = self._cell_at(at)
        if found is None or self._rows is None or self._floor is None:
            return ""
        told = self.cell_words(*found)
        count = int(self._rows.samples[found])
        if not count:
            return told
        made = f"Each cell is {width_words(self._rows.width)}: {FOLDED[self._rows.measure]}."
        return f"{told}\n{made}\n{words.grouped(count)} {words.plural(count, 'sample')} in this one."

    def _tell(self) -> None:
        if self._rows is None:
            return
        name = f"{LABELS[self._rows.measure]} of {len(self._rows.nodes)} nodes over time"
        self.setAccessibleName(f"{name}. {self.cell_words(*self._cursor)}" if self._cursor is not None else name)

    # --- pointer and keys ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(self._cell_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._cursor is None and self.ring and self._rows is not None and self._rows.nodes:
            self._go((0, self._rows.value.shape[1] - 1))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if commanded(event):
            event.ignore()
            return
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        steps = {
            Qt.Key.Key_Left: (0, -many),
            Qt.Key.Key_Right: (0, many),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_K: (-1, 0),
            Qt.Key.Key_J: (1, 0),
        }
        step = None if commanded(event) else steps.get(Qt.Key(event.key()))
        if step is not None and self._rows is not None and self._rows.nodes:
            row, cell = self._cursor or (0, self._rows.value.shape[1] - 1)
            shape = self._rows.value.shape
            self._go((min(max(row + step[0], 0), shape[0] - 1), min(max(cell + step[1], 0), shape[1] - 1)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            event.ignore()

    def _go(self, cell: tuple[int, int] | None) -> None:
        self._cursor = cell
        self._tell()
        self.update()

    def _open(self) -> None:
        if self._cursor is not None and self._rows is not None:
            self.opened.emit(*self._rows.nodes[self._cursor[0]])
