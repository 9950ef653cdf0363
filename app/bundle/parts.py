"""Parts: bounded lines of JSON that carry samples, events and the catalogue, both ways.

``chunks`` holds one block per line, clock and body in base64. ``plain`` holds the same samples
with every number as text, for guards that must read them. Nesting never exceeds three. What is
written here is read here: `cut_bundle` reads its own parts back before it publishes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pybase64

from app.bundle.bounded_json import JsonRefused, canonical, loads
from app.bundle.fields import (
    FieldRefused,
    Reader,
    base64_bytes,
    integer,
    number,
    number_text,
    one_of,
    optional,
    plain_number,
    prose,
    read_fields,
    sequence,
    text,
)
from app.errors import StoreDamaged
from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.event import Event
from app.model.marking import Level
from app.model.metrics import COUNTED
from app.model.series_key import SeriesKey
from app.store.block import Block, decode_block, encode_block

LINE_BYTES: Final = {"chunks": 8 * 2**20, "plain": 2**18, "events": 2**16, "catalogue": 2**16}
"""Longest line of each schema."""

AHEAD_SECONDS: Final = 300.0
"""How far a sample may lie ahead of the bundle that brings it."""

_DEPTH: Final = 3
_SAMPLES_PER_LINE: Final = 1000
_MOST_SERIES: Final = 131_072
MOST_LABELS: Final = 64
LABEL_LENGTH: Final = 2048
EVENT_LENGTHS: Final = {"enclave": 64, "key": 512, "subject": 512, "text": 4000}  # in characters


class PartRefused(ValueError):
    """A line is not what its schema asks for. The message names the line, never its content."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the signed manifest allows its parts to speak of: one enclave, nothing from the future."""

    enclave: str
    level: Level
    created: float


# --- samples --------------------------------------------------------------------------------------------------------


def chunk_lines(blocks: Iterable[Block]) -> Iterator[bytes]:
    """Write blocks as lines of the schema ``chunks``; one too long for a line is cut in two."""
    for block in blocks:
        line = canonical(
            {
                "group": block.group,
                "series": [[key.metric, *(word for pair in key.labels for word in pair)] for key in block.keys],
                "clock": pybase64.b64encode_as_string(block.clock),
                "body": pybase64.b64encode_as_string(block.body),
            }
        )
        if len(line) >= LINE_BYTES["chunks"] and len(block.keys) > 1:
            yield from chunk_lines(_halves(block))
        else:
            yield line + b"\n"


def _halves(block: Block) -> Iterator[Block]:
    decoded = decode_block(block)
    middle = len(block.keys) // 2
    for half in (slice(None, middle), slice(middle, None)):
        present = None if decoded.present is None else decoded.present[half]
        yield encode_block(block.group, block.keys[half], decoded.time, decoded.values[half], present)


def plain_lines(blocks: Iterable[Block]) -> Iterator[bytes]:
    """Write blocks as lines of the schema ``plain``: one series, up to 1000 samples, numbers as text."""
    for block in blocks:
        decoded = decode_block(block)
        for row, key in enumerate(block.keys):
            kept = slice(None) if decoded.present is None else decoded.present[row]
            time, value = decoded.time[kept].tolist(), decoded.values[row][kept].tolist()
            for start in range(0, len(time), _SAMPLES_PER_LINE):
                end = start + _SAMPLES_PER_LINE
                yield (
                    canonical(
                        {
                            "group": block.group,
                            "metric": key.metric,
                            "labels": dict(key.labels),
                            "t": [str(ms) for ms in time[start:end]],
                            "v": [number_text(number) for number in value[start:end]],
                        }
                    )
                    + b"\n"
                )


_METRIC: Final = text(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}")
_LABEL: Final = text(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}")
_VALUE: Final = prose(LABEL_LENGTH)
_GROUP: Final = prose(256)


def _key(metric: Any, pairs: Sequence[tuple[Any, Any]]) -> SeriesKey:
    """Build a key; label names must be in order, so that one series has one spelling."""
    labels = tuple((_LABEL(name), _VALUE(value)) for name, value in pairs)
    names = [name for name, _ in labels]
    if len(labels) > MOST_LABELS or names != sorted(set(names)) or any(value == "" for _, value in labels):
        raise ValueError
    return SeriesKey(_METRIC(metric), labels)


def check_key(key: SeriesKey, group: str) -> None:
    """Raise ValueError or TypeError where the lines of a series would be refused for its names or labels."""
    _key(key.metric, key.labels)
    if len(canonical([_GROUP(group), key.metric, key.labels])) > LINE_BYTES["plain"] // 2:
        raise ValueError


def _flat_key(raw: Any) -> SeriesKey:
    if not isinstance(raw, list) or len(raw) % 2 == 0:
        raise ValueError
    return _key(raw[0], list(zip(raw[1::2], raw[2::2], strict=True)))


def _labels(raw: Any) -> list[tuple[Any, Any]]:
    if not isinstance(raw, dict):
        raise TypeError
    return sorted(raw.items())


_CHUNK: Final[dict[str, Reader]] = {
    "group": _GROUP,
    "series": sequence(_flat_key, _MOST_SERIES),
    "clock": base64_bytes,
    "body": base64_bytes,
}
_PLAIN: Final[dict[str, Reader]] = {
    "group": _GROUP,
    "metric": _METRIC,
    "labels": _labels,
    "t": sequence(lambda value: int(text(r"-?[0-9]{1,15}")(value)), _SAMPLES_PER_LINE),
    "v": sequence(plain_number, _SAMPLES_PER_LINE),
}


def read_blocks(schema: str, lines: Iterable[bytes], bounds: Bounds) -> Iterator[Block]:
    """Read lines of ``chunks`` or ``plain``; every block is decoded in full before it is handed on.

    Raises
    ------
    PartRefused
    """
    read = _chunk_block if schema == "chunks" else _plain_block
    for place, line in enumerate(lines, start=1):
        try:
            block = read(loads(line, size=LINE_BYTES[schema], depth=_DEPTH))
            decoded = decode_block(block)
        except (ValueError, StoreDamaged) as error:
            reason = str(error) if isinstance(error, JsonRefused | FieldRefused) else "its samples cannot be decoded"
            msg = f"line {place}: {reason}"
            raise PartRefused(msg) from error
        if any(key.label("enclave") != bounds.enclave for key in block.keys):
            msg = f"line {place}: a series does not carry the enclave that the manifest names"
            raise PartRefused(msg)
        time = decoded.time
        if time[0] < 0 or time[-1] > (bounds.created + AHEAD_SECONDS) * 1000:
            msg = f"line {place}: a sample is later than the bundle itself"
            raise PartRefused(msg)
        for row in (row for row, key in enumerate(block.keys) if key.metric in COUNTED):
            if (decoded.values[row] < 0.0).any():
                msg = f"line {place}: {block.keys[row].metric} is counted below zero"
                raise PartRefused(msg)
        yield replace(block, decoded=decoded)


def _chunk_block(raw: Any) -> Block:
    fields = read_fields(raw, _CHUNK, "a chunk")
    return Block(fields["group"], fields["series"], fields["clock"], fields["body"])


def _plain_block(raw: Any) -> Block:
    fields = read_fields(raw, _PLAIN, "a row of samples")
    time = np.array(fields["t"], np.int64)
    if time.size == 0 or len(fields["v"]) != time.size:
        raise ValueError
    return encode_block(
        fields["group"], [_key(fields["metric"], fields["labels"])], time, np.array([fields["v"]], np.float64)
    )


# --- events ---------------------------------------------------------------------------------------------------------

_FAR: Final = 4_102_444_800.0  # 2100-01-01
_PAIR: Final = sequence(_VALUE, 2)
_EVENT: Final[dict[str, Reader]] = {
    **{name: prose(most) for name, most in EVENT_LENGTHS.items()},
    "kind": text(r"[a-z][a-z0-9_-]{0,31}"),
    "start": number(0, _FAR),
    "end": optional(number(0, _FAR)),
    "labels": sequence(_PAIR, MOST_LABELS),
}


def event_lines(events: Iterable[Event]) -> Iterator[bytes]:
    """Write events as lines of the schema ``events``."""
    for event in events:
        yield (
            canonical(
                {
                    "enclave": event.enclave,
                    "kind": event.kind,
                    "key": event.key,
                    "subject": event.subject,
                    "start": event.start,
                    "end": event.end,
                    "text": event.text,
                    "labels": [list(pair) for pair in event.labels],
                }
            )
            + b"\n"
        )


def read_events(lines: Iterable[bytes], bounds: Bounds) -> Iterator[Event]:
    """Read lines of the schema ``events``.

    Raises
    ------
    PartRefused
    """
    for place, line in enumerate(lines, start=1):
        fields = _line(line, "events", {"events": _EVENT}, place)
        event = Event(**fields)
        if any(len(pair) != 2 for pair in event.labels) or (event.end is not None and event.end < event.start):
            msg = f"line {place}: an event's labels or times do not fit"
            raise PartRefused(msg)
        if event.enclave != bounds.enclave:
            msg = f"line {place}: an event does not carry the enclave that the manifest names"
            raise PartRefused(msg)
        yield event


def _line(line: bytes, schema: str, readers: Mapping[str, Mapping[str, Reader]], place: int) -> dict[str, Any]:
    """Read one line; where a schema has several kinds of rows, `row` names which."""
    try:
        raw = loads(line, size=LINE_BYTES[schema], depth=_DEPTH)
        kind = raw.get("row") if isinstance(raw, dict) else None
        if str(kind or schema) not in readers:
            reason = "a row of a kind that does not belong here"
            raise FieldRefused(reason)
        return read_fields(raw, readers[str(kind or schema)], "a row")
    except (JsonRefused, FieldRefused) as error:
        msg = f"line {place}: {error}"
        raise PartRefused(msg) from error


# --- catalogue ------------------------------------------------------------------------------------------------------

_ID: Final = text(r"[a-z0-9][a-z0-9._-]{0,63}")
_YEAR: Final = 366 * 86400.0
_ENCLAVE_ROW: Final[dict[str, Reader]] = {
    "row": one_of("enclave"),
    "id": _ID,
    "name": prose(100),
    "level": Level.parse,
    "cadence": number(0, _YEAR),
    "grace": number(0, _YEAR),
    "as_of": number(0, _FAR),
}
_ENDPOINT_ROW: Final[dict[str, Reader]] = {
    "row": one_of("endpoint"),
    "enclave": _ID,
    "id": _ID,
    "title": prose(200),
    "purpose": prose(1000),
    "model": prose(200),
    "owner": prose(200),
    "user_weight": number(0, 1e12),
    "expected_replicas": integer(0, 10**6),
    "step": number(0, _YEAR),
    "retired_at": optional(number(0, _FAR)),
}
_NODE_ROW: Final[dict[str, Reader]] = {
    "row": one_of("node"),
    "enclave": _ID,
    "id": prose(253),
    "gpus": integer(0, 10**4),
    "gpu_model": prose(200),
    "retired_at": optional(number(0, _FAR)),
}

_FURTHER_ROWS: Final = {"endpoint": _ENDPOINT_ROW, "node": _NODE_ROW}


def catalogue_lines(catalogue: Catalogue) -> Iterator[bytes]:
    """Write a catalogue as lines: the enclave, then its endpoints, then its nodes."""
    own = catalogue.enclave
    enclave = {"id": own.id, "name": own.name, "level": own.level.code, "cadence": own.cadence, "grace": own.grace}
    yield canonical({"row": "enclave", **enclave, "as_of": catalogue.as_of}) + b"\n"
    for endpoint in catalogue.endpoints:
        fields = {name: getattr(endpoint, name) for name in _ENDPOINT_ROW if name != "row"}
        yield canonical({"row": "endpoint", **fields}) + b"\n"
    for node in catalogue.nodes:
        fields = {name: getattr(node, name) for name in _NODE_ROW if name != "row"}
        yield canonical({"row": "node", **fields}) + b"\n"


def read_catalogue(lines: Iterable[bytes], bounds: Bounds) -> Catalogue:
    """Read lines of the schema ``catalogue``.

    Raises
    ------
    PartRefused
        Also where it declares another enclave, or another level than the bundle's own label: one above
        it would be a spill, and pages mark an enclave by what its catalogue says, so one below would
        show its content under too low a mark.
    """
    enclave: Enclave | None = None
    as_of = 0.0
    endpoints: list[Endpoint] = []
    nodes: list[Node] = []
    for place, line in enumerate(lines, start=1):
        fields = _line(line, "catalogue", {"enclave": _ENCLAVE_ROW} if place == 1 else _FURTHER_ROWS, place)
        kind = fields.pop("row")
        if kind == "enclave":
            as_of = fields.pop("as_of")
            enclave = Enclave(**fields)
        elif kind == "node":
            nodes.append(Node(**fields))
        else:
            endpoints.append(Endpoint(**fields))
    if enclave is None or {enclave.id, *(e.enclave for e in endpoints), *(n.enclave for n in nodes)} != {
        bounds.enclave
    }:
        msg = "the catalogue declares another enclave than the manifest names"
        raise PartRefused(msg)
    if enclave.level != bounds.level:
        msg = "the catalogue declares another level than the label of the bundle"
        raise PartRefused(msg)
    return Catalogue(enclave, tuple(endpoints), tuple(nodes), as_of)


def check_part(schema: str, lines: Iterable[bytes], bounds: Bounds) -> None:
    """Read a whole part and keep nothing of it.

    Raises
    ------
    PartRefused
    """
    if schema == "catalogue":
        read_catalogue(lines, bounds)
    elif schema == "events":
        for _ in read_events(lines, bounds):
            pass
    else:
        for _ in read_blocks(schema, lines, bounds):
            pass
