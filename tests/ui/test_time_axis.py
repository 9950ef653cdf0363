from datetime import UTC, datetime

import pytest
from PySide6.QtGui import QImage

from app.model.time_range import TimeRange
from app.ui.canvas import Canvas
from app.ui.time_axis import TimeAxis


class Written(Canvas):
    """A canvas that also notes what is written where."""

    def __init__(self, device, look):
        super().__init__(device, look)
        self.labels = []

    def write(self, role, words, x, baseline, colour, **other):
        self.labels.append((round(x), words))
        return super().write(role, words, x, baseline, colour, **other)


def at(*when):
    return datetime(*when, tzinfo=UTC).timestamp()


def labels(look, span, width=700):
    image = QImage(width, 40, QImage.Format.Format_RGB32)
    with Written(image, look) as canvas:
        TimeAxis(span, 0, width).paint(canvas, 30)
        return canvas.labels


@pytest.mark.parametrize("night", [(2026, 3, 28), (2026, 10, 24)])
def test_that_labels_stay_even_over_the_nights_the_clocks_change(look, night):
    span = TimeRange(at(*night, 17), at(*night, 17) + 14 * 3600.0)
    inside = labels(look, span)[2:]
    assert [said for _, said in inside] == ["20:00", "22:00", "00:00", "02:00", "04:00"]
    assert [x for x, _ in inside] == [150, 250, 350, 450, 550]


def test_that_a_leap_day_and_a_new_year_have_their_labels(look):
    leap = labels(look, TimeRange(at(2028, 2, 26, 12), at(2028, 3, 3, 12)), 800)
    assert [said for _, said in leap] == ["26 Feb", "now", "28 Feb", "29 Feb", "1 Mar", "2 Mar", "3 Mar"]
    new = labels(look, TimeRange(at(2027, 12, 29), at(2028, 1, 4)))
    assert "1 Jan" in [said for _, said in new]


def test_that_a_moment_outside_stays_at_the_edge():
    axis = TimeAxis(TimeRange(0.0, 100.0), 10.0, 110.0)
    assert [axis.x(moment) for moment in (-50.0, 0.0, 25.0, 100.0, 400.0)] == [10.0, 10.0, 35.0, 110.0, 110.0]
