"""The health rules in force at this station: the shipped ones with the site's laid over them.

A key that is not known is refused with file, line and the nearest known name, so that a slip of the
pen never loosens a limit in silence.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from app.analysis.health_policy import METRICS, Evaluation, GpuPolicy, HealthPolicy, Override, Rule
from app.paths import Paths, resources
from app.toml import Place, read_toml, refuse_unknown


def read_policy(paths: Paths) -> HealthPolicy:
    """Read ``resources/policy/health.toml`` and, over it, ``config/policy/health.toml``.

    Raises
    ------
    SettingsError
        If a file is malformed, names something unknown or contradicts itself.
    """
    files = [resources() / "policy" / "health.toml"]
    own = paths.policy / "health.toml"
    return parse_policy([read_toml(path) for path in [*files, *([own] if own.exists() else [])]])


Layer = tuple[Mapping[str, Any], Place]
"""A decoded file or table and where it stands."""


def parse_policy(layers: Sequence[Layer]) -> HealthPolicy:
    """Lay decoded files over each other, key by key: the shipped one first, then the site's.

    The ``[[endpoint]]`` blocks of all files are kept, in this order.

    Raises
    ------
    SettingsError
        For an unknown key, a value of the wrong kind, or limits that contradict each other.
    """
    for table, place in layers:
        refuse_unknown(table, ["evaluation", "metric", "gpu", "endpoint"], place)
    evaluation = _section(Evaluation, "evaluation", layers)
    share = evaluation.get("minimum_share", 0.5)
    if not 0 < share <= 1:
        problem = f"{share:g} is not above 0 and at most 1; with 0 no data would count as healthy"
        raise layers[-1][1].at("evaluation", "minimum_share").refuse(problem)
    rules = tuple(_rule(metric, layers) for metric in METRICS)
    gpu = GpuPolicy(**_section(GpuPolicy, "gpu", layers))
    if not 0 < gpu.memory_limit_ratio <= 1:
        problem = f"{gpu.memory_limit_ratio:g} is not above 0 and at most 1; beyond it memory would never run out"
        raise layers[-1][1].at("gpu", "memory_limit_ratio").refuse(problem)
    return HealthPolicy(
        Evaluation(**evaluation),
        rules,
        gpu,
        tuple(override for layer in layers for override in _overrides(layer, rules)),
    )


def _table(layer: Layer, *names: str) -> Layer:
    """Table below `layer`, empty where it is not there."""
    table, place = layer
    for name in names:
        table, place = table.get(name, {}), place.at(name)
        if not isinstance(table, Mapping):
            raise place.refuse("a table is needed")
    return table, place


def _section(kind: type[Evaluation] | type[GpuPolicy], name: str, layers: Sequence[Layer]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    kinds = {entry.name: entry.type for entry in fields(kind)}
    for layer in layers:
        table, place = _table(layer, name)
        refuse_unknown(table, list(kinds), place)
        for key, value in table.items():
            if kinds[key] is float:
                merged[key] = _number(value, place.at(key), least=0.0)
            else:
                merged[key] = frozenset(_numbers(value, place.at(key)))
    return merged


def _number(value: Any, place: Place, least: float = -math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        raise place.refuse(f"{value!r} is no number{' of 0 or more' if least == 0 else ''}")
    return float(value)


def _numbers(value: Any, place: Place) -> list[int]:
    if not isinstance(value, list) or not all(type(item) is int for item in value):
        raise place.refuse("a list of whole numbers is needed")
    return value


def _rule_keys(layer: Layer) -> dict[str, Any]:
    table, place = layer
    refuse_unknown(table, [entry.name for entry in fields(Rule) if entry.name != "metric"], place)
    checked: dict[str, Any] = {}
    for key, value in table.items():
        if key != "worse":
            checked[key] = _number(value, place.at(key))
        elif value in {"above", "below"}:
            checked[key] = value
        else:
            raise place.at(key).refuse(f"{value!r} is no side of a limit", 'Write "above" or "below".')
    return checked


def _rule(metric: str, layers: Sequence[Layer]) -> Rule:
    merged: dict[str, Any] = {}
    for layer in layers:
        refuse_unknown(_table(layer, "metric")[0], list(METRICS), layer[1].at("metric"))
        merged |= _rule_keys(_table(layer, "metric", metric))
    place = layers[-1][1].at("metric", metric)
    if "worse" not in merged:
        raise place.refuse("on which side of its limit is a value bad?", 'Write worse = "above" or worse = "below".')
    return _consistent(Rule(metric, **merged), place)


def _consistent(rule: Rule, place: Place) -> Rule:
    sign = 1.0 if rule.above else -1.0
    if sign * rule.warning > sign * rule.critical:
        raise place.refuse(f"the warning limit {rule.warning:g} is worse than the critical limit {rule.critical:g}")
    if not 0 < rule.enter_after <= rule.of or rule.leave_after <= 0:
        raise place.refuse("this state can never be entered or left", "0 < enter_after <= of, and leave_after > 0.")
    least = rule.of - rule.enter_after
    if rule.leave_after < least:
        raise place.refuse("this state would flap", f"leave_after must be at least {least:g} (of - enter_after).")
    return rule


def _overrides(layer: Layer, rules: Sequence[Rule]) -> Iterator[Override]:
    blocks, place = layer[0].get("endpoint", []), layer[1].at("endpoint")
    if not isinstance(blocks, list):
        raise place.refuse("write [[endpoint]], not [endpoint]")
    for number, block in enumerate(blocks):
        here = place.at(number)
        refuse_unknown(block, ["match", "enclave", "metric"], here)
        match, enclave = block.get("match"), block.get("enclave", "*")
        if not isinstance(match, str) or not isinstance(enclave, str):
            raise here.refuse("match and enclave are globs over endpoint ids and enclave ids; match is needed")
        metrics, metrics_place = _table((block, here), "metric")
        refuse_unknown(metrics, list(METRICS), metrics_place)
        changes = []
        for metric in metrics:
            changed = _rule_keys(_table((metrics, metrics_place), metric))
            rule = next(one for one in rules if one.metric == metric)
            _consistent(replace(rule, **changed), metrics_place.at(metric))
            changes.append((metric, tuple(changed.items())))
        yield Override(match, enclave, tuple(changes))
