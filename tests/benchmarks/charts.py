"""Twelve linked charts of all raw points: ours beside pyqtgraph as it is usually written, in the same run."""

import gc
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from app.model.time_range import TimeRange
from app.store.reduced import Reduced
from app.ui.charts.chart import Chart
from app.ui.charts.kept import Kept
from app.ui.charts.line import make_line
from app.ui.charts.units import SECONDS
from app.ui.charts.view import View
from app.ui.look import Look

SIZE = (1600, 1000)
CHARTS = 12
STEP = 60.0
REPEATS = 5


class Painted(QObject):
    """Counts which of the watched widgets have been painted."""

    def __init__(self, widgets):
        super().__init__()
        self.seen = set()
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802 -- Qt calls it so
        if event.type() is QEvent.Type.Paint:
            self.seen.add(id(watched))
        return False


def series(points):
    """Twelve seeded latencies with a daily cycle and heavy tails: (time, value)."""
    rng = np.random.default_rng(20261121)
    found = []
    for number in range(CHARTS):
        time_ = np.arange(points) * STEP + 1_780_000_000.0 + number
        day = 1.0 + 0.4 * np.sin(time_ / 86400.0 * 2 * np.pi)
        found.append((time_, np.round(0.3 * day * rng.lognormal(0.0, 0.25, points), 3)))
    return found


def windows(span, frames):
    """Windows of a pan and of a zoom: two thirds and one third of the frames."""
    pans = frames * 2 // 3
    for number in range(pans):
        start = span.start + span.seconds * (0.1 + 0.3 * number / pans)
        yield TimeRange(start, start + span.seconds / 2)
    for number in range(frames - pans):
        half = span.seconds * 0.5 * 0.94**number
        middle = (span.start + span.end) / 2
        yield TimeRange(middle - half, middle + half)


class Ours:
    """The product's charts."""

    def __init__(self, data, span, look):
        self.view = View(span)
        self.window, self.parts = QWidget(), []
        grid, strip = QGridLayout(self.window), Kept()
        for number, (moment, value) in enumerate(data):
            chart = Chart(look, self.view, f"Latency {number}", SECONDS, strip=strip)
            reduced = Reduced(moment, value, value, 0.0, STEP)
            chart.show_lines([make_line("p95", "series.1", reduced, float(moment[-1]))], span)
            self.parts.append(chart)
            grid.addWidget(chart, number // 4, number % 4)

    def show(self, span):
        self.view.show_span(span)


class Naive:
    """pyqtgraph, one item with all points for each plot."""

    def __init__(self, data, span, look):
        import pyqtgraph as pg

        pg.setConfigOptions(antialias=False)
        self.window, self.plots = QWidget(), []
        grid = QGridLayout(self.window)
        for number, (moment, value) in enumerate(data):
            plot = pg.PlotWidget()
            plot.plot(moment, value, pen="c")
            self.plots.append(plot)
            grid.addWidget(plot, number // 4, number % 4)
        self.parts = [plot.viewport() for plot in self.plots]

    def show(self, span):
        for plot in self.plots:
            plot.setXRange(span.start, span.end, padding=0)


def _until(done, application):
    end = time.perf_counter() + 60
    while not done():
        application.processEvents()
        if time.perf_counter() > end:
            raise TimeoutError


def _once(make: Callable, data, span, look, application, frames) -> tuple[float, list[float], float]:
    """Milliseconds to the first paint of all, of each frame, and of process time for all frames."""
    begin = time.perf_counter()
    kind = make(data, span, look)
    painted = Painted(kind.parts)
    kind.window.resize(*SIZE)
    kind.window.show()
    _until(lambda: len(painted.seen) == CHARTS, application)
    first = (time.perf_counter() - begin) * 1e3
    application.processEvents()
    spent, taken = time.process_time(), []
    for window in windows(span, frames):
        painted.seen.clear()
        begin = time.perf_counter()
        kind.show(window)
        _until(lambda: len(painted.seen) == CHARTS, application)
        taken.append((time.perf_counter() - begin) * 1e3)
    spent = (time.process_time() - spent) * 1e3
    kind.window.close()
    kind.window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()
    del kind
    gc.collect()
    return first, taken, spent / frames


def _memory() -> float:
    """Resident MiB of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(points: int = 129_600, frames: int = 60, peer: bool = True) -> dict[str, float]:
    """Milliseconds of ours and of naive pyqtgraph, their ratios, and the memory of our page."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    application.setStyle("Fusion")
    look = Look.load("dark")
    data = series(points)
    span = TimeRange(float(data[0][0][0]), float(data[0][0][-1]))
    figures: dict[str, float] = {}
    kinds = [("ours", Ours, frames)] + ([("pyqtgraph", Naive, max(6, frames // 5))] if peer else [])
    for name, kind, count in kinds:
        firsts, taken, spent = [], [], []
        for _ in range(REPEATS):
            first, each, cpu = _once(kind, data, span, look, application, count)
            firsts.append(first)
            taken += each
            spent.append(cpu)
        figures[f"{name}_first_ms"] = statistics.median(firsts)
        figures[f"{name}_frame_ms"] = statistics.median(taken)
        figures[f"{name}_frame_p95_ms"] = statistics.quantiles(taken, n=20)[-1]
        figures[f"{name}_frame_cpu_ms"] = statistics.median(spent)
        if name == "ours":
            figures["ours_memory_mib"] = _memory()
    if peer:
        figures["first_ratio"] = figures["pyqtgraph_first_ms"] / figures["ours_first_ms"]
        figures["frame_ratio"] = figures["pyqtgraph_frame_ms"] / figures["ours_frame_ms"]
    return figures


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:24} {figure:9.2f}")
