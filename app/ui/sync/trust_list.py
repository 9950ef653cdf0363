"""Whom this station trusts, and which sources are locked."""

import math

from PySide6.QtCore import QRectF, QSize

from app.model.health import Health
from app.query.sync import LockedSource, TrustedKey
from app.ui import words
from app.ui.canvas import BLOCK, Canvas
from app.ui.look import Look
from app.ui.part import Part
from app.ui.text import RIGHT

_KEY, _LOCK = 40, 86
_SOON = 30 * 86400.0


def short_id(keyid: str) -> str:
    """First eight digits of a key id in two groups, as people read them to each other."""
    digits = keyid.removeprefix("sha384:").upper()[:8]
    return f"{digits[:4]} {digits[4:]}".strip()


def key_end(key: TrustedKey, now: float) -> tuple[str, bool]:
    """When a key ends, and whether that asks for somebody."""
    if key.revoked:
        return "revoked", True
    if math.isnan(key.expires):
        return "no end set", False
    if key.expires <= now:
        return f"ended {words.date(key.expires)}", True
    return f"to {words.date(key.expires)}", key.expires - now < _SOON


class KeyList(Part):
    """One line for each trusted key, by level."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._keys: tuple[TrustedKey, ...] = ()
        self._now = 0.0

    def show_keys(self, keys: tuple[TrustedKey, ...], now: float) -> None:
        """Show other keys."""
        self._keys, self._now = keys, now
        told = [f"{key.level.title}, {short_id(key.keyid)}, {key.source}, {key_end(key, now)[0]}" for key in keys]
        self.setAccessibleName("Trusted keys. " + "; ".join(told))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, max(1, len(self._keys)) * _KEY)

    def paint(self, canvas: Canvas) -> None:
        warning = canvas.look.theme.status[Health.WARNING].text
        for number, key in enumerate(self._keys):
            top = number * _KEY
            middle = top + _KEY / 2
            canvas.block(key.level, 0, middle, BLOCK)
            baseline = canvas.middle("mono", top, _KEY)
            canvas.write("mono", short_id(key.keyid), 48, baseline, "text.hi")
            said, soon = key_end(key, self._now)
            wide = canvas.write("small", said, self.width(), baseline, warning if soon else "text.mid", align=RIGHT)
            if soon:
                canvas.status(Health.WARNING, self.width() - wide - 14, middle, 15)
                wide += 24
            canvas.write("small", key.source, 142, baseline, "text.low", room=self.width() - wide - 154)
            if number < len(self._keys) - 1:
                canvas.rule(0, self.width(), top + _KEY - 1)


class LockList(Part):
    """Sources from which nothing is taken until somebody releases them."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._locks: tuple[LockedSource, ...] = ()
        self._now = 0.0

    def show_locks(self, locks: tuple[LockedSource, ...], now: float) -> None:
        """Show other locks."""
        self._locks, self._now = locks, now
        self.setAccessibleName("Locked sources. " + "; ".join(f"{lock.source}: {lock.reason}" for lock in locks))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, len(self._locks) * _LOCK)

    def paint(self, canvas: Canvas) -> None:
        ink = canvas.look.theme.status[Health.CRITICAL]
        for number, lock in enumerate(self._locks):
            y = float(number * _LOCK)
            canvas.status(Health.CRITICAL, 10, y + 14, 18)
            wide = canvas.write("strong", lock.source, 32, y + 19, "text.hi", room=self.width() - 160)
            canvas.block(lock.level, 32 + wide + 11, y + 14)
            since = words.age(self._now - lock.since)
            canvas.write("smallstrong", since, self.width(), y + 19, ink.text, align=RIGHT)
            canvas.write("small", lock.reason, 32, y + 40, "text.mid", room=self.width() - 32)
            command = f"watchfloor trust release {lock.source} --reason WHY"
            field = QRectF(32, y + 50, min(canvas.width("mono.small", command) + 20, self.width() - 32), 24)
            canvas.fill(field, "inset", 4)
            baseline = canvas.middle("mono.small", field.top(), 24)
            canvas.write("mono.small", command, 42, baseline, "text.mid", room=field.width() - 20)
