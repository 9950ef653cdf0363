"""One promise closely, as lines, bands and guides of the two charts. Made on a worker thread."""

import math
from dataclasses import dataclass, replace

import numpy as np

from app.model.health import Health
from app.model.objective import Exclusion
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.query.judging import CELL
from app.query.service_level import BurnCurve, Closely
from app.query.service_levels import PairNow
from app.store.reduced import Reduced
from app.ui.charts.line import Band, Fan, Guide, Line, Threshold, make_line
from app.ui.service_levels.level_words import burn_words, factor_words, runs_out_words, span

_RATES = ("series.1", "series.4")
_SHOWN_DAYS = 3.0
_FLOOR = -1.0
_CAP = 2.0
"""Times the highest factor: a peak may be a hundred times as high, and would press the factors flat."""
_DAY = 86400.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What both charts show of `close`.

    `period` is the window of the burn-down, `recent` that of the burn rates; `now` is the end of what is over, seconds
    UTC. `cap` is how far the scale of the burn rates reaches at most.
    """

    close: Closely
    period: TimeRange
    recent: TimeRange
    now: float
    left: tuple[Line, ...]
    guides: tuple[Guide, ...]
    fans: tuple[Fan, ...]
    bands: tuple[Band, ...]
    rates: tuple[Line, ...]
    factors: tuple[Threshold, ...]
    cap: float
    burned: tuple[Band, ...]


def drawn(close: Closely) -> Drawn:
    """Prepare both charts."""
    row, down = close.row, close.down
    period, now = row.promise.period.span, row.judged.end
    data_time = row.promise.picture.data_time
    newest = min(now, data_time) if row.found.now.known > 0.0 else math.nan  # of other periods there may be data
    known = (down.time <= (newest if not math.isnan(newest) else period.start)) & down.told
    step = float(np.diff(down.time).max()) if down.time.size > 1 else math.nan
    left = make_line(
        "left",
        "series.1",
        _points(down.time, np.where(known, down.left, np.nan), step),
        newest,
        weight=2.0,
        filled=True,
    )
    lines = [left]
    if bool(np.nanmax(np.abs(down.left - down.left_worst), initial=0.0) > 0.001):
        # far below the rest it would press the line that is known flat: it leaves the chart, and where it does not come
        # to stay there is no need to follow it below nothing
        lowest = float(np.nanmin(down.left))
        floor = min(_FLOOR, lowest + _FLOOR)
        if float(np.nanmin(down.left_worst)) < floor:
            floor = min(0.0, lowest)
        worst = np.where(known & (down.left_worst >= floor), down.left_worst, np.nan)
        points = _points(down.time, worst, step)
        lines.append(replace(make_line("left at worst", "text.low", points, newest, weight=1.0), name="at worst"))
    recent = TimeRange(max(period.start, now - _SHOWN_DAYS * _DAY), max(now, period.start + 1.0))
    factors = _factors(close)
    return Drawn(
        close=close,
        period=period,
        recent=recent,
        now=now,
        left=tuple(lines),
        guides=(Guide("even pace", down.time, down.even),),
        fans=_fans(close),
        bands=_bands(close),
        rates=_rates(close, newest),
        factors=factors,
        cap=max((_CAP * one.value for one in factors), default=math.inf),
        burned=_burned(close),
    )


def _points(time: FloatArray, value: FloatArray, step: float) -> Reduced:
    return Reduced(time, value, value, 0.0, step)


def _fans(close: Closely) -> tuple[Fan, ...]:
    ahead, budget = close.ahead, close.row.budget
    if ahead is None or not budget.allowed > 0.0:
        return ()
    said = f"Runs out: {runs_out_words(close.row, close.row.judged.end)}"
    least, most = (np.maximum(side / budget.allowed, 0.0) for side in (ahead.least, ahead.most))
    return (Fan(said, "series.1", ahead.time, least, most),)


def _bands(close: Closely) -> tuple[Band, ...]:
    """Exclusions that change the figure, as planned work."""
    named: dict[str, Exclusion] = {one.id: one for one in close.row.promise.standing}
    return tuple(
        Band(start, end, Health.MAINTENANCE, named[name].reason)
        for name, covered in close.excluded.items()
        for start, end in covered.tolist()
    )


def _burned(close: Closely) -> tuple[Band, ...]:
    """When the pairs of the chart spoke, in a tint that the curves can be read on."""
    shown = {one.pair for one in _shown(close)}
    return tuple(
        Band(burn.start, burn.end, Health.WARNING, burn_words(burn)) for burn in close.burns if burn.pair in shown
    )


def _rates(close: Closely, newest: float) -> tuple[Line, ...]:
    """Burn rates of the long windows that page; without any, of the first pairs."""
    by_width = {curve.seconds: curve for curve in close.curves}
    return tuple(
        make_line(f"{span(pair.pair.long)} window", colour, _points(curve.time, _until(newest, curve), CELL), newest)
        for pair, colour in zip(_shown(close), _RATES, strict=False)
        if (curve := by_width.get(pair.pair.long)) is not None
    )


def _until(newest: float, curve: BurnCurve) -> FloatArray:
    """Rates up to the cell of the newest data: a window that reaches back behind it tells nothing of the time since."""
    found: FloatArray = np.where(curve.time - CELL < newest, curve.rate, np.nan)
    return found


def _shown(close: Closely) -> list[PairNow]:
    pairs = close.row.pairs
    paging = [one for one in pairs if one.pair.severity == "page"]
    return list(paging or pairs)[: len(_RATES)]


def _factors(close: Closely) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(one.factor, f"{said}: {factor_words(one.factor)}", said)
        for one in _shown(close)
        for said in (f"{one.pair.severity}, {span(one.pair.long)}",)
    )
