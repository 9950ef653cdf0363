"""Bar 2: import of signed `chunks` bundles into an empty station, with every check."""

from collections.abc import Iterator

from app.bundle.inbound import receive
from app.job import Job
from tests.benchmarks import ours, rates
from tests.benchmarks.measure import Stopwatch, size_of, watched, written
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (2,)


def run(work: Work) -> Iterator[Line]:
    """From the folder of a bundle to a published picture, P-384 and SHA-384, the log brought into the file."""
    shape = work.shape
    with work.scratch("senders") as folder:
        sent = ours.cut_full(folder, shape, work.by_enclave(shape))
        on_disk: list[int] = []

        def bring(watch: Stopwatch) -> None:
            with work.scratch("station") as home:
                store, me = ours.trusting_station(home, shape, sent)
                before = written()
                with watch.running():
                    for path in sent.paths:
                        outcome = receive(path, store, me, Job(), carrier="relay")
                        assert outcome.code.accepted, outcome
                    with store.writer() as writer:
                        writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                on_disk.append(written() - before)

        spent = watched(bring)
        size = sum(map(size_of, sent.paths))
    mine = sent.samples / spent.wall / 1e6, sent.samples / spent.cpu / 1e6
    rows, dicts = rates.executemany(work)[0], rates.sqlite_utils(work)[0]
    note = f"{sent.samples:,} samples in {len(sent.paths)} bundle(s) of {size / 2**20:.0f} MiB;"
    note += f" {on_disk[-1] / sent.samples:.2f} bytes written per sample; {rates.NOTE}"
    for whom, found, ask in (("executemany", rows, 80), ("sqlite-utils", dicts, 800)):
        cpu = {"ours_cpu": mine[1], "peer_cpu": 1e-6 / found.cpu}
        what = f"signed bundle in, against {whom}"
        yield Line(2, what, mine[0], 1e-6 / found.wall, "M samples/s", "more", ask=ask, note=note, **cpu)
