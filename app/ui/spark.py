"""Small curves in table cells: shape only, with the time after the last data left empty and hatched."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainterPath, QPolygonF

from app.query.fleet import Spark
from app.ui.canvas import Canvas

_POINTS = 64
"""About one point per 2 px of a cell's curve: more cost time and only add noise."""
_QUIET = 0.4
"""Least span of the vertical scale as a share of the curve's middle, so that ordinary noise stays flat."""


class SparkShape(NamedTuple):
    """A curve in unit coordinates, made once per answer.

    `runs` are its unbroken pieces as (x, y) with y upwards; `known` is the share of the range that has data.
    """

    runs: tuple[tuple[tuple[float, float], ...], ...]
    known: float


def shape(spark: Spark) -> SparkShape:
    """Reduce and scale a spark. A bucket without data breaks the line: a gap is never bridged."""
    values = _reduced(tuple(spark.value))
    span = spark.end - spark.start
    known = 0.0 if math.isnan(spark.known_until) else min(1.0, max(0.0, (spark.known_until - spark.start) / span))
    numbers = [value for value in values if value == value]  # noqa: PLR0124 -- quicker than isnan, and as right
    if not numbers:
        return SparkShape((), 0.0)
    low, high = min(numbers), max(numbers)
    least = abs(low + high) / 2 * _QUIET or 1.0
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    runs: list[tuple[tuple[float, float], ...]] = []
    run: list[tuple[float, float]] = []
    count, tall = len(values), high - low
    for number, value in enumerate(values):
        if value == value:  # noqa: PLR0124 -- as above
            run.append(((number + 0.5) / count, (value - low) / tall))
        elif run:
            runs.append(tuple(run))
            run = []
    if run:
        runs.append(tuple(run))
    return SparkShape(tuple(runs), known)


def _reduced(values: tuple[float, ...]) -> Sequence[float]:
    """At most `_POINTS` buckets; of each the value furthest from the overall middle, so peaks survive."""
    count = len(values)
    if count <= _POINTS:
        return values
    numbers = sorted([value for value in values if value == value])  # noqa: PLR0124 -- as above
    middle = numbers[len(numbers) // 2] if numbers else 0.0
    kept = []
    for number in range(_POINTS):
        best, far = math.nan, -1.0
        for value in values[number * count // _POINTS : (number + 1) * count // _POINTS]:
            if abs(value - middle) > far:  # False for NaN
                best, far = value, abs(value - middle)
        kept.append(best)
    return kept


def draw_spark(
    canvas: Canvas, drawn: SparkShape, box: QRectF, colour: QColor, hatch: QColor, *, weight: float = 1.4
) -> None:
    """Draw the curve into `box` and hatch what lies after the last data."""
    left, wide, bottom, tall = box.left(), box.width(), box.bottom(), box.height()
    for run in drawn.runs:
        points = [QPointF(left + x * wide, bottom - y * tall) for x, y in run]
        if len(points) == 1:
            points.append(points[0] + QPointF(1.5, 0))
        path = QPainterPath()
        path.addPolygon(QPolygonF(points))
        canvas.path(path, colour, weight)
    tail = (1.0 - drawn.known) * box.width()
    if tail >= 6:
        around = QRectF(round(box.right() - tail), box.center().y() - 9, round(tail), 18)
        canvas.hatch(around, hatch, step=6.0)
