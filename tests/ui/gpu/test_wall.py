from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.query.gpu_floor import Measure
from app.ui.gpu.section_table import Spot
from app.ui.gpu.sections import NO_TEAM, Grouping, names_teams, section_words, sections
from app.ui.gpu.wall import Wall
from app.ui.gpu.wall_panel import WallPanel
from app.ui.switch import Switch
from tests.fakes import answers, gpus

ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def wall(look, show_in):
    made = Wall(look)
    made.show_floor(gpus.floor())
    return show_in(made, 1100, 600)


def said(table, row, column):
    return table.gpus.index(row, column).data(ACCESSIBLE).replace("\N{NO-BREAK SPACE}", " ")


# --- sections ---------------------------------------------------------------------------------------------


def test_that_enclaves_keep_their_order_and_their_marking():
    found = sections(gpus.floor(), Grouping.ENCLAVE)
    assert [(one.title, one.level.portion, len(one.rows)) for one in found] == [
        ("Unclassified", "U", 3),
        ("Secret", "S", 2),
        ("Top Secret", "TS", 1),
    ]
    words = section_words(found[0], gpus.floor()).replace("\N{NO-BREAK SPACE}", " ")
    assert words == "6 GPUs, 43 % in use"  # a quarter of 0.9 + 0.8 + 0 + 0; two do not export it


def test_that_models_stand_together_whatever_their_enclave():
    found = sections(gpus.floor(), Grouping.MODEL)
    assert [(one.title, one.level, len(one.rows)) for one in found] == [
        ("A100-80G", None, 2),
        ("A100-80G MIG", None, 1),
        ("H100-80G", None, 3),
    ]


def test_that_teams_are_those_that_labels_name_and_the_rest_is_said_to_have_none():
    found = sections(gpus.floor(), Grouping.TEAM)
    assert [(one.title, len(one.gpus)) for one in found] == [("speech", 2), (NO_TEAM, 12)]
    assert names_teams(gpus.floor())
    assert not names_teams(gpus.floor(hidden={answers.U.id}))


def test_that_a_node_of_two_teams_stands_in_both_with_its_own_cards():
    told = [gpus.node(answers.U, "u-n01", [gpus.gpu("0", team="a"), gpus.gpu("1", team="b")])]
    first, second = sections(gpus.floor(told=told), Grouping.TEAM)
    assert [card.number for card in first.rows[0].cards] == ["0"]
    assert [card.number for card in second.rows[0].cards] == ["1"]


# --- cells ------------------------------------------------------------------------------------------------


def test_that_every_cell_is_said(wall):
    first, second, _ = wall.tables
    assert said(first, 0, 0) == "u-n01, Unclassified, healthy"
    assert said(first, 0, 1) == "u-n01 GPU 0, Unclassified: busy 90 %"
    assert said(first, 0, 3) == "u-n01 hottest sensor 55 °C"
    assert said(second, 0, 2).endswith("GPU 1 XID 79: fell off the bus")
    parts = said(first, 2, 2)
    assert [f"part {n}" in parts for n in (3, 4, 5)] == [True] * 3
    wall.show_measure(Measure.MEMORY)
    assert said(first, 0, 1) == "u-n01 GPU 0, Unclassified: memory 50 %"


def colour_of(wall, table, row, column):
    """Colour of a cell near its lower left corner, clear of number and symbol."""
    rect = wall.tables[table].visualRect(wall.tables[table].gpus.index(row, column))
    picture = wall.tables[table].viewport().grab().toImage()
    return picture.pixelColor(rect.left() + 6, rect.bottom() - 5).name()


def test_that_a_value_is_an_amount_and_a_failed_an_idle_and_a_silent_gpu_are_none(wall, look):
    from app.ui.amount import ramp_of

    assert colour_of(wall, 0, 0, 1) == ramp_of(look.theme).colour(0.9).name()
    theme = look.theme
    assert colour_of(wall, 1, 0, 2) == theme.status[gpus.Health.CRITICAL].tint.name()
    shades = {ramp_of(theme).colour(n / 255).name() for n in range(256)}
    assert colour_of(wall, 1, 1, 1) not in shades  # silent
    assert colour_of(wall, 0, 2, 1) not in shades  # not exported


def test_that_stale_values_are_drawn_in_no_amount(wall, look):
    from app.ui.amount import ramp_of

    wall.show_floor(gpus.floor(stale={answers.U.id}))
    shades = {ramp_of(look.theme).colour(n / 255).name() for n in range(256)}
    assert colour_of(wall, 0, 0, 1) not in shades
    assert "old" in wall.heads[0].accessibleName()


# --- keyboard ---------------------------------------------------------------------------------------------


def test_that_arrows_go_over_cells_and_on_into_the_next_table(wall):
    table = wall.tables[0]
    table.setFocus(Qt.FocusReason.TabFocusReason)
    table.go(0, 1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(table, key)
    assert wall.spot() == Spot("u-east", "u-n02", "1")
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert wall.spot() == Spot("s-core", "s-n02", "0")
    QTest.keyClick(wall.tables[1], Qt.Key.Key_Left)
    assert wall.spot() == Spot("u-east", "u-n02", "1")
    QTest.keyClick(table, Qt.Key.Key_J)
    assert wall.spot() == Spot("u-east", "u-n03", "1")


def test_that_letters_are_left_to_the_console_and_enter_opens(wall, qtbot):
    table = wall.tables[0]
    table.go(0, 2)
    with qtbot.waitSignal(wall.opened) as opened:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [Spot("u-east", "u-n01", "1")]
    QTest.keyClick(table, Qt.Key.Key_S)
    assert wall.spot() == Spot("u-east", "u-n01", "1")


def test_that_a_reload_and_another_grouping_keep_the_chosen_gpu(wall):
    spot = Spot("ts-core", "ts-n01", "1")
    assert wall.select(spot)
    wall.show_floor(gpus.floor())
    assert wall.spot() == spot
    wall.group_by(Grouping.MODEL)
    assert wall.spot() == spot
    wall.group_by(Grouping.ENCLAVE)
    assert wall.spot() == spot
    wall.show_floor(gpus.floor(hidden={"ts-core"}))
    assert wall.spot() is None
    assert not wall.select(spot)


# --- layout -----------------------------------------------------------------------------------------------


def many(count):
    return [
        gpus.node(enclave, f"{enclave.level.portion}-n{n:02}", [gpus.gpu(str(card)) for card in range(8)])
        for enclave in (answers.U, answers.S, answers.TS)
        for n in range(count)
    ]


def test_that_sixty_nodes_scroll_inside_and_leave_the_page_its_height(look, show_in):
    wall = Wall(look)
    wall.show_floor(gpus.floor(told=many(60)))
    show_in(wall, 838, 500)
    assert wall.height_for(838) < 450
    assert [table.x() < wall.width() for table in wall.tables] == [True] * 3
    assert len({table.y() for table in wall.tables}) == 1, "enclaves beside each other at 1366 pixels"
    table = wall.tables[2]
    assert table.verticalScrollBar().maximum() > 0
    assert table.columnWidth(1) >= 18
    table.select(Spot("ts-core", "TS-n59", "7"))
    assert table.viewport().rect().contains(table.visualRect(table.currentIndex()))


def test_that_sections_stand_below_each_other_where_there_is_no_room_beside(look, show_in):
    wall = Wall(look)
    wall.show_floor(gpus.floor())
    show_in(wall, 300, 900)
    tops = [head.y() for head in wall.heads]
    assert tops == sorted(set(tops))
    for head, table in zip(wall.heads, wall.tables, strict=True):
        assert table.y() >= head.geometry().bottom()


@pytest.mark.parametrize("width", [1150, 878, 576])
def test_that_the_switches_are_inside_the_panel_and_beside_nothing(look, show_in, width):
    panel = WallPanel(look)
    panel.show_floor(gpus.floor())
    show_in(panel, width, 500)
    one, other = panel.measures.geometry(), panel.groupings.geometry()
    assert panel.rect().contains(one)
    assert panel.rect().contains(other)
    assert not one.intersects(other)


def test_that_a_switch_goes_round_with_its_key_and_with_arrows(look, show_in, qtbot):
    switch = show_in(Switch(look, "Show", ["One", "Two", "Three"], "M"), 300, 40)
    told = []
    switch.chosen.connect(told.append)
    switch.next()
    QTest.keyClick(switch.segments[1], Qt.Key.Key_Right)
    switch.next()
    assert told == [1, 2, 0]
    assert [segment.isChecked() for segment in switch.segments] == [True, False, False]
    switch.choose(0)
    assert told == [1, 2, 0]


def test_that_a_panel_says_where_teams_could_come_from(look, show_in):
    panel = show_in(WallPanel(look), 1100, 500)
    untold = [replace(one, gpus=tuple(replace(g, team="") for g in one.gpus)) for one in gpus.nodes()]
    panel.show_floor(gpus.floor(told=untold))
    panel.groupings.choose(2)
    assert "No GPU carries a label team" in panel._key.accessibleName()
    panel.groupings.choose(0)
    assert "kernel" in panel._key.accessibleName()
