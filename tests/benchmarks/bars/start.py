"""Bar 9: from launch to a painted overview of 600 endpoints, beside an empty window and eager imports."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Spent, median
from tests.benchmarks.result import Line
from tests.benchmarks.work import ROOT, Unavailable, Work

BARS = (9,)
_STARTS = 9
_WINDOW = Path(__file__).parents[1] / "peers" / "window.py"


def run(work: Work) -> Iterator[Line]:
    """Fresh processes, off screen, files in the page cache; in turns, so that all have the same weather."""
    shape = work.big
    base = work.base(shape)
    program = [sys.executable, "-P", "-m", "app"]
    help_ = subprocess.run([*program, "console", "--help"], check=True, capture_output=True, text=True)
    if "--until-painted" not in help_.stdout:
        raise Unavailable("the console cannot yet say when it is painted")
    if not (base / "config" / "station.toml").exists():
        subprocess.run([*program, "init", "--base-dir", base, "--ceiling", "S"], check=True, capture_output=True)
    commands = {
        "ours": [*program, "console", "--base-dir", str(base), "--until-painted"],
        "empty": [sys.executable, str(_WINDOW), "empty"],
        "eager": [sys.executable, str(_WINDOW), "eager"],
    }
    found: dict[str, list[Spent]] = {name: [] for name in commands}
    for _ in range(_STARTS + 1):
        for name, command in commands.items():
            found[name].append(_started(command))
    ours, empty, eager = (median(found[name][1:]) for name in commands)
    note = f"median of {_STARTS} starts; {shape.endpoints} endpoints, {shape.endpoints * 20:,} series"
    for whom, peer, ask in (("an empty window", empty, 1 / 1.5), ("eager imports, empty window", eager, 3.0)):
        cpu = {"ours_cpu": ours.cpu * 1e3, "peer_cpu": peer.cpu * 1e3}
        what = f"launch to painted overview, against {whom}"
        yield Line(9, what, ours.wall * 1e3, peer.wall * 1e3, "ms", ask=ask, note=note, **cpu)


def _started(command: list[str]) -> Spent:
    """Wall and processor time until it says that it is painted; what it does afterwards does not count."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        line = child.stdout.readline()
        wall = time.perf_counter() - begin
        # stat, in ticks of 10 ms, still knows the threads of a process that has just ended
        fields = Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        if line.strip() != b"painted":
            raise RuntimeError(child.stderr.read().decode(errors="replace")[-2000:])
    return Spent(wall, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
