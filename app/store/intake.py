"""Bringing a bundle's content into the cache: staged invisibly, published in one small commit.

A long block of one series that stands alone in its span is adopted: its bytes become the stored chunk. All else
goes into the head, short blocks as one sheaf. Kill the process anywhere: what was staged stays invisible and is
removed by the next `begin` or `discard`; what was published is whole.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from typing import Final

import numpy as np

from app.job import Job
from app.model.catalogue import Catalogue
from app.model.changes import Changes, Topic
from app.model.event import Event
from app.model.series_key import COLLECTOR_ITSELF, SeriesKey
from app.store.adoption import Adoption, drop_adopted, publish_adopted
from app.store.block import LONG, Block, Decoded, decode_block, encode_block
from app.store.bundles import COLUMNS, BundleRecord
from app.store.catalogue import write_catalogue
from app.store.database import Reader, Writer, transaction
from app.store.head import FRAMES, SHEAF, Placed, frame, frames_row, write_head
from app.store.origin import Origin
from app.store.sheaf import Part, encode_sheaf

_COMMIT_BYTES: Final = 64 * 2**20
_ROW_BYTES: Final = 8 * 2**20
_SHEAF_SAMPLES: Final = 1_000_000
_LABELS: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # made once: it is asked for every series


def begin(writer: Writer, record: BundleRecord) -> int:
    """Open an invisible bundle and return its number.

    Only one import runs at a time, so whatever is unfinished was given up; it is removed, so that nothing is laid over
    what it had put in place.
    """
    for number, _ in staged(writer):
        discard(writer, number)
    values = astuple(record)
    marks = ", ".join("?" * len(values))
    with transaction(writer.db) as db:
        return int(db.execute(f"INSERT INTO bundle ({COLUMNS}) VALUES ({marks})", values).lastrowid or 0)


def stage_blocks(writer: Writer, bundle: int, blocks: Iterable[Block], job: Job) -> int:
    """Write blocks invisibly, in commits of at most 64 MB; return the samples."""
    row = writer.db.execute("SELECT enclave, level FROM bundle WHERE id = ?", (bundle,)).fetchone()
    staging = _Staging(writer, bundle, _Names(writer, *row))
    source = iter(blocks)
    following: Block | None = next(source, None)
    while following is not None:
        with transaction(writer.db):
            while following is not None and staging.written < _COMMIT_BYTES:
                job.check()
                staging.take(following)
                following = next(source, None)
            staging.flush()
    return staging.samples


class _Staging:
    """What one bundle brings, on its way to where it will stand."""

    def __init__(self, writer: Writer, bundle: int, names: "_Names") -> None:
        self.writer, self.bundle, self.names = writer, bundle, names
        self.adoption = Adoption(writer, bundle)
        self.samples = self.written = 0
        self._parts: list[Part] = []
        self._metrics: dict[int, str] = {}
        self._part_samples = 0
        self._frames: list[bytes] = []
        self._frame_bytes = self._frame_samples = 0
        self._first, self._last, self._newest = 2**62, -(2**62), -1

    def take(self, block: Block) -> None:
        """Put one block where it belongs."""
        for placed in self.names.place(block):
            decoded = decode_block(placed.block)
            self._note(placed, decoded)
            if len(placed.ids) > 1 or decoded.time.size < LONG:
                self._keep_part(placed, decoded)
            elif size := self.adoption.adopt(placed, decoded):
                self.written += size
            else:
                self._keep_frame(placed, decoded.samples)

    def _note(self, placed: Placed, decoded: Decoded) -> None:
        self.samples += decoded.samples
        first, last = int(decoded.time[0]), int(decoded.time[-1])
        self._first, self._last = min(self._first, first), max(self._last, last)
        if not all(key.metric.startswith(COLLECTOR_ITSELF) for key in placed.block.keys):
            self._newest = max(self._newest, last)

    def _keep_part(self, placed: Placed, decoded: Decoded) -> None:
        ids = np.array(placed.ids, np.int64)
        origin = Origin.of(self.bundle, decoded.time.size)
        self._parts.append(Part(placed.group, ids, decoded.time, decoded.values, decoded.present, origin))
        self._metrics.update(zip(placed.ids, (key.metric for key in placed.block.keys), strict=True))
        self._part_samples += decoded.samples
        if self._part_samples >= _SHEAF_SAMPLES:
            self._flush_parts()

    def _keep_frame(self, placed: Placed, samples: int) -> None:
        self._frames.append(frame(placed))
        self._frame_bytes += len(self._frames[-1])
        self._frame_samples += samples
        if self._frame_bytes >= _ROW_BYTES:
            self._flush_frames()

    def _flush_parts(self) -> None:
        if self._parts:
            body = encode_sheaf(self._parts, self._metrics)
            span = min(int(p.time[0]) for p in self._parts), max(int(p.time[-1]) for p in self._parts)
            write_head(self.writer, self.bundle, SHEAF, 0, span, self._part_samples, body)
            self.written += len(body)
            self._parts, self._metrics, self._part_samples = [], {}, 0

    def _flush_frames(self) -> None:
        if self._frames:
            body = frames_row(self.bundle, self._frames)
            span = (self._first, self._last)
            write_head(self.writer, self.bundle, FRAMES, 0, span, self._frame_samples, body)
            self.written += len(body)
            self._frames, self._frame_bytes, self._frame_samples = [], 0, 0

    def flush(self) -> None:
        """Write what is still in memory, and how far the bundle reaches by now."""
        self._flush_parts()
        self._flush_frames()
        self.written = 0
        newest = None if self._newest < 0 else self._newest
        self.writer.db.execute(
            "UPDATE bundle SET samples = ?, first = ?, last = ?, newest = ? WHERE id = ?",
            (self.samples, self._first, self._last, newest, self.bundle),
        )


class _Names:
    """Numbers of scrape groups and series of one enclave, made where they are new."""

    def __init__(self, writer: Writer, enclave: str, level: int) -> None:
        self.db = writer.db
        self.enclave, self.level = enclave, level
        groups = self.db.execute("SELECT name, id FROM scrape_group WHERE enclave = ?", (enclave,))
        self.groups: dict[str, int] = dict(groups.fetchall())
        known = self.db.execute(
            "SELECT metric, labels, id, scrape_group, level FROM series WHERE enclave = ?", (enclave,)
        )
        self.known = {(metric, labels): (number, home, own) for metric, labels, number, home, own in known}
        self.series: dict[SeriesKey, tuple[int, int]] = {}

    def place(self, block: Block) -> Iterator[Placed]:
        """Where a block belongs, part by part for each group that its series are at home in.

        A series stays in the group it was first seen in, because its chunks stand beside that group's
        times; a collector whose settings changed may send it in another.
        """
        group = self._group(block.group)
        found = [self.series.get(key) or self._series(key, group) for key in block.keys]
        homes = {home for _, home in found}
        if len(homes) == 1:
            yield Placed(homes.pop(), [number for number, _ in found], block)
            return
        decoded = decode_block(block)
        for home in sorted(homes):
            rows = [row for row, (_, own) in enumerate(found) if own == home]
            present = None if decoded.present is None else decoded.present[rows]
            keys = [block.keys[row] for row in rows]
            part = encode_block(block.group, keys, decoded.time, decoded.values[rows], present)
            yield Placed(home, [found[row][0] for row in rows], part)

    def _group(self, name: str) -> int:
        if name not in self.groups:
            found = self.db.execute("INSERT INTO scrape_group (enclave, name) VALUES (?, ?)", (self.enclave, name))
            self.groups[name] = int(found.lastrowid or 0)
        return self.groups[name]

    def _series(self, key: SeriesKey, group: int) -> tuple[int, int]:
        labels = _LABELS.encode(key.labels)
        number, home, level = self.known.get((key.metric, labels), (0, group, self.level))
        if not number:
            found = self.db.execute(
                "INSERT INTO series (metric, labels, enclave, level, scrape_group) VALUES (?, ?, ?, ?, ?)",
                (key.metric, labels, self.enclave, self.level, group),
            )
            number = int(found.lastrowid or 0)
        elif level < self.level:
            # Its samples cannot be told apart by level afterwards: the whole series takes the higher one, at once.
            self.db.execute("UPDATE series SET level = ? WHERE id = ?", (self.level, number))
        self.series[key] = number, home
        return number, home


def stage_events(writer: Writer, bundle: int, events: Iterable[Event]) -> int:
    """Write events invisibly; return how many."""
    level = writer.db.execute("SELECT level FROM bundle WHERE id = ?", (bundle,)).fetchone()[0]
    rows = [
        (e.enclave, e.kind, e.key, bundle, e.subject, e.start, e.end, e.text, json.dumps(e.labels), level)
        for e in events
    ]
    with transaction(writer.db) as db:
        db.executemany("INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return len(rows)


def stage_catalogue(writer: Writer, bundle: int, catalogue: Catalogue) -> None:
    """Write a catalogue invisibly."""
    with transaction(writer.db):
        write_catalogue(writer, bundle, catalogue)


def publish(writer: Writer, bundle: int) -> Changes:
    """Make a staged bundle visible, all of it at once."""
    with transaction(writer.db) as db:
        # Only one import runs at a time, so whatever series is still unpublished came with this one.
        db.execute("UPDATE series SET published = 1 WHERE published = 0")
        publish_adopted(writer, bundle)
        db.execute("UPDATE bundle SET published = 1 WHERE id = ?", (bundle,))
        _drop_older_catalogues(writer)
        touched = {Topic.LEDGER}
        if db.execute("SELECT samples FROM bundle WHERE id = ?", (bundle,)).fetchone()[0]:
            touched.add(Topic.TELEMETRY)
        for table, topic in (("event", Topic.EVENTS), ("catalogue", Topic.CATALOGUE)):
            if db.execute(f"SELECT 1 FROM {table} WHERE bundle = ? LIMIT 1", (bundle,)).fetchone():
                touched.add(topic)
    return Changes(frozenset(touched))


def _drop_older_catalogues(writer: Writer) -> None:
    """Keep, of each enclave, only the catalogue of the highest (epoch, sequence)."""
    writer.db.execute(
        """DELETE FROM catalogue WHERE bundle IN (
               SELECT bundle FROM (
                   SELECT c.bundle, row_number() OVER (
                       PARTITION BY c.enclave ORDER BY b.epoch DESC, b.seq DESC, b.source, b.stream) AS place
                   FROM catalogue c JOIN bundle b ON b.id = c.bundle WHERE b.published = 1)
               WHERE place > 1)"""
    )


def discard(writer: Writer, bundle: int) -> None:
    """Remove a bundle that was never published, and every row that came with it."""
    with transaction(writer.db) as db:
        drop_adopted(writer, bundle)
        for table in ("head", "event", "catalogue"):
            db.execute(f"DELETE FROM {table} WHERE bundle = ?", (bundle,))
        db.execute("DELETE FROM bundle WHERE id = ? AND published = 0", (bundle,))
        # Only one import runs at a time, so whatever series is still unpublished came with this one.
        db.execute("DELETE FROM series WHERE published = 0")


def staged(session: Reader | Writer) -> list[tuple[int, str]]:
    """Numbers and manifests of unfinished bundles."""
    return session.db.execute("SELECT id, manifest FROM main.bundle WHERE published = 0").fetchall()
