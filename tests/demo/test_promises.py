"""What the people of the demonstration decided, held against what its story says happened."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

import pytest

from app.analysis.recurrence import occurrences
from app.clock import FrozenClock, from_iso
from app.demo import serving, story
from app.demo.fleet import OBJECTIVES, sites
from app.demo.promises import decide, in_force_since
from app.model.marking import Level
from app.model.register import in_force
from app.model.time_range import TimeRange
from app.paths import Paths
from app.settings import Station
from app.store import register
from app.store.audit import verify
from app.store.database import Store

NOW = from_iso("2026-11-12T14:32:00Z")
STATION = Station("demo-1", "Demonstration", Level.TS, demo=True)
DAYS = 30.0


def decided(base, now=NOW, days=DAYS):
    paths = Paths.under(base)
    paths.make()
    clock = FrozenClock(now - 400 * 86400)
    store = Store.open(paths, clock)
    decide(store, STATION, clock, now, days)
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return decided(tmp_path_factory.mktemp("promises"))


@pytest.fixture
def records(store):
    with store.state() as state:
        return {one.exclusion.id: one for one in register.exclusions(state)}


@pytest.mark.parametrize("now", ["2026-11-12T14:32:00Z", "2026-12-01T00:00:00Z", "2027-03-31T23:59:00Z"])
@pytest.mark.parametrize("days", [0.25, 30, 400])
def test_that_promises_begin_with_a_month_that_is_over_before_the_first_sample(now, days):
    moment = from_iso(now)
    since = datetime.fromtimestamp(in_force_since(moment, days), UTC)
    assert (since.day, since.hour, since.minute, since.second) == (1, 0, 0, 0)
    first = datetime.fromtimestamp(moment, UTC) - timedelta(days=days)
    assert first - timedelta(days=92) < since < first.replace(day=1)


def test_that_every_endpoint_has_its_two_promises_in_force_before_they_begin(store):
    with store.state() as state:
        promises = register.objectives(state)
    assert set(promises) == {f"{name}-{what}" for name in OBJECTIVES for what in ("availability", "p95")}
    for versions in promises.values():
        assert [one.since for one in versions] == [from_iso("2026-08-01T00:00:00Z")]
        assert versions[0].recorded < versions[0].since
        assert in_force(versions, NOW - DAYS * 86400) is versions[0]


def test_that_the_register_tells_every_kind_of_ending(records):
    states = {
        name: "withdrawn" if one.withdrawn else "approved" if one.exclusion.approved_by else "waiting"
        for name, one in records.items()
    }
    assert Counter(states.values()) == {"approved": 7, "withdrawn": 1, "waiting": 1}
    assert states["vector-store"] == "withdrawn"
    assert states["pool-power"] == "waiting"
    assert {one.exclusion.kind for one in records.values()} == {"planned", "customer", "force-majeure"}
    assert records["node-pool-upgrade"].exclusion.reference == "CR-2214"


def test_that_planned_time_is_agreed_before_it_begins_and_other_time_after_it_ended(records):
    for record in records.values():
        asked, told = record.exclusion, record.requested
        if asked.kind == "planned":
            assert told < record.approved < asked.start
        else:
            assert told > asked.end
            assert record.why.startswith("After the fact")
        assert record.approved is None or record.approved > told
        assert max(told, record.approved or 0.0, record.withdrawn or 0.0) < NOW
        # each promise of the endpoint may be concerned, so whoever agrees must be another than who asked
        assert asked.approved_by != asked.requested_by


def test_that_whoever_opens_the_console_may_approve_what_waits(store):
    with store.state() as state:
        waiting = next(one for one in register.exclusions(state) if one.exclusion.id == "pool-power")
        assert register.entry_of(state, waiting.entry).station != STATION.id


def test_that_all_planned_work_of_the_story_is_excluded(records):
    """Work that takes place is covered by a window that stands, with at most half an hour to spare."""
    standing = [one.exclusion for one in records.values() if one.exclusion.stands]
    span = TimeRange(NOW - 40 * 86400, NOW + 86400)
    for work in story.MAINTENANCES:
        windows = [
            window
            for one in standing
            if fnmatchcase(work.enclave, one.enclave_glob) and work.endpoint == one.endpoint_glob
            for window in occurrences(one, span).tolist()
        ]
        fitting = [(start, end) for start, end in windows if start <= NOW - work.start and NOW - work.until <= end]
        assert len(fitting) == 1, work
        assert fitting[0][1] - fitting[0][0] <= work.start - work.until + 1800


def test_that_the_weekly_window_comes_on_the_day_of_the_work(records):
    weekly = records["index-rebuild"].exclusion
    assert weekly.rule == "FREQ=WEEKLY;BYDAY=TH"  # 12 November 2026 is one, and the rebuild began at 02:02
    assert occurrences(weekly, TimeRange(NOW - 86400, NOW)).tolist() == [
        [from_iso("2026-11-12T02:00:00Z"), from_iso("2026-11-12T03:15:00Z")]
    ]


def test_that_the_journal_and_the_audit_log_hold(store):
    with store.state() as state:
        assert register.verify(state) is None
        assert verify(state) is None
        told = [one.time for one in register.entries(state)]
    assert told == sorted(told)


@pytest.mark.parametrize("now", ["2026-12-01T00:00:00Z", "2027-02-28T12:00:00Z"])
@pytest.mark.parametrize("days", [0.25, 400.0])
def test_that_it_is_decided_at_any_date_and_for_any_history(tmp_path, now, days):
    with decided(tmp_path, from_iso(now), days).state() as state:
        assert len(register.exclusions(state)) == 9


def spent(site, service, now, target, aside):
    """Share of a month's budget that went, the rest of the month being asked as much as what is over of it."""
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0).timestamp()
    until, sums = now - site.behind, Counter()
    for one in serving.scrape(site, service, 1, now, DAYS):
        if one.key.metric in ("endpoint_requests", "endpoint_errors"):
            counted = (one.time >= first) & (one.time < until)
            for start, end in aside:
                counted &= (one.time < start) | (one.time >= end)
            sums[one.key.metric] += one.value[counted].sum()
    month = sums["endpoint_requests"] * 30 * 86400 / (now - first)
    return sums["endpoint_errors"] / ((1 - target) * month)


@pytest.mark.parametrize("now", ["2026-11-18T06:00:00Z", "2026-11-27T15:00:00Z"])
def test_that_late_in_a_month_one_budget_is_spent_and_three_nearly_are(records, store, now):
    moment = from_iso(now)
    shift = moment - NOW
    with store.state() as state:
        targets = {name: versions[0].objective.target for name, versions in register.objectives(state).items()}
    standing = [one.exclusion for one in records.values() if one.exclusion.stands]
    span = TimeRange(NOW - 40 * 86400, NOW)
    found = {}
    for site in sites():
        for service in site.services:
            name = service.endpoint.id
            aside = [
                (start + shift, end + shift)
                for one in standing
                if one.endpoint_glob == name and fnmatchcase(site.enclave.id, one.enclave_glob)
                for start, end in occurrences(one, span).tolist()
            ]
            found[site.enclave.id, name] = spent(site, service, moment, targets[f"{name}-availability"], aside)
    worst = sorted(found, key=found.get, reverse=True)
    assert worst[0] == ("enc-s1", "rag-gateway")
    assert found[worst[0]] > 1.0
    assert set(worst[1:4]) == {
        ("enc-u1", "translate-multi"), ("enc-u1", "chat-assist-70b"), ("enc-t1", "speech-to-text"),
    }  # fmt: skip
    assert all(0.75 < found[one] < 1.0 for one in worst[1:4])
    assert all(found[one] < 0.7 for one in worst[4:])
    assert len({round(found[one], 1) for one in worst[4:]}) >= 4  # not all alike
