"""A station with promises over September 2026, half of which is over: every figure can be worked out by hand.

99 % of thirty days leave 432 minutes. A scrape speaks for a minute and a half, so of every gap half a minute is known.
"""

from datetime import UTC, datetime

import numpy as np

from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.objective import Exclusion, Indicator, Method, Objective, Selector, Window
from app.model.register import AddExclusion, AddObjective, ApproveExclusion, Author
from app.model.time_range import TimeRange
from app.query.judging import Question
from app.query.service_levels import read_service_levels
from app.register import apply
from app.ui.page import Ask
from tests.fakes.fleets import DAY, MINUTE, U1, catalogue, endpoint, series
from tests.fakes.stores import bring, open_store, station

START = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
AT = START + 15 * DAY
AUGUST = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
ALICE, BOB = Author("station-04", "alice (1000)"), Author("station-04", "bob (1001)")
UP = Selector("endpoint_up")
ERRORS = Indicator("ratio", bad=Selector("endpoint_errors"), total=Selector("endpoint_requests"))


def promise(name="rag", target=0.99, **other):
    """A promise that an endpoint is up."""
    told = {
        "id": f"{name}-up", "title": f"{name} is up", "service": name, "enclave_glob": "*", "endpoint_glob": name,
        "indicator": Indicator("ratio", good=UP, total=UP), "target": target, "method": Method.OCCURRENCES,
        "window": Window("rolling", seconds=30 * DAY),
    } | other  # fmt: skip
    return Objective(**told)


def work(name="cr-1", start=START + DAY, minutes=100, **other):
    """Planned work that does not count."""
    told = {
        "objective_glob": "*", "enclave_glob": "*", "endpoint_glob": "rag", "start": start,
        "end": start + minutes * MINUTE, "rule": "", "zone": "UTC", "kind": "planned", "treatment": "exclude",
        "reason": "New storage", "reference": name.upper(), "requested_by": "", "approved_by": "",
    } | other  # fmt: skip
    return Exclusion(name, **told)


class Levels:
    """The station: what was promised, what came in, and what is asked; `at` is now, seconds UTC."""

    def __init__(self, base, at=AT, ceiling=Level.TS):
        self.at, self.station = at, station(ceiling)
        self.store = open_store(base, at)
        self._seq = {}

    def decide(self, *commands, author=ALICE, at=AUGUST - DAY):
        with self.store.state() as state:
            for command in commands:
                apply(command, state, author, FrozenClock(at))

    def promise(self, name="rag", target=0.99, *, since=AUGUST - DAY, **other):
        self.decide(AddObjective(promise(name, target, **other), "as agreed", since))

    def exclude(self, exclusion, *, approved=True, at=AT - DAY):
        self.decide(AddExclusion(exclusion, "as agreed"), at=at)
        if approved:
            self.decide(ApproveExclusion(exclusion.id, "seen"), author=BOB, at=at)

    def bring(self, rows=(), *names, enclave=U1, start=START, end=AT, received=None):
        """One bundle of an enclave that declares these endpoints."""
        self._seq[enclave.id] = self._seq.get(enclave.id, 0) + 1
        told = catalogue(enclave, *(endpoint(enclave, name) for name in names), as_of=end)
        when = {"received": end if received is None else received, "seq": self._seq[enclave.id]}
        bring(self.store, told, TimeRange(start, end), rows, **when)

    def probe(self, name="rag", *others, bad=(), gone=(), enclave=U1, start=START, end=AT, received=None):
        """A probe each minute: 0 in the `bad` stretches, nothing in the `gone` ones; minutes from the start.

        `others` are endpoints that the enclave declares beside it.
        """
        row = probed(name, bad, gone, enclave, start, end)
        self.bring([row], name, *others, enclave=enclave, start=start, end=end, received=received)

    def levels(self, period="2026-09", **more):
        return read_service_levels(self.store, self.station, Question(period, self.at, **more), Job())

    def row(self, period="2026-09", **more):
        (found,) = self.levels(period, **more).rows
        return found

    def ask(self, period="2026-09", hidden=(), subject=None, at=None):
        now = self.at if at is None else at
        day = TimeRange(now - DAY, now)
        return Ask(lambda: self.store, self.station, now, day, frozenset(hidden), None, subject, period)


def probed(name="rag", bad=(), gone=(), enclave=U1, start=START, end=AT):
    """The series of a probe."""
    time = np.arange(start, end, MINUTE)
    value, kept = np.ones(time.size), np.ones(time.size, bool)
    for first, after in bad:
        value[first:after] = 0.0
    for first, after in gone:
        kept[first:after] = False
    labels = {"enclave": enclave.id, "endpoint": name}
    return series("endpoint_up", labels, time[kept], value[kept], f"prometheus/mesh/{name}")


def before(minutes_ago, length):
    """A stretch that began so many minutes before the end of the half month."""
    first = 15 * 1440 - minutes_ago
    return first, first + length


def daily(minutes):
    """So many bad minutes at three o'clock of each of the fifteen days."""
    return [(day * 1440 + 180, day * 1440 + 180 + minutes) for day in range(15)]
