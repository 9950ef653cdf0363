"""Every GPU as it is now, read from a real, small store."""

import math

import numpy as np
import pytest

from app.job import Job
from app.model.catalogue import Node
from app.model.event import Event
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.gpu_floor import ACTIVE, ECC, HEAT, POWER, TOTAL, USE, USED, XID, Measure, Told
from app.query.gpu_now import read_gpus
from app.query.gpus import Trouble
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, U1, catalogue, last, minutes, node, series
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
GIB = 2.0**30


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def gpu(metric, name, value, *, where="n01", enclave=U1, end=END, **labels):
    own = {"enclave": enclave.id, "node": where, "gpu": name} | labels
    return series(metric, own, minutes(end, 26), value, f"prometheus/dcgm/{where}")


def well(name, use=0.5, used=40.0, total=80.0, watts=300.0, heat=50.0, **other):
    bytes_used = None if used is None else used * GIB
    told = {USE: use, USED: bytes_used, TOTAL: total * GIB, POWER: watts, HEAT: heat}
    return [gpu(metric, name, value, **other) for metric, value in told.items() if value is not None]


def read(store, rows, *, things=None, events=(), hidden=frozenset(), seq=1, enclave=U1):
    things = things or (node(enclave, "n01"),)
    bring(store, catalogue(enclave, *things), TimeRange(END - DAY, END), rows, events=events, seq=seq)
    return read_gpus(store, station(Level.TS), NOW, TimeRange(NOW - DAY, NOW), Job(), hidden=hidden)


def one(floor, name, where="n01"):
    found = next(n for n in floor.nodes if n.node.id == where)
    return next(gpu for gpu in found.gpus if gpu.name == name)


def test_that_every_gpu_says_its_newest_sample(store):
    floor = read(store, [*well("0", use=last(0.9, 3, 0.1)), *well("1", use=0.3)])
    first = one(floor, "0")
    assert first.reading(Measure.BUSY) == (0.9, END - MINUTE, Told.NOW)
    assert first.reading(Measure.MEMORY)[::2] == (0.5, Told.NOW)
    assert (first.worst, first.failed) == (Health.HEALTHY, False)
    total = floor.sum()
    assert (total.cards, total.busy, total.used, total.total) == (2, pytest.approx(0.6), 80 * GIB, 160 * GIB)
    assert (total.watts, total.watts_of, total.free, total.idle) == (600.0, 2, 0, 0)


def test_that_what_is_not_exported_is_not_zero(store):
    floor = read(store, [*well("0", use=None), *well("1", use=0.8, used=None)])
    assert one(floor, "0").reading(Measure.BUSY).told is Told.NOT_EXPORTED
    assert one(floor, "0").reading(Measure.ACTIVE).told is Told.NOT_EXPORTED
    assert one(floor, "1").reading(Measure.MEMORY).told is Told.NOT_EXPORTED
    total = floor.sum()
    assert (total.busy, total.busy_of, total.memory_of) == (0.8, 1, 1)


def test_that_a_silent_gpu_keeps_its_last_word_but_is_in_no_sum(store):
    floor = read(store, [*well("0"), *well("1", use=1.0, end=END - HOUR)])
    silent = one(floor, "1")
    assert silent.reading(Measure.BUSY) == (1.0, END - HOUR - MINUTE, Told.SILENT)
    assert silent.worst is Health.WARNING  # its node says that it does not report
    assert floor.sum().busy == 0.5
    assert floor.sum().watts == 300.0


def test_that_a_card_that_nobody_heard_of_is_there_and_silent(store):
    floor = read(store, well("0"), things=(node(U1, "n01", 3),))
    assert [(g.name, g.heard) for g in floor.nodes[0].gpus] == [("0", True), ("1", False), ("2", False)]
    assert one(floor, "1").worst is Health.UNKNOWN
    assert floor.sum().cards == 3


def test_that_cards_are_in_order_of_their_numbers_and_parts_behind_each_other(store):
    rows = [row for name in ("10", "9", "2:3", "2:1", "0") for row in well(name)]
    floor = read(store, rows, things=(node(U1, "n01", 4),))
    assert [g.name for g in floor.nodes[0].gpus] == ["0", "2:1", "2:3", "9", "10"]
    assert [len(parts) for parts in floor.nodes[0].cards.values()] == [1, 2, 1, 1]


def test_that_parts_of_a_card_are_one_card_and_their_power_counts_once(store):
    rows = [row for part in (1, 2, 3) for row in well(f"0:{part}", use=None, used=5.0, total=20.0, watts=210.0)]
    total = read(store, rows, things=(node(U1, "n01", 1),)).sum()
    assert (total.cards, total.watts, total.watts_of) == (1, 210.0, 1)
    assert (total.used, total.total, total.memory_of) == (15 * GIB, 60 * GIB, 3)
    assert math.isnan(total.busy)


def test_that_a_card_that_was_cut_otherwise_is_shown_as_it_is_now(store):
    yesterday = well("0", end=END - 25 * HOUR)
    floor = read(store, [*yesterday, *well("0:1"), *well("0:2")], things=(node(U1, "n01", 1),))
    assert [g.name for g in floor.nodes[0].gpus] == ["0:1", "0:2"]


def test_that_a_failed_gpu_is_named_by_its_xid(store):
    xid = Event("enc-u1", "xid", "n01/1/79", "n01", END - HOUR, END - HOUR, "XID 79", (("gpu", "1"),))
    floor = read(store, [*well("0"), *well("1")], events=[xid])
    assert (one(floor, "1").failed, one(floor, "0").failed) == (True, False)
    assert floor.nodes[0].worst is Health.CRITICAL
    assert [(item.subject, item.text, item.detail) for item in floor.problems] == [
        ("n01", "GPU 1 XID 79: fell off the bus", "")
    ]
    assert [event.text for event in floor.errors] == ["XID 79"]


def test_that_an_xid_of_a_card_is_that_of_all_its_parts(store):
    xid = Event("enc-u1", "xid", "n01/0/74", "n01", END - HOUR, END - HOUR, "XID 74", (("gpu", "0"),))
    floor = read(store, [*well("0:1"), *well("0:2")], events=[xid], things=(node(U1, "n01", 1),))
    assert [g.failed for g in floor.nodes[0].gpus] == [True, True]


def test_that_hot_gpus_are_known_one_by_one(store):
    floor = read(store, [*well("0", heat=60.0), *well("1", heat=last(86.0, 60, 60.0))])
    assert [p.trouble for p in one(floor, "1").problems] == [Trouble.HOT]
    assert one(floor, "0").problems == ()
    assert floor.nodes[0].hottest[:1] == (86.0,)


def test_that_a_gpu_that_holds_memory_and_does_nothing_is_idle_but_reserved(store):
    floor = read(store, [*well("0", use=last(0.0, 300, 0.4)), *well("1", use=last(0.0, 300, 0.4), used=0.5)])
    assert one(floor, "0").idle_since == END - 300 * MINUTE
    assert math.isnan(one(floor, "1").idle_since)  # half a GiB is an empty process
    total = floor.sum()
    assert (total.idle, total.free) == (1, 1)
    text = floor.problems[0].text.replace("\N{NO-BREAK SPACE}", " ")
    assert (floor.problems[0].health, text) == (Health.WARNING, "1 GPU is idle and holds 40 GiB of memory")
    assert floor.problems[0].age == pytest.approx(NOW - END + 300 * MINUTE)


def test_that_a_gpu_whose_use_is_not_exported_is_not_idle(store):
    floor = read(store, [*well("0", use=None), *well("1")])
    assert floor.sum().idle == 0
    assert floor.problems == ()


def test_that_teams_are_read_from_the_label(store):
    rows = [*(row for row in well("0", team="speech")), *well("1")]
    floor = read(store, rows)
    assert [g.team for g in floor.nodes[0].gpus] == ["speech", ""]


def test_that_counters_of_several_codes_are_added_up(store):
    floor = read(store, [*well("0"), gpu(XID, "0", 2.0, xid="31"), gpu(XID, "0", 3.0, xid="43"), *well("1")])
    assert one(floor, "0").readings[XID].value == 5.0


def test_that_nan_is_no_reading_of_now(store):
    floor = read(store, [*well("0"), gpu(ACTIVE, "0", last(math.nan, 5, 0.4)), *well("1")])
    assert one(floor, "0").readings[ACTIVE].told is Told.SILENT


def test_that_a_node_without_data_is_unknown(store):
    floor = read(store, well("0") + well("1"), things=(node(U1, "n01"), node(U1, "n02")))
    silent = floor.nodes[1]
    assert (silent.worst, len(silent.gpus), math.isnan(silent.newest)) == (Health.UNKNOWN, 2, True)
    assert silent.hottest.told is Told.NOT_EXPORTED


def test_that_a_retired_node_is_gone(store):
    old = Node(U1.id, "n02", 8, "H100-80G", retired_at=NOW - DAY)
    floor = read(store, well("0") + well("1"), things=(node(U1, "n01"), old))
    assert [n.node.id for n in floor.nodes] == ["n01"]


def test_that_what_is_hidden_is_counted_with_its_worst_state_and_raises_the_marking(store):
    xid = Event("enc-s1", "xid", "n09/0/79", "n09", END - HOUR, END - HOUR, "XID 79", (("gpu", "0"),))
    rows = well("0", where="n09", enclave=S1)
    bring(store, catalogue(S1, node(S1, "n09", 1)), TimeRange(END - DAY, END), rows, events=[xid])
    floor = read(store, well("0") + well("1"), hidden=frozenset({"enc-s1"}))
    assert [(h.enclave.id, h.gpus, h.worst) for h in floor.hidden] == [("enc-s1", 1, Health.CRITICAL)]
    assert [n.node.id for n in floor.nodes] == ["n01"]
    assert floor.problems == ()
    assert floor.marking is Level.S


def test_that_an_empty_store_has_no_gpu_and_the_marking_fails_closed(store):
    floor = read_gpus(store, station(Level.S), NOW, TimeRange(NOW - DAY, NOW), Job())
    assert (floor.nodes, floor.pictures, floor.problems) == ((), (), ())
    assert floor.marking is Level.S
    assert np.isnan(floor.sum().busy)


def test_that_a_gpu_whose_team_changed_says_what_its_newest_series_say(store):
    rows = [*well("0", use=0.9, team="speech", end=END - HOUR), *well("0", use=0.4, team="vision"), *well("1")]
    gpu = one(read(store, rows), "0")
    assert gpu.team == "vision"
    assert gpu.reading(Measure.BUSY) == (0.4, END - MINUTE, Told.NOW)
    assert gpu.readings[USED].value == 40 * GIB
    assert gpu.reading(Measure.POWER).value == 300.0


def test_that_a_gpu_whose_team_changed_stays_idle(store):
    own = {"enclave": "enc-u1", "node": "n01", "gpu": "0", "team": "vision"}
    newer = series(USE, own, minutes(END, 1), 0.0, "prometheus/dcgm/n01")
    rows = [*well("0", use=None), gpu(USE, "0", last(0.0, 240, 0.5), team="speech", end=END - HOUR), newer]
    assert one(read(store, [*rows, *well("1")]), "0").idle_since == END - 5 * HOUR


def test_that_a_gpu_whose_use_is_silent_is_not_free(store):
    rows = [*well("0", use=None, used=0.0), gpu(USE, "0", 0.0, end=END - HOUR)]
    assert read(store, [*rows, *well("1")]).sum().free == 0


def test_that_a_hidden_enclave_with_old_data_is_not_called_well(store):
    old = TimeRange(END - 20 * DAY, END - 10 * DAY)
    rows = well("0", where="n09", enclave=S1, end=END - 10 * DAY)
    bring(store, catalogue(S1, node(S1, "n09", 1)), old, rows)
    floor = read(store, well("0") + well("1"), hidden=frozenset({"enc-s1"}))
    assert [one.worst for one in floor.hidden] == [Health.UNKNOWN]


def test_that_a_counter_of_a_gpu_whose_team_changed_goes_on_and_begins_at_no_error(store):
    rows = [*well("0"), *well("1")]
    for metric in (XID, ECC):
        rows.append(gpu(metric, "0", 5.0, team="speech", end=END - 2 * HOUR))
        own = {"enclave": "enc-u1", "node": "n01", "gpu": "0", "team": "vision"}
        rows.append(series(metric, own, minutes(END, 2), 5.0, "prometheus/dcgm/n01"))
    assert read(store, rows).problems == ()
