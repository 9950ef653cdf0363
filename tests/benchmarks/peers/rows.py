"""One row per sample in SQLite: by hand with executemany, and with sqlite-utils."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks.generator import Column


def open_rows(path: Path) -> sqlite3.Connection:
    """A table as small as rows can be: no rowid, the primary key is the order of the samples."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -200000")
    db.execute(
        "CREATE TABLE IF NOT EXISTS samples (sid INTEGER, ts INTEGER, v REAL, PRIMARY KEY (sid, ts)) WITHOUT ROWID"
    )
    return db


def insert(db: sqlite3.Connection, rows: Iterable[tuple[int, int, float]]) -> None:
    """Bring rows in with one commit."""
    db.execute("BEGIN")
    db.executemany("INSERT INTO samples VALUES (?, ?, ?)", rows)
    db.execute("COMMIT")


def load_rows(path: Path, columns: Iterable[Column]) -> None:
    """Write every sample, one commit per series, and bring the log into the file."""
    db = open_rows(path)
    for one in columns:
        insert(db, zip(itertools.repeat(one.sid), one.time.tolist(), one.value.tolist()))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def as_dicts(columns: Iterable[Column], most: int) -> Iterator[dict[str, float]]:
    """The first `most` samples of each series, as sqlite-utils wants them."""
    for one in columns:
        for time, value in zip(one.time[:most].tolist(), one.value[:most].tolist(), strict=True):
            yield {"sid": one.sid, "ts": time, "v": value}


def load_sqlite_utils(path: Path, columns: Iterable[Column], most: int) -> None:
    """The same with sqlite-utils, as its documentation has it."""
    import sqlite_utils

    db = sqlite_utils.Database(path)
    rows = as_dicts(columns, most)
    db["samples"].insert_all(rows, pk=("sid", "ts"), columns={"sid": int, "ts": int, "v": float})
    db.close()


def full_resolution(db: sqlite3.Connection, sids: Sequence[int]) -> list[np.ndarray]:
    """Times and values of each series, shape (n, 2)."""
    query = "SELECT ts, v FROM samples WHERE sid = ? ORDER BY ts"
    return [np.array(db.execute(query, (sid,)).fetchall()) for sid in sids]
