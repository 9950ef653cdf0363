"""What the specimens hold, as arithmetic, and how those of the present version were made.

``python -m tests.store.specimens.make FOLDER`` writes the specimens of the format that this checkout writes; those of
an earlier version stay as that version wrote them. A new version of a format gets a new pair of files beside them.
"""

import gzip
import sqlite3
import sys
from pathlib import Path
from unittest import mock

import numpy as np

from app.clock import FrozenClock
from app.job import Job
from app.model.catalogue import Catalogue, Enclave, Endpoint
from app.model.event import Event
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.paths import Paths
from app.store import cache_schema, codec, intake
from app.store.block import block_from_series
from app.store.bundles import BundleRecord
from app.store.clock_code import encode_clock
from app.store.database import Store
from app.store.settle import settle

START = 1_772_323_200.0  # 2026-03-01T00:00:00Z
UP, LATENCY, ODD = (
    SeriesKey.of(metric, {"enclave": "enc-u1", "endpoint": "rag"})
    for metric in ("endpoint_up", "endpoint_latency_seconds", "odd")
)


def minutes(first, end):
    """Numbers of the minutes ``[first, end)`` after START."""
    return np.arange(first, end)


def points(number, value):
    """Time in seconds -> value."""
    return dict(zip((START + 60.0 * number).tolist(), np.asarray(value, float).tolist(), strict=True))


def _first():
    every = minutes(0, 6000)
    there = every[every % 100 != 7]
    odd = np.sqrt(every.astype(float))
    odd[::50] = np.nan
    return {UP: points(there, there % 9 != 0), LATENCY: points(every, (every % 250) / 1000.0), ODD: points(every, odd)}


def contents(version):
    """What each bundle of a specimen says, in order of its sequence: series key -> points."""
    contradicted = {LATENCY: points(minutes(100, 200), minutes(100, 200) / 10.0)}
    late = minutes(5990, 6010)
    found = [_first(), contradicted, {UP: points(late, 0 * late), LATENCY: points(late, 0 * late + 0.5)}]
    if version > 1:
        for low in (6010, 6030, 6050, 6070, 6090):
            some = minutes(low, low + 25)
            found.append({UP: points(some, some % 2), LATENCY: points(some[::2], some[::2] / 8.0)})
        found.append({ODD: points(minutes(0, 2100), minutes(0, 2100) / 3.0)})
    return found


def record(seq):
    """Record of the bundle with this sequence; the later, the later received."""
    return BundleRecord(
        source="c1", stream="core", epoch=1, seq=seq, manifest=f"{seq:096x}", kind="delta", enclave="enc-u1",
        level=Level.U, created=START + 1e6 * seq, window_start=START, window_end=START + 1e6 * seq, expires=1e12,
        received=START + 1e6 * seq,
    )  # fmt: skip


def bring(store, seq, content):
    """Publish one bundle with an event and a catalogue."""
    series = [
        Series(key, np.array(list(held)), np.array(list(held.values())), "serving") for key, held in content.items()
    ]
    enclave = Enclave("enc-u1", "Alpha", Level.U, 900.0)
    told = Event("enc-u1", "deployment", f"e{seq}", "rag", START, None, "Version 2 rolled out", (("version", "2"),))
    with store.writer() as writer:
        number = intake.begin(writer, record(seq))
        intake.stage_blocks(writer, number, block_from_series(series), Job())
        intake.stage_events(writer, number, [told])
        intake.stage_catalogue(writer, number, Catalogue(enclave, (Endpoint("enc-u1", "rag", "RAG"),)))
        intake.publish(writer, number)


def fold(store, *, bundles=1, hours=1, always=False):
    """Settle, with so many bundles to an hour and so many hours to a day."""
    with (
        mock.patch("app.store.settle._BUNDLES", bundles),
        mock.patch("app.store.settle._HOURS", hours),
        store.writer() as writer,
    ):
        settle(writer, Job(), always=always)


def make_cache(folder):
    """Write a cache that holds something in every tier and form."""
    store = Store.open(Paths.under(folder), FrozenClock(START))
    for seq, content in enumerate(contents(2), start=1):
        bring(store, seq, content)
        if seq <= 2:
            fold(store, always=True)
        elif seq in (4, 6):
            fold(store, bundles=2, hours=1 if seq == 4 else 99)
    path = store.paths.cache_db
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("VACUUM")
    db.close()
    return path


def bodies():
    """Name -> values (k, n) and mask of the bodies that a specimen of the codec holds; one sample a minute."""
    n = np.arange(300.0)
    return {
        "constant": (np.full((1, 300), 2.5), None),
        "decimal": (n[None] / 1000.0, None),
        "float": (np.sqrt(n)[None], None),
        "several": (np.stack([n / 10.0, n, -n]), None),
        "masked": (np.stack([n, n / 4.0]), np.stack([n % 3 != 0, n % 2 == 0])),
        "odd": (np.array([[np.nan, np.inf, -np.inf, -0.0, 5e-324, 1e300]]), None),
    }


def clocks():
    """Name -> times, ms."""
    there = minutes(0, 6000)
    slots = np.arange(500)
    return {
        "clock_grid": (1000 * (START + 60.0 * there[there % 100 != 7])).astype(np.int64),
        "clock_late": 60_000 * slots + np.where(slots % 90 == 4, 250, 0),
        "clock_listed": np.arange(1, 101) ** 2 * 977,
    }


def make_codec():
    """Lines of name and hex of each body and clock."""
    lines = []
    for name, (values, present) in bodies().items():
        time = (1000 * (START + 60.0 * np.arange(values.shape[1]))).astype(np.int64)
        lines.append(f"{name} {codec.encode_body(time, values, present).hex()}\n")
    return "".join([*lines, *(f"{name} {encode_clock(time).hex()}\n" for name, time in clocks().items())])


if __name__ == "__main__":
    target = Path(sys.argv[1])
    here = Path(__file__).parent
    (here / f"codec-{codec.VERSION}.hex").write_text(make_codec(), encoding="ascii")
    cache = gzip.compress(make_cache(target).read_bytes(), 9, mtime=0)
    (here / f"cache-{len(cache_schema.STEPS)}.db.gz").write_bytes(cache)
