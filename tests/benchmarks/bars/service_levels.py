"""Service levels of 200 endpoints over 12 months.

Bar 7: exact sums by month, which availability and good over total are made of. Bar 14: two promises at each endpoint
judged as the console does, with what missing data leaves open, budgets, forecasts and burn rates of now.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np

from app.clock import FrozenClock
from app.job import Job
from app.model.objective import Indicator, Method, Objective, Selector, Window
from app.model.register import AddObjective, Author
from app.model.sample import FloatArray
from app.query.judging import Question
from app.query.service_levels import ServiceLevels, read_service_levels
from app.register import apply
from app.store import register
from app.store.database import Store
from app.store.totals import read_totals
from tests.benchmarks import ours
from tests.benchmarks.generator import SERVICE_KINDS, Shape, key_of
from tests.benchmarks.measure import Spent, Stopwatch, timed, watched
from tests.benchmarks.peers import columns, servers
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (7, 14)
_PROMETHEUS = 5
"""Endpoints that Prometheus holds for a year: its time for 200 is 40 times that for 5."""

_JUDGED = (
    "errors and requests equal to DuckDB's to the unit; the peers add samples up, ours also weighs the time that they "
    "speak for and gives worst and best case, coverage, verdict, budget, forecast and burn rates"
)

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
    judged = _Judged(store, shape)
    first = watched(judged.watched, repeats=1, warm=False)
    judging = timed(judged.ask)
    judged.check(columns.totals(db, judged.edges))
    added = timed(lambda: columns.totals(db, judged.edges))
    db.close()

    def line(bar: int, mine: Spent, whom: str, found: Spent, ask: float | None, note: str, **more: float) -> Line:
        what = f"{shape.endpoints} endpoints x 12 months, against {whom}"
        cpu = {"ours_cpu": mine.cpu * 1e3, "peer_cpu": found.cpu * 1e3}
        if bar != 7:
            what = f"two promises judged at each of {what}"
        return Line(bar, what, mine.wall * 1e3, found.wall * 1e3, "ms", ask=ask, note=note, **cpu, **more)

    note = f"{totals.samples.sum():,} samples; every count and sum equal to DuckDB's"
    yield line(7, mine, "DuckDB", duck, 60, note)
    yield line(14, judging, "DuckDB", added, 1, _JUDGED, limit=2000)
    note = "the first time in a process, before what has settled is remembered"
    yield line(0, first, "DuckDB", added, None, note)
    work.need_servers()
    few = replace(shape, endpoints=min(_PROMETHEUS, shape.endpoints))
    times = shape.endpoints / few.endpoints
    with servers.prometheus(work.prometheus(few)) as server:

        def dashboard(edges: Sequence[int]) -> Spent:
            questions = [
                (f"{query}[{round((end - start) / 1000)}s])", end / 1000.0)
                for start, end in pairwise(edges)
                for query in _QUERIES
            ]

            def draw() -> None:
                with ThreadPoolExecutor(2) as pool:
                    list(pool.map(lambda question: server.again().instant(*question), questions))

            return timed(draw, beside=server.cpu).per(1 / times)

        monthly, yearly = dashboard(edges), dashboard(judged.edges)
    note = f"Prometheus holds {few.endpoints} endpoints, its time is multiplied by {times:g}; two requests at a time"
    yield line(7, mine, "Prometheus", monthly, 300, note)
    yield line(14, judging, "Prometheus", yearly, 5, note)


class _Judged:
    """A promise on the flag and one on errors at every endpoint, over the 12 months before the store's own now."""

    def __init__(self, store: Store, shape: Shape) -> None:
        self.store, self.shape, self.at = store, shape, store.clock.now()
        self.edges = [round((self.at - 365 * 86400.0) * 1000), round(self.at * 1000)]
        up, rolling = Selector("endpoint_up"), Window("rolling", seconds=365 * 86400.0)
        errors = Indicator("ratio", bad=Selector("endpoint_errors"), total=Selector("endpoint_requests"))
        with store.state() as state:
            held = register.objectives(state)
            for name, indicator in (("up", Indicator("ratio", good=up, total=up)), ("errors", errors)):
                if name not in held:
                    made = Objective(name, name, name, "*", "*", indicator, 0.999, Method.OCCURRENCES, rolling)
                    command = AddObjective(made, "to be measured", self.edges[0] / 1000.0)
                    apply(command, state, Author("bench", "bench (0)"), FrozenClock(self.edges[0] / 1000.0))

    def ask(self) -> ServiceLevels:
        """The table of all promises."""
        return read_service_levels(self.store, ours.station(), Question("365d", self.at), Job())

    def watched(self, watch: Stopwatch) -> None:
        """The same, with its time taken."""
        with watch.running():
            self.ask()

    def check(self, theirs: Mapping[str, FloatArray]) -> None:
        """Requests and errors equal a peer's sums; the flag weighs samples by the time that they speak for."""
        total = theirs["total"].reshape(self.shape.endpoints, len(SERVICE_KINDS))
        share = total[:, 0] / theirs["n"].reshape(total.shape)[:, 0]
        rows = {(row.promise.objective.id, row.promise.endpoint.id): row.found.now for row in self.ask().rows}
        assert len(rows) == 2 * self.shape.endpoints
        for number in range(self.shape.endpoints):
            endpoint = dict(key_of(number, 0).labels)["endpoint"]
            errors, up = rows["errors", endpoint], rows["up", endpoint]
            assert (errors.total, errors.total - errors.good) == (total[number, 1], total[number, 2])
            assert abs(up.known_only - share[number]) < 1e-4
