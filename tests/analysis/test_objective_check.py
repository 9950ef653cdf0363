"""Every fault of a request once, by its field."""

import pytest

from app.analysis.objective_check import exclusion_faults
from tests.fakes.objectives import NOW, exclusion


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"rule": "FREQ=DAILY"}, []),
        ({"rule": "FREQ=HOURLY"}, ["rule"]),
        ({"rule": "FREQ=DAILY\x1b"}, ["rule"]),
        ({"rule": "FREQ=HOURLY", "zone": "Mars/Base"}, ["zone"]),  # by which clock nobody can say
        ({"rule": "FREQ=HOURLY", "end": NOW - 7200.0}, ["end"]),
        ({"rule": "FREQ=DAILY", "start": float("-inf")}, ["end"]),
        ({"rule": "FREQ=HOURLY", "kind": "holiday", "reason": ""}, ["rule", "kind", "reason"]),
    ],
)
def test_that_each_fault_of_an_exclusion_is_told_once_and_by_its_field(changed, fields):
    assert [fault.field for fault in exclusion_faults(exclusion("x", **changed))] == fields
