"""How a promise stands, by hand: 432 minutes may go wrong in September, and half of it is over."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.analysis.availability import Verdict
from app.model.health import Freshness, Health
from app.model.objective import Missing, Window
from app.model.register import RetireObjective
from app.query.standing import Reason, gaps_decide, standing
from app.ui.service_levels.adherence import Line, columns
from tests.fakes.fleets import DAY, HOUR, MINUTE, U1, series
from tests.fakes.levels import AT, AUGUST, ERRORS, START, Levels, before, daily, work


@pytest.fixture
def desk(tmp_path):
    made = Levels(tmp_path)
    made.promise()
    return made


def found(desk, period="2026-09"):
    return standing(desk.row(period), desk.at)


@pytest.mark.parametrize(
    ("bad", "health", "reason"),
    [
        ([], Health.HEALTHY, Reason.ON_PACE),
        # more than all of it, but long ago
        ([(1440, 1440 + 440)], Health.CRITICAL, Reason.SPENT),
        # a minute more than all of it
        ([(1440, 1440 + 433)], Health.CRITICAL, Reason.SPENT),
        # the last hour: 100 times as fast as the budget allows, over 1 h and over 5 min
        ([before(60, 60)], Health.CRITICAL, Reason.BURNING),
        # 25 min a day: 375 are spent, and the 57 that are left last for two days and a bit
        (daily(25), Health.WARNING, Reason.RUNS_OUT),
        # 50 min in three days (43.2 are the pace), 15 of them in six hours (3.6); too few for a page (21.6 in 6 h)
        ([before(2 * 1440, 35), before(120, 15)], Health.WARNING, Reason.SLOW_BURN),
        # the same but for the newest: what burned three days ago and does not now needs nobody
        ([before(2 * 1440, 50)], Health.HEALTHY, Reason.ON_PACE),
    ],
)
def test_that_a_promise_that_runs_stands_by_what_it_spent_and_how_fast(desk, bad, health, reason):
    desk.probe(bad=bad)
    assert found(desk) == (health, reason, False)


@pytest.mark.parametrize(
    ("bad", "gone", "reason"),
    [
        (0, 430, Reason.ON_PACE),
        (0, 434, Reason.UNKNOWN),
        (200, 230, Reason.ON_PACE),
        (200, 234, Reason.UNKNOWN),
        (0, 14 * 1440, Reason.UNKNOWN),
    ],
)
def test_that_nothing_is_well_where_the_gaps_alone_could_have_spent_the_budget(desk, bad, gone, reason):
    desk.probe(bad=[(600, 600 + bad)], gone=[(1200, 1200 + gone)])
    assert found(desk).reason is reason


def test_that_an_endpoint_that_never_told_anything_is_unknown_and_not_well(desk):
    desk.bring((), "rag")
    assert found(desk)[:2] == (Health.UNKNOWN, Reason.UNKNOWN)
    assert math.isnan(desk.row().found.now.known_only)


@pytest.mark.parametrize("period", ["2026-09", "2026-08"])
def test_that_a_policy_that_takes_missing_data_for_good_makes_nothing_green_of_which_nothing_is_known(tmp_path, period):
    desk = Levels(tmp_path)
    desk.promise(missing=Missing.GOOD)
    desk.bring((), "rag")
    row = desk.row(period)
    assert row.found.now.verdict is Verdict.MET, "as the policy says; the figure is told with its policy"
    assert found(desk, period).health is Health.UNKNOWN


@pytest.mark.parametrize(("gone", "running", "over"), [
    (400, Reason.ON_PACE, Reason.KEPT),  # of 432 min for September and 446 for August
    (460, Reason.UNKNOWN, Reason.UNPROVEN),
])  # fmt: skip
def test_that_a_policy_that_takes_missing_data_for_good_makes_nothing_green_that_gaps_could_have_spent(
    tmp_path, gone, running, over
):
    desk = Levels(tmp_path)
    desk.promise(missing=Missing.GOOD)
    desk.probe(gone=[(1200, 1200 + gone)])
    desk.probe(start=AUGUST, end=START, gone=[(1200, 1200 + gone)])
    row = desk.row()
    assert (row.found.now.verdict, row.budget.spent) == (Verdict.MET, 0.0), "as the policy says"
    assert row.budget.spent_most == pytest.approx(gone * MINUTE, abs=2 * MINUTE)
    assert found(desk).reason is running
    assert desk.row("2026-08").found.now.verdict is Verdict.MET
    assert found(desk, "2026-08").reason is over


@pytest.mark.parametrize("aside", [31 * 1440, 31 * 1440 - 440])
@pytest.mark.parametrize("missing", list(Missing))
def test_that_nothing_is_kept_of_which_nothing_is_known_whatever_was_set_aside(tmp_path, aside, missing):
    desk = Levels(tmp_path)
    desk.promise(missing=missing)
    desk.bring((), "rag")
    desk.exclude(work(start=AUGUST, minutes=aside, treatment="separate"))
    assert found(desk, "2026-08").health is not Health.HEALTHY


def test_that_a_promise_is_kept_by_what_its_verdict_says_where_all_is_known(tmp_path):
    # 26.784 s of 31 days may go wrong at 99.999 %, and just so many do, in outages of a thousandth of a second's sum
    desk = Levels(tmp_path)
    desk.promise(target=0.99999)
    desk.probe(start=AUGUST, end=START)
    row = desk.row("2026-08")
    row = replace(row, budget=replace(row.budget, spent_most=26.784000158))
    assert row.found.now.verdict is Verdict.MET
    assert standing(row, desk.at).reason is Reason.KEPT


def test_that_a_period_that_has_not_begun_is_told_as_such(desk):
    desk.probe()
    row = desk.row("2026-12")
    assert standing(row, desk.at) == (Health.UNKNOWN, Reason.AHEAD, False)
    assert row.budget.share_left == 1.0, "of a period to come nothing is spent"


def test_that_of_a_promise_of_which_nothing_is_known_no_budget_is_left_or_spent(desk):
    desk.bring((), "rag")
    budget = desk.row().budget
    assert math.isnan(budget.spent)
    assert math.isnan(budget.share_left)
    assert math.isnan(budget.pace)
    assert budget.allowed == pytest.approx(432 * MINUTE)


def test_that_a_spent_budget_says_when_it_was(desk):
    # 216 bad minutes on the 3rd, 300 on the 6th: 432 are reached on that day, evenly through it at 0.72 of its bad ones
    desk.probe(bad=[(2 * 1440, 2 * 1440 + 216), (5 * 1440, 5 * 1440 + 300)])
    outlook = desk.row().outlook
    assert outlook.middle == pytest.approx(START + 5 * DAY + 216 / 300 * DAY, abs=2 * MINUTE)
    assert outlook.earliest == outlook.middle == outlook.latest


def test_that_what_is_still_to_come_is_each_promise_s_own(desk):
    # two of one endpoint, begun alike: 15 days and 1 day are still to come
    desk.promise("other", endpoint_glob="rag", window=Window("calendar", unit="month"))
    desk.decide(RetireObjective("other-up", "over", AT + DAY))
    desk.probe()
    allowed = {row.promise.objective.id: row.budget.allowed for row in desk.levels("2026-09").rows}
    assert allowed == pytest.approx({"rag-up": 0.01 * 30 * DAY, "other-up": 0.01 * 16 * DAY})


def test_that_factors_are_those_of_now_whatever_period_is_asked_for(tmp_path):
    desk = Levels(tmp_path)
    desk.promise(window=Window("calendar", unit="month"), since=AUGUST)
    desk.probe()
    month, year = desk.row("2026-09"), desk.row("2026")
    assert [pair.factor for pair in year.pairs] == [pair.factor for pair in month.pairs]
    assert year.promise.length == 30 * DAY, "September's, in which now lies"
    assert desk.row("2026-08").promise.length == 31 * DAY


def test_that_a_policy_that_takes_missing_data_for_bad_spends_the_budget(tmp_path):
    desk = Levels(tmp_path)
    desk.promise(missing=Missing.BAD)
    desk.probe(gone=[(1200, 1200 + 434)])
    assert found(desk).reason is Reason.SPENT


def test_that_the_time_since_the_newest_data_is_no_gap_but_makes_a_ghost(desk):
    # a gap of 410 min and 30 min of silence are more than 432, and later than a bundle every quarter hour
    desk.probe(gone=[(1440, 1440 + 410)], end=AT - 30 * MINUTE)
    row = desk.row()
    assert row.promise.picture.freshness is Freshness.LATE
    assert row.behind == pytest.approx(30 * MINUTE)
    assert row.budget.spent_most > row.budget.allowed
    assert not gaps_decide(row)
    assert standing(row, AT) == (Health.HEALTHY, Reason.ON_PACE, True)


def test_that_of_data_that_is_stale_nothing_is_told_once_the_silence_could_have_spent_the_budget(desk):
    desk.probe(end=AT - 10 * HOUR)  # 600 min of silence against 432
    assert desk.row().promise.picture.freshness in (Freshness.STALE, Freshness.EXPIRED)
    assert found(desk) == (Health.UNKNOWN, Reason.UNKNOWN, True)


def test_that_an_exclusion_of_now_makes_no_state_of_nothing(desk):
    desk.probe(end=AT - 10 * HOUR)
    desk.exclude(work(start=AT - HOUR, minutes=120), at=AT - 2 * HOUR)
    assert found(desk).reason is Reason.UNKNOWN


def test_that_a_gap_before_the_newest_data_decides_whatever_came_after(desk):
    desk.probe(gone=[(1200, 1200 + 434)], end=AT - 10 * HOUR)
    assert found(desk) == (Health.UNKNOWN, Reason.UNKNOWN, True)


def test_that_an_outage_is_no_less_bad_for_being_old(desk):
    desk.probe(bad=[(1440, 1440 + 440)], end=AT - 10 * HOUR)
    assert found(desk) == (Health.CRITICAL, Reason.SPENT, True)


@pytest.mark.parametrize(
    ("bad", "gone", "health", "reason"),
    [
        # 1 % of the 31 days of August are 446.4 min
        ([(600, 600 + 446)], [], Health.HEALTHY, Reason.KEPT),
        ([(600, 600 + 447)], [], Health.CRITICAL, Reason.MISSED),
        ([], [(600, 600 + 446)], Health.HEALTHY, Reason.KEPT),
        ([], [(600, 600 + 448)], Health.UNKNOWN, Reason.UNPROVEN),
        ([(600, 600 + 447)], [(3000, 9000)], Health.CRITICAL, Reason.MISSED),
    ],
)
def test_that_a_period_that_is_over_is_kept_missed_or_cannot_be_proved(desk, bad, gone, health, reason):
    desk.probe(bad=bad, gone=gone, start=AUGUST, end=START)
    # its data are two weeks old, which is no fault of a period that is over
    assert found(desk, "2026-08") == (health, reason, False)


def test_that_of_a_period_that_is_over_missing_data_at_its_end_is_missing_too(desk):
    desk.probe(start=AUGUST, end=START - 8 * HOUR)
    assert found(desk, "2026-08")[:2] == (Health.UNKNOWN, Reason.UNPROVEN)


def test_that_time_that_is_excluded_now_is_maintenance_once_it_is_approved(desk):
    desk.probe()
    desk.exclude(work(start=AT - HOUR, minutes=120), approved=False)
    assert found(desk).reason is Reason.ON_PACE
    desk.exclude(work("cr-2", start=AT - HOUR, minutes=119))
    assert found(desk) == (Health.MAINTENANCE, Reason.EXCLUDED, False)


def test_that_an_exclusion_of_another_time_is_no_maintenance(desk):
    desk.probe()
    desk.exclude(work(start=AT - 3 * HOUR, minutes=120))
    assert found(desk).reason is Reason.ON_PACE


def test_that_excluded_time_hides_no_budget_that_is_spent(desk):
    desk.probe(bad=[(1440, 1440 + 440)])
    desk.exclude(work(start=AT - HOUR, minutes=120))
    assert found(desk).reason is Reason.SPENT


def test_that_an_outage_is_told_before_what_it_will_lead_to(desk):
    desk.probe(bad=[*daily(25), before(60, 55)])
    assert found(desk).reason is Reason.BURNING


def test_that_a_promise_without_hours_in_the_period_is_not_called_well(desk):
    desk.probe()
    row = desk.row()
    nothing = replace(row, budget=replace(row.budget, allowed=0.0, spent=0.0, spent_most=math.nan))
    assert standing(nothing, AT).reason is not Reason.ON_PACE


def test_that_answers_are_spent_by_what_is_known_though_any_number_may_still_come(tmp_path):
    # 600 a minute of which 15 fail, for half of the month: 2.5 % of them are more than 1 % of twice as many. Nothing
    # bounds how many good ones may still come: that it will be missed cannot be proved yet
    desk = Levels(tmp_path)
    desk.promise(indicator=ERRORS)
    time = np.arange(START, AT, MINUTE)
    labels = {"enclave": U1.id, "endpoint": "rag"}
    desk.bring([series("endpoint_requests", labels, time, 600.0), series("endpoint_errors", labels, time, 15.0)], "rag")
    assert desk.row().found.outcome is Verdict.NOT_PROVABLE
    assert found(desk)[:2] == (Health.CRITICAL, Reason.SPENT)


def test_that_what_has_no_bound_could_have_spent_the_budget(desk):
    desk.probe()
    row = desk.row()
    boundless = replace(row, budget=replace(row.budget, spent_most=math.inf), behind=math.inf)
    assert gaps_decide(boundless)
    assert standing(boundless, AT).reason is Reason.UNKNOWN


@pytest.mark.parametrize(("bad", "reason"), [([], Reason.ON_PACE), ([before(60, 60)], Reason.BURNING)])
def test_that_the_last_days_go_on_though_they_end_now(desk, bad, reason):
    # 1 % of seven days are 100.8 min
    desk.probe(bad=bad)
    assert found(desk, "7d").reason is reason


# --- as it is told --------------------------------------------------------------------------------------------------


def line(desk):
    row = desk.row()
    return Line(row, standing(row, desk.at), desk.at, "up")


def test_that_a_state_of_old_data_says_so(desk):
    desk.probe(end=AT - 30 * MINUTE)
    name = columns((), over=False)[0]
    assert name.says(line(desk)) == "rag, up: as of its newest data on pace"


def test_that_a_state_of_new_data_says_no_more_than_itself(desk):
    desk.probe(end=AT - 5 * MINUTE)
    assert columns((), over=False)[0].says(line(desk)) == "rag, up: on pace"
    assert U1.cadence + U1.grace == 20 * MINUTE
    assert DAY == 1440 * MINUTE
