"""The keyboard map: what every key does, in one place."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QKeyEvent

_PREFIX_MS = 1500


class Key(NamedTuple):
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
