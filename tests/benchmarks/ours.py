"""Our side: stores filled through the product's own doors, bundles that are really signed, the questions pages ask."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.bundle.pack import cut_bundle
from app.clock import FrozenClock
from app.collector_settings import StreamSettings
from app.job import Job
from app.model.catalogue import Catalogue, Enclave, Endpoint
from app.model.marking import Level
from app.model.sample import Series, to_seconds
from app.model.time_range import TimeRange
from app.paths import Paths
from app.settings import Station
from app.store.block import Block, block_from_series
from app.store.bundles import BundleRecord
from app.store.database import Store
from app.store.intake import begin, publish, stage_blocks, stage_catalogue
from app.store.samples import SeriesRef, find_series
from app.store.settle import settle
from tests.benchmarks.generator import KINDS, STEP, Scraped, Shape, enclave_of, group_of, key_of
from tests.benchmarks.measure import Stopwatch
from tests.fakes.bundles import Sender
from tests.fakes.keys import p384, trusting

LEVEL = Level.S
SETTLING = 3600.0
"""Seconds behind the last scrape at which the stores' clocks stand."""


def now_of(shape: Shape) -> float:
    return shape.end / 1000.0 + SETTLING


def station() -> Station:
    return Station("station-04", "Watch floor", LEVEL)


def open_store(folder: Path, shape: Shape, *, collector: bool = False) -> Store:
    """A store under `folder`, made where there is none."""
    paths = Paths.under(folder)
    paths.make()
    clock = FrozenClock(now_of(shape))
    return Store.open_collector(paths, clock) if collector else Store.open(paths, clock)


def as_series(one: Scraped) -> list[Series]:
    """The series of an endpoint as a collector has them."""
    times = [to_seconds(time) for time in one.times]
    return [
        Series(key_of(one.number, kind), times[KINDS[kind].group], values, group_of(one.number, KINDS[kind].group))
        for kind, values in one.values.items()
    ]


def catalogue_of(enclave: str, numbers: Sequence[int], shape: Shape) -> Catalogue:
    """What an enclave declares about its endpoints."""
    return Catalogue(
        Enclave(enclave, f"Enclave {enclave.title()}", LEVEL, 3600.0, float(STEP * 10)),
        tuple(Endpoint(enclave, f"ep-{number:04d}", f"Endpoint {number}", expected_replicas=1) for number in numbers),
        as_of=shape.end / 1000.0,
    )


def record_of(enclave: str, window: TimeRange, seq: int) -> BundleRecord:
    """What the cache keeps of a bundle that did not come through the door of `app.bundle`."""
    return BundleRecord(
        source=f"collector-{enclave}",
        stream="core",
        epoch=1,
        seq=seq,
        manifest=hashlib.sha384(f"{enclave}/{seq}".encode()).hexdigest(),
        kind="full" if seq == 1 else "delta",
        enclave=enclave,
        level=LEVEL,
        created=window.end,
        window_start=window.start,
        window_end=window.end,
        expires=window.end + 30 * 86400.0,
        received=window.end + 60.0,
        carrier="relay",
        name=f"s_collector-{enclave}_core_{seq:010d}_e1",
    )


def fill(store: Store, shape: Shape, fleet: Iterable[Scraped], watch: Stopwatch | None = None) -> int:
    """Bring a fleet in through intake and settle it, one bundle per enclave; return the samples.

    The time of making the data does not count.
    """
    watch = watch or Stopwatch()
    total, waiting = 0, iter(fleet)
    first = next(waiting, None)
    with store.writer() as writer:
        while first is not None:
            enclave = enclave_of(first.number)
            course = _Course(first, waiting, watch)
            with watch.running():
                window = TimeRange(shape.start / 1000.0, shape.end / 1000.0)
                number = begin(writer, record_of(enclave, window, 1))
                total += stage_blocks(writer, number, course.blocks(), Job())
                stage_catalogue(writer, number, catalogue_of(enclave, course.numbers, shape))
                publish(writer, number)
                settle(writer, Job(), always=True)
            first = course.following
        with watch.running():
            writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return total


class _Course:
    """The endpoints of one enclave, taken from a fleet while they come; `following` is the first of the next."""

    def __init__(self, first: Scraped, waiting: Iterator[Scraped], watch: Stopwatch) -> None:
        self.first, self.waiting, self.watch = first, waiting, watch
        self.following: Scraped | None = None
        self.numbers: list[int] = []

    def blocks(self) -> Iterator[Block]:
        one: Scraped | None = self.first
        while one is not None and enclave_of(one.number) == enclave_of(self.first.number):
            self.numbers.append(one.number)
            with self.watch.paused():
                series = as_series(one)
            yield from block_from_series(series)
            with self.watch.paused():
                one = next(self.waiting, None)
        self.following = one


# --- bundles --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """Bundles that were cut, one per enclave, and who signed them."""

    paths: tuple[Path, ...]
    senders: tuple[Sender, ...]
    samples: int


def cut_full(folder: Path, shape: Shape, fleets: dict[str, Iterable[Scraped]]) -> Sent:
    """Fill a collector's store per enclave and cut a full bundle of each, signed with a fresh P-384 key."""
    paths, senders, total = [], [], 0
    for enclave, fleet in fleets.items():
        home = folder / enclave
        shutil.rmtree(home, ignore_errors=True)
        store = open_store(home, shape, collector=True)
        total += fill(store, shape, fleet)
        key = p384()
        sender = Sender(source=f"collector-{enclave}", enclave=enclave, level=LEVEL, keys=[key])
        stream = StreamSettings(sender.source, sender.stream, "cnsa1", (key.public.keyid,))
        paths.append(cut_bundle(store, stream, [key], kind="full"))
        senders.append(sender)
    return Sent(tuple(paths), tuple(senders), total)


def trusting_station(folder: Path, shape: Shape, sent: Sent) -> tuple[Store, Station]:
    """A new, empty station that trusts the senders."""
    shutil.rmtree(folder, ignore_errors=True)
    store, me = open_store(folder, shape), station()
    trusting(store, me, *sent.senders)
    return store, me


# --- questions ------------------------------------------------------------------------------------------------------


def refs_of(store: Store, wanted: Iterable[tuple[int, int]]) -> list[SeriesRef]:
    """The store's names of (endpoint, kind), in the same order."""
    with store.reader() as reader:
        known = {ref.key: ref for ref in find_series(reader)}
    return [known[key_of(number, kind)] for number, kind in wanted]
