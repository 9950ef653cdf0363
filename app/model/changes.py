"""What a write touched, so that only the pages concerned ask again."""

from dataclasses import dataclass
from enum import Enum


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
    """Topics that a write touched."""

    topics: frozenset[Topic] = frozenset()

    def __or__(self, other: "Changes") -> "Changes":
        return Changes(self.topics | other.topics)

    def __bool__(self) -> bool:
        return bool(self.topics)
