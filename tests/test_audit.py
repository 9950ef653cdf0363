"""The hash chain, against a hash computed by hand."""

import hashlib
import json
from dataclasses import replace

import pytest

from app.audit import START, AuditRecord, record_hash, verify_chain


def chain(count):
    records, prev = [], START
    for n in range(1, count + 1):
        record = AuditRecord(n, "2026-11-12T14:32:00Z", "h", "u", "s", "c", "e", f"o{n}", "S", "done", "", "0.1", prev)
        record = replace(record, hash=record_hash(record))
        records.append(record)
        prev = record.hash
    return records


def test_that_a_hash_is_sha384_of_the_hash_before_and_the_record():
    (record,) = chain(1)
    fields = {
        "n": 1, "utc": "2026-11-12T14:32:00Z", "host": "h", "os_user": "u", "session": "s", "component": "c",
        "event": "e", "object_id": "o1", "object_label": "S", "outcome": "done", "reason_code": "",
        "app_version": "0.1",
    }  # fmt: skip
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert record.hash == hashlib.sha384(("0" * 96 + text).encode()).hexdigest()


def test_that_a_whole_chain_holds():
    assert verify_chain(chain(5)) is None
    assert verify_chain([]) is None


@pytest.mark.parametrize("field", ["utc", "host", "os_user", "event", "object_id", "outcome", "hash", "prev"])
def test_that_a_changed_field_is_found(field):
    records = chain(5)
    records[2] = replace(records[2], **{field: "x"})
    assert verify_chain(records) == 3


def test_that_a_record_removed_moved_or_put_in_is_found():
    records = chain(5)
    assert verify_chain(records[:2] + records[3:]) == 3
    assert verify_chain(records[1:]) == 1
    assert verify_chain([records[0], records[2], records[1], *records[3:]]) == 2
    assert verify_chain([*records[:3], records[2], *records[3:]]) == 4


def test_that_a_record_rewritten_with_a_fitting_hash_breaks_the_next():
    records = chain(5)
    forged = replace(records[2], outcome="forged")
    records[2] = replace(forged, hash=record_hash(forged))
    assert verify_chain(records) == 4


def test_that_a_cut_tail_shows_only_against_a_kept_head():
    """What an unkeyed chain cannot show, and why the head is to be kept elsewhere."""
    assert verify_chain(chain(5)[:4]) is None
