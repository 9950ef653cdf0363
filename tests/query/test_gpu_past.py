"""GPUs over time, read from a real, small store; expected values by hand."""

import math

import numpy as np
import pytest

from app.analysis.health_policy import GpuPolicy
from app.analysis.trend import Course
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.gpu_floor import HEAT, TOTAL, USE, USED, Measure
from app.query.gpu_past import cell_edges, read_forecast, read_heat, read_over_time
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, S1, U1, catalogue, minutes, node, series
from tests.fakes.stores import bring, open_store, station

STATION = station(Level.TS)
HOUR_END = math.floor(NOW / HOUR) * HOUR
GIB = 2.0**30


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path, NOW)


def gpu(metric, name, time, value, *, where="n01", enclave=U1):
    own = {"enclave": enclave.id, "node": where, "gpu": name}
    return series(metric, own, time, value, f"prometheus/dcgm/{where}")


def held(store, rows, things=None, enclave=U1, days=1, **bundle):
    things = things or [node(U1, "n01")]
    bring(store, catalogue(enclave, *things), TimeRange(HOUR_END - days * DAY, HOUR_END), rows, **bundle)


@pytest.mark.parametrize(
    ("hours", "width"), [(1, 60), (6, 300), (24, 900), (7 * 24, 2 * HOUR), (30 * 24, 6 * HOUR), (396 * 24, 4 * DAY)]
)
def test_that_cells_are_round_and_cover_the_span(hours, width):
    edges = cell_edges(TimeRange(NOW - hours * HOUR, NOW))
    assert edges[1] - edges[0] == width
    assert (edges % width == 0).all()
    assert edges[0] <= NOW - hours * HOUR < edges[1]
    assert edges[-2] < NOW <= edges[-1]
    assert edges.size <= 122


def test_that_a_cell_is_the_mean_of_all_samples_of_a_node(store):
    time = minutes(HOUR_END, 2)
    first = np.where(time < HOUR_END - HOUR, 0.2, 1.0)
    held(store, [gpu(USE, "0", time, first), gpu(USE, "1", time, 0.4)])
    rows = read_heat(store, STATION, Measure.BUSY, [("enc-u1", "n01")], TimeRange(HOUR_END - 24 * HOUR, HOUR_END))
    assert rows.width == 900
    assert rows.value[0, -8:].tolist() == pytest.approx([0.3] * 4 + [0.7] * 4)
    assert rows.samples[0, -8:].tolist() == [30] * 8  # 15 minutes of two GPUs
    assert np.isnan(rows.value[0, :-8]).all(), "nothing is joined or filled where there is no sample"


def test_that_memory_is_what_is_in_use_over_what_there_is(store):
    time = minutes(HOUR_END, 1)
    sizes = (("0", 60.0, 80.0), ("1:1", 5.0, 20.0))
    rows = [gpu(USED, name, time, used * GIB) for name, used, _ in sizes]
    rows += [gpu(TOTAL, name, time, total * GIB) for name, _, total in sizes]
    held(store, rows)
    found = read_heat(store, STATION, Measure.MEMORY, [("enc-u1", "n01")], TimeRange(HOUR_END - 6 * HOUR, HOUR_END))
    assert found.value[0, -1] == pytest.approx(65 / 100)


def test_that_the_hottest_sample_of_a_cell_is_shown(store):
    time = minutes(HOUR_END, 1)
    peak = np.where(time == HOUR_END - 20 * MINUTE, 91.0, 60.0)
    held(store, [gpu(HEAT, "0", time, peak), gpu(HEAT, "1", time, 70.0)])
    found = read_heat(store, STATION, Measure.HEAT, [("enc-u1", "n01")], TimeRange(HOUR_END - 24 * HOUR, HOUR_END))
    assert found.value[0, -4:].tolist() == [70.0, 70.0, 91.0, 70.0]


def test_that_a_node_without_the_series_is_not_exported_and_one_that_is_silent_is_unknown(store):
    time = minutes(HOUR_END, 1)
    old = minutes(HOUR_END - 30 * HOUR, 1)
    rows = [gpu(USE, "0", time, 0.5), gpu(HEAT, "0", time, 50.0, where="n02"), gpu(USE, "0", old, 0.5, where="n03")]
    held(store, rows, [node(U1, name) for name in ("n01", "n02", "n03")])
    names = [("enc-u1", name) for name in ("n01", "n02", "n03")]
    found = read_heat(store, STATION, Measure.BUSY, names, TimeRange(HOUR_END - 24 * HOUR, HOUR_END))
    assert found.exported.tolist() == [True, False, True]
    assert np.isnan(found.value[1:]).all()
    assert found.nodes == tuple(names)


def test_that_a_gpu_that_missed_scrapes_weighs_as_much_as_another(store):
    time = minutes(HOUR_END, 1)
    held(store, [gpu(USE, "0", time, 1.0), gpu(USE, "1", time[::6], 0.0)])
    (found,) = read_over_time(
        store, STATION, Measure.BUSY, [("enc-u1", HOUR_END)], TimeRange(HOUR_END - HOUR, HOUR_END), 6
    )
    assert found.curve.width == 600
    assert found.curve.most.tolist() == [0.5] * 6


def test_that_each_enclave_has_its_own_curve_with_its_gap(store):
    time = minutes(HOUR_END, 4)
    held(store, [gpu(USE, "0", time, 0.25)])
    broken = time[(time < HOUR_END - 3 * HOUR) | (time >= HOUR_END - HOUR)]
    held(store, [gpu(USE, "0", broken, 0.75, where="n09", enclave=S1)], [node(S1, "n09")], S1)
    asked = [("enc-u1", HOUR_END), ("enc-s1", HOUR_END), ("enc-t1", math.nan)]
    first, second, none = read_over_time(
        store, STATION, Measure.BUSY, asked, TimeRange(HOUR_END - 4 * HOUR, HOUR_END), 4
    )
    assert first.curve.most.tolist() == [0.25] * 4
    assert second.curve.time.tolist() == [HOUR_END - 4 * HOUR, HOUR_END - HOUR]
    assert none.curve.time.size == 0


def test_that_a_forecast_is_made_of_daily_peaks(store):
    policy = GpuPolicy(forecast_days=10.0, forecast_days_least=5.0, memory_limit_ratio=0.9)
    time = HOUR_END - 600.0 * np.arange(10 * 144, 0, -1)
    day = np.floor((time - (HOUR_END - 10 * DAY)) / DAY)
    hour = ((time - (HOUR_END - 10 * DAY)) % DAY) // HOUR
    share = 0.40 + 0.02 * day + np.where(hour == 9, 0.1, 0.0)  # peaks of 0.50, 0.52, ... 0.68
    held(store, [gpu(USED, "0", time, share * 80 * GIB), gpu(TOTAL, "0", time, 80 * GIB)], days=10)
    found = read_forecast(store, STATION, "enc-u1", HOUR_END, policy)
    assert found.peak.tolist() == pytest.approx([0.50 + 0.02 * n for n in range(10)])
    assert found.time[-1] == HOUR_END
    assert found.course is Course.RISING
    # from 0.68 at 0.02 a day: 0.90 after eleven days
    assert (found.earliest - HOUR_END) / DAY == pytest.approx(11.0, abs=0.01)
    assert (found.latest - HOUR_END) / DAY == pytest.approx(11.0, abs=0.01)


def test_that_an_enclave_without_data_or_memory_has_no_forecast(store):
    held(store, [gpu(USE, "0", minutes(HOUR_END, 1), 0.5)])
    for time in (HOUR_END, math.nan):
        assert read_forecast(store, STATION, "enc-u1", time, GpuPolicy()).course is Course.UNKNOWN


def test_that_what_came_in_later_is_not_known_at_a_past_moment(store):
    before, after = minutes(HOUR_END, 3), minutes(HOUR_END - HOUR, 1)
    span, nodes = TimeRange(HOUR_END - 4 * HOUR, HOUR_END), [("enc-u1", "n01")]
    kept = before[(before < after[0]) | (before > after[-1])]
    for metric, early, late in ((USE, 0.2, 0.8), (HEAT, 50.0, 90.0), (USED, 20 * GIB, 60 * GIB)):
        held(store, [gpu(metric, "0", kept, early)], source=f"early {metric}")
        held(store, [gpu(metric, "0", after, late)], source=f"late {metric}", received=NOW + HOUR)
    held(store, [gpu(TOTAL, "0", before, 80 * GIB)], source="total")
    gap = slice(-8, -4)  # the hour that came in late, in cells of 15 minutes
    for measure in (Measure.BUSY, Measure.HEAT, Measure.MEMORY):
        rows = read_heat(store, STATION, measure, nodes, TimeRange(HOUR_END - 24 * HOUR, HOUR_END))
        assert np.isnan(rows.value[0, gap]).all(), measure
        assert not np.isnan(rows.value[0, -4:]).any(), measure
    (found,) = read_over_time(store, STATION, Measure.MEMORY, [("enc-u1", HOUR_END)], span, 4)
    assert found.curve.time.tolist() == [HOUR_END - 3 * HOUR, HOUR_END - HOUR]
    policy = GpuPolicy(forecast_days=1.0, forecast_days_least=1.0)
    assert read_forecast(store, STATION, "enc-u1", HOUR_END, policy).peak.size == 0, "two hours make no day"


def test_that_memory_is_of_the_gpus_that_say_both(store):
    time = minutes(HOUR_END, 1)
    rows = [gpu(USED, "0", time, 60 * GIB), gpu(TOTAL, "0", time, 80 * GIB)]
    held(store, [*rows, gpu(USED, "1", time, 70 * GIB), gpu(TOTAL, "2", time, 80 * GIB)])
    span = TimeRange(HOUR_END - HOUR, HOUR_END)
    rows = read_heat(store, STATION, Measure.MEMORY, [("enc-u1", "n01")], span)
    assert np.unique(rows.value[~np.isnan(rows.value)]).tolist() == [0.75]
    (found,) = read_over_time(store, STATION, Measure.MEMORY, [("enc-u1", HOUR_END)], span, 4)
    assert found.curve.most.tolist() == [0.75] * 4


def test_that_a_gpu_whose_team_changed_is_one_gpu(store):
    time = minutes(HOUR_END, 1)
    own = {"enclave": "enc-u1", "node": "n01", "gpu": "0"}
    halves = {"speech": (time[:35], 0.2), "vision": (time[35:], 0.8)}
    rows = [series(USE, own | {"team": team}, *half, "prometheus/dcgm/n01") for team, half in halves.items()]
    held(store, [*rows, gpu(USE, "1", time, 0.0)])
    (found,) = read_over_time(
        store, STATION, Measure.BUSY, [("enc-u1", HOUR_END)], TimeRange(HOUR_END - HOUR, HOUR_END), 6
    )
    # the fourth ten minutes: half of them 0.2 and half 0.8, beside a GPU at 0
    assert found.curve.most.tolist() == pytest.approx([0.1, 0.1, 0.1, 0.25, 0.4, 0.4])


def test_that_a_hottest_cell_says_of_how_many_samples(store):
    held(store, [gpu(HEAT, name, minutes(HOUR_END, 1), 60.0) for name in "01"])
    found = read_heat(store, STATION, Measure.HEAT, [("enc-u1", "n01")], TimeRange(HOUR_END - 24 * HOUR, HOUR_END))
    assert found.samples[0, -4:].tolist() == [30] * 4  # 15 minutes of two GPUs
