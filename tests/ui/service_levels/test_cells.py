"""What the cells of the table paint: a state of old data is a ghost, and only what is sure is solid."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from app.query.standing import standing
from app.ui.canvas import Canvas
from app.ui.service_levels.adherence import ROW, Line, columns
from app.ui.tables import PAD
from tests.fakes.fleets import DAY, HOUR
from tests.fakes.levels import AT, Levels, before

WIDE = 228
NAME, LEFT = 0, 5


@pytest.fixture
def desk(tmp_path):
    made = Levels(tmp_path)
    made.promise()
    return made


def cell(look, desk, column):
    """A cell as it is painted on the surface."""
    row = desk.row()
    image = QImage(WIDE, ROW, QImage.Format.Format_RGB888)
    image.fill(look.theme["surface"])
    with Canvas(image, look) as canvas:
        line = Line(row, standing(row, desk.at), desk.at, "up")
        columns((), over=False)[column].paint(canvas, QRectF(0, 0, WIDE, ROW), line)
    return image


def bar(image, look, colour):
    """Share of the bar's 140 pixels that is solid, half (hatched), or empty, from its middle row of pixels."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(ROW, image.bytesPerLine())
    seen = rows[:, : 3 * WIDE].reshape(ROW, WIDE, 3)[ROW // 2 - 3 : ROW // 2 + 3, PAD : PAD + 140].astype(int)
    near = np.abs(seen - colour.getRgb()[:3]).sum(axis=2) < 60
    return near.mean(axis=0)


def test_that_what_is_known_to_be_left_is_solid_and_what_is_spent_is_empty(look, desk):
    desk.probe(bad=[(1440, 1440 + 108)])  # a quarter of 432
    ink = bar(cell(look, desk, LEFT), look, look.theme["series.5"])
    assert (ink[4:100] == 1.0).all()
    assert (ink[108:] == 0.0).all()


def test_that_what_only_missing_data_could_have_taken_is_hatched(look, desk):
    desk.probe(gone=[(1440, 1440 + 216)])  # half of 432: sure are 70 of 140 pixels
    ink = bar(cell(look, desk, LEFT), look, look.theme["series.5"])
    assert (ink[4:66] == 1.0).all()
    assert not (ink[76:136] == 1.0).any()
    empty = bar(cell(look, desk, LEFT), look, look.theme["raised"])
    assert 0.2 < empty[76:136].mean() < 0.8, "lines, and what lies between them"


def test_that_nothing_is_solid_where_nothing_is_known(look, desk):
    desk.bring((), "rag")
    image = cell(look, desk, LEFT)
    for token in ("series.5", "accent", "text.hi"):
        assert not (bar(image, look, look.theme[token]) == 1.0).any()


def test_that_the_time_since_the_newest_data_takes_nothing_from_what_is_solid(look, desk):
    desk.probe(end=AT - 5 * HOUR)  # 300 min: its age is told, the bar is that of the data
    ink = bar(cell(look, desk, LEFT), look, look.theme["series.5"])
    assert (ink[4:136] == 1.0).all()


def dot(image, look):
    """Whether the middle of the symbol has its colour."""
    found = image.pixelColor(PAD + 9, ROW // 2)
    return sum(abs(a - b) for a, b in zip(found.getRgb()[:3], look.theme["surface"].getRgb()[:3], strict=True)) > 100


def test_that_a_state_of_old_data_is_a_ghost(look, desk):
    desk.probe(end=AT - 5 * 60.0)
    fresh = cell(look, desk, NAME)
    old = Levels(desk.store.paths.base / "old")
    old.promise()
    old.probe(end=AT - 5 * HOUR)
    stale = cell(look, old, NAME)
    assert (dot(fresh, look), dot(stale, look)) == (True, False)


@pytest.mark.parametrize(
    ("period", "later", "tinted"),
    [("2026-09", 0.0, True), ("15d", 0.0, True), ("2026-09", 20 * DAY, False)],
)
def test_that_a_pair_that_speaks_has_a_tint_until_its_period_is_over(look, desk, period, later, tinted):
    desk.probe(bad=[before(60, 60)])  # the last hour: 100 times as fast as the budget allows
    desk.at += later
    row = desk.row(period)
    assert row.pairs[0].speaks
    image = QImage(WIDE, ROW, QImage.Format.Format_RGB888)
    image.fill(look.theme["surface"])
    with Canvas(image, look) as canvas:
        line = Line(row, standing(row, desk.at), desk.at, "up")
        columns([3600.0], over=False)[LEFT + 1].paint(canvas, QRectF(0, 0, WIDE, ROW), line)
    beside = image.pixelColor(WIDE - PAD + 3, ROW // 2)
    assert (beside != look.theme["surface"]) is tinted
