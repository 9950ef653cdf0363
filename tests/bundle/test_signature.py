"""Expected answers come from OpenSSL, from `cryptography` directly, or from the DSSE specification."""

import base64
import hashlib
import json
import shutil
import subprocess

import pytest
import securesystemslib.signer._key
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from app.bundle.signature import (
    ECDSA_P384,
    ML_DSA_87,
    PublicKey,
    SignatureRefused,
    SigningKey,
    grouped,
    hint,
    public_key,
    read_envelope,
    require_profile,
    sign,
    verify,
)
from app.errors import CredentialError, InputError
from tests.fakes.keys import mldsa, p384

TYPE = "application/vnd.watchfloor.bundle.v1+json"


def pae(payload, kind=TYPE):
    """DSSE v1 pre-authentication encoding, written from the specification."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def outer(envelope):
    return json.loads(envelope)


def written(told):
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def test_that_the_signature_covers_the_pae_as_cryptography_sees_it():
    key = p384()
    signature = base64.b64decode(outer(sign(b"payload", TYPE, [key]))["signatures"][0]["sig"])
    public = serialization.load_pem_public_key(key.public.pem.encode())
    public.verify(signature, pae(b"payload"), ec.ECDSA(hashes.SHA384()))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the system's openssl")
def test_that_the_system_openssl_verifies_without_us(tmp_path):
    key = p384()
    told = outer(sign(b'{"a":1}', TYPE, [key]))
    (tmp_path / "key.pem").write_text(key.public.pem)
    (tmp_path / "sig").write_bytes(base64.b64decode(told["signatures"][0]["sig"]))
    (tmp_path / "pae").write_bytes(pae(base64.b64decode(told["payload"])))
    command = ["openssl", "dgst", "-sha384", "-verify", "key.pem", "-signature", "sig", "pae"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == b"Verified OK\n"
    (tmp_path / "pae").write_bytes(pae(b'{"a":2}'))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_that_a_fingerprint_is_sha384_of_the_key_in_der():
    key = p384().public
    der = serialization.load_pem_public_key(key.pem.encode()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert key.fingerprint == hashlib.sha384(der).hexdigest()
    assert grouped(key.fingerprint).replace(" ", "") == key.fingerprint


@pytest.mark.parametrize("make", [p384, mldsa])
def test_that_a_key_document_reads_back(make):
    key = make()
    assert public_key(key.public.document()) == key.public
    assert SigningKey.from_pem(key.public.scheme, key.pem()).public == key.public


def spki(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "other",
    [
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        ec.generate_private_key(ec.SECP521R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
)
@pytest.mark.parametrize("scheme", [ECDSA_P384, ML_DSA_87])
def test_that_another_curve_is_no_key_of_ours(other, scheme):
    with pytest.raises(ValueError, match="not one for"):
        public_key(PublicKey(scheme, spki(other)).document())


@pytest.mark.parametrize(
    "change",
    [
        {"keyid": "0" * 16},
        {"fingerprint": "0" * 96},
        {"scheme": ML_DSA_87},
        {"scheme": "ed25519"},
        {"public": "no pem"},
        {"public": 5},
        {"more": 1},
    ],
)
def test_that_a_key_document_that_contradicts_itself_is_refused(change):
    with pytest.raises(ValueError):  # noqa: PT011 -- many words, one type
        public_key(p384().public.document() | change)


def test_that_only_named_schemes_make_keys():
    with pytest.raises(InputError, match="allowed"):
        SigningKey.new("ed25519")


@pytest.mark.parametrize("scheme", [ECDSA_P384, ML_DSA_87])
def test_that_a_private_key_of_another_kind_is_refused(scheme):
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for wrong in (pem, b"nonsense"):
        with pytest.raises(CredentialError):
            SigningKey.from_pem(scheme, wrong)


def test_that_both_schemes_of_cnsa2_are_needed():
    classic, quantum = p384(), mldsa()
    both = read_envelope(sign(b"x", TYPE, [classic, quantum]))
    signed = verify(both, [classic.public, quantum.public])
    require_profile(signed, "cnsa2")
    for one in (classic, quantum):
        with pytest.raises(SignatureRefused, match="also needs"):
            require_profile(verify(read_envelope(sign(b"x", TYPE, [one])), [one.public]), "cnsa2")


def test_that_two_keys_of_one_scheme_do_not_make_cnsa2():
    first, second = p384(), p384()
    signed = verify(read_envelope(sign(b"x", TYPE, [first, second])), [first.public, second.public])
    with pytest.raises(SignatureRefused, match=ML_DSA_87):
        require_profile(signed, "cnsa2")


def test_that_a_stripped_post_quantum_signature_is_missed():
    classic, quantum = p384(), mldsa()
    told = outer(sign(b"x", TYPE, [classic, quantum]))
    told["signatures"] = [one for one in told["signatures"] if one["keyid"] == classic.public.keyid]
    signed = verify(read_envelope(written(told)), [classic.public, quantum.public])
    with pytest.raises(SignatureRefused, match=ML_DSA_87):
        require_profile(signed, "cnsa2")


def test_that_a_signature_under_another_keys_id_is_refused():
    """The id is only a hint: what counts is the pinned key it leads to."""
    ours, theirs = p384(), p384()
    told = outer(sign(b"x", TYPE, [theirs]))
    told["signatures"][0]["keyid"] = ours.public.keyid
    with pytest.raises(SignatureRefused, match="does not match"):
        verify(read_envelope(written(told)), [ours.public])


def test_that_an_unpinned_signer_is_told_apart_from_a_wrong_signature():
    with pytest.raises(SignatureRefused) as caught:
        verify(read_envelope(sign(b"x", TYPE, [p384()])), [p384().public])
    assert caught.value.unknown_key


def test_that_one_unpinned_signature_beside_a_good_one_is_refused():
    ours = p384()
    with pytest.raises(SignatureRefused):
        verify(read_envelope(sign(b"x", TYPE, [ours, p384()])), [ours.public])


def test_that_a_revoked_key_no_longer_counts():
    key = p384()
    with pytest.raises(SignatureRefused, match="revoked") as caught:
        verify(read_envelope(sign(b"x", TYPE, [key])), [key.public], [key.public.keyid])
    assert not caught.value.unknown_key


def test_that_a_payload_under_another_type_is_not_what_was_signed():
    key = p384()
    told = outer(sign(b"x", TYPE, [key])) | {"payloadType": "application/vnd.watchfloor.trust.v1+json"}
    with pytest.raises(SignatureRefused):
        verify(read_envelope(written(told)), [key.public])


def _repeat_key(told):
    told["signatures"].append(dict(told["signatures"][0], sig="AAAA"))


def _repeat_signature(told):
    told["signatures"].append(dict(told["signatures"][0], keyid="f" * 16))


def _no_signature(told):
    told["signatures"] = []


def _many(told):
    told["signatures"] = [{"keyid": str(n), "sig": base64.b64encode(bytes([n])).decode()} for n in range(9)]


def _more(told):
    told["comment"] = "x"


def _more_in_signature(told):
    told["signatures"][0]["cert"] = "x"


def _number_as_id(told):
    told["signatures"][0]["keyid"] = 5


def _no_list(told):
    told["signatures"] = 5


def _urlsafe(told):
    told["payload"] = base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode()


@pytest.mark.parametrize(
    "change",
    [
        _repeat_key,
        _repeat_signature,
        _no_signature,
        _many,
        _more,
        _more_in_signature,
        _number_as_id,
        _no_list,
        _urlsafe,
    ],
)
def test_that_an_envelope_with_anything_odd_is_refused(change):
    told = outer(sign(b"x", TYPE, [p384()]))
    change(told)
    with pytest.raises(SignatureRefused):
        read_envelope(written(told))


@pytest.mark.parametrize(
    "data", [b"", b"[]\n", b"5\n", b"{}\n", b"\xff\n", b'{"signatures":[' * 5, b"x" * (2 * 2**20 + 1)]
)
def test_that_no_envelope_is_refused_as_such(data):
    with pytest.raises(SignatureRefused):
        read_envelope(data)


def test_that_spaces_are_not_let_pass():
    data = sign(b"x", TYPE, [p384()])
    for changed in (data + b"\n", b" " + data, json.dumps(json.loads(data)).encode() + b"\n"):
        with pytest.raises(SignatureRefused, match="canonical"):
            read_envelope(changed)


def test_that_a_hint_shows_no_strange_signs():
    told = outer(sign(b"x", TYPE, [p384()]))
    told["signatures"][0]["keyid"] = "\u202etrust me"
    data = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
    assert hint(read_envelope(data)) == "(unreadable)"


def test_that_an_openssl_without_ml_dsa_is_named(monkeypatch):
    """A machine whose cryptography is too old: the library says so, and we never pass over it."""
    key = mldsa()
    envelope = read_envelope(sign(b"x", TYPE, [key]))
    monkeypatch.setattr(securesystemslib.signer._key, "MLDSA_IMPORT_ERROR", "too old")
    with pytest.raises(InputError, match="ML-DSA"):
        verify(envelope, [key.public])


def test_that_making_or_reading_ml_dsa_without_it_is_named(monkeypatch):
    pem = mldsa().pem()
    monkeypatch.setattr(securesystemslib.signer._crypto_signer, "MLDSA_IMPORT_ERROR", "too old")
    with pytest.raises(InputError, match="ML-DSA"):
        SigningKey.new(ML_DSA_87)
    with pytest.raises(InputError, match="ML-DSA"):
        SigningKey.from_pem(ML_DSA_87, pem)
