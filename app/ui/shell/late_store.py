"""A store that is opened by whoever needs it first: the first picture does without it."""

import threading
from typing import TYPE_CHECKING

from app.clock import Clock
from app.paths import Paths

if TYPE_CHECKING:
    from app.store.database import Store, Watch

# SQL, and with it arrays, is imported where it is used: on a worker thread, after the first picture.


class LateStore:
    """Opens the store of a station once, and a watch over it; to be called on worker threads.

    Parameters
    ----------
    paths
        Files of the station.
    clock
        The station's clock.
    """

    def __init__(self, paths: Paths, clock: Clock) -> None:
        self.paths, self.clock = paths, clock
        self._turn = threading.Lock()
        self._store: Store | None = None
        self._watch: Watch | None = None
        self._closed = False

    def __call__(self) -> "Store":
        """The store; what failed once is tried again.

        Raises
        ------
        StoreTooNew, StoreDamaged, StoreBusy, StoreError
        """
        from app.store.database import Store

        with self._turn:
            if self._store is None:
                self._store = Store.open(self.paths, self.clock)
            return self._store

    def token(self) -> tuple[object, ...]:
        """Numbers that differ when somebody wrote to the store; none any more once it is closed."""
        store = self()
        with self._turn:
            if self._closed:
                return ()
            if self._watch is None:
                self._watch = store.watch()
            return self._watch.token()

    def close(self) -> None:
        """Let go of the files."""
        with self._turn:
            self._closed = True
            if self._watch is not None:
                self._watch.close()
