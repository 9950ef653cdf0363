"""DuckDB and Parquet: columns with zone maps, and no index by series."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.generator import Column

THREADS = 2


_BATCH = 20
"""Series that are handed over at a time, and that share a row group."""


def _tables(columns: Iterable[Column]) -> Iterator[Any]:
    """All samples by series and time, some series at a time."""
    import pyarrow as pa

    waiting = iter(columns)
    while batch := list(itertools.islice(waiting, _BATCH)):
        sids = np.repeat(np.array([one.sid for one in batch], np.int32), [one.time.size for one in batch])
        times = np.concatenate([one.time for one in batch])
        yield pa.table({"sid": sids, "ts": times, "v": np.concatenate([one.value for one in batch])})


def open_duck(path: Path) -> Any:
    import duckdb

    return duckdb.connect(str(path), config={"threads": THREADS})


def load_duck(path: Path, columns: Iterable[Column]) -> None:
    """Insert every sample in order of series and time."""
    db = open_duck(path)
    db.execute("CREATE TABLE samples (sid INTEGER, ts BIGINT, v DOUBLE)")
    for table in _tables(columns):
        db.register("incoming", table)
        db.execute("INSERT INTO samples SELECT * FROM incoming")
        db.unregister("incoming")
    db.execute("CHECKPOINT")
    db.close()


def load_parquet(path: Path, columns: Iterable[Column]) -> None:
    """zstd, dictionary of values, differences of times; a row group for some 20 series."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("sid", pa.int32()), ("ts", pa.int64()), ("v", pa.float64())])
    how = {"compression": "zstd", "compression_level": 3, "use_dictionary": ["sid", "v"]}
    with pq.ParquetWriter(path, schema, column_encoding={"ts": "DELTA_BINARY_PACKED"}, **how) as writer:
        for table in _tables(columns):
            writer.write_table(table, row_group_size=2**30)


def full_resolution(db: Any, sids: Sequence[int], source: str = "samples") -> list[tuple[Any, Any]]:
    """Times and values of each series."""
    found = []
    for sid in sids:
        rows = db.execute(f"SELECT ts, v FROM {source} WHERE sid = {sid} ORDER BY ts").fetchnumpy()
        found.append((rows["ts"], rows["v"]))
    return found


def last_values(db: Any, sids: Sequence[int]) -> Any:
    """Newest value of each series."""
    wanted = ", ".join(map(str, sids))
    return db.execute(f"SELECT sid, arg_max(v, ts) v FROM samples WHERE sid IN ({wanted}) GROUP BY sid").fetchnumpy()


def totals(db: Any, edges: Sequence[int]) -> Any:
    """Samples and sum of each series by period; `edges` in milliseconds."""
    period = " ".join(f"WHEN ts < {edge} THEN {place}" for place, edge in enumerate(edges[1:]))
    return db.execute(
        f"SELECT sid, CASE {period} END period, count(v) n, sum(v) total FROM samples"
        f" WHERE ts >= {edges[0]} AND ts < {edges[-1]} GROUP BY sid, period ORDER BY sid, period"
    ).fetchnumpy()
