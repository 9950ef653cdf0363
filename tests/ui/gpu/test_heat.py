import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.query.gpu_floor import Measure
from app.ui.amount import ramp_of
from app.ui.gpu.heat import Heatmap
from tests.fakes import answers, gpus

WIDTH, HEIGHT = 900, 300


@pytest.fixture
def heat(look, show_in):
    made = Heatmap(look)
    floor = gpus.floor()
    made.show_rows(floor, gpus.heat_rows(floor, Measure.BUSY))
    return show_in(made, WIDTH, HEIGHT)


def cells(heat):
    return heat._rows.value.shape[1]


def middle(heat, row, cell):
    left, right = (heat._x(float(heat._rows.edges[number])) for number in (cell, cell + 1))
    return QPointF((left + right) / 2, heat._row_top(row) + heat._row_height / 2)


def colour(heat, row, cell):
    at = middle(heat, row, cell)
    return heat.grab().toImage().pixelColor(round(at.x()), round(at.y())).name()


def test_that_a_cell_is_painted_in_the_colour_of_its_value(heat, look):
    assert colour(heat, 1, 40) == ramp_of(look.theme).colour(0.1).name()
    assert colour(heat, 4, 40) == ramp_of(look.theme).colour(0.4).name()


def test_that_gaps_and_the_time_after_the_last_data_are_never_filled(heat, look):
    shades = {one.name() for one in ramp_of(look.theme).colours}
    assert colour(heat, 1, cells(heat) - 6) not in shades
    # Top Secret is 3 h 12 m old: its last twelve quarters of an hour have not come yet
    assert colour(heat, 5, cells(heat) - 9) not in shades
    assert colour(heat, 5, cells(heat) - 20) == ramp_of(look.theme).colour(0.5).name()


def test_that_rows_stand_apart(heat, look):
    at = middle(heat, 0, 40)
    picture = heat.grab().toImage()
    line = round(heat._row_top(1)) - 1
    assert picture.pixelColor(round(at.x()), line).name() == look.theme["surface"].name()


def test_that_a_node_that_does_not_export_is_no_row_of_zeros(heat, look):
    assert colour(heat, 2, 40) == look.theme["surface"].name()
    assert heat.cell_words(2, 40).endswith("busy is not exported")


def test_that_cells_say_their_node_time_value_and_fold(heat):
    tip = heat.tip_at(middle(heat, 1, 40)).replace("\N{NO-BREAK SPACE}", " ")
    # the first cell begins at the quarter before 14:32 of the day before: 14:30 and ten hours more
    assert tip.splitlines()[0] == "u-n02, 00:30 to 00:45 Z: busy 10 %"
    assert "Each cell is 15 min: mean of all samples of its GPUs" in tip
    assert "30 samples" in tip
    assert heat.tip_at(middle(heat, 1, cells(heat) - 6)).endswith("no data")
    assert heat.tip_at(middle(heat, 5, cells(heat) - 2)).endswith("nothing has arrived yet")
    assert heat.tip_at(QPointF(4, 4)) == ""


def test_that_the_keyboard_reaches_every_cell_and_opens_its_node(heat, qtbot):
    heat.window().activateWindow()
    qtbot.waitUntil(heat.hasFocus)
    heat.clearFocus()
    heat.setFocus(Qt.FocusReason.TabFocusReason)
    assert "u-n01" in heat.accessibleName()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Left):
        QTest.keyClick(heat, key)
    assert "u-n02, 14:15 to 14:30 Z" in heat.accessibleName()
    with qtbot.waitSignal(heat.opened) as opened:
        QTest.keyClick(heat, Qt.Key.Key_Return)
    assert opened.args == ["u-east", "u-n02"]
    for _ in range(9):
        QTest.keyClick(heat, Qt.Key.Key_Down)
    assert "ts-n01" in heat.accessibleName()


def test_that_another_measure_has_another_scale(heat, look):
    floor = gpus.floor()
    rows = gpus.heat_rows(floor, Measure.HEAT)
    rows.value[:] = 60.0
    heat.show_rows(floor, rows)
    assert colour(heat, 0, 40) == ramp_of(look.theme).colour(0.5).name()  # between 30 and 90 degrees


def test_that_many_rows_ask_for_height_and_few_do_not(look, show_in):
    told = [gpus.node(answers.U, f"n{n:03}", [gpus.gpu("0")]) for n in range(180)]
    floor = gpus.floor(told=told)
    heat = Heatmap(look)
    heat.show_rows(floor, gpus.heat_rows(floor, Measure.BUSY))
    assert heat.natural_height >= 180 * 6
    show_in(heat, 600, heat.natural_height)
    assert np.isfinite(heat._row_top(179))
    assert heat._row_top(179) + heat._row_height <= heat.height()


def test_that_the_numbers_behind_it_are_those_that_are_known(heat, qtbot):
    with qtbot.waitSignal(heat.sheet_wanted) as told:
        heat.tell_numbers()
    (sheet,) = told.args
    assert sheet.heads[-2:] == ("Busy (ratio)", "Samples")
    assert len(sheet.rows) == int(np.isfinite(heat._rows.value).sum())
    first = sheet.rows[0]
    assert first[:2] == ("Unclassified", "u-n01")
    assert (first[3] - first[2], first[4], first[5]) == (900.0, 0.0, 30.0)
    assert "u-n03" not in {row[1] for row in sheet.rows}
