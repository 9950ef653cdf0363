"""Building a demonstration and opening it."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.job import Job, Progress
from app.model.health import Health
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.card_parts import Caption, CardHead
from app.ui.controls import PushButton
from app.ui.field import Field
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.shell.beginning import Beginning
from app.ui.tasks import TaskRunner

_WIDE, _TALL = 620, 306
_SAID = "A made-up fleet with a month of history. It never mixes with a real station."


class DemoCard(Card):
    """Asks for a folder, builds there, and opens a console of its own on it. To close the card stops the build."""

    def __init__(self, look: Look, runner: TaskRunner, beginning: Beginning, folder: Path) -> None:
        super().__init__(look, "Look at a demonstration")
        self._runner, self._beginning = runner, beginning
        self._job: Job | None = None
        self._built: Path | None = None
        self.folder = Field(look, "Folder for the demonstration", role="mono")
        self.folder.setText(str(folder))
        self.state = _State(look)
        self.button = PushButton(look, "Build it", key="Enter", primary=True)
        self.button.clicked.connect(self._act)
        self.folder.returnPressed.connect(self._act)
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 24
        layout.setContentsMargins(edge, self.SHADOW + 18, edge, self.SHADOW + 14)
        layout.setSpacing(8)
        layout.addWidget(CardHead(look, "Look at a demonstration", _SAID))
        layout.addWidget(Caption(look, "Folder, which must be empty or not exist yet"))
        layout.addWidget(self.folder)
        layout.addWidget(self.state)
        layout.addStretch()
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.button)
        layout.addLayout(row)

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The button: the folder is most often right."""
        return self.button

    def _act(self) -> None:
        if self._built is not None:
            self._open(self._built)
        elif self._job is not None:
            self._stop()
        else:
            self._build()

    def _build(self) -> None:
        folder = Path(self.folder.text().strip()).expanduser()
        if not self.folder.text().strip() or not folder.is_absolute():
            self.state.say(Health.WARNING, "Name a folder by its full path.")
            return
        self.folder.setEnabled(False)
        self.button.say("Stop")
        self.state.progress(Progress(0, None, "Beginning"))
        self._job = self._runner.run(
            partial(_build, self._beginning, folder),
            receiver=self,
            on_done=self._done,
            on_error=self._fail,
            on_progress=self._progressed,
            writes=True,
        )

    def _progressed(self, progress: Progress) -> None:
        if self._job is not None:
            self.state.progress(progress)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._rest()
        self.state.say(Health.UNKNOWN, "Stopped. Nothing half-built is kept.")

    def _rest(self) -> None:
        self._job = None
        self.folder.setEnabled(True)
        self.button.say("Build it", "Enter")

    def _done(self, folder: Path) -> None:
        self._job, self._built = None, folder
        self.button.say("Open it", "Enter")
        self.button.setFocus()
        self.state.say(Health.HEALTHY, "Built. It opens in a window of its own; this one stays.")

    def _open(self, folder: Path) -> None:
        if self._beginning.open_demo(folder):
            self.button.setEnabled(False)
            self.state.say(Health.HEALTHY, "A second console opens on the demonstration. Esc goes back to this one.")
        else:
            self.state.say(Health.WARNING, f"It could not be started. Use: watchfloor console --base-dir {folder}")

    def _fail(self, error: Exception) -> None:
        self._rest()
        if isinstance(error, AppError):
            self.state.say(Health.CRITICAL, f"{error.message} {error.hint}".strip())
        elif isinstance(error, OSError):
            self.state.say(Health.CRITICAL, f"{error.strerror or error}. Choose another folder.")
        else:
            self.state.say(Health.CRITICAL, f"{type(error).__name__}: this is our fault; it is written to the log.")

    def hideEvent(self, event: QHideEvent) -> None:
        if self._job is not None:
            self._job.cancel()
        super().hideEvent(event)


class _State(Part):
    """How far the build is, or what came of it."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._health: Health | None = None
        self._words, self._share = "", -1.0
        self.setFixedHeight(56)

    def say(self, health: Health, said: str) -> None:
        """Say what came of it."""
        self._health, self._words, self._share = health, said, -1.0
        self.setAccessibleName(said)
        self.update()

    def progress(self, progress: Progress) -> None:
        """Show real progress."""
        counts = f", {words.amount(progress.done)} of {words.amount(progress.total)}" if progress.total else ""
        self._health, self._words = None, f"{progress.label}{counts}"
        self._share = progress.done / progress.total if progress.total else 0.0
        self.setAccessibleName(self._words)
        self.update()

    def paint(self, canvas: Canvas) -> None:
        if not self._words:
            return
        if self._health is not None:
            canvas.status(self._health, 10, 18, 18)
            canvas.lines("small", self._words, QRectF(28, 7, self.width() - 28, 46), "text.hi")
            return
        canvas.write("small", self._words, 0, 20, "text.mid", room=self.width())
        bar = QRectF(0, 32, self.width(), 4)
        canvas.fill(bar, "inset", 2)
        bar.setWidth(bar.width() * min(1.0, max(0.0, self._share)))
        canvas.fill(bar, "accent", 2)


def _build(beginning: Beginning, folder: Path, job: Job) -> Path:
    return beginning.build_demo(folder, job)
