import gc
import math
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest

from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store.database import Damage
from app.store.reduced import Reduced
from app.ui.charts.chart import Chart
from app.ui.charts.line import Band, Fan, Threshold, make_line, read_at
from app.ui.charts.units import SECONDS, SHARE
from app.ui.charts.view import View
from app.ui.tips import TIP
from tests.fakes.curves import line, raw

DAY = TimeRange(1_794_400_000.0, 1_794_400_000.0 + 36_000.0)
TIME = np.arange(DAY.start, DAY.end, 60.0)
NAN = math.nan


@pytest.fixture
def view(qapp):
    return View(DAY)


@pytest.fixture
def chart(look, view, qtbot):
    made = Chart(look, view, "Latency", SECONDS, level=Level.S)
    qtbot.addWidget(made)
    made.resize(520, 220)
    made.show()
    return made


def picture(chart, ratio=1.0):
    """The chart as it is painted at a device ratio: two passes, for other charts may widen the gutter."""
    for _ in range(2):
        image = QImage(round(chart.width() * ratio), round(chart.height() * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        chart.render(image)
    return image


def pixels(image):
    """Red, green and blue of every pixel, shape (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def plotted(chart, image):
    """The pixels of the plot alone."""
    box, ratio = chart.plot, image.devicePixelRatio()
    left, top = round(box.left() * ratio), round(box.top() * ratio)
    return pixels(image)[top : top + round(box.height() * ratio), left : left + round(box.width() * ratio)]


def inked(chart, image, token):
    """Where a pixel of the plot is nearer to the colour of a token than to the surface, shape (height, width)."""
    seen = plotted(chart, image)
    to_line, to_ground = (np.abs(seen - chart.look.theme[name].getRgb()[:3]).sum(axis=2) for name in (token, "surface"))
    return (to_line < to_ground) & (to_line < 120)


def column_of(chart, moment, ratio=1.0):
    box, span = chart.plot, chart.view.span
    return int((moment - span.start) / span.seconds * box.width() * ratio)


def test_that_a_peak_of_one_sample_in_many_is_drawn_at_its_height(chart, view):
    time = np.arange(DAY.start, DAY.end, 5.0)
    value = np.ones(time.size)
    value[3517] = 4.0
    chart.show_lines([line(time, value, 5.0)], DAY)
    seen = inked(chart, picture(chart), "series.1")
    row = round((1 - chart.scale.share(4.0)) * seen.shape[0])
    column = column_of(chart, time[3517])
    assert seen[max(0, row - 1) : row + 2, column - 1 : column + 2].any()


@pytest.mark.parametrize("step", [5.0, 60.0, 1200.0], ids=["dense", "between", "sparse"])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_that_a_gap_is_never_joined_and_what_is_known_is_drawn(chart, step, ratio):
    time = np.arange(DAY.start, DAY.end, step)
    gone = (time >= DAY.start + 12_000) & (time < DAY.start + 24_000)
    chart.show_lines([line(time[~gone], np.full((~gone).sum(), 2.0), step)], DAY)
    seen = inked(chart, picture(chart, ratio), "series.1").any(axis=0)
    first, last = column_of(chart, DAY.start + 12_000, ratio), column_of(chart, DAY.start + 24_000, ratio)
    assert not seen[first + 3 : last - 3].any()
    assert seen[3 : first - round(40 * ratio)].all()
    assert seen[last + 3 : -round(40 * ratio)].all()


def test_that_a_line_is_twice_as_many_pixels_thick_at_twice_the_ratio(chart):
    chart.show_lines([line(TIME, np.full(TIME.size, 2.0), weight=2.0)], DAY)
    thick = [inked(chart, picture(chart, ratio), "series.1").sum(axis=0) for ratio in (1.0, 2.0)]
    assert np.median(thick[1]) == pytest.approx(2 * np.median(thick[0]), abs=1)


def test_that_time_after_the_last_data_is_hatched_and_time_without_news_is_not(chart, view):
    until = TIME[: TIME.size // 2]
    chart.show_lines([line(until, np.full(until.size, 2.0))], DAY)
    end = column_of(chart, until[-1])
    hatched = plotted(chart, picture(chart))[5:-5, end + 20 : end + 60]
    chart.show_lines([line(TIME, np.full(TIME.size, 2.0))], DAY)
    plain = plotted(chart, picture(chart))[5:-5, end + 20 : end + 60]
    ground = np.array(chart.look.theme["surface"].getRgb()[:3])
    assert (hatched != ground).any(axis=2).mean() > 0.2
    assert (plain != ground).any(axis=2).mean() < 0.1, "the line and the grid"


def test_that_damage_is_hatched_and_says_why(chart, view):
    damaged = Damage(1, DAY.start + 10_000, DAY.start + 20_000, "Page 4 110 fails its checksum.")
    keep = (damaged.start > TIME) | (damaged.end <= TIME)
    reduced = raw(TIME[keep], np.full(keep.sum(), 2.0), damaged=(damaged,))
    chart.show_lines([make_line("p95", "series.1", reduced, TIME[-1])], DAY)
    picture(chart)
    hover(chart, column_of(chart, DAY.start + 15_000))
    assert chart.property(TIP) == "Page 4 110 fails its checksum."
    hover(chart, column_of(chart, DAY.start + 30_000))
    assert chart.property(TIP) == ""


def test_that_what_was_not_read_yet_does_not_look_like_a_gap(chart, view):
    half = TimeRange(DAY.start + 18_000, DAY.end)
    chart.show_lines([line(TIME[half.start <= TIME], np.full((half.start <= TIME).sum(), 2.0))], half)
    seen, box = picture(chart), chart.plot
    unread = seen.pixelColor(round(box.left()) + 40, round(box.top()) + 13)
    read = seen.pixelColor(round(box.left()) + column_of(chart, half.start) + 40, round(box.top()) + 13)
    assert unread == chart.look.theme["raised"]
    assert read == chart.look.theme["surface"]


WILD = {
    "nothing": ([], []),
    "one sample": ([DAY.start + 100], [3.0]),
    "constant": (TIME, np.full(TIME.size, 7.0)),
    "zero": (TIME, np.zeros(TIME.size)),
    "nan": (TIME, np.full(TIME.size, NAN)),
    "some nan": (TIME, np.where(np.arange(TIME.size) % 3, 1.0, NAN)),
    "infinite": (TIME, np.where(np.arange(TIME.size) % 5, 1.0, math.inf)),
    "minus infinite": (TIME, np.full(TIME.size, -math.inf)),
    "huge": (TIME, np.where(np.arange(TIME.size) % 2, -1.7e308, 1.7e308)),
    "tiny": (TIME, np.where(np.arange(TIME.size) % 2, -5e-324, 5e-324)),
    "negative": (TIME, -1.0 - np.arange(TIME.size)),
}


@pytest.mark.parametrize("kind", WILD)
@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.filterwarnings("error")
def test_that_no_data_breaks_the_painting(chart, view, kind, filled):
    time, value = WILD[kind]
    chart.show_lines([line(time, value, filled=filled)], DAY)
    view.point(DAY.start + 100)
    picture(chart)
    view.zoom(0.01, DAY.start + 100)
    picture(chart, 2.0)
    chart._tell()
    assert chart.accessibleName().startswith("Secret, Latency")
    if kind == "one sample":
        assert inked(chart, picture(chart), "series.1").any()


def test_that_the_scale_stands_still_while_one_pans(chart, view):
    value = 2.0 + 0.3 * np.sin(TIME / 900.0) + 0.1 * np.cos(TIME / 77.0)
    view.zoom(0.3, DAY.end)
    chart.show_lines([line(TIME, value)], DAY)
    picture(chart)
    scales = set()
    for _ in range(40):
        view.pan(-500.0)
        picture(chart)
        scales.add(chart.scale)
    assert len(scales) == 1


# --- read-out -------------------------------------------------------------------------------------------------


def hover(chart, column):
    box = chart.plot
    at = QPointF(box.left() + column + 0.5, box.center().y())
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, at, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    )
    chart.mouseMoveEvent(event)


def test_that_the_read_out_has_the_values_of_the_data():
    value = np.random.default_rng(1).normal(size=TIME.size)
    shown = line(TIME, value)
    for number in (0, 17, TIME.size - 1):
        for off in (-29.0, 0.0, 29.0):
            got = read_at(shown, TIME[number] + off)
            assert (got.start, got.least, got.most) == (TIME[number], value[number], value[number])
    assert read_at(shown, TIME[-1] + 300.0) is None
    assert read_at(shown, NAN) is None
    assert read_at(line([], []), 0.0) is None


def test_that_a_column_is_read_out_with_both_extremes_and_a_gap_with_none():
    reduced = Reduced(np.array([0.0, 60, 180]), np.array([1.0, 2, 3]), np.array([4.0, 5, 3]), 60.0, 5.0)
    shown = make_line("p95", "series.1", reduced, 240.0)
    got = read_at(shown, 59.0)
    assert (got.start, got.end, got.least, got.most) == (0.0, 60.0, 1.0, 4.0)
    assert got.say(SECONDS).replace("\u00a0", " ") == "1.00 s to 4.00 s"
    assert read_at(shown, 150.0) is None
    assert read_at(shown, 200.0).say(SECONDS).replace("\u00a0", " ") == "3.00 s"


def test_that_infinities_and_nan_are_read_out_as_what_they_are():
    shown = line([0.0, 60.0], [math.inf, NAN])
    assert read_at(shown, 0.0).say(SECONDS) == "∞"
    assert read_at(shown, 60.0).say(SECONDS) == "no data"


def test_that_arrows_step_by_samples_and_shift_by_ten(chart, view):
    chart.show_lines([line(TIME, np.ones(TIME.size))], DAY)
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert view.moment == TIME[-1]
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert view.moment == TIME[-2]
    QTest.keyClick(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.moment == TIME[-12]
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert view.moment == TIME[-11]


def test_that_the_window_follows_the_read_out(chart, view):
    chart.show_lines([line(TIME, np.ones(TIME.size))], DAY)
    view.zoom(0.1, DAY.end)
    for _ in range(12):
        QTest.keyClick(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.span.start <= view.moment <= view.span.end
    assert view.span.end < DAY.end


def test_that_the_pointer_reads_out_and_leaving_stops_it(chart, view):
    chart.show_lines([line(TIME, np.ones(TIME.size))], DAY)
    hover(chart, 100)
    assert view.moment == pytest.approx(DAY.start + 100.5 / chart.plot.width() * DAY.seconds)
    chart.leaveEvent(QEvent(QEvent.Type.Leave))
    assert math.isnan(view.moment)


# --- moving ---------------------------------------------------------------------------------------------------


def wheel(chart, x, turned, modifiers=Qt.KeyboardModifier.NoModifier):
    at = QPointF(x, 80.0)
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False
    )
    chart.wheelEvent(event)
    assert event.isAccepted()


def test_that_the_wheel_zooms_at_the_pointer_and_with_shift_pans(chart, view):
    box = chart.plot
    x = box.left() + box.width() / 4
    before = view.span.start + view.span.seconds / 4
    wheel(chart, x, 120)
    assert view.span.seconds == pytest.approx(DAY.seconds / 1.25)
    assert view.span.start + view.span.seconds / 4 == pytest.approx(before)
    seconds = view.span.seconds
    end = view.span.end
    wheel(chart, x, 120, Qt.KeyboardModifier.ShiftModifier)
    assert view.span.seconds == pytest.approx(seconds)
    assert view.span.end < end


def test_that_dragging_moves_the_window_with_the_hand(chart, view):
    view.zoom(0.5, DAY.end)
    before, box = view.span, chart.plot
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(200, 80))
    hover(chart, 300.0 - box.left() - 0.5)
    QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(300, 80))
    assert view.span.start == pytest.approx(before.start - 100 / box.width() * before.seconds)
    after = view.span
    hover(chart, 20)
    assert view.span == after


def test_that_keys_zoom_and_home_goes_back_and_others_are_left_to_the_console(chart, view, qtbot):
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    assert view.span.seconds < DAY.seconds
    QTest.keyClick(chart, Qt.Key.Key_Minus)
    assert view.span.seconds == pytest.approx(DAY.seconds)
    view.pan(-5000.0)
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert view.at_home


# --- words and marks ------------------------------------------------------------------------------------------


def test_that_a_chart_can_be_read_aloud(chart, view):
    gone = (DAY.start + 6000 <= TIME) & (DAY.start + 9000 > TIME) | (DAY.end - 3600 <= TIME)
    value = np.where(TIME[30] == TIME, 2.31, 0.5)
    chart.show_lines([line(TIME[~gone], value[~gone])], DAY)
    chart._tell()
    said = chart.accessibleName().replace("\u00a0", " ")
    assert said.startswith("Secret, Latency")
    assert "p95: least 500 ms, most 2.31 s, last 500 ms" in said
    assert "one gap" in said
    assert "no data for 1 h 01 m" in said


def test_that_a_limit_near_the_data_is_in_the_picture_and_a_far_one_does_not_squash_it(chart):
    chart.show_lines([line(TIME, np.full(TIME.size, 2.0))], DAY)
    chart.show_marks([Threshold(4.0, "Objective")], [Band(DAY.start + 9000, DAY.end, Health.CRITICAL, "INC-0412")])
    picture(chart)
    assert chart.scale.high >= 4.0
    chart.scale = None
    chart.show_marks([Threshold(400.0, "Objective")])
    picture(chart)
    assert chart.scale.high < 10.0


def test_that_another_theme_is_followed(chart, look):
    chart.show_lines([line(TIME, np.full(TIME.size, 2.0))], DAY)
    dark = picture(chart).pixelColor(2, 100)
    look.use("light")
    assert picture(chart).pixelColor(2, 100) == look.theme["surface"] != dark


def test_that_thousands_of_paintings_leave_the_interpreter_whole(look, view):
    """PySide 6.12 lost a reference to None with every call of a painter and then aborted."""
    chart = Chart(look, view, "Latency", SECONDS)
    chart.resize(160, 110)
    chart.show_lines([line(TIME[::30], np.sin(TIME[::30]), 1800.0, filled=True)], DAY)
    image = QImage(160, 110, QImage.Format.Format_RGB32)
    gc.collect()
    before = sys.getrefcount(None)
    for number in range(1_500):
        if number % 100 == 0:
            view.point(DAY.start + number)
        chart.render(image)
    assert sys.getrefcount(None) > before - 5_000, "a painting makes more than ten calls"
    assert image.pixelColor(1, 1) == look.theme["surface"]
    chart.deleteLater()


# --- what is forecast -------------------------------------------------------------------------------------


def test_that_labels_widened_by_a_limit_are_whole_in_the_first_picture(look, qtbot):
    chart = Chart(look, View(DAY), "Memory", SHARE, headed=False)
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    chart.show_lines([line(TIME, np.linspace(0.0, 0.45, TIME.size))], DAY)
    narrow = chart.plot.left()
    chart.show_marks([Threshold(0.9, "limit 90 %")])
    first, second = chart.grab().toImage(), chart.grab().toImage()
    assert chart.plot.left() > narrow, "this test needs labels that grow"
    assert first == second


def test_that_time_after_now_is_no_unknown_past_and_shows_its_band(look, show_in):
    view = View(TimeRange(0.0, 2000.0))
    chart = Chart(look, view, "Memory", SHARE, headed=False)
    past = np.arange(0.0, 1000.0, 60.0)
    time = np.array([1000.0, 2000.0])
    fan = Fan("Secret reaches 90 %", "series.2", time, np.array([0.4, 0.4]), np.array([0.6, 0.6]))
    chart.show_lines([line(past, past / 960.0)], view.home)
    chart.show_future(1000.0, [fan])
    show_in(chart, 400, 200)
    picture, box = chart.grab().toImage(), chart.plot
    surface = look.theme["surface"].name()

    def colours(value):
        y = round(box.bottom() - chart.scale.share(value) * box.height())
        return {picture.pixelColor(round(box.left() + share * box.width()), y).name() for share in (0.6, 0.75, 0.9)}

    assert colours(0.83) == {surface}, "no hatch lies on the future"
    assert surface not in colours(0.46)
    chart._tell()
    assert "Secret reaches 90 %" in chart.accessibleName()
    assert "no data for" not in chart.accessibleName()
