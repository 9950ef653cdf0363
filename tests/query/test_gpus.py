"""GPUs of declared nodes, read from a real, small store."""

import math

import numpy as np
import pytest

from app.model.event import Event
from app.model.health import Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.health import read_fleet
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, U1, catalogue, last, minutes, node, series
from tests.fakes.stores import bring, open_store, station

END = NOW - 5 * MINUTE
N01 = node(U1, "n01")


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def gpu(metric, number, value, end=END, name="n01", **labels):
    own = {"enclave": "enc-u1", "node": name, "gpu": str(number)} | labels
    return series(metric, own, minutes(end, 26), value, f"prometheus/dcgm/{name}")


def well(name="n01", count=2, end=END):
    """Use 0.2 and 0.6, both at 50 degrees."""
    rows = [gpu("gpu_utilisation_ratio", n, 0.2 + 0.4 * n, end, name) for n in range(count)]
    return rows + [gpu("gpu_temperature_celsius", n, 50.0, end, name) for n in range(count)]


def fleet(store, rows, *, events=(), things=(N01,), seq=1):
    window = TimeRange(END - DAY, END)
    bring(store, catalogue(U1, *things), window, rows, events=events, seq=seq)
    return read_fleet(store, station(Level.TS), NOW, TimeRange(NOW - DAY, NOW))


def told(found):
    space = "\N{NO-BREAK SPACE}"
    return [(item.health, item.subject, item.text.replace(space, " ")) for item in found.attention]


def xid(code, gpu_number="1", before=600.0, **labels):
    own = (("gpu", gpu_number), *labels.items())
    return Event("enc-u1", "xid", f"n01/{gpu_number}/{code}", "n01", END - before, END - before, f"XID {code}", own)


def test_that_well_gpus_are_counted_and_nothing_is_said(store):
    found = fleet(store, well())
    assert (found.gpus, told(found)) == (2, [])
    assert found.gpu_busy == pytest.approx(0.4)


def test_that_gpus_that_do_not_export_their_use_are_left_out_of_the_mean(store):
    found = fleet(
        store, [row for row in well() if not (row.key.metric.startswith("gpu_u") and row.key.label("gpu") == "0")]
    )
    assert found.gpu_busy == pytest.approx(0.6)
    assert told(found) == []


def test_that_a_declared_node_without_data_is_unknown(store):
    found = fleet(store, well(), things=(N01, node(U1, "n02")))
    assert told(found) == [(Health.UNKNOWN, "n02", "No sample has ever arrived from its 2 GPUs")]
    assert found.gpus == 4


def test_that_a_node_that_fell_silent_is_unknown_since_then_and_idle_in_no_mean(store):
    found = fleet(store, [*well(), *well("n02", end=END - 30 * HOUR)], things=(N01, node(U1, "n02")))
    assert told(found) == [(Health.UNKNOWN, "n02", "No sample for 30 h 01 m from its 2 GPUs")]
    assert found.attention[0].since == END - 30 * HOUR - MINUTE
    assert found.gpu_busy == pytest.approx(0.4)


def test_that_a_card_that_is_gone_is_a_warning(store):
    rows = [row for row in well() if row.key.label("gpu") == "0"]
    gone = [row for row in well(end=END - HOUR) if row.key.label("gpu") == "1"]
    assert told(fleet(store, rows + gone)) == [(Health.WARNING, "n01", "1 of 2 GPUs do not report (GPU 1)")]


def test_that_a_card_that_is_gone_is_in_no_mean(store):
    rows = [row for row in well() if row.key.label("gpu") == "0"]
    gone = [row for row in well(end=END - HOUR) if row.key.label("gpu") == "1"]
    assert fleet(store, rows + gone).gpu_busy == pytest.approx(0.2)


def test_that_a_card_that_fell_off_the_bus_is_told_of_once(store):
    rows = [row for row in well() if row.key.label("gpu") == "0"]
    gone = [row for row in well(end=END - HOUR) if row.key.label("gpu") == "1"]
    found = fleet(store, rows + gone, events=[xid(79, before=HOUR)])
    assert told(found) == [(Health.CRITICAL, "n01", "GPU 1 XID 79: fell off the bus")]
    # a second card that is gone without a word is not covered by the first one's
    found = fleet(store, rows + gone, events=[xid(79, before=HOUR)], things=(node(U1, "n01", 3),), seq=2)
    assert (Health.WARNING, "n01", "2 of 3 GPUs do not report (GPU 1)") in told(found)


def test_that_parts_of_one_card_are_one_card(store):
    rows = [gpu("gpu_temperature_celsius", f"{card}:{part}", 50.0) for card in (0, 1) for part in (1, 2, 3)]
    assert told(fleet(store, rows)) == []
    assert math.isnan(read_fleet(store, station(Level.TS), NOW, TimeRange(NOW - DAY, NOW)).gpu_busy)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (79, [(Health.CRITICAL, "n01", "GPU 1 XID 79: fell off the bus")]),
        (74, [(Health.CRITICAL, "n01", "GPU 1 XID 74: NVLink error")]),
        (63, [(Health.WARNING, "n01", "GPU 1 XID 63: memory row remapped")]),
        (31, []),  # an application's own fault
    ],
)
def test_that_an_xid_event_is_judged_by_its_meaning(store, code, expected):
    assert told(fleet(store, well(), events=[xid(code)])) == expected


@pytest.mark.parametrize("before", [25 * HOUR, -60.0])
def test_that_an_old_xid_is_history_and_one_after_the_data_is_not_known_yet(store, before):
    end = END - 2 * HOUR  # the silence of another enclave widens what is read
    bring(store, catalogue(S1), TimeRange(end - DAY, end))
    found = fleet(store, well(), events=[xid(79, before=before)])
    assert [item for item in told(found) if item[1] == "n01"] == []


def test_that_a_counter_with_a_code_tells_as_much_as_an_event_and_is_told_once(store):
    rise = gpu("gpu_xid_errors_total", 1, last(1.0, 10, 0.0), xid="79")
    found = fleet(store, [*well(), rise], events=[xid(79)])
    assert told(found) == [(Health.CRITICAL, "n01", "GPU 1 XID 79: fell off the bus")]


def test_that_a_counter_of_all_codes_is_a_warning_unless_an_event_names_the_code(store):
    rise = gpu("gpu_xid_errors_total", 1, last(3.0, 10, 2.0))
    assert told(fleet(store, [*well(), rise])) == [(Health.WARNING, "n01", "GPU 1 XID")]


def test_that_an_application_fault_named_by_an_event_silences_its_counter(store):
    rise = gpu("gpu_xid_errors_total", 1, last(3.0, 10, 2.0))
    assert told(fleet(store, [*well(), rise], events=[xid(31)])) == []


def test_that_an_uncorrectable_memory_error_is_critical(store):
    rise = gpu("gpu_ecc_uncorrectable_total", 0, last(2.0, 10, 1.0))
    assert told(fleet(store, [*well(), rise])) == [(Health.CRITICAL, "n01", "GPU 0 1 uncorrectable memory error")]


def test_that_a_memory_error_with_its_xid_is_told_of_once(store):
    rise = gpu("gpu_ecc_uncorrectable_total", 1, last(2.0, 10, 1.0))
    found = fleet(store, [*well(), rise], events=[xid(48)])
    assert told(found) == [(Health.CRITICAL, "n01", "GPU 1 XID 48: double-bit memory error")]


def test_that_hot_gpus_of_a_node_are_one_line_for_each_state(store):
    rows = [row for row in well(count=4) if row.key.metric != "gpu_temperature_celsius"]
    heat = [
        gpu("gpu_temperature_celsius", n, last(value, 30, 50.0)) for n, value in enumerate((50.0, 85.0, 88.0, 95.0))
    ]
    found = fleet(store, rows + heat, things=(node(U1, "n01", 4),))
    assert told(found) == [
        (Health.CRITICAL, "n01", "1 GPU over 90 °C, hottest 95 °C"),
        (Health.WARNING, "n01", "2 GPUs over 83 °C, hottest 88 °C"),
    ]
    # five of ten minutes must be hot: entered with the fifth of thirty
    assert END - found.attention[0].since == pytest.approx(26 * MINUTE, abs=MINUTE)


def test_that_a_short_peak_of_heat_is_nothing(store):
    rows = [row for row in well() if row.key.metric != "gpu_temperature_celsius"]
    heat = [gpu("gpu_temperature_celsius", n, last(95.0, 4, 50.0)) for n in range(2)]
    assert told(fleet(store, rows + heat)) == []


def test_that_nan_degrees_are_not_cold(store):
    rows = [row for row in well() if row.key.metric != "gpu_temperature_celsius"]
    heat = [gpu("gpu_temperature_celsius", n, np.where(np.arange(26 * 60) % 7 == 0, np.nan, 95.0)) for n in range(2)]
    assert told(fleet(store, rows + heat)) == [(Health.CRITICAL, "n01", "2 GPUs over 90 °C, hottest 95 °C")]
