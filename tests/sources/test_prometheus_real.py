"""The adapter against a real Prometheus: its own PromQL and hand arithmetic must say the same."""

import itertools
import random
import time

import httpx
import numpy as np
import pytest

from app.job import Job
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.sources.prometheus import Prometheus, check, collect
from tests.fakes.prometheus import AVAILABLE, VICTORIA, Samples, prometheus, victoria

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not AVAILABLE, reason="prometheus and promtool are not installed"),
]

HOUR = 3600
BOUNDS = (0.3, 0.5, 0.8, 1.0, 2.5)
RESET, BORN = 1830, 2115  # seconds after the start: a restart in the middle of a step; the first 5xx
GAP = (2400, 3000)


def grow(rng, start, seconds, reset=None, most=4):
    """Scrapes every 15 s of (requests, errors, counts within each bound), the counters growing at random."""
    total, errors, within, points = 0, 0, [0] * len(BOUNDS), []
    for at in range(0, seconds + 1, 15):
        if at == reset:
            total, errors, within = 0, 0, [0] * len(BOUNDS)
        for _ in range(rng.randint(0, most)):
            latency = rng.uniform(0.05, 1.5)
            total += 1
            errors += rng.random() < 0.1
            within = [count + (latency <= bound) for count, bound in zip(within, BOUNDS, strict=True)]
        points.append((start + at, total, errors, tuple(within)))
    return points


def by_hand(points, column, end, seconds=60):
    """Sum of what rose between neighbouring scrapes in ``(end - seconds, end]``; a fall is a restart from 0."""
    rose = 0
    for before, after in itertools.pairwise(points):
        if end - seconds < after[0] <= end:
            rose += after[column] - before[column] if after[column] >= before[column] else after[column]
    return rose


@pytest.fixture(scope="module")
def history():
    """Two hours of several kinds of server: when they start, the replicas of one, and all samples."""
    rng = random.Random(11)
    start = int(time.time()) // HOUR * HOUR - 3 * HOUR
    samples = Samples()
    replicas = {
        "a:8000": grow(rng, start, 2 * HOUR, reset=RESET),
        "b:8000": [p for p in grow(rng, start, 2 * HOUR) if not GAP[0] <= p[0] - start < GAP[1]],
        "c:8000": [p for p in grow(rng, start, 2 * HOUR) if p[0] - start >= 900],
    }
    for instance, points in replicas.items():
        own = {"job": "chat", "instance": instance, "model_name": "llama", "engine": "0"}
        finished = "vllm:request_success_total"
        good = [(at, total - errors) for at, total, errors, _ in points]
        samples.add(finished, own | {"finished_reason": "stop"}, good, "counter")
        bad = [(at, errors) for at, _, errors, _ in points]
        samples.add(finished, own | {"finished_reason": "error"}, bad, "counter")
        for place, bound in enumerate(BOUNDS):
            counted = [(at, within[place]) for at, _, _, within in points]
            name = "vllm:e2e_request_latency_seconds_bucket"
            samples.add(name, own | {"le": str(bound)}, counted, "histogram")
        samples.add(name, own | {"le": "+Inf"}, [(at, total) for at, total, _, _ in points], "histogram")
        samples.add("vllm:num_requests_running", own, [(at, 1) for at, *_ in points])
        samples.add("vllm:num_requests_waiting", own, [(at, at // 15 % 7) for at, *_ in points])
        samples.add("vllm:kv_cache_usage_perc", own, [(at, at // 15 % 10 / 10) for at, *_ in points])
        samples.add("up", {"job": "chat", "instance": instance}, [(at, 1) for at, *_ in points])
    every = range(start, start + 2 * HOUR + 1, 15)
    # a server that falls silent after an hour, and one that was never declared
    own = {"job": "old", "instance": "o:8000", "model_name": "old"}
    samples.add("vllm:num_requests_running", own, [(at, 0) for at in every if at < start + HOUR])
    samples.add("up", {"job": "old", "instance": "o:8000"}, [(at, int(at < start + HOUR)) for at in every])
    samples.add("vllm:num_requests_running", own | {"model_name": "stray", "job": "stray"}, [(at, 0) for at in every])
    # a mesh whose first 5xx appears at BORN, in milliseconds
    mesh = {"job": "istio", "instance": "e:15020", "destination_service_name": "chat"}
    for code, reporter, points in (
        ("200", "destination", [(at, (at - start) // 5) for at in every]),
        ("200", "source", [(at, (at - start) // 5) for at in every]),
        ("503", "destination", [(at, 1 + (at - start - BORN) // 60) for at in every if at - start >= BORN]),
    ):
        labels = mesh | {"response_code": code, "reporter": reporter}
        samples.add("istio_requests_total", labels, points, "counter")
    for bound, share in (("100", 0.5), ("1000", 0.98), ("+Inf", 1.0)):
        labels = mesh | {"le": bound, "reporter": "destination"}
        points = [(at, int((at - start) // 5 * share)) for at in every]
        samples.add("istio_request_duration_milliseconds_bucket", labels, points, "histogram")
    # an HTTP server of no known kind: latency and up, nothing else
    own = {"job": "odd", "instance": "d:80"}
    for bound, share in (("0.1", 0.5), ("1", 0.9), ("+Inf", 1.0)):
        points = [(at, (at - start) * share) for at in every]
        samples.add("http_request_duration_seconds_bucket", own | {"le": bound}, points, "histogram")
    samples.add("up", own, [(at, 1) for at in every])
    # eight readings of two GPUs, one of them cut into instances
    for gpu, part, used in (("0", "", 1000), ("1", "7", 2000)):
        own = {"job": "dcgm", "instance": "g1:9400", "Hostname": "g1", "gpu": gpu, "GPU_I_ID": part}
        own |= {"namespace": "serving", "container": "chat"} if gpu == "0" else {}
        own = {name: value for name, value in own.items() if value}
        for name, value in (
            ("DCGM_FI_DEV_GPU_UTIL", 87),
            ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0.31),
            ("DCGM_FI_DEV_FB_USED", used),
            ("DCGM_FI_DEV_FB_FREE", 80000 - used),
            ("DCGM_FI_DEV_POWER_USAGE", 412.5),
            ("DCGM_FI_DEV_GPU_TEMP", 64),
        ):
            samples.add(name, own, [(at, value) for at in every])
        samples.add(
            "DCGM_FI_DEV_XID_ERRORS", own, [(at, 79 if at - start > 1000 and gpu == "1" else 0) for at in every]
        )
    # Kubernetes and a host
    own = {"job": "ksm", "instance": "k:8080", "namespace": "serving", "deployment": "chat"}
    samples.add("kube_deployment_spec_replicas", own, [(at, 3) for at in every])
    samples.add("kube_deployment_status_replicas_ready", own, [(at, 3 - (at - start > 1800)) for at in every])
    own = {"job": "node", "instance": "g1:9100"}
    samples.add("up", own, [(at, 1) for at in every])
    samples.add("node_memory_MemTotal_bytes", own, [(at, 1000) for at in every])
    samples.add("node_memory_MemAvailable_bytes", own, [(at, 250) for at in every])
    for mode, rate in (("idle", 0.75), ("user", 0.25)):
        points = [(at, (at - start) * rate) for at in every]
        samples.add("node_cpu_seconds_total", own | {"cpu": "0", "mode": mode}, points, "counter")
    return start, replicas, samples


@pytest.fixture(scope="module")
def fleet(history, tmp_path_factory):
    """A Prometheus with that history."""
    start, replicas, samples = history
    with prometheus(tmp_path_factory.mktemp("fleet"), samples) as server:
        yield start, replicas, server


MATCHES = {
    "chat": {"vllm": {"model_name": "llama"}},
    "old": {"vllm": {"model_name": "old", "job": "old"}},
    "meshed": {
        "istio": {"destination_service_name": "chat"},
        "vllm": {"model_name": "llama"},
        "kube_state_metrics": {"namespace": "serving", "deployment": "chat"},
        "dcgm": {"namespace": "serving", "container": "chat"},
    },
    "odd": {"generic": {"job": "odd"}},
}
NODES = {"g1": {"dcgm": {"Hostname": "g1"}, "node_exporter": {"instance": "g1:9100"}}}


@pytest.fixture
def read(fleet, make_context):
    """Collect a window given in seconds after the start: metric and labels to (time after the start, value)."""
    start, _, server = fleet

    def run(begin, end, step=60.0, interval=15.0, url=server.url):
        with httpx.Client(base_url=url, trust_env=False) as client:
            window = (start + begin, start + end)
            context = make_context(client, window, MATCHES, NODES, step, models={"meshed": "llama-70b"})
            return list(collect(Prometheus(scrape_interval=interval), context, Job()))

    return run


def series(found, metric, /, **labels):
    """The one series of a metric with these labels: seconds to value."""
    key = SeriesKey.of(metric, {"enclave": "alpha"} | labels)
    members = [one for one in found if isinstance(one, Series) and one.key == key]
    assert members, f"{key} is not there"
    return {float(at): float(value) for one in members for at, value in zip(one.time, one.value, strict=True)}


def promql(server, query, start, end, step=60):
    """One series that Prometheus itself answers."""
    form = {"query": query, "start": start, "end": end, "step": step}
    answer = httpx.post(f"{server.url}/api/v1/query_range", data=form, trust_env=False).json()
    (one,) = answer["data"]["result"]
    return {float(at): float(value) for at, value in one["values"]}


def test_that_counts_are_the_hand_sum_over_replicas_with_reset_and_newcomer(fleet, read):
    start, replicas, _ = fleet
    found = read(600, GAP[0])
    for metric, column in (("endpoint_requests", 1), ("endpoint_errors", 2)):
        counted = series(found, metric, endpoint="chat")
        assert list(counted) == [start + at for at in range(600, GAP[0], 60)]
        for at, value in counted.items():
            members = [replicas["a:8000"], replicas["b:8000"]]
            # the third replica is first scraped at 900: its first whole step ends at 960
            members += [replicas["c:8000"]] if at >= start + 960 else []
            assert value == sum(by_hand(points, column, at) for points in members), at - start


def test_that_counts_equal_promql_where_it_need_not_extrapolate(fleet, read):
    start, _, server = fleet
    # a scrape stands on each edge, so that a millisecond more than the step holds both ends of it
    query = 'sum(increase(vllm:request_success_total{model_name="llama"}[60001ms]))'
    ours = series(read(3600, 7200), "endpoint_requests", endpoint="chat")
    theirs = promql(server, query, start + 3600, start + 7140)
    assert list(ours) == list(theirs)
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-4)


def test_that_within_counts_are_the_hand_sum_of_each_bucket(fleet, read):
    start, replicas, _ = fleet
    found = read(3600, 4800)
    for place, bound in enumerate(BOUNDS):
        for at, value in series(found, "endpoint_requests_within", endpoint="chat", le=f"{bound:g}").items():
            expected = 0
            for points in replicas.values():
                expected += by_hand([(one[0], one[3][place]) for one in points], 1, at)
            assert value == expected
    assert start


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_that_quantiles_equal_histogram_quantile(fleet, read, share):
    start, _, server = fleet
    bucket = 'vllm:e2e_request_latency_seconds_bucket{model_name="llama"}'
    query = f"histogram_quantile({share}, sum by (le) (rate({bucket}[300001ms])))"
    found = read(3600, 7200)
    ours = series(found, "endpoint_latency_seconds", endpoint="chat", quantile=f"{share:g}")
    bound = series(found, "endpoint_latency_bound", endpoint="chat", quantile=f"{share:g}")
    theirs = promql(server, query, start + 3600, start + 7140)
    assert list(ours) == list(bound) == list(theirs)
    assert set(bound.values()) == {0.0}
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-9)


def test_that_a_gap_of_one_replica_leaves_the_others_and_its_first_step_back_uncounted(fleet, read):
    start, replicas, _ = fleet
    counted = series(read(GAP[0], GAP[1] + 180), "endpoint_requests", endpoint="chat")
    others = [replicas["a:8000"], replicas["c:8000"]]
    for at, value in counted.items():
        # the last scrape before the gap is at 2385: the edge 2400 is known from it, so its step is counted
        members = others if GAP[0] < at - start <= GAP[1] else [*others, replicas["b:8000"]]
        assert value == sum(by_hand(points, 1, at) for points in members), at - start


def test_that_windows_join_and_a_window_read_again_gives_the_same(read):
    whole = read(600, 4200)
    parts = [*read(600, 1980), *read(1980, 2700), *read(2700, 4200)]
    keys = {one.key for one in whole if isinstance(one, Series)}
    assert keys == {one.key for one in parts if isinstance(one, Series)}
    for key in keys:
        labels = dict(key.labels)
        labels.pop("enclave")
        assert series(whole, key.metric, **labels) == series(parts, key.metric, **labels), key
    again = read(600, 4200)
    for one, other in zip(whole, again, strict=True):
        if isinstance(one, Series):
            np.testing.assert_array_equal(one.value, other.value)
        else:
            assert one == other


def test_that_a_long_window_at_a_short_step_stays_below_the_limit_of_points(fleet, read):
    start, _, server = fleet
    form = {"query": "up", "start": start, "end": start + 2 * HOUR, "step": 0.5}
    assert httpx.post(f"{server.url}/api/v1/query_range", data=form, trust_env=False).status_code == 400
    counted = series(read(600, 2 * HOUR, step=0.5), "endpoint_queue_length", endpoint="chat")
    assert len(counted) == (2 * HOUR - 600) * 2


def test_that_scrapes_off_the_edges_differ_from_promql_by_its_extrapolation_only(fleet, read):
    start, replicas, server = fleet
    # 100 s is no multiple of 15 s: increase() stretches 90 s of scrapes to 100 s, we never do
    ours = series(read(3700, 7300, step=100.0), "endpoint_requests", endpoint="chat")
    query = 'sum(increase(vllm:request_success_total{model_name="llama"}[100s]))'
    theirs = promql(server, query, start + 3700, start + 7200, 100)
    hand = sum(by_hand(points, 1, start + 7200, 3600) for points in replicas.values())
    assert sum(ours.values()) == hand
    assert sum(theirs.values()) == pytest.approx(hand, rel=0.02)
    assert sum(theirs.values()) != hand


def test_that_gauges_are_read_at_the_steps(fleet, read):
    start, _, _ = fleet
    found = read(3600, 4200)
    for at, value in series(found, "endpoint_queue_length", endpoint="chat").items():
        assert value == 3 * (int(at) // 15 % 7)
    for at, value in series(found, "endpoint_saturation_ratio", endpoint="chat").items():
        assert value == int(at) // 15 % 10 / 10
    assert set(series(found, "endpoint_up", endpoint="chat").values()) == {1.0}
    assert start


def test_that_a_server_that_is_down_is_down_and_what_it_exports_unknown(read):
    found = read(3600, 5400)
    assert set(list(series(found, "endpoint_up", endpoint="old").values())[1:]) == {0.0}
    metrics = [one for one in found if isinstance(one, Series) and one.key.label("endpoint") == "old"]
    late = [one for one in metrics if one.key.metric == "exported" and one.time[-1] > one.time[0] + 600]
    assert [one.key.label("metric") for one in late] == ["endpoint_up"]


def test_that_the_first_error_of_a_mesh_is_counted_and_no_error_is_zero(fleet, read):
    start, _, _ = fleet
    errors = series(read(1800, 2400), "endpoint_errors", endpoint="meshed")
    # 503s stand at 1 from BORN = 2115 on and rise by one every 60 s after it
    assert {at - start: value for at, value in errors.items()} == {
        float(at): float(at >= 2160) for at in range(1800, 2400, 60)
    }


def test_that_the_first_recipe_gives_a_metric_and_the_next_ones_the_rest(read):
    found = read(3600, 4200)
    groups = {
        one.key.metric: one.group
        for one in found
        if isinstance(one, Series) and one.key.label("endpoint") == "meshed" and one.key.metric != "exported"
    }
    assert groups["endpoint_requests"] == "main/istio/meshed"
    assert groups["endpoint_latency_seconds"] == "main/istio/meshed"
    assert groups["endpoint_up"] == "main/vllm/meshed"
    assert groups["endpoint_replicas_ready"] == "main/kube_state_metrics/meshed"
    # a minute brings 12 answers with 200 and one with 503; what the source's side reports of the same is left out
    assert set(series(found, "endpoint_requests", endpoint="meshed").values()) == {13.0}
    assert set(series(found, "endpoint_replicas_ready", endpoint="meshed").values()) == {2.0}
    assert set(series(found, "endpoint_replicas_wanted", endpoint="meshed").values()) == {3.0}
    within = series(found, "endpoint_requests_within", endpoint="meshed", le="1")
    assert len(within) == 10
    latency = series(found, "endpoint_latency_seconds", endpoint="meshed", quantile="0.99")
    bound = series(found, "endpoint_latency_bound", endpoint="meshed", quantile="0.99")
    assert set(latency.values()) == {1.0}
    assert set(bound.values()) == {1.0}


def test_that_a_server_without_a_recipe_shows_up_and_latency_and_names_the_rest(fleet, read):
    _, _, server = fleet
    found = read(3600, 4200)
    assert set(series(found, "endpoint_up", endpoint="odd").values()) == {1.0}
    # half below 0.1 s, nine tenths below 1 s: the median is at most 0.1 s, the rest is at least 1 s
    assert set(series(found, "endpoint_latency_seconds", endpoint="odd", quantile="0.5").values()) == {0.1}
    assert set(series(found, "endpoint_latency_bound", endpoint="odd", quantile="0.5").values()) == {-1.0}
    assert set(series(found, "endpoint_latency_bound", endpoint="odd", quantile="0.95").values()) == {1.0}
    exported = {
        one.key.label("metric"): set(one.value)
        for one in found
        if isinstance(one, Series) and one.key.metric == "exported" and one.key.label("endpoint") == "odd"
    }
    assert exported == {
        "endpoint_up": {1.0},
        "endpoint_latency_seconds": {1.0},
        "endpoint_requests": {0.0},
        "endpoint_errors": {0.0},
        "endpoint_queue_length": {0.0},
        "endpoint_saturation_ratio": {0.0},
        "endpoint_replicas_ready": {0.0},
        "endpoint_replicas_wanted": {0.0},
    }
    assert server


def test_that_gpus_come_with_their_units_and_what_is_not_exported_is_not_zero(fleet, read):
    start, _, _ = fleet
    found = read(600, 1800)
    whole = {"node": "g1", "gpu": "0", "model": "llama-70b"}
    part = {"node": "g1", "gpu": "1:7"}
    assert set(series(found, "gpu_utilisation_ratio", **whole).values()) == {0.87}
    assert set(series(found, "gpu_sm_active_ratio", **part).values()) == {0.31}
    assert set(series(found, "gpu_memory_used_bytes", **part).values()) == {2000 * 2**20}
    assert set(series(found, "gpu_memory_total_bytes", **part).values()) == {80000 * 2**20}
    assert set(series(found, "gpu_power_watts", **part).values()) == {412.5}
    assert set(series(found, "exported", metric="gpu_ecc_uncorrectable_total", **part).values()) == {0.0}
    assert set(series(found, "exported", metric="gpu_power_watts", **part).values()) == {1.0}
    assert not [one for one in found if isinstance(one, Series) and one.key.metric == "gpu_ecc_uncorrectable_total"]
    (xid,) = [one for one in found if not isinstance(one, Series) and one.kind == "xid"]
    assert (xid.subject, xid.text, xid.start - start) == ("g1", "XID 79", 1005.0)


def test_that_a_host_is_read(read):
    found = read(3600, 4200)
    assert set(series(found, "node_up", node="g1").values()) == {1.0}
    assert set(series(found, "node_memory_used_bytes", node="g1").values()) == {750.0}
    busy = series(found, "node_cpu_busy_ratio", node="g1")
    assert list(busy.values()) == pytest.approx([0.25] * 10)


@pytest.mark.skipif(not VICTORIA, reason="victoria-metrics is not installed")
def test_that_victoriametrics_gives_the_same_numbers(history, read, tmp_path):
    ours = {one.key: one for one in read(600, 6000) if isinstance(one, Series)}
    with victoria(tmp_path / "victoria", history[2]) as server:
        theirs = {one.key: one for one in read(600, 6000, url=server.url) if isinstance(one, Series)}
    assert set(ours) == set(theirs)
    assert len(ours) > 100
    for key, one in ours.items():
        np.testing.assert_array_equal(one.time, theirs[key].time, err_msg=str(key))
        np.testing.assert_allclose(one.value, theirs[key].value, rtol=1e-12, err_msg=str(key))


def test_that_check_names_what_is_there_what_is_missing_and_what_nobody_declared(fleet, make_context):
    start, _, server = fleet
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        window = (start + 6000, start + 7000)
        matches = {**MATCHES, "ghost": {"vllm": {"model_name": "ghost"}}}
        context = make_context(client, window, matches, NODES)
        findings = list(check(Prometheus(scrape_interval=15.0), context, Job()))
    texts = {state: [one.text for one in findings if one.state == state] for state in ("ok", "missing", "proposal")}
    assert any(text.startswith("chat: vllm gives endpoint_requests") for text in texts["ok"])
    assert any(text.startswith("ghost: nothing found") for text in texts["missing"])
    assert any("odd: not exported" in text and "endpoint_errors" in text for text in texts["missing"])
    assert texts["proposal"] == ['vLLM: not declared: model_name = "stray"']
    (proposal,) = [one for one in findings if one.state == "proposal"]
    assert proposal.snippet == 'match = { vllm = { model_name = "stray" } }'
