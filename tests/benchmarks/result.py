"""What a benchmark says: one line per bar and peer, ratio first; as a table, as JSON, as Markdown."""

import os
import platform
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import numpy as np

Better = Literal["less", "more"]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of ours, beside that of a peer or against a limit of its own.

    Parameters
    ----------
    bar
        Number of the bar; 0 where the figure is told without one.
    what
        What is measured, and against whom.
    ours, peer
        In `unit`; `peer` is None where there is only a limit.
    better
        Whether less or more of the unit is better.
    ask
        The ratio that the bar asks for, or None.
    limit
        The bound on `ours` that the bar asks for, or None.
    ours_cpu, peer_cpu
        The same figures by processor time, where they have one.
    note
        What a reader must know: fewer rows, another set, where it looks worse.
    """

    bar: int
    what: str
    ours: float
    peer: float | None
    unit: str
    better: Better = "less"
    ask: float | None = None
    limit: float | None = None
    ours_cpu: float | None = None
    peer_cpu: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better we are than the peer; below 1 we are worse."""
        if self.peer is None:
            return None
        return self.peer / self.ours if self.better == "less" else self.ours / self.peer

    @property
    def cpu_ratio(self) -> float | None:
        """The same by processor time: what is left of the ratio when others use the machine, too."""
        if self.peer_cpu is None or self.ours_cpu is None:
            return None
        return self.peer_cpu / self.ours_cpu if self.better == "less" else self.ours_cpu / self.peer_cpu

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.ask is None and self.limit is None:
            return None
        enough = self.ask is None or (self.ratio is not None and self.ratio >= self.ask)
        return enough and (self.limit is None or self.ours <= self.limit)

    @property
    def asked(self) -> str:
        """The bar in short."""
        parts = [] if self.ask is None else [f">= {self.ask:.3g}x"]
        if self.limit is not None:
            parts.append(f"<= {self.limit:g} {self.unit}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Report:
    """What one benchmark gave, or why it gave nothing; when, on what and by which command."""

    name: str
    command: str
    machine: dict[str, str]
    lines: tuple[Line, ...] = ()
    skipped: str = ""
    seconds: float = 0.0

    @classmethod
    def from_json(cls, told: dict) -> Self:
        """Read what `as_json` wrote."""
        names = {field.name for field in fields(Line)}
        lines = tuple(Line(**{key: value for key, value in one.items() if key in names}) for one in told["lines"])
        return cls(**{**told, "lines": lines})

    def as_json(self) -> dict:
        """Everything, for other programs."""
        lines = [asdict(one) | {"ratio": one.ratio, "cpu_ratio": one.cpu_ratio, "met": one.met} for one in self.lines]
        return {**asdict(self), "lines": lines, "seconds": round(self.seconds, 1)}


def number(value: float | None) -> str:
    """Three significant digits, no exponent."""
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{float(f'{value:.3g}'):.7g}"


def _cells(line: Line) -> list[str]:
    met = {True: "met", False: "MISSED", None: ""}[line.met]
    ratio = "" if line.ratio is None else f"{number(line.ratio)}x"
    if line.cpu_ratio is not None:
        ratio += f" (cpu {number(line.cpu_ratio)}x)"
    figures = [
        f"{number(wall)} {line.unit}" + (f" (cpu {number(cpu)})" if cpu is not None else "") if wall is not None else ""
        for wall, cpu in ((line.ours, line.ours_cpu), (line.peer, line.peer_cpu))
    ]
    return [str(line.bar or ""), line.what, ratio, line.asked, met, *figures, line.note]


_HEAD = ("#", "what", "ratio", "bar", "", "ours", "peer", "note")


def table(report: Report) -> str:
    """For a terminal; notes stand below."""
    if report.skipped:
        return f"{report.name}: skipped: {report.skipped}"
    rows = [list(_HEAD[:-1]), *(_cells(line)[:-1] for line in report.lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = dict.fromkeys(line.note for line in report.lines if line.note)
    return "\n".join([f"{report.name} ({report.seconds:.0f} s)", *text, *(f"  - {note}" for note in notes)])


def machine() -> dict[str, str]:
    """What it runs on, and when."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":", 1)[1].strip() for line in told.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": f"{os.getloadavg()[0]:.1f}",
        "processor": f"{os.cpu_count()} x {names[0] if names else platform.processor()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": f"Python {platform.python_version()}",
        "sqlite": f"SQLite {sqlite3.sqlite_version}",
        "numpy": f"numpy {np.__version__}",
    }


_ABOUT = """# Benchmark results

Written by `sh packaging/go bench`. A ratio says how many times better we are than the peer, in the same run on the
same machine; below 1 we are worse. Medians of five after one warm-up, by the wall clock; the same by processor time in
brackets, which is what counts where other work had a share of the machine. A bar is judged by the wall clock. Lines
without a bar are told for completeness.
"""


def markdown(reports: Iterable[Report]) -> str:
    """The page of results."""
    text = [_ABOUT]
    for report in reports:
        about = report.machine
        text += [f"## {report.name}", ""]
        text += [f"{about['date']}, `{report.command}`, load average {about['load']} at the start.  "]
        text += [", ".join(value for name, value in about.items() if name not in ("date", "load")) + ".", ""]
        if report.skipped:
            text += [f"Skipped: {report.skipped}", ""]
            continue
        text += [f"| {' | '.join(_HEAD)} |", f"| {' | '.join(['---'] * len(_HEAD))} |"]
        text += [f"| {' | '.join(_cells(line))} |" for line in report.lines]
        text.append("")
    return "\n".join(text)
