import math
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from app.model.health import Bound, Freshness, Health
from app.ui.deployment_words import error_words, latency_words
from app.ui.overview.fleet_sheet import fleet_sheet
from app.ui.overview.matrix import ROW_ROLE, MatrixModel, age_words, cell_words, healthy_words
from app.ui.overview.matrix_cells import plan
from app.ui.overview.matrix_view import ENCLAVE_LEAST, MatrixView
from app.ui.overview.name_column import NameColumn
from tests.fakes import answers

SHOWN, SPOKEN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def cell():
    return answers.deployment(answers.S, "rag-gateway", (Health.CRITICAL, 2310, 4.61))


def plain(text):
    return text.replace("\u00a0", " ")


def test_that_a_bounded_quantile_says_its_bound(cell):
    assert plain(latency_words(cell)) == "2 310 ms"
    assert plain(latency_words(replace(cell, latency_p95=0.3, latency_bound=Bound.AT_MOST))) == "≤ 300 ms"
    assert plain(latency_words(replace(cell, latency_p95=10.0, latency_bound=Bound.AT_LEAST))) == "≥ 10 000 ms"


def test_that_a_missing_number_is_words_and_never_zero(cell):
    unknown = replace(cell, latency_p95=math.nan, error_ratio=math.nan)
    assert (latency_words(unknown), error_words(unknown)) == ("no data", "no data")
    silent = replace(unknown, not_exported=("endpoint_latency_seconds", "endpoint_errors"))
    assert (latency_words(silent), error_words(silent)) == ("not exported", "not exported")


def test_that_a_cell_can_be_read_aloud(cell):
    row = answers.fleet().rows[0]
    assert plain(cell_words(cell, row, answers.S)) == (
        "rag-gateway, Secret: critical, p95 2 310 ms, errors 4.61 %, data 41 min old. "
        "Error rate 4.61 % against a limit of 1 %; p95 too high"
    )
    stale = replace(cell, freshness=Freshness.STALE)
    assert "last known critical" in cell_words(stale, row, answers.S)
    assert cell_words(None, row, answers.S).endswith("not deployed")


def test_that_maintenance_says_until_when():
    resting = answers.deployment(answers.S, "chat", (Health.MAINTENANCE, math.nan, math.nan))
    assert "Maintenance until 16:00 Z" in plain(cell_words(resting, answers.fleet().rows[0], answers.S))


def test_that_an_age_is_a_claim_and_says_so():
    fresh, _, late = answers.fleet().enclaves
    assert [plain(said) for said in age_words(fresh)] == ["6 min old", "6 min"]
    assert [plain(said) for said in age_words(late)] == ["3 h 12 m old", "3 h 12 m"]
    assert age_words(replace(late, data_time=math.nan)) == ("no data",)


def test_that_a_stale_column_s_count_is_only_the_last_known():
    state = answers.fleet().enclaves[2]
    assert healthy_words(state)[0] == "8 of 11 healthy"
    assert healthy_words(replace(state, freshness=Freshness.STALE))[0] == "8 of 11, last known"


def test_that_every_cell_and_head_has_text(qapp):
    model = MatrixModel()
    model.replace(answers.fleet())
    assert (model.rowCount(), model.columnCount()) == (12, 4)
    for row in range(12):
        for column in range(4):
            index = model.index(row, column)
            assert model.data(index, SHOWN)
            assert model.data(index, SPOKEN)
    assert plain(model.headerData(3, Qt.Orientation.Horizontal)) == (
        "Top Secret, Top Secret, 8 of 11 healthy, 3 h 12 m old"
    )


def test_that_a_narrow_column_drops_the_curve_then_the_errors_and_never_the_latency():
    wide, middle, narrow = plan(320), plan(220), plan(ENCLAVE_LEAST)
    assert not math.isnan(wide.spark_left)
    assert wide.spark_right <= 320
    assert math.isnan(middle.spark_left)
    assert middle.latency < middle.errors <= 220
    assert math.isnan(narrow.errors)
    assert narrow.latency <= ENCLAVE_LEAST


@pytest.fixture
def view(look, qtbot):
    made = MatrixView(look)
    qtbot.addWidget(made)
    made.resize(1150, 700)
    made.show()
    return made


def test_that_problems_are_visited_in_reading_order_and_round(view):
    view.show_fleet(answers.fleet())
    seen = []
    for _ in range(8):
        view.select_problem(1)
        seen.append((view.currentIndex().row(), view.currentIndex().column()))
    assert seen[:7] == [(0, 2), (0, 3), (1, 3), (2, 1), (3, 2), (4, 3), (5, 1)]
    assert seen[7] == seen[0]
    view.select_problem(-1)
    assert (view.currentIndex().row(), view.currentIndex().column()) == (5, 1)


def test_that_the_chosen_deployment_stays_chosen_when_rows_move(view):
    fleet = answers.fleet()
    view.show_fleet(fleet)
    view.select_cell("ocr-forms", answers.S.id)
    view.show_fleet(replace(fleet, rows=tuple(reversed(fleet.rows))))
    assert fleet.rows[11 - view.currentIndex().row()].id == "ocr-forms"


@pytest.mark.parametrize("enclaves", [1, 2, 3, 7])
def test_that_any_number_of_enclaves_is_drawn(view, enclaves):
    fleet = answers.fleet()
    state, rows = fleet.enclaves[0], fleet.rows
    several = [replace(state, enclave=replace(state.enclave, id=f"e{n}", name=f"Enclave {n}")) for n in range(enclaves)]
    lines = tuple(replace(row, cells={s.enclave.id: next(iter(row.cells.values())) for s in several}) for row in rows)
    view.show_fleet(replace(fleet, enclaves=tuple(several), rows=lines))
    widths = [view.columnWidth(number) for number in range(1, enclaves + 1)]
    assert min(widths) >= ENCLAVE_LEAST
    assert not view.grab().isNull()


def test_that_names_stay_in_place_while_many_enclaves_scroll_sideways(view, look):
    look.use("light")
    fleet = answers.fleet()
    state = fleet.enclaves[0]
    several = tuple(replace(state, enclave=replace(state.enclave, id=f"e{n}", name=f"Enclave {n}")) for n in range(14))
    rows = tuple(
        replace(row, cells={s.enclave.id: next(iter(row.cells.values())) for s in several}) for row in fleet.rows
    )
    view.show_fleet(replace(fleet, enclaves=several, rows=rows))
    names = view.findChild(NameColumn)
    assert not names.isVisible()
    area = (0, 0, view.columnWidth(0) - 2, view.viewport().height())
    before = view.grab().toImage().copy(*area)
    view.horizontalScrollBar().setValue(300)
    assert names.isVisible()
    after = view.grab().toImage().copy(*area)
    differing = sum(
        before.pixelColor(x, y).alpha() > 200
        and before.pixelColor(x, y).lightness() < 60
        and after.pixelColor(x, y).lightness() > 160
        for x in range(0, area[2], 2)
        for y in range(0, area[3], 2)
    )
    assert differing == 0, "every letter of a name is where it was"


def test_that_many_endpoints_scroll_below_a_fixed_head(view):
    fleet = answers.fleet()
    rows = tuple(replace(fleet.rows[0], id=f"e{n}", title=f"endpoint-{n}") for n in range(200))
    view.show_fleet(replace(fleet, rows=rows))
    head = view.horizontalHeader().geometry()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert view.verticalScrollBar().maximum() > 0
    assert view.horizontalHeader().geometry() == head


def test_that_only_current_trouble_is_tinted(view, look):
    def tinted(fleet):
        view.show_fleet(fleet)
        picture = view.grab().toImage()
        tints = {look.theme.status[h].tint.name() for h in (Health.CRITICAL, Health.WARNING)}
        return any(
            picture.pixelColor(x, y).name() in tints
            for x in range(0, picture.width(), 9)
            for y in range(0, picture.height(), 9)
        )

    assert tinted(answers.fleet())
    assert not tinted(answers.quiet_fleet())
    old = answers.fleet()
    rows = tuple(
        replace(row, cells={name: replace(c, freshness=Freshness.STALE) for name, c in row.cells.items()})
        for row in old.rows
    )
    assert not tinted(replace(old, rows=rows))


def test_that_every_head_counts_in_the_form_that_fits_in_all(view):
    def first_head(third_name):
        fleet = answers.fleet()
        names = ("Low", "Middle", third_name)
        states = [
            replace(state, enclave=replace(state.enclave, name=name))
            for state, name in zip(fleet.enclaves, names, strict=True)
        ]
        view.show_fleet(replace(fleet, enclaves=tuple(states)))
        head = view.horizontalHeader()
        return head.grab(QRect(head.sectionPosition(1), 0, head.sectionSize(1), head.height())).toImage()

    long = first_head("High")
    assert long == first_head("Top")
    short = first_head("An enclave with a name")
    assert short != long, "the third has no room for 'healthy', so the first leaves it out too"
    assert short == first_head("An enclave with a longer name"), "there is no shorter form"


def titles(view):
    return [row.title for row in view.matrix.fleet.rows]


def heads(view):
    return [view.matrix.headerData(n, Qt.Orientation.Horizontal, SPOKEN) for n in range(view.matrix.columnCount())]


def click_head(view, column):
    head = view.horizontalHeader()
    at = QPoint(head.sectionViewportPosition(column) + 20, 20)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_that_endpoints_are_sorted_by_name_and_back_to_the_worst_first(look, show_in):
    view = show_in(MatrixView(look), 1200, 700)
    view.show_fleet(answers.fleet())
    given = titles(view)
    assert heads(view)[0] == "Endpoint, worst first"
    click_head(view, 0)
    assert titles(view) == sorted(given)
    assert heads(view)[0] == "Endpoint, sorted ascending"
    click_head(view, 0)
    assert titles(view) == sorted(given, reverse=True)
    click_head(view, 0)
    assert titles(view) == given
    assert heads(view)[0] == "Endpoint, worst first"


def test_that_an_enclave_s_head_sorts_by_the_state_there_and_the_order_survives_an_answer(look, show_in):
    view = show_in(MatrixView(look), 1200, 700)
    view.show_fleet(answers.fleet())
    view.select_cell("rag-gateway", answers.S.id)
    click_head(view, 1)
    view.show_fleet(answers.fleet())
    here = view.matrix.fleet.enclaves[0].enclave.id
    cells = [row.cells.get(here) for row in view.matrix.fleet.rows]
    known = [cell.health.rank for cell in cells if cell is not None]
    assert known == sorted(known)
    assert None not in cells[: len(known)], "what is not deployed stands last"
    assert heads(view)[1].endswith(", worst first")
    assert view.currentIndex().data(ROW_ROLE).title == "rag-gateway"
    view.reverse_order()
    cells = [row.cells.get(here) for row in view.matrix.fleet.rows]
    assert [cell.health.rank for cell in cells if cell is not None] == sorted(known, reverse=True)
    assert None not in cells[: len(known)]


def test_that_keys_go_from_the_names_through_the_enclaves_and_back(look, show_in):
    view = show_in(MatrixView(look), 1200, 700)
    view.show_fleet(answers.fleet())
    seen = []
    for _ in range(5):
        view.next_order()
        seen.append(view.matrix.order.enclave if view.matrix.order is not None else None)
    assert seen == ["", answers.U.id, answers.S.id, answers.TS.id, None]


def test_that_the_sheet_has_a_row_for_each_deployment_with_numbers_in_base_units():
    fleet = answers.fleet()
    sheet = fleet_sheet(fleet)
    assert len(sheet.rows) == sum(len(row.cells) for row in fleet.rows)
    assert sheet.level is fleet.marking
    found = dict(zip(sheet.heads, sheet.rows[0], strict=True))
    first = next(iter(fleet.rows[0].cells.values()))
    assert found["Endpoint"] == fleet.rows[0].title
    assert found["p95 (seconds)"] == first.latency_p95
    assert found["Marking"] == first.enclave.level.banner


def test_that_a_sheet_says_why_a_number_is_missing(cell):
    silent = replace(cell, latency_p95=math.nan, error_ratio=math.nan, not_exported=("endpoint_latency_seconds",))
    fleet = answers.fleet()
    row = replace(fleet.rows[0], cells={answers.S.id: silent})
    found = fleet_sheet(replace(fleet, rows=(row,)))
    cells = dict(zip(found.heads, found.rows[0], strict=True))
    assert math.isnan(cells["p95 (seconds)"])
    assert math.isnan(cells["Error share (ratio)"])
    assert cells["p95 is"] == "not exported"
    assert cells["Reasons"].endswith("errors: no data")
