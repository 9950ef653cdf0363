"""Small curves in table cells: shape only, with the time after the last data left empty and hatched."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainterPath

from app.query.fleet import Spark
from app.ui.canvas import Canvas

_POINTS = 64
"""About one point per 2 px of a cell's curve: more cost time and only add noise."""
_QUIET = 0.4
"""Least span of the vertical scale as a share of the curve's middle, so that ordinary noise stays flat."""


@dataclass(frozen=True, slots=True)
class SparkShape:
    """A curve in unit coordinates, made once per answer.

    `runs` are its unbroken pieces as (x, y) with y upwards; `known` is the share of the range that has data.
    """

    runs: tuple[tuple[tuple[float, float], ...], ...]
    known: float


def shape(spark: Spark) -> SparkShape:
    """Reduce and scale a spark. A bucket without data breaks the line: a gap is never bridged."""
    values = _reduced(list(spark.value))
    span = spark.end - spark.start
    known = 0.0 if math.isnan(spark.known_until) else min(1.0, max(0.0, (spark.known_until - spark.start) / span))
    numbers = [value for value in values if not math.isnan(value)]
    if not numbers:
        return SparkShape((), 0.0)
    low, high = min(numbers), max(numbers)
    least = abs(low + high) / 2 * _QUIET or 1.0
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    runs: list[tuple[tuple[float, float], ...]] = []
    run: list[tuple[float, float]] = []
    for number, value in enumerate(values):
        if math.isnan(value):
            runs.append(tuple(run))
            run = []
        else:
            run.append(((number + 0.5) / len(values), (value - low) / (high - low)))
    runs.append(tuple(run))
    return SparkShape(tuple(run for run in runs if run), known)


def _reduced(values: list[float]) -> list[float]:
    """At most `_POINTS` buckets; of each the value furthest from the overall middle, so peaks survive."""
    if len(values) <= _POINTS:
        return values
    numbers = sorted(value for value in values if not math.isnan(value))
    middle = numbers[len(numbers) // 2] if numbers else 0.0
    kept = []
    for number in range(_POINTS):
        bucket = values[number * len(values) // _POINTS : (number + 1) * len(values) // _POINTS]
        there = [value for value in bucket if not math.isnan(value)]
        kept.append(max(there, key=lambda value: abs(value - middle)) if there else math.nan)
    return kept


def draw_spark(
    canvas: Canvas, drawn: SparkShape, box: QRectF, colour: QColor, hatch: QColor, *, weight: float = 1.4
) -> None:
    """Draw the curve into `box` and hatch what lies after the last data."""
    for run in drawn.runs:
        path = QPainterPath()
        for number, (x, y) in enumerate(run):
            point = QPointF(box.left() + x * box.width(), box.bottom() - y * box.height())
            if number:
                path.lineTo(point)
            else:
                path.moveTo(point)
        if len(run) == 1:
            path.lineTo(path.currentPosition() + QPointF(1.5, 0))
        canvas.path(path, colour, weight)
    tail = (1.0 - drawn.known) * box.width()
    if tail >= 6:
        around = QRectF(round(box.right() - tail), box.center().y() - 9, round(tail), 18)
        canvas.hatch(around, hatch, step=6.0)
