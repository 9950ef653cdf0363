"""Whom this station trusts: set up, draft, sign and add trust files; list, show; release a locked source."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.bundle.inbound import retry_held
from app.bundle.keyfile import load_key, read_key_document
from app.bundle.signature import PROFILES, grouped, read_envelope
from app.bundle.trustfile import (
    TrustedSource,
    TrustFile,
    add_signature,
    open_trust,
    read_trust,
    sign_trust,
    write_trust,
)
from app.bundle.trusting import current_trust, first_trust, next_trust, release
from app.cli import Command, Context, marked, write_json
from app.clock import to_iso
from app.credentials import SecretStore, passphrase_source
from app.errors import InputError, UsageError
from app.model.marking import Level
from app.settings import load_station
from app.store import ledger
from app.store.database import Store

_DRAFT_BYTES = 2**20


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--base-dir", metavar="D", default=argparse.SUPPRESS, help="folder of the station")
    init = actions.add_parser("init", parents=[place], help="set up trust with a signed trust file")
    init.add_argument("file", type=Path, metavar="FILE")
    init.add_argument("--fingerprint", metavar="F", help="of the roots, as their holders told you on another way")
    draft = actions.add_parser("draft", parents=[place], help="write an unsigned trust file, new or from one before it")
    draft.add_argument("file", type=Path, metavar="FILE", help="where to write it")
    draft.add_argument("--from", dest="before", type=Path, metavar="FILE", help="signed trust file to go on from")
    draft.add_argument("--root", type=Path, action="append", default=[], metavar="KEYFILE", help="exported root key")
    draft.add_argument("--threshold", type=int, metavar="N", help="roots that must sign (default: 2 of 3, else all)")
    draft.add_argument("--remove", action="append", default=[], metavar="SOURCE/EPOCH", help="drop an entry")
    draft.add_argument("--revoke", action="append", default=[], metavar="KEYID", help="a key no longer counts")
    _source_arguments(draft.add_argument_group("an entry to put in"))
    sign = actions.add_parser("sign", parents=[place], help="sign a draft, or add a signature to a signed one")
    sign.add_argument("file", type=Path, metavar="FILE")
    sign.add_argument("--key", required=True, metavar="KEY", help="name or id of a root key of this station")
    sign.add_argument("--passphrase-file", type=Path, metavar="FILE", help="where there is no keyring")
    add = actions.add_parser("add", parents=[place], help="take the next signed version")
    add.add_argument("files", type=Path, nargs="+", metavar="FILE")
    for name, words in (("list", "sources, keys and locks"), ("show", "the trust file in force")):
        actions.add_parser(name, parents=[place], help=f"show {words}").add_argument(
            "--json", action="store_true", help="in JSON"
        )
    free = actions.add_parser(
        "release", parents=[place], help="take the lock off a source, after a fork or a spill was settled"
    )
    free.add_argument("source", metavar="SOURCE")
    free.add_argument("--reason", required=True, metavar="TEXT", help="goes into the audit log")


def _source_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--source", metavar="ID")
    group.add_argument("--epoch", type=int, default=1, metavar="N")
    group.add_argument("--enclave", default="", metavar="ID", help="enclave it may speak for")
    group.add_argument("--max-level", metavar="L", help="highest level it may sign")
    group.add_argument("--stream", action="append", default=[], metavar="ID")
    group.add_argument("--profile", choices=tuple(PROFILES), metavar="P", help="cnsa1 or cnsa2")
    group.add_argument("--key", type=Path, action="append", default=[], metavar="KEYFILE", help="exported key")


def _run(options: argparse.Namespace, context: Context) -> int:
    if options.action == "draft":
        return _draft(options, context)
    if options.action == "sign":
        return _sign(options, context)
    station = load_station(context.paths)
    store = Store.open(context.paths, context.clock)
    if options.action == "init":
        envelope = _read(options.file)
        if options.fingerprint is None:
            roots = open_trust(envelope, before=None)
            msg = f"The roots of this file have the fingerprint {grouped(roots.root_fingerprint)}."
            raise UsageError(msg, "If it is what the root holders told you on another way, repeat with --fingerprint.")
        _told(first_trust(store, station, envelope, options.fingerprint))
    elif options.action == "add":
        for file in options.files:
            _told(next_trust(store, station, _read(file)))
    elif options.action == "release":
        release(store, options.source, options.reason)
        print(f"Source {options.source} is released. What it sends is judged again.")
    else:
        return _show(options, context, store)
    for outcome in retry_held(store, station, context.job()) if options.action in {"init", "add"} else ():
        print(f"Tried again: {outcome.name}  {outcome.code.value}  {outcome.reason}")
    return 0


def _told(trust: TrustFile) -> None:
    roots = f"{trust.threshold} of {len(trust.roots)} roots"
    print(f"Trust file {trust.version} is in force: {len(trust.sources)} entries, {roots}.")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_DRAFT_BYTES * 2)
    except OSError as error:
        msg = f"{file.name} cannot be read."
        raise InputError(msg, "Check the path and its owner.") from error


# --- drafting and signing -------------------------------------------------------------------------------------------


def _draft(options: argparse.Namespace, context: Context) -> int:
    roots = tuple(read_key_document(file) for file in options.root)
    if options.before is not None:
        before = open_trust(_read(options.before), before=None)
        trust = replace(before, version=before.version + 1, created=context.clock.now())
        trust = replace(trust, roots=roots or trust.roots, threshold=options.threshold or trust.threshold)
    elif roots:
        threshold = options.threshold or (2 if len(roots) == 3 else len(roots))
        trust = TrustFile(1, context.clock.now(), demo=False, threshold=threshold, roots=roots, sources=())
    else:
        msg = "A first trust file needs its roots."
        raise UsageError(msg, "Name each exported root key with --root KEYFILE, or a signed file with --from.")
    trust = replace(trust, sources=_entries(trust, options))
    payload = write_trust(trust)
    read_trust(payload)
    if options.file.exists() and b'"payloadType"' in _read(options.file):
        msg = f"{options.file.name} is a signed trust file; a draft would overwrite it."
        raise InputError(msg, "Name another file for the draft, and go on from the signed one with --from.")
    options.file.write_text(json.dumps(json.loads(payload), indent=1) + "\n", encoding="utf-8")
    print(f"Wrote version {trust.version}, unsigned. {trust.threshold} of {len(trust.roots)} roots must sign it.")
    print(f"Fingerprint of the roots: {grouped(trust.root_fingerprint)}")
    return 0


def _entries(trust: TrustFile, options: argparse.Namespace) -> tuple[TrustedSource, ...]:
    """Entries after removing, revoking and putting in what the options say."""
    _refuse_unknown("entry", options.remove, {f"{one.source}/{one.epoch}" for one in trust.sources})
    _refuse_unknown("key", options.revoke, {key.keyid for one in trust.sources for key in one.keys})
    kept = [one for one in trust.sources if f"{one.source}/{one.epoch}" not in options.remove]
    if options.source:
        if options.max_level is None or options.profile is None or not options.key or not options.stream:
            msg = "An entry needs --max-level, --stream, --profile and --key."
            raise UsageError(msg)
        try:
            level = Level.parse(options.max_level)
        except ValueError as error:
            msg = f"--max-level: {error}."
            raise UsageError(msg) from error
        keys = tuple(read_key_document(file) for file in options.key)
        entry = TrustedSource(
            options.source, options.epoch, options.enclave, level, tuple(options.stream), options.profile, keys
        )
        kept = [one for one in kept if (one.source, one.epoch) != (entry.source, entry.epoch)] + [entry]
    return tuple(
        replace(one, revoked=tuple(sorted({*one.revoked, *({key.keyid for key in one.keys} & set(options.revoke))})))
        for one in kept
    )


def _refuse_unknown(what: str, named: Sequence[str], known: set[str]) -> None:
    """A misspelt name must not leave a key trusted that somebody meant to revoke."""
    for name in named:
        if name not in known:
            msg = f"The trust file has no {what} {name!r}; nothing was written."
            raise InputError(msg, f"It has: {', '.join(sorted(known)) or 'none'}.")


def _sign(options: argparse.Namespace, context: Context) -> int:
    secrets = SecretStore(context.paths.keys, passphrase_source(options.passphrase_file))
    key = load_key(context.paths.keys, options.key, secrets.get)
    content = _read(options.file)
    draft = b'"payloadType"' not in content
    signed = sign_trust(read_trust(content), [key]) if draft else add_signature(content, key)
    options.file.write_bytes(signed)
    envelope = read_envelope(signed)
    trust = read_trust(envelope.payload)
    print(
        f"{options.file.name}: version {trust.version}, signed by {len(envelope.signatures)}; {trust.threshold} must."
    )
    print(f"Fingerprint of the roots: {grouped(trust.root_fingerprint)}")
    return 0


# --- showing --------------------------------------------------------------------------------------------------------


def _show(options: argparse.Namespace, context: Context, store: Store) -> int:
    station = load_station(context.paths)
    with store.state() as state:
        trust = current_trust(state, station)
        keys, locks, versions = ledger.pinned_keys(state), ledger.locks(state), ledger.trust_versions(state)
    if options.action == "show":
        if trust is None:
            msg = "This station trusts nobody yet."
            raise InputError(msg, "Start with: watchfloor trust init FILE --fingerprint F")
        told = json.loads(write_trust(trust))
        if options.json:
            write_json("trust-show", context.clock.now(), station.ceiling, told)
        else:
            with marked(station.ceiling):
                print(f"Fingerprint of the roots: {grouped(trust.root_fingerprint)}")
                print(json.dumps(told, indent=1))
        return 0
    if options.json:
        answer = {
            "version": versions[0][0] if versions else None,
            "keys": [
                {
                    "source": k.source,
                    "epoch": k.epoch,
                    "enclave": k.enclave,
                    "max_level": k.level.code,
                    "keyid": k.keyid,
                }
                | {"scheme": k.scheme, "fingerprint": k.fingerprint, "revoked": k.revoked}
                for k in keys
            ],
            "locks": [
                {"source": lock.source, "code": lock.code, "since": to_iso(lock.since), "reason": lock.reason}
                for lock in locks
            ],
        }
        write_json("trust-list", context.clock.now(), station.ceiling, answer)
        return 0
    with marked(station.ceiling):
        version = f"Trust file {versions[0][0]}" if versions else ""
        print(version or "This station trusts nobody yet: watchfloor trust init FILE --fingerprint F")
        for k in keys:
            told_as = f"up to {k.level.title}  {k.scheme}  {k.keyid}{'  REVOKED' if k.revoked else ''}"
            print(f"{k.source}  epoch {k.epoch}  {k.enclave or '-'}  {told_as}")
        for lock in locks:
            print(f"LOCKED {lock.source} since {to_iso(lock.since)} ({lock.code}): {lock.reason}")
    return 0


COMMAND = Command(_arguments, _run)
