"""The one way to decide something: a command becomes a journal entry, what follows from it and an audit record.

The three are one transaction of `state/station.db`. What may not be decided is refused in words before anything is
written.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from app.analysis.exclusion_request import double_of
from app.analysis.journal import exclusion_record, root_of, standing
from app.analysis.objective_check import Fault, exclusion_faults, objective_faults, text_faults
from app.clock import Clock, from_iso, to_iso
from app.errors import InputError, Refused
from app.model.changes import Changes, Topic
from app.model.objective_form import plain_exclusion, plain_objective
from app.model.register import (
    AddExclusion,
    AddObjective,
    ApproveExclusion,
    Author,
    Command,
    Entry,
    EntryRef,
    ExclusionRecord,
    RetireObjective,
    Undo,
    WithdrawExclusion,
)
from app.store import audit, register
from app.store.database import State
from app.store.ledger import recording

_FIRST: Final = from_iso("1970-01-01T00:00:00Z")
_LAST: Final = from_iso("2199-12-31T00:00:00Z")


def apply(command: Command, state: State, author: Author, clock: Clock) -> Changes:
    """Carry out one command.

    Parameters
    ----------
    author
        Whoever sits here: the station's id with what `app.store.audit.os_account` gave. Never a typed name.
    clock
        Gives the time of the entry.

    Raises
    ------
    InputError
        If the command names something unknown or cannot be judged by.
    Refused
        If a rule forbids it: a second person is needed, or there is nothing to take back.
    StoreError, StoreBusy
        If the station's memory cannot be written; it is then as it was.
    """
    return apply_all([command], state, author, clock)


def apply_all(commands: Iterable[Command], state: State, author: Author, clock: Clock) -> Changes:
    """Carry out several commands as one decision of one moment: all of them, or none and the first one's error."""
    if not author.account.strip() or not author.station:
        msg = "The operating system gives this account neither a name nor a number, so nothing can be decided here."
        raise Refused(msg, "Ask your administrator.")
    written: list[Entry] = []
    now = clock.now()
    with recording(state):
        for command in commands:
            _heard("why", text_faults("why", command.why, needed=True))
            entry = _written(command, state, author, now)
            audit.append(
                state,
                "register",
                f"{entry.register} {entry.kind}",
                object_id=f"{entry.object} ({entry.ref})",
            )
            written.append(entry)
    return Changes(frozenset({Topic.REGISTER}) if written else frozenset(), tuple(written))


def _written(command: Command, state: State, author: Author, now: float) -> Entry:
    match command:
        case AddObjective():
            return _add_objective(command, state, author, now)
        case RetireObjective():
            return _retire_objective(command, state, author, now)
        case AddExclusion():
            return _add_exclusion(command, state, author, now)
        case ApproveExclusion():
            return _approve(command, state, author, now)
        case WithdrawExclusion():
            return _withdraw(command, state, author, now)
        case Undo():
            return _undo(command, state, author, now)


def _heard(what: str, faults: Iterable[Fault]) -> None:
    """Refuse the first fault, if there is one."""
    for fault in faults:
        msg = f"{what}{'' if fault.field == what else ', ' + fault.field}: {fault.problem}."
        raise InputError(msg)


def _unknown(what: str, name: str, known: Sequence[str]) -> InputError:
    import difflib  # noqa: PLC0415 -- only a mistake needs it

    close = difflib.get_close_matches(name, known, 1)
    return InputError(f"There is no {what} {name!r}.", f"Did you mean {close[0]!r}?" if close else "")


# --- objectives -----------------------------------------------------------------------------------------------------


def _since(since: float | None, now: float) -> float:
    since = now if since is None else since
    if not _FIRST <= since <= _LAST:
        msg = "A promise is in force from a moment between the years 1970 and 2199."
        raise InputError(msg)
    return round(since * 1000) / 1000


def _add_objective(command: AddObjective, state: State, author: Author, now: float) -> Entry:
    objective = command.objective
    _heard(f"Objective {objective.id!r}", objective_faults(objective))
    body = {"objective": plain_objective(objective), "since": _since(command.since, now)}
    return register.append(state, author, now, ("objective", objective.id), "add", command.why, body)


def _retire_objective(command: RetireObjective, state: State, author: Author, now: float) -> Entry:
    versions = [one for one in register.versions_of(state, command.id) if not one.undone]
    if not versions:
        raise _unknown("objective", command.id, register.names(state, "objective"))
    if versions[-1].objective is None:
        msg = f"Objective {command.id!r} is retired already, from {to_iso(versions[-1].since)} on."
        undo = f"watchfloor journal undo {versions[-1].entry} --why TEXT"
        raise Refused(msg, f"For another moment take that back first: {undo}")
    body = {"since": _since(command.since, now)}
    return register.append(state, author, now, ("objective", command.id), "retire", command.why, body)


# --- exclusions -----------------------------------------------------------------------------------------------------


def _add_exclusion(command: AddExclusion, state: State, author: Author, now: float) -> Entry:
    asked = command.exclusion
    _heard(f"Exclusion {asked.id!r}", exclusion_faults(asked))
    if asked.approved_by or asked.withdrawn:
        msg = "An exclusion is asked for first; approving and withdrawing it are entries of their own."
        raise Refused(msg)
    if register.history(state, "exclusion", asked.id):
        # Else an approval of the old one could be taken for one of the new one.
        msg = f"There is, or was, an exclusion {asked.id!r}; a name is never used twice."
        raise Refused(msg, "Choose another name.")
    twin = double_of(asked, register.exclusions(state))
    if twin is not None:
        msg = f"Exclusion {twin.id!r} has the same time, scope and treatment."
        became = "is approved" if twin.stands else "waits for a second person"
        raise Refused(msg, f"It {became}; withdraw it to ask anew.")
    body = {"exclusion": plain_exclusion(asked)}
    return register.append(state, author, now, ("exclusion", asked.id), "add", command.why, body)


def _found(state: State, name: str) -> tuple[ExclusionRecord, Entry]:
    """An exclusion and the entry that asked for it."""
    record = register.exclusion_of(state, name)
    entry = None if record is None else register.entry_of(state, record.entry)
    if record is None or entry is None:
        raise _unknown("exclusion", name, [one.exclusion.id for one in register.exclusions(state)])
    return record, entry


def _approve(command: ApproveExclusion, state: State, author: Author, now: float) -> Entry:
    record, asked = _found(state, command.id)
    if record.withdrawn is not None:
        msg = f"Exclusion {command.id!r} is withdrawn; nothing is left to approve."
        raise Refused(msg, "Undo the withdrawal first, if it was a mistake.")
    if record.exclusion.approved_by:
        msg = f"Exclusion {command.id!r} is approved already, by {record.exclusion.approved_by}."
        raise Refused(msg)
    if author.is_same_person(asked.by):
        msg = f"A second person must approve exclusion {command.id!r}: {asked.author} asked for it and so cannot."
        raise Refused(msg, "Let somebody approve it who is signed in with another account of this machine.")
    body = {"of": record.digest}
    return register.append(state, author, now, ("exclusion", command.id), "approve", command.why, body)


def _withdraw(command: WithdrawExclusion, state: State, author: Author, now: float) -> Entry:
    record, _ = _found(state, command.id)
    if record.withdrawn is not None:
        msg = f"Exclusion {command.id!r} is withdrawn already, by {record.withdrawn_by}."
        raise Refused(msg)
    return register.append(state, author, now, ("exclusion", command.id), "withdraw", command.why)


# --- taking back ----------------------------------------------------------------------------------------------------


def _undo(command: Undo, state: State, author: Author, now: float) -> Entry:
    entry = register.entry_of(state, command.entry)
    if entry is None:
        msg = f"The journal has no entry {command.entry}."
        raise InputError(msg, "watchfloor journal list shows the newest entries.")
    told = register.history(state, entry.register, entry.object)
    if not standing(told)[entry.ref]:
        msg = f"Entry {entry.ref} was taken back already."
        raise Refused(msg, "To bring it back, undo the entry that took it back.")
    root = root_of(entry, told)
    if entry.kind == "undo" and root.kind == "approve":
        msg = "An approval that was taken back does not come back by undoing."
        raise Refused(msg, "Let the second person approve it anew.")
    _still_matters(entry, told)
    return register.append(
        state, author, now, (entry.register, entry.object), "undo", command.why, undo_of=command.entry
    )


def _still_matters(entry: Entry, told: Sequence[Entry]) -> None:
    """An approval that ended by itself cannot be undone: nothing would follow from it."""
    if entry.kind == "approve":
        record = exclusion_record(told)
        approvals: list[EntryRef] = [one.ref for one in told if one.kind == "approve"]
        if record is None or record.approved is None or approvals[-1] != entry.ref:
            msg = f"The approval {entry.ref} no longer counts, so there is nothing to take back."
            raise Refused(msg)
