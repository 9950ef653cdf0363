"""Where the data stand: made once, kept between runs, made anew when what makes them has changed."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.store.database import Store
from tests.benchmarks import ours
from tests.benchmarks.generator import (
    GROUPS,
    KINDS,
    SERVICE_KINDS,
    YEAR_START,
    Scraped,
    Shape,
    columns_of,
    enclave_of,
    scrape,
)
from tests.benchmarks.peers import columns, rows, servers

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = 50
"""Endpoints of the reference set: 1,000 series."""

PEER_ENDPOINTS = 10
"""Endpoints that Prometheus and VictoriaMetrics hold for queries and sizes: 200 series."""

_KEPT = 60
"""Endpoints whose numbers are kept on the disk (20 MB each); the others are made when they are wanted."""


class Unavailable(Exception):
    """A peer or data set that this machine does not have."""


def default_folder() -> Path:
    """The folder that the environment names, or one inside the checkout that Git does not look at."""
    named = os.environ.get("WATCHFLOOR_BENCH_DIR")
    return Path(named).resolve() if named else Path(__file__).parent / ".work"


@dataclass(slots=True)
class Work:
    """The folder, and the scale of this run: 1 is 1,000 series."""

    folder: Path
    scale: float = 1.0
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """The reference set at this scale."""
        return Shape(max(1, round(REFERENCE * self.scale)))

    @property
    def big(self) -> Shape:
        """The product's size, 12,000 series; smaller only where the whole run is."""
        return Shape(max(2, round(12 * REFERENCE * min(1.0, self.scale))))

    @property
    def year(self) -> Shape:
        """Twelve months of 200 endpoints: up, requests and errors."""
        return Shape(max(2, round(200 * min(1.0, self.scale))), 365.0, SERVICE_KINDS, YEAR_START)

    def peer_shape(self, shape: Shape) -> Shape:
        """The part of a set that slow peers hold."""
        return replace(shape, endpoints=min(PEER_ENDPOINTS, shape.endpoints))

    def need_servers(self) -> None:
        """Raise where Prometheus or VictoriaMetrics is not installed."""
        if missing := servers.missing():
            raise Unavailable(missing)

    # --- numbers

    def fleet(self, shape: Shape) -> Iterator[Scraped]:
        """Every endpoint of a set, one after another."""
        return (self.endpoint(shape, number) for number in range(shape.endpoints))

    def endpoint(self, shape: Shape, number: int) -> Scraped:
        """One endpoint, from the disk where it is kept there."""
        path = self.folder / "data" / f"{shape.name}-{_fingerprint('generator.py')}" / f"{number:04d}.i64"
        if path.exists():
            return _read(path, shape, number)
        found = scrape(shape, number)
        if number < _KEPT:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, found)
        return found

    # --- what stands

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """A figure that several benchmarks of one run stand beside."""
        if name not in self.known:
            self.known[name] = make()
        return self.known[name]

    def made(self, name: str, make: Callable[[Path], object]) -> Path:
        """A file or folder that is made once and kept."""
        path = self.folder / name
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.part")
            _remove(unfinished)
            path.parent.mkdir(parents=True, exist_ok=True)
            make(unfinished)
            unfinished.rename(path)
        return path

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """An empty folder that is gone afterwards."""
        path = self.folder / "scratch" / name
        _remove(path)
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            _remove(path)

    def store(self, shape: Shape) -> Store:
        """Our store with a whole set."""
        return ours.open_store(self.base(shape), shape)

    def base(self, shape: Shape) -> Path:
        """Folder of the station that holds a whole set; those of older formats are removed."""
        code = _fingerprint("generator.py", "ours.py", "../../app/store", "../../app/model")
        for old in (self.folder / "ours").glob("*"):
            if not old.name.endswith(code):
                _remove(old)
        name = f"ours/{shape.endpoints}x{shape.name}-{code}"
        return self.made(name, lambda folder: ours.fill(ours.open_store(folder, shape), shape, self.fleet(shape)))

    def duck(self, shape: Shape) -> Path:
        """The same in DuckDB."""
        found = columns_of(self.fleet(shape))
        return self.made(_peer("duck", shape), lambda path: columns.load_duck(path, found))

    def rows(self, shape: Shape) -> Path:
        """The same as rows of SQLite."""
        found = columns_of(self.fleet(shape))
        return self.made(_peer("rows", shape), lambda path: rows.load_rows(path, found))

    def parquet(self, shape: Shape) -> Path:
        """The same as one Parquet file."""
        return self.made(
            _peer("parquet", shape), lambda path: columns.load_parquet(path, columns_of(self.fleet(shape)))
        )

    def prometheus(self, shape: Shape) -> Path:
        """The same as blocks of a Prometheus."""

        def make(folder: Path) -> None:
            with self.scratch("openmetrics") as scratch:
                servers.write_openmetrics(scratch / "in.om", columns_of(self.fleet(shape)))
                servers.promtool(scratch / "in.om", folder)

        return self.made(_peer("prometheus", shape), make)

    def victoria(self, shape: Shape) -> Path:
        """The same in VictoriaMetrics, merged as far as it will and closed once."""

        def make(folder: Path) -> None:
            with servers.victoria(folder) as server:
                servers.load_victoria(server, columns_of(self.fleet(shape)))
                servers.merge_victoria(server, folder)
            with servers.victoria(folder):
                pass

        return self.made(_peer("victoria", shape), make)

    def by_enclave(self, shape: Shape) -> dict[str, Iterator[Scraped]]:
        """The endpoints of each enclave."""
        names = dict.fromkeys(enclave_of(number) for number in range(shape.endpoints))
        return {
            name: (self.endpoint(shape, n) for n in range(shape.endpoints) if enclave_of(n) == name) for name in names
        }


def _peer(what: str, shape: Shape) -> str:
    return f"{what}/{shape.endpoints}x{shape.name}-{_fingerprint('generator.py', 'peers')}"


def _fingerprint(*sources: str) -> str:
    """Digest of source files: what was made by other code is made again."""
    digest = hashlib.sha256()
    for source in sources:
        path = Path(__file__).parent / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    for one in path.parent.glob(f"{path.name}*") if path.parent.exists() else ():
        if one.is_file():
            one.unlink()


def _write(path: Path, one: Scraped) -> None:
    """Lengths of the groups, their times, then the values of each kind."""
    lengths = np.array([time.size for time in one.times], np.int64)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        for array in (lengths, *one.times, *one.values.values()):
            file.write(array.tobytes())
    unfinished.rename(path)


def _read(path: Path, shape: Shape, number: int) -> Scraped:
    words = np.fromfile(path, np.int64)
    lengths = words[: len(GROUPS)].tolist()
    at, times, values = len(GROUPS), [], {}
    for length in lengths:
        times.append(words[at : at + length])
        at += length
    for kind in shape.kinds:
        length = lengths[KINDS[kind].group]
        values[kind] = words[at : at + length].view(np.float64)
        at += length
    return Scraped(number, tuple(times), values)
