"""Writing a table as CSV into the station's reports folder: whole or not at all, never over another, and on record."""

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.clock import to_iso
from app.errors import AppError, InputError, Refused
from app.job import Job
from app.model.marking import Level
from app.paths import Paths
from app.ui.sheet import Sheet, csv_lines

if TYPE_CHECKING:
    from app.store.database import Store

_LONGEST = 80
_CHECK_EVERY = 1000


class Wish(NamedTuple):
    """What is to be written: the sheet, which station's it is, and what its file is called.

    `marking` are the words of the banner for the sheet's level, `remark` what follows it (``Demonstration data``).
    `page` and `subject` name the file, with the moment `at`, seconds UTC.
    """

    sheet: Sheet
    ceiling: Level
    marking: str
    remark: str
    page: str
    subject: str
    at: float


class Written(NamedTuple):
    """A file that was written."""

    path: Path
    rows: int
    sha256: str


def write(open_store: "Callable[[], Store]", paths: Paths, wish: Wish, job: Job) -> Written:
    """Write the sheet and the audit record of it: who, what, marking, rows, digest. Runs on a worker thread.

    Raises
    ------
    Refused
        If the sheet is marked above the station's ceiling, or not at all: also on record.
    InputError
        If the folder or the disk does not take the file; nothing is left behind.
    StoreError
        If the record cannot be written: then there is no file either.
    """
    level, store = wish.sheet.level, open_store()
    if level is None or level > wish.ceiling:
        _record(store, f"{wish.page} rows:{len(wish.sheet.rows)}", level, "refused", "above the ceiling of the station")
        msg = "This is marked above what the station may hold, or its marking is not known."
        raise Refused(msg, "Nothing was written. Call whoever is responsible for this station.")
    try:
        paths.reports.mkdir(parents=True, exist_ok=True)
        with _free_place(paths.reports, _stem(wish)) as (path, unfinished):
            digest = _write(unfinished, wish, job)
            # the last step is the record's own: without a record no file, without a file no record
            _record(
                store,
                f"{path.name} rows:{len(wish.sheet.rows)} sha256:{digest}",
                level,
                "done",
                then=lambda: unfinished.replace(path),
            )
    except OSError as error:
        raise _explained(error) from error
    return Written(path, len(wish.sheet.rows), digest)


def _stem(wish: Wish) -> str:
    """``<page>-<subject>-<time>``, of letters that every file system takes."""
    moment = to_iso(float(int(wish.at))).replace("-", "").replace(":", "")
    named = [re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-")[:_LONGEST] for part in (wish.page, wish.subject)]
    return "-".join(part for part in (*named, moment) if part)


@contextlib.contextmanager
def _free_place(folder: Path, stem: str) -> Iterator[tuple[Path, Path]]:
    """A name that nobody has, held by an empty file, and the file to write first; a failure leaves neither."""
    number = 1
    while True:
        path = folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError:
            number += 1
    unfinished = path.with_suffix(".part")
    try:
        yield path, unfinished
    except BaseException:
        for left in (unfinished, path):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
        raise


def _write(path: Path, wish: Wish, job: Job) -> str:
    """Write the lines to the disk itself; return their SHA-256 in hex."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for number, line in enumerate(csv_lines(wish.sheet, wish.marking, wish.remark)):
            if number % _CHECK_EVERY == 0:
                job.check()
            content = line.encode()
            digest.update(content)
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _record(
    store: "Store",
    what: str,
    level: Level | None,
    outcome: str,
    reason: str = "",
    *,
    then: Callable[[], object] = lambda: None,
) -> None:
    from app.store import audit
    from app.store.database import transaction

    with store.state() as state, transaction(state.db):
        audit.append(state, "console", "export", object_id=what, label=level, outcome=outcome, reason_code=reason)
        then()


def _explained(error: OSError) -> AppError:
    """What the file system said, in words, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError("The disk is full.", "Nothing was written. Make room and export again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return InputError(
            "The reports folder of the station cannot be written to.", "Nothing was written. Check its permissions."
        )
    return InputError(f"The reports folder does not take the file: {error.strerror or error}.", "Nothing was written.")
