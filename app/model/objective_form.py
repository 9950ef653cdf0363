"""Objectives and exclusions as plain values, the way that the journal and JSON answers hold them."""

from dataclasses import fields
from datetime import date
from typing import Any

from app.model.objective import (
    Exclusion,
    Indicator,
    Method,
    Missing,
    Objective,
    Selector,
    ServiceHours,
    Window,
)

Plain = dict[str, Any]


def plain_objective(objective: Objective) -> Plain:
    """Objective as values that JSON can hold."""
    window, indicator, hours = _fields(objective.window), _fields(objective.indicator), objective.hours
    window["start"] = None if objective.window.start is None else objective.window.start.isoformat()
    for name in ("good", "bad", "total", "metric"):
        found = indicator[name]
        indicator[name] = None if found is None else {"metric": found.metric, "labels": dict(found.labels)}
    return _fields(objective) | {
        "window": window,
        "indicator": indicator,
        "hours": None if hours is None else _fields(hours) | {"days": list(hours.days)},
        "method": objective.method.value,
        "missing": objective.missing.value,
        "response": dict(objective.response),
        "resolve": dict(objective.resolve),
    }


def _fields(noun: Objective | Window | Indicator | ServiceHours | Exclusion) -> Plain:
    """Fields of one noun as they are: `dataclasses.asdict` copies deeply and takes ten times as long."""
    return {one.name: getattr(noun, one.name) for one in fields(noun)}


def objective_from_plain(told: Plain) -> Objective:
    """Objective of `plain_objective`; KeyError, TypeError or ValueError where it is none."""
    window, indicator, hours = dict(told["window"]), dict(told["indicator"]), told["hours"]
    if window["start"] is not None:
        window["start"] = date.fromisoformat(window["start"])
    for name in ("good", "bad", "total", "metric"):
        found = indicator[name]
        if found is not None:
            indicator[name] = Selector(found["metric"], tuple(sorted(found["labels"].items())))
    return Objective(
        **told
        | {
            "window": Window(**window),
            "indicator": Indicator(**indicator),
            "hours": None if hours is None else ServiceHours(**hours | {"days": tuple(hours["days"])}),
            "method": Method(told["method"]),
            "missing": Missing(told["missing"]),
        }
    )


_SETTLED_BY_ENTRIES = ("requested_by", "approved_by", "withdrawn")


def plain_exclusion(exclusion: Exclusion) -> Plain:
    """What was asked for, as values that JSON can hold; who asked and who agreed stands in the entries."""
    return {name: value for name, value in _fields(exclusion).items() if name not in _SETTLED_BY_ENTRIES}


def exclusion_from_plain(
    told: Plain, requested_by: str, approved_by: str = "", *, withdrawn: bool = False
) -> Exclusion:
    """Exclusion of `plain_exclusion`; TypeError where it is none."""
    return Exclusion(**told, requested_by=requested_by, approved_by=approved_by, withdrawn=withdrawn)
