"""The page of service levels on a real, small store: September 2026, half of which is over, 432 minutes to lose."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.errors import StoreBusy
from app.job import Job
from app.model.catalogue import Enclave
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import resources
from app.query.standing import Reason
from app.ui.controls import PushButton
from app.ui.page import Place, Subject
from app.ui.pages.service_levels import LevelsView, badges, finds, load, marking, oldest_in_view
from app.ui.rows import Order
from app.ui.service_levels import data as asked
from app.ui.service_levels.explain_card import ExplainCard
from app.ui.states import Kind, failed, loading
from tests.fakes.fleets import DAY, HOUR, MINUTE, S1, T1, U1
from tests.fakes.levels import AT, AUGUST, START, Levels, before, probed, work

NAMES = ("rag", "chat", "voice")


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def desk(tmp_path):
    """Half of September of three endpoints: rag lost half of its budget, chat all of it, voice nothing."""
    made = Levels(tmp_path)
    for name in NAMES:
        made.promise(name)
    made.probe(*NAMES, bad=[(1440, 1440 + 216)])
    made.probe("chat", "rag", "voice", bad=[(2880, 2880 + 540)])
    made.probe("voice", "rag", "chat")
    return made


@pytest.fixture
def view(look, on_show):
    return on_show(LevelsView(look))


@pytest.fixture
def show(view, runner, qtbot):
    def shown(desk, *given, **more):
        view.show_data(load(desk.ask(*given, **more), Job()))
        settle(view, runner, qtbot)
        return view

    return shown


def settle(view, runner, qtbot):
    qtbot.waitUntil(lambda: runner.idle and not view._wait.isActive())


def names(view):
    return [one.row.promise.endpoint.id for one in view.table.rows.rows]


def choose(view, runner, qtbot, name):
    view.table.choose(names(view).index(name))
    settle(view, runner, qtbot)


def states(view):
    return [panel.state and panel.state.kind for panel in (view._panel, *view.closely.panels[:3])]


def said_in(table):
    return [[plain(column.says(row)) for column in table.rows.columns] for row in table.rows.rows]


# --- the table ------------------------------------------------------------------------------------------------------


def test_that_the_least_budget_comes_first_and_the_figures_are_those_of_the_arithmetic(show, desk):
    view = show(desk)
    assert names(view) == ["chat", "rag", "voice"]
    # 540 of 432 min: a quarter more than all; 216 of 432: half; of the half month 540, 216 and 0 of 21 600 min
    assert [said_in(view.table)[number][5] for number in range(3)] == ["−25 %", "50 %", "100 %"]
    assert [said_in(view.table)[number][3] for number in range(3)] == ["97.50 %", "99.00 %", "100.00 %"]
    # a month that loses nothing more ends at 1 - 540 / 43 200
    assert [said_in(view.table)[number][4] for number in range(3)] == ["98.75 %", "99.50 %", "100.00 %"]
    assert [one.standing.reason for one in view.table.rows.rows] == [Reason.SPENT, Reason.ON_PACE, Reason.ON_PACE]
    assert view.sentence.words == "One budget is spent. 2 of 3 are on pace."


def test_that_there_is_a_column_for_each_pair_in_force(show, desk):
    heads = [column.head or column.title for column in show(desk).table.rows.columns]
    assert [plain(head) for head in heads if head.startswith("Burn rate")] == [
        f"Burn rate over {long}" for long in ("1 h", "6 h", "1 d", "3 d")
    ]


def own_pairs(desk, text):
    folder = desk.store.paths.policy
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "burn_rates.toml").write_text(text, encoding="utf-8")


def test_that_a_site_with_other_pairs_gets_other_columns_and_keeps_what_was_chosen(show, desk, runner, qtbot):
    view = show(desk)
    choose(view, runner, qtbot, "rag")
    own_pairs(desk, '[[pair]]\nname = "quick"\nseverity = "page"\nshare = 0.02\nlong = 7200\nshort = 600\n')
    show(desk)
    heads = [plain(column.head) for column in view.table.rows.columns if column.head.startswith("Burn rate")]
    assert heads == ["Burn rate over 2 h"]
    assert "paged at 7.2× over 2 h" in plain(view.sentence.below)  # 2 % of 720 h in two of them
    assert view.table.current_row().row.promise.endpoint.id == "rag"
    assert [plain(line.words) for line in view.closely.rates.chart.lines] == ["2 h window"]
    (resources() / "policy" / "burn_rates.toml").read_text(encoding="utf-8")  # the shipped ones are still there
    (desk.store.paths.policy / "burn_rates.toml").unlink()
    show(desk)
    assert sum(column.head.startswith("Burn rate") for column in view.table.rows.columns) == 4


def test_that_the_curves_are_those_of_the_pairs_that_page_and_without_any_of_the_first(show, desk):
    ticket = '[[pair]]\nname = "slow"\nseverity = "ticket"\nshare = 0.1\nlong = 86400\nshort = 7200\n'
    page = '[[pair]]\nname = "quick"\nseverity = "page"\nshare = 0.02\nlong = 7200\nshort = 600\n'
    own_pairs(desk, ticket + page)
    assert [plain(line.words) for line in show(desk).closely.rates.chart.lines] == ["2 h window"]
    own_pairs(desk, ticket)
    assert [plain(line.words) for line in show(desk).closely.rates.chart.lines] == ["1 d window"]


def test_that_a_step_to_another_period_keeps_promise_keyboard_and_filter(show, desk, qtbot):
    desk.probe("rag", "chat", "voice", start=AUGUST, end=START)
    view = show(desk)
    view.table.choose(names(view).index("voice"))
    view.table.setFocus()
    show(desk, "2026-08")
    assert view.table.rows.columns[-1].title == "Verdict"
    assert view.table.current_row().row.promise.endpoint.id == "voice"
    assert view.focusWidget() is view.table
    view.filter.field.setText("chat")
    qtbot.waitUntil(lambda: names(view) == ["chat"])
    view.filter.setFocus()
    show(desk)
    assert view.table.rows.columns[-1].title == "Runs out"
    assert (view.filter.words, names(view)) == ("chat", ["chat"])
    assert view.focusWidget() is view.filter.field


def test_that_the_columns_are_those_of_a_running_month_where_only_one_version_is_over(show, tmp_path):
    desk = Levels(tmp_path / "other")
    desk.promise("rag", 0.999)
    desk.promise("rag", 0.9, since=START + 10 * DAY)
    desk.probe(bad=[(600, 1200)])
    view = show(desk)
    assert view.table.rows.columns[-1].title == "Runs out"
    assert view.sentence.words.startswith("One was missed. 1 of 2 is on pace")
    assert [one.standing.reason for one in view.table.rows.rows] == [Reason.MISSED, Reason.ON_PACE]


# --- one promise ----------------------------------------------------------------------------------------------------


def test_that_the_chosen_row_is_looked_at_closely(show, desk, runner, qtbot):
    desk.exclude(work(start=START + 3 * DAY))
    desk.exclude(work("cr-2", start=START + 20 * DAY, reason="Later"), approved=False)
    view = show(desk)
    for name, left in (("chat", -0.25), ("voice", 1.0), ("rag", 0.5)):
        choose(view, runner, qtbot, name)
        assert view.closely.panels[0].accessibleName().startswith(name)
        line = view.closely.down.chart.lines[0]
        row = view.table.current_row().row
        # of rag 100 min do not count, which makes the budget a minute smaller
        expected = left if name != "rag" else 1 - 216 / (0.01 * (43_200 - 100))
        assert float(line.trace.most[-1]) == pytest.approx(expected, abs=1e-4)
        assert row.budget.share_left == pytest.approx(expected, abs=1e-4)
    assert [plain(line.words) for line in view.closely.rates.chart.lines] == ["1 h window", "6 h window"]
    assert [plain(one.words) for one in view.closely.rates.chart._thresholds] == ["page, 1 h: 14.4×", "page, 6 h: 6×"]
    assert [one[0] for one in said_in(view.closely.excluded)] == [
        "Later: CR-2, waits for a second person; asked by alice (1000)",
        "New storage: CR-1, approved by bob (1001)",
    ]
    assert [(band.start, band.words) for band in view.closely.down.chart._bands] == [(START + 3 * DAY, "New storage")]
    assert "one approved, one waiting" in view.closely.panels[2].accessibleName()


def test_that_the_burn_rate_peaks_where_everything_was_bad_and_is_not_joined_over_a_gap(show, tmp_path):
    desk = Levels(tmp_path / "other")
    desk.promise()
    desk.probe(bad=[before(2000, 90)], gone=[before(1200, 600)])
    curve = show(desk).closely.rates.chart.lines[0].trace
    assert float(curve.most.max()) == pytest.approx(100.0)
    assert curve.gap[:-1].any()


def test_that_a_scale_of_burn_rates_ends_above_twice_the_highest_factor_and_its_curve_does_not(show, tmp_path):
    desk = Levels(tmp_path / "other")
    desk.promise()
    desk.probe(bad=[before(2000, 90)])
    chart = show(desk).closely.rates.chart
    chart.grab()
    assert float(chart.lines[0].trace.most.max()) == pytest.approx(100.0)
    assert chart.cap == pytest.approx(28.8)  # of 14.4
    assert chart.scale.high == 30.0


def test_that_what_is_left_falls_from_all_of_it_and_even_pace_reaches_the_end(show, desk, runner, qtbot):
    view = show(desk)
    choose(view, runner, qtbot, "rag")
    line, (guide,) = view.closely.down.chart.lines[0], view.closely.down.chart._guides
    day = (line.trace.time - START) / DAY
    assert float(line.trace.most[day <= 1.0].min()) == pytest.approx(1.0)
    assert float(line.trace.most[day >= 1.2].max()) == pytest.approx(0.5, abs=1e-4)
    assert line.filled, "what is left is an area down to nothing"
    assert (guide.words, guide.time[-1], guide.value[0], guide.value[-1]) == ("even pace", START + 30 * DAY, 1.0, 0.0)
    assert view.closely.down.view.span.end == START + 30 * DAY


def test_that_the_lines_of_the_burn_down_are_named_beside_them_and_bands_in_the_legend(show, tmp_path, runner, qtbot):
    desk = Levels(tmp_path / "other")
    for name in ("rag", "voice"):
        desk.promise(name)
    desk.probe("rag", "voice")
    desk.probe("voice", "rag", gone=[(2880, 3000)])
    desk.exclude(work(start=START + 3 * DAY))
    view = show(desk)
    told = {}
    for name in ("rag", "voice"):
        choose(view, runner, qtbot, name)
        legend = [entry.words for entry in view.closely.panels[0]._legend]
        told[name] = [line.name for line in view.closely.down.chart.lines], legend
    # what is left of rag is known; two hours of voice, a quarter of its budget, are not
    assert told == {"rag": ([""], ["excluded"]), "voice": (["", "at worst"], [])}


def test_that_no_line_is_drawn_over_a_gap_and_none_far_below_nothing(show, tmp_path):
    # of the days from the 3rd to the 6th nothing is known: 5760 min at worst, of 432
    desk = Levels(tmp_path / "other")
    desk.promise()
    desk.probe(bad=[(0, 43)], gone=[(2 * 1440, 6 * 1440)])
    chart = show(desk).closely.down.chart
    left, worst = (line.trace for line in chart.lines)
    day = (left.time - START) / DAY
    drawn = np.isfinite(left.most)
    assert not drawn[(day > 2.5) & (day < 5.5)].any()
    assert left.most[(day > 1.0) & (day < 2.0)] == pytest.approx(0.9, abs=1e-3)
    assert left.most[drawn & (day > 6.5)] == pytest.approx(0.9, abs=1e-3)
    assert np.nanmin(worst.least) == pytest.approx(0.9, abs=1e-3)
    chart.grab()
    assert chart.scale.low == 0.0


def test_that_nothing_is_drawn_after_the_newest_data(show, tmp_path):
    desk = Levels(tmp_path / "other")
    desk.promise()
    desk.probe(end=AT - 10 * HOUR)
    view = show(desk)
    for chart in (view.closely.down.chart, view.closely.rates.chart):
        assert chart.lines[0].trace.time[-1] <= AT - 10 * HOUR + 300.0
        assert chart._stale


def test_that_an_answer_about_a_promise_that_is_no_longer_chosen_is_dropped(show, desk, view, runner, qtbot):
    show(desk)
    old = view.table.current_row()
    late = view._data.closely(old.row.promise.key, Job())
    choose(view, runner, qtbot, "voice")
    view.closely._show(old, late)
    assert float(view.closely.down.chart.lines[0].trace.most[-1]) == pytest.approx(1.0)


@pytest.mark.parametrize("state", [loading(), failed(StoreBusy("The cache is busy.", "Try again."))])
def test_that_an_answer_that_comes_when_the_page_shows_a_state_is_dropped(show, desk, view, runner, qtbot, state):
    show(desk)
    chosen, data = view.table.current_row(), view._data
    late = data.closely(chosen.row.promise.key, Job())
    view.show_state(state)
    shown = states(view)
    view.closely._show(chosen, late)
    view.closely._fail(chosen, view.closely.panels, StoreBusy("The cache is busy."))
    assert states(view) == shown
    assert Kind.ERROR not in shown[1:]


def test_that_a_promise_is_looked_at_once_for_each_answer(show, desk, view, runner, qtbot, monkeypatch):
    seen = []
    real = asked.read_closely
    monkeypatch.setattr(asked, "read_closely", lambda *given, **more: seen.append(given[3]) or real(*given, **more))
    show(desk)
    assert len(seen) == 1
    choose(view, runner, qtbot, "voice")
    assert [key[0].endpoint for key in seen] == ["chat", "voice"]


def test_that_a_part_that_cannot_be_read_leaves_the_table(show, desk, view, runner, qtbot, monkeypatch):
    def busy(*given, **more):
        raise StoreBusy("The cache is busy.", "Try again.")

    monkeypatch.setattr(asked, "read_closely", busy)
    show(desk)
    assert states(view) == [None, Kind.ERROR, Kind.ERROR, Kind.ERROR]
    monkeypatch.undo()
    view.closely.panels[0].acted.emit()
    settle(view, runner, qtbot)
    assert states(view) == [None, None, None, Kind.EMPTY]


# --- a period that is over ------------------------------------------------------------------------------------------


@pytest.fixture
def august(tmp_path):
    """All of August but 600 minutes, which came a week after its end: 300 of them were bad."""
    made = Levels(tmp_path / "august")
    made.promise()
    made.probe(gone=[(6000, 6600)], start=AUGUST, end=START)
    return made


def bring_late(desk, bad=300):
    row = probed("rag", [(0, bad)], start=AUGUST + 6000 * MINUTE, end=AUGUST + 6600 * MINUTE)
    window = {"start": AUGUST + 6000 * MINUTE, "end": AUGUST + 6600 * MINUTE, "received": START + 7 * DAY}
    desk.bring([row], "rag", **window)


def test_that_late_data_says_which_figures_of_a_closed_month_changed_from_what_to_what(show, august):
    bring_late(august)
    view = show(august, "2026-08")
    assert view.closely.panels[3].isVisible()
    told = dict(said_in(view.closely.changed))
    # 44 640 min; 599.5 were unknown, for a scrape speaks for half a minute more: 1.3429 % of all
    assert told["Verdict"] == "not provable to met"
    assert told["Worst case"] == "98.657 % to 99.327 %"
    assert told["Known"] == "100.000 % to 99.327 %"
    assert told["Best case"] == "100.000 % to 99.327 %"
    assert told["Coverage"] == "98.657 % to 100.000 %"
    assert "Objective" not in told
    # what is made up of cadence and grace after the end is still in time
    assert "since 1 Sep 2026 00:20 Z" in plain(view.closely.panels[3].accessibleName())


def test_that_nothing_changed_is_said_so(show, august):
    view = show(august, "2026-08")
    assert "Verdict not provable" in view.closely.down.facts.accessibleName()
    assert "Runs out" not in view.closely.down.facts.accessibleName()
    assert view.closely.panels[3].isVisible()
    assert view.closely.panels[3].state.title == "Nothing changed"


def test_that_nothing_is_called_changed_while_the_period_runs(show, desk):
    assert not show(desk).closely.panels[3].isVisible()


def test_that_an_answer_about_what_changed_of_another_promise_is_dropped(show, august):
    view = show(august, "2026-08")
    old, data = view.table.current_row(), view._data
    bring_late(august)
    late = data.changed(old.row.promise, START + HOUR, Job())
    assert late.changes
    show(august, "2026-08")
    before_it = said_in(view.closely.changed)
    view.closely._show_changed(old, replace(late, changes=()))
    assert said_in(view.closely.changed) == before_it != []
    assert view.closely.panels[3].state is None


def test_that_each_version_is_told_its_own_changes(show, tmp_path):
    desk = Levels(tmp_path / "versions")
    desk.promise("rag", 0.9)
    desk.promise("rag", 0.99, since=AUGUST + 10 * DAY)
    desk.probe(gone=[(6000, 6600)], start=AUGUST, end=START)
    bring_late(desk)
    view = show(desk, "2026-08")
    said = {}
    for number, line in enumerate(view.table.rows.rows):
        view.table.choose(number)
        view._ask_closely()
        found = view._data.changed(line.row.promise, START + HOUR, Job())
        view.closely._show_changed(line, found)
        said[line.row.promise.objective.target] = [one[0] for one in said_in(view.closely.changed)]
        if line.row.promise.objective.target == 0.99:
            assert view.closely.panels[3].state is not None, "its part of August had no gap"
    assert said[0.9].count("Known") == 1


# --- filter, keys, places -------------------------------------------------------------------------------------------


def test_that_the_filter_finds_endpoint_promise_and_state_and_escape_shows_all(show, desk, qtbot):
    view = show(desk)
    for text, left in (("budget spent", ["chat"]), ("VOICE up", ["voice"]), ("unclassified", ["chat", "rag", "voice"])):
        view.filter.field.setText(text)
        qtbot.waitUntil(lambda left=left: names(view) == left)
    view.filter.field.setText("voice")
    qtbot.waitUntil(lambda: names(view) == ["voice"])
    assert "2 hidden, the worst critical" in plain(view.filter._count.accessibleName())
    assert view.step_back()
    assert names(view) == ["chat", "rag", "voice"]
    assert not view.step_back()


def test_that_the_key_of_the_filter_reaches_the_one_that_is_there_now(show, desk):
    view = show(desk)
    next(key for key in view.page_keys() if key.press == "/").act()
    assert view.filter.field.hasFocus()


def test_that_the_next_problem_is_the_next_loud_row_and_goes_round(show, desk):
    desk.probe("voice", "rag", "chat", bad=[before(60, 60)])  # voice burns fast: 60 of 432 min
    view = show(desk)
    assert names(view) == ["chat", "rag", "voice"]
    seen = []
    for step in (1, 1, -1, -1):
        view.next_problem(step)
        seen.append(view.table.current_row().row.promise.endpoint.id)
    assert seen == ["voice", "chat", "voice", "chat"]
    assert view.table.hasFocus()


def test_that_without_a_problem_the_choice_stays(show, tmp_path):
    desk = Levels(tmp_path / "well")
    for name in ("rag", "chat"):
        desk.promise(name)
    desk.probe("rag", "chat")
    desk.probe("chat", "rag")
    view = show(desk)
    view.table.choose(1)
    view.next_problem(1)
    assert view.table.currentIndex().row() == 1


def test_that_a_place_about_a_promise_chooses_it_once(show, desk):
    view = show(desk, subject=Subject(U1.id, "voice-up"))
    assert view.table.current_row().row.promise.endpoint.id == "voice"
    view.table.choose(0)
    show(desk, subject=Subject(U1.id, "voice-up"))
    assert view.table.current_row().row.promise.endpoint.id == "chat", "a reload moves nothing"
    show(desk, subject=Subject(U1.id, "rag"))
    assert view.table.current_row().row.promise.endpoint.id == "rag", "an endpoint is found too"


def test_that_enter_and_h_explain_how_it_is_counted(show, desk, qtbot):
    view, cards = show(desk), []
    view.card_wanted.connect(cards.append)
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    next(key for key in view.page_keys() if key.press == "H").act()
    assert [type(card) for card in cards] == [ExplainCard, ExplainCard]
    told = {fact.name: (plain(fact.value), plain(fact.how)) for fact in cards[0].table.rows.rows}
    assert told["Budget"][0] == "7 h 12 m"  # 432 min
    assert "9 h did, −1 h 48 m are left: −25.0 %." in told["Budget"][1]
    assert told["Promise"][1].startswith("chat is up (chat-up) at Unclassified")
    assert "by entry station-04/2 of alice (1000): as agreed" in told["Promise"][1]
    assert "1.000 % of it" in told["Budget"][1]
    for card in cards:
        card.deleteLater()


def test_that_of_a_period_that_is_over_its_verdict_is_explained_and_no_forecast(show, august):
    view, cards = show(august, "2026-08"), []
    view.card_wanted.connect(cards.append)
    view.explain()
    told = {fact.name: (fact.value, plain(fact.how)) for fact in cards[0].table.rows.rows}
    assert "Runs out" not in told
    # 599.5 of 44 640 min are unknown: 98.657 % at worst
    assert told["Verdict"][0] == "not provable"
    assert "99.00 % lies between the worst case, 98.65 %, and the best, 100.00 %" in told["Verdict"][1]
    cards[0].deleteLater()


def test_that_the_sheet_has_plain_numbers_and_the_marking_of_what_is_shown(show, desk, view):
    assert view.sheet() is None
    sheet = show(desk).sheet()
    rows = [dict(zip(sheet.heads, row, strict=True)) for row in sheet.rows]
    assert sheet.level is Level.U
    assert rows[0]["Objective, share"] == 0.99
    assert rows[0]["Budget left, share"] == pytest.approx(-0.25)
    assert rows[1]["Share known"] == pytest.approx(0.99)
    assert (
        rows[2]["Burn rate over\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}h".replace("over\N{NO-BREAK SPACE}", "over ")]
        == 0.0
    )


# --- states ---------------------------------------------------------------------------------------------------------


def test_that_a_station_without_promises_says_how_to_make_one_and_hands_over_the_command(show, tmp_path, qtbot):
    desk = Levels(tmp_path / "empty")
    desk.probe()
    view = show(desk)
    assert states(view) == [Kind.EMPTY] * 4
    assert "watchfloor objectives add" in view._panel.state.text
    button = next(one for one in view._panel.findChildren(PushButton) if one.isVisible())
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    said = []
    view.said.connect(said.append)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert QGuiApplication.clipboard().text() == "watchfloor objectives add FILE --why TEXT"
    assert [one.title for one in said] == ["The command is copied"]
    assert view.sentence.words == "No promise is in view."
    assert view.sheet() is None


def test_that_what_the_filter_hides_is_named_and_one_key_brings_it_back(show, desk, qtbot):
    desk.probe(enclave=S1)
    view = show(desk, hidden={U1.id, S1.id})
    assert states(view)[0] is Kind.FILTERED
    assert view._panel.state.title == "Unclassified and Secret are hidden by the filter"
    wanted = []
    view.enclave_wanted.connect(wanted.append)
    view._panel.acted.emit()
    assert wanted == [U1.id, S1.id]
    assert states(show(desk))[0] is None


def test_that_loading_and_errors_are_shown_and_one_can_ask_again(show, desk, view, qtbot):
    view.show_state(loading())
    assert states(view) == [Kind.LOADING] * 4
    view.show_state(failed(StoreBusy("The cache is busy.", "Try again.")))
    assert states(view) == [Kind.ERROR, *[Kind.EMPTY] * 3]
    assert view.sentence.words == "The promises cannot be judged."
    with qtbot.waitSignal(view.retry_wanted):
        view._panel.acted.emit()
    assert states(show(desk)) == [None, None, None, Kind.EMPTY]


def test_that_enclaves_above_the_ceiling_are_not_there_and_what_is_there_is_marked(tmp_path):
    desk = Levels(tmp_path / "low", ceiling=Level.S)
    desk.promise()
    for enclave in (U1, S1, T1):
        desk.probe(enclave=enclave)
    data = load(desk.ask(), Job())
    assert [one.row.promise.enclave.id for one in data.lines] == ["enc-s1", "enc-u1"]
    assert marking(data) is Level.S
    assert {find.level for find in finds(data)} == {Level.U, Level.S}
    assert marking(load(desk.ask(hidden={S1.id}), Job())) is Level.U


def test_that_tables_and_charts_carry_the_marking_of_the_chosen_enclave(show, desk, runner, qtbot):
    desk.probe(enclave=S1)
    view = show(desk)
    assert view.table.level is Level.S
    for name, level in (("chat", Level.U), ("rag", Level.U)):
        choose(view, runner, qtbot, name)
        assert {view.closely.down.chart.level, view.closely.rates.chart.level} == {level}
        # the words of a decision are marked with the highest that may be known here
        assert view.closely.excluded.level is Level.TS
    number = next(n for n, one in enumerate(view.table.rows.rows) if one.row.promise.enclave.id == S1.id)
    view.table.choose(number)
    settle(view, runner, qtbot)
    assert {view.closely.down.chart.level, view.closely.rates.chart.level} == {Level.S}


# --- for the window -------------------------------------------------------------------------------------------------


def test_that_the_badge_counts_what_needs_somebody(desk):
    assert badges(load(desk.ask(), Job())) == {"service-levels": (Health.CRITICAL, 1)}


def test_that_without_trouble_there_is_no_badge(tmp_path):
    desk = Levels(tmp_path / "well")
    desk.promise()
    desk.probe(gone=[(600, 1200)])  # nothing can be told: that is not a state that somebody must act on
    assert badges(load(desk.ask(), Job())) == {"service-levels": None}


def test_that_promises_are_found_by_name_with_their_state(desk):
    found = finds(load(desk.ask(), Job()))
    assert [(one.words, one.health, one.detail) for one in found] == [
        ("chat is up", Health.CRITICAL, "Budget spent"),
        ("rag is up", Health.HEALTHY, "On pace"),
        ("voice is up", Health.HEALTHY, "On pace"),
    ]
    assert found[0].place == Place("service-levels", Subject(U1.id, "chat-up"))


def test_that_a_promise_to_several_endpoints_is_found_at_each_of_them(desk, show):
    desk.promise("all", endpoint_glob="*")
    found = [one for one in finds(load(desk.ask(), Job())) if one.words.startswith("all is up")]
    assert sorted(one.words for one in found) == ["all is up, chat", "all is up, rag", "all is up, voice"]
    rag = next(one.place for one in found if one.words.endswith("rag"))
    assert rag.subject == Subject(U1.id, "all-up/rag")
    view = show(desk, subject=rag.subject)
    assert view.table.current_row().row.promise.key[:1] + view.table.current_row().row.promise.key[3:] == (
        "all-up",
        "rag",
    )


def test_that_a_place_about_several_promises_opens_the_one_with_the_least_budget_left(desk, show):
    desk.promise("all", endpoint_glob="*")
    view = show(desk)
    # of chat 540 of 432 min are spent, of rag 216, of voice none: by budget chat comes first, by this column last
    view.table.sort_by(Order(5, descending=True))
    assert names(view)[0] == "voice"
    show(desk, subject=Subject(U1.id, "all-up"))
    assert view.table.current_row().row.promise.key.objective == "all-up"
    assert view.table.current_row().row.promise.endpoint.id == "chat"


def test_that_a_place_about_a_row_that_the_filter_hides_shows_it_again(desk, show, qtbot):
    view = show(desk)
    view.filter.field.setText("chat")
    qtbot.waitUntil(lambda: names(view) == ["chat"])
    show(desk, subject=Subject(U1.id, "voice-up"))
    assert view.table.current_row().row.promise.endpoint.id == "voice"
    assert view.filter.words == ""
    view.filter.field.setText("rag")
    qtbot.waitUntil(lambda: names(view) == ["rag"])
    show(desk, subject=Subject(U1.id, "rag-up"))
    assert view.filter.words == "rag", "it was there"


def test_that_a_promise_is_found_with_the_endpoint_and_enclave_that_nothing_else_tells(tmp_path):
    desk = Levels(tmp_path / "many")
    desk.promise("rag", title="Answers in time")
    other = Enclave("enc-s2", "Secret, east", Level.S, cadence=3600.0, grace=600.0)
    for enclave in (U1, S1, other):
        desk.probe(enclave=enclave)
    found = {one.place.subject.enclave: (one.words, one.detail) for one in finds(load(desk.ask(), Job()))}
    assert found == {
        U1.id: ("Answers in time, rag", "On pace"),
        S1.id: ("Answers in time, rag", "On pace"),  # its name is what its marking says
        "enc-s2": ("Answers in time, rag", "On pace, Secret, east"),
    }


def test_that_two_versions_of_a_promise_to_one_endpoint_are_one_name(tmp_path):
    desk = Levels(tmp_path / "versions")
    desk.promise("rag", 0.99)
    desk.promise("rag", 0.9, since=START + 10 * DAY)
    desk.probe()
    assert {one.words for one in finds(load(desk.ask(), Job()))} == {"rag is up"}


def test_that_nothing_is_exported_while_the_page_shows_an_error(desk, show):
    view = show(desk)
    assert view.sheet() is not None
    view.show_state(failed(StoreBusy("Another program writes.")))
    assert view.sheet() is None


def test_that_no_promise_is_explained_by_what_another_burned(desk, show, qtbot, runner):
    view = show(desk)
    choose(view, runner, qtbot, "chat")
    opened = []
    view.card_wanted.connect(opened.append)
    number = next(n for n, one in enumerate(view.table.rows.rows) if one.row.promise.endpoint.id == "rag")
    view.table.choose(number)
    view.explain()  # at once: what chat burned is still what was looked at closely
    settle(view, runner, qtbot)
    view.explain()
    told = [[fact.name for fact in card.table.rows.rows] for card in opened]
    assert ["Burned" in names for names in told] == [False, True]
    for card in opened:
        card.deleteLater()


def test_that_an_answer_that_comes_again_leaves_the_charts_where_they_are(desk, show):
    view = show(desk)
    shown = TimeRange(START, START + 2 * DAY)
    view.closely.down.view.show_span(shown)
    show(desk)
    assert view.closely.down.view.span == shown


def test_that_the_oldest_data_in_view_is_named(desk):
    desk.probe(enclave=S1, end=AT - 10 * HOUR)
    oldest = oldest_in_view(load(desk.ask(), Job()))
    assert (oldest.level, oldest.health, oldest.age) == (Level.S, Health.WARNING, 10 * HOUR)
    assert oldest_in_view(load(desk.ask(hidden={S1.id}), Job())).level is Level.U
