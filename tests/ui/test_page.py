import threading
from dataclasses import replace

from app.model.sample import TimeRange
from app.ui.page import Ask, PageHost, discover
from tests.fakes.desk import STATION


def ask(at):
    return Ask(None, STATION, at, TimeRange(at - 60, at))


def make_host(runner, load):
    return PageHost(replace(discover()[0], load=load), runner)


def test_that_pages_are_found_in_their_order():
    assert [page.id for page in discover()] == ["overview", "sync"]
    keys = [page.key for page in discover()]
    assert len(set(keys)) == len(keys)


def test_that_an_older_answer_is_dropped(runner, qtbot):
    slow = threading.Event()

    def load(question, job):
        if question.at == 1.0:
            slow.wait(5)
        return question.at

    host, seen = make_host(runner, load), []
    host.answered.connect(seen.append)
    host.ask(ask(1.0))
    host.ask(ask(2.0))
    qtbot.waitUntil(lambda: seen == [2.0])
    slow.set()
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == [2.0]
    assert host.data == 2.0


def test_that_an_older_error_is_dropped_and_the_newest_is_told(runner, qtbot, caplog):
    def load(question, job):
        raise ValueError(question.at)

    host, seen = make_host(runner, load), []
    host.failed.connect(lambda error: seen.append(error.args[0]))
    host.ask(ask(1.0))
    host.ask(ask(2.0))
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == [2.0]
    assert host.stale
    assert not host.waiting
