"""Bar 9: from launch to a painted overview of 600 endpoints, beside an empty window and eager imports."""

from collections.abc import Iterator

from tests.benchmarks import start
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (9,)
_STARTS = 15


def run(work: Work) -> Iterator[Line]:
    """Fresh processes, off screen, files in the page cache; in turns, so that all have the same weather."""
    found = start.measure(rounds=_STARTS)
    note = f"median of {_STARTS} starts from a kept picture of 600 endpoints; no store is opened before it is painted"
    for key, whom, ask in (
        ("window", "an empty window", 1 / 1.5),
        ("eager", "the same console with eager imports", 3.0),
    ):
        cpu = {"ours_cpu": found["console_cpu"], "peer_cpu": found[f"{key}_cpu"]}
        what = f"launch to painted overview, against {whom}"
        yield Line(9, what, found["console"], found[key], "ms", ask=ask, note=note, **cpu)
