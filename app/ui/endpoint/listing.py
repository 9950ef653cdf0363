"""The list of all deployments, worst first."""

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.model.health import Health
from app.query.fleet import Deployment, Fleet
from app.ui import words
from app.ui.canvas import BLOCK, Canvas
from app.ui.deployment_words import error_words, latency_words, rate_words, replica_words
from app.ui.tables import PAD, Column
from app.ui.text import LEFT, RIGHT

ROW = 44
_LOUD = (Health.CRITICAL, Health.WARNING)


def rows_of(fleet: Fleet) -> list[Deployment]:
    """Every deployment, worst first; within a state by the people it hurts, then by name and enclave."""
    cells = [cell for row in fleet.rows for cell in row.cells.values()]
    return sorted(
        cells, key=lambda one: (one.health.rank, -one.endpoint.user_weight, one.endpoint.id, one.enclave.order)
    )


def columns() -> tuple[Column[Deployment], ...]:
    """Columns of the list; numbers leave the console in the unit of their head, and each says what it is."""
    right = RIGHT
    return (
        Column("Endpoint", 216, 0.1, _name_words, _paint_name, value=lambda one: one.endpoint.title, tip=_name_tip),
        Column("", 64, 0.0, _place_words, _paint_mark, head="Enclave", by=lambda one: int(one.enclave.level)),
        Column("State since", 200, 0.2, since_words, _paint_since, by=_since, tip=_since_tip),
        Column("p95", 92, 0.2, latency_words, _paint_latency, right, 0, _p95, head="p95, s", tip=_p95_tip),
        Column("Errors", 84, 0.2, error_words, _paint_errors, right, 0, _errors, head="Errors, ratio", tip=_error_tip),
        Column("Requests", 92, 0.2, rate_words, _paint_rate, right, 900, _rate, head="Requests, 1/s", tip=_rate_tip),
        Column("Ready", 84, 0.2, replica_words, _paint_replicas, right, 1000, by=lambda one: one.replicas_ready),
        Column("Data", 92, 0.2, age_words, _paint_age, right, 760, _age, head="Age of the data, s", tip=_age_tip),
        Column("Why", 180, 2.6, why_words, _paint_why, drop_below=1120),
    )


def _p95(one: Deployment) -> float:
    return one.latency_p95


def _errors(one: Deployment) -> float:
    return one.error_ratio


def _rate(one: Deployment) -> float:
    return one.requests_rate


def _age(one: Deployment) -> float:
    return one.age


def _measured_at(one: Deployment) -> str:
    if math.isnan(one.data_time):
        return "No sample of it has ever arrived."
    return f"Newest sample {words.date(one.data_time)} {words.clock(one.data_time)} Z, by the collector's clock."


def _name_tip(one: Deployment) -> str:
    told = [f"{one.endpoint.title}, {_place_words(one)}", one.endpoint.purpose]
    told += [f"{name} {said}" for name, said in (("Model", one.endpoint.model), ("Owner:", one.endpoint.owner)) if said]
    return "\n".join(line for line in told if line)


def _since_tip(one: Deployment) -> str:
    if math.isnan(one.since):
        return "When the state began is not known."
    return f"In this state since {words.date(one.since)} {words.clock(one.since)} Z, judged by the health policy."


def _p95_tip(one: Deployment) -> str:
    return f"p95 of the slowest version in the newest known minute: {latency_words(one)}. {_measured_at(one)}"


def _error_tip(one: Deployment) -> str:
    source = f", counted by {one.error_source}" if one.error_source else ""
    return f"Failed of all requests over the policy's window{source}: {error_words(one)}. {_measured_at(one)}"


def _rate_tip(one: Deployment) -> str:
    return f"Requests of all versions per second over the policy's window: {rate_words(one)}. {_measured_at(one)}"


def _age_tip(one: Deployment) -> str:
    return f"{_measured_at(one)} Its age grows until the next bundle comes."


def _place_words(one: Deployment) -> str:
    return f"{one.enclave.name}, {one.enclave.level.title}"


def _name_words(one: Deployment) -> str:
    known = "last known " if one.stale else ""
    return f"{one.endpoint.title}: {known}{words.STATES[one.health]}"


def since_words(one: Deployment) -> str:
    """How long it has been in its state; of what is well, that it is."""
    state = words.capitalised(words.STATES[one.health].removeprefix("in "))
    state = f"Last known {words.STATES[one.health]}" if one.stale else state
    seconds = _since(one)
    quiet = one.health in (Health.HEALTHY, Health.OFF) or math.isnan(seconds)
    return state if quiet else f"{state} {words.age(seconds)}"


def _since(one: Deployment) -> float:
    """Seconds in the present state; NaN where its beginning is not known."""
    return one.data_time + one.age - one.since


def age_words(one: Deployment) -> str:
    """Age of a deployment's newest sample."""
    return words.NO_DATA if math.isnan(one.age) else f"{words.age(one.age)} old"


def why_words(one: Deployment) -> str:
    """Why it is not healthy."""
    return words.capitalised("; ".join(reason.text for reason in one.reasons))


def _paint_name(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    middle, left = cell.center().y(), cell.left() + PAD
    canvas.status(one.health, left + 9, middle, 18 if one.health in _LOUD else 16, ghost=one.stale)
    room = cell.width() - PAD - 34
    canvas.write("strong", one.endpoint.title, left + 30, middle - 2, "text.hi", room=room)
    canvas.write("caption", one.endpoint.purpose, left + 30, middle + 14, "text.low", room=room)


def _paint_mark(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    canvas.block(one.enclave.level, cell.left() + PAD, cell.center().y(), BLOCK)


def _paint_since(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    loud = one.health in _LOUD and not one.stale
    colour = canvas.look.theme.status[one.health].text if loud else canvas.colour("text.low")
    _write(canvas, cell, since_words(one), "smallstrong" if loud else "small", colour, right=False)


def _write(canvas: Canvas, cell: QRectF, said: str, role: str, colour: str | QColor, *, right: bool = True) -> None:
    baseline = canvas.middle(role, cell.top(), cell.height())
    x = cell.right() - PAD if right else cell.left() + PAD
    canvas.write(role, said, x, baseline, colour, align=RIGHT if right else LEFT, room=cell.width() - 2 * PAD)


def _blamed(one: Deployment, metric: str) -> bool:
    return one.health in _LOUD and not one.stale and any(metric in reason.metric for reason in one.reasons)


def _paint_latency(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    _number(canvas, cell, latency_words(one), one, one.latency_p95, "latency")


def _paint_errors(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    _number(canvas, cell, error_words(one), one, one.error_ratio, "error")


def _paint_rate(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    _number(canvas, cell, rate_words(one), one, one.requests_rate, "requests")


def _paint_replicas(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    _number(canvas, cell, replica_words(one), one, one.replicas_ready, "replicas")


def _number(canvas: Canvas, cell: QRectF, said: str, one: Deployment, value: float, metric: str) -> None:
    blamed = _blamed(one, metric)
    role = "caption" if math.isnan(value) else "strong" if blamed else "body"
    colour = "text.hi" if blamed else "text.low" if one.stale or math.isnan(value) else "text.mid"
    _write(canvas, cell, said, role, colour)


def _paint_age(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    colour = canvas.look.theme.status[Health.WARNING].text if one.stale else canvas.colour("text.low")
    _write(canvas, cell, age_words(one), "small", colour)


def _paint_why(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    _write(canvas, cell, why_words(one), "small", "text.mid", right=False)
