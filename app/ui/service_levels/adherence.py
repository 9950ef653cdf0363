"""The table of promises, least budget left first."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.analysis.availability import Verdict
from app.analysis.budget import Outlook
from app.model.health import Health
from app.query.service_levels import Adhered, PairNow
from app.query.standing import LOUD, Reason, Standing
from app.ui import words
from app.ui.canvas import BLOCK, Canvas
from app.ui.rows import Column
from app.ui.service_levels.explained import (
    available_tip,
    best_tip,
    budget_tip,
    burn_tip,
    excluded_tip,
    out_tip,
    promise_tip,
    target_tip,
)
from app.ui.service_levels.level_words import (
    decimals_of,
    left_words,
    rate_words,
    runs_out_words,
    share,
    span,
    target_words,
)
from app.ui.tables import PAD
from app.ui.text import LEFT, RIGHT

ROW = 54
_BAR = 140.0


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the promise judged, how it stands at `at`, seconds UTC, and what is promised, in words."""

    row: Adhered
    standing: Standing
    at: float
    promised: str


def columns(longs: Sequence[float], *, over: bool) -> tuple[Column[Line], ...]:
    """Columns of the table, one for each of the long windows (seconds) of the pairs.

    Of a period that is `over` the last one is the verdict.
    """
    burns = [_burn_column(number, seconds, len(longs)) for number, seconds in enumerate(longs)]
    right = RIGHT
    return (
        Column("Promise", 184, 1.6, _name_words, _paint_name, value=_name, tip=_on(promise_tip)),
        Column("", 54, 0.0, _place_words, _paint_mark, head="Enclave", by=lambda one: int(_level(one))),
        Column("Objective", 80, 0.1, _target, _paint_target, right, 770, _target_value, head="Objective, share",
               tip=_on(target_tip)),
        Column("Known" if over else "So far", 108, 0.2, _known, _paint_known, right, 0, _known_value,
               head="Share known", tip=_on(available_tip)),
        Column("At best" if over else "Best possible", 100, 0.1, _best, _paint_best, right, 1100, _best_value,
               head="At best, share",
               tip=_on(best_tip)),
        Column("Budget left", 168, 0.4, _left, _paint_left, LEFT, 0, _left_value, head="Budget left, share",
               tip=_on(budget_tip)),
        *burns,
        Column("Excluded", 84, 0.1, _excluded, _paint_excluded, right, 1000, _excluded_value, head="Excluded, s",
               tip=_on(excluded_tip)),
        Column("Verdict" if over else "Runs out", 98, 0.2, _out, _paint_out, right, 690, by=_out_by, tip=_out_tip),
    )  # fmt: skip


def _burn_column(number: int, seconds: float, count: int) -> Column[Line]:
    def pair(one: Line) -> PairNow:
        return one.row.pairs[number]

    def says(one: Line) -> str:
        return rate_words(pair(one).long)

    def paint(canvas: Canvas, cell: QRectF, one: Line) -> None:
        _paint_burn(canvas, cell, says(one), pair(one), past=one.row.promise.period.span.end < one.at)

    title = f"Burn{words.GAP}{span(seconds)}" if not number else span(seconds)
    # the first two page; of the others the last looks back furthest and stays longest
    least = 0 if number == 0 else 840 if number == 1 else 920 if number == count - 1 else 1180
    head = f"Burn rate over {span(seconds)}"
    wide = 68 if number else 78
    return Column(title, wide, 0.1, says, paint, RIGHT, least, lambda one: pair(one).long, head=head,
                  tip=lambda one: burn_tip(one.row, pair(one)))  # fmt: skip


def _on(tip: Callable[[Adhered], str]) -> Callable[[Line], str]:
    return lambda one: tip(one.row)


def _level(one: Line) -> int:
    return int(one.row.promise.enclave.level)


def _name(one: Line) -> str:
    return f"{one.row.promise.endpoint.title}, {one.promised}"


def _name_words(one: Line) -> str:
    known = "as of its newest data " if one.standing.stale else ""
    return f"{_name(one)}: {known}{one.standing.reason.value}"


def _place_words(one: Line) -> str:
    enclave = one.row.promise.enclave
    return f"{enclave.name}, {enclave.level.title}"


def _target(one: Line) -> str:
    return target_words(one.row.promise.objective)


def _target_value(one: Line) -> float:
    return one.row.promise.objective.target


def _known(one: Line) -> str:
    figure, decimals = one.row.found.now, decimals_of(one.row.promise.objective.target)
    return f"{share(figure.known_only, decimals)}, {range_words(one.row)}".removesuffix(", ")


def range_words(row: Adhered) -> str:
    """Worst to best case, where they differ by enough to be seen."""
    figure, decimals = row.found.now, decimals_of(row.promise.objective.target)
    if math.isnan(figure.known_only):
        return "nothing is known"
    low, high = share(figure.worst, decimals), share(figure.best, decimals)
    return "" if low == high else f"{low.partition(words.GAP)[0]} to {high.partition(words.GAP)[0]}"


def _known_value(one: Line) -> float:
    return one.row.found.now.known_only


def _best(one: Line) -> str:
    return share(one.row.found.best_possible, decimals_of(one.row.promise.objective.target))


def _best_value(one: Line) -> float:
    return one.row.found.best_possible


def _left(one: Line) -> str:
    return left_words(one.row)


def _left_value(one: Line) -> float:
    return one.row.budget.share_left


def _excluded_value(one: Line) -> float:
    return one.row.found.aside_seconds + one.row.found.dropped_seconds


def _excluded(one: Line) -> str:
    seconds = _excluded_value(one)
    return span(seconds) if seconds else ""


def _out(one: Line) -> str:
    return runs_out_words(one.row, one.at)


def _out_by(one: Line) -> float:
    return one.row.outlook.middle


def _out_tip(one: Line) -> str:
    return out_tip(one.row, one.at)


# --- painting ---------------------------------------------------------------------------------------------------------


def _write(canvas: Canvas, cell: QRectF, said: str, role: str, ink: str | QColor, *, right: bool = True) -> None:
    baseline = canvas.middle(role, cell.top(), cell.height())
    x = cell.right() - PAD if right else cell.left() + PAD
    canvas.write(role, said, x, baseline, ink, align=RIGHT if right else LEFT, room=cell.width() - PAD)


def _paint_name(canvas: Canvas, cell: QRectF, one: Line) -> None:
    middle, left = cell.center().y(), cell.left() + PAD
    promise = one.row.promise
    canvas.status(
        one.standing.health, left + 9, middle, 18 if one.standing.health in LOUD else 16, ghost=one.standing.stale
    )
    room = cell.width() - PAD - 34
    canvas.write("strong", promise.endpoint.title, left + 30, middle - 3, "text.hi", room=room)
    canvas.write("caption", one.promised, left + 30, middle + 14, "text.low", room=room)


def _paint_mark(canvas: Canvas, cell: QRectF, one: Line) -> None:
    canvas.block(one.row.promise.enclave.level, cell.left() + PAD, cell.center().y(), BLOCK)


def _paint_target(canvas: Canvas, cell: QRectF, one: Line) -> None:
    _write(canvas, cell, _target(one), "body", "text.mid")


def _paint_known(canvas: Canvas, cell: QRectF, one: Line) -> None:
    row, figure = one.row, one.row.found.now
    lost = row.found.outcome is Verdict.MISSED or one.standing.reason in (Reason.MISSED, Reason.SPENT)
    below = range_words(row)
    ink = canvas.look.theme.status[Health.CRITICAL].text if lost else canvas.colour("text.hi")
    said = share(figure.known_only, decimals_of(row.promise.objective.target))
    if not below or math.isnan(figure.known_only):
        _write(canvas, cell, said, "body", ink if not math.isnan(figure.known_only) else "text.low")
        return
    middle, right = cell.center().y(), cell.right() - PAD
    canvas.write("body", said, right, middle - 3, ink, align=RIGHT, room=cell.width() - PAD)
    canvas.write("caption", below, right, middle + 14, "text.low", align=RIGHT, room=cell.width() - 4)


def _paint_best(canvas: Canvas, cell: QRectF, one: Line) -> None:
    lost = one.row.found.best_possible < one.row.promise.objective.target - 1e-12
    ink = canvas.look.theme.status[Health.CRITICAL].text if lost else canvas.colour("text.mid")
    _write(canvas, cell, _best(one), "body", ink)


def _paint_left(canvas: Canvas, cell: QRectF, one: Line) -> None:
    """A bar from zero: solid what is left even in the worst case, hatched what only missing data could take."""
    budget, theme = one.row.budget, canvas.look.theme
    said, left = left_words(one.row), budget.share_left
    room = cell.width() - 2 * PAD - 60
    bar = QRectF(cell.left() + PAD, cell.center().y() - 4, min(_BAR, room), 8)
    canvas.fill(bar, "raised", 4)
    ink = _bar_ink(canvas, one)
    if math.isnan(left) or math.isnan(one.row.found.now.known_only):
        canvas.hatch(bar, "line")
    elif left <= 0:
        canvas.hatch(bar, theme.status[Health.CRITICAL].symbol)
    else:
        sure = min(1.0, max(0.0, _sure(one.row)))
        known = min(1.0, left)
        if known > sure:
            canvas.hatch(QRectF(bar.left() + bar.width() * sure, bar.top(), bar.width() * (known - sure), 8), ink)
        if sure > 0:
            canvas.fill(QRectF(bar.left(), bar.top(), max(4.0, bar.width() * sure), 8), ink, 4)
    loud = one.standing.health in LOUD and one.standing.reason is not Reason.SLOW_BURN
    colour = theme.status[one.standing.health].text if loud else canvas.colour("text.mid")
    baseline = canvas.middle("body", cell.top(), cell.height())
    canvas.write("strong" if loud else "body", said, cell.right() - PAD, baseline, colour, align=RIGHT)


def _sure(row: Adhered) -> float:
    """Share that is left whatever the gaps before the newest data held; of the time since, the age tells."""
    budget = row.budget
    if not budget.allowed > 0.0 or not math.isfinite(budget.spent_most - row.behind):
        return 0.0
    return 1.0 - (budget.spent_most - row.behind) / budget.allowed


def _bar_ink(canvas: Canvas, one: Line) -> QColor:
    theme, reason = canvas.look.theme, one.standing.reason
    if reason in (Reason.BURNING, Reason.MISSED, Reason.SPENT):
        return theme.status[Health.CRITICAL].symbol
    if reason is Reason.RUNS_OUT or one.row.budget.share_left < 0.25:
        return theme.status[Health.WARNING].symbol
    if reason in (Reason.UNKNOWN, Reason.UNPROVEN):
        return theme.status[Health.UNKNOWN].symbol
    return canvas.colour("series.5")


def _paint_burn(canvas: Canvas, cell: QRectF, said: str, pair: PairNow, *, past: bool) -> None:
    """A figure; on the tint of a state where the pair speaks, and not only did at the end of a period that is over."""
    if past or not pair.speaks:
        _write(canvas, cell, said, "body", "text.mid" if pair.long >= 1.0 else "text.low")
        return
    health = Health.CRITICAL if pair.pair.severity == "page" else Health.WARNING
    ink = canvas.look.theme.status[health]
    wide = canvas.width("strong", said) + 14
    box = QRectF(cell.right() - PAD - wide + 7, cell.center().y() - 12, wide, 24)
    canvas.fill(box, ink.tint, 5)
    canvas.write(
        "strong", said, cell.right() - PAD, canvas.middle("strong", cell.top(), cell.height()), ink.text, align=RIGHT
    )


def _paint_excluded(canvas: Canvas, cell: QRectF, one: Line) -> None:
    _write(canvas, cell, _excluded(one), "body", "text.mid")


def _paint_out(canvas: Canvas, cell: QRectF, one: Line) -> None:
    spent = one.row.outlook.outlook in (Outlook.SPENT, Outlook.RUNS_OUT)
    loud = one.standing.reason is Reason.MISSED or (spent and one.standing.health in LOUD)
    colour = canvas.look.theme.status[one.standing.health].text if loud else canvas.colour("text.low")
    _write(canvas, cell, _out(one), "strong" if loud else "small", colour)
