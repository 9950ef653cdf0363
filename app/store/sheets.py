"""Monthly sheets: counted metrics summed by the hour, all series of an enclave's metric in one matrix.

Good and total of two hundred endpoints over a year are sums over a few dozen rows instead of three hundred million
samples. A sheet is made of the rollups of the tier of spans, so it is exact and can always be made again; one whose
rollups changed is listed as stale until it is, and is not read meanwhile.
"""

import contextlib
import logging
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.job import Job
from app.model.metrics import COUNTED
from app.model.sample import FloatArray, TimeArray
from app.store.block import SPAN
from app.store.codec import VERSION, seal, unseal
from app.store.database import Reader, Writer, readable_pages, transaction
from app.store.packing import fail_length, pack, unpack
from app.store.rollup import HOUR, Hours, Rollup, decode_rollup, encode_rollup, hours_of, unpack_hours
from app.store.tiers import SPANS, Clock, open_chunk, read_clock, read_row
from app.store.values import Codes, find_codes, unpack_codes

# version, spare, spare, series, hours, first hour
_SHEET = struct.Struct("<BBHIIq")
_LENGTH = struct.Struct("<I")
_MOST_HOURS: Final = 31 * 24
_BATCH: Final = 500

log = logging.getLogger("watchfloor.store")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One month of one metric of an enclave.

    `ids` (k,) are the numbers of the series, increasing; `first` is the first hour of the month, counted from 1970
    UTC; `count` and `total` have shape (k, h): samples that are numbers, and their sum.
    """

    ids: npt.NDArray[np.int64]
    first: int
    count: npt.NDArray[np.int64]
    total: FloatArray

    def pack(self) -> bytes:
        """Sealed bytes that `unpack_sheet` reads."""
        count = pack(self.count.ravel().astype(np.int32))
        ids = pack(np.ascontiguousarray(np.diff(self.ids, prepend=0)))
        head = _SHEET.pack(VERSION, 0, 0, self.ids.size, self.count.shape[1], self.first)
        parts = [_LENGTH.pack(len(part)) + part for part in (ids, count)]
        return seal(head, b"".join(parts) + find_codes(np.ascontiguousarray(self.total.ravel())).pack())


def unpack_sheet(blob: bytes) -> Sheet:
    """Read what `Sheet.pack` wrote.

    Raises
    ------
    StoreDamaged
    """
    (_, _, _, series, hours, first), payload = unseal(blob, _SHEET)
    if series == 0 or not 0 < hours <= _MOST_HOURS or series > 1 << 24:
        fail_length()
    parts = []
    for _ in range(2):
        if len(payload) < _LENGTH.size:
            fail_length()
        (length,) = _LENGTH.unpack_from(payload)
        parts.append(payload[_LENGTH.size : _LENGTH.size + length])
        payload = payload[_LENGTH.size + length :]
    shape = (series, hours)
    ids = np.cumsum(unpack(parts[0], series, np.int64))
    count = unpack(parts[1], series * hours, np.int32).astype(np.int64).reshape(shape)
    return Sheet(ids, first, count, unpack_codes(payload, series * hours).floats().reshape(shape))


def month_of(hour: int) -> int:
    """Number of the month, 12 * year + month - 1, of an hour counted from 1970 UTC."""
    moment = datetime.fromtimestamp(hour * 3600, UTC)
    return 12 * moment.year + moment.month - 1


def first_hour(month: int) -> int:
    """First hour of a month, counted from 1970 UTC."""
    return int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()) // 3600


def mark_stale(writer: Writer, chunks: Sequence[tuple[int, int]]) -> None:
    """Note that rollups of (series, span) changed, so that the sheets made of them must be made again."""
    counted: dict[int, tuple[str, str]] = {}
    numbers = sorted({series for series, _ in chunks})
    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        rows = writer.db.execute(
            f"SELECT id, enclave, metric FROM series WHERE id IN ({', '.join('?' * len(batch))})", batch
        )
        counted |= {number: (enclave, metric) for number, enclave, metric in rows if metric in COUNTED}
    stale = {
        (*counted[series], month) for series, span in chunks if series in counted for month in _months_of_span(span)
    }
    writer.db.executemany("INSERT OR IGNORE INTO stale_sheet VALUES (?, ?, ?)", sorted(stale))


def _months_of_span(span: int) -> range:
    first, last = span * SPAN // HOUR, ((span + 1) * SPAN - 1) // HOUR
    return range(month_of(first), month_of(last) + 1)


def refresh_sheets(writer: Writer, job: Job) -> None:
    """Make the stale sheets again, each in a commit of its own."""
    stale = writer.db.execute("SELECT enclave, metric, month FROM stale_sheet").fetchall()
    for done, (enclave, metric, month) in enumerate(stale):
        job.step(done, len(stale), "summing up months")
        with transaction(writer.db) as db:
            row = (enclave, metric, month)
            db.execute("DELETE FROM sheet WHERE enclave = ? AND metric = ? AND month = ?", row)
            try:
                sheet = make_sheet(writer, enclave, metric, month)
            except StoreDamaged as error:
                # It stays stale, so that nobody reads it; sums are taken of what can be read.
                log.warning("no sheet of %s of %s: %s", metric, enclave, error)
                continue
            if sheet is not None:
                db.execute("INSERT INTO sheet (enclave, metric, month, body) VALUES (?, ?, ?, ?)", (*row, sheet.pack()))
            db.execute("DELETE FROM stale_sheet WHERE enclave = ? AND metric = ? AND month = ?", row)


def make_sheet(session: Reader | Writer, enclave: str, metric: str, month: int) -> Sheet | None:
    """Sum up a month from rollups, or from the samples where there is no rollup; None where there is neither.

    Raises
    ------
    StoreDamaged
        If neither of a series can be read.
    """
    members = session.db.execute(
        "SELECT id, scrape_group FROM main.series WHERE enclave = ? AND metric = ? ORDER BY id", (enclave, metric)
    ).fetchall()
    first, end = first_hour(month), first_hour(month + 1)
    rows = {}
    for series, group in members:
        found = [
            rolled
            for span in SPANS.spans(first * HOUR, end * HOUR)
            if (rolled := _rollup_or_samples(session, series, group, span))
        ]
        count, total = np.zeros(end - first, np.int64), np.zeros(end - first)
        for one in found:
            inside = (one.hour >= first) & (one.hour < end)
            count[one.hour[inside] - first] += one.count[inside]
            total[one.hour[inside] - first] += one.total[inside]
        if count.any():
            rows[series] = (count, total)
    if not rows:
        return None
    counts, totals = zip(*rows.values(), strict=True)
    return Sheet(np.array(list(rows), np.int64), first, np.stack(counts), np.stack(totals))


def read_rollup(session: Reader | Writer, series: int, group: int, span: int) -> Rollup | None:
    """Rollup of a series in a span; None where none is stored."""
    blob = read_row(session, "rollup", SPANS.key(series, span))
    hours = read_row(session, "hours", SPANS.key(group, span))
    return None if blob is None or hours is None else decode_rollup(blob, unpack_hours(hours))


def _rollup_or_samples(session: Reader | Writer, series: int, group: int, span: int) -> Rollup | None:
    try:
        rollup = read_rollup(session, series, group, span)
    except StoreDamaged:
        rollup = None
    return rollup or roll_up(session, series, group, span)


def roll_up(session: Reader | Writer, series: int, group: int, span: int) -> Rollup | None:
    """Rollup of a series in a span, made of its settled samples; None where there are none.

    Raises
    ------
    StoreDamaged
    """
    blobs = make_rollup(session, series, group, span)
    return None if blobs is None else decode_rollup(blobs[0], unpack_hours(blobs[1]))


def make_rollup(session: Reader | Writer, series: int, group: int, span: int) -> tuple[bytes, bytes] | None:
    """Bytes of the rollup of a series in a span and of its group's hours, made of the settled samples.

    Raises
    ------
    StoreDamaged
    """
    row = read_row(session, SPANS.chunks, SPANS.key(series, span))
    if row is None:
        return None
    clock = read_clock(session, SPANS, group, span)
    if clock is None:
        msg = "The times of a stored chunk are missing."
        raise StoreDamaged(msg)
    codes, time, _ = open_chunk(row, clock)
    hours = hours_of(clock.time)
    return rollup_of(codes, time, clock, hours), hours.pack()


def rollup_of(codes: Codes, time: TimeArray, clock: Clock, hours: Hours) -> bytes:
    """Bytes of the rollup of an opened chunk, beside the times of its group and their hours."""
    own = time is not clock.time
    return encode_rollup(codes, hours_of(time) if own else hours, own=own)


def read_sheets(
    reader: Reader, wanted: Sequence[tuple[str, str]], months: range
) -> Mapping[tuple[str, str, int], Sheet]:
    """Sheets of (enclave, metric) in `months` that are up to date and can be read."""
    found = {}
    with contextlib.suppress(StoreDamaged), readable_pages():
        stale = set(reader.db.execute("SELECT enclave, metric, month FROM stale_sheet"))
        for enclave, metric in wanted:
            rows = reader.db.execute(
                "SELECT month, body FROM sheet WHERE enclave = ? AND metric = ? AND month BETWEEN ? AND ?",
                (enclave, metric, months.start, months.stop - 1),
            )
            for month, body in rows:
                if (enclave, metric, month) not in stale:
                    with contextlib.suppress(StoreDamaged):
                        found[enclave, metric, month] = open_sheet(month, body)
    return found


def open_sheet(month: int, stored: object) -> Sheet:
    """Read the sheet of a month.

    Raises
    ------
    StoreDamaged
    """
    if isinstance(stored, bytes):
        sheet = unpack_sheet(stored)
        if sheet.first == first_hour(month):
            return sheet
    msg = "A stored sheet is not that of its month."
    raise StoreDamaged(msg)
