"""Alerts: what ``ALERTS`` and ``ALERTS_FOR_STATE`` of a Prometheus server say, as events of what is declared.

Both are written by each evaluation of an alerting rule, ``ALERTS`` with 1 while the alert is pending or firing and
``ALERTS_FOR_STATE`` with the time since when it has been active (Prometheus, "Alerting rules"). That time tells one
episode of an alert from the next and stays the same while it lasts, so that every later reading knows it again.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from app.analysis.mapping import Raw
from app.analysis.plan import holds, limited
from app.analysis.recipe import Labels
from app.model.catalogue import Catalogue
from app.model.event import Event
from app.model.sample import FloatArray
from app.model.time_range import TimeRange

Identity = tuple[tuple[str, str], ...]
"""Labels of one alert without its state, sorted."""

Owners = Sequence[tuple[str, Labels]]
"""Ids of endpoints and nodes, each with labels that are theirs in the source."""

_NAME_LENGTH = 120  # characters of an alert's name in a key, which must not be cut behind it
_SILENT = 2.5
"""Evaluations for which an alert must be missing while its server speaks before it has ended: one may be late."""


def owners(
    catalogue: Catalogue,
    matches: Mapping[str, Mapping[str, Labels]],
    node_matches: Mapping[str, Mapping[str, Labels]],
    recipes: Sequence[str],
    since: float,
) -> Owners:
    """What is declared and not retired before `since`, once for each match of one of the `recipes` (empty: of any)."""
    found: list[tuple[str, Labels]] = []
    for subjects, named in ((catalogue.endpoints, matches), (catalogue.nodes, node_matches)):
        for one in subjects:
            if one.retired_at is not None and one.retired_at <= since:
                continue
            for name, labels in named.get(one.id, {}).items():
                match = limited(labels, ())
                if match is not None and (not recipes or name in recipes):
                    found.append((one.id, match))
    return found


def identity(labels: Labels) -> Identity:
    """What an alert is known by while its state changes."""
    return tuple(sorted((name, value) for name, value in labels.items() if name != "alertstate"))


@dataclass(frozen=True, slots=True)
class Assigned:
    """Alerts by whom they concern: `mine` maps those that are read to ids, `seen` and `matched` count."""

    seen: int
    matched: int
    mine: Mapping[Identity, tuple[str, ...]]

    def select(self, most: int = 50) -> Mapping[str, list[str]]:
        """Values of the labels that all of `mine` carry, where there are no more than `most`; and of their name."""
        tables = [dict(one) for one in self.mine]
        shared = set.intersection(*(set(table) for table in tables)) if tables else set()
        values = {name: sorted({table[name] for table in tables}) for name in sorted(shared)}
        return {name: found for name, found in values.items() if name == "alertname" or len(found) <= most}


def assign(alerts: Iterable[Identity], declared: Owners, most: int) -> Assigned:
    """Give each alert to all whose labels it carries; of more than `most` the critical ones come first."""
    seen = sorted(set(alerts), key=lambda one: (dict(one).get("severity") != "critical", one))
    found = {}
    for one in seen:
        labels = dict(one)
        subjects = tuple(sorted({subject for subject, match in declared if holds(match, labels)}))
        if subjects:
            found[one] = subjects
    return Assigned(len(seen), len(found), dict(list(found.items())[:most]))


# --- episodes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert from its beginning to its end, as far as it was read.

    `since` is when it became active, `first` and `last` when it was first and last read as firing, and `interval`
    how often its rule is evaluated; seconds. `following` is when it was first read as firing again, in the
    next episode, and inf without one.
    """

    alert: Identity
    since: float
    first: float
    last: float
    interval: float
    following: float


def episodes(firing: Iterable[Raw], active: Iterable[Raw], interval: float) -> tuple[list[Episode], int]:
    """Episodes of each alert, and how many alerts never say since when they are active.

    Parameters
    ----------
    firing
        Samples of ``ALERTS`` with the state firing; one alert may come in several pieces that overlap.
    active
        Samples of ``ALERTS_FOR_STATE``.
    interval
        Seconds between evaluations for an alert that was seen once.
    """
    beginnings, found, unknown = _joined(active), [], 0
    for alert, (read, value) in _joined(firing).items():
        at, since = beginnings.get(alert, (np.empty(0), np.empty(0)))
        place = np.searchsorted(at, read, side="right") - 1
        usable = (value == 1) & (place >= 0)
        time, place = read[usable], place[usable]
        if not time.size:
            unknown += 1
            continue
        usual = float(np.median(np.diff(at))) if at.size > 1 else interval
        starts = np.flatnonzero(np.diff(since[place], prepend=np.nan) != 0)
        ends = [*starts[1:], time.size]
        for start, end in zip(starts, ends, strict=True):
            following = float(time[end]) if end < time.size else math.inf
            moments = float(since[place[start]]), float(time[start]), float(time[end - 1])
            found.append(Episode(alert, *moments, usual, following))
    return found, unknown


def _joined(rows: Iterable[Raw]) -> dict[Identity, tuple[FloatArray, FloatArray]]:
    """Times and values of each alert, each time once, in order."""
    pieces: dict[Identity, list[Raw]] = {}
    for row in rows:
        pieces.setdefault(identity(row.labels), []).append(row)
    found = {}
    for alert, parts in pieces.items():
        time, place = np.unique(np.concatenate([row.time for row in parts]), return_index=True)
        found[alert] = time, np.concatenate([row.value for row in parts])[place]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """When alerts fired before what was read, seconds; `joins` where that was looked up until there without a hole."""

    fired: Mapping[Identity, FloatArray]
    joins: bool

    @classmethod
    def of(cls, firing: Iterable[Raw], *, joins: bool) -> "Earlier":
        """From samples of ``ALERTS`` with the state firing."""
        return cls({alert: time[value == 1] for alert, (time, value) in _joined(firing).items()}, joins)


def started(episode: Episode, earlier: Earlier | None) -> float:
    """When an episode began to fire, in seconds: at the first sample that shows it.

    `earlier` is what was looked up of an alert that was active before anything was read. Where it joins what
    was read and shows no firing, the alert was pending until then; else no such sample is kept any more, and the
    time when the alert became active stands for it.
    """
    if earlier is None:
        return episode.first
    fired = earlier.fired.get(episode.alert, np.empty(0))
    fired = fired[fired >= episode.since]
    if fired.size:
        return float(fired[0])
    return episode.first if earlier.joins else episode.since


def ended(episode: Episode, alive: float, interval: float) -> float | None:
    """When the server no longer said that the alert fires; None while that is not known.

    It is one evaluation after the last that did. A server that has fallen silent has not said so: `alive` is when
    it was last known to work (NaN: never), and its targets are read every `interval` seconds.
    """
    over = episode.last + episode.interval
    if episode.following < math.inf:
        return min(over, episode.following)
    return over if alive > episode.last + _SILENT * max(episode.interval, interval) else None


def told(episode: Episode, subjects: Sequence[str], enclave: str, start: float, end: float | None) -> Iterator[Event]:
    """One event for each subject. Its key is the same in every reading of the episode."""
    labels = dict(episode.alert)
    name, severity = labels.get("alertname", "alert"), labels.get("severity", "")
    text = f"{name} ({severity})" if severity else name
    kept = {"alertname": name, "enclave": enclave} | ({"severity": severity} if severity else {})
    others = sha256(json.dumps(episode.alert).encode()).hexdigest()[:16]
    for subject in subjects:
        key = f"{subject}/{name[:_NAME_LENGTH]}/{others}/{round(episode.since)}"
        yield Event(enclave, "alert", key, subject, start, end, text, tuple(sorted(kept.items())))


def notes(found: Assigned, unknown: int, enclave: str, source: str, window: TimeRange) -> Iterator[Event]:
    """What was read and is not told as alerts: each one event of collection health, with the newest count.

    `unknown` alerts have no ``ALERTS_FOR_STATE``.
    """
    stray, cut = found.seen - found.matched, found.matched - len(found.mine)
    told_of = {
        ("stray", "info"): (stray, f"{_alerts(stray)} no declared endpoint or node"),
        ("cut", "warning"): (cut, f"{found.matched} alerts are too many at once, {len(found.mine)} were read"),
        ("since", "warning"): (
            unknown,
            f"Alerts without ALERTS_FOR_STATE, which are not told because their beginning is unknown: {unknown}",
        ),
    }
    for (name, severity), (count, text) in told_of.items():
        if count:
            key = f"{source}/alerts/{name}" + (f"/{round(window.start)}" if severity == "warning" else "")
            labels = (("class", severity),)
            yield Event(enclave, "collection", key, source, window.start, window.end, text, labels)


def _alerts(count: int) -> str:
    return "1 alert matches" if count == 1 else f"{count} alerts match"
