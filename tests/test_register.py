"""What may be decided, by whom, and what follows from it."""

from dataclasses import replace
from datetime import date

import pytest

from app import register as decisions
from app.clock import FrozenClock
from app.errors import InputError, Refused
from app.model.changes import Changes, Topic
from app.model.objective import Indicator, Method, Missing, Selector, ServiceHours, Window
from app.model.objective_form import objective_from_plain, plain_objective
from app.model.register import (
    AddExclusion,
    AddObjective,
    ApproveExclusion,
    Author,
    EntryRef,
    RetireObjective,
    Undo,
    WithdrawExclusion,
    in_force,
    spans_in_force,
)
from app.model.time_range import TimeRange
from app.store import audit, register
from tests.fakes.objectives import ANNA, BORIS, asked, exclusion, promise
from tests.fakes.stores import open_store

NOW = 1_790_000_000.0
DAY = 86400.0


class Desk:
    """A station at which one decision follows another, a minute apart."""

    def __init__(self, store, state):
        self.store, self.state, self.clock = store, state, FrozenClock(NOW)

    def decide(self, command, author=ANNA):
        decisions.apply(command, self.state, author, self.clock)
        self.clock.at += 60.0
        last = list(register.entries(self.state))[-1]
        return last.ref

    def exclusion(self, name="x"):
        return register.exclusion_of(self.state, name)

    def target(self, moment, name="rag-availability"):
        found = in_force(register.versions_of(self.state, name), moment)
        return None if found is None or found.objective is None else found.objective.target


@pytest.fixture
def desk(base_dir):
    store = open_store(base_dir, NOW)
    with store.state() as state:
        yield Desk(store, state)


# --- one decision ---------------------------------------------------------------------------------------------------


def test_that_a_decision_is_an_entry_a_projection_and_an_audit_record(desk):
    changes = decisions.apply(AddObjective(promise(), "the contract says so"), desk.state, ANNA, desk.clock)
    (entry,) = register.entries(desk.state)
    assert changes == Changes(frozenset({Topic.REGISTER}), (entry,))
    assert (entry.station, entry.n, entry.author, entry.uid) == ("station-04", 1, "anna (1000)", 1000)
    assert (entry.time, entry.why, entry.kind) == (NOW, "the contract says so", "add")
    (version,) = register.versions_of(desk.state, "rag-availability")
    assert version.objective == promise()
    assert (version.entry, version.since, version.recorded) == (EntryRef("station-04", 1), NOW, NOW)
    (record,) = audit.records(desk.state)
    assert (record.component, record.event) == ("register", "objective add")
    assert record.object_id == "rag-availability (station-04/1)"
    assert record.os_user == audit.os_account()


def test_that_an_open_console_sees_that_something_was_decided(desk):
    watch = desk.store.watch()
    before = watch.token()
    with desk.store.state() as other:
        decisions.apply(AddObjective(promise(), "because"), other, ANNA, desk.clock)
    assert watch.token() != before
    watch.close()


@pytest.mark.parametrize(
    "objective",
    [
        promise(),
        promise(
            method=Method.TIMESLICES, slice_seconds=300.0, slice_target=0.8, missing=Missing.BAD, party="Naïve ✓",
            indicator=Indicator(
                "threshold", metric=Selector("endpoint_latency_seconds", (("quantile", "0.95"),)), op="lte", value=1.0
            ),
            window=Window("calendar", unit="month", count=12, zone="America/New_York", start=date(2026, 10, 1)),
            hours=ServiceHours((0, 1, 4), "22:00", "06:00", "Europe/Berlin"),
            response={"critical": 900.0}, resolve={"high": 86400.0},
        ),
    ],
)  # fmt: skip
def test_that_a_promise_comes_back_from_the_journal_as_it_was(desk, objective):
    desk.decide(AddObjective(objective, "because"))
    assert register.versions_of(desk.state, objective.id)[0].objective == objective
    assert objective_from_plain(plain_objective(objective)) == objective


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (AddObjective(promise(target=1.0), "because"), "target: 1 is not between"),
        (AddObjective(promise(target=float("nan")), "because"), "target: nan is not between"),
        (AddObjective(promise(window=Window("rolling", seconds=0.0)), "because"), "window.seconds: a rolling window"),
        (AddObjective(promise(enclave_glob=""), "because"), "enclave_glob: '' is neither"),
        (AddObjective(promise(), ""), "why: words are needed"),
        (AddObjective(promise(), "a\x1b[31mb"), "why: characters that cannot be printed"),
        (AddObjective(promise(), "because", since=1e12), "between the years 1970 and 2199"),
        (AddObjective(promise(), "because", since=float("nan")), "between the years 1970 and 2199"),
        (RetireObjective("rag-availabilty", "over"), "no objective 'rag-availabilty'"),
        (asked("y", start=NOW, end=NOW), "an exclusion ends after it starts"),
        (asked("y", kind="holiday"), "kind: 'holiday' is not one of"),
        (asked("y", reason=""), "reason: words are needed"),
        (asked("y", zone="Mars/Base"), "'Mars/Base' is no zone"),
        (asked("y", rule="FREQ=DAILY", zone="Mars/Base"), "'Mars/Base' is no zone"),
        (asked("y", rule="every Tuesday"), "Exclusion 'y', rule: 'EVERY TUESDAY' is no part of a rule"),
        (asked("y", rule="FREQ=DAILY;BYMONTH=2"), "rule: The first occurrence, .*, does not follow the rule\\.$"),
        (asked("y", rule="FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60)))), "rule: The rule .* more than 10,000"),
        (asked("y", rule="FREQ=DAILY\x00"), "rule: characters that cannot be printed"),
        (asked("y", rule="FREQ=DAILY", start=float("nan")), "an exclusion ends after it starts"),
        (ApproveExclusion("z", "seen"), "no exclusion 'z'"),
        (Undo(EntryRef("station-04", 99), "slip"), "no entry station-04/99"),
    ],
)
def test_that_what_cannot_be_judged_by_is_refused_in_words_and_writes_nothing(desk, command, words):
    desk.decide(AddObjective(promise(), "because"))
    with pytest.raises(InputError, match=words):
        desk.decide(command)
    assert len(list(register.entries(desk.state))) == audit.head(desk.state)[0] == 1


def test_that_decisions_made_together_are_kept_together_or_not_at_all(desk):
    with pytest.raises(InputError):
        decisions.apply_all(
            [AddObjective(promise("a"), "because"), AddObjective(promise("b", target=2.0), "because")],
            desk.state, ANNA, desk.clock,
        )  # fmt: skip
    assert register.objectives(desk.state) == {}
    assert decisions.apply_all([], desk.state, ANNA, desk.clock) == Changes()


# --- versions of a promise ------------------------------------------------------------------------------------------


def test_that_a_period_is_judged_by_the_version_in_force(desk):
    desk.decide(AddObjective(promise(target=0.99), "first", since=NOW - 100 * DAY))
    desk.decide(AddObjective(promise(target=0.999), "stricter", since=NOW - 10 * DAY))
    desk.decide(RetireObjective("rag-availability", "service ends", since=NOW + 10 * DAY))
    asked_at = (-101, -100, -10.001, -10, 9.999, 10)
    assert [desk.target(NOW + days * DAY) for days in asked_at] == [None, 0.99, 0.99, 0.999, 0.999, None]
    versions = register.versions_of(desk.state, "rag-availability")
    pieces = spans_in_force(versions, TimeRange(NOW - 110 * DAY, NOW + 20 * DAY))
    edges = [(piece.start - NOW, piece.end - NOW) for piece, _ in pieces]
    assert edges == [(-110 * DAY, -100 * DAY), (-100 * DAY, -10 * DAY), (-10 * DAY, 10 * DAY), (10 * DAY, 20 * DAY)]
    assert [None if one is None else one.entry.n for _, one in pieces] == [None, 1, 2, 3]


def test_that_a_later_decision_about_an_earlier_time_holds_from_then_on(desk):
    desk.decide(AddObjective(promise(target=0.999), "first", since=NOW - 10 * DAY))
    desk.decide(AddObjective(promise(target=0.99), "it was never more", since=NOW - 20 * DAY))
    assert [desk.target(NOW + days * DAY) for days in (-21, -20, -5, 5)] == [None, 0.99, 0.99, 0.99]
    versions = register.versions_of(desk.state, "rag-availability")
    assert len(spans_in_force(versions, TimeRange(NOW - 20 * DAY, NOW))) == 1
    # what was known between the two decisions has not changed
    (before,) = register.versions_of(desk.state, "rag-availability", known_at=NOW + 30.0)
    assert before.objective.target == 0.999


def test_that_undoing_is_an_entry_and_undoing_that_one_brings_it_back(desk):
    desk.decide(AddObjective(promise(target=0.99), "first", since=NOW))
    second = desk.decide(AddObjective(promise(target=0.999), "second", since=NOW))
    undo = desk.decide(Undo(second, "slip of the pen"))
    assert desk.target(NOW) == 0.99
    with pytest.raises(Refused, match="was taken back already"):
        desk.decide(Undo(second, "again"))
    desk.decide(Undo(undo, "it was right"))
    assert desk.target(NOW) == 0.999
    assert [entry.kind for entry in register.entries(desk.state)] == ["add", "add", "undo", "undo"]


def test_that_a_promise_is_retired_once_and_may_be_made_again(desk):
    desk.decide(AddObjective(promise(), "first"))
    gone = desk.decide(RetireObjective("rag-availability", "over"))
    with pytest.raises(Refused, match="retired already"):
        desk.decide(RetireObjective("rag-availability", "over"))
    desk.decide(Undo(gone, "not yet"))
    assert desk.target(NOW + 3600.0) == 0.999


# --- exclusions -----------------------------------------------------------------------------------------------------


def test_that_an_exclusion_changes_figures_only_once_a_second_person_agreed(desk):
    desk.decide(asked("x"))
    assert not desk.exclusion().exclusion.stands
    desk.decide(ApproveExclusion("x", "seen in the change record"), BORIS)
    told = desk.exclusion()
    assert told.exclusion == exclusion("x", requested_by="anna (1000)", approved_by="boris (1001)")
    assert told.exclusion.stands
    assert (told.requested, told.approved) == (NOW, NOW + 60.0)
    desk.decide(WithdrawExclusion("x", "it did not happen"))
    told = desk.exclusion()
    assert not told.exclusion.stands
    assert (told.withdrawn, told.withdrawn_by) == (NOW + 120.0, "anna (1000)")


@pytest.mark.parametrize(
    "author",
    [
        ANNA,
        Author("station-04", "boris (1000)"),  # a new name for the same number
        Author("station-04", "(1000)"),
    ],
)
def test_that_nobody_approves_what_they_asked_for(desk, author):
    desk.decide(asked("x"))
    with pytest.raises(Refused, match="A second person must approve exclusion 'x': anna \\(1000\\) asked"):
        desk.decide(ApproveExclusion("x", "seen"), author)
    assert len(list(register.entries(desk.state))) == 1


def test_that_accounts_without_numbers_are_compared_by_name(desk):
    desk.decide(asked("x"), Author("station-04", "Anna"))
    with pytest.raises(Refused, match="second person"):
        desk.decide(ApproveExclusion("x", "seen"), Author("station-04", "ANNA"))
    desk.decide(ApproveExclusion("x", "seen"), Author("station-04", "boris"))


def test_that_another_name_of_the_station_makes_nobody_a_second_person(desk):
    # the id stands in a file that whoever asks may be able to write
    desk.decide(asked("x"))
    with pytest.raises(Refused, match="A second person must approve"):
        desk.decide(ApproveExclusion("x", "seen"), replace(ANNA, station="station-05"))
    # numbers are given anew on each machine: there another name is another person, whatever its number
    desk.decide(ApproveExclusion("x", "seen"), Author("station-05", "carla (1000)"))
    assert desk.exclusion().exclusion.stands


def test_that_what_repeats_may_reach_into_its_next_occurrence(desk):
    desk.decide(asked("x", rule="FREQ=DAILY", start=NOW - 36 * 3600.0, zone="Europe/Berlin"))
    assert desk.exclusion().exclusion.rule == "FREQ=DAILY"


@pytest.mark.parametrize("names", [{"approved_by": "boris (1001)"}, {"withdrawn": True}])
def test_that_a_typed_name_approves_nothing(desk, names):
    with pytest.raises(Refused, match="asked for first"):
        desk.decide(AddExclusion(exclusion("x", **names), "because"))
    desk.decide(AddExclusion(exclusion("x", requested_by="the director"), "because"))
    assert desk.exclusion().exclusion.requested_by == "anna (1000)"


def test_that_a_withdrawn_exclusion_that_is_brought_back_needs_a_new_approval(desk):
    desk.decide(asked("x"))
    desk.decide(ApproveExclusion("x", "seen"), BORIS)
    gone = desk.decide(WithdrawExclusion("x", "wrong day"), BORIS)
    with pytest.raises(Refused, match="nothing is left to approve"):
        desk.decide(ApproveExclusion("x", "seen"), BORIS)
    desk.decide(Undo(gone, "it was right"))
    assert not desk.exclusion().exclusion.stands
    assert not desk.exclusion().exclusion.withdrawn
    desk.decide(ApproveExclusion("x", "seen again"), BORIS)
    assert desk.exclusion().exclusion.stands


def test_that_an_approval_taken_back_does_not_come_back_by_undoing(desk):
    desk.decide(asked("x"))
    agreed = desk.decide(ApproveExclusion("x", "seen"), BORIS)
    undo = desk.decide(Undo(agreed, "too early"), BORIS)
    assert not desk.exclusion().exclusion.stands
    with pytest.raises(Refused, match="does not come back by undoing"):
        desk.decide(Undo(undo, "but still"))
    desk.decide(ApproveExclusion("x", "now"), BORIS)
    assert desk.exclusion().exclusion.stands
    with pytest.raises(Refused, match="already"):
        desk.decide(Undo(agreed, "the first once more"))


def test_that_a_request_taken_back_takes_its_approval_along_and_its_name_is_not_used_again(desk):
    request = desk.decide(asked("x"))
    desk.decide(ApproveExclusion("x", "seen"), BORIS)
    undo = desk.decide(Undo(request, "slip"))
    assert desk.exclusion() is None
    with pytest.raises(Refused, match="a name is never used twice"):
        desk.decide(asked("x", start=NOW - 30 * DAY))
    desk.decide(Undo(undo, "it was right"))
    assert not desk.exclusion().exclusion.stands


def test_that_an_account_without_a_name_or_number_decides_nothing(desk):
    with pytest.raises(Refused, match="neither a name nor a number"):
        desk.decide(AddObjective(promise(), "because"), Author("station-04", ""))
