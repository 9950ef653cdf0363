"""Opening the station's two databases: readers side by side, one writer.

`cache.db` (or a collector's `collector.db`) holds what bundles can bring again; `station.db` holds
what they cannot: trust, accepted manifests, locks, audit.
"""

import contextlib
import math
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from app.clock import Clock
from app.errors import StoreBusy, StoreDamaged, StoreError
from app.model.marking import Level
from app.paths import Paths
from app.store import cache_schema, state_schema
from app.store.memory import keep_freed_memory
from app.store.migrations import migrate

_BUSY_SECONDS = 10.0
_PAGE_BYTES = 1024
"""Chunks fill pages of their own, and the last one is half empty: with SQLite's usual 4096 that is 4 % of a store."""
_CHECKPOINT_PAGES = 4000
Answer = TypeVar("Answer")


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run a block in one write transaction: all of it is kept, or nothing."""
    with _known_errors():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def _known_errors(path: Path | None = None) -> Iterator[None]:
    """Turn what the environment does to a database, at `path` where that is known, into errors a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explained(error, path) from error


@contextlib.contextmanager
def readable_pages() -> Iterator[None]:
    """Turn a page that the database cannot read into StoreDamaged, so that a reader can go on around it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not any(word in str(error) for word in ("malformed", "Could not decode")):
            raise  # busy, full and the like are not damage
        msg = "A page of the cache cannot be read."
        raise StoreDamaged(msg) from error


def _explained(error: sqlite3.DatabaseError, path: Path | None = None) -> Exception:
    """The same failure in words that say what to do; the failure itself where it is our own fault."""
    text = str(error)
    if "locked" in text or "busy" in text:
        msg = "Another process is writing to this station."
        return StoreBusy(msg, "Wait for it to finish, or close it, and try again.")
    if "full" in text:
        msg = "The disk that holds the station is full; nothing was changed."
        return StoreError(msg, "Make room and try again.")
    if "disk I/O error" in text:
        msg = "The disk that holds the station cannot be written or read; nothing was changed."
        return StoreError(msg, "Check its free space, its limits and its health, and try again.")
    if "readonly" in text or "unable to open" in text:
        msg = "The station's files cannot be opened for writing."
        folder = "the station's folder" if path is None else path.parent
        hint = f"Who reads must be able to write there too: check the owner and mode of {folder} and of what is in it."
        return StoreError(msg, hint)
    if "malformed" in text or "not a database" in text:
        msg = "A database file of this station is damaged."
        hint = (
            "If it is cache/cache.db, move it away and import the newest full bundles again. If it is state/station.db,"
            " restore it from its backup: it holds trust, ledger and audit."
        )
        return StoreDamaged(msg, hint)
    return error


class _Session:
    """A connection that lives for one piece of work on one thread."""

    def __init__(self, db: sqlite3.Connection, store: "Store") -> None:
        self.db = db
        self.store = store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.db.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise _explained(error) from error


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of time of one series that is stored but cannot be read, and why. Times are seconds UTC.

    `bundle` is the one of highest rank whose word is lost, None where nobody knows: what a bundle of lower rank says of
    this time may have been contradicted, so it is not shown either.
    """

    series: int
    start: float
    end: float
    reason: str
    bundle: int | None = None


class Reader(_Session):
    """Read-only view of what is published, at or below a ceiling.

    One snapshot: every question asked of one reader sees the same picture. `damage` lists what it could not read so
    far: a damaged row is a gap with a reason, never a number, and the rest stays readable.
    """

    def __init__(self, db: sqlite3.Connection, store: "Store", ceiling: Level | None) -> None:
        super().__init__(db, store)
        self.ceiling = ceiling
        self.damage: list[Damage] = []
        self._answers: dict[object, Any] = {}

    def once(self, ask: "Callable[[Reader], Answer]") -> "Answer":
        """Ask what many questions need; within one snapshot the answer stays the same."""
        if ask not in self._answers:
            self._answers[ask] = ask(self)
        answer: Answer = self._answers[ask]
        return answer


class Writer(_Session):
    """The one writer of the cache."""


class State(_Session):
    """The station's own memory: trust, ledger, audit."""


@dataclass(frozen=True, slots=True)
class Store:
    """The two databases of a station.

    Parameters
    ----------
    paths
        Files of the station.
    clock
        The station's clock.
    cache
        `cache.db`, or `collector.db` on the enclave side.
    """

    paths: Paths
    clock: Clock
    cache: Path

    @classmethod
    def open(cls, paths: Paths, clock: Clock) -> Self:
        """Open a station's cache and state, made or brought up to date first.

        Raises
        ------
        StoreTooNew, StoreDamaged, StoreBusy, StoreError
        """
        return cls._made(paths, clock, paths.cache_db)

    @classmethod
    def open_collector(cls, paths: Paths, clock: Clock) -> Self:
        """Open a collector's own store and state."""
        return cls._made(paths, clock, paths.collector_db)

    @classmethod
    def _made(cls, paths: Paths, clock: Clock, cache: Path) -> Self:
        keep_freed_memory()
        for path, steps, what in (
            (cache, cache_schema.STEPS, "cache"),
            (paths.state_db, state_schema.STEPS, "station's state"),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            with _known_errors(path), contextlib.closing(_connect(path)) as db:
                db.execute(f"PRAGMA page_size = {_PAGE_BYTES:d}")  # heeded by a file that is new
                db.execute("PRAGMA journal_mode = WAL")
                migrate(db, steps, what)
        return cls(paths, clock, cache)

    def reader(self, ceiling: Level | None = None) -> Reader:
        """Open a reader for one piece of work on one thread; `ceiling` is applied in SQL."""
        with _known_errors():
            db = _connect(self.cache, read_only=True)
            limit = max(Level) if ceiling is None else ceiling
            db.executescript(cache_schema.READER_VIEWS.format(ceiling=int(limit)))
            db.execute("BEGIN")
        return Reader(db, self, ceiling)

    def writer(self) -> Writer:
        """Open the writer. Two may be open, but only one is ever inside a transaction."""
        return Writer(_connect(self.cache), self)

    def state(self) -> State:
        """Open the station's own memory."""
        db = _connect(self.paths.state_db)
        # Trust and anti-rollback must survive a power cut, not only a crash of the program.
        db.execute("PRAGMA synchronous = FULL")
        return State(db, self)

    def watch(self) -> "Watch":
        """Open a watch over both databases."""
        return Watch(self.cache, self.paths.state_db)

    def watch_cache(self) -> "Watch":
        """Open a watch over the cache alone."""
        return Watch(self.cache)


class Watch:
    """Tells whether anybody committed to one of the databases; may be asked from any thread, every second.

    It keeps one connection to each: SQLite counts the commits of others for it (PRAGMA data_version).
    Opening and closing readers and idle writers changes nothing.
    """

    def __init__(self, *paths: Path) -> None:
        self._turn = threading.Lock()
        with _known_errors():
            self._connections = [_connect(path, read_only=True, any_thread=True) for path in paths]

    def token(self) -> tuple[int, ...]:
        """Numbers that differ from an earlier answer exactly when something was committed between."""
        with self._turn, _known_errors():
            return tuple(int(db.execute("PRAGMA data_version").fetchone()[0]) for db in self._connections)

    def close(self) -> None:
        """Let go of the files."""
        with self._turn:
            for db in self._connections:
                db.close()
            self._connections = []


def _connect(path: Path, *, read_only: bool = False, any_thread: bool = False) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    with _known_errors(path):
        db = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=not any_thread,
        )
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA trusted_schema = OFF")
        # A page whose own numbers were changed is found when it is read, before anything is made of it.
        db.execute("PRAGMA cell_size_check = ON")
        db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES:d}")
    return db


def real(value: float | None) -> float:
    """Read a REAL that may be NULL: SQLite keeps no NaN."""
    return math.nan if value is None else value
