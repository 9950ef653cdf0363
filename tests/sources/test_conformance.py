"""What every adapter keeps to, whichever it is: the collector and the pages rely on it."""

import re

import httpx
import numpy as np
import pytest

from app.errors import SourceError
from app.job import Cancelled, Job
from app.model.event import Event
from app.model.sample import Series
from app.source import Access, Source, discover
from app.toml import Place, read_table
from tests.fakes.servers import FakePrometheus, client

WINDOW = (1_800_000_000, 1_800_000_600)
UNITS = ("_seconds", "_bytes", "_ratio", "_watts", "_celsius", "_total", "_length", "_up", "_bound")
COUNTS = ("endpoint_requests", "endpoint_errors", "endpoint_requests_within", "endpoint_replicas_ready")
COUNTS += ("endpoint_replicas_wanted", "exported")
IDENTITY = {"enclave", "endpoint", "model", "version", "node", "gpu", "replica", "group", "feature"}
QUALIFIERS = {"quantile", "le", "metric", "source"}


def prometheus_over_a_busy_server(make_context):
    every = range(WINDOW[0] - 900, WINDOW[1], 15)
    own = {"job": "chat", "instance": "a:8000", "model_name": "llama"}
    rising = [(at, float(at % 10_000)) for at in every]
    buckets = [({**own, "le": bound}, rising) for bound in ("0.3", "1", "+Inf")]
    gauge = [(at, 1.0) for at in range(WINDOW[0] - 300, WINDOW[1], 60)]
    since = [(at, WINDOW[0] - 300.0) for at, _ in gauge]
    server = FakePrometheus(
        {
            "vllm:request_success_total": [({**own, "finished_reason": "stop"}, rising)],
            "vllm:e2e_request_latency_seconds_bucket": buckets,
            "DCGM_EXP_XID_ERRORS_TOTAL": [({"Hostname": "g1", "gpu": "0", "xid": "48"}, rising)],
            "ALERTS": [({"alertname": "Slow", "alertstate": "firing", "model_name": "llama"}, gauge)],
            "ALERTS_FOR_STATE": [({"alertname": "Slow", "model_name": "llama"}, since)],
        },
        {
            "timestamp(up)": lambda _, end, __: [({}, [(end, end)])],
            "vllm:": lambda *_: [(own, gauge)],
            "DCGM": lambda *_: [({"Hostname": "g1", "gpu": "0"}, gauge)],
            "node_": lambda *_: [({"instance": "g1:9100"}, gauge)],
        },
        warnings=["partial response"],
    )
    matches = {"chat": {"vllm": {"model_name": "llama"}}}
    nodes = {"g1": {"dcgm": {"Hostname": "g1"}, "node_exporter": {"instance": "g1:9100"}}}
    return server, lambda handler: make_context(client(handler), WINDOW, matches, nodes)


STANDS = {"prometheus": prometheus_over_a_busy_server}
"""For each kind a server that has something of everything, and a context over a handler."""


@pytest.fixture(params=sorted(discover()))
def adapter(request, make_context):
    source = discover()[request.param]
    assert request.param in STANDS, f"add a stand for {request.param} here"
    server, over = STANDS[request.param](make_context)
    settings = read_table(source.settings, {}, Place("settings.toml", ""))
    return source, settings, server, over


def gather(adapter):
    source, settings, server, over = adapter
    return list(source.collect(settings, over(server), Job()))


def test_that_an_adapter_is_declared_under_its_file_name():
    for kind, source in discover().items():
        assert isinstance(source, Source)
        assert source.kind == kind
        assert not {"url", "token", "password", "ca_file"} & set(source.settings.__dataclass_fields__)


def test_that_series_are_finite_in_time_ordered_and_inside_the_window(adapter):
    found = [one for one in gather(adapter) if isinstance(one, Series)]
    assert len(found) > 10
    for one in found:
        assert one.time.dtype == one.value.dtype == np.float64
        assert one.time.shape == one.value.shape
        assert np.isfinite(one.time).all()
        assert (np.diff(one.time) > 0).all()
        assert one.time[0] >= WINDOW[0]
        assert one.time[-1] < WINDOW[1]


def test_that_names_end_in_their_unit_and_labels_are_those_of_the_vocabulary(adapter):
    for one in gather(adapter):
        if isinstance(one, Series):
            metric = one.key.metric
            assert re.fullmatch(r"[a-z][a-z0-9_]*", metric)
            assert metric.endswith(UNITS) or metric in COUNTS, metric
            assert {name for name, _ in one.key.labels} <= IDENTITY | QUALIFIERS
            assert one.key.label("enclave") == "alpha"
            assert one.group.startswith("main/")


def test_that_events_carry_the_enclave_a_stable_key_and_times_in_order(adapter):
    first = [one for one in gather(adapter) if isinstance(one, Event)]
    again = [one for one in gather(adapter) if isinstance(one, Event)]
    assert {one.kind for one in first} >= {"alert", "collection", "xid"}
    assert [one.key for one in first] == [one.key for one in again]
    for one in first:
        assert one.enclave == "alpha"
        assert one.end is None or one.end >= one.start


def test_that_no_question_changes_anything_and_none_leaves_its_server(adapter):
    gather(adapter)
    _, _, server, _ = adapter
    for request, _ in server.requests:
        assert request.url.host == "prometheus.test"
        assert request.method == "GET" or (request.method, request.url.path) in {
            ("POST", "/api/v1/query"),
            ("POST", "/api/v1/query_range"),
        }


def test_that_cancelling_is_honoured_between_questions(adapter):
    source, settings, server, over = adapter
    job = Job()

    def handler(request):
        job.cancel()
        return server(request)

    with pytest.raises(Cancelled):
        list(source.collect(settings, over(handler), job))
    assert len(server.requests) == 1


def test_that_an_adapter_swallows_no_failure(adapter):
    source, settings, _, over = adapter
    with pytest.raises(SourceError):
        list(source.collect(settings, over(lambda _: httpx.Response(500)), Job()))
    with pytest.raises(SourceError):
        list(source.check(settings, over(lambda _: httpx.Response(500)), Job()))


def test_that_the_keys_of_access_are_the_same_for_all():
    assert set(Access.__dataclass_fields__) == {"url", "ca_file", "token", "user", "password", "timeout"}
