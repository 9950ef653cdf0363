"""The inventories that enclaves declared."""

import json
from dataclasses import asdict
from typing import Any

from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level
from app.store.database import Reader, Writer


def catalogue_to_json(catalogue: Catalogue) -> dict[str, Any]:
    """Turn a catalogue into plain JSON values; levels are written as codes."""
    plain = asdict(catalogue)
    plain["enclave"]["level"] = catalogue.enclave.level.code
    return plain


def catalogue_from_json(plain: dict[str, Any]) -> Catalogue:
    """Read what `catalogue_to_json` wrote.

    Raises
    ------
    TypeError, KeyError, ValueError
        If a field is missing, unknown or of the wrong kind.
    """
    enclave = Enclave(**{**plain["enclave"], "level": Level.parse(plain["enclave"]["level"])})
    return Catalogue(
        enclave=enclave,
        endpoints=tuple(Endpoint(**e) for e in plain["endpoints"]),
        nodes=tuple(Node(**n) for n in plain["nodes"]),
        as_of=plain["as_of"],
    )


def write_catalogue(writer: Writer, bundle: int, catalogue: Catalogue) -> None:
    """Keep a catalogue with the bundle that brought it."""
    body = json.dumps(catalogue_to_json(catalogue), ensure_ascii=False)
    writer.db.execute("INSERT OR REPLACE INTO catalogue VALUES (?, ?, ?)", (bundle, catalogue.enclave.id, body))


def catalogues(reader: Reader) -> list[Catalogue]:
    """Catalogues in force, by level, then name."""
    found = [catalogue_from_json(json.loads(body)) for (body,) in reader.db.execute("SELECT body FROM catalogue")]
    return sorted(found, key=lambda c: c.enclave.order)
