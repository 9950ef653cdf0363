"""Exact sums over long periods: what availability, good and total by month are made of.

Whole hours of counted metrics come from monthly sheets, other whole hours from rollups, and only what neither speaks
of is decoded: spans that the days or the head still add to, and periods that begin or end inside an hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from app.model.metrics import COUNTED
from app.model.sample import FloatArray, TimeArray
from app.store.database import Reader
from app.store.reduced import busy_spans
from app.store.rollup import HOUR
from app.store.samples import SeriesRef, guarded, read_layers, spans_of
from app.store.sheets import Sheet, first_hour, month_of, read_rollup, read_sheets
from app.store.tiers import SPANS, hidden_chunks

Matrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Sums of k series over m periods.

    `samples` (k, m) counts the samples that are numbers; `total` (k, m) is their sum, exact where they are
    whole numbers. Of a series of zeros and ones (``endpoint_up``) `total` counts the ones, and
    `samples - total` the zeros: the time in each state, in steps.
    """

    samples: Matrix
    total: FloatArray


def read_totals(
    reader: Reader, refs: Sequence[SeriesRef], edges: Sequence[float], as_known_at: float | None = None
) -> Totals:
    """Sum each series over the periods ``[edges[i], edges[i + 1])``, seconds UTC, increasing.

    Parameters
    ----------
    as_known_at
        Seconds UTC: answer as on that day, from the bundles received by then. Sheets and rollups speak of all
        bundles, so every sample is read.
    """
    cuts = np.rint(np.asarray(edges, np.float64) * 1000.0).astype(np.int64)
    answer = Totals(np.zeros((len(refs), cuts.size - 1), np.int64), np.zeros((len(refs), cuts.size - 1)))
    if not refs or cuts.size < 2:
        return answer
    low, high = int(cuts[0]), int(cuts[-1])
    busy = reader.once(busy_spans)
    even = as_known_at is None and not (cuts % HOUR).any()
    quiet = [span for span in SPANS.spans(low, high) if even and span not in busy]
    rest = _rest(low, high, quiet)
    if quiet:
        left = _add_sheets(reader, refs, cuts, quiet, answer)
        _add_rollups(reader, refs, left, cuts, answer)
    for start, end in rest:
        for row, layer in enumerate(read_layers(reader, refs, start, end, as_known_at)):
            _add(answer, row, cuts, layer.time, layer.value)
    return answer


def _rest(low: int, high: int, quiet: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches of time, ms, that lie in none of the `quiet` spans."""
    found, at = [], low
    for span in quiet:
        start, end = max(low, span * SPANS.length), min(high, (span + 1) * SPANS.length)
        if at < start:
            found.append((at, start))
        at = end
    return [*found, (at, high)] if at < high else found


def _add(answer: Totals, row: int, cuts: TimeArray, time: TimeArray, value: FloatArray) -> None:
    """Add samples to the periods that they lie in; a sum is taken period by period, so that it stays exact."""
    numbers = ~np.isnan(value)
    if not numbers.all():
        time, value = time[numbers], value[numbers]
    places = np.searchsorted(time, cuts)
    answer.samples[row] += np.diff(places)
    full = np.flatnonzero(np.diff(places))
    if full.size:
        answer.total[row, full] += np.add.reduceat(value[: places[-1]], places[full])


_Left = list[tuple[int, range]]
"""Rows of an answer, and the hours that are still to be added to it."""


def _add_sheets(
    reader: Reader, refs: Sequence[SeriesRef], cuts: TimeArray, quiet: Sequence[int], answer: Totals
) -> _Left:
    """Add what sheets say of the hours of `quiet` spans; return what they do not."""
    spans = [range(span * SPANS.length // HOUR, (span + 1) * SPANS.length // HOUR) for span in quiet]
    stretches = _joined([_both(one, range(int(cuts[0]) // HOUR, int(cuts[-1]) // HOUR)) for one in spans])
    rows: dict[tuple[str, str], list[int]] = {}
    for row, ref in enumerate(refs):
        rows.setdefault((ref.enclave, ref.key.metric), []).append(row)
    counted = {key: found for key, found in rows.items() if key[1] in COUNTED}
    left: _Left = [(row, one) for key in rows.keys() - counted.keys() for row in rows[key] for one in stretches]
    months = range(month_of(stretches[0].start), month_of(stretches[-1].stop - 1) + 1)
    sheets = read_sheets(reader, list(counted), months) if counted else {}
    for key, mine in counted.items():
        numbers = np.array([refs[row].id for row in mine])
        for month in months:
            whole = range(first_hour(month), first_hour(month + 1))
            parts = [hours for hours in (_both(one, whole) for one in stretches) if hours]
            sheet = sheets.get((*key, month))
            if sheet is None:
                left += [(row, hours) for row in mine for hours in parts]
                continue
            known = np.isin(numbers, sheet.ids)
            left += [(row, hours) for row in np.array(mine)[~known].tolist() for hours in parts]
            for hours in parts:
                _add_sheet(answer, sheet, np.array(mine)[known], numbers[known], cuts // HOUR, hours)
    return left


def _both(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _joined(stretches: Sequence[range]) -> list[range]:
    """The same hours in as few stretches as there are gaps."""
    found: list[range] = []
    for one in stretches:
        if found and found[-1].stop == one.start:
            found[-1] = range(found[-1].start, one.stop)
        else:
            found.append(one)
    return found


def _add_sheet(answer: Totals, sheet: Sheet, rows: Matrix, numbers: Matrix, cuts: TimeArray, hours: range) -> None:
    """Add the hours of one sheet to the periods they lie in."""
    place = np.searchsorted(sheet.ids, numbers)
    for period in range(cuts.size - 1):
        low, high = max(hours.start, int(cuts[period])), min(hours.stop, int(cuts[period + 1]))
        if low < high:
            part = slice(low - sheet.first, high - sheet.first)
            answer.samples[rows, period] += sheet.count[:, part].sum(axis=1)[place]
            answer.total[rows, period] += sheet.total[:, part].sum(axis=1)[place]


def _add_rollups(reader: Reader, refs: Sequence[SeriesRef], left: _Left, cuts: TimeArray, answer: Totals) -> None:
    """Add whole hours from the rollups of single series; where there is no rollup, from the samples."""
    hidden = reader.once(hidden_chunks)
    for row, hours in left:
        ref = refs[row]
        start, end = hours.start * HOUR, hours.stop * HOUR
        for span in spans_of(reader, SPANS, ref.group_id, [ref.id], start, end):
            low, high = max(start, span * SPANS.length), min(end, (span + 1) * SPANS.length)
            rollup = None
            if SPANS.key(ref.id, span) not in hidden:
                read = partial(read_rollup, reader, ref.id, ref.group_id, span)
                rollup = guarded(reader, [], SPANS, span, read)  # a rollup that is damaged can be done without
            if rollup is None:
                layer = read_layers(reader, [ref], low, high)[0]
                _add(answer, row, cuts, layer.time, layer.value)
                continue
            part = rollup.part(low // HOUR, high // HOUR)
            places = np.searchsorted(part.hour * HOUR, cuts)
            full = np.flatnonzero(np.diff(places))
            if full.size:
                answer.samples[row, full] += np.add.reduceat(part.count[: places[-1]], places[full])
                answer.total[row, full] += np.add.reduceat(part.total[: places[-1]], places[full])
