"""The parts of which golden pictures are kept, and how they are drawn.

``python -m tests.golden.parts`` draws every picture anew. Do that only after looking at the new ones beside the old:
what is committed here is what the program promises to look like.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage

from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.ui.canvas import Canvas
from app.ui.charts.face import paint_grid, paint_moments, values_of
from app.ui.charts.scale import Scale
from app.ui.charts.units import SECONDS
from app.ui.hatch import half
from app.ui.look import Look
from app.ui.main import make_application
from app.ui.shell.marking import BANNER_HEIGHT, Banner
from app.ui.time_axis import TimeAxis

FOLDER = Path(__file__).parent
_SIZES = (14, 16, 18, 28, 44)


def _sheet(look, width, height, ratio=1.0):
    """An empty picture of so many logical pixels, in the colour of a panel."""
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(look.theme["surface"])
    return image


def symbols(look, ratio):
    """Every state at every size, solid and as last known; below them the states of work."""
    image = _sheet(look, 420, 7 * 52, ratio)
    with Canvas(image, look) as canvas:
        for row, health in enumerate(Health):
            x, y = 24.0, 26.0 + row * 52
            for size in _SIZES:
                canvas.status(health, x, y, size)
                canvas.status(health, x + 200, y, size, ghost=True)
                x += size / 2 + 28
        for number, state in enumerate(("todo", "doing", "done")):
            canvas.work(state, 24.0 + number * 40, 26.0 + 6 * 52, 18)
    return image


def banners(look, ratio):
    """The banner of every marking, of demonstration data, and of one that is not known."""
    levels = (*Level, None)
    image = _sheet(look, 640, len(levels) * BANNER_HEIGHT, ratio)
    for number, level in enumerate(levels):
        banner = Banner(look, Level.S)
        banner.resize(640, BANNER_HEIGHT)
        banner.show_marking(level, "Demonstration data" if level is Level.U else "")
        banner.render(image, QPointF(0, number * BANNER_HEIGHT).toPoint())
    return image


def hatches(look, ratio):
    """Time without data: at both steps, at half strength, and over neighbours that must not break the lines."""
    image = _sheet(look, 320, 120, ratio)
    with Canvas(image, look) as canvas:
        warning = look.theme.status[Health.WARNING].symbol
        canvas.hatch(QRectF(10, 10, 140, 40), "line", step=6)
        canvas.hatch(QRectF(170, 10, 70, 40), half(warning))
        canvas.hatch(QRectF(240, 10, 70, 40), half(warning))
        canvas.hatch(QRectF(10, 70, 300, 16), "text.low")
        canvas.hatch(QRectF(10.5, 100.5, 3, 12), "text.hi")
    return image


def _moment(*when):
    return datetime(*when, tzinfo=UTC).timestamp()


def axes(look, ratio):
    """Axes over a leap day, over the night the clocks change, over a new year, and the values of a chart."""
    image = _sheet(look, 640, 200, ratio)
    spans = (
        TimeRange(_moment(2028, 2, 27), _moment(2028, 3, 2)),
        TimeRange(_moment(2026, 10, 24, 18), _moment(2026, 10, 25, 6)),
        TimeRange(_moment(2027, 10, 15), _moment(2028, 4, 15)),
    )
    with Canvas(image, look) as canvas:
        for number, span in enumerate(spans):
            canvas.painter.save()
            canvas.painter.translate(0, 4 + number * 24)
            paint_moments(canvas, span, 60, 620)
            canvas.painter.restore()
        TimeAxis(spans[1], 60, 620).paint(canvas, 92)
        paint_grid(canvas, QRectF(60, 108, 560, 80), values_of(look, SECONDS, Scale(0.0, 0.6, 0.2)))
    return image


PARTS = {
    f"{part.__name__}-{theme}-{ratio}x": (part, theme, float(ratio))
    for part, themes, ratios in (
        (symbols, ("dark", "light"), (1, 2)),
        (banners, ("dark",), (1,)),
        (hatches, ("dark", "light"), (1,)),
        (axes, ("dark", "light"), (1,)),
    )
    for theme in themes
    for ratio in ratios
}
"""Name of each picture: the part, the theme, and how many pixels one of the layout has."""


def draw(name):
    """A picture as the program draws it now."""
    part, theme, ratio = PARTS[name]
    return part(Look.load(theme), ratio).convertToFormat(QImage.Format.Format_RGB888)


if __name__ == "__main__":
    os.environ["QT_FONT_DPI"] = "96"
    application = make_application(offscreen=True)
    for name in PARTS:
        draw(name).save(str(FOLDER / f"{name}.png"))
        print(f"{name}.png")
