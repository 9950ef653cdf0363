"""GPUs as rows, to be read as a table and exported: every one now, and their nodes over time."""

import math
from itertools import pairwise

from app.query.gpu_floor import ACTIVE, ECC, HEAT, POWER, TOTAL, USE, USED, XID, Gpu, GpuFloor, Measure, NodeNow, Told
from app.query.gpu_past import HeatRows
from app.ui.gpu.gpu_words import state_words
from app.ui.gpu.measures import LABELS
from app.ui.gpu.sentences import wall_title
from app.ui.sheet import Cell, Moment, Sheet

_METRICS = (USE, ACTIVE, USED, TOTAL, POWER, HEAT, XID, ECC)
_HEADS = (
    "Busy (ratio)",
    "SM activity (ratio)",
    "Memory used (bytes)",
    "Memory (bytes)",
    "Power (W)",
    "Temperature (°C)",
    "XIDs counted",
    "Uncorrectable ECC errors",
)


def every_gpu(floor: GpuFloor) -> Sheet:
    """One row for each GPU or part: where it is, what it says, how it is, and of when that is.

    A number that is not exported says so; one that is not of now is left out, and the state says it.
    """
    heads = ("Enclave", "Level", "Node", "GPU", "Model", "Team", *_HEADS, "State", "Data time (UTC)")
    rows = [_row(gpu, node) for node in floor.nodes for gpu in node.gpus]
    return Sheet(wall_title(floor), floor.marking, heads, rows)


def _row(gpu: Gpu, node: NodeNow) -> tuple[Cell, ...]:
    newest = max((one.time for one in gpu.readings.values()), default=math.nan)
    silent = gpu.readings and all(one.told is Told.SILENT for one in gpu.readings.values())
    state = state_words(gpu) or ("no data" if silent else gpu.worst.value)
    where = (node.enclave.name, node.enclave.level.title, node.node.id, gpu.name, node.node.gpu_model, gpu.team)
    return (*where, *(_number(gpu, metric) for metric in _METRICS), state, Moment(newest))


def _number(gpu: Gpu, metric: str) -> Cell:
    one = gpu.readings.get(metric)
    if one is None:
        return "not exported" if gpu.heard else math.nan
    return one.value if one.told is Told.NOW else math.nan


_UNITS = {Measure.POWER: "W", Measure.HEAT: "°C"}


def heat_sheet(floor: GpuFloor, rows: HeatRows) -> Sheet:
    """Nodes over time: one row for each cell that is known; a time without data has none."""
    value = f"{LABELS[rows.measure]} ({_UNITS.get(rows.measure, 'ratio')})"
    names = {picture.enclave.id: picture.enclave.name for picture in floor.pictures}
    known = [
        (names[enclave], node, Moment(start), Moment(end), float(rows.value[row, cell]), float(rows.samples[row, cell]))
        for row, (enclave, node) in enumerate(rows.nodes)
        for cell, (start, end) in enumerate(pairwise(rows.edges.tolist()))
        if not math.isnan(rows.value[row, cell])
    ]
    heads = ("Enclave", "Node", "From (UTC)", "To (UTC)", value, "Samples")
    return Sheet(f"{LABELS[rows.measure]} by node", floor.marking, heads, known)
