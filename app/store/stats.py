"""How large a store is and what makes it so."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from app.job import Job
from app.model.marking import Level
from app.store.bundles import highest_level
from app.store.clock_code import clock_span
from app.store.codec import claimed_samples
from app.store.database import Reader, readable_pages
from app.store.head import FRAMES, HOUR, SHEAF
from app.store.rowseal import sealed_part
from app.store.tiers import DAYS, SPANS, TIERS, days_held, split

_FORMS: Final = {FRAMES: "frames", SHEAF: "sheaf", HOUR: "hour"}
_TIER: Final = {
    "head": "head", "day": "day", "day_clock": "day", "chunk": "span", "clock": "span", "rollup": "derived",
    "hours": "derived", "sheet": "derived", "stale_sheet": "derived", "last": "derived", "superseded": "superseded",
}  # fmt: skip
_PREFIX: Final = 128
"""First bytes of a row that hold its headers."""


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table with its indexes; `bytes` are those of its pages, or of its bodies where SQLite cannot tell."""

    name: str
    tier: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Reach:
    """First and last time of what the store holds of an enclave, seconds UTC."""

    enclave: str
    level: Level
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Stats:
    """What a store holds.

    `samples` counts a sample that stands both in the head and in a tier twice. `days_held` is the number of days that
    are not yet folded into their span; `free_bytes` are those of pages that nothing uses.
    """

    tables: tuple[TableSize, ...]
    enclaves: tuple[Reach, ...]
    head_rows: dict[str, int]
    bundles: int
    series: int
    samples: int
    superseded: int
    days_held: int
    file_bytes: int
    wal_bytes: int
    free_bytes: int
    highest: Level | None

    @property
    def bytes_per_sample(self) -> float | None:
        """Bytes of the file for each sample, everything counted; None while there is none."""
        return (self.file_bytes - self.free_bytes) / self.samples if self.samples else None


def read_stats(reader: Reader, job: Job) -> Stats:
    """Count what the store holds.

    Raises
    ------
    StoreDamaged
        If the database cannot read a page that is counted; `inspect` tells which.
    """
    with readable_pages():
        tables = _tables(reader, job)
        counts = {table.name: table.rows for table in tables}
        forms = dict(reader.db.execute("SELECT form, count(*) FROM main.head GROUP BY form"))
        path = reader.store.cache
        wal = path.with_name(path.name + "-wal")
        return Stats(
            tables=tables,
            enclaves=_reaches(reader),
            head_rows={name: forms.get(form, 0) for form, name in _FORMS.items()},
            bundles=counts["bundle"],
            series=counts["series"],
            samples=_samples(reader, job),
            superseded=counts["superseded"],
            days_held=len(days_held(reader)),
            file_bytes=path.stat().st_size,
            wal_bytes=wal.stat().st_size if wal.exists() else 0,
            free_bytes=_pragma(reader, "freelist_count") * _pragma(reader, "page_size"),
            highest=highest_level(reader),
        )


def _pragma(reader: Reader, name: str) -> int:
    return int(reader.db.execute(f"PRAGMA main.{name}").fetchone()[0])


def _tables(reader: Reader, job: Job) -> tuple[TableSize, ...]:
    from sqlite_utils import Database  # noqa: PLC0415 -- administration only: no page of the console waits for it

    database = Database(reader.db, execute_plugins=False)
    names = sorted(database.table_names())
    size = _page_bytes(reader)
    if size is None:
        size = {name: _body_bytes(reader, name) for name in names if "body" in database.table(name).columns_dict}
    found = []
    for done, name in enumerate(names):
        job.step(done, len(names), "counting rows")
        (rows,) = reader.db.execute(f"SELECT count(*) FROM main.{name}").fetchone()
        found.append(TableSize(name, _TIER.get(name, "register"), rows, size.get(name, 0)))
    return tuple(found)


def _page_bytes(reader: Reader) -> dict[str, int] | None:
    """Bytes of the pages of each table and its indexes; None where this SQLite cannot tell."""
    owner = dict(reader.db.execute("SELECT name, tbl_name FROM main.sqlite_schema"))
    size: dict[str, int] = {}
    try:
        parts = reader.db.execute("SELECT name, sum(pgsize) FROM dbstat('main') GROUP BY name").fetchall()
    except sqlite3.OperationalError:
        return None  # an optional part of SQLite, which Debian builds and others do not
    for part, held in parts:
        table = owner.get(part, part)
        size[table] = size.get(table, 0) + held
    return size


def _body_bytes(reader: Reader, table: str) -> int:
    return int(reader.db.execute(f"SELECT coalesce(sum(length(body)), 0) FROM main.{table}").fetchone()[0])


def _samples(reader: Reader, job: Job) -> int:
    total = int(reader.db.execute("SELECT coalesce(sum(samples), 0) FROM main.head").fetchone()[0])
    for tier in TIERS:
        rows = reader.db.execute(f"SELECT substr(body, 1, {_PREFIX}) FROM main.{tier.chunks}")
        for done, (stored,) in enumerate(rows):
            if done % 1000 == 0:
                job.step(done, None, "counting samples")
            total += claimed_samples(split(sealed_part(stored) or stored)[0])
    return total


def _reaches(reader: Reader) -> tuple[Reach, ...]:
    """First and last time of each enclave, from the times that its scrape groups have in any tier and from the head."""
    levels = dict(reader.db.execute("SELECT enclave, max(level) FROM bundle GROUP BY enclave"))
    home = dict(reader.db.execute("SELECT id, enclave FROM scrape_group"))
    ends: dict[str, list[int]] = {enclave: [] for enclave in levels}
    for enclave, first, last in reader.db.execute(
        "SELECT b.enclave, min(h.first), max(h.last) FROM head h JOIN bundle b ON b.id = h.bundle GROUP BY b.enclave"
    ):
        ends[enclave] += [first, last]
    for tier in (SPANS, DAYS):
        for key, stored in reader.db.execute(f"SELECT id, substr(body, 1, {_PREFIX}) FROM {tier.clocks}"):
            enclave = home.get(tier.owner_and_span(key)[0], "")
            if enclave in ends:
                ends[enclave] += clock_span(split(sealed_part(stored) or stored)[0])
    told = [
        Reach(enclave, Level(levels[enclave]), min(times) / 1000.0, max(times) / 1000.0)
        for enclave, times in ends.items()
        if times
    ]
    return tuple(sorted(told, key=lambda one: (one.level, one.enclave)))
