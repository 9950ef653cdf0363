"""What is painted in the matrix: one painter for each kind of cell and head."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.model.health import Freshness, Health
from app.query.fleet import Deployment, EnclaveState, EndpointRow
from app.ui.canvas import BLOCK_LARGE, Canvas
from app.ui.deployment_words import error_words, latency_words, maintenance_words
from app.ui.overview.matrix import MatrixOrder, age_words, healthy_words
from app.ui.spark import SparkShape, draw_spark
from app.ui.tables import draw_arrow
from app.ui.text import RIGHT

LOUD = (Health.CRITICAL, Health.WARNING)
"""States that get a tint, bold numbers and a coloured line; everything else is quiet."""
_HEAD_BASELINE = 67


class CellPlan(NamedTuple):
    """Where things stand inside an enclave's column of a given width; NaN: there is no room for it.

    The curve goes first, then the errors: nothing shrinks below its readable size.
    """

    latency: float
    errors: float
    spark_left: float
    spark_right: float


def plan(width: float) -> CellPlan:
    """Lay out a column: symbol, p95, errors, curve."""
    right = width - 12
    if width >= 300:
        return CellPlan(106, 166, 184, right - 12)
    if width >= 240:
        return CellPlan(98, 153, 166, right - 10)
    if width >= 196:
        return CellPlan(max(106.0, right - 78), right - 8, math.nan, math.nan)
    return CellPlan(right - 8, math.nan, math.nan, math.nan)


def paint_name(canvas: Canvas, cell: QRectF, row: EndpointRow) -> None:
    """Name and purpose of an endpoint."""
    room = cell.width() - 16
    middle = cell.center().y()
    if not row.purpose:
        canvas.write(
            "strong", row.title, cell.left(), canvas.middle("strong", cell.top(), cell.height()), "text.hi", room=room
        )
        return
    canvas.write("strong", row.title, cell.left(), middle - 2, "text.hi", room=room)
    canvas.write("caption", row.purpose, cell.left(), middle + 15, "text.low", room=room)


def paint_cell(canvas: Canvas, cell: QRectF, deployment: Deployment | None, drawn: SparkShape | None) -> None:
    """One deployment: quiet while healthy, tinted while in trouble, greyed and outlined while stale."""
    places = plan(cell.width())
    middle = cell.center().y()
    baseline = canvas.middle("body", cell.top(), cell.height() - 1)
    if deployment is None or deployment.health is Health.OFF:
        said = "Not deployed" if deployment is None else "Off"
        canvas.write("small", said, cell.left() + 34, baseline, "text.low", room=cell.width() - 46)
    elif deployment.health is Health.MAINTENANCE:
        _paint_maintenance(canvas, cell, deployment, places)
    else:
        loud = deployment.health in LOUD and not deployment.stale
        if loud:
            tint = canvas.look.theme.status[deployment.health].tint
            canvas.fill(QRectF(cell.left(), cell.top() + 5, cell.width() - 11, cell.height() - 11), tint, 5)
        size = 18 if deployment.health in LOUD else 16
        canvas.status(deployment.health, cell.left() + 17, middle, size, ghost=deployment.stale)
        _paint_numbers(canvas, cell, deployment, places)
        if drawn is not None and not math.isnan(places.spark_left):
            _paint_spark(canvas, cell, deployment, drawn, places)


def _paint_numbers(canvas: Canvas, cell: QRectF, deployment: Deployment, places: CellPlan) -> None:
    baseline = canvas.middle("body", cell.top(), cell.height() - 1)
    loud = deployment.health in LOUD and not deployment.stale
    blamed = {reason.metric for reason in deployment.reasons}
    latency, errors = latency_words(deployment), error_words(deployment)
    if latency == errors:
        # one statement is enough: the whole deployment says nothing
        canvas.write("small", latency, cell.left() + 34, baseline, "text.low", room=cell.width() - 46)
        return
    for said, number, right, left, metric in (
        (latency, deployment.latency_p95, places.latency, 28.0, "latency"),
        (errors, deployment.error_ratio, places.errors, places.latency + 6, "error"),
    ):
        if math.isnan(right):
            continue
        bold = loud and any(metric in name for name in blamed)
        colour = _number_colour(deployment, metric, loud=loud, bold=bold)
        role = "caption" if math.isnan(number) else "strong" if bold else "body"
        if canvas.width(role, said) > right - left:
            role = "label" if bold else "caption"  # a number gets smaller before it would be cut
        canvas.write(role, said, cell.left() + right, baseline, colour, align=RIGHT, room=right - left)


def _number_colour(deployment: Deployment, metric: str, *, loud: bool, bold: bool) -> str:
    if deployment.stale:
        return "text.low"
    if bold:
        return "text.hi"
    if metric == "latency":
        return "text.hi" if loud else "text.mid"
    return "text.mid" if loud else "text.low"


def _paint_spark(canvas: Canvas, cell: QRectF, deployment: Deployment, drawn: SparkShape, places: CellPlan) -> None:
    box = QRectF(cell.left() + places.spark_left, cell.center().y() - 10, places.spark_right - places.spark_left, 20)
    theme = canvas.look.theme
    if deployment.stale or deployment.health not in LOUD:
        colour = theme["spark"] if not deployment.stale else theme["text.low"]
        draw_spark(canvas, drawn, box, colour, theme["line"], weight=1.3)
    else:
        ink = theme.status[deployment.health]
        colour = ink.symbol if theme.dark else ink.edge
        draw_spark(canvas, drawn, box, colour, theme["line"], weight=1.7)


def _paint_maintenance(canvas: Canvas, cell: QRectF, deployment: Deployment, places: CellPlan) -> None:
    ink = canvas.look.theme.status[Health.MAINTENANCE]
    canvas.status(Health.MAINTENANCE, cell.left() + 17, cell.center().y(), 16, ghost=deployment.stale)
    baseline = canvas.middle("small", cell.top(), cell.height() - 1)
    said = maintenance_words(deployment)
    wide = canvas.write("small", said, cell.left() + 34, baseline, ink.text, room=cell.width() - 50)
    left = cell.left() + 34 + wide + 24
    right = cell.left() + (places.spark_right if not math.isnan(places.spark_right) else cell.width() - 12)
    if right - left > 30:
        canvas.hatch(QRectF(left, cell.center().y() - 8, right - left, 16), "line", step=6)


def paint_name_head(canvas: Canvas, box: QRectF, said: str, order: MatrixOrder | None) -> None:
    """Head of the names; an arrow where they are sorted by it."""
    here = order is not None and not order.enclave
    ink = "text.hi" if here else "text.low"
    wide = canvas.write("label", said, box.left(), _HEAD_BASELINE, ink, room=box.width() - 12)
    if order is not None and here:
        draw_arrow(canvas, box.left() + wide + 9, _HEAD_BASELINE - 4, descending=order.descending)
    canvas.rule(box.left(), box.right(), box.bottom() - 1, "line")


def healthy_form(canvas: Canvas, heads: Sequence[tuple[EnclaveState, float]]) -> int:
    """Which of `healthy_words` stands in every head, each given with its width: the longest that fits in all."""
    shortest = 0
    for state, width in heads:
        name = 8 + canvas.block_width(state.enclave.level, BLOCK_LARGE) + 12 + canvas.width("title", state.enclave.name)
        forms = healthy_words(state)
        fits = [n for n, said in enumerate(forms) if name + 14 + canvas.width("small", said) <= width - 17]
        shortest = max(shortest, fits[0] if fits else len(forms) - 1)
    return shortest


def paint_enclave(
    canvas: Canvas, box: QRectF, state: EnclaveState, form: int, order: MatrixOrder | None = None
) -> None:
    """Marking, name, how many are healthy; the count gets shorter, in every head alike, before the name does.

    An arrow stands after the name where the endpoints are sorted by this enclave.
    """
    x = box.left() + 8
    x += canvas.block(state.enclave.level, x, 23, BLOCK_LARGE) + 12
    right = box.right() - 17
    name = canvas.width("title", state.enclave.name)
    colour = "text.low" if state.freshness in (Freshness.STALE, Freshness.EXPIRED) else "text.mid"
    said = healthy_words(state)[form]
    if name + 14 + canvas.width("small", said) <= right - x:
        canvas.write("small", said, right, canvas.middle("small", 12, 22) + 1, colour, align=RIGHT)
    role = "title" if name <= right - x else "smallstrong"
    wide = canvas.write(role, state.enclave.name, x, canvas.middle(role, 12, 22), "text.hi", room=right + 9 - x)
    if order is not None and order.enclave == state.enclave.id:
        draw_arrow(canvas, min(x + wide + 8, box.right() - 6), 23, descending=order.descending)


def paint_columns(canvas: Canvas, box: QRectF, state: EnclaveState) -> None:
    """What the numbers are, and the age: above the curve, or left of the heads where there is none.

    The age is never cut short: in the narrowest columns it takes the place of "p95".
    """
    places, baseline = plan(box.width()), _HEAD_BASELINE
    fresh = state.freshness is Freshness.FRESH
    colour: str | QColor = "text.low" if fresh else canvas.look.theme.status[Health.WARNING].text
    sign = 0.0 if fresh else 20.0
    latency = box.left() + places.latency
    head = latency - canvas.width("label", "p95") - 10
    if math.isnan(places.spark_right):
        left, right, forms = box.left() + 8, head, age_words(state)[-2:]
    else:
        left, right, forms = box.left() + places.errors + 14, box.left() + places.spark_right, age_words(state)
    fitting = [said for said in forms if canvas.width("label", said) <= right - left - sign]
    said = (fitting or forms[-1:])[0]
    if math.isnan(places.spark_right):
        x = left + sign
        right = x + canvas.write("label", said, x, baseline, colour, room=box.right() - 12 - x)
    else:
        x = right - canvas.write("label", said, right, baseline, colour, align=RIGHT)
    if not fresh:
        canvas.status(Health.WARNING, x - 12, baseline - 5, 14)
    if not math.isnan(places.spark_right) or right <= head + 4:
        canvas.write("label", "p95", latency, baseline, "text.low", align=RIGHT)
    if not math.isnan(places.errors):
        canvas.write("label", "Errors", box.left() + places.errors, baseline, "text.low", align=RIGHT)
