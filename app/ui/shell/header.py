"""The header: title, time range, enclaves, age of the data, theme, clock."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.model.catalogue import Enclave
from app.model.health import Health
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.controls import HEIGHT, IconButton
from app.ui.look import Look
from app.ui.part import RIM, Control, Part
from app.ui.shell.age import AgeChip
from app.ui.shell.time_range import DEFAULT, RANGES
from app.ui.text import RIGHT
from app.ui.tips import TIP

HEADER_HEIGHT = 64
_SEARCH_FROM, _RANGE_FROM, _AGE_FROM = 1400, 1180, 1000
"""Widths of the header from which the field is whole, the range is in full, and the chip says what its age is of."""


class RangeButton(Control):
    """Shows the time range and opens the choice of others."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Time range")
        self.short = False
        self._words, self._short = "", ""
        self.show_range(DEFAULT)

    def show_range(self, number: int) -> None:
        """Show another range."""
        chosen = RANGES[number]
        self._say("Time range", chosen.words, words.span_words(chosen.seconds).replace("months", "mo"))

    def show_period(self, said: str, short: str) -> None:
        """Show a period instead of a range."""
        self._say("Period", said, short)

    def _say(self, what: str, said: str, short: str) -> None:
        self._words, self._short = said, short
        self.setAccessibleName(f"{what}: {said}")
        self.setProperty(TIP, f"{what}  (T; [ and ] step)")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize((116 if self.short else 174) + 2 * RIM, HEIGHT + 2 * RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        canvas.fill(body, "raised" if self.hovered or self.isDown() else "inset", self.radius)
        canvas.outline(body, "hair" if canvas.look.theme.dark else "line", self.radius)
        middle = body.center().y()
        canvas.icon("calendar", body.left() + 20, middle, 16, "text.low")
        said = self._short if self.short else self._words
        baseline = canvas.middle("medium", body.top(), body.height())
        canvas.write("medium", said, body.left() + 38, baseline, "text.hi", room=body.width() - 66)
        canvas.icon("chevron-down", body.right() - 18, middle, 14, "text.low")


class SearchButton(Control):
    """Looks like a field and opens the palette; an icon where there is no room."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Search or run a command", "Search or run a command  (Ctrl K)")
        self.short = True

    def sizeHint(self) -> QSize:
        return QSize((HEIGHT if self.short else 276) + 2 * RIM, HEIGHT + 2 * RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        canvas.fill(body, "raised" if self.hovered or self.isDown() else "inset", self.radius)
        canvas.outline(body, "hair" if canvas.look.theme.dark else "line", self.radius)
        middle = body.center().y()
        if self.short:
            canvas.icon("search", body.center().x(), middle, 16, "text.hi" if self.hovered else "text.mid")
            return
        canvas.icon("search", body.left() + 20, middle, 16, "text.low")
        baseline = canvas.middle("small", body.top(), body.height())
        canvas.write(
            "small", "Search or run a command", body.left() + 36, baseline, "text.low", room=body.width() - 104
        )
        canvas.key("Ctrl K", body.right() - 12 - round(canvas.width("mono.small", "Ctrl K")) - 12, middle)


class EnclaveToggle(Control):
    """One enclave of the filter: its marking as a block, outlined while it is hidden."""

    radius = 0.0

    def __init__(self, look: Look, enclave: Enclave, number: int) -> None:
        super().__init__(look, enclave.name)
        self.enclave = enclave
        self._number = number
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._rename)
        self._rename()

    def _rename(self) -> None:
        shown = "shown" if self.isChecked() else "hidden"
        titles = dict.fromkeys((self.enclave.name, self.enclave.level.title))
        self.setAccessibleName(f"{', '.join(titles)}: {shown}")
        self.setProperty(TIP, f"{self.enclave.name}, {shown}  ({self._number})")

    def sizeHint(self) -> QSize:
        portion = self.look.fonts.metrics("block.large").horizontalAdvance(self.enclave.level.portion)
        return QSize(max(34, round(portion) + 14) + 2 * RIM, 20 + 2 * RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        size = (body.width(), 20.0)
        canvas.block(self.enclave.level, body.left(), body.center().y(), size, outlined=not self.isChecked())


class EnclaveFilter(Part):
    """The declared enclaves in their order, one block each.

    Signals
    -------
    changed()
        Another set of enclaves is hidden.
    """

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Enclaves shown")
        self._toggles: list[EnclaveToggle] = []
        self._hidden: frozenset[str] = frozenset()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 8, 0)
        self._row.setSpacing(2)
        self.setFixedHeight(HEIGHT)
        self.hide()

    @property
    def hidden_ids(self) -> frozenset[str]:
        """Ids of the enclaves that are switched off."""
        return self._hidden

    @property
    def enclaves(self) -> list[Enclave]:
        """The enclaves that can be switched, in their order."""
        return [toggle.enclave for toggle in self._toggles]

    def hide_ids(self, ids: frozenset[str]) -> None:
        """Hide these and no others; those that are not known yet are hidden when they come."""
        if not self._toggles:
            self._hidden = ids
            return
        for toggle in self._toggles:
            toggle.setChecked(toggle.enclave.id not in ids)
        self._read()

    def show_enclaves(self, enclaves: Sequence[Enclave]) -> None:
        """Show other enclaves; what was hidden stays hidden."""
        if [toggle.enclave for toggle in self._toggles] == list(enclaves):
            return
        for toggle in self._toggles:
            self._row.removeWidget(toggle)
            toggle.deleteLater()
        self._toggles = [EnclaveToggle(self.look, enclave, n) for n, enclave in enumerate(enclaves, 1)]
        for toggle in self._toggles:
            toggle.setChecked(toggle.enclave.id not in self._hidden)
            toggle.clicked.connect(self._read)
            self._row.addWidget(toggle)
        self.setVisible(bool(enclaves))
        self._read()

    def toggle(self, number: int) -> None:
        """Switch the enclave with this number, from 1."""
        if 1 <= number <= len(self._toggles):
            self._toggles[number - 1].click()

    def show_all(self) -> None:
        """Show every enclave."""
        self.reveal(self._hidden)

    def reveal(self, ids: frozenset[str]) -> None:
        """Show these enclaves again."""
        for toggle in self._toggles:
            if toggle.enclave.id in ids:
                toggle.setChecked(True)
        self._read()

    def paint(self, canvas: Canvas) -> None:
        canvas.fill(QRectF(self.rect()), "inset", 6)
        canvas.outline(QRectF(self.rect()), "hair" if self.look.theme.dark else "line", 6)

    def _read(self) -> None:
        hidden = frozenset(toggle.enclave.id for toggle in self._toggles if not toggle.isChecked())
        if hidden != self._hidden:
            self._hidden = hidden
            self.changed.emit()


class ClockView(Part):
    """The time in Z, with the date."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Clock")
        self._at, self._past = 0.0, False
        self.setFixedSize(124, HEADER_HEIGHT)

    def show_past(self) -> None:
        """Say that the time shown is a past moment and not now."""
        self._past = True
        self.setAccessibleName(f"Clock: a past moment, {words.clock(self._at)} Z, {words.date(self._at)}")
        self.update()

    def show_time(self, at: float) -> None:
        """Show a moment, seconds UTC."""
        if int(at) != int(self._at):
            if int(at // 60) != int(self._at // 60):  # each second would never let a screen reader finish
                past = "a past moment, " if self._past else ""
                self.setAccessibleName(f"Clock: {past}{words.clock(at)} Z, {words.date(at)}")
            self._at = at
            self.update()

    def paint(self, canvas: Canvas) -> None:
        canvas.fill(QRectF(0, 16, 1, 32), "hair")
        canvas.write("title", words.clock_seconds(self._at), self.width(), 31, "text.hi", align=RIGHT)
        date = words.weekday_date(self._at)
        if self._past:
            ink = self.look.theme.status[Health.WARNING].text
            canvas.write("caption", f"Past: {words.date(self._at)}", self.width(), 49, ink, align=RIGHT)
        else:
            canvas.write("caption", date, self.width(), 49, "text.low", align=RIGHT)


class _Title(Part):
    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._words, self._below = "", ""
        self.setMinimumWidth(80)
        self.setFixedHeight(HEADER_HEIGHT)

    def say(self, said: str, below: str = "") -> None:
        """Name a page, and the one thing below it that is shown."""
        self._words, self._below = said, below
        self.setAccessibleName(f"{said}, {below}" if below else said)
        self.update()

    def paint(self, canvas: Canvas) -> None:
        baseline, room, x = canvas.middle("page", 0, HEADER_HEIGHT), self.width() - 8.0, 0.0
        above = canvas.width("crumb", self._words) + 28
        if self._below and above + canvas.width("page", self._below) <= room:
            x = above
            canvas.write("crumb", self._words, 0, baseline, "text.low")
            canvas.icon("chevron-right", x - 14, HEADER_HEIGHT / 2, 16, "text.low")
        canvas.write("page", self._below or self._words, x, baseline, "text.hi", room=room - x)


class Header(QWidget):
    """One line that stays while pages scroll."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setFixedHeight(HEADER_HEIGHT)
        self.title = _Title(look)
        self.range = RangeButton(look)
        self.filter = EnclaveFilter(look)
        self.age = AgeChip(look)
        self.search = SearchButton(look)
        self.theme = IconButton(look, "sun", "Light theme", "Light or dark  (Ctrl Shift L)")
        self.clock = ClockView(look)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(12)
        row.addWidget(self.title, 1)
        for part in (self.range, self.filter, self.age, self.search, self.theme, self.clock):
            row.addWidget(part)
        look.changed.connect(self._follow_theme)
        self._follow_theme()

    def fold(self, width: int) -> None:
        """Shorten what may be shortened in a header of this width, in logical pixels."""
        self.search.short, self.range.short, self.age.short = (
            width < _SEARCH_FROM,
            width < _RANGE_FROM,
            width < _AGE_FROM,
        )
        for part in (self.search, self.range, self.age):
            part.updateGeometry()
            part.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with Canvas(self, self.look) as canvas:
            canvas.rule(0, self.width(), self.height() - 1)

    def _follow_theme(self) -> None:
        dark = self.look.theme.dark
        self.theme.show_icon("sun" if dark else "moon")
        self.theme.setAccessibleName("Light theme" if dark else "Dark theme")
        self.update()
