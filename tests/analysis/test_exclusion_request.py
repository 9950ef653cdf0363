"""Names of exclusions, late requests, and what an exclusion is."""

import pytest

from app.analysis.exclusion_request import ExclusionState, is_retroactive, new_id, state_of
from app.analysis.objective_check import IDENTIFIER
from app.model.register import EntryRef, ExclusionRecord
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
