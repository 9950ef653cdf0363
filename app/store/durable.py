"""A commit that survives a power cut, where another database is about to rely on it."""

import contextlib
from collections.abc import Iterator

from app.store.database import Writer


@contextlib.contextmanager
def durable(writer: Writer) -> Iterator[None]:
    """Let the commits of a block, and all before them, reach the disk before they return.

    The cache is otherwise synchronised at checkpoints only. Without this, a power cut could leave a
    ledger that remembers what the cache has lost.
    """
    writer.db.execute("PRAGMA synchronous = FULL")
    try:
        yield
    finally:
        writer.db.execute("PRAGMA synchronous = NORMAL")
