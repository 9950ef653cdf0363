"""What becomes of a request not to count time, from its name to its end: for whoever asks, and whoever shows it."""

import re
import unicodedata
from collections.abc import Collection, Container, Iterable, Iterator
from enum import Enum
from fnmatch import filter as matching
from fnmatch import fnmatchcase
from itertools import count
from typing import Any, Final, NamedTuple

from app.clock import to_iso
from app.model.catalogue import Endpoint
from app.model.objective import Exclusion
from app.model.register import ExclusionRecord

_DAY: Final = 86400.0
_LONG: Final = 366 * _DAY
"""Seconds; nothing that is excluded takes longer or is known so long before, but for a mistyped year and a clause."""


class ExclusionState(Enum):
    """What an exclusion is to a reader. One that is over still counts for the time that it was for."""

    WAITING = "waiting for approval"
    IN_FORCE = "in force"
    WITHDRAWN = "withdrawn"
    OVER = "over"
    TAKEN_BACK = "taken back"


class Known(NamedTuple):
    """What a station knows that time can be excluded for; where it knows nothing of a kind, nothing is said of it."""

    objectives: Collection[str] = ()
    endpoints: Collection[Endpoint] = ()


_NOTHING: Final = Known()


def new_id(reference: str, taken: Container[str]) -> str:
    """Make a name out of a reference: ``cr-2214``, or ``cr-2214-2`` and so on where that one is `taken`."""
    plain = unicodedata.normalize("NFKD", reference[:200]).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9._]+", "-", plain)[:100].strip("-._") or "exclusion"
    return next(name for n in count(1) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)


def double_of(asked: Exclusion, records: Iterable[ExclusionRecord]) -> Exclusion | None:
    """The exclusion that stands or waits and treats the very same time of the same things alike; None without one."""
    same = _asks(asked)
    found = (one.exclusion for one in records if not one.exclusion.withdrawn and _asks(one.exclusion) == same)
    return next(found, None)


def _asks(one: Exclusion) -> tuple[Any, ...]:
    """What decides which figures it changes: a zone matters only to what repeats, and a rule may be spelt freely.

    An INTERVAL of 1 is the default (RFC 5545, 3.3.10), and stars in a row are one.
    """
    parts = one.rule.strip().upper().removeprefix("RRULE:").split(";")
    rule = sorted(part for part in parts if part and not re.fullmatch("INTERVAL=0*1", part))
    when = (one.start, one.end, rule, one.zone if rule else "")
    scope = (re.sub(r"\*+", "*", glob) for glob in (one.objective_glob, one.enclave_glob, one.endpoint_glob))
    return (*scope, one.treatment, *when)


def doubts(exclusion: Exclusion, asked_at: float, known: Known = _NOTHING) -> Iterator[str]:
    """What may be meant and is more often a slip, in words for whoever asks and whoever shall approve.

    `asked_at` is the moment of the request, seconds UTC: what was far ahead then stays so.
    """
    yield from _scope_doubts(exclusion, known)
    length = exclusion.end - exclusion.start
    if length > _LONG:
        yield f"It lasts {length / _DAY:,.0f} days."
    elif exclusion.end > asked_at + _LONG:
        yield f"It ends on {to_iso(exclusion.end)[:10]}, {(exclusion.end - asked_at) / _DAY:,.0f} days ahead."
    if exclusion.rule:
        from app.analysis.recurrence import runs_together  # noqa: PLC0415 -- dateutil, for what repeats alone

        if runs_together(exclusion):
            yield "Its occurrences overlap; shared time is taken once."


def _scope_doubts(asked: Exclusion, known: Known) -> Iterator[str]:
    """Of what it is for: what is no longer there when its time begins is not meant."""
    there = [one for one in known.endpoints if one.retired_at is None or one.retired_at > asked.start]
    here = [one for one in there if fnmatchcase(one.enclave, asked.enclave_glob)]
    met = [one for one in here if fnmatchcase(one.id, asked.endpoint_glob)]
    if known.objectives and not matching(known.objectives, asked.objective_glob):
        yield f"It matches nothing here: there is no objective {asked.objective_glob}."
    elif there and not here:
        yield f"It matches nothing here: there is no enclave {asked.enclave_glob}."
    elif there and not met:
        yield f"It matches nothing here: there is no endpoint {asked.enclave_glob}/{asked.endpoint_glob}."
    elif len(met) == len(there) > 1 and set(asked.objective_glob) == {"*"}:
        yield f"It is for all {len(there):,} endpoints."


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
