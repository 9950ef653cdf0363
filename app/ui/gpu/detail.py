"""One GPU: everything it says, how old that is, and what was wrong with it."""

from typing import NamedTuple

from PySide6.QtCore import QRectF

from app.query.gpu_floor import Gpu, GpuFloor, NodeNow
from app.ui.canvas import Canvas
from app.ui.gpu.gpu_words import detail_lines, gpu_name
from app.ui.look import Look
from app.ui.tables import Column, Table
from app.ui.text import RIGHT

_ROW = 30


class DetailLine(NamedTuple):
    """What it is, its value, and its age; a `head` stands alone."""

    what: str
    value: str
    age: str
    head: bool = False


def lines_of(gpus: list[Gpu], node: NodeNow, floor: GpuFloor) -> list[DetailLine]:
    """Lines of a card; those of its parts stand below each other, each under its name."""
    lines = []
    for gpu in gpus:
        if len(gpus) > 1:
            lines.append(DetailLine(gpu_name(gpu), "", "", head=True))
        lines += [DetailLine(*line) for line in detail_lines(gpu, node, floor)]
    return lines


def _paint_line(canvas: Canvas, cell: QRectF, line: DetailLine) -> None:
    left, right = cell.left() + 12, cell.right() - 4
    baseline = canvas.middle("small", cell.top(), cell.height())
    if line.head:
        canvas.write("smallstrong", line.what, left, baseline, "text.hi")
        return
    canvas.write("small", line.what, left, baseline, "text.low", room=120)
    taken = canvas.write("small", line.age, right, baseline, "text.low", align=RIGHT)
    quiet = line.value.startswith(("not ", "no ", "none "))
    ink = "text.low" if quiet else "text.hi"
    canvas.write("small", line.value, left + 128, baseline, ink, room=right - taken - left - 138)


def _line_words(line: DetailLine) -> str:
    told = f"{line.what}: {line.value}" if line.value else line.what
    return f"{told}, {line.age} old" if line.age else told


class DetailList(Table[DetailLine]):
    """The lines, to be read with the arrows."""

    def __init__(self, look: Look) -> None:
        column: Column[DetailLine] = Column("", 100, 1.0, _line_words, _paint_line)
        super().__init__(look, "GPU", (column,), row_height=_ROW, headed=False)
        self.shows_selection = False

    def show_card(self, gpus: list[Gpu], node: NodeNow, floor: GpuFloor) -> None:
        """Show another card."""
        self.setAccessibleName(f"Everything of {node.node.id} GPU {gpus[0].card}")
        self.show_rows(lines_of(gpus, node, floor), lambda line: line[:1])

    @property
    def natural_height(self) -> int:
        """Height that shows every line."""
        return len(self.rows.rows) * _ROW
