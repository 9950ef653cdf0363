"""Names of exclusions, late requests, and what an exclusion is."""

from dataclasses import replace

import pytest

from app.analysis.exclusion_request import ExclusionState, Known, double_of, doubts, is_retroactive, new_id, state_of
from app.analysis.objective_check import IDENTIFIER
from app.model.register import EntryRef, ExclusionRecord
from tests.fakes.fleets import S1, U1, endpoint
from tests.fakes.objectives import NOW, exclusion


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("CR-2214", "cr-2214"),
        ("CR 2214 / night", "cr-2214-night"),
        ("  Störung №7: Kühlung!  ", "storung-no7-kuhlung"),
        ("v1.2_b", "v1.2_b"),
        ("変更", "exclusion"),
        ("", "exclusion"),
        ("../../etc", "etc"),
        ("\x1b[31m", "31m"),
    ],
)
def test_that_a_reference_makes_a_readable_name(reference, name):
    assert new_id(reference, ()) == name
    assert IDENTIFIER.fullmatch(name)


def test_that_a_name_that_is_taken_is_counted_on():
    assert new_id("CR-2214", {"cr-2214"}) == "cr-2214-2"
    assert new_id("CR-2214", {"cr-2214", "cr-2214-2", "cr-2214-4"}) == "cr-2214-3"
    assert new_id("CR-2214", {"cr-2215"}) == "cr-2214"


def test_that_a_name_has_room_for_its_number():
    long = "x" * 10_000
    first = new_id(long, ())
    assert IDENTIFIER.fullmatch(first)
    assert IDENTIFIER.fullmatch(new_id(long, {first, *(f"{first}-{number}" for number in range(12_000))}))
    assert IDENTIFIER.fullmatch(new_id("x" * 99 + "-y", ()))


def test_that_time_that_has_begun_is_retroactive():
    assert is_retroactive(exclusion("x", start=NOW - 0.001, end=NOW + 1.0), NOW)
    assert is_retroactive(exclusion("x", start=NOW - 2.0, end=NOW - 1.0), NOW)
    assert not is_retroactive(exclusion("x", start=NOW, end=NOW + 1.0), NOW)


@pytest.mark.parametrize(
    ("names", "over", "state"),
    [
        ({}, False, ExclusionState.WAITING),
        ({}, True, ExclusionState.WAITING),  # it can still be approved, and then changes a figure
        ({"approved_by": "boris (1001)"}, False, ExclusionState.IN_FORCE),
        ({"approved_by": "boris (1001)"}, True, ExclusionState.OVER),
        ({"approved_by": "boris (1001)", "withdrawn": True}, True, ExclusionState.WITHDRAWN),
        ({"withdrawn": True}, False, ExclusionState.WITHDRAWN),
    ],
)
def test_that_an_exclusion_is_what_was_decided_last(names, over, state):
    record = ExclusionRecord(exclusion("x", **names), EntryRef("station-04", 1), "", "", NOW)
    assert state_of(record, over=over) is state
    assert state_of(None, over=over) is ExclusionState.TAKEN_BACK


def standing(one):
    return ExclusionRecord(one, EntryRef("station-04", 1), "", "", NOW)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"kind": "customer", "reason": "x", "reference": "y", "requested_by": "anna (1000)"}, True),
        ({"zone": "Europe/Berlin"}, True),  # of what does not repeat it says nothing
        ({"approved_by": "boris (1001)"}, True),
        ({"withdrawn": True}, False),
        ({"approved_by": "boris (1001)", "withdrawn": True}, False),
        ({"start": NOW - 7201.0}, False),
        ({"end": NOW + 1.0}, False),
        ({"treatment": "separate"}, False),
        ({"objective_glob": "rag-*"}, False),
        ({"enclave_glob": "*"}, False),
        ({"endpoint_glob": "rag-*"}, False),
        ({"rule": "FREQ=DAILY"}, False),
    ],
)
def test_that_a_double_is_what_treats_the_same_time_of_the_same_things_alike(other, same):
    held = exclusion("held", **other)
    assert double_of(exclusion("x"), [standing(exclusion("far", start=NOW - 9e6)), standing(held)]) == (
        held if same else None
    )


def test_that_a_rule_may_be_spelt_freely_but_follows_its_zone():
    held = [standing(exclusion("held", rule="RRULE:freq=weekly;byday=MO", zone="Europe/Berlin"))]
    assert double_of(exclusion("x", rule="BYDAY=MO;FREQ=WEEKLY", zone="Europe/Berlin"), held) is held[0].exclusion
    assert double_of(exclusion("x", rule="BYDAY=MO;FREQ=WEEKLY"), held) is None
    each = exclusion("x", rule="FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", zone="Europe/Berlin")
    assert double_of(each, held) is held[0].exclusion
    assert double_of(replace(each, rule="FREQ=WEEKLY;INTERVAL=11;BYDAY=MO"), held) is None
    assert double_of(exclusion("x", rule="BYDAY=TU;FREQ=WEEKLY", zone="Europe/Berlin"), held) is None


def test_that_stars_in_a_row_are_one():
    held = [standing(exclusion("held", enclave_glob="*", endpoint_glob="rag-**-1"))]
    assert double_of(exclusion("x", objective_glob="***", enclave_glob="**", endpoint_glob="rag-*-1"), held)
    assert double_of(exclusion("x", enclave_glob="**", endpoint_glob="rag-**1"), held) is None


OVERLAP = "Its occurrences overlap; shared time is taken once."


@pytest.mark.parametrize(
    ("days_from", "days", "rule", "told"),
    [
        (0, 1, "", []),
        (0, 366, "", []),
        (0, 366.01, "", ["It lasts 366 days."]),
        (-400, 3650, "", ["It lasts 3,650 days."]),
        # 366 days after 1,790,000,000 s, 21 September 2026, it is 22 September 2027
        (365, 1, "", []),
        (365.5, 1, "", ["It ends on 2027-09-23, 366 days ahead."]),
        (-400, 1, "", []),
        (0, 7, "FREQ=WEEKLY", []),
        (0, 8, "FREQ=WEEKLY", [OVERLAP]),
        (0, 400, "FREQ=YEARLY", ["It lasts 400 days.", OVERLAP]),
        (0, 2, "no rule", []),  # that is another fault
    ],
)
def test_that_what_is_rarely_meant_is_doubted(days_from, days, rule, told):
    start = NOW + days_from * 86400.0
    one = exclusion("x", start=start, end=start + days * 86400.0, rule=rule)
    assert list(doubts(one, NOW)) == told


FLEET = Known(
    ("rag-availability", "chat-p95"),
    (endpoint(S1, "rag"), endpoint(U1, "rag"), endpoint(U1, "chat"), endpoint(U1, "old", retired_at=NOW - 7200.0)),
)
ALL = ["It is for all 3 endpoints."]


@pytest.mark.parametrize(
    ("objective", "enclave", "name", "told"),
    [
        ("*", "*", "*", ALL),
        ("**", "enc-*", "[cr]*", ALL),
        ("rag-*", "*", "*", []),
        ("*", "enc-u1", "*", []),
        ("*", "enc-s1", "rag", []),
        ("*", "*", "nosuch", ["It matches nothing here: there is no endpoint */nosuch."]),
        ("*", "*", "[a", ["It matches nothing here: there is no endpoint */[a."]),
        ("*", "*", "old", ["It matches nothing here: there is no endpoint */old."]),
        ("*", "enc-s1", "chat", ["It matches nothing here: there is no endpoint enc-s1/chat."]),
        ("*", "enc-x9", "*", ["It matches nothing here: there is no enclave enc-x9."]),
        ("p99", "enc-x9", "*", ["It matches nothing here: there is no objective p99."]),
    ],
)
def test_that_what_is_for_nothing_or_for_everything_is_doubted(objective, enclave, name, told):
    one = exclusion("x", objective_glob=objective, enclave_glob=enclave, endpoint_glob=name)
    assert list(doubts(one, NOW, FLEET)) == told


def test_that_where_nothing_is_known_nothing_is_doubted():
    one = exclusion("x", objective_glob="p99", enclave_glob="enc-x9", endpoint_glob="nosuch")
    assert list(doubts(one, NOW, Known())) == []
    everything = exclusion("x", enclave_glob="*", endpoint_glob="*")
    assert list(doubts(everything, NOW, Known((), (endpoint(S1, "rag"),)))) == []  # of one endpoint it is no slip


def test_that_what_was_there_when_its_time_began_is_meant():
    one = exclusion("x", enclave_glob="*", endpoint_glob="old", start=NOW - 7201.0)
    assert list(doubts(one, NOW, FLEET)) == []
