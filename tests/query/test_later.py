"""What the clock alone changes must be what the store would answer, had nothing come in since."""

import math
from dataclasses import replace

import pytest

from app.model.event import Event
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.fleet import About
from app.query.health import read_fleet
from app.query.later import brought_to
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, U1, catalogue, endpoint, last, serving
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
HISTORY = TimeRange(END - 31 * DAY, END)
STATION = station(Level.TS)


@pytest.fixture
def store(tmp_path):
    made = open_store(tmp_path, NOW)
    bad = serving(U1, "rag", END, endpoint_errors=last(30.0, 10, 0.0))
    names = ("rag", "well", "down", "mute")
    going = endpoint(U1, "going", retired_at=NOW + HOUR)
    declared = catalogue(U1, *(endpoint(U1, name) for name in names), going)
    work = [
        Event(U1.id, "maintenance", f"m-{name}", name, END - HOUR, NOW + 30 * MINUTE, "new drives")
        for name in ("well", "down", "mute")
    ]
    down = serving(U1, "down", END, endpoint_up=last(0.0, 55, 1.0))
    told = [*bad, *down, *serving(U1, "well", END), *serving(U1, "going", END)]
    bring(made, declared, HISTORY, told, events=work)
    bring(made, catalogue(S1, endpoint(S1, "rag")), HISTORY, serving(S1, "rag", END), seq=1)
    return made


def fleet(store, at):
    return read_fleet(store, STATION, at, TimeRange(at - DAY, at))


def without_curves(found):
    """Rows whose curves are left out: they are moved by whole buckets, which is tested for itself."""
    return [
        replace(row, cells={name: replace(cell, spark=None) for name, cell in row.cells.items()}) for row in found.rows
    ]


@pytest.mark.parametrize("passed", [0.0, 7 * MINUTE, 45 * MINUTE, 3 * HOUR, 40 * HOUR])
def test_that_a_fleet_of_some_time_ago_becomes_what_the_store_answers_now(store, passed):
    later = NOW + passed
    kept, read = brought_to(fleet(store, NOW), later, TimeRange(later - DAY, later)), fleet(store, later)
    assert repr(kept.enclaves) == repr(read.enclaves)
    assert repr(without_curves(kept)) == repr(without_curves(read))
    assert repr(kept.attention) == repr(read.attention)
    assert (kept.as_of, kept.marking, kept.demo, kept.gpus) == (read.as_of, read.marking, read.demo, read.gpus)
    assert kept.availability_coverage <= read.availability_coverage + 1e-9, "never more known than is"


def test_that_an_old_picture_looks_old(store):
    kept = brought_to(fleet(store, NOW), NOW + 40 * HOUR, TimeRange(NOW + 16 * HOUR, NOW + 40 * HOUR))
    cells = [cell for row in kept.rows for cell in row.cells.values()]
    assert all(cell.stale for cell in cells)
    assert {state.freshness for state in kept.enclaves} <= {Freshness.STALE, Freshness.EXPIRED}
    assert all(state.overdue > 0 for state in kept.enclaves)
    assert [item.about for item in kept.attention].count(About.OVERDUE) == 2
    for cell in cells:
        assert math.isnan(cell.spark.value[-1])
        assert all(math.isnan(value) for value in cell.spark.value), "all of it is older than a day"


def test_that_planned_work_that_ended_meanwhile_is_unknown_and_never_healthy(store):
    during = fleet(store, NOW)
    assert {row.id: row.cells["enc-u1"].health for row in during.rows if "enc-u1" in row.cells}["well"] is (
        Health.MAINTENANCE
    )
    after = brought_to(during, NOW + HOUR / 2, TimeRange(NOW + HOUR / 2 - DAY, NOW + HOUR / 2))
    well = next(row for row in after.rows if row.id == "well").cells["enc-u1"]
    assert (well.health, well.since) == (Health.UNKNOWN, NOW + 30 * MINUTE)
    assert math.isnan(well.maintenance_until)


def test_that_a_curve_moves_with_the_clock_and_nothing_follows_it(store):
    before = fleet(store, NOW)
    hours = 6
    span = TimeRange(NOW + (hours - 24) * HOUR, NOW + hours * HOUR)
    spark = next(row for row in before.rows if row.id == "rag").cells["enc-s1"].spark
    moved = next(row for row in brought_to(before, span.end, span).rows if row.id == "rag").cells["enc-s1"].spark
    assert (moved.start, moved.end, moved.known_until) == (span.start, span.end, spark.known_until)
    gone = len(spark.value) * hours // 24
    assert repr(moved.value[:-gone]) == repr(spark.value[gone:])
    assert all(math.isnan(value) for value in moved.value[-gone:])
