"""Bar 8: the newest value of 200 series."""

from collections.abc import Iterator

import numpy as np

from app.store.last import LastValues
from tests.benchmarks import ours
from tests.benchmarks.generator import KINDS, sid_of
from tests.benchmarks.measure import Spent, timed
from tests.benchmarks.peers import columns, servers
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (8,)


def run(work: Work) -> Iterator[Line]:
    """What a page asks again and again while nothing new has come."""
    shape, some = work.shape, work.peer_shape(work.shape)
    wanted = [(number, kind) for number in range(some.endpoints) for kind in range(len(KINDS))]
    store = work.store(shape)
    refs = ours.refs_of(store, wanted)
    last = LastValues(store, ours.LEVEL)
    values = last.of(refs)[1]
    fleet = list(work.fleet(some))
    assert np.array_equal(values, [fleet[number].values[kind][-1] for number, kind in wanted])
    mine = timed(lambda: last.of(refs))
    first = timed(lambda: LastValues(store, ours.LEVEL).of(refs))

    def line(bar: int, whom: str, found: Spent, ask: float | None = None, note: str = "") -> Line:
        cpu = {"ours_cpu": mine.cpu * 1e3, "peer_cpu": found.cpu * 1e3}
        what = f"last value of {len(refs)} series, against {whom}"
        return Line(bar, what, mine.wall * 1e3, found.wall * 1e3, "ms", ask=ask, note=note, **cpu)

    db = columns.open_duck(work.duck(shape))
    sids = [sid_of(*one) for one in wanted]
    duck = timed(lambda: columns.last_values(db, sids))
    db.close()
    work.need_servers()
    query, at = '{enclave="alpha"}', shape.end / 1000.0
    with servers.prometheus(work.prometheus(some)) as server:
        found = timed(lambda: server.instant(query, at), beside=server.cpu)
        note = f"Prometheus and VictoriaMetrics hold these {len(refs)} series and no others"
        yield line(8, "Prometheus", found, 100, note)
        what = "the first time after the store changed, against Prometheus"
        yield Line(
            0, what, first.wall * 1e3, found.wall * 1e3, "ms", ours_cpu=first.cpu * 1e3, peer_cpu=found.cpu * 1e3
        )
    with servers.victoria(work.victoria(some)) as server:
        yield line(0, "VictoriaMetrics", timed(lambda: server.instant(query, at), beside=server.cpu))
    yield line(0, "DuckDB", duck)
