"""What late data changed, and what it could not."""

import math
from dataclasses import replace

from app.analysis.availability import Verdict, figure
from app.analysis.periods import parse_period
from app.analysis.recompute import Change, FigureKey, changes
from app.analysis.tally import Tally
from app.model.objective import Method

OCTOBER = parse_period("2026-10", "UTC", 0.0)
NOVEMBER = parse_period("2026-11", "UTC", 0.0)
PERIODS = {one.name: one for one in (OCTOBER, NOVEMBER)}
KNOWN_AT = NOVEMBER.span.start + 86400.0
KEY = FigureKey("o1", "enc-s1", "chat", "2026-10")


def of(expected, known, good):
    return figure(Tally.of_time(float(expected), float(known), float(good)), 0.9, Method.OCCURRENCES)


def test_that_late_data_is_told_from_what_to_what():
    # 100 s: 80 known and good, then the other 20 arrive and are good too
    found = changes({KEY: of(100, 80, 80)}, {KEY: of(100, 100, 100)}, PERIODS, KNOWN_AT)
    assert found == [
        Change(KEY, "worst", 0.8, 1.0),
        Change(KEY, "coverage", 0.8, 1.0),
        Change(KEY, "verdict", Verdict.NOT_PROVABLE, Verdict.MET),
        Change(KEY, "known", 80.0, 100.0),
        Change(KEY, "good", 80.0, 100.0),
        Change(KEY, "total", 80.0, 100.0),
    ]


def test_that_a_period_that_was_not_over_is_left_out():
    running = replace(KEY, period="2026-11")
    stranger = replace(KEY, period="2026-12")
    before, after = of(100, 80, 80), of(100, 100, 100)
    assert changes({running: before, stranger: before}, {running: after, stranger: after}, PERIODS, KNOWN_AT) == []
    assert changes({running: before}, {running: after}, PERIODS, NOVEMBER.span.end) != []


def test_that_rounding_and_nothing_known_twice_are_no_change():
    one = of(100, 0, 0)
    assert math.isnan(one.known_only)
    assert changes({KEY: one}, {KEY: replace(one, best=one.best + 1e-15)}, PERIODS, KNOWN_AT) == []


def test_that_a_figure_that_comes_or_goes_is_a_change_of_everything():
    one = of(100, 100, 100)
    came = changes({}, {KEY: one}, PERIODS, KNOWN_AT)
    assert Change(KEY, "worst", None, 1.0) in came
    assert len(came) == 12
    assert Change(KEY, "worst", 1.0, None) in changes({KEY: one}, {}, PERIODS, KNOWN_AT)


def test_that_changes_stand_by_key():
    other = replace(KEY, endpoint="a")
    found = changes(
        {KEY: of(10, 9, 9), other: of(10, 9, 9)}, {KEY: of(10, 10, 9), other: of(10, 10, 9)}, PERIODS, KNOWN_AT
    )
    assert [one.key.endpoint for one in found] == ["a"] * 5 + ["chat"] * 5  # known_only, best, coverage, known, total
