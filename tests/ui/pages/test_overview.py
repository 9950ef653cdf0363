from dataclasses import replace

import pytest

from app.clock import FrozenClock
from app.job import Job
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths
from app.query.fleet import About
from app.settings import Station
from app.store.database import Store
from app.ui.page import Ask, Place, Subject
from app.ui.pages.overview import OverviewView, badges, load, oldest_in_view
from app.ui.scroll import PageArea
from tests.fakes import answers
from tests.fakes.desk import Answers


def asked(hidden=frozenset()):
    return Ask(None, None, answers.NOW, answers.DAY, hidden)


@pytest.fixture
def view(look, qtbot):
    made = OverviewView(look)
    area = PageArea(look, made)
    qtbot.addWidget(area)
    area.resize(1680, 940)
    area.show()
    yield made
    area.close()


def test_that_an_empty_store_is_unknown_and_never_green(tmp_path):
    paths = Paths.under(tmp_path)
    paths.make()
    now = answers.NOW
    store = Store.open(paths, FrozenClock(now))
    data = load(Ask(lambda: store, Station("s", "S", Level.S), now, TimeRange(now - 3600, now)), Job())
    assert data.fleet.rows == ()
    assert set(badges(data).values()) == {None}
    assert oldest_in_view(data) is None


def test_that_the_page_shows_what_to_do_until_something_is_known(view):
    data = Answers().overview(asked(), Job())
    view.show_data(replace(data, fleet=replace(data.fleet, enclaves=(), rows=(), attention=())))
    assert view._first.isVisible()
    assert not view._columns.isVisible()
    view.show_data(data)
    assert not view._first.isVisible()
    assert view._columns.isVisible()


def test_that_an_item_that_needs_attention_leads_to_its_deployment_or_page(view, qtbot):
    data = Answers().overview(asked(), Job())
    view.show_data(data)
    view.attention.opened.emit(data.fleet.attention[1])
    index = view.matrix.currentIndex()
    assert (data.fleet.rows[index.row()].id, index.column()) == ("speech-to-text", 3)
    with qtbot.waitSignal(view.show_wanted) as told:
        view.attention.opened.emit(data.fleet.attention[2])
    assert told.args == [Place("sync")]
    node = replace(data.fleet.attention[0], about=About.NODE, subject="s-n01")
    with qtbot.waitSignal(view.show_wanted) as told:
        view.attention.opened.emit(node)
    assert told.args == [Place("gpu", Subject(node.enclave, "s-n01"))]


def test_that_a_reload_keeps_the_place_in_the_list(view):
    data = Answers().overview(asked(), Job())
    many = replace(data.fleet, attention=data.fleet.attention * 4)
    view.show_data(replace(data, fleet=many))
    bar = view.attention.verticalScrollBar()
    bar.setValue(150)
    view.show_data(replace(data, fleet=many))
    assert bar.value() == 150


def test_that_quiet_is_good_news_only_for_as_long_as_the_data_is_old(view):
    data = Answers(fleet=answers.quiet_fleet()).overview(asked(), Job())
    view.show_data(data)
    state = view._rail_top.state
    assert state.title == "All quiet"
    assert "up to 5 min old" in state.text.replace("\u00a0", " ")


def test_that_the_oldest_enclave_stands_for_the_page():
    old = oldest_in_view(Answers().overview(asked(), Job()))
    assert (old.level, old.health) == (Level.TS, Health.WARNING)
    hidden = oldest_in_view(Answers().overview(asked(frozenset({answers.TS.id})), Job()))
    assert (hidden.level, hidden.health) == (Level.S, Health.HEALTHY)
