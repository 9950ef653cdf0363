"""What is left of each enclave: time of GPUs, whole GPUs, memory, and until when."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QRectF

from app.analysis.trend import Course, Forecast
from app.model.health import Freshness, Health
from app.query.enclaves import Picture
from app.query.gpu_floor import GpuFloor, Sum
from app.ui import words
from app.ui.canvas import BLOCK, Canvas
from app.ui.gpu.measures import memory_words
from app.ui.gpu.outlook import outlook_tip, outlook_words
from app.ui.look import Look
from app.ui.tables import Column, Table
from app.ui.text import RIGHT

_ROW = 33


class CapacityRow(NamedTuple):
    """What is left of one enclave; `forecast` is None until it has been read."""

    picture: Picture
    total: Sum
    forecast: Forecast | None
    floor: GpuFloor


def capacity_rows(floor: GpuFloor, forecasts: Mapping[str, Forecast]) -> list[CapacityRow]:
    """One row for each enclave in view that declares a node."""
    return [
        CapacityRow(
            picture,
            floor.sum([gpu for node in floor.nodes_of(picture.enclave.id) for gpu in node.gpus]),
            forecasts.get(picture.enclave.id),
            floor,
        )
        for picture in floor.pictures
        if floor.nodes_of(picture.enclave.id)
    ]


def _left(row: CapacityRow) -> str:
    return words.percent(1.0 - row.total.busy, 0) if row.total.busy_of else "not known"


def _free(row: CapacityRow) -> str:
    return words.grouped(row.total.free) if row.total.busy_of and row.total.memory_of else "not known"


def _memory(row: CapacityRow) -> str:
    return memory_words(row.total.total - row.total.used) if row.total.memory_of else "not known"


def _until(row: CapacityRow) -> str:
    if row.forecast is None:
        return ""
    return outlook_words(row.forecast, row.floor.as_of, row.floor.policy.gpu.forecast_ahead_days)


def _share_left(row: CapacityRow) -> float:
    return 1.0 - row.total.busy


def _free_count(row: CapacityRow) -> float:
    return float(row.total.free) if row.total.busy_of and row.total.memory_of else math.nan


def _bytes_left(row: CapacityRow) -> float:
    return row.total.total - row.total.used if row.total.memory_of else math.nan


def _place(row: CapacityRow) -> str:
    fresh = row.picture.freshness is Freshness.FRESH
    old = "" if fresh or math.isnan(row.picture.age) else f", {words.age(row.picture.age)} old"
    return f"{row.picture.enclave.level.title}, {row.picture.enclave.name}{old}"


def _paint_place(canvas: Canvas, cell: QRectF, row: CapacityRow) -> None:
    canvas.block(row.picture.enclave.level, cell.left() + 12, cell.center().y(), BLOCK)


def _paint_until(canvas: Canvas, cell: QRectF, row: CapacityRow) -> None:
    said = _until(row)
    soon = row.forecast is not None and (
        row.forecast.course is Course.FULL or (row.forecast.course is Course.RISING and said.startswith(("in", "from")))
    )
    stale = row.picture.freshness in (Freshness.STALE, Freshness.EXPIRED)
    soon, right = soon and not stale, cell.right() - 12
    role: str = "smallstrong" if soon else "small"
    quiet = canvas.colour("text.low" if stale else "text.mid")
    ink = canvas.look.theme.status[Health.WARNING].text if soon else quiet
    wide = canvas.write(role, said, right, canvas.middle(role, cell.top(), cell.height()), ink, align=RIGHT)
    if soon:
        canvas.status(Health.WARNING, right - wide - 11, cell.center().y(), 14)


def _number(says: Any) -> Any:
    def paint(canvas: Canvas, cell: QRectF, row: CapacityRow) -> None:
        said = says(row)
        known = said != "not known"
        stale = row.picture.freshness in (Freshness.STALE, Freshness.EXPIRED)
        ink = "text.hi" if known and not stale else "text.low"
        baseline = canvas.middle("small", cell.top(), cell.height())
        canvas.write("small", said, cell.right() - 12, baseline, ink, align=RIGHT, room=cell.width() - 14)

    return paint


def capacity_tip(row: CapacityRow, column: int) -> str:
    """Where a number comes from."""
    total, policy = row.total, row.floor.policy.gpu
    if column == 1:
        return (
            f"100 % less the mean utilisation of the {total.busy_of} GPUs that say it, by their newest samples. "
            "Utilisation is time with a kernel running, so more may fit beside it."
        )
    if column == 2:
        return (
            f"GPUs whose newest utilisation is 0 and that hold less than {memory_words(policy.idle_memory_bytes)}. "
            f"{total.idle} more are idle but hold memory."
        )
    if column == 3:
        of = f"of the {total.memory_of} GPUs and parts that say both"
        return f"{memory_words(total.used, total.total)} are in use, {of}."
    if column == 4 and row.forecast is not None:
        return outlook_tip(row.forecast, row.floor, row.picture)
    return _place(row)


def _tip(column: int) -> Callable[[CapacityRow], str]:
    return lambda row: capacity_tip(row, column)


class CapacityTable(Table[CapacityRow]):
    """The rows, lowest level first."""

    def __init__(self, look: Look) -> None:
        columns: Sequence[Column[CapacityRow]] = (
            Column("", 42, 0.0, _place, _paint_place, head="Enclave"),
            Column(
                "GPU time",
                78,
                0.6,
                _left,
                _number(_left),
                RIGHT,
                value=_share_left,
                head="GPU time left (ratio)",
                tip=_tip(1),
            ),
            Column("Free GPUs", 86, 0.6, _free, _number(_free), RIGHT, 418, value=_free_count, tip=_tip(2)),
            Column(
                "Memory left",
                94,
                0.8,
                _memory,
                _number(_memory),
                RIGHT,
                value=_bytes_left,
                head="Memory left (bytes)",
                tip=_tip(3),
            ),
            Column("Limit reached", 118, 1.0, _until, _paint_until, RIGHT, tip=_tip(4)),
        )
        super().__init__(look, "Capacity left by enclave", columns, row_height=_ROW)
        self.shows_selection = False

    @property
    def natural_height(self) -> int:
        """Height that shows every enclave."""
        return 34 + max(1, len(self.rows.rows)) * _ROW
