"""The published schemas, which a guard may use, fit what bundles really hold."""

import hashlib
import json

import jsonschema
import numpy as np
import pytest

from app.bundle.manifest import NO_MANIFEST, Manifest, Part, read_manifest, write_manifest
from app.bundle.parts import Bounds, catalogue_lines, chunk_lines, event_lines, plain_lines, read_blocks
from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.event import Event
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.paths import resources
from app.store.block import block_from_series, decode_block

HASH = hashlib.sha384(b"x").hexdigest()
MANIFEST = Manifest(
    source="enc01", stream="core", epoch=3, seq=42, prev=HASH, history={41: HASH}, base=NO_MANIFEST,
    content="telemetry", kind="delta", enclave="enc-u1", level=Level.TS_SCI, created=1_790_000_000.0,
    window_start=1_789_999_000.0, window_end=1_789_999_999.5, expires=1_790_600_000.0, cadence=900.0, demo=True,
    program="watchfloor 0.1.0", parts=(Part("p0001.ndjson", 10, 1, HASH, "chunks"),),
)  # fmt: skip
KEY = SeriesKey.of("endpoint_saturation_ratio", {"enclave": "enc-u1", "endpoint": "rag"})
SERIES = Series(KEY, np.array([0.0, 60.0, 120.0, 180.0]), np.array([1.0, np.nan, np.inf, -0.1]), "prometheus/vllm/rag")


def valid(name, text):
    schema = json.loads((resources() / "schema" / f"{name}-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(text), schema)


def test_that_a_written_manifest_fits_its_schema_and_reads_back():
    payload = write_manifest(MANIFEST)
    valid("bundle-manifest", payload)
    assert read_manifest(payload) == MANIFEST


@pytest.mark.parametrize("change", [{"level": "X"}, {"epoch": 0}, {"surprise": 1}, {"prev": "00"}, {"kind": "run"}])
def test_that_the_manifest_schema_refuses_what_the_reader_refuses(change):
    bad = json.dumps(json.loads(write_manifest(MANIFEST)) | change).encode()
    with pytest.raises(jsonschema.ValidationError):
        valid("bundle-manifest", bad)
    with pytest.raises(ValueError):  # noqa: PT011 -- the words of each refusal are tested with the reader
        read_manifest(bad)


@pytest.mark.parametrize(("schema", "lines"), [("chunks", chunk_lines), ("plain", plain_lines)])
def test_that_samples_fit_their_schema_and_read_back_to_the_bit(schema, lines):
    written = list(lines(block_from_series([SERIES])))
    for line in written:
        valid(f"bundle-{schema}", line)
    found = [decode_block(b) for b in read_blocks(schema, written, Bounds("enc-u1", Level.U, 1e9))]
    assert np.concatenate([d.time for d in found]).tolist() == [0, 60_000, 120_000, 180_000]
    assert np.array_equal(np.concatenate([d.values[0] for d in found]), SERIES.value, equal_nan=True)


def test_that_events_and_catalogue_fit_their_schemas():
    events = [
        Event("enc-u1", "alert", "a1", "rag", 0.0, None, "high error rate", (("severity", "page"),)),
        Event("enc-u1", "maintenance", "m1", "rag", 5.0, 9.0, "", ()),
    ]
    for line in event_lines(events):
        valid("bundle-events", line)
    enclave = Enclave("enc-u1", "Alpha", Level.U, 900.0, 60.0)
    nodes = (Node("enc-u1", "gpu-a1", 8, "H100", 5.0),)
    for line in catalogue_lines(Catalogue(enclave, (Endpoint("enc-u1", "rag", "rag-gateway"),), nodes, 1.5)):
        valid("bundle-catalogue", line)
