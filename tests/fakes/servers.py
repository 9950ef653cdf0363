"""Small stand-ins for the network: what a server answers, by path and by query."""

import json
from urllib.parse import parse_qs

import httpx
import pytest

from tests.conftest import ROOT

# Recordings of real servers stand beside the checkout, where there are any; they are not ours to ship.
CAPTURES = ROOT.parent / "shared" / "data" / "captures"
"""Answers recorded from real servers; where they are not at hand the tests that want them say so."""


def capture(name):
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not on this machine")
    return path.read_text(encoding="utf-8")


def asked(request):
    """Form fields of a request."""
    return {key: values[0] for key, values in parse_qs(request.content.decode()).items()}


def success(result, kind="matrix", **beside):
    return httpx.Response(200, json={"status": "success", "data": {"resultType": kind, "result": result}, **beside})


def refused(kind, text, status=422):
    return httpx.Response(status, json={"status": "error", "errorType": kind, "error": text})


class FakePrometheus:
    """Answers range selectors and range queries from given samples; remembers what it was asked.

    `raw` maps a metric name to series of (labels, points); `grid` maps a part of an expression to a function of
    (start, end, step) that gives such series. `beside` is sent with every answer.
    """

    def __init__(self, raw=None, grid=None, vector=None, **beside):
        self.raw, self.grid, self.vector, self.beside = raw or {}, grid or {}, vector or [], beside
        self.requests = []

    def __call__(self, request):
        form = asked(request)
        self.requests.append((request, form))
        query = form["query"]
        if request.url.path.endswith("query_range"):
            for part, points in self.grid.items():
                if part in query:
                    wanted = float(form["start"]), float(form["end"]), float(form["step"])
                    return success([_matrix(labels, found) for labels, found in points(*wanted)], **self.beside)
            return success([], **self.beside)
        if "[" not in query or query.startswith("count by"):
            return success(self.vector, "vector", **self.beside)
        newest = query.startswith("last_over_time(")
        query = query.removeprefix("last_over_time(").removesuffix(")")
        name, seconds = query.split("{")[0], float(query.rsplit("[", 1)[1].removesuffix("ms]")) / 1000
        end = float(form["time"])
        rows = []
        wanted = 'alertstate="firing"' in query
        for labels, points in self.raw.get(name, []):
            found = [(at, value) for at, value in points if end - seconds <= at <= end]
            if found and (not wanted or labels.get("alertstate") == "firing"):
                row = _matrix(labels, found)
                rows.append({"metric": labels, "value": row["values"][-1]} if newest else row)
        return success(rows, "vector" if newest else "matrix", **self.beside)

    def client(self, **other):
        return client(self, **other)


def _matrix(labels, points):
    if points and isinstance(points[0][1], dict):
        return {"metric": labels, "histograms": [[at, value] for at, value in points]}
    return {
        "metric": labels,
        "values": [[at, value if isinstance(value, str) else repr(value)] for at, value in points],
    }


def client(handler, **other):
    """An open client whose network is a function."""
    return httpx.Client(base_url="https://prometheus.test", transport=httpx.MockTransport(handler), **other)


def page(text="<!doctype html><title>Sign in</title>", status=200, **headers):
    return httpx.Response(status, text=text, headers={"content-type": "text/html; charset=utf-8", **headers})


def garbled():
    return httpx.Response(200, content=b'{"status": "succ', headers={"content-type": "application/json"})


def as_json(value):
    return httpx.Response(200, content=json.dumps(value).encode(), headers={"content-type": "application/json"})
