"""Promises judged on real, small stores; every figure can be worked out from what was written."""

from dataclasses import replace

import numpy as np
import pytest

from app.analysis.availability import Verdict
from app.clock import FrozenClock
from app.errors import InputError
from app.job import Job
from app.model.marking import Level
from app.model.objective import Exclusion, Indicator, Method, Missing, Objective, Selector, ServiceHours, Window
from app.model.register import AddExclusion, AddObjective, ApproveExclusion, Author, EntryRef, Undo
from app.model.time_range import TimeRange
from app.query.judging import Question
from app.query.service_level import read_closely
from app.query.service_levels import read_service_levels
from app.register import apply
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, U1, catalogue, endpoint, series, serving
from tests.fakes.stores import bring, open_store, station

STATION = station(Level.TS)
ALICE, BOB = Author("station-04", "alice (1000)"), Author("station-04", "bob (1001)")
START = NOW - 30 * DAY
UP = Selector("endpoint_up")
MONTH = Window("rolling", seconds=30 * DAY)


def promise(target=0.999, **changed):
    made = Objective(
        "rag-up",
        "RAG answers",
        "rag",
        "*",
        "rag",
        Indicator("ratio", good=UP, total=UP),
        target,
        Method.OCCURRENCES,
        MONTH,
    )
    return replace(made, **changed)


def counted(**changed):
    errors, requests = Selector("endpoint_errors"), Selector("endpoint_requests")
    return promise(id="rag-errors", indicator=Indicator("ratio", bad=errors, total=requests), **changed)


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def decide(store, *commands, author=ALICE, at=START - DAY):
    clock = FrozenClock(at)
    with store.state() as state:
        for command in commands:
            apply(command, state, author, clock)


def probe(store, bad=(), gone=(), enclave=U1, seq=1, **declared):
    """A probe each minute for 30 days: 0 in the `bad` stretches, nothing in the `gone` ones; minutes from the start."""
    time = START + MINUTE * np.arange(30 * 1440, dtype=np.float64)
    value = np.ones(time.size)
    for first, end in bad:
        value[first:end] = 0.0
    kept = np.ones(time.size, bool)
    for first, end in gone:
        kept[first:end] = False
    row = series(
        "endpoint_up", {"enclave": enclave.id, "endpoint": "rag"}, time[kept], value[kept], "prometheus/mesh/rag"
    )
    told = catalogue(enclave, endpoint(enclave, "rag", **declared))
    bring(store, told, TimeRange(START, NOW), [row], seq=seq, received=NOW)


def levels(store, period="30d", **more):
    return read_service_levels(store, STATION, Question(period, NOW, **more), Job())


def only(store, **more):
    (row,) = levels(store, **more).rows
    return row


def close(store, stretches=None, **more):
    question = Question("30d", NOW, **more)
    (found,) = read_closely(store, STATION, question, [only(store, **more).promise.key], Job(), stretches or {})
    return found


def test_that_unknown_time_makes_a_range_and_no_proof(store):
    # 20 bad minutes and 9 unknown hours of 30 days; a scrape speaks for 1.5 minutes: half a minute of the gap is known
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store, bad=[(1000, 1020)], gone=[(5000, 5540)])
    figure = only(store).found.now
    whole, gap = 30 * 1440.0, 540 - 0.5
    assert figure.worst == pytest.approx((whole - gap - 20) / whole, abs=1e-6)
    assert figure.known_only == pytest.approx((whole - gap - 20) / (whole - gap), abs=1e-6)
    assert figure.best == pytest.approx((whole - 20) / whole, abs=1e-6)
    assert figure.coverage == pytest.approx((whole - gap) / whole, abs=1e-6)
    told = [100 * share for share in (figure.known_only, figure.worst, figure.best)]
    assert told == pytest.approx([99.953, 98.704, 99.954], abs=0.002)  # the worked example, but for half a minute
    assert figure.verdict is Verdict.NOT_PROVABLE
    assert figure.met_as_known


def test_that_data_that_came_late_closes_the_range(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store, bad=[(1000, 1020)], gone=[(5000, 5540)])
    time = START + MINUTE * np.arange(5000, 5540, dtype=np.float64)
    row = series("endpoint_up", {"enclave": "enc-u1", "endpoint": "rag"}, time, 1.0, "prometheus/mesh/rag")
    window = TimeRange(time[0], time[-1] + MINUTE)
    bring(store, catalogue(U1, endpoint(U1, "rag")), window, [row], seq=2, received=NOW + HOUR)
    before = only(store, as_known_at=NOW + 120.0).found.now
    after = only(store, as_known_at=NOW + 2 * HOUR).found.now
    assert (before.verdict, after.verdict) == (Verdict.NOT_PROVABLE, Verdict.MET)
    assert after.worst == after.best == pytest.approx((43200 - 20) / 43200)


def test_that_the_version_in_force_judges_its_own_part(store):
    decide(store, AddObjective(promise(0.99), "first", START - DAY))
    decide(store, AddObjective(promise(0.9999), "stricter", START + 10 * DAY), at=START)
    probe(store, bad=[(20 * 1440, 20 * 1440 + 30)])
    rows = sorted(levels(store).rows, key=lambda row: row.promise.period.span.start)
    assert [(row.promise.objective.target, row.found.now.verdict) for row in rows] == [
        (0.99, Verdict.MET),
        (0.9999, Verdict.MISSED),
    ]
    assert rows[0].promise.period.span.end == rows[1].promise.period.span.start == START + 10 * DAY


def test_that_only_an_exclusion_that_somebody_else_approved_changes_a_figure(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store, bad=[(1440, 1540)])
    work = Exclusion(
        "cr-1", "*", "enc-u1", "rag", START + DAY, START + DAY + 100 * MINUTE, "", "UTC", "planned", "exclude",
        "new storage", "cr-1", "", "",
    )  # fmt: skip
    decide(store, AddExclusion(work, "planned"), at=NOW - HOUR)
    row = only(store)
    assert (row.found.now.verdict, [one.id for one in row.promise.waiting]) == (Verdict.MISSED, ["cr-1"])
    decide(store, ApproveExclusion("cr-1", "agreed"), author=BOB, at=NOW - MINUTE)
    row = only(store)
    assert (row.found.now.verdict, row.found.without.verdict) == (Verdict.MET, Verdict.MISSED)
    assert row.found.dropped_seconds == 6000.0
    assert row.found.without.known_only == pytest.approx(1 - 100 / 43200)
    assert {cost.name: cost.bad for cost in close(store).costs}["cr-1"] == 6000.0
    assert row.promise.standing[0].approved_by == "bob (1001)"


def test_that_errors_are_counted_of_all_requests(store):
    decide(store, AddObjective(counted(target=0.99), "x", START - DAY))
    rows = serving(U1, "rag", NOW, hours=24.0, endpoint_errors=3.0)
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(START, NOW), rows, received=NOW)
    row = only(store, period="1d")
    figure = row.found.now
    assert (figure.total, figure.good) == (1440 * 600.0, 1440 * 597.0)
    assert figure.known_only == pytest.approx(0.995)
    assert row.unit == "events"
    assert row.budget.spent == 1440 * 3.0
    assert row.budget.share_spent == pytest.approx(0.5)


def test_that_a_policy_for_missing_data_is_named(store):
    decide(store, AddObjective(promise(missing=Missing.GOOD), "x", START - DAY))
    probe(store, gone=[(0, 10 * 1440)])
    figure = only(store).found.now
    assert (figure.verdict, figure.missing) == (Verdict.MET, Missing.GOOD)
    assert figure.coverage == pytest.approx(2 / 3, abs=1e-3)


def test_that_an_endpoint_without_any_data_is_never_met(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(START, NOW), received=NOW)
    row = only(store)
    assert (row.found.now.verdict, row.found.now.coverage) == (Verdict.NOT_PROVABLE, 0.0)
    assert row.outlook.days == 0


def test_that_each_enclave_is_judged_by_itself_and_rows_above_the_ceiling_are_not_there(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store)
    probe(store, bad=[(0, 500)], enclave=S1)
    found = levels(store)
    assert [(row.promise.enclave.id, row.found.now.verdict) for row in found.rows] == [
        ("enc-s1", Verdict.MISSED),
        ("enc-u1", Verdict.MET),
    ]
    assert found.marking is Level.S
    low = read_service_levels(store, STATION, Question("30d", NOW), Job(), ceiling=Level.U)
    assert ([row.promise.enclave.id for row in low.rows], low.marking) == (["enc-u1"], Level.U)


def test_that_a_total_outage_burns_as_fast_as_can_be_and_is_learned_with_its_bundle(store):
    decide(store, AddObjective(promise(0.999), "x", START - DAY))
    probe(store, bad=[(20 * 1440, 20 * 1440 + 120)])
    row = only(store)
    page = next(burn for burn in close(store).burns if burn.pair.name == "1 h and 5 min")
    assert page.factor == pytest.approx(14.4)
    assert page.peak == pytest.approx(1000.0)
    # bundles come every quarter of an hour: a window of five minutes is a verdict on the past, and says so
    quick = next(one for one in row.pairs if one.pair.name == "1 h and 5 min")
    assert [flaw.name for flaw in quick.flaws] == ["FINER"]
    # 14.4 x 0.001 of an hour is 51.8 s: within the first cell of five minutes
    assert page.start == START + 20 * DAY + 300.0
    assert page.learned == NOW


def test_that_a_period_that_is_none_is_refused_in_words(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    with pytest.raises(ValueError, match="2026-Q4"):
        levels(store, period="last month")


def test_that_unknown_time_of_counts_is_bound_by_the_busiest_hour_and_says_so(store):
    # 3 errors of 600 requests a minute over a day of which the last 6 hours are gone; the busiest hour is every hour
    decide(store, AddObjective(counted(target=0.99), "x", START - DAY))
    rows = [
        replace(one, time=one.time[:1080], value=one.value[:1080])
        for one in serving(U1, "rag", NOW, hours=24.0, endpoint_errors=3.0)
    ]
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(START, NOW), rows, received=NOW)
    row = only(store, period="1d")
    assert row.assumed_rate == pytest.approx(10.0)
    known, lost = 1080 * 600.0, 10.0 * (360 - 0.5) * 60.0
    assert row.found.now.known_only == pytest.approx(0.995)
    assert row.found.now.worst == pytest.approx(0.995 * known / (known + lost), rel=1e-6)
    assert row.found.now.best == pytest.approx((0.995 * known + lost) / (known + lost), rel=1e-6)


def test_that_the_burn_down_falls_where_it_was_spent_and_ends_where_the_row_says(store):
    decide(store, AddObjective(promise(0.99), "x", START - DAY))
    probe(store, bad=[(10 * 1440, 10 * 1440 + 216)])  # half of 432 minutes
    found = close(store)
    day = (found.down.time - START) / DAY
    assert found.down.left[day <= 10.0] == pytest.approx(1.0)
    assert found.down.left[day >= 10.2] == pytest.approx(0.5, abs=1e-4)
    assert found.down.left[-1] == pytest.approx(found.row.budget.share_left)
    assert found.down.even[np.argmin(abs(day - 15.0))] == pytest.approx(0.5, abs=2e-3)


def test_that_any_stretch_of_time_has_its_cost(store):
    decide(store, AddObjective(promise(0.99), "x", START - DAY))
    probe(store, bad=[(1000, 1060)])
    half = TimeRange(START + 1030 * MINUTE, START + 2000 * MINUTE)
    cost = {one.name: one for one in close(store, {"incident 7": half}).costs}
    assert (cost["incident 7"].bad, cost["the rest"].bad) == (1800.0, 1800.0)
    assert cost["incident 7"].share == pytest.approx(30 / 432)


def test_that_a_promise_to_nobody_is_named_instead_of_vanishing(store):
    decide(
        store,
        AddObjective(promise(), "x", START - DAY),
        AddObjective(promise(id="typo", endpoint_glob="rga"), "x", START - DAY),
    )
    probe(store)
    found = levels(store)
    assert [row.promise.objective.id for row in found.rows] == ["rag-up"]
    assert found.mute == ("typo",)


def test_that_a_part_of_a_period_that_has_not_begun_is_looked_at_closely(store):
    sliced = promise(id="sliced", method=Method.TIMESLICES, slice_seconds=300.0, slice_target=0.9)
    decide(store, AddObjective(sliced, "x", START - DAY))
    probe(store)
    question = Question("2030-01", NOW)
    (row,) = read_service_levels(store, STATION, question, Job()).rows
    (found,) = read_closely(store, STATION, question, [row.promise.key], Job())
    assert found.down.left[0] == 1.0
    assert row.found.now.verdict is Verdict.NOT_PROVABLE


@pytest.mark.parametrize(("treatment", "less"), [("exclude", DAY), ("separate", 0.0), ("count", 0.0)])
def test_that_what_is_excluded_already_is_no_part_of_what_is_to_come(store, treatment, less):
    # a window of 30 days that goes on for 10 more: 20 days are over, 5 of the 10 to come are excluded already
    month = replace(MONTH, kind="calendar", seconds=None, unit="month")
    decide(store, AddObjective(promise(0.99, window=month), "x", START - DAY))
    probe(store)
    (plain,) = levels(store, period="2026-09").rows
    work = Exclusion(
        "cr-9", "*", "*", "rag", NOW + DAY, NOW + 2 * DAY, "", "UTC", "planned", treatment, "move", "cr-9", "", "",
    )  # fmt: skip
    decide(store, AddExclusion(work, "planned"), at=NOW - HOUR)
    decide(store, ApproveExclusion("cr-9", "agreed"), author=BOB, at=NOW - MINUTE)
    (without,) = levels(store, period="2026-09").rows
    assert plain.budget.allowed - without.budget.allowed == pytest.approx(0.01 * less)


def test_that_a_policy_for_missing_data_does_not_make_the_worst_case_better(store):
    # 10 of 30 days are gone, of a budget of 43.2 min
    decide(store, AddObjective(promise(missing=Missing.GOOD), "x", START - DAY))
    probe(store, gone=[(0, 10 * 1440)])
    down = close(store).down
    assert down.left[-1] == pytest.approx(1.0)
    assert down.left_worst[-1] == pytest.approx(1.0 - 14400.0 / 43.2, rel=1e-3)


def test_that_gaps_and_bundles_are_told_of_one_promise(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store, gone=[(5000, 5540)])
    found = close(store)
    # the sample before the gap speaks for a minute and a half: half a minute of the gap is known
    assert found.gaps.tolist() == [[START + 5000.5 * MINUTE, START + 5540 * MINUTE]]
    assert found.bundles == 1


def work(name="cr-1", start=START + DAY, minutes=100):
    return Exclusion(
        name, "*", "*", "rag", start, start + minutes * MINUTE, "", "UTC", "planned", "exclude", "move", name, "", "",
    )  # fmt: skip


def test_that_an_endpoint_is_judged_until_it_was_retired(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store, gone=[(10 * 1440, 30 * 1440)], retired_at=START + 10 * DAY)
    row = only(store)
    assert (row.found.now.verdict, row.found.now.coverage) == (Verdict.MET, pytest.approx(1.0))
    assert row.found.now.expected == 10 * DAY


def test_that_a_version_taken_back_does_not_move_the_period(store):
    month = replace(MONTH, kind="calendar", seconds=None, unit="month")
    decide(store, AddObjective(promise(window=month), "x", START - DAY))
    decide(store, AddObjective(promise(window=replace(month, zone="Pacific/Auckland")), "by mistake"), at=NOW - DAY)
    decide(store, Undo(EntryRef("station-04", 2), "it was one"), at=NOW - HOUR)
    probe(store)
    (row,) = levels(store, period="2026-09").rows
    assert row.promise.period.span == TimeRange(1788220800.0, 1790812800.0)  # 1 September to 1 October, UTC


def test_that_a_decision_of_later_counts_for_nothing_before(store):
    decide(store, AddObjective(promise(), "x", START - DAY))
    probe(store, bad=[(1440, 1540)])
    decide(store, AddExclusion(work(), "planned"), at=NOW - HOUR)
    decide(store, ApproveExclusion("cr-1", "agreed"), author=BOB, at=NOW + HOUR)
    assert only(store).found.now.verdict is Verdict.MISSED
    (later,) = read_service_levels(store, STATION, Question("30d", NOW + 2 * HOUR), Job()).rows
    assert later.promise.standing


def test_that_days_off_are_days_without_loss_in_a_forecast(store):
    # September has 22 working days: 7 min of each are 154 of the 158.4 min that 0.5 % of them are
    month = replace(MONTH, kind="calendar", seconds=None, unit="month")
    hours = ServiceHours((0, 1, 2, 3, 4), "00:00", "24:00")
    decide(store, AddObjective(promise(0.995, window=month, hours=hours), "x", START - DAY))
    noon = [round((1788220800.0 + day * DAY + 12 * HOUR - START) / MINUTE) for day in range(20)]
    probe(store, bad=[(at, at + 7) for at in noon])
    (row,) = levels(store, period="2026-09").rows
    assert row.budget.allowed / MINUTE == pytest.approx(158.4)
    assert row.budget.spent / MINUTE == pytest.approx(14 * 7)
    # 60.4 min are left for 9.4 days: enough for eight working days, not for nine without a day off
    assert row.outlook.chance < 0.5


def test_that_a_name_of_an_exclusion_is_no_name_for_a_stretch(store):
    decide(store, AddObjective(promise(), "x", START - DAY), AddExclusion(work(), "planned"), at=START)
    decide(store, ApproveExclusion("cr-1", "agreed"), author=BOB, at=START + HOUR)
    probe(store)
    with pytest.raises(InputError, match="'cr-1' is the name of an exclusion already"):
        close(store, {"cr-1": TimeRange(START, START + HOUR)})
