"""Contexts for adapters: an enclave with a few endpoints and nodes, and the shipped recipes."""

import httpx
import pytest

from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import resources
from app.source import Context


def shipped(folder):
    return {
        path.name: path.read_text(encoding="utf-8") for path in sorted((resources() / "policy" / folder).glob("*.toml"))
    }


@pytest.fixture
def make_context():
    """Build a context over an open client."""

    def make(client: httpx.Client, window, matches=None, node_matches=None, step=60.0, policy=shipped, models=None):
        enclave = Enclave("alpha", "Alpha", Level.S, 900.0)
        endpoints = tuple(
            Endpoint("alpha", name, name.title(), model=(models or {}).get(name, "")) for name in matches or {}
        )
        nodes = tuple(Node("alpha", name, 8) for name in node_matches or {})
        return Context(
            source="main",
            window=TimeRange(*window),
            step=step,
            client=client,
            catalogue=Catalogue(enclave, endpoints, nodes),
            matches=matches or {},
            node_matches=node_matches or {},
            policy=policy,
        )

    return make
