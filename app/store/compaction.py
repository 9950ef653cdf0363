"""Making a store as small and as quick as it can be: everything settled, everything derived made anew, no free pages.

Each step commits by itself, so that a person may stop it, or the power, at any time: nothing is lost.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import StoreDamaged, StoreError
from app.job import Cancelled, Job
from app.store.database import Damage, Store, Writer, readable_pages, transaction
from app.store.last import PAGE, read_page, settled_page, write_page
from app.store.retention import apply_retention
from app.store.settle import settle
from app.store.sheets import make_rollup, mark_stale, refresh_sheets
from app.store.tiers import SPANS, read_row, write_row
from app.store.turn import take_turn

_MARGIN: Final = 16 * 2**20
"""Bytes that stay free on the disk beside what rewriting the file needs."""
_ROWS_OF_A_COMMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of a store: bytes of its file before and after, and rows of derived numbers that were made anew."""

    bytes_before: int
    bytes_after: int
    rows_made: int
    rows_dropped: int


def compact(store: Store, job: Job, *, before: int) -> Compacted:
    """Settle, mend what is derived, drop what is older than `before` (ms), and give free pages back to the disk.

    Raises
    ------
    StoreBusy
        If another process is importing.
    StoreError
        If there is no room to write the file anew. What came before that step is kept.
    Cancelled
    """
    size = store.cache.stat().st_size
    with take_turn(store), store.writer() as writer:
        _check_room(writer)
        settle(writer, job, always=True)
        apply_retention(writer, before)
        dropped = _drop_orphans(writer)
        made = _mend_rollups(writer, job) + _mend_last(writer, job)
        _list_sheets(writer)
        refresh_sheets(writer, job)
        _check_room(writer)
        _rewrite(writer, job)
    return Compacted(size, store.cache.stat().st_size, made, dropped)


def _drop_orphans(writer: Writer) -> int:
    """Drop what was derived from rows that are gone."""
    dropped = 0
    for table, of in (("rollup", "chunk"), ("hours", "clock")):
        with _around_damage(), transaction(writer.db) as db:
            dropped += db.execute(f"DELETE FROM {table} WHERE id NOT IN (SELECT id FROM {of})").rowcount
    return dropped


@contextlib.contextmanager
def _around_damage() -> Iterator[None]:
    """Leave a step undone where a page cannot be read: `inspect` tells of it."""
    with contextlib.suppress(StoreDamaged), readable_pages():
        yield


def _mend_rollups(writer: Writer, job: Job) -> int:
    """Make rollups and hours that are missing or are not what the samples give; return how many."""
    keys: list[int] = []
    with _around_damage():
        keys = [key for (key,) in writer.db.execute("SELECT id FROM chunk ORDER BY id")]
    groups = dict(writer.db.execute("SELECT id, scrape_group FROM series"))
    made = 0
    for start in range(0, len(keys), _ROWS_OF_A_COMMIT):
        with _around_damage(), transaction(writer.db):
            for done, key in enumerate(keys[start : start + _ROWS_OF_A_COMMIT], start=start):
                job.step(done, len(keys), "checking hourly extremes and sums")
                series, span = SPANS.owner_and_span(key)
                if series in groups:
                    made += _mend_rollup(writer, series, groups[series], span)
    return made


def _mend_rollup(writer: Writer, series: int, group: int, span: int) -> int:
    try:
        blobs = make_rollup(writer, series, group, span)
    except StoreDamaged:
        return 0  # its samples are damaged; what is derived from them may still be right
    if blobs is None:
        return 0
    places = (("rollup", SPANS.key(series, span)), ("hours", SPANS.key(group, span)))
    made = 0
    for (table, key), blob in zip(places, blobs, strict=True):
        try:
            known = read_row(writer, table, key)
        except StoreDamaged:
            known = None
        if known != blob:
            write_row(writer, table, key, blob)
            made += 1
    return made


def _mend_last(writer: Writer, job: Job) -> int:
    """Make the pages of newest values anew where they are not what the samples give; return how many."""
    (highest,) = writer.db.execute("SELECT coalesce(max(id), 0) FROM series").fetchone()
    made = 0
    for page in range(highest // PAGE + 1):
        job.step(page, highest // PAGE + 1, "checking newest values")
        with _around_damage(), transaction(writer.db):
            damage: list[Damage] = []
            rows = settled_page(writer, page, damage)
            try:
                known = read_page(writer, page).tobytes()
            except StoreDamaged:
                known = b""
            # Where samples are damaged, what was noted of them before may still be right.
            if known != rows.tobytes() and not (known and damage):
                write_page(writer, page, rows)
                made += 1
    return made


def _list_sheets(writer: Writer) -> None:
    """List every sheet, and every month that should have one, as stale."""
    with _around_damage(), transaction(writer.db) as db:
        mark_stale(writer, [SPANS.owner_and_span(key) for (key,) in db.execute("SELECT id FROM rollup").fetchall()])
        db.execute("INSERT OR IGNORE INTO stale_sheet SELECT enclave, metric, month FROM sheet")


def _check_room(writer: Writer) -> None:
    """Make sure that the file can be written anew beside itself: once into a copy, once into the journal.

    Raises
    ------
    StoreError
    """
    pages, free, size = (
        int(writer.db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
    )
    needed = 2 * (pages - free) * size + _MARGIN
    room = shutil.disk_usage(writer.store.cache.parent).free
    if room < needed:
        msg = f"There is no room to write the cache anew: {room >> 20} MB are free and {needed >> 20} MB are needed."
        raise StoreError(msg, "Make room on the disk that holds the station; nothing was lost.")


def _rewrite(writer: Writer, job: Job) -> None:
    """Write the file anew without free pages; the old one stays until the new one is whole."""
    job.step(0, None, "writing the file anew")
    stopped = False

    def stop() -> int:
        nonlocal stopped
        try:
            job.check()
        except Cancelled:
            stopped = True
        return int(stopped)

    writer.db.set_progress_handler(stop, 100_000)
    try:
        writer.db.execute("VACUUM")
        writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        if stopped:
            raise Cancelled from None
        raise
    finally:
        writer.db.set_progress_handler(None, 0)
