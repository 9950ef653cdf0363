"""The Prometheus adapter over recorded and made-up answers: what a real server will not do on demand."""

import json

import httpx
import numpy as np
import pytest

from app.errors import SettingsError, SourceError
from app.job import Cancelled, Job
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.source import Context
from app.sources.prometheus import SOURCE, Prometheus, check, collect
from tests.fakes.servers import FakePrometheus, as_json, capture, client, garbled, page, refused, success

CHAT = {"chat": {"vllm": {"model_name": "llama"}}}
WINDOW = (1_800_000_000, 1_800_000_600)
LABELS = {"job": "vllm", "instance": "a:8000", "model_name": "llama"}


def counter(rate=1, until=WINDOW[1], **labels):
    points = [(at, float((at - WINDOW[0]) // 15 * rate)) for at in range(WINDOW[0] - 900, until, 15)]
    return ({**LABELS, **labels}, points)


def run(server, context, settings=None):
    return list(collect(settings or Prometheus(scrape_interval=15.0), context, Job()))


def values(found, metric, /, **labels):
    key = SeriesKey.of(metric, {"enclave": "alpha", "endpoint": "chat"} | labels)
    parts = [one for one in found if isinstance(one, Series) and one.key == key]
    return np.concatenate([one.value for one in parts]) if parts else np.empty(0)


@pytest.fixture
def over(make_context):
    """Context over a handler."""

    def make(handler, **other):
        other = {"matches": CHAT} | other
        return make_context(client(handler), other.pop("window", WINDOW), **other)

    return make


# --- what is asked ----------------------------------------------------------------------------------------------


def test_that_queries_are_posted_as_forms_with_the_tenant(over):
    server = FakePrometheus({"vllm:request_success_total": [counter(finished_reason="stop")]})
    run(server, over(server), Prometheus(tenant="team-a", scrape_interval=15.0))
    for request, form in server.requests:
        assert request.method == "POST"
        assert request.headers["x-scope-orgid"] == "team-a"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert 'model_name="llama"' in form["query"] or "$" not in form["query"]


def test_that_only_declared_subjects_are_asked_for(over):
    matches = {"chat": {"vllm": {"model_name": 'l"la.ma'}}, "code": {"vllm": {"model_name": "co|der"}}}
    server = FakePrometheus()
    run(server, over(server, matches=matches))
    (query,) = [form["query"] for _, form in server.requests if "request_success_total" in form["query"]]
    # regular expression in a PromQL string: what is special is escaped for the one, then for the other
    assert query.startswith(r"""vllm:request_success_total{model_name=~"co\\|der|l\"la\\.ma"}[""")


def test_that_every_range_query_is_aligned_and_below_the_limit(over):
    server = FakePrometheus()
    run(server, over(server, window=(WINDOW[0] + 17, WINDOW[0] + 12 * 86400), step=30.0))
    ranges = [form for request, form in server.requests if request.url.path.endswith("query_range")]
    starts = sorted({float(form["start"]) for form in ranges})
    for form in ranges:
        start, end, step = float(form["start"]), float(form["end"]), float(form["step"])
        assert step == 30.0
        assert start % 30 == end % 30 == 0
        assert (end - start) / step + 1 <= 10_000
    assert len(starts) == 12 * 4  # twelve days in pieces of six hours
    selectors = [form["query"] for _, form in server.requests if "[" in form["query"] and "start" not in form]
    assert all(float(query.rsplit("[", 1)[1].split("ms]")[0]) < 7 * 3600 * 1000 for query in selectors)


def test_that_pieces_of_a_long_window_join_without_a_seam(over):
    days = WINDOW[0] + 2 * 86400
    server = FakePrometheus({"vllm:request_success_total": [counter(until=days, finished_reason="stop")]})
    found = run(server, over(server, window=(WINDOW[0], days)))
    parts = [one for one in found if isinstance(one, Series) and one.key.metric == "endpoint_requests"]
    time = np.concatenate([one.time for one in parts])
    assert len(parts) == 8
    np.testing.assert_array_equal(time, np.arange(WINDOW[0], days, 60.0))
    assert set(np.concatenate([one.value for one in parts])) == {4.0}


def test_that_a_window_that_ends_in_a_missed_scrape_gives_what_a_longer_one_gives(over):
    last = WINDOW[0] + 300
    every = [at for at in range(last - 25 - 60 * 15, last + 300, 15) if at != last - 10]
    labels = {**LABELS, "finished_reason": "stop"}
    server = FakePrometheus({"vllm:request_success_total": [(labels, [(at, float(at % 100_000)) for at in every])]})
    short = values(run(server, over(server, window=(WINDOW[0], last + 60))), "endpoint_requests")
    long = values(run(server, over(server, window=(WINDOW[0], last + 240))), "endpoint_requests")
    assert len(short) == 6
    np.testing.assert_array_equal(short, long[:6])


def test_that_a_series_that_was_away_for_less_than_five_minutes_is_not_taken_for_new(over):
    known = counter(finished_reason="stop")
    away = [(at, 70.0) for at in (WINDOW[0] - 350, *range(WINDOW[0] - 30, WINDOW[1], 15))]
    error = ({**LABELS, "finished_reason": "error"}, away)
    server = FakePrometheus({"vllm:request_success_total": [known, error]})
    assert set(values(run(server, over(server)), "endpoint_errors")) == {0.0}


def test_that_events_before_the_window_belong_to_the_run_before(over):
    def code(at):
        return 79.0 if at >= WINDOW[0] + 200 else 48.0 if at >= WINDOW[0] - 100 else 0.0

    labels = {"job": "dcgm", "instance": "g1", "Hostname": "g1", "gpu": "0"}
    points = [(at, code(at)) for at in range(WINDOW[0] - 900, WINDOW[1], 15)]
    counted = [(at, float(at >= WINDOW[0] - 100) + float(at >= WINDOW[0] + 200)) for at, _ in points]
    for raw in (
        {"DCGM_FI_DEV_XID_ERRORS": [(labels, points)]},
        {"DCGM_EXP_XID_ERRORS_TOTAL": [({**labels, "xid": "79"}, counted)]},
    ):
        server = FakePrometheus(raw)
        found = run(server, over(server, matches={}, node_matches={"g1": {"dcgm": {"Hostname": "g1"}}}))
        assert [(one.subject, one.text) for one in found if not isinstance(one, Series)] == [("g1", "XID 79")]


# --- what comes back --------------------------------------------------------------------------------------------


def test_that_nan_and_infinities_of_the_source_do_no_harm(over):
    labels, points = counter(finished_reason="stop")
    points[-5] = (points[-5][0], "NaN")
    gauge = [(LABELS, [(WINDOW[0] + 60, "+Inf"), (WINDOW[0] + 120, "-Inf"), (WINDOW[0] + 180, "2")])]
    server = FakePrometheus(
        {"vllm:request_success_total": [(labels, points)]}, {"vllm:num_requests_waiting": lambda *_: gauge}
    )
    found = run(server, over(server))
    assert values(found, "endpoint_requests").tolist() == [4.0] * 10
    assert values(found, "endpoint_queue_length").tolist() == [np.inf, -np.inf, 2.0]


def test_that_empty_answers_give_no_series_and_no_zero(over):
    server = FakePrometheus()
    assert run(server, over(server)) == []


def test_that_a_recorded_range_answer_is_read(over):
    recorded = json.loads(capture("json/prometheus_query_range_vllm_p95.json"))
    (row,) = recorded["data"]["result"]
    start = int(row["values"][0][0])

    def handler(request):
        if request.url.path.endswith("query_range") and b"num_requests_waiting" in request.content:
            return as_json(recorded)
        return success([])

    context = over(
        handler, matches={"chat": {"vllm": {"model_name": "tiny-llama"}}}, window=(start, start + 120), step=15.0
    )
    expected = [float(text) for _, text in row["values"]]
    assert values(run(None, context), "endpoint_queue_length").tolist() == expected


def test_that_a_recorded_native_histogram_answers_for_latency(over):
    """The recorded scrape is the last of a histogram that grew from nothing."""
    recorded = json.loads(capture("json/prometheus_native_histogram_instant.json"))
    (row,) = recorded["data"]["result"]
    at, body = row["histogram"]
    start = int(at) // 60 * 60 - 60
    empty = {"count": "0", "sum": "0", "buckets": []}
    points = [(float(t), empty) for t in range(start - 600, start + 1, 15)] + [(at, body), (start + 120.0, body)]
    labels = {name: value for name, value in row["metric"].items() if name != "__name__"}
    server = FakePrometheus({"http_request_duration_seconds": [(labels, points)]})
    context = over(server, matches={"chat": {"generic": {"job": labels["job"]}}}, window=(start, start + 180))
    found = run(server, context, Prometheus(scrape_interval=60.0))
    # five observations: 2 below 0.00232, 1 below 0.00276, 1 below 0.00552, 1 below 0.0078125; rank 2.5 is in the
    # second bucket, half way between its neighbour's bound and its own
    median = values(found, "endpoint_latency_seconds", quantile="0.5")
    low, high = float(body["buckets"][0][2]), float(body["buckets"][1][2])
    assert median[-1] == pytest.approx(low + (high - low) * 0.5)
    assert values(found, "endpoint_latency_bound", quantile="0.5")[-1] == 0.0
    assert float(body["buckets"][-1][1]) < values(found, "endpoint_latency_seconds", quantile="0.99")[-1]
    assert not len(values(found, "endpoint_requests_within"))


def test_that_a_native_histogram_that_no_recipe_asked_for_is_told_and_not_dropped_in_silence(over):
    body = {"count": "5", "sum": "1", "buckets": [[0, "0.1", "0.2", "5"]]}
    server = FakePrometheus({"vllm:request_success_total": [(LABELS, [(WINDOW[0], body)])]})
    (event,) = run(server, over(server))
    assert event.kind == "collection"
    assert "vllm:request_success_total is native" in event.text


def test_that_warnings_belong_to_their_window_and_infos_are_told_once(over):
    server = FakePrometheus(warnings=["partial response: store-3 down"], infos=["metric might not be a counter"])
    found = run(server, over(server))
    later = run(server, over(server, window=(WINDOW[0] + 600, WINDOW[1] + 600)))
    assert [(one.kind, one.subject, one.text) for one in found] == [
        ("collection", "main", "partial response: store-3 down"),
        ("collection", "main", "metric might not be a counter"),
    ]
    assert (found[0].start, found[0].end) == WINDOW
    assert found[0].key != later[0].key
    assert found[1].key == later[1].key


def test_that_a_partial_answer_of_victoriametrics_is_told(over):
    server = FakePrometheus(isPartial=True)
    assert "partial response" in run(server, over(server))[0].text


def test_that_an_undeclared_server_is_never_collected_under_another_name(over):
    stray = counter(rate=50, finished_reason="stop", model_name="stray")
    server = FakePrometheus({"vllm:request_success_total": [counter(finished_reason="stop"), stray]})
    found = run(server, over(server))
    assert {one.key.label("endpoint") for one in found} == {"chat"}
    assert set(values(found, "endpoint_requests")) == {4.0}


def test_that_every_series_carries_its_enclave_and_its_scrape_group(over):
    server = FakePrometheus({"vllm:request_success_total": [counter(finished_reason="stop")]})
    found = run(server, over(server))
    assert found
    for one in found:
        assert one.key.label("enclave") == "alpha"
        assert one.group == "main/vllm/chat"


def test_that_triton_counts_both_families_and_without_quantiles_gives_only_a_mean(over):
    labels = {"job": "triton", "instance": "t:8002", "model": "ocr", "version": "1"}
    every = range(WINDOW[0] - 900, WINDOW[1], 15)
    server = FakePrometheus(
        {
            "nv_inference_request_success": [(labels, [(at, float(at % 1000)) for at in every])],
            "nv_inference_request_failure": [
                ({**labels, "reason": reason}, [(at, float((at - WINDOW[0] + 900) // 15 * rise)) for at in every])
                for reason, rise in (("BACKEND", 1), ("CANCELED", 2))
            ],
            "nv_inference_request_duration_us": [(labels, [(at, (at - WINDOW[0]) * 30_000.0) for at in every])],
        }
    )
    server.raw["nv_inference_request_success"] = [(labels, [(at, (at - WINDOW[0] + 900) * 0.2) for at in every])]
    found = run(server, over(server, matches={"chat": {"triton": {"model": "ocr"}}}))
    # a minute: 12 successes, 4 backend failures, 8 cancelled by clients; 1.8 s of work for 12 answers
    assert values(found, "endpoint_requests") == pytest.approx([24.0] * 10)
    assert values(found, "endpoint_errors").tolist() == [4.0] * 10
    assert values(found, "endpoint_latency_mean_seconds") == pytest.approx([0.15] * 10)
    assert not len(values(found, "endpoint_latency_seconds", quantile="0.95"))
    assert set(values(found, "exported", metric="endpoint_latency_seconds")) == {0.0}


def test_that_a_summary_of_several_replicas_is_only_at_most(over):
    def summary(start, end, step):
        points = [(at, 15301.0) for at in np.arange(start, end + 1, step)]
        other = [(at, 9000.0) for at in np.arange(start, end - 120, step)]
        labels = {"model": "ocr", "quantile": "0.95"}
        return [({**labels, "instance": "t1"}, points), ({**labels, "instance": "t2"}, other)]

    server = FakePrometheus(grid={"nv_inference_request_summary_us": summary})
    found = run(server, over(server, matches={"chat": {"triton": {"model": "ocr"}}}))
    assert set(values(found, "endpoint_latency_seconds", quantile="0.95")) == {0.015301}
    assert values(found, "endpoint_latency_bound", quantile="0.95").tolist() == [-1.0] * 7 + [0.0] * 3


# --- alerts -----------------------------------------------------------------------------------------------------

SLOW = {"alertname": "Slow", "model_name": "llama", "severity": "critical"}


def alerting(*alerts, until=WINDOW[1], speaks=True):
    """A server that evaluates its rules every 15 s; `alerts` are (labels, first firing, last firing).

    It reads targets `until` then, and `speaks` of them when a window begins.
    """
    raw = {"ALERTS": [], "ALERTS_FOR_STATE": []}
    for labels, first, last in alerts:
        times = [float(at) for at in range(first, last + 1, 15)]
        raw["ALERTS"].append((labels | {"alertstate": "firing"}, [(at, 1.0) for at in times]))
        raw["ALERTS"].append((labels | {"alertstate": "pending"}, [(at - 30.0, 1.0) for at in times[:2]]))
        raw["ALERTS_FOR_STATE"].append((labels, [(at, first - 30.0) for at in (first - 30.0, first - 15.0, *times)]))
    grid = {"timestamp(up)": lambda start, end, step: [({}, [(end, float(min(until, end)))])]}
    return FakePrometheus(raw, grid, [{"metric": {}, "value": [0, "1"]}] if speaks else [])


def alerts_of(found):
    return [one for one in found if not isinstance(one, Series) and one.kind == "alert"]


def test_that_an_alert_is_told_of_the_endpoint_whose_labels_it_carries(over):
    server = alerting((SLOW, WINDOW[0] + 120, WINDOW[1] - 15))
    (event,) = alerts_of(run(server, over(server)))
    assert (event.subject, event.start, event.end) == ("chat", WINDOW[0] + 120, None)
    assert event.labels == (("alertname", "Slow"), ("enclave", "alpha"), ("severity", "critical"))
    assert event.key.endswith(f"/{WINDOW[0] + 90}")


def test_that_a_later_window_closes_the_alert_that_an_earlier_one_opened(over):
    server = alerting((SLOW, WINDOW[0] + 120, WINDOW[0] + 600), until=WINDOW[0] + 1800)
    (open_one,) = alerts_of(run(server, over(server)))
    (closed,) = alerts_of(run(server, over(server, window=(WINDOW[1] + 300, WINDOW[1] + 900))))
    assert open_one.end is None
    assert closed.end == WINDOW[0] + 615
    assert (closed.key, closed.start) == (open_one.key, open_one.start)


def test_that_silence_of_the_server_ends_no_alert(over):
    server = alerting((SLOW, WINDOW[0] + 120, WINDOW[0] + 300), until=WINDOW[0] + 310)
    (event,) = alerts_of(run(server, over(server)))
    assert event.end is None


@pytest.mark.parametrize(("speaks", "ends"), [(False, [WINDOW[0] - 5 * 3600 + 15]), (True, [])])
def test_that_after_a_silence_alerts_are_ended_that_nobody_ended_before(over, speaks, ends):
    lost = (SLOW, WINDOW[0] - 6 * 3600, WINDOW[0] - 5 * 3600)
    found = alerts_of(run(server := alerting(lost, speaks=speaks), over(server)))
    assert [one.end for one in found] == ends


def test_that_an_alert_that_began_long_ago_begins_at_the_same_moment_in_every_window(over):
    began = WINDOW[0] - 10 * 3600
    server = alerting((SLOW, began, WINDOW[1]))
    starts = [
        alerts_of(run(server, over(server, window=(at, at + 600))))[0].start
        for at in (began, began + 1800, began + 5 * 3600, WINDOW[0])
    ]
    assert starts == [began] * 4


def test_that_alerts_of_a_node_are_its_and_those_of_nobody_are_counted(over):
    hot = {"alertname": "Hot", "Hostname": "g1"}
    strays = [({"alertname": "Quota", "namespace": f"n{n}"}, WINDOW[0], WINDOW[1]) for n in range(12)]
    server = alerting((hot, WINDOW[0] + 60, WINDOW[1]), *strays)
    found = run(server, over(server, node_matches={"g1": {"dcgm": {"Hostname": "g1"}}}))
    assert [(one.subject, one.text) for one in alerts_of(found)] == [("g1", "Hot")]
    assert [one.text for one in found if not isinstance(one, Series) and one.kind == "collection"] == [
        "12 alerts match no declared endpoint or node"
    ]


def test_that_only_alerts_of_what_is_declared_are_read_and_pending_ones_are_not_told(over):
    waiting = {"alertname": "Soon", "model_name": "llama"}
    server = alerting(({"alertname": "Quota"}, WINDOW[0], WINDOW[1]))
    server.raw["ALERTS"].append((waiting | {"alertstate": "pending"}, [(WINDOW[0] + 60.0, 1.0)]))
    found = run(server, over(server))
    assert not alerts_of(found)
    assert not any("ALERTS_FOR_STATE" in form["query"] for _, form in server.requests)


def test_that_of_more_alerts_than_can_be_read_the_rest_is_counted(over, monkeypatch):
    monkeypatch.setattr("app.sources.prometheus._MOST_ALERTS", 3)
    some = [(SLOW | {"pod": f"p{n}"}, WINDOW[0] + 60, WINDOW[1]) for n in range(5)]
    server = alerting(*some)
    found = run(server, over(server))
    assert len(alerts_of(found)) == 3
    assert [one.text for one in found if not isinstance(one, Series) and one.kind == "collection"] == [
        "5 alerts are too many at once, 3 were read"
    ]


def test_that_alerts_that_are_too_much_at_once_are_read_in_halves(over):
    server = alerting((SLOW, WINDOW[0] + 120, WINDOW[1] - 15))

    def limited(request):
        whole = server(request)
        query = server.requests[-1][1]["query"]
        long = query.startswith("ALERTS") and float(query.rsplit("[", 1)[1].removesuffix("ms]")) > 900_000
        return refused("execution", "query processing would load too many samples into memory") if long else whole

    assert alerts_of(run(server, over(limited))) == alerts_of(run(server, over(server)))


def test_that_a_site_that_switches_alerts_off_is_not_asked_for_them(over):
    server = alerting((SLOW, WINDOW[0] + 120, WINDOW[1]))
    settings = Prometheus(scrape_interval=15.0, alerts=False)
    assert not alerts_of(run(server, over(server), settings))
    assert not any("ALERTS" in form["query"] for _, form in server.requests)
    assert not any("Alerts" in one.text for one in check(settings, over(server), Job()))


def test_that_check_says_how_many_alerts_fire_and_how_many_of_them_are_told(over):
    server = alerting((SLOW, WINDOW[0], WINDOW[1]), ({"alertname": "Quota"}, WINDOW[0], WINDOW[1]))
    texts = [one.text for one in check(Prometheus(), over(server), Job())]
    assert "Alerts that fire: 2, of declared endpoints and nodes: 1" in texts


# --- when it asks for too much ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        refused("execution", "query processing would load too many samples into memory in query execution"),
        refused("bad_data", "exceeded maximum resolution of 11,000 points per timeseries", 400),
        refused("timeout", "query timed out in expression evaluation", 503),
    ],
)
def test_that_what_is_too_much_at_once_is_asked_for_in_halves(over, answer):
    server = FakePrometheus({"vllm:request_success_total": [counter(finished_reason="stop")]})

    def limited(request):
        whole = server(request)
        query = server.requests[-1][1]["query"]
        long = "request_success" in query and float(query.rsplit("[", 1)[1].removesuffix("ms]")) > 900_000
        return answer if long else whole

    found = run(server, over(limited))
    assert values(found, "endpoint_requests").tolist() == [4.0] * 10


def test_that_one_step_that_is_still_too_much_is_a_failure(over):
    with pytest.raises(SourceError) as caught:
        run(None, over(lambda _: refused("execution", "would load too many samples")))
    assert caught.value.kind == "limit"


def test_that_an_answer_without_end_is_not_read_to_its_end(over, monkeypatch):
    monkeypatch.setattr("app.source.MAX_ANSWER", 1000)
    with pytest.raises(SourceError) as caught:
        run(None, over(lambda _: httpx.Response(200, content=iter([b" " * 600] * 1000))))
    assert caught.value.kind == "limit"


# --- when it does not answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (page(), "authentication", "sign-in page"),
        (page(status=401), "authentication", "does not accept our credentials"),
        (httpx.Response(401), "authentication", "401"),
        (httpx.Response(403), "authentication", "403"),
        (httpx.Response(302, headers={"location": "https://sso.test/auth?token=x"}), "authentication", "sso.test/auth"),
        (httpx.Response(308, headers={"location": "/login"}), "authentication", "prometheus.test/login"),
        (httpx.Response(429), "limit", "too often"),
        (httpx.Response(404, json={}), "server", "404"),
        (httpx.Response(500), "server", "500"),
        (httpx.Response(502, text="bad gateway"), "server", "502"),
        (page(status=503), "server", "503"),
        (garbled(), "malformed", "no JSON"),
        (httpx.Response(200, content=b"[" * 100_000), "malformed", "no JSON"),
        (httpx.Response(200, content=b""), "malformed", "no JSON"),
        (as_json([]), "malformed", "not as Prometheus"),
        (as_json({"status": "success"}), "malformed", "no result"),
        (as_json({"status": "success", "data": {"result": [1]}}), "malformed", "no result"),
        (success([{"metric": {"a": 1}, "values": []}]), "malformed", "labels"),
        (success([{"metric": {}, "values": [[1, "x"]]}]), "malformed", "no number"),
        (success([{"metric": {}, "values": [[1]]}]), "malformed", "no number"),
        (refused("bad_data", "parse error: unexpected", 400), "server", "parse error"),
    ],
)
def test_that_every_other_answer_is_a_failure_of_a_named_class(over, answer, kind, words):
    with pytest.raises(SourceError) as caught:
        run(None, over(lambda _: answer))
    assert caught.value.kind == kind
    assert words in caught.value.message
    assert "token=x" not in str(caught.value)


def test_that_a_malformed_native_histogram_is_a_failure(over):
    server = FakePrometheus({"http_request_duration_seconds": [({"job": "x"}, [(WINDOW[0], {"count": "1"})])]})
    server.raw["http_request_duration_seconds"][0][1][0][1]["buckets"] = [[0, "low"]]
    with pytest.raises(SourceError, match="not laid out"):
        run(server, over(server, matches={"chat": {"generic": {"job": "x"}}}))


def test_that_transport_errors_are_left_to_the_collector(over):
    def handler(request):
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(httpx.ConnectError):
        run(None, over(handler))


def test_that_a_cancelled_job_stops_between_two_questions(over):
    job = Job()
    server = FakePrometheus()

    def handler(request):
        job.cancel()
        return server(request)

    with pytest.raises(Cancelled):
        list(collect(Prometheus(), over(handler), job))
    assert len(server.requests) == 1


# --- settings and recipes ---------------------------------------------------------------------------------------


def test_that_a_recipe_that_does_not_exist_is_refused_with_the_known_ones(over):
    with pytest.raises(SettingsError, match=r"'vlm'.*vllm"):
        run(None, over(FakePrometheus(), matches={"chat": {"vlm": {"model_name": "llama"}}}))
    with pytest.raises(SettingsError, match="'nope'"):
        run(None, over(FakePrometheus()), Prometheus(recipes=("nope",)))


def test_that_a_site_adds_a_recipe_of_its_own(over):
    text = """
title = "House server"
subject = "endpoint"
find = "house_requests_total"
by = ["app"]
[[count]]
metric = "endpoint_requests"
counter = { name = "house_requests_total" }
"""
    server = FakePrometheus({"house_requests_total": [counter(app="x")]})
    context = over(server, matches={"chat": {"house": {"app": "x"}}}, policy=lambda _: {"house.toml": text})
    assert values(run(server, context), "endpoint_requests").tolist() == [4.0] * 10


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("counter =", "countr =", "countr: unknown key"),
        ('subject = "endpoint"', 'subject = "pod"', "'pod' is not one of"),
        ('"endpoint_requests"', '"endpoint_requests_total"', "no running total"),
        ('name = "house"', 'name = "house", where = { code = "5(" }', "no regular expression"),
    ],
)
def test_that_a_wrong_recipe_is_refused_with_its_file(over, old, new, words):
    text = """
title = "House server"
subject = "endpoint"
find = "house"
by = ["app"]
[[count]]
metric = "endpoint_requests"
counter = { name = "house" }
"""
    context = over(FakePrometheus(), policy=lambda _: {"house.toml": text.replace(old, new)})
    with pytest.raises(SettingsError) as caught:
        run(None, context)
    assert "prometheus/house.toml" in caught.value.message
    assert words in caught.value.message


def test_that_only_the_named_recipes_are_read_here(over):
    matches = {"chat": {"istio": {"destination_service_name": "chat"}, "vllm": {"model_name": "llama"}}}
    server = FakePrometheus({"vllm:request_success_total": [counter(finished_reason="stop")]})
    found = run(server, over(server, matches=matches), Prometheus(recipes=("vllm",), scrape_interval=15.0))
    assert not any("istio" in form["query"] for _, form in server.requests)
    # requests are the mesh's to give, wherever that is read: not replaced by another meaning in silence
    assert not len(values(found, "endpoint_requests"))


def test_that_check_writes_nothing_down_and_says_what_the_server_adds(over):
    server = FakePrometheus(vector=[{"metric": {"model_name": "new"}, "value": [1, "1"]}], infos=["be careful"])
    findings = list(check(Prometheus(recipes=("vllm",)), over(server), Job()))
    assert [one.state for one in findings] == ["missing", "proposal", "ok", "ok"]
    assert "be careful" in findings[-1].text


def test_that_the_declaration_is_complete():
    assert (SOURCE.kind, SOURCE.settings) == ("prometheus", Prometheus)
    assert Context.__dataclass_params__.frozen
    with pytest.raises(ValueError, match="above 0"):
        Prometheus(scrape_interval=0)
