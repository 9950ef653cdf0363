"""Bar 11: five more minutes of 12,000 series, durable: bytes that reach the disk, and milliseconds."""

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from app.job import Job
from app.model.time_range import TimeRange
from app.store.block import Block, block_from_series
from app.store.database import Store
from app.store.durable import durable
from app.store.intake import begin, publish, stage_blocks
from app.store.settle import settle
from tests.benchmarks import ours
from tests.benchmarks.generator import STEP, Scraped, Shape, columns_of, enclave_of
from tests.benchmarks.measure import Spent, Stopwatch, median, written
from tests.benchmarks.peers import rows
from tests.benchmarks.result import Line
from tests.benchmarks.work import Work

BARS = (11,)
_STEPS = 5
_BUNDLES = 12
"""One hour; the first is the warm-up."""

_ROWS_DAYS = 0.5
"""What the rows hold beforehand: enough that each series has leaves of its own."""


def run(work: Work) -> Iterator[Line]:
    """An hour of bundles of five minutes; the log is brought into the file before bytes are counted."""
    history = replace(work.big, days=90.0 * min(1.0, work.scale / 12))
    newest = [_newest(work.endpoint(history, number)) for number in range(history.endpoints)]
    samples = sum(one.samples for one in newest)
    mine, bytes_mine, bytes_settled = _ours(work, history, newest)
    theirs, bytes_theirs = _rows(work, history, newest)
    note = f"{samples:,} samples a bundle; ours on {history.days:g} days, rows on {_ROWS_DAYS:g} days of history"
    what = f"bytes written per sample, {history.endpoints * 20:,} series, against rows"
    unit = "B/sample"
    per = samples * _BUNDLES
    yield Line(11, what, bytes_mine / per, bytes_theirs / per, unit, ask=500, limit=2.5, note=note)
    cpu = {"ours_cpu": mine.cpu * 1e3, "peer_cpu": theirs.cpu * 1e3}
    yield Line(0, "five minutes, durable, against rows", mine.wall * 1e3, theirs.wall * 1e3, "ms", **cpu)
    what = "bytes written per sample with the hourly merge, against rows"
    yield Line(0, what, bytes_settled / per, bytes_theirs / per, unit)


def _newest(one: Scraped) -> Scraped:
    """The last five scrapes of an endpoint."""
    cut = slice(-_STEPS, None)
    return Scraped(one.number, tuple(t[cut] for t in one.times), {kind: v[cut] for kind, v in one.values.items()})


def _later(one: Scraped, bundle: int) -> Scraped:
    """The same scrapes again, five minutes later for each bundle, on the even grid that scrapes keep."""
    grid = np.arange(_STEPS) + bundle * _STEPS + 1
    return replace(one, times=tuple(time[-1] + grid * STEP * 1000 for time in one.times))


def _ours(work: Work, history: Shape, newest: list[Scraped]) -> tuple[Spent, int, int]:
    """Time of one bundle of every enclave, bytes of an hour of them, and the same with what settling adds."""
    with work.scratch("append") as folder:
        home = folder / "station"
        shutil.copytree(work.base(history), home)
        store = ours.open_store(home, history)
        os.sync()  # what the copy left behind
        before, found = written(), []
        with store.writer() as writer:
            for bundle in range(_BUNDLES):
                blocks = _blocks(newest, bundle)
                watch = Stopwatch()
                with watch.running():
                    _append(store, history, blocks, bundle)
                found.append(watch.spent)
            writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            appended = written() - before
            settle(writer, Job())
            writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return median(found[1:]), appended, written() - before


def _blocks(newest: list[Scraped], bundle: int) -> dict[str, list[Block]]:
    """What the collectors of all enclaves have made: blocks come encoded in a bundle."""
    by_enclave = itertools.groupby((_later(one, bundle) for one in newest), lambda one: enclave_of(one.number))
    return {
        enclave: list(block_from_series(series for one in members for series in ours.as_series(one)))
        for enclave, members in by_enclave
    }


def _append(store: Store, history: Shape, blocks: dict[str, list[Block]], bundle: int) -> None:
    with store.writer() as writer:
        for enclave, made in blocks.items():
            end = history.end / 1000.0 + (bundle + 1) * _STEPS * STEP
            record = ours.record_of(enclave, TimeRange(end - _STEPS * STEP, end), bundle + 2)
            number = begin(writer, record)
            stage_blocks(writer, number, made, Job())
            with durable(writer):
                publish(writer, number)


def _rows(work: Work, history: Shape, newest: list[Scraped]) -> tuple[Spent, int]:
    source = work.rows(replace(history, days=_ROWS_DAYS))
    with work.scratch("append-rows") as folder:
        shutil.copy(source, folder / "rows.db")
        os.sync()
        db = rows.open_rows(folder / "rows.db")
        db.execute("PRAGMA synchronous = FULL")
        before, found = written(), []
        for bundle in range(_BUNDLES):
            columns = list(columns_of(_later(one, bundle) for one in newest))
            watch = Stopwatch()
            with watch.running():
                flat = (
                    row
                    for one in columns
                    for row in zip(itertools.repeat(one.sid), one.time.tolist(), one.value.tolist(), strict=False)
                )
                rows.insert(db, flat)
            found.append(watch.spent)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        total = written() - before
        db.close()
    return median(found[1:]), total
