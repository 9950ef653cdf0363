"""What the console remembers for each user: the state of the window, and nothing else."""

import json
from typing import Any

from PySide6.QtCore import QByteArray, QSettings


class Memory:
    """Values by name in the user's own file; what is not there, or not of the kind that is meant, is as at first."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def number(self, name: str, default: int) -> int:
        """A whole number from 0 up."""
        found = str(self._settings.value(name, default))
        return int(found) if found.isdecimal() else default

    def text(self, name: str, default: str) -> str:
        """A piece of text."""
        return str(self._settings.value(name, default))

    def data(self, name: str) -> QByteArray | None:
        """What Qt packed itself, such as the geometry of a window."""
        found = self._settings.value(name)
        return found if isinstance(found, QByteArray) else None

    def record(self, name: str) -> Any:
        """What `keep_record` kept; None where nothing is or where it cannot be read."""
        found = self._settings.value(name)
        try:
            return json.loads(found) if isinstance(found, str) else None
        except (ValueError, RecursionError):
            return None

    def keep(self, **values: Any) -> None:
        """Keep some values of the window."""
        for name, value in values.items():
            self._settings.setValue(f"window/{name}", value)
        self._settings.sync()

    def keep_record(self, name: str, value: Any) -> None:
        """Keep a value made of lists, mappings, text and numbers."""
        self._settings.setValue(f"window/{name}", json.dumps(value))
        self._settings.sync()
