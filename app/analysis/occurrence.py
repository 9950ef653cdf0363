"""Events that hide in metrics: an error counter that rises, a sticky error code that changes."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from app.analysis.counter import increments, known_edges
from app.analysis.mapping import Raw, Steps, by_target
from app.analysis.recipe import Labels, Occurrence, Recipe
from app.model.event import Event

Moments = list[tuple[float, str, Labels]]
"""Time in seconds, text and labels of the source."""


def events(
    recipe: Recipe, subject: str, labels: Labels, raw: Mapping[str, Sequence[Raw]], steps: Steps
) -> Iterator[Event]:
    """Events of one subject; of the rules for one kind the first whose metric is exported.

    `labels` are those of the subject in our vocabulary, `raw` its scrapes by `Family.key`.
    """
    done: set[str] = set()
    for rule in recipe.event:
        rows = raw.get(rule.family.key, [])
        if rule.kind in done or not rows:
            continue
        done.add(rule.kind)
        moments = (changes if rule.sticky else rises)(rule, rows, steps)
        own = "/".join(value for name, value in sorted(labels.items()) if name not in ("enclave", "model"))
        for at, text, _ in moments:
            if at > steps.edges[steps.warm]:
                key = f"{own}/{text}/{round(at)}"
                yield Event(labels["enclave"], rule.kind, key, subject, at, at, text, tuple(sorted(labels.items())))


def rises(rule: Occurrence, rows: Sequence[Raw], steps: Steps) -> Moments:
    """One moment for each step in which a counter rose; its time is the end of the step."""
    found: Moments = []
    for group in by_target(rows).values():
        times = np.unique(np.concatenate([row.time for row in group]))
        known = known_edges(times, steps.edges, steps.interval)
        for row in group:
            if not rule.family.holds(row.labels):
                continue
            rise = increments(row.time, row.value, steps.edges, steps.interval, known)
            for place in np.flatnonzero(np.nan_to_num(rise) > 0):
                text = _text(rule, row.labels, rise[place])
                found.append((float(steps.edges[place + 1]), text, row.labels))
    return found


def changes(rule: Occurrence, rows: Sequence[Raw], steps: Steps) -> Moments:
    """One moment for each scrape at which a sticky gauge took another value than 0 and than before.

    The first scrape of a series says nothing: the value may be from long ago.
    """
    found: Moments = []
    for row in rows:
        if not rule.family.holds(row.labels):
            continue
        usable = ~np.isnan(row.value)
        time, value = row.time[usable], row.value[usable]
        for place in np.flatnonzero((np.diff(value) != 0) & (value[1:] != 0)) + 1:
            if steps.edges[0] < time[place] <= steps.edges[-1]:
                found.append((float(time[place]), _text(rule, row.labels, value[place]), row.labels))
    return found


def _text(rule: Occurrence, labels: Labels, value: float) -> str:
    values = {**labels, "value": f"{value:g}"}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "?"), rule.text)
