"""Rounds over stand-in servers and a real store: what is read, kept, said and cut."""

import base64
import json
import logging

import httpx
import numpy as np
import pytest

from app.bundle.inbound import receive
from app.bundle.manifest import read_manifest
from app.bundle.outcome import Code
from app.bundle.parts import Bounds, read_blocks
from app.bundle.signature import ECDSA_P384, SigningKey
from app.clock import FrozenClock
from app.collect.collector import Collector, policy_files
from app.collect.fitting import fitted
from app.collect.health import Attempt
from app.collect.lock import only_collector
from app.collect.rounds import Rounds, next_start, serve
from app.collector_settings import load_collector
from app.errors import SettingsError, StoreBusy
from app.job import Cancelled, Job
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store.block import decode_block
from app.store.catalogue import catalogues
from app.store.database import Store
from app.store.events import events
from app.store.samples import find_series, read_series
from tests.fakes.bundles import Sender
from tests.fakes.keys import trusting
from tests.fakes.servers import FakePrometheus
from tests.fakes.stores import open_store, station

NOW = 1_800_000_030.0
SETTINGS = """
[enclave]
id = "alpha"
name = "Alpha"
level = "S"
cadence = "15m"

[collector]
source = "alpha-collector"
stream = "telemetry"
profile = "cnsa1"
keys = ["k1"]
full_every = 3
backfill = "2h"

[[endpoint]]
id = "chat"
title = "Chat"
match = { vllm = { model_name = "llama" } }

[sources.main]
kind = "prometheus"
url = "https://main.test"
scrape_interval = "15s"

[sources.other]
kind = "prometheus"
url = "https://other.test"
scrape_interval = "15s"
recipes = ["dcgm"]
"""


def busy_server(first=NOW - 40 * 86400, model="llama"):
    labels = {"job": "vllm", "instance": "a:8000", "model_name": model, "finished_reason": "stop"}

    class Endless(FakePrometheus):
        def __call__(self, request):
            end = float(dict(httpx.QueryParams(request.content.decode())).get("time", 0))
            every = np.arange(max(first, end - 90_000) // 15 * 15, end + 1, 15)
            self.raw = {"vllm:request_success_total": [(labels, [(at, at - 1.7e9) for at in every.tolist()])]}
            return super().__call__(request)

    return Endless()


class Network:
    """Hosts by name; a host that is not there refuses the connection."""

    def __init__(self, **hosts):
        self.hosts = hosts

    def __call__(self, request):
        name = request.url.host.removesuffix(".test")
        if name not in self.hosts:
            raise httpx.ConnectTimeout("nobody there", request=request)
        return self.hosts[name](request)


@pytest.fixture(scope="module")
def signer():
    return SigningKey.new(ECDSA_P384)


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A collector on a folder of its own over a network of stand-ins; the clock can be moved."""
    monkeypatch.setattr("app.collect.access._ATTEMPTS", 1)  # a refused stand-in need not be asked three times

    def build(network, text=SETTINGS):
        path = tmp_path / "collector.toml"
        path.write_text(text, encoding="utf-8")
        paths, clock = Paths.under(tmp_path / "base"), FrozenClock(NOW)
        paths.make()
        collector = Collector(load_collector(path), paths, clock, str, httpx.MockTransport(network))
        return Rounds(collector, Store.open_collector(paths, clock)), clock

    return build


def stored(rounds, metric, **labels):
    with rounds.store.reader() as reader:
        refs = find_series(reader, metric, {"enclave": "alpha"} | labels)
        (found,) = read_series(reader, refs, TimeRange(0, 3e9))
    return dict(zip(found.time.tolist(), found.value.tolist(), strict=True))


def told(rounds):
    with rounds.store.reader() as reader:
        return [event for event, _ in events(reader, kinds=("collection",))]


def manifest(path):
    return read_manifest(base64.b64decode(json.loads((path / "manifest.json").read_bytes())["payload"]))


# --- what is read and kept --------------------------------------------------------------------------------------


def test_that_the_first_run_reads_as_far_back_as_the_settings_allow(make):
    rounds, _ = make(Network(main=busy_server(), other=FakePrometheus()))
    done = rounds.run(Job())
    assert done.caught_up
    counted = stored(rounds, "endpoint_requests", endpoint="chat")
    last = NOW // 60 * 60
    assert list(counted) == list(np.arange(last - 7140, last + 1, 60))
    assert set(counted.values()) == {60.0}
    with rounds.store.reader() as reader:
        (catalogue,) = catalogues(reader)
    assert catalogue.as_of == NOW
    assert [one.id for one in catalogue.endpoints] == ["chat"]


def test_that_the_next_run_joins_with_an_overlap_and_changes_no_number(make):
    rounds, clock = make(Network(main=busy_server(), other=FakePrometheus()))
    rounds.run(Job())
    before = stored(rounds, "endpoint_requests", endpoint="chat")
    clock.at += 900
    (main, _) = rounds.run(Job()).attempts
    last = NOW // 60 * 60
    assert (main.window.start, main.window.end) == (last + 60 - 600, last + 960)
    after = stored(rounds, "endpoint_requests", endpoint="chat")
    assert {at: after[at] for at in before} == before
    assert list(after) == list(np.arange(last - 7140, last + 901, 60))


def test_that_how_it_went_is_data(make):
    rounds, _ = make(Network(main=busy_server(), other=FakePrometheus()))
    (main, _) = rounds.run(Job()).attempts
    at = NOW // 60 * 60
    assert stored(rounds, "collection_up", source="main") == {at: 1.0}
    assert stored(rounds, "collection_samples", source="main") == {at: float(main.samples)}
    assert stored(rounds, "collection_samples", source="other") == {at: 0.0}
    assert 0 < stored(rounds, "collection_duration_seconds", source="main")[at] < 60


def test_that_a_failing_source_stops_no_other_and_is_said_once(make, caplog):
    network = Network(main=busy_server())
    rounds, clock = make(network)
    with caplog.at_level(logging.INFO, "watchfloor.collect"):
        for _ in range(3):
            rounds.run(Job())
            clock.at += 900
    assert stored(rounds, "endpoint_requests", endpoint="chat")
    assert list(stored(rounds, "collection_up", source="other").values()) == [0.0, 0.0, 0.0]
    (failure,) = told(rounds)
    assert (failure.subject, failure.start, failure.end) == ("other", NOW, None)
    assert failure.labels == (("class", "timeout"),)
    assert [record.message for record in caplog.records] == [
        "other cannot be read (timeout): other.test did not answer in time."
    ]
    caplog.clear()
    network.hosts["other"] = FakePrometheus()
    with caplog.at_level(logging.INFO, "watchfloor.collect"):
        rounds.run(Job())
    assert [record.message for record in caplog.records] == ["other can be read again"]
    (failure,) = told(rounds)
    assert (failure.start, failure.end) == (NOW, clock.at)


def test_that_after_an_outage_everything_missed_is_read(make, caplog):
    network = Network(other=FakePrometheus())
    rounds, clock = make(network)
    rounds.run(Job())
    clock.at += 3600
    rounds.run(Job())
    network.hosts["main"] = busy_server()
    clock.at += 1800
    rounds.run(Job())
    counted = stored(rounds, "endpoint_requests", endpoint="chat")
    last = clock.at // 60 * 60
    assert list(counted) == list(np.arange(last - 7140, last + 1, 60))  # never read before: the whole back-fill
    del network.hosts["main"]
    for _ in range(4):
        clock.at += 900
        rounds.run(Job())
    network.hosts["main"] = busy_server()
    rounds.run(Job())
    counted = stored(rounds, "endpoint_requests", endpoint="chat")
    assert list(counted) == list(np.arange(last - 7140, clock.at, 60))
    assert caplog.records


def test_that_a_long_outage_is_read_a_day_at_a_time(make):
    rounds, clock = make(
        Network(main=busy_server(), other=FakePrometheus()), SETTINGS.replace('backfill = "2h"', 'backfill = "3d"')
    )
    first = rounds.run(Job())
    assert not first.caught_up
    assert first.attempts[0].window.seconds == 86400.0
    assert rounds.catch_up(Job()).caught_up
    counted = stored(rounds, "endpoint_requests", endpoint="chat")
    last = clock.at // 60 * 60
    assert list(counted) == list(np.arange(last + 60 - 3 * 86400, last + 1, 60))


def test_that_a_fault_of_ours_in_one_source_is_logged_with_an_id_and_stops_nothing(make, caplog):
    def broken(_):
        raise ZeroDivisionError

    rounds, _ = make(Network(main=busy_server(), other=broken))
    rounds.run(Job())
    assert stored(rounds, "endpoint_requests", endpoint="chat")
    (failure,) = told(rounds)
    assert failure.labels == (("class", "fault"),)
    number = failure.text.split("(id ")[1][:8]
    assert any(number in record.message and record.exc_info for record in caplog.records)


def test_that_a_wrong_source_table_stops_before_anything_is_read(make):
    for old, new, words in (
        ('kind = "prometheus"\nurl = "https://other', 'kind = "promthius"\nurl = "https://other', "no adapter"),
        ('recipes = ["dcgm"]', 'recipe = ["dcgm"]', "unknown key"),
    ):
        rounds, _ = make(Network(main=busy_server()), SETTINGS.replace(old, new))
        with pytest.raises(SettingsError, match=words):
            rounds.run(Job())
        with rounds.store.reader() as reader:
            assert find_series(reader) == []


def test_that_a_missing_recipe_fails_its_source_alone(make, caplog):
    rounds, _ = make(Network(main=busy_server(), other=FakePrometheus()), SETTINGS.replace('["dcgm"]', '["dcmg"]'))
    rounds.run(Job())
    assert stored(rounds, "collection_up", source="main")
    (failure,) = told(rounds)
    assert "'dcmg'" in failure.text
    assert caplog.records


def test_that_a_cancelled_run_leaves_nothing(make):
    job = Job()

    def stop(request):
        job.cancel()
        return FakePrometheus()(request)

    rounds, _ = make(Network(main=busy_server(), other=stop), SETTINGS + 'tenant = "x"\n')
    with pytest.raises(Cancelled):
        rounds.run(job)
    with rounds.store.reader() as reader:
        assert find_series(reader) == []


def test_that_a_series_that_two_sources_give_is_taken_from_the_first(make):
    text = SETTINGS.replace('recipes = ["dcgm"]\n', "")
    rounds, _ = make(Network(main=busy_server(), other=busy_server()), text)
    first, second = rounds.run(Job()).attempts
    assert first.series
    assert second.series == ()
    (event,) = told(rounds)
    assert event.text == "other and main both give some series; those of main are kept"


def test_that_a_second_collector_on_the_same_folder_is_refused(tmp_path):
    with only_collector(tmp_path / "collector"), pytest.raises(StoreBusy), only_collector(tmp_path / "collector"):
        pass
    with only_collector(tmp_path / "collector"):
        pass


def test_that_the_sites_own_policy_stands_in_for_a_shipped_file(tmp_path):
    paths = Paths.under(tmp_path)
    (paths.policy / "prometheus").mkdir(parents=True)
    (paths.policy / "prometheus" / "vllm.toml").write_text("# ours\n")
    (paths.policy / "prometheus" / "house.toml").write_text("# house\n")
    found = policy_files(paths, "prometheus")
    assert found["vllm.toml"] == "# ours\n"
    assert {"house.toml", "dcgm.toml", "generic.toml"} <= set(found)


# --- what is cut ------------------------------------------------------------------------------------------------


def test_that_the_first_bundle_is_full_then_deltas_and_a_full_at_its_interval(make, signer):
    rounds, clock = make(Network(main=busy_server(), other=FakePrometheus()))
    kinds = []
    for _ in range(5):
        rounds.run(Job())
        kinds.append(manifest(rounds.cut([signer], Job())).kind)
        clock.at += 900
    assert kinds == ["full", "delta", "delta", "delta", "full"]
    clock.at += 7 * 86400
    rounds.run(Job())
    assert manifest(rounds.cut([signer], Job())).kind == "full"


def test_that_nothing_new_is_a_heartbeat(make, signer):
    rounds, clock = make(Network(main=busy_server(), other=FakePrometheus()))
    rounds.run(Job())
    rounds.cut([signer], Job())
    clock.at += 900
    beat = manifest(rounds.cut([signer], Job()))
    assert (beat.kind, beat.seq, beat.parts) == ("heartbeat", 2, ())


def test_that_runs_which_no_bundle_has_taken_yet_are_all_in_the_next_delta(make, signer, monkeypatch):
    monkeypatch.setattr("app.store.settle._BUNDLES", 1)  # fold whenever it may be folded
    rounds, clock = make(Network(main=busy_server(), other=FakePrometheus()))
    rounds.run(Job())
    rounds.cut([signer], Job())
    start = clock.at
    for _ in range(4):  # the outbox was full, say: nothing could be cut for an hour
        clock.at += 900
        rounds.run(Job())
    path = rounds.cut([signer], Job())
    lines = [line for part in sorted(path.glob("p*.ndjson")) for line in part.read_bytes().splitlines()]
    blocks = read_blocks("chunks", [x for x in lines if b'"body"' in x], Bounds("alpha", Level.S, clock.at))
    wanted = [b for b in blocks if any(key.metric == "endpoint_requests" for key in b.keys)]
    times = {t for block in wanted for t in decode_block(block).time.tolist() if t > start * 1000}
    assert len(times) == 60


def test_that_a_full_can_be_asked_for_from_a_time_on(make, signer):
    rounds, _ = make(Network(main=busy_server(), other=FakePrometheus()))
    rounds.run(Job())
    rounds.cut([signer], Job())
    asked = manifest(rounds.cut([signer], Job(), full=True, since=NOW - 600))
    assert asked.kind == "full"
    assert asked.window_start == NOW - 600


def test_that_a_failing_source_travels_too(make, signer, caplog):
    rounds, _ = make(Network(main=busy_server()))
    rounds.run(Job())
    path = rounds.cut([signer], Job())
    lines = "".join(part.read_text() for part in sorted(path.glob("p*.ndjson")))
    assert '"collection_up"' in lines
    assert "other.test did not answer in time" in lines
    assert caplog.records


# --- what could not travel ---------------------------------------------------------------------------------------

NODES = (
    SETTINGS
    + """
[[node]]
id = "g1"
gpus = 2
match = { dcgm = { Hostname = "g1" } }
"""
)


def arrived(rounds, signer, folder, *paths):
    """What a station that takes the bundles then knows: metrics with their GPU, and texts of events."""
    sender = Sender("alpha-collector", "telemetry", level=Level.S, enclave="alpha", keys=[signer])
    store, me = open_store(folder, rounds.collector.clock.now()), station(Level.S)
    trusting(store, me, sender)
    assert {receive(path, store, me, Job(), carrier="x").code for path in paths} == {Code.APPLIED}
    with store.reader() as reader:
        series = {(ref.key.metric, ref.key.label("gpu")) for ref in find_series(reader)}
        return series, {event.text for event, _ in events(reader)}


def gpus(*names):
    """A server with a temperature for each GPU."""

    def points(start, end, step):
        times = np.arange(start, end + 1, step).tolist()
        return [({"Hostname": "g1", "gpu": name}, [(at, 40.0) for at in times]) for name in names]

    return FakePrometheus(grid={"DCGM_FI_DEV_GPU_TEMP": points}, warnings=["partial\u202e answer"])


@pytest.mark.parametrize("odd", ["1\u202e", "1\x1b[2J", "1" * 2049])
def test_that_what_could_not_travel_is_left_out_and_said_and_the_rest_goes(make, signer, tmp_path, odd):
    rounds, clock = make(Network(main=busy_server(), other=gpus("0", odd)), NODES)
    paths = []
    for _ in range(2):
        rounds.run(Job())
        paths.append(rounds.cut([signer], Job()))
        clock.at += 900
    series, texts = arrived(rounds, signer, tmp_path / "station", *paths)
    assert {gpu for metric, gpu in series if metric == "gpu_temperature_celsius"} == {"0"}
    assert "other: left out names or labels that cannot be sent, of: exported, gpu_temperature_celsius" in texts
    assert any("partial\\u202e answer" in text for text in texts)


def test_that_samples_of_a_clock_ahead_are_left_out_and_said():
    times = NOW + np.array([-60.0, 299.0, 300.0, 9e5])
    key, late = (SeriesKey.of(name, {"enclave": "alpha"}) for name in ("m", "late"))
    series = (Series(key, times, np.arange(4.0), "g"), Series(late, times[2:], np.arange(2.0), "g"))
    done = fitted(Attempt("main", TimeRange(NOW - 600, NOW), series, (), 1.0), "alpha", NOW)
    assert [(one.key, one.time.tolist(), one.value.tolist()) for one in done.series] == [
        (key, [NOW - 60.0, NOW + 299.0], [0.0, 1.0])
    ]
    (event,) = done.events
    assert (event.kind, event.subject, event.end) == ("collection", "main", NOW)
    assert event.text == "main: left out samples later than now, or before 1970, of: late, m"


def test_that_counts_below_zero_are_left_out_and_said():
    times = NOW + np.array([-180.0, -120.0, -60.0])
    keys = [SeriesKey.of(name, {"enclave": "alpha"}) for name in ("endpoint_errors", "gpu_temperature_celsius")]
    series = tuple(Series(key, times, np.array([3.0, -1.0, 0.0]), "g") for key in keys)
    done = fitted(Attempt("main", TimeRange(NOW - 600, NOW), series, (), 1.0), "alpha", NOW)
    assert [one.value.tolist() for one in done.series] == [[3.0, 0.0], [3.0, -1.0, 0.0]]
    (event,) = done.events
    assert event.text == "main: left out counts below zero, of: endpoint_errors"


def test_that_a_clock_set_back_during_a_failure_does_not_hold_up_bundles(make, signer, tmp_path, caplog):
    """The failure then ends before it began, which no station would take."""
    network = Network(main=busy_server())
    rounds, clock = make(network)
    clock.at += 3600
    rounds.run(Job())
    network.hosts["other"] = FakePrometheus()
    clock.at -= 3600
    rounds.run(Job())
    series, texts = arrived(rounds, signer, tmp_path / "station", rounds.cut([signer], Job()))
    assert series
    assert texts == {"other.test did not answer in time."}
    assert caplog.records


# --- service ----------------------------------------------------------------------------------------------------


def test_that_runs_start_at_multiples_of_the_cadence_with_a_shift_of_their_own():
    for name in ("alpha", "bravo", "charlie"):
        start = next_start(NOW, 900.0, name)
        assert NOW < start <= NOW + 900
        assert 0 <= start % 900 <= 60
        assert next_start(start, 900.0, name) == pytest.approx(start + 900)
    assert len({next_start(NOW, 900.0, name) for name in ("alpha", "bravo", "charlie")}) == 3
    assert next_start(NOW, 60.0, "alpha") % 60 <= 6


def test_that_the_service_goes_on_after_a_failure_to_cut_and_says_it_once(make, signer, caplog):
    rounds, clock = make(Network(main=busy_server(), other=FakePrometheus()))
    outbox = rounds.store.paths.outbox
    outbox.rmdir()
    outbox.write_text("in the way")
    job, cut, pauses = Job(), [], []

    def pause(seconds):
        pauses.append(seconds)
        clock.at += seconds
        if len(pauses) == 2:
            outbox.unlink()
        if len(pauses) == 4:
            job.cancel()
            job.check()

    with pytest.raises(Cancelled):
        serve(rounds, [signer], pause, cut.append, job)
    assert len(cut) == 2
    assert all(0 < seconds <= 960 for seconds in pauses)
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("no bundle: ")
    assert said[1] == "bundles are cut again"
    # what was collected while nothing could be cut travels with the first bundle
    assert manifest(cut[0]).kind == "full"
