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
    if modifiers & Qt.KeyboardModifier.AltModifier:
        return {Qt.Key.Key_Left: "Alt Left", Qt.Key.Key_Right: "Alt Right"}.get(key, "")
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        shift = "Shift " if modifiers & Qt.KeyboardModifier.ShiftModifier else ""
        return f"Ctrl {shift}{chr(key)}" if 0x20 < key < 0x7F else ""
    text = event.text()
    if modifiers & Qt.KeyboardModifier.ShiftModifier and text.isalpha():
        return f"Shift {text.upper()}"
    return text.upper()


class Keyboard:
    """Finds the action of a key; G waits for a second letter. Tells whether the key was its own.

    `page_keys` are asked for at each key: what they do depends on the page that is shown, and they come first.
    """

    def __init__(self, keys: tuple[Key, ...], page_keys: Callable[[], tuple[Key, ...]] = tuple) -> None:
        self._keys, self._page_keys = keys, page_keys
        self._prefix = ""
        self._since = QElapsedTimer()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key that does something where one is."""
        return (*self._page_keys(), *self._keys)

    def handle(self, event: QKeyEvent) -> bool:
        """Do what the key says."""
        press = press_of(event)
        if self._prefix and self._since.elapsed() < _PREFIX_MS:
            press = f"{self._prefix} {press}"
        self._prefix = ""
        actions = {key.press: key.act for key in (*self._keys, *self._page_keys()) if key.act is not None}
        action = actions.get(press)
        if action is not None:
            action()
            return True
        if press and any(
            known.startswith(f"{press} ") for known in actions if not known.startswith(("Ctrl", "Shift", "Alt"))
        ):
            self._prefix = press
            self._since.start()
            return True
        return False
