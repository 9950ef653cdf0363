"""Numbers that real systems gave, recorded and public; they stand beside the checkout, where there are any."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.model.sample import Series, to_ms
from app.model.series_key import SeriesKey
from tests.benchmarks.generator import Column

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_SCRAPED_AT = 1_780_000_000_000


def sets(folder: Path) -> Iterator[tuple[str, list[Column]]]:
    """Name and series of each set that is there."""
    found = {
        "NAB: cloud metrics, mostly every 5 minutes": _nab(folder / "nab"),
        "Azure LLM inference: one sample per request, irregular": _azure_llm(folder / "azure-llm-2023"),
        "Azure VM noise: full-precision rates, irregular": _azure_vm(folder / "azure-vm-noise"),
        "one scrape of five exporters: a sample per series": _captures(folder / "captures" / "metrics"),
    }
    for name, series in found.items():
        columns = [_column(number, *one) for number, one in enumerate(series)]
        if columns:
            yield name, columns


def as_series(columns: Iterable[Column], enclave: str) -> list[Series]:
    """The same as a collector has them: each file a scrape group of its own."""
    return [
        Series(SeriesKey.of(one.key.metric, dict(one.key.labels) | {"enclave": enclave}), one.time / 1000.0, one.value,
               one.key.label("file"))
        for one in columns
    ]  # fmt: skip


def _column(number: int, key: SeriesKey, seconds: np.ndarray, values: np.ndarray) -> Column:
    """In order of time, the last of each moment: no store of series keeps two."""
    time = to_ms(seconds)
    order = np.argsort(time, kind="stable")
    time, values = time[order], values[order]
    last = np.append(np.diff(time) > 0, True)
    return Column(number, key, time[last], np.ascontiguousarray(values[last], np.float64))


_Found = Iterator[tuple[SeriesKey, np.ndarray, np.ndarray]]


def _nab(folder: Path) -> _Found:
    for path in sorted(folder.glob("*.csv")):
        yield from _table(path, "timestamp", {"value": "nab_value"})


def _azure_llm(folder: Path) -> _Found:
    for path in sorted(folder.glob("*.csv")):
        yield from _table(path, "TIMESTAMP", {"ContextTokens": "prompt_tokens", "GeneratedTokens": "output_tokens"})


def _azure_vm(folder: Path) -> _Found:
    for path in sorted(folder.glob("*.csv")):
        yield from _table(path, "starttime", {"value": "redis_requests_rate", "runtime": "run_seconds"}, "VM_id")


def _table(path: Path, when: str, wanted: dict[str, str], by: str = "") -> _Found:
    """Columns of a CSV as series; `by` names the column that tells several things apart."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[when] and all(row[name] for name in wanted)]
    things: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        things.setdefault(row[by] if by else "", []).append(row)
    for thing, members in things.items():
        seconds = np.array([_seconds(row[when]) for row in members])
        for name, metric in wanted.items():
            labels = {"file": f"{path.stem}{thing}", "thing": thing}
            yield SeriesKey.of(metric, labels), seconds, np.array([float(row[name]) for row in members])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text[:26].strip()).replace(tzinfo=UTC).timestamp()


def _captures(folder: Path) -> _Found:
    """Everything of one scrape stands at one time."""
    seconds = np.array([_SCRAPED_AT / 1000.0])
    for path in sorted(folder.glob("*.prom")):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = _SAMPLE.match(line)
            if match:
                labels = dict(_LABEL.findall(match[2] or "")) | {"file": path.stem}
                yield SeriesKey.of(match[1], labels), seconds, np.array([float(match[3])])
