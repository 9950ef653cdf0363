"""When memory runs out, in words."""

import math

from app.analysis.trend import CONFIDENCE, Course, Forecast
from app.model.health import Freshness
from app.query.enclaves import Picture
from app.query.gpu_floor import GpuFloor
from app.ui import words

_DAY = 86400.0


def outlook_words(one: Forecast, now: float, ahead: float) -> str:
    """In short: ``16 to 19 d``, ``no trend``; `ahead` is how many days are looked forward."""
    if one.course is Course.RISING:
        first, last = _days(one, now)
        if first > ahead:
            return f"not in {ahead:g}{words.GAP}d"
        if last > ahead:
            return f"from {first}{words.GAP}d"
        return f"in {first}{words.GAP}d" if first == last else f"in {first} to {last}{words.GAP}d"
    return {Course.FULL: "now", Course.STEADY: "no trend", Course.FALLING: "falling"}.get(one.course, "not known")


def outlook_sentence(one: Forecast, picture: Picture, place: str, now: float, ahead: float) -> str:
    """One sentence: ``Secret reaches 90 % of its memory in 16 to 19 d.``; from old data it says as of when."""
    limit = words.percent(one.limit, 0)
    if one.course is Course.UNKNOWN:
        return f"{place}: {one.time.size} of the days needed for a forecast of memory are known."
    said = {
        Course.FULL: f"{place} has passed {limit} of its memory",
        Course.STEADY: f"{place} memory has no trend",
        Course.FALLING: f"{place} memory is falling",
    }.get(one.course, f"{place} reaches {limit} of its memory {outlook_words(one, now, ahead)}")
    if one.course is Course.RISING and _days(one, now)[0] > ahead:
        said = f"{place} does not reach {limit} of its memory in the next {ahead:g}{words.GAP}d"
    fresh = picture.freshness is Freshness.FRESH
    return f"{said}." if fresh else f"{said}, as of {words.when(picture.data_time, now)} Z."


def outlook_tip(one: Forecast, floor: GpuFloor, picture: Picture) -> str:
    """How the forecast was made, from what, and as of when."""
    policy = floor.policy.gpu
    lines = [
        "Memory in use over memory there is, of all GPUs that say both; the largest hour of each day, where half of "
        f"its hours are known: {one.time.size} of {policy.forecast_days:g} days."
    ]
    if one.trend is not None:
        a_day = [100 * _DAY * slope for slope in (one.trend.slope, one.trend.slope_least, one.trend.slope_most)]
        lines.append(
            f"Theil-Sen line: {_points(a_day[0])} points a day, {CONFIDENCE * 100:.0f} % sure between "
            f"{_points(a_day[1])} and {_points(a_day[2])} (Sen 1968). The band adds how far {CONFIDENCE * 100:.0f} % "
            "of the days lie from it."
        )
        lines.append("It is a trend only where zero lies outside of that; otherwise nothing is forecast.")
    else:
        lines.append(f"Nothing is forecast from fewer than {policy.forecast_days_least:g} days.")
    if not math.isnan(picture.data_time):
        lines.append(f"As of {words.when(picture.data_time, floor.as_of)} Z, {words.age(picture.age)} ago.")
    return "\n".join(lines)


def _points(value: float) -> str:
    return "no bound" if math.isinf(value) else words.grouped(value, 2)


def _days(one: Forecast, now: float) -> tuple[int, int]:
    """Whole days from now: rounded down for the first, up for the last."""
    first = max(0, math.floor((one.earliest - now) / _DAY))
    last = (one.latest - now) / _DAY
    return first, 10**6 if math.isinf(last) else max(first, math.ceil(last))
