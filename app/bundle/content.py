"""What is due: the samples and events that the next bundle of a stream must hold.

A bundle says that everything up to a run has left. So nothing that newer runs brought may be left
out of it, however old the samples are: after an outage a run reads days back.
"""

from collections.abc import Iterable, Sequence

from app.bundle.parts import AHEAD_SECONDS
from app.model.event import Event
from app.model.time_range import TimeRange
from app.store.block import Block
from app.store.bundles import newest_run
from app.store.database import Reader
from app.store.events import events, events_after
from app.store.export import blocks_after, blocks_between
from app.store.outgoing import arrived_after, folded_after


def unsent_span(reader: Reader, run: int) -> TimeRange | None:
    """From the first to just behind the last sample that runs after `run` brought; None where they brought none."""
    found = arrived_after(reader, run)
    return None if found is None else TimeRange(found[0], found[1] + 0.001)


def full_blocks(reader: Reader, start: float, now: float) -> Iterable[Block]:
    """Everything known from `start` on, seconds UTC."""
    return blocks_between(reader, TimeRange(start, now + AHEAD_SECONDS))


def newer_blocks(reader: Reader, run: int, now: float) -> Iterable[Block]:
    """Everything that runs after `run` brought.

    One run that still stands in the head is handed on as it came. What several brought, or what was
    folded meanwhile, is laid over each other first: runs overlap, and a bundle that said two things of
    one moment could not be read in only one way. What a wrong clock of ours has put into the future no
    station would take.
    """
    span = unsent_span(reader, run)
    if span is None:
        return ()
    as_it_came = newest_run(reader) == run + 1 and folded_after(reader, run) is None and span.end < now + AHEAD_SECONDS
    return blocks_after(reader, run) if as_it_came else full_blocks(reader, span.start, now)


def full_events(reader: Reader, window: TimeRange, run: int) -> Sequence[Event]:
    """Open events, those in the window, and whatever runs after `run` spoke of, old as it may be."""
    during = [event for event, _ in events(reader, window)]
    told = {(one.enclave, one.kind, one.key): one for one in [*events_after(reader, run), *during]}
    return sorted(told.values(), key=lambda one: (one.start, one.kind, one.key))
