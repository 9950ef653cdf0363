"""What becomes of a request not to count time, from its name to its end: for whoever asks, and whoever shows it."""

import re
import unicodedata
from collections.abc import Container
from enum import Enum
from itertools import count

from app.model.objective import Exclusion
from app.model.register import ExclusionRecord


class ExclusionState(Enum):
    """What an exclusion is to a reader. One that is over still counts for the time that it was for."""

    WAITING = "waiting for approval"
    IN_FORCE = "in force"
    WITHDRAWN = "withdrawn"
    OVER = "over"
    TAKEN_BACK = "taken back"


def new_id(reference: str, taken: Container[str]) -> str:
    """Make a name out of a reference: ``cr-2214``, or ``cr-2214-2`` and so on where that one is `taken`."""
    plain = unicodedata.normalize("NFKD", reference[:200]).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9._]+", "-", plain)[:100].strip("-._") or "exclusion"
    return next(name for n in count(1) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)


def is_retroactive(exclusion: Exclusion, now: float) -> bool:
    """Whether some of its time had begun at `now`, seconds UTC, so that a note must say why it is asked for so late."""
    return exclusion.start < now


def state_of(record: ExclusionRecord | None, *, over: bool) -> ExclusionState:
    """What an exclusion is, where `over` says that no occurrence is left; None is a request that was taken back."""
    if record is None:
        return ExclusionState.TAKEN_BACK
    if record.exclusion.withdrawn:
        return ExclusionState.WITHDRAWN
    if not record.exclusion.stands:
        return ExclusionState.WAITING
    return ExclusionState.OVER if over else ExclusionState.IN_FORCE
