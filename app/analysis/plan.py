"""Which series of a source are whose: what collector.toml declares, recipe by recipe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.analysis.mapping import Raw
from app.analysis.recipe import VOCABULARY, Labels, Recipe
from app.model.catalogue import Catalogue

OwnLabels = tuple[tuple[str, str], ...]
"""Labels of one subject in our vocabulary, sorted."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One endpoint or node as a recipe sees it.

    `own` are its labels in our vocabulary, `match` those of its series in the source. `wanted` are the metrics
    that this recipe gives, because no recipe of higher rank does; `missing` those that none gives.
    """

    id: str
    own: Labels
    match: Labels
    wanted: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One recipe and everything that is read by it.

    `tags` adds labels to series that also match something else: the model whose pod holds a GPU.
    """

    name: str
    recipe: Recipe
    declared: tuple[Declared, ...]
    tags: tuple[tuple[Labels, Labels], ...] = ()

    def labels(self) -> tuple[str, ...]:
        """Labels of the source that tell the subjects apart, sorted."""
        names = {label for one in self.declared for label in one.match}
        names |= {label for parts in self.recipe.keep.values() for label in parts}
        names |= {label for match, _ in self.tags for label in match}
        return tuple(sorted(names))

    def shared(self, only: Sequence[str] = ()) -> dict[str, list[str]] | None:
        """Values of the labels that every subject names; None where no subject can be matched by `only`."""
        matches = [match for one in self.declared if (match := limited(one.match, only))]
        if not matches:
            return None
        names = set.intersection(*(set(match) for match in matches))
        return {name: sorted({match[name] for match in matches}) for name in sorted(names)}

    def assign(self, rows: Iterable[Raw], only: Sequence[str] = ()) -> dict[OwnLabels, list[Raw]]:
        """Series of each subject. What no subject matches is left out, never put under another name."""
        matches = [(one, match) for one in self.declared if (match := limited(one.match, only))]
        found: dict[OwnLabels, list[Raw]] = {}
        for row in rows:
            for one, match in matches:
                if holds(match, row.labels):
                    found.setdefault(self._own(one, row.labels), []).append(row)
        return found

    def _own(self, one: Declared, labels: Labels) -> OwnLabels:
        own = dict(one.own)
        for name, parts in self.recipe.keep.items():
            own[name] = ":".join(labels[part] for part in parts if labels.get(part))
        for match, extra in self.tags:
            if holds(match, labels):
                own.update(extra)
        return tuple(sorted(own.items()))


def holds(match: Labels, labels: Labels) -> bool:
    """Whether a series with `labels` carries every label of `match`."""
    return all(labels.get(name, "") == value for name, value in match.items())


def touches(match: Labels, labels: Labels) -> bool:
    """Whether a match is about series with these labels: they share a label and differ in none."""
    common = {name: value for name, value in match.items() if name in labels}
    return bool(common) and holds(common, labels)


def limited(match: Labels, only: Sequence[str]) -> Labels | None:
    """Part of a match that an entry goes by; None where it lacks one of the labels, or is empty."""
    if not only:
        return match or None
    return {name: match[name] for name in only} if all(name in match for name in only) else None


def unknown_recipes(named: Iterable[Mapping[str, Labels]], recipes: Mapping[str, Recipe]) -> list[str]:
    """Names that are matched by but that no recipe has, sorted."""
    return sorted({name for match in named for name in match if name not in recipes})


def make_plans(
    catalogue: Catalogue,
    matches: Mapping[str, Mapping[str, Labels]],
    node_matches: Mapping[str, Mapping[str, Labels]],
    recipes: Mapping[str, Recipe],
    since: float,
) -> list[Plan]:
    """One plan for each recipe that something not retired before `since` names.

    The order in which an endpoint or node names its recipes is their rank: each metric comes from
    the first that defines it, whether or not it is there at the moment, so that a number never
    changes its meaning in silence.
    """
    declared: dict[str, list[Declared]] = {}
    tags: dict[str, list[tuple[Labels, Labels]]] = {}
    enclave = catalogue.enclave.id
    for endpoint in catalogue.endpoints:
        if endpoint.retired_at is not None and endpoint.retired_at <= since:
            continue
        named = matches.get(endpoint.id, {})
        own = {"enclave": enclave, "endpoint": endpoint.id}
        _rank(declared, endpoint.id, own, named, {k: v for k, v in recipes.items() if v.subject == "endpoint"})
        for name, match in named.items():
            if name in recipes and recipes[name].subject == "gpu" and endpoint.model:
                tags.setdefault(name, []).append((match, {"model": endpoint.model}))
    for node in catalogue.nodes:
        if node.retired_at is not None and node.retired_at <= since:
            continue
        own = {"enclave": enclave, "node": node.id}
        for subject in ("gpu", "node"):
            chosen = {k: v for k, v in recipes.items() if v.subject == subject}
            _rank(declared, node.id, own, node_matches.get(node.id, {}), chosen)
    return [Plan(name, recipes[name], tuple(found), tuple(tags.get(name, ()))) for name, found in declared.items()]


def _rank(
    declared: dict[str, list[Declared]],
    identifier: str,
    own: Labels,
    named: Mapping[str, Labels],
    recipes: Mapping[str, Recipe],
) -> None:
    """Share the metrics of one subject out among its recipes."""
    ranked = [name for name in named if name in recipes]
    claimed: set[str] = set()
    shares = []
    for name in ranked:
        wanted = tuple(metric for metric in recipes[name].metrics if metric not in claimed)
        claimed.update(wanted)
        shares.append((name, wanted))
    for place, (name, wanted) in enumerate(shares):
        vocabulary = VOCABULARY[recipes[name].subject] if place == 0 else ()
        missing = tuple(metric for metric in vocabulary if metric not in claimed)
        declared.setdefault(name, []).append(Declared(identifier, own, named[name], wanted, missing))
