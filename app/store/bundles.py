"""The bundles whose content the cache holds."""

from dataclasses import dataclass
from typing import Any

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store.database import Reader, Writer, real


@dataclass(frozen=True, slots=True)
class BundleRecord:
    """What the cache keeps of a bundle's manifest and arrival.

    `manifest` is the SHA-384 of the manifest payload in hex. `kind` is ``full``, ``delta``,
    ``heartbeat`` or, in a collector's own store, ``run``. `enclave` is its id. Times are seconds UTC;
    NaN is not allowed. `carrier` is the account that brought it in, `name` its outer name.
    """

    source: str
    stream: str
    epoch: int
    seq: int
    manifest: str
    kind: str
    enclave: str
    level: Level
    created: float
    window_start: float
    window_end: float
    expires: float
    received: float
    carrier: str = ""
    name: str = ""
    size: int = 0
    rows: int = 0
    demo: bool = False

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Order in which values win: the higher (epoch, sequence); names only break ties."""
        return (self.epoch, self.seq, self.source, self.stream)


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A published bundle, its number in this cache and how many samples it brought."""

    id: int
    record: BundleRecord
    samples: int


COLUMNS = (
    "source, stream, epoch, seq, manifest, kind, enclave, level, created, window_start, window_end,"
    " expires, received, carrier, name, size, rows, demo"
)


def _stored(row: tuple[Any, ...]) -> StoredBundle:
    number, samples, *fields = row
    fields[7], fields[17] = Level(fields[7]), bool(fields[17])
    return StoredBundle(number, BundleRecord(*fields), samples)


def bundles(reader: Reader, span: TimeRange | None = None) -> list[StoredBundle]:
    """Published bundles, newest window first; with `span`, those whose window or arrival touches it."""
    where = ""
    given: tuple[float, ...] = ()
    if span is not None:
        where = "WHERE (window_end >= ? AND window_start < ?) OR (received >= ? AND received < ?)"
        given = (span.start, span.end, span.start, span.end)
    rows = reader.db.execute(
        f"SELECT id, samples, {COLUMNS} FROM bundle {where} ORDER BY window_end DESC, epoch DESC, seq DESC", given
    )
    return [_stored(row) for row in rows]


def newest_bundle(reader: Reader, enclave: str, known_at: float | None = None) -> StoredBundle | None:
    """Published bundle of `enclave` whose window ends last; with `known_at`, among those received by then."""
    limit = float("inf") if known_at is None else known_at
    row = reader.db.execute(
        f"SELECT id, samples, {COLUMNS} FROM bundle WHERE enclave = ? AND received <= ?"
        " ORDER BY window_end DESC, epoch DESC, seq DESC LIMIT 1",
        (enclave, limit),
    ).fetchone()
    return None if row is None else _stored(row)


def newest_sample(reader: Reader, enclave: str, *, known_at: float) -> float:
    """Time (seconds UTC) of the newest sample of an enclave, as known at a moment; NaN where there is none.

    What a collector says of its own work does not count.
    """
    row = reader.db.execute(
        "SELECT max(newest) FROM bundle WHERE enclave = ? AND received <= ?", (enclave, known_at)
    ).fetchone()
    return real(row[0]) / 1000.0


def highest_level(reader: Reader) -> Level | None:
    """Highest marking held in the cache; None while it is empty."""
    row = reader.db.execute("SELECT max(level) FROM bundle").fetchone()
    return None if row[0] is None else Level(row[0])


def holds_demo(reader: Reader) -> bool:
    """Whether anything in the cache is demonstration data."""
    return reader.db.execute("SELECT 1 FROM bundle WHERE demo = 1 LIMIT 1").fetchone() is not None


def came_after(reader: Reader, moment: float) -> bool:
    """Whether any bundle was received after a moment (seconds UTC)."""
    return reader.db.execute("SELECT 1 FROM bundle WHERE received > ? LIMIT 1", (moment,)).fetchone() is not None


def newest_run(reader: Reader) -> int:
    """Number of the newest published bundle or run; 0 while there is none."""
    return int(real(reader.db.execute("SELECT coalesce(max(id), 0) FROM bundle").fetchone()[0]))


def is_published(session: Reader | Writer, manifest: str) -> bool:
    """Whether the cache holds the content of this manifest, visibly."""
    found = session.db.execute("SELECT 1 FROM bundle WHERE manifest = ? AND published = 1", (manifest,))
    return found.fetchone() is not None
