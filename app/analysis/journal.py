"""From entries of a journal to what is in force; the whole meaning of an entry is here.

Every function takes the entries of one thing (one objective, one exclusion) in the order of the journal. An entry that
may not have its effect, which `app.register` refuses and so can only come from elsewhere, has none.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.model.objective_form import exclusion_from_plain, objective_from_plain
from app.model.register import Entry, EntryRef, ExclusionRecord, ObjectiveVersion

_MAKES_A_VERSION: Final = frozenset({"add", "retire"})


def standing(entries: Iterable[Entry]) -> dict[EntryRef, bool]:
    """Whether each entry stands (True) or was undone; undoing an undo lets what it undid stand again."""
    known: dict[EntryRef, Entry] = {}
    held: dict[EntryRef, bool] = {}
    for entry in entries:
        known[entry.ref], held[entry.ref] = entry, True
        for number, undone in enumerate(_undone_by(entry, known)):
            held[undone.ref] = number % 2 == 1
    return held


def _undone_by(entry: Entry, known: dict[EntryRef, Entry]) -> Iterator[Entry]:
    """What an undo takes back, what that one took back, and so on."""
    while entry.undo_of is not None and entry.undo_of in known:
        entry = known[entry.undo_of]
        yield entry


def root_of(entry: Entry, entries: Iterable[Entry]) -> Entry:
    """The entry at the end of a row of undos: what is really taken back or brought back."""
    return [entry, *_undone_by(entry, {one.ref: one for one in entries})][-1]


def objective_versions(entries: Sequence[Entry]) -> tuple[ObjectiveVersion, ...]:
    """Every version of one objective, undone ones among them, in the order of the journal."""
    held = standing(entries)
    return tuple(_version(entry, undone=not held[entry.ref]) for entry in entries if entry.kind in _MAKES_A_VERSION)


def _version(entry: Entry, *, undone: bool) -> ObjectiveVersion:
    body = json.loads(entry.body)
    return ObjectiveVersion(
        id=entry.object,
        entry=entry.ref,
        since=body["since"],
        recorded=entry.received,
        author=entry.author,
        why=entry.why,
        objective=objective_from_plain(body["objective"]) if entry.kind == "add" else None,
        undone=undone,
    )


def exclusion_record(entries: Sequence[Entry]) -> ExclusionRecord | None:
    """What became of one exclusion; None where its request does not stand.

    An approval holds only for what its author saw: whatever takes the exclusion or the approval away ends it for good,
    and bringing the exclusion back asks for a new one. So nobody comes to time that is not counted by undoing alone.
    """
    asked = next((entry for entry in entries if entry.kind == "add"), None)
    approval: Entry | None = None
    seen: list[Entry] = []
    for entry in entries:
        seen.append(entry)
        if entry.kind == "approve" and asked is not None and _counts(entry, asked, seen):
            approval = entry
        elif entry.kind == "undo" and approval is not None:
            root = root_of(entry, seen)
            approval = approval if root.kind == "approve" and root.ref != approval.ref else None
    held = standing(entries)
    if asked is None or not held[asked.ref]:
        return None
    withdrawal = next((entry for entry in entries if entry.kind == "withdraw" and held[entry.ref]), None)
    record = ExclusionRecord(
        exclusion=exclusion_from_plain(
            json.loads(asked.body)["exclusion"],
            asked.author,
            "" if approval is None else approval.author,
            withdrawn=withdrawal is not None,
        ),
        entry=asked.ref,
        digest=asked.hash,
        why=asked.why,
        requested=asked.received,
        approved=None if approval is None else approval.received,
    )
    if withdrawal is None:
        return record
    return replace(record, withdrawn=withdrawal.received, withdrawn_by=withdrawal.author)


def _counts(approval: Entry, asked: Entry, seen: Sequence[Entry]) -> bool:
    """Whether an approval is a second person's, for this very request, while that stood and was not withdrawn."""
    held = standing(seen)
    return (
        not approval.by.is_same_person(asked.by)
        and json.loads(approval.body)["of"] == asked.hash
        and held.get(asked.ref, False)
        and not any(entry.kind == "withdraw" and held[entry.ref] for entry in seen)
    )
