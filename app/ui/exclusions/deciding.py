"""From a dialogue to the journal. Nothing here runs on the thread of the window."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from app.job import Job
from app.model.health import Health
from app.model.register import AddExclusion, Author, Command, EntryRef, ExclusionRecord, Undo
from app.settings import Station
from app.ui.strip import Message

if TYPE_CHECKING:
    from app.analysis.exclusion_request import Known
    from app.store.database import Store


class Decided(NamedTuple):
    """What was decided, as the journal names it."""

    entry: EntryRef
    said: str


class Asked(NamedTuple):
    """An exclusion with what became of it, and what the station knows that it can be for."""

    record: ExclusionRecord
    known: "Known"


class Deciding(NamedTuple):
    """Where decisions of this station go, opened by whoever decides first."""

    open: "Callable[[], Store]"
    station: Station

    def apply(self, command: Command, said: str, job: Job) -> Decided:
        """Carry out a command; `said` is what it came to.

        Raises
        ------
        InputError, Refused, StoreError
            As `app.register.apply`.
        """
        from app.register import apply
        from app.store.audit import os_account

        store = self.open()
        with store.state() as state:
            changes = apply(command, state, Author(self.station.id, os_account()), store.clock)
        return Decided(changes.entries[-1].ref, said)

    def ask(self, command: AddExclusion, job: Job) -> Decided:
        """Ask for an exclusion, named after its reference."""
        from app.analysis.exclusion_request import new_id
        from app.store import register

        with self.open().state() as state:
            taken = set(register.names(state, "exclusion"))
        named = replace(command.exclusion, id=new_id(command.exclusion.reference, taken))
        said = f"{named.reference} is asked for; it counts when a second person has approved it"
        return self.apply(replace(command, exclusion=named), said, job)

    def record(self, name: str, job: Job) -> Asked | None:
        """An exclusion; None where it was taken back."""
        from app.store import register
        from app.store.exclusion_scope import read_known

        with self.open().state() as state:
            found = register.exclusion_of(state, name)
            return None if found is None else Asked(found, read_known(state, self.station.ceiling))


def message(decided: Decided, undo: Callable[[EntryRef], None]) -> Message:
    """Say what was decided, with the way to take it back."""
    told = f"Entry {decided.entry} of the journal."
    return Message(decided.said, told, Health.HEALTHY, "Undo", act=partial(undo, decided.entry))


def taking_back(entry: EntryRef) -> Undo:
    """The command that takes an entry back at once."""
    return Undo(entry, "taken back at once, in the console")
