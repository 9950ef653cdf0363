"""What the page says in words: of what runs, of what is over, and what decides."""

from types import SimpleNamespace

import numpy as np
import pytest

from app.analysis.burn_rate import Pair
from app.model.health import Health
from app.model.objective import Window
from app.query.standing import Reason, Standing
from app.ui.service_levels.sentences import below, figures, sentence
from tests.fakes.fleets import DAY, HOUR, S1, series
from tests.fakes.levels import AT, AUGUST, ERRORS, START, Levels, work

SHIPPED = (
    Pair("1 h and 5 min", "page", 0.02, 3600.0, 300.0),
    Pair("6 h and 30 min", "page", 0.05, 21600.0, 1800.0),
    Pair("3 d and 6 h", "ticket", 0.1, 259200.0, 21600.0),
)
SPENT, BURNING, OUT, SLOW = Reason.SPENT, Reason.BURNING, Reason.RUNS_OUT, Reason.SLOW_BURN
PACE, UNKNOWN, EXCLUDED = Reason.ON_PACE, Reason.UNKNOWN, Reason.EXCLUDED
MISSED, UNPROVEN, KEPT = Reason.MISSED, Reason.UNPROVEN, Reason.KEPT


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def said(*reasons):
    standings = [Standing(Health.OFF, one, False) for one in reasons]
    spans = sentence(SimpleNamespace(rows=standings), standings)
    return plain("".join(span.words for span in spans)), spans


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ([PACE], "1 of 1 is on pace."),
        ([PACE, PACE, EXCLUDED], "2 of 3 are on pace, one is excluded now."),
        ([SPENT], "One budget is spent. 0 of 1 are on pace."),
        ([SPENT, SPENT, PACE], "Two budgets are spent. 1 of 3 is on pace."),
        ([SPENT, *[OUT] * 3, *[PACE] * 30], "One budget is spent and three will run out. 30 of 34 are on pace."),
        ([BURNING, SLOW, PACE], "One burns fast and one burns slowly. 1 of 3 is on pace."),
        ([BURNING] * 2 + [SLOW] * 2, "Two burn fast and two burn slowly. 0 of 4 are on pace."),
        (
            [SPENT, BURNING, OUT, SLOW, PACE],
            "One budget is spent, one burns fast, one will run out and one burns slowly. 1 of 5 is on pace.",
        ),
        ([PACE, PACE, UNKNOWN], "2 of 3 are on pace, one cannot be told."),
        ([OUT] * 13, "13 will run out. 0 of 13 are on pace."),
        # a version of a promise that was in force for the first half of the month is over and has its verdict
        ([MISSED, PACE, PACE], "One was missed. 2 of 3 are on pace."),
        ([MISSED, MISSED, SPENT, PACE], "Two were missed and one budget is spent. 1 of 4 is on pace."),
        ([KEPT, PACE], "2 of 2 are on pace."),
        ([UNPROVEN, PACE, UNKNOWN], "1 of 3 is on pace, two cannot be told."),
    ],
)
def test_that_one_sentence_says_what_is_at_risk(reasons, words):
    assert said(*reasons)[0] == words


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ([KEPT], "1 of 1 was kept."),
        ([KEPT, KEPT], "2 of 2 were kept."),
        ([MISSED], "One promise was missed, 0 of 1 were kept."),
        ([MISSED, MISSED, KEPT], "Two promises were missed, 1 of 3 was kept."),
        ([KEPT, UNPROVEN], "1 of 2 was kept, one can be proved neither way."),
        ([MISSED, UNPROVEN, UNPROVEN], "One promise was missed, 0 of 3 were kept, two can be proved neither way."),
        ([UNPROVEN], "One promise can be proved neither way: too little is known of the period."),
        ([UNPROVEN] * 14, "14 promises can be proved neither way: too little is known of the period."),
    ],
)
def test_that_a_period_that_is_over_is_told_by_its_verdicts(reasons, words):
    assert said(*reasons)[0] == words


def test_that_nothing_in_view_is_said_to_be_so():
    assert said()[0] == "No promise is in view."


def test_that_only_what_is_lost_or_burns_fast_has_the_ink_of_a_critical():
    _, spans = said(SPENT, BURNING, OUT, SLOW, PACE, UNKNOWN)
    loud = [span.words for span in spans if span.health is Health.CRITICAL]
    assert loud == ["One budget is spent", "one burns fast"]
    _, spans = said(KEPT, MISSED, UNPROVEN)
    assert [span.words for span in spans if span.health is not None] == ["One promise was missed"]


# --- below, and figures ---------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path):
    return Levels(tmp_path)


def told(desk, period="2026-09", pairs=SHIPPED, **more):
    return plain(below(desk.levels(period, **more), pairs))


def test_that_the_factors_of_thirty_days_are_those_of_the_book(desk):
    # 2 % of 720 h in one hour, 5 % in six; a ticket wakes nobody
    desk.promise()
    desk.probe()
    assert told(desk) == "On call is paged at 14.4× over 1 h and 6× over 6 h."


def test_that_the_factors_of_a_week_are_other_ones(desk):
    # 2 % of 168 h in one hour, 5 % in six
    desk.promise(window=Window("rolling", seconds=7 * DAY))
    desk.probe()
    assert told(desk) == "On call is paged at 3.36× over 1 h and 1.4× over 6 h."


def test_that_nobody_is_paged_for_a_period_that_is_over_or_without_a_pair(desk):
    desk.promise()
    desk.probe(start=AUGUST, end=START)
    desk.probe()
    assert told(desk, "2026-08") == ""
    assert told(desk, pairs=SHIPPED[2:]) == ""


def test_that_exclusions_that_wait_are_counted_once_and_said_to_change_nothing(desk):
    desk.promise()
    desk.promise("rag", id="rag-also")
    desk.probe()
    desk.exclude(work(), approved=False)
    assert told(desk).endswith("6 h. One exclusion waits for approval and changes nothing yet.")
    desk.exclude(work("cr-2", minutes=90), approved=False)
    assert told(desk).endswith("Two exclusions wait for approval and change nothing yet.")


def test_that_approved_exclusions_are_said_not_to_count(desk):
    desk.promise()
    desk.probe()
    desk.exclude(work())
    assert told(desk).endswith("Approved exclusions do not count.")


def test_that_the_age_of_late_enclaves_is_told_and_of_one_that_never_came(desk):
    desk.promise()
    desk.probe(end=AT - 10 * HOUR)
    desk.bring((), "rag", enclave=S1)
    assert told(desk).startswith("Unclassified as of 10 h 00 m ago and Secret as of never.")


def test_that_what_the_filter_hides_is_named(desk):
    desk.promise()
    desk.probe()
    desk.probe(enclave=S1)
    assert told(desk, hidden=frozenset({S1.id})).startswith("Secret hidden by the filter.")


def told_figures(desk, period="2026-09"):
    return [(one.label, one.value, plain(one.unit)) for one in figures(desk.levels(period))]


def test_that_the_figures_count_what_is_met_as_known_and_how_much_is_over(desk):
    for name in ("rag", "chat", "voice"):
        desk.promise(name)
    # 1 % of the half month that is over are 216 min: chat is not met so far although its budget is not spent
    desk.probe("rag", "chat", "voice")
    desk.probe("chat", "rag", "voice", bad=[(600, 600 + 220)])
    desk.probe("voice", "rag", "chat", gone=[(600, 600 + 5000)])
    assert told_figures(desk) == [("Met as known", "2", "of 3"), ("Elapsed", "50", "%")]


def test_that_of_a_period_that_is_over_nothing_is_elapsing(desk):
    desk.promise()
    desk.probe(start=AUGUST, end=START)
    assert told_figures(desk, "2026-08") == [("Met as known", "1", "of 1")]


def test_that_nothing_known_is_not_met(desk):
    desk.promise()
    desk.bring((), "rag")
    assert told_figures(desk)[0] == ("Met as known", "0", "of 1")


def test_that_good_answers_are_counted_once_for_each_endpoint(desk):
    # rag answers 600 a minute with 6 errors; chat as many without, and is promised twice: 1 194 of 1 200 are good
    desk.promise("rag", indicator=ERRORS)
    desk.promise("chat", id="one", indicator=ERRORS)
    desk.promise("chat", id="two", indicator=ERRORS)
    time, rows = np.arange(START, AT, 60.0), []
    for name, errors in (("rag", 6.0), ("chat", 0.0)):
        labels = {"enclave": "enc-u1", "endpoint": name}
        rows += [series("endpoint_requests", labels, time, 600.0), series("endpoint_errors", labels, time, errors)]
    desk.bring(rows, "rag", "chat")
    assert told_figures(desk)[1] == ("Good answers", "99.50", "%")


def test_that_no_promise_has_no_figures(desk):
    assert figures(desk.levels()) == ()
    assert told(desk) == ""
