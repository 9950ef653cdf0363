"""What is known of indicators, gathered for many at once and small enough to keep for a year.

A flag becomes the time that is known and the time that is good, counts become sums of cells. Where a past span has
settled, flags come from codes and from the runs of their scrape group, counts of whole hours from sheets: no sample is
written out. That is done only where it comes to the same as the samples would. All others are read, in pieces that fit
into memory and for every indicator that needs the piece.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from app.analysis.grid import Fold
from app.analysis.merged import at_times, merged
from app.analysis.runs import Runs
from app.analysis.tally import Counts, Flag, both_known, compared
from app.model.objective import Indicator
from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange
from app.store.database import Reader
from app.store.rollup import HOUR
from app.store.samples import SeriesRef, read_series
from app.store.settled import UNTOLD, Limit, Settled, has_samples, quiet_spans, read_hourly
from app.store.tiers import DAY, SPANS

_PIECE: Final = 4_000_000
"""Samples that are read at once: with times, values and what lays them over each other, some 200 MB."""
_HOURS: Final = SPANS.length // HOUR
"""Hours of a span."""
_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Want:
    """One indicator at one endpoint over a span.

    Parameters
    ----------
    whole, part
        Series of what is counted, those of all versions: the flag, the measured value or the total, and beside a total
        its good or its bad ones.
    step
        Seconds between two samples, as declared.
    hold
        Seconds that a sample speaks for at most.
    cells
        Shape (m + 1,), seconds UTC: edges of cells that nobody will cut, over which counts may be summed up.
        None: every sample is kept.
    """

    indicator: Indicator
    whole: Sequence[SeriesRef]
    part: Sequence[SeriesRef]
    step: float
    hold: float
    span: TimeRange
    cells: FloatArray | None = None

    @property
    def every(self) -> list[SeriesRef]:
        """All its series."""
        return [*self.whole, *self.part]

    @property
    def is_flag(self) -> bool:
        """Whether samples are good or bad, and time is what is counted."""
        return self.indicator.metric is not None or self.indicator.good == self.indicator.total

    @property
    def limit(self) -> Limit:
        """How a value of a flag or a threshold compares, and to what, where it is good."""
        op, value = self.indicator.op, self.indicator.value
        return ("gte", 1.0) if op is None or value is None else (op, value)

    @property
    def bounds(self) -> tuple[int, int]:
        """Milliseconds that are looked at: a sample before the span may still speak in it."""
        return math.floor((self.span.start - self.hold) * 1000.0), math.ceil(self.span.end * 1000.0)


def gather(reader: Reader, wants: Sequence[Want], moment: float | None) -> list[Flag | Counts]:
    """What is known of each, in the same order.

    Parameters
    ----------
    moment
        Seconds UTC: answer with what had come in by then. What has settled speaks of all bundles, so every sample is
        read.
    """
    found = [_Found(want) for want in wants]
    if not found:
        return []
    low, high = min(want.bounds[0] for want in wants), max(want.bounds[1] for want in wants)
    quiet = set(quiet_spans(reader, low, high))
    hourly = _Sums(reader, wants) if moment is None else None
    settled = Settled(reader, SPANS.spans(low, high))
    unsettled: dict[int, list[_Found]] = {}
    for one in found:
        for span in SPANS.spans(*one.want.bounds):
            if hourly is None or span not in quiet or not one.settle(settled, span, hourly):
                unsettled.setdefault(span, []).append(one)
    for span, members in sorted(unsettled.items()):
        for some, start, end in _pieces(members, span, whole=span in quiet):
            refs = list({ref.id: ref for one in some for ref in one.want.every}.values())
            read = read_series(reader, refs, TimeRange(start / 1000.0, end / 1000.0), moment)
            by_id = dict(zip((ref.id for ref in refs), read, strict=True))
            for one in some:
                one.add(by_id)
    return [one.evidence() for one in found]


def _pieces(members: Sequence["_Found"], span: int, *, whole: bool) -> Iterator[tuple[Sequence["_Found"], int, int]]:
    """Parts of a span, ms, each with those who need it, so that each holds a bearable number of samples.

    A `whole` span is decoded by series, so the series are parted; in others what came together is decoded together,
    so the time is, by days.
    """
    bounds = [one.want.bounds for one in members]
    start = max(min(low for low, _ in bounds), span * SPANS.length)
    end = min(max(high for _, high in bounds), (span + 1) * SPANS.length)
    size = [len(one.want.every) * (end - start) / 1000.0 / one.want.step for one in members]
    if whole:
        part = (np.cumsum(size) // _PIECE).tolist()
        for _, some in groupby(range(len(members)), lambda place: part[place]):
            yield [members[place] for place in some], start, end
        return
    width = max(DAY, int((end - start) * min(1.0, _PIECE / max(sum(size), 1.0))) // DAY * DAY)
    for low in range(start, end, width):
        yield members, low, min(low + width, end)


@dataclass(frozen=True, slots=True, eq=False)
class _Summed:
    """One series in a span: how many samples are numbers, in all and by the hour, shape (h,), and the sums of hours."""

    group: int
    samples: int
    count: npt.NDArray[np.int64]
    total: FloatArray


class _Sums:
    """Hourly sums of the counts among some wants, of whole spans."""

    def __init__(self, reader: Reader, wants: Sequence[Want]) -> None:
        counts = [want for want in wants if not want.is_flag and want.cells is not None]
        refs = list({ref.id: ref for want in counts for ref in want.every}.values())
        bounds = [want.bounds for want in counts] or [(0, 0)]
        spans = SPANS.spans(min(low for low, _ in bounds), max(high for _, high in bounds))
        found = read_hourly(reader, refs, range(spans.start * _HOURS, spans.stop * _HOURS))
        self._reader = reader
        self._row = {ref.id: row for row, ref in enumerate(refs)}
        self._first = spans.start
        self._count, self._total = (one.reshape(len(refs), len(spans), _HOURS) for one in (found.count, found.total))
        self._untold = (self._count == UNTOLD).any(axis=2)
        self._samples = self._count.sum(axis=2, where=self._count != UNTOLD)

    def of(self, refs: Sequence[SeriesRef], span: int) -> list[_Summed] | None:
        """Those of some series that have samples in a span; None where that is not known.

        Hours of which nothing is known count as none: whoever uses the sums must see that no sample is missing.
        """
        found = []
        for ref in refs:
            place = (self._row[ref.id], span - self._first)
            samples = int(self._samples[place])
            if samples:
                found.append(_Summed(ref.group_id, samples, self._count[place], self._total[place]))
            elif self._untold[place] and has_samples(self._reader, ref, span):
                return None
        return found

    def hours(self, span: int) -> FloatArray:
        """When the hours of a span begin, seconds UTC."""
        return (span * _HOURS + np.arange(_HOURS, dtype=np.float64)) * _SECONDS


class _Found:
    """What was found of one want so far, in any order."""

    def __init__(self, want: Want) -> None:
        self.want = want
        cells = np.empty(0) if want.cells is None or want.is_flag else want.cells
        within = cells[cells % _SECONDS != 0.0]  # an hour that a cell begins or ends in has no sum of its parts
        self._cut = set((within * 1000.0 // SPANS.length).astype(int).tolist())
        self._runs: list[Runs] = []
        self._sums: list[tuple[FloatArray, FloatArray, FloatArray]] = []

    def evidence(self) -> Flag | Counts:
        """All of it together."""
        runs, hold = Runs.join(self._runs), self.want.hold
        if self.want.is_flag:
            return Flag.of_runs(runs, hold)
        nothing = (np.empty(0),) * 3
        return Counts.of_runs(runs, hold, *map(np.concatenate, zip(nothing, *self._sums, strict=True)))

    # --- from samples -------------------------------------------------------------------------------------------

    def add(self, read: Mapping[int, Series]) -> None:
        """Add samples, by the numbers of their series."""
        want, measured = self.want, self.want.indicator
        whole, part = ([read[ref.id] for ref in refs] for refs in (want.whole, want.part))
        if want.is_flag:
            time, value = merged(whole, Fold.MOST if measured.op in ("lt", "lte") else Fold.LEAST)
            self._runs.append(Runs.of(time, compared(value, *want.limit), want.hold))
            return
        time, total = merged(whole, Fold.SUM)
        counted = at_times(time, *merged(part, Fold.SUM))
        time, good, total = both_known(time, counted if measured.good is not None else total - counted, total)
        self._runs.append(Runs.of(time, np.ones(time.size), want.hold))
        self._sums.append((time, good, total) if want.cells is None else _summed(want.cells, time, good, total))

    # --- from what has settled ----------------------------------------------------------------------------------

    def settle(self, settled: Settled, span: int, sums: _Sums) -> bool:
        """Add a quiet span without its samples; False where only they can tell."""
        return self._settle_flag(settled, span) if self.want.is_flag else self._settle_counts(settled, span, sums)

    def _settle_flag(self, settled: Settled, span: int) -> bool:
        """Only where one series has samples: how several become one is decided time by time."""
        found = settled.flags(self.want.whole, span, self.want.limit, self.want.hold)
        if found is None or len(found) > 1:
            return False
        self._runs += found
        return True

    def _settle_counts(self, settled: Settled, span: int, sums: _Sums) -> bool:
        """Only where either count is one series, both of one scrape group and with a number at each of its times.

        Sums of good ones do not do: a scrape that has more of them than of all is put right by itself. Bad ones,
        which are never negative, cannot make that necessary.
        """
        if self.want.cells is None or span in self._cut or self.want.indicator.bad is None:
            return False
        whole, part = sums.of(self.want.whole, span), sums.of(self.want.part, span)
        if whole is None or part is None:
            return False
        if not whole or not part:
            return True  # of one side alone nothing is known
        (all_of_it, *more), (bad, *others) = whole, part
        scraped = settled.scraped(bad.group, span, self.want.hold)
        if more or others or all_of_it.group != bad.group or scraped is None:
            return False
        good = all_of_it.total - bad.total
        if {all_of_it.samples, bad.samples} != {scraped.times} or not np.isfinite(good).all():
            return False
        there = np.flatnonzero(bad.count > 0)
        self._runs.append(scraped.runs)
        self._sums.append((sums.hours(span)[there], good[there], all_of_it.total[there]))
        return True


def _summed(
    cells: FloatArray, time: FloatArray, good: FloatArray, total: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Counts of samples by cells that hold any, each with the time at which its cell begins."""
    place = np.searchsorted(time, cells)
    full = np.flatnonzero(np.diff(place))
    if not full.size:
        return (np.empty(0),) * 3
    good, total = (np.add.reduceat(one[: place[-1]], place[full]) for one in (good, total))
    return cells[full], good, total
