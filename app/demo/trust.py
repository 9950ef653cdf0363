"""Whom the demonstration station trusts: fresh keys, marked as demonstration, added as any others."""

from collections.abc import Sequence

from app.bundle.signature import ECDSA_P384, PublicKey, SigningKey
from app.bundle.trustfile import TrustedSource, TrustFile, sign_trust
from app.bundle.trusting import first_trust
from app.demo.desk import STREAM, Desk
from app.settings import Station
from app.store.database import Store


def install_trust(store: Store, station: Station, desks: Sequence[Desk]) -> bytes:
    """Trust the desks' keys, by a root that exists only while this runs.

    Returns
    -------
    bytes
        The next version of the trust file, not installed: it also trusts the keys that nobody has heard of, so
        that a person can try what a trust update does to a held bundle.
    """
    root = SigningKey.new(ECDSA_P384)
    now = store.clock.now()
    known = TrustFile(1, now, True, 1, (root.public,), tuple(_source(desk, [desk.key.public]) for desk in desks))
    envelope = sign_trust(known, [root])
    first_trust(store, station, envelope, known.root_fingerprint)
    wider = tuple(_source(desk, [desk.key.public, desk.other.public]) for desk in desks)
    return sign_trust(TrustFile(2, now, True, 1, (root.public,), wider), [root])


def _source(desk: Desk, keys: list[PublicKey]) -> TrustedSource:
    enclave = desk.site.enclave
    return TrustedSource(desk.site.source, 1, enclave.id, enclave.level, (STREAM,), "cnsa1", tuple(keys))
