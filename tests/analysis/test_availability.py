"""Verdicts by hand, and the same timeline as Zabbix, Icinga and Checkmk account for it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.analysis.availability import (
    Verdict,
    adherence,
    cell_edges,
    evidence_of,
    figure,
    parts,
    scopes,
    verdict,
)
from app.analysis.intervals import seconds, spans
from app.analysis.slices import Slices
from app.analysis.tally import Counts, Flag, Tally
from app.model.objective import Indicator, Method, Missing, Objective, Window

MINUTE = 60.0
MONTH = 43200  # minutes of 30 days
EDGES = np.array([0.0, MONTH * MINUTE])
ALWAYS = spans([(0.0, MONTH * MINUTE)])
OBJECTIVE = Objective(
    "o1", "Available", "chat", "*", "*", Indicator("ratio"), 0.999, Method.OCCURRENCES, Window("rolling", 30 * 86400.0)
)


def stretch(start, length):
    return spans([(start * MINUTE, (start + length) * MINUTE)])


def timeline(bad, unknown):
    """One sample a minute for 30 days, bad and unknown in stretches of (first minute, minutes)."""
    value = np.ones(MONTH)
    for start, length in bad:
        value[start : start + length] = 0.0
    for start, length in unknown:
        value[start : start + length] = np.nan
    return Flag.of(np.arange(MONTH) * MINUTE, value, MINUTE)


def judged(found, target=0.999, exclusions=()):
    where = scopes(ALWAYS, exclusions)
    return figure(parts(found, where, EDGES).judged(Missing.UNKNOWN)[0], target, Method.OCCURRENCES)


def test_that_thirty_days_with_twenty_minutes_bad_and_nine_hours_unknown_are_not_provable():
    # 42,640 good of 43,200; of 42,660 known; 43,180 if all unknown was good
    found = judged(timeline([(1000, 20)], [(9000, 540)]))
    assert (f"{found.known_only:.3%}", f"{found.worst:.3%}", f"{found.best:.3%}") == ("99.953%", "98.704%", "99.954%")
    assert f"{found.coverage:.2%}" == "98.75%"
    assert found.verdict is Verdict.NOT_PROVABLE
    assert found.met_as_known
    assert (found.expected, found.known, found.good) == (MONTH * 60, 42660 * 60, 42640 * 60)


def test_that_a_promise_is_met_or_missed_whatever_the_unknown_was():
    found = timeline([(1000, 20)], [(9000, 540)])
    assert judged(found, 0.98).verdict is Verdict.MET
    assert judged(found, 0.9999).verdict is Verdict.MISSED
    assert not judged(found, 0.9999).met_as_known


def test_that_a_promise_that_only_what_is_known_misses_is_not_missed():
    # 50 min bad: 42,610 of 42,660 known are 99.883 %, but 43,150 of 43,200 may have been good, 99.884 %
    found = judged(timeline([(1000, 50)], [(9000, 540)]), 0.99884)
    assert not found.met_as_known
    assert found.verdict is Verdict.NOT_PROVABLE


def test_that_a_budget_used_to_the_last_second_is_kept():
    # 0.1 % of 30 days are 43 min 12 s
    kept = Tally.of_time(2592000.0, 2592000.0, 2592000.0 - 2592.0)
    over = Tally.of_time(2592000.0, 2592000.0, 2592000.0 - 2593.0)
    assert [verdict(float(one.worst), float(one.best), 0.999) for one in (kept, over)] == [Verdict.MET, Verdict.MISSED]


def test_that_without_any_data_nothing_is_met():
    found = judged(timeline([], [(0, MONTH)]))
    assert found.verdict is Verdict.NOT_PROVABLE
    assert (found.worst, found.best, found.coverage) == (0.0, 1.0, 0.0)
    assert math.isnan(found.known_only)
    assert not found.met_as_known


def test_that_a_period_without_a_promise_has_no_verdict_of_its_own():
    found = judged(timeline([], []), exclusions=[("exclude", ALWAYS)])
    assert found.verdict is Verdict.NOT_PROVABLE
    assert all(math.isnan(one) for one in (found.worst, found.known_only, found.best, found.coverage))


def test_that_111_of_118_events_are_94_07_percent():
    events = Counts.of(np.arange(118) * MINUTE, np.append(np.zeros(7), np.ones(111)), np.ones(118), MINUTE)
    span = spans([(0.0, 118 * MINUTE)])
    found = figure(events.tally(span, np.array([0.0, 118 * MINUTE]))[0], 0.95, Method.OCCURRENCES)
    assert f"{found.known_only:.2%}" == "94.07%"
    assert (found.good, found.total, found.verdict) == (111, 118, Verdict.MISSED)


def test_that_the_two_methods_differ_on_the_same_events():
    # hour 1: 100 events, 6 bad. hours 2 to 10: 2 events each, all good. By events 112 of 118, by hours 9 of 10
    total = np.array([100.0, *[2.0] * 9])
    events = Counts.of(np.arange(10) * 3600.0, total - [6, *[0] * 9], total, 3600.0)
    span, edges = spans([(0.0, 36000.0)]), np.array([0.0, 36000.0])
    assert float(events.tally(span, edges)[0].worst) == pytest.approx(112 / 118)
    assert float(Slices(events, 3600.0, 0.95).tally(span, edges)[0].worst) == pytest.approx(0.9)
    assert float(Slices(events, 3600.0).tally(span, edges)[0].worst) == pytest.approx((0.94 + 9) / 10)


# --- one timeline, four accounts --------------------------------------------------------------------------------

# 30 days: 20 min bad in service, planned work of 4 h of which 1 h is bad, 9 h without data, 1 h of warning (good)
BAD, WORK, WORK_BAD, SILENT = (1000, 20), (20000, 240), (20060, 60), (9000, 540)
OBSERVED = timeline([BAD, WORK_BAD], [SILENT])
PLANNED = stretch(*WORK)


def test_that_icinga_s_figure_is_our_best_case_with_work_set_aside():
    # get_sla_ok_percent: 100 * (total - problem) / total. Problems in downtime are no problem time, downtime stays
    # in total, and a state holds until the next event, so that silence after OK is OK
    icinga = (MONTH - BAD[1]) / MONTH
    ours = judged(OBSERVED, exclusions=[("separate", PLANNED)])
    assert ours.best == pytest.approx(icinga)
    # why we differ: what nobody saw is not OK. 540 of the 43,200 minutes may have been anything
    assert ours.worst == pytest.approx((MONTH - BAD[1] - SILENT[1]) / MONTH)
    assert ours.known_only == pytest.approx((MONTH - BAD[1] - SILENT[1]) / (MONTH - SILENT[1]))
    assert ours.verdict is Verdict.NOT_PROVABLE


def test_that_zabbix_s_figure_is_our_best_case_with_work_excluded():
    # calculateSli: excluded downtimes are taken from scheduled time and from downtime; whatever is no problem is up
    scheduled = MONTH - WORK[1]
    downtime = BAD[1] + WORK_BAD[1] - WORK_BAD[1]
    sli = (scheduled - downtime) / scheduled
    ours = judged(OBSERVED, exclusions=[("exclude", PLANNED)])
    assert ours.best == pytest.approx(sli)
    assert ours.worst < sli  # why we differ: Zabbix knows no unknown time
    error_budget = math.floor(scheduled * MINUTE * 0.001) - downtime * MINUTE
    assert error_budget == pytest.approx(2577 - 1200)
    assert math.floor(0.001 * ours.expected) - (ours.total - ours.good) == error_budget


def test_that_zabbix_takes_the_rest_of_a_period_for_good_and_we_for_open():
    # after half the month: 20 min bad so far. The denominator of Zabbix is the whole month already
    half = np.array([0.0, MONTH / 2 * MINUTE])
    found = parts(timeline([BAD], []), scopes(spans([(0.0, half[1])]), []), half)
    ours = adherence(replace_cell(found), OBJECTIVE, MONTH / 2 * MINUTE, (0.0, 0.0))
    assert ours.best_possible == pytest.approx((MONTH - 20) / MONTH)  # this is what Zabbix calls the SLI
    assert ours.now.known_only == pytest.approx((MONTH / 2 - 20) / (MONTH / 2))
    assert ours.worst_possible == pytest.approx((MONTH / 2 - 20) / MONTH)
    assert ours.now.verdict is Verdict.MET
    assert ours.outcome is Verdict.NOT_PROVABLE


def test_that_checkmk_s_columns_are_our_amounts():
    # default: downtime and N/A have columns of their own and everything is a share of the whole period
    work = scopes(ALWAYS, [("separate", PLANNED)])
    kept = parts(OBSERVED, work, EDGES).kept[0]
    ok, crit = MONTH - BAD[1] - WORK[1] - SILENT[1], BAD[1]
    assert kept.amounts[2] / (MONTH * MINUTE) == pytest.approx(ok / MONTH)
    assert float(kept.bad) / (MONTH * MINUTE) == pytest.approx(crit / MONTH)
    assert seconds(work.aside) / (MONTH * MINUTE) == pytest.approx(WORK[1] / MONTH)
    # downtime excluded and N/A removed from the base: our known-only figure, which then hides that 9 h are missing
    ours = judged(OBSERVED, exclusions=[("exclude", PLANNED)])
    assert ours.known_only == pytest.approx(ok / (ok + crit))
    assert ours.coverage == pytest.approx((MONTH - WORK[1] - SILENT[1]) / (MONTH - WORK[1]))
    # downtime ignored: what is observed counts
    ignored = judged(OBSERVED, exclusions=[("count", PLANNED)])
    assert ignored.best == pytest.approx((MONTH - BAD[1] - WORK_BAD[1]) / MONTH)


def replace_cell(found):
    return replace(found, kept=found.kept[0], aside=found.aside[0], without=found.without[0])


# --- exclusions -------------------------------------------------------------------------------------------------


def test_that_leaving_time_out_dilates_the_rest_and_setting_it_aside_does_not():
    # half of the month is planned work without a fault; 20 min bad in the other half
    found, half = timeline([(1000, 20)], []), stretch(MONTH // 2, MONTH // 2)
    assert judged(found, exclusions=[("exclude", half)]).worst == pytest.approx(1 - 20 / (MONTH / 2))
    assert judged(found, exclusions=[("separate", half)]).worst == pytest.approx(1 - 20 / MONTH)
    assert judged(found, exclusions=[("count", half)]).worst == pytest.approx(1 - 20 / MONTH)


def test_that_the_figure_is_given_with_and_without_exclusions():
    where = scopes(ALWAYS, [("separate", stretch(20060, 30)), ("exclude", stretch(20090, 30))])
    found = replace_cell(parts(OBSERVED, where, EDGES))
    ours = adherence(found, OBJECTIVE, 0.0, (1800.0, 1800.0))
    assert ours.now.best == pytest.approx(1 - 20 / (MONTH - 30))
    assert ours.without.best == pytest.approx(1 - 80 / MONTH)
    assert (ours.aside_seconds, ours.dropped_seconds) == (1800, 1800)
    assert ours.outcome is ours.now.verdict
    assert (ours.best_possible, ours.worst_possible) == (ours.now.best, ours.now.worst)


def test_that_overlapping_exclusions_count_once_and_the_stronger_treatment_wins():
    where = scopes(ALWAYS, [("count", stretch(0, 100)), ("exclude", stretch(50, 100)), ("separate", stretch(40, 60))])
    assert where.dropped.tolist() == stretch(50, 100).tolist()
    assert where.aside.tolist() == stretch(40, 10).tolist()
    assert where.kept.tolist()[0] == stretch(0, 40).tolist()[0]
    assert seconds(where.aside) + seconds(where.dropped) == 110 * MINUTE


def test_that_an_exclusion_outside_of_the_promise_excludes_nothing():
    for treatment in ("separate", "exclude"):
        where = scopes(stretch(0, 100), [(treatment, stretch(90, 100))])
        assert seconds(where.aside) + seconds(where.dropped) == 10 * MINUTE


def test_that_events_set_aside_are_none_of_them_bad():
    events = Counts.of(np.arange(4) * MINUTE, np.array([9.0, 0.0, 10.0, 9.0]), np.full(4, 10.0), MINUTE)
    edges = np.array([0.0, 240.0])
    where = scopes(spans([(0.0, 240.0)]), [("separate", stretch(1, 1))])
    assert float(parts(events, where, edges).judged(Missing.UNKNOWN)[0].worst) == pytest.approx(38 / 40)
    dropped = scopes(spans([(0.0, 240.0)]), [("exclude", stretch(1, 1))])
    assert float(parts(events, dropped, edges).judged(Missing.UNKNOWN)[0].worst) == pytest.approx(28 / 30)


def test_that_counts_of_whole_cells_give_the_same_parts_as_those_of_samples():
    where = scopes(spans([(0.0, 900.0 * MINUTE), (1010.0 * MINUTE, MONTH * MINUTE)]), [("separate", PLANNED)])
    rng = np.random.default_rng(3)
    total = rng.integers(0, 9, MONTH).astype(float)
    exact = Counts.of(np.arange(MONTH) * MINUTE, rng.integers(0, total + 1).astype(float), total, MINUTE)
    cells = cell_edges(EDGES, [where.promised, where.kept, where.aside])
    place = np.searchsorted(exact.time, cells)[:-1]
    summed = replace(
        exact, time=cells[:-1], good=np.add.reduceat(exact.good, place), total=np.add.reduceat(exact.total, place)
    )
    one, other = (parts(events, where, EDGES) for events in (summed, exact))
    for name in ("kept", "aside", "without"):
        assert getattr(one, name).amounts.tolist() == getattr(other, name).amounts.tolist()


# --- the method of an objective ---------------------------------------------------------------------------------


def test_that_an_objective_names_how_its_samples_count():
    found = timeline([], [])
    assert evidence_of(OBJECTIVE, found) is found
    slices = evidence_of(replace(OBJECTIVE, method=Method.TIMESLICES, slice_seconds=300.0, slice_target=0.9), found)
    assert (slices.seconds, slices.target) == (300.0, 0.9)
    ratio = evidence_of(replace(OBJECTIVE, method=Method.RATIO_TIMESLICES, slice_seconds=300.0), found)
    assert ratio.target is None
    with pytest.raises(ValueError, match="no length"):
        evidence_of(replace(OBJECTIVE, method=Method.TIMESLICES, slice_target=0.9), found)
    with pytest.raises(ValueError, match="when a slice is good"):
        evidence_of(replace(OBJECTIVE, method=Method.TIMESLICES, slice_seconds=300.0), found)


def test_that_a_figure_names_the_policy_that_took_missing_data_for_good():
    where = scopes(ALWAYS, [])
    found = replace_cell(parts(timeline([], [SILENT]), where, EDGES))
    ours = adherence(found, replace(OBJECTIVE, missing=Missing.GOOD), 0.0, (0.0, 0.0))
    assert ours.now.verdict is Verdict.MET
    assert ours.now.missing is Missing.GOOD
    assert ours.now.coverage == pytest.approx(1 - 540 / MONTH)
