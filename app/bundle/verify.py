"""The one judgement of a bundle: in order, each step fails closed.

Level of the outer name, lock, files, signature, payload type, manifest, label, position, clock,
parts. Nothing is parsed before the signature over it is verified, and of the parts no byte is
handed on that does not belong to the verified hash.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from app.bundle.layout import (
    MANIFEST,
    Incomplete,
    Layout,
    OuterName,
    UnsafeLayout,
    appearance,
    claimed_level,
    outer_name,
)
from app.bundle.manifest import PAYLOAD_TYPE, Manifest, ManifestRefused, Part, read_manifest
from app.bundle.outcome import Check, Code, Outcome
from app.bundle.proof import Digests, PartMismatch, prove_parts, proven_lines
from app.bundle.signature import (
    ENVELOPE_BYTES,
    SignatureRefused,
    hint,
    read_envelope,
    require_profile,
    verify,
)
from app.bundle.trustfile import TrustedSource, TrustFile
from app.clock import to_iso
from app.job import Job
from app.model.marking import Level
from app.settings import Station
from app.store import ledger
from app.store.database import State

AHEAD_SECONDS: Final = 300.0
"""How far a source's clock may run ahead of ours."""

WITHHELD: Final = "(withheld)"
_SEAL: Final = object()

_ASK = "Ask whoever made it to make it again; do not use this copy."
_COMPARE = "Compare the key with its holder; then update trust: watchfloor trust add FILE"
_COPY_AGAIN = "Let the copy finish, or copy the whole bundle again from its medium."
_SPILL = (
    "Stop. Do not open, copy, move or delete it. Tell the information owner and the security officer by a means other"
    " than this station. The source is locked until they release it."
)


class VerifiedBundle:
    """Proof that a bundle passed every check; only `open_bundle` makes one, and only it can be imported.

    Use as a context manager. `outcome` says how an import of it will end.
    """

    def __init__(
        self,
        seal: object,
        layout: Layout,
        payload: bytes,
        manifest: Manifest,
        digests: Digests,
        outcome: Outcome,
    ) -> None:
        if seal is not _SEAL:
            msg = "only open_bundle makes a VerifiedBundle"
            raise TypeError(msg)
        self.layout = layout
        self.payload = payload
        self.manifest = manifest
        self.outcome = outcome
        self._digests = digests

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.layout.close()

    @property
    def digest(self) -> str:
        """SHA-384 of the manifest payload in hex."""
        return self.outcome.manifest

    def lines(self, part: Part) -> Iterator[bytes]:
        """Lines of a part, without their newline; see `proven_lines` for what it raises."""
        return proven_lines(self.layout, part, self._digests)


class _Stop(Exception):
    """The examination ends with an outcome."""

    def __init__(self, code: Code, reason: str, action: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.action = code, reason, action


@dataclass(frozen=True, slots=True)
class Examiner:
    """What a bundle is judged by.

    `holds` says whether the cache holds the content of a manifest. `now` is fixed once, in seconds UTC.
    """

    trust: TrustFile | None
    station: Station
    state: State
    holds: Callable[[str], bool]
    now: float


def open_bundle(path: Path, examiner: Examiner, job: Job) -> VerifiedBundle | Outcome:
    """Judge the bundle at `path`: proof that it may be imported, or why not.

    Raises
    ------
    InputError
        If the installed OpenSSL cannot judge a signature.
    """
    examination = _Examination(path, examiner, job)
    try:
        bundle = examination.run()
    except _Stop as stop:
        examination.close()
        return examination.outcome(stop.code, stop.reason, stop.action)
    except BaseException:
        examination.close()
        raise
    return bundle


class _Examination:
    """One pass over one bundle."""

    def __init__(self, path: Path, examiner: Examiner, job: Job) -> None:
        self.path, self.by, self.job = path, examiner, job
        self.name: OuterName | None = None
        self.level: Level | None = None
        self.layout: Layout | None = None
        self.manifest: Manifest | None = None
        self.envelope = b""
        self.payload = b""
        self.digest = ""
        self.evidence = ""
        self.checks: list[Check] = []
        self.title = ""

    def close(self) -> None:
        if self.layout is not None:
            self.layout.close()

    def run(self) -> VerifiedBundle:
        self.judge_name()
        layout = self.open_files()
        entry = self.find_trust()
        self.judge_signature(entry)
        manifest = self.judge_manifest(entry)
        code = self.judge_position(manifest)
        digests = self.judge_parts(layout, manifest)
        outcome = self.outcome(code, "Every check passed.", "")
        return VerifiedBundle(_SEAL, layout, self.payload, manifest, digests, outcome)

    # --- telling

    def passed(self, text: str) -> None:
        self.checks.append(Check("passed", self.title, text))

    def stop(self, code: Code, reason: str, action: str) -> NoReturn:
        state = "waiting" if code.waits or code is Code.INCOMPLETE else "failed"
        if not code.accepted:
            self.checks.append(Check(state, self.title, reason))
        raise _Stop(code, reason, action)

    def outcome(self, code: Code, reason: str, action: str) -> Outcome:
        """Tell what is known; of a spill neither name nor content, of an unverified bundle only its outside."""
        name, told = self.name, self.manifest
        shown = re.sub(r"[^A-Za-z0-9._-]", "?", self.path.name)[:64]
        return Outcome(
            code=code,
            name=WITHHELD if code is Code.SPILL else shown,
            reason=reason,
            action=action,
            manifest=self.digest,
            source=name.source if name else "",
            stream=name.stream if name else "",
            epoch=name.epoch if name else 0,
            seq=name.seq if name else 0,
            level=told.level if told and code is not Code.SPILL else self.level,
            checks=tuple(self.checks),
            size=sum(self.layout.sizes.values()) if self.layout else 0,
            told=None if code is Code.SPILL else told,
            shape=self.layout.shape if self.layout else appearance(self.path),
            evidence=self.evidence,
        )

    # --- judging, in order

    def judge_name(self) -> None:
        self.title = "Name and level"
        self.name = outer_name(self.path)
        self.level = self.name.level if self.name else claimed_level(self.path)
        if self.level is not None and self.level > self.by.station.ceiling:
            self.spill(self.level, "Its name claims a level above this station's ceiling.")
        if self.name is None:
            reason = "Its name is not one that a bundle is given."
            self.stop(Code.UNSAFE_LAYOUT, reason, "Copy the whole folder, under the name that it was made with.")
        lock = ledger.locked(self.by.state, self.name.source)
        if lock is not None:
            reason = f"Source {lock.source} has been locked since {to_iso(lock.since)}: {lock.reason}"
            action = f"When the cause is settled: watchfloor trust release {lock.source} --reason TEXT"
            self.stop(Code.SOURCE_LOCKED, reason, action)
        self.passed(f"The name claims {self.name.level.title}, at or below this station's ceiling.")

    def spill(self, level: Level, reason: str) -> NoReturn:
        """End at content above what may be here. The manifest's bytes are hashed as evidence, not read."""
        self.level = level
        try:
            self.layout = self.layout or Layout(self.path)
            self.evidence = hashlib.sha384(self.layout.read(MANIFEST, ENVELOPE_BYTES)).hexdigest()
        except (UnsafeLayout, Incomplete):
            self.evidence = ""
        self.stop(Code.SPILL, reason, _SPILL)

    def open_files(self) -> Layout:
        self.title = "Files"
        try:
            self.layout = Layout(self.path)
            self.envelope = self.layout.read(MANIFEST, ENVELOPE_BYTES)
        except UnsafeLayout as error:
            self.stop(Code.UNSAFE_LAYOUT, f"Its files are not what a bundle may consist of: {error}.", _ASK)
        except Incomplete as error:
            self.stop(Code.INCOMPLETE, f"It is not complete: {error}.", _COPY_AGAIN)
        if not self.envelope.endswith(b"\n"):
            self.stop(Code.INCOMPLETE, f"It is not complete: {MANIFEST} is cut off.", _COPY_AGAIN)
        self.passed(f"{len(self.layout.sizes)} files, no links, nothing unexpected.")
        return self.layout

    def find_trust(self) -> TrustedSource:
        self.title = "Trust"
        name, trust = self.name, self.by.trust
        assert name is not None  # noqa: S101 -- judge_name has seen to it
        if trust is None:
            reason = "This station trusts nobody yet."
            self.stop(Code.UNTRUSTED, reason, "Set up trust: watchfloor trust init ROOT --fingerprint F")
        entry = trust.find(name.source, name.epoch)
        if entry is None and trust.knows(name.source):
            reason = f"Epoch {name.epoch} of source {name.source} is not trusted (trust file {trust.version})."
            self.stop(Code.UNTRUSTED, reason, "Update trust: watchfloor trust add FILE. It is then tried again.")
        if entry is None or name.stream not in entry.streams:
            reason = f"Source {name.source} with stream {name.stream} is not trusted here{self.key_hint()}."
            self.stop(
                Code.UNTRUSTED, reason, "Compare the key with its holder; then update trust: watchfloor trust add"
            )
        self.passed(f"Trust file {trust.version} names source {name.source}, epoch {name.epoch}.")
        return entry

    def key_hint(self) -> str:
        """Key ids that the envelope claims, unverified."""
        try:
            return f"; it claims key {hint(read_envelope(self.envelope))}"
        except SignatureRefused:
            return ""

    def judge_signature(self, entry: TrustedSource) -> None:
        self.title = "Signature"
        try:
            envelope = read_envelope(self.envelope)
            signed = verify(envelope, entry.keys, entry.revoked)
            require_profile(signed, entry.profile)
        except SignatureRefused as error:
            reason = f"The signature does not hold: {error.reason}."
            if error.unknown_key:
                self.stop(Code.UNTRUSTED, reason, _COMPARE)
            self.stop(Code.BAD_SIGNATURE, reason, _ASK)
        if envelope.payload_type != PAYLOAD_TYPE:
            self.stop(Code.BAD_MANIFEST, "What was signed is not a bundle's manifest.", _ASK)
        self.payload = envelope.payload
        self.digest = hashlib.sha384(self.payload).hexdigest()
        schemes = " and ".join(sorted(key.scheme for key in signed))
        self.passed(f"{schemes}, key {' and '.join(sorted(key.keyid for key in signed))}, profile {entry.profile}.")

    def judge_manifest(self, entry: TrustedSource) -> Manifest:
        self.title = "Label"
        try:
            manifest = read_manifest(self.payload)
        except ManifestRefused as error:
            self.stop(Code.BAD_MANIFEST, f"The signed manifest cannot be used: {error}.", _ASK)
        self.manifest = manifest
        if manifest.level > self.by.station.ceiling:
            self.spill(manifest.level, "Its signed label is above this station's ceiling.")
        if manifest.level > entry.max_level:
            self.spill(manifest.level, "Its signed label is above the highest level of the key that signed it.")
        if manifest.outer != self.name:
            reason = "It was signed under another name than it has now."
            self.stop(Code.BAD_MANIFEST, reason, f"Give it its own name again: {manifest.outer}")
        if manifest.content == "telemetry" and manifest.enclave != entry.enclave:
            reason = f"Source {entry.source} may not speak for enclave {manifest.enclave}."
            self.stop(Code.BAD_MANIFEST, reason, "Correct the collector's settings, or the trust file.")
        if manifest.demo != self.by.station.demo:
            reason = "Demonstration data and real data never meet on one station."
            self.stop(Code.BAD_MANIFEST, reason, "Use a station of the right kind.")
        self.passed(f"{manifest.level.title}, within the key's highest level {entry.max_level.title}.")
        return manifest

    def judge_position(self, manifest: Manifest) -> Code:
        self.title = "Sequence and time"
        state, links = self.by.state, {**manifest.links, manifest.seq: self.digest}
        known = ledger.known_positions(state, manifest.source, manifest.stream, manifest.epoch, links)
        differing = sorted(seq for seq, digest in known.items() if links[seq] != digest)
        if differing:
            reason = f"Its history contradicts what was accepted: two bundles claim sequence {differing[0]}."
            action = (
                "The collector was restored or copied, or somebody forges its key. The source is locked. Settle the"
                f" cause, start a new epoch, then: watchfloor trust release {manifest.source} --reason TEXT"
            )
            self.stop(Code.FORK, reason, action)
        if ledger.is_accepted(state, self.digest):
            if self.by.holds(self.digest):
                self.passed("This very bundle was imported before.")
                self.stop(Code.DUPLICATE, "This very bundle was imported before.", "")
            self.passed("Accepted before, but no longer in the cache: it is filled again.")
            return Code.RESTORED
        self.judge_arrival(manifest)
        newest = ledger.last_accepted(state, manifest.source, manifest.stream, manifest.epoch)
        self.passed(_place_in_words(manifest.seq, None if newest is None else newest.seq))
        if manifest.expires < self.by.now:
            return Code.EXPIRED_AS_HISTORY
        return Code.NOTHING_NEW if manifest.kind == "heartbeat" else Code.APPLIED

    def judge_arrival(self, manifest: Manifest) -> None:
        """Hold a journal without its base, and a bundle from the future. Journals carry their own clocks."""
        if manifest.content == "journal":
            missing = not ledger.is_accepted(self.by.state, manifest.base)
            reason = (
                "It builds on a journal bundle that has not arrived."
                if missing
                else "This version of Watchfloor does not read journals."
            )
            action = "Import the bundle it builds on." if missing else "It is kept. Update Watchfloor."
            self.stop(Code.HELD, reason, f"{action} It is then tried again.")
        if manifest.created > self.by.now + AHEAD_SECONDS:
            reason = f"It was made at {to_iso(manifest.created)}, but this station's clock says {to_iso(self.by.now)}."
            self.stop(Code.CLOCK, reason, "Set the wrong clock right. It is kept and tried again.")

    def judge_parts(self, layout: Layout, manifest: Manifest) -> Digests:
        self.title = "Parts"
        try:
            digests = prove_parts(layout, self.envelope, manifest, self.job)
        except PartMismatch as error:
            self.stop(Code.PART_MISMATCH, f"Its parts are not what was signed: {error}.", _ASK)
        except Incomplete as error:
            self.stop(Code.INCOMPLETE, f"It is not complete: {error}.", _COPY_AGAIN)
        self.passed(f"{len(manifest.parts)} with {manifest.rows} lines, {manifest.size} bytes: SHA-384 as signed.")
        return digests


def _place_in_words(seq: int, newest: int | None) -> str:
    if newest is None:
        return f"Sequence {seq} is the first of its epoch to arrive."
    if seq == newest + 1:
        return f"Sequence {seq} follows {newest}."
    if seq > newest:
        return f"Sequence {newest + 1} to {seq - 1} are missing before it; they fill in when they arrive."
    return f"Sequence {seq} is late and fills a gap before {newest}."
