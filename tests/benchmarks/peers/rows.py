"""One row per sample in SQLite: by hand with executemany, and with sqlite-utils."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.benchmarks.generator import KINDS, Scraped, sid_of


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


def load_rows(path: Path, fleet: Iterable[Scraped]) -> None:
    """Write every sample, one commit per series, and bring the log into the file."""
    db = open_rows(path)
    for one in fleet:
        for kind, values in one.values.items():
            times = one.times[KINDS[kind].group]
            rows = zip(itertools.repeat(sid_of(one.number, kind)), times.tolist(), values.tolist())
            db.execute("BEGIN")
            db.executemany("INSERT INTO samples VALUES (?, ?, ?)", rows)
            db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def as_dicts(one: Scraped, most: int) -> Iterator[dict[str, float]]:
    """The first `most` samples of each series of an endpoint, as sqlite-utils wants them."""
    for kind, values in one.values.items():
        sid, times = sid_of(one.number, kind), one.times[KINDS[kind].group]
        for time, value in zip(times[:most].tolist(), values[:most].tolist(), strict=True):
            yield {"sid": sid, "ts": time, "v": value}


def load_sqlite_utils(path: Path, one: Scraped, most: int) -> None:
    """The same with sqlite-utils, as its documentation has it."""
    import sqlite_utils

    db = sqlite_utils.Database(path)
    db["samples"].insert_all(as_dicts(one, most), pk=("sid", "ts"), columns={"sid": int, "ts": int, "v": float})
    db.close()
