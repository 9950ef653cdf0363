"""The keyboard map: what every key does, in one place."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QKeyEvent

_PREFIX_MS = 1500


class Key(NamedTuple):
    """One line of the map. `press` is the key's text (``G O``, ``Ctrl I``); an empty `act` is told, not bound here.

    One without a `press` is a command that only the palette has.
    """

    group: str
    press: str
    does: str
    act: Callable[[], None] | None = None


_NAMED = {Qt.Key.Key_Escape: "Esc", **{Qt.Key(Qt.Key.Key_F1.value + n): f"F{n + 1}" for n in range(12)}}
_SIGNS = "+-=0123456789"
"""Keys that are typed with or without Shift, as the keyboard has them; Ctrl means the sign."""


def press_of(event: QKeyEvent) -> str:
    """A key event as the map writes it."""
    modifiers = event.modifiers()
    key = Qt.Key(event.key())
    if key in _NAMED:
        return _NAMED[key]
    if modifiers & Qt.KeyboardModifier.AltModifier:
        return {Qt.Key.Key_Left: "Alt Left", Qt.Key.Key_Right: "Alt Right"}.get(key, "")
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        if not 0x20 < key < 0x7F:
            return ""
        sign = chr(key)
        if sign in _SIGNS:
            return f"Ctrl {'+' if sign == '=' else sign}"  # one key on most keyboards, with Shift and without
        return f"Ctrl {'Shift ' if modifiers & Qt.KeyboardModifier.ShiftModifier else ''}{sign}"
    text = event.text()
    if modifiers & Qt.KeyboardModifier.ShiftModifier and text.isalpha():
        return f"Shift {text.upper()}"
    return text.upper()


def commanded(event: QKeyEvent) -> bool:
    """Whether a key came with Alt, or a sign with Ctrl: it is the console's, whatever part has the keyboard."""
    modifiers = event.modifiers()
    control = modifiers & Qt.KeyboardModifier.ControlModifier and 0x20 < event.key() < 0x7F
    return bool(modifiers & Qt.KeyboardModifier.AltModifier or control)


def is_letter(press: str) -> bool:
    """Whether a press is made of single characters only, with or without Shift: ``G O``, ``Shift N``, ``?``, ``3``."""
    return bool(press) and all(len(part) == 1 or part == "Shift" for part in press.split(" "))


class Keyboard:
    """Finds the action of a key; G waits for a second letter. Tells whether the key was its own.

    `page_keys` are asked for at each key: what they do depends on the page that is shown, and they come first.
    With `letters` off no single character does anything here, nor does one after another (WCAG 2.1.4). What a
    list or a chart does with a letter while it has the keyboard stays: the criterion allows for it.
    """

    def __init__(self, keys: tuple[Key, ...], page_keys: Callable[[], tuple[Key, ...]] = tuple) -> None:
        self._keys, self._page_keys = keys, page_keys
        self.letters = True
        self._prefix = ""
        self._since = QElapsedTimer()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key that does something where one is, each once."""
        own = self._page_keys()
        taken = {key.press for key in own if key.press}
        return (*own, *(key for key in self._keys if key.press not in taken))

    def handle(self, event: QKeyEvent) -> bool:
        """Do what the key says."""
        press = press_of(event)
        if not press or (not self.letters and is_letter(press)):
            return False
        if self._prefix and self._since.elapsed() < _PREFIX_MS:
            press = f"{self._prefix} {press}"
        self._prefix = ""
        actions = {key.press: key.act for key in self.keys if key.act is not None}
        action = actions.get(press)
        if action is not None:
            action()
            return True
        if any(known.startswith(f"{press} ") for known in actions if not known.startswith(("Ctrl", "Shift", "Alt"))):
            self._prefix = press
            self._since.start()
            return True
        return False
