"""A builder of bundles that can also build what must never be accepted.

It shares with `app.bundle.pack` only the forms of manifest, envelope and lines; it keeps its own
chain, so that a test may cut the same sequence twice, leave one out, or lie about any field.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from app.bundle.manifest import NO_MANIFEST, PAYLOAD_TYPE, Manifest, Part, sums_text, write_manifest
from app.bundle.parts import catalogue_lines, chunk_lines, event_lines, plain_lines
from app.bundle.signature import SigningKey, sign
from app.model.catalogue import Catalogue, Enclave, Endpoint
from app.model.event import Event
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.store.block import block_from_series
from tests.fakes.keys import p384

DAY = 86400.0
START = 1_762_905_600.0  # 2025-11-12T00:00:00Z


def series_of(enclave, *, start=START, count=5, offset=0.0, metric="endpoint_up", endpoint="chat", step=60.0):
    """One series of an enclave with recognisable values."""
    time = start + step * np.arange(count)
    key = SeriesKey.of(metric, {"enclave": enclave, "endpoint": endpoint})
    return Series(key, time, offset + np.arange(count, dtype=np.float64), group="serving")


def catalogue_of(enclave, level, *, as_of=START):
    return Catalogue(
        Enclave(enclave, f"Enclave {enclave}", level, 3600.0, 600.0),
        (Endpoint(enclave, "chat", "Chat", expected_replicas=2),),
        as_of=as_of,
    )


def event_of(enclave, key="e1", *, start=START, end=None):
    return Event(enclave, "deployment", key, "chat", start, end, "Version 2 rolled out", (("version", "2"),))


@dataclass
class Sender:
    """One source with its keys and its chain."""

    source: str = "enc01"
    stream: str = "core"
    epoch: int = 1
    level: Level = Level.S
    enclave: str = "s-east"
    keys: list[SigningKey] = field(default_factory=lambda: [p384()])
    seq: int = 0
    chain: dict[int, str] = field(default_factory=dict)

    def cut(
        self,
        outbox: Path,
        *,
        kind="delta",
        created=None,
        series=None,
        events=(),
        schema="chunks",
        keys=None,
        name=None,
        payload_type=PAYLOAD_TYPE,
        raw_parts=None,
        edit=None,
        keep=True,
        **lies,
    ) -> Path:
        """Cut the next bundle; `lies` replace fields of the manifest, `edit` its parsed JSON, before it is signed.

        `raw_parts` are (schema, bytes) instead of honest content. `keep` False leaves the chain as it was.
        """
        seq = lies.get("seq", self.seq + 1)
        created = START + 3600.0 * seq if created is None else created
        if series is None:
            series = [series_of(self.enclave, start=START + 600.0 * seq, offset=100.0 * seq)]
        if raw_parts is None:
            lines = chunk_lines if schema == "chunks" else plain_lines
            raw_parts = [
                ("catalogue", b"".join(catalogue_lines(catalogue_of(self.enclave, self.level, as_of=created)))),
                ("events", b"".join(event_lines(events))),
                (schema, b"".join(lines(block_from_series(series)))),
            ]
        bodies = [] if kind == "heartbeat" else [(schema, body) for schema, body in raw_parts if body]
        parts = tuple(
            Part(f"p{n:04d}.ndjson", len(body), body.count(b"\n"), hashlib.sha384(body).hexdigest(), schema)
            for n, (schema, body) in enumerate(bodies, start=1)
        )
        manifest = Manifest(
            source=self.source,
            stream=self.stream,
            epoch=self.epoch,
            seq=seq,
            prev=self.chain.get(seq - 1, NO_MANIFEST),
            history={s: d for s, d in self.chain.items() if seq - 16 <= s < seq},
            base=NO_MANIFEST,
            content="telemetry",
            kind=kind,
            enclave=self.enclave,
            level=self.level,
            created=created,
            window_start=created - 600.0,
            window_end=created,
            expires=created + 30 * DAY,
            cadence=3600.0,
            demo=False,
            program="tests",
            parts=parts,
        )
        manifest = replace(manifest, **lies)
        payload = write_manifest(manifest)
        if edit is not None:
            told = json.loads(payload)
            edit(told)
            payload = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
        folder = outbox / (name or str(manifest.outer))
        folder.mkdir(parents=True)
        for part, (_, body) in zip(parts, bodies, strict=True):
            (folder / part.name).write_bytes(body)
        envelope = sign(payload, payload_type, self.keys if keys is None else keys)
        (folder / "manifest.json").write_bytes(envelope)
        (folder / "sha384sums.txt").write_bytes(sums_text(envelope, manifest))
        if keep:
            self.seq = seq
            self.chain[seq] = hashlib.sha384(payload).hexdigest()
        return folder


def zipped(folder: Path, *, compression=zipfile.ZIP_STORED) -> Path:
    """The same bundle as one zip beside the folder."""
    target = folder.with_name(folder.name + ".zip")
    with zipfile.ZipFile(target, "w", compression) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return target
