"""Whether the limits of a bundle leave room for the largest that a station is meant to take."""

import hashlib

from app.bundle.layout import MOST_BYTES, MOST_PARTS
from app.bundle.manifest import (
    HISTORY,
    MANIFEST_BYTES,
    NO_MANIFEST,
    PAYLOAD_TYPE,
    Manifest,
    Part,
    read_manifest,
    sums_text,
    write_manifest,
)
from app.bundle.pack import PART_BYTES
from app.bundle.parts import LINE_BYTES
from app.bundle.proof import _SUMS_BYTES
from app.bundle.signature import ENVELOPE_BYTES, sign
from app.model.marking import Level
from app.store.block import MAX_SAMPLES
from tests.fakes.keys import mldsa, p384

SAMPLES = 520_000_000
"""A quarter of a year, once a minute, of 4,000 series: the largest enclave of a demonstration of scale 20."""


def largest():
    """A manifest in which every field that can grow is as long as it may be."""
    digest = hashlib.sha384(b"x").hexdigest()
    parts = tuple(Part(f"p{n:04d}.ndjson", MOST_BYTES, 2**31, digest, "catalogue") for n in range(1, MOST_PARTS + 1))
    return Manifest(
        source="s" * 20,
        stream="t" * 12,
        epoch=9999,
        seq=9_999_999_999,
        prev=digest,
        history={9_999_999_999 - n: digest for n in range(1, HISTORY + 1)},
        base=NO_MANIFEST,
        content="telemetry",
        kind="full",
        enclave="e" * 64,
        level=Level.TS,
        created=1_762_905_600.0,
        window_start=1_755_129_600.0,
        window_end=1_762_905_600.0,
        expires=1_765_497_600.0,
        cadence=900.0,
        demo=False,
        program="w" * 64,
        parts=parts,
    )


def test_that_samples_of_eight_random_bytes_each_fit_into_the_parts_of_one_bundle():
    body = SAMPLES * 8 * 4 / 3  # base64
    lines = SAMPLES / 2048  # a series shorter than that shares its line
    words = lines * 2048  # group, labels, clock and braces of a line: far fewer bytes than this
    assert (body + words) / (PART_BYTES - LINE_BYTES["chunks"]) < MOST_PARTS
    assert PART_BYTES + LINE_BYTES["chunks"] < MOST_BYTES
    assert LINE_BYTES["chunks"] > MAX_SAMPLES * 8 * 4 / 3


def test_that_the_same_samples_as_text_fit_too():
    row = 16 + 27  # a time of 13 digits and the longest double, each in quotes and with a comma
    assert SAMPLES * row / (PART_BYTES - LINE_BYTES["plain"]) < MOST_PARTS


def test_that_a_manifest_of_the_most_parts_is_read_and_listed():
    manifest = largest()
    payload = write_manifest(manifest)
    assert len(payload) < MANIFEST_BYTES
    assert read_manifest(payload) == manifest
    envelope = sign(payload, PAYLOAD_TYPE, [p384(), mldsa()])
    assert len(envelope) < ENVELOPE_BYTES
    assert len(sums_text(envelope, manifest)) < _SUMS_BYTES
