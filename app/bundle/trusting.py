"""Whom this station trusts: the first trust file by a person's word, every later one by the roots'."""

import hashlib

from app.bundle.signature import grouped, read_envelope
from app.bundle.trustfile import TrustFile, open_trust
from app.errors import Refused, SettingsError
from app.settings import Station
from app.store import audit, ledger
from app.store.database import State, Store


def current_trust(state: State, station: Station) -> TrustFile | None:
    """Trust file in force, its signatures checked again; None before ``trust init``.

    Raises
    ------
    SettingsError
        If the station was turned from demonstration to real, or back, under its trust.
    """
    envelope = ledger.current_trust(state)
    if envelope is None:
        return None
    trust = open_trust(envelope, before=None)
    _same_kind(trust, station)
    return trust


def first_trust(store: Store, station: Station, envelope: bytes, fingerprint: str) -> TrustFile:
    """Set up trust with a file whose root fingerprint a person has compared.

    Raises
    ------
    Refused
        If the fingerprint is another, or the station trusts somebody already.
    """
    trust = open_trust(envelope, before=None)
    if "".join(fingerprint.split()).lower() != trust.root_fingerprint:
        msg = f"The roots of this file have the fingerprint {grouped(trust.root_fingerprint)}, not the one you gave."
        raise Refused(msg, "Compare it with what the root holders gave you on another way. Do not guess.")
    with store.state() as state, ledger.recording(state):
        if ledger.current_trust(state) is not None:
            msg = "This station has its roots already."
            raise Refused(msg, "A newer trust file comes in with: watchfloor trust add FILE")
        _keep(state, station, trust, envelope, "trust init")
    return trust


def next_trust(store: Store, station: Station, envelope: bytes) -> TrustFile:
    """Take the next version of the trust file, signed by enough of the old roots and of the new.

    Raises
    ------
    Refused, InputError
    """
    with store.state() as state, ledger.recording(state):
        before = current_trust(state, station)
        if before is None:
            msg = "This station has no roots yet, so nobody can vouch for this file."
            raise Refused(msg, "Start with: watchfloor trust init FILE --fingerprint F")
        trust = open_trust(envelope, before=before)
        _keep(state, station, trust, envelope, "trust add")
    return trust


def release(store: Store, source: str, reason: str) -> None:
    """Take the lock off a source; the reason goes into the audit log.

    Raises
    ------
    Refused
        If the source is not locked.
    """
    with store.state() as state, ledger.recording(state):
        lock = ledger.locked(state, source)
        if lock is None:
            msg = f"Source {source} is not locked."
            raise Refused(msg, "'watchfloor trust list' shows the locks.")
        ledger.release_source(state, source)
        audit.append(
            state, "trust", "release", object_id=source, label=lock.level, reason_code=f"{lock.code}: {reason}"
        )


def _keep(state: State, station: Station, trust: TrustFile, envelope: bytes, event: str) -> None:
    _same_kind(trust, station)
    digest = hashlib.sha384(read_envelope(envelope).payload).hexdigest()
    keys = [
        ledger.PinnedKey(
            one.source,
            one.epoch,
            one.enclave,
            one.max_level,
            key.keyid,
            key.scheme,
            key.fingerprint,
            key.keyid in one.revoked,
        )
        for one in trust.sources
        for key in one.keys
    ]
    ledger.add_trust(state, trust.version, envelope, digest, keys, state.store.clock.now())
    audit.append(state, "trust", event, object_id=f"version {trust.version} sha384:{digest}")


def _same_kind(trust: TrustFile, station: Station) -> None:
    if trust.demo != station.demo:
        msg = "Demonstration trust and a real station, or the other way round, never meet."
        raise SettingsError(msg, "Set up a station of its own for demonstrations: watchfloor demo")
