"""A filter above a table: words, and how much they leave; what they hide is named where it is bad."""

from typing import Any

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.model.health import Health
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.search_field import SearchField
from app.ui.tables import Table

_FIELD = (180, 360)
_SETTLE_MS = 120
_SAID_MS = 4000
_LOUD = (Health.CRITICAL, Health.WARNING)


class _Count(Part):
    """How many rows there are, or what was just done with them."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._count, self._hidden, self._done = "", "", ""
        self._worst: Health | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._wait = QTimer(self, singleShot=True, interval=_SAID_MS)
        self._wait.timeout.connect(lambda: self.say_done(""))

    def show_count(self, shown: int, total: int, worst: Health | None) -> None:
        """Say what is shown and, where the filter hides any, the worst that it hides."""
        rows = f"{words.grouped(total)} {words.plural(total, 'row')}"
        self._count = rows if shown == total else f"{words.grouped(shown)} of {words.grouped(total)}"
        self._worst = worst if shown < total else None
        hidden = f"{words.grouped(total - shown)} hidden"
        self._hidden = f"{hidden}, the worst {words.STATES[self._worst]}" if self._worst in _LOUD else ""
        self._tell()

    def say_done(self, said: str) -> None:
        """Say what was done, for a few seconds."""
        self._done = said
        if said:
            self._wait.start()
        self._tell()

    def _tell(self) -> None:
        self.setAccessibleName(". ".join(said for said in (self._done, self._count, self._hidden) if said))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 36)

    def paint(self, canvas: Canvas) -> None:
        baseline, x = canvas.middle("small", 0, self.height()), 12.0
        if self._done:
            canvas.icon("copy", x + 8, self.height() / 2, 16, "text.low")
            canvas.write("small", self._done, x + 24, baseline, "text.mid", room=self.width() - x - 24)
            return
        x += canvas.write("small", self._count, x, baseline, "text.mid", room=self.width() - x) + 20
        if self._hidden and self._worst is not None and self.width() - x > 60:
            canvas.status(self._worst, x + 8, self.height() / 2, 16)
            ink = canvas.look.theme.status[self._worst].text
            canvas.write("smallstrong", self._hidden, x + 24, baseline, ink, room=self.width() - x - 24)


class TableFilter(QWidget):
    """The field and the count. Esc clears the field and gives the keyboard back to the table.

    Signals
    -------
    narrowed()
        Other rows are shown than before.
    """

    narrowed = Signal()

    def __init__(self, look: Look, table: Table[Any], *, hint: str = "Filter", key: str = "/") -> None:
        super().__init__()
        self._table = table
        self.field = SearchField(look, f"Filter {table.accessibleName().lower()}", hint, key=key)
        self.field.setMinimumWidth(_FIELD[0])
        self.field.setMaximumWidth(_FIELD[1])
        self._count = _Count(look)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.field, 2)
        layout.addWidget(self._count, 3)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._narrow)
        self.field.textChanged.connect(lambda _: self._settle.start())
        self.field.left.connect(self._leave)
        table.counted.connect(self._show_count)
        table.copied.connect(self._show_copied)
        self.setFocusProxy(self.field)

    @property
    def words(self) -> str:
        """What is filtered by."""
        return self.field.text()

    def clear(self) -> bool:
        """Show every row again; False where every row is shown."""
        if not self.words:
            return False
        self.field.clear()
        self._narrow()
        return True

    def _leave(self) -> None:
        self._narrow()
        self._table.setFocus()

    def _narrow(self) -> None:
        """At once, where somebody waits for it; while they type, when they pause."""
        self._settle.stop()
        self._table.narrow(self.words)
        self.narrowed.emit()

    def _show_count(self) -> None:
        shown, total = len(self._table.rows.rows), len(self._table.rows.given)
        judge = self._table.health
        worst = None
        if shown < total and judge is not None:
            worst = min((judge(row) for row in self._table.hidden_rows()), key=lambda health: health.rank)
        self._count.show_count(shown, total, worst)

    def _show_copied(self, rows: int) -> None:
        self._count.say_done(f"{words.capitalised(words.count_word(rows))} {words.plural(rows, 'row')} copied")
