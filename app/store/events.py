"""The events that bundles brought."""

import json
from collections.abc import Sequence
from typing import Any

from app.model.event import Event
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store.database import Reader


def events(
    reader: Reader,
    span: TimeRange | None = None,
    kinds: Sequence[str] = (),
    enclave: str | None = None,
    known_at: float | None = None,
) -> list[tuple[Event, Level]]:
    """Events that touch `span`, in order of their start.

    Of several bundles that tell of the same event the highest (epoch, sequence) speaks; with
    `known_at`, only bundles received by then (seconds UTC) do.
    """
    where = ["b.received <= ?"]
    given: list[object] = [float("inf") if known_at is None else known_at]
    if kinds:
        where.append(f"e.kind IN ({', '.join('?' * len(kinds))})")
        given += kinds
    if enclave is not None:
        where.append("e.enclave = ?")
        given.append(enclave)
    # The newest word on an event is found first: its span may have changed.
    told = f"""SELECT e.*, row_number() OVER (PARTITION BY e.enclave, e.kind, e.key
                   ORDER BY b.epoch DESC, b.seq DESC, b.source, b.stream) AS place
               FROM event e JOIN bundle b ON b.id = e.bundle WHERE {" AND ".join(where)}"""
    during = ""
    if span is not None:
        during = 'AND start < ? AND ("end" IS NULL OR "end" >= ?)'
        given += (span.end, span.start)
    rows = reader.db.execute(
        f'SELECT enclave, kind, key, subject, start, "end", text, labels, level FROM ({told})'
        f" WHERE place = 1 {during} ORDER BY start, enclave, kind, key",
        given,
    )
    return [(_event(row), Level(row[8])) for row in rows]


def events_after(reader: Reader, run: int) -> list[Event]:
    """Newest word of each event that bundles or runs after `run` spoke of, whenever it happened."""
    rows = reader.db.execute(
        """SELECT enclave, kind, key, subject, start, "end", text, labels, level FROM (
               SELECT *, row_number() OVER (PARTITION BY enclave, kind, key ORDER BY bundle DESC) AS place
               FROM event WHERE bundle > ?)
           WHERE place = 1 ORDER BY start, enclave, kind, key""",
        (run,),
    )
    return [_event(row) for row in rows]


def _event(row: Sequence[Any]) -> Event:
    enclave, kind, key, subject, start, end, text, labels, _ = row
    pairs = tuple((str(name), str(value)) for name, value in json.loads(labels))
    return Event(enclave, kind, key, subject, start, end, text, pairs)
