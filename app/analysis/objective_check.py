"""What makes a promise or an exclusion impossible, whoever wrote it: a file, a page, another station."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from app.clock import END
from app.model.metrics import COUNTED
from app.model.objective import Exclusion, Indicator, Method, Objective, Selector, ServiceHours, Window

MEASURED: Final = (
    "endpoint_up", "endpoint_latency_seconds", "endpoint_queue_length", "endpoint_saturation_ratio",
    "endpoint_replicas_ready",
)  # fmt: skip
"""Metrics that can be held against a threshold."""
LABELS: Final = {"endpoint_requests_within": "le", "endpoint_latency_seconds": "quantile"}
"""Label without which a metric does not say what is asked."""

IDENTIFIER: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?")
_GLOB: Final = re.compile(r"[a-z0-9._*?\[\]!-]{1,128}")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_SEVERITY: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_MOST_TEXT: Final = 1050
"""Characters; the bound that OpenSLO sets to a description."""
_MOST_SECONDS: Final = 366 * 86400.0 * 5


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the field of the noun (``window.zone``) and what about it."""

    field: str
    problem: str


def is_zone(name: str) -> bool:
    """Whether `name` is a zone of the IANA database."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", name):
        return False  # nothing that could name a file elsewhere gets as far as the database
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder of zones, malformed
        return False
    return True


@lru_cache
def _no_zone(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 -- only a mistake needs it
    from zoneinfo import available_timezones  # noqa: PLC0415

    close = get_close_matches(name, available_timezones(), 1)
    hint = f"; the nearest is {close[0]!r}" if close else ""
    return f"{name!r} is no zone of the IANA database{hint}"


def objective_faults(objective: Objective) -> Iterator[Fault]:
    """Everything that is wrong with a promise, in the order of its fields; nothing where it can be judged."""
    if not IDENTIFIER.fullmatch(objective.id):
        yield Fault("id", f"{objective.id!r} is no identifier: small letters, digits, '.', '_' and '-', at most 128")
    for name in ("title", "service", "party"):
        yield from text_faults(name, getattr(objective, name))
    for name in ("enclave_glob", "endpoint_glob"):
        yield from _glob(name, getattr(objective, name))
    yield from _indicator(objective.indicator)
    if not 0 < objective.target < 1:
        percent = 10 <= objective.target < 100  # nobody writes a share so, and a percentage often
        meant = f"; write {objective.target / 100:.10g} for {objective.target:.10g} %" if percent else ""
        yield Fault("target", f"{objective.target:g} is not between 0 and 1, both left out{meant}")
    yield from _slices(objective)
    yield from _window(objective.window)
    if objective.hours is not None:
        yield from _hours(objective.hours)
    for name in ("response", "resolve"):
        for severity, seconds in getattr(objective, name).items():
            if not _SEVERITY.fullmatch(severity):
                yield Fault(name, f"{severity!r} is no severity: small letters, digits, '.', '_' and '-', at most 32")
            elif not 0 < seconds <= _MOST_SECONDS:
                yield Fault(name, f"{severity} needs a length of time above 0 and of at most five years")


def text_faults(name: str, text: str, *, needed: bool = False) -> Iterator[Fault]:
    """What is wrong with words that people will read on one line."""
    if needed and not text.strip():
        yield Fault(name, "words are needed here")
    if len(text) > _MOST_TEXT:
        yield Fault(name, f"{len(text)} characters are too many; {_MOST_TEXT} are allowed")
    if not text.isprintable():
        yield Fault(name, "characters that cannot be printed are not allowed")


def _glob(name: str, glob: str) -> Iterator[Fault]:
    if not _GLOB.fullmatch(glob):
        yield Fault(name, f"{glob!r} is neither a name nor a pattern of small letters, digits, '.', '_', '-', '*', '?'")


def _indicator(indicator: Indicator) -> Iterator[Fault]:
    if indicator.kind == "threshold":
        if indicator.metric is None or indicator.op is None or indicator.value is None:
            yield Fault("indicator", "a threshold needs a metric, a comparison and a value")
            return
        yield from _selector("indicator.metric", indicator.metric, MEASURED)
        if not math.isfinite(indicator.value):
            yield Fault("indicator.value", f"{indicator.value} is no usable number")
        return
    if indicator.total is None or (indicator.good is None) == (indicator.bad is None):
        yield Fault("indicator", "a ratio needs a total and either good or bad")
        return
    name, part = ("good", indicator.good) if indicator.good is not None else ("bad", indicator.bad)
    if part is not None:
        yield from _selector(f"indicator.{name}", part, COUNTED)
        flag = "endpoint_up"
        if flag in {part.metric, indicator.total.metric} and (name == "bad" or part != indicator.total):
            yield Fault(f"indicator.{name}", f"{flag} is a flag: it can only be the good part of {flag}")
        elif part == indicator.total and part.metric != flag:
            yield Fault(f"indicator.{name}", f"{part.metric} is also the total, so nothing could ever be missed")
    yield from _selector("indicator.total", indicator.total, COUNTED)


def _selector(name: str, selector: Selector, known: tuple[str, ...]) -> Iterator[Fault]:
    if selector.metric not in known:
        yield Fault(name, f"{selector.metric!r} cannot be used here; known are {', '.join(known)}")
        return
    labels, needed = dict(selector.labels), LABELS.get(selector.metric)
    if needed is None or set(labels) != {needed}:
        if labels or needed is not None:
            wants = f"exactly {needed!r}" if needed else "nothing"
            yield Fault(name, f"{selector.metric} takes {wants} beside enclave and endpoint")
        return
    try:
        number = float(labels[needed])
    except ValueError:
        number = math.nan
    if not 0 < number < (1 if needed == "quantile" else math.inf):
        yield Fault(name, f"{needed} {labels[needed]!r} is no usable number")


def _slices(objective: Objective) -> Iterator[Fault]:
    seconds, share = objective.slice_seconds, objective.slice_target
    if objective.method is Method.OCCURRENCES:
        if seconds is not None or share is not None:
            yield Fault("slice_seconds" if share is None else "slice_target", "occurrences are not cut into slices")
        return
    if seconds is None:
        yield Fault("slice_seconds", f"{objective.method.value} need the length of a slice")
    elif not 1 <= seconds <= 86400:
        yield Fault("slice_seconds", "a slice lasts from one second to one day")
    elif objective.window.seconds is not None and seconds > objective.window.seconds:
        yield Fault("slice_seconds", "a slice is longer than the window")
    if objective.method is Method.RATIO_TIMESLICES:
        if share is not None:
            yield Fault("slice_target", "the mean of ratios has no target of a slice")
        if objective.indicator.kind == "threshold":
            yield Fault("method", "a threshold has no ratio; use Timeslices")
    elif share is None:
        yield Fault("slice_target", "Timeslices need the share at which a slice is good")
    elif not 0 < share <= 1:
        yield Fault("slice_target", f"{share:g} is not above 0 and at most 1")


def _window(window: Window) -> Iterator[Fault]:
    if window.kind == "rolling":
        if window.seconds is None or not 60 <= window.seconds <= _MOST_SECONDS:
            yield Fault("window.seconds", "a rolling window lasts from one minute to five years")
    elif window.unit is None or not 1 <= window.count <= 366:
        yield Fault("window.count", "a calendar window is 1 to 366 days, weeks, months, quarters or years")
    elif window.count > 1 and window.start is None:
        yield Fault("window.start", "periods of several units need the first day of one of them")
    if not is_zone(window.zone):
        yield Fault("window.zone", _no_zone(window.zone))


def _hours(hours: ServiceHours) -> Iterator[Fault]:
    if not hours.days or sorted(set(hours.days)) != list(hours.days) or not set(hours.days) <= set(range(7)):
        yield Fault("hours.days", "at least one day is needed, each once and in order, Monday first")
    for name in ("start", "end"):
        if not _CLOCK.fullmatch(getattr(hours, name)) or (name, hours.start) == ("start", "24:00"):
            yield Fault(f"hours.{name}", f"{getattr(hours, name)!r} is no time of day; write HH:MM")
    if not is_zone(hours.zone):
        yield Fault("hours.zone", _no_zone(hours.zone))


def exclusion_faults(exclusion: Exclusion) -> Iterator[Fault]:
    """Everything that is wrong with a request for an exclusion, in the order of its fields."""
    if not IDENTIFIER.fullmatch(exclusion.id):
        yield Fault("id", f"{exclusion.id!r} is no identifier: small letters, digits, '.', '_' and '-', at most 128")
    for name in ("objective_glob", "enclave_glob", "endpoint_glob"):
        yield from _glob(name, getattr(exclusion, name))
    if not 0.0 <= exclusion.start < exclusion.end <= END:
        yield Fault("end", "an exclusion ends after it starts, between the years 1970 and 2199")
    else:
        yield from _repeat(exclusion)
    if not is_zone(exclusion.zone):
        yield Fault("zone", _no_zone(exclusion.zone))
    if exclusion.kind not in {"planned", "customer", "force-majeure"}:
        yield Fault("kind", f"{exclusion.kind!r} is not one of planned, customer, force-majeure")
    if exclusion.treatment not in {"count", "separate", "exclude"}:
        yield Fault("treatment", f"{exclusion.treatment!r} is not one of count, separate, exclude")
    yield from text_faults("reason", exclusion.reason, needed=True)
    yield from text_faults("reference", exclusion.reference, needed=True)


def _repeat(exclusion: Exclusion) -> Iterator[Fault]:
    """What is wrong with the rule of an exclusion that has a beginning."""
    found = list(text_faults("rule", exclusion.rule))
    yield from found
    if exclusion.rule and not found and is_zone(exclusion.zone):
        from app.analysis.recurrence import check_rule  # noqa: PLC0415 -- numpy and dateutil, for what repeats alone

        try:
            check_rule(exclusion.rule, exclusion.start, exclusion.zone)
        except ValueError as error:
            yield Fault("rule", str(error).rstrip("."))
