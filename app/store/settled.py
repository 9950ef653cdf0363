"""Past spans without writing their samples out: what they say as runs, and sums of whole hours.

Both speak of a span only where nothing lies over it, neither days nor the head, and answer None where only the samples
themselves can tell. A year of a fleet is judged by them; `app.store.samples` reads the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from app.analysis.intervals import Mask
from app.analysis.runs import Runs
from app.analysis.tally import is_good
from app.errors import StoreDamaged
from app.model.metrics import COUNTED
from app.model.objective import Comparison
from app.model.sample import FloatArray
from app.store.clock_code import Beats, decode_beats
from app.store.codec import decode_codes
from app.store.database import Reader, readable_pages
from app.store.reduced import busy_spans
from app.store.rollup import HOUR
from app.store.samples import SeriesRef
from app.store.sheets import first_hour, month_of, read_sheets
from app.store.tiers import SPANS, hidden_chunks, read_row, read_rows, split

UNTOLD: Final = -1
_REMEMBERED: Final = 8192
"""Spans: a year of 300 endpoints, each read by two groups."""
_SMALL: Final = 4096
"""Bytes of values up to which they are remembered: a flag's few hundred, not a latency's many thousands."""

Limit = tuple[Comparison, float]


def quiet_spans(reader: Reader, start: int, end: int) -> list[int]:
    """Spans between two times (ms) over which neither days nor the head lie."""
    busy = reader.once(busy_spans)
    return [span for span in SPANS.spans(start, end) if span not in busy]


@dataclass(frozen=True, slots=True, eq=False)
class Scraped:
    """When a scrape group was read in a span: `runs`, all of them 1, of so many `times`."""

    runs: Runs
    times: int


class Settled:
    """What quiet spans say, of which each series and each scrape group is read at once."""

    def __init__(self, reader: Reader, spans: range) -> None:
        self._reader = reader
        self._spans = spans
        self._hidden = reader.once(hidden_chunks)
        self._series = -1
        self._chunks: Mapping[int, bytes] | None = None
        self._clocks: dict[int, Mapping[int, bytes] | None] = {}

    def flags(self, refs: Sequence[SeriesRef], span: int, limit: Limit, hold: float) -> list[Runs] | None:
        """Runs of each of some series that has samples in a span, 1 where they keep a limit and 0 where not.

        Parameters
        ----------
        limit
            How a value compares, and to what, where it is good.
        hold
            Seconds that a sample speaks for at most.

        Returns
        -------
        list of Runs, or None
            None where only the samples can tell.
        """
        found = []
        try:
            for ref in refs:
                hidden = SPANS.key(ref.id, span) in self._hidden
                row = None if hidden else self._chunk(ref.id, span)
                clock = None if row is None else self._clock(ref.group_id, span)
                if row is None and not hidden:
                    continue
                if row is None or clock is None:
                    return None
                body = split(row)[0]
                read = _flag_runs if len(body) <= _SMALL else _flag_runs.__wrapped__
                runs = read(split(clock)[0], body, limit, hold)
                if runs is None:
                    return None
                found.append(runs)
        except StoreDamaged:
            return None  # whoever reads the samples notes the damage
        return found

    def scraped(self, group: int, span: int, hold: float) -> Scraped | None:
        """When a scrape group was read in a span; None where only the samples can tell."""
        try:
            row = self._clock(group, span)
            return None if row is None else _clock_runs(split(row)[0], hold)
        except StoreDamaged:
            return None  # whoever reads the samples notes the damage

    def _chunk(self, series: int, span: int) -> bytes | None:
        if series != self._series:  # a latency's are long: those of one series are enough to hold
            self._series, self._chunks = series, self._every(SPANS.chunks, series)
        return self._of(self._chunks, SPANS.chunks, series, span)

    def _clock(self, group: int, span: int) -> bytes | None:
        if group not in self._clocks:
            self._clocks[group] = self._every(SPANS.clocks, group)
        return self._of(self._clocks[group], SPANS.clocks, group, span)

    def _every(self, table: str, owner: int) -> Mapping[int, bytes] | None:
        """Rows of all spans by their keys; None where one of them cannot be read, and each must be tried."""
        try:
            return read_rows(self._reader, table, SPANS.key(owner, self._spans[0]), SPANS.key(owner, self._spans[-1]))
        except StoreDamaged:
            return None

    def _of(self, rows: Mapping[int, bytes] | None, table: str, owner: int, span: int) -> bytes | None:
        key = SPANS.key(owner, span)
        return read_row(self._reader, table, key) if rows is None else rows.get(key)


# What has settled is asked for again whenever anything new came, and says the same as long as its bytes are the same.


@lru_cache(maxsize=_REMEMBERED)
def _clock_runs(clock: bytes, hold: float) -> Scraped | None:
    beats = decode_beats(clock)
    runs = None if beats is None else _runs(beats, np.ones(1, bool), hold)
    return None if beats is None or runs is None else Scraped(runs, beats.size)


@lru_cache(maxsize=_REMEMBERED)
def _flag_runs(clock: bytes, body: bytes, limit: Limit, hold: float) -> Runs | None:
    header, codes, mask = decode_codes(body)
    beats = decode_beats(clock)
    if beats is None or mask is not None or codes.holds_nan:
        return None
    if (header.times, header.first, header.last) != (beats.size, *beats.ends):
        return None
    return _runs(beats, is_good(codes.floats(), *limit), hold)


def _runs(beats: Beats, good: Mask, hold: float) -> Runs | None:
    """Runs of what samples say at the times of a group, shape (n,) or (1,) for all; None where beats cannot tell."""
    most = hold * 1000.0
    if not beats.follows(most):
        return None
    changes = np.flatnonzero(good[1:] != good[:-1]) + 1
    begins = np.unique(np.concatenate([beats.first, changes])) if changes.size else beats.first
    index = np.empty((2, begins.size), np.int64)
    index[0], index[1, :-1], index[1, -1] = begins, begins[1:] - 1, beats.size - 1
    first, last = beats.at(index)
    said = np.ones(begins.size)
    said[:] = good if good.size == 1 else good[begins]
    apart = np.ones(begins.size + 1, bool)  # whether a run begins here, and so one ends before
    apart[1:-1] = (first[1:] - last[:-1] > most) | (said[1:] != said[:-1])
    return Runs(first[apart[:-1]] / 1000.0, last[apart[1:]] / 1000.0, said[apart[:-1]])


def has_samples(reader: Reader, ref: SeriesRef, span: int) -> bool:
    """Whether a series has samples in a quiet span.

    Raises
    ------
    StoreDamaged
        If the database cannot read the page that tells.
    """
    with readable_pages():
        row = reader.db.execute(f"SELECT 1 FROM {SPANS.chunks} WHERE id = ?", (SPANS.key(ref.id, span),)).fetchone()
    return row is not None


@dataclass(frozen=True, slots=True, eq=False)
class Hourly:
    """Sums of k series over h whole hours from `first` on, counted from 1970 UTC.

    `count` (k, h) is how many samples that are numbers an hour holds, UNTOLD where no sheet speaks of it, and `total`
    (k, h) their sum.
    """

    first: int
    count: npt.NDArray[np.int64]
    total: FloatArray


def read_hourly(reader: Reader, refs: Sequence[SeriesRef], hours: range) -> Hourly:
    """Sums of series of counted metrics, as far as sheets speak of them."""
    found = Hourly(hours.start, np.full((len(refs), len(hours)), UNTOLD, np.int64), np.zeros((len(refs), len(hours))))
    rows: dict[tuple[str, str], list[int]] = {}
    for row, ref in enumerate(refs):
        if ref.key.metric in COUNTED:
            rows.setdefault((ref.enclave, ref.key.metric), []).append(row)
    if not rows or not hours:
        return found
    quiet = np.zeros(len(hours), bool)
    for span in quiet_spans(reader, hours.start * HOUR, hours.stop * HOUR):
        low = span * SPANS.length // HOUR - hours.start
        quiet[max(low, 0) : max(low + SPANS.length // HOUR, 0)] = True
    months = range(month_of(hours.start), month_of(hours.stop - 1) + 1)
    for (enclave, metric, month), sheet in read_sheets(reader, list(rows), months).items():
        low, high = max(hours.start, first_hour(month)), min(hours.stop, first_hour(month + 1))
        into, part = slice(low - hours.start, high - hours.start), slice(low - sheet.first, high - sheet.first)
        mine = np.array(rows[enclave, metric])
        found.count[mine, into] = 0  # a series that a sheet does not name has no samples
        numbers = np.array([refs[row].id for row in mine])
        known = np.isin(numbers, sheet.ids)
        place = np.searchsorted(sheet.ids, numbers[known])
        found.count[mine[known], into] = sheet.count[place, part]
        found.total[mine[known], into] = sheet.total[place, part]
    found.count[:, ~quiet] = UNTOLD
    return found
