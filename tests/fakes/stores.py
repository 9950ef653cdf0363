"""Filling a station's cache without bundles: straight through intake, as a verified import would."""

import hashlib

from app.clock import FrozenClock
from app.job import Job
from app.model.catalogue import Catalogue
from app.model.time_range import TimeRange
from app.paths import Paths
from app.settings import Station
from app.store.block import block_from_series
from app.store.bundles import BundleRecord
from app.store.database import Store
from app.store.intake import begin, publish, stage_blocks, stage_catalogue, stage_events


def open_store(base, now):
    """A new, empty station store under `base` whose clock stands at `now`."""
    paths = Paths.under(base)
    paths.make()
    return Store.open(paths, FrozenClock(now))


def station(ceiling, **other):
    """Settings of a station with this ceiling."""
    return Station("station-04", "Watch floor", ceiling, **other)


def bring(store, catalogue, window, series=(), *, events=(), seq=1, epoch=1, **record):
    """Publish one bundle of an enclave: its catalogue, samples and events; returns its number.

    It is made at the end of its window, received 60 s later and good for 30 days, unless `record`
    says otherwise.
    """
    assert isinstance(catalogue, Catalogue)
    assert isinstance(window, TimeRange)
    enclave = catalogue.enclave
    source = record.pop("source", f"collector-{enclave.id}")
    told = {
        "stream": "core",
        "kind": "full" if seq == 1 else "delta",
        "created": window.end,
        "expires": window.end + 30 * 86400.0,
        "received": window.end + 60.0,
        "carrier": "relay",
        "name": f"{enclave.level.code.lower()}_{source}_core_{seq:010d}_e{epoch}",
        "size": 1000 + seq,
        "rows": sum(one.time.size for one in series),
        "demo": False,
        "level": enclave.level,
    } | record
    digest = hashlib.sha384(f"{source}/{told['stream']}/{epoch}/{seq}".encode()).hexdigest()
    bundle = BundleRecord(
        source=source,
        epoch=epoch,
        seq=seq,
        manifest=told.pop("manifest", digest),
        enclave=enclave.id,
        window_start=window.start,
        window_end=window.end,
        **told,
    )
    with store.writer() as writer:
        number = begin(writer, bundle)
        stage_blocks(writer, number, block_from_series(series), Job())
        stage_events(writer, number, events)
        stage_catalogue(writer, number, catalogue)
        publish(writer, number)
    return number
