"""Trusting a root: its fingerprint, and the word of a person who has compared it."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.job import Job
from app.model.health import Health
from app.ui import words
from app.ui.canvas import Canvas
from app.ui.card_parts import Caption, CardHead, Note
from app.ui.controls import PushButton
from app.ui.field import Field
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.shell.beginning import Beginning, Roots
from app.ui.tasks import TaskRunner

_WIDE, _TALL = 640, 408
_ASKED = (0, -1)
"""Groups of the fingerprint that the person types: the first and the last, as they were told."""


class TrustCard(Card):
    """Shows the fingerprint of a trust file's roots and takes it once a person has typed what they were told.

    The file's own first and last group are not shown before they are typed: so what is typed comes from the root
    holders and not from the file.

    Signals
    -------
    trusted(str)
        What is in force now, in words.
    """

    trusted = Signal(str)

    def __init__(self, look: Look, runner: TaskRunner, beginning: Beginning, file: Path) -> None:
        super().__init__(look, "Trust a root")
        self._runner, self._beginning = runner, beginning
        self._roots: Roots | None = None
        self._sign = _Fingerprint(look)
        self.typed = [
            Field(look, f"{which} eight signs of the fingerprint, as the root holders told you", role="mono")
            for which in ("First", "Last")
        ]
        self._note = Note(look)
        self.button = PushButton(look, "Trust these roots", primary=True)
        self.button.clicked.connect(self._trust)
        for field in self.typed:
            field.textChanged.connect(self._judge)
            field.returnPressed.connect(self._trust)
            field.setEnabled(False)
        self._lay_out(file.name)
        self.button.setEnabled(False)
        self._note.say("Reading the file and checking its signatures")
        runner.run(partial(_read, beginning, file), receiver=self, on_done=self._show, on_error=self._fail)

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * self.SHADOW, _TALL + 2 * self.SHADOW)

    def first_focus(self) -> QWidget:
        """The first group, once there is one to compare."""
        return self.typed[0] if self.typed[0].isEnabled() else self

    def _lay_out(self, name: str) -> None:
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 24
        layout.setContentsMargins(edge, self.SHADOW + 18, edge, self.SHADOW + 14)
        layout.setSpacing(8)
        layout.addWidget(CardHead(self.look, "Trust a root", f"Fingerprint of the roots in {name}"))
        layout.addWidget(self._sign)
        layout.addSpacing(4)
        layout.addWidget(Caption(self.look, "Type its first and its last eight signs, as the root holders told you"))
        row = QHBoxLayout()
        row.setSpacing(12)
        for field in self.typed:
            row.addWidget(field)
        layout.addLayout(row)
        layout.addStretch()
        foot = QHBoxLayout()
        foot.addWidget(self._note, 1)
        foot.addWidget(self.button)
        layout.addLayout(foot)

    def _show(self, roots: Roots) -> None:
        self._roots = roots
        self._sign.show_roots(roots)
        for field in self.typed:
            field.setEnabled(True)
        self.typed[0].setFocus()
        self._judge()

    def _right(self) -> list[bool]:
        """Which of the typed groups are the file's."""
        if self._roots is None:
            return [False, False]
        groups = [self._roots.groups[at] for at in _ASKED]
        return ["".join(field.text().split()).lower() == group for field, group in zip(self.typed, groups, strict=True)]

    def _judge(self) -> None:
        right = self._right()
        self._sign.reveal(right)
        self.button.setEnabled(all(right))
        full = [len("".join(field.text().split())) >= 8 for field in self.typed]
        if all(right):
            self._note.say("The same. Compare the groups between them before you go on.")
        elif any(done and not same for done, same in zip(full, right, strict=True)):
            self._note.say("Not what stands in this file. Do not guess: call the root holders.")
        else:
            self._note.say("Ask the root holders by telephone; never take it from the mail the file came with.")

    def _trust(self) -> None:
        if self._roots is None or not self.button.isEnabled():
            return
        self.button.setEnabled(False)
        self._runner.run(
            partial(_trust, self._beginning, self._roots),
            receiver=self,
            on_done=self.trusted.emit,
            on_error=self._fail,
            writes=True,
        )

    def _fail(self, error: Exception) -> None:
        if isinstance(error, AppError):
            self._sign.show_error(error.message, error.hint)
        else:
            self._sign.show_error("This file could not be used", f"{type(error).__name__}: it is written to the log.")
        self.button.setEnabled(False)
        for field in self.typed:
            field.setEnabled(False)
        self._note.say("Nothing was changed. Esc goes back.")
        self.setFocus()


class _Fingerprint(Part):
    """The groups, those that are asked for hidden until they were typed; and what the file says of itself."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Reading the file")
        self._roots: Roots | None = None
        self._shown = [False, False]
        self._error = ("", "")
        self.setFixedHeight(160)

    def show_roots(self, roots: Roots) -> None:
        """Show another file's."""
        self._roots = roots
        self._name()

    def show_error(self, title: str, text: str) -> None:
        """Say what is wrong instead."""
        self._error = (title, text)
        self.setAccessibleName(f"{title} {text}")
        self.update()

    def reveal(self, shown: list[bool]) -> None:
        """Show the groups that were typed right."""
        if shown != self._shown:
            self._shown = shown
            self._name()

    def _groups(self) -> list[str]:
        groups = list(self._roots.groups) if self._roots is not None else []
        for at, shown in zip(_ASKED, self._shown, strict=True):
            if groups and not shown:
                groups[at] = "\N{BULLET}" * 8
        return groups

    def _name(self) -> None:
        told = " ".join("as you type it" if group.startswith("\N{BULLET}") else group for group in self._groups())
        self.setAccessibleName(f"Fingerprint: {told}. {self._said()}")
        self.update()

    def _said(self) -> str:
        roots = self._roots
        if roots is None:
            return ""
        sources = words.listed(list(roots.sources[:3])) if roots.sources else "no source yet"
        more = f" and {len(roots.sources) - 3} more" if len(roots.sources) > 3 else ""
        who = f"{roots.threshold} of {roots.roots} roots must sign. It names {sources}{more}."
        return f"{'A demonstration. ' if roots.demo else ''}Version {roots.version}. {who}"

    def paint(self, canvas: Canvas) -> None:
        if self._error[0]:
            canvas.status(Health.CRITICAL, 14, 20, 24)
            canvas.write("strong", self._error[0], 40, 25, "text.hi", room=self.width() - 40)
            canvas.lines("small", self._error[1], QRectF(40, 36, self.width() - 40, 60), "text.mid")
            return
        box = QRectF(0, 0, self.width(), 112)
        canvas.fill(box, "inset", 6)
        canvas.outline(box, "hair", 6)
        step = (box.width() - 40) / 4
        for number, group in enumerate(self._groups()):
            x, y = 20 + number % 4 * step, 31 + number // 4 * 32
            asked = number in (0, len(self._groups()) - 1)
            canvas.write("mono", group, x, y, "accent" if asked else "text.hi")
        canvas.lines("small", self._said(), QRectF(0, 121, self.width(), 40), "text.mid")


def _read(beginning: Beginning, file: Path, job: Job) -> Roots:
    return beginning.read_roots(file, job)


def _trust(beginning: Beginning, roots: Roots, job: Job) -> str:
    return beginning.trust(roots, roots.fingerprint, job)
