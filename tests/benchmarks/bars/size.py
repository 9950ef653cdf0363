"""Bar 1: bytes per sample with everything that belongs to them, on the reference set."""

from collections.abc import Iterator

from tests.benchmarks import rates
from tests.benchmarks.measure import size_of
from tests.benchmarks.result import Line
from tests.benchmarks.work import PEER_ENDPOINTS, Work

BARS = (1,)


def run(work: Work) -> Iterator[Line]:
    """Sizes of files that are closed and merged; each peer holds whole endpoints, so the mix is the same."""
    shape, some = work.shape, work.peer_shape(work.shape)
    store = work.store(shape)
    samples = sum(one.samples for one in work.fleet(shape))
    held = sum(one.samples for one in work.fleet(some))
    files = [path for path in store.cache.parent.rglob("*") if path.is_file()]
    ours = sum(path.stat().st_size for path in files) / samples
    unit = "B/sample"
    yield Line(1, f"all-in size, {shape.endpoints * 20:,} series", ours, None, unit, limit=0.82, note=_of_tables(work))
    yield Line(1, "against SQLite rows", ours, rates.executemany(work)[1], unit, ask=25, note=rates.NOTE)
    yield Line(0, "against sqlite-utils", ours, rates.sqlite_utils(work)[1], unit)
    duck, parquet = (size_of(made(shape)) / samples for made in (work.duck, work.parquet))
    yield Line(0, "against a DuckDB table", ours, duck, unit)
    yield Line(0, "against Parquet, zstd", ours, parquet, unit)
    work.need_servers()
    note = f"Prometheus and VictoriaMetrics hold {PEER_ENDPOINTS * 20} of the series"
    yield Line(1, "against Prometheus", ours, size_of(work.prometheus(some)) / held, unit, ask=4, note=note)
    yield Line(1, "against VictoriaMetrics", ours, size_of(work.victoria(some)) / held, unit, ask=1.2, note=note)


def _of_tables(work: Work) -> str:
    """Where our bytes are, table by table."""
    with work.store(work.shape).writer() as writer:
        names = [name for (name,) in writer.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        pages = {}
        for name in names:
            columns = [row[1] for row in writer.db.execute(f"PRAGMA table_info({name})") if row[2] == "BLOB"]
            total = " + ".join(f"coalesce(sum(length({column})), 0)" for column in columns)
            if columns:
                pages[name] = writer.db.execute(f"SELECT {total} FROM {name}").fetchone()[0]
    told = sorted(pages.items(), key=lambda item: -item[1])
    return "bodies: " + ", ".join(f"{name} {size / 2**20:.1f} MiB" for name, size in told if size)
