import numpy as np
import pytest

from app.clock import from_iso
from app.demo import gpus
from app.demo.fleet import sites

NOW = from_iso("2026-11-12T14:32:00Z")


def scraped(node, days=1.5):
    for site in sites():
        for machine in site.machines:
            if machine.node.id == node:
                return gpus.scrape(site, machine, 1, NOW, days)
    raise LookupError(node)


def one(series, metric, gpu):
    return next(s for s in series if s.key.metric == metric and s.key.label("gpu") == gpu)


def test_that_a_gpu_that_fell_off_the_bus_is_gone_but_its_error_is_counted():
    series, fell = scraped("s-n03"), NOW - 80 * 60
    assert one(series, "gpu_utilisation_ratio", "4").time[-1] < fell
    xid = one(series, "gpu_xid_errors_total", "4")
    assert xid.key.label("xid") == "79"
    assert set(xid.value[xid.time < fell]) == {0.0}
    assert set(xid.value[xid.time >= fell + 60]) == {1.0}
    assert one(series, "gpu_utilisation_ratio", "3").time[-1] > NOW - 120


def test_that_a_node_vanished():
    assert max(s.time[-1] for s in scraped("s-n04", days=2)) < NOW - 31 * 3600


@pytest.mark.parametrize(
    ("node", "metric"), [("u-n04", "gpu_utilisation_ratio"), ("ts-n01", "gpu_ecc_uncorrectable_total")]
)
def test_that_what_is_not_exported_is_not_zero(node, metric):
    series = scraped(node)
    assert not [s for s in series if s.key.metric == metric]
    flag = next(s for s in series if s.key.metric == "exported" and s.key.label("metric") == metric)
    assert set(flag.value) == {0.0}


def test_that_values_are_possible():
    series = scraped("ts-n03", days=3)
    assert len({s.key.label("gpu") for s in series} - {""}) == 8
    for s in series:
        if s.key.metric in {"gpu_utilisation_ratio", "gpu_sm_active_ratio"}:
            assert 0 <= s.value.min() <= s.value.max() <= 1
    used, total = one(series, "gpu_memory_used_bytes", "0"), one(series, "gpu_memory_total_bytes", "0")
    assert (used.value < total.value).all()
    hot = one(series, "gpu_temperature_celsius", "2").value
    assert hot[:1440].max() < 75
    assert hot[-1] > 83
    assert np.array_equal(hot, np.rint(hot))


def test_that_two_cards_are_cut_and_their_parts_share_power_but_not_memory():
    series = scraped("u-n04")
    names = {s.key.label("gpu") for s in series} - {""}
    assert names == {"0", "1", "2", "3", "4", "5", "6:3", "6:4", "6:5", "7:1", "7:2"}
    assert np.array_equal(one(series, "gpu_power_watts", "7:1").value, one(series, "gpu_power_watts", "7:2").value)
    whole = one(series, "gpu_memory_total_bytes", "0").value[0]
    parts = [one(series, "gpu_memory_total_bytes", f"6:{part}").value[0] for part in (3, 4, 5)]
    assert 0.98 * whole < sum(parts) <= whole
    for part in (3, 4, 5):
        used = one(series, "gpu_memory_used_bytes", f"6:{part}").value
        assert (used < parts[0]).all()
    assert one(series, "gpu_sm_active_ratio", "6:3").value[-1] != one(series, "gpu_sm_active_ratio", "6:4").value[-1]


def test_that_memory_fills_up_in_one_enclave_only():
    for node, rise in (("s-n01", 0.14), ("ts-n02", 0.0)):  # 0.7 points a day
        series = scraped(node, days=20)
        share = np.mean(
            [
                one(series, "gpu_memory_used_bytes", str(gpu)).value / one(series, "gpu_memory_total_bytes", "0").value
                for gpu in range(8)
            ],
            axis=0,
        )
        assert share[-720:].mean() - share[:720].mean() == pytest.approx(rise, abs=0.04)


def test_that_a_team_is_named_where_there_is_one():
    assert {s.key.label("team") for s in scraped("s-n01") if s.key.label("gpu")} == {"retrieval"}
    assert {s.key.label("team") for s in scraped("ts-n01")} == {""}
