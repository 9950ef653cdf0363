"""One process at a time: imports, and cutting of bundles, take turns.

The lock is SQLite's own on an empty database file: it works on every system that the store works
on, and ends with the process that holds it.
"""

import contextlib
import sqlite3
from collections.abc import Iterator

from app.errors import StoreBusy
from app.store.database import Store

_PATIENCE_SECONDS = 30.0


@contextlib.contextmanager
def take_turn(store: Store, *, wait: bool = True) -> Iterator[None]:
    """Hold the station's turn for a block.

    Raises
    ------
    StoreBusy
        If another process keeps it; at once where `wait` is False.
    """
    path = store.paths.state_db.with_name("turn.lock")
    seconds = _PATIENCE_SECONDS if wait else 0.0
    with contextlib.closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as db:
        try:
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            msg = "Another process is importing into this station."
            raise StoreBusy(msg, "Wait for it to finish, or close it, and try again.") from error
        yield
