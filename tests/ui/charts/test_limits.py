"""Where the words of limits and promises stand on a chart, and what explains them."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent

from app.model.health import Health
from app.model.time_range import TimeRange
from app.ui.canvas import Canvas
from app.ui.charts.chart import Chart
from app.ui.charts.curves import Plot
from app.ui.charts.limits import worded
from app.ui.charts.line import Band, Threshold
from app.ui.charts.scale import Scale
from app.ui.charts.space import Space
from app.ui.charts.trace import envelope
from app.ui.charts.units import SECONDS
from app.ui.charts.view import View
from app.ui.tips import TIP
from tests.fakes.curves import line

DAY = TimeRange(1_794_400_000.0, 1_794_400_000.0 + 36_000.0)
TIME = np.arange(DAY.start, DAY.end, 60.0)
BOX = QRectF(40, 20, 460, 160)
PROMISE = Threshold(1.0, "p95 objective 1.00 s", "p95 objective", promised=True, tip="rag-p95: promised")
LIMIT = Threshold(2.0, "p95 critical 2.00 s", "p95 critical")


def placed(look, limits, value, room=300.0):
    """Which words stand beside the title, and which on their line, over a curve of one value, 0 to 4 s."""
    image = QImage(520, 220, QImage.Format.Format_RGB32)
    with Canvas(image, look) as canvas:
        plot = Plot(canvas, BOX, DAY, Scale(0.0, 4.0, 1.0), 1.0)
        edges = np.linspace(DAY.start, DAY.end, 461)
        curve = envelope(line(TIME, np.full(TIME.size, value)).trace, edges)
        titled, places = worded(Space(plot, [curve]), limits, room)
    return [one.value for one in titled], {one.limit.value: one.free for one in places}


def test_that_a_promise_is_named_beside_the_title_and_a_limit_on_its_line(look):
    assert placed(look, [PROMISE, LIMIT], 0.3) == ([1.0], {2.0: True})


def test_that_a_promise_without_room_beside_the_title_is_named_on_its_line(look):
    assert placed(look, [PROMISE, LIMIT], 0.3, room=60.0) == ([], {1.0: True, 2.0: True})


def test_that_a_limit_whose_words_the_curve_would_cross_moves_beside_the_title(look):
    # 160 px for 4 s: the curve 8 px above the line crosses what stands over it, the other limit what stands below
    near = Threshold(1.75, "p95 own limit 1.75 s")
    assert placed(look, [LIMIT, near], 2.2) == ([2.0], {1.75: True})
    assert placed(look, [LIMIT, near], 2.2, room=0.0) == ([], {2.0: False, 1.75: True})


def boxes(look, limits, bands=(), value=0.3):
    """Where the words of each limit stand, by its value; the plot goes from 40 to 500 and lasts 36 000 s."""
    image = QImage(520, 220, QImage.Format.Format_RGB32)
    with Canvas(image, look) as canvas:
        plot = Plot(canvas, BOX, DAY, Scale(0.0, 4.0, 1.0), 1.0)
        edges = np.linspace(DAY.start, DAY.end, 461)
        curve = envelope(line(TIME, np.full(TIME.size, value)).trace, edges)
        _, places = worded(Space(plot, [curve], bands), limits, 0.0)
    return {one.limit.value: (one.box, one.free) for one in places}


def band(left, right):
    """A band from one place to another, in pixels of the picture."""
    start, end = (DAY.start + (x - 40) / 460 * 36_000 for x in (left, right))
    return Band(start, end, Health.WARNING, "burned")


def test_that_words_stand_at_an_end_of_their_line_and_clear_of_a_band_there(look):
    assert boxes(look, [LIMIT])[2.0][0].left() == 42
    moved, free = boxes(look, [LIMIT], [band(50, 60)])[2.0]
    assert (moved.right(), free) == (498, True)


def test_that_words_whose_ends_are_taken_slide_along_their_line(look):
    taken = [band(50, 60), band(470, 480)]
    moved, free = boxes(look, [LIMIT], taken)[2.0]
    assert free
    assert 60 < moved.left() < moved.right() < 470


def test_that_words_over_which_bands_are_everywhere_stand_there_all_the_same(look):
    _, free = boxes(look, [LIMIT], [band(40, 500)])[2.0]
    assert not free


def test_that_words_of_close_limits_stand_over_neither_one_another_nor_a_line(look):
    # 160 px for 4 s: lines 20 px apart
    near = Threshold(2.5, "p95 own limit 2.50 s")
    found = boxes(look, [near, LIMIT], [band(60, 70)])
    (one, first), (other, second) = found[2.5], found[2.0]
    assert first
    assert second
    assert not one.intersects(other)


def test_that_a_limit_outside_of_the_picture_has_no_words_on_it(look):
    assert placed(look, [Threshold(9.0, "p95 critical 9.00 s")], 0.3) == ([], {})


@pytest.fixture
def chart(look, qtbot):
    made = Chart(look, View(DAY), "Latency", SECONDS)
    qtbot.addWidget(made)
    made.resize(520, 220)
    made.show()
    made.show_lines([line(TIME, np.full(TIME.size, 1.5))], DAY)
    made.show_marks([PROMISE, LIMIT])
    made.grab()
    return made


def tip(chart, y):
    at = QPointF(200, y)
    none = Qt.MouseButton.NoButton
    chart.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier))
    return chart.property(TIP)


def test_that_the_title_and_the_line_of_a_promise_explain_it_and_the_rest_does_not(chart):
    box = chart.plot
    high = box.bottom() - chart.scale.share(1.0) * box.height()
    assert tip(chart, 6) == "rag-p95: promised"
    assert tip(chart, high + 2) == "rag-p95: promised"
    assert tip(chart, high + 12) == ""
    assert tip(chart, box.bottom() - chart.scale.share(2.0) * box.height()) == ""


def test_that_a_promise_is_read_aloud(chart):
    chart._tell()
    assert chart.accessibleName().endswith("p95 objective 1.00 s")


def test_that_the_line_of_a_promise_is_stronger_than_that_of_a_limit(chart, look):
    picture = chart.grab().toImage()
    ratio = picture.devicePixelRatio()

    def inks(value):
        y = round(chart.plot.bottom() - chart.scale.share(value) * chart.plot.height())
        row = [
            picture.pixelColor(round(x * ratio), round(y * ratio)) for x in range(round(chart.plot.left()) + 160, 500)
        ]
        return max(row, key=lambda colour: colour.lightness()), sum(
            one == max(row, key=lambda c: c.lightness()) for one in row
        )

    (strong, much), (weak, less) = inks(1.0), inks(2.0)
    assert strong == look.theme["text.hi"]
    assert weak == look.theme["text.mid"]
    assert much > less
