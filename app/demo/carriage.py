"""Which bundles are made, when, and how they come to the station."""

import itertools
import math
from dataclasses import dataclass
from typing import Literal

from app.demo import story
from app.demo.fleet import DAY, Site
from app.model.time_range import TimeRange

Kind = Literal["full", "delta"]

ARRIVED = "arrived"
LOST = "lost"
FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Journey:
    """One bundle's way.

    `window` is the data in it; it is cut at its end, and comes in here at `received`. `fate` is ``arrived``,
    ``lost`` (made, never came) or ``forged`` (came, but signed by a key that nobody here trusts).
    """

    site: Site
    kind: Kind
    window: TimeRange
    received: float
    carrier: str
    fate: str


def journeys(sites: tuple[Site, ...], now: float, days: float) -> list[Journey]:
    """Every bundle of every enclave, in the order in which they come in (a lost one, in which it was made)."""
    every = (journey for site in sites for journey in _of_site(site, now, days))
    return sorted(every, key=lambda journey: journey.received)


def _of_site(site: Site, now: float, days: float) -> list[Journey]:
    """One full with the history, then deltas at the cadence; the youngest day, or half of a shorter history."""
    last = now - site.behind
    recent = min(DAY, days * DAY / 2.0)
    count = max(0, math.ceil((recent - site.behind) / site.enclave.cadence))
    ends = [last - number * site.enclave.cadence for number in range(count, -1, -1)]
    windows = [TimeRange(now - days * DAY, ends[0])]
    windows += [TimeRange(start, end) for start, end in itertools.pairwise(ends)]
    found = [_journey(site, number, window) for number, window in enumerate(windows)]
    if site.forged:
        found.append(_journey(site, len(windows), TimeRange(last, last + site.enclave.cadence), FORGED))
        lost = len(windows) - story.MISSING_BUNDLE
        if lost > 0:
            found[lost] = _journey(site, lost, windows[lost], LOST)
    return found


def _journey(site: Site, number: int, window: TimeRange, fate: str = ARRIVED) -> Journey:
    transit = site.transit[number % len(site.transit)]
    carrier = "station-04" if fate == FORGED else site.carriers[number // 2 % len(site.carriers)]
    kind: Kind = "delta" if number else "full"
    return Journey(site, kind, window, window.end + transit, carrier, fate)
