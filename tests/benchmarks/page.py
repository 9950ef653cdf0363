"""A page of twelve charts over a real store, from the click to the last pixel; runs in a process of its own.

    python -m tests.benchmarks.page STORE ENDPOINT rollup|raw|pyqtgraph

STORE is the base folder of a station. Prints JSON: milliseconds of the first picture and of each frame of a pan and a
zoom, processor milliseconds a frame, and resident MiB of the whole process.
"""

import gc
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from app.clock import FrozenClock
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store.database import Store
from app.store.samples import SeriesRef, find_series, read_series
from tests.benchmarks.generator import CHART_KINDS, Shape, key_of

REPEATS = 5
FRAMES = 60
"""Of a pan and a zoom together; naive plots draw fewer, they are steady."""


def resident() -> float:
    """MiB that this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Subject:
    """Twelve charts of one kind, filled from the store when they are made."""

    def __init__(self, store: Store, refs: list[SeriesRef], span: TimeRange, mode: str, look) -> None:
        from tests.benchmarks import charts

        with store.reader() as reader:
            if mode == "rollup":
                from app.store.reduced import read_reduced

                reduced = read_reduced(reader, refs, span, 360)
            else:
                series = read_series(reader, refs, span)
        if mode == "pyqtgraph":
            self.kind = charts.Naive([(one.time, one.value) for one in series], span, look)
        elif mode == "raw":
            self.kind = charts.Ours([(one.time, one.value) for one in series], span, look)
        else:
            self.kind = charts.Ours([], span, look)
            self._draw(reduced, span, look)

    def _draw(self, reduced: list, span: TimeRange, look) -> None:
        from app.ui.charts.chart import Chart
        from app.ui.charts.kept import Kept
        from app.ui.charts.line import make_line
        from app.ui.charts.units import SECONDS

        grid, strip = self.kind.window.layout(), Kept()
        for number, one in enumerate(reduced):
            chart = Chart(look, self.kind.view, f"Latency {number}", SECONDS, strip=strip)
            chart.show_lines([make_line("p95", "series.1", one, span.end)], span)
            self.kind.parts.append(chart)
            grid.addWidget(chart, number // 4, number % 4)


def main(folder: str, endpoint: str, mode: str) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    from app.ui.look import Look
    from tests.benchmarks import charts

    application = QApplication([])
    application.setStyle("Fusion")
    look = Look.load("dark")
    shape = Shape(1)
    store = Store.open(Paths.under(Path(folder)), FrozenClock(shape.end / 1000.0 + 3600.0))
    with store.reader() as reader:
        known = {ref.key: ref for ref in find_series(reader)}
    refs = [known[key_of(int(endpoint), kind)] for kind in CHART_KINDS]
    span = TimeRange(shape.start / 1000.0, shape.end / 1000.0)
    firsts, firsts_cpu, frames, spent, held = [], [], [], [], []
    count = FRAMES if mode != "pyqtgraph" else FRAMES // 5
    for _ in range(REPEATS + 1):
        begin, cpu = time.perf_counter(), time.process_time()
        subject = Subject(store, refs, span, mode, look).kind
        painted = charts.Painted(subject.parts)
        subject.window.resize(*charts.SIZE)
        subject.window.show()
        charts._until(lambda painted=painted: len(painted.seen) == len(refs), application)
        firsts.append((time.perf_counter() - begin) * 1e3)
        firsts_cpu.append((time.process_time() - cpu) * 1e3)
        held.append(resident())
        application.processEvents()
        cpu = time.process_time()
        for window in charts.windows(span, count):
            painted.seen.clear()
            begin = time.perf_counter()
            subject.show(window)
            charts._until(lambda painted=painted: len(painted.seen) == len(refs), application)
            frames.append((time.perf_counter() - begin) * 1e3)
        spent.append((time.process_time() - cpu) * 1e3 / count)
        subject.window.close()
        subject.window.deleteLater()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        application.processEvents()
        del subject, painted
        gc.collect()
    figures = {
        "first": statistics.median(firsts[1:]),
        "first_cpu": statistics.median(firsts_cpu[1:]),
        "frame": statistics.median(frames[count:]),
        "frame_p95": statistics.quantiles(frames[count:], n=20)[-1],
        "frame_cpu": statistics.median(spent[1:]),
        "memory": held[0],
        "memory_later": max(held),
    }
    print(json.dumps(figures), flush=True)
    os._exit(0)  # what is left over has nothing to say


if __name__ == "__main__":
    main(*sys.argv[1:])
