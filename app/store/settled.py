"""Past spans without writing their samples out: codes at times that are kept as runs, and sums of whole hours.

Both speak of a span only where nothing lies over it, neither days nor the head, and answer None where only the samples
themselves can tell. A year of a fleet is judged by them; `app.store.samples` reads the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import FloatArray
from app.store.clock_code import Beats, decode_beats
from app.store.codec import decode_codes
from app.store.database import Reader
from app.store.origin import Origin
from app.store.overlay import ranks
from app.store.reduced import busy_spans
from app.store.rollup import HOUR, unpack_hours
from app.store.samples import SeriesRef
from app.store.sheets import COUNTED, first_hour, month_of, read_sheets
from app.store.tiers import SPANS, hidden_chunks, read_row, split
from app.store.values import Codes

UNTOLD: Final = -1


def quiet_spans(reader: Reader, start: int, end: int) -> list[int]:
    """Spans between two times (ms) over which neither days nor the head lie."""
    busy = reader.once(busy_spans)
    return [span for span in SPANS.spans(start, end) if span not in busy]


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """All samples of one series in a quiet span: `codes` are their values, `beats` their times."""

    beats: Beats
    codes: Codes


def read_settled(reader: Reader, refs: Sequence[SeriesRef], span: int) -> list[Settled] | None:
    """Those of some series that have samples in a quiet span; None where only the samples can tell."""
    hidden, found = reader.once(hidden_chunks), []
    try:
        for ref in refs:
            key = SPANS.key(ref.id, span)
            if key in hidden:
                return None
            row = read_row(reader, SPANS.chunks, key)
            if row is None:
                continue
            body, own = split(row)
            header, codes, mask = decode_codes(body)
            beats = read_beats(reader, ref.group_id, span)
            if mask is not None or beats is None:
                return None
            ends = beats.at(np.array([0, beats.size - 1])).tolist()
            if [header.times, header.first, header.last] != [beats.size, *ends]:
                return None
            if own:
                ranks(reader).check_origin(Origin.unpack(own, beats.size))
            found.append(Settled(beats, codes))
    except StoreDamaged:
        return None  # whoever reads the samples notes the damage
    return found


def read_beats(reader: Reader, group: int, span: int) -> Beats | None:
    """Times of a scrape group in a quiet span; None where there are none, or only the samples can tell."""
    try:
        row = read_row(reader, SPANS.clocks, SPANS.key(group, span))
        if row is None:
            return None
        blob, origin = split(row)
        beats = decode_beats(blob)
        if beats is not None:
            ranks(reader).check_origin(Origin.unpack(origin, beats.size))
    except StoreDamaged:
        return None  # whoever reads the samples notes the damage
    return beats


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
        told = np.arange(low, high)[quiet[low - hours.start : high - hours.start]]
        mine = np.array(rows[enclave, metric])
        found.count[np.ix_(mine, told - hours.start)] = 0  # a series that a sheet does not name has no samples
        numbers = np.array([refs[row].id for row in mine])
        known = np.isin(numbers, sheet.ids)
        place = np.ix_(np.searchsorted(sheet.ids, numbers[known]), told - sheet.first)
        into = np.ix_(mine[known], told - hours.start)
        found.count[into], found.total[into] = sheet.count[place], sheet.total[place]
    return found


def read_group_hours(reader: Reader, group: int, span: int, hours: range) -> npt.NDArray[np.int64] | None:
    """How many times a scrape group has in each of some hours of a span, shape (h,); None where that is not kept."""
    try:
        row = read_row(reader, "hours", SPANS.key(group, span))
        kept = None if row is None else unpack_hours(row)
    except StoreDamaged:
        return None
    if kept is None:
        return None
    found = np.zeros(len(hours), np.int64)
    inside = (kept.hour >= hours.start) & (kept.hour < hours.stop)
    found[kept.hour[inside] - hours.start] = kept.count[inside]
    return found
