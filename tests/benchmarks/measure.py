"""Taking the time: wall clock and processor side by side, medians of five after one warm-up."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REPEATS = 5
_SHORT = 0.02
"""Seconds: what is quicker is repeated within one measurement, so that the clock's own noise does not count."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the wall clock, and of processors: our own process, those it waited for, and a server's."""

    wall: float
    cpu: float

    def per(self, count: float) -> "Spent":
        return Spent(self.wall / count, self.cpu / count)


@dataclass(slots=True)
class Stopwatch:
    """Adds up the stretches in which it runs; what stands between them (making data) does not count.

    `beside` gives processor seconds of a server that works for us.
    """

    beside: Callable[[], float] = field(default=float)
    wall: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), self._cpu()
        try:
            yield
        finally:
            self.wall += time.perf_counter() - wall
            self.cpu += self._cpu() - cpu

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within `running`: leave out a stretch."""
        wall, cpu = time.perf_counter(), self._cpu()
        try:
            yield
        finally:
            self.wall -= time.perf_counter() - wall
            self.cpu -= self._cpu() - cpu

    @property
    def spent(self) -> Spent:
        return Spent(self.wall, self.cpu)

    def _cpu(self) -> float:
        told = os.times()
        return time.process_time() + told.children_user + told.children_system + self.beside()


def median(found: list[Spent]) -> Spent:
    """Median of each of the two, separately."""
    return Spent(statistics.median(s.wall for s in found), statistics.median(s.cpu for s in found))


def timed(work: Callable[[], object], *, repeats: int = REPEATS, beside: Callable[[], float] = float) -> Spent:
    """Median time of one call, after a warm-up."""
    return in_turns(work, repeats=repeats, beside=beside)[0]


def in_turns(*works: Callable[[], object], repeats: int = REPEATS, beside: Callable[[], float] = float) -> list[Spent]:
    """The same of several, in turns: what else the machine does falls on all of them."""
    calls, found = [], [[] for _ in works]
    for work in works:
        started = time.perf_counter()
        work()
        once = time.perf_counter() - started
        calls.append(max(1, min(1000, round(_SHORT / max(once, 1e-6)))))
    for _ in range(repeats):
        for work, count, spent in zip(works, calls, found, strict=True):
            gc.collect()
            watch = Stopwatch(beside)
            with watch.running():
                for _ in range(count):
                    work()
            spent.append(watch.spent.per(count))
    return [median(spent) for spent in found]


def watched(work: Callable[[Stopwatch], object], *, repeats: int = REPEATS, warm: bool = True) -> Spent:
    """Median of what `work` lets a stopwatch run for; for work with parts that are not to be counted."""
    found = []
    for _ in range(repeats + warm):
        gc.collect()
        watch = Stopwatch()
        work(watch)
        found.append(watch.spent)
    return median(found[warm:])


def written() -> int:
    """Bytes that this process has sent to the disk so far."""
    told = Path("/proc/self/io").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("write_bytes"))


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def cpu_of(process: int) -> float:
    """Processor seconds that a running process has used."""
    # schedstat counts nanoseconds, stat only the ticks that happened to hit it
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(path.read_text(encoding="ascii").split()[0]) for path in threads) / 1e9
