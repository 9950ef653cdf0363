"""Bar 7: exact availability and good over total, 200 endpoints by month over 12 months."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np

from app.store.totals import read_totals
from tests.benchmarks import ours
from tests.benchmarks.generator import SERVICE_KINDS, Shape
from tests.benchmarks.measure import Spent, timed
from tests.benchmarks.peers import columns, servers
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (7,)
_PROMETHEUS = 5
"""Endpoints that Prometheus holds for a year: its time for 200 is 40 times that for 5."""

_ASKED = ("sum_over_time(endpoint_up", "count_over_time(endpoint_up", "sum_over_time(endpoint_requests")
_QUERIES = (*_ASKED, "sum_over_time(endpoint_errors")


def month_edges(shape: Shape) -> list[int]:
    """Beginnings of 13 months from the start of the set, in milliseconds UTC."""
    first = np.datetime64(shape.start, "ms").astype("datetime64[M]")
    return [int((first + month).astype("datetime64[ms]").astype(np.int64)) for month in range(13)]


def run(work: Work) -> Iterator[Line]:
    """Sums and counts of three series per endpoint; equal to DuckDB to the unit, or nothing is told."""
    shape = work.year
    edges = month_edges(shape)
    assert edges[0] == shape.start
    assert edges[-1] == shape.end
    store = work.store(shape)
    wanted = [(number, kind) for number in range(shape.endpoints) for kind in SERVICE_KINDS]
    refs = ours.refs_of(store, wanted)
    seconds = [edge / 1000.0 for edge in edges]

    def ask():
        with store.reader(ours.LEVEL) as reader:
            return read_totals(reader, refs, seconds)

    totals = ask()
    db = columns.open_duck(work.duck(shape))
    theirs = columns.totals(db, edges)
    assert np.array_equal(theirs["n"].reshape(totals.samples.shape), totals.samples)
    assert np.array_equal(theirs["total"].reshape(totals.total.shape), totals.total)
    mine = timed(ask)
    duck = timed(lambda: columns.totals(db, edges))
    db.close()

    def line(whom: str, found: Spent, times: float, ask: float, note: str) -> Line:
        what = f"{shape.endpoints} endpoints x 12 months, against {whom}"
        cpu = {"ours_cpu": mine.cpu * 1e3, "peer_cpu": found.cpu * times * 1e3}
        return Line(7, what, mine.wall * 1e3, found.wall * times * 1e3, "ms", ask=ask, note=note, **cpu)

    yield line("DuckDB", duck, 1.0, 60, f"{totals.samples.sum():,} samples; every count and sum equal to DuckDB's")
    work.need_servers()
    few = replace(shape, endpoints=min(_PROMETHEUS, shape.endpoints))
    questions = [
        (f"{query}[{round((end - start) / 1000)}s])", end / 1000.0)
        for start, end in pairwise(edges)
        for query in _QUERIES
    ]
    times = shape.endpoints / few.endpoints
    with servers.prometheus(work.prometheus(few)) as server:

        def dashboard() -> None:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda question: server.again().instant(*question), questions))

        found = timed(dashboard, beside=server.cpu)
    note = f"Prometheus holds {few.endpoints} endpoints, its time is multiplied by {times:g}; two requests at a time"
    yield line("Prometheus", found, times, 300, note)
