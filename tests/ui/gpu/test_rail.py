import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.gpu.capacity import CapacityTable, capacity_rows, capacity_tip
from app.ui.gpu.data import colours_of
from app.ui.gpu.detail import lines_of
from app.ui.gpu.exceptions import Exceptions
from app.ui.gpu.section_table import Spot
from app.ui.gpu.trends import fans, limit, memory_home
from app.ui.states import Kind
from tests.fakes import answers, gpus


@pytest.fixture
def exceptions(look, show_in):
    made = Exceptions(look)
    made.show_floor(gpus.floor())
    return show_in(made, 420, 400)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_that_exceptions_stand_worst_first_and_name_their_gpu(exceptions):
    subjects = [item.subject for item in exceptions.attention.rows.rows]
    assert subjects == ["s-n01", "u-n02", "ts-n01", "s-n02"]
    spots = [exceptions.spot_of(number) for number in range(4)]
    assert [spot.card for spot in spots] == ["1", "0", "0", "0"]


def test_that_what_is_not_of_now_says_of_when_it_is(exceptions):
    told = {item.subject: plain(item.text) for item in exceptions.attention.rows.rows}
    # Top Secret is late: 14:32 less 3 h 12 m
    assert told["ts-n01"] == "1 GPU over 83 °C, hottest 87 °C. As of 11:20 Z"
    assert told["s-n01"] == "GPU 1 XID 79: fell off the bus"


def test_that_the_next_item_goes_round(exceptions):
    assert [exceptions.step(1).node for _ in range(5)] == ["s-n01", "u-n02", "ts-n01", "s-n02", "s-n01"]
    assert exceptions.step(-1).node == "s-n02"


def test_that_an_opened_gpu_takes_their_place_until_it_is_closed_or_gone(exceptions):
    spot = Spot("s-core", "s-n01", "1")
    assert exceptions.open_spot(spot)
    assert exceptions.accessibleName().startswith("s-n01 · GPU 1")
    assert exceptions.detail.isVisible()
    exceptions.show_floor(gpus.floor())
    assert exceptions.spot == spot
    exceptions.show_floor(gpus.floor(hidden={"s-core"}))
    assert exceptions.spot is None
    assert exceptions.attention.isVisible()
    assert not exceptions.open_spot(spot)


def test_that_enter_on_an_item_opens_its_gpu(exceptions, qtbot):
    exceptions.attention.choose(1)
    with qtbot.waitSignal(exceptions.opened) as opened:
        QTest.keyClick(exceptions.attention, Qt.Key.Key_Return)
    assert opened.args == [Spot("u-east", "u-n02", "0")]


def test_that_quiet_is_good_news_only_for_as_long_as_the_data_is_old(exceptions):
    well = [gpus.node(answers.U, "u-n01", [gpus.gpu("0")])]
    exceptions.show_floor(gpus.floor(told=well))
    assert (exceptions.state.title, "up to 6 min old" in plain(exceptions.state.text)) == ("All quiet", True)
    exceptions.show_floor(gpus.floor(told=well, stale={"u-east"}))
    assert exceptions.state.title == "Quiet when last heard"
    exceptions.show_floor(gpus.floor(told=[]))
    assert exceptions.state.title == "Nothing to watch"
    exceptions.show_floor(gpus.floor(hidden={"u-east", "s-core", "ts-core"}))
    assert exceptions.state.kind is Kind.FILTERED


def test_that_parts_of_a_card_are_told_one_below_the_other():
    floor = gpus.floor()
    node = floor.nodes[2]
    lines = lines_of(node.cards["1"], node, floor)
    assert [line.what for line in lines if line.head] == ["GPU 1 part 3", "GPU 1 part 4", "GPU 1 part 5"]
    assert lines[1].value == "not exported"


def test_that_capacity_left_is_what_nobody_uses(look, show_in):
    floor = gpus.floor()
    table = show_in(CapacityTable(look), 460, 200)
    table.show_rows(capacity_rows(floor, gpus.forecasts(floor)), lambda row: row.picture.enclave.id)
    told = [[plain(str(table.rows.index(row, column).data() or "")) for column in range(1, 5)] for row in range(3)]
    # U: busy 0.9, 0.8, 0, 0; memory 5 * 80 + 3 * 20 = 460 GiB less 215. S: one of four GPUs says something
    assert told == [
        ["57 %", "0", "245 GiB", "no trend"],
        ["30 %", "0", "40.0 GiB", "in 3 d"],
        ["70 %", "0", "80.0 GiB", "no trend"],
    ]
    tip = table.rows.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "2 more are idle but hold memory" in tip


def test_that_what_is_not_known_is_not_zero(look):
    bare = [gpus.node(answers.U, "u-n01", [gpus.gpu("0", busy=None, used=None)])]
    row = capacity_rows(gpus.floor(told=bare), {})[0]
    table = CapacityTable(look)
    assert [table.column(number).says(row) for number in range(1, 5)] == ["not known", "not known", "not known", ""]
    assert "0 GPUs that say it" in capacity_tip(row, 1)


def test_that_only_what_rises_is_forecast_and_its_band_is_a_share():
    floor = gpus.floor()
    home = memory_home(floor)
    (fan,) = fans(floor, gpus.forecasts(floor), home)
    assert (fan.time[0], fan.time[-1]) == (answers.NOW, home.end)
    assert fan.least[0] == pytest.approx(0.87)
    assert fan.most[-1] == 1.0
    assert (np.diff(fan.most) >= 0).all()
    assert fan.colour == colours_of(floor)["s-core"]
    assert limit(floor).value == 0.9
    (old,) = fans(gpus.floor(stale={"s-core"}), gpus.forecasts(floor), home)
    assert old.colour == "spark"


def test_that_an_enclave_keeps_its_colour_whatever_is_hidden():
    every = colours_of(gpus.floor())
    assert len(set(every.values())) == 3
    assert colours_of(gpus.floor(hidden={"s-core"})) == every
