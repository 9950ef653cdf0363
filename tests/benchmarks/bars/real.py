"""Recorded data: size and speed beside the peers, also where we look worse. No bar."""

import functools
from collections.abc import Iterator
from pathlib import Path

from app.clock import FrozenClock
from app.job import Job
from app.model.time_range import TimeRange
from app.paths import Paths
from app.store.block import block_from_series
from app.store.database import Store
from app.store.intake import begin, publish, stage_blocks
from app.store.samples import find_series, read_series
from app.store.settle import settle
from tests.benchmarks import ours, recorded
from tests.benchmarks.generator import Column
from tests.benchmarks.measure import Stopwatch, size_of, timed, watched
from tests.benchmarks.peers import columns, rows, servers
from tests.benchmarks.result import Line
from tests.benchmarks.work import ROOT, Unavailable, Work

BARS = ()
_DATA = ROOT.parent / "shared" / "data"
_EVER = TimeRange(0.0, 4e9)


def run(work: Work) -> Iterator[Line]:
    """Each set in a new file of each kind; what an empty file of that kind takes is left out.

    Rows, DuckDB and Parquet know a series by a number; ours and the two servers hold its name and labels, too.
    """
    found = list(recorded.sets(_DATA))
    if not found:
        raise Unavailable("the recordings are not on this machine")
    work.need_servers()
    for name, series in found:
        yield from _beside(work, name, series)


def _open(folder: Path) -> Store:
    paths = Paths.under(folder)
    paths.make()
    return Store.open(paths, FrozenClock(_EVER.end))


def _fill(store: Store, series: list[Column]) -> None:
    with store.writer() as writer:
        number = begin(writer, ours.record_of("alpha", _EVER, 1))
        stage_blocks(writer, number, block_from_series(recorded.as_series(series, "alpha")), Job())
        publish(writer, number)
        settle(writer, Job(), always=True)
        writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _beside(work: Work, name: str, series: list[Column]) -> Iterator[Line]:
    samples = sum(one.time.size for one in series)
    sizes: dict[str, float] = {}
    with work.scratch("real") as folder:
        store = _open(folder / "empty")
        empty = size_of(store.cache)
        store = _open(folder / "ours")
        _fill(store, series)
        sizes["ours"] = size_of(store.cache) - empty
        read = timed(functools.partial(_read, store))
        for whom, load in _LOADERS.items():
            load(folder / f"{whom}-empty", [])
            load(folder / whom, series)
            sizes[whom] = size_of(folder / whom) - size_of(folder / f"{whom}-empty")
        db = rows.open_rows(folder / "rows")
        sids = [one.sid for one in series]
        read_rows = timed(lambda: rows.full_resolution(db, sids))
        db.close()
        servers.write_openmetrics(folder / "in.om", series)
        servers.promtool(folder / "in.om", folder / "Prometheus")
        sizes["Prometheus"] = size_of(folder / "Prometheus")
        sizes["VictoriaMetrics"] = _victoria(folder / "full", series) - _victoria(folder / "empty-too", [])

    def fresh(watch: Stopwatch) -> None:
        with work.scratch("real") as folder:
            store = _open(folder / "ours")
            with watch.running():
                _fill(store, series)

    def fresh_rows(watch: Stopwatch) -> None:
        with work.scratch("real") as folder, watch.running():
            rows.load_rows(folder / "rows", series)

    note = f"{name}: {len(series):,} series, {samples:,} samples; rows, DuckDB and Parquet hold no names and labels"
    mine = sizes.pop("ours")
    for whom, size in sizes.items():
        yield Line(0, f"{name}: size, against {whom}", mine / samples, size / samples, "B/sample", note=note)
    one, other = watched(fresh).per(samples), watched(fresh_rows).per(samples)
    cpu = {"ours_cpu": 1e-6 / one.cpu, "peer_cpu": 1e-6 / other.cpu}
    what = f"{name}: samples in, against executemany"
    yield Line(0, what, 1e-6 / one.wall, 1e-6 / other.wall, "M samples/s", "more", **cpu)
    cpu = {"ours_cpu": read.cpu * 1e3, "peer_cpu": read_rows.cpu * 1e3}
    yield Line(0, f"{name}: all samples out, against rows", read.wall * 1e3, read_rows.wall * 1e3, "ms", **cpu)


def _victoria(folder: Path, series: list[Column]) -> int:
    """Bytes on the disk, index included, once it is merged and closed."""
    with servers.victoria(folder) as server:
        servers.load_victoria(server, series)
        servers.merge_victoria(server, folder)
    with servers.victoria(folder):
        pass
    return size_of(folder)


def _read(store: Store) -> None:
    with store.reader(ours.LEVEL) as reader:
        read_series(reader, find_series(reader), _EVER)


_LOADERS = {"rows": rows.load_rows, "DuckDB": columns.load_duck, "Parquet": columns.load_parquet}
