"""One collector at a time on one base folder."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.errors import StoreBusy


@contextlib.contextmanager
def only_collector(folder: Path) -> Iterator[None]:
    """Hold the collector's folder; the lock ends with the process, however it ends.

    Raises
    ------
    StoreBusy
        If another collector holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "collector.lock").open("ab") as file:
        try:
            _lock(file)
        except OSError as error:
            msg = "Another collector is running on this folder."
            raise StoreBusy(msg, "Stop it first, or give this one a --base-dir of its own.") from error
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
