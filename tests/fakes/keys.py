"""Keys and trust files for tests; made fresh, never kept."""

from app.bundle.signature import ECDSA_P384, ML_DSA_87, SigningKey
from app.bundle.trustfile import TrustedSource, TrustFile, sign_trust
from app.bundle.trusting import first_trust

MADE = 1_760_000_000.0


def p384():
    return SigningKey.new(ECDSA_P384)


def mldsa():
    return SigningKey.new(ML_DSA_87)


def entry(sender, **other):
    """Trust entry of a sender of `tests.fakes.bundles`."""
    told = {
        "source": sender.source,
        "epoch": sender.epoch,
        "enclave": sender.enclave,
        "max_level": sender.level,
        "streams": (sender.stream,),
        "profile": "cnsa2" if len(sender.keys) == 2 else "cnsa1",
        "keys": tuple(key.public for key in sender.keys),
    } | other
    return TrustedSource(**told)


def trust_file(roots, entries, *, version=1, threshold=1, demo=False):
    return TrustFile(version, MADE, demo, threshold, tuple(key.public for key in roots), tuple(entries))


def trusting(store, station, *senders):
    """Let a station trust some senders; returns the one root key."""
    root = p384()
    trust = trust_file([root], [entry(sender) for sender in senders], demo=station.demo)
    first_trust(store, station, sign_trust(trust, [root]), trust.root_fingerprint)
    return root
