"""How long a start takes, from launch to the first picture: each figure from fresh processes, side by side.

The peers are an interpreter that does nothing, an empty window of QtWidgets, and this console with
everything that it puts off imported first. The console shows 600 endpoints from a kept picture, so the
size of the store behind it plays no part.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from app.model.catalogue import Enclave, Endpoint
from app.model.health import Bound, Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths
from app.query.fleet import Deployment, EnclaveState, Fleet, Overview, Spark
from app.query.later import brought_to
from app.query.remembered import keep
from app.query.rows import counted, endpoint_rows
from app.settings import Station, write_station

_EMPTY_WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

class Window(QWidget):
    def paintEvent(self, event):
        QTimer.singleShot(0, painted)

def painted():
    print("painted", flush=True)
    application.quit()

application = QApplication([])
application.setStyle("Fusion")
window = Window()
window.resize(1600, 960)
window.show()
application.exec()
"""

_PUT_OFF = ("numpy", "pyqtgraph", "httpx", "keyring", "sqlite_utils")
"""What an eager start would import first; those that are not installed are left out, and so is their cost."""

_EAGER = """
import importlib, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
from app.cli import main
sys.exit(main(sys.argv[2:]))
"""

_ENCLAVES = (
    Enclave("u-east", "East", Level.U, 900.0, 300.0),
    Enclave("s-core", "Core", Level.S, 3600.0, 900.0),
    Enclave("ts-core", "Vault", Level.TS, 7200.0, 1800.0),
)
_DAY = 86400.0


def measure(folder: Path | None = None, *, endpoints: int = 600, rounds: int = 7) -> dict[str, float]:
    """Medians of `rounds` starts of each kind, taken in turns so that a busy moment hits all alike.

    Parameters
    ----------
    folder
        Where to put a station with a kept picture; a temporary one without it.
    endpoints
        Rows of the overview.
    rounds
        Starts of each kind, after one that is not counted.

    Returns
    -------
    dict
        Milliseconds from launch to picture: ``python``, ``window``, ``console``, ``eager``; the same with
        ``_cpu`` for the time of the main thread on a processor; and the two ratios ``console/window`` and
        ``console/eager``, each the median of the rounds' own ratios.
    """
    with tempfile.TemporaryDirectory() as made:
        base = folder if folder is not None else Path(made)
        _make_station(base, endpoints)
        console = ["console", "--base-dir", str(base), "--until-painted"]
        there = [name for name in _PUT_OFF if _installed(name)]
        commands = {
            "python": [sys.executable, "-c", "print('painted')"],
            "window": [sys.executable, "-c", _EMPTY_WINDOW],
            "console": [sys.executable, "-m", "app", *console],
            "eager": [sys.executable, "-c", _EAGER, ",".join(there), *console],
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, command in commands.items():
                times = _start(command, base)
                if number:  # the first one writes the compiled modules and warms the files
                    taken[name].append(times)
    found = {name: statistics.median(wall for wall, _ in times) for name, times in taken.items()}
    found |= {f"{name}_cpu": statistics.median(cpu for _, cpu in times) for name, times in taken.items()}
    for peer in ("window", "eager"):
        pairs = zip(taken["console"], taken[peer], strict=True)
        found[f"console/{peer}"] = statistics.median(mine[1] / its[1] for mine, its in pairs)
    return found


def _start(command: list[str], home: Path) -> tuple[float, float]:
    """Wall and processor milliseconds from launch until the child says that it has painted."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(home / "user")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    root = Path(__file__).parents[2]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        wall = time.perf_counter() - began
        cpu = _on_processor(child.pid)
        child.wait(60)
    if line.strip() != "painted":
        msg = f"a start ended without a picture: {command[:3]}"
        raise RuntimeError(msg)
    return wall * 1e3, cpu * 1e3


def _on_processor(process: int) -> float:
    """Seconds that the main thread has spent on a processor; NaN where the system does not tell."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return float("nan")


def _installed(name: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def _make_station(base: Path, endpoints: int) -> None:
    """A station whose overview was read a minute ago; its cache is never asked before the first picture."""
    paths = Paths.under(base)
    paths.make()
    station = Station("bench", "Bench", Level.TS)
    write_station(paths, station)
    paths.cache_db.touch()
    at = time.time() - 60.0
    keep(paths, station, _overview(at, endpoints), before=0)


def _overview(at: float, endpoints: int) -> Overview:
    span = TimeRange(at - _DAY, at)
    nan = float("nan")
    states = {
        one.id: EnclaveState(one, Freshness.FRESH, at, 0.0, at, 0.0, 0, 0, Health.OFF, at, nan) for one in _ENCLAVES
    }
    cells = []
    for number in range(endpoints):
        enclave = _ENCLAVES[number % len(_ENCLAVES)]
        name = f"endpoint-{number:04d}"
        curve = tuple(0.2 + 0.001 * ((number * 31 + bucket * 17) % 97) for bucket in range(96))
        health = Health.WARNING if number % 40 == 0 else Health.CRITICAL if number % 150 == 1 else Health.HEALTHY
        cells.append(
            Deployment(
                enclave,
                Endpoint(enclave.id, name, name, "Measured", user_weight=1.0 + number % 7),
                health,
                at - 3600.0,
                (),
                0.25,
                Bound.EXACT,
                0.001,
                "mesh",
                12.0,
                4.0,
                4.0,
                at - 60.0,
                60.0,
                Freshness.FRESH,
                spark=Spark(span.start, span.end, at, curve),
            )
        )
    by_enclave = {name: [cell for cell in cells if cell.enclave.id == name] for name in states}
    enclaves = tuple(counted(state, by_enclave[name]) for name, state in states.items())
    fleet = Fleet(at, Level.TS, False, enclaves, endpoint_rows(cells), (), 0.6, 240, 0.9991, 0.99)
    fleet = replace(brought_to(fleet, at, span), as_of=at)
    return Overview(fleet, {name: tuple(at - 900.0 * n for n in range(90, 0, -1)) for name in states}, span, at)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
