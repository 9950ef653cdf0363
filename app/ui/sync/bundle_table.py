"""The table of bundles: problems first, then the newest."""

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF

from app.bundle.outcome import Code
from app.model.health import Health
from app.query.sync import BundleRow
from app.ui import text, words
from app.ui.canvas import BLOCK, Canvas
from app.ui.look import Look
from app.ui.outcomes import outcome_title
from app.ui.sheet import Moment
from app.ui.tables import PAD, Column, Table
from app.ui.text import LEFT, RIGHT

_REFUSED = frozenset(
    {
        "UNTRUSTED", "BAD_SIGNATURE", "BAD_MANIFEST", "PART_MISMATCH", "UNSAFE_LAYOUT", "FORK", "SPILL",
        "SOURCE_LOCKED",
    }
)  # fmt: skip


def row_health(row: BundleRow) -> Health:
    """Ink of a row: what is refused is critical, what waits or is missing is a warning."""
    if row.code in _REFUSED and row.problem:
        return Health.CRITICAL
    if row.problem:
        return Health.WARNING
    return Health.UNKNOWN if row.code in _REFUSED else Health.HEALTHY


def bundle_title(row: BundleRow) -> str:
    """Number of the bundle; its outer name where nothing from inside may be shown."""
    return str(row.sequence) if row.sequence is not None else row.name


def state_words(row: BundleRow) -> str:
    """What came of it, in a few words; the rail says the rest."""
    if row.code in Code.__members__:
        return outcome_title(Code(row.code))
    return f"Missing: {row.text.rstrip('.')}"


def _mark_words(row: BundleRow) -> str:
    return row.level.title if row.level is not None else "not known"


def _paint_mark(canvas: Canvas, cell: QRectF, row: BundleRow) -> None:
    if row.level is not None:
        canvas.block(row.level, cell.left() + PAD, cell.center().y(), BLOCK)


def _paint_title(canvas: Canvas, cell: QRectF, row: BundleRow) -> None:
    baseline = canvas.middle("mono", cell.top(), cell.height())
    # of a name, the end says most: it holds the sequence
    name = text.elided(canvas.look.fonts, "mono", bundle_title(row), cell.width() - PAD, middle=True)
    canvas.write("mono", name, cell.left() + PAD, baseline, "text.hi")


def _paint_state(canvas: Canvas, cell: QRectF, row: BundleRow) -> None:
    health = row_health(row)
    loud = health in (Health.CRITICAL, Health.WARNING)
    canvas.status(health, cell.left() + PAD + 8, cell.center().y(), 17 if loud else 15)
    ink = canvas.look.theme.status[health].text if loud else canvas.look.theme["text.mid"]
    role = "strong" if loud else "body"
    baseline = canvas.middle(role, cell.top(), cell.height())
    canvas.write(role, state_words(row), cell.left() + PAD + 26, baseline, ink, room=cell.width() - PAD - 38)


def _right(says: Callable[[BundleRow], str], colour: str) -> Callable[[Canvas, QRectF, BundleRow], None]:
    def paint(canvas: Canvas, cell: QRectF, row: BundleRow) -> None:
        baseline = canvas.middle("body", cell.top(), cell.height())
        canvas.write("body", says(row), cell.right() - PAD, baseline, colour, align=RIGHT, room=cell.width() - PAD)

    return paint


def _left(says: Callable[[BundleRow], str], colour: str) -> Callable[[Canvas, QRectF, BundleRow], None]:
    def paint(canvas: Canvas, cell: QRectF, row: BundleRow) -> None:
        baseline = canvas.middle("body", cell.top(), cell.height())
        canvas.write("body", says(row), cell.left() + PAD, baseline, colour, room=cell.width() - 2 * PAD)

    return paint


def _made(row: BundleRow) -> str:
    return words.clock(row.made)


def _received(row: BundleRow) -> str:
    return words.clock(row.received)


def _size(row: BundleRow) -> str:
    return words.size(row.size) if row.size else ""


def _records(row: BundleRow) -> str:
    return words.amount(row.samples) if row.samples else ""


def _level(row: BundleRow) -> float:
    return math.nan if row.level is None else float(row.level)


COLUMNS: tuple[Column[BundleRow], ...] = (
    Column("Bundle", 170, 0.7, bundle_title, _paint_title),
    Column("", 62, 0.0, _mark_words, _paint_mark, head="Marking", by=_level),
    Column(
        "Made", 64, 0.3, _made, _right(_made, "text.mid"), RIGHT, 620,
        value=lambda row: Moment(row.made), head="Made (UTC)",
    ),
    Column(
        "Received", 78, 0.3, _received, _right(_received, "text.mid"), RIGHT,
        value=lambda row: Moment(row.received), head="Received (UTC)",
    ),
    Column(
        "Size", 84, 0.3, _size, _right(_size, "text.low"), RIGHT, 700,
        value=lambda row: float(row.size) if row.size else math.nan, head="Size (bytes)",
    ),
    Column(
        "Samples", 80, 0.3, _records, _right(_records, "text.low"), RIGHT, 900,
        value=lambda row: float(row.samples) if row.samples else math.nan,
    ),
    Column("Signature and sequence", 240, 2.4, state_words, _paint_state, by=lambda row: row_health(row).rank),
    Column("Carried by", 110, 0.9, lambda row: row.carrier, _left(lambda row: row.carrier, "text.low"), LEFT, 1000),
)  # fmt: skip


def in_order(rows: Sequence[BundleRow]) -> tuple[BundleRow, ...]:
    """Problems first, then the newest."""

    def key(row: BundleRow) -> tuple[bool, int, float]:
        moment = row.received if not math.isnan(row.received) else row.made
        return (not row.problem, row_health(row).rank, -(0.0 if math.isnan(moment) else moment))

    return tuple(sorted(rows, key=key))


class BundleTable(Table[BundleRow]):
    """The table; the chosen row's verification stands in the rail."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Bundles", COLUMNS)
        self.health = row_health

    def show_bundles(self, rows: Sequence[BundleRow]) -> None:
        """Show other rows; the chosen bundle stays chosen."""
        self.show_rows(in_order(rows), lambda row: row.id)

    def next_problem(self, step: int) -> None:
        """Choose the next or previous row that asks for a decision."""
        rows = self.rows.rows
        problems = [number for number, row in enumerate(rows) if row.problem]
        if not problems:
            return
        here = self.currentIndex().row()
        after = [number for number in problems if number > here]
        before = [number for number in problems if number < here]
        self.choose((after or problems)[0] if step > 0 else (before or problems)[-1])
        self.setFocus()
