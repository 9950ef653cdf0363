"""Promises of one endpoint to the same thing are told apart where they would read alike, and only there."""

import pytest

from app.model.objective import Window
from app.ui.service_levels.level_words import window_words
from app.ui.service_levels.told_apart import promised
from tests.fakes.fleets import DAY, S1
from tests.fakes.levels import ERRORS, START, Levels, promise

MONTH = Window("calendar", unit="month")


@pytest.fixture
def desk(tmp_path):
    made = Levels(tmp_path)
    made.probe("rag", "chat")
    return made


def told(desk):
    """What each promise of rag and chat reads, by the name of its objective."""
    promises = [row.promise for row in desk.levels().rows]
    found = zip(promises, promised(promises), strict=True)
    return {(one.objective.id, one.endpoint.id): said.replace("\N{NO-BREAK SPACE}", " ") for one, said in found}


def test_that_rows_that_differ_stay_as_they_are(desk):
    desk.promise("rag")
    desk.promise("rag", id="rag-errors", indicator=ERRORS)
    desk.promise("chat", id="chat-up")
    assert told(desk) == {
        ("rag-up", "rag"): "up",
        ("rag-errors", "rag"): "answers without error",
        ("chat-up", "chat"): "up",
    }


def test_that_the_same_promise_in_two_enclaves_is_no_clash(desk):
    desk.probe("rag", enclave=S1)
    desk.promise("rag")
    assert set(told(desk).values()) == {"up"}


def test_that_windows_tell_apart_what_is_judged_over_different_ones(desk):
    desk.promise("rag", 0.99)
    desk.promise("rag", 0.999, id="rag-month", window=MONTH)
    assert told(desk) == {("rag-up", "rag"): "30 d: up", ("rag-month", "rag"): "month: up"}


def test_that_targets_do_where_the_windows_are_the_same(desk):
    desk.promise("rag", 0.99)
    desk.promise("rag", 0.9995, id="rag-strict")
    assert told(desk) == {("rag-up", "rag"): "99.00 %: up", ("rag-strict", "rag"): "99.95 %: up"}


def test_that_titles_do_where_neither_differs_for_all(desk):
    desk.promise("rag", 0.99, title="Contract")
    desk.promise("rag", 0.99, id="rag-goal", title="Our goal", window=MONTH)
    desk.promise("rag", 0.999, id="rag-wish", title="Our wish", window=MONTH)
    assert set(told(desk).values()) == {"Contract: up", "Our goal: up", "Our wish: up"}


def test_that_names_do_where_even_the_titles_are_the_same(desk):
    desk.promise("rag", 0.99)
    desk.promise("rag", 0.99, id="rag-again")
    assert told(desk) == {("rag-up", "rag"): "rag-up: up", ("rag-again", "rag"): "rag-again: up"}


def test_that_a_version_from_a_later_day_reads_differently_by_itself(desk):
    desk.promise("rag", 0.99)
    desk.promise("rag", 0.9, since=START + 10 * DAY)
    promises = [row.promise for row in desk.levels().rows]
    said = [one.replace("\N{NO-BREAK SPACE}", " ") for one in promised(promises)]
    assert sorted(said) == ["up", "up, from 11 Sep"]


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window("rolling", seconds=28 * DAY), "28 d"),
        (MONTH, "month"),
        (Window("calendar", unit="week", count=2), "2 weeks"),
    ],
)
def test_that_a_window_is_told_in_a_word_or_two(window, words):
    assert window_words(promise(window=window)).replace("\N{NO-BREAK SPACE}", " ") == words
