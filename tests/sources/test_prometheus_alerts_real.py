"""Alerts of a real Prometheus: rules that it evaluates now, and a history of what such rules leave behind."""

import calendar
import time

import httpx
import pytest

from app.job import Job
from app.sources.prometheus import Prometheus, check, collect
from tests.fakes.prometheus import AVAILABLE, VICTORIA, Samples, pages, prometheus, victoria

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not AVAILABLE, reason="prometheus and promtool are not installed"),
]

HOUR = 3600
CHAT = {"chat": {"vllm": {"model_name": "llama"}}}
NODES = {"g1": {"dcgm": {"Hostname": "g1"}}}


def alerts_in(url, make_context, window, step=60.0, interval=15.0):
    """Alerts by their key, as told by a reading of a window; and the texts of what is said of the collecting."""
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        context = make_context(client, window, CHAT, NODES, step)
        found = [one for one in collect(Prometheus(scrape_interval=interval), context, Job()) if hasattr(one, "kind")]
    alerts = {one.key: one for one in found if one.kind == "alert"}
    return alerts, [one.text for one in found if one.kind == "collection"]


# --- rules that are evaluated now -------------------------------------------------------------------------------

RULES = """
groups:
  - name: live
    interval: 1s
    rules:
      - {alert: Failing, expr: errors_ratio > 0.5, for: 0s, labels: {severity: critical}}
      - {alert: FailingLong, expr: errors_ratio > 0.5, for: 3s, labels: {severity: warning}}
      - {alert: FailingForAges, expr: errors_ratio > 0.5, for: 1h, labels: {severity: warning}}
      - {alert: Hot, expr: temperature > 80, for: 0s}
      - {alert: Watchdog, expr: vector(1), for: 0s}
"""
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: vllm
    static_configs: [{{targets: ["{target}"]}}]
"""


def metrics(errors):
    return f'errors_ratio{{model_name="llama"}} {errors}\ntemperature{{Hostname="g1"}} 90\n'


def told_by(server):
    """What the server itself says fires: name to when it became active, seconds UTC."""
    answer = httpx.get(f"{server.url}/api/v1/alerts", trust_env=False).json()["data"]["alerts"]
    return {
        one["labels"]["alertname"]: calendar.timegm(time.strptime(one["activeAt"][:19], "%Y-%m-%dT%H:%M:%S"))
        for one in answer
        if one["state"] == "firing"
    }


def fired(server, name):
    """When the server found an alert firing: every sample it kept of that, seconds UTC."""
    form = {"query": f'ALERTS{{alertname="{name}",alertstate="firing"}}[5m]'}
    (one,) = httpx.post(f"{server.url}/api/v1/query", data=form, trust_env=False).json()["data"]["result"]
    return [at for at, _ in one["values"]]


def wait_for(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_that_rules_that_fire_and_resolve_are_told_as_their_server_tells_them(tmp_path, make_context):
    contents = {"/metrics": metrics(0.0)}
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    with pages(contents) as target:
        config = CONFIG.format(rules=tmp_path / "rules.yml", target=target)
        with prometheus(tmp_path / "server", config=config) as server:

            def read(start):
                # the window ends behind the second that is running, as the collector's does
                window = (int(start), int(time.time()) + 1)
                found, texts = alerts_in(server.url, make_context, window, step=1.0, interval=1.0)
                return {one.text: one for one in found.values()}, texts

            wait_for(lambda: {"Hot", "Watchdog"} <= set(told_by(server)))
            began = time.time()
            contents["/metrics"] = metrics(0.9)
            wait_for(lambda: {"Failing", "FailingLong"} <= set(told_by(server)))
            theirs, opened = told_by(server), time.time()
            first, texts = read(began - 5)
            assert set(first) == {"Failing (critical)", "FailingLong (warning)", "Hot"}
            assert texts == ["1 alert matches no declared endpoint or node"]
            for text, one in first.items():
                name = text.split(" ")[0]
                assert one.end is None
                assert one.key.endswith(f"/{theirs[name]}")
                assert one.subject == ("g1" if name == "Hot" else "chat")
            assert dict(first["Failing (critical)"].labels)["severity"] == "critical"
            # without `for` it fires when it becomes active; with 3 s of it, in the evaluation that is 3 s later
            assert 0 <= first["Failing (critical)"].start - theirs["Failing"] < 1
            assert first["FailingLong (warning)"].start - theirs["FailingLong"] >= 3
            for text, one in first.items():
                assert one.start == fired(server, text.split(" ")[0])[0]

            with httpx.Client(base_url=server.url, trust_env=False) as client:
                window = (int(began), int(time.time()) + 1)
                settings = Prometheus(scrape_interval=1.0)
                findings = list(check(settings, make_context(client, window, CHAT, NODES, 1.0), Job()))
            assert "Alerts that fire: 4, of declared endpoints and nodes: 3" in [one.text for one in findings]

            contents["/metrics"] = metrics(0.1)
            wait_for(lambda: "Failing" not in told_by(server))
            wait_for(lambda: all(read(opened + 1)[0][text].end for text in first if text != "Hot"))
            second, _ = read(opened + 1)
            for text in ("Failing (critical)", "FailingLong (warning)"):
                assert second[text].key == first[text].key
                assert second[text].start == first[text].start
                last = fired(server, text.split(" ")[0])[-1]
                assert last > opened - 1
                assert second[text].end == pytest.approx(last + 1, abs=0.1)
            assert second["Hot"] == first["Hot"]

            contents["/metrics"] = metrics(0.9)
            wait_for(lambda: "Failing" in told_by(server))
            window = (int(opened), int(time.time()) + 1)
            third, _ = alerts_in(server.url, make_context, window, step=1.0, interval=1.0)
            assert third[first["Failing (critical)"].key] == second["Failing (critical)"]
            again = [one for one in third.values() if one.text == "Failing (critical)" and one.end is None]
            assert [one.key.rsplit("/", 1)[1] for one in again] == [str(told_by(server)["Failing"])]


# --- a history of what rules leave behind -----------------------------------------------------------------------


@pytest.fixture(scope="module", params=["prometheus", "victoria"])
def history(request, tmp_path_factory):
    """Twelve hours. One alert fires from 1 h 10 min to 10 h; the server is silent from 4 h to 7 h, which another
    alert, firing from 3 h on, does not outlive."""
    if request.param == "victoria" and not VICTORIA:
        pytest.skip("victoria-metrics is not installed")
    # seven minutes past the hour: what begins at midnight to the second VictoriaMetrics finds one sample later
    start = int(time.time()) // HOUR * HOUR - 15 * HOUR + 420
    samples = Samples()
    every = [at for at in range(0, 12 * HOUR, 30) if not 4 * HOUR <= at < 7 * HOUR]
    samples.add("up", {"job": "vllm", "instance": "a"}, [(start + at, 1) for at in every])
    for name, active, fires, last in (("Long", HOUR, 4200, 10 * HOUR), ("Lost", 3 * HOUR, 3 * HOUR, 7 * HOUR - 30)):
        labels = {"alertname": name, "model_name": "llama", "severity": "warning"}
        pending = [(start + at, 1) for at in every if active <= at < fires]
        if pending:
            samples.add("ALERTS", labels | {"alertstate": "pending"}, pending)
        firing = [(start + at, 1) for at in every if fires <= at <= last]
        samples.add("ALERTS", labels | {"alertstate": "firing"}, firing)
        since = [(start + at, start + active) for at in every if active <= at <= last]
        samples.add("ALERTS_FOR_STATE", labels, since)
    run = victoria if request.param == "victoria" else prometheus
    with run(tmp_path_factory.mktemp("alerts") / "server", samples) as server:

        def read(make_context, begin, end):
            found, _ = alerts_in(server.url, make_context, (start + begin, start + end), interval=30.0)
            ends = {one: found[one].end for one in found}
            return {
                one.text.split(" ")[0]: (
                    int(one.key.rsplit("/", 1)[1]) - start,
                    one.start - start,
                    None if ends[one.key] is None else one.end - start,
                )
                for one in found.values()
            }

        yield read


def test_that_every_window_of_a_long_alert_tells_the_same_beginning(history, make_context):
    for begin in (HOUR, 2 * HOUR, int(3.5 * HOUR), int(7.5 * HOUR), 9 * HOUR):
        assert history(make_context, begin, begin + 1200)["Long"] == (HOUR, 4200.0, None)


def test_that_the_window_that_sees_it_resolved_ends_it_one_evaluation_after_its_last_sample(history, make_context):
    assert history(make_context, 10 * HOUR, 10 * HOUR + 1200)["Long"] == (HOUR, 4200.0, 10 * HOUR + 30.0)


def test_that_a_pending_alert_is_not_told(history, make_context):
    assert history(make_context, HOUR, HOUR + 540) == {}


def test_that_alerts_stay_open_through_the_silence_of_their_server(history, make_context):
    for begin in (4 * HOUR - 600, 4 * HOUR, 5 * HOUR + 600):
        found = history(make_context, begin, begin + 1200)
        assert found == {"Long": (HOUR, 4200.0, None), "Lost": (3 * HOUR, 3.0 * HOUR, None)}


def test_that_the_first_window_after_a_silence_ends_what_did_not_outlive_it(history, make_context):
    found = history(make_context, 7 * HOUR - 600, 7 * HOUR + 900)
    assert found == {"Long": (HOUR, 4200.0, None), "Lost": (3 * HOUR, 3.0 * HOUR, 4.0 * HOUR)}
