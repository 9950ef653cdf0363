"""Bar 10: the longest gap of the event loop while bundles are imported in a thread and pages redraw."""

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.result import Line
from tests.benchmarks.work import ROOT, Work

BARS = (10,)
_FRAME_60 = 16.7
_ROWS = 1_000_000


def run(work: Work) -> Iterator[Line]:
    """A 1 ms timer beside a picture of 600 cells that is drawn sixty times a second; a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.bars.stall", str(work.folder), str(work.scale)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found = json.loads(done.stdout.splitlines()[-1])
    mine, theirs, idle = found["ours"], found["rows"], found["idle"]
    note = f"{found['samples']:,} samples in {mine['seconds']:.1f} s; p99 {mine['p99']:.2f} ms;"
    note += f" idle, the longest was {idle['longest']:.1f} ms; the peer inserts {_ROWS:,} rows"
    what = "longest event-loop gap during import, against executemany in a thread"
    yield Line(10, what, mine["longest"], theirs["longest"], "ms", limit=_FRAME_60, note=note)


def _measured(folder: str, scale: str) -> None:
    """The child: idle, our import, rows."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from app.bundle.inbound import receive
    from app.job import Job
    from tests.benchmarks import ours

    work = Work(Path(folder), float(scale))
    shape = work.shape
    application = QApplication([])
    with work.scratch("stall") as scratch:
        sent = ours.cut_full(scratch / "senders", shape, work.by_enclave(shape))
        store, me = ours.trusting_station(scratch / "station", shape, sent)

        def bring() -> None:
            for path in sent.paths:
                outcome = receive(path, store, me, Job(), carrier="relay")
                assert outcome.code.accepted, outcome

        def rows() -> None:
            db = sqlite3.connect(scratch / "rows.db")
            db.execute("CREATE TABLE samples (sid INTEGER, ts INTEGER, v REAL)")
            db.executemany(
                "INSERT INTO samples VALUES (?, ?, ?)", zip(itertools.repeat(1), range(_ROWS), itertools.repeat(0.5))
            )
            db.commit()
            db.close()

        found = {
            "idle": _watched(application, lambda: time.sleep(1.0)),
            "ours": _watched(application, bring),
            "rows": _watched(application, rows),
            "samples": sent.samples,
        }
    print(json.dumps(found), flush=True)


def _watched(application, work: Callable[[], None]) -> dict[str, float]:
    """Gaps between two turns of a 1 ms timer, in milliseconds, while `work` runs in a thread."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtGui import QColor, QPainter
    from PySide6.QtWidgets import QWidget

    class Cells(QWidget):
        """600 cells, each drawn anew every time."""

        turn = 0

        def paintEvent(self, event):  # noqa: N802 -- Qt calls it so
            self.turn += 1
            painter = QPainter(self)
            for cell in range(600):
                painter.fillRect(
                    cell % 30 * 40, cell // 30 * 30, 38, 28, QColor.fromHsv((cell + self.turn) % 360, 90, 90)
                )
            painter.end()

    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1e3)
        last = now

    cells = Cells()
    cells.resize(1200, 600)
    cells.show()
    application.processEvents()
    redraw, timer = QTimer(interval=16), QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
    redraw.timeout.connect(cells.update)
    timer.timeout.connect(tick)
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- it belongs to whoever waits
            failed.append(error)

    thread = threading.Thread(target=guarded)
    poll = QTimer(interval=10)
    poll.timeout.connect(lambda: None if thread.is_alive() else application.quit())
    last = begin = time.perf_counter()
    for one in (redraw, timer, poll):
        one.start()
    thread.start()
    application.exec()
    for one in (redraw, timer, poll):
        one.stop()
    thread.join()
    if failed:
        raise failed[0]
    ordered = sorted(gaps)
    return {
        "longest": ordered[-1],
        "p99": ordered[int(len(ordered) * 0.99)],
        "seconds": time.perf_counter() - begin,
    }


if __name__ == "__main__":
    _measured(*sys.argv[1:])
