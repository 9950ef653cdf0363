"""Bar 6: twelve series of 90 days at full resolution, until arrays stand in memory."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from app.model.sample import to_ms
from app.model.time_range import TimeRange
from app.store.samples import read_series
from tests.benchmarks import ours
from tests.benchmarks.generator import CHART_KINDS, KINDS, key_of, sid_of
from tests.benchmarks.measure import Spent, timed
from tests.benchmarks.peers import columns, rows, servers
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (6,)


def run(work: Work) -> Iterator[Line]:
    """Warm queries, each with a session of its own, as a page asks."""
    shape, some = work.shape, work.peer_shape(work.shape)
    number = 0
    store = work.store(shape)
    refs = ours.refs_of(store, [(number, kind) for kind in CHART_KINDS])
    span = TimeRange(shape.start / 1000.0, shape.end / 1000.0)

    def ask():
        with store.reader(ours.LEVEL) as reader:
            return read_series(reader, refs, span)

    truth = work.endpoint(shape, number)
    for one, kind in zip(ask(), CHART_KINDS, strict=True):
        assert np.array_equal(to_ms(one.time), truth.times[KINDS[kind].group])
        assert np.array_equal(one.value, truth.values[kind])
    mine = timed(ask)

    def line(bar: int, whom: str, found: Spent, ask: float | None = None, note: str = "") -> Line:
        cpu = {"ours_cpu": mine.cpu * 1e3, "peer_cpu": found.cpu * 1e3}
        what = f"12 series at full resolution, against {whom}"
        return Line(bar, what, mine.wall * 1e3, found.wall * 1e3, "ms", ask=ask, note=note, **cpu)

    db = columns.open_duck(work.duck(shape))
    sids = [sid_of(number, kind) for kind in CHART_KINDS]
    yield line(6, "DuckDB", timed(lambda: columns.full_resolution(db, sids)), 5)
    parquet = f"read_parquet('{work.parquet(shape)}')"
    yield line(0, "Parquet by DuckDB", timed(lambda: columns.full_resolution(db, sids, parquet)))
    db.close()
    sole = replace(shape, endpoints=1)
    db = rows.open_rows(work.rows(sole))
    found = timed(lambda: rows.full_resolution(db, sids), repeats=3)
    yield line(0, "SQLite rows", found, note="rows: 20 series")
    db.close()
    work.need_servers()
    queries = [servers.selector(key_of(number, kind)) for kind in CHART_KINDS]
    end = shape.end / 1000.0
    note = f"Prometheus and VictoriaMetrics hold {some.endpoints * 20} series, asked one after another"
    with servers.prometheus(work.prometheus(some)) as server:
        found = timed(lambda: [server.raw(query, shape.days, end) for query in queries], beside=server.cpu)
        yield line(6, "Prometheus", found, 60, note)
    start = shape.start / 1000.0
    with servers.victoria(work.victoria(some)) as server:
        found = timed(
            lambda: [servers.export_victoria(server, query, start, end) for query in queries], beside=server.cpu
        )
        yield line(0, "VictoriaMetrics", found)
