"""A fleet read from a real, small store; every number in a test can be worked out from what it wrote."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.model.event import Event
from app.model.health import Bound, Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.health import read_fleet
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, T1, U1, catalogue, endpoint, last, minutes, series, serving
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
HISTORY = TimeRange(END - 31 * DAY, END)
STATION = station(Level.TS)


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def fleet(store, at=NOW, **options):
    return read_fleet(store, options.pop("station", STATION), at, TimeRange(at - DAY, at), **options)


def cells(found):
    return {(name.id, enclave): cell for name in found.rows for enclave, cell in name.cells.items()}


def only(found):
    (cell,) = cells(found).values()
    return cell


def one(store, **changed):
    """The single deployment of a store in which one endpoint is well but for what is changed."""
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END, **changed))
    return only(fleet(store))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")


# --- one deployment -------------------------------------------------------------------------------------------


def test_that_a_well_endpoint_is_healthy_with_its_numbers(store):
    cell = one(store)
    assert cell.health is Health.HEALTHY
    assert cell.freshness is Freshness.FRESH
    assert (cell.latency_p95, cell.error_ratio, cell.requests_rate) == (0.5, 0.0, 10.0)
    assert (cell.replicas_ready, cell.replicas_wanted) == (4.0, 4.0)
    assert cell.data_time == END - MINUTE
    assert cell.age == 6 * MINUTE
    assert cell.reasons == ()
    assert cell.not_exported == ()
    assert cell.error_source == "mesh"


def test_that_a_critical_endpoint_says_why_and_since_when(store):
    # 30 of 600 fail for the last ten minutes; the ratio over five minutes passes 1 % with the first such minute
    # (30 / 3000 is on the limit) or the second, and three of five minutes must be over it
    cell = one(store, endpoint_errors=last(30.0, 10, 0.0))
    assert cell.health is Health.CRITICAL
    assert cell.error_ratio == pytest.approx(0.05)
    assert plain(cell.reasons[0].text) == "error rate 5 % against a limit of 1 %"
    assert cell.reasons[0].limit == 0.01
    # bad minutes: the 2nd, 3rd, 4th of ten; entered with the 4th, which begins 7 minutes before the last one ends
    assert END - cell.since == pytest.approx(7 * MINUTE, abs=MINUTE)


def test_that_a_trouble_older_than_a_day_is_followed_to_its_beginning(store):
    began = 3 * 24 * 60
    hours = 6 * 24.0
    cell = one(store, hours=hours, endpoint_queue_length=last(50.0, began, 0.0, hours))
    assert cell.health is Health.WARNING
    # five of ten minutes are needed: four minutes after the first
    assert END - cell.since == pytest.approx((began - 4) * MINUTE, abs=MINUTE)


def test_that_a_declared_endpoint_without_any_data_is_unknown_and_there(store):
    bring(store, catalogue(U1, endpoint(U1, "rag"), endpoint(U1, "new")), HISTORY, serving(U1, "rag", END))
    cell = cells(fleet(store))["new", "enc-u1"]
    assert cell.health is Health.UNKNOWN
    assert math.isnan(cell.data_time)
    assert math.isnan(cell.latency_p95)
    assert cell.reasons[0].text == "no sample has ever arrived"


def test_that_a_series_nobody_declared_is_no_row_and_a_retired_endpoint_neither(store):
    known = catalogue(
        U1, endpoint(U1, "rag"), endpoint(U1, "gone", retired_at=NOW - 1), endpoint(U1, "going", retired_at=NOW + 1)
    )
    bring(store, known, HISTORY, [*serving(U1, "rag", END), *serving(U1, "stray", END), *serving(U1, "gone", END)])
    assert {name for name, _ in cells(fleet(store))} == {"rag", "going"}


def test_that_an_endpoint_that_fell_silent_is_unknown_while_its_enclave_is_fresh(store):
    told = [*serving(U1, "rag", END - 3 * HOUR), *serving(U1, "well", END)]
    bring(store, catalogue(U1, endpoint(U1, "rag"), endpoint(U1, "well")), HISTORY, told)
    cell = next(cell for (name, _), cell in cells(fleet(store)).items() if name == "rag")
    assert (cell.health, cell.freshness) == (Health.UNKNOWN, Freshness.FRESH)
    assert cell.data_time == END - 3 * HOUR - MINUTE
    assert math.isnan(cell.latency_p95)
    assert END - cell.since == pytest.approx(3 * HOUR, abs=5 * MINUTE)


def test_that_bundles_without_telemetry_do_not_make_an_enclave_younger(store):
    """The collector lives and says that it cannot read anything: it is judged until now, but its data are old."""
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END - 3 * HOUR))
    found = fleet(store)
    (enclave,) = found.enclaves
    assert enclave.data_time == END - 3 * HOUR - MINUTE
    assert enclave.overdue == 0.0
    assert enclave.freshness is Freshness.STALE
    assert only(found).health is Health.UNKNOWN


def test_that_an_enclave_which_never_delivered_telemetry_is_not_fresh(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY)
    (enclave,) = fleet(store).enclaves
    assert math.isnan(enclave.data_time)
    assert enclave.freshness is Freshness.EXPIRED


def test_that_a_full_which_reaches_back_does_not_make_the_age_older(store):
    known = catalogue(U1, endpoint(U1, "rag"))
    bring(store, known, TimeRange(END - 2 * HOUR, END - HOUR), serving(U1, "rag", END - HOUR, 1), seq=1)
    bring(store, known, HISTORY, serving(U1, "rag", END, 24), seq=2)
    assert fleet(store).enclaves[0].data_time == END


def test_that_one_metric_that_fell_silent_makes_it_unknown_and_is_named(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, [
        *serving(U1, "rag", END, endpoint_latency_seconds=None),
        *serving(U1, "rag", END - HOUR, 24, **dict.fromkeys(
            ("endpoint_up", "endpoint_requests", "endpoint_errors", "endpoint_queue_length",
             "endpoint_saturation_ratio", "endpoint_replicas_ready", "endpoint_replicas_wanted"))),
    ])  # fmt: skip
    cell = only(fleet(store))
    assert cell.health is Health.UNKNOWN
    assert plain(cell.reasons[0].text).startswith("p95 not known for 5")


@pytest.mark.parametrize(("zero_for", "expected"), [(10, Health.UNKNOWN), (26 * 60, Health.HEALTHY)])
def test_that_a_metric_flagged_as_not_exported_is_missed_for_a_day_and_then_named(store, zero_for, expected):
    flags = series(
        "exported", {"enclave": "enc-u1", "endpoint": "rag", "metric": "endpoint_latency_seconds"},
        minutes(END, 26), last(0.0, zero_for, 1.0), "prometheus/mesh/rag",
    )  # fmt: skip
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY,
          [*serving(U1, "rag", END, endpoint_latency_seconds=None), flags])  # fmt: skip
    cell = only(fleet(store))
    assert cell.health is expected
    assert cell.not_exported == (() if expected is Health.UNKNOWN else ("endpoint_latency_seconds",))


@pytest.mark.parametrize(("flag", "expected", "ratio"), [(1.0, Health.HEALTHY, 0.0), (0.0, Health.UNKNOWN, math.nan)])
def test_that_absent_errors_are_zero_only_where_the_counter_is_seen(store, flag, expected, ratio):
    flags = series(
        "exported", {"enclave": "enc-u1", "endpoint": "rag", "metric": "endpoint_errors"},
        minutes(END, 26), last(flag, 60, 1.0), "prometheus/mesh/rag",
    )  # fmt: skip
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY,
          [*serving(U1, "rag", END, endpoint_errors=None), flags])  # fmt: skip
    cell = only(fleet(store))
    assert cell.health is expected
    np.testing.assert_equal(cell.error_ratio, ratio)


def test_that_versions_side_by_side_are_one_deployment(store):
    rest = {"endpoint_up": None, "endpoint_queue_length": None, "endpoint_saturation_ratio": None,
            "endpoint_replicas_ready": None, "endpoint_replicas_wanted": None}  # fmt: skip
    old = serving(U1, "rag", END, labels={"version": "1"}, endpoint_requests=540.0, endpoint_latency_seconds=0.5)
    new = serving(
        U1, "rag", END, 2, {"version": "2"}, **rest,
        endpoint_requests=60.0, endpoint_errors=27.0, endpoint_latency_seconds=0.8,
    )  # fmt: skip
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, [*old, *new])
    cell = only(fleet(store))
    assert cell.requests_rate == 10.0
    assert cell.error_ratio == pytest.approx(27 / 600)
    assert cell.latency_p95 == 0.8


def test_that_a_bounded_quantile_keeps_its_bound(store):
    assert one(store, endpoint_latency_bound=-1.0).latency_bound is Bound.AT_MOST


def test_that_the_spark_ends_now_and_its_tail_is_empty(store):
    cell = one(store, endpoint_latency_seconds=last(0.9, 1, 0.5))
    assert (cell.spark.start, cell.spark.end, cell.spark.known_until) == (NOW - DAY, NOW, END - MINUTE)
    assert np.nanmax(cell.spark.value) == 0.9
    late = only(fleet(store, NOW + 6 * HOUR))
    assert np.isnan(late.spark.value[-20:]).all()  # 20 of 96 buckets are 5 h
    assert not np.isnan(late.spark.value[:70]).any()


# --- plans and switching off ----------------------------------------------------------------------------------


def work(start, end, subject="rag"):
    return Event("enc-u1", "maintenance", f"{subject}/1", subject, start, end, "Weights move")


@pytest.mark.parametrize("subject", ["rag", "enc-u1", ""])
def test_that_planned_work_is_maintenance_until_its_end_and_hides_no_reason(store, subject):
    plan = work(NOW - HOUR, NOW + HOUR, subject)
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY,
          serving(U1, "rag", END, endpoint_up=last(0.0, 55, 1.0)), events=[plan])  # fmt: skip
    cell = only(fleet(store))
    assert (cell.health, cell.since, cell.maintenance_until) == (Health.MAINTENANCE, NOW - HOUR, NOW + HOUR)
    assert [reason.text for reason in cell.reasons] == ["Weights move", "does not answer its availability probe"]


def test_that_after_planned_work_without_new_data_nothing_is_known(store):
    plan = work(END - HOUR, NOW - MINUTE)
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END), events=[plan])
    cell = only(fleet(store))
    assert cell.health is Health.UNKNOWN
    assert "planned work ended" in cell.reasons[0].text


def test_that_other_peoples_work_changes_nothing(store):
    plans = [work(NOW - HOUR, NOW + HOUR, "other"), work(NOW + 1, NOW + HOUR), work(NOW - HOUR, END - MINUTE)]
    plans = [replace(plan, key=str(number)) for number, plan in enumerate(plans)]
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END), events=plans)
    assert only(fleet(store)).health is Health.HEALTHY


def test_that_an_endpoint_of_which_no_replica_is_wanted_is_off(store):
    off = {name: last(0.0, 30, value) for name, value in
           (("endpoint_up", 1.0), ("endpoint_requests", 600.0), ("endpoint_replicas_ready", 4.0),
            ("endpoint_replicas_wanted", 4.0))}  # fmt: skip
    cell = one(store, **off)
    assert cell.health is Health.OFF
    assert END - cell.since == pytest.approx(30 * MINUTE, abs=MINUTE)


# --- age, and what was known when -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behind", "expected"),
    [(1200.0, Freshness.FRESH), (1201.0, Freshness.LATE), (2400.0, Freshness.LATE), (2401.0, Freshness.STALE)],
)
def test_that_age_is_the_age_of_the_data_however_lately_it_came_in(store, behind, expected):
    end = NOW - behind
    window = TimeRange(end - DAY, end)
    bring(store, catalogue(U1, endpoint(U1, "rag")), window, serving(U1, "rag", end), received=NOW)
    (state,) = fleet(store).enclaves
    assert (state.freshness, state.age, state.data_time, state.received) == (expected, behind, end, NOW)
    assert state.overdue == max(0.0, behind - 1200.0)


def test_that_data_of_an_expired_bundle_is_never_current(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END), expires=NOW - 1)
    cell = only(fleet(store))
    assert (cell.freshness, cell.stale) == (Freshness.EXPIRED, True)


def test_that_each_enclave_is_judged_at_its_own_data_time(store):
    """The last known state of silent data stays what it was: critical at 3 h ago, and marked as stale."""
    end = NOW - 5 * HOUR
    bring(store, catalogue(T1, endpoint(T1, "rag")), TimeRange(end - DAY, end),
          serving(T1, "rag", end, endpoint_up=last(0.0, 30, 1.0)))  # fmt: skip
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END))
    found = cells(fleet(store))
    assert found["rag", "enc-u1"].health is Health.HEALTHY
    assert (found["rag", "enc-t1"].health, found["rag", "enc-t1"].stale) == (Health.CRITICAL, True)


def test_that_a_past_moment_is_answered_from_what_had_come_in_by_then(store):
    noon = NOW - 6 * HOUR
    known = catalogue(U1, endpoint(U1, "rag"))
    bring(store, known, TimeRange(noon - DAY, noon), serving(U1, "rag", noon), seq=1)
    # an hour later two bundles come in: one of that time, and one that tells of an outage before noon
    time = minutes(noon + HOUR, 2)
    down = np.where((time >= noon - 600) & (time < noon), 0.0, 1.0)
    labels = {"enclave": "enc-u1", "endpoint": "rag"}
    bring(store, known, TimeRange(noon - HOUR, noon + HOUR),
          [series("endpoint_up", labels, time, down, "prometheus/mesh/rag")], seq=2)  # fmt: skip
    then = only(fleet(store, noon + 120.0))
    assert (then.health, then.data_time) == (Health.HEALTHY, noon - MINUTE)
    assert only(fleet(store, noon + 2 * HOUR)).data_time == noon + HOUR - MINUTE
    # before anything had come in, the endpoint is declared and unknown
    before = fleet(store, noon - 2 * DAY)
    assert only(before).health is Health.UNKNOWN
    assert before.enclaves[0].freshness is Freshness.EXPIRED
    assert math.isnan(before.enclaves[0].age)


def test_that_the_past_does_not_know_of_old_samples_that_came_in_later(store):
    known = catalogue(U1, endpoint(U1, "rag"))
    bring(store, known, TimeRange(END - DAY, END), seq=1)
    # a full that reaches back arrives afterwards; its samples ended twenty days ago
    late = serving(U1, "rag", END - 20 * DAY)
    bring(store, known, HISTORY, late, seq=2, received=NOW + HOUR)
    then = only(fleet(store))
    assert math.isnan(then.data_time)
    assert then.reasons[0].text == "no sample has ever arrived"
    assert only(fleet(store, NOW + 2 * HOUR)).data_time == END - 20 * DAY - MINUTE


# --- order, marking, filters ----------------------------------------------------------------------------------


def three(store):
    for enclave, weight, changed in (
        (U1, 5.0, {"endpoint_queue_length": 50.0}),
        (S1, 9.0, {"endpoint_up": last(0.0, 30, 1.0)}),
        (T1, 7.0, {}),
    ):
        things = [endpoint(enclave, "rag", user_weight=weight), endpoint(enclave, "chat", user_weight=1.0)]
        rows = [*serving(enclave, "rag", END, **changed), *serving(enclave, "chat", END)]
        bring(store, catalogue(enclave, *things), HISTORY, rows)


def test_that_the_worst_comes_first_and_within_a_state_whoever_hurts_most_people(store):
    names = {"a": (1.0, {}), "b": (2.0, {}), "c": (1.0, {"endpoint_queue_length": 50.0}),
             "d": (3.0, {"endpoint_queue_length": 50.0}), "e": (0.1, {"endpoint_up": 0.0})}  # fmt: skip
    things = [endpoint(U1, name, user_weight=weight) for name, (weight, _) in names.items()]
    rows = [row for name, (_, changed) in names.items() for row in serving(U1, name, END, **changed)]
    bring(store, catalogue(U1, *things), HISTORY, rows)
    found = fleet(store)
    assert [row.id for row in found.rows] == ["e", "d", "c", "b", "a"]
    assert [item.subject for item in found.attention] == ["e", "d", "c"]


def test_that_enclaves_stand_in_the_order_of_their_levels_with_their_counts(store):
    three(store)
    found = fleet(store)
    got = [(one.enclave.id, one.healthy, one.total, one.worst) for one in found.enclaves]
    assert got == [
        ("enc-u1", 1, 2, Health.WARNING), ("enc-s1", 1, 2, Health.CRITICAL), ("enc-t1", 2, 2, Health.HEALTHY),
    ]  # fmt: skip


def test_that_a_ceiling_leaves_nothing_above_it(store):
    three(store)
    found = fleet(store, ceiling=Level.S)
    assert [state.enclave.level for state in found.enclaves] == [Level.U, Level.S]
    assert {cell.enclave.level for cell in cells(found).values()} == {Level.U, Level.S}
    assert {item.level for item in found.attention} <= {Level.U, Level.S}
    assert found.marking is Level.S


def test_that_a_hidden_enclave_is_named_with_its_worst_state_and_still_marks(store):
    three(store)
    found = fleet(store, hidden=frozenset({"enc-t1", "enc-s1"}))
    assert [state.enclave.id for state in found.enclaves] == ["enc-u1"]
    assert [(state.enclave.id, state.worst) for state in found.hidden] == [
        ("enc-s1", Health.CRITICAL), ("enc-t1", Health.HEALTHY),
    ]  # fmt: skip
    assert {enclave for _, enclave in cells(found)} == {"enc-u1"}
    assert {item.enclave for item in found.attention} == {"enc-u1"}
    assert found.marking is Level.TS


def test_that_combining_enclaves_raises_the_marking_to_the_stations_floor(store):
    floor = station(Level.TS, aggregation_floor=Level.S)
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END))
    assert fleet(store, station=floor).marking is Level.U
    other = replace(U1, id="enc-u2", name="Second")
    bring(store, catalogue(other, endpoint(other, "rag")), HISTORY, serving(other, "rag", END))
    assert fleet(store, station=floor).marking is Level.S


def test_that_an_empty_station_fails_closed(store):
    found = fleet(store)
    assert (found.marking, found.rows, found.enclaves, found.demo) == (Level.TS, (), (), False)
    assert math.isnan(found.availability)
    assert math.isnan(found.gpu_busy)
    assert fleet(store, ceiling=Level.S).marking is Level.S


def test_that_demonstration_data_says_so(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END), demo=True)
    assert fleet(store).demo


# --- figures --------------------------------------------------------------------------------------------------


def test_that_availability_comes_with_its_coverage(store):
    """Three of 30 days known, of which 12 hours down: 60 of 72 hours."""
    up = np.ones(3 * 1440)
    up[:720] = 0.0
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(NOW - 5 * DAY, NOW),
          serving(U1, "rag", NOW, 72, endpoint_up=up), received=NOW)  # fmt: skip
    found = fleet(store)
    assert found.availability == pytest.approx(60 / 72)
    assert found.availability_coverage == pytest.approx(3 / 30)
    # an endpoint of which nothing is known halves the coverage and leaves the share alone
    bring(store, catalogue(S1, endpoint(S1, "rag")), TimeRange(NOW - DAY, NOW), received=NOW)
    found = fleet(store)
    assert found.availability == pytest.approx(60 / 72)
    assert found.availability_coverage == pytest.approx(3 / 60)


def test_that_of_two_probes_the_worse_one_counts(store):
    other = series("endpoint_up", {"enclave": "enc-u1", "endpoint": "rag", "probe": "b"}, minutes(NOW, 24), 0.0)
    rows = [*serving(U1, "rag", NOW, 48), other]
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(NOW - 5 * DAY, NOW), rows, received=NOW)
    found = fleet(store)
    assert found.availability == pytest.approx(24 / 48)
    assert only(found).health is Health.CRITICAL


def test_that_its_own_habit_makes_a_quick_model_that_became_slow_a_warning(store):
    # 100 ms for eight days; own limit 115 ms; 120 ms for the last hour
    hours = 9 * 24.0
    cell = one(store, hours=hours, endpoint_latency_seconds=last(0.12, 60, 0.1, hours))
    assert cell.health is Health.WARNING
    assert plain(cell.reasons[0].text) == "p95 120 ms against its own limit of 115 ms"


def test_that_an_enclave_which_understates_itself_does_not_lower_the_marking(store):
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END), level=Level.S)
    assert fleet(store).marking is Level.S


def test_that_what_lies_above_a_ceiling_that_fell_is_no_longer_shown(store):
    bring(store, catalogue(T1, endpoint(T1, "rag")), HISTORY, serving(T1, "rag", END))
    bring(store, catalogue(U1, endpoint(U1, "rag")), HISTORY, serving(U1, "rag", END))
    found = fleet(store, station=station(Level.S))
    assert {enclave for _, enclave in cells(found)} == {"enc-u1"}
    assert found.marking is Level.U
