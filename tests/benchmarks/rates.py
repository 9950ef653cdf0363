"""How fast the slow peers take samples in: figures that several bars stand beside, taken once per run."""

import itertools
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.generator import Column, Shape, scrape
from tests.benchmarks.measure import Spent, Stopwatch, size_of, watched
from tests.benchmarks.peers import rows, servers
from tests.benchmarks.work import Work

DAYS = 30.0
MOST = 3_000
"""Samples of each series that sqlite-utils is given."""


def _shape(work: Work) -> Shape:
    return Shape(1, DAYS, seed=work.shape.seed)


def _loaded(work: Work, name: str, load: Callable[[Path, list[Column]], None], samples: int) -> tuple[Spent, float]:
    """Seconds and bytes per sample of writing one endpoint into a new file."""
    columns = scrape(_shape(work), 0).columns()
    sizes = []

    def write(watch: Stopwatch) -> None:
        with work.scratch(name) as folder:
            with watch.running():
                load(folder / "file", columns)
            sizes.append(size_of(folder))

    spent = watched(write)
    return spent.per(samples), sizes[-1] / samples


def executemany(work: Work) -> tuple[Spent, float]:
    """Seconds and bytes per sample of plain rows."""
    samples = scrape(_shape(work), 0).samples
    return work.once("executemany", lambda: _loaded(work, "rows", rows.load_rows, samples))


def sqlite_utils(work: Work) -> tuple[Spent, float]:
    """The same through sqlite-utils, of fewer samples."""
    samples = sum(min(MOST, values.size) for values in scrape(_shape(work), 0).values.values())

    def load(path: Path, columns: list[Column]) -> None:
        rows.load_sqlite_utils(path, columns, MOST)

    return work.once("sqlite-utils", lambda: _loaded(work, "sqlite-utils", load, samples))


def promtool(work: Work) -> Spent:
    """Seconds per sample of promtool, from text that is already written."""
    work.need_servers()
    one = scrape(_shape(work), 0)

    def measure() -> Spent:
        with work.scratch("promtool") as folder:
            servers.write_openmetrics(folder / "in.om", one.columns())
            attempts = itertools.count()

            def write(watch: Stopwatch) -> None:
                with watch.running():
                    servers.promtool(folder / "in.om", folder / f"blocks-{next(attempts)}")

            return watched(write).per(one.samples)

    return work.once("promtool", measure)


NOTE = f"executemany and promtool: 20 series, {DAYS:g} days; sqlite-utils: 20 series, {MOST:,} samples each"
