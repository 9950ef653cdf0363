"""The rail of an endpoint: its versions, the same endpoint elsewhere, and what serves it."""

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize

from app.model.health import Bound
from app.query.endpoint import EndpointAnswer, Version
from app.query.fleet import Deployment
from app.ui import words
from app.ui.canvas import BLOCK_SMALL, Canvas
from app.ui.deployment_words import error_words, latency_words, replica_words
from app.ui.endpoint.sentences import source_words
from app.ui.look import Look
from app.ui.part import Part
from app.ui.tables import PAD, Column
from app.ui.text import RIGHT

_ROW = 26


def version_columns() -> tuple[Column[Version], ...]:
    """Columns of the table of versions."""
    return (
        Column("Version", 108, 1.0, _version_words, _paint_version),
        Column("Traffic", 96, 0.6, _traffic_words, _paint_traffic, RIGHT),
        Column("Errors", 70, 0.2, lambda one: words.percent(one.share.error_ratio), _paint_errors, RIGHT),
    )


def _version_words(one: Version) -> str:
    return one.name if math.isnan(one.first) else f"{one.name}, since {words.date(one.first)}"


def _since_words(one: Version) -> str:
    """When it was heard first; of one that is older than what was looked at nothing can be said."""
    if not one.share.requests:
        return f"until {words.date(one.last)}"
    return "for over a month" if math.isnan(one.first) else f"since {words.when(one.first, one.last)}"


def _traffic_words(one: Version) -> str:
    return words.percent(one.share.traffic, 0) if one.share.requests else f"none, last {words.date(one.last)}"


def _paint_version(canvas: Canvas, cell: QRectF, one: Version) -> None:
    middle, left = cell.center().y(), cell.left() + PAD
    role, ink = ("strong", "text.hi") if one.share.requests else ("body", "text.low")
    room = cell.width() - PAD - 4
    canvas.write(role, one.name, left, middle - 2, ink, room=room)
    canvas.write("caption", _since_words(one), left, middle + 14, "text.low", room=room)


def _paint_traffic(canvas: Canvas, cell: QRectF, one: Version) -> None:
    """The share, and a bar from zero."""
    baseline = canvas.middle("body", cell.top(), cell.height())
    share = 0.0 if math.isnan(one.share.traffic) else one.share.traffic
    bar = QRectF(cell.right() - PAD - 44, cell.center().y() - 2, 44, 5)
    canvas.fill(bar, "raised", 2.5)
    if share > 0:
        canvas.fill(QRectF(bar.left(), bar.top(), max(3.0, bar.width() * share), 5), "series.1", 2.5)
    said = words.percent(one.share.traffic, 0) if one.share.requests else "none"
    canvas.write("body", said, bar.left() - 8, baseline, "text.mid", align=RIGHT, room=cell.width() - 60)


def _paint_errors(canvas: Canvas, cell: QRectF, one: Version) -> None:
    said = words.percent(one.share.error_ratio) if one.share.requests else "\u2013"
    baseline = canvas.middle("body", cell.top(), cell.height())
    ink = "text.hi" if one.share.error_ratio >= 0.01 else "text.mid"
    role = "strong" if one.share.error_ratio >= 0.01 else "body"
    canvas.write(role, said, cell.right() - PAD, baseline, ink, align=RIGHT)


def elsewhere_columns() -> tuple[Column[Deployment], ...]:
    """Columns of the table of the same endpoint in other enclaves."""
    return (
        Column("Enclave", 120, 1.0, _place_words, _paint_place),
        Column("p95", 76, 0.3, latency_words, _number(latency_words), RIGHT),
        Column("Errors", 68, 0.3, error_words, _number(error_words), RIGHT),
    )


def _place_words(cell: Deployment) -> str:
    known = "last known " if cell.stale else ""
    return f"{cell.enclave.name}, {cell.enclave.level.title}: {known}{words.STATES[cell.health]}"


def _paint_place(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
    left, middle = cell.left() + PAD, cell.center().y()
    canvas.status(one.health, left + 8, middle, 16, ghost=one.stale)
    x = left + 24 + canvas.block(one.enclave.level, left + 24, middle, BLOCK_SMALL) + 8
    baseline = canvas.middle("body", cell.top(), cell.height())
    canvas.write("body", one.enclave.name, x, baseline, "text.hi", room=cell.right() - x - 4)


def _number(say: Callable[[Deployment], str]) -> Callable[[Canvas, QRectF, Deployment], None]:
    def paint(canvas: Canvas, cell: QRectF, one: Deployment) -> None:
        baseline = canvas.middle("body", cell.top(), cell.height())
        ink = "text.low" if one.stale else "text.mid"
        canvas.write("body", say(one), cell.right() - PAD, baseline, ink, align=RIGHT, room=cell.width() - PAD)

    return paint


class Facts(Part):
    """What serves the endpoint, and where its numbers come from: a name and a value in each line."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Serving")
        self._rows: tuple[tuple[str, str, str], ...] = ()

    def show_answer(self, answer: EndpointAnswer) -> None:
        """Show other facts."""
        self._rows = facts(answer)
        self.setAccessibleName("Serving. " + "; ".join(f"{name}: {value}" for name, value, _ in self._rows))
        self.setFixedHeight(len(self._rows) * _ROW + 4)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, len(self._rows) * _ROW + 4)

    def tip_at(self, at: QPointF) -> str:
        row = int(at.y() // _ROW)
        return self._rows[row][2] if 0 <= row < len(self._rows) else ""

    def paint(self, canvas: Canvas) -> None:
        for number, (name, value, _) in enumerate(self._rows):
            baseline = canvas.middle("small", number * _ROW, _ROW)
            wide = canvas.write("small", name, 0, baseline, "text.low")
            canvas.write("body", value, self.width(), baseline, "text.hi", align=RIGHT, room=self.width() - wide - 16)


def facts(answer: EndpointAnswer) -> tuple[tuple[str, str, str], ...]:
    """Name, value and what explains it, for each line."""
    cell = answer.here
    endpoint = cell.endpoint
    old = words.NO_DATA if math.isnan(cell.age) else f"{words.age(cell.age)} old"
    found = [
        ("Data", old, source_words(answer)),
        ("Model", endpoint.model, "As the enclave's catalogue declares it"),
        ("Owner", endpoint.owner, "As the enclave's catalogue declares it"),
        ("Replicas", replica_words(cell), "Ready of wanted, at the newest sample"),
        ("Errors counted by", cell.error_source, "The recipe that the collector read them with"),
        ("Samples", f"every {endpoint.step:g}{words.GAP}s", "As the enclave's catalogue declares it"),
    ]
    if cell.latency_bound is not Bound.EXACT:
        side = "at most" if cell.latency_bound is Bound.AT_MOST else "at least"
        tip = "The exporter's histogram has no bucket there: the quantile is only known to lie beyond its edge"
        found.append(("p95 is known", f"{side} {words.milliseconds(cell.latency_p95)}", tip))
    missing = [name.removeprefix("endpoint_") for name in cell.not_exported]
    if missing:
        listed = ", ".join(missing).replace("_", " ")
        found.append(("Not exported", listed, f"Its source does not give {listed}: that is not zero"))
    return tuple((name, value, tip) for name, value, tip in found if value)
