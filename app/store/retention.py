"""Letting go of what is older than a station keeps: whole spans at a time, never a sample of a younger one."""

from typing import Final

from app.store.block import SPAN
from app.store.database import Writer, transaction
from app.store.last import forget_before
from app.store.sheets import mark_stale
from app.store.tiers import DAY, DAYS, SPANS

DAY_SECONDS: Final = 86400.0


def limit_of(now: float, days: int) -> int:
    """Milliseconds before which nothing need be kept, `now` in seconds UTC."""
    return int((now - days * DAY_SECONDS) * 1000.0)


def apply_retention(writer: Writer, before: int) -> bool:
    """Drop the samples of spans that ended before a time (ms), and what was derived from them.

    Rows of the head and days go when they lie wholly in such spans; events when their newest word says that they
    ended there. Bundles stay: what was accepted is remembered. Returns whether anything was dropped. Sheets of months
    that lose some of their days are listed as stale.
    """
    last_span = max(before, 0) // SPAN
    limit = last_span * SPAN
    changes = writer.db.total_changes
    with transaction(writer.db) as db:
        _drop_spans(writer, last_span)
        for table in (DAYS.chunks, DAYS.clocks):
            db.execute(f"DELETE FROM {table} WHERE id < ?", (DAYS.key(0, limit // DAY),))
        db.execute(
            "DELETE FROM head WHERE last < ? AND bundle IN (SELECT id FROM bundle WHERE published = 1)", (limit,)
        )
        db.execute("DELETE FROM superseded WHERE time < ?", (limit,))
        db.execute(_OLD_EVENTS, (limit / 1000.0,))
        forget_before(writer, limit)
    return writer.db.total_changes > changes


# Of the rows that tell of one event the highest bundle's speaks: they go together or not at all, because an older one
# may call an event open that has ended.
_OLD_EVENTS: Final = """
DELETE FROM event WHERE (enclave, kind, key) IN (
    SELECT enclave, kind, key FROM (
        SELECT e.enclave, e.kind, e.key, e."end" AS ended, row_number() OVER (
            PARTITION BY e.enclave, e.kind, e.key ORDER BY b.epoch DESC, b.seq DESC, b.source, b.stream) AS place
        FROM event e JOIN bundle b ON b.id = e.bundle WHERE b.published = 1)
    WHERE place = 1 AND ended < ?)
"""


def _drop_spans(writer: Writer, end: int) -> None:
    """Drop the settled spans before number `end`, group by group."""
    mask = SPANS.owner_and_span(-1)[1]
    keys = writer.db.execute("SELECT id FROM clock WHERE id & ? < ?", (mask, end)).fetchall()
    for (key,) in keys:
        group, span = SPANS.owner_and_span(key)
        members = [n for (n,) in writer.db.execute("SELECT id FROM series WHERE scrape_group = ?", (group,))]
        rows = [(SPANS.key(number, span),) for number in members]
        for table in ("chunk", "rollup"):
            writer.db.executemany(f"DELETE FROM {table} WHERE id = ?", rows)
        for table in ("clock", "hours"):
            writer.db.execute(f"DELETE FROM {table} WHERE id = ?", (key,))
        mark_stale(writer, [(number, span) for number in members])
