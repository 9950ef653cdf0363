"""Audit records and the hash chain that holds them in order; no input or output.

An unkeyed chain proves order and completeness to whoever holds a later head: keep the head that
``watchfloor audit verify`` prints somewhere else, and a change of any earlier record shows.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

START: Final = "0" * 96
"""What stands before the first record."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record: what happened, when, where, by whom, to what, and how it ended.

    The fields are those of NIST SP 800-53 AU-3. `utc` is ISO 8601 with milliseconds. `object_label`
    is the level code of the object, empty where it has none. `prev` is the hash of the record
    before, `hash` this record's own, both SHA-384 in hex.
    """

    n: int
    utc: str
    host: str
    os_user: str
    session: str
    component: str
    event: str
    object_id: str
    object_label: str
    outcome: str
    reason_code: str
    app_version: str
    prev: str
    hash: str = ""


def canonical(record: AuditRecord) -> bytes:
    """Bytes that are hashed: every field but the two hashes, as JSON with sorted keys."""
    fields = {name: value for name, value in asdict(record).items() if name not in {"prev", "hash"}}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def record_hash(record: AuditRecord) -> str:
    """Compute SHA-384(prev || canonical bytes) in hex."""
    return hashlib.sha384(record.prev.encode() + canonical(record)).hexdigest()


def verify_chain(records: Iterable[AuditRecord]) -> int | None:
    """Find the first record that does not follow from the one before; None where all do.

    The number returned is the one that the record should carry.
    """
    expected, prev = 1, START
    for record in records:
        if record.n != expected or record.prev != prev or record.hash != record_hash(record):
            return expected
        expected, prev = expected + 1, record.hash
    return None
