"""What the charts of an endpoint are held against: what was promised, and the limits that its state is judged by."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from app.model.objective import Method, Objective, Window
from app.query.endpoint import EndpointAnswer
from app.query.endpoint_objectives import PromisedLine
from app.ui import words
from app.ui.charts.line import Threshold
from app.ui.endpoint.faces import FACES, Face

LATENCY: Final = "endpoint_latency_seconds"
_JUDGED: Final = "0.95"
"""The quantile that the limits of latency are of."""


def limits_of(answer: EndpointAnswer) -> dict[str, list[Threshold]]:
    """Promises and limits in force by the title of their chart.

    A limit at the value of a promise is not drawn a second time; the words of the promise name it.
    """
    return {face.title: _of_face(face, answer) for face in FACES if face.judged}


def _of_face(face: Face, answer: EndpointAnswer) -> list[Threshold]:
    limits, judged = _limits(face, answer), _JUDGED if face.judged == LATENCY else ""
    found: list[Threshold] = []
    drawn: set[str] = set()
    mine = sorted((line for line in answer.promised if line.metric == face.judged), key=_place)
    for (quantile, value), lines in groupby(mine, key=_place):
        same = [said for said, limit in limits if limit == value and quantile == judged]
        drawn.update(same)
        found.append(_promise(face, list(lines), same))
    for said, value in limits:
        if said not in drawn:
            name = f"{_named(judged)}{said}"
            found.append(Threshold(value, f"{name} {face.unit.say(value)}", name))
    return found


def _place(line: PromisedLine) -> tuple[str, float]:
    return line.quantile, line.value


def _named(quantile: str) -> str:
    """``p95`` before what is said of it; nothing where there are no quantiles."""
    return f"p{float(quantile) * 100:g} " if quantile else ""


def _limits(face: Face, answer: EndpointAnswer) -> list[tuple[str, float]]:
    """What the state is judged by: where it gets critical, and what is warned of."""
    rule = answer.limits.get(face.judged)
    if rule is None:
        return []
    warning, whose = rule.warning, "warning"
    if face.judged == LATENCY and not answer.own_limit >= rule.warning:  # also where it has none
        warning, whose = answer.own_limit, "own limit"
    return [(said, value) for said, value in (("critical", rule.critical), (whose, warning)) if not math.isnan(value)]


# --- promises -------------------------------------------------------------------------------------------------------


def _promise(face: Face, lines: Sequence[PromisedLine], same: Sequence[str]) -> Threshold:
    first = lines[0]
    least = "least " if first.objective.indicator.op in ("gt", "gte") else ""
    name = f"{_named(first.quantile)}objective"
    also = "".join(f" and {one.removesuffix(' limit')} limit" for one in same)
    said = f"{name}{also} {least}{face.unit.say(first.value)}"
    return Threshold(first.value, said, name, promised=True, tip="\n".join(_told(face, one) for one in lines))


def _told(face: Face, line: PromisedLine) -> str:
    """Which promise, how it is counted, over which time, and since when."""
    objective, version = line.objective, line.version
    since = f"{words.date(version.since)} {words.clock(version.since)}"
    party = f" Promised to: {objective.party}." if objective.party else ""
    return "\n".join(
        (
            f"{objective.id}: {objective.title}.{party}",
            f"{_counted(face, line)}, {_over(objective.window)}.",
            f"Version {version.entry}, in force since {since}{words.GAP}Z.",
        )
    )


def _counted(face: Face, line: PromisedLine) -> str:
    objective = line.objective
    share = _share(objective.target)
    if objective.indicator.kind == "ratio":
        return f"{share} of {_units(objective, 'requests')} without error, so {face.unit.say(line.value)} may fail"
    side = "at least" if objective.indicator.op in ("gt", "gte") else "at most"
    good = f"{_named(line.quantile)}{side} {face.unit.say(line.value)}"
    return f"{words.capitalised(good)} in {share} of {_units(objective, 'samples')}"


def _units(objective: Objective, each: str) -> str:
    """What is counted: each event alike, or slices of time."""
    if objective.method is Method.OCCURRENCES or objective.slice_seconds is None:
        return each
    slices = f"slices of {words.age(objective.slice_seconds)}"
    if objective.slice_target is None:
        return f"{each} in the mean of {slices}"
    return f"{slices}, each good with {_share(objective.slice_target)} of its {each}"


def _over(window: Window) -> str:
    if window.seconds is not None:
        return f"over the last {words.age(window.seconds)}"
    unit = window.unit or "period"
    return f"over each {unit if window.count == 1 else f'{window.count} {unit}s'} ({window.zone})"


def _share(share: float) -> str:
    return f"{share * 100:.6g}{words.GAP}%"
