"""The keyboard map: what every key does, in one place, and the card that shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.scroll import PageArea

_PREFIX_MS = 1500


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the map. `press` is the key's text (``G O``, ``Ctrl I``); an empty `act` is told, not bound here."""

    group: str
    press: str
    does: str
    act: Callable[[], None] | None = None


def press_of(event: QKeyEvent) -> str:
    """A key event as the map writes it."""
    modifiers = event.modifiers()
    key = Qt.Key(event.key())
    named = {Qt.Key.Key_Escape: "Esc", Qt.Key.Key_F5: "F5"}
    if key in named:
        return named[key]
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        shift = "Shift " if modifiers & Qt.KeyboardModifier.ShiftModifier else ""
        return f"Ctrl {shift}{chr(key)}" if 0x20 < key < 0x7F else ""
    text = event.text()
    if modifiers & Qt.KeyboardModifier.ShiftModifier and text.isalpha():
        return f"Shift {text.upper()}"
    return text.upper()


class Keyboard:
    """Finds the action of a key; G waits for a second letter. Tells whether the key was its own."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self.keys = keys
        self._actions = {key.press: key.act for key in keys if key.act is not None}
        self._prefix = ""
        self._since = QElapsedTimer()

    def handle(self, event: QKeyEvent) -> bool:
        """Do what the key says."""
        press = press_of(event)
        if self._prefix and self._since.elapsed() < _PREFIX_MS:
            press = f"{self._prefix} {press}"
        self._prefix = ""
        action = self._actions.get(press)
        if action is not None:
            action()
            return True
        if press and any(
            known.startswith(f"{press} ") for known in self._actions if not known.startswith(("Ctrl", "Shift"))
        ):
            self._prefix = press
            self._since.start()
            return True
        return False


_LINE = 30
_WIDE = 468


class _Lines(Part):
    def __init__(self, look: Look, keys: tuple[Key, ...]) -> None:
        super().__init__(look, "All keys. " + "; ".join(f"{key.press}: {key.does}" for key in keys))
        self._keys = keys

    def sizeHint(self) -> QSize:
        groups = len({key.group for key in self._keys})
        return QSize(_WIDE, 44 + len(self._keys) * _LINE + groups * 26)

    def paint(self, canvas: Canvas) -> None:
        canvas.write("title", "All keys", 0, 24, "text.hi")
        y, group = 44.0, ""
        for key in self._keys:
            if key.group != group:
                group = key.group
                canvas.write("label", group, 0, y + 17, "text.low")
                y += 26
            self._paint_key(canvas, y + _LINE / 2, key)
            y += _LINE

    def _paint_key(self, canvas: Canvas, middle: float, key: Key) -> None:
        x = 0.0
        for press in key.press.split(" "):
            if press in ("or", "then", "to"):
                x += canvas.write("caption", press, x, canvas.middle("caption", middle - 10, 20), "text.low") + 6
            else:
                x += canvas.key(press, x, middle) + 6
        canvas.write(
            "small", key.does, 168, canvas.middle("small", middle - 10, 20), "text.mid", room=self.width() - 168
        )


_EDGE, _RIM = Card.SHADOW + 24, Card.SHADOW + 16


class KeysCard(Card):
    """Every key that does something here."""

    def __init__(self, look: Look, keys: tuple[Key, ...]) -> None:
        super().__init__(look, "All keys")
        lines = _Lines(look, tuple(key for key in keys if key.does))
        lines.setFixedHeight(lines.sizeHint().height())
        self._tall = lines.height()
        self._area = PageArea(look, lines)
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName(lines.accessibleName())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_EDGE, _RIM, _EDGE, _RIM)
        layout.addWidget(self._area)

    def sizeHint(self) -> QSize:
        return QSize(_WIDE + 2 * _EDGE, self._tall + 2 * _RIM)

    def first_focus(self) -> QWidget:
        """The list itself, which the arrows and PageDown scroll where it does not fit."""
        return self._area
