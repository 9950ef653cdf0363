"""Naming the station and choosing its ceiling."""

import platform
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.job import Job
from app.model.marking import Level
from app.settings import Station
from app.ui.canvas import BLOCK_LARGE, Canvas
from app.ui.card_parts import Caption, CardHead, Note
from app.ui.controls import PushButton
from app.ui.field import Field
from app.ui.look import Look
from app.ui.part import RIM, Control
from app.ui.popover import Card
from app.ui.shell.beginning import Beginning
from app.ui.tasks import TaskRunner

_WIDE, _TALL = 664, 372


class _LevelChoice(Control):
    """One level: its marking and its name; left and right go to the next."""

    def __init__(self, look: Look, level: Level) -> None:
        super().__init__(look, f"Ceiling {level.title}")
        self.level = level
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.toggled.connect(self._rename)

    def sizeHint(self) -> QSize:
        return QSize(100, 68)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        if self.isChecked():
            canvas.fill(body, "accent.soft", 6)
            canvas.outline(body, "accent", 6, weight=2)
        elif self.hovered:
            canvas.fill(body, "hair", 6)
        else:
            canvas.outline(body, "line", 6)
        middle = body.center().x()
        wide = canvas.block_width(self.level, BLOCK_LARGE)
        canvas.block(self.level, middle - wide / 2, body.top() + 21, BLOCK_LARGE)
        canvas.write("caption", self.level.title, middle, body.bottom() - 10, "text.hi", align=0.5, room=body.width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.focusNextPrevChild(step == 1)

    def _rename(self) -> None:
        self.setAccessibleName(f"Ceiling {self.level.title}{', chosen' if self.isChecked() else ''}")


class StationCard(Card):
    """Asks for a name and a ceiling and sets the station up. No ceiling is proposed: a person has to choose it.

    Signals
    -------
    founded(Station)
        The station has its settings now.
    """

    founded = Signal(object)

    def __init__(self, look: Look, runner: TaskRunner, beginning: Beginning) -> None:
        super().__init__(look, "Set up this station")
        self._runner, self._beginning = runner, beginning
        self.name = Field(look, "Name of the station")
        self.name.setText(platform.node())
        self.levels = [_LevelChoice(look, level) for level in Level]
        self._note = Note(look)
        self.button = PushButton(look, "Set up", key="Enter", primary=True)
        self.button.clicked.connect(self._found)
        self.name.returnPressed.connect(self._found)
        self.name.textChanged.connect(self._judge)
        for choice in self.levels:
            choice.toggled.connect(self._judge)
        self._lay_out()
        self._judge()

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The name."""
        return self.name

    @property
    def ceiling(self) -> Level | None:
        """The level that was chosen."""
        return next((choice.level for choice in self.levels if choice.isChecked()), None)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 24
        layout.setContentsMargins(edge, self.SHADOW + 18, edge, self.SHADOW + 14)
        layout.setSpacing(8)
        layout.addWidget(CardHead(self.look, "Set up this station", "Both stand in config/station.toml afterwards."))
        layout.addWidget(Caption(self.look, "Name"))
        layout.addWidget(self.name)
        layout.addSpacing(6)
        layout.addWidget(Caption(self.look, "Ceiling: the highest level that may ever be opened here"))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.setContentsMargins(-RIM, 0, -RIM, 0)
        for choice in self.levels:
            row.addWidget(choice)
        row.addStretch()
        layout.addLayout(row)
        layout.addStretch()
        foot = QHBoxLayout()
        foot.addWidget(self._note, 1)
        foot.addWidget(self.button)
        layout.addLayout(foot)

    def _judge(self) -> None:
        ceiling, named = self.ceiling, bool(self.name.text().strip())
        self.button.setEnabled(ceiling is not None and named)
        if ceiling is None:
            self._note.say("Choose the ceiling that this machine is approved for.")
        elif not named:
            self._note.say("Give the station a name.")
        else:
            self._note.say(f"Nothing above {ceiling.title} will ever be opened here.")

    def _found(self) -> None:
        ceiling = self.ceiling
        if ceiling is None or not self.button.isEnabled():
            return
        self.button.setEnabled(False)
        self._runner.run(
            partial(_found, self._beginning, self.name.text().strip(), ceiling),
            receiver=self,
            on_done=self.founded.emit,
            on_error=self._fail,
            writes=True,
        )

    def _fail(self, error: Exception) -> None:
        self.button.setEnabled(True)
        self._note.say(
            f"{error.message} {error.hint}".strip() if isinstance(error, AppError) else f"It failed: {error}"
        )


def _found(beginning: Beginning, name: str, ceiling: Level, job: Job) -> Station:
    return beginning.found(name, ceiling, job)
