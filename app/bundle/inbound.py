"""The one door in: judge a bundle, bring its content into the cache, remember it in the ledger.

Two databases, one outcome. The intent is written to `state`, the content is staged invisibly in
the cache, one small commit publishes it, and `state` confirms. Killed anywhere, `reconcile` finds
the intent: what was published is confirmed, what was not is removed.
"""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.bundle.held import awaited_base, drop_copy, keep_copy, unfinished_copies
from app.bundle.layout import Incomplete, Layout, UnsafeLayout, appearance
from app.bundle.manifest import Manifest, read_manifest
from app.bundle.outcome import Check, Code, Outcome
from app.bundle.parts import Bounds, PartRefused, check_part, read_blocks, read_catalogue, read_events
from app.bundle.trusting import current_trust
from app.bundle.verify import AHEAD_SECONDS, Examiner, VerifiedBundle, open_bundle
from app.errors import StoreBusy, StoreError
from app.job import Cancelled, Job
from app.model.marking import Level
from app.settings import Station
from app.store import audit, intake, ledger
from app.store.bundles import BundleRecord, is_published
from app.store.database import State, Store, Writer
from app.store.durable import durable
from app.store.retention import limit_of
from app.store.settle import settle
from app.store.turn import take_turn

_DAMAGED = "Ask whoever made it to make it again; do not use this copy."
_NO_COPY = "There was no room to keep a copy: keep this one; a watched inbox offers it again."


def examiner(state: State, writer: Writer, station: Station, now: float) -> Examiner:
    """What bundles are judged by, as of now."""
    return Examiner(current_trust(state, station), station, state, lambda m: is_published(writer, m), now)


def receive(path: Path, store: Store, station: Station, job: Job, *, carrier: str) -> Outcome:
    """Judge the bundle at `path` and, if every check passes, import it. Nothing is written to `path`.

    Every attempt leaves a row and an audit record; a job that is cancelled leaves everything as it was.

    Raises
    ------
    Cancelled
    StoreBusy
        If another process is importing.
    StoreError
        If the disk is full; nothing is lost.
    InputError, SettingsError
        If the station itself cannot judge.
    """
    with take_turn(store), store.state() as state, store.writer() as writer:
        now = store.clock.now()
        verdict = open_bundle(path, examiner(state, writer, station, now), job)
        if isinstance(verdict, Outcome):
            held = keep_copy(path, store.paths.held) if verdict.code.waits else ""
            if verdict.code.waits and not held:
                verdict = replace(verdict, action=f"{verdict.action} {_NO_COPY}")
            return _note(state, verdict, carrier, held, now)
        with verdict:
            outcome = _bring_in(verdict, state, writer, carrier, now, job)
        if outcome.code.accepted:
            # The bundle is in: folding the head may be cut short or put off without harm.
            with contextlib.suppress(Cancelled, StoreError):
                settle(writer, job, before=limit_of(now, station.retention_days))
        return outcome


def check_only(path: Path, store: Store, station: Station, job: Job) -> Outcome:
    """Judge the bundle at `path`, its content included, and import nothing; only an audit record is written."""
    with store.state() as state, store.writer() as writer:
        # As if the cache held nothing: a copy of what was imported before is checked to its last byte, too.
        judged_by = replace(examiner(state, writer, station, store.clock.now()), holds=lambda _: False)
        verdict = open_bundle(path, judged_by, job)
        outcome = verdict if isinstance(verdict, Outcome) else _content_checked(verdict, job)
        if outcome.code is Code.RESTORED and is_published(writer, outcome.manifest):
            outcome = replace(outcome, code=Code.DUPLICATE, reason="This very bundle was imported before.")
        with ledger.recording(state):
            record_judgement(state, outcome, "verify")
    return outcome


def _content_checked(bundle: VerifiedBundle, job: Job) -> Outcome:
    with bundle:
        try:
            for part in bundle.manifest.parts:
                job.check()
                check_part(part.schema, bundle.lines(part), _bounds(bundle.manifest))
        except (PartRefused, Incomplete) as error:
            return _refused(bundle.outcome, error)
        return bundle.outcome


def _bring_in(bundle: VerifiedBundle, state: State, writer: Writer, carrier: str, now: float, job: Job) -> Outcome:
    """Stage, publish and confirm a verified bundle."""
    outcome, manifest = bundle.outcome, bundle.manifest
    intent = ledger.Intent(bundle.digest, bundle.payload, outcome.name, carrier, outcome.size, now)
    if is_published(writer, bundle.digest):
        # The cache knows it and the state does not: the state was restored from a backup.
        return _confirm(
            state, replace(outcome, code=Code.RESTORED, reason="The station's memory of it is restored."), intent
        )
    with ledger.recording(state):
        ledger.write_intent(state, intent)
    number = 0
    try:
        number = intake.begin(writer, _record(manifest, intent))
        _stage(bundle, writer, number, job)
        with durable(writer):
            intake.publish(writer, number)
    except (PartRefused, Incomplete) as error:
        _give_up(state, writer, number, bundle.digest)
        return _note(state, _refused(outcome, error), carrier, "", now)
    except BaseException:
        # On a full disk even giving up may fail; reconcile does it later.
        with contextlib.suppress(StoreError):
            _give_up(state, writer, number, bundle.digest)
        raise
    return _confirm(state, _in_words(outcome), intent)


def _refused(outcome: Outcome, error: PartRefused | Incomplete) -> Outcome:
    """Say why a verified bundle's content cannot be taken."""
    code = Code.PART_MISMATCH if isinstance(error, PartRefused) else Code.INCOMPLETE
    told = "Its content is not what its schema asks for" if code is Code.PART_MISMATCH else "It changed meanwhile"
    reason = f"{told}: {error}."
    checks = (*outcome.checks, Check("failed", "Content", reason))
    return replace(outcome, code=code, reason=reason, action=_DAMAGED, checks=checks)


def _bounds(manifest: Manifest) -> Bounds:
    return Bounds(manifest.enclave, manifest.level, manifest.created)


def _record(manifest: Manifest, intent: ledger.Intent) -> BundleRecord:
    return BundleRecord(
        source=manifest.source,
        stream=manifest.stream,
        epoch=manifest.epoch,
        seq=manifest.seq,
        manifest=intent.manifest,
        kind=manifest.kind,
        enclave=manifest.enclave,
        level=manifest.level,
        created=manifest.created,
        window_start=manifest.window_start,
        window_end=manifest.window_end,
        expires=manifest.expires,
        received=intent.received,
        carrier=intent.carrier,
        name=intent.name,
        size=intent.size,
        rows=manifest.rows,
        demo=manifest.demo,
    )


def _stage(bundle: VerifiedBundle, writer: Writer, number: int, job: Job) -> None:
    manifest = bundle.manifest
    bounds = _bounds(manifest)
    for done, part in enumerate(manifest.parts, start=1):
        job.step(done, len(manifest.parts), "Importing")
        lines = bundle.lines(part)
        if part.schema == "catalogue":
            intake.stage_catalogue(writer, number, read_catalogue(lines, bounds))
        elif part.schema == "events":
            intake.stage_events(writer, number, read_events(lines, bounds))
        else:
            intake.stage_blocks(writer, number, read_blocks(part.schema, lines, bounds), job)


def _give_up(state: State, writer: Writer, number: int, manifest: str) -> None:
    if number:
        intake.discard(writer, number)
    with ledger.recording(state):
        ledger.drop_intent(state, manifest)


def _in_words(outcome: Outcome) -> Outcome:
    words = {
        Code.APPLIED: "Imported.",
        Code.RESTORED: "Accepted before; its content is in the cache again.",
        Code.NOTHING_NEW: "Imported; a heartbeat says that there is nothing new.",
        Code.EXPIRED_AS_HISTORY: "Imported as history: it has expired, so it never counts as current.",
    }
    return replace(outcome, reason=words[outcome.code])


# --- the ledger -----------------------------------------------------------------------------------------------------


def _confirm(state: State, outcome: Outcome, intent: ledger.Intent) -> Outcome:
    """Remember what was published, with its attempt and audit record, and forget the intent."""
    manifest = read_manifest(intent.payload)
    accepted = ledger.Accepted(
        intent.manifest,
        manifest.source,
        manifest.stream,
        manifest.epoch,
        manifest.seq,
        manifest.kind,
        manifest.enclave,
        manifest.level,
        manifest.created,
        manifest.window_start,
        manifest.window_end,
        manifest.expires,
        intent.received,
    )
    with ledger.recording(state):
        if not ledger.is_accepted(state, intent.manifest):
            ledger.accept(state, accepted, manifest.links)
        ledger.drop_intent(state, intent.manifest)
        _write_attempt(state, outcome, intent.carrier, "", intent.received)
    return outcome


def _note(state: State, outcome: Outcome, carrier: str, held: str, now: float) -> Outcome:
    """Remember an attempt that brought nothing in, and lock the source where the outcome asks for it."""
    with ledger.recording(state):
        if outcome.code.locks and outcome.source:
            level = Level.U if outcome.level is None else outcome.level
            ledger.lock_source(state, ledger.Lock(outcome.source, level, outcome.code.value, outcome.reason, now))
        _write_attempt(state, outcome, carrier, held, now)
    return outcome


def _write_attempt(state: State, outcome: Outcome, carrier: str, held: str, now: float) -> None:
    attempt = ledger.Attempt(
        received=now,
        code=outcome.code.value,
        name=outcome.name,
        carrier=carrier,
        size=outcome.size,
        shape=outcome.shape,
        held=held,
        reason=outcome.reason,
        action=outcome.action,
        checks=tuple((check.state, check.title, check.text) for check in outcome.checks),
        manifest=outcome.manifest,
        source=outcome.source,
        stream=outcome.stream,
        epoch=outcome.epoch,
        seq=outcome.seq,
        level=outcome.level,
    )
    told = outcome.told
    if told is not None:
        attempt = replace(
            attempt,
            enclave=told.enclave,
            kind=told.kind,
            rows=told.rows,
            created=told.created,
            window_start=told.window_start,
            window_end=told.window_end,
            expires=told.expires,
        )
    ledger.record_attempt(state, attempt)
    record_judgement(state, outcome, "import")


def record_judgement(state: State, outcome: Outcome, event: str) -> None:
    """Write the audit record of one judgement; of a spill hash, size and claimed level, nothing else."""
    spill = outcome.code is Code.SPILL
    code = outcome.code
    audit.append(
        state,
        "bundle",
        event,
        object_id=f"sha384:{outcome.evidence} bytes:{outcome.size}" if spill else outcome.manifest or outcome.name,
        label=outcome.level,
        outcome="accepted" if code.accepted else "held" if code.waits else "refused",
        reason_code=code.value,
    )


# --- after a crash --------------------------------------------------------------------------------------------------


def reconcile(store: Store) -> None:
    """Settle what an interruption left: confirm what was published, remove what was not.

    Where another process is importing, it is alive and will finish its own work.
    """
    with store.state() as state, store.reader() as reader:
        left = [*ledger.intents(state), *intake.staged(reader), *unfinished_copies(store.paths.held)]
    if not left:
        return  # nearly always: then no writer is opened, and nobody's turn is taken
    with contextlib.suppress(StoreBusy), take_turn(store, wait=False), store.state() as state, store.writer() as writer:
        for intent in ledger.intents(state):
            if is_published(writer, intent.manifest):
                _confirm(state, _found_published(intent), intent)
            else:
                with ledger.recording(state):
                    ledger.drop_intent(state, intent.manifest)
        for number, _ in intake.staged(writer):
            intake.discard(writer, number)
        for unfinished in unfinished_copies(store.paths.held):
            shutil.rmtree(unfinished, ignore_errors=True)


def _found_published(intent: ledger.Intent) -> Outcome:
    told = read_manifest(intent.payload)
    return Outcome(
        code=Code.NOTHING_NEW if told.kind == "heartbeat" else Code.APPLIED,
        name=intent.name,
        reason="Imported; the program was interrupted before it could say so.",
        action="",
        manifest=intent.manifest,
        source=told.source,
        stream=told.stream,
        epoch=told.epoch,
        seq=told.seq,
        level=told.level,
        size=intent.size,
        told=told,
    )


# --- copies that wait -----------------------------------------------------------------------------------------------


def retry_held(store: Store, station: Station, job: Job) -> list[Outcome]:
    """Try again what may have come right since: trust was updated, a base arrived, a clock caught up."""
    held, now = store.paths.held, store.clock.now()
    with store.state() as state:
        waiting = [one for one in ledger.held_copies(state) if _is_due(one, held / one.held, state, now)]
    return [_retry(attempt, store, station, job) for attempt in waiting]


def _is_due(attempt: ledger.Attempt, copy: Path, state: State, now: float) -> bool:
    """Whether what a copy waits for has come since it was last tried."""
    code = Code(attempt.code)
    if code is Code.CLOCK:
        return attempt.created <= now + AHEAD_SECONDS
    if code is Code.UNTRUSTED:
        versions = ledger.trust_versions(state)
        return bool(versions) and versions[0][2] > attempt.received
    if code is not Code.HELD or ledger.newest_arrival(state) <= attempt.received:
        return False
    return ledger.arrived_at(state, awaited_base(copy, attempt.manifest)) > attempt.received


def _retry(attempt: ledger.Attempt, store: Store, station: Station, job: Job) -> Outcome:
    path = store.paths.held / attempt.held
    outcome = receive(path, store, station, job, carrier=attempt.carrier)
    if not outcome.code.waits and outcome.code not in _KEEP_COPY:
        drop_copy(path)
        with store.state() as state, ledger.recording(state):
            ledger.forget_copy(state, attempt.held)
    return outcome


# A spill is evidence, a fork asks for a decision, and a lock only puts off: their copies stay.
_KEEP_COPY: Final = frozenset({Code.SPILL, Code.FORK, Code.SOURCE_LOCKED, Code.INCOMPLETE})


def new_arrivals(found: Sequence[Path], store: Store) -> list[Path]:
    """Those of `found` to be tried: what a watched inbox has to offer.

    They were never tried, have changed since, or wait without a copy for what has now come.
    """
    with store.state() as state:
        return [path for path in found if _is_to_be_tried(path, state, store.clock.now())]


def _is_to_be_tried(path: Path, state: State, now: float) -> bool:
    shape = appearance(path)
    if not ledger.was_tried(state, shape):
        return True
    last = ledger.last_try(state, shape)
    return last is not None and not last.held and _is_due(last, path, state, now)


def shape_of(path: Path) -> str:
    """Digest that tells the same files from changed ones, without reading them; empty where they are no bundle."""
    try:
        with Layout(path) as layout:
            return layout.shape
    except (UnsafeLayout, Incomplete):
        return ""
