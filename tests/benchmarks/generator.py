"""Seeded telemetry of a fleet: what a scrape of 20 series per endpoint looks like, over months, in the product's names.

Each endpoint is read by three scrape groups, each with a phase of its own, 3 % late scrapes, gaps and outages. The
numbers are those that exporters give: three significant digits, whole numbers, counts per step, scores that stand
still between two evaluations, zeros and ones.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from app.model.sample import FloatArray, TimeArray
from app.model.series_key import SeriesKey

STEP = 60
"""Seconds between two scrapes."""

START = 1_767_225_600_000
"""2026-01-01T00:00:00Z in milliseconds; lies inside a chunk of the store, as any real beginning would."""

YEAR_START = 1_761_955_200_000
"""2025-11-01T00:00:00Z, so that twelve whole months follow."""

GROUPS = ("probe", "serving", "gpu")
LATE_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the 20 series of an endpoint: metric, labels besides those of its thing, and its scrape group."""

    metric: str
    group: int
    labels: tuple[tuple[str, str], ...] = ()


KINDS = (
    Kind("endpoint_up", 0),
    Kind("endpoint_requests", 1),
    Kind("endpoint_errors", 1),
    Kind("endpoint_requests_within", 1),
    Kind("endpoint_latency_seconds", 1, (("quantile", "0.5"),)),
    Kind("endpoint_latency_seconds", 1, (("quantile", "0.95"),)),
    Kind("endpoint_latency_seconds", 1, (("quantile", "0.99"),)),
    Kind("endpoint_latency_mean_seconds", 1),
    Kind("endpoint_error_ratio", 1),
    Kind("endpoint_requests_rate", 1),
    Kind("endpoint_queue_length", 1),
    Kind("endpoint_saturation_ratio", 1),
    Kind("endpoint_tokens", 1),
    Kind("endpoint_tokens_rate", 1),
    Kind("endpoint_drift_score", 1, (("feature", "prompt_length"),)),
    Kind("endpoint_drift_score", 1, (("feature", "language"),)),
    Kind("gpu_utilisation_ratio", 2, (("gpu", "0"),)),
    Kind("gpu_memory_used_bytes", 2, (("gpu", "0"),)),
    Kind("gpu_power_watts", 2, (("gpu", "0"),)),
    Kind("gpu_temperature_celsius", 2, (("gpu", "0"),)),
)

SERVICE_KINDS = (0, 1, 2)
"""Of `KINDS`, what availability and good over total are made of."""

CHART_KINDS = (4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 18, 19)
"""Of `KINDS`, what a page of twelve charts shows."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What to make: `endpoints` of `kinds` over `days` from `start` (ms)."""

    endpoints: int
    days: float = 90.0
    kinds: tuple[int, ...] = tuple(range(len(KINDS)))
    start: int = START
    seed: int = 1

    @property
    def steps(self) -> int:
        return round(self.days * 86400 / STEP)

    @property
    def end(self) -> int:
        """First moment behind the last scrape, milliseconds."""
        return self.start + self.steps * STEP * 1000

    @property
    def name(self) -> str:
        return f"{len(self.kinds)}x{self.days:g}d-{self.start}-{self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One series: its key, the number that peers with rows know it by, `time` (n,) ms and `value` (n,)."""

    sid: int
    key: SeriesKey
    time: TimeArray
    value: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Scraped:
    """One endpoint: `times` of each scrape group, shape (n_g,) ms; `values` by kind, each as long as its group."""

    number: int
    times: tuple[TimeArray, ...]
    values: dict[int, FloatArray]

    @property
    def samples(self) -> int:
        return sum(values.size for values in self.values.values())

    def columns(self) -> list[Column]:
        """Its series one by one, as peers want them."""
        return [
            Column(sid_of(self.number, kind), key_of(self.number, kind), self.times[KINDS[kind].group], values)
            for kind, values in self.values.items()
        ]


def columns_of(fleet: Iterable[Scraped]) -> Iterator[Column]:
    """Every series of some endpoints."""
    for one in fleet:
        yield from one.columns()


def enclave_of(number: int) -> str:
    """Enclave of an endpoint: 200 endpoints each."""
    return ("alpha", "bravo", "charlie", "delta")[number // 200 % 4]


def key_of(number: int, kind: int) -> SeriesKey:
    """Identity of one series of an endpoint."""
    one = KINDS[kind]
    labels = {"enclave": enclave_of(number), "endpoint": f"ep-{number:04d}", **dict(one.labels)}
    if one.group == 2:
        labels["node"] = f"node-{number // 8:03d}"
    return SeriesKey.of(one.metric, labels)


def group_of(number: int, group: int) -> str:
    """Name of a scrape group, unique in its enclave."""
    return f"{GROUPS[group]}/ep-{number:04d}"


def sid_of(number: int, kind: int) -> int:
    """Number of a series for peers that know series by a number."""
    return number * len(KINDS) + kind


def scrape(shape: Shape, number: int) -> Scraped:
    """Everything that was scraped of one endpoint; the same for the same shape and number."""
    traffic = _Traffic(shape, number)
    values = {0: traffic.up}
    if any(KINDS[kind].group == 1 for kind in shape.kinds):
        values |= traffic.counts()
    if set(shape.kinds) - set(SERVICE_KINDS):
        values |= traffic.serving() | traffic.gpu()
    kept = [~gap for gap in traffic.gaps]
    return Scraped(
        number,
        tuple(time[keep] for time, keep in zip(traffic.times(), kept, strict=True)),
        {kind: np.ascontiguousarray(values[kind][kept[KINDS[kind].group]], np.float64) for kind in shape.kinds},
    )


def three_digits(values: FloatArray) -> FloatArray:
    """Round to three significant digits, to the double nearest the decimal."""
    size = np.abs(values)
    digits = np.clip(2 - np.floor(np.log10(np.where(size > 0, size, 1.0))), -6, 9)
    up, down = 10.0 ** np.maximum(digits, 0), 10.0 ** np.maximum(-digits, 0)
    return np.rint(values * up / down) * down / up


def _drift(rng: np.random.Generator, count: int, every: int, size: float) -> FloatArray:
    """Slow noise: a walk that is pulled back to 0, drawn every `every` steps and straight between."""
    knots = rng.standard_normal(count // every + 2) * size
    walk, at = knots.tolist(), 0.0
    for place, step in enumerate(walk):
        at = 0.8 * at + 0.6 * step
        walk[place] = at
    return np.interp(np.arange(count), np.arange(len(walk)) * every, walk)


def _stretches(rng: np.random.Generator, count: int, expected: float, length: float) -> np.ndarray:
    """Mask of stretches: `expected` of them, of `length` steps on average."""
    mask = np.zeros(count, bool)
    for start in rng.integers(0, count, rng.poisson(expected)):
        mask[start : start + 1 + int(rng.exponential(length))] = True
    return mask


class _Traffic:
    """What drives the numbers of one endpoint; every array has one element per step."""

    def __init__(self, shape: Shape, number: int) -> None:
        self.shape, self.number = shape, number
        self.count = count = shape.steps
        rng = self._rng("traffic")
        days = shape.days
        second = shape.start // 1000 + np.arange(count) * STEP
        time_of_day = second % 86400 / 86400
        weekend = (second // 86400 + 4) % 7 % 6 == 0
        load = (1 + 0.55 * np.sin(2 * np.pi * (time_of_day - 0.3))) * np.where(weekend, 0.6, 1.0)
        self.load = load * np.exp(_drift(rng, count, 60, 0.15))
        down = _stretches(rng, count, days * 0.08, 12)
        gaps = [_stretches(rng, count, days * 0.03, 25) for _ in GROUPS]
        self.up = (~down).astype(np.float64)
        # a service that is down answers no scrape; its prober does
        self.gaps = [gaps[0], gaps[1] | down, gaps[2] | _stretches(rng, count, days * 0.03, 60)]
        self.incident = _stretches(rng, count, days * 0.15, 15)
        self.usual_rate = float(np.exp(rng.normal(2.0, 1.3)))
        self.usual_latency = float(np.exp(rng.normal(4.6, 0.8))) / 1000.0
        self._counts: dict[int, FloatArray] = {}

    def _rng(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.shape.seed, self.number, *purpose.encode()])

    def times(self) -> list[TimeArray]:
        """Times of each group before gaps: an even grid with a phase, some scrapes a few milliseconds late."""
        rng = self._rng("times")
        grid = self.shape.start + np.arange(self.count, dtype=np.int64) * (STEP * 1000)
        found = []
        for _ in GROUPS:
            late = np.where(rng.random(self.count) < LATE_SHARE, rng.geometric(0.1, self.count), 0)
            found.append(grid + rng.integers(0, STEP * 1000 - 1000) + late)
        return found

    def counts(self) -> dict[int, FloatArray]:
        """Requests, errors and requests within the bound: whole numbers per step."""
        if not self._counts:
            rng = self._rng("counts")
            rate = self.usual_rate * self.load * np.exp(rng.standard_normal(self.count) * 0.05)
            requests = rng.poisson(rate * STEP)
            share = np.clip(0.002 * np.exp(_drift(rng, self.count, 240, 0.8)), 0, 0.2)
            share = np.where(self.incident, np.clip(share * 40, 0, 0.5), share)
            errors = rng.binomial(requests, share)
            self._counts = {1: requests.astype(np.float64), 2: errors.astype(np.float64)}
        return self._counts

    def serving(self) -> dict[int, FloatArray]:
        """Latencies, rates, queue, tokens and drift scores."""
        rng, count = self._rng("serving"), self.count
        requests, errors = self.counts()[1], self.counts()[2]
        slow = np.where(self.incident, 2.5, 1.0)
        middle = self.usual_latency * (0.7 + 0.3 * self.load) * np.exp(rng.standard_normal(count) * 0.06) * slow
        tokens = requests * int(rng.integers(180, 260)) + rng.poisson(np.maximum(requests * 40, 1))
        held = np.arange(count) // 15 * 15  # evaluated every quarter of an hour
        return {
            3: rng.binomial((requests - errors).astype(np.int64), np.where(self.incident, 0.8, 0.993)).astype(float),
            4: three_digits(middle),
            5: three_digits(middle * 2.2 * np.exp(np.abs(rng.standard_normal(count)) * 0.10)),
            6: three_digits(middle * 3.5 * np.exp(np.abs(rng.standard_normal(count)) * 0.22)),
            7: three_digits(middle * 1.2 * np.exp(rng.standard_normal(count) * 0.03)),
            8: three_digits(errors / np.maximum(requests, 1)),
            9: three_digits(requests / STEP),
            10: rng.poisson(np.clip(self.load * 2.0, 0, None)).astype(np.float64),
            11: three_digits(
                np.clip(0.25 * self.load + _drift(rng, count, 20, 0.05) + rng.standard_normal(count) * 0.01, 0.001, 1)
            ),
            12: tokens.astype(np.float64),
            13: three_digits(tokens / STEP),
            14: three_digits(np.exp(_drift(rng, count, 720, 0.5)) * 0.08)[held],
            15: three_digits(np.clip(0.06 + _drift(rng, count, 720, 0.015), 0.001, 1))[held],
        }

    def gpu(self) -> dict[int, FloatArray]:
        """Utilisation in hundredths, memory in whole MiB, power in three digits, whole degrees."""
        rng, count = self._rng("gpu"), self.count
        busy = np.clip(35 * self.load + _drift(rng, count, 30, 8) + rng.standard_normal(count) * 6, 0, 100)
        grown = np.cumsum(rng.random(count) < 0.02) % 400 * 2
        mebibytes = rng.integers(12_000, 70_000) + grown + (rng.random(count) < 0.1) * 34
        warmth = 34 + np.convolve(busy, np.ones(5) / 5, "same") * 0.38 + rng.standard_normal(count) * 0.4
        return {
            16: np.rint(busy) / 100,
            17: mebibytes * float(2**20),
            18: three_digits(70 + 4.2 * busy + rng.standard_normal(count) * 6),
            19: np.rint(warmth),
        }
