import pytest

from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.objective import Indicator, Method, Selector
from app.model.register import AddObjective, EntryRef, ObjectiveVersion, RetireObjective, Undo
from app.model.time_range import TimeRange
from app.query.endpoint import read_endpoint
from app.query.endpoint_objectives import promised_lines
from app.register import apply
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, U1, catalogue, endpoint, serving
from tests.fakes.objectives import ANNA, promise
from tests.fakes.stores import bring, open_store, station

P95 = Indicator("threshold", metric=Selector("endpoint_latency_seconds", (("quantile", "0.95"),)), op="lte", value=1.0)
GOOD = Indicator(
    "ratio", good=Selector("endpoint_requests_within", (("le", "1"),)), total=Selector("endpoint_requests")
)
UP = Indicator("ratio", good=Selector("endpoint_up"), total=Selector("endpoint_up"))


def version(objective, since=0.0, n=1):
    name = "gone" if objective is None else objective.id
    return ObjectiveVersion(name, EntryRef("station-04", n), since, since, "anna (1000)", "agreed", objective)


def lines(*objectives, enclave="enc-s1", endpoint="rag-gateway", at=100.0):
    promises = {one.id: (version(one),) for one in objectives}
    return [(one.metric, one.quantile, one.value) for one in promised_lines(promises, enclave, endpoint, at)]


def test_that_a_threshold_is_drawn_at_its_value_and_a_share_of_errors_at_what_is_allowed():
    slow = promise("rag-p95", indicator=P95, method=Method.TIMESLICES, slice_seconds=300.0, slice_target=0.8)
    assert lines(promise(), slow) == [
        ("endpoint_error_ratio", "", 0.001),  # 99.9 %: exactly 0.1 %, and not what 1 - 0.999 is in binary
        ("endpoint_latency_seconds", "0.95", 1.0),
    ]


@pytest.mark.parametrize("indicator", [GOOD, UP])
def test_that_what_no_chart_shows_has_no_line(indicator):
    assert lines(promise(indicator=indicator)) == []


@pytest.mark.parametrize(
    ("enclave", "name", "speaks"),
    [("enc-s1", "rag-gateway", True), ("enc-u1", "rag-gateway", False), ("enc-s1", "rag-gateway_2", False)],
)
def test_that_a_promise_is_drawn_where_it_speaks(enclave, name, speaks):
    assert bool(lines(promise(enclave_glob="enc-s*"), enclave=enclave, endpoint=name)) is speaks


def test_that_the_version_in_force_is_drawn_and_a_retired_one_is_not():
    stricter = promise(target=0.9995)
    told = (version(promise(), 10.0), version(stricter, 50.0, n=2), version(None, 90.0, n=3))
    values = {
        at: [
            (one.value, one.version.entry.n)
            for one in promised_lines({"rag-availability": told}, "e", "rag-gateway", at)
        ]
        for at in (9.0, 10.0, 49.0, 50.0, 90.0)
    }
    assert values == {9.0: [], 10.0: [(0.001, 1)], 49.0: [(0.001, 1)], 50.0: [(0.0005, 2)], 90.0: []}


def test_that_an_endpoint_is_read_with_its_promises_as_known_then(tmp_path):
    store = open_store(tmp_path, NOW)
    end = NOW - 5 * MINUTE
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(end - 31 * DAY, end), serving(U1, "rag", end))
    with store.state() as state:
        mine = promise("rag", endpoint_glob="rag", indicator=P95)
        apply(AddObjective(mine, "agreed"), state, ANNA, FrozenClock(NOW - 2 * DAY))
        apply(AddObjective(promise("other", endpoint_glob="chat"), "agreed"), state, ANNA, FrozenClock(NOW - 2 * DAY))
        apply(RetireObjective("rag", "no longer"), state, ANNA, FrozenClock(NOW - HOUR))

    def promised(at):
        told = read_endpoint(store, station(Level.TS), at, TimeRange(at - DAY, at), ("enc-u1", "rag"), Job())
        return [one.objective.id for one in told.promised]

    assert promised(NOW) == []
    with store.state() as state:
        apply(Undo(EntryRef("station-04", 3), "a mistake"), state, ANNA, FrozenClock(NOW - MINUTE))
    assert promised(NOW) == ["rag"]
