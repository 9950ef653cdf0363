"""Events in metrics: when they happened, and what is no event."""

import numpy as np

from app.analysis.mapping import Raw, Steps
from app.analysis.occurrence import changes, rises
from app.analysis.recipe import Family, Occurrence
from app.model.time_range import TimeRange

STEPS = Steps.over(TimeRange(600, 900), 60.0, 30.0)
TIMES = np.arange(0.0, 901.0, 30.0)
COUNTED = Occurrence("xid", Family("x", unless={"xid": "13"}), "XID {xid} on {gone}")
STICKY = Occurrence("xid", Family("x"), "XID {value}", sticky=True)


def raw(values, **labels):
    return Raw({"job": "d", "instance": "g1", **labels}, TIMES[: len(values)], np.array(values, dtype=float))


def test_that_a_rise_is_an_event_at_the_end_of_its_step():
    found = rises(COUNTED, [raw(np.where(TIMES >= 690, 3, 2), xid="79"), raw(TIMES, xid="13")], STEPS)
    assert [(at, text) for at, text, _ in found] == [(720.0, "XID 79 on ?")]


def test_that_the_first_code_of_a_target_that_was_read_all_along_is_an_event():
    born = Raw({"job": "d", "instance": "g1", "xid": "48"}, TIMES[TIMES >= 690], np.ones(8))
    assert [at for at, _, _ in rises(COUNTED, [raw(TIMES, xid="13"), born], STEPS)] == [720.0]
    assert rises(COUNTED, [born], STEPS) == []


def test_that_a_sticky_code_is_an_event_when_it_changes_and_never_when_it_stays_or_clears():
    codes = np.where(TIMES < 600, 43, np.where(TIMES < 700, 79, np.where(TIMES < 800, 0, 79)))
    assert [(at, text) for at, text, _ in changes(STICKY, [raw(codes)], STEPS)] == [
        (600.0, "XID 79"),
        (810.0, "XID 79"),
    ]


def test_that_a_code_that_was_there_at_the_first_scrape_may_be_old_and_is_no_event():
    assert changes(STICKY, [raw(np.full(len(TIMES), 79.0))], STEPS) == []
    blank = np.where(TIMES == 690, np.nan, 79.0)
    assert changes(STICKY, [raw(blank)], STEPS) == []
