"""What a write touched, so that only the pages concerned ask again."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first picture knows of changes, and needs no word of the register
    from app.model.register import Entry


class Topic(Enum):
    """A kind of content that pages depend on."""

    TELEMETRY = "telemetry"
    CATALOGUE = "catalogue"
    EVENTS = "events"
    LEDGER = "ledger"
    TRUST = "trust"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Changes:
    """Topics that a write touched, and the journal's entries that it wrote, in order."""

    topics: frozenset[Topic] = frozenset()
    entries: "tuple[Entry, ...]" = ()

    def __or__(self, other: "Changes") -> "Changes":
        return Changes(self.topics | other.topics, self.entries + other.entries)

    def __bool__(self) -> bool:
        return bool(self.topics)
