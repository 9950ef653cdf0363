"""A real Prometheus on loopback, over back-filled samples or scraping a small file server."""

import contextlib
import http.server
import json
import math
import re
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

AVAILABLE = bool(shutil.which("prometheus") and shutil.which("promtool"))
VICTORIA = shutil.which("victoria-metrics")


@dataclass
class Samples:
    """Raw samples by family, written as OpenMetrics for promtool."""

    types: dict = field(default_factory=dict)
    series: dict = field(default_factory=dict)

    def add(self, name, labels, points, kind="gauge"):
        """`points` are (seconds, value); a counter's family is its name without ``_total``."""
        family = name
        if kind == "counter":
            family = name.removesuffix("_total")
        if kind == "histogram":
            family = name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
        self.types[family] = kind
        self.series.setdefault(family, []).append((name, labels, points))

    def text(self):
        lines = []
        for family, members in self.series.items():
            lines.append(f"# TYPE {family} {self.types[family]}")
            for name, labels, points in members:
                inner = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
                lines += [f"{name}{{{inner}}} {value!r} {at!r}" for at, value in points]
        return "\n".join([*lines, "# EOF", ""])


@dataclass
class Server:
    """A running Prometheus; `url` is its address."""

    url: str
    log: Path

    def number(self, query, at):
        """The one number of an expression at a moment, seconds UTC; NaN where it has none."""
        found = self._ask("query", query=query, time=at)
        assert len(found) < 2, found
        return float(found[0]["value"][1]) if found else math.nan

    def numbers(self, query, start, end, step):
        """The numbers of an expression by moments, at `start`, `end` and each `step` between."""
        found = self._ask("query_range", query=query, start=start, end=end, step=step)
        assert len(found) < 2, [one["metric"] for one in found]
        return {at: float(value) for one in found for at, value in one["values"]}

    def _ask(self, path, **form):
        answer = httpx.post(f"{self.url}/api/v1/{path}", data=form, trust_env=False, timeout=60).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]


@contextlib.contextmanager
def prometheus(folder, samples=None, config="global: {scrape_interval: 1h}\n", arguments=(), web=None):
    """Start one and wait until it is ready; it is ended with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    if samples is not None:
        (folder / "in.om").write_text(samples.text(), encoding="utf-8")
        backfill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", "--max-block-duration=486h"]
        subprocess.run([*backfill, str(folder / "in.om"), str(data)], check=True, capture_output=True)
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}"]
    command += ["--storage.tsdb.retention.time=3650d", "--web.listen-address=127.0.0.1:0", *arguments]
    if web is not None:
        (folder / "web.yml").write_text(web, encoding="utf-8")
        command.append(f"--web.config.file={folder / 'web.yml'}")
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield Server(f"http{'s' if web and 'tls' in web else ''}://{_address(process, log)}", log)
        finally:
            process.terminate()
            process.wait(20)


def _address(process, log):
    """Where it listens, once it is ready; its log says both, and asking it would need a socket (and perhaps TLS)."""
    deadline = time.monotonic() + 60
    while True:
        text = log.read_text(encoding="utf-8", errors="replace")
        found = re.search(r'msg="Listening on" address=(\S+)', text)
        if found and "Server is ready to receive web requests" in text:
            return found[1]
        assert process.poll() is None, text
        assert time.monotonic() < deadline, text
        time.sleep(0.05)


@contextlib.contextmanager
def victoria(folder, samples):
    """Start VictoriaMetrics over the same samples; it is ended with the block."""
    folder.mkdir(parents=True)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{sock.getsockname()[1]}"
    command = [
        VICTORIA,
        "-storageDataPath",
        str(folder / "data"),
        "-httpListenAddr",
        address,
        "-retentionPeriod",
        "10y",
    ]
    lines = [line.rsplit(" ", 1) for line in samples.text().splitlines() if not line.startswith("#")]
    text = "".join(f"{head} {int(float(at) * 1000)}\n" for head, at in lines)
    log = folder / "log"
    with log.open("wb") as output, httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=60) as client:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + 60
            while b"pprof handlers are exposed" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            assert client.post("/api/v1/import/prometheus", content=text).status_code == 204
            client.get("/internal/force_flush")
            yield Server(f"http://{address}", log)
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def pages(contents):
    """Serve texts at their paths on loopback; `contents` may be changed meanwhile. Yields host:port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = contents.get(self.path)
            self.send_response(200 if text is not None else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
