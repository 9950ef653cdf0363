"""The newest value of every series: kept in pages beside the settled samples, and ready between questions.

A page holds the newest settled sample of 1,024 series. What the head holds is laid over it in memory, once after
each change of the store, so that asking for hundreds of series costs microseconds.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.marking import Level
from app.model.sample import FloatArray
from app.store.codec import VERSION, seal, unseal
from app.store.database import Reader, Store, Writer
from app.store.head import FRAMES, HeadRow, frames
from app.store.overlay import ranks
from app.store.samples import SeriesRef
from app.store.sheaf import Sheaf

_PAGE_BITS: Final = 10
_PAGE: Final = 1 << _PAGE_BITS
_HEAD = struct.Struct("<BBHI")
_ROW: Final = np.dtype([("time", "<i8"), ("value", "<f8"), ("bundle", "<i8")])
_NOTHING: Final = -1

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


def _read_page(blob: bytes | None) -> Rows:
    if blob is None:
        return _empty(_PAGE)
    (_, _, _, size), payload = unseal(blob, _HEAD)
    if size != _PAGE or len(payload) != _PAGE * _ROW.itemsize:
        msg = "A stored page of newest values has another size than it claims."
        raise StoreDamaged(msg)
    return np.frombuffer(payload, _ROW).copy()


def keep_newest(writer: Writer, found: Iterable[Newest]) -> None:
    """Note newest settled samples, each where it is not older than the one that is noted."""
    pages: dict[int, Rows] = {}
    for one in found:
        page = one.series >> _PAGE_BITS
        if page not in pages:
            row = writer.db.execute("SELECT body FROM last WHERE id = ?", (page,)).fetchone()
            pages[page] = _read_page(None if row is None else row[0])
        slot = pages[page][one.series & (_PAGE - 1)]
        if one.time >= slot["time"]:
            slot["time"], slot["value"], slot["bundle"] = one.time, np.frombuffer(one.value)[0], one.bundle
    for page, rows in pages.items():
        blob = seal(_HEAD.pack(VERSION, 0, 0, _PAGE), rows.tobytes())
        writer.db.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (page, blob))


class LastValues:
    """Answers "what is it now" for many series at once; reads the store again only after it changed.

    Belongs to one thread. Close it, or use it as a context manager's value, when it is no longer asked.
    """

    def __init__(self, store: Store, ceiling: Level | None = None) -> None:
        self._store, self._ceiling = store, ceiling
        self._watch = store.watch_cache()
        self._token: object = None
        self._time = self._value = np.empty(0)

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
        self._time = np.where(rows["time"] == _NOTHING, np.nan, rows["time"] / 1000.0)
        self._value = rows["value"].copy()


def newest_of_all(reader: Reader) -> Rows:
    """Newest sample of every series, by its number; the last row speaks for numbers that do not exist.

    Raises
    ------
    StoreDamaged
    """
    count = int(reader.db.execute("SELECT coalesce(max(id), 0) FROM main.series").fetchone()[0]) + 2
    rows = _empty((count // _PAGE + 1) * _PAGE)
    for page, blob in reader.db.execute("SELECT id, body FROM last"):
        rows[page << _PAGE_BITS : (page + 1) << _PAGE_BITS] = _read_page(blob)
    rows = rows[:count]
    place = ranks(reader).place
    columns = "id, bundle, form, first, last, body"
    for row in reader.db.execute(f"SELECT {columns} FROM head ORDER BY id"):
        for series, time, value, bundle in _newest_in(HeadRow(*row)):
            better = (time > rows["time"][series]) | (
                (time == rows["time"][series]) & (place[bundle] > place[np.maximum(rows["bundle"][series], 0)])
            )
            chosen = series[better]
            rows["time"][chosen], rows["value"][chosen], rows["bundle"][chosen] = (
                time[better],
                value[better],
                bundle[better],
            )
    return rows


_Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray, npt.NDArray[np.int64]]


def _newest_in(row: HeadRow) -> Iterable[_Found]:
    if row.form != FRAMES:
        yield from Sheaf(row.body).newest()
        return
    for one in frames(row.body):
        for series, layer in one.layers(row.bundle):
            if layer.time.size:
                ids = np.array([series])
                yield (
                    ids,
                    layer.time[-1:],
                    layer.value[-1:],
                    layer.origin.cut(layer.time.size - 1, layer.time.size).winner,
                )
