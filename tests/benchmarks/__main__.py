"""Runs benchmarks by name: all files of `bars` where none is named."""

import argparse
import importlib
import json
import shlex
import sys
import time
from pathlib import Path
from types import ModuleType

from tests.benchmarks.result import Report, machine, markdown, table
from tests.benchmarks.work import Unavailable, Work, default_folder

RESULTS = Path(__file__).with_name("RESULTS.md")
BARS = Path(__file__).with_name("bars")


def names() -> list[str]:
    """Every benchmark there is: a file of `bars`, in the order of the bars it measures."""
    found = [path.stem for path in BARS.glob("*.py")]
    return sorted(found, key=lambda name: (load(name).BARS or (99,), name))


def load(name: str) -> ModuleType:
    """A benchmark: a module with `BARS`, the numbers it measures, and `run(work)`, which gives lines."""
    return importlib.import_module(f"tests.benchmarks.bars.{name}")


def run(name: str, work: Work, command: str) -> Report:
    """Run one; what is missing on this machine is said, not hidden."""
    about, started = machine(), time.perf_counter()
    try:
        lines = tuple(load(name).run(work))
    except (ImportError, Unavailable) as error:
        return Report(name, command, about, skipped=str(error))
    return Report(name, command, about, lines, seconds=time.perf_counter() - started)


def keep(report: Report, folder: Path) -> None:
    """Put a report in its place on the page; the others keep theirs, with the date of their own run."""
    kept = folder / "reports"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / f"{report.name}.json").write_text(json.dumps(report.as_json(), indent=1), encoding="utf-8")
    paths = [kept / f"{name}.json" for name in names()]
    found = [Report.from_json(json.loads(path.read_text(encoding="utf-8"))) for path in paths if path.exists()]
    RESULTS.write_text(markdown(found), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run what was asked for and write what it gave; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="sh packaging/go bench")
    parser.add_argument("name", nargs="*", help=f"of: {', '.join(names())}; all where none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="times the 1,000 series of the reference set")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.name) - set(names()))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(names())}")
    work = Work(default_folder(), options.scale)
    reports = []
    for name in options.name or names():
        print(f"{name} ...", file=sys.stderr, flush=True)
        report = run(name, work, shlex.join(["sh", "packaging/go", "bench", *arguments]))
        reports.append(report)
        keep(report, work.folder)
        if not options.json:
            print(f"{table(report)}\n", flush=True)
    if options.json:
        print(json.dumps([report.as_json() for report in reports], indent=1))
    return 0 if all(line.met is not False for report in reports for line in report.lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
