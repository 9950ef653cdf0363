"""The page of a station that holds nothing yet: what to do, in order, with a button for each step."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.controls import PushButton
from app.ui.look import Look
from app.ui.part import RIM, Part

STATION, TRUST, IMPORT, DEMO = "station", "trust", "import", "demo"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, the button for it, and the command that does it too."""

    id: str
    title: str
    text: str
    does: str
    key: str
    command: str


_STEPS = (
    Step(
        STATION,
        "Name the station and its ceiling",
        "Nothing above the ceiling is ever opened here, and without one nothing is imported.",
        "Set up this station",
        "",
        "watchfloor init --ceiling S --station NAME",
    ),
    Step(
        TRUST,
        "Trust a root",
        "Read the fingerprint to its owner over the telephone before you confirm it.",
        "Trust a root",
        "",
        "watchfloor trust init FILE --fingerprint F",
    ),
    Step(
        IMPORT,
        "Import the first bundle",
        "Choose it, or drop it on this window. It is checked before anything is read.",
        "Import a bundle",
        "Ctrl I",
        "watchfloor import BUNDLE",
    ),
    Step(
        DEMO,
        "Or look at a demonstration",
        "A made-up fleet with a month of history, in a folder of its own. Its pages say so.",
        "Look at a demonstration",
        "",
        "watchfloor demo --base-dir FOLDER",
    ),
)
_ROW, _WIDE = 92, 700


class FirstRun(QWidget):
    """Says what to do, and does it.

    Parameters
    ----------
    founded
        Whether the station has its settings: then its first step is done, and without them the next two wait.

    Signals
    -------
    wanted(str)
        The step of this id: STATION, TRUST, IMPORT or DEMO.
    """

    wanted = Signal(str)

    def __init__(self, look: Look, margins: tuple[int, int, int, int] = (0, 8, 0, 0), *, founded: bool = True) -> None:
        super().__init__()
        self.buttons: dict[str, PushButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*margins)
        layout.setSpacing(0)
        layout.addWidget(_Head(look))
        layout.addSpacing(20)
        next_one = TRUST if founded else STATION
        for number, step in enumerate(_STEPS, 1):
            done = founded and step.id == STATION
            row = QHBoxLayout()
            row.setSpacing(16)
            row.addWidget(_Line(look, number, step, done=done), 10)
            if not done:
                button = PushButton(look, step.does, key=step.key, primary=step.id == next_one)
                button.setEnabled(founded or step.id in (STATION, DEMO))
                button.clicked.connect(partial(self._want, step.id))
                button.setFixedWidth(236 + 2 * RIM)
                self.buttons[step.id] = button
                row.addWidget(button)
            row.addStretch(1)
            layout.addLayout(row)
        layout.addStretch()
        self._next = next_one

    def _want(self, step: str) -> None:
        self.wanted.emit(step)

    def first_focus(self) -> QWidget:
        """The button of the next step."""
        return self.buttons[self._next]


class _Line(Part):
    """A step with its number, or with a tick where it is done."""

    def __init__(self, look: Look, number: int, step: Step, *, done: bool) -> None:
        said = f"{number}. {step.title}{', done' if done else ''}: {step.text} {step.command}"
        super().__init__(look, said)
        self._number, self._step, self._done = number, step, done
        self.setFixedHeight(_ROW)
        self.setMaximumWidth(_WIDE)

    def paint(self, canvas: Canvas) -> None:
        step, circle = self._step, QRectF(1, 9, 26, 26)
        canvas.outline(circle, "line", 13)
        if self._done:
            canvas.icon("check", 14, circle.center().y(), 16, "accent")
        else:
            baseline = canvas.middle("smallstrong", circle.top(), 26)
            canvas.write("smallstrong", str(self._number), 14, baseline, "text.mid", align=0.5)
        room = self.width() - 48.0
        canvas.write("strong", step.title, 48, 20, "text.mid" if self._done else "text.hi", room=room)
        if self._done:
            canvas.write("small", "Done. Its ceiling stands in config/station.toml.", 48, 40, "text.low", room=room)
            return
        canvas.write("small", step.text, 48, 40, "text.mid", room=room)
        wide = canvas.width("mono", step.command) + 20
        field = QRectF(48, 51, min(wide, room), 26)
        canvas.fill(field, "inset", 4)
        canvas.outline(field, "hair", 4)
        baseline = canvas.middle("mono", field.top(), 26)
        canvas.write("mono", step.command, 58, baseline, "text.mid", room=field.width() - 20)


class _Head(Part):
    """The sentence of the empty station."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "This station holds no data yet. Nothing is known, so nothing is shown as healthy.")
        self.setFixedHeight(78)

    def paint(self, canvas: Canvas) -> None:
        wide = canvas.write("headline.strong", "This station holds no data yet.", 0, 36, "text.hi")
        said = " Nothing is known, so nothing is shown as healthy."
        if wide + canvas.width("headline", said) < self.width():
            canvas.write("headline", said, wide, 36, "text.mid")
        below = "Data comes in one way only: as signed bundles. Three steps, once; each is a command too."
        canvas.write("body", below, 0, 64, "text.low", room=self.width())
