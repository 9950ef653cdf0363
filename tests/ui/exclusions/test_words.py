"""What is said of exclusions: when, how they repeat, for what, and who agreed."""

import pytest

from app.clock import from_iso
from app.model.time_range import TimeRange
from app.ui.exclusions.exclusion_words import (
    account_name,
    approval_words,
    repeat_words,
    scope_words,
    span_words,
    when_words,
)
from app.ui.exclusions.form import moment_text, read_moment
from tests.fakes.levels import work


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def span(start, end):
    return TimeRange(from_iso(start), from_iso(end))


def test_that_a_stretch_names_its_second_day_only_where_it_is_another():
    assert plain(span_words(span("2026-11-10T05:00:00Z", "2026-11-10T11:00:00Z"))) == "10 Nov 05:00 to 11:00 Z"
    assert plain(span_words(span("2026-11-04T14:30:00Z", "2026-11-05T02:30:00Z"))) == "4 Nov 14:30 to 5 Nov 02:30 Z"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "daily"),
        ("FREQ=WEEKLY;BYDAY=SU", "weekly on Sun"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE", "weekly on Mon, Wed"),
        ("freq=monthly", "monthly"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "every 2 weeks on Fri"),
        ("FREQ=DAILY;INTERVAL=1", "daily"),
    ],
)
def test_that_a_rule_is_told_in_words(rule, words):
    assert repeat_words(rule) == words


def test_that_what_repeats_says_when_it_was_first():
    told = work(start=from_iso("2026-09-06T02:00:00Z"), minutes=60, rule="FREQ=WEEKLY")
    assert plain(when_words(told)) == "weekly, first 6 Sep 02:00 to 03:00 Z"


def test_that_it_says_who_agreed_or_who_waits_for_whom():
    assert approval_words(work(approved_by="bob (1001)")) == "CR-1, approved by bob (1001)"
    assert approval_words(work(requested_by="alice (1000)")) == "CR-1, waits for a second person; asked by alice (1000)"
    assert (account_name("bob (1001)"), account_name("(1001)"), account_name("bob")) == ("bob", "(1001)", "bob")


def test_that_a_star_is_everything():
    told = work(objective_glob="*", enclave_glob="enc-s1", endpoint_glob="rag")
    assert scope_words(told) == "every objective, endpoint rag, enclave enc-s1"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-12 05:00", "2026-11-12T05:00:00Z"),
        (" 2026-11-12T05:00:30Z ", "2026-11-12T05:00:30Z"),
        ("2026-11-12 24:00", None),
        ("2026-02-30 05:00", None),
        ("12 Nov 05:00", None),
        ("2026-11-12", None),
        ("2026-11-12 05:00+02:00", None),
        ("", None),
    ],
)
def test_that_a_moment_is_read_as_it_is_written_or_not_at_all(text, moment):
    assert read_moment(text) == (None if moment is None else from_iso(moment))


def test_that_what_is_proposed_can_be_read_again():
    moment = from_iso("2026-09-16T07:00:00Z")
    assert moment_text(moment) == "2026-09-16 07:00"
    assert read_moment(moment_text(moment)) == moment
