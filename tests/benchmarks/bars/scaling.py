"""Bar 12: the same warm questions of 12,000 series and of 1,000."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from app.model.time_range import TimeRange
from app.store.database import Store
from app.store.last import LastValues
from app.store.reduced import read_reduced
from app.store.samples import read_series
from app.store.totals import read_totals
from tests.benchmarks import ours
from tests.benchmarks.generator import CHART_KINDS, KINDS, SERVICE_KINDS, Shape
from tests.benchmarks.measure import in_turns
from tests.benchmarks.result import Line
from tests.benchmarks.work import REFERENCE, Work

BARS = (12,)
_COLUMNS = 360
"""Pixels of one of twelve charts in a window of 1600."""


def run(work: Work) -> Iterator[Line]:
    """Every question has the same answer in both stores: the smaller is a part of the larger."""
    big = work.big
    small = replace(big, endpoints=max(1, min(big.endpoints - 1, round(REFERENCE * min(1.0, work.scale)))))
    few, many = (_questions(work.store(shape), shape, small.endpoints) for shape in (small, big))
    sizes = f"{big.endpoints * len(KINDS):,} series, against {small.endpoints * len(KINDS):,}"
    for question, ask in few.items():
        one, other = in_turns(ask, many[question], repeats=15)
        cpu = {"ours_cpu": other.cpu * 1e3, "peer_cpu": one.cpu * 1e3}
        note = "the peer is our own store of fewer series; 0.8x says 1.25 times as long"
        what = f"{question}: {sizes}"
        yield Line(12, what, other.wall * 1e3, one.wall * 1e3, "ms", ask=1 / 1.25, note=note, **cpu)


def _questions(store: Store, shape: Shape, endpoints: int) -> dict[str, Callable[[], object]]:
    """What is asked, about endpoints that both stores have."""
    span = TimeRange(shape.start / 1000.0, shape.end / 1000.0)
    charts = ours.refs_of(store, [(0, kind) for kind in CHART_KINDS])
    some = range(min(10, endpoints))
    last = ours.refs_of(store, [(number, kind) for number in some for kind in range(len(KINDS))])
    service = ours.refs_of(store, [(number, kind) for number in some for kind in SERVICE_KINDS])
    edges = [span.start + span.seconds * third / 3 for third in range(4)]
    newest = LastValues(store, ours.LEVEL)

    def with_reader(ask: Callable) -> Callable[[], None]:
        def asked() -> None:
            with store.reader(ours.LEVEL) as reader:
                ask(reader)

        return asked

    return {
        "12 series at full resolution": with_reader(lambda reader: read_series(reader, charts, span)),
        "12 charts x 90 d reduced": with_reader(lambda reader: read_reduced(reader, charts, span, _COLUMNS)),
        f"service levels of {len(some)} endpoints": with_reader(lambda reader: read_totals(reader, service, edges)),
        f"last value of {len(last)} series": lambda: newest.of(last),
    }
