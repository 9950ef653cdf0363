"""The enclave side of the demonstration: a real collector's store from which real bundles are cut."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.bundle.pack import cut_bundle
from app.bundle.signature import ECDSA_P384, SigningKey
from app.clock import FrozenClock
from app.collector_settings import StreamSettings
from app.demo.carriage import FORGED, Journey
from app.demo.fleet import Site
from app.demo.happenings import happenings, news
from app.job import Job
from app.model.event import Event
from app.paths import Paths
from app.store import intake
from app.store.block import Block
from app.store.bundles import BundleRecord
from app.store.database import Store

STREAM = "core"


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """One enclave's collector.

    `key` is the one that stations trust; `other` has the same owner, but no station has heard of it.
    """

    site: Site
    store: Store
    clock: FrozenClock
    stream: StreamSettings
    key: SigningKey
    other: SigningKey
    events: tuple[Event, ...]

    @classmethod
    def open(cls, site: Site, base: Path, now: float) -> "Desk":
        """Set up a collector with an empty store and fresh keys below `base`."""
        clock = FrozenClock(now)
        key, other = SigningKey.new(ECDSA_P384), SigningKey.new(ECDSA_P384)
        stream = StreamSettings(site.source, STREAM, "cnsa1", (key.public.keyid,))
        store = Store.open_collector(Paths.under(base), clock)
        return cls(site, store, clock, stream, key, other, tuple(happenings(site, now)))

    def collect(self, journey: Journey, blocks: Iterable[Block], job: Job) -> None:
        """Take in, as one run, what a bundle will carry."""
        window = journey.window
        told = news(list(self.events), window)
        name = hashlib.sha384(f"{self.site.enclave.id} {window.end}".encode()).hexdigest()
        record = BundleRecord(
            source=self.site.source,
            stream=STREAM,
            epoch=1,
            seq=round(window.end),
            manifest=name,
            kind="run",
            enclave=self.site.enclave.id,
            level=self.site.enclave.level,
            created=window.end,
            window_start=window.start,
            window_end=window.end,
            expires=window.end + self.stream.expires,
            received=window.end,
            demo=True,
        )
        with self.store.writer() as writer:
            run = intake.begin(writer, record)
            intake.stage_blocks(writer, run, blocks, job)
            intake.stage_events(writer, run, told)
            intake.stage_catalogue(writer, run, self.site.catalogue(window.end))
            intake.publish(writer, run)

    def cut(self, journey: Journey, job: Job) -> Path:
        """Cut the bundle of a journey into the outbox, as the collector would at that moment."""
        self.clock.at = journey.window.end
        since = journey.window.start if journey.kind == "full" else None
        signer = self.other if journey.fate == FORGED else self.key
        return cut_bundle(self.store, self.stream, [signer], kind=journey.kind, since=since, demo=True, job=job)
