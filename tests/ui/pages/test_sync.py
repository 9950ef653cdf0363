import math
from dataclasses import replace

import pytest

from app.job import Job
from app.model.health import Health
from app.ui.page import Ask
from app.ui.pages.sync import SyncData, SyncView, badges, oldest_in_view
from app.ui.scroll import PageArea
from app.ui.states import Kind
from app.ui.sync.bundle_table import bundle_title, in_order, row_health, state_words
from app.ui.sync.chain import chain_words, facts
from app.ui.sync.trust_list import key_end, short_id
from tests.fakes import answers
from tests.fakes.desk import Answers


@pytest.fixture
def view(look, qtbot):
    made = SyncView(look)
    area = PageArea(look, made)
    qtbot.addWidget(area)
    area.resize(1680, 940)
    area.show()
    yield made
    area.close()


def data(state=None):
    return SyncData(state or answers.sync_state(), answers.DAY)


def test_that_problems_stand_first_then_the_newest():
    rows = in_order(tuple(reversed(answers.sync_state().bundles)))
    assert [bundle_title(row) for row in rows[:4]] == ["courier-7-disc-2", "116", "17904", "17903"]
    received = [row.received for row in rows[2:]]
    assert received == sorted(received, reverse=True)


def test_that_nothing_from_inside_an_untrusted_bundle_is_shown():
    row = answers.sync_state().bundles[0]
    assert row_health(row) is Health.CRITICAL
    assert {name for name, _ in facts(row, answers.NOW)} == {"Received", "Size", "Carried by"}
    assert state_words(row) == "Not opened: signer not trusted"


def test_that_a_gap_is_a_warning_and_says_what_is_missing():
    row = answers.sync_state().bundles[1]
    assert row_health(row) is Health.WARNING
    assert state_words(row) == "Missing: not received, although 117 was"


def test_that_what_was_refused_and_settled_no_longer_shouts():
    row = answers.sync_state().bundles[0]
    assert row_health(replace(row, problem=False)) is Health.UNKNOWN


def test_that_the_rail_follows_the_chosen_row(view):
    view.show_data(data())
    assert "courier-7-disc-2" in view._chosen.accessibleName()
    view.table.choose(3)
    assert "Bundle 17903" in view._chosen.accessibleName()
    assert "Signer trusted, passed" in view._chain.accessibleName()
    view.show_data(data())
    assert "Bundle 17903" in view._chosen.accessibleName(), "a reload keeps the choice"
    view.next_problem(1)
    assert "courier-7-disc-2" in view._chosen.accessibleName()


def test_that_the_chain_can_be_read_aloud():
    told = chain_words(answers.sync_state().bundles[0])
    assert "Signer not trusted here, failed: Key hint 7C1E 90A4 is not in the trust list." in told
    assert "Two people are needed." in told


def test_that_locked_sources_stand_there_only_while_there_are_any(view):
    view.show_data(data())
    assert not view._locked.isVisible()
    view.show_data(data(answers.locked_state()))
    assert view._locked.isVisible()
    assert "relay-s" in view._locks.accessibleName()


def test_that_an_empty_station_says_what_to_do(view, qtbot):
    view.show_data(data(answers.empty_state()))
    assert view._bundles.state.kind is Kind.EMPTY
    assert "trusts nobody" in view._trusted.state.title
    with qtbot.waitSignal(view.import_wanted):
        view._bundles.acted.emit()


def test_that_lanes_can_be_read_aloud(view):
    view.show_data(data())
    told = view._lanes.accessibleName().replace("\u00a0", " ")
    assert "Top Secret, Top Secret, every 2 h, 10 imported, data 3 h 12 m old, missing 116, 1 h 12 m overdue" in told


def test_that_a_key_that_ends_soon_asks_for_somebody():
    key = answers.sync_state().keys[2]
    assert key_end(key, answers.NOW) == ("to 30 Nov 2026", True)
    assert key_end(replace(key, expires=answers.NOW - 1), answers.NOW)[1]
    assert key_end(replace(key, expires=math.nan), answers.NOW) == ("no end set", False)
    assert key_end(replace(key, revoked=True), answers.NOW) == ("revoked", True)
    assert short_id("91cc04ab5d20") == "91CC 04AB"


def test_that_badge_and_age_speak_for_the_page():
    answer = Answers().arrivals(Ask(None, None, answers.NOW, answers.DAY), Job())
    assert (badges(answer)["sync"].health, badges(answer)["sync"].things) == (Health.CRITICAL, 2)
    assert oldest_in_view(answer).name == "Top Secret"
    assert badges(data(answers.empty_state())) == {"sync": None}
    assert oldest_in_view(data(answers.empty_state())) is None
