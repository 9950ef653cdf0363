"""From samples to a state: limits, windows, hysteresis, and no data that ever counts as good.

A timeline is an int8 array with one code per slot of a `Grid`. The codes are ordered by how much
they outrank each other, so that the worst of several timelines is their maximum.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.grid import Grid, hold, trailing_sum
from app.analysis.health_policy import Rule
from app.model.health import Health
from app.model.sample import FloatArray
from app.model.time_range import TimeRange

GOOD, UNKNOWN, WARNING, CRITICAL = range(4)
"""Codes of a timeline."""

Codes = npt.NDArray[np.int8]

_HEALTH = (Health.HEALTHY, Health.UNKNOWN, Health.WARNING, Health.CRITICAL)


def as_health(code: int) -> Health:
    """Health that a code of a timeline stands for."""
    return _HEALTH[code]


def timeline(
    value: FloatArray, rule: Rule, grid: Grid, minimum_share: float, idle: npt.NDArray[np.bool_] | None = None
) -> Codes:
    """State of one metric in every slot.

    A state is entered when `rule.enter_after` of the last `rule.of` minutes are bad, and left when
    the last `rule.leave_after` minutes are all known and not bad, or when so little is known that
    nothing can be said. Between the two it holds.

    Parameters
    ----------
    value
        Shape (..., n), one value per slot; NaN is unknown, whatever the reason.
    rule
        Limits and minutes.
    grid
        Gives the slots per minute.
    minimum_share
        Share of the last `rule.of` minutes that must be known for anything better than UNKNOWN.
    idle
        Shape like `value`, or None: slots for which the value has no meaning because it is *known*
        that there was nothing to measure (no requests, so no latency). They are not bad.

    Returns
    -------
    Codes
        Shape like `value`.
    """
    known = ~np.isnan(value)
    worse = np.greater if rule.above else np.less
    with np.errstate(invalid="ignore"):
        bad = worse(value, rule.warning) if not math.isnan(rule.warning) else np.zeros(value.shape, np.bool_)
        awful = worse(value, rule.critical) if not math.isnan(rule.critical) else np.zeros(value.shape, np.bool_)
    bad |= awful
    if idle is not None:
        known = known | idle
    of = grid.slots(rule.of * 60.0)
    little = _little(known, of, math.ceil(minimum_share * of - 1e-9))
    warning = _latched(bad, known, little, rule, grid)
    critical = _latched(awful, known, little, rule, grid)
    codes = np.where(critical, CRITICAL, np.where(warning, WARNING, np.where(little, UNKNOWN, GOOD)))
    return codes.astype(np.int8)


def _little(known: npt.NDArray[np.bool_], of: int, least: int) -> npt.NDArray[np.bool_]:
    """Whether fewer than `least` of the last `of` slots are known; shape like `known`."""
    if known.all():  # the usual case: only at the beginning there are fewer slots at all
        little = np.zeros(known.shape, np.bool_)
        little[..., : max(0, least - 1)] = True
        return little
    fewer: npt.NDArray[np.bool_] = trailing_sum(known, of) < least
    return fewer


def _latched(
    bad: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    little: npt.NDArray[np.bool_],
    rule: Rule,
    grid: Grid,
) -> npt.NDArray[np.bool_]:
    if not bad.any():  # the usual case, and by far the quickest answer
        return bad
    of = grid.slots(rule.of * 60.0)
    enter = min(of, grid.slots(rule.enter_after * 60.0))
    # of - enter good slots at the end still leave room for `enter` bad ones before them; one more does not, so
    # with this a slot can never ask for entering and leaving at once
    leave = max(grid.slots(rule.leave_after * 60.0), of - enter + 1)
    entering = trailing_sum(bad, of) >= enter
    leaving = trailing_sum(known & ~bad, leave) >= leave
    event = np.where(entering, 1, np.where(leaving | little, -1, 0)).astype(np.int8)
    slot = np.broadcast_to(np.arange(bad.shape[-1]), bad.shape)
    newest = np.maximum.accumulate(np.where(event != 0, slot, 0), axis=-1)
    latched: npt.NDArray[np.bool_] = np.take_along_axis(event, newest, axis=-1) == 1
    return latched


def evidence(value: FloatArray, rule: Rule, grid: Grid, minimum_share: float) -> npt.NDArray[np.bool_]:
    """Whether enough real values of a metric are known, slot by slot; shape like `value`."""
    of = grid.slots(rule.of * 60.0)
    return ~_little(~np.isnan(value), of, math.ceil(minimum_share * of - 1e-9))


def combine(timelines: list[Codes], vouched: npt.NDArray[np.bool_]) -> Codes:
    """Worst of several timelines; never better than UNKNOWN where nothing vouches for the service.

    Parameters
    ----------
    timelines
        Each of shape (n,).
    vouched
        Shape (n,): whether something that shows service to users is known in a slot.
    """
    floor = np.where(vouched, GOOD, UNKNOWN).astype(np.int8)
    combined: Codes = np.maximum.reduce([floor, *timelines])
    return combined


@dataclass(frozen=True, slots=True)
class Run:
    """The state at the end of a timeline and the slot since which it has held without a break."""

    code: int
    first: int


def last_run(codes: Codes) -> Run:
    """State at the end of a timeline of shape (n,) with n of at least 1."""
    other = np.flatnonzero(codes != codes[-1])
    return Run(int(codes[-1]), int(other[-1]) + 1 if other.size else 0)


def errors_or_zero(requests: FloatArray, errors: FloatArray, exported: FloatArray, flag_hold: int) -> FloatArray:
    """Errors per slot, with zero where their absence is known to mean zero.

    Error counters appear with the first error. PromQL's answer is ``errors or requests * 0``; ours
    asks in addition that the collector said it can see the counter, because across an air gap an
    absent series may as well be one that nobody reads.

    Parameters
    ----------
    requests, errors, exported
        Shape (n,), counts per slot and the flag ``exported{metric="endpoint_errors"}``; NaN is unknown.
    flag_hold
        Slots for which the newest flag speaks.

    Returns
    -------
    FloatArray
        Shape (n,); NaN where it is not known.
    """
    implied = ~np.isnan(requests) & (hold(exported, flag_hold) == 1.0)
    known: FloatArray = np.where(np.isnan(errors) & implied, 0.0, errors)
    return known


def error_ratio(requests: FloatArray, errors: FloatArray, width: int) -> tuple[FloatArray, FloatArray]:
    """Share of failed requests over the last `width` slots, and the requests it stands on.

    Only slots in which both counts are known are counted, on both sides of the bar: a slot whose
    errors are unknown must not dilute those that are known.

    Returns
    -------
    ratio
        Shape (n,); NaN in a slot whose own counts are unknown, and where there were no requests.
    counted
        Shape (n,): requests behind each ratio.
    """
    known = np.isfinite(requests) & np.isfinite(errors)  # an infinite count is no count
    asked = trailing_sum(np.where(known, requests, 0.0), width)
    failed = trailing_sum(np.where(known, errors, 0.0), width)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(known & (asked > 0), failed / asked, np.nan)
    return ratio, asked


def capped_ratio(ratio: FloatArray, counted: FloatArray, rule: Rule) -> FloatArray:
    """Ratio as it is judged: on few requests never beyond the critical limit, so at most a warning."""
    few = counted < rule.minimum_requests
    capped: FloatArray = np.where(few & (ratio > rule.critical), rule.critical, ratio)
    return capped


def requests_rate(requests: FloatArray, width: int, step: float) -> float:
    """Requests per second over the known ones of the last `width` slots; NaN if none is known."""
    known = requests[-width:][np.isfinite(requests[-width:])]
    return float(known.sum() / (known.size * step)) if known.size else float("nan")


@dataclass(frozen=True, slots=True)
class Uptime:
    """Seconds of one or more endpoints: expected, known, and known to be up."""

    expected: float
    known: float
    up: float

    def __add__(self, other: "Uptime") -> "Uptime":
        return Uptime(self.expected + other.expected, self.known + other.known, self.up + other.up)

    @property
    def share(self) -> float:
        """Share of the known time that is up; NaN if none is known."""
        return self.up / self.known if self.known > 0 else math.nan

    @property
    def coverage(self) -> float:
        """Share of the expected time that is known; NaN if none is expected."""
        return self.known / self.expected if self.expected > 0 else math.nan


def uptime(time: FloatArray, up: FloatArray, step: float, span: TimeRange) -> Uptime:
    """Measure the known and the good time of one endpoint's ``endpoint_up``.

    ``avg_over_time(up[30d])`` gives a target that was absent for a week 100 %; so the share comes
    with its coverage. A sample speaks from its own time until the next one, for one `step` of the
    endpoint at most: regular samples weigh alike, a source that is read twice as often as declared
    does not cover 200 %, and taking a sample away can never raise the coverage.

    Parameters
    ----------
    time, up
        Shape (n,), seconds UTC, increasing; a NaN in `up` counts as no sample.
    step
        Seconds between two samples, as the endpoint declares it.
    span
        What is asked for; it is expected to be covered up to its end, however old the data is.
    """
    number = ~np.isnan(up)
    time, up = time[number], up[number]
    until = np.minimum(np.append(time[1:], np.inf), time + step)
    seconds = np.clip(until, span.start, span.end) - np.clip(time, span.start, span.end)
    return Uptime(span.seconds, float(seconds.sum()), float(seconds[up >= 1.0].sum()))
