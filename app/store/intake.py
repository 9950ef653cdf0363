"""Bringing a bundle's content into the cache: staged invisibly, published in one small commit.

Kill the process anywhere: what was staged stays invisible and is removed by the next `begin` or
`discard`; what was published is whole.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from typing import Final

import numpy as np
import numpy.typing as npt

from app.job import Job
from app.model.catalogue import Catalogue
from app.model.changes import Changes, Topic
from app.model.event import Event
from app.model.series_key import SeriesKey
from app.store import codec
from app.store.block import Block, decode_block, encode_block
from app.store.bundles import COLUMNS, BundleRecord
from app.store.catalogue import write_catalogue
from app.store.database import Reader, Writer, transaction

_COMMIT_BYTES: Final = 64 * 2**20
_ROW_BYTES: Final = 8 * 2**20

# A frame of a head row: scrape group, number of series, bytes of clock, bytes of body
_FRAME = struct.Struct("<IIII")

IdArray = npt.NDArray[np.uint32]


def frames(body: bytes) -> Iterator[tuple[int, IdArray, bytes, bytes]]:
    """Walk the blocks of a head row: scrape group, series ids, clock and body."""
    at = 0
    while at < len(body):
        group, k, clock_bytes, body_bytes = _FRAME.unpack_from(body, at)
        at += _FRAME.size
        ids = np.frombuffer(body, np.uint32, k, at)
        at += 4 * k
        yield group, ids, body[at : at + clock_bytes], body[at + clock_bytes : at + clock_bytes + body_bytes]
        at += clock_bytes + body_bytes


def begin(writer: Writer, record: BundleRecord) -> int:
    """Open an invisible bundle and return its number; an unfinished attempt at the same one is removed."""
    found = writer.db.execute("SELECT id FROM bundle WHERE manifest = ? AND published = 0", (record.manifest,))
    for (number,) in found.fetchall():
        discard(writer, number)
    values = astuple(record)
    marks = ", ".join("?" * len(values))
    with transaction(writer.db) as db:
        return int(db.execute(f"INSERT INTO bundle ({COLUMNS}) VALUES ({marks})", values).lastrowid or 0)


def stage_blocks(writer: Writer, bundle: int, blocks: Iterable[Block], job: Job) -> int:
    """Write blocks as rows of the head, invisibly, in commits of at most 64 MB; return the samples."""
    row = writer.db.execute("SELECT enclave, level FROM bundle WHERE id = ?", (bundle,)).fetchone()
    names = _Names(writer, *row)
    total, pending = 0, _Row()
    source = iter(blocks)
    following: Block | None = next(source, None)
    while following is not None:
        with transaction(writer.db):
            written = 0
            while following is not None and written < _COMMIT_BYTES:
                job.check()
                for group, ids, block in names.place(following):
                    pending.add(group, ids, block)
                following = next(source, None)
                if following is None or pending.size >= _ROW_BYTES:
                    written += pending.size
                    total += _write_row(writer, bundle, pending)
                    pending = _Row()
    return total


class _Row:
    """Frames that will stand in one head row."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.samples = 0
        self.first = 2**62
        self.last = -(2**62)
        self.arrivals: list[tuple[int, int, int]] = []

    def add(self, group: int, ids: Sequence[int], block: Block) -> None:
        """Append one block as a frame."""
        head = codec.body_header(block.body)
        frame = _FRAME.pack(group, len(ids), len(block.clock), len(block.body))
        self.parts += [frame, np.array(ids, np.uint32).tobytes(), block.clock, block.body]
        self.size += sum(map(len, self.parts[-4:]))
        self.samples += head.samples
        self.first, self.last = min(self.first, head.first), max(self.last, head.last)
        self.arrivals.append((group, head.first, head.last))


def _write_row(writer: Writer, bundle: int, row: _Row) -> int:
    writer.db.execute(
        "INSERT INTO head (bundle, first, last, samples, body) VALUES (?, ?, ?, ?, ?)",
        (bundle, row.first, row.last, row.samples, b"".join(row.parts)),
    )
    writer.db.executemany(
        "INSERT INTO arrival VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
        [(bundle, *arrival) for arrival in row.arrivals],
    )
    return row.samples


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

    def place(self, block: Block) -> Iterator[tuple[int, list[int], Block]]:
        """Scrape group, series and block, for each group that the block's series are at home in.

        A series stays in the group it was first seen in, because its chunks stand beside that group's
        times; a collector whose settings changed may send it in another.
        """
        group = self._group(block.group)
        found = [self.series.get(key) or self._series(key, group) for key in block.keys]
        homes = {home for _, home in found}
        if len(homes) == 1:
            yield homes.pop(), [number for number, _ in found], block
            return
        decoded = decode_block(block)
        for home in sorted(homes):
            rows = [row for row, (_, own) in enumerate(found) if own == home]
            present = None if decoded.present is None else decoded.present[rows]
            keys = [block.keys[row] for row in rows]
            part = encode_block(block.group, keys, decoded.time, decoded.values[rows], present)
            yield home, [found[row][0] for row in rows], part

    def _group(self, name: str) -> int:
        if name not in self.groups:
            found = self.db.execute("INSERT INTO scrape_group (enclave, name) VALUES (?, ?)", (self.enclave, name))
            self.groups[name] = int(found.lastrowid or 0)
        return self.groups[name]

    def _series(self, key: SeriesKey, group: int) -> tuple[int, int]:
        labels = json.dumps(key.labels, ensure_ascii=False, separators=(",", ":"))
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
        db.execute(
            "UPDATE series SET published = 1 WHERE published = 0 AND scrape_group IN"
            " (SELECT scrape_group FROM arrival WHERE bundle = ?)",
            (bundle,),
        )
        db.execute(
            "UPDATE bundle SET published = 1, samples ="
            " (SELECT coalesce(sum(samples), 0) FROM head WHERE head.bundle = bundle.id) WHERE id = ?",
            (bundle,),
        )
        _drop_older_catalogues(writer)
        tables = {"head": Topic.TELEMETRY, "event": Topic.EVENTS, "catalogue": Topic.CATALOGUE}
        touched = {
            topic
            for table, topic in tables.items()
            if db.execute(f"SELECT 1 FROM {table} WHERE bundle = ? LIMIT 1", (bundle,)).fetchone()
        }
    return Changes(frozenset(touched | {Topic.LEDGER}))


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
        for table in ("head", "arrival", "event", "catalogue"):
            db.execute(f"DELETE FROM {table} WHERE bundle = ?", (bundle,))
        db.execute("DELETE FROM bundle WHERE id = ? AND published = 0", (bundle,))
        # Only one import runs at a time, so whatever series is still unpublished came with this one.
        db.execute("DELETE FROM series WHERE published = 0")


def staged(session: Reader | Writer) -> list[tuple[int, str]]:
    """Numbers and manifests of unfinished bundles."""
    return session.db.execute("SELECT id, manifest FROM main.bundle WHERE published = 0").fetchall()
