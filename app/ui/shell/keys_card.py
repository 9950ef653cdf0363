"""The card that shows every key."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.card_parts import CardHead
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.part import RIM, Control, Part
from app.ui.popover import Card
from app.ui.scroll import PageArea

_LINE, _TITLE, _APART = 30, 30, 12
_COLUMN, _BETWEEN, _DOES = 372, 40, 140
_MOST_COLUMNS = 3


class Switch(Control):
    """Something that is on or off, in words and in shape."""

    def __init__(self, look: Look, words: str, *, on: bool) -> None:
        super().__init__(look, words)
        self._words = words
        self.setCheckable(True)
        self.setChecked(on)
        self.toggled.connect(self._rename)
        self._rename()

    def sizeHint(self) -> QSize:
        wide = self.look.fonts.metrics("medium").horizontalAdvance(f"{self._words}: off")
        return QSize(round(wide) + 64 + 2 * RIM, 36 + 2 * RIM)

    def paint(self, canvas: Canvas, body: QRectF) -> None:
        if self.hovered:
            canvas.fill(body, "hair", self.radius)
        on, middle = self.isChecked(), body.center().y()
        track = QRectF(body.left() + 8, middle - 9, 34, 18)
        canvas.fill(track, "accent" if on else "inset", 9)
        canvas.outline(track, "accent" if on else "text.low", 9)
        knob = QRectF(track.right() - 16 if on else track.left() + 2, middle - 7, 14, 14)
        canvas.fill(knob, "accent.ink" if on else "text.low", 7)
        said = f"{self._words}: {'on' if on else 'off'}"
        baseline = canvas.middle("medium", body.top(), body.height())
        canvas.write("medium", said, track.right() + 10, baseline, "text.hi", room=body.right() - track.right() - 14)

    def _rename(self) -> None:
        self.setAccessibleName(f"{self._words}: {'on' if self.isChecked() else 'off'}")


class _Lines(Part):
    """The map, in as many columns as there is room for; a group is never torn apart."""

    def __init__(self, look: Look, keys: Sequence[Key]) -> None:
        super().__init__(look, "All keys. " + "; ".join(f"{key.press}: {key.does}" for key in keys))
        groups: dict[str, list[Key]] = {}
        for key in keys:
            groups.setdefault(key.group, []).append(key)
        self._groups = list(groups.items())
        self._columns: list[list[tuple[str, list[Key]]]] = []
        self.arrange(1)

    def arrange(self, columns: int) -> None:
        """Fill the columns in the order of the groups, each about as long as the others."""
        self._columns = _fill(self._groups, columns)
        self.setFixedHeight(max(sum(_tall(keys) for _, keys in column) for column in self._columns))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        fit = (self.width() + _BETWEEN) // (_COLUMN + _BETWEEN)
        if min(max(fit, 1), _MOST_COLUMNS) != len(self._columns):
            self.arrange(min(max(fit, 1), _MOST_COLUMNS))

    def paint(self, canvas: Canvas) -> None:
        for number, column in enumerate(self._columns):
            x, y = number * (_COLUMN + _BETWEEN), 0.0
            for title, keys in column:
                canvas.write("label", title, x, y + 19, "text.low")
                y += _TITLE
                for key in keys:
                    self._paint_key(canvas, x, y + _LINE / 2, key)
                    y += _LINE
                y += _APART

    def _paint_key(self, canvas: Canvas, left: float, middle: float, key: Key) -> None:
        x = left
        for press in key.press.split(" "):
            if press in ("or", "then", "to"):
                x += canvas.write("caption", press, x, canvas.middle("caption", middle - 10, 20), "text.low") + 6
            else:
                x += canvas.key(press, x, middle) + 6
        baseline = canvas.middle("small", middle - 10, 20)
        canvas.write("small", key.does, left + _DOES, baseline, "text.mid", room=_COLUMN - _DOES)


def _tall(keys: Sequence[Key]) -> int:
    return _TITLE + len(keys) * _LINE + _APART


def _fill(groups: Sequence[tuple[str, list[Key]]], columns: int) -> list[list[tuple[str, list[Key]]]]:
    """Groups in their order over at most so many columns, each closed once it has its share of the whole."""
    share = sum(_tall(keys) for _, keys in groups) / columns
    filled: list[list[tuple[str, list[Key]]]] = [[]]
    used = 0.0
    for group in groups:
        tall = _tall(group[1])
        if filled[-1] and used + tall / 2 > share and len(filled) < columns:
            filled.append([])
            used = 0.0
        filled[-1].append(group)
        used += tall
    return filled + [[] for _ in range(columns - len(filled))]


_EDGE, _RIM = Card.SHADOW + 24, Card.SHADOW + 16


class KeysCard(Card):
    """Every key that does something here, and the switch for those that are single letters.

    Signals
    -------
    letters_switched(bool)
        Keys of single letters shall be on or off.
    """

    letters_switched = Signal(bool)

    def __init__(self, look: Look, keys: Sequence[Key], *, letters: bool) -> None:
        super().__init__(look, "All keys")
        lines = _Lines(look, [key for key in keys if key.does and key.press])
        lines.arrange(_MOST_COLUMNS)
        self._tall = lines.height()
        self._area = PageArea(look, lines)
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName(lines.accessibleName())
        self.switch = Switch(look, "Keys of single letters", on=letters)
        self.switch.toggled.connect(self.letters_switched)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_EDGE, _RIM, _EDGE - 12, _RIM)
        layout.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(CardHead(look, "All keys"), 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.switch)
        head.addSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._area)

    def sizeHint(self) -> QSize:
        wide = _MOST_COLUMNS * (_COLUMN + _BETWEEN) - _BETWEEN + 14
        return QSize(wide + 2 * _EDGE, self._tall + 56 + 2 * _RIM)

    def first_focus(self) -> QWidget:
        """The list itself, which the arrows and PageDown scroll where it does not fit."""
        return self._area
