import importlib
import threading

import pytest

from app.job import Cancelled
from app.model.time_range import TimeRange
from app.ui.discover import declared, discover
from app.ui.page import Ask, PageHost, Subject
from tests.fakes.desk import STATION


def ask(at, length=60, hidden=(), subject=None):
    return Ask(None, STATION, at, TimeRange(at - length, at), frozenset(hidden), None, subject)


class SlowLoad:
    """A load that waits until it is let go, once for each question; answers with the question's moment."""

    def __init__(self):
        self.asked, self._go = [], threading.Semaphore(0)

    def __call__(self, question, job):
        self.asked.append(question.at)
        assert self._go.acquire(timeout=5)
        return question.at

    def let_go(self, times=1):
        self._go.release(times)


def make_host(runner, load):
    return PageHost(discover()[0]._replace(load=load), runner)


def test_that_pages_are_found_in_their_order():
    assert [page.id for page in discover()] == ["overview", "endpoints", "gpu", "explore", "service-levels", "sync"]
    keys = [page.key for page in discover()]
    assert len(set(keys)) == len(keys)


def test_that_a_load_slower_than_the_changes_is_shown_all_the_same(runner, qtbot):
    load = SlowLoad()
    host, seen = make_host(runner, load), []
    host.answered.connect(seen.append)
    for at in (1.0, 2.0, 3.0):
        host.ask(ask(at))
    load.let_go()
    qtbot.waitUntil(lambda: seen == [1.0])
    assert host.waiting
    assert not host.stale
    for at in (4.0, 5.0):
        host.ask(ask(at))
    load.let_go(3)
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == [1.0, 3.0, 5.0], "of those that waited only the newest is asked"
    assert load.asked == seen
    assert host.data == 5.0
    assert not host.waiting


@pytest.mark.parametrize("other", [{"length": 3600}, {"hidden": ("ts",)}])
def test_that_another_view_is_asked_at_once_and_never_overwritten(runner, qtbot, other):
    load = SlowLoad()
    host, seen = make_host(runner, load), []
    host.answered.connect(seen.append)
    host.ask(ask(1.0))
    host.ask(ask(2.0))
    host.ask(ask(3.0, **other))
    qtbot.waitUntil(lambda: 3.0 in load.asked)
    load.let_go(2)
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == [3.0]
    assert host.data == 3.0


def test_that_the_loser_of_a_change_of_view_does_not_run_on(runner, qtbot):
    cancelled = threading.Event()

    def load(question, job):
        while question.at == 1.0:
            try:
                job.check()
            except Cancelled:
                cancelled.set()
                raise
        return question.at

    host = make_host(runner, load)
    host.ask(ask(1.0))
    host.ask(ask(2.0, length=3600))
    assert cancelled.wait(5)
    qtbot.waitUntil(lambda: host.data == 2.0)


@pytest.fixture
def visited(runner, qtbot):
    """A host that was asked about everything at 100 and is about one endpoint since."""
    host = make_host(runner, lambda question, job: question.at)
    host.ask(ask(100.0))
    qtbot.waitUntil(lambda: host.data == 100.0)
    host.turn_to(Subject("u", "rag"))
    host.ask(ask(110.0, subject=Subject("u", "rag")))
    qtbot.waitUntil(lambda: host.data == 110.0)
    host.turn_to(None)
    return host


def test_that_the_way_back_shows_the_young_answer_until_that_of_now_is_there(visited, qtbot):
    assert visited.data is None
    assert visited.remember(ask(160.0))
    assert visited.data == 100.0
    assert visited.stale, "it is asked again all the same"
    visited.ask(ask(160.0))
    qtbot.waitUntil(lambda: visited.data == 160.0)


@pytest.mark.parametrize(
    "question",
    [
        ask(221.0),
        ask(99.0),
        ask(160.0, length=3600),
        ask(160.0, hidden=("ts",)),
        ask(160.0, subject=Subject("s", "rag")),
    ],
    ids=["old", "clock set back", "other range", "other filter", "never asked"],
)
def test_that_no_other_answer_is_shown_on_the_way_back(visited, question):
    assert not visited.remember(question)
    assert visited.data is None


def test_that_no_answer_from_before_an_import_is_shown_on_the_way_back(visited):
    visited.outdate()
    assert not visited.remember(ask(160.0))


def test_that_every_error_is_told_and_asked_again_only_once(runner, qtbot, caplog):
    def load(question, job):
        raise ValueError(question.at)

    host, seen = make_host(runner, load), []
    host.failed.connect(lambda error: seen.append(error.args[0]))
    host.ask(ask(1.0))
    host.ask(ask(2.0))
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == [1.0, 2.0]
    assert host.stale
    assert not host.waiting


def test_that_what_is_read_of_a_page_is_what_it_declares():
    for page in discover():
        real = importlib.import_module(page.load.args[0]).PAGE
        for name in ("id", "title", "group", "order", "key", "icon", "topics"):
            assert getattr(page, name) == getattr(real, name), f"{page.id}: {name}"
        for name in ("badges", "recall"):
            assert (getattr(page, name) is None) == (getattr(real, name) is None), f"{page.id}: {name}"


@pytest.mark.parametrize(
    "text", ["", "PAGE = 3\n", 'PAGE = Page(\n    id="x",\n)\n', "PAGE = Page(\n    id=name,\n)\n"]
)
def test_that_a_file_without_a_plain_declaration_is_no_page(tmp_path, text):
    (tmp_path / "strange.py").write_text(text)
    with pytest.raises(TypeError, match="strange"):
        declared(tmp_path / "strange.py")
