"""The newest value of every series: kept in pages beside the settled samples, and ready between questions.

A page holds the newest settled sample of 1,024 series. What the head holds is laid over it in memory, once after
each change of the store, so that asking for hundreds of series costs microseconds.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.marking import Level
from app.model.sample import FloatArray
from app.store.codec import VERSION, seal, unseal
from app.store.database import Damage, Reader, Store, Writer, readable_pages
from app.store.head import FRAMES, HeadRow, all_rows, frames, head_rows
from app.store.overlay import Layer, Ranks, ranks
from app.store.samples import SeriesRef, newest_times
from app.store.sheaf import Sheaf
from app.store.tiers import SPANS, TIERS, Tier, hidden_chunks, known_spans, read_chunk, read_clock

_PAGE_BITS: Final = 10
PAGE: Final = 1 << _PAGE_BITS
"""Series of one page."""
_HEAD = struct.Struct("<BBHI")
_ROW: Final = np.dtype([("time", "<i8"), ("value", "<f8"), ("bundle", "<i8")])
_NOTHING: Final = -1
_EVER: Final = 1 << 52

Rows = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Newest:
    """Newest settled sample of one series: `time` in ms, `value` as the bytes of a double, and whose word it is."""

    series: int
    time: int
    value: bytes
    bundle: int


def _empty(count: int) -> Rows:
    rows = np.zeros(count, _ROW)
    rows["time"], rows["value"] = _NOTHING, np.nan
    return rows


def _open_page(page: int, blob: object) -> Rows:
    if not isinstance(blob, bytes):
        msg = "A stored page of newest values is not made of bytes."
        raise StoreDamaged(msg)
    (_, _, number, size), payload = unseal(blob, _HEAD)
    if number != page & 0xFFFF or size != PAGE or len(payload) != PAGE * _ROW.itemsize:
        msg = "A stored page of newest values is not the one that belongs here."
        raise StoreDamaged(msg)
    return np.frombuffer(payload, _ROW).copy()


def read_page(session: Reader | Writer, page: int) -> Rows:
    """Newest settled samples of the series of one page, as they are noted.

    Raises
    ------
    StoreDamaged
        Also where a version that kept no such pages settled these series; `settled_page` then tells.
    """
    with readable_pages():
        row = session.db.execute("SELECT body FROM last WHERE id = ?", (page,)).fetchone()
    return _empty(PAGE) if row is None else _open_page(page, row[0])


def settled_page(session: Reader | Writer, page: int, damage: list[Damage]) -> Rows:
    """The same, from the settled samples themselves; what of them cannot be read is added to `damage`."""
    rows, order, hidden = _empty(PAGE), ranks(session), hidden_chunks(session)
    members = session.db.execute(
        "SELECT id, scrape_group FROM main.series WHERE id BETWEEN ? AND ?",
        (page << _PAGE_BITS, (page + 1 << _PAGE_BITS) - 1),
    ).fetchall()
    for series, group in members:
        slot = rows[series & (PAGE - 1)]
        for tier in TIERS:
            found = _newest_settled(session, tier, (series, group), order, hidden, damage)
            if found is not None and _is_newer(found, slot, order):
                slot["time"], slot["value"], slot["bundle"] = found.time, np.frombuffer(found.value)[0], found.bundle
    return rows


def _newest_settled(
    session: Reader | Writer,
    tier: Tier,
    owner: tuple[int, int],
    order: Ranks,
    hidden: frozenset[int],
    damage: list[Damage],
) -> Newest | None:
    """Newest sample of a series, given with its group, in a tier; walks back through its spans."""
    series, group = owner
    try:
        spans = known_spans(session, tier, group, 0, 2**52)
    except StoreDamaged as error:
        damage.append(Damage(series, 0.0, math.inf, error.message))
        return None
    for span in reversed(spans):
        if tier is SPANS and tier.key(series, span) in hidden:
            continue
        try:
            clock = read_clock(session, tier, group, span)
            layer = None if clock is None else read_chunk(session, tier, series, span, clock)
            if layer is not None:
                order.checked(layer)
        except StoreDamaged as error:
            start, end = span * tier.length / 1000.0, (span + 1) * tier.length / 1000.0
            damage.append(Damage(series, start, end, error.message))
            continue
        if layer is not None and layer.time.size:
            return newest_of(series, layer)
    return None


def _is_newer(one: Newest, slot: np.void, order: Ranks) -> bool:
    if one.time != slot["time"]:
        return bool(one.time > slot["time"])
    return bool(order.place[one.bundle] >= order.place[slot["bundle"]])


def newest_of(series: int, layer: Layer) -> Newest:
    """Newest sample of a layer that has one."""
    whose = layer.origin.cut(layer.time.size - 1, layer.time.size).winner
    return Newest(series, int(layer.time[-1]), layer.value[-1:].tobytes(), int(whose[0]))


def write_page(writer: Writer, page: int, rows: Rows) -> None:
    """Keep the newest settled samples of one page."""
    blob = seal(_HEAD.pack(VERSION, 0, page & 0xFFFF, PAGE), rows.tobytes())
    writer.db.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (page, blob))


def keep_newest(writer: Writer, found: Iterable[Newest]) -> None:
    """Note newest settled samples, each where it is not older than the one that is noted."""
    pages: dict[int, Rows] = {}
    for one in found:
        page = one.series >> _PAGE_BITS
        if page not in pages:
            pages[page] = _page_or_samples(writer, page, [])
        slot = pages[page][one.series & (PAGE - 1)]
        # Another bundle's word on the same time is laid over it by rank, which is asked for only then.
        if one.time > slot["time"] or (
            one.time == slot["time"] and (one.bundle == slot["bundle"] or _is_newer(one, slot, ranks(writer)))
        ):
            slot["time"], slot["value"], slot["bundle"] = one.time, np.frombuffer(one.value)[0], one.bundle
    for page, rows in pages.items():
        write_page(writer, page, rows)


def forget_before(writer: Writer, limit: int) -> None:
    """Forget newest samples before a time, ms: they are no longer kept."""
    for (page,) in writer.db.execute("SELECT id FROM last").fetchall():
        rows = _page_or_samples(writer, page, [])
        old = (rows["time"] != _NOTHING) & (rows["time"] < limit)
        if old.any():
            rows[old] = _empty(1)
            write_page(writer, page, rows)


def _page_or_samples(session: Reader | Writer, page: int, damage: list[Damage]) -> Rows:
    try:
        return read_page(session, page)
    except StoreDamaged:
        return settled_page(session, page, damage)


class LastValues:
    """Answers "what is it now" for many series at once; reads the store again only after it changed.

    Belongs to one thread. Close it, or use it as a context manager's value, when it is no longer asked.
    """

    def __init__(self, store: Store, ceiling: Level | None = None) -> None:
        self._store, self._ceiling = store, ceiling
        self._watch = store.watch_cache()
        self._token: object = None
        self._time = self._value = np.empty(0)
        self.damage: tuple[Damage, ...] = ()
        """What of the head or of the settled samples could not be read when it was last asked."""

    def close(self) -> None:
        """Let go of the file."""
        self._watch.close()

    def of(self, refs: Sequence[SeriesRef]) -> tuple[FloatArray, FloatArray]:
        """Newest time (seconds UTC) and value of each series, shape (k,); NaN where there is none."""
        return self.of_numbers([ref.id for ref in refs])

    def of_numbers(self, numbers: Sequence[int] | npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
        """As `of`, for the numbers of series that the caller may see."""
        token = self._watch.token()
        if token != self._token:
            self._refresh()
            self._token = token
        return self._time.take(numbers, mode="clip"), self._value.take(numbers, mode="clip")

    def _refresh(self) -> None:
        with self._store.reader(self._ceiling) as reader:
            rows = newest_of_all(reader)
            self.damage = tuple(reader.damage)
        self._time = np.where(rows["time"] == _NOTHING, np.nan, rows["time"] / 1000.0)
        self._value = rows["value"].copy()


def newest_moments(reader: Reader, refs: Sequence[SeriesRef], as_known_at: float | None = None) -> FloatArray:
    """Time of the newest sample of a few series, seconds UTC, shape (k,); NaN where there is none.

    For a page about some series: only the rows of the head that may hold them are opened. What cannot be read is
    listed in `reader.damage`. With `as_known_at`, seconds UTC, as on that day: then all of their samples are read.
    """
    if as_known_at is not None:
        return newest_times(reader, refs, as_known_at=as_known_at)
    members = {ref.id: ref.group_id for ref in refs}
    newest = dict.fromkeys(members, _NOTHING)
    for page in {number >> _PAGE_BITS for number in members}:
        rows = _page_or_samples(reader, page, reader.damage)
        for number in members:
            if number >> _PAGE_BITS == page:
                newest[number] = int(rows["time"][number & (PAGE - 1)])
    order = ranks(reader)
    for row in head_rows(reader, list(members.values()), 0, _EVER):
        try:
            for number, layer in row.read(reader).layers(members, order):
                if layer.time.size:
                    newest[number] = max(newest[number], int(layer.time[-1]))
        except StoreDamaged as error:
            start, end = row.first / 1000.0, row.last / 1000.0 + 0.001
            reader.damage += [Damage(number, start, end, error.message, row.author) for number in members]
    times = np.array([newest[ref.id] for ref in refs], np.float64)
    return np.where(times == _NOTHING, np.nan, times / 1000.0)


def newest_of_all(reader: Reader) -> Rows:
    """Newest sample of every series, by its number; the last row speaks for numbers that do not exist.

    What cannot be read is left out and listed in `reader.damage`.
    """
    count = int(reader.db.execute("SELECT coalesce(max(id), 0) FROM main.series").fetchone()[0]) + 2
    rows = _empty((count // PAGE + 1) * PAGE)
    for page in range(count // PAGE + 1):
        rows[page << _PAGE_BITS : (page + 1) << _PAGE_BITS] = _page_or_samples(reader, page, reader.damage)
    rows = rows[:count]
    place = ranks(reader).place
    lost: list[Damage] = []
    for found in _newest_of_head(reader, lost):
        for series, time, value, bundle in found:
            better = (time > rows["time"][series]) | (
                (time == rows["time"][series]) & (place[bundle] > place[np.maximum(rows["bundle"][series], 0)])
            )
            chosen = series[better]
            rows["time"][chosen], rows["value"][chosen], rows["bundle"][chosen] = (
                time[better],
                value[better],
                bundle[better],
            )
    for one in lost:
        # It may hold a newer word on the very time that is noted, of any series.
        doubtful = (rows["time"] >= one.start * 1000.0) & (rows["time"] < one.end * 1000.0)
        if one.bundle is not None:
            doubtful &= place[np.maximum(rows["bundle"], 0)] < place[one.bundle]
        rows[doubtful] = _empty(1)
    reader.damage += lost
    return rows


def _newest_of_head(reader: Reader, lost: list[Damage]) -> Iterator[list["_Found"]]:
    """What each row of the head has as newest; a row that cannot be read is added to `lost`."""
    try:
        listed = all_rows(reader)
    except StoreDamaged as error:
        lost.append(Damage(0, 0.0, math.inf, error.message))
        return
    for row in listed:
        try:
            yield list(_newest_in(row.read(reader)))
        except StoreDamaged as error:
            lost.append(Damage(0, row.first / 1000.0, row.last / 1000.0 + 0.001, error.message, row.author))


_Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray, npt.NDArray[np.int64]]


def _newest_in(row: HeadRow) -> Iterable[_Found]:
    if row.form != FRAMES:
        yield from Sheaf(row.body).newest()
        return
    for one in frames(row.bundle, row.body):
        for series, layer in one.layers(row.bundle):
            if layer.time.size:
                ids = np.array([series])
                yield (
                    ids,
                    layer.time[-1:],
                    layer.value[-1:],
                    layer.origin.cut(layer.time.size - 1, layer.time.size).winner,
                )
