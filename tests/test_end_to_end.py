"""One bundle all the way: a real Prometheus, a collector, a carried bundle, a station, its answers.

Seven days are back-filled into Debian's Prometheus with promtool. Every expected value comes from
that Prometheus by direct PromQL, or from the raw samples by arithmetic; none from Watchfloor.
"""

import argparse
import importlib
import itertools
import json
import math
import shutil
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from app.bundle.trustfile import open_trust
from app.cli import Context
from app.clock import FrozenClock, from_iso, to_iso
from app.paths import Paths
from tests.fakes import prometheus as real

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not real.AVAILABLE, reason="needs Debian's prometheus"),
    pytest.mark.timeout(300),
]

NOW = 1_794_493_920.0  # 2026-11-12T14:32:00Z
STEP = 60.0
START = NOW - 7 * 86400
GAP = (NOW - 3 * 86400, NOW - 3 * 86400 + 7200)
BOUNDS = (0.3, 0.5, 1.0, 2.5, math.inf)
MODEL = {"job": "assist", "model_name": "llama"}
TOML = """
[enclave]
id = "alpha"
name = "Alpha Secret"
level = "S"
cadence = "1h"
grace = "10m"

[collector]
source = "alpha-collector"
stream = "core"
profile = "cnsa1"
keys = ["collector"]
backfill = "8d"
overlap = "10m"

[[endpoint]]
id = "assist-chat"
title = "Assistant chat"
expected_replicas = 2
match = { vllm = { model_name = "llama", job = "assist" } }

[[endpoint]]
id = "never-seen"
title = "Declared but silent"
match = { vllm = { model_name = "ghost", job = "ghost" } }

[[node]]
id = "gpu-01"
gpus = 2
match = { dcgm = { Hostname = "gpu-01" } }

[sources.main]
kind = "prometheus"
url = "URL"
scrape_interval = "60s"
"""


def history():
    """Two replicas of one vLLM: a restart of the second, errors in the last hour, a two-hour gap."""
    rng = np.random.default_rng(11)
    times = np.arange(START, NOW + 1, STEP)
    times = times[(times < GAP[0]) | (times >= GAP[1])]
    samples = real.Samples()
    restart = int(np.searchsorted(times, NOW - 86400))
    for replica, rate in (("a", 40), ("b", 25)):
        labels = {**MODEL, "instance": f"vllm-{replica}:8000"}
        good = rng.poisson(rate, times.size)
        bad = np.where(times > NOW - 3600, rng.poisson(rate * 0.06, times.size), 0)
        slow = rng.multinomial(1, [0.2, 0.4, 0.25, 0.14, 0.01], times.size) * (good + bad)[:, None]

        def counter(steps):
            raw = np.cumsum(steps).astype(float)
            if replica == "b":  # noqa: B023 -- called at once, within the same turn of the loop
                raw[restart:] -= raw[restart - 1]
            return list(zip(times.tolist(), raw.tolist(), strict=True))

        for reason, steps in (("stop", good), ("error", bad)):
            name = "vllm:request_success_total"
            samples.add(name, {**labels, "finished_reason": reason}, counter(steps), "counter")
        cumulative = np.cumsum(slow, axis=1)
        for place, bound in enumerate(BOUNDS):
            le = "+Inf" if math.isinf(bound) else repr(bound)
            name = "vllm:e2e_request_latency_seconds_bucket"
            samples.add(name, {**labels, "le": le}, counter(cumulative[:, place]), "histogram")
        waiting = rng.integers(0, 9, times.size).astype(float)
        cache = np.round(rng.random(times.size), 4)
        for name, values in (("vllm:num_requests_waiting", waiting), ("vllm:kv_cache_usage_perc", cache),
                             ("vllm:num_requests_running", waiting), ("up", np.ones(times.size))):  # fmt: skip
            samples.add(name, labels, list(zip(times.tolist(), values.tolist(), strict=True)))
    for gpu in ("0", "1"):
        labels = {"job": "dcgm", "Hostname": "gpu-01", "gpu": gpu, "UUID": f"GPU-{gpu}"}
        busy = rng.integers(0, 101, times.size).astype(float)
        for name, values in (("DCGM_FI_DEV_GPU_UTIL", busy), ("DCGM_FI_DEV_GPU_TEMP", 40 + busy / 4)):
            samples.add(name, labels, list(zip(times.tolist(), values.tolist(), strict=True)))
    return samples


class Promql:
    """Direct questions to the real Prometheus."""

    def __init__(self, url):
        self.url = url

    def ask(self, path, **given):
        query = urllib.parse.urlencode(given)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=60) as answer:
            told = json.load(answer)
        assert told["status"] == "success"
        return told["data"]["result"]

    def range(self, query, start, end):
        result = self.ask("query_range", query=query, start=start, end=end, step=STEP)
        return {float(t): float(v) for t, v in result[0]["values"]}

    def instant(self, query, at=NOW):
        return float(self.ask("query", query=query, time=at)[0]["value"][1])

    def raw(self, selector, at, seconds):
        return [
            [(float(t), float(v)) for t, v in one["values"]]
            for one in self.ask("query", query=f"{selector}[{int(seconds)}s]", time=at)
        ]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Two runs of a collector against a real Prometheus, carried to a station and imported there."""
    folder = tmp_path_factory.mktemp("chain")
    with real.prometheus(folder / "prometheus", history()) as server:
        enclave, station = Paths.under(folder / "enclave"), Paths.under(folder / "station")
        secret = folder / "passphrase"
        secret.write_text("correct horse battery staple\n", encoding="utf-8")
        secret.chmod(0o600)
        run("init", enclave, NOW - 3600, "--ceiling", "S", "--station", "collector-01")
        enclave.collector_toml.write_text(TOML.replace("URL", server.url), encoding="utf-8")
        for key in ("collector", "root"):
            words = ("--scheme", "ecdsa-sha2-nistp384", "--name", key, "--passphrase-file", str(secret))
            run("keys", enclave, NOW - 3600, "new", *words)
            run("keys", enclave, NOW - 3600, "export", key, "--output", str(folder / f"{key}.json"))
        trust = str(folder / "trust.json")
        run("trust", enclave, NOW - 3600, "draft", trust, "--root", str(folder / "root.json"), "--source",
            "alpha-collector", "--enclave", "alpha", "--max-level", "S", "--stream", "core", "--profile", "cnsa1",
            "--key", str(folder / "collector.json"))  # fmt: skip
        run("trust", enclave, NOW - 3600, "sign", trust, "--key", "root", "--passphrase-file", str(secret))
        for moment in (NOW - 3600, NOW):
            run("collect", enclave, moment, "--once", "--passphrase-file", str(secret))
        run("init", station, NOW + 300, "--ceiling", "TS", "--station", "watch-01")
        run("trust", station, NOW + 300, "init", trust, "--fingerprint", root_fingerprint(trust))
        carried = folder / "medium"
        shutil.copytree(enclave.outbox, carried, ignore=shutil.ignore_patterns(".*"))
        run("import", station, NOW + 300, str(carried))
        yield Promql(server.url), station, carried


@pytest.fixture(scope="module")
def enclave(chain):
    """Folder of the collector behind `chain`."""
    return Paths.under(chain[1].base.parent / "enclave")


def root_fingerprint(trust):
    """What a root holder would read out on the telephone."""
    return open_trust(Path(trust).read_bytes(), before=None).root_fingerprint


def run(name, paths, moment, *words, code=0):
    """Run one command at a moment; it must end with `code`."""
    command = importlib.import_module(f"app.commands.{name}").COMMAND
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    options = parser.parse_args([str(word) for word in words])
    assert command.run(options, Context(paths, FrozenClock(moment), None)) == code


def asked(capsys, name, paths, *words, moment=NOW + 300):
    capsys.readouterr()
    run(name, paths, moment, *words)
    return json.loads(capsys.readouterr().out)


def stored(capsys, station, metric, *labels, start=START, end=NOW + 1):
    """Samples of one series as `watchfloor series` tells them: seconds to value."""
    words = ["--metric", metric, "--start", to_iso(start), "--end", to_iso(end), "--json"]
    for label in labels:
        words += ["--label", label]
    (one,) = asked(capsys, "series", station, *words)["data"]["series"]
    return {from_iso(t): float(v) for t, v in one["points"]}


def scrapes(promql):
    """Times at which the first replica was really scraped."""
    (points,) = promql.raw('up{instance="vllm-a:8000"}', NOW, 7 * 86400 + 1)
    return [t for t, _ in points]


def test_that_both_bundles_are_applied_and_verify_again(chain, capsys):
    _, station, carried = chain
    told = asked(capsys, "verify", station, str(carried), "--json")
    assert [one["code"] for one in told["data"]] == ["DUPLICATE", "DUPLICATE"]


@pytest.mark.parametrize(
    ("metric", "query"),
    [
        ("endpoint_queue_length", "sum(vllm:num_requests_waiting)"),
        ("endpoint_saturation_ratio", "max(vllm:kv_cache_usage_perc)"),
        ("endpoint_up", "max(up)"),
    ],
)
def test_that_gauges_equal_promql_and_gaps_stay_gaps(chain, capsys, metric, query):
    promql, station, _ = chain
    found = stored(capsys, station, metric, "endpoint=assist-chat")
    # A scrape speaks for one and a half intervals, so a gap shows from its second minute on.
    assert sorted(found) == sorted([*scrapes(promql), GAP[0]])
    direct = {}
    for start in np.arange(START, NOW, 86400 * 3):
        direct |= promql.range(query, start, min(start + 86400 * 3 - STEP, NOW))
    assert {t: direct[t] for t in found} == found


def increments(points):
    """Reset-corrected differences of one raw counter: after a reset the new value itself was counted."""
    steps = {}
    for (_, before), (at, value) in itertools.pairwise(points):
        steps[at] = value - before if value >= before else value
    return steps


@pytest.mark.parametrize(
    ("metric", "selector"),
    [
        ("endpoint_requests", "vllm:request_success_total"),
        ("endpoint_errors", 'vllm:request_success_total{finished_reason=~"abort|error"}'),
    ],
)
def test_that_counts_are_the_raw_increments_across_a_restart(chain, capsys, metric, selector):
    promql, station, _ = chain
    found = stored(capsys, station, metric, "endpoint=assist-chat")
    wanted = {}
    for points in promql.raw(selector, NOW, 7 * 86400 + 1):
        for at, step in increments(points).items():
            wanted[at] = wanted.get(at, 0.0) + step
    # The step across the gap spans two hours: what happened in it belongs to no single step. The last
    # scrape before it speaks for one and a half intervals: nothing more had been counted by then.
    wanted.pop(GAP[1])
    wanted[GAP[0]] = 0.0
    assert found == wanted


@pytest.mark.parametrize("quantile", ["0.5", "0.95", "0.99"])
def test_that_quantiles_equal_histogram_quantile(chain, capsys, quantile):
    promql, station, _ = chain
    day = NOW - 43200
    found = stored(
        capsys, station, "endpoint_latency_seconds", "endpoint=assist-chat", f"quantile={quantile}", start=day
    )
    bounds = stored(
        capsys, station, "endpoint_latency_bound", "endpoint=assist-chat", f"quantile={quantile}", start=day
    )
    query = f"histogram_quantile({quantile}, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"
    direct = promql.range(query, day, NOW)
    exact = [t for t in found if bounds[t] == 0]
    assert len(exact) > 600
    assert [found[t] for t in exact] == pytest.approx([direct[t] for t in exact], rel=1e-9)


def test_that_gpu_series_equal_promql_in_their_canonical_unit(chain, capsys):
    promql, station, _ = chain
    found = stored(capsys, station, "gpu_utilisation_ratio", "node=gpu-01", "gpu=0", start=NOW - 7200)
    direct = promql.range('DCGM_FI_DEV_GPU_UTIL{gpu="0"} / 100', NOW - 7200, NOW)
    assert found == pytest.approx(direct, rel=1e-12)


def test_that_health_equals_promql_and_a_silent_endpoint_is_unknown(chain, capsys):
    promql, station, _ = chain
    told = asked(capsys, "health", station, "--json")
    assert told["marking"] == "SECRET"
    cells = {one["endpoint"]: one for one in told["data"]["deployments"]}
    assert cells["never-seen"]["state"] == "unknown"
    chat = cells["assist-chat"]
    assert chat["state"] == "critical"  # 6 % errors against a limit of 1 %
    assert from_iso(chat["data_time"]) == NOW
    assert chat["age_seconds"] == 300.0
    selector = 'vllm:request_success_total{finished_reason=~"abort|error"}'
    window = NOW - 300
    bad = sum(v for points in promql.raw(selector, NOW, 360) for t, v in increments(points).items() if t > window)
    every = "vllm:request_success_total"
    total = sum(v for points in promql.raw(every, NOW, 360) for t, v in increments(points).items() if t > window)
    metrics = chat["metrics"]
    assert metrics["endpoint_error_ratio"]["value"] == pytest.approx(bad / total, rel=1e-12)
    assert metrics["endpoint_requests_rate"]["value"] == pytest.approx(total / 300, rel=1e-12)
    query = "histogram_quantile(0.95, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"
    assert metrics["endpoint_latency_seconds"]["value"] == pytest.approx(promql.instant(query), rel=1e-9)


def test_that_the_audit_chain_of_the_station_holds(chain, capsys):
    _, station, _ = chain
    told = asked(capsys, "audit", station, "verify", "--json")
    assert told["data"]["first_broken"] is None
    assert told["data"]["records"] >= 4  # trust, two imports, two verifications


def test_that_a_dead_prometheus_leaves_the_endpoints_unknown_though_bundles_go_on(chain, enclave, capsys, caplog):
    """Runs last: it adds a bundle, cut an hour later while nothing could be read."""
    _, station, _ = chain
    later = NOW + 3600
    dead = enclave.collector_toml.read_text(encoding="utf-8").replace('url = "http', 'url = "http://127.0.0.1:9/" #')
    enclave.collector_toml.write_text(dead, encoding="utf-8")
    secret = str(enclave.base.parent / "passphrase")
    run("collect", enclave, later, "--once", "--passphrase-file", secret, code=3)
    newest = max(path for path in enclave.outbox.iterdir() if not path.name.startswith("."))
    run("import", station, later + 60, str(newest))
    told = asked(capsys, "health", station, "--json", moment=later + 60)
    (alpha,) = told["data"]["enclaves"]
    assert from_iso(alpha["data_time"]) == NOW, "the age is that of the data, not of the last bundle"
    chat = next(one for one in told["data"]["deployments"] if one["endpoint"] == "assist-chat")
    assert chat["state"] == "unknown", "it was critical when last seen; now nobody knows"
    assert from_iso(chat["data_time"]) == NOW
    up = stored(capsys, station, "collection_up", "source=main", start=later - 60, end=later + 60)
    assert set(up.values()) == {0.0}
