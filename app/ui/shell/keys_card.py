"""The card that shows every key."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.keyboard import Key
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card
from app.ui.scroll import PageArea

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
