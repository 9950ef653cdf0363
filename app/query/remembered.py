"""The overview kept from one run to the next, so that a start paints before it has asked the store.

A picture lies beside the cache, for it holds what the cache holds, and it can be made again at any
time. So whatever is not exactly right about one is answered by not having one: another format,
another station or ceiling, a cache that was replaced, a flipped bit, a clock that was set back.
"""

import contextlib
import json
import os
import zlib
from pathlib import Path
from typing import Any

from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths
from app.query.fleet import Overview
from app.query.later import brought_to
from app.query.picture_form import as_plain, from_plain
from app.settings import Station

_FORMAT = b"watchfloor-overview/2"
_HEAD = len(_FORMAT) + 1 + 8 + 1 + 8 + 1  # format, digest of the rest, stamp of the databases


def stamp(paths: Paths) -> int:
    """Number that differs after anybody wrote to what an answer comes from; taken before that is read."""
    told = []
    logs = [path.with_name(f"{path.name}-wal") for path in (paths.cache_db, paths.state_db)]
    for file in (paths.cache_db, paths.state_db, *logs, paths.station_toml, paths.policy / "health.toml"):
        with contextlib.suppress(OSError):
            status = file.stat()
            told.append((file.name, status.st_ino, status.st_mtime_ns, status.st_size))
    return zlib.crc32(repr(told).encode())


def keep(paths: Paths, station: Station, overview: Overview, before: int) -> None:
    """Keep an answer about the present; `before` is the `stamp` from before it was read.

    Nothing is written where nothing has changed since the last one, for ages are worked out anew in any
    case; nor where the folder cannot be written to.
    """
    with contextlib.suppress(OSError):
        head = _head(paths.last_overview)
        if head.startswith(_FORMAT) and head[-9:-1] == b"%08x" % before:
            return
    with contextlib.suppress(OSError):
        plain, curves = as_plain(overview)
        _write(paths, {"cache": _cache(paths), **_owner(station), "answer": plain}, curves, before)


def _write(paths: Paths, content: dict[str, Any], curves: bytes, before: int) -> None:
    body = json.dumps(content, separators=(",", ":")).encode() + b"\n" + curves
    unfinished = paths.last_overview.with_name(f"{paths.last_overview.name}.{os.getpid()}.part")
    mode = paths.cache_db.stat().st_mode & 0o666  # it holds what the cache holds
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(b"%b %08x %08x\n%b" % (_FORMAT, zlib.crc32(body), before, body))
        unfinished.replace(paths.last_overview)
    finally:
        unfinished.unlink(missing_ok=True)


def recall(paths: Paths, station: Station, at: float, span: TimeRange) -> Overview | None:
    """The overview that was kept last, brought to `at` (seconds UTC); None where none fits.

    It fits if it was made by this form of the program for this station, ceiling and cache, is intact,
    was seen before `at` over a range as long as `span`, and holds nothing above the ceiling.
    """
    try:
        kept = paths.last_overview.read_bytes()
        head, body = kept[:_HEAD], kept[_HEAD:]
        if not head.startswith(b"%b %08x " % (_FORMAT, zlib.crc32(body))):
            return None
        text, _, curves = body.partition(b"\n")
        content = json.loads(text)
        if content["cache"] != _cache(paths) or any(content[key] != value for key, value in _owner(station).items()):
            return None
        told = from_plain(content["answer"], curves)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    if told.seen > at or abs(told.span.seconds - span.seconds) > 1.0 or _highest(told) > station.ceiling:
        return None
    return Overview(brought_to(told.fleet, at, span), told.received, span, told.seen)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _cache(paths: Paths) -> list[int]:
    """Which file the cache is: one that was put in its place holds something else."""
    status = paths.cache_db.stat()
    return [status.st_dev, status.st_ino]


def _owner(station: Station) -> dict[str, Any]:
    return {
        "station": station.id,
        "ceiling": station.ceiling.code,
        "floor": station.aggregation_floor.code,
    }


def _highest(overview: Overview) -> Level:
    """Highest level of anything in it: what a file says of itself is not believed."""
    fleet = overview.fleet
    levels = {state.enclave.level for state in fleet.enclaves} | {item.level for item in fleet.attention}
    return max(levels | {fleet.marking})
