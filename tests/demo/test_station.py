import shutil

import numpy as np
import pytest

from app.bundle.inbound import receive
from app.bundle.outcome import Code
from app.bundle.trusting import next_trust
from app.clock import FrozenClock, from_iso
from app.demo.station import Plan, build_demo
from app.errors import Refused
from app.job import Cancelled, Job
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths
from app.settings import Station, load_station
from app.store import ledger
from app.store.bundles import bundles, highest_level, holds_demo, newest_bundle
from app.store.catalogue import catalogues
from app.store.database import Store
from app.store.samples import find_series, read_series

NOW = from_iso("2026-11-12T14:32:00Z")
PLAN = Plan(NOW, days=0.8, seed=4)  # just long enough for a lost bundle
SMALL = Plan(NOW, days=0.25, seed=4)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    base = tmp_path_factory.mktemp("demo") / "station"
    return Paths.under(base), build_demo(Paths.under(base), PLAN, Job())


@pytest.fixture
def store(demo):
    return Store.open(demo[0], FrozenClock(NOW))


def test_that_it_is_a_normal_station_marked_as_demonstration(demo, store):
    paths, _ = demo
    station = load_station(paths)
    assert station.demo
    assert station.ceiling is Level.TS
    with store.reader() as reader:
        assert holds_demo(reader)
        assert highest_level(reader) is Level.TS
        assert all(one.record.demo for one in bundles(reader))
        assert [len(one.endpoints) for one in catalogues(reader)] == [11, 12, 11]


def test_that_nothing_is_left_of_the_enclaves(demo):
    paths, _ = demo
    assert not (paths.base / "enclaves").exists()
    assert list(paths.inbox.iterdir()) == []
    assert [p.name for p in paths.base.parent.iterdir()] == ["station"]


def test_that_the_ages_are_those_of_the_story(store):
    with store.reader() as reader:
        newest = {e: newest_bundle(reader, e).record.window_end for e in ("enc-u1", "enc-s1", "enc-t1")}
    assert {e: NOW - end for e, end in newest.items()} == {"enc-u1": 360, "enc-s1": 2460, "enc-t1": 11520}


def test_that_the_untrusted_bundle_waits_and_shows_nothing(demo, store):
    with store.state() as state:
        held = [one for one in ledger.attempts(state) if one.code == "UNTRUSTED"]
    assert len(held) == 1
    assert held[0].window_end != held[0].window_end  # NaN: nothing from inside
    assert demo[1] == {"APPLIED": 53, "UNTRUSTED": 1, "LOST": 1}  # 3 fulls; 38, 9 and 3 deltas


def test_that_every_sample_lies_before_what_its_enclave_has_told(store):
    with store.reader() as reader:
        refs = find_series(reader, "endpoint_up")
        series = read_series(reader, refs, TimeRange(0.0, NOW))
    for ref, one in zip(refs, series, strict=True):
        behind = {"enc-u1": 360, "enc-s1": 2460, "enc-t1": 11520}[ref.enclave]
        assert NOW - behind - 180 < one.time[-1] < NOW - behind
        assert len(one.time) > (0.8 * 86400 - behind) / 60 - 130 - 10  # at most the lost bundle's two hours are out


def test_that_the_same_plan_gives_the_same_samples_and_progress_whatever_the_keys(tmp_path):
    found, keys, heard = [], [], []
    for name in ("one", "two"):
        told = []
        build_demo(Paths.under(tmp_path / name), SMALL, Job(told.append))
        steps = list(dict.fromkeys((one.done, one.total) for one in told))
        assert steps == [(n, len(steps)) for n in range(len(steps))]
        heard.append([(one.done, one.label) for one in told])
        store = Store.open(Paths.under(tmp_path / name), FrozenClock(NOW))
        with store.reader() as reader:
            refs = find_series(reader)
            found.append(read_series(reader, refs, TimeRange(0.0, NOW)))
        with store.state() as state:
            keys.append({key.keyid for key in ledger.pinned_keys(state)})
    assert [one.key for one in found[0]] == [one.key for one in found[1]]
    for one, two in zip(*found, strict=True):
        assert np.array_equal(one.time, two.time)
        assert np.array_equal(one.value, two.value)
    assert sum(len(one.time) for one in found[0]) > 300_000
    assert keys[0].isdisjoint(keys[1])
    assert heard[0] == heard[1]
    assert {"Secret: bundles", "Secret: bundles: cutting 1", "Secret: bundles: importing 1 of 3"} <= {
        label for _, label in heard[0]
    }


def test_that_a_real_station_refuses_a_demonstration_bundle(demo, tmp_path):
    bundle = next((demo[0].base / "demo-media" / "forged").iterdir())
    real = Paths.under(tmp_path / "real")
    real.make()
    store = Store.open(real, FrozenClock(NOW))
    outcome = receive(bundle, store, Station("st-1", "One", Level.TS), Job(), carrier="disc")
    assert not outcome.code.accepted


def test_that_the_carried_media_settle_what_is_open(demo, tmp_path):
    shutil.copytree(demo[0].base, tmp_path / "copy")
    paths = Paths.under(tmp_path / "copy")
    store, station = Store.open(paths, FrozenClock(NOW)), load_station(paths)
    with store.state() as state:
        assert [(gap.source, gap.first, gap.last) for gap in ledger.gaps(state)] == [("collector-t1", 2, 2)]
    media = paths.base / "demo-media"
    lost, forged = (next((media / name).iterdir()) for name in ("lost", "forged"))
    assert receive(lost, store, station, Job(), carrier="courier 9").code is Code.APPLIED
    with store.state() as state:
        assert ledger.gaps(state) == []
    next_trust(store, station, (media / "trust-2.json").read_bytes())
    assert receive(forged, store, station, Job(), carrier="courier 9").code is Code.APPLIED


@pytest.mark.parametrize(
    "moment", ["days of samples", "bundles: cutting", "bundles: reading back", "bundles: importing"]
)
def test_that_cancelling_leaves_nothing(tmp_path, moment):
    seen = []

    def stop(progress):
        seen.append(progress.label)
        if moment in progress.label:
            job.cancel()

    job = Job(stop)
    with pytest.raises(Cancelled):
        build_demo(Paths.under(tmp_path / "demo"), SMALL, job)
    assert moment in seen[-1]
    assert list(tmp_path.iterdir()) == []


def test_that_a_demonstration_is_rebuilt_only_when_asked(demo):
    with pytest.raises(Refused, match="already"):
        build_demo(demo[0], PLAN, Job())
