"""Tips that stay between the banners: Qt's own are windows of their own and could cover one."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QCursor, QHideEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.ui import text
from app.ui.canvas import Canvas
from app.ui.look import Look

TIP = "tip"
"""Name of the property that holds a widget's tip."""
_WIDE = 420
_PAD = 10
_AWAY = 14
_WATCH_MS = 120
_ENDS = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


def tip_of(widget: QWidget | None, at: QPoint) -> str:
    """Tip of the widget at a global point, of the nearest one around it, or of a table's cell."""
    while widget is not None:
        if isinstance(widget, QAbstractItemView):
            index = widget.indexAt(widget.viewport().mapFromGlobal(at))
            said = index.data(Qt.ItemDataRole.ToolTipRole) if index.isValid() else None
            return str(said) if said else ""
        tip_at = getattr(widget, "tip_at", None)
        said = (tip_at(QPointF(widget.mapFromGlobal(at))) if tip_at is not None else "") or widget.property(TIP)
        if said:
            return str(said)
        widget = widget.parentWidget()
    return ""


class Tip(QWidget):
    """One tip, inside of the widget it is a child of. It goes when the pointer does, or with the next key."""

    def __init__(self, look: Look, body: QWidget) -> None:
        super().__init__(body)
        self._look, self._body = look, body
        self._lines: list[str] = []
        self._at = QPoint()
        self._watch = QTimer(self, interval=_WATCH_MS)
        self._watch.timeout.connect(self._follow)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, said: str, at: QPoint) -> None:
        """Show a tip for the global point; an empty one hides it."""
        self._at = at
        self._lines = [
            line for part in said.split("\n") for line in text.wrapped(self._look.fonts, "small", part, _WIDE)
        ]
        self.setVisible(bool(said))
        if said:
            _application().installEventFilter(self)  # a second time is as once
            self._place()
            self.raise_()
            self._watch.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A key may change what lies below, and Esc must be enough; the key still does what it does."""
        if event.type() in _ENDS:
            self.hide()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        self._watch.stop()
        _application().removeEventFilter(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        step = text.line_step(self._look.fonts, "small")
        with Canvas(self, self._look) as canvas:
            box = QRectF(self.rect())
            canvas.fill(box, "raised" if self._look.theme.dark else "surface", 6)
            canvas.outline(box, "line", 6)
            for number, line in enumerate(self._lines):
                canvas.write("small", line, _PAD, _PAD + 11 + number * step, "text.hi")

    def _place(self) -> None:
        fonts = self._look.fonts
        wide = max(text.width(fonts, "small", line) for line in self._lines)
        size = QSize(
            round(wide) + 2 * _PAD + 1, round(len(self._lines) * text.line_step(fonts, "small")) + 2 * _PAD - 4
        )
        here = self._body.mapFromGlobal(self._at) + QPoint(8, 20)
        x = max(4, min(here.x(), self._body.width() - size.width() - 4))
        y = here.y()
        if y + size.height() > self._body.height() - 4:
            y = max(4, here.y() - 28 - size.height())
        self.setGeometry(x, y, size.width(), size.height())

    def _follow(self) -> None:
        if (QCursor.pos() - self._at).manhattanLength() > _AWAY:
            self.hide()


def _application() -> QCoreApplication:
    found = QCoreApplication.instance()
    assert found is not None  # noqa: S101 -- no widget without one
    return found
