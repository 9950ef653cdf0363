"""The page of a station that holds nothing yet: what to do, in order."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.controls import PushButton
from app.ui.look import Look
from app.ui.part import Part


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do and the command that does it."""

    title: str
    text: str
    command: str


_STEPS = (
    Step(
        "Name the station and its ceiling",
        "Nothing above the ceiling is ever opened here. Without one nothing is imported. Then open the console again.",
        "watchfloor init --ceiling S --station NAME",
    ),
    Step(
        "Trust a root",
        "Read the fingerprint to its owner over the telephone before you confirm it.",
        "watchfloor trust init FILE --fingerprint F",
    ),
    Step(
        "Import the first bundle",
        "Drop it on this window, press Ctrl I, or use the terminal. It is checked before anything is read.",
        "watchfloor import BUNDLE",
    ),
    Step(
        "Or look at a demonstration",
        "A made-up fleet with a month of history, in a folder of its own. It says so at the top of every page.",
        "watchfloor demo --base-dir FOLDER",
    ),
)
_ROW = 92


class _Steps(Part):
    """The steps, numbered."""

    def __init__(self, look: Look) -> None:
        told = " ".join(f"{number}. {step.title}: {step.text} {step.command}." for number, step in enumerate(_STEPS, 1))
        super().__init__(look, f"How to begin. {told}")
        self.setFixedHeight(len(_STEPS) * _ROW)

    def paint(self, canvas: Canvas) -> None:
        for number, step in enumerate(_STEPS):
            top = number * _ROW
            circle = QRectF(1, top + 9, 26, 26)
            canvas.outline(circle, "line", 13)
            canvas.write(
                "smallstrong",
                str(number + 1),
                14,
                canvas.middle("smallstrong", circle.top(), 26),
                "text.mid",
                align=0.5,
            )
            canvas.write("strong", step.title, 48, top + 20, "text.hi")
            canvas.write("small", step.text, 48, top + 40, "text.mid", room=self.width() - 48)
            wide = canvas.width("mono", step.command) + 20
            field = QRectF(48, top + 51, min(wide, self.width() - 48), 26)
            canvas.fill(field, "inset", 4)
            canvas.outline(field, "hair", 4)
            canvas.write(
                "mono", step.command, 58, canvas.middle("mono", field.top(), 26), "text.hi", room=field.width() - 20
            )


class FirstRun(QWidget):
    """Says what to do, and offers what can be done here.

    Signals
    -------
    import_wanted()
        Choose a bundle and import it.
    """

    import_wanted = Signal()

    def __init__(self, look: Look, margins: tuple[int, int, int, int] = (0, 8, 0, 0)) -> None:
        super().__init__()
        self._button = PushButton(look, "Import a bundle", key="Ctrl I", primary=False)
        self._button.clicked.connect(self.import_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*margins)
        layout.setSpacing(20)
        layout.addWidget(_Head(look))
        layout.addWidget(_Steps(look))
        row = QHBoxLayout()
        row.setContentsMargins(44, 0, 0, 0)
        row.addWidget(self._button)
        row.addStretch()
        layout.addLayout(row)
        layout.addStretch()

    def first_focus(self) -> QWidget:
        """The button."""
        return self._button


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
        canvas.write("body", "Data comes in one way only: as signed bundles. Three steps, once.", 0, 64, "text.low")
