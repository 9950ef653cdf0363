"""Registers and what is known of telemetry, row by row, for administration: never samples, keys, trust or audit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.model.marking import Level
from app.store.database import Reader, State

_MOMENTS: Final = frozenset({"created", "window_start", "window_end", "expires", "received", "start", "end"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Register:
    """One list that can be exported: its question, and whether the station's own memory answers it."""

    sql: str
    of_state: bool = False


_ATTEMPT: Final = (
    "id, received, code, name, carrier, size, reason, action, manifest, source, stream, epoch, seq, level, enclave,"
    " kind, rows, created, window_start, window_end, expires"
)
REGISTERS: Final = {
    "bundles": Register(
        "SELECT id, source, stream, epoch, seq, manifest, kind, enclave, level, created, window_start, window_end,"
        " expires, received, carrier, name, size, rows, demo, samples FROM bundle ORDER BY id"
    ),
    "catalogue": Register(
        "SELECT c.bundle, c.enclave, b.level, c.body FROM catalogue c JOIN bundle b ON b.id = c.bundle"
        " ORDER BY c.bundle"
    ),
    "events": Register(
        'SELECT bundle, enclave, kind, "key", subject, start, "end", text, labels, level FROM event'
        " ORDER BY start, enclave, kind, key, bundle"
    ),
    "series": Register(
        "SELECT s.id, s.metric, s.labels, s.enclave, s.level, g.name AS scrape_group FROM series s"
        " JOIN scrape_group g ON g.id = s.scrape_group ORDER BY s.id"
    ),
    "attempts": Register(
        f"SELECT {_ATTEMPT} FROM attempt WHERE level IS NULL OR level <= ? ORDER BY id", of_state=True
    ),
    "accepted": Register(
        "SELECT manifest, source, stream, epoch, seq, kind, enclave, level, created, window_start, window_end, expires,"
        " received FROM accepted WHERE level <= ? ORDER BY received, manifest",
        of_state=True,
    ),
}
"""Name -> what it holds. One that is not listed here cannot be exported."""


def read_register(
    reader: Reader, state: State, name: str, ceiling: Level, written: Callable[[float], str | None]
) -> Iterator[Row]:
    """Rows of a register that are marked at or below `ceiling`, with their marking; times as `written` makes them.

    What was not verified has no level; it is marked as `ceiling`.
    """
    from sqlite_utils import Database  # noqa: PLC0415 -- administration only: no page of the console waits for it

    register = REGISTERS[name]
    session = state if register.of_state else reader
    given = [int(ceiling)] if register.of_state else None
    for row in Database(session.db, execute_plugins=False).query(register.sql, given):
        level = ceiling if row["level"] is None else Level(row["level"])
        told = {
            key: written(value) if key in _MOMENTS and value is not None else value
            for key, value in row.items()
            if key != "level"
        }
        yield told | {"level": None if row["level"] is None else level.code, "marking": level.banner}
