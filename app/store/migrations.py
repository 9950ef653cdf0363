"""Ordered steps that bring a database file to this program's form."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import StoreTooNew


@dataclass(frozen=True, slots=True)
class Step:
    """One step: why it is there, and its statements."""

    purpose: str
    sql: str


def migrate(db: sqlite3.Connection, steps: Sequence[Step], what: str) -> None:
    """Apply the steps that `db` has not seen; each step and its record commit together.

    Raises
    ------
    StoreTooNew
        If a newer program wrote the file: an older one must not guess at its meaning.
    """
    version = _version(db)
    if version > len(steps):
        msg = f"The {what} was written by a newer version of Watchfloor."
        raise StoreTooNew(msg, "Update this installation, or open the folder with the newer one.")
    if version == len(steps):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated between the first look and the lock.
        for number, step in list(enumerate(steps, start=1))[_version(db) :]:
            for statement in _statements(step.sql):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number:d}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _statements(sql: str) -> list[str]:
    """Split at the semicolons that end a statement; a trigger's body keeps its own."""
    found, part = [], ""
    for line in sql.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    if part.strip():
        msg = f"unfinished statement: {part.strip()[:60]}"
        raise ValueError(msg)
    return found
