import itertools

import numpy as np
import pytest

from app.clock import from_iso
from app.demo import crowd, gpus, recording
from app.demo.crowd import Crowd
from app.demo.fleet import sites

NOW = from_iso("2026-11-12T14:32:00Z")
U, S, TS = sites(4)


def shared(site=U, seed=1, days=3.0):
    return Crowd.of(site, seed, NOW, days)


def service(name, site=U):
    return next(one for one in site.services if one.endpoint.id == name)


def served(name, site=U, **options):
    return {str(one.key): one for one in crowd.serve(shared(site, **options), service(name, site))}


def computed(site=U, **options):
    machine = next(one for one in site.machines if one.copy > 1)
    return {str(one.key): one for one in crowd.compute(shared(site, **options), machine)}


def one(series, metric, **labels):
    found = [s for s in series.values() if s.key.metric == metric and labels.items() <= dict(s.key.labels).items()]
    assert len(found) == 1
    return found[0].value


@pytest.mark.parametrize("made", [lambda **o: served("rag-gateway_2", **o), computed])
def test_that_the_same_seed_gives_the_same_copy_and_another_does_not(made):
    first, again, other = made(), made(), made(seed=2)
    assert first.keys() == again.keys() == other.keys()
    assert all(np.array_equal(first[k].value, again[k].value) for k in first)
    assert all(np.array_equal(first[k].time, again[k].time) for k in first)
    assert sum(not np.array_equal(first[k].value[:999], other[k].value[:999]) for k in first) > len(first) / 3


@pytest.mark.parametrize("made", [lambda **o: served("ocr-forms_2", **o), computed])
def test_that_the_last_day_of_a_copy_does_not_depend_on_how_long_the_history_is(made):
    short, long = made(days=1.0), made(days=4.0)
    assert short.keys() == long.keys()
    for key, brief in short.items():
        tail = long[key].time >= brief.time[0]
        assert np.array_equal(long[key].time[tail], brief.time)
        assert np.array_equal(long[key].value[tail], brief.value)


def test_that_no_two_copies_are_alike():
    of_same = [one(served(f"rag-gateway_{n}"), "endpoint_requests") for n in (2, 3, 4)]
    of_other = [one(served(f"rag-gateway_{n}", S), "endpoint_requests") for n in (2, 3, 4)]
    for left, right in itertools.combinations(of_same + of_other, 2):
        count = min(len(left), len(right))
        assert (left[-count:] != right[-count:]).mean() > 0.9


def test_that_the_gpus_of_a_node_are_not_alike():
    series = computed()
    use = [one(series, "gpu_power_watts", gpu=str(gpu)) for gpu in range(8)]
    assert all((left != right).mean() > 0.5 for left, right in itertools.combinations(use, 2))


@pytest.mark.parametrize("name", ["content-guard_2", "image-detect_3", "doc-summarise_4", "code-assist_2"])
def test_that_the_counts_of_a_copy_are_whole_and_fit_together(name):
    series = served(name)
    within = [s for s in series.values() if s.key.metric == "endpoint_requests_within"]
    within.sort(key=lambda s: float(s.key.label("le")))
    requests, errors = one(series, "endpoint_requests"), one(series, "endpoint_errors")
    counts = [*(s.value for s in within), requests]
    assert len(within) == 3
    assert all(np.array_equal(c, np.rint(c)) and (c >= 0).all() for c in [*counts, errors])
    assert all((a <= b).all() for a, b in itertools.pairwise(counts))
    assert (errors <= requests).all()
    assert requests.min() > 0


def test_that_the_quantiles_of_a_copy_rise_and_hold_three_digits():
    series = served("image-detect_2")  # crosses from two to three digits of milliseconds
    low, middle, high = (one(series, "endpoint_latency_seconds", quantile=q) for q in ("0.5", "0.95", "0.99"))
    assert (low < middle).all()
    assert (middle < high).all()
    assert all(float(f"{v:.3g}") == v for v in np.unique(middle))
    assert len(np.unique(middle)) > 20


def test_that_the_errors_of_a_copy_add_up_to_its_ratio():
    series = served("speech-to-text_2", days=20.0)
    ratio = one(series, "endpoint_errors").sum() / one(series, "endpoint_requests").sum()
    assert ratio == pytest.approx(service("speech-to-text_2").errors, rel=0.1)


def test_that_copies_are_busy_by_day_and_keep_their_promise():
    copy = service("rag-gateway_3")
    series = served("rag-gateway_3", days=7.0)
    requests = one(series, "endpoint_requests")
    time = next(s.time for s in series.values() if s.key.metric == "endpoint_requests")
    hour = time / 3600.0 % 24.0
    assert requests[(hour > 18) & (hour < 20)].mean() > 1.5 * requests[(hour > 6) & (hour < 8)].mean()
    assert one(series, "endpoint_latency_seconds", quantile="0.95").max() < copy.objective
    assert set(one(series, "endpoint_up")) == {1.0}
    assert one(series, "endpoint_replicas_ready").min() >= copy.endpoint.expected_replicas - 1


def test_that_replicas_of_a_copy_restart_now_and_then_but_not_lately():
    ready = one(served("embed-search_2", days=60.0), "endpoint_replicas_ready")
    away = ready < ready.max()
    assert 3 <= away.sum() <= 3 * 60
    assert not away[-720:].any()


def test_that_what_a_gpu_of_a_copy_says_is_possible():
    series = computed(TS)
    assert len(series) == 8 * len(gpus.METRICS) + len(gpus.METRICS)  # its original exports fewer
    for s in series.values():
        if s.key.metric in {"gpu_utilisation_ratio", "gpu_sm_active_ratio"}:
            assert 0 <= s.value.min() < s.value.max() <= 1
            assert np.array_equal(s.value, np.rint(s.value * 1000) / 1000)
    used, total = one(series, "gpu_memory_used_bytes", gpu="0"), one(series, "gpu_memory_total_bytes", gpu="0")
    assert (used > 0).all()
    assert (used < total).all()
    assert np.array_equal(used % 2**28, np.zeros(len(used)))  # pages of 256 MiB
    watts, active = one(series, "gpu_power_watts", gpu="0"), one(series, "gpu_sm_active_ratio", gpu="0")
    assert np.array_equal(watts, np.rint(gpus.power(active)))


def test_that_a_blind_collector_reads_no_copy_either():
    series = served("rag-gateway_2", days=9.5)
    time = next(iter(series.values())).time
    start = NOW - (9 * 86400 + 97 * 60)
    assert not ((time >= start + 360) & (time < start + 44 * 60)).any()


def counted(scale):
    """Names of all series of a fleet, from a history of two minutes."""
    return [one.key for site in sites(scale) for g in recording.scrapes(site, 1, NOW, 0.002) for one in g]


def test_that_a_step_of_scale_adds_what_the_help_says():
    number = [len(counted(scale)) for scale in (1, 2, 3, 4)]
    assert [b - a for a, b in itertools.pairwise(number)] == [655, 439, 655]


def test_that_scale_twenty_is_twelve_thousand_series_of_680_endpoints():
    fleet = sites(20)
    assert sum(len(site.services) for site in fleet) == 680
    nodes = [machine.node.id for site in fleet for machine in site.machines]
    assert len(set(nodes)) == len(nodes) == 11 + 30
    keys = counted(20)
    assert len(set(keys)) == len(keys)
    # a history of minutes has none of the versions that were replaced: 138 series of the whole month
    assert 11_800 <= len(keys) <= 12_024


def test_that_the_deployments_of_the_story_do_not_change_with_the_scale():
    plain = {one.key: one for g in recording.scrapes(sites()[0], 1, NOW, 0.2) for one in g}
    scaled = {one.key: one for g in recording.scrapes(sites(3)[0], 1, NOW, 0.2) for one in g}
    assert plain.keys() < scaled.keys()
    for key, before in plain.items():
        assert np.array_equal(before.time, scaled[key].time)
        assert np.array_equal(before.value, scaled[key].value)


def test_that_no_more_than_one_scrape_group_is_made_at_a_time():
    groups = recording.scrapes(sites(6)[2], 1, NOW, 0.1)
    for series in groups:
        assert len({one.group for one in series}) == 1
        assert len(series) <= 9 * len(gpus.METRICS)
