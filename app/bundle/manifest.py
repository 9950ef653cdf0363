"""The manifest: what a bundle says of itself, checked field by field after its signature.

Unknown fields are refused: what we do not understand we must not pass over.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.bundle.bounded_json import JsonRefused, canonical, loads
from app.bundle.fields import HASH, FieldRefused, Reader, integer, moment, number, one_of, read_fields, sequence, text
from app.bundle.layout import MANIFEST, MOST_BYTES, MOST_PARTS, OuterName
from app.clock import to_iso
from app.model.marking import Level

PAYLOAD_TYPE: Final = "application/vnd.watchfloor.bundle.v1+json"
MANIFEST_BYTES: Final = 2**20
HISTORY: Final = 16
"""Predecessors whose hashes a manifest tells, so that a fork shows across a gap."""

KINDS: Final = ("full", "delta", "heartbeat")
CONTENTS: Final = ("telemetry", "journal")
SCHEMAS: Final = ("catalogue", "plain", "chunks", "events", "journal")
NO_MANIFEST: Final = "0" * 96
"""Stands where there is no predecessor, or no base."""

_CLOCK_ERROR: Final = 300.0
_MOST_ROWS: Final = 2**31


class ManifestRefused(ValueError):
    """The manifest does not say what a manifest must say."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part file: its name, bytes, lines, SHA-384 in hex and schema."""

    name: str
    bytes: int
    rows: int
    sha384: str
    schema: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself. Times are seconds UTC, to the millisecond.

    `prev` is the hash of the manifest before it in the same epoch, `history` (sequence: hash) of up
    to 16 before it. `base` names the manifest that a journal bundle builds on. `program` made it.
    """

    source: str
    stream: str
    epoch: int
    seq: int
    prev: str
    history: Mapping[int, str]
    base: str
    content: str
    kind: str
    enclave: str
    level: Level
    created: float
    window_start: float
    window_end: float
    expires: float
    cadence: float
    demo: bool
    program: str
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Lines of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.bytes for part in self.parts)

    @property
    def outer(self) -> OuterName:
        """Name that the bundle's folder must have."""
        return OuterName(self.level, self.source, self.stream, self.seq, self.epoch)

    @property
    def links(self) -> dict[int, str]:
        """Every earlier position that this manifest tells of."""
        return {**self.history, **({self.seq - 1: self.prev} if self.seq > 1 else {})}


def write_manifest(manifest: Manifest) -> bytes:
    """Write the payload that is signed and hashed."""
    parts = [
        {"name": p.name, "bytes": p.bytes, "rows": p.rows, "sha384": p.sha384, "schema": p.schema}
        for p in manifest.parts
    ]
    return canonical(
        {
            "format": "watchfloor-bundle",
            "format_version": 1,
            "source": manifest.source,
            "stream": manifest.stream,
            "epoch": manifest.epoch,
            "seq": manifest.seq,
            "prev": manifest.prev,
            "history": [{"seq": seq, "sha384": digest} for seq, digest in sorted(manifest.history.items())],
            "base": manifest.base,
            "content": manifest.content,
            "kind": manifest.kind,
            "enclave": manifest.enclave,
            "level": manifest.level.code,
            "created": to_iso(manifest.created),
            "window_start": to_iso(manifest.window_start),
            "window_end": to_iso(manifest.window_end),
            "expires": to_iso(manifest.expires),
            "cadence": manifest.cadence,
            "demo": manifest.demo,
            "program": manifest.program,
            "parts": parts,
        }
    )


def read_manifest(payload: bytes) -> Manifest:
    """Read and check a payload whose signature has been verified.

    Raises
    ------
    ManifestRefused
        With the field that is wrong.
    """
    try:
        fields = read_fields(loads(payload, size=MANIFEST_BYTES, depth=3), _MANIFEST, "the manifest")
    except (JsonRefused, FieldRefused) as error:
        raise ManifestRefused(str(error)) from error
    del fields["format"], fields["format_version"]
    manifest = Manifest(**fields)
    _check_together(manifest)
    return manifest


def _check_together(manifest: Manifest) -> None:
    """Rules that concern more than one field."""
    first = manifest.seq == 1
    names = [part.name for part in manifest.parts]
    expected = [f"p{number:04d}.ndjson" for number in range(1, len(names) + 1)]
    schemas = {part.schema for part in manifest.parts}
    journal = manifest.content == "journal"
    history = list(manifest.history)
    # a fixed list, so that a message names the rule and never the content
    rules = {
        "prev must be zeros for the first of an epoch, and only for it": (manifest.prev == NO_MANIFEST) == first,
        "history must name positions before this one": all(0 < seq < manifest.seq for seq in history),
        "history and prev must agree": manifest.history.get(manifest.seq - 1, manifest.prev) == manifest.prev,
        "the window must start before it ends": manifest.window_start <= manifest.window_end,
        "the window must end before the bundle was made": manifest.window_end <= manifest.created + _CLOCK_ERROR,
        "expires must be after created": manifest.expires > manifest.created,
        "parts must be numbered from p0001": names == expected,
        "a heartbeat has no parts": manifest.kind != "heartbeat" or not names,
        "journal parts belong to journal bundles, and no others": ("journal" in schemas) <= journal
        and (not journal or schemas <= {"journal"}),
        "telemetry needs an enclave": journal or manifest.enclave != "",
        "only a journal names a base": journal or manifest.base == NO_MANIFEST,
    }
    for rule, holds in rules.items():
        if not holds:
            raise ManifestRefused(rule)


def sums_text(envelope: bytes, manifest: Manifest) -> bytes:
    """Write ``sha384sums.txt``, as ``sha384sum --check`` reads it."""
    lines = [f"{hashlib.sha384(envelope).hexdigest()}  {MANIFEST}"]
    lines += [f"{part.sha384}  {part.name}" for part in manifest.parts]
    return "".join(f"{line}\n" for line in lines).encode()


# --- fields -----------------------------------------------------------------------------------------------------------


def _part(raw: Any) -> Part:
    return Part(**read_fields(raw, _PART, "a part"))


def _past(raw: Any) -> tuple[int, str]:
    fields = read_fields(raw, _HISTORY_ENTRY, "history")
    return fields["seq"], fields["sha384"]


def _history(raw: Any) -> dict[int, str]:
    pairs = sequence(_past, HISTORY)(raw)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


_SEQ: Final = integer(1, 9_999_999_999)
_HISTORY_ENTRY: Final[Mapping[str, Reader]] = {"seq": _SEQ, "sha384": HASH}
_PART: Final[Mapping[str, Reader]] = {
    "name": text(r"p[0-9]{4}\.ndjson"),
    "bytes": integer(1, MOST_BYTES),
    "rows": integer(1, _MOST_ROWS),
    "sha384": HASH,
    "schema": one_of(*SCHEMAS),
}
_MANIFEST: Final[Mapping[str, Reader]] = {
    "format": one_of("watchfloor-bundle"),
    "format_version": one_of(1),
    "source": text(r"[a-z0-9-]{1,20}"),
    "stream": text(r"[a-z0-9-]{1,12}"),
    "epoch": integer(1, 9999),
    "seq": _SEQ,
    "prev": HASH,
    "history": _history,
    "base": HASH,
    "content": one_of(*CONTENTS),
    "kind": one_of(*KINDS),
    "enclave": text(r"[a-z0-9][a-z0-9._-]{0,63}|"),
    "level": Level.parse,
    "created": moment,
    "window_start": moment,
    "window_end": moment,
    "expires": moment,
    "cadence": number(0.0, 366 * 86400.0),
    "demo": one_of(True, False),
    "program": text(r"[A-Za-z0-9 .+_-]{1,64}"),
    "parts": sequence(_part, MOST_PARTS),
}
