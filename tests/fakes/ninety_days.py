"""Ninety days of a service behind one Prometheus, made by a seeded generator, and what was true in them.

Two replicas are scraped each minute at second 17. They fail, restart, miss scrapes and stand idle; at times the whole
Prometheus is silent. The days hold the change of clocks in Europe and in America and two whole months of both.
"""

from dataclasses import dataclass
from functools import cached_property

import httpx
import numpy as np

from app.job import Job
from app.model.catalogue import Catalogue, Enclave, Endpoint
from app.model.marking import Level
from app.model.sample import Series
from app.model.time_range import TimeRange
from app.source import Context
from app.sources.prometheus import Prometheus, collect
from tests.fakes.prometheus import Samples

MINUTE, HOUR, DAY = 60, 3600, 86400
START = 1757894400
"""2025-09-15T00:00Z, a Monday."""
END = START + 90 * DAY
"""2025-12-14T00:00Z."""
PHASE = 17
"""Seconds after the minute of a scrape: neither end of a range selector falls on one, whichever ends it includes."""
COUNT = 90 * 1440
CHAT = Enclave("enc-u1", "Unclassified", Level.U, cadence=900.0, grace=300.0)
CATALOGUE = Catalogue(CHAT, (Endpoint(CHAT.id, "chat", "Chat"),))

RECIPE = """
title = "Chat gateway"
subject = "endpoint"
find = "chat_requests_total"
by = ["job"]

[[gauge]]
metric = "endpoint_up"
query = "max by ($by) (last_over_time(up{$match}[$age]))"
combine = "max"

[[count]]
metric = "endpoint_requests"
counter = { name = "chat_requests_total" }

[[count]]
metric = "endpoint_errors"
counter = { name = "chat_errors_total" }

[[summary]]
metric = "endpoint_latency_seconds"
name = "chat_latency_seconds"
"""


def at(day, hour=0, minute=0):
    """Minutes from the start to a time of a day, 0 being the first."""
    return (day * 24 + hour) * 60 + minute


# days after 2025-09-15: 16 is the first of October, 41 the day on which Europe's clocks change, 47 the first of
# November, 48 the day on which America's do
SILENT = (
    (at(9, 2), at(9, 11)),  # nine hours
    (at(30, 15, 3), at(30, 15, 9)),
    (at(46, 22, 50), at(46, 23, 20)),  # November begins in Berlin at 23:00
    (at(61, 7), at(62, 19)),  # a day and a half
    (at(75, 12, 1), at(75, 12, 4)),  # shorter than a slice
)
DOWN = (
    (at(4, 10), at(4, 10, 25)),
    (at(16, 3, 50), at(16, 4, 20)),  # October begins in New York at 4:00
    (at(41, 0, 40), at(41, 1, 35)),  # Berlin's clocks go back at 1:00
    (at(70, 18, 2), at(70, 18, 8)),
)
FAILING = (  # share of requests that fail
    (at(2, 9), at(2, 9, 7), 0.9),
    (at(6, 14), at(6, 16), 0.08),
    (at(9, 1, 30), at(9, 13), 0.05),  # around the long silence
    (at(15, 23), at(16, 2), 0.03),
    (at(22), at(25), 0.004),
    (at(33, 12), at(33, 12, 40), 0.3),
    (at(41, 0, 30), at(41, 2), 0.2),
    (at(46, 22, 30), at(47, 0, 30), 0.06),
    (at(48, 5, 30), at(48, 6, 40), 0.12),
    (at(56, 8), at(57, 20), 0.009),
    (at(62, 18), at(62, 21), 0.1),  # begins before the silence ends
    (at(80, 11), at(80, 11, 12), 1.0),
)
IDLE = 40
"""Minutes from three in the morning of each Sunday on in which nobody asks."""
SLOW = ((at(12, 8), at(12, 11)), (at(39, 13), at(39, 13, 30)), (at(66, 20), at(67, 2)))
LONE = (at(27, 6), at(27, 7, 30))
"""When only the second replica is not scraped."""
RESTARTS = ((at(8, 4, 7), at(31, 2, 2), at(61, 9), at(84, 3, 3)), (at(4, 10, 20), at(19, 22, 5), at(58, 1, 1)))
"""Of each replica, among them one in a silence and one while it is down."""


@dataclass(frozen=True, eq=False)
class Replica:
    """One replica; arrays of shape (COUNT,), one entry for the scrape of each minute.

    `requests` and `errors` rose in the minute before the scrape; `total` and `failed` are what the counters show;
    `answered` is whether the scrape found them, `seen` whether there was a scrape at all.
    """

    name: str
    requests: np.ndarray
    errors: np.ndarray
    total: np.ndarray
    failed: np.ndarray
    latency: np.ndarray
    answered: np.ndarray
    seen: np.ndarray

    def counted(self, column):
        """Counts that the scrapes prove, by the step that ends after each scrape; NaN where they prove none.

        What rose since the scrape before, or the one before that: a lone missed scrape is bridged, its own step
        holds 0.
        """
        known = self.answered
        rose = getattr(self, column).astype(np.float64)
        before = np.concatenate([[0.0], rose[:-1]])
        one, two = _shifted(known, 1), _shifted(known, 2)
        after = np.concatenate([known[1:], [False]])
        found = np.full(COUNT, np.nan)
        found[known & one] = rose[known & one]
        bridge = known & ~one & two
        found[bridge] = (rose + before)[bridge]
        found[~known & one & after] = 0.0
        return found


def _shifted(mask, by):
    return np.concatenate([np.zeros(by, bool), mask[:-by]])


def _within(stretches):
    mask = np.zeros(COUNT, bool)
    for first, end, *_ in stretches:
        mask[first:end] = True
    return mask


def _raised(rose, restarts, first):
    """What a counter shows that stood at `first` and began again from nothing at each restart."""
    value = first + np.cumsum(rose)
    for minute in restarts:
        value[minute:] -= value[minute - 1]
    return value


class History:
    """The whole of it."""

    def __init__(self, seed=20251214):
        rng = np.random.default_rng(seed)
        minute = np.arange(COUNT)
        day = 1.0 + 0.8 * np.sin(2 * np.pi * (minute / 1440 - 0.3)) * np.where(minute // 1440 % 7 >= 5, 0.3, 1.0)
        idle = (minute // 1440 % 7 == 6) & (minute % 1440 >= 180) & (minute % 1440 < 180 + IDLE)
        share = np.full(COUNT, 0.0003)
        for first, end, part in FAILING:
            share[first:end] = part
        silent, down = _within(SILENT), _within(DOWN)
        late = rng.random(COUNT) < 0.0005  # one scrape of everything is missed
        slow = np.where(_within(SLOW), 2.0, 0.7)
        self.replicas = []
        for number, name in enumerate(("a:8000", "b:8000")):
            requests = rng.poisson(np.where(idle, 0.0, 90.0 * day))
            errors = rng.binomial(requests, share)
            missed = rng.random(COUNT) < 0.0004
            seen = ~silent & ~missed & ~late
            if number:
                seen &= ~_within([LONE])
            restarts = RESTARTS[number]
            self.replicas.append(
                Replica(
                    name,
                    requests,
                    errors,
                    _raised(requests, restarts, 4_000_000),
                    _raised(errors, restarts, 2_000),
                    np.round(slow * rng.lognormal(0.0, 0.25, COUNT), 3),
                    seen & ~down,
                    seen,
                )
            )

    def samples(self):
        """Everything as a Prometheus holds it."""
        found = Samples()
        scrape = START + MINUTE * np.arange(COUNT) + PHASE
        for one in self.replicas:
            own = {"job": "chat", "instance": one.name}
            for name, labels, value, there, kind in (
                ("chat_requests_total", own, one.total, one.answered, "counter"),
                ("chat_errors_total", own, one.failed, one.answered, "counter"),
                ("chat_latency_seconds", own | {"quantile": "0.95"}, one.latency, one.answered, "gauge"),
                ("up", own, one.answered.astype(np.int64), one.seen, "gauge"),
            ):
                found.add(name, labels, list(zip(scrape[there].tolist(), value[there].tolist(), strict=True)), kind)
        return found

    @cached_property
    def canonical(self):
        """Times of steps, requests and errors as the scrapes of both replicas prove them; NaN where neither does.

        A step bears the time at which it ends, the first whole minute after its scrape.
        """
        time = START + MINUTE * (np.arange(COUNT, dtype=np.float64) + 1)
        columns = []
        for column in ("requests", "errors"):
            parts = np.vstack([one.counted(column) for one in self.replicas])
            columns.append(np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0)))
        return time, *columns

    @cached_property
    def up(self):
        """Whether any replica answered at each scrape; NaN where none was tried."""
        seen = np.any([one.seen for one in self.replicas], axis=0)
        return np.where(seen, np.any([one.answered for one in self.replicas], axis=0), np.nan)


def read(url):
    """All ninety days as the collector reads them, each series once."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        context = Context(
            source="mesh",
            window=TimeRange(float(START), float(END)),
            step=float(MINUTE),
            client=client,
            catalogue=CATALOGUE,
            matches={"chat": {"chat": {"job": "chat"}}},
            node_matches={},
            policy=lambda _: {"chat.toml": RECIPE},
        )
        pieces = {}
        for one in collect(Prometheus(alerts=False), context, Job()):
            assert isinstance(one, Series), one
            pieces.setdefault((one.key, one.group), []).append(one)
    return [
        Series(key, np.concatenate([one.time for one in some]), np.concatenate([one.value for one in some]), group)
        for (key, group), some in pieces.items()
    ]
