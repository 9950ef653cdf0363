import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.model.health import Health
from app.model.marking import Level
from app.ui.order import natural, ordered
from app.ui.sheet import Moment
from app.ui.table_filter import TableFilter
from app.ui.tables import Column, Order, Table

NAN = math.nan
ROWS = [("gpu_10", 2.0, "ok"), ("gpu_2", NAN, "hot"), ("gpu_1", 30.0, "ok"), ("node_1", -4.0, "lost")]


def nothing(canvas, cell, row):
    pass


COLUMNS = (
    Column("Name", 100, 1.0, lambda row: row[0], nothing),
    Column("Load", 80, 1.0, lambda row: f"{row[1]:.0f} %", nothing, value=lambda row: row[1], head="Load (per cent)"),
    Column("", 40, 0.0, lambda row: row[2], nothing, head="State"),
)


@pytest.fixture
def table(look, show_in):
    made = show_in(Table(look, "Nodes", COLUMNS, row_height=30), 400, 300)
    made.level = Level.S
    made.show_rows(ROWS, lambda row: row[0])
    return made


def names(table):
    return [row[0] for row in table.rows.rows]


def head_texts(table):
    role = Qt.ItemDataRole.AccessibleTextRole
    return [table.rows.headerData(n, Qt.Orientation.Horizontal, role) for n in range(3)]


def click_head(table, column):
    head = table.horizontalHeader()
    at = QPoint(head.sectionViewportPosition(column) + 20, head.height() // 2)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_that_names_stand_as_people_count():
    assert sorted(["n_10", "N_2", "n_1", "10", "9 b"], key=natural) == ["9 b", "10", "n_1", "N_2", "n_10"]


@pytest.mark.parametrize("descending", [False, True])
def test_that_what_is_not_known_stands_last_both_ways(descending):
    given = [NAN, 2.0, None, -1.0, "", Moment(NAN), "no data"]
    found = ordered(given, lambda one: one, descending=descending)
    assert found[:2] == ([2.0, -1.0] if descending else [-1.0, 2.0])
    assert len(found) == len(given)


def test_that_equal_rows_keep_the_order_of_the_page_both_ways():
    rows = [("a", 1.0), ("b", 0.0), ("c", 1.0)]
    assert ordered(rows, lambda row: row[1], descending=True) == [("a", 1.0), ("c", 1.0), ("b", 0.0)]
    assert ordered(rows, lambda row: row[1], descending=False) == [("b", 0.0), ("a", 1.0), ("c", 1.0)]


def test_that_a_click_on_a_head_sorts_up_then_down_then_as_the_page_does(table):
    click_head(table, 0)
    assert names(table) == ["gpu_1", "gpu_2", "gpu_10", "node_1"]
    assert head_texts(table) == ["Name, sorted ascending", "Load", "State"]
    assert table.accessibleDescription() == "Name, sorted ascending"
    click_head(table, 0)
    assert names(table) == ["node_1", "gpu_10", "gpu_2", "gpu_1"]
    assert head_texts(table)[0] == "Name, sorted descending"
    click_head(table, 0)
    assert names(table) == [row[0] for row in ROWS]
    assert head_texts(table)[0] == "Name"


def test_that_a_column_of_numbers_is_sorted_by_value_with_the_unknown_last(table):
    click_head(table, 1)
    assert names(table) == ["node_1", "gpu_10", "gpu_1", "gpu_2"]
    click_head(table, 1)
    assert names(table) == ["gpu_1", "gpu_10", "node_1", "gpu_2"]


def test_that_other_columns_keep_filter_choice_and_the_order_where_its_column_stays(table):
    table.sort_by(Order(1, descending=True))
    table.narrow("ok")
    table.choose(names(table).index("gpu_10"))
    table.show_rows(ROWS, lambda row: row[0], (*COLUMNS, Column("Rack", 40, 0.0, lambda row: "r1", nothing)))
    assert names(table) == ["gpu_1", "gpu_10"]
    assert table.current_row()[0] == "gpu_10"
    assert (table.rows.columnCount(), table.column(3).title) == (4, "Rack")
    table.show_rows(ROWS, lambda row: row[0], COLUMNS[:1])
    assert (table.rows.order, table.rows.columnCount()) == (None, 1)


def test_that_keys_go_through_the_columns_and_back_to_the_order_of_the_page(table):
    seen = []
    for _ in range(4):
        table.next_order()
        seen.append(table.rows.order)
    assert seen == [Order(0), Order(1), Order(2), None]
    table.next_order()
    table.reverse_order()
    assert table.rows.order == Order(0, descending=True)


def test_that_a_table_without_heads_keeps_the_order_of_its_page(look, show_in):
    plain = show_in(Table(look, "Plain", COLUMNS, headed=False), 400, 300)
    plain.show_rows(ROWS, lambda row: row[0])
    plain.next_order()
    assert names(plain) == [row[0] for row in ROWS]


def test_that_an_order_survives_new_data_and_the_chosen_row_stays_chosen(table):
    table.choose(1)
    assert table.current_row()[0] == "gpu_2"
    click_head(table, 0)
    assert table.current_row()[0] == "gpu_2"
    table.show_rows([("gpu_3", 1.0, "ok"), *ROWS], lambda row: row[0])
    assert names(table) == ["gpu_1", "gpu_2", "gpu_3", "gpu_10", "node_1"]
    assert table.current_row()[0] == "gpu_2"
    assert table.currentIndex().row() == 1


def test_that_a_sorted_head_is_marked_by_a_shape(table):
    def ink():
        picture = table.horizontalHeader().grab().toImage()
        ground = picture.pixelColor(2, 2)
        return {
            (x, y)
            for x in range(picture.width())
            for y in range(picture.height() - 2)
            if picture.pixelColor(x, y) != ground
        }

    before = ink()
    table.sort_by(Order(0))
    up = ink()
    table.sort_by(Order(0, descending=True))
    down = ink()
    assert len(up - before) > 8
    assert len(up ^ down) > 8, "the arrow points the other way"


def test_that_every_word_must_stand_somewhere_in_a_row_whatever_its_case(table):
    table.narrow("GPU hot")
    assert names(table) == ["gpu_2"]
    table.narrow("gpu nowhere")
    assert names(table) == []
    table.narrow("30 %")
    assert names(table) == ["gpu_1"]
    table.narrow("  ")
    assert len(names(table)) == 4


def test_that_a_filter_survives_new_data_and_a_row_that_comes_back_into_view_is_not_chosen_twice(table):
    table.choose(2)
    table.narrow("gpu")
    assert table.current_row()[0] == "gpu_1"
    table.show_rows([("gpu_7", 1.0, "ok"), ("node_9", 1.0, "ok"), ROWS[2]], lambda row: row[0])
    assert names(table) == ["gpu_7", "gpu_1"]
    assert table.current_row()[0] == "gpu_1"


def test_that_a_filter_says_how_much_it_leaves_and_the_worst_that_it_hides(look, table, qtbot):
    table.health = lambda row: {"ok": Health.HEALTHY, "hot": Health.WARNING, "lost": Health.CRITICAL}[row[2]]
    shown = TableFilter(look, table)
    qtbot.addWidget(shown)
    table.narrow("")
    assert shown._count.accessibleName() == "4 rows"
    QTest.keyClicks(shown.field, "gpu")
    qtbot.waitUntil(lambda: names(table) == ["gpu_10", "gpu_2", "gpu_1"])
    assert shown._count.accessibleName() == "3 of 4. 1 hidden, the worst critical"
    shown.field.setText("node")
    qtbot.waitUntil(lambda: names(table) == ["node_1"])
    assert shown._count.accessibleName() == "1 of 4. 3 hidden, the worst warning"
    QTest.keyClick(shown.field, Qt.Key.Key_Escape)
    assert names(table) == [row[0] for row in ROWS]
    assert shown._count.accessibleName() == "4 rows"
    assert not shown.clear()


def test_that_a_filter_that_hides_only_what_is_well_says_no_more_than_the_count(look, table, qtbot):
    table.health = lambda row: Health.HEALTHY
    shown = TableFilter(look, table)
    qtbot.addWidget(shown)
    table.narrow("gpu")
    assert shown._count.accessibleName() == "3 of 4"


def test_that_the_chosen_row_is_copied_with_heads_and_marked_above_and_below(table, qtbot):
    table.choose(1)
    with qtbot.waitSignal(table.copied) as told:
        QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [1]
    assert QGuiApplication.clipboard().text() == "# SECRET\nName\tLoad (per cent)\tState\ngpu_2\t\thot\n# SECRET\n"


def test_that_the_whole_table_is_copied_as_it_is_shown(table):
    table.narrow("gpu")
    table.sort_by(Order(1, descending=True))
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines == [
        "# SECRET",
        "Name\tLoad (per cent)\tState",
        "gpu_1\t30\tok",
        "gpu_10\t2\tok",
        "gpu_2\t\thot",
        "# SECRET",
    ]


def test_that_a_copy_of_unknown_marking_fails_closed(table):
    table.level = None
    table.copy(whole=True)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == lines[-1] == "# TOP SECRET//SCI  ·  CLASSIFICATION NOT KNOWN"


def test_that_a_hundred_thousand_rows_open_and_sort(look, show_in):
    rows = [(f"n_{number * 7919 % 100_000}", float(number), "ok") for number in range(100_000)]
    big = show_in(Table(look, "Nodes", COLUMNS, row_height=30), 400, 300)
    big.show_rows(rows, id)
    big.grab()
    big.sort_by(Order(1, descending=True))
    assert names(big)[0] == rows[-1][0]
