"""Where audit records are kept; triggers refuse to change or delete one."""

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import astuple, replace

from app import __version__
from app.audit import START, AuditRecord, record_hash, verify_chain
from app.clock import to_iso
from app.model.marking import Level
from app.store.database import State

_COLUMNS = (
    "n, utc, host, os_user, session, component, event, object_id, object_label, outcome, reason_code, app_version,"
    " prev, hash"
)


def os_account() -> str:
    """Account of the person as the operating system knows it; environment variables are not asked."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd  # noqa: PLC0415 -- there is none on Windows

    number = os.getuid()
    try:
        return f"{pwd.getpwuid(number).pw_name} ({number})"
    except KeyError:
        return f"({number})"


def append(
    state: State,
    component: str,
    event: str,
    *,
    object_id: str = "",
    label: Level | None = None,
    outcome: str = "done",
    reason_code: str = "",
) -> AuditRecord:
    """Append one record inside the caller's transaction, and return it."""
    n, prev = head(state)
    record = AuditRecord(
        n=n + 1,
        utc=to_iso(state.store.clock.now()),
        host=platform.node(),
        os_user=os_account(),
        session=f"process {os.getpid()}",
        component=component,
        event=event,
        object_id=object_id,
        object_label="" if label is None else label.code,
        outcome=outcome,
        reason_code=reason_code,
        app_version=__version__,
        prev=prev,
    )
    record = replace(record, hash=record_hash(record))
    state.db.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES ({', '.join('?' * 14)})", astuple(record))
    return record


def head(state: State) -> tuple[int, str]:
    """Number and hash of the newest record; (0, START) while there is none."""
    row = state.db.execute("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    return (0, START) if row is None else (int(row[0]), str(row[1]))


def records(state: State, newest: int | None = None) -> Iterator[AuditRecord]:
    """Records in order; with `newest`, only the last so many."""
    first = 0 if newest is None else head(state)[0] - newest
    for row in state.db.execute(f"SELECT {_COLUMNS} FROM audit WHERE n > ? ORDER BY n", (first,)):
        yield AuditRecord(*row)


def verify(state: State) -> int | None:
    """Find the first broken record; None where the whole chain holds."""
    return verify_chain(records(state))
