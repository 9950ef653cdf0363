"""The trust file: which source may sign what, up to which level, with which keys.

It is signed by root keys that are kept off line. A new version is accepted only if it is the next
one and a threshold of the old roots and of the new roots has signed it (The Update Framework,
section 5.3, "root"): so roots can be replaced, and nobody can go back.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from securesystemslib.dsse import Envelope

from app.bundle.bounded_json import JsonRefused, canonical, loads
from app.bundle.fields import FieldRefused, Reader, integer, moment, one_of, read_fields, sequence, text
from app.bundle.signature import (
    PROFILES,
    PublicKey,
    SignatureRefused,
    SigningKey,
    public_key,
    read_envelope,
    sign,
    verify,
    write_envelope,
)
from app.clock import to_iso
from app.errors import InputError, Refused
from app.model.marking import Level

PAYLOAD_TYPE: Final = "application/vnd.watchfloor.trust.v1+json"
_TRUST_BYTES: Final = 2**20
_MOST_SOURCES: Final = 500


@dataclass(frozen=True, slots=True)
class TrustedSource:
    """What one source may do in one epoch.

    Nothing above `max_level` is taken from it. It speaks for `enclave` alone; empty where it sends
    journals only. No other source may speak for that enclave: a station keeps one catalogue of each, so
    what the other declares would vanish. `revoked` are ids of its keys that no longer count.
    """

    source: str
    epoch: int
    enclave: str
    max_level: Level
    streams: tuple[str, ...]
    profile: str
    keys: tuple[PublicKey, ...]
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustFile:
    """One version of whom a group of stations trusts. `created` is seconds UTC."""

    version: int
    created: float
    demo: bool
    threshold: int
    roots: tuple[PublicKey, ...]
    sources: tuple[TrustedSource, ...]

    def find(self, source: str, epoch: int) -> TrustedSource | None:
        """Entry of one source and epoch, or None."""
        return next((one for one in self.sources if (one.source, one.epoch) == (source, epoch)), None)

    def knows(self, source: str) -> bool:
        """Whether the source is trusted in any epoch."""
        return any(one.source == source for one in self.sources)

    @property
    def root_fingerprint(self) -> str:
        """SHA-384 over the root keys and their threshold, in hex: what a person compares once."""
        roots = sorted(key.fingerprint for key in self.roots)
        return hashlib.sha384(canonical({"roots": roots, "threshold": self.threshold})).hexdigest()


def write_trust(trust: TrustFile) -> bytes:
    """Write the payload that the roots sign."""
    sources = [
        {
            "source": one.source,
            "epoch": one.epoch,
            "enclave": one.enclave,
            "max_level": one.max_level.code,
            "streams": list(one.streams),
            "profile": one.profile,
            "keys": [key.document() for key in one.keys],
            "revoked": list(one.revoked),
        }
        for one in trust.sources
    ]
    return canonical(
        {
            "format": "watchfloor-trust",
            "format_version": 1,
            "version": trust.version,
            "created": to_iso(trust.created),
            "demo": trust.demo,
            "threshold": trust.threshold,
            "roots": [key.document() for key in trust.roots],
            "sources": sources,
        }
    )


def read_trust(payload: bytes) -> TrustFile:
    """Read and check a payload.

    Raises
    ------
    InputError
        With the field or rule that is broken.
    """
    try:
        fields = read_fields(loads(payload, size=_TRUST_BYTES, depth=5), _TRUST, "the trust file")
        del fields["format"], fields["format_version"]
        trust = TrustFile(**fields)
        _check_together(trust)
    except (JsonRefused, FieldRefused) as error:
        msg = f"This is not a trust file that can be used: {error}."
        raise InputError(msg, "Ask whoever holds the root keys for a correct one.") from error
    return trust


def _check_together(trust: TrustFile) -> None:
    entries = [(one.source, one.epoch) for one in trust.sources]
    owners = {(key.keyid, one.source) for one in trust.sources for key in one.keys}
    root_ids = {key.keyid for key in trust.roots}
    speakers = {(one.enclave, one.source) for one in trust.sources if one.enclave}
    spoken_for = [enclave for enclave, _ in speakers]
    rules = {
        "two sources speak for one enclave; put all of it into one collector.toml": len(set(spoken_for))
        == len(spoken_for),
        "the threshold must be between 1 and the number of roots": 1 <= trust.threshold <= len(trust.roots),
        "a root key stands twice": len(root_ids) == len(trust.roots),
        "a source stands twice with one epoch": len(set(entries)) == len(entries),
        "one key must belong to one source": len({keyid for keyid, _ in owners}) == len(owners),
        "a root key must not sign bundles": not root_ids & {keyid for keyid, _ in owners},
    }
    for one in trust.sources:
        ids = {key.keyid for key in one.keys}
        rules |= {
            f"{one.source}: a key stands twice": len(ids) == len(one.keys),
            f"{one.source}: revoked must name its own keys": set(one.revoked) <= ids,
            f"{one.source}: a key that its profile needs is missing": PROFILES[one.profile]
            <= {key.scheme for key in one.keys},
        }
    for rule, holds in rules.items():
        if not holds:
            raise FieldRefused(rule)


def _source(raw: Any) -> TrustedSource:
    return TrustedSource(**read_fields(raw, _SOURCE, "a source"))


_SOURCE: Final[dict[str, Reader]] = {
    "source": text(r"[a-z0-9-]{1,20}"),
    "epoch": integer(1, 9999),
    "enclave": text(r"[a-z0-9][a-z0-9._-]{0,63}|"),
    "max_level": Level.parse,
    "streams": sequence(text(r"[a-z0-9-]{1,12}"), 50),
    "profile": one_of(*PROFILES),
    "keys": sequence(public_key, 8),
    "revoked": sequence(text(r"[0-9a-f]{16}"), 8),
}
_TRUST: Final[dict[str, Reader]] = {
    "format": one_of("watchfloor-trust"),
    "format_version": one_of(1),
    "version": integer(1, 2**31),
    "created": moment,
    "demo": one_of(True, False),
    "threshold": integer(1, 9),
    "roots": sequence(public_key, 9),
    "sources": sequence(_source, _MOST_SOURCES),
}


# --- signing and succession -----------------------------------------------------------------------------------------


def sign_trust(trust: TrustFile, keys: Iterable[SigningKey]) -> bytes:
    """Sign a trust file with root keys."""
    payload = write_trust(trust)
    read_trust(payload)
    return sign(payload, PAYLOAD_TYPE, list(keys))


def add_signature(envelope: bytes, key: SigningKey) -> bytes:
    """Add one more root's signature to a signed trust file.

    Which roots count is decided by whoever adds the file: for a change of roots the old ones sign, too.

    Raises
    ------
    InputError
        If this is no signed trust file.
    """
    opened = _opened(envelope)
    read_trust(opened.payload)
    signed = sign(opened.payload, PAYLOAD_TYPE, [key])
    opened.signatures.update(read_envelope(signed).signatures)
    return write_envelope(opened)


def open_trust(envelope: bytes, *, before: TrustFile | None) -> TrustFile:
    """Verify a signed trust file against its own roots and, as a successor, against those of `before`.

    Raises
    ------
    InputError
        If it is no trust file.
    Refused
        If too few roots have signed it, or it is not the version that comes next.
    """
    opened = _opened(envelope)
    if before is not None:
        _require_roots(opened, before, "the previous version's")
    trust = read_trust(opened.payload)
    if before is not None and trust.version != before.version + 1:
        msg = f"This is version {trust.version} of the trust file; version {before.version + 1} comes next."
        raise Refused(msg, "Add the versions in their order; an older one is never taken again.")
    if before is not None and trust.demo != before.demo:
        msg = "A trust file cannot turn from demonstration to real, or back."
        raise Refused(msg, "Set up a new station.")
    _require_roots(opened, trust, "its own")
    return trust


def _opened(envelope: bytes) -> Envelope:
    try:
        opened = read_envelope(envelope)
    except SignatureRefused as error:
        msg = f"This is not a signed trust file: {error.reason}."
        raise InputError(msg, "Name the file that `watchfloor trust sign` wrote.") from error
    if opened.payload_type != PAYLOAD_TYPE:
        msg = "This is a signed file, but not a trust file."
        raise InputError(msg, "Name the file that `watchfloor trust sign` wrote.")
    return opened


def _require_roots(envelope: Envelope, trust: TrustFile, whose: str) -> None:
    """Count the root keys that have validly signed; others' signatures neither help nor hurt."""
    ids = {key.keyid for key in trust.roots}
    known = {keyid: one for keyid, one in envelope.signatures.items() if keyid in ids}
    try:
        signed = verify(Envelope(envelope.payload, envelope.payload_type, known), trust.roots)
    except SignatureRefused as error:
        msg = f"A root's signature on this trust file is wrong: {error.reason}."
        raise Refused(msg, "Do not use this file; ask where it comes from.") from error
    if len(signed) < trust.threshold:
        msg = f"{len(signed)} of {whose} root keys signed this trust file; {trust.threshold} must."
        raise Refused(msg, "Let the other holders sign it: watchfloor trust sign FILE --key NAME")
