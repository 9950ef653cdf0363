"""Entries of the journal as JSON answers hold them, and in words."""

from typing import Any

from app.clock import to_iso
from app.model.register import Entry


def plain_entry(entry: Entry) -> dict[str, Any]:
    """Who, when, what, why; what the entry is about is left to what it is listed under."""
    return {
        "entry": str(entry.ref),
        "time": to_iso(entry.time),
        "author": entry.author,
        "kind": entry.kind,
        "why": entry.why,
        "undo_of": None if entry.undo_of is None else str(entry.undo_of),
        "hash": entry.hash,
    }


def entry_words(entry: Entry, about: str = "") -> str:
    """The same in one line; `about` names what it is about, where nothing above the line does."""
    undone = f" of {entry.undo_of}" if entry.undo_of else ""
    what = f"{entry.kind}{undone} {about}".rstrip()
    return f"{entry.ref}  {to_iso(entry.time)}  {entry.author}  {what}: {entry.why}"
