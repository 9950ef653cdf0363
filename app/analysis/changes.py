"""What changed on an endpoint, found in its own series: versions that come and go, replicas that are missing.

A collector that read nothing is no change: a version has gone only where another one was heard without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from app.model.sample import FloatArray

SETTLED = 1800.0
"""Seconds after a version appeared over which its share of the traffic is measured."""
_TOGETHER = 2.5
"""Steps within which one version's end and another's beginning are one hand-over: a rollout drops a scrape or two."""
_BIN = 600.0
"""Seconds of the bins in which shares of traffic are compared."""
_BINS = 3
"""Bins before and after a moment over which a share is compared: half an hour on either side."""
_SHIFT = 0.15
"""Change of a version's share that is more than the noise of its traffic."""
_PATIENCE = 300.0
"""Seconds for which replicas must be missing to be news; a single restart is over sooner."""


class Kind(Enum):
    """What sort of change it is."""

    VERSION = "version"
    TRAFFIC = "traffic"
    REPLICAS = "replicas"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, at the first sample that shows it (seconds UTC).

    `subject` is the version or empty; `before` and `after` are what the change was from and to: shares of
    the traffic, or numbers of replicas; NaN where there was none. `end` is when it was over, NaN while it
    lasts and where it is for good.
    """

    at: float
    kind: Kind
    subject: str
    text: str
    before: float
    after: float
    end: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Requests of one version: times (n,), seconds UTC, increasing, and counts per step (n,); NaN is not known."""

    version: str
    time: FloatArray
    requests: FloatArray


def version_changes(parts: Sequence[Served], step: float) -> list[Change]:
    """Versions that came or went, and traffic that was moved between versions that stayed, by time.

    The first version ever heard of is no change, and neither is the silence at the end: what is newest may
    only be late.

    Parameters
    ----------
    parts
        One for each version.
    step
        Seconds between two samples.
    """
    parts = [part for part in parts if part.time.size]
    if len(parts) < 2:
        return []
    stays = [stay for part in parts for stay in _stays(part, parts, step)]
    first, last = min(stay.start for stay in stays), max(stay.end for stay in stays)
    found = [_came(stay, stays, parts, step) for stay in stays if stay.start > first + _TOGETHER * step]
    found += [
        Change(stay.end + step, Kind.VERSION, stay.version, f"{stay.version} serves no more", np.nan, 0.0)
        for stay in stays
        if stay.end < last - _TOGETHER * step and _successor(stay, stays, step) is None
    ]
    return sorted(found + _shifts(parts, stays, step), key=lambda change: change.at)


@dataclass(frozen=True, slots=True)
class _Stay:
    """A stretch of time over which a version was heard."""

    version: str
    start: float
    end: float


def _stays(part: Served, parts: Sequence[Served], step: float) -> list[_Stay]:
    """Stretches of one version: broken only where others were heard and it was not."""
    others = np.sort(np.concatenate([other.time for other in parts if other is not part]))
    holes = np.flatnonzero(np.diff(part.time) > _TOGETHER * step)
    heard = np.searchsorted(others, part.time[holes + 1] - step / 2) - np.searchsorted(
        others, part.time[holes] + step / 2
    )
    cuts = holes[heard > _TOGETHER]
    starts, ends = np.append(0, cuts + 1), np.append(cuts, part.time.size - 1)
    return [_Stay(part.version, float(part.time[a]), float(part.time[b])) for a, b in zip(starts, ends, strict=True)]


def _successor(stay: _Stay, stays: Sequence[_Stay], step: float) -> _Stay | None:
    """The version that begins where this one ends."""
    near = [
        one for one in stays if one.version != stay.version and abs(one.start - stay.end - step) <= _TOGETHER * step
    ]
    return near[0] if near else None


def _came(stay: _Stay, stays: Sequence[_Stay], parts: Sequence[Served], step: float) -> Change:
    before = next((one for one in stays if _successor(one, stays, step) == stay), None)
    share = share_of(parts, stay.version, stay.start, stay.start + SETTLED)
    if before is not None and not share < 1.0 - _SHIFT:
        return Change(
            stay.start, Kind.VERSION, stay.version, f"{stay.version} takes over from {before.version}", 0.0, share
        )
    text = (
        f"{stay.version} appears"
        if np.isnan(share)
        else f"{stay.version} appears with {_percent(share)} of the traffic"
    )
    return Change(stay.start, Kind.VERSION, stay.version, text, 0.0, share)


def _percent(share: float) -> str:
    return f"{share * 100:.0f}\u00a0%"


def share_of(parts: Sequence[Served], version: str, start: float, end: float) -> float:
    """Share of the requests of ``[start, end)`` that a version served; NaN where nothing was asked or known."""
    counts = {part.version: _sum(part, start, end) for part in parts}
    total = sum(counts.values())
    return counts.get(version, 0.0) / total if total > 0 else float("nan")


def _sum(part: Served, start: float, end: float) -> float:
    low, high = np.searchsorted(part.time, [start, end])
    return float(np.nansum(part.requests[low:high]))


def _shifts(parts: Sequence[Served], stays: Sequence[_Stay], step: float) -> list[Change]:
    """Moments at which the share of a version steps while several serve."""
    start, end = min(stay.start for stay in stays), max(stay.end for stay in stays) + step
    count = int((end - start) // _BIN)
    if count < 2 * _BINS:
        return []
    edges: FloatArray = start + _BIN * np.arange(count + 1, dtype=np.float64)
    sums = np.stack([_binned(part, edges) for part in parts])
    total = sums.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total > 0, sums / total, np.nan)
    several = (sums > 0).sum(axis=0) > 1
    found = []
    for part, share in zip(parts, shares, strict=True):
        for number in _steps(share, several):
            moment = float(edges[number])
            if not any(abs(edge - moment) <= SETTLED for stay in stays for edge in (stay.start, stay.end)):
                low, high = (
                    float(np.median(share[number - _BINS : number])),
                    float(np.median(share[number : number + _BINS])),
                )
                text = f"{part.version} goes from {_percent(low)} to {_percent(high)} of the traffic"
                found.append(Change(moment, Kind.TRAFFIC, part.version, text, low, high))
    # what one version loses another gains: told once, of the one that gains
    return [change for change in found if change.after > change.before]


def _binned(part: Served, edges: FloatArray) -> FloatArray:
    inside = (part.time >= edges[0]) & (part.time < edges[-1])
    counts: FloatArray = np.histogram(part.time[inside], edges, weights=np.nan_to_num(part.requests[inside]))[0]
    return counts


def _steps(share: FloatArray, several: npt.NDArray[np.bool_]) -> list[int]:
    """Bins before which a share is steadily different from after it; of neighbours the largest step."""
    windows = np.lib.stride_tricks.sliding_window_view(share, 2 * _BINS)
    apart = np.abs(windows[:, _BINS:].mean(axis=1) - windows[:, :_BINS].mean(axis=1))
    served = np.lib.stride_tricks.sliding_window_view(several, 2 * _BINS).all(axis=1)
    apart = np.where(served & ~np.isnan(apart), apart, 0.0)
    found: list[int] = []
    for place in np.flatnonzero(apart >= _SHIFT).tolist():
        near = apart[max(0, place - _BINS) : place + _BINS + 1]
        if apart[place] == near.max() and not (found and place + _BINS - found[-1] <= _BINS):
            found.append(place + _BINS)
    return found


def replica_changes(time: FloatArray, wanted: FloatArray, ready: FloatArray) -> list[Change]:
    """Changes of the wanted number, and stretches over which fewer were ready.

    Parameters
    ----------
    time
        Shape (n,), seconds UTC, increasing.
    wanted, ready
        Shape (n,); NaN is not known, and neither a change nor the end of one.
    """
    found = []
    known = np.flatnonzero(~np.isnan(wanted))
    for place in np.flatnonzero(np.diff(wanted[known])).tolist():
        before, after = float(wanted[known[place]]), float(wanted[known[place + 1]])
        text = f"{before:.0f} \u2192 {after:.0f} replicas wanted"
        found.append(Change(float(time[known[place + 1]]), Kind.REPLICAS, "", text, before, after))
    both = np.flatnonzero(~(np.isnan(wanted) | np.isnan(ready)))
    found += _missing(time[both], wanted[both], ready[both])
    return sorted(found, key=lambda change: change.at)


def _missing(time: FloatArray, wanted: FloatArray, ready: FloatArray) -> list[Change]:
    short = np.flatnonzero(np.diff(np.concatenate([[0], (ready < wanted).astype(np.int8), [0]])))
    found = []
    for first, end in zip(short[::2].tolist(), short[1::2].tolist(), strict=True):
        over = float(time[end]) if end < time.size else float("nan")
        lasted = (over if end < time.size else float(time[-1])) - float(time[first])
        if lasted >= _PATIENCE:
            least = first + int(np.argmin(ready[first:end] - wanted[first:end]))
            text = f"{ready[least]:.0f} of {wanted[least]:.0f} replicas ready"
            found.append(
                Change(float(time[first]), Kind.MISSING, "", text, float(wanted[least]), float(ready[least]), over)
            )
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """What one version did over a stretch of time.

    `requests` and `errors` are counts; `traffic` is its share of all requests, `blame` of all errors, and
    `error_ratio` errors over requests; NaN where nothing was counted.
    """

    version: str
    requests: float
    errors: float
    traffic: float
    blame: float
    error_ratio: float


def shares(counts: Mapping[str, tuple[float, float]]) -> list[Share]:
    """Share of each version in all requests and errors, most traffic first; `counts` are (requests, errors)."""
    requests, errors = (sum(pair[place] for pair in counts.values() if pair[place] > 0) for place in (0, 1))
    found = [
        Share(version, asked, failed, _ratio(asked, requests), _ratio(failed, errors), _ratio(failed, asked))
        for version, (asked, failed) in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.requests, one.version))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
