"""Promises: check files of them, put them in force, retire them, show which are and were."""

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from app.cli import Command, Context, actions, marked, moment, write_json
from app.clock import to_iso
from app.errors import InputError

if TYPE_CHECKING:
    from app.model.changes import Changes
    from app.model.objective import Objective, Window
    from app.model.register import EntryRef, ObjectiveVersion
    from app.openslo.burn_warnings import LatePairs
    from app.openslo.document import Finding
    from app.openslo.promises import Reading
    from app.settings import Station
    from app.store.database import State

_SHOWN = 100
"""Things of one kind that are written for people; JSON has them all."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    action = actions(parser, "objectives")
    lint = action("lint", "check files of OpenSLO v1; changes nothing (exit 3: something is wrong)")
    lint.add_argument("files", nargs="+", type=Path, metavar="FILE", help="YAML; the files may refer to one another")
    add = action("add", "put every objective of a file in force, as new versions; all or none")
    add.add_argument("file", type=Path, metavar="FILE", help="YAML of OpenSLO v1")
    add.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the journal")
    add.add_argument(
        "--from", dest="since", metavar="T", help="in force from this moment, ISO 8601 in UTC (default: now)"
    )
    retire = action("retire", "promise something no longer; versions that begin later are over with it, and told")
    retire.add_argument("id", metavar="ID")
    retire.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the journal")
    retire.add_argument("--from", dest="since", metavar="T", help="from this moment on, ISO 8601 in UTC (default: now)")
    action("list", "show every objective and the version in force")
    show = action("show", "show one objective with all its versions and journal entries")
    show.add_argument("id", metavar="ID")


def _run(options: argparse.Namespace, context: Context) -> int:
    from app.settings import load_station
    from app.store.database import Store

    station = load_station(context.paths)
    if options.action == "lint":
        return _lint(options, context, station)
    store = Store.open(context.paths, context.clock)
    with store.state() as state:
        if options.action == "add":
            return _add(options, context, station, state)
        if options.action == "retire":
            return _retire(options, context, station, state)
        if options.action == "list":
            return _list(options, context, station, state)
        return _show(options, context, station, state)


COMMAND = Command(_arguments, _run)


def _read(files: list[Path]) -> "Reading":
    from app.openslo.document import MOST_FILE
    from app.openslo.promises import read_promises

    def content(file: Path) -> bytes:
        try:
            with file.open("rb") as opened:
                return opened.read(MOST_FILE + 1)
        except OSError as error:
            msg = f"{file.name} cannot be read: {error.strerror}."
            raise InputError(msg, "Check the path and its owner.") from error

    return read_promises((file.name, content(file)) for file in files)


# --- lint and add ---------------------------------------------------------------------------------------------------


def _lint(options: argparse.Namespace, context: Context, station: "Station") -> int:
    reading = _read(options.files)
    doubts = _doubts(context, station, reading)
    if options.json:
        answer = {
            "objectives": [
                {"id": one.objective.id, "file": one.file, "line": one.line} for one in reading.objectives
            ],
            "findings": [_plain_finding(one) for one in reading.findings],
        }  # fmt: skip
        write_json("objectives-lint", context.clock.now(), station.ceiling, answer | _plain_doubts(doubts))
    else:
        with marked(station.ceiling):
            for finding in reading.findings[:_SHOWN]:
                print(f"{finding} {finding.hint}".rstrip())
            _print_more(len(reading.findings))
            _print_doubts(doubts)
            _print_count(reading, len(doubts.warnings))
    return 3 if reading.findings else 0


class _Doubts(NamedTuple):
    """What is doubtful of the promises of a file; `late` are pairs that no promise could mend."""

    warnings: "list[Finding]"
    late: "list[LatePairs]"


def _doubts(context: Context, station: "Station", reading: "Reading") -> _Doubts:
    from app.openslo.burn_warnings import burn_warnings, late_pairs
    from app.openslo.scope_warnings import scope_warnings
    from app.query.burn_pairs import read_burn_pairs
    from app.store.catalogue import catalogues
    from app.store.database import Store

    known = []
    if context.paths.cache_db.exists():  # a file can be checked before there is anything else
        with Store.open(context.paths, context.clock).reader(station.ceiling) as reader:
            known = catalogues(reader)
    pairs = read_burn_pairs(context.paths)
    stated = reading.objectives
    warnings = [*scope_warnings(stated, known), *burn_warnings(stated, pairs)]
    return _Doubts(warnings, list(late_pairs(stated, pairs, known)))


def _plain_doubts(doubts: _Doubts) -> dict[str, Any]:
    late = [
        {
            "enclave": one.enclave.id,
            "cadence_seconds": one.enclave.cadence,
            "pairs": [pair.name for pair in one.pairs],
            "objectives": list(one.objectives),
        }
        for one in doubts.late
    ]
    return {"warnings": [_plain_finding(one) for one in doubts.warnings], "late_pairs": late}


def _plain_finding(one: "Finding") -> dict[str, Any]:
    return {"file": one.file, "line": one.line, "field": one.field, "problem": one.problem, "hint": one.hint}


def _print_doubts(doubts: _Doubts) -> None:
    """Write each doubt once: at its first place, with the lines at which the very same is to be said."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in doubts.warnings:
        groups.setdefault((one.problem, one.hint), []).append(one)
    for first, *others in list(groups.values())[:_SHOWN]:
        print(f"Warning: {first} {first.hint}")
        for file, same in groupby(others[:_SHOWN], key=lambda one: one.file):
            lines = [str(one.line) for one in same]
            print(f"  The same in {file}, line{'s' if len(lines) > 1 else ''} {', '.join(lines)}.")
        _print_more(len(others))
    _print_more(len(groups))
    for late in doubts.late:
        names = ", ".join(repr(pair.name) for pair in late.pairs)
        seldom = f"data of {late.enclave.id} comes in every {late.enclave.cadence / 3600:.3g} h"
        print(f"Note: {seldom}, so there these pairs of burn rates are a verdict on the past: {names}.")


def _print_more(count: int) -> None:
    if count > _SHOWN:
        print(f"... and {count - _SHOWN:,} more: --json has them all.")


def _print_count(reading: "Reading", warnings: int) -> None:
    count, wrong = len(reading.objectives), len(reading.findings)
    objectives, things = "objective" if count == 1 else "objectives", "thing is" if wrong == 1 else "things are"
    doubtful = f"; {warnings:,} warning{'' if warnings == 1 else 's'}" if warnings else ""
    print(f"{count:,} {objectives} can be judged, {wrong:,} {things} wrong{doubtful}.")


def _add(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.register import AddObjective, Author
    from app.register import apply_all
    from app.store.audit import os_account
    from app.store.register import objectives

    since = _since(options)
    if not options.why.strip():
        msg = "why: words are needed here."
        raise InputError(msg, "Say why; it goes into the journal with your account.")
    reading = _read([options.file])
    if reading.findings:
        msg = f"Nothing was put in force. {reading.findings[0]}"
        raise InputError(msg, f"watchfloor objectives lint {options.file.name} tells everything that is wrong.")
    doubts = _doubts(context, station, reading)
    held = objectives(state)
    begins = context.clock.now() if since is None else since
    stated = [one.objective for one in reading.objectives]
    changed = [one for one in stated if not _is_in_force(one, held.get(one.id, ()), begins)]
    unchanged = {one.id for one in stated} - {one.id for one in changed}
    author = Author(station.id, os_account())
    changes = apply_all([AddObjective(one, options.why, since) for one in changed], state, author, context.clock)
    gone = _overtaken(changes, state)
    answer = {
        "added": [one.id for one in changed if one.id not in held],
        "changed": [one.id for one in changed if one.id in held],
        "unchanged": [one.id for one in stated if one.id in unchanged],
        "since": to_iso(begins),
        "author": author.account,
        "overtaken": [_plain_overtaken(one, by) for one, by in gone],
    }
    if options.json:
        write_json("objectives-add", context.clock.now(), station.ceiling, answer | _plain_doubts(doubts))
        return 0
    with marked(station.ceiling):
        for what in ("added", "changed"):
            for name in answer[what]:
                print(f"{what}  {name}")
        _print_overtaken(gone)
        _print_doubts(doubts)
        print(f"{len(answer['unchanged'])} unchanged. In force from {answer['since']}, by {answer['author']}.")
    return 0


def _is_in_force(objective: "Objective", versions: "tuple[ObjectiveVersion, ...]", since: float) -> bool:
    """Whether it already holds from then on, so that another version would say nothing new."""
    standing = [one for one in versions if not one.undone]
    return bool(standing) and standing[-1].objective == objective and standing[-1].since <= since


def _since(options: argparse.Namespace) -> float | None:
    return None if options.since is None else moment("--from", options.since)


def _retire(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.register import Author, RetireObjective, in_force
    from app.register import apply
    from app.store.audit import os_account
    from app.store.register import versions_of

    command = RetireObjective(options.id, options.why, _since(options))
    changes = apply(command, state, Author(station.id, os_account()), context.clock)
    now, versions, gone = context.clock.now(), versions_of(state, options.id), _overtaken(changes, state)
    last = versions[-1]
    if options.json:
        answer = _plain_version(last, _state(last, current=in_force(versions, now) is last))
        answer["overtaken"] = [_plain_overtaken(one, by) for one, by in gone]
        write_json("objectives-retire", now, station.ceiling, answer)
        return 0
    with marked(station.ceiling):
        print(f"{last.id} is retired from {to_iso(last.since)} on, by {last.author} (entry {last.entry}).")
        _print_overtaken(gone)
    return 0


def _overtaken(changes: "Changes", state: "State") -> "list[tuple[ObjectiveVersion, EntryRef]]":
    """Versions that decisions just made leave in force at no time, each with the entry that does it."""
    from app.model.register import overtaken
    from app.store.register import versions_of

    told = [(entry.ref, versions_of(state, entry.object)) for entry in changes.entries]
    return [(one, ref) for ref, versions in told for one in overtaken(versions)]


def _plain_overtaken(version: "ObjectiveVersion", by: "EntryRef") -> dict[str, str]:
    return {"id": version.id, "entry": str(version.entry), "since": to_iso(version.since), "by": str(by)}


def _print_overtaken(gone: "Sequence[tuple[ObjectiveVersion, EntryRef]]") -> None:
    for one, by in gone[:_SHOWN]:
        what = "retired" if one.objective is None else _words(one.objective)
        print(f"No longer in force: {one.id} from {to_iso(one.since)}, {what} (entry {one.entry}, overtaken by {by})")
    _print_more(len(gone))
    entries = {str(by) for _, by in gone}
    if entries:
        entry = entries.pop() if len(entries) == 1 else "ENTRY"
        print(f"To take that back: watchfloor journal undo {entry} --why TEXT")


# --- list and show --------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.register import in_force
    from app.store.register import objectives

    now = context.clock.now()
    told = [(name, in_force(versions, now), versions[-1]) for name, versions in objectives(state).items()]
    if options.json:
        answer = [_plain_version(found or last, _state(found)) for _, found, last in told]
        write_json("objectives-list", now, station.ceiling, answer)
        return 0
    with marked(station.ceiling):
        for name, found, _ in told:
            promise = None if found is None else found.objective
            print(f"{name}  {_state(found)}" if promise is None else f"{name}  {_words(promise)}")
        if not told:
            print("There is no objective yet: watchfloor objectives add FILE --why TEXT")
    return 0


def _show(options: argparse.Namespace, context: Context, station: "Station", state: "State") -> int:
    from app.model.entry_form import entry_words, plain_entry
    from app.model.register import in_force
    from app.store.register import history, names, versions_of
    from app.toml import near

    now = context.clock.now()
    versions = versions_of(state, options.id)
    if not versions:
        known = names(state, "objective")
        msg = f"There is no objective {options.id!r}."
        raise InputError(msg, near(options.id, known) if known else "watchfloor objectives add FILE --why TEXT")
    entries, current = history(state, "objective", options.id), in_force(versions, now)
    if options.json:
        answer = {
            "id": options.id,
            "versions": [_plain_version(one, _state(one, current=one is current)) for one in versions],
            "entries": [plain_entry(entry) for entry in entries],
        }
        write_json("objectives-show", now, station.ceiling, answer)
        return 0
    with marked(station.ceiling):
        print(f"{options.id}  {_state(current)}")
        for one in versions:
            what = "retired" if one.objective is None else _words(one.objective)
            print(f"  from {to_iso(one.since)}  {_state(one, current=one is current)}  {what}  (entry {one.entry})")
        for entry in entries:
            print(f"  entry {entry_words(entry)}")
    return 0


def _state(version: "ObjectiveVersion | None", *, current: bool = True) -> str:
    """What becomes of a version, in a word or two; None is a promise that has not begun or was taken back."""
    if version is None:
        return "not in force"
    if version.undone:
        return "undone"
    if not current:
        return "not in force"
    return "retired" if version.objective is None else "in force"


def _words(objective: "Objective") -> str:
    share = f"{objective.target * 100:.6g} %"
    where = f"{objective.enclave_glob}/{objective.endpoint_glob}"
    return f"{share} of {where}, {objective.method.value}, {_window_words(objective.window)}"


def _window_words(window: "Window") -> str:
    if window.seconds is not None:
        days = window.seconds / 86400
        return f"the last {days:g} days" if days >= 1 else f"the last {window.seconds / 3600:g} h"
    each = f"{window.unit}" if window.count == 1 else f"{window.count} {window.unit}s"
    return f"each {each}, {window.zone}"


def _plain_version(version: "ObjectiveVersion", state: str) -> dict[str, Any]:
    from app.model.objective_form import plain_objective

    return {
        "id": version.id,
        "state": state,
        "entry": str(version.entry),
        "since": to_iso(version.since),
        "recorded": to_iso(version.recorded),
        "author": version.author,
        "why": version.why,
        "objective": None if version.objective is None else plain_objective(version.objective),
    }
