"""Samples that lost against another value at the same time, with the bundle whose word they were.

They answer what was known before the better word came. Each value stands with a digest of itself and of its place.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from app.errors import StoreDamaged
from app.store.database import Damage, Reader, Writer, readable_pages
from app.store.origin import Origin
from app.store.overlay import EMPTY, Layer, Lost, Ranks

_VALUE_BYTES: Final = 8
_DIGEST_BYTES: Final = 4


def keep_lost(writer: Writer, series: int, lost: Lost) -> None:
    """Keep the samples of one series that lost, and at disputed times those that agreed with what was kept."""
    _keep(writer, series, lost.rivals)
    if lost.agreed.time.size:
        span = int(lost.agreed.time[0]), int(lost.agreed.time[-1])
        disputed = writer.db.execute(
            "SELECT DISTINCT time FROM superseded WHERE series = ? AND time BETWEEN ? AND ?", (series, *span)
        ).fetchall()
        there = np.isin(lost.agreed.time, np.array([time for (time,) in disputed], np.int64))
        agreed = lost.agreed
        _keep(writer, series, Layer(agreed.time[there], agreed.value[there], agreed.origin.pick(there)))


def _keep(writer: Writer, series: int, lost: Layer) -> None:
    if not lost.time.size:
        return
    # both the bundle whose word it was and the one that had brought it first: a rival may lie between the two
    rows = {
        (time, bundle): value
        for bundles in lost.origin.expand()
        for time, bundle, value in zip(lost.time.tolist(), bundles.tolist(), lost.value, strict=True)
    }
    writer.db.executemany(
        "INSERT OR IGNORE INTO superseded (series, time, bundle, value) VALUES (?, ?, ?, ?)",
        [
            (series, time, bundle, _sealed(series, time, bundle, np.float64(one)))
            for (time, bundle), one in rows.items()
        ],
    )


def _sealed(series: int, time: int, bundle: int, value: np.float64) -> bytes:
    plain = value.tobytes()
    return plain + _digest(series, time, bundle, plain)


def _digest(series: int, time: int, bundle: int, plain: bytes) -> bytes:
    return hashlib.sha256(f"{series} {time} {bundle} ".encode() + plain).digest()[:_DIGEST_BYTES]


def open_value(series: int, time: int, bundle: int, stored: Any) -> bytes:
    """Bytes of the double that was superseded.

    Raises
    ------
    StoreDamaged
    """
    if isinstance(stored, bytes):
        plain, digest = stored[:_VALUE_BYTES], stored[_VALUE_BYTES:]
        # version 1 kept the value alone
        if len(plain) == _VALUE_BYTES and digest in (b"", _digest(series, time, bundle, plain)):
            return plain
    msg = "A superseded value does not match its digest."
    raise StoreDamaged(msg)


def read_lost(reader: Reader, series: int, start: int, end: int, moment: float, order: Ranks) -> Layer:
    """What of one series lost with start <= time < end, ms, and had arrived by `moment` (seconds UTC).

    What cannot be read is listed in `reader.damage`.
    """
    try:
        with readable_pages():
            rows = reader.db.execute(
                "SELECT time, bundle, value FROM superseded WHERE series = ? AND time >= ? AND time < ? ORDER BY time",
                (series, start, end),
            ).fetchall()
    except StoreDamaged as error:
        reader.damage.append(Damage(series, start / 1000.0, end / 1000.0, error.message))
        return EMPTY
    kept: list[tuple[int, int, bytes]] = []
    for time, bundle, stored in rows:
        try:
            plain = open_value(series, time, bundle, stored)
            order.check([bundle])
        except StoreDamaged as error:
            # A page that was changed may give rows without a time, although no such row can be written.
            low, high = (time, time + 1) if isinstance(time, int) else (start, end)
            reader.damage.append(Damage(series, low / 1000.0, high / 1000.0, error.message))
            continue
        if order.received[bundle] <= moment:
            kept.append((time, bundle, plain))
    return _best(kept, order)


def _best(rows: Sequence[tuple[int, int, bytes]], order: Ranks) -> Layer:
    """Two losers may stand at one time; a layer has one sample per time, so the better one speaks."""
    time = np.array([row[0] for row in rows], np.int64)
    bundle = np.array([row[1] for row in rows], np.int64)
    value = np.frombuffer(b"".join(row[2] for row in rows), np.float64)
    ordered = np.lexsort((order.place[bundle], time))
    best = ordered[np.append(np.diff(time[ordered]) != 0, True)] if time.size else ordered
    return Layer(time[best], value[best], Origin.from_samples(bundle[best], bundle[best]))
