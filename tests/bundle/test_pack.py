"""Cutting: what leaves is what a station takes, and no number is ever given twice."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.bundle import pack
from app.bundle.inbound import receive
from app.bundle.manifest import read_manifest
from app.bundle.outcome import Code
from app.bundle.pack import cut_bundle
from app.bundle.signature import read_envelope
from app.clock import FrozenClock
from app.collector_settings import StreamSettings
from app.errors import InputError, Refused, SettingsError, StoreError
from app.job import Cancelled, Job
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store.database import Store
from app.store.outgoing import last_outgoing
from app.store.settle import settle
from tests.bundle.conftest import picture
from tests.fakes.bundles import START, Sender, catalogue_of, event_of, series_of
from tests.fakes.keys import mldsa, p384, trusting
from tests.fakes.stores import bring, open_store, station

ROOT = Path(__file__).resolve().parents[2]


class Collector:
    """A collector's store, run by run, and a station that trusts it."""

    def __init__(self, base, profile="cnsa1"):
        self.base = base
        paths = Paths.under(base / "collector")
        paths.make()
        self.clock = FrozenClock(START)
        self.store = Store.open_collector(paths, self.clock)
        self.keys = [p384()] if profile == "cnsa1" else [p384(), mldsa()]
        self.stream = StreamSettings("enc01", "core", profile, tuple(key.public.keyid for key in self.keys))
        self.runs = 0

    def run(self, *, series=None, events=()):
        """One run of 600 s, by default with ten samples of one series."""
        self.runs += 1
        start = START + 600.0 * self.runs
        self.clock.at = start + 600.0
        series = [series_of("s-east", start=start, count=10, offset=1000.0 * self.runs)] if series is None else series
        catalogue = catalogue_of("s-east", Level.S, as_of=self.clock.at)
        bring(self.store, catalogue, TimeRange(start, start + 600.0), series, events=events, seq=self.runs,
              source="enc01", kind="run")  # fmt: skip

    def cut(self, kind="delta", **options):
        return cut_bundle(self.store, self.stream, self.keys, kind=kind, **options)

    def station(self):
        store, me = (
            open_store(self.base / f"station-{len(list(self.base.iterdir()))}", self.clock.at + 60.0),
            station(Level.S),
        )
        trusting(store, me, Sender(keys=self.keys))
        return store, me


def told(path):
    return read_manifest(read_envelope((path / "manifest.json").read_bytes()).payload)


def take(place, *paths):
    return [receive(path, *place, Job(), carrier="x").code for path in paths]


def values(place):
    return [value for series in picture(place[0])[0] for value in series[4]]


@pytest.fixture
def collector(tmp_path):
    return Collector(tmp_path)


@pytest.mark.parametrize("profile", ["cnsa1", "cnsa2"])
@pytest.mark.parametrize("schema", ["chunks", "plain"])
def test_that_what_was_collected_arrives(tmp_path, profile, schema):
    collector = Collector(tmp_path, profile)
    collector.run(events=[event_of("s-east", start=START)])
    path = collector.cut("full", schema=schema)
    assert path.name == "s_enc01_core_0000000001_e1"
    place = collector.station()
    assert take(place, path) == [Code.APPLIED]
    assert picture(place[0]) == picture(collector.store)
    assert len(values(place)) == 10
    assert {part.schema for part in told(path).parts} == {"catalogue", "events", schema}


def test_that_a_delta_holds_what_newer_runs_brought_and_no_more(collector):
    place = None
    for number in range(1, 4):
        collector.run()
        path = collector.cut("full" if number == 1 else "delta")
        place = place or collector.station()
        place[0].clock.at = collector.clock.at + 60.0
        assert take(place, path) == [Code.APPLIED]
        assert len(values(place)) == 10 * number
    assert picture(place[0])[0] == picture(collector.store)[0]


def test_that_a_heartbeat_says_nothing_and_loses_nothing(collector):
    collector.run()
    first = collector.cut("full")
    collector.run()
    beat = collector.cut("heartbeat")
    after = collector.cut("delta")
    place = collector.station()
    assert sorted(file.name for file in beat.iterdir()) == ["manifest.json", "sha384sums.txt"]
    assert take(place, first, beat) == [Code.APPLIED, Code.NOTHING_NEW]
    assert take(place, beat) == [Code.DUPLICATE]
    assert len(values(place)) == 10
    assert take(place, after) == [Code.APPLIED]
    assert len(values(place)) == 20


def test_that_a_first_heartbeat_is_a_bundle_too(collector):
    collector.run()
    beat = collector.cut("heartbeat")
    assert take(collector.station(), beat) == [Code.NOTHING_NEW]
    assert told(beat).window_start == told(beat).window_end


def test_that_a_full_overlaps_the_one_before_it_and_can_reach_back(collector, monkeypatch):
    monkeypatch.setattr(pack, "FULL_OVERLAP", 300.0)
    for _ in range(3):
        collector.run()
    collector.cut("full")
    for _ in range(2):
        collector.run()
    second = collector.cut("full")
    place = collector.station()
    assert take(place, second) == [Code.APPLIED]
    # The full before ended at START + 2400; 300 s of overlap reach back to the run that started at START + 1800.
    assert told(second).window_start == START + 2100.0
    times = [t for series in picture(place[0])[0] for t in series[3]]
    assert min(times) == START + 2100.0
    assert max(times) == START + 3000.0 + 540.0
    assert take(place, collector.cut("full", since=START)) == [Code.APPLIED]
    assert min(t for series in picture(place[0])[0] for t in series[3]) == START + 600.0


def test_that_chains_are_signed_and_linked(collector):
    collector.run()
    paths = [collector.cut() for _ in range(3)]
    manifests = [told(path) for path in paths]
    with collector.store.state() as state:
        reserved = last_outgoing(state, "enc01", "core", 1, 9)[::-1]
    assert [m.seq for m in manifests] == [1, 2, 3]
    assert manifests[0].prev == "0" * 96
    assert manifests[1].prev == reserved[0].manifest
    assert manifests[2].history == {1: reserved[0].manifest, 2: reserved[1].manifest}
    assert all(one.published for one in reserved)
    assert manifests[2].expires == manifests[2].created + collector.stream.expires


def test_that_sixteen_predecessors_are_told(collector):
    collector.run()
    for _ in range(18):
        path = collector.cut("heartbeat")
    assert sorted(told(path).history) == list(range(2, 18))


def test_that_large_content_is_cut_into_parts(collector, monkeypatch):
    monkeypatch.setattr(pack, "PART_BYTES", 2000)
    collector.run(series=[series_of("s-east", metric=f"m{n}", count=9, start=START + n) for n in range(60)])
    path = collector.cut("full", schema="plain")
    parts = [part for part in told(path).parts if part.schema == "plain"]
    assert len(parts) > 3
    assert all(part.bytes <= 2000 for part in parts)
    place = collector.station()
    assert take(place, path) == [Code.APPLIED]
    assert picture(place[0])[0] == picture(collector.store)[0]


def test_that_the_profile_needs_its_keys(collector):
    collector.run()
    stream = replace(collector.stream, profile="cnsa2")
    with pytest.raises(SettingsError, match="ml-dsa-87"):
        cut_bundle(collector.store, stream, collector.keys, kind="full")


def test_that_nothing_is_cut_before_anything_was_collected(collector):
    with pytest.raises(InputError, match="exactly one enclave"):
        collector.cut("full")


def test_that_data_a_station_would_refuse_do_not_leave(collector):
    key = SeriesKey.of("m", {"enclave": "s-east", "x": "\u202e"})
    collector.run(series=[Series(key, np.array([START]), np.array([1.0]), "g")])
    with pytest.raises(InputError, match="would be refused"):
        collector.cut("full")
    assert list(collector.store.paths.outbox.iterdir()) == []
    with collector.store.state() as state:
        assert last_outgoing(state, "enc01", "core", 1, 9) == []


# --- restored, interrupted, full


def test_that_a_restored_collector_must_start_a_new_epoch(collector, tmp_path):
    collector.run()
    collector.cut("full")
    with collector.store.state() as state:
        state.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(collector.store.paths.state_db, tmp_path / "backup.db")
    collector.cut("delta")
    for file in collector.store.paths.state_db.parent.glob("station.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", collector.store.paths.state_db)
    with pytest.raises(Refused, match="restored") as caught:
        collector.cut("delta")
    assert "--epoch 2" in caught.value.hint
    path = collector.cut("full", epoch=2)
    assert path.name == "s_enc01_core_0000000001_e2"
    assert told(path).prev == "0" * 96
    assert told(collector.cut("delta")).epoch == 2
    with pytest.raises(InputError, match="Epoch 1 has ended"):
        collector.cut("delta", epoch=1)


def test_that_a_bundle_reserved_but_not_named_is_published_first(collector, monkeypatch):
    collector.run()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pack, "_publish", killed)
        with pytest.raises(KeyboardInterrupt):
            collector.cut("full")
    assert [p.name for p in collector.store.paths.outbox.iterdir()] == [".cut-s_enc01_core_0000000001_e1"]
    second = collector.cut("delta")
    assert sorted(p.name for p in collector.store.paths.outbox.iterdir()) == [
        "s_enc01_core_0000000001_e1",
        "s_enc01_core_0000000002_e1",
    ]
    assert take(collector.station(), second.with_name("s_enc01_core_0000000001_e1"), second) == [Code.APPLIED] * 2


CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import app.bundle.pack as pack
from app.bundle.signature import SigningKey
from app.clock import FrozenClock
from app.paths import Paths
from app.collector_settings import StreamSettings
from app.store.database import Store

step, count = int(sys.argv[4]), 0
def before(function):
    def counted(*a, **k):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*a, **k)
    return counted
pack._write_file, pack._keep_folder = before(pack._write_file), before(pack._keep_folder)
pack.reserve_sequence, pack.mark_published = before(pack.reserve_sequence), before(pack.mark_published)
key = SigningKey.from_pem("ecdsa-sha2-nistp384", Path(sys.argv[3]).read_bytes())
store = Store.open_collector(Paths.under(Path(sys.argv[2])), FrozenClock(float(sys.argv[5])))
pack.cut_bundle(store, StreamSettings("enc01", "core", "cnsa1", ("k",)), [key], kind="delta")
"""


@pytest.mark.parametrize("step", range(1, 9))
def test_that_a_kill_while_cutting_never_gives_a_number_twice(collector, tmp_path, step):
    collector.run()
    (tmp_path / "key.pem").write_bytes(collector.keys[0].pem())
    command = [sys.executable, "-c", CHILD, str(ROOT), str(collector.store.paths.base), str(tmp_path / "key.pem"),
               str(step), str(collector.clock.at)]  # fmt: skip
    assert subprocess.run(command, check=False, timeout=60, capture_output=True).returncode == -9
    collector.run()
    collector.cut("delta")
    paths = sorted(collector.store.paths.outbox.iterdir())
    assert [told(path).seq for path in paths] == list(range(1, len(paths) + 1))
    place = collector.station()
    assert take(place, *paths) == [Code.APPLIED] * len(paths)
    assert len(values(place)) == 20


def test_that_cancel_takes_no_number(collector):
    collector.run()
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        collector.cut("full", job=job)
    assert list(collector.store.paths.outbox.iterdir()) == []
    assert told(collector.cut("full")).seq == 1


def test_that_a_full_disk_takes_no_number(collector, monkeypatch):
    collector.run()

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            collector.cut("full")
    assert list(collector.store.paths.outbox.iterdir()) == []
    assert told(collector.cut("full")).seq == 1


def test_that_the_file_size_limit_of_the_system_is_told_too(collector, tmp_path):
    """RLIMIT_FSIZE in a child: the write itself fails, as on a full disk."""
    noise = np.random.default_rng(3)
    time = START + np.arange(1000.0)
    keys = [SeriesKey.of(f"m{n}", {"enclave": "s-east"}) for n in range(30)]
    collector.run(series=[Series(key, time, noise.random(1000), "g") for key in keys])
    (tmp_path / "key.pem").write_bytes(collector.keys[0].pem())
    limited = CHILD.replace(
        "pack.cut_bundle(",
        """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from app.errors import StoreError
try:
    pack.cut_bundle(""",
    ).replace('kind="delta")', 'kind="delta")\nexcept StoreError as error:\n    sys.exit(str(error))')
    command = [sys.executable, "-c", limited, str(ROOT), str(collector.store.paths.base), str(tmp_path / "key.pem"),
               "-1", str(collector.clock.at)]  # fmt: skip
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert "could not be written" in done.stderr
    assert list(collector.store.paths.outbox.iterdir()) == []
    assert told(collector.cut("full")).seq == 1


def test_that_demonstration_data_say_so(collector):
    collector.run()
    assert told(collector.cut("full", demo=True)).demo


def test_that_other_chains_in_the_outbox_do_not_matter(collector):
    collector.run()
    (collector.store.paths.outbox / "s_enc02_core_0000000099_e1").mkdir(parents=True)
    assert told(collector.cut("full")).seq == 1


def test_that_runs_folded_before_they_were_cut_are_not_lost(collector):
    """The store folds a head of many rows; a delta is made of head rows."""
    collector.run()
    first = collector.cut("full")
    for _ in range(125):
        collector.run()
    with collector.store.writer() as writer:
        settle(writer, Job())
    second = collector.cut("delta")
    collector.run()
    third = collector.cut("delta")
    place = collector.station()
    assert take(place, first, second, third) == [Code.APPLIED] * 3
    assert len(values(place)) == 1270
    assert picture(place[0])[0] == picture(collector.store)[0]


# --- nothing that was collected is ever left out


def old_series(metric, days, count=9):
    """Samples that a run reads days after their time: what a source had kept while it could not be reached."""
    return series_of("s-east", start=START - 86400.0 * days, count=count, metric=metric)


@pytest.mark.parametrize("schema", ["chunks", "plain"])
def test_that_a_full_brings_what_a_run_read_late_however_old_it_is(collector, schema):
    collector.run()
    place = collector.station()
    assert take(place, collector.cut("full")) == [Code.APPLIED]
    collector.run(series=[old_series("late", 3.0)])
    path = collector.cut("full", schema=schema)
    place[0].clock.at = collector.clock.at + 60.0
    assert take(place, path) == [Code.APPLIED]
    assert picture(place[0])[0] == picture(collector.store)[0]
    assert told(path).window_start == START - 3 * 86400.0


def test_that_a_full_from_a_late_start_still_brings_what_has_not_left(collector):
    for _ in range(4):
        collector.run()
    path = collector.cut("full", since=collector.clock.at - 600.0)
    place = collector.station()
    assert take(place, path) == [Code.APPLIED]
    assert len(values(place)) == 40
    assert told(path).window_start == START + 600.0


def test_that_a_full_cut_by_a_clock_ahead_costs_nothing_once_the_clock_is_right(collector):
    place = collector.station()
    collector.run()
    first = collector.cut("full", clock=FrozenClock(collector.clock.at + 10 * 86400.0))
    collector.run()
    second = collector.cut("full")
    place[0].clock.at = collector.clock.at + 60.0
    assert take(place, first, second) == [Code.CLOCK, Code.APPLIED]
    assert len(values(place)) == 20


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_that_samples_of_a_clock_ahead_do_not_hold_up_the_others(collector, kind):
    collector.run()
    first = collector.cut("full")
    ahead = series_of("s-east", start=collector.clock.at + 10 * 86400.0, metric="wrong")
    collector.run(series=[ahead, series_of("s-east", start=collector.clock.at, metric="right")])
    place = collector.station()
    assert take(place, first, collector.cut(kind)) == [Code.APPLIED] * 2
    assert {str(series[0]).split("{")[0] for series in picture(place[0])[0] if series[4]} == {"endpoint_up", "right"}


def test_that_a_late_word_on_an_old_event_travels_with_the_next_delta(collector):
    opened = event_of("s-east", "down", start=START)
    collector.run(events=[opened])
    place = collector.station()
    assert take(place, collector.cut("full")) == [Code.APPLIED]
    closed, forgotten = replace(opened, end=START + 60.0), event_of("s-east", "old", start=START - 9e5, end=START - 8e5)
    collector.run(events=[closed, forgotten])
    place[0].clock.at = collector.clock.at + 60.0
    assert take(place, collector.cut("delta")) == [Code.APPLIED]
    assert [event for event, _ in picture(place[0])[1]] == [forgotten, closed]


def test_that_a_delta_does_not_repeat_events_that_have_left(collector):
    collector.run(events=[event_of("s-east", "open", start=START)])
    collector.cut("full")
    collector.run()
    assert {part.schema for part in told(collector.cut("delta")).parts} == {"catalogue", "chunks"}


def test_that_a_full_tells_open_events_those_in_its_window_and_those_not_told_yet(collector):
    still_open = event_of("s-east", "open", start=START - 9 * 86400.0)
    over = event_of("s-east", "over", start=START - 9 * 86400.0, end=START - 8 * 86400.0)
    collector.run(events=[still_open, over])
    collector.cut("full")
    late = event_of("s-east", "late", start=START - 7 * 86400.0, end=START - 6 * 86400.0)
    collector.run(events=[late])
    place = collector.station()
    assert take(place, collector.cut("full")) == [Code.APPLIED]
    assert [event for event, _ in picture(place[0])[1]] == [still_open, late]


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_that_of_runs_that_overlap_the_newest_word_travels(collector, kind):
    """Runs read an overlap again; what a source corrected meanwhile must not be told in two ways."""
    collector.run()
    first = collector.cut("full")
    for value in (9.0, 2.0):
        key = SeriesKey.of("corrected", {"enclave": "s-east"})
        collector.run(series=[Series(key, np.array([START + 700.0]), np.array([value]), "g")])
    place = collector.station()
    assert take(place, first, collector.cut(kind)) == [Code.APPLIED] * 2
    assert picture(place[0])[0] == picture(collector.store)[0]
    assert [series[4] for series in picture(place[0])[0] if "corrected" in series[0]] == [[2.0]]


def test_that_runs_half_folded_are_not_lost(collector):
    """A newer run that reached further back than the folded one stands in the head alone."""
    collector.run()
    first = collector.cut("full")
    collector.run()
    with collector.store.writer() as writer:
        settle(writer, Job(), always=True)
    collector.run(series=[old_series("late", 3.0)])
    place = collector.station()
    assert take(place, first, collector.cut("delta")) == [Code.APPLIED] * 2
    assert picture(place[0])[0] == picture(collector.store)[0]
