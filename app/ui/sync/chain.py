"""The verification chain of one bundle: what was checked, where it stopped, and what to do."""

import math

from PySide6.QtCore import QRectF, QSize

from app.model.health import Health
from app.query.sync import BundleRow, CheckStep
from app.ui import text, words
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.sync.bundle_table import row_health, state_words
from app.ui.text import RIGHT

_GAP = 12
_INDENT = 32
_AUDIT = "Every attempt stands in the audit log: watchfloor audit show"


def chain_words(row: BundleRow) -> str:
    """The chain in words."""
    steps = ". ".join(f"{step.title}, {step.state}: {step.text}" for step in row.steps)
    return f"{state_words(row)}. {steps}. {row.action}".replace("..", ".")


def facts(row: BundleRow, now: float) -> tuple[tuple[str, str], ...]:
    """What is known of a bundle from inside, only where its signer is trusted, and from outside."""
    found = []
    if row.kind:
        found.append(("Kind", row.kind))
    if not math.isnan(row.window_start) and not math.isnan(row.window_end):
        span = f"{words.when(row.window_start, now)} to {words.when(row.window_end, now)}{words.GAP}Z"
        found.append(("Time covered", span))
    if row.samples:
        found.append(("Samples", words.grouped(row.samples)))
    if not math.isnan(row.received):
        found.append(("Received", f"{words.when(row.received, now)}{words.GAP}Z"))
    if row.size:
        found.append(("Size", words.size(row.size)))
    if row.carrier:
        found.append(("Carried by", row.carrier))
    return tuple(found)


def _stop(row: BundleRow) -> int | None:
    """Number of the step at which the chain ended; None where it went through."""
    ends = [number for number, step in enumerate(row.steps) if step.state != "passed"]
    return ends[0] if ends and row_health(row) is not Health.HEALTHY else None


class Chain(Part):
    """Steps from the outside in. A step that failed stops those below it."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._row: BundleRow | None = None
        self._now = 0.0

    def show_row(self, row: BundleRow, now: float) -> None:
        """Show another bundle."""
        self._row, self._now = row, now
        self.setAccessibleName(chain_words(row))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, round(self._height()))

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(round(self._height()))

    def _height(self) -> float:
        if self._row is None:
            return 100.0
        fonts, room = self.look.fonts, self.width() - _INDENT
        small = text.line_step(fonts, "small")
        total = 4.0
        for step in self._row.steps:
            total += 22 + len(text.wrapped(fonts, "small", step.text, room)) * small + _GAP
        if self._row.action:
            total += 38 + len(text.wrapped(fonts, "small", self._row.action, self.width() - 32.0)) * small + 12
        return total + 12 + len(facts(self._row, self._now)) * 25 + 28

    def paint(self, canvas: Canvas) -> None:
        if self._row is None:
            return
        y = 4.0
        stop = _stop(self._row)
        for number, step in enumerate(self._row.steps):
            health = row_health(self._row) if number == stop else None
            y = self._paint_step(canvas, y, step, health, last=number == len(self._row.steps) - 1)
        if self._row.action:
            y = self._paint_action(canvas, y, self._row)
        y += 4
        for name, value in facts(self._row, self._now):
            canvas.write("small", name, 0, y + 17, "text.low")
            canvas.write("body", value, self.width(), y + 17, "text.mid", align=RIGHT, room=self.width() - 110)
            y += 25
        canvas.write("caption", _AUDIT, 0, y + 20, "text.low", room=self.width())

    def _paint_step(self, canvas: Canvas, y: float, step: CheckStep, stopped: Health | None, *, last: bool) -> float:
        """One step; `stopped` is the state where the chain ended here."""
        room = self.width() - _INDENT
        waiting = step.state == "waiting" and stopped is None
        ink = self.look.theme.status[stopped].text if stopped else self.look.theme["text.low" if waiting else "text.hi"]
        box = QRectF(_INDENT, y + 20, room, 200)
        used = canvas.lines("small", step.text, box, "text.low" if waiting else "text.mid")
        below = y + 22 + used + _GAP
        if not last:
            canvas.fill(QRectF(9, y + 21, 1, below - y - 23), "line")
        if stopped is not None:
            canvas.status(stopped, 9.5, y + 9, 20)
        else:
            canvas.work("todo" if waiting else "done", 9.5, y + 9, 18)
        canvas.write("medium", step.title, _INDENT, canvas.middle("medium", y, 18), ink, room=room)
        return below

    def _paint_action(self, canvas: Canvas, y: float, row: BundleRow) -> float:
        """What to do next, in a quiet field with the state's edge."""
        fonts = canvas.look.fonts
        lines = len(text.wrapped(fonts, "small", row.action, self.width() - 32.0))
        height = 32 + lines * text.line_step(fonts, "small") + 6
        field = QRectF(0, y, self.width(), height)
        canvas.fill(field, "inset", 6)
        canvas.outline(field, "hair", 6)
        ink = canvas.look.theme.status[row_health(row)]
        canvas.fill(QRectF(0, y + 8, 3, height - 16), ink.edge, 1.5)
        canvas.write("label", "What to do", 16, y + 22, "text.low")
        canvas.lines("small", row.action, QRectF(16, y + 27, self.width() - 32, height), "text.hi")
        return y + height + 12
