"""Prometheus and VictoriaMetrics on loopback: filled in bulk, asked over HTTP as a dashboard would."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from app.model.series_key import SeriesKey
from tests.benchmarks.generator import Column
from tests.benchmarks.measure import cpu_of

_BLOCK = "486h"
"""The longest block that Prometheus itself would make of 90 days; the fewest and smallest files."""


def selector(key: SeriesKey) -> str:
    """A series as PromQL and exposition texts write it."""
    inner = ",".join(f"{name}={json.dumps(value)}" for name, value in key.labels)
    return f"{key.metric}{{{inner}}}"


@dataclass(slots=True)
class Server:
    """A server that is running; one request at a time, over one connection that stays open."""

    port: int
    process: int
    extra: dict[str, str]
    connection: http.client.HTTPConnection | None = None

    def cpu(self) -> float:
        return cpu_of(self.process)

    def ask(self, path: str, form: dict[str, Any] | None = None, body: bytes | None = None) -> bytes:
        """POST a form or a body, else GET."""
        headers = {}
        if form is not None:
            body = urlencode(form | self.extra).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path} {answer.status} {text[:300]!r}")
        return text

    def again(self) -> "Server":
        """The same server over another connection, for a question asked meanwhile."""
        return Server(self.port, self.process, self.extra)

    def instant(self, query: str, at: float) -> list[dict[str, Any]]:
        import orjson

        return orjson.loads(self.ask("/api/v1/query", {"query": query, "time": at}))["data"]["result"]

    def raw(self, query: str, days: float, at: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """Every sample of the series that `query` selects, as arrays of times (s) and values."""
        found = []
        for one in self.instant(f"{query}[{round(days * 86400)}s]", at):
            pairs = one["values"]
            found.append((np.array([pair[0] for pair in pairs]), np.array([float(pair[1]) for pair in pairs])))
        return found


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], port: int, ready: str, log: Path, **extra: str) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    server = Server(port, process.pid, extra)
    try:
        deadline = time.monotonic() + 300
        while True:
            with contextlib.suppress(OSError, RuntimeError):
                server.again().ask(ready)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")[-2000:])
            time.sleep(0.05)
        yield server
    finally:
        if server.connection is not None:
            server.connection.close()
        process.terminate()
        process.wait(120)


# --- Prometheus -----------------------------------------------------------------------------------------------------


def write_openmetrics(path: Path, columns: Iterable[Column]) -> None:
    """The text that promtool reads; a family's series stand together."""
    families: dict[str, list[Column]] = {}
    for one in columns:
        families.setdefault(one.key.metric, []).append(one)
    with path.open("wb") as file:
        for metric, members in families.items():
            file.write(f"# TYPE {metric} gauge\n".encode())
            for one in members:
                file.write(_exposition(selector(one.key), one.time, one.value))
        file.write(b"# EOF\n")


def _exposition(series: str, times: np.ndarray, values: np.ndarray) -> bytes:
    """One line per sample; every double as the shortest text that gives it back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    value, second = (pc.cast(pa.array(array), pa.string()) for array in (values, times / 1000.0))
    lines = pc.binary_join_element_wise(series, value, second, " ")
    whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    return pc.binary_join(whole, "\n")[0].as_py().encode() + b"\n"


def promtool(text: Path, folder: Path) -> None:
    """Turn OpenMetrics text into blocks of a Prometheus."""
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", f"--max-block-duration={_BLOCK}"]
    subprocess.run([*command, text, folder], check=True, capture_output=True)


@contextlib.contextmanager
def prometheus(folder: Path) -> Iterator[Server]:
    """Serve the blocks of a folder."""
    settings, port = folder.with_suffix(".yml"), _free_port()
    settings.write_text("global: {scrape_interval: 1h}\n", encoding="utf-8")
    command = ["prometheus", f"--config.file={settings}", f"--storage.tsdb.path={folder}"]
    command += ["--storage.tsdb.retention.time=20y", f"--web.listen-address=127.0.0.1:{port}"]
    command += ["--query.max-samples=2000000000", "--query.timeout=10m", "--log.level=error"]
    with _running(command, port, "/-/ready", folder.with_suffix(".log")) as server:
        yield server


# --- VictoriaMetrics ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def victoria(folder: Path) -> Iterator[Server]:
    """Serve a folder, new or filled before; its response cache is off, so that a warm query is a query."""
    port = _free_port()
    command = ["victoria-metrics", f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}"]
    command += ["-retentionPeriod=20y", "-selfScrapeInterval=0", "-search.maxPointsPerTimeseries=200000"]
    command += ["-search.latencyOffset=0s", "-search.maxStalenessInterval=5m", "-search.maxQueryDuration=10m"]
    command += ["-loggerLevel=ERROR", "-memory.allowedPercent=30"]
    with _running(command, port, "/health", folder.with_suffix(".log"), nocache="1") as server:
        yield server


def load_victoria(server: Server, columns: Iterable[Column], step: int = 20_000) -> None:
    """Import by its own JSON lines, a series at a time."""
    import orjson

    for one in columns:
        metric = {"__name__": one.key.metric, **dict(one.key.labels)}
        lines = [
            orjson.dumps(
                {"metric": metric, "values": one.value[at : at + step], "timestamps": one.time[at : at + step]},
                option=orjson.OPT_SERIALIZE_NUMPY,
            )
            for at in range(0, one.value.size, step)
        ]
        server.ask("/api/v1/import", body=b"\n".join(lines))
    server.again().ask("/internal/force_flush")


def merge_victoria(server: Server, folder: Path) -> None:
    """Let it merge its parts as far as it will, and wait until the folder no longer shrinks."""
    server.again().ask("/internal/force_merge")
    seen, quiet = -1, 0
    while quiet < 5:
        time.sleep(1)
        size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
        quiet = quiet + 1 if size == seen else 0
        seen = size


def export_victoria(server: Server, query: str, start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Every sample of one series, as arrays of times (ms) and values."""
    import orjson

    form = {"match[]": query, "start": start, "end": end, "reduce_mem_usage": "1"}
    lines = [orjson.loads(line) for line in server.ask("/api/v1/export", form).split(b"\n") if line]
    times = np.concatenate([np.array(line["timestamps"]) for line in lines])
    values = np.concatenate([np.array(line["values"], float) for line in lines])
    order = np.argsort(times, kind="stable")
    return times[order], values[order]


def missing() -> str:
    """Why the servers cannot be measured; empty where they can."""
    wanted = ("prometheus", "promtool", "victoria-metrics")
    absent = [name for name in wanted if shutil.which(name) is None]
    return f"{', '.join(absent)} not installed" if absent else ""
