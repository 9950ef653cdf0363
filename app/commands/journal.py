"""What people decided, entry by entry: show the journal, take an entry back, verify that nothing was changed."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.cli import Command, Context, actions, marked, write_json
from app.clock import to_iso
from app.errors import InputError, UsageError

if TYPE_CHECKING:
    from app.model.register import Entry, EntryRef, ObjectiveVersion
    from app.settings import Station
    from app.store.database import State

_MOST = 1_000_000
"""Entries that one answer may have."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    action = actions(parser, "journal")
    show = action("list", "show the newest entries, the newest last")
    show.add_argument("--about", metavar="ID", help="only those about this objective or exclusion")
    show.add_argument("--limit", type=int, default=50, metavar="N", help="so many (default 50)")
    undo = action("undo", "take an entry back by a new one; undoing an undo brings the entry back")
    undo.add_argument("entry", metavar="STATION/N", help="name of the entry, as list shows it")
    undo.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the journal")
    action("verify", "verify every entry, replay all and compare the tables; changes nothing (exit 3: one differs)")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    with Store.open(context.paths, context.clock).state() as state:
        if options.action == "list":
            return _list(options, context, station, state)
        if options.action == "undo":
            return _undo(options, context, station, state)
        return _verify(options, context, station, state)


COMMAND = Command(_arguments, _run)


# --- list and undo --------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.entry_form import entry_words
    from app.store.register import entries

    if not 1 <= options.limit <= _MOST:
        msg = f"--limit is a number from 1 to {_MOST:,}."
        raise UsageError(msg)
    if options.about is None:
        found = list(entries(state, newest=options.limit))
    else:
        found = _about(options.about, state)[-options.limit :]
    told = list(zip(found, _undone(found, state), strict=True))
    if options.json:
        answer = [_plain(entry, undone=undone) for entry, undone in told]
        write_json("journal-list", context.clock.now(), station.ceiling, answer)
        return 0
    with marked(station.ceiling):
        for entry, undone in told:
            print(entry_words(entry, f"{entry.register} {entry.object}") + ("  (undone)" if undone else ""))
        if not told:
            print("Nothing was decided yet.")
    return 0


def _about(name: str, state: "State") -> "list[Entry]":
    """Entries about the objective and the exclusion of a name, in the order of the journal."""
    from app.store.register import history, names
    from app.toml import near

    found = [*history(state, "objective", name), *history(state, "exclusion", name)]
    if not found:
        msg = f"The journal has no entry about {name!r}."
        raise InputError(msg, near(name, [*names(state, "objective"), *names(state, "exclusion")]))
    return sorted(found, key=lambda entry: (entry.tick, entry.station, entry.n))


def _undone(found: "list[Entry]", state: "State") -> list[bool]:
    """Whether each entry was taken back, which an entry that is not among them may have done."""
    from app.analysis.journal import standing
    from app.store.register import history

    held: dict[EntryRef, bool] = {}
    for register, name in {(entry.register, entry.object) for entry in found}:
        held |= standing(history(state, register, name))
    return [not held[entry.ref] for entry in found]


def _undo(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.entry_form import entry_words
    from app.model.register import Author, EntryRef, Undo
    from app.register import apply
    from app.store.audit import os_account
    from app.store.register import entry_of, versions_of

    try:
        ref = EntryRef.parse(options.entry)
    except ValueError as error:
        raise UsageError(f"{error}.", "watchfloor journal list shows the names of entries.") from error
    changes = apply(Undo(ref, options.why), state, Author(station.id, os_account()), context.clock)
    (entry,) = changes.entries
    if options.json:
        write_json("journal-undo", context.clock.now(), station.ceiling, _plain(entry, undone=False))
        return 0
    undone, versions = entry_of(state, ref), versions_of(state, entry.object)
    with marked(station.ceiling):
        if undone is not None:
            print(f"Taken back: {entry_words(undone, f'{undone.register} {undone.object}')}")
        print(f"By: {entry_words(entry, f'{entry.register} {entry.object}')}")
        if entry.register == "objective":
            print(_left(entry.object, versions, context.clock.now()))
    return 0


def _left(name: str, versions: "Sequence[ObjectiveVersion]", now: float) -> str:
    """What is left of a promise of which something was taken back, or brought back."""
    from app.model.register import in_force

    standing = [one for one in versions if not one.undone]
    if not standing:
        return f"No version of objective {name} is left: it is judged in no period, the past ones among them."
    found = in_force(versions, now)
    if found is None:
        first = min(standing, key=lambda one: one.since)
        return f"Objective {name} is not in force before {to_iso(first.since)} (entry {first.entry})."
    what = "retired" if found.objective is None else "in force"
    return f"Objective {name} is now {what} from {to_iso(found.since)} on (entry {found.entry})."


def _plain(entry: "Entry", *, undone: bool) -> dict[str, Any]:
    from app.model.entry_form import plain_entry

    about = {"register": entry.register, "object": entry.object, "received": to_iso(entry.received)}
    return plain_entry(entry) | about | {"undone": undone}


# --- verify ---------------------------------------------------------------------------------------------------------


def _verify(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.store.ledger import recording
    from app.store.register import heads, strays, verify

    with recording(state):  # nothing may be decided between one look and the next
        broken, last = verify(state), heads(state)
        # what a changed entry says is nothing to compare with
        differing = None if broken else list(strays(state))
    if options.json:
        answer = {
            "stations": [{"station": ref.station, "entries": ref.n, "head": digest} for ref, digest in last],
            "first_broken": str(broken) if broken else None,
            "differing": None if differing is None else [one._asdict() for one in differing],
        }
        write_json("journal-verify", context.clock.now(), station.ceiling, answer)
    else:
        with marked(station.ceiling):
            for ref, digest in last:
                print(f"{ref.station}  {ref.n} entries, head {digest}")
            if broken:
                print(f"Entry {broken} does not follow from the one before: one of the two was changed or removed.")
            for one in differing or ():
                print(f"The {one.register} {one.object!r} in the tables is not what the journal says:")
                for where in one.where:
                    print(f"  {where}")
            if broken or differing:
                print("Compare with a backup of state/station.db, and tell the security officer.")
            else:
                print("Unbroken, and replayed it gives the very tables. Keep the heads elsewhere, to compare later.")
    return 3 if broken or differing else 0
