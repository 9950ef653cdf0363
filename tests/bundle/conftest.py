from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.bundle.inbound import receive
from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.settings import Station
from app.store import ledger
from app.store.catalogue import catalogues
from app.store.database import Store
from app.store.events import events
from app.store.samples import find_series, read_series
from tests.fakes.bundles import DAY, START, Sender
from tests.fakes.keys import trusting
from tests.fakes.stores import open_store, station

EVER = TimeRange(0.0, 4e9)


def picture(store):
    """Everything a reader can see."""
    with store.reader() as reader:
        refs = find_series(reader)
        series = [
            (str(ref.key), ref.enclave, ref.level, one.time.tolist(), one.value.tolist())
            for ref, one in zip(refs, read_series(reader, refs, EVER), strict=True)
        ]
        return sorted(series), events(reader), catalogues(reader)


@dataclass
class Desk:
    """A station that trusts one sender."""

    store: Store
    me: Station
    sender: Sender
    outbox: Path
    root: object = None
    clock: FrozenClock = field(init=False)

    def __post_init__(self):
        self.clock = self.store.clock

    def take(self, path, job=None):
        return receive(path, self.store, self.me, job or Job(), carrier="relay")

    def picture(self):
        return picture(self.store)

    def memory(self):
        """Accepted manifests, locks, intents and attempts: what the ledger knows."""
        with self.store.state() as state:
            return (
                state.db.execute(
                    "SELECT source, epoch, seq, manifest FROM accepted ORDER BY source, stream, epoch, seq"
                ).fetchall(),
                [(lock.source, lock.code) for lock in ledger.locks(state)],
                ledger.intents(state),
                [(a.code, a.seq) for a in ledger.attempts(state)],
            )


@pytest.fixture
def desk(tmp_path):
    store, me, sender = open_store(tmp_path / "station", START + DAY), station(Level.S), Sender()
    root = trusting(store, me, sender)
    return Desk(store, me, sender, tmp_path / "outbox", root)
