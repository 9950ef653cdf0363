"""Bars 4, 5 and 13: twelve linked charts over 90 days of a store: first picture, pan and zoom, memory."""

import json
import subprocess
import sys
from collections.abc import Iterator

from tests.benchmarks.result import Line
from tests.benchmarks.work import ROOT, Unavailable, Work

BARS = (4, 5, 13)
_FRAME_60 = 16.7
_FRAME_120 = 8.3


def run(work: Work) -> Iterator[Line]:
    """Each kind in a process of its own, off screen, 1600 x 1000."""
    try:
        import app.ui.charts.chart  # noqa: F401 -- asked for early: the children would only say it late
    except ImportError as error:
        raise Unavailable(str(error)) from error
    rollup, raw, naive = (_measured(work, mode) for mode in ("rollup", "raw", "pyqtgraph"))
    note = "store read included; ours from rollups, pyqtgraph from all points, off screen, 1600 x 1000"
    cpu = {"ours_cpu": rollup["first_cpu"], "peer_cpu": naive["first_cpu"]}
    what = "12 charts x 90 d, click to last pixel, against naive pyqtgraph"
    yield Line(4, what, rollup["first"], naive["first"], "ms", ask=20, limit=_FRAME_60, note=note, **cpu)
    cpu = {"ours_cpu": raw["first_cpu"], "peer_cpu": naive["first_cpu"]}
    yield Line(0, "the same from all raw points", raw["first"], naive["first"], "ms", **cpu)
    cpu = {"ours_cpu": raw["frame_cpu"], "peer_cpu": naive["frame_cpu"]}
    what = "one frame of pan and zoom, 12 linked charts over all raw points, against naive pyqtgraph"
    yield Line(5, what, raw["frame"], naive["frame"], "ms", ask=15, **cpu)
    yield Line(5, "the same, p95", raw["frame_p95"], naive["frame_p95"], "ms", limit=_FRAME_120)
    what = "memory of the 12-chart page"
    later = f"after six pages one after another: rollup {rollup['memory_later']:.0f}, "
    later += f"raw {raw['memory_later']:.0f} MiB"
    yield Line(13, f"{what}, rollup, against naive pyqtgraph", rollup["memory"], naive["memory"], "MiB", limit=120)
    yield Line(
        13, f"{what}, all raw points, against naive pyqtgraph", raw["memory"], naive["memory"], "MiB",
        limit=250, note=later,
    )  # fmt: skip


def _measured(work: Work, mode: str) -> dict[str, float]:
    base = work.base(work.shape)
    command = [sys.executable, "-m", "tests.benchmarks.page", str(base), "0", mode]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])
