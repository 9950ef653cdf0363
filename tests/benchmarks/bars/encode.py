"""Bar 3: raw samples to chunks in the store, on one core."""

from collections.abc import Iterator

from tests.benchmarks import ours, rates
from tests.benchmarks.generator import columns_of
from tests.benchmarks.measure import Stopwatch, timed, watched
from tests.benchmarks.peers import columns, servers
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (3,)


def run(work: Work) -> Iterator[Line]:
    """Everything from arrays to settled chunks, rollups and sheets, the log brought into the file."""
    shape, samples = work.shape, 0

    def bring(watch: Stopwatch) -> None:
        nonlocal samples
        with work.scratch("encode") as folder:
            samples = ours.fill(ours.open_store(folder, shape), shape, work.fleet(shape), watch)

    spent = watched(bring)
    mine = samples / spent.wall / 1e6, samples / spent.cpu / 1e6
    some = work.peer_shape(shape)
    fleet = list(work.fleet(some))
    held = sum(one.samples for one in fleet)

    def line(bar: int, whom: str, wall: float, cpu: float, ask: float | None = None, note: str = "") -> Line:
        """Rates; `wall` and `cpu` in seconds per sample of the peer."""
        figures = {"ours_cpu": mine[1], "peer_cpu": 1e-6 / cpu, "ask": ask, "note": note}
        return Line(bar, f"raw samples in, against {whom}", mine[0], 1e-6 / wall, "M samples/s", "more", **figures)

    rows, dicts = rates.executemany(work)[0], rates.sqlite_utils(work)[0]
    yield line(3, "executemany", rows.wall, rows.cpu, 25, rates.NOTE)
    yield line(0, "sqlite-utils", dicts.wall, dicts.cpu)
    for whom, load in (("DuckDB", columns.load_duck), ("Parquet", columns.load_parquet)):
        with work.scratch(whom) as folder:
            path = folder / "file"

            def once(load=load, path=path) -> None:
                path.unlink(missing_ok=True)
                load(path, columns_of(fleet))

            found = timed(once).per(held)
        yield line(
            0, whom, found.wall, found.cpu, note=f"DuckDB, Parquet, VictoriaMetrics: {some.endpoints * 20} series"
        )
    tool = rates.promtool(work)
    yield line(3, "promtool", tool.wall, tool.cpu, 40)
    work.need_servers()
    with work.scratch("victoria") as folder, servers.victoria(folder / "data") as server:
        # the same samples again are merged away later: what is measured is how fast they are taken in
        found = timed(lambda: servers.load_victoria(server, columns_of(fleet[:2])), beside=server.cpu)
    found = found.per(sum(one.samples for one in fleet[:2]))
    yield line(0, "VictoriaMetrics", found.wall, found.cpu)
