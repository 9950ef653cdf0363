"""Keys, signatures and the signed envelope (DSSE): who said this, byte for byte.

Schemes are named, never defaulted. A key is trusted because it is pinned; the key id inside an
envelope only says which pinned key to try. Every signature present must verify, each by another
key, and the schemes that the profile asks for must all be there: never "any one of".
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnsupportedLibraryError, UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey

from app.bundle.bounded_json import JsonRefused, canonical, loads
from app.errors import CredentialError, InputError

ECDSA_P384: Final = "ecdsa-sha2-nistp384"
ML_DSA_87: Final = "ml-dsa-87"
SCHEMES: Final = (ECDSA_P384, ML_DSA_87)

PROFILES: Final = {"cnsa1": frozenset({ECDSA_P384}), "cnsa2": frozenset({ECDSA_P384, ML_DSA_87})}
"""Schemes that must all have signed (CNSA 1.0; CNSA 2.0 beside it)."""

ENVELOPE_BYTES: Final = 2 * 2**20
"""Largest envelope that is looked at: a manifest of 1 MiB in base64, and its signatures."""

# SubjectPublicKeyInfo of the two schemes is a fixed head and a key of fixed length (RFC 5480 with an
# uncompressed point on secp384r1; RFC 9881 for ML-DSA-87): no other curve or scheme can pass for one.
_HEADS: Final = {
    ECDSA_P384: (bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004"), 96),
    ML_DSA_87: (bytes.fromhex("30820a32300b060960864801650304031303820a2100"), 2592),
}
# ML-DSA in securesystemslib signs b"tuf", the version and SHA-512 of the bytes (TAP 21), version 1.
_LIBRARY_NAMES: Final = {ECDSA_P384: ("ecdsa", "ecdsa-sha2-nistp384"), ML_DSA_87: ("ml-dsa", "ml-dsa-87/1")}
_MOST_SIGNATURES: Final = 8
_NO_ML_DSA: Final = "The OpenSSL that this program uses has no ML-DSA."
_NO_ML_DSA_HINT: Final = "Install the cryptography package named in the lock file, or ask for a cnsa1 profile."


class SignatureRefused(Exception):
    """The envelope is not signed as it must be. `unknown_key` where a key is simply not pinned."""

    def __init__(self, reason: str, *, unknown_key: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unknown_key = unknown_key


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its scheme and its SubjectPublicKeyInfo in DER."""

    scheme: str
    der: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-384 of the SubjectPublicKeyInfo, in hex."""
        return hashlib.sha384(self.der).hexdigest()

    @property
    def keyid(self) -> str:
        """First 16 digits of the fingerprint: a name, not a proof."""
        return self.fingerprint[:16]

    @property
    def pem(self) -> str:
        """The key as PEM, as ``openssl dgst -verify`` reads it."""
        text = base64.b64encode(self.der).decode()
        lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"

    def document(self) -> dict[str, str]:
        """Plain JSON for key files and trust files."""
        return {"keyid": self.keyid, "scheme": self.scheme, "public": self.pem, "fingerprint": self.fingerprint}

    def library_key(self) -> SSlibKey:
        """The same key for securesystemslib."""
        keytype, scheme = _LIBRARY_NAMES[self.scheme]
        return SSlibKey(self.keyid, keytype, scheme, {"public": self.pem})


def public_key(document: Any) -> PublicKey:
    """Read and check what `PublicKey.document` wrote.

    Raises
    ------
    ValueError
        If a field is missing, the scheme is not allowed, or scheme, key, id and fingerprint disagree.
    """
    if not isinstance(document, dict) or set(document) != {"keyid", "scheme", "public", "fingerprint"}:
        msg = "a key needs exactly keyid, scheme, public and fingerprint"
        raise ValueError(msg)
    scheme, pem = document["scheme"], document["public"]
    if scheme not in SCHEMES or not isinstance(pem, str):
        msg = f"the scheme must be one of {', '.join(SCHEMES)}"
        raise ValueError(msg)
    inner = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    try:
        key = PublicKey(scheme, base64.b64decode(inner, validate=True))
    except binascii.Error as error:
        msg = "the public key is not PEM"
        raise ValueError(msg) from error
    head, length = _HEADS[scheme]
    if not key.der.startswith(head) or len(key.der) != len(head) + length:
        msg = f"the public key is not one for {scheme}"
        raise ValueError(msg)
    if key.document() != document:
        msg = "key id, fingerprint or PEM do not belong to the public key"
        raise ValueError(msg)
    return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that can sign."""

    public: PublicKey
    signer: CryptoSigner

    @classmethod
    def new(cls, scheme: str) -> "SigningKey":
        """Make a fresh key pair of a named scheme.

        Raises
        ------
        InputError
            If the scheme is not allowed, or the installed OpenSSL lacks it.
        """
        if scheme not in SCHEMES:
            msg = f"{scheme!r} is not an allowed signature scheme."
            raise InputError(msg, f"Name one of {', '.join(SCHEMES)}.")
        make = CryptoSigner.generate_ecdsa if scheme == ECDSA_P384 else CryptoSigner.generate_mldsa
        try:
            signer = make(scheme=_LIBRARY_NAMES[scheme][1])
        except (UnsupportedAlgorithm, UnsupportedLibraryError) as error:
            raise InputError(_NO_ML_DSA, _NO_ML_DSA_HINT) from error
        return cls.from_pem(scheme, signer.private_bytes)

    @classmethod
    def from_pem(cls, scheme: str, pem: bytes) -> "SigningKey":
        """Read the PKCS#8 PEM that `pem` gave.

        Raises
        ------
        CredentialError
            If the bytes are no private key of this scheme.
        """
        try:
            private = load_pem_private_key(pem, None)
            found = SSlibKey.from_crypto(private.public_key())
            inner = "".join(found.keyval["public"].splitlines()[1:-1])
            public = PublicKey(scheme, base64.b64decode(inner))
            public_key(public.document())
            signer = CryptoSigner(private, public.library_key())
        except (UnsupportedAlgorithm, UnsupportedLibraryError) as error:
            raise InputError(_NO_ML_DSA, _NO_ML_DSA_HINT) from error
        except (ValueError, TypeError) as error:
            msg = f"The stored secret is no private key for {scheme}."
            raise CredentialError(msg, "Name the scheme that the key was made with, or make a new key.") from error
        return cls(public, signer)

    def pem(self) -> bytes:
        """PKCS#8 PEM of the private key, unencrypted: only for a `SecretStore`."""
        return self.signer.private_bytes


def sign(payload: bytes, payload_type: str, keys: Sequence[SigningKey]) -> bytes:
    """Sign a payload with every key and write the envelope as it stands in a file."""
    envelope = Envelope(payload, payload_type, {})
    for key in keys:
        envelope.sign(key.signer)
    return write_envelope(envelope)


def write_envelope(envelope: Envelope) -> bytes:
    """Write an envelope in its one allowed form: canonical JSON and a final newline."""
    signatures = sorted(envelope.to_dict()["signatures"], key=lambda one: str(one["keyid"]))
    return canonical({**envelope.to_dict(), "signatures": signatures}) + b"\n"


def read_envelope(data: bytes) -> Envelope:
    """Read the outer form of an envelope; the payload stays bytes.

    Raises
    ------
    SignatureRefused
        If it is not exactly what `write_envelope` writes, or a signature stands in it twice.
    """
    try:
        outer = loads(data, size=ENVELOPE_BYTES, depth=3)
        signatures = outer["signatures"]
        if set(outer) != {"payload", "payloadType", "signatures"} or not 0 < len(signatures) <= _MOST_SIGNATURES:
            msg = "an envelope needs payload, payloadType and one to eight signatures"
            raise ValueError(msg)
        if any(set(one) != {"keyid", "sig"} for one in signatures):
            msg = "a signature needs exactly keyid and sig"
            raise ValueError(msg)
        texts = [outer["payload"], outer["payloadType"], *(text for one in signatures for text in one.values())]
        if not all(isinstance(text, str) for text in texts):
            msg = "the fields of an envelope are texts"
            raise ValueError(msg)
        if len({one["keyid"] for one in signatures}) != len(signatures):
            msg = "a key signs twice"
            raise ValueError(msg)
        if len({one["sig"] for one in signatures}) != len(signatures):
            msg = "a signature is repeated"
            raise ValueError(msg)
        envelope = Envelope.from_dict({**outer, "signatures": [dict(one) for one in signatures]})
        if write_envelope(envelope) != data:
            msg = "the envelope is not in canonical form"
            raise ValueError(msg)
    except JsonRefused as error:
        reason = f"the envelope is {error}"
        raise SignatureRefused(reason) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SignatureRefused(str(error) if type(error) is ValueError else "the envelope is malformed") from error
    return envelope


def verify(envelope: Envelope, pinned: Iterable[PublicKey], revoked: Iterable[str] = ()) -> tuple[PublicKey, ...]:
    """Verify every signature of an envelope by a pinned key, and return the keys that signed.

    Raises
    ------
    SignatureRefused
        If one is by a key that is not pinned or is revoked, or does not match.
    InputError
        If the installed OpenSSL cannot judge a scheme: never passed over.
    """
    by_id = {key.keyid: key for key in pinned}
    unusable = set(revoked)
    signed = []
    for signature in envelope.signatures.values():
        key = by_id.get(signature.keyid)
        if key is None:
            reason = f"key {hint(envelope)} is not pinned for this source and epoch"
            raise SignatureRefused(reason, unknown_key=True)
        if key.keyid in unusable:
            reason = f"key {key.keyid} is revoked"
            raise SignatureRefused(reason)
        _verify_one(key, signature, envelope.pae())
        signed.append(key)
    return tuple(signed)


def require_profile(signed: Iterable[PublicKey], profile: str) -> None:
    """Refuse unless every scheme of the profile has signed.

    Raises
    ------
    SignatureRefused
    """
    missing = PROFILES[profile] - {key.scheme for key in signed}
    if missing:
        reason = f"profile {profile} also needs a signature by {' and '.join(sorted(missing))}"
        raise SignatureRefused(reason)


def _verify_one(key: PublicKey, signature: Signature, pae: bytes) -> None:
    try:
        key.library_key().verify_signature(signature, pae)
    except UnverifiedSignatureError as error:
        if isinstance(error.__cause__, UnsupportedAlgorithm | UnsupportedLibraryError):
            raise InputError(_NO_ML_DSA, _NO_ML_DSA_HINT) from error
        reason = f"the signature by key {key.keyid} does not match the bytes"
        raise SignatureRefused(reason) from error


def hint(envelope: Envelope) -> str:
    """Key ids that an envelope names, unverified, fit to be shown: hex digits only, shortened."""
    shown = [one[:16] if all(c in "0123456789abcdef" for c in one) else "(unreadable)" for one in envelope.signatures]
    return ", ".join(shown)


def grouped(fingerprint: str) -> str:
    """Write a fingerprint in groups of eight digits, to be compared by eye."""
    return " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))
