"""Time that shall not count against promises: ask for it, approve or withdraw it, show what was asked."""

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from app.cli import Command, Context, actions, marked, moment, write_json
from app.clock import to_iso
from app.errors import InputError, Refused, UsageError
from app.model.objective import Exclusion, ExclusionKind, Treatment

if TYPE_CHECKING:
    from app.analysis.exclusion_request import ExclusionState, Known
    from app.model.register import AddExclusion, ExclusionRecord
    from app.model.register import Command as Decision
    from app.model.time_range import TimeRange
    from app.settings import Station
    from app.store.database import State

_COMING = 5
"""Occurrences that `show` looks ahead."""
_OPTIONS = {"end": "until", "rule": "repeat", "objective_glob": "objective", "enclave_glob": "enclave",
            "endpoint_glob": "endpoint"}  # fmt: skip
"""Fields of an exclusion whose options have other names."""

_WANTED = {
    "reason": "Say what happens in this time, on one line.",
    "reference": "Name the change record, the ticket or the clause, on one line.",
}
"""What words belong into a field."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    action = actions(parser, "exclusions")
    add = action("add", "ask that time be not counted; a second person must approve it")
    add.add_argument("--id", metavar="ID", help="name of the exclusion (default: made out of the reference)")
    add.add_argument("--kind", required=True, choices=get_args(ExclusionKind), help="whose doing it is")
    add.add_argument(
        "--treatment", required=True, choices=get_args(Treatment),
        help="count: shown, and counted as ever; separate: nothing in it is bad; exclude: taken out of the promise",
    )  # fmt: skip
    for name, things in (("objective", "objectives"), ("enclave", "enclaves"), ("endpoint", "endpoints")):
        add.add_argument(f"--{name}", default="*", metavar="GLOB", help=f"{things} that it is for (default: all)")
    add.add_argument(
        "--from",
        dest="start",
        required=True,
        metavar="T",
        help="begins, ISO 8601: 2026-12-08T02:00 by --zone, or with Z or an offset",
    )
    add.add_argument("--until", dest="end", required=True, metavar="T", help="ends, written likewise")
    add.add_argument("--repeat", metavar="RRULE", help="repeated, such as FREQ=MONTHLY;BYDAY=2TU")
    add.add_argument(
        "--zone", default="UTC", metavar="Z",
        help="the clock that times without Z or an offset are read by, and that repeats follow, such as Europe/Berlin"
        " (default: UTC)",
    )  # fmt: skip
    add.add_argument("--reason", required=True, metavar="TEXT", help="what happens in this time")
    add.add_argument("--reference", required=True, metavar="TEXT", help="change record, ticket or contract clause")
    add.add_argument(
        "--why", metavar="TEXT", help="note for the journal (default: the reason); needed for time that has begun"
    )
    for name, words in (
        ("approve", "agree as a second person to an exclusion exactly as it was asked for"),
        ("withdraw", "count the time again"),
    ):
        one = action(name, words)
        one.add_argument("id", metavar="ID")
        one.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the journal")
    action("list", "show every exclusion, what became of it and when it comes up next")
    action("show", f"show one with its journal entries and next {_COMING} occurrences").add_argument("id", metavar="ID")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    with Store.open(context.paths, context.clock).state() as state:
        if options.action == "list":
            return _list(options, context, station, state)
        if options.action == "show":
            return _show(options, context, station, state)
        return _decide(options, context, station, state)


COMMAND = Command(_arguments, _run)


# --- add, approve and withdraw --------------------------------------------------------------------------------------


def _decide(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.register import Author
    from app.register import apply
    from app.store.audit import os_account
    from app.store.exclusion_scope import read_known
    from app.store.register import exclusion_of

    name, command = _command(options, context, state)
    apply(command, state, Author(station.id, os_account()), context.clock)
    now, record = context.clock.now(), exclusion_of(state, name)
    if record is None:
        msg = f"Exclusion {name!r} was taken back meanwhile."
        raise Refused(msg)
    seen = _seen(record, now, read_known(state, station.ceiling))
    if options.json:
        write_json(f"exclusions-{options.action}", now, station.ceiling, _plain(seen))
        return 0
    with marked(station.ceiling):
        _print(seen)
        if options.action == "add":
            print(f"A second person approves it with: watchfloor exclusions approve {name} --why TEXT")
    return 0


def _command(options: argparse.Namespace, context: Context, state: "State") -> "tuple[str, Decision]":
    """What shall be decided, and about which exclusion."""
    from app.model.register import ApproveExclusion, WithdrawExclusion

    if options.action == "add":
        asked = _asked(options, context, state)
        return asked.exclusion.id, asked
    if options.action == "approve":
        return options.id, ApproveExclusion(options.id, options.why)
    return options.id, WithdrawExclusion(options.id, options.why)


def _asked(options: argparse.Namespace, context: Context, state: "State") -> "AddExclusion":
    """The request that the options make.

    Raises
    ------
    InputError
        If something is wrong with it, named by its option: `app.register` knows fields only.
    UsageError
        If a time or a rule is none, or no note says why time that has begun is asked for.
    """
    from app.analysis.exclusion_request import is_retroactive, new_id
    from app.analysis.objective_check import exclusion_faults
    from app.model.register import AddExclusion
    from app.store.register import names

    if options.repeat is not None and not options.repeat.strip():
        msg = "--repeat: there is no rule."
        raise UsageError(msg, "Leave it out for what happens once, or write for example FREQ=WEEKLY.")
    asked = Exclusion(
        id=new_id(options.reference, set(names(state, "exclusion"))) if options.id is None else options.id,
        objective_glob=options.objective,
        enclave_glob=options.enclave,
        endpoint_glob=options.endpoint,
        start=_moment("--from", options.start, options.zone),
        end=_moment("--until", options.end, options.zone),
        rule=options.repeat or "",
        zone=options.zone,
        kind=options.kind,
        treatment=options.treatment,
        reason=options.reason,
        reference=options.reference,
        requested_by="",
    )
    for fault in exclusion_faults(asked):
        msg = f"--{_OPTIONS.get(fault.field, fault.field)}: {fault.problem}."
        raise InputError(msg, _WANTED.get(fault.field, ""))
    if options.why is None and is_retroactive(asked, context.clock.now()):
        msg = "This time has begun already, so the journal needs a note."
        raise UsageError(msg, "Say with --why TEXT why it is asked for only now.")
    return AddExclusion(asked, options.reason if options.why is None else options.why)


def _moment(option: str, text: str, zone: str) -> float:
    """The moment that is meant, seconds UTC: by the clock of `zone`, unless it names its own offset.

    Raises
    ------
    UsageError
        If it is no time, or the clock never or twice shows it: a guess would leave the wrong hour uncounted.
    """
    from app.analysis.objective_check import is_zone
    from app.analysis.wall_clock import instant, moments, zone_of

    found, shown = moment(option, text), datetime.fromisoformat(text)
    if shown.tzinfo is not None or not is_zone(zone):  # an unknown zone is told with whatever else is wrong
        return found
    clock = zone_of(zone)
    meant = moments(shown, clock)
    if not meant:
        after = datetime.fromtimestamp(instant(shown, clock), clock)
        msg = f"{option} {text}: the clock of {zone} never shows this time; it is put forward to {after:%H:%M} then."
        raise UsageError(msg, f"Write a time that it shows, or one with its offset, such as {after.isoformat()}.")
    if len(meant) == 2:
        first, second = (datetime.fromtimestamp(one, clock).isoformat() for one in meant)
        msg = f"{option} {text}: the clock of {zone} shows this time twice, for it is put back then."
        raise UsageError(msg, f"Write {first} for the first of the two or {second} for the second.")
    return meant[0]


# --- list and show --------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    """An exclusion at one moment.

    `coming` is what it is for from then on; a withdrawn one is for nothing. `trouble` says why that cannot be told,
    where that is so.
    """

    record: "ExclusionRecord"
    state: "ExclusionState"
    coming: "list[TimeRange]"
    trouble: str
    doubts: list[str]


def _seen(record: "ExclusionRecord", now: float, known: "Known", *, past: bool = True) -> _Seen:
    """As of a moment; of one that is approved and over, doubts are told where the `past` is asked for."""
    from app.analysis.exclusion_request import doubts, state_of
    from app.analysis.recurrence import upcoming

    coming, trouble, withdrawn = [], "", record.exclusion.withdrawn
    try:
        coming = [] if withdrawn else upcoming(record.exclusion, now, _COMING)
    except ValueError as error:  # of another station, or of a time when rules were not read before they were taken
        trouble = str(error)
    done = record.exclusion.approved_by and not coming and not past
    told = [] if withdrawn or done else list(doubts(record.exclusion, record.requested, known))
    return _Seen(record, state_of(record, over=not coming and not trouble), coming, trouble, told)


def _list(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.store.exclusion_scope import read_known
    from app.store.register import exclusions

    now, known = context.clock.now(), read_known(state, station.ceiling)
    found = [_seen(record, now, known, past=False) for record in exclusions(state)]
    if options.json:
        write_json("exclusions-list", now, station.ceiling, [_plain(one) for one in found])
        return 0
    with marked(station.ceiling):
        for one in found:
            _print(one)
        if not found:
            print("Nobody has asked for an exclusion yet: watchfloor exclusions add --help")
    return 0


def _show(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.analysis.exclusion_request import state_of
    from app.model.entry_form import entry_words, plain_entry
    from app.store.exclusion_scope import read_known
    from app.store.register import exclusion_of, history, names
    from app.toml import near

    entries = history(state, "exclusion", options.id)
    if not entries:
        known = names(state, "exclusion")
        msg = f"There is no exclusion {options.id!r}."
        raise InputError(msg, near(options.id, known) if known else "watchfloor exclusions add --help")
    now, record = context.clock.now(), exclusion_of(state, options.id)
    seen = None if record is None else _seen(record, now, read_known(state, station.ceiling))
    coming = [] if seen is None else seen.coming
    if options.json:
        answer = {
            "id": options.id,
            "exclusion": None if seen is None else _plain(seen),
            "coming": [_plain_span(one) for one in coming],
            "entries": [plain_entry(entry) for entry in entries],
        }
        write_json("exclusions-show", now, station.ceiling, answer)
        return 0
    with marked(station.ceiling):
        if seen is None:
            print(f"{options.id}  {state_of(None, over=False).value}")
        else:
            _print(seen)
            print(f"  {seen.record.exclusion.reason}")
        for one in coming:
            print(f"  comes up {_span(one)}")
        for entry in entries:
            print(f"  entry {entry_words(entry)}")
    return 0


def _print(seen: _Seen) -> None:
    """Write an exclusion in three lines: what it is, when, and who; then what is doubtful about it."""
    record, asked = seen.record, seen.record.exclusion
    where = f"{asked.objective_glob} at {asked.enclave_glob}/{asked.endpoint_glob}"
    print(f"{asked.id}  {seen.state.value}  {asked.kind}, {asked.treatment}, {asked.reference}, {where}")
    when = f"  {to_iso(asked.start)} to {to_iso(asked.end)}"
    if asked.rule:
        when += f", again by {asked.rule} ({asked.zone})"
        if not asked.withdrawn:
            when += f", comes up {_span(seen.coming[0])}" if seen.coming else f", {seen.trouble or 'no more'}"
    print(when)
    who = [f"asked for by {asked.requested_by} {to_iso(record.requested)}"]
    if record.approved is not None:
        who.append(f"approved by {asked.approved_by} {to_iso(record.approved)}")
    if record.withdrawn is not None:
        who.append(f"withdrawn by {record.withdrawn_by} {to_iso(record.withdrawn)}")
    print(f"  {', '.join(who)}")
    for doubt in seen.doubts:
        print(f"  Check this: {doubt}")


def _span(span: "TimeRange") -> str:
    return f"{to_iso(span.start)} to {to_iso(span.end)}"


def _plain(seen: _Seen) -> dict[str, Any]:
    from app.analysis.exclusion_request import is_retroactive

    record, asked = seen.record, seen.record.exclusion
    return {
        "id": asked.id,
        "state": seen.state.value,
        "kind": asked.kind,
        "treatment": asked.treatment,
        "objective_glob": asked.objective_glob,
        "enclave_glob": asked.enclave_glob,
        "endpoint_glob": asked.endpoint_glob,
        "from": to_iso(asked.start),
        "until": to_iso(asked.end),
        "rule": asked.rule,
        "zone": asked.zone,
        "next": _plain_span(seen.coming[0]) if seen.coming else None,
        "trouble": seen.trouble,
        "doubts": seen.doubts,
        "reason": asked.reason,
        "reference": asked.reference,
        "why": record.why,
        "retroactive": is_retroactive(asked, record.requested),
        "entry": str(record.entry),
        "requested_by": asked.requested_by,
        "requested": to_iso(record.requested),
        "approved_by": asked.approved_by,
        "approved": _time(record.approved),
        "withdrawn_by": record.withdrawn_by,
        "withdrawn": _time(record.withdrawn),
    }


def _plain_span(span: "TimeRange") -> dict[str, str]:
    return {"from": to_iso(span.start), "until": to_iso(span.end)}


def _time(moment: float | None) -> str | None:
    return None if moment is None else to_iso(moment)
